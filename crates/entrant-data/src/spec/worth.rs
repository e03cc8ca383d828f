//! What an entry is worth over time, and when to enter.

use schemars::JsonSchema;
use serde::Deserialize;

use crate::Quantity;

/// What the entry is worth: variable profit over a horizon, discounted, less what it costs to
/// enter. Without more, every period has the profit of the scenario.
///
/// Period 1 is the first one on sale; money of a period comes at its end.
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct WorthSpec {
    /// Entering firm.
    pub firm: String,
    /// Number of periods.
    pub periods: u32,
    /// Discount rate per period.
    pub discount: Quantity,
    /// Cost of entering, once, at the start.
    pub fixed_cost: Quantity,
    /// Cost of being there per year, spread evenly over its periods; nothing when absent.
    pub yearly_cost: Option<Quantity>,
    /// Number of periods in a year.
    #[serde(default = "quarters")]
    pub year: u32,
    /// How the awareness of the entering products grows, as a multiple of the scenario's; always
    /// the scenario's when absent.
    pub path: Option<PathSpec>,
    /// By which part the given prices of the firm's entrants fall from one period to the next;
    /// by none when absent.
    pub price_erosion: Option<Quantity>,
    /// By which part the marginal costs of the firm's entrants fall from one period to the next;
    /// by none when absent.
    pub cost_erosion: Option<Quantity>,
    /// By which part the marginal costs of all other products fall from one period to the next;
    /// by none when absent.
    pub rivals_cost_erosion: Option<Quantity>,
    /// By which part the number of potential buyers grows from one period to the next; by none
    /// when absent.
    pub growth: Option<Quantity>,
    /// What others do later, whether the firm enters or not.
    #[serde(default)]
    pub rival: Vec<RivalSpec>,
    /// Draws for which every period is solved; 200 when absent, never more than the run has.
    /// Without a path, erosion of costs or `[timing]` all draws of the run are used.
    pub draws: Option<usize>,
}

/// A move of others: from a period on, counted from now, the changes of a scenario hold in every
/// scenario, beside its own; where both set the same thing the later move counts.
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RivalSpec {
    /// Scenario whose changes hold from then on; the firm of `[worth]` does not enter in it.
    pub scenario: String,
    /// First period in which they hold, 1 for now.
    pub from: u32,
}

impl WorthSpec {
    /// Moves of others that have been made by a period, in the order of time.
    pub fn moved_by(&self, period: u32) -> Vec<&RivalSpec> {
        let mut made: Vec<&RivalSpec> = self.rival.iter().filter(|r| r.from <= period).collect();
        made.sort_by_key(|r| r.from);
        made
    }
}

fn quarters() -> u32 {
    4
}

/// How awareness grows, as a multiple of the scenario's: either `given`, or a logistic curve
/// `start + (end - start) / (1 + 81^(-(t - midpoint) / rise))`.
#[derive(Debug, Clone, PartialEq, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PathSpec {
    /// The multiple in each period; the last one holds for all later periods.
    #[serde(default)]
    pub given: Vec<Quantity>,
    /// Multiple long before the rise; 0 when absent.
    pub start: Option<Quantity>,
    /// Multiple long after the rise; 1 when absent.
    pub end: Option<Quantity>,
    /// Period in which half of the rise is done.
    pub midpoint: Option<Quantity>,
    /// Periods from a tenth of the rise to nine tenths.
    pub rise: Option<Quantity>,
}

/// When to enter: options that are worth something different, and what is learnt meanwhile.
/// Needs `[worth]`, whose firm, prices, path and yearly cost hold for every option.
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TimingSpec {
    /// Periods from now in which the market is there for every option, however late it enters;
    /// those of `[worth]` when absent.
    pub periods: Option<u32>,
    /// What the firm knows at a later decision that it does not know now; nothing when absent.
    pub learn: Option<LearnSpec>,
    /// Options.
    pub option: Vec<OptionSpec>,
}

/// What a firm knows at a decision after the first period.
#[derive(Debug, Clone, PartialEq, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct LearnSpec {
    /// Once it has sold something, its units of the period before, with an error whose
    /// logarithm has this standard deviation. Own sales teach nothing when absent.
    pub sales: Option<f64>,
    /// Entries of `[inputs]` that have become known, whether it has sold anything or not.
    #[serde(default)]
    pub inputs: Vec<String>,
}

/// A way to enter.
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct OptionSpec {
    /// Id, as used in tables.
    pub id: String,
    /// Title for the reader.
    pub title: String,
    /// Steps, in the order of time; the path of awareness starts with the first one.
    pub step: Vec<StepSpec>,
}

/// A step of an option: from its first period on the firm sells as a scenario says.
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct StepSpec {
    /// Scenario in which the firm sells from now on.
    pub scenario: String,
    /// First period, 1 for now.
    pub start: u32,
    /// What the step costs, once, at the start of its first period; nothing when absent.
    pub fixed_cost: Option<Quantity>,
    /// Cost per year from now on; that of `[worth]` when absent.
    pub yearly_cost: Option<Quantity>,
}
