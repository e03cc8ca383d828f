//! Derivatives against central differences and by hand.

use entrant_data::formula::{Design, Formula};

use crate::{design, numbers, small, table};

const FORMULAS: [&str; 16] = [
    "1 + x + y",
    "log(x) + exp(x) + I(-x)",
    "I(x ** 2) + I(x ** 3) + I(x ** 0.5) + I(x ** -1) + I(x ** -2.5) + I(x ** 1)",
    "I(1 / x) + I(y / x) + I(x / y) + I(x / (x + y))",
    "I(2 ** x) + I(x ** y) + I(y ** x) + I(x ** x) + I(x ** (y / x))",
    "x * y * k",
    "x:log(x) + x:I(x ** 2):exp(-x)",
    "x*brand",
    "0 + x:brand:C(k) + brand",
    "log(exp(x) + exp(y))",
    "exp(-(x - y) ** 2 / 2)",
    "I((1 + x * y) / (2 - y ** 3 + x ** 2))",
    "I(log(x) * exp(log(y) * x) - 3 * x / y / k)",
    "I(x - x) + I(x / x) + I((x + y) ** 2 - x ** 2 - y ** 2)",
    "I(-(-x)) + I(+x) + I(0.5 * x ** 4)",
    "0 + log(x):brand + y | C(k)",
];

fn moved(base: &Design, name: &str, at: &[f64], by: f64) -> Design {
    let values: Vec<f64> = at.iter().map(|x| x + by).collect();
    base.with(name, &values).expect("finite nearby")
}

/// Central differences of fourth order of a function of the step.
fn slope(f: impl Fn(f64) -> Vec<f64>, h: f64) -> Vec<f64> {
    let [far_low, low, high, far_high] = [-2.0 * h, -h, h, 2.0 * h].map(f);
    (0..low.len())
        .map(|k| (8.0 * (high[k] - low[k]) - (far_high[k] - far_low[k])) / (12.0 * h))
        .collect()
}

fn assert_near(what: &str, ours: &[f64], theirs: &[f64], tolerance: f64) {
    assert_eq!(ours.len(), theirs.len());
    for (k, (a, b)) in ours.iter().zip(theirs).enumerate() {
        let close = (a - b).abs() <= tolerance * b.abs().max(1.0);
        assert!(close, "{what}: cell {k}: {a} and {b}");
    }
}

#[test]
fn derivatives_are_the_slope_of_values_and_of_each_other() {
    let table = small();
    for formula in FORMULAS {
        let base = design(formula, &table);
        for (name, at) in [
            ("x", [1.5, 2.0, 0.5, 4.0, 3.0, 0.25]),
            ("y", [0.5, 1.0, 2.5, 0.75, 1.25, 3.0]),
        ] {
            let first = base.derivative(name).expect("finite");
            let second = base.second_derivative(name).expect("finite");
            let values = |by: f64| moved(&base, name, &at, by).values;
            let slopes = |by: f64| {
                moved(&base, name, &at, by)
                    .derivative(name)
                    .expect("finite")
            };
            assert_near(formula, &first, &slope(values, 1e-4), 1e-9);
            assert_near(formula, &second, &slope(slopes, 1e-4), 1e-9);
        }
    }
}

#[test]
fn derivatives_are_those_on_paper() {
    let table = small();
    let made = design("1 + log(x) + I(1 / x) + I(x ** 3 * y) + y", &table);
    let (first, second) = (made.derivative("x"), made.second_derivative("x"));
    let (first, second) = (first.expect("finite"), second.expect("finite"));
    for r in 0..made.rows {
        let cell = |name: &str| table.text(name, r).and_then(|t| t.parse::<f64>().ok());
        let (x, y) = (cell("x").expect("x"), cell("y").expect("y"));
        let paper = [0.0, 1.0 / x, -1.0 / (x * x), 3.0 * x * x * y, 0.0];
        assert_near("first", &first[r * 5..r * 5 + 5], &paper, 1e-14);
        let paper = [0.0, -1.0 / (x * x), 2.0 / (x * x * x), 6.0 * x * y, 0.0];
        assert_near("second", &second[r * 5..r * 5 + 5], &paper, 1e-14);
    }
}

#[test]
fn columns_without_the_name_do_not_move() {
    let made = design("x + log(y) + C(k) + x:brand", &small());
    let first = made.derivative("x").expect("finite");
    for c in 0..made.columns() {
        let moves = (0..made.rows).any(|r| first[r * made.columns() + c] != 0.0);
        assert_eq!(made.depends_on(c, "x"), moves, "{}", made.names[c]);
    }
    let k = made.derivative("k").expect("finite");
    assert!(k.iter().all(|d| *d == 0.0), "categories do not move");
    assert!(made.depends_on(3, "k") && !made.depends_on(0, "k"));
    assert!(made.depends_on(6, "brand"));
    let other = made.derivative("nowhere").expect("finite");
    assert_eq!(other, vec![0.0; made.values.len()]);
}

#[test]
fn a_derivative_at_an_edge_is_refused_only_where_it_is_asked_for() {
    let edge = table(&[("x", numbers(&[1.0, 0.0])), ("y", numbers(&[2.0, 3.0]))]);
    let made = design("I(x ** 0.5 * y) + I(x ** 2 + x)", &edge);
    let y = made
        .derivative("y")
        .expect("the slope in y is the root of x");
    assert_eq!(y, vec![0.0, 1.0, 0.0, 0.0, 0.0, 0.0]);
    let error = made.derivative("x").expect_err("a root is steep at 0");
    assert_eq!(
        error.message,
        "the derivative of `I(x ** 0.5 * y)` is not a finite number in line 3 of products.csv, \
         where x = 0, y = 3"
    );
    assert_eq!(
        &"I(x ** 0.5 * y) + I(x ** 2 + x)"[error.span],
        "I(x ** 0.5 * y)"
    );
}

#[test]
fn the_cost_of_deep_products_stays_small() {
    let deep = (0..95).fold("x".to_owned(), |inner, _| format!("log(2 + {inner} * x)"));
    let formula = Formula::parse(&deep).expect("not too deep");
    let made = formula.design(&small()).expect("finite");
    let second = made.second_derivative("x").expect("finite");
    assert!(second.iter().all(|d| d.is_finite()));
}
