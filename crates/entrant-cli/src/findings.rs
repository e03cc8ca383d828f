//! Diagnostics on a terminal.

use anstyle::{AnsiColor, Style};
use entrant::data::{Finding, Level};

use crate::plain::{visible, wrap};

/// Indent of everything after a diagnostic's first line.
const INDENT: usize = 4;

/// One paragraph per diagnostic: its level and code, its message, and what to try.
pub(crate) fn text<'a>(findings: impl IntoIterator<Item = &'a Finding>, width: usize) -> String {
    findings.into_iter().map(|f| one(f, width)).collect()
}

fn one(finding: &Finding, width: usize) -> String {
    let (word, style) = level(finding.level);
    let head = format!("{word}[{}]", visible(&finding.code));
    let message = visible(&finding.message);
    // Wrapped with its head, which has no spaces, and coloured after.
    let wrapped = wrap(&format!("{head} {message}"), width, INDENT);
    let rest = wrapped.strip_prefix(&head).unwrap_or_default();
    let mut out = format!("{style}{word}{style:#}[{}]{rest}\n", visible(&finding.code));
    if !finding.advice.is_empty() {
        let advice = wrap(
            &format!("try: {}", visible(&finding.advice)),
            width - INDENT,
            INDENT,
        );
        out.extend(std::iter::repeat_n(' ', INDENT));
        out += &advice;
        out.push('\n');
    }
    out
}

fn level(level: Level) -> (&'static str, Style) {
    match level {
        Level::Ok => ("ok", AnsiColor::Green.on_default()),
        Level::Warning => ("warning", AnsiColor::Yellow.on_default().bold()),
        Level::Error => ("error", AnsiColor::Red.on_default().bold()),
    }
}

/// `5 checks passed, 1 warning`.
pub(crate) fn tally(findings: &[Finding]) -> String {
    let count = |level: Level| findings.iter().filter(|f| f.level == level).count();
    let parts = [
        (count(Level::Error), "error"),
        (count(Level::Warning), "warning"),
        (count(Level::Ok), "passed check"),
    ];
    let words = parts
        .iter()
        .filter(|(n, _)| *n > 0)
        .map(|(n, word)| format!("{n} {word}{}", if *n == 1 { "" } else { "s" }));
    words.collect::<Vec<_>>().join(", ")
}
