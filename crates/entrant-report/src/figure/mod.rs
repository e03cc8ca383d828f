//! Charts for paper: dots with their intervals, drawn without a browser in the colours of the page.

mod chosen;
mod drawing;
mod metrics;
mod plot;
mod svg;

pub(crate) use self::chosen::figures;
pub(crate) use self::drawing::{Anchor, Drawing, Ink, Mark};
pub(crate) use self::metrics::{Face, width, windows};

/// A chart of one number with its interval in each row.
#[derive(Debug)]
pub(crate) struct Figure {
    /// Name by which the page knows the same chart.
    pub name: &'static str,
    /// What it shows.
    pub title: String,
    /// How to read it.
    pub note: String,
    /// The chart itself.
    pub drawing: Drawing,
}

impl Figure {
    /// As a file that stands by itself.
    pub(crate) fn svg(&self) -> String {
        svg::write(self)
    }
}

#[cfg(test)]
mod tests;
