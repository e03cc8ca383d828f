//! Where the entrants' units come from.

use entrant_data::result::{MarketOutcome, VolumeSource};

use super::{Block, Cell, Chart, Section, Table, folded_cases};
use crate::format::{self, Unit};
use crate::story::{OUTSIDE, Story};

/// Where the entrants' units come from; nothing where nobody enters.
pub fn section(story: &Story<'_>) -> Option<Section> {
    let tables = folded_cases(story, "Source of volume", |market, caption| {
        let head = [
            "Without the entry they would have bought from",
            "Share",
            "Units",
        ];
        Table::new(caption, &head)
            .with(sorted(market).into_iter().map(|v| row(story, v)))
            .unless_empty()
    });
    if tables.is_empty() {
        return None;
    }
    let chart = Chart {
        name: "volume",
        title: "What the entrant's buyers would have bought instead".into(),
        note: "At the prices after the entry. The parts of each draw sum to 100%.".into(),
        tables,
    };
    Some(Section {
        id: "volume",
        title: "Where the entrant's volume comes from",
        short: "Volume",
        lead: story.lead().and_then(sentence).into_iter().collect(),
        blocks: vec![Block::Chart(chart)],
    })
}

fn sorted(market: &MarketOutcome) -> Vec<&VolumeSource> {
    let mut parts: Vec<_> = market.volume_source.iter().collect();
    parts.sort_by(|a, b| b.share.point().total_cmp(&a.share.point()));
    parts
}

fn row(story: &Story<'_>, v: &VolumeSource) -> Vec<Cell> {
    vec![
        Cell {
            text: source_name(&v.from).into(),
            ..Cell::firm(story, &v.from)
        },
        Cell::estimate(&v.share, Unit::Share, false),
        Cell::estimate(&v.units, Unit::Count, false),
    ]
}

/// A source in words.
pub fn source_name(from: &str) -> &str {
    if from == OUTSIDE { "no purchase" } else { from }
}

fn sentence(market: &MarketOutcome) -> Option<String> {
    let parts = sorted(market);
    let show = |v: &VolumeSource| format::estimate(&v.share, Unit::Share, false);
    let first = parts
        .iter()
        .find(|v| v.from != OUTSIDE && v.share.point().is_finite())?;
    let new = parts
        .iter()
        .find(|v| v.from == OUTSIDE && v.share.point().is_finite());
    let new = new.map_or(String::new(), |v| {
        format!(" {} are sales that nobody would have made.", show(v))
    });
    Some(format!(
        "Most comes from {}: {} of the entrants' units.{new}",
        first.from,
        show(first)
    ))
}
