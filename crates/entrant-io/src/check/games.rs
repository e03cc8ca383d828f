//! Games: players with something to choose, about products that are theirs.

use std::collections::BTreeMap;

use entrant_data::InputError;
use entrant_data::spec::{GameSpec, PlayerSpec, ScenarioSpec, Study};

use super::ids::unique;
use super::known::{Known, Seller, reference};
use super::numbers::{DRAWS, PERIODS, count};
use super::{exactly_one, keep};
use crate::problems::Problems;

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
            let alone = game.player.len() == 1;
            check_player(&format!("{path}.player[{p}]"), player, alone, problems);
        }
        check_owners(&path, game, problems);
    }
}

fn check_player(path: &str, player: &PlayerSpec, alone: bool, problems: &mut Problems) {
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
    let most = if alone { CANDIDATES_ALONE } else { CANDIDATES };
    let candidates = player.candidate.len();
    if candidates > most {
        let message = format!("{candidates} candidates are too many: at most {most}");
        problems.push(
            InputError::at(format!("{path}.candidate"), message)
                .hint("name the line-ups that are thought of as `move`"),
        );
    }
    if player.moves.len() > MOVES {
        let message = format!("{} moves are too many: at most {MOVES}", player.moves.len());
        problems.at(format!("{path}.move"), message);
    }
    for (k, candidate) in player.candidate.iter().enumerate() {
        let before = &player.candidate[..k];
        if before.iter().any(|c| c.product == candidate.product) {
            let at = format!("{path}.candidate[{k}].product");
            let message = format!("`{}` is a candidate already", candidate.product);
            problems.push(InputError::at(at, message).value(&candidate.product));
        }
    }
    if player.contested().is_empty() && !player.moves.is_empty() {
        let message = "no move names a product, so there is nothing to choose";
        problems.at(format!("{path}.move"), message);
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
pub(crate) fn check_references(study: &Study, known: &Known<'_>, problems: &mut Problems) {
    for (i, game) in study.game.iter().enumerate() {
        let path = format!("game[{i}]");
        if let Some(id) = &game.scenario {
            let all = || known.scenarios.iter().copied();
            let at = format!("{path}.scenario");
            keep(reference(&at, "scenario", id, all), problems);
        }
        let scenario = study
            .scenario
            .iter()
            .find(|s| game.scenario.as_ref() == Some(&s.id));
        for (p, player) in game.player.iter().enumerate() {
            let path = format!("{path}.player[{p}]");
            check_firm(&path, player, scenario, known, problems);
            check_products(&path, player, known, problems);
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
