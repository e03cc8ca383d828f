//! Games: players with something to choose, about products that are theirs.

use std::collections::BTreeMap;

use entrant_data::InputError;
use entrant_data::spec::{CandidateSpec, GameSpec, MoveSpec, PlayerSpec, ScenarioSpec};

use super::ids::unique;
use super::known::{Known, Seller, reference};
use super::numbers::{DRAWS, PERIODS, count, number};
use super::{exactly_one, keep};
use crate::domain::Domain;
use crate::problems::Problems;
use crate::toml_path::quoted;

/// Candidates of a player among several: each has all its sets as moves.
pub const CANDIDATES: usize = 12;
/// Candidates of a player who is alone.
pub const CANDIDATES_ALONE: usize = 40;
/// Moves of a player.
const MOVES: usize = 4096;

/// What the study file alone can get wrong about games.
pub(crate) fn check_ways(games: &[GameSpec], problems: &mut Problems) {
    unique("game", games.iter().map(|g| g.id.as_str()), problems);
    for (i, game) in games.iter().enumerate() {
        let path = format!("game[{i}]");
        count(
            &format!("{path}.periods"),
            game.periods as usize,
            PERIODS as usize,
            problems,
        );
        if let Some(draws) = game.draws {
            count(&format!("{path}.draws"), draws, DRAWS, problems);
        }
        if game.player.is_empty() {
            problems.at(format!("{path}.player"), "a game needs a player");
        }
        for (p, player) in game.player.iter().enumerate() {
            check_player(&format!("{path}.player[{p}]"), player, problems);
        }
        check_owners(&path, game, problems);
    }
}

fn check_player(path: &str, player: &PlayerSpec, problems: &mut Problems) {
    let ways = [
        ("move", !player.moves.is_empty()),
        ("candidate", !player.candidate.is_empty()),
    ];
    exactly_one(path, &ways, problems);
    unique(
        &format!("{path}.move"),
        player.moves.iter().map(|m| m.id.as_str()),
        problems,
    );
    for (k, candidate) in player.candidate.iter().enumerate() {
        check_candidate(&format!("{path}.candidate[{k}]"), candidate, problems);
    }
    for (k, m) in player.moves.iter().enumerate() {
        check_prices(&format!("{path}.move[{k}]"), m, problems);
    }
    if player.moves.len() > MOVES {
        let message = format!("{} moves are too many: at most {MOVES}", player.moves.len());
        problems.at(format!("{path}.move"), message);
    }
    if player.contested().is_empty() && !player.moves.is_empty() {
        let message = "no move names a product, so there is nothing to choose";
        problems.at(format!("{path}.move"), message);
    }
}

/// A candidate is a product or all variants of one, at prices that rise.
fn check_candidate(path: &str, candidate: &CandidateSpec, problems: &mut Problems) {
    let ways = [
        ("product", !candidate.product.is_empty()),
        ("variants_of", candidate.variants_of.is_some()),
    ];
    exactly_one(path, &ways, problems);
    for price in &candidate.prices {
        number(
            &format!("{path}.prices"),
            *price,
            Domain::POSITIVE,
            problems,
        );
    }
    if candidate.prices.windows(2).any(|w| w[0] >= w[1]) {
        let message = "prices must rise from low to high, each once";
        problems.at(format!("{path}.prices"), message);
    }
}

/// Prices of a move are of products that it sells.
fn check_prices(path: &str, m: &MoveSpec, problems: &mut Problems) {
    for (id, price) in &m.prices {
        let at = format!("{path}.prices.{}", quoted(id));
        number(&at, *price, Domain::POSITIVE, problems);
        if !m.products.contains(id) {
            let message = format!("this move does not sell `{id}`");
            problems.push(InputError::at(at, message).hint("name it in `products`"));
        }
    }
}

/// A player's candidates once variants have their names: each once, and not too many.
fn check_candidates(path: &str, player: &PlayerSpec, alone: bool, problems: &mut Problems) {
    for (k, candidate) in player.candidate.iter().enumerate() {
        let before = &player.candidate[..k];
        if before.iter().any(|c| c.product == candidate.product) {
            let at = format!("{path}.candidate[{k}].product");
            let message = format!("`{}` is a candidate already", candidate.product);
            problems.push(InputError::at(at, message).value(&candidate.product));
        }
    }
    let most = if alone { CANDIDATES_ALONE } else { CANDIDATES };
    let ways = player.candidate.iter().map(|c| c.ways() as u64 + 1);
    let lineups = ways.fold(1_u64, u64::saturating_mul);
    if lineups > 1 << most {
        let message = format!(
            "{} candidates make too many line-ups: at most 2^{most}, as many as {most} candidates without prices of their own make",
            player.candidate.len()
        );
        problems.push(InputError::at(format!("{path}.candidate"), message).hint(
            "name the line-ups that are thought of as `move`, or take fewer prices or variants",
        ));
    }
}

/// A firm plays once.
fn check_owners(path: &str, game: &GameSpec, problems: &mut Problems) {
    for (p, player) in game.player.iter().enumerate() {
        if game.player[..p]
            .iter()
            .any(|other| other.firm == player.firm)
        {
            let at = format!("{path}.player[{p}].firm");
            let message = format!("`{}` is a player already", player.firm);
            problems.push(InputError::at(at, message).value(&player.firm));
        }
    }
}

/// Everything that games name.
pub(crate) fn check_references(
    games: &[GameSpec],
    scenarios: &[ScenarioSpec],
    known: &Known<'_>,
    problems: &mut Problems,
) {
    for (i, game) in games.iter().enumerate() {
        let path = format!("game[{i}]");
        if let Some(id) = &game.scenario {
            let all = || known.scenarios.iter().copied();
            let at = format!("{path}.scenario");
            keep(reference(&at, "scenario", id, all), problems);
        }
        let scenario = scenarios
            .iter()
            .find(|s| game.scenario.as_ref() == Some(&s.id));
        check_bans(&path, game, scenario, known, problems);
        for (p, player) in game.player.iter().enumerate() {
            let path = format!("{path}.player[{p}]");
            check_firm(&path, player, scenario, known, problems);
            check_candidates(&path, player, game.player.len() == 1, problems);
            check_products(&path, player, known, problems);
        }
    }
}

/// Firms to ban sell something, and do not merge.
fn check_bans(
    path: &str,
    game: &GameSpec,
    scenario: Option<&ScenarioSpec>,
    known: &Known<'_>,
    problems: &mut Problems,
) {
    for (k, firm) in game.ban.iter().enumerate() {
        let at = format!("{path}.ban[{k}]");
        keep(known.firm(&at, firm), problems);
        let merges = scenario.into_iter().flat_map(|s| &s.merge);
        if merges.flat_map(|m| &m.firms).any(|f| f == firm) {
            let message = format!("`{firm}` merges in the scenario of this game");
            problems.push(InputError::at(&at, message).value(firm));
        }
        if game.ban[..k].contains(firm) {
            problems.push(InputError::at(at, format!("`{firm}` is named already")).value(firm));
        }
    }
}

fn check_firm(
    path: &str,
    player: &PlayerSpec,
    scenario: Option<&ScenarioSpec>,
    known: &Known<'_>,
    problems: &mut Problems,
) {
    let at = format!("{path}.firm");
    keep(known.firm(&at, &player.firm), problems);
    let merges = scenario.into_iter().flat_map(|s| &s.merge);
    if merges.flat_map(|m| &m.firms).any(|f| *f == player.firm) {
        let message = format!("`{}` merges in the scenario of this game", player.firm);
        problems.push(
            InputError::at(at, message)
                .value(&player.firm)
                .hint("take a scenario without the merger, or leave this player out"),
        );
    }
}

/// Each product of a player is sold by its firm.
fn check_products(path: &str, player: &PlayerSpec, known: &Known<'_>, problems: &mut Problems) {
    for (k, candidate) in player.candidate.iter().enumerate() {
        // Variants have taken the place of what asked for them, if there are any.
        if let Some(id) = candidate
            .variants_of
            .as_ref()
            .filter(|_| candidate.product.is_empty())
        {
            let at = format!("{path}.candidate[{k}].variants_of");
            let message = format!("there is no entrant `{id}` with variants");
            problems.push(
                InputError::at(at, message).value(id).hint(
                    "give an `[[entrant]]` of that id features to vary, `[[entrant.variant]]`",
                ),
            );
        }
    }
    let Some(_) = known.on_sale else { return };
    let all: BTreeMap<&str, Vec<&Seller<'_>>> = known
        .incumbents
        .iter()
        .chain(known.entrants.values())
        .fold(BTreeMap::new(), |mut map, s| {
            map.entry(s.product).or_insert_with(Vec::new).push(s);
            map
        });
    let moves = player.moves.iter().enumerate().flat_map(|(k, m)| {
        let products = m.products.iter().enumerate();
        products.map(move |(j, id)| (format!("{path}.move[{k}].products[{j}]"), id))
    });
    let candidates = player.candidate.iter().enumerate();
    let candidates =
        candidates.map(|(k, c)| (format!("{path}.candidate[{k}].product"), &c.product));
    for (at, id) in moves.chain(candidates) {
        if id.is_empty() {
            continue;
        }
        match all.get(id.as_str()) {
            None => keep(
                reference(&at, "product", id, || all.keys().copied()),
                problems,
            ),
            Some(sellers) if sellers.iter().all(|s| s.firm != player.firm) => {
                let message = format!("`{id}` is not a product of `{}`", player.firm);
                problems.push(InputError::at(at, message).value(id));
            }
            Some(_) => {}
        }
    }
}
