//! Estimated studies as a user meets them: what is read, and in which order.

use std::path::{Path, PathBuf};

use entrant_data::table::{Column, Table};
use entrant_data::{InputError, Level};
use entrant_io::{
    AnyStudy, Limits, LoadedEstimation, bind_estimation, read_any_study, read_estimation,
    read_study, read_table,
};

use crate::common::{Files, Folder};

/// The study file of the base study.
pub const STUDY: &str = r#"title = "Base"
question = "Does it read?"

[data]
products = "products.csv"
consumers = "consumers.csv"

[data.columns]
nest = "kind"
cluster = "line"

[estimate]
weighting = "clustered"

[estimate.demand]
linear = "1 + price + size | maker"
random = "1 + size"
demographics = "0 + income"
instruments = ["z*", "shift"]
sigma = [[0.5, 0], [0.1, 0.4]]
sigma_bounds = { lower = [[0, -inf], [-2, 0]] }
pi = [[0.2], [0]]
pi_bounds = { upper = [[4], [9]] }
rho = [0.3, 0.4]
rho_bounds = [0, 0.9]
beta = { price = -1 }
beta_bounds = { price = [-20, 0] }
coefficients = ["linear", "lognormal"]
[[estimate.demand.built]]
kind = "sums"
of = "1 + size"

[estimate.supply]
cost = "1 + log(size)"
form = "log"
instruments = ["shift"]
cost_bounds = [0.01, inf]
gamma = { size = 0.5 }
[[estimate.supply.stakes]]
firm = "A"
of = "B"
weight = 0.5
markets = ["t1"]

[[scenario]]
id = "merger"
title = "A and B merge"
[[scenario.merge]]
firms = ["A", "B"]
[[scenario.tariff]]
products = ["p1"]
rate = 0.1
[[scenario.characteristic]]
product = "p2"
column = "size"
value = 3

[report]
headline = "merger"
"#;

/// The products table of the base study: rows of a market are apart.
pub const PRODUCTS: &str = "\
market,product,firm,price,share,size,maker,kind,line,z10,z2,shift
t2,p1,A,2.5,0.20,1,m1,k1,l1,0.1,1,7
t1,p1,A,2.0,0.25,1,m1,k1,l1,0.4,2,5
t2,p2,B,3.5,0.10,2,m2,k2,l2,0.3,3,2
t1,p2,B,3.0,0.15,2,m2,k2,l2,0.9,4,4
t1,p3,C,1.0,0.05,4,m2,k1,l3,0.7,5,1
";

/// The consumers table of the base study.
pub const CONSUMERS: &str = "\
market,weight,nodes0,nodes1,income
t1,0.5,-1,0.5,1
t1,0.5,1,0.2,2
t2,0.25,-1,0.3,3
t2,0.75,2,0.1,4
";

/// The base study.
pub fn base() -> Files {
    Files(
        [
            ("study.toml", STUDY),
            ("products.csv", PRODUCTS),
            ("consumers.csv", CONSUMERS),
        ]
        .map(|(name, text)| (name.to_owned(), text.to_owned()))
        .to_vec(),
    )
}

/// Reads a study.
pub fn read(files: &Files) -> Result<LoadedEstimation, Vec<InputError>> {
    let folder = Folder::new();
    files.write(&folder);
    read_estimation(folder.path())
}

fn own(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../studies")
        .join(name)
}

fn column(table: &Table, name: &str) -> Vec<String> {
    let cells = (0..table.rows()).map(|row| table.text(name, row).expect("a column"));
    cells.collect()
}

#[test]
fn the_base_study_is_fine_and_in_order() {
    let loaded = read(&base()).expect("fine");
    assert_eq!(
        column(&loaded.products, "market"),
        ["t2", "t2", "t1", "t1", "t1"]
    );
    assert_eq!(
        column(&loaded.products, "product"),
        ["p1", "p2", "p1", "p2", "p3"]
    );
    assert_eq!(loaded.products.lines, [2, 4, 3, 5, 6]);
    let consumers = loaded.consumers.expect("a table");
    assert_eq!(column(&consumers, "income"), ["3", "4", "1", "2"]);
    assert_eq!(consumers.lines, [4, 5, 2, 3]);
    assert_eq!(loaded.nodes, ["nodes0", "nodes1"]);
    let instruments = loaded.study.estimate.demand.instruments;
    assert_eq!(instruments, ["z2", "z10", "shift"]);
    assert_eq!(
        loaded.files,
        ["study.toml", "products.csv", "consumers.csv"]
    );
    assert_eq!(loaded.findings.len(), 1);
    assert_eq!(loaded.findings[0].level, Level::Ok);
}

#[test]
fn subsidies_may_be_declared() {
    let files = base().edit("products.csv", "A,2.5,", "A,-2.5,").edit(
        "study.toml",
        "[data.columns]",
        "negative_prices = true\n[data.columns]",
    );
    assert!(read(&files).is_ok());
}

#[test]
fn weights_may_be_declared_to_sum_to_something_else() {
    let files = base().edit("consumers.csv", "t2,0.25", "t2,2.25");
    let say = |what: &str| files.clone().edit("study.toml", "[data.columns]", what);
    let weights = |loaded: LoadedEstimation| column(&loaded.consumers.expect("there"), "weight");
    let divided = read(&say("normalise_weights = true\n[data.columns]")).expect("fine");
    assert_eq!(weights(divided), ["0.75", "0.25", "0.5", "0.5"]);
    let kept = read(&say("weights_may_differ_from_one = true\n[data.columns]")).expect("fine");
    assert_eq!(weights(kept), ["2.25", "0.75", "0.5", "0.5"]);
}

#[test]
fn weights_of_a_sparse_grid_may_be_negative() {
    let files = base().edit("consumers.csv", "t2,0.25", "t2,-0.25");
    let files = files.edit("consumers.csv", "t2,0.75", "t2,1.25");
    let errors = read(&files).expect_err("negative");
    assert!(
        errors[0].hint.contains("negative_weights = true"),
        "{errors:#?}"
    );
    let said = files.edit(
        "study.toml",
        "[data.columns]",
        "negative_weights = true\n[data.columns]",
    );
    let loaded = read(&said).expect("fine");
    let weights = column(&loaded.consumers.expect("there"), "weight");
    assert_eq!(weights[..2], ["-0.25", "1.25"]);
}

#[test]
fn formulas_are_pointed_into() {
    let files = base().edit("study.toml", "1 + price + size |", "1 + price + log(size |");
    let errors = read(&files).expect_err("open");
    let (from, to) = errors[0].span.expect("a place");
    let text = files.text("study.toml");
    let formula = text.find("1 + price + log").expect("there");
    let end = formula + "1 + price + log(size | maker".len();
    assert!(formula <= from && from <= to && to <= end, "{errors:#?}");
    assert_eq!(
        (errors[0].path.as_str(), errors.len()),
        ("estimate.demand.linear", 1)
    );
    let files = base().edit("study.toml", "1 + price + size |", "1 + price + sise |");
    let errors = read(&files).expect_err("no such column");
    let (from, to) = errors[0].span.expect("a place");
    assert_eq!(&files.text("study.toml")[from..to], "sise");
}

#[test]
fn columns_of_formulas_are_numbers_or_categories() {
    let numbers = base().edit("products.csv", "0.20,1,m1", "0.20,\"1,5\",m1");
    let errors = read(&numbers).expect_err("no number");
    assert_eq!((errors[0].line, errors[0].value.as_str()), (Some(2), "1,5"));
    let categories = base().edit(
        "study.toml",
        "1 + price + size |",
        "1 + price + size + kind |",
    );
    assert!(read(&categories).is_ok());
}

#[test]
fn every_mistake_comes_back_at_once() {
    let files = base()
        .edit("study.toml", "rho = [0.3, 0.4]", "rho = [0.3, 2]")
        .edit("products.csv", "A,2.5,", "A,x,")
        .edit("products.csv", "B,3.0,0.15", "B,3.0,7")
        .edit("consumers.csv", "t2,0.25", "t2,-1");
    let errors = read(&files).expect_err("four mistakes");
    let files: Vec<&str> = errors.iter().map(|e| e.file.as_str()).collect();
    for file in ["study.toml", "products.csv", "consumers.csv"] {
        assert!(files.contains(&file), "{errors:#?}");
    }
    assert!(errors.len() >= 4);
}

#[test]
fn availability_has_a_column_for_each_product() {
    let consumers = "market,weight,nodes0,nodes1,income,can0,can1,can2\n\
        t1,0.5,-1,0.5,1,1,0,1\nt1,0.5,1,0.2,2,1,1,1\n\
        t2,0.25,-1,0.3,3,1,1,\nt2,0.75,2,0.1,4,0,1,\n";
    let files = base().edit("consumers.csv", CONSUMERS, consumers).edit(
        "study.toml",
        "nest = \"kind\"",
        "nest = \"kind\"\navailability = \"can\"",
    );
    assert_eq!(
        read(&files).expect("fine").availability,
        ["can0", "can1", "can2"]
    );
    for (from, to) in [("1,1,0,1\n", "1,1,0,\n"), ("1,1,0,1\n", "1,1,-1,1\n")] {
        let errors = read(&files.clone().edit("consumers.csv", from, to)).expect_err("bad cell");
        assert_eq!((errors.len(), errors[0].line), (1, Some(2)), "{errors:#?}");
    }
}

/// A demographic that differs by product has a column for each product of the largest market; cells
/// of products that a market does not have take what its first product has.
#[test]
fn demographics_may_differ_by_product() {
    let consumers = "market,weight,nodes0,nodes1,income,near0,near1,near2\n\
        t1,0.5,-1,0.5,1,1,0,1\nt1,0.5,1,0.2,2,1,1,1\n\
        t2,0.25,-1,0.3,3,0.5,1,\nt2,0.75,2,0.1,4,7,1,\n";
    let files = base().edit("consumers.csv", CONSUMERS, consumers).edit(
        "study.toml",
        "\"0 + income\"",
        "\"0 + log(near)\"",
    );
    let table = read(&files).expect("fine").consumers.expect("a table");
    let Some(Column::Numbers(filled)) = table.column("near2") else {
        panic!("no numbers");
    };
    // Markets stand in the order of the products table, `t2` first.
    assert_eq!(filled, &[0.5, 7.0, 1.0, 1.0]);
    let errors = read(&files.clone().edit("consumers.csv", "1,1,0,1\n", "1,1,0,\n"))
        .expect_err("an empty cell");
    assert_eq!((errors.len(), errors[0].line), (1, Some(2)), "{errors:#?}");
    let errors = read(&files.edit("consumers.csv", "near2", "far2")).expect_err("too few");
    assert!(
        errors[0]
            .message
            .contains("a market has 3 products, but `consumers.csv` has 2 columns"),
        "{errors:#?}"
    );
}

#[test]
fn the_two_kinds_of_study_are_told_apart() {
    let folder = Folder::new();
    base().write(&folder);
    let any = read_any_study(folder.path()).expect("fine");
    assert!(matches!(any, AnyStudy::Estimated(_)));
    let errors = read_study(folder.path()).expect_err("the other kind");
    assert!(errors[0].message.contains("is estimated from a panel"));
    assert!(errors[0].line.is_some());
    let folder = Folder::new();
    Files::base().write(&folder);
    let any = read_any_study(folder.path()).expect("fine");
    assert!(matches!(any, AnyStudy::Calibrated(_)));
    let errors = read_estimation(folder.path()).expect_err("the other kind");
    assert!(
        errors[0].message.contains("no `[estimate]` table"),
        "{errors:#?}"
    );
}

/// The same study in other bytes: marks, line ends, quotes, and columns in another order.
#[test]
fn the_same_tables_in_other_bytes_are_the_same() {
    let plain = read(&base()).expect("fine");
    let quoted = PRODUCTS.replace(",A,", ",\"A\",").replace(",B,", ", B ,");
    for text in [
        format!("\u{feff}{PRODUCTS}"),
        PRODUCTS.replace('\n', "\r\n"),
        quoted,
    ] {
        let files = base().edit("products.csv", PRODUCTS, &text);
        assert_eq!(read(&files).expect("fine").products, plain.products);
    }
}

/// Forty thousand rows: anything quadratic would take minutes.
#[test]
fn large_tables_are_put_in_order() {
    use std::fmt::Write as _;
    let mut products = String::from("market,product,firm,price,share,z0\n");
    let markets = 4000;
    for row in 0..10 * markets {
        // Rows of a market are as far apart as they can be.
        let (market, product) = (row % markets, row / markets);
        let price = 1.0 + f64::from(row % 977) / 977.0;
        writeln!(
            products,
            "m{market},p{product},f{},{price},0.01,{row}",
            product % 5
        )
        .expect("text grows");
    }
    let study = "title = \"t\"\nquestion = \"q\"\n[data]\nproducts = \"products.csv\"\n\
        [estimate.demand]\nlinear = \"1 + price\"\ninstruments = [\"z*\"]\n";
    let files = Files(vec![
        ("study.toml".to_owned(), study.to_owned()),
        ("products.csv".to_owned(), products),
    ]);
    let loaded = read(&files).expect("fine");
    assert_eq!(loaded.products.rows(), 40_000);
    assert_eq!(loaded.products.lines[..3], [2, 4002, 8002]);
}

#[test]
fn our_own_studies_are_fine() {
    for (name, products, consumers, markets) in [
        ("nevo-cereal", 2256, 1880, 94),
        ("blp-autos", 2217, 4000, 20),
    ] {
        let loaded = read_estimation(&own(name)).expect(name);
        assert_eq!(loaded.products.rows(), products);
        assert_eq!(loaded.consumers.expect("a table").rows(), consumers);
        let message = &loaded.findings[0].message;
        assert!(
            message.contains(&format!("in {markets} market")),
            "{message}"
        );
    }
}

#[test]
fn a_study_with_tables_in_memory_is_the_study_in_a_folder() {
    let folder = own("nevo-cereal");
    let read = read_estimation(&folder).expect("fine");
    let table = |name: &str| read_table(&folder, name, &Limits::default()).expect(name);
    let tables = || vec![table("products.parquet"), table("consumers.parquet")];
    let given = bind_estimation(&read.source.text, tables()).expect("fine");
    assert_eq!(given.study, read.study);
    assert_eq!(given.products, read.products);
    assert_eq!(given.consumers, read.consumers);
    assert_eq!(given.nodes, read.nodes);

    let mut other = tables();
    other.pop();
    let mistakes = bind_estimation(&read.source.text, other).expect_err("a table is missing");
    assert_eq!(
        mistakes[0].message,
        "no table `consumers.parquet` was given"
    );
    assert_eq!(mistakes[0].path, "data.consumers");
    assert!(mistakes[0].line.is_some());

    // Another cell is another fingerprint.
    let mut other = tables();
    let price = other[0].names.iter().position(|n| n == "prices");
    let Column::Numbers(cells) = &mut other[0].columns[price.expect("prices")] else {
        panic!("prices are numbers");
    };
    cells[0] += 1.0;
    let moved = bind_estimation(&read.source.text, other).map(|l| l.fingerprint);
    assert_ne!(moved.ok(), Some(given.fingerprint));
}
