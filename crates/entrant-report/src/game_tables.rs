//! Tables of games, in long form.

use entrant_data::result::Results;

use crate::csv::Csv;
use crate::tables::ESTIMATE;

/// What every kept profile is worth to each player.
pub(crate) fn profiles(results: &Results) -> String {
    let key = [
        "game",
        "profile",
        "quantity",
        "firm",
        "move",
        "equilibrium",
        "only",
        "one_of",
    ];
    let mut csv = Csv::new(&[&key[..], &ESTIMATE].concat());
    for game in &results.games {
        for (k, row) in game.rows.iter().enumerate() {
            let payoffs = game.players.iter().zip(&row.moves).zip(&row.payoff);
            let worth = payoffs.map(|((p, own), e)| ("worth", p.firm.as_str(), own.as_str(), e));
            let surplus = ("consumer_surplus", "", "", &row.surplus);
            for (quantity, firm, own, e) in worth.chain([surplus]) {
                csv.text(&game.id)
                    .count(k + 1)
                    .texts(&[quantity, firm, own])
                    .flag(row.equilibrium)
                    .number(row.only)
                    .number(row.one_of)
                    .estimate(e)
                    .end();
            }
        }
    }
    csv.finish()
}

/// How often each player does what.
pub(crate) fn choices(results: &Results) -> String {
    let mut csv = Csv::new(&["game", "firm", "choice", "share_of_draws"]);
    for game in &results.games {
        for player in &game.players {
            for (own, chance) in player.moves.iter().zip(&player.chance) {
                csv.texts(&[&game.id, &player.firm, own])
                    .number(*chance)
                    .end();
            }
        }
    }
    csv.finish()
}

/// What today's line-ups say about fixed costs.
pub(crate) fn implied(results: &Results) -> String {
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
    csv.finish()
}
