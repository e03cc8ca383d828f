//! A small study in a folder of its own.

use std::fs;
use std::path::PathBuf;

use entrant::data::result::Results;
use entrant::data::{InputError, Status};
use entrant::io::{LoadedStudy, read_study};
use entrant::{RunError, RunOptions, Silent, run};
use tempfile::TempDir;

const PRODUCTS: &str = "\
product,firm,brand,price,units,memory,screen,mark
a1,A,A,900,60000,128,6.1,verified
a2,A,A,600,50000,64,5.5,verified
b1,B,B,750,55000,128,5.8,verified
b2,B,B,300,45000,32,5.2,recalled
c1,C,C,250,70000,32,5.0,assumed
c2,C,C,150,40000,16,4.8,assumed
";

const OBSERVED: &str = "\
brand,share
A,0.31
B,0.33
C,0.30
X,0.06
";

const TABLE: &str = "\
fee,unused
100,1
250,2
175,3
";

const STUDY: &str = r#"
title = "X enters"
question = "Who loses what?"

[data]
products = "products.csv"
characteristics = ["memory", "screen"]

[[market]]
id = "m"
outside_share = OUTSIDE

[demand]
model = "random-coefficients"
sensitivity = "calibrate"
spread = SPREAD
nodes = 5

[[demand.target]]
kind = "margin"
of = "A"
value = MARGIN
TARGET

[[entrant]]
id = "x"
firm = "X"
price = 400
cost = { known = 280 }
quality = { like = "b1", plus = PLUS }
characteristics = { memory = 64, screen = 5.5 }

[[scenario]]
id = "entry"
title = "X comes in"

[[scenario.enter]]
products = ["x"]
aware = 0.5

[[scenario]]
id = "late"
title = "X comes in everywhere and is dearer"
hold = ["C"]

[[scenario.enter]]
products = ["x"]
price = "optimal"

[worth]
firm = "X"
periods = 4
discount = 0.1
fixed_cost = FIXED

[backtest]
observed = "observed.csv"
scenarios = ["entry"]
conditioning = "A"

[report]
headline = "entry"
benchmark = [
  { name = "low", scenario = "entry", low = 0.0001, high = 0.0002 },
  { name = "high", scenario = "entry", low = 0.9, high = 0.95 },
  { name = "around", scenario = "entry", low = 0.0001, high = 0.95 },
]

[settings]
draws = 40
seed = 11
level = 0.8
"#;

/// What a study may vary.
#[derive(Debug, Clone)]
pub struct Recipe {
    pub outside: &'static str,
    pub spread: &'static str,
    pub margin: &'static str,
    pub target: &'static str,
    pub plus: &'static str,
    pub fixed: &'static str,
}

/// Every input known.
pub const KNOWN: Recipe = Recipe {
    outside: "0.8",
    spread: "0.3",
    margin: "0.45",
    target: "",
    plus: "-150",
    fixed: "1e6",
};

/// Some inputs uncertain.
pub const UNCERTAIN: Recipe = Recipe {
    outside: r#"{ dist = "uniform", low = 0.75, high = 0.9, mark = "assumed" }"#,
    margin: r#"{ dist = "triangular", low = 0.4, mode = 0.45, high = 0.5, mark = "derived" }"#,
    plus: r#"{ dist = "normal", mean = -150, sd = 40, mark = "assumed" }"#,
    fixed: r#"{ dist = "draws", file = "table.csv", column = "fee" }"#,
    ..KNOWN
};

/// A study in a folder that lives as long as this.
#[derive(Debug)]
pub struct Folder {
    dir: TempDir,
}

impl Folder {
    pub fn new(r: &Recipe) -> Self {
        Folder::with(r, "")
    }

    /// With something added to the study.
    pub fn with(r: &Recipe, extra: &str) -> Self {
        let dir = TempDir::new().expect("a temporary folder");
        let text = STUDY
            .replace("OUTSIDE", r.outside)
            .replace("SPREAD", r.spread)
            .replace("MARGIN", r.margin)
            .replace("TARGET", r.target)
            .replace("PLUS", r.plus)
            .replace("FIXED", r.fixed)
            + extra;
        let files = [
            ("study.toml", text.as_str()),
            ("products.csv", PRODUCTS),
            ("observed.csv", OBSERVED),
            ("table.csv", TABLE),
        ];
        for (name, text) in files {
            fs::write(dir.path().join(name), text).expect("a temporary file");
        }
        Folder { dir }
    }

    /// Puts a file beside the study.
    pub fn add(&self, name: &str, text: &str) {
        fs::write(self.dir.path().join(name), text).expect("a temporary file");
    }

    /// Replaces text in one of its files; what is replaced must be there.
    pub fn edit(&self, name: &str, from: &str, to: &str) {
        let path = self.dir.path().join(name);
        let text = fs::read_to_string(&path).expect("a file of the study");
        assert!(text.contains(from), "no `{from}` in {name}");
        fs::write(path, text.replace(from, to)).expect("a temporary file");
    }

    /// Replaces text of one of its files, each where it stands for the first time.
    pub fn change(&self, file: &str, changes: &[(&str, &str)]) {
        let path = self.dir.path().join(file);
        let mut text = fs::read_to_string(&path).expect("a file of the study");
        for (from, to) in changes {
            assert!(text.contains(from), "{from}");
            text = text.replacen(from, to, 1);
        }
        fs::write(path, text).expect("a temporary file");
    }

    pub fn read(&self) -> Result<LoadedStudy, Vec<InputError>> {
        read_study(self.dir.path())
    }
}

/// Reads a study made from a recipe.
pub fn load(r: &Recipe) -> LoadedStudy {
    Folder::new(r).read().expect("the recipe is a valid study")
}

/// A shipped study.
pub fn shipped(name: &str) -> LoadedStudy {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .join("../../studies")
        .join(name);
    read_study(&path).expect("a shipped study is valid")
}

/// These draws on these threads.
pub fn options(draws: usize, threads: usize) -> RunOptions {
    RunOptions {
        draws: Some(draws),
        seed: None,
        threads: Some(threads),
    }
}

/// Runs a study that must end in results.
pub fn results(loaded: &LoadedStudy, draws: usize) -> Results {
    run(loaded, options(draws, 2), &Silent).expect("the study is solvable")
}

/// Runs a study that must not.
pub fn refusal(r: &Recipe) -> RunError {
    match run(&load(r), options(3, 1), &Silent) {
        Ok(_) => panic!("the study must be refused"),
        Err(e) => e,
    }
}

/// Whether a status stands for a proven number.
pub fn proven(status: Status) -> bool {
    status <= Status::Certified
}

/// Relative difference.
pub fn gap(a: f64, b: f64) -> f64 {
    (a / b - 1.0).abs()
}
