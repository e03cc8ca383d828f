//! The same columns for other numbers, other rows and other tables.

use entrant_data::formula::Formula;

use crate::{design, numbers, small, table, text};

#[test]
fn other_numbers_give_what_a_table_with_them_gives() {
    let mut other = small();
    let formula = Formula::parse("log(x) + x:brand + y").expect("a formula");
    let x = [3.0, 1.0, 2.0, 0.5, 7.0, 1.0];
    let with = formula.design_with(&other, "x", &x).expect("fits");
    other.columns[0] = numbers(&x);
    assert_eq!(with, formula.design(&other).expect("fits"));
    assert_eq!(
        with.derivative("x"),
        formula.design(&other).expect("fits").derivative("x")
    );
}

#[test]
fn numbers_that_make_categories_cannot_be_replaced() {
    let made = design("x + C(k)", &small());
    let error = made.with("k", &[1.0; 6]).expect_err("categories");
    assert_eq!(error.span, 4..8);
    assert!(made.with("x", &[1.0; 5]).is_err(), "another number of rows");
    let error = made.with("x", &[1.0, 2.0, f64::NAN, 1.0, 1.0, 1.0]);
    assert!(
        error
            .expect_err("no number")
            .message
            .contains("line 4 of products.csv")
    );
    assert_eq!(made.with("nowhere", &[1.0; 6]).expect("unused"), made);
}

#[test]
fn numbers_that_do_not_fit_leave_the_design_as_it_was() {
    let before = design("log(x) + y", &small());
    let mut made = before.clone();
    assert!(made.set("x", &[1.0, 1.0, 1.0, 1.0, 1.0, -1.0]).is_err());
    assert_eq!(made, before);
    made.set("x", &[1.0; 6]).expect("fits");
    assert_eq!(made.row(0), [1.0, 0.0, 0.5]);
}

#[test]
fn a_combined_effect_may_be_written_in_three_ways() {
    let codes = |text: &str| {
        let formula = Formula::parse(text).expect("a formula");
        formula.effects(&small()).expect("effects")
    };
    // (b, 10) (a, 2) (c, 3) (a, 2) (b, 3) (c, 10), in sorted order
    assert_eq!(codes("x | brand^k"), [[2, 0, 3, 0, 1, 4]]);
    assert_eq!(codes("x | brand^k"), codes("x | C(brand):C(k)"));
    assert_eq!(codes("x | brand^k"), codes("x | brand:k + C(brand):k"));
}

#[test]
fn a_subset_keeps_columns_and_lines() {
    let made = design("log(x) + x:brand + C(k)", &small());
    let part = made.subset(&[4, 1]);
    assert_eq!((part.rows, &part.names), (2, &made.names));
    assert_eq!((part.row(0), part.row(1)), (made.row(4), made.row(1)));
    let (all, some) = (made.derivative("x"), part.derivative("x"));
    let (all, some) = (all.expect("finite"), some.expect("finite"));
    let columns = made.columns();
    assert_eq!(some[..columns], all[4 * columns..5 * columns]);
    let moved = part.with("x", &[2.0, 5.0]).expect("fits");
    assert_eq!(moved.row(1)[..2], [1.0, 5f64.ln()]);
    let error = part.with("x", &[2.0, -1.0]).expect_err("no logarithm");
    assert!(
        error
            .message
            .contains("line 3 of products.csv, where x = -1"),
        "{error}"
    );
}

#[test]
fn another_table_keeps_the_categories_of_the_first() {
    let made = design("x + brand + C(k)", &small());
    let entrants = table(&[
        ("k", numbers(&[10.0, 2.0])),
        ("brand", text(&["c", "c"])),
        ("x", numbers(&[9.0, 8.0])),
    ]);
    let new = made.on(&entrants).expect("known categories");
    assert_eq!(
        new.names,
        [
            "Intercept",
            "x",
            "brand[T.b]",
            "brand[T.c]",
            "C(k)[T.3]",
            "C(k)[T.10]"
        ]
    );
    assert_eq!(
        new.values,
        [1.0, 9.0, 0.0, 1.0, 0.0, 1.0, 1.0, 8.0, 0.0, 1.0, 0.0, 0.0]
    );
    let strange = table(&[
        ("k", numbers(&[2.0])),
        ("brand", text(&["cc"])),
        ("x", numbers(&[9.0])),
    ]);
    let error = made.on(&strange).expect_err("no such brand");
    assert!(error.message.contains("`cc` in line 2"), "{error}");
    assert_eq!(error.hint, "did you mean `c`?");
}

#[test]
fn many_rows_are_the_same_as_few() {
    // More rows than are computed together, and no multiple of them.
    let cells: Vec<f64> = (0..1000).map(|r| 0.5 + f64::from(r % 97)).collect();
    let brands: Vec<&str> = (0..1000).map(|r| ["u", "v", "w"][r % 3]).collect();
    let many = table(&[("x", numbers(&cells)), ("b", text(&brands))]);
    let made = design("log(x)*b", &many);
    for r in 0..1000 {
        let log = cells[r].ln();
        let [v, w] = [1, 2].map(|b| f64::from(u8::from(r % 3 == b)));
        let row = [1.0, log, v, w, log * v, log * w];
        for (a, b) in made.row(r).iter().zip(row) {
            assert!(
                (a - b).abs() <= 2.0 * f64::EPSILON * b.abs(),
                "row {r}: {a} and {b}"
            );
        }
    }
}
