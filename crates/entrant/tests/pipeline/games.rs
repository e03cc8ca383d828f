//! Games and line-ups: the same numbers as scenarios, and equilibria by brute force.

use entrant::data::InputError;
use entrant::data::result::{GameOutcome, ProfileOutcome, Results};
use entrant::{Silent, run};

use crate::support::{self, Folder, KNOWN, UNCERTAIN};

const SCENARIOS: &str = r#"
[[scenario]]
id = "without"
title = "B drops b2"
[[scenario.exit]]
products = ["b2"]

[[scenario]]
id = "swap"
title = "X comes in, B drops b2"
[[scenario.enter]]
products = ["x"]
aware = 0.5
[[scenario.exit]]
products = ["b2"]
"#;

const GAME: &str = r#"
[[game]]
id = "g"
title = "X and B"
scenario = "entry"
periods = 4
discount = 0.1

[[game.player]]
firm = "X"
[[game.player.move]]
id = "out"
[[game.player.move]]
id = "in"
products = ["x"]
fixed_cost = 1e6

[[game.player]]
firm = "B"
[[game.player.move]]
id = "both"
products = ["b1", "b2"]
[[game.player.move]]
id = "one"
products = ["b1"]

[[game]]
id = "lineup"
title = "What B sells"
periods = 4
discount = 0.1
[[game.player]]
firm = "B"
[[game.player.candidate]]
product = "b1"
[[game.player.candidate]]
product = "b2"
fixed_cost = FIXED
"#;

/// `sum 1.1^-t` over four periods.
const ANNUITY: f64 = (1.0 - 1.0 / (1.1 * 1.1 * 1.1 * 1.1)) / 0.1;

fn results(fixed: &str) -> Results {
    let extra = format!("{SCENARIOS}{}", GAME.replace("FIXED", fixed));
    let folder = Folder::with(&KNOWN, &extra);
    support::results(&folder.read().expect("a study"), 3)
}

fn row<'a>(game: &'a GameOutcome, moves: &[&str]) -> &'a ProfileOutcome {
    let found = game.rows.iter().find(|r| r.moves == moves);
    found.expect("every combination")
}

/// Profit per period of a firm: before, and after a scenario.
fn profit(results: &Results, scenario: &str, firm: &str) -> [f64; 2] {
    let scenario = results.scenarios.iter().find(|s| s.id == scenario);
    let firms = &scenario.expect("the scenario").markets[0].firms;
    let firm = firms.iter().find(|f| f.firm == firm).expect("the firm");
    [firm.profit.before.median, firm.profit.after.median]
}

fn close(a: f64, b: f64) {
    assert!((a - b).abs() <= 1e-9 * a.abs().max(b.abs()), "{a} {b}");
}

#[test]
fn payoffs_are_those_of_scenarios() {
    let results = results("0");
    let game = &results.games[0];
    assert_eq!(
        (game.profiles, game.exhaustive, game.undecided),
        (4, true, 0)
    );
    let worth = results.scenarios[0].worth.as_ref().expect("worth");
    close(
        row(game, &["in", "both"]).payoff[0].median,
        worth.value.median,
    );
    for (moves, scenario, after) in [
        (["out", "both"], "entry", 0),
        (["in", "both"], "entry", 1),
        (["out", "one"], "without", 1),
        (["in", "one"], "swap", 1),
    ] {
        let found = row(game, &moves).payoff[1].median;
        close(found, ANNUITY * profit(&results, scenario, "B")[after]);
    }
    let x = profit(&results, "swap", "X")[1];
    close(
        row(game, &["in", "one"]).payoff[0].median,
        ANNUITY * x - 1e6,
    );
    assert!(row(game, &["out", "one"]).payoff[0].median.abs() < 1e-300);
}

#[test]
fn equilibria_are_those_of_brute_force() {
    let results = results("0");
    let game = &results.games[0];
    let payoff = |x: usize, b: usize| {
        let moves = [["out", "in"][x], ["both", "one"][b]];
        let found = &row(game, &moves).payoff;
        [found[0].median, found[1].median]
    };
    for x in 0..2 {
        for b in 0..2 {
            let here = payoff(x, b);
            let stays = here[0] >= payoff(1 - x, b)[0] && here[1] >= payoff(x, 1 - b)[1];
            let moves = [["out", "in"][x], ["both", "one"][b]];
            let found = row(game, &moves);
            assert_eq!(found.equilibrium, stays, "{moves:?}");
            // Every draw is the centre.
            assert!((found.one_of - f64::from(u8::from(stays))).abs() < 1e-15);
        }
    }
    let chances = game.players[0].chance.iter().sum::<f64>();
    assert!((chances + game.none - 1.0).abs() < 1e-12);
}

#[test]
fn what_is_on_sale_bounds_its_fixed_cost() {
    let results = results("0");
    let implied = &results.games[0].implied;
    let bound = |product: &str| {
        implied
            .iter()
            .find(|c| c.product == product)
            .expect("there")
    };
    let [before, without] = profit(&results, "without", "B");
    assert!(bound("b2").on_sale && !bound("x").on_sale);
    close(bound("b2").bound.median, ANNUITY * (before - without));
    let worth = results.scenarios[0].worth.as_ref().expect("worth");
    close(bound("x").bound.median, worth.break_even.median);
    // Beyond the bound b2 goes, below it stays.
    for (part, best) in [(0.99, "b1 + b2"), (1.01, "b1")] {
        let fixed = format!("{}", part * bound("b2").bound.median);
        let again = self::results(&fixed);
        let lineup = &again.games[1];
        assert_eq!(lineup.rows[0].moves, [best]);
        assert!(lineup.rows[0].equilibrium);
        assert_eq!(lineup.profiles, 4);
        close(
            row(lineup, &["b1"]).payoff[0].median,
            row(&again.games[0], &["out", "one"]).payoff[1].median,
        );
    }
}

#[test]
fn draws_and_threads() {
    let extra = format!("{SCENARIOS}{}", GAME.replace("FIXED", "1e5"));
    let folder = Folder::with(&UNCERTAIN, &extra);
    let study = folder.read().expect("a study");
    let on = |threads| run(&study, support::options(12, threads), &Silent).expect("results");
    let (one, two) = (on(1), on(2));
    assert_eq!(one.games, two.games);
    let game = &one.games[0];
    assert_eq!(game.draws, 12);
    for r in &game.rows {
        assert!(r.only <= r.one_of && r.one_of <= 1.0);
        assert!(r.payoff[1].low < r.payoff[1].high);
    }
    let worth = one.scenarios[0].worth.as_ref().expect("worth");
    let entered = &row(game, &["in", "both"]).payoff[0];
    // The same draws but for the fixed cost, which the game knows and the worth draws.
    assert!(
        entered.low + 1e6 <= worth.break_even.high && entered.high + 1e6 >= worth.break_even.low
    );
}

fn mistake(from: &str, to: &str) -> InputError {
    let text = GAME.replace("FIXED", "0");
    assert!(text.contains(from), "{from}");
    let extra = format!("{SCENARIOS}{}", text.replacen(from, to, 1));
    let folder = Folder::with(&KNOWN, &extra);
    folder.read().expect_err("a mistake").remove(0)
}

#[test]
fn mistakes_are_named() {
    for (from, to, path, message) in [
        (
            "firm = \"X\"",
            "firm = \"Y\"",
            "game[0].player[0].firm",
            "no firm `Y`",
        ),
        (
            "firm = \"B\"",
            "firm = \"X\"",
            "game[0].player[1].firm",
            "a player already",
        ),
        (
            "scenario = \"entry\"",
            "scenario = \"entri\"",
            "game[0].scenario",
            "no scenario `entri`",
        ),
        (
            "[\"x\"]",
            "[\"a1\"]",
            "game[0].player[0].move[1].products[0]",
            "not a product of `X`",
        ),
        (
            "[\"x\"]",
            "[\"y\"]",
            "game[0].player[0].move[1].products[0]",
            "no product `y`",
        ),
        (
            "id = \"in\"",
            "id = \"out\"",
            "game[0].player[0].move[1].id",
            "already",
        ),
        (
            "fixed_cost = 1e6",
            "fixed_cost = -1",
            "game[0].player[0].move[1].fixed_cost",
            "-1",
        ),
        ("periods = 4", "periods = 0", "game[0].periods", "0"),
        ("id = \"lineup\"", "id = \"g\"", "game[1].id", "already"),
        (
            "product = \"b2\"",
            "product = \"b1\"",
            "game[1].player[0].candidate[1].product",
            "already",
        ),
    ] {
        let found = mistake(from, to);
        assert_eq!(found.path, path, "{found:?}");
        assert!(
            found.message.contains(message) || found.value.contains(message),
            "{found:?}"
        );
        assert!(found.line.is_some());
    }
}
