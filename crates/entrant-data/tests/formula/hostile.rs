//! Text and sizes that are meant to hurt.

use entrant_data::formula::Formula;
use entrant_data::table::Table;

use crate::{numbers, small, table};

/// Numbers that look random and are the same every time (Marsaglia 2003, "Xorshift RNGs").
struct Dice(u64);

impl Dice {
    fn below(&mut self, n: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 >> 33).expect("31 bits") % n
    }

    fn of<'a>(&mut self, list: &[&'a str]) -> &'a str {
        list[self.below(list.len())]
    }
}

const SEEDS: [&str; 6] = [
    "1 + log(x)*brand - C(k):y + I(-x**2/3)",
    "(x + y + brand)**2 | brand + C(k):brand",
    "0 + x/(y + C(brand)) + exp(-y) | brand^k",
    "`x` + I((x + 1e-3) ** -0.5) - 1",
    "x:y:brand:C(k) + I(2**x)",
    "~ x + größe + 1",
];

const WORDS: [&str; 34] = [
    "x",
    "y",
    "brand",
    "k",
    "log(",
    "exp(",
    "I(",
    "C(",
    "(",
    ")",
    "+",
    "-",
    "*",
    "/",
    ":",
    "**",
    "|",
    "^",
    "~",
    ",",
    "0",
    "1",
    "2",
    "1e9",
    "1e999",
    ".5",
    "`",
    " ",
    "\n",
    "é",
    "\u{1F600}",
    "\0",
    "'",
    "%",
];

/// Reads text and, where that works, builds everything of it; errors must point into the text.
fn survive(text: &str, table: &Table) {
    let made = Formula::parse(text).and_then(|f| {
        f.effects(table)?;
        let design = f.design(table)?;
        assert!(design.values.iter().all(|v| v.is_finite()), "{text}");
        assert_eq!(design.values.len(), design.rows * design.columns());
        design.derivative("x")?;
        design.second_derivative("y")
    });
    if let Err(error) = made {
        assert!(
            text.get(error.span.clone()).is_some(),
            "{text:?}: {error:?}"
        );
        assert!(!error.message.is_empty());
    }
}

#[test]
fn mutated_formulas_never_panic() {
    let table = small();
    let mut dice = Dice(0x9e37_79b9_7f4a_7c15);
    for round in 0..6000 {
        let mut text: Vec<char> = SEEDS[round % SEEDS.len()].chars().collect();
        for _ in 0..=dice.below(6) {
            let at = dice.below(text.len() + 1);
            let end = (at + dice.below(4)).min(text.len());
            let word: Vec<char> = dice.of(&WORDS).chars().collect();
            text.splice(at..end, word);
        }
        survive(&text.into_iter().collect::<String>(), &table);
    }
}

#[test]
fn random_words_never_panic() {
    let table = small();
    let mut dice = Dice(20_180_401);
    for _ in 0..6000 {
        let words = 1 + dice.below(14);
        let text: String = (0..words).map(|_| dice.of(&WORDS)).collect();
        survive(&text, &table);
    }
}

#[test]
fn random_sums_of_terms_span_what_they_say() {
    // Whatever the order of terms, coding leaves no column that others span: full rank by elimination.
    let full = crossed();
    let mut dice = Dice(7);
    for _ in 0..300 {
        let terms: Vec<&str> = (0..=dice.below(5))
            .map(|_| {
                dice.of(&[
                    "a", "b", "C(k)", "a:b", "b:C(k)", "a:b:C(k)", "x", "x:a", "a:x:b",
                ])
            })
            .collect();
        let text = format!("{}{}", dice.of(&["", "0 + "]), terms.join(" + "));
        let made = Formula::parse(&text).and_then(|f| f.design(&full));
        let made = made.expect("all columns are there");
        assert_eq!(rank(&made.values, made.columns()), made.columns(), "{text}");
    }
}

/// Every combination of three categories twice, with two numbers.
fn crossed() -> Table {
    let pick = |r: usize, words: [&str; 3]| words[r % 3].to_owned();
    let mut dice = Dice(3);
    let mut made = table(&[
        (
            "x",
            numbers(
                &(0..54)
                    .map(|_| dice.below(1000) as f64 / 64.0)
                    .collect::<Vec<_>>(),
            ),
        ),
        (
            "k",
            numbers(&(0..54).map(|r| f64::from(r / 9 % 3)).collect::<Vec<_>>()),
        ),
    ]);
    for (name, every) in [("a", 1), ("b", 3)] {
        let cells = (0..54).map(|r| pick(r / every, ["u", "v", "w"])).collect();
        made.names.push(name.into());
        made.columns.push(entrant_data::table::Column::Text(cells));
    }
    made
}

fn rank(values: &[f64], columns: usize) -> usize {
    let mut rows: Vec<Vec<f64>> = values.chunks(columns).map(<[f64]>::to_vec).collect();
    let mut rank = 0;
    for c in 0..columns {
        let size = |r: &usize| rows[*r][c].abs();
        let best = (rank..rows.len()).max_by(|a, b| size(a).total_cmp(&size(b)));
        let Some(pivot) = best.filter(|r| rows[*r][c].abs() > 1e-9) else {
            continue;
        };
        rows.swap(rank, pivot);
        let top = rows[rank].clone();
        for row in &mut rows[rank + 1..] {
            let factor = row[c] / top[c];
            row.iter_mut().zip(&top).for_each(|(x, t)| *x -= factor * t);
        }
        rank += 1;
    }
    rank
}

fn refused(text: &str) -> String {
    let made = Formula::parse(text).map(|_| ());
    made.expect_err("too much").message
}

fn names(count: usize) -> String {
    let names: Vec<String> = (0..count).map(|k| format!("a{k}")).collect();
    names.join(" + ")
}

#[test]
fn interactions_that_explode_are_refused() {
    let many = "interactions that make more than 10000 terms";
    assert!(refused(&format!("({})**20", names(20))).contains(many));
    assert!(refused(&format!("({})**999999999999", names(100))).contains(many));
    assert!(refused(&names(26).replace('+', "*")).contains(many));
    assert!(refused(&format!("({0}):({0}):({0})", names(60))).contains(many));
    assert!(refused(&format!("x | ({})**9", names(30))).contains(many));
    // Few terms, each found again and again.
    let again = format!("({})**12{}", names(12), " * a1".repeat(1500));
    assert!(refused(&again).contains(many));
    assert!(
        Formula::parse(&format!("({})**12", names(12))).is_ok(),
        "4095 terms are fine"
    );
    assert!(Formula::parse(&names(1200)).is_ok());
    let nothing = format!("{0} - ({0})", names(600));
    assert!(Formula::parse(&nothing).is_ok(), "the constant is left");
}

#[test]
fn depth_and_length_are_limited() {
    let deep = "nested more than 100 deep";
    for open in [
        "(", "I(", "I((", "log(", "-", "+", "I(-", "I(x ** ", "I(x + (", "x:-",
    ] {
        assert!(!refused(&open.repeat(101)).is_empty());
    }
    assert_eq!(
        refused(&format!("{}x{}", "(".repeat(101), ")".repeat(101))),
        deep
    );
    assert_eq!(refused(&format!("I({}x)", "-".repeat(5000))), deep);
    assert_eq!(refused(&format!("I(x{})", " ** x".repeat(1500))), deep);
    assert_eq!(refused(&"+".repeat(9000)), deep);
    assert!(Formula::parse(&format!("{}x{}", "(".repeat(99), ")".repeat(99))).is_ok());
    assert!(Formula::parse(&format!("I(x{})", " + x".repeat(2000))).is_ok());
    assert!(refused(&"x+".repeat(5001)).contains("10002 bytes"));
}

#[test]
fn designs_that_explode_are_refused() {
    let rows: Vec<f64> = (0..12_000).map(f64::from).collect();
    let many = table(&[("x", numbers(&rows)), ("y", numbers(&rows))]);
    for text in ["C(x)", "C(x):C(y)", "0 + y:C(x) + y"] {
        let error = Formula::parse(text).and_then(|f| f.design(&many));
        let error = error.expect_err("too many columns");
        assert!(
            error.message.contains("a design has at most 10000"),
            "{error}"
        );
        assert!(error.hint.contains("absorb"), "{error}");
    }
    let absorbed = Formula::parse("x | C(x):C(y)").expect("a formula");
    let codes = absorbed.effects(&many).expect("no columns");
    assert_eq!((codes.len(), codes[0][11_999]), (1, 11_999));
}

#[test]
fn an_interaction_of_many_categories_is_refused() {
    let names: Vec<String> = (0..30).map(|k| format!("a{k}")).collect();
    let columns: Vec<(&str, _)> = names
        .iter()
        .map(|n| (n.as_str(), numbers(&[1.0])))
        .collect();
    let one = table(&columns);
    let cross = |count: usize| {
        let factors: Vec<String> = names[..count].iter().map(|n| format!("C({n})")).collect();
        Formula::parse(&factors.join(":")).and_then(|f| f.design(&one))
    };
    assert!(cross(8).is_ok());
    assert!(
        cross(9)
            .expect_err("nine")
            .message
            .contains("more than 8 categories")
    );
    assert!(cross(30).is_err());
}
