//! Surveys as a specification has them.

use entrant_estimate::blp::{Evaluation, Problem, Serial, Wanted, evaluate};
use entrant_estimate::gmm::Linear;
use entrant_estimate::post::PanelEconomy;

use crate::panels::{CONSUMERS, Made, PRODUCTS, made};

fn json(micro: &str) -> String {
    format!(
        r#"{{"demand": {{"linear": "1 + price + x", "random": "1 + price + x",
            "demographics": "0 + income + age", "instruments": ["z*"],
            "sigma": [0.7, 0.3, 0.9], "pi": [[0.3, 0], [0.2, -0.1], [0, 0.4]]}},
        "micro": [{micro}]}}"#
    )
}

fn numbers<'a>(made: &'a Made, consumers: bool, name: &str) -> &'a [f64] {
    let table = if consumers {
        &made.consumers
    } else {
        &made.products
    };
    match table.column(name) {
        Some(entrant_data::table::Column::Numbers(v)) => v,
        _ => panic!("no numbers named {name}"),
    }
}

fn at(problem: &Problem) -> Evaluation {
    let wanted = Wanted {
        tolerance: 1e-13,
        jacobian: false,
    };
    evaluate(problem, &problem.parameters.starts(), wanted, &Serial)
}

/// Sums over consumers, first choices and second ones of `of(consumer, first, second)`, rows of the
/// tables, `None` for nothing.
fn sum(
    problem: &Problem,
    markets: &[usize],
    second: bool,
    of: &dyn Fn(usize, Option<usize>, Option<usize>) -> f64,
) -> f64 {
    let at = at(problem);
    let values = problem.parameters.starts();
    let linear = Linear {
        beta: vec![0.0; problem.parameters.solved_beta.len()],
        gamma: Vec::new(),
    };
    let economy = PanelEconomy::new(problem, &values, &linear, &at);
    let mut total = 0.0;
    for t in markets {
        let m = &problem.markets[*t];
        let p = economy.market(*t).probabilities();
        for i in 0..CONSUMERS {
            let s = &p[i * PRODUCTS..(i + 1) * PRODUCTS];
            let none = 1.0 - s.iter().sum::<f64>();
            let chance = |j: usize| s.get(j).copied().unwrap_or(none);
            let row = |j: usize| (j < PRODUCTS).then(|| problem.order[m.rows.start + j]);
            let w = m.consumers.weight[i];
            for j in 0..=PRODUCTS {
                if !second {
                    total += w * chance(j) * of(t * CONSUMERS + i, row(j), None);
                    continue;
                }
                for k in (0..=PRODUCTS).filter(|k| *k != j) {
                    let both = chance(j) * chance(k) / (1.0 - chance(j));
                    total += w * both * of(t * CONSUMERS + i, row(j), row(k));
                }
            }
        }
    }
    total
}

#[test]
fn a_survey_is_what_its_words_say() {
    let text = json(
        r#"{"title": "some buyers", "observations": 80, "markets": ["m1", "m3"], "of": "buyers",
            "weight": "I(age * age)", "moment": [
            {"title": "mean", "value": 0.1, "mean": {"consumer": "income", "product": "x"}},
            {"title": "covariance among", "value": 0.2, "mean": {"consumer": "income"},
             "with": {"product": "y"}, "among": {"product": "I(w)"}}]},
           {"title": "second", "observations": 40, "second_choices": true, "moment": [
            {"title": "alike", "value": 0.3, "mean": {"product": "x"}, "with": {"second": "x"},
             "among": {"product": "1", "second": "1"}}]}"#,
    );
    let made = made(3, &text, false, false);
    let problem = made.problem();
    let found = at(&problem).micro.values;
    let (income, age) = (numbers(&made, true, "income"), numbers(&made, true, "age"));
    let of = |name: &str, j: Option<usize>| j.map_or(0.0, |j| numbers(&made, false, name)[j]);
    let buys = |j: Option<usize>| if j.is_some() { 1.0 } else { 0.0 };
    let asked = |i: usize, j: Option<usize>| age[i] * age[i] * buys(j);
    let some = |of: &dyn Fn(usize, Option<usize>) -> f64| {
        sum(&problem, &[1, 3], false, &|i, j, _| asked(i, j) * of(i, j))
    };
    let mean = some(&|i, j| income[i] * of("x", j)) / some(&|_, _| 1.0);
    assert!((found[0] - mean).abs() < 1e-12);
    let among = some(&|_, j| of("w", j));
    let both = some(&|i, j| income[i] * of("y", j) * of("w", j)) / among;
    let apart = some(&|i, j| income[i] * of("w", j)) / among;
    let covariance = both - apart * some(&|_, j| of("y", j) * of("w", j)) / among;
    assert!((found[1] - covariance).abs() < 1e-12);
    let all = [0, 1, 2, 3, 4];
    let pairs = |of: &dyn Fn(Option<usize>, Option<usize>) -> f64| {
        sum(&problem, &all, true, &|_, j, k| {
            buys(j) * buys(k) * of(j, k)
        })
    };
    let count = pairs(&|_, _| 1.0);
    let (first, second) = (pairs(&|j, _| of("x", j)), pairs(&|_, k| of("x", k)));
    let both = pairs(&|j, k| of("x", j) * of("x", k));
    let covariance = both / count - first * second / (count * count);
    assert!((found[2] - covariance).abs() < 1e-12);
}

#[test]
fn mistakes_in_a_survey_say_where_they_are() {
    let refused = |micro: &str, nests: bool| {
        let text = json(micro);
        let found = made(3, &text, nests, false).bind().map(|_| ());
        let mistakes = found.expect_err("a mistake");
        format!("{}: {}", mistakes[0].path, mistakes[0].message)
    };
    let moment = |of: &str| {
        format!(
            r#"{{"title": "s", "observations": 8, "moment": [{{"title": "m", "value": 1, {of}}}]}}"#
        )
    };
    let cases = [
        (
            moment(r#""mean": {"consumer": "wage"}"#),
            "estimate.micro[0].moment[0].mean.consumer",
        ),
        (
            moment(r#""mean": {"product": "x + y"}"#),
            "must be one column, and makes 2",
        ),
        (
            moment(r#""mean": {"second": "x"}"#),
            "the survey has no second choices",
        ),
        (
            r#"{"title": "s", "observations": 8, "markets": ["m9"], "moment": [
                {"title": "m", "value": 1, "mean": {"product": "x"}}]}"#
                .to_owned(),
            "estimate.micro[0].markets: no such market",
        ),
        (
            r#"{"title": "s", "observations": 8, "weight": "income", "moment": [
                {"title": "m", "value": 1, "mean": {"product": "x"}}]}"#
                .to_owned(),
            "must be finite and not negative",
        ),
        (
            r#"{"title": "s", "observations": 0, "moment": [
                {"title": "m", "value": 1, "mean": {"product": "x"}}]}"#
                .to_owned(),
            "a survey has observations",
        ),
    ];
    for (micro, wanted) in cases {
        let said = refused(&micro, false);
        assert!(said.contains(wanted), "{said}");
    }
}
