//! Games with prices, variants and bans, and over several markets and segments at once: what they
//! say is what scenarios say.

use entrant::data::result::{GameOutcome, ProfileOutcome, Results};

use crate::support::{self, Folder, KNOWN, UNCERTAIN};

/// `sum 1.1^-t` over four periods.
const ANNUITY: f64 = (1.0 - 1.0 / (1.1 * 1.1 * 1.1 * 1.1)) / 0.1;

fn row<'a>(game: &'a GameOutcome, moves: &[&str]) -> &'a ProfileOutcome {
    let found = game.rows.iter().find(|r| r.moves == moves);
    found.expect("every combination")
}

fn close(a: f64, b: f64) {
    assert!((a - b).abs() <= 1e-8 * a.abs().max(b.abs()), "{a} {b}");
}

/// Profit of a firm per period after a scenario, all markets.
fn profit(results: &Results, scenario: &str, firm: &str) -> f64 {
    let scenario = results.scenarios.iter().find(|s| s.id == scenario);
    let markets = &scenario.expect("the scenario").markets;
    let of = |m: &entrant::data::result::MarketOutcome| {
        let firm = m.firms.iter().find(|f| f.firm == firm).expect("the firm");
        firm.profit.after.median
    };
    markets.iter().map(of).sum()
}

const PRICED: &str = r#"
[[scenario]]
id = "cheap"
title = "X comes in at 350"
[[scenario.enter]]
products = ["x"]
aware = 0.5
price = 350

[[scenario]]
id = "banned"
title = "X comes in, C may not sell"
[[scenario.enter]]
products = ["x"]
aware = 0.5
[[scenario.ban]]
firm = "C"

[[scenario]]
id = "alone"
title = "C may not sell"
[[scenario.ban]]
firm = "C"

[[game]]
id = "price"
title = "At which price X comes in"
scenario = "entry"
periods = 4
discount = 0.1
[[game.player]]
firm = "X"
[[game.player.candidate]]
product = "x"
prices = [300, 350, 450]
fixed_cost = 1e6

[[game]]
id = "moves"
title = "The same by name, and B may drop one"
scenario = "entry"
periods = 4
discount = 0.1
ban = ["C", "B"]
[[game.player]]
firm = "X"
[[game.player.move]]
id = "out"
[[game.player.move]]
id = "at 350"
products = ["x"]
prices = { x = 350 }
fixed_cost = 1e6
[[game.player.move]]
id = "at list"
products = ["x"]
fixed_cost = 1e6
[[game.player]]
firm = "B"
[[game.player.move]]
id = "both"
products = ["b2"]
[[game.player.move]]
id = "one"
"#;

#[test]
fn prices_that_moves_commit_to() {
    let folder = Folder::with(&KNOWN, PRICED);
    let results = support::results(&folder.read().expect("a study"), 3);
    let [price, moves] = &results.games[..] else {
        panic!("two games")
    };
    assert_eq!((price.profiles, price.rows.len()), (4, 4));
    assert_eq!(price.players[0].moves, ["x at 300", "x at 350", "x at 450"]);
    let known = ANNUITY * profit(&results, "cheap", "X") - 1e6;
    close(row(price, &["x at 350"]).payoff[0].median, known);
    close(row(moves, &["at 350", "both"]).payoff[0].median, known);
    let listed = ANNUITY * profit(&results, "entry", "X") - 1e6;
    close(row(moves, &["at list", "both"]).payoff[0].median, listed);
    // The best of them is the best by hand.
    let best = price.rows.iter().max_by(|a, b| {
        let [a, b] = [a, b].map(|r| r.payoff[0].median);
        a.total_cmp(&b)
    });
    assert!(best.expect("rows").equilibrium);
}

#[test]
fn a_ban_is_the_scenario_with_the_ban() {
    let folder = Folder::with(&KNOWN, PRICED);
    let results = support::results(&folder.read().expect("a study"), 3);
    let moves = &results.games[1];
    let [without_c, without_b] = &moves.bans[..] else {
        panic!("two bans")
    };
    assert_eq!((without_c.banned.as_str(), without_c.profiles), ("C", 6));
    for (id, scenario) in [("at list", "banned"), ("out", "alone")] {
        let found = row(without_c, &[id, "both"]);
        close(
            found.payoff[1].median,
            ANNUITY * profit(&results, scenario, "B"),
        );
        // Against the market as it is, with C.
        let scenario = results.scenarios.iter().find(|s| s.id == scenario);
        let surplus = &scenario.expect("there").markets[0].consumer_surplus;
        close(found.surplus.median, surplus.change.median);
    }
    // B may not sell: it has nothing to choose, and earns nothing.
    assert_eq!((without_b.profiles, without_b.rows.len()), (3, 3));
    for r in &without_b.rows {
        assert_eq!(r.moves[1], "may not sell");
        assert!(r.payoff[1].median.abs() < 1e-300);
    }
    let rivals = row(without_b, &["at list", "may not sell"]).payoff[0].median;
    assert!(rivals > row(moves, &["at list", "both"]).payoff[0].median);
}

#[test]
fn replies_settle_where_an_equilibrium_is() {
    let folder = Folder::with(&UNCERTAIN, PRICED);
    let results = support::results(&folder.read().expect("a study"), 10);
    let moves = &results.games[1];
    let settled: f64 = moves
        .rows
        .iter()
        .map(|r| r.settles.expect("two players"))
        .sum();
    assert!(settled <= 1.0 + 1e-12);
    for r in &moves.rows {
        // Whatever replies settle at is an equilibrium of that draw.
        assert!(r.settles.expect("two players") <= r.one_of + 1e-12, "{r:?}");
    }
    assert!(results.games[0].rows.iter().all(|r| r.settles.is_none()));
}

const VARIANTS: &str = r#"
[[entrant]]
id = "phone"
firm = "X"
price = "optimal"
cost = { known = { dist = "uniform", low = 190, high = 210 } }
quality = { characteristics = true, brands = ["B", "C"] }
characteristics = { memory = 64, screen = 5.5 }
[[entrant.variant]]
column = "memory"
values = [64, 128]
labels = ["64 GB", "128 GB"]
cost = 0.5
[[entrant.variant]]
column = "screen"
values = [5.0, 5.5, 6.0]
cost = { dist = "triangular", low = 20, mode = 30, high = 40 }

[[scenario]]
id = "hand"
title = "By hand"
[[scenario.enter]]
products = ["phone"]
[[scenario.characteristic]]
product = "phone"
column = "memory"
value = 128
[[scenario.characteristic]]
product = "phone"
column = "screen"
value = 6
[[scenario.cost]]
products = ["phone"]
add = 47

[[game]]
id = "design"
title = "Which phone X should make"
periods = 4
discount = 0.1
[[game.player]]
firm = "X"
[[game.player.candidate]]
variants_of = "phone"
fixed_cost = 1e6
"#;

#[test]
fn a_grid_of_specifications_is_as_many_candidates() {
    let costs = "{ dist = \"triangular\", low = 20, mode = 30, high = 40 }";
    let folder = Folder::with(&UNCERTAIN, &VARIANTS.replace(costs, "30"));
    let results = support::results(&folder.read().expect("a study"), 6);
    let game = results.games.last().expect("a game");
    assert_eq!((game.profiles, game.players[0].moves.len()), (64, 6));
    // What changes by hand in a scenario: 64 units of memory at 0.5 and half an inch at 30 more.
    let found = row(game, &["phone: 128 GB, screen 6"]);
    let hand = results.scenarios.iter().find(|s| s.id == "hand");
    let firms = &hand.expect("there").markets[0].firms;
    let known = &firms
        .iter()
        .find(|f| f.firm == "X")
        .expect("X")
        .profit
        .after;
    for (own, profit) in [
        (found.payoff[0].low, known.low),
        (found.payoff[0].median, known.median),
        (found.payoff[0].high, known.high),
    ] {
        close(own, ANNUITY * profit - 1e6);
    }
}

#[test]
fn variants_share_what_is_not_known() {
    let folder = Folder::with(&KNOWN, VARIANTS);
    let results = support::results(&folder.read().expect("a study"), 12);
    let named = |text: &str| {
        results
            .inputs
            .iter()
            .filter(|i| i.name.contains(text))
            .count()
    };
    assert_eq!(named("unobserved quality of phone"), 1);
    assert_eq!(named("cost of a unit of screen"), 1);
    let folder = Folder::with(
        &KNOWN,
        &VARIANTS.replace("variants_of = \"phone\"", "variants_of = \"fone\""),
    );
    let found = folder.read().expect_err("a mistake").remove(0);
    assert_eq!(found.path, "game[0].player[0].candidate[0].variants_of");
    let folder = Folder::with(
        &KNOWN,
        &VARIANTS.replace("column = \"screen\"", "column = \"scren\""),
    );
    let found = folder.read().expect_err("a mistake").remove(0);
    assert_eq!(found.path, "entrant[1].variant[1].column");
}

const EVERYWHERE: &str = r#"
[[segment]]
id = "open"
share = 0.4
[[segment]]
id = "carrier"
share = 0.6

[[scenario]]
id = "part"
title = "X in the open market, B drops b2"
[[scenario.enter]]
products = ["x"]
aware = 0.6
segments = ["open"]
[[scenario.exit]]
products = ["b2"]

[[scenario]]
id = "whole"
title = "X in the open market"
[[scenario.enter]]
products = ["x"]
aware = 0.6
segments = ["open"]

[[game]]
id = "both"
title = "Two markets and two channels"
scenario = "whole"
periods = 4
discount = 0.1
ban = ["C"]
[[game.player]]
firm = "X"
[[game.player.move]]
id = "out"
[[game.player.move]]
id = "in"
products = ["x"]
fixed_cost = 2e6
[[game.player]]
firm = "B"
[[game.player.move]]
id = "both"
products = ["b2"]
[[game.player.move]]
id = "one"
"#;

/// The study in two markets, the second with fewer buyers and without c2.
fn two_markets() -> Folder {
    let folder = Folder::with(&KNOWN, EVERYWHERE);
    folder.add(
        "products.csv",
        "market,product,firm,brand,price,units,memory,screen,mark\n\
         m,a1,A,A,900,60000,128,6.1,verified\n\
         m,a2,A,A,600,50000,64,5.5,verified\n\
         m,b1,B,B,750,55000,128,5.8,verified\n\
         m,b2,B,B,300,45000,32,5.2,recalled\n\
         m,c1,C,C,250,70000,32,5.0,assumed\n\
         m,c2,C,C,150,40000,16,4.8,assumed\n\
         n,a1,A,A,880,30000,128,6.1,verified\n\
         n,a2,A,A,620,20000,64,5.5,verified\n\
         n,b1,B,B,700,25000,128,5.8,verified\n\
         n,b2,B,B,320,15000,32,5.2,recalled\n\
         n,c1,C,C,240,30000,32,5.0,assumed\n",
    );
    folder.change(
        "study.toml",
        &[(
            "[demand]\n",
            "[[market]]\nid = \"n\"\noutside_share = 0.85\n\n[demand]\n",
        ), (
            "[[entrant]]\n",
            "[[demand.target]]\nkind = \"margin\"\nof = \"A\"\nmarket = \"n\"\nvalue = 0.45\n\n[[entrant]]\n",
        )],
    );
    folder
}

#[test]
fn a_game_over_several_markets_and_segments_at_once() {
    let results = support::results(&two_markets().read().expect("a study"), 2);
    assert_eq!(results.scenarios[0].markets.len(), 2);
    let game = results.games.last().expect("a game");
    assert_eq!((game.profiles, game.undecided), (4, 0));
    for (own, scenario) in [("both", "whole"), ("one", "part")] {
        let found = row(game, &["in", own]);
        let [x, b] = ["X", "B"].map(|firm| profit(&results, scenario, firm));
        close(found.payoff[0].median, ANNUITY * x - 2e6);
        close(found.payoff[1].median, ANNUITY * b);
        let scenario = results.scenarios.iter().find(|s| s.id == scenario);
        let markets = &scenario.expect("there").markets;
        let surplus = markets.iter().map(|m| m.consumer_surplus.change.median);
        close(found.surplus.median, surplus.sum());
    }
    // The only equilibria are those of all pairs tried by hand.
    let payoff = |x: &str, b: &str| {
        let found = row(game, &[x, b]);
        [found.payoff[0].median, found.payoff[1].median]
    };
    for (x, other) in [("in", "out"), ("out", "in")] {
        for (b, second) in [("both", "one"), ("one", "both")] {
            let stays =
                payoff(x, b)[0] >= payoff(other, b)[0] && payoff(x, b)[1] >= payoff(x, second)[1];
            assert_eq!(row(game, &[x, b]).equilibrium, stays);
        }
    }
}
