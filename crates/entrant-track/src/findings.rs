//! What a reader of a tracker should know before using it.

use entrant_data::Finding;
use entrant_data::result::tracker::TrackedCountry;

use crate::overtaking::FOLLOWED;
use crate::readings::Readings;
use crate::reconcile::Country;

/// Revisions named one by one.
const NAMED: usize = 5;

/// Findings over all countries.
#[derive(Debug, Default)]
pub(crate) struct Found {
    revisions: Vec<String>,
    all: Vec<Finding>,
}

impl Found {
    /// Adds what is to be said of a country.
    pub(crate) fn country(
        &mut self,
        readings: &Readings,
        country: &Country,
        found: &TrackedCountry,
    ) {
        let name = &readings.country;
        let own = readings.revisions.iter();
        self.revisions
            .extend(own.map(|r| format!("{name}: {}", r.words)));
        if !readings.vendors.is_empty() {
            self.comparisons(found);
        }
        if !found.missing.is_empty() {
            let quarters: Vec<String> = found.missing.iter().map(ToString::to_string).collect();
            let message = format!(
                "{name}: no source says anything about {} of the quarters between {} and {}: {}",
                quarters.len(),
                readings.quarters[0],
                readings.quarters[readings.quarters.len() - 1],
                shortened(&quarters, 12)
            );
            let advice = "Nothing is filled in; changes of order over such a gap may have happened in any quarter of it.";
            self.all
                .push(Finding::warning("tracker-gaps", message, advice));
        }
        for (quarter, sum) in &country.overfull {
            let message = format!(
                "{name}, {quarter}: the reconciled shares of named vendors add up to {:.1} percent and were scaled down",
                100.0 * sum
            );
            let advice = "Sources that count differently name different vendors; look at what each of them counts.";
            self.all
                .push(Finding::warning("tracker-sum", message, advice));
        }
        if readings.vendors.len() > FOLLOWED {
            let message = format!(
                "{name}: changes of order are followed among the {FOLLOWED} largest of {} vendors",
                readings.vendors.len()
            );
            self.all.push(Finding::ok("tracker-vendors", message));
        }
    }

    fn comparisons(&mut self, found: &TrackedCountry) {
        let d = &found.disagreement;
        let rest = match d.from.as_str() {
            "country" => "ranges rest on them",
            "none" => "there are no ranges",
            _ => "ranges rest on those of all countries",
        };
        let message = format!(
            "{}: {} of at least {} comparisons between sources; {rest}",
            found.country,
            d.comparisons,
            crate::spread::COMPARISONS,
        );
        let advice = "Ranges need quarters and vendors on which two sources or more give a figure; add a second source.";
        self.all.push(match d.from.as_str() {
            "country" => Finding::ok("tracker-sources", message),
            _ => Finding::warning("tracker-sources", message, advice),
        });
    }

    /// All findings.
    pub(crate) fn finish(mut self) -> Vec<Finding> {
        if !self.revisions.is_empty() {
            let message = format!(
                "{} figures were revised by their source, and the later one counts: {}",
                self.revisions.len(),
                shortened(&self.revisions, NAMED)
            );
            self.all.push(Finding::ok("tracker-revised", message));
        }
        self.all
    }
}

/// The first of a list of words, and how many more there are.
fn shortened(all: &[String], most: usize) -> String {
    let named = all[..all.len().min(most)].join(if most > NAMED { ", " } else { "; " });
    match all.len().saturating_sub(most) {
        0 => named,
        more => format!("{named} and {more} more"),
    }
}
