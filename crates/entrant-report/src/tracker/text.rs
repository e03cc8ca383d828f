//! A market tracker for a terminal.

use entrant_data::result::tracker::{
    Overtaking, TrackedCountry, TrackedPrice, TrackedQuarter, TrackedVendor, TrackerReport,
};
use entrant_data::result::{Estimate, Results};
use entrant_data::{Level, Quarter};

use super::companies;
use super::words::{apart, heading, said, sure, vendors_by_size};
use crate::format::{self, Unit};
use crate::terminal::{Lines, ascii, clip, name};
use crate::visible::visible;

/// Overtakings shown for a country.
const OVERTAKINGS: usize = 6;
/// Overtakings shown in the short answer of a run.
const BRIEF: usize = 2;
/// Vendors shown of one quarter.
const VENDORS: usize = 15;
/// Quarters shown of one country.
const QUARTERS: usize = 24;

/// Where there is no figure.
const BLANK: &str = "-";

/// What of a tracker is shown.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    /// One country; all when absent.
    pub country: Option<String>,
    /// The quarter that is shown in full; the last with a list of vendors when absent.
    pub quarter: Option<Quarter>,
    /// Whether to show the method.
    pub method: bool,
}

/// A tracker in text, no line longer than `width` characters (at least 60).
pub fn text(title: &str, report: &TrackerReport, filter: &Filter, width: usize) -> String {
    let mut lines = Lines {
        out: String::new(),
        width: width.max(60),
    };
    let title = clip(&visible(title), lines.width);
    lines.line(&title);
    lines.line(&"=".repeat(title.chars().count()));
    let wanted = |c: &&TrackedCountry| filter.country.as_ref().is_none_or(|n| *n == c.country);
    for c in report.countries.iter().filter(wanted) {
        country(report, c, filter, &mut lines);
    }
    if filter.country.is_none() {
        companies::companies(report, &mut lines);
    }
    if filter.method {
        for sentence in report.method.iter().chain(&report.notes) {
            lines.wrapped(sentence, 0);
        }
    }
    for f in report.findings.iter().filter(|f| f.level != Level::Ok) {
        lines.wrapped(&format!("Warning {}: {}", f.code, f.message), 2);
    }
    lines.out
}

/// The overtakings of a tracker and what entry adds, for the short answer of a run.
pub(crate) fn brief(report: &TrackerReport, results: &Results, lines: &mut Lines) {
    lines.gap();
    lines.line("Market tracker");
    for c in report.countries.iter().filter(|c| !c.quarters.is_empty()) {
        let last = listed(c).map_or_else(String::new, |q| {
            let leader = q.vendors.first();
            leader.map_or_else(String::new, |v| {
                let share = format::estimate(&v.share, Unit::Share, false);
                format!("; {} first in {} with {share}", v.vendor, q.quarter)
            })
        });
        lines.hanging(&ascii(&format!("{}{last}.", heading(c))), 2, 4);
        for o in c.overtakings.iter().filter(|o| o.reconciled).take(BRIEF) {
            lines.hanging(&ascii(&format!("{}.", passing(o))), 4, 6);
        }
    }
    let headline = report.entry_value.iter();
    for v in headline.filter(|v| v.scenario == results.headline) {
        companies::added(v, &format::currency_prefix(&results.currency), lines);
    }
    lines.gap();
}

/// The last quarter with a list of vendors.
fn listed(c: &TrackedCountry) -> Option<&TrackedQuarter> {
    let mut backwards = c.quarters.iter().rev();
    let ranked = |q: &&TrackedQuarter| q.vendors.iter().any(|v| v.rank.is_some());
    backwards.find(ranked).or(c.quarters.last())
}

fn country(report: &TrackerReport, c: &TrackedCountry, filter: &Filter, lines: &mut Lines) {
    lines.gap();
    lines.wrapped(&heading(c), 2);
    let named = c.quarters.iter().any(|q| !q.vendors.is_empty());
    if named {
        lines.wrapped(&ascii(&apart(&c.disagreement)), 2);
        lines.gap();
        shares(c, lines);
        overtakings(c, lines);
        let chosen = match filter.quarter {
            Some(wanted) => c.quarters.iter().find(|q| q.quarter == wanted),
            None => listed(c),
        };
        if let Some(q) = chosen {
            one_quarter(q, lines);
        }
    } else {
        totals(c, lines);
    }
    prices(report, &c.prices, lines);
}

/// Shares of the largest vendors by quarter.
fn shares(c: &TrackedCountry, lines: &mut Lines) {
    let room = (lines.width.saturating_sub(27) / 13).max(2);
    let vendors = vendors_by_size(c);
    let vendors = &vendors[..vendors.len().min(room)];
    let named = |v: &&str| format!("{:>13}", clip(&visible(v), 12));
    let head: Vec<String> = vendors.iter().map(named).collect();
    let head = head.concat();
    lines.line(&format!(
        "{:<8}{:>7}{head}{:>12}",
        "Quarter", "Units", "HHI"
    ));
    let from = c.quarters.len().saturating_sub(QUARTERS);
    let mut last: Option<Quarter> = None;
    for q in &c.quarters[from..] {
        if last.is_some_and(|l| q.quarter.since(l) > 1) {
            lines.line("...");
        }
        last = Some(q.quarter);
        lines.line(&share_line(q, vendors));
    }
    let level = c.disagreement.typical.level;
    let words = format!(
        "Shares of units in percent, +- half of the {} interval; * the largest named; ... quarters without a figure; HHI from what is named to what may be unnamed.",
        format::level(level)
    );
    lines.wrapped(&words, 0);
    lines.gap();
}

fn share_line(q: &TrackedQuarter, vendors: &[&str]) -> String {
    let units = q.units.as_ref();
    let units = units.map_or(BLANK.into(), |u| format::median(u, Unit::Count, false));
    let cell = |v: &&str| {
        let found = q.vendors.iter().find(|x| x.vendor == **v);
        let share = found.map_or(format!("{BLANK} "), short_share);
        format!("{share:>13}")
    };
    let line = vendors.iter().map(cell).collect::<Vec<_>>().concat();
    let line = format!("{:<8}{units:>7}{line}", q.quarter.to_string());
    let hhi = q.concentration.as_ref().map_or(BLANK.into(), |h| {
        format!("{:.0}-{:.0}", h.least.point(), h.most.point())
    });
    ascii(&format!("{line}{hhi:>12}"))
}

/// `26.3 +-1.7*`.
fn short_share(v: &TrackedVendor) -> String {
    let half = 50.0 * (v.share.high - v.share.low);
    let star = if v.rank.is_some_and(|r| r.rank == 1) {
        "*"
    } else {
        " "
    };
    let range = if half.is_finite() {
        format!(" +-{half:.1}")
    } else {
        String::new()
    };
    format!("{:.1}{range}{star}", 100.0 * v.share.point())
}

/// `2017Q4: Xiaomi passes Samsung by ...`.
fn passing(o: &Overtaking) -> String {
    let lead = |e: &Estimate| format::estimate(e, Unit::Points, true);
    format!(
        "{}: {} passes {}: lead {}, after {} in {}; {}",
        o.quarter,
        o.passes,
        o.passed,
        lead(&o.lead),
        format::median(&o.lead_before, Unit::Points, true),
        o.before,
        sure(o)
    )
}

fn overtakings(c: &TrackedCountry, lines: &mut Lines) {
    if c.overtakings.is_empty() {
        lines.line("No vendor passes another.");
        lines.gap();
        return;
    }
    lines.line("Who passes whom");
    for o in c.overtakings.iter().take(OVERTAKINGS) {
        let only = if o.reconciled {
            ""
        } else {
            " (in some sources only, not in the reconciled shares)"
        };
        lines.hanging(&ascii(&format!("{}{only}.", passing(o))), 2, 4);
        for v in &o.sources {
            lines.hanging(&ascii(&said(v)), 4, 6);
        }
    }
    if c.overtakings.len() > OVERTAKINGS {
        let more = c.overtakings.len() - OVERTAKINGS;
        lines.line(&format!("  and {more} more among smaller vendors"));
    }
    lines.gap();
}

/// The size of the market by quarter, where no source names a vendor.
fn totals(c: &TrackedCountry, lines: &mut Lines) {
    for q in &c.quarters {
        let units = q.units.as_ref();
        let units = units.map_or(BLANK.into(), |u| format::median(u, Unit::Count, false));
        lines.line(&ascii(&format!("  {}: {units} units", q.quarter)));
    }
    lines.gap();
}

/// Every vendor of a quarter with what each source says.
fn one_quarter(q: &TrackedQuarter, lines: &mut Lines) {
    let units = q.units.as_ref().map_or_else(String::new, |u| {
        format!(": {} units", format::estimate(u, Unit::Count, false))
    });
    lines.line(&ascii(&format!("{}{units}", q.quarter)));
    for s in &q.totals {
        let text = format!(
            "{}: {}",
            s.source,
            format::number(s.value, Unit::Count, false)
        );
        lines.hanging(&ascii(&text), 2, 4);
    }
    let head = format!(
        "{} {:>5} {:>22} {:>6} {:>7}  By source",
        name("Vendor", 12),
        "Rank",
        "Share",
        "Units",
        "On year"
    );
    lines.line(&head);
    for v in q.vendors.iter().take(VENDORS) {
        lines.line(&vendor_line(v));
    }
    let unnamed = format::estimate(&q.unnamed, Unit::Share, false);
    lines.line(&ascii(&format!(
        "{} {:>5} {unnamed:>22}",
        name("Unnamed", 12),
        ""
    )));
    lines.gap();
}

fn vendor_line(v: &TrackedVendor) -> String {
    let rank = v.rank.map_or(String::new(), |r| match (r.best, r.worst) {
        (best, worst) if best == worst => r.rank.to_string(),
        (best, worst) => format!("{best}-{worst}"),
    });
    let short = |e: Option<&Estimate>, unit: Unit<'_>, signed: bool| {
        e.map_or(BLANK.into(), |e| format::median(e, unit, signed))
    };
    let by_source: Vec<String> = v
        .sources
        .iter()
        .map(|s| format::number(s.value, Unit::Share, false))
        .collect();
    ascii(&format!(
        "{} {rank:>5} {:>22} {:>6} {:>7}  {}",
        name(&v.vendor, 12),
        format::estimate(&v.share, Unit::Share, false),
        short(v.units.as_ref(), Unit::Count, false),
        short(v.growth_year.as_ref(), Unit::Share, true),
        by_source.join(", ")
    ))
}

fn prices(report: &TrackerReport, all: &[TrackedPrice], lines: &mut Lines) {
    if all.is_empty() {
        return;
    }
    let money = format::currency_prefix(&report.currency);
    lines.line("Average selling prices");
    for p in all {
        let who = if p.vendor.is_empty() {
            "all vendors"
        } else {
            &p.vendor
        };
        let sources: Vec<&str> = p.sources.iter().map(|s| s.source.as_str()).collect();
        let text = format!(
            "{} {who}: {} ({})",
            p.quarter,
            format::estimate(&p.price, Unit::Price(&money), false).replace(" (not identified)", ""),
            sources.join("; ")
        );
        lines.hanging(&ascii(&text), 2, 4);
    }
    lines.gap();
}
