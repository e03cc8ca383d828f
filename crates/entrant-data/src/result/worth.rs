//! What an entry is worth over time, and when to enter.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Estimate;
use super::estimate::nan_if_null;

/// What an entry is worth.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Worth {
    /// Entering firm.
    pub firm: String,
    /// Number of periods.
    pub periods: u32,
    /// Variable profit per period at the awareness, prices and costs of the scenario; what the entry
    /// adds to it where the firm sells other products already.
    pub profit: Estimate,
    /// Discounted variable profit over the horizon less yearly costs: the fixed cost at which the
    /// entry breaks even.
    pub break_even: Estimate,
    /// Fixed cost.
    pub fixed_cost: Estimate,
    /// Net present value: `break_even` less fixed cost.
    pub value: Estimate,
    /// Share of draws in which the value is below zero.
    #[serde(deserialize_with = "nan_if_null")]
    pub loss_probability: f64,
    /// Probability that the discounted profit covers a fixed cost, along a grid of fixed costs.
    pub curve: Vec<WorthPoint>,
    /// Cost of being there, per period; absent when the study has none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub running_cost: Option<Estimate>,
    /// Period by period, at most the first 200.
    #[serde(default)]
    pub flow: Vec<WorthPeriod>,
    /// First period in which the discounted money paid in exceeds that paid out, in the median
    /// draw; `null` when that is none of the horizon.
    #[serde(default)]
    pub payback: Option<u32>,
    /// Share of draws that are not paid back within the horizon.
    #[serde(default = "unknown", deserialize_with = "nan_if_null")]
    pub never: f64,
    /// What the newcomer costs each firm that is there already: its discounted variable profit
    /// over the horizon without the entry, less that with it. The most that it would pay to keep
    /// the newcomer out; negative where it gains.
    #[serde(default)]
    pub incumbents: Vec<KeepOut>,
    /// The same of all of them together.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub together: Option<Estimate>,
    /// Share of draws in which the entry is worth something and costs the others together more
    /// than it is worth.
    #[serde(default = "unknown", deserialize_with = "nan_if_null")]
    pub outbid: f64,
    /// What others do later, in the order of time.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub rivals: Vec<RivalMove>,
    /// The equilibria behind all of this.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub solved: Option<PathCertificate>,
}

fn unknown() -> f64 {
    f64::NAN
}

/// A move of others.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct RivalMove {
    /// Scenario whose changes hold from then on.
    pub scenario: String,
    /// Its title.
    pub title: String,
    /// First period in which they hold.
    pub from: u32,
}

/// A point of the curve of covering probability against fixed cost.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct WorthPoint {
    /// Fixed cost, in currency.
    pub fixed_cost: f64,
    /// Share of draws in which the discounted profit covers it.
    #[serde(deserialize_with = "nan_if_null")]
    pub probability: f64,
}

/// One period of an entry.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct WorthPeriod {
    /// Period, from 1.
    pub period: u32,
    /// Awareness as a multiple of the scenario's.
    pub reach: Estimate,
    /// Units of the firm's entrants.
    pub units: Estimate,
    /// Variable profit of the firm.
    pub profit: Estimate,
    /// Variable profit less running cost; not discounted, without the fixed cost.
    pub cash: Estimate,
    /// Everything until now, the fixed cost included, discounted.
    pub position: Estimate,
    /// Share of draws that are paid back by now.
    #[serde(deserialize_with = "nan_if_null")]
    pub paid_back: f64,
}

/// What a newcomer costs a firm.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct KeepOut {
    /// The firm.
    pub firm: String,
    /// Discounted variable profit without the entry less that with it.
    pub loss: Estimate,
}

/// The equilibria behind a stream of profits.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct PathCertificate {
    /// Draws for which every period was solved.
    pub draws: usize,
    /// Draws left out because a period has no usable equilibrium.
    pub lost: usize,
    /// Different equilibria in a draw, with and without the entry, in each market: periods alike
    /// share one.
    pub equilibria: usize,
    /// Largest first-order residual.
    #[serde(deserialize_with = "nan_if_null")]
    pub worst_residual: f64,
    /// Largest curvature.
    #[serde(deserialize_with = "nan_if_null")]
    pub worst_curvature: f64,
}

/// When to enter.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct TimingReport {
    /// Entering firm.
    pub firm: String,
    /// Periods from now that count.
    pub periods: u32,
    /// Draws behind the numbers.
    pub draws: usize,
    /// What is learnt by a later decision, in words.
    pub learns: Vec<String>,
    /// What others do meanwhile, in the order of time.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub rivals: Vec<RivalMove>,
    /// Options, in the order of the study.
    pub options: Vec<TimingOption>,
    /// Share of draws in which staying out is best, all options followed to their end.
    #[serde(deserialize_with = "nan_if_null")]
    pub out: f64,
    /// The best that can be done now once and for all: an option, or nothing for staying out.
    pub best_now: Option<String>,
    /// Its expected worth; zero for staying out.
    pub worth_now: Expected,
    /// The best option when later steps are decided later; nothing for staying out.
    pub best: Option<String>,
    /// Its expected worth.
    pub worth: Expected,
    /// Value of waiting: `worth` less `worth_now`.
    pub waiting: Expected,
    /// The part of it that is there when everything is decided now: later costs and another
    /// path.
    pub waiting_blind: Expected,
    /// The most that could be had by knowing everything before anything is decided: the best of
    /// all options draw by draw.
    pub perfect: Expected,
}

/// An expected value and how well draws determine it.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Expected {
    /// Mean over draws.
    #[serde(deserialize_with = "nan_if_null")]
    pub mean: f64,
    /// Standard error of the mean, from the number of draws.
    #[serde(deserialize_with = "nan_if_null")]
    pub error: f64,
}

/// A way to enter, valued.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct TimingOption {
    /// Id.
    pub id: String,
    /// Title.
    pub title: String,
    /// Steps.
    pub steps: Vec<TimingStep>,
    /// Net present value when every step is taken whatever is learnt, over draws.
    pub committed: Estimate,
    /// Its mean.
    pub expected: Expected,
    /// Share of draws in which that is below zero.
    #[serde(deserialize_with = "nan_if_null")]
    pub loss_probability: f64,
    /// Net present value when later steps are decided by what is known then, over draws.
    pub flexible: Estimate,
    /// Its mean.
    pub flexible_expected: Expected,
    /// Mean of the same with everything known at each decision.
    pub perfect: Expected,
    /// Share of draws in which this option, followed to its end, is worth more than every other and
    /// more than staying out.
    #[serde(deserialize_with = "nan_if_null")]
    pub best: f64,
}

/// A step of an option.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct TimingStep {
    /// Title of its scenario.
    pub scenario: String,
    /// First period.
    pub start: u32,
    /// Share of draws in which it is taken, when it is decided by what is known then.
    #[serde(deserialize_with = "nan_if_null")]
    pub goes: f64,
    /// Share of draws in which the firm stays with the step before.
    #[serde(deserialize_with = "nan_if_null")]
    pub stays: f64,
    /// Share of draws in which it leaves here, or does not come at all.
    #[serde(deserialize_with = "nan_if_null")]
    pub leaves: f64,
}
