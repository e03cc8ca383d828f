//! What a market tracker found: the sources reconciled, with ranges.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Estimate;
use super::estimate::nan_if_null;
use crate::tracker::CompanyFact;
use crate::{Finding, Mark, Quarter};

/// A market tracker's findings.
///
/// In every estimate `central` is the reconciled figure; `low`, `median` and `high` are over
/// draws of what the sources leave open. Where too few sources can be compared there is a
/// central figure, no interval, and the status `not_identified`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct TrackerReport {
    /// How the figures were reconciled, one sentence each.
    pub method: Vec<String>,
    /// Remarks of the study's author.
    pub notes: Vec<String>,
    /// Currency of revenues and prices.
    pub currency: String,
    /// Countries, in file order.
    pub countries: Vec<TrackedCountry>,
    /// Companies, in file order.
    pub companies: Vec<TrackedCompany>,
    /// What an entry adds to the value of the company that enters, by scenario.
    #[serde(default)]
    pub entry_value: Vec<EntryValue>,
    /// Diagnostics.
    pub findings: Vec<Finding>,
}

/// A country, reconciled.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct TrackedCountry {
    /// Country.
    pub country: String,
    /// Sources, in file order.
    pub sources: Vec<TrackedSource>,
    /// How far sources are apart on shares.
    pub disagreement: Disagreement,
    /// How far sources are apart on the size of the market.
    pub total_disagreement: Disagreement,
    /// Quarters about which a source says something, in order.
    pub quarters: Vec<TrackedQuarter>,
    /// Quarters between the first and the last about which no source says anything.
    pub missing: Vec<Quarter>,
    /// Changes of order between two vendors, large vendors and sure changes first.
    pub overtakings: Vec<Overtaking>,
    /// Average selling prices, in order of quarter.
    pub prices: Vec<TrackedPrice>,
}

/// A source: a firm and what it counts.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct TrackedSource {
    /// Name, with the basis where there is one.
    pub name: String,
    /// Number of its statements that are used.
    pub statements: usize,
    /// Number of quarters about which it says something.
    pub quarters: usize,
}

/// How far sources are apart.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Disagreement {
    /// Independent comparisons between sources: statements less the figures that they are about.
    pub comparisons: usize,
    /// Whose comparisons the ranges rest on: `country`, `all countries`, or `none`.
    pub from: String,
    /// Typical difference (standard deviation) between two sources: of shares at a share of
    /// 25%, as a fraction; of totals, relative.
    pub typical: Estimate,
    /// The part of a source's error that stays from quarter to quarter, in the same unit.
    pub persistent: Estimate,
}

/// A quarter of a country.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct TrackedQuarter {
    /// Quarter.
    pub quarter: Quarter,
    /// Units of all vendors.
    pub units: Option<Estimate>,
    /// Units by source.
    pub totals: Vec<SourceFigure>,
    /// Vendors that any source names, the largest first.
    pub vendors: Vec<TrackedVendor>,
    /// Share of everybody whom no source names.
    pub unnamed: Estimate,
    /// Concentration, when sources name at least three vendors and half of the market.
    pub concentration: Option<Concentration>,
}

/// Concentration of a quarter.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Concentration {
    /// Herfindahl-Hirschman index, 0 to 10,000, if every vendor that no source names is tiny.
    pub least: Estimate,
    /// The same if each of them is as large as the third-largest vendor.
    pub most: Estimate,
    /// Share of the three largest vendors.
    pub three: Estimate,
}

/// A vendor in a quarter.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct TrackedVendor {
    /// Vendor.
    pub vendor: String,
    /// Share of units.
    pub share: Estimate,
    /// Units.
    pub units: Option<Estimate>,
    /// Rank among named vendors, 1 the largest; absent where no source lists at least three.
    pub rank: Option<Rank>,
    /// Change of the share over the quarter before, when that quarter is known.
    pub points_quarter: Option<Estimate>,
    /// Change of the share over the same quarter of the year before.
    pub points_year: Option<Estimate>,
    /// Relative growth of units over the quarter before.
    pub growth_quarter: Option<Estimate>,
    /// Relative growth of units over the same quarter of the year before.
    pub growth_year: Option<Estimate>,
    /// Share by source.
    pub sources: Vec<SourceFigure>,
}

/// A rank with its interval.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Rank {
    /// Rank of the reconciled shares.
    pub rank: usize,
    /// Best rank in the interval.
    pub best: usize,
    /// Worst rank in the interval.
    pub worst: usize,
    /// Probability of being the first; `null` where ranges are not identified.
    #[serde(deserialize_with = "nan_if_null")]
    pub first: f64,
}

/// What one source says.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct SourceFigure {
    /// Source.
    pub source: String,
    /// Its figure: a share of 0 to 1, units, or currency.
    pub value: f64,
    /// Half the step to which it was rounded, carried through any division.
    pub rounding: f64,
    /// `stated`, or how it follows from other figures of the same source.
    pub how: String,
    /// How firm it is.
    pub mark: Mark,
    /// When it was published; empty when not known.
    pub published: String,
    /// Where it was read.
    pub url: String,
}

/// One vendor passes another.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Overtaking {
    /// Quarter in which the one that passes is ahead.
    pub quarter: Quarter,
    /// The last quarter before it that is known of both.
    pub before: Quarter,
    /// The vendor that passes.
    pub passes: String,
    /// The vendor that is passed.
    pub passed: String,
    /// Whether the reconciled shares change order; otherwise only some source's do.
    pub reconciled: bool,
    /// Lead before, share of the one that passes less share of the other.
    pub lead_before: Estimate,
    /// Lead in the quarter.
    pub lead: Estimate,
    /// Probability that the one that passes is ahead in the quarter.
    #[serde(deserialize_with = "nan_if_null")]
    pub ahead: f64,
    /// Probability that it is ahead in the quarter and was not before.
    #[serde(deserialize_with = "nan_if_null")]
    pub probability: f64,
    /// What each source says.
    pub sources: Vec<SourceView>,
}

/// What a source says about one vendor passing another.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct SourceView {
    /// Source.
    pub source: String,
    /// Lead in the quarter before that is compared; absent where it does not say.
    pub lead_before: Option<f64>,
    /// Lead in the quarter; absent where it does not say.
    pub lead: Option<f64>,
    /// What that amounts to.
    pub verdict: Verdict,
}

/// What a source says about one vendor passing another.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// Behind or level before, ahead in the quarter.
    Shows,
    /// Ahead in the quarter; it does not say who was ahead before.
    Ahead,
    /// Ahead before and in the quarter.
    AheadAlready,
    /// Level in the quarter, within rounding.
    Level,
    /// Behind in the quarter.
    Behind,
    /// It does not say who is ahead in the quarter.
    Silent,
}

impl Verdict {
    /// The words used in tables.
    pub fn words(self) -> &'static str {
        match self {
            Verdict::Shows => "shows it",
            Verdict::Ahead => "ahead; silent on before",
            Verdict::AheadAlready => "ahead already before",
            Verdict::Level => "level",
            Verdict::Behind => "still behind",
            Verdict::Silent => "does not say",
        }
    }
}

/// An average selling price.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct TrackedPrice {
    /// Quarter.
    pub quarter: Quarter,
    /// Vendor; empty for all vendors together.
    pub vendor: String,
    /// Price: geometric mean of the sources, from the lowest to the highest figure that they and
    /// their rounding allow.
    pub price: Estimate,
    /// What each source says.
    pub sources: Vec<SourceFigure>,
}

/// A company with its facts.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct TrackedCompany {
    /// Company.
    pub company: String,
    /// Facts, in file order.
    pub facts: Vec<CompanyFact>,
    /// Value over revenue of a year, over all pairs of figures in one currency.
    pub revenue_multiple: Option<Multiple>,
    /// Value over profit of a year.
    pub profit_multiple: Option<Multiple>,
}

/// A company's value over what it earns in a year.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Multiple {
    /// Lowest.
    pub low: f64,
    /// Geometric mean over pairs of figures.
    pub central: f64,
    /// Highest.
    pub high: f64,
    /// Currency of both figures.
    pub currency: String,
    /// Which figures it rests on.
    pub basis: String,
    /// The weakest mark of the figures.
    pub mark: Mark,
}

/// What an entry adds to a company's value, if it is valued like the rest of the company.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct EntryValue {
    /// Scenario.
    pub scenario: String,
    /// Company that enters.
    pub company: String,
    /// Revenue that the scenario adds in a year.
    pub revenue: Estimate,
    /// That revenue times the revenue multiple.
    pub by_revenue: Option<Estimate>,
    /// Variable profit that the scenario adds in a year.
    pub profit: Estimate,
    /// That profit times the profit multiple; before fixed costs and tax.
    pub by_profit: Option<Estimate>,
}
