//! A valid study that uses most of the format, for tests that vary one thing of it.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};

use entrant_data::InputError;
use entrant_io::{LoadedStudy, read_study};

/// The study file of the base study.
pub const STUDY: &str = r#"title = "Base"
question = "Does it read?"

[data]
products = "products.csv"
characteristics = ["size", "weight"]

[[market]]
id = "north"
size = 1000

[[market]]
id = "south"
outside_share = { dist = "uniform", low = 0.5, high = 0.6 }

[[segment]]
id = "online"
share = 0.4
[[segment]]
id = "shop"
share = "shop_share"

[inputs]
shop_share = { dist = "triangular", low = 0.5, mode = 0.6, high = 0.7 }
drawn = { dist = "draws", file = "draws.csv", column = "x" }

[demand]
model = "random-coefficients"
spread = 0.3
nest = { column = "kind", strength = 0.2 }
[demand.loyalty]
column = "system"
strength = "drawn"
owners = { ax = 0.4, bx = 0.3 }
[[demand.taste]]
column = "size"
spread = 0.1
[[demand.target]]
kind = "margin"
of = "Alpha"
value = 0.4

[supply]
[[supply.given]]
firm = "Beta"
margin = 0.2
[[supply.stake]]
owner = "Alpha"
of = "Beta"
weight = 0.1

[[entrant]]
id = "n1"
firm = "New"
price = 9
cost = { margin = 0.1 }
quality = { like = "a1", plus = -1 }
characteristics = { size = 5 }
labels = { kind = "k1", system = "ax" }

[[entrant]]
id = "n2"
firm = "New"
price = "optimal"
cost = { known = 4 }
quality = { characteristics = true, brands = ["Beta"] }
characteristics = { size = 5, weight = 1 }
labels = { kind = "k2", system = "ax" }

[[scenario]]
id = "first"
title = "One enters"
hold = ["Alpha"]
[[scenario.enter]]
products = ["n1"]
segments = ["online"]
aware = 0.5
[[scenario.reach]]
firm = "Alpha"
aware = 0.9
[[scenario.price]]
products = ["b1"]
margin = 0.1
[[scenario.characteristic]]
product = "a1"
column = "size"
value = 6

[[scenario]]
id = "second"
title = "Both enter, one goes"
[[scenario.enter]]
products = ["n1", "n2"]
markets = ["north"]
[[scenario.exit]]
products = ["a2"]
[[scenario.merge]]
firms = ["Beta", "Gamma"]
[[scenario.cost]]
products = ["a1"]
factor = 0.9
[[scenario.tariff]]
brand = "Beta"
rate = 0.25
[[scenario.ban]]
firm = "Delta"

[worth]
firm = "New"
periods = 3
discount = 0.1
fixed_cost = 100

[backtest]
observed = "observed.csv"
market = "north"
scenarios = ["first"]
conditioning = "Alpha"

[report]
headline = "second"
focus = ["Alpha"]
entrant = "New"
[[report.benchmark]]
name = "history"
scenario = "first"
low = 0.01
high = 0.02
"#;

/// The products table of the base study.
pub const PRODUCTS: &str = "\
market,product,firm,price,units,size,weight,kind,system,segments,aware,mark
north,a1,Alpha,10,100,5,1,k1,ax,,1,verified
north,a2,Alpha,14,80,6,2,k2,ax,online,,verified
north,b1,Beta,9,60,5,1,k1,bx,online|shop,0.9,R
north,g1,Gamma,8,50,4,1,k2,bx,,,
south,a1,Alpha,11,70,5,1,k1,ax,,,
south,d1,Delta,7,20,4,2,k2,bx,,,
";

/// The draws of the base study.
pub const DRAWS: &str = "x,y\n0.5,a\n0.7,b\n";

/// The observed shares of the base study.
pub const OBSERVED: &str = "\
brand,share,source
Alpha,60,paper
Beta,25,paper
Gamma,10,paper
New,5,paper
";

/// A folder of its own that goes when the test ends.
pub struct Folder(pub PathBuf);

impl Folder {
    /// An empty folder.
    pub fn new() -> Self {
        static COUNT: AtomicUsize = AtomicUsize::new(0);
        let count = COUNT.fetch_add(1, Ordering::Relaxed);
        let name = format!("entrant-io-{}-{count}", std::process::id());
        let path = std::env::temp_dir().join(name);
        fs::create_dir_all(&path).expect("a folder can be made");
        Folder(path)
    }

    /// Writes a file into it.
    pub fn write(&self, name: &str, bytes: impl AsRef<[u8]>) {
        fs::write(self.0.join(name), bytes).expect("a file can be written");
    }

    /// Its path.
    pub fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// The files of a study, to vary before it is read.
#[derive(Clone)]
pub struct Files(pub Vec<(String, String)>);

impl Files {
    /// The base study.
    pub fn base() -> Self {
        let own = |(name, text): (&str, &str)| (name.to_owned(), text.to_owned());
        Files(
            [
                ("study.toml", STUDY),
                ("products.csv", PRODUCTS),
                ("draws.csv", DRAWS),
                ("observed.csv", OBSERVED),
            ]
            .map(own)
            .to_vec(),
        )
    }

    /// Replaces the first `from` of a file, which must be there, by `to`.
    pub fn edit(mut self, file: &str, from: &str, to: &str) -> Self {
        let text = self.text_mut(file);
        assert!(text.contains(from), "`{from}` is not in {file}");
        *text = text.replacen(from, to, 1);
        self
    }

    /// Adds a file.
    pub fn with(mut self, file: &str, text: &str) -> Self {
        self.0.push((file.to_owned(), text.to_owned()));
        self
    }

    /// The text of a file.
    pub fn text(&self, file: &str) -> &str {
        let found = self.0.iter().find(|(name, _)| name == file);
        found.map_or("", |(_, text)| text)
    }

    fn text_mut(&mut self, file: &str) -> &mut String {
        let found = self.0.iter_mut().find(|(name, _)| name == file);
        found.map(|(_, text)| text).expect("a file of the study")
    }

    /// Writes all files into a folder.
    pub fn write(&self, folder: &Folder) {
        for (name, text) in &self.0 {
            folder.write(name, text);
        }
    }

    /// Reads the study.
    pub fn read(&self) -> Result<LoadedStudy, Vec<InputError>> {
        let folder = Folder::new();
        self.write(&folder);
        read_study(folder.path())
    }
}

/// What a mistake must say.
struct Expected<'a> {
    /// File of the mistake.
    file: &'a str,
    /// Text on the line that it names; empty when it names none.
    on: &'a str,
    /// Part of the message.
    message: &'a str,
    /// The value; empty when it does not matter.
    value: &'a str,
    /// Part of the hint.
    hint: &'a str,
}

/// Requires for every row that a study with one edit gives the mistake that the row names,
/// among others perhaps.
///
/// A row has, with `¦` between them: the file, the text to replace in it and its replacement;
/// then text on the line of the mistake, part of its message, its value, and part of its hint.
/// `\n` stands for a line end and `\e` for the escape character.
pub fn require(base: &Files, rows: &str) {
    require_with(base, rows, &|files| files.read().err());
}

/// What reading a study finds wrong with it.
pub type Mistakes<'a> = &'a dyn Fn(&Files) -> Option<Vec<InputError>>;

/// As [`require`], for studies that are read in another way.
pub fn require_with(base: &Files, rows: &str, read: Mistakes<'_>) {
    let rows: Vec<&str> = rows.lines().filter(|r| !r.is_empty()).collect();
    assert!(!rows.is_empty());
    let wrong: Vec<String> = rows.iter().filter_map(|r| wrong(base, r, read)).collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

fn wrong(base: &Files, row: &str, read: Mistakes<'_>) -> Option<String> {
    let cells: Vec<String> = row
        .split('¦')
        .map(|c| c.trim().replace("\\n", "\n").replace("\\e", "\u{1b}"))
        .collect();
    let [file, from, to, on, message, value, hint] = cells.as_slice() else {
        panic!("a row has seven cells: {row}");
    };
    let expected = Expected {
        file,
        on,
        message,
        value,
        hint,
    };
    unlike(&base.clone().edit(file, from, to), &expected, read)
}

/// What was found in place of the mistake that is expected, if it was not found.
fn unlike(files: &Files, expected: &Expected<'_>, read: Mistakes<'_>) -> Option<String> {
    let Some(errors) = read(files) else {
        return Some(format!("`{}`: no mistake found", expected.message));
    };
    let lines: Vec<&str> = files.text(expected.file).lines().collect();
    let on_line = |e: &InputError| match e.line {
        None => expected.on.is_empty(),
        Some(line) => {
            !expected.on.is_empty() && lines.get(line - 1).is_some_and(|l| l.contains(expected.on))
        }
    };
    let fits = errors.iter().any(|e| {
        e.file == expected.file
            && on_line(e)
            && e.message.contains(expected.message)
            && (expected.value.is_empty() || e.value == expected.value)
            && e.hint.contains(expected.hint)
    });
    (!fits).then(|| {
        format!(
            "expected `{}` at `{}` with value `{}` and hint `{}`, found {errors:#?}",
            expected.message, expected.on, expected.value, expected.hint
        )
    })
}
