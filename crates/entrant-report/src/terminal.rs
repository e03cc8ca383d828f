//! The short answer for a terminal: plain ASCII numbers, nothing wider than asked.

use std::fmt::Write as _;

use entrant_data::result::{Estimate, FirmOutcome, MarketOutcome, Results};

use crate::format::{self, NONE, Unit, scientific, status_words};
use crate::section::premiums::{place, words as premium_words};
use crate::section::transfer::words as transfer_words;
use crate::section::{
    capacity_words, draws_words, driver_words, game_words, pressure_words, tax_words, timing_words,
    worst_gain,
};
use crate::story::{Story, firm_in, size, title};
use crate::surface_text;
use crate::tracker;
use crate::visible::visible;

/// Lines no wider than a width.
pub(crate) struct Lines {
    pub(crate) out: String,
    pub(crate) width: usize,
}

/// The short answer.
pub fn text(results: &Results, width: usize) -> String {
    let story = Story::new(results);
    let mut lines = Lines {
        out: String::new(),
        width,
    };
    headline(&story, &mut lines);
    if let Some(market) = story.lead() {
        firms(&story, market, &mut lines);
        scenarios(&story, &mut lines);
        if let Some(words) = story.scenario().and_then(pressure_words) {
            lines.wrapped(&ascii(&words), 2);
        }
        if let Some(words) = story.scenario().and_then(|s| tax_words(&story, s)) {
            lines.wrapped(&ascii(&words), 2);
        }
        let full = story.scenario().and_then(|s| capacity_words(&story, s));
        if let Some(words) = full {
            lines.wrapped(&ascii(&words), 2);
        }
        certificate(&story, market, &mut lines);
    }
    if let Some(timing) = &results.timing {
        lines.wrapped(&ascii(&quoted(&timing_words(&story, timing).join(" "))), 2);
    }
    for game in &results.games {
        lines.wrapped(&ascii(&game_words(&story, game)), 2);
    }
    surface_text::surfaces(&story, &mut lines);
    premiums(&story, &mut lines);
    if let Some(report) = &results.transfer {
        for sentence in transfer_words(&story, report) {
            lines.wrapped(&ascii(&sentence), 2);
        }
        lines.blank();
    }
    drivers(&story, &mut lines);
    if let Some(found) = &results.tracker {
        tracker::brief(found, results, &mut lines);
    }
    warnings(&story, &mut lines);
    lines.out
}

impl Lines {
    /// A line, cut to the width.
    pub(crate) fn line(&mut self, text: &str) {
        let text: String = clip(text.trim_end(), self.width);
        let _ = writeln!(self.out, "{text}");
    }

    pub(crate) fn blank(&mut self) {
        self.line("");
    }

    /// An empty line, unless there is one already.
    pub(crate) fn gap(&mut self) {
        if !self.out.ends_with("\n\n") {
            self.blank();
        }
    }

    /// A paragraph, broken at spaces, further lines indented.
    pub(crate) fn wrapped(&mut self, text: &str, indent: usize) {
        self.hanging(text, 0, indent);
    }

    /// A paragraph with an indent of its own for the first line.
    pub(crate) fn hanging(&mut self, text: &str, first: usize, indent: usize) {
        let text = visible(text);
        let mut line = " ".repeat(first);
        let longest = self.width - indent;
        for word in text.split(' ').flat_map(|w| pieces(w, longest)) {
            let room = line.chars().count() + 1 + word.chars().count() <= self.width;
            if !line.trim().is_empty() && !room {
                self.line(&line);
                line = " ".repeat(indent);
            } else if !line.trim().is_empty() {
                line.push(' ');
            }
            line.push_str(&word);
        }
        self.line(&line);
    }
}

/// A word in pieces no longer than a line.
fn pieces(word: &str, longest: usize) -> Vec<String> {
    let letters: Vec<char> = word.chars().collect();
    letters
        .chunks(longest.max(1))
        .map(|c| c.iter().collect())
        .collect()
}

/// Text cut to a number of characters, `~` where something is missing.
pub(crate) fn clip(text: &str, width: usize) -> String {
    if text.chars().count() <= width {
        return text.to_string();
    }
    let kept = text.chars().take(width.saturating_sub(1));
    kept.chain(['~']).collect()
}

/// A name of a fixed width.
pub(crate) fn name(text: &str, width: usize) -> String {
    format!("{:<width$}", clip(&visible(text), width))
}

/// A number of the page in ASCII.
pub(crate) fn ascii(number: &str) -> String {
    number
        .replace('−', "-")
        .replace('\u{a0}', " ")
        .replace(NONE, "n/a")
}

/// Quotation marks in ASCII.
fn quoted(text: &str) -> String {
    text.replace(['“', '”'], "`")
}

fn headline(story: &Story<'_>, lines: &mut Lines) {
    let title = clip(&visible(&story.results.title), lines.width);
    lines.line(&title);
    lines.line(&"=".repeat(title.chars().count()));
    for sentence in &story.results.answer {
        lines.wrapped(sentence, 0);
    }
    lines.blank();
}

fn firms(story: &Story<'_>, market: &MarketOutcome, lines: &mut Lines) {
    let scenario = story.scenario().map_or("", title);
    let level = format::level(story.results.settings.level);
    lines.wrapped(
        &format!("{scenario} ({}; {level} intervals)", market.market),
        0,
    );
    let header = ["Units before", "Change in units", "Price", "Profit"];
    lines.line(&firm_line("Firm", &header.map(String::from)));
    let mut firms: Vec<_> = market.firms.iter().collect();
    firms.sort_by(|a, b| size(&b.units).total_cmp(&size(&a.units)));
    for firm in firms.into_iter().take(12) {
        lines.line(&firm_line(&firm.firm, &firm_cells(story, firm)));
    }
    lines.blank();
}

fn firm_line(firm: &str, cells: &[String; 4]) -> String {
    let [before, change, price, profit] = cells;
    format!(
        "{} {before:>12} {change:>25} {price:>8} {profit:>9}",
        name(firm, 16)
    )
}

fn firm_cells(story: &Story<'_>, f: &FirmOutcome) -> [String; 4] {
    let money = Unit::Money(&story.money);
    let before = if f.entrant {
        "new".into()
    } else {
        short(&f.units.before, Unit::Count, false)
    };
    let price = f.price.relative.as_ref();
    [
        before,
        ascii(&format::estimate(&f.units.change, Unit::Count, true)),
        price.map_or("n/a".into(), |r| short(r, Unit::Share, true)),
        short(&f.profit.change, money, true),
    ]
}

/// A median without its interval, `n/a` where there is none.
pub(crate) fn short(e: &Estimate, unit: Unit<'_>, signed: bool) -> String {
    if e.point().is_finite() {
        ascii(&format::median(e, unit, signed))
    } else {
        "n/a".into()
    }
}

fn scenarios(story: &Story<'_>, lines: &mut Lines) {
    let entrant = &story.results.entrant;
    let room = lines.width.saturating_sub(52) / 13;
    let focus: Vec<_> = story.results.focus.iter().take(room).collect();
    let share = if entrant.is_empty() {
        ""
    } else {
        "Share of units"
    };
    let mut head = format!("{} {share:>22}", name("Scenario", 28));
    head.extend(
        focus
            .iter()
            .map(|f| format!(" {:>12}", clip(&visible(f), 12))),
    );
    lines.line(&head);
    let together = story.scenario().is_some_and(|s| s.together.is_some());
    for (_, m, scenario, market) in story.cases() {
        if together && m > 0 {
            continue;
        }
        let title = if together {
            name(title(scenario), 28)
        } else {
            name(&story.case_title(scenario, story.markets[m]), 28)
        };
        let share = firm_in(market, entrant).map(|f| &f.unit_share.after);
        let share = share.map_or(String::new(), |e| {
            ascii(&format::estimate(e, Unit::Share, false))
        });
        let mut line = format!("{title} {share:>22}");
        line.extend(focus.iter().map(|f| format!(" {:>12}", lost(market, f))));
        lines.line(&line);
    }
    if together {
        lines.wrapped(
            "Each market by itself: tables/scenarios.csv, firms.csv, products.csv.",
            0,
        );
    }
    lines.blank();
}

/// A firm's relative change of units.
fn lost(market: &MarketOutcome, firm: &str) -> String {
    let relative = firm_in(market, firm).and_then(|f| f.units.relative.as_ref());
    relative.map_or("n/a".into(), |r| short(r, Unit::Share, true))
}

fn certificate(story: &Story<'_>, market: &MarketOutcome, lines: &mut Lines) {
    let c = &market.certificate;
    let status = market.status.worst(c.status);
    let text = format!(
        "Certificate: {}; residual {}, curvature {}, {} from {} starts; no firm gains \
         more than {} by leaving alone; draws: {}.",
        status_words(status),
        scientific(c.residual),
        scientific(c.curvature),
        equilibria(c.equilibria),
        c.starts,
        worst_gain(c),
        draws_words(&market.draws)
    );
    lines.wrapped(&ascii(&text), 2);
    let other = story.results.scenarios.iter().flat_map(|s| &s.markets);
    let bad = other
        .filter(|m| !m.status.worst(m.certificate.status).is_usable())
        .count();
    if bad > 0 {
        lines.wrapped(
            &format!("{bad} scenario outcomes have no usable equilibrium."),
            2,
        );
    }
}

fn equilibria(n: usize) -> String {
    if n == 1 {
        "1 equilibrium".into()
    } else {
        format!("{} equilibria", format::count(n))
    }
}

/// What features and brands are worth: a line each, then what it comes to.
fn premiums(story: &Story<'_>, lines: &mut Lines) {
    let Some(report) = &story.results.premiums else {
        return;
    };
    let (price, money) = (Unit::Price(&story.money), Unit::Money(&story.money));
    lines.gap();
    let head = ["Worth", "Hedonic", "Price", "Profit", "Left", "If cheap"];
    lines.line(&premium_line("Feature or brand", &head.map(String::from)));
    for s in &report.subjects {
        let Some(v) = s.values.first() else { continue };
        let hedonic = s.hedonic.as_ref().map(|h| &h.premium);
        let eroded = v.erosion.as_ref();
        let maybe =
            |e: Option<&Estimate>, unit, signed| e.map_or("n/a".into(), |e| short(e, unit, signed));
        let cells = [
            short(&s.median_consumer, price, false),
            maybe(hedonic, price, false),
            short(&v.price.change, price, true),
            short(&v.profit.change, money, true),
            maybe(eroded.map(|e| &e.profit_remains), Unit::Chance, false),
            maybe(eroded.map(|e| &e.profit.change), money, true),
        ];
        lines.line(&premium_line(&s.title, &cells));
    }
    let of = report
        .subjects
        .first()
        .and_then(|s| s.values.first())
        .map(place);
    lines.wrapped(
        &format!(
            "Worth: to the median consumer. Hedonic: in prices by themselves. Price, profit: what it adds in \
             equilibrium to {} and its firm; to its own first product in focus for a brand. Left: of that \
             profit once the budget line has it. If cheap: how the firm's profit moves then.",
            of.unwrap_or_default()
        ),
        2,
    );
    for sentence in premium_words(story, report) {
        lines.wrapped(&ascii(&sentence), 2);
    }
    lines.blank();
}

fn premium_line(title: &str, cells: &[String; 6]) -> String {
    let [worth, hedonic, price, profit, left, cheap] = cells;
    format!(
        "{} {worth:>8} {hedonic:>8} {price:>8} {profit:>8} {left:>5} {cheap:>9}",
        name(title, 27)
    )
}

fn drivers(story: &Story<'_>, lines: &mut Lines) {
    let first = story.results.drivers.first();
    let Some(table) = first.filter(|t| !t.drivers.is_empty()) else {
        return;
    };
    lines.wrapped(&format!("What drives the width of {}:", table.outcome), 2);
    for (i, driver) in table.drivers.iter().take(3).enumerate() {
        lines.wrapped(&format!("{}. {}", i + 1, driver_words(driver)), 3);
    }
}

fn warnings(story: &Story<'_>, lines: &mut Lines) {
    use entrant_data::Level;
    for f in story
        .results
        .findings
        .iter()
        .filter(|f| f.level != Level::Ok)
    {
        let word = if f.level == Level::Error {
            "Error"
        } else {
            "Warning"
        };
        lines.wrapped(&format!("{word} {}: {}", f.code, f.message), 2);
    }
}
