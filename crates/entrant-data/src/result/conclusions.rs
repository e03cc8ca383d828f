//! What is told beside estimates: how far errors can be believed, tests, robust sets, and what
//! follows for substitution, margins and welfare.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// How far errors can be believed, and all that is told beside the estimates.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
pub struct Conclusions {
    /// Whether standard errors are shown.
    pub standing: Standing,
    /// Why not, or why they are to be doubted.
    pub doubts: Vec<Doubt>,
    /// Strength of the instruments; `None` without an endogenous regressor in the linear
    /// equation, or with fewer instruments than regressors.
    pub first_stage: Option<FirstStageReport>,
    /// Tests.
    pub tests: Vec<TestReport>,
    /// Sets that hold however weak instruments are.
    pub robust_sets: Vec<RobustSetReport>,
    /// Spreads of tastes that may be zero.
    pub zero_spreads: Vec<ZeroSpreadReport>,
    /// What the estimates say about substitution, margins and welfare; `None` where they must not
    /// be used.
    pub means: Option<MeansReport>,
    /// The parameters drawn again; `None` unless asked for.
    pub bootstrap: Option<BootstrapReport>,
    /// The model with other consumers; `None` unless asked for.
    pub audit: Option<IntegrationAudit>,
}

/// Whether standard errors, and intervals that rest on them, are shown.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Standing {
    /// They are.
    #[default]
    Shown,
    /// They are, but they do not hold when instruments are weak, and these may be.
    NotRobust,
    /// They are not: they would not say how wrong the estimates may be.
    Withheld,
}

/// A reason to doubt or to withhold standard errors.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Doubt {
    /// Code, as taken by `entrant explain`.
    pub code: String,
    /// What it does to errors.
    pub standing: Standing,
    /// The reason, a fragment.
    pub reason: String,
    /// Parameters whose errors it is about; empty when it is about all.
    pub parameters: Vec<String>,
}

/// A number with its uncertainty.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
pub struct Ranged {
    /// At the estimates.
    pub value: Option<f64>,
    /// Standard deviation over draws of the estimates.
    pub error: Option<f64>,
    /// Lower end of the interval, a quantile of the draws.
    pub low: Option<f64>,
    /// Upper end.
    pub high: Option<f64>,
}

/// What a test says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// The data do not speak against the hypothesis at 5%.
    Kept,
    /// They do.
    Rejected,
    /// There is nothing to test, or the statistic does not have the distribution it needs.
    Undefined,
}

/// A test.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct TestReport {
    /// Name: the study's, or what is tested.
    pub name: String,
    /// Which test: `hansen`, `specification`, `wald`, `distance`, `lm`, `iia`, `score`.
    pub kind: String,
    /// Statistic.
    pub statistic: Option<f64>,
    /// Degrees of freedom.
    pub degrees: usize,
    /// Probability of a larger statistic when the hypothesis holds.
    pub p_value: Option<f64>,
    /// Value from which the hypothesis is rejected at 5%.
    pub threshold: Option<f64>,
    /// What it says.
    pub status: Verdict,
    /// What the hypothesis is and what a rejection means, or why there is no test.
    pub meaning: String,
}

/// Strength of the instruments of demand.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct FirstStageReport {
    /// Independent excluded instruments.
    pub instruments: usize,
    /// Rows less everything that is estimated.
    pub degrees: usize,
    /// Smallest eigenvalue (Cragg and Donald 1993): the F statistic with one regressor.
    pub minimum_eigenvalue: Option<f64>,
    /// Its critical values for a bias of at most 5, 10, 20, 30% of that of least squares (Stock
    /// and Yogo 2005, table 5.1), for independent errors of one variance; `None` where no table is.
    pub bias_critical: Option<[f64; 4]>,
    /// The same for a 5% test of size at most 10, 15, 20, 25% (table 5.2).
    pub size_critical: Option<[f64; 4]>,
    /// Each endogenous regressor.
    pub regressors: Vec<RegressorReport>,
}

/// An endogenous regressor on the instruments.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct RegressorReport {
    /// Its name.
    pub name: String,
    /// Part of its variance that instruments explain, exogenous characteristics taken out.
    pub partial_r2: Option<f64>,
    /// F statistic for independent errors of one variance.
    pub f: Option<f64>,
    /// Its p-value.
    pub p_value: Option<f64>,
    /// F statistic with the errors of the estimation.
    pub robust_f: Option<f64>,
    /// Effective F (Montiel Olea and Pflueger 2013).
    pub effective_f: Option<f64>,
    /// What it must exceed at 5% for a bias of at most 5, 10, 20, 30%.
    pub effective_critical: [f64; 4],
    /// F that is left once the instruments have explained the other regressors (Sanderson and
    /// Windmeijer 2016).
    pub conditional_f: Option<f64>,
}

/// Shape of a robust set.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum SetShape {
    /// One interval.
    Interval,
    /// Several intervals; where only their hull was searched for, it is the one that is given.
    Union,
    /// It has no end on one side or both: the data do not say how large the number is.
    Unbounded,
    /// No value is compatible with the moments: the model is rejected.
    Empty,
    /// It could not be computed.
    Failed,
}

/// A 95% set that holds however weak the instruments are (Anderson and Rubin 1949; Stock and Wright
/// 2000).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct RobustSetReport {
    /// Of what: the name of a parameter, or `mean own-price elasticity`.
    pub name: String,
    /// Its shape.
    pub shape: SetShape,
    /// Intervals in ascending order; an end is `None` where there is none.
    pub intervals: Vec<[Option<f64>; 2]>,
    /// The number where the statistic is smallest.
    pub estimate: Option<f64>,
    /// The smallest statistic.
    pub least: Option<f64>,
    /// What it is held against.
    pub threshold: Option<f64>,
    /// Degrees of freedom: of all moments, other parameters projected out.
    pub degrees: usize,
    /// Evaluations of the statistic.
    pub evaluations: usize,
}

/// A spread of tastes at zero or near it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ZeroSpreadReport {
    /// Name of the parameter.
    pub name: String,
    /// Variance that the data ask for from zero on; negative when they ask for less.
    pub variance: Option<f64>,
    /// Standard error of that variance.
    pub error: Option<f64>,
    /// One-sided 95% upper end of the spread; `None` when none was found.
    pub upper: Option<f64>,
}

/// Draws of estimates, and what is to be said about them.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
pub struct DrawsReport {
    /// How estimates are drawn.
    pub kind: String,
    /// Number of draws asked for.
    pub draws: usize,
    /// Their seed.
    pub seed: u64,
    /// Probability that intervals cover.
    pub level: f64,
    /// Draws with a parameter that was moved to a bound.
    pub clipped: usize,
    /// Draws with consumers who like a higher price.
    pub upward: usize,
    /// Draws that could not be computed and are left out.
    pub failed: usize,
}

/// What the estimates say about substitution, margins and welfare.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
pub struct MeansReport {
    /// Draws behind the intervals; `None` when there are none.
    pub draws: Option<DrawsReport>,
    /// Why there are no intervals; empty when there are.
    pub withheld: String,
    /// Means over products or markets.
    pub means: Vec<MeanReport>,
}

/// One number about all markets.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct MeanReport {
    /// Name, stable for programs.
    pub name: String,
    /// What it is.
    pub meaning: String,
    /// Mean over products, or over markets for what belongs to a market.
    pub mean: Ranged,
    /// Mean over products weighted by shares; `None` for what belongs to a market.
    pub weighted: Option<Ranged>,
}

/// Parameters drawn again.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct BootstrapReport {
    /// How.
    pub draws: DrawsReport,
    /// Each parameter, in the order of the covariance.
    pub parameters: Vec<BootstrapParameter>,
}

/// A parameter drawn again.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct BootstrapParameter {
    /// Name.
    pub name: String,
    /// Estimate, and its spread over draws.
    pub value: Ranged,
}

/// The model evaluated with other consumers.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct IntegrationAudit {
    /// What the other consumers are.
    pub consumers: String,
    /// Objective at the estimates, then with each set of other consumers.
    pub objective: Vec<f64>,
    /// Mean own-price elasticity at the estimates, then with each.
    pub elasticity: Vec<f64>,
    /// How far each parameter would follow, in standard errors.
    pub moves: Vec<AuditMove>,
    /// The largest of them.
    pub largest: f64,
    /// Above which a move matters.
    pub threshold: f64,
    /// Why it could not be done; empty when it could.
    pub failure: String,
}

/// How far a parameter would follow other consumers.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct AuditMove {
    /// Parameter.
    pub name: String,
    /// Mean move.
    pub bias: f64,
    /// Half the difference of the moves with two halves of the consumers; zero with a rule.
    pub noise: f64,
    /// The larger of both in standard errors; `None` without one.
    pub relative: Option<f64>,
}

/// Tables of what follows from the estimates. Not part of the document: they are as long as the
/// data.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct FollowingTables {
    /// Each product in each market, in the order of the problem.
    pub products: Vec<FollowingProduct>,
    /// Each market.
    pub markets: Vec<FollowingMarket>,
    /// Each pair of products of a market; empty unless wanted.
    pub pairs: Vec<FollowingPair>,
}

/// What follows for one product.
#[derive(Debug, Clone, PartialEq)]
pub struct FollowingProduct {
    /// Market.
    pub market: String,
    /// Product.
    pub product: String,
    /// Firm; empty without a column of firms.
    pub firm: String,
    /// Numbers in the order of [`PRODUCT_NUMBERS`].
    pub numbers: Vec<Ranged>,
}

/// What is known of a product, in the order of [`FollowingProduct::numbers`].
pub const PRODUCT_NUMBERS: [&str; 7] = [
    "own_elasticity",
    "outside_diversion",
    "cost",
    "markup",
    "lerner",
    "profit",
    "own_passthrough",
];

/// What follows for one market.
#[derive(Debug, Clone, PartialEq)]
pub struct FollowingMarket {
    /// Market.
    pub market: String,
    /// Numbers in the order of [`MARKET_NUMBERS`].
    pub numbers: Vec<Ranged>,
}

/// What is known of a market, in the order of [`FollowingMarket::numbers`].
pub const MARKET_NUMBERS: [&str; 4] = [
    "aggregate_elasticity",
    "concentration",
    "consumer_surplus",
    "profit",
];

/// Two products of a market.
#[derive(Debug, Clone, PartialEq)]
pub struct FollowingPair {
    /// Market.
    pub market: String,
    /// Product whose share, or whose buyers, are meant.
    pub product: String,
    /// The other product, or the same.
    pub other: String,
    /// Percent by which the share of `product` changes with one percent on the price of `other`,
    /// and the standard deviation of that over draws.
    pub elasticity: Ranged,
    /// Of those who leave `product` when its price rises a little, the part that goes to
    /// `other`; to nothing where it is the same product.
    pub diversion: Ranged,
    /// Of the buyers of `product`, the part whose second choice is `other`; `None` unless wanted.
    pub second_choice: Option<f64>,
    /// Change of the price of `product` for a change of the cost of `other`; `None` without
    /// firms.
    pub passthrough: Option<f64>,
}
