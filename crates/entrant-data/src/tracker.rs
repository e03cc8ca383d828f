//! What a tracker's tables say once validated: statements of several sources about markets, and
//! facts about companies.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{Mark, Quarter};

/// What a statement is about.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Subject {
    /// All vendors together, `TOTAL` in the table.
    Total,
    /// The vendors that the source does not name, `Others` in the table.
    Others,
    /// A vendor.
    Vendor(String),
}

/// What a statement measures.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Measure {
    /// Units sold or shipped.
    Units,
    /// Share of units, 0 to 1.
    Share,
    /// Revenue, in currency.
    Revenue,
    /// Average selling price, in currency.
    Asp,
}

impl Measure {
    /// All of them.
    pub const ALL: [Measure; 4] = [
        Measure::Units,
        Measure::Share,
        Measure::Revenue,
        Measure::Asp,
    ];

    /// The word used in tables.
    pub fn word(self) -> &'static str {
        match self {
            Measure::Units => "units",
            Measure::Share => "share",
            Measure::Revenue => "revenue",
            Measure::Asp => "asp",
        }
    }
}

/// One published figure.
#[derive(Debug, Clone, PartialEq)]
pub struct Statement {
    /// Country.
    pub country: String,
    /// Quarter.
    pub quarter: Quarter,
    /// Whom it is about.
    pub subject: Subject,
    /// What it measures.
    pub measure: Measure,
    /// The figure: units, a share of 0 to 1, or currency.
    pub value: f64,
    /// Step to which it was rounded when published, in the unit of `value`; 0 when exact.
    pub rounding: f64,
    /// Firm that published it.
    pub source: String,
    /// What it counts, such as shipments or sell-through; each basis of a source is a source of
    /// its own.
    pub basis: String,
    /// How firm it is.
    pub mark: Mark,
    /// When it was published, `YYYY`, `YYYY-MM` or `YYYY-MM-DD`; empty when not known.
    pub published: String,
    /// Where it was read.
    pub url: String,
    /// A remark.
    pub note: String,
    /// 1-based line in the table.
    pub line: usize,
}

/// What a fact about a company is.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum FactKind {
    /// Year of founding.
    Founded,
    /// Number of employees.
    Employees,
    /// Revenue of a year, in currency.
    Revenue,
    /// Profit of a year, in currency.
    Profit,
    /// Value of the company, in currency.
    Valuation,
    /// Units sold in a year.
    Units,
}

impl FactKind {
    /// All of them, in the order in which they are shown.
    pub const ALL: [FactKind; 6] = [
        FactKind::Founded,
        FactKind::Employees,
        FactKind::Units,
        FactKind::Revenue,
        FactKind::Profit,
        FactKind::Valuation,
    ];

    /// The word used in tables.
    pub fn word(self) -> &'static str {
        match self {
            FactKind::Founded => "founded",
            FactKind::Employees => "employees",
            FactKind::Units => "units",
            FactKind::Revenue => "revenue",
            FactKind::Profit => "profit",
            FactKind::Valuation => "valuation",
        }
    }

    /// Whether it is a sum of money.
    pub fn is_money(self) -> bool {
        matches!(
            self,
            FactKind::Revenue | FactKind::Profit | FactKind::Valuation
        )
    }
}

/// A fact about a company: from where, of when, how sure.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct CompanyFact {
    /// Company.
    pub company: String,
    /// What it is.
    pub kind: FactKind,
    /// Lowest value that the source allows.
    pub low: f64,
    /// The figure.
    pub value: f64,
    /// Highest value that the source allows.
    pub high: f64,
    /// Currency code; empty for what is no money.
    pub currency: String,
    /// Year or date that the figure is of.
    pub period: String,
    /// Where it was read.
    pub source: String,
    /// When that was published; empty when not known.
    pub published: String,
    /// How firm it is.
    pub mark: Mark,
    /// A remark.
    pub note: String,
}

/// The tables of a tracker, validated: shares are in [0, 1], figures are finite and not
/// negative, names are filled, and no source says anything twice in one publication.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Tracker {
    /// Statements, in file order.
    pub statements: Vec<Statement>,
    /// Facts about companies, in file order.
    pub facts: Vec<CompanyFact>,
    /// Remarks for the reader.
    pub notes: Vec<String>,
    /// Currency code of revenues and prices.
    pub currency: String,
    /// Periods of the study's scenarios in a year.
    pub periods_per_year: f64,
}
