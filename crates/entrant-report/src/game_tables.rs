//! Tables of games, in long form.

use entrant_data::result::{GameOutcome, Results};

use crate::csv::{Csv, Sheet};
use crate::tables::ESTIMATE;

/// Every game, and after it the same without each firm whose ban is looked at.
fn all(results: &Results) -> impl Iterator<Item = &GameOutcome> {
    let games = results.games.iter();
    games.flat_map(|g| std::iter::once(g).chain(&g.bans))
}

/// What every kept profile is worth to each player.
pub(crate) fn profiles(results: &Results) -> Sheet {
    let key = [
        "game",
        "banned",
        "profile",
        "quantity",
        "firm",
        "move",
        "equilibrium",
        "only",
        "one_of",
        "settles",
    ];
    let mut csv = Csv::new(&[&key[..], &ESTIMATE].concat());
    for game in all(results) {
        for (k, row) in game.rows.iter().enumerate() {
            let payoffs = game.players.iter().zip(&row.moves).zip(&row.payoff);
            let worth = payoffs.map(|((p, own), e)| ("worth", p.firm.as_str(), own.as_str(), e));
            let surplus = ("consumer_surplus", "", "", &row.surplus);
            for (quantity, firm, own, e) in worth.chain([surplus]) {
                csv.texts(&[&game.id, &game.banned])
                    .count(k + 1)
                    .texts(&[quantity, firm, own])
                    .flag(row.equilibrium)
                    .number(row.only)
                    .number(row.one_of)
                    .number(row.settles.unwrap_or(f64::NAN))
                    .estimate(e)
                    .end();
            }
        }
    }
    csv.sheet()
}

/// How often each player does what.
pub(crate) fn choices(results: &Results) -> Sheet {
    let mut csv = Csv::new(&["game", "banned", "firm", "choice", "share_of_draws"]);
    for game in all(results) {
        for player in &game.players {
            for (own, chance) in player.moves.iter().zip(&player.chance) {
                csv.texts(&[&game.id, &game.banned, &player.firm, own])
                    .number(*chance)
                    .end();
            }
        }
    }
    csv.sheet()
}

/// What today's line-ups say about fixed costs.
pub(crate) fn implied(results: &Results) -> Sheet {
    let key = ["game", "product", "firm", "on_sale", "bound"];
    let mut csv = Csv::new(&[&key[..], &ESTIMATE].concat());
    for game in &results.games {
        for c in &game.implied {
            csv.texts(&[&game.id, &c.product, &c.firm])
                .flag(c.on_sale)
                .text(if c.on_sale { "at most" } else { "at least" })
                .estimate(&c.bound)
                .end();
        }
    }
    csv.sheet()
}
