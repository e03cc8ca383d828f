//! Estimated studies as a user meets them: what is refused and in which words, what is read and
//! in which order.

use std::path::{Path, PathBuf};

use entrant_data::table::Table;
use entrant_data::{InputError, Level};
use entrant_io::{AnyStudy, LoadedEstimation, read_any_study, read_estimation, read_study};

use crate::common::{Files, Folder, require_with};

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

fn read(files: &Files) -> Result<LoadedEstimation, Vec<InputError>> {
    let folder = Folder::new();
    files.write(&folder);
    read_estimation(folder.path())
}

fn require(rows: &str) {
    require_with(&base(), rows, &|files| read(files).err());
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
fn rows_of_reliability_table_prices() {
    require(
        "
products.csv ¦ A,2.5, ¦ A,NaN, ¦ t2,p1 ¦ `price` is not a finite number ¦ NaN ¦
products.csv ¦ A,2.5, ¦ A,inf, ¦ t2,p1 ¦ not a finite number ¦ inf ¦
products.csv ¦ A,2.5, ¦ A,1e308, ¦ t2,p1 ¦ its square is no number ¦ 1e308 ¦ larger unit
products.csv ¦ A,2.5, ¦ A,-2.5, ¦ t2,p1 ¦ must be above 0 ¦ -2.5 ¦ negative_prices
products.csv ¦ A,2.5, ¦ A,0, ¦ t2,p1 ¦ must be above 0 ¦ 0 ¦ negative_prices
products.csv ¦ A,2.5, ¦ A,\"2,5\", ¦ t2,p1 ¦ `price` is not a number ¦ 2,5 ¦ decimal point
products.csv ¦ A,2.5, ¦ A,#N/A, ¦ t2,p1 ¦ `price` is not a number ¦ #N/A ¦ leave the row out
products.csv ¦ A,2.5, ¦ A,two, ¦ t2,p1 ¦ `price` is not a number ¦ two ¦
products.csv ¦ A,2.5, ¦ A,, ¦ t2,p1 ¦ `price` is empty ¦ ¦
products.csv ¦ firm,price ¦ firm,prices ¦ market ¦ no column `price` ¦ ¦ did you mean `prices`
",
    );
}

#[test]
fn rows_of_reliability_table_shares() {
    require(
        "
products.csv ¦ 0.20 ¦ NaN ¦ t2,p1 ¦ `share` is not a finite number ¦ NaN ¦
products.csv ¦ 0.20 ¦ 0 ¦ t2,p1 ¦ must be above 0 and below 1 ¦ 0 ¦ nobody bought
products.csv ¦ 0.20 ¦ -0.1 ¦ t2,p1 ¦ must be above 0 and below 1 ¦ -0.1 ¦
products.csv ¦ 0.20 ¦ 1 ¦ t2,p1 ¦ must be above 0 and below 1 ¦ 1 ¦ not percent
products.csv ¦ 0.20 ¦ 0.95 ¦ t2,p1 ¦ sums to 1.05 in market `t2` ¦ ¦ who buy nothing
products.csv ¦ 0.20 ¦ 0.899999999999999 ¦ t2,p1 ¦ for buying nothing in market `t2`, below `smallest_outside_share`, 1e-9 ¦ ¦
products.csv ¦ 0.20 ¦ 1e-300 ¦ t2,p1 ¦ is 1e-300, below `smallest_share`, 1e-14 ¦ 1e-300 ¦ data.smallest_share
",
    );
}

#[test]
fn rows_of_reliability_table_ids() {
    require(
        "
products.csv ¦ t2,p1,A ¦ ,p1,A ¦ ,p1,A ¦ `market` is empty ¦ ¦
products.csv ¦ t2,p1,A ¦ t2,,A ¦ t2,,A ¦ `product` is empty ¦ ¦
products.csv ¦ t2,p1,A ¦ t2,p1, ¦ t2,p1, ¦ `firm` is empty ¦ ¦
products.csv ¦ t2,p1,A ¦ t2,outside,A ¦ outside ¦ the word for buying nothing ¦ outside ¦
products.csv ¦ market,product,firm ¦ market,product,owner ¦ market ¦ no column `firm` ¦ ¦
products.csv ¦ 7\\nt1,p1,A ¦ 7\\nt1,p3,A ¦ t1,p3,C ¦ is `p3` in market `t1` a second time: line 3 has it ¦ p3 ¦
products.csv ¦ m1,k1,l1,0.1 ¦ m1,,l1,0.1 ¦ t2,p1 ¦ `kind` is empty ¦ ¦
products.csv ¦ m1,k1,l1,0.1 ¦ m1,k1,,0.1 ¦ t2,p1 ¦ `line` is empty ¦ ¦
products.csv ¦ m1,k1,l1,0.1 ¦ ,k1,l1,0.1 ¦ t2,p1 ¦ `maker` is empty ¦ ¦
products.csv ¦ 7\\nt1,p1 ¦ 7\\nt2,p1,A,2.5,0.20,1,m1,k1,l1,0.1,1,7\\nt1,p1 ¦ t2,p1 ¦ is `p1` in market `t2` a second time: line 2 ¦ p1 ¦
",
    );
}

#[test]
fn a_row_that_stands_twice_is_refused_without_products_too() {
    let row = "t2,p1,A,2.5,0.20,1,m1,k1,l1,0.1,1,7\n";
    let files = base()
        .edit("products.csv", "market,product", "market,name")
        .edit("products.csv", row, &format!("{row}{row}"))
        .edit(
            "study.toml",
            "[[scenario.tariff]]\nproducts = [\"p1\"]\nrate = 0.1\n",
            "",
        )
        .edit(
            "study.toml",
            "[[scenario.characteristic]]\nproduct = \"p2\"\ncolumn = \"size\"\nvalue = 3\n",
            "",
        );
    let errors = read(&files).expect_err("twice");
    assert_eq!(errors.len(), 1, "{errors:#?}");
    assert_eq!(errors[0].line, Some(3));
    assert!(errors[0].message.contains("the one in line 2"));
}

#[test]
fn constant_prices_identify_nothing() {
    let mut files = base();
    for price in ["2.5", "3.5", "3.0", "1.0"] {
        files = files.edit("products.csv", &format!(",{price},"), ",2.0,");
    }
    let errors = read(&files).expect_err("constant");
    assert_eq!(errors.len(), 1, "{errors:#?}");
    assert!(errors[0].message.contains("alpha is not identified"));
}

#[test]
fn a_price_far_from_the_others_is_a_warning() {
    let loaded = read(&base().edit("products.csv", "A,2.5,", "A,1e8,")).expect("read");
    assert_eq!(loaded.findings[0].level, Level::Warning);
    assert!(
        loaded.findings[0]
            .message
            .contains("line 2 of `products.csv`")
    );
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
fn empty_tables_have_0_rows() {
    for (file, header) in [("products.csv", PRODUCTS), ("consumers.csv", CONSUMERS)] {
        let first = header.lines().next().expect("a line");
        for text in ["", first] {
            let files = base().edit(file, header, text);
            let errors = read(&files).expect_err("empty");
            assert!(errors[0].message.contains("0 rows"), "{errors:#?}");
            assert_eq!(errors[0].file, file);
        }
    }
}

#[test]
fn rows_of_reliability_table_consumers() {
    require(
        "
consumers.csv ¦ t2,0.25 ¦ t2,1.25 ¦ t2,1.25 ¦ `weight` sums to 2 in market `t2`, must sum to 1 ¦ ¦ normalise_weights
consumers.csv ¦ t2,0.25 ¦ t2,-1 ¦ t2,-1 ¦ `weight` is -1, must be at least 0 ¦ -1 ¦
consumers.csv ¦ t2,0.25 ¦ t2,x ¦ t2,x ¦ `weight` is not a number ¦ x ¦
consumers.csv ¦ t2,0.25 ¦ t2,inf ¦ t2,inf ¦ `weight` is not a finite number ¦ inf ¦
consumers.csv ¦ t2,0.25 ¦ ,0.25 ¦ ,0.25 ¦ `market` is empty ¦ ¦
consumers.csv ¦ t2,0.75,2,0.1,4 ¦ t2,0.75,2,0.1,4\\nt9,1,0,0,0 ¦ t9 ¦ names markets that `products.csv` does not have: `t9` ¦ t9 ¦
consumers.csv ¦ t2,0.25,-1,0.3,3\\nt2,0.75,2,0.1,4\\n ¦  ¦  ¦ no consumers in markets `t2` ¦ ¦ `products.csv` has products there
consumers.csv ¦ -1,0.5,1 ¦ -1,,1 ¦ t1,0.5,-1 ¦ `nodes1` is empty ¦ ¦
consumers.csv ¦ -1,0.5,1 ¦ -1,0.5, ¦ t1,0.5,-1 ¦ `income` is empty ¦ ¦
consumers.csv ¦ market,weight ¦ market,w ¦ market ¦ no column `weight` ¦ ¦
",
    );
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
fn columns_that_the_study_names_are_looked_for() {
    require(
        r#"
study.toml ¦ "z*", ¦ "y*", ¦ "y*" ¦ no column of `products.csv` fits `y*` ¦ y* ¦ `y0` and every number
study.toml ¦ "z*", "shift"] ¦ "z*", "shft"] ¦ shft ¦ no column `shft` in `products.csv` ¦ shft ¦ did you mean `shift`
study.toml ¦ "z*", "shift"] ¦ "z*", "z2"] ¦ z2 ¦ `z2` is among the instruments twice ¦ z2 ¦
study.toml ¦ "z*", "shift"] ¦ "z*", "price"] ¦ "price" ¦ depends on demand itself ¦ price ¦
study.toml ¦ nest = "kind" ¦ nest = "kimd" ¦ kimd ¦ no column `kimd` ¦ kimd ¦ did you mean `kind`
study.toml ¦ cluster = "line" ¦ cluster = "lime" ¦ lime ¦ no column `lime` ¦ lime ¦
study.toml ¦ cluster = "line" ¦ cluster = "line"\nnodes = "draw*" ¦ draw* ¦ no column of `consumers.csv` fits `draw*` ¦ ¦
study.toml ¦ cluster = "line" ¦ cluster = "line"\nnodes = "nodes1" ¦ sigma = ¦ 2 tastes vary by draws, but `consumers.csv` has 1 ¦ ¦
study.toml ¦ cluster = "line" ¦ cluster = "line"\navailability = "can" ¦ can ¦ a market has 3 products, but `consumers.csv` has 0 ¦ can ¦
study.toml ¦ + size | maker ¦ + sise | maker ¦ linear ¦ no column `sise` in `products.csv` ¦ sise ¦ did you mean `size`
study.toml ¦ + size | maker ¦ + size | make ¦ linear ¦ no column `make` in `products.csv` ¦ make ¦ did you mean `maker`
study.toml ¦ "0 + income" ¦ "0 + incme" ¦ demographics ¦ no column `incme` in `consumers.csv` ¦ incme ¦ did you mean `income`
study.toml ¦ "1 + log(size)" ¦ "1 + price" ¦ cost ¦ `price` cannot be in this formula ¦ price ¦
study.toml ¦ linear = "1 + price + size ¦ linear = "1 + share + price ¦ linear ¦ `share` cannot be in this formula ¦ share ¦
study.toml ¦ linear = "1 + price ¦ linear = "1 ¦ linear ¦ the price, `price`, is not in demand ¦ ¦ put it into
study.toml ¦ of = "1 + size" ¦ of = "1 + price" ¦ of = ¦ `price` cannot be in this formula ¦ price ¦
study.toml ¦ products = "products.csv" ¦ products = "product.csv" ¦ product.csv ¦ cannot read `product.csv` ¦ product.csv ¦ did you mean `products.csv`
study.toml ¦ consumers = "consumers.csv" ¦ consumers = "products.csv" ¦ consumers = ¦ this is the products table ¦ ¦
"#,
    );
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
    let categories = base().edit("study.toml", "1 + price + size |", "1 + price + kind |");
    assert!(read(&categories).is_ok());
}

#[test]
fn shapes_and_starts_of_parameters_are_checked() {
    require(
        r#"
study.toml ¦ [[0.5, 0], [0.1, 0.4]] ¦ [[1e6, 0], [0.1, 0.4]] ¦ sigma = ¦ must be from -10000 to 10000 ¦ 1000000 ¦ larger unit
study.toml ¦ [[0.5, 0], [0.1, 0.4]] ¦ [[nan, 0], [0.1, 0.4]] ¦ sigma = ¦ must be from -10000 to 10000 ¦ NaN ¦
study.toml ¦ [[0.5, 0], [0.1, 0.4]] ¦ [[0.5, 1], [0.1, 0.4]] ¦ sigma = ¦ above the diagonal ¦ 1 ¦
study.toml ¦ [[0.5, 0], [0.1, 0.4]] ¦ [[0.5, 0], [0.1]] ¦ sigma = ¦ this row has 1 values, must have 2 ¦ ¦
study.toml ¦ [[0.5, 0], [0.1, 0.4]] ¦ [] ¦ sigma = ¦ this is empty ¦ ¦
study.toml ¦ [[0.5, 0], [0.1, 0.4]] ¦ [0.5, "a"] ¦ sigma = ¦ neither a list of numbers nor a list of rows ¦ ¦ for a diagonal
study.toml ¦ lower = [[0, -inf], [-2, 0]] ¦ lower = [[0, -inf], [-2, 0.5]] ¦ lower ¦ above the starting value, 0.4 ¦ 0.5 ¦
study.toml ¦ lower = [[0, -inf], [-2, 0]] ¦ lower = [0, 0] ¦ lower ¦ must have the shape of the starting values ¦ ¦
study.toml ¦ lower = [[0, -inf], [-2, 0]] ¦ lower = [[nan, 0], [0, 0]] ¦ lower ¦ must be a number ¦ ¦
study.toml ¦ lower = [[0, -inf], [-2, 0]] } ¦ lower = [[0, 0], [-2, 0]], upper = [[-1, 0], [1, 1]] } ¦ upper ¦ below the lower bound, 0 ¦ -1 ¦
study.toml ¦ pi = [[0.2], [0]] ¦ pi = [[0.2]] ¦ pi = ¦ has 1 rows, but `random` has 2 columns ¦ ¦ constant first
study.toml ¦ pi = [[0.2], [0]] ¦ pi = [[0.2, 1], [0, 1]] ¦ pi = ¦ has 2 columns, but `demographics` has 1 ¦ ¦
study.toml ¦ pi = [[0.2], [0]] ¦ pi = [0.2, 0] ¦ pi = ¦ must be a list of rows ¦ ¦
study.toml ¦ random = "1 + size" ¦ random = "0 + size" ¦ sigma = ¦ has 2 rows, but `random` has 1 columns ¦ ¦
study.toml ¦ coefficients = ["linear", ¦ coefficients = [ ¦ coefficients ¦ has 1 rows, but `sigma` has 2 ¦ ¦
study.toml ¦ coefficients = ["linear", ¦ coefficients = ["linar", ¦ linar ¦ unknown choice `linar` ¦ ¦ did you mean `linear`
study.toml ¦ rho = [0.3, 0.4] ¦ rho = [0.3, 1.0] ¦ rho = ¦ is 1, must be at least 0 and below 1 ¦ ¦
study.toml ¦ rho = [0.3, 0.4] ¦ rho = [0.3, 0.95] ¦ rho_bounds ¦ this is below the starting value, 0.95 ¦ 0.9 ¦
study.toml ¦ rho = [0.3, 0.4] ¦ rho = [0.3, 0.4, 0.5] ¦ rho = ¦ 3 nesting parameters and 2 nests: `k1`, `k2` ¦ ¦
study.toml ¦ rho = [0.3, 0.4]\nrho_bounds = [0, 0.9] ¦  ¦ estimate.demand ¦ needs a start ¦ ¦ rho = [0.5]
study.toml ¦ beta = { price = -1 } ¦ beta = {} ¦ beta_bounds ¦ has bounds, but is not searched for ¦ ¦
study.toml ¦ beta = { price = -1 } ¦ beta = { price = inf } ¦ beta = ¦ must be finite ¦ inf ¦
study.toml ¦ [-20, 0] ¦ [-20, -2] ¦ beta_bounds ¦ below the starting value, -1 ¦ -2 ¦
study.toml ¦ cost_bounds = [0.01, inf] ¦ cost_bounds = [1, 0] ¦ cost_bounds ¦ must be below the second ¦ ¦
study.toml ¦ gamma = { size = 0.5 } ¦ gamma = { size = nan } ¦ gamma ¦ must be finite ¦ ¦
"#,
    );
}

#[test]
fn keys_that_need_others_say_which() {
    require(
        r#"
study.toml ¦ random = "1 + size" ¦  ¦ sigma = ¦ only together with `random` ¦ ¦
study.toml ¦ demographics = "0 + income" ¦  ¦ pi = ¦ only together with `demographics` ¦ ¦
study.toml ¦ pi = [[0.2], [0]]\npi_bounds ¦ pi_bounds ¦ demographics ¦ only together with `pi` ¦ ¦
study.toml ¦ nest = "kind" ¦  ¦ rho = ¦ only together with `data.columns.nest` ¦ ¦
study.toml ¦ cluster = "line" ¦  ¦ weighting ¦ nothing says what the clusters are ¦ ¦ data.columns.cluster
study.toml ¦ cluster = "line" ¦ cluster_too = "line" ¦ cluster_too ¦ only together with `cluster` ¦ ¦
study.toml ¦ consumers = "consumers.csv" ¦  ¦ random ¦ nothing says over which consumers ¦ ¦ integration
study.toml ¦ consumers = "consumers.csv" ¦ normalise_weights = true ¦ normalise ¦ only together with `data.consumers` ¦ ¦
study.toml ¦ rho_bounds = [0, 0.9] ¦ integration = { rule = "halton", size = 9 } ¦ integration ¦ draws come from the consumers table ¦ ¦ leave out
study.toml ¦ weighting = "clustered" ¦ errors = "clusterd" ¦ errors ¦ unknown choice `clusterd` ¦ ¦ did you mean `clustered`
study.toml ¦ weighting = "clustered" ¦ inversion_tolerance = 0 ¦ inversion ¦ must be above 0 ¦ 0 ¦
study.toml ¦ weighting = "clustered" ¦ optimizer = { evaluations = 0 } ¦ optimizer ¦ must be from 1 to ¦ 0 ¦
study.toml ¦ weighting = "clustered" ¦ optimizer = { starts = 3, spread = 0 } ¦ optimizer ¦ must be above 0 ¦ 0 ¦
study.toml ¦ weighting = "clustered" ¦ optimiser = 1 ¦ optimiser ¦ unknown key `optimiser` ¦ ¦ did you mean `optimizer`
"#,
    );
}

#[test]
fn firms_markets_and_products_that_scenarios_name_must_be_there() {
    require(
        r#"
study.toml ¦ firms = ["A", "B"] ¦ firms = ["A", "D"] ¦ firms ¦ there is no firm `D` ¦ D ¦ did you mean `A`
study.toml ¦ firms = ["A", "B"] ¦ firms = ["A"] ¦ firms ¦ must name at least 2 ¦ ¦
study.toml ¦ products = ["p1"] ¦ products = ["p9"] ¦ p9 ¦ there is no product `p9` ¦ p9 ¦
study.toml ¦ rate = 0.1 ¦ rate = "vat" ¦ rate ¦ an estimated study has none ¦ vat ¦
study.toml ¦ rate = 0.1 ¦ rate = -2 ¦ rate ¦ must be ¦ ¦
study.toml ¦ column = "size" ¦ column = "maker" ¦ column = ¦ no characteristic `maker` ¦ maker ¦
study.toml ¦ title = "A and B merge" ¦ title = "x"\n[[scenario.enter]]\nproducts = ["new"] ¦ new ¦ there is no entrant `new` ¦ new ¦ none are defined
study.toml ¦ headline = "merger" ¦ headline = "merge" ¦ headline ¦ there is no scenario `merge` ¦ merge ¦
study.toml ¦ firm = "A"\nof = "B" ¦ firm = "A"\nof = "Z" ¦ of = "Z" ¦ there is no firm `Z` ¦ Z ¦
study.toml ¦ firm = "A"\nof = "B" ¦ firm = "A"\nof = "A" ¦ of = "A" ¦ this is the firm itself ¦ ¦
study.toml ¦ markets = ["t1"] ¦ markets = ["t3"] ¦ markets ¦ there is no market `t3` ¦ t3 ¦
study.toml ¦ weight = 0.5 ¦ weight = 1.5 ¦ weight ¦ must be from 0 to 1 ¦ ¦
"#,
    );
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

/// Two hundred thousand rows: anything quadratic would take minutes.
#[test]
fn large_tables_are_put_in_order() {
    use std::fmt::Write as _;
    let mut products = String::from("market,product,firm,price,share,z0\n");
    let markets = 4000;
    for row in 0..50 * markets {
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
    assert_eq!(loaded.products.rows(), 200_000);
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
