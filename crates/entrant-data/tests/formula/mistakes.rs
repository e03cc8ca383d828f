//! What each mistake is called, and where it points.

use entrant_data::formula::{Formula, FormulaError};
use entrant_data::table::{Column, Table};

use crate::{numbers, small, table, text};

fn error_on(formula: &str, table: &Table) -> FormulaError {
    let made = Formula::parse(formula).and_then(|f| {
        f.effects(table)?;
        f.design(table)
    });
    made.err()
        .unwrap_or_else(|| panic!("{formula} is accepted"))
}

/// The formula, the text pointed at, a part of the message, and a part of the hint.
const MISTAKES: [(&str, &str, &str, &str); 47] = [
    ("", "", "the formula is empty", "write `1`"),
    (" \n ", "", "the formula is empty", ""),
    ("0", "0", "no terms", "name a column"),
    ("x - x - 1", "x - x - 1", "no terms", ""),
    ("| brand", "|", "nothing stands left", ""),
    ("x |", "", "nothing stands right", ""),
    ("x | brand | k", "|", "`|` stands once", "right of it"),
    ("(x | brand)", "(", "never closed", "`)`"),
    ("1 | brand", "1 | brand", "no terms", ""),
    ("x + xx", "xx", "no column `xx`", "did you mean `x`?"),
    (
        "log(brnd)",
        "brnd",
        "no column `brnd`",
        "did you mean `brand`?",
    ),
    (
        "x | brnd",
        "brnd",
        "no column `brnd`",
        "did you mean `brand`?",
    ),
    ("sqrt(x)", "sqrt", "unknown function `sqrt`", "x ** 0.5"),
    (
        "1 + lg(x)",
        "lg",
        "unknown function `lg`",
        "did you mean `log`?",
    ),
    ("x (y)", "x", "unknown function `x`", "multiply with `*`"),
    ("I(x (y))", "x", "unknown function `x`", ""),
    ("log(brand)", "brand", "is text, not numbers", "C(brand)"),
    ("x + I(2 * brand)", "brand", "is text, not numbers", ""),
    ("I(C(brand) * 2)", "C", "cannot stand inside", "C(brand):x"),
    ("C(x + 1)", "+", "name of one column", ""),
    ("C(2)", "2", "name of one column", ""),
    ("C(brand, x)", ",", "name of one column", ""),
    ("C(brand", "(", "never closed", ""),
    ("x + (y", "(", "never closed", "`)`"),
    ("log((x)", "(", "never closed", ""),
    ("x + y)", ")", "never opened", ""),
    ("x y", "y", "operator is expected", "`+`"),
    ("x 2", "2", "operator is expected", ""),
    ("x +", "", "the formula ends where", ""),
    ("x + * y", "*", "`*` stands where", ""),
    ("I()", ")", "`)` stands where", ""),
    ("log(x, 2)", ",", "one argument", ""),
    ("y ~ x", "~", "no left-hand side", ""),
    ("I(x:y)", ":", "no arithmetic", "`*`"),
    ("x ^ 2", "^", "only behind `|`", "`**`"),
    ("I(x ^ 2)", "^", "only behind `|`", "x ** 2"),
    ("2 * x", "2", "numbers besides 0 and 1", "I(2 * x)"),
    ("x + 1:y", "1", "constant cannot interact", ""),
    ("x ** y", "y", "whole number", "I(x ** 2)"),
    ("x ** 0", "0", "whole number", ""),
    ("x + -y", "-y", "cannot be negative", "I(-x)"),
    ("x + -1", "-1", "no effect", "0 + ..."),
    ("1 + (x + 0)", "(x + 0)", "no effect", ""),
    ("x | I(y)", "I(y)", "only categories", ""),
    ("x = y", "=", "unexpected `=`", "a formula knows"),
    ("`x + y", "`", "unexpected", "another back-tick"),
    ("I(2) + x", "I(2) + x", "more than one constant", ""),
];

#[test]
fn mistakes_point_to_their_place() {
    let table = small();
    for (formula, place, message, hint) in MISTAKES {
        let error = error_on(formula, &table);
        assert_eq!(&formula[error.span.clone()], place, "{formula}: {error:?}");
        assert!(error.message.contains(message), "{formula}: {error:?}");
        assert!(error.hint.contains(hint), "{formula}: {error:?}");
    }
}

#[test]
fn the_second_of_two_uses_is_pointed_at_where_it_is_the_mistake() {
    let error = error_on("brand + x:I(brand * 2)", &small());
    assert_eq!(error.span, 12..17);
}

#[test]
fn cells_that_cannot_be_used_name_their_line() {
    let cells = table(&[
        ("x", numbers(&[1.0, f64::NAN, 2.0])),
        ("y", numbers(&[1.0, 2.0, f64::INFINITY])),
        ("z", numbers(&[1.0, 0.0, -2.0])),
        ("t", text(&["a", "b", ""])),
    ]);
    for (formula, message) in [
        ("x", "column `x` is empty in line 3 of products.csv"),
        ("C(x)", "column `x` is empty in line 3 of products.csv"),
        ("z | x", "column `x` is empty in line 3 of products.csv"),
        (
            "I(1 / y)",
            "column `y` is infinite in line 4 of products.csv",
        ),
        ("t", "column `t` is empty in line 4 of products.csv"),
        ("z | t:z", "column `t` is empty in line 4 of products.csv"),
        (
            "log(z)",
            "`log(z)` is not a finite number in line 3 of products.csv, where z = 0",
        ),
        (
            "log(z+1)",
            "`log(z + 1)` is not a finite number in line 4 of products.csv, where z = -2",
        ),
        (
            "I(z**0.5)",
            "`I(z ** 0.5)` is not a finite number in line 4 of products.csv, where z = -2",
        ),
    ] {
        assert_eq!(error_on(formula, &cells).message, message);
    }
    let unused = Formula::parse("z + x - x").expect("a formula");
    assert_eq!(unused.columns(), ["z"]);
    assert!(
        unused.design(&cells).is_ok(),
        "a column that is not used may be empty"
    );
}

#[test]
fn a_product_that_overflows_is_refused() {
    let large = table(&[("x", numbers(&[1.0, 1e200])), ("y", numbers(&[1.0, 1e200]))]);
    let error = error_on("x + x:y", &large);
    let message =
        "`x:y` is not a finite number in line 3 of products.csv, where x = 1e200, y = 1e200";
    assert_eq!(
        error.message.replace(&format!("{}", 1e200), "1e200"),
        message
    );
    assert_eq!(error.span, 0..7);
}

#[test]
fn a_table_whose_columns_differ_in_length_is_refused() {
    let mut broken = small();
    broken.columns[0] = Column::Numbers(vec![1.0]);
    assert!(error_on("x", &broken).message.contains("1 cells in 6 rows"));
}

#[test]
fn names_and_sides_are_told_apart() {
    let formula = Formula::parse("log(b) + a:C(c) - d | e^f + C(g)").expect("a formula");
    assert_eq!(formula.columns(), ["a", "b", "c"]);
    assert_eq!(formula.effect_columns(), ["e", "f", "g"]);
    assert!(formula.absorbs() && !formula.has_constant());
    assert!(formula.depends_on("b") && formula.depends_on("e") && !formula.depends_on("d"));
    assert_eq!(formula.text(), formula.to_string());
    let none = Formula::parse("x | 0").expect("nothing is absorbed");
    assert!(!none.absorbs() && none.has_constant());
}

#[test]
fn names_in_back_ticks_are_columns() {
    let odd = table(&[
        ("screen size", numbers(&[2.0, 3.0])),
        ("größe", numbers(&[4.0, 5.0])),
    ]);
    let formula = Formula::parse("0 + `screen size` + I(1/`screen size`) + größe").expect("fine");
    let made = formula.design(&odd).expect("fine");
    assert_eq!(
        made.names,
        ["`screen size`", "I(1 / `screen size`)", "größe"]
    );
    assert_eq!(made.values, [2.0, 0.5, 4.0, 3.0, 1.0 / 3.0, 5.0]);
}
