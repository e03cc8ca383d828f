//! The top of the page: question, answer, how firm it is, and the numbers to remember.

use entrant_data::result::{Estimate, FirmOutcome, MarketOutcome, ScenarioOutcome};
use entrant_data::{Level, Status};

use super::Tile;
use crate::format::{self, Unit, status_words};
use crate::story::{Story, firm_in, title};

/// The top of the page.
#[derive(Debug)]
pub struct Hero {
    /// The study's question.
    pub question: String,
    /// The answer's first sentence.
    pub answer: String,
    /// Its further sentences.
    pub more: Vec<String>,
    /// Class of the badge: `good`, `fair` or `bad`.
    pub badge: &'static str,
    /// The badge's word.
    pub status: &'static str,
    /// What the badge means.
    pub meaning: String,
    /// Scenario and market that the numbers to remember are of.
    pub scenario: String,
    /// The numbers to remember.
    pub tiles: Vec<Tile>,
    /// Warnings to read first; empty when there are none.
    pub warning: String,
}

/// The top of the page of a story.
pub fn hero(story: &Story<'_>) -> Hero {
    let results = story.results;
    let status = story.scenario().map(worst);
    let mut answer = results.answer.iter().cloned();
    Hero {
        question: results.question.clone(),
        answer: answer
            .next()
            .unwrap_or_else(|| "The study gives no answer.".into()),
        more: answer.collect(),
        badge: status.map_or("bad", badge),
        status: status.map_or("no scenario", status_words),
        meaning: meaning(story, status),
        scenario: scenario(story),
        tiles: tiles(story),
        warning: warning(story),
    }
}

/// The lines at the end of the page: what to repeat, and with what, to get the same numbers.
pub fn colophon(story: &Story<'_>) -> Vec<String> {
    let (results, settings) = (story.results, &story.results.settings);
    let nodes = match settings.nodes {
        0 => String::new(),
        n => format!(", {n} nodes"),
    };
    let mut lines = vec![format!(
        "entrant {}, {}: {} draws, seed {}{}, intervals of {}, study fingerprint {}. \
         All numbers are in results.json; long tables are in the folder tables.",
        results.version,
        results.schema,
        format::count(settings.draws),
        settings.seed,
        nodes,
        format::level(settings.level),
        settings.fingerprint
    )];
    if story.all_markets > story.markets.len() {
        let (shown, all) = (story.markets.len(), story.all_markets);
        lines.push(format!(
            "{shown} of {all} markets are on this page; all are in the tables."
        ));
    }
    lines
}

/// The worst status over a scenario's markets.
pub fn worst(scenario: &ScenarioOutcome) -> Status {
    let all = scenario
        .markets
        .iter()
        .map(|m| m.status.worst(m.certificate.status));
    all.fold(Status::Exact, Status::worst)
}

/// Class of a badge for a status.
pub fn badge(status: Status) -> &'static str {
    match status {
        Status::Exact | Status::Certified => "good",
        Status::Almost | Status::Multiple => "fair",
        _ => "bad",
    }
}

fn scenario(story: &Story<'_>) -> String {
    let case = story.scenario().zip(story.markets.first());
    case.map_or(String::new(), |(s, market)| {
        format!("{}, {market}", title(s))
    })
}

fn meaning(story: &Story<'_>, status: Option<Status>) -> String {
    let level = format::level(story.results.settings.level);
    match status {
        None => "no scenario was solved".into(),
        Some(Status::Exact | Status::Certified) => format!(
            "at these prices no firm was found to gain by moving alone; {}",
            ranges(story, &level)
        ),
        Some(Status::Almost) => "prices close to an equilibrium, not within tolerance".into(),
        Some(Status::Multiple) => "more than one equilibrium was found; one is shown".into(),
        Some(_) => "do not use these numbers: read the diagnostics first".into(),
    }
}

/// What ranges hold.
fn ranges(story: &Story<'_>, level: &str) -> String {
    match (&story.results.estimation, story.results.settings.draws) {
        (Some(_), 0) => "there are no ranges: the diagnostics say why".into(),
        (Some(_), _) => format!("ranges hold {level} of the draws of the estimates"),
        (None, _) => format!("ranges hold {level} of the draws of the uncertain inputs"),
    }
}

fn warning(story: &Story<'_>) -> String {
    let of = |level| {
        story
            .results
            .findings
            .iter()
            .filter(|f| f.level == level)
            .count()
    };
    match (of(Level::Error), of(Level::Warning)) {
        (0, 0) => String::new(),
        (0, 1) => "1 warning to read first".into(),
        (0, n) => format!("{n} warnings to read first"),
        (1, _) => "1 check failed: read it first".into(),
        (n, _) => format!("{n} checks failed: read them first"),
    }
}

fn tiles(story: &Story<'_>) -> Vec<Tile> {
    let Some((scenario, market)) = story.scenario().zip(story.lead()) else {
        return Vec::new();
    };
    if story.results.estimation.is_some() && story.results.entrant.is_empty() {
        return tiles_of_change(story, market);
    }
    let entrant = firm_in(market, &story.results.entrant).map(|f| entrant_tile(story, f));
    let focus = story
        .results
        .focus
        .iter()
        .filter_map(|f| firm_in(market, f));
    let focus = focus.take(2).map(|f| focus_tile(story, f));
    let worth = scenario.worth.as_ref().map(|w| worth_tile(story, w));
    entrant.into_iter().chain(focus).chain(worth).collect()
}

/// Prices of the firms that the headline names, and what buyers lose.
fn tiles_of_change(story: &Story<'_>, market: &MarketOutcome) -> Vec<Tile> {
    let focus = story.results.focus.iter();
    let firms = focus.filter_map(|f| firm_in(market, f)).take(3);
    let tile = |label: String, relative: Option<&Estimate>, tone| Tile {
        label,
        value: relative.map_or(format::NONE.into(), |r| {
            format::median(r, Unit::Share, true)
        }),
        note: relative.map_or(String::new(), |r| format::interval(r, Unit::Share, true)),
        tone,
    };
    let price = |f: &FirmOutcome| {
        let label = format!("{}: mean price", f.firm);
        tile(label, f.price.relative.as_ref(), story.tone(&f.firm))
    };
    let surplus = market.consumer_surplus.relative.as_ref();
    let surplus = tile("Consumer surplus".into(), surplus, "fx");
    firms.map(price).chain([surplus]).collect()
}

fn entrant_tile(story: &Story<'_>, firm: &FirmOutcome) -> Tile {
    Tile {
        label: format!("{}: share of units sold", firm.firm),
        value: format::median(&firm.unit_share.after, Unit::Share, false),
        note: format::interval(&firm.unit_share.after, Unit::Share, false),
        tone: story.tone(&firm.firm),
    }
}

fn focus_tile(story: &Story<'_>, firm: &FirmOutcome) -> Tile {
    let relative = firm.units.relative.as_ref();
    let part = relative.map_or(String::new(), |r| {
        format!(" ({})", format::median(r, Unit::Share, true))
    });
    Tile {
        label: format!("{}: units", firm.firm),
        value: format::median(&firm.units.change, Unit::Count, true),
        note: format::interval(&firm.units.change, Unit::Count, true) + &part,
        tone: story.tone(&firm.firm),
    }
}

fn worth_tile(story: &Story<'_>, worth: &entrant_data::result::Worth) -> Tile {
    let money = Unit::Money(&story.money);
    Tile {
        label: format!("{}: worth of the entry", worth.firm),
        value: format::median(&worth.value, money, true),
        note: format!(
            "{}; loses money in {} of draws",
            format::interval(&worth.value, money, true),
            format::number(worth.loss_probability, Unit::Chance, false)
        ),
        tone: story.tone(&worth.firm),
    }
}
