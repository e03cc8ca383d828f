//! Companies on a terminal.

use entrant_data::result::tracker::{EntryValue, TrackedCompany, TrackerReport};
use entrant_data::tracker::FactKind;

use super::words::{fact, multiple};
use crate::format::{self, Unit};
use crate::terminal::{Lines, ascii};

/// All companies with their facts.
pub(crate) fn companies(report: &TrackerReport, lines: &mut Lines) {
    for c in &report.companies {
        lines.gap();
        lines.wrapped(&c.company, 2);
        for f in &c.facts {
            let of = if f.kind == FactKind::Founded {
                String::new()
            } else {
                format!(" {}", f.period)
            };
            let text = format!(
                "{}{}: {} [{}] {}",
                f.kind.word(),
                of.trim_end(),
                fact(f),
                f.mark.word(),
                f.source
            );
            lines.hanging(&ascii(text.trim_end()), 2, 6);
        }
        multiples(c, lines);
    }
    if !report.companies.is_empty() {
        lines.gap();
    }
}

fn multiples(c: &TrackedCompany, lines: &mut Lines) {
    let both = [
        ("revenue", c.revenue_multiple.as_ref()),
        ("profit", c.profit_multiple.as_ref()),
    ];
    for (what, m) in both {
        if let Some(m) = m {
            let text = format!(
                "value over {what}: {} [{}; {}, {}]",
                multiple(m),
                m.mark.word(),
                m.basis,
                m.currency
            );
            lines.hanging(&ascii(&text), 2, 6);
        }
    }
}

/// What an entry adds to a company's value.
pub(crate) fn added(v: &EntryValue, money: &str, lines: &mut Lines) {
    let by = [
        ("revenue", &v.revenue, v.by_revenue.as_ref()),
        ("profit", &v.profit, v.by_profit.as_ref()),
    ];
    for (what, flow, worth) in by {
        if let Some(worth) = worth {
            let text = format!(
                "Valued like the rest of {}, the entry's {what} of {} a year adds {}.",
                v.company,
                format::median(flow, Unit::Money(money), false),
                format::estimate(worth, Unit::Money(money), false)
            );
            lines.hanging(&ascii(&text), 2, 4);
        }
    }
}
