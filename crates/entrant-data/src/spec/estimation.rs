//! A study whose economy is estimated from a panel of markets.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Deserialize;

use super::instruments::{BuiltInstruments, ImportanceSpec, OptimalSpec};
use super::{
    ConclusionsSpec, EntrantSpec, EstimateSupply, GameSpec, HypothesisSpec, MicroSpec,
    PanelBacktestSpec, PremiumsSpec, ReportSpec, RhoBounds, ScenarioSpec, Settings, SurfaceSpec,
    TimingSpec, TrackerSpec, TransferSpec, WorthSpec,
};

/// A study with an `[estimate]` table: demand and supply are estimated from a panel of markets
/// (Berry, Levinsohn and Pakes 1995). The whole of such a `study.toml`.
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct EstimationStudy {
    /// Title of the report.
    pub title: String,
    /// The question in one sentence.
    pub question: String,
    /// Currency code of every price, cost and value, for labels only.
    #[serde(default = "super::study::dollars")]
    pub currency: String,
    /// Remarks for the reader of the report.
    #[serde(default)]
    pub notes: Vec<String>,
    /// Tables and the names of their columns.
    pub data: PanelDataSpec,
    /// What is estimated and how.
    pub estimate: EstimateSpec,
    /// Markets in which scenarios are solved and shown: ids, with `*` at the end of one for every id
    /// that begins so, or `last` for the last of the table; all when empty.
    #[serde(default)]
    pub markets: Vec<String>,
    /// Products that are not sold yet.
    #[serde(default)]
    pub entrant: Vec<EntrantSpec>,
    /// What-ifs at the estimates.
    #[serde(default)]
    pub scenario: Vec<ScenarioSpec>,
    /// Choices of what to sell.
    #[serde(default)]
    pub game: Vec<GameSpec>,
    /// Prices that a firm commits to before rivals answer.
    #[serde(default)]
    pub surface: Vec<SurfaceSpec>,
    /// What features and firms are worth; a brand is a firm here.
    pub premiums: Option<PremiumsSpec>,
    /// What the entry is worth.
    pub worth: Option<WorthSpec>,
    /// When to enter.
    pub timing: Option<TimingSpec>,
    /// What other countries say about an entrant's brand; a brand is a firm here.
    pub transfer: Option<TransferSpec>,
    /// Published figures of several sources, reconciled.
    pub tracker: Option<TrackerSpec>,
    /// What is predicted from earlier markets and held against what happened.
    pub backtest: Option<PanelBacktestSpec>,
    /// What the report shows.
    #[serde(default)]
    pub report: ReportSpec,
    /// Draws of the estimates, seed and level.
    #[serde(default)]
    pub settings: Settings,
}

/// Tables of a panel of markets.
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a key of the study file that stands by itself"
)]
pub struct PanelDataSpec {
    /// CSV or Parquet table with one row per market and product.
    pub products: String,
    /// CSV or Parquet table with one row per market and consumer draw; without it draws come
    /// from `estimate.demand.integration`.
    pub consumers: Option<String>,
    /// Names of the columns, where they differ from the defaults.
    #[serde(default)]
    pub columns: PanelColumns,
    /// Whether prices may be zero or negative (subsidies).
    #[serde(default)]
    pub negative_prices: bool,
    /// Whether the consumer weights of each market are divided by their sum. Without it weights
    /// that do not sum to one are a mistake unless `weights_may_differ_from_one`.
    #[serde(default)]
    pub normalise_weights: bool,
    /// Whether consumer weights may sum to something other than one in a market, as importance
    /// sampling weights do.
    #[serde(default)]
    pub weights_may_differ_from_one: bool,
    /// Whether consumer weights may be negative, as those of sparse grids are. They still sum to more
    /// than zero.
    #[serde(default)]
    pub negative_weights: bool,
    /// Smallest share of the outside good that is taken for real.
    #[serde(default = "smallest_outside")]
    pub smallest_outside_share: f64,
    /// Smallest market share that is taken for real.
    #[serde(default = "smallest_share")]
    pub smallest_share: f64,
}

fn smallest_outside() -> f64 {
    1e-9
}

fn smallest_share() -> f64 {
    1e-14
}

/// Names of the columns of a panel. Every default is the field's own name.
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct PanelColumns {
    /// Market id, in both tables.
    pub market: String,
    /// Product id, unique within a market; without such a column products are numbered.
    pub product: String,
    /// Firm that sets the price; needed for supply and for scenarios.
    pub firm: String,
    /// Price.
    pub price: String,
    /// Share of all potential buyers, the ones who buy nothing included.
    pub share: String,
    /// Potential buyers of the market, the same in all of its rows; only used when it is named here.
    /// Without it scenarios count per million potential buyers, and each market counts the same.
    pub size: Option<String>,
    /// Nest; only used when it is named here.
    pub nest: Option<String>,
    /// Group within which errors may be correlated; only used when it is named here.
    pub cluster: Option<String>,
    /// Second, crossed clustering; only used when it is named here.
    pub cluster_too: Option<String>,
    /// Consumer weight, in the consumers table.
    pub weight: String,
    /// Integration nodes, one column per random coefficient, in the consumers table; `*` at the
    /// end stands for every number that follows.
    pub nodes: String,
    /// Prefix of columns in the consumers table with a consumer's availability of each product
    /// (in the order of the products of the market); only used when it is named here.
    pub availability: Option<String>,
}

impl Default for PanelColumns {
    fn default() -> Self {
        let own = |s: &str| s.to_owned();
        PanelColumns {
            market: own("market"),
            product: own("product"),
            firm: own("firm"),
            price: own("price"),
            share: own("share"),
            size: None,
            nest: None,
            cluster: None,
            cluster_too: None,
            weight: own("weight"),
            nodes: own("nodes*"),
            availability: None,
        }
    }
}

/// What is estimated and how.
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct EstimateSpec {
    /// Demand.
    pub demand: EstimateDemand,
    /// Supply; without it costs follow from prices but have no equation of their own.
    pub supply: Option<EstimateSupply>,
    /// Surveys of individual consumers, whose findings are met too.
    #[serde(default)]
    pub micro: Vec<MicroSpec>,
    /// Scale of taste shocks: utility is `delta + mu + epsilon_scale * shock`. 1 is the usual logit;
    /// smaller values come nearer to pure characteristics, where tastes for characteristics alone
    /// tell products apart (Berry and Pakes 2007). Not with nests. Parameters, mean utilities and
    /// structural errors are in the units of utility before it is divided by the scale. Where
    /// tastes are linear in parameters and none is given, the scale changes those units only.
    #[serde(default = "one")]
    pub epsilon_scale: f64,
    /// How often the weighting matrix is updated.
    #[serde(default)]
    pub method: GmmMethod,
    /// What the errors are taken to be when the weighting matrix is updated.
    #[serde(default)]
    pub weighting: ErrorStructure,
    /// What the errors are taken to be in standard errors; as `weighting` when absent.
    pub errors: Option<ErrorStructure>,
    /// Whether moments are centred before their covariance is taken.
    #[serde(default = "yes")]
    pub center_moments: bool,
    /// Whether the weighting matrix is updated once at the starting values before the first
    /// step.
    #[serde(default)]
    pub initial_update: bool,
    /// Estimates once more, with consumers drawn by how likely they buy at the first estimates.
    pub importance: Option<ImportanceSpec>,
    /// Estimates once more, with optimal instruments computed at the first estimates in place of
    /// the instruments that are listed.
    pub optimal: Option<OptimalSpec>,
    /// How the objective is minimised.
    #[serde(default)]
    pub optimizer: OptimizerSpec,
    /// Largest `|ln observed - ln fitted|` share at which an inversion is accepted.
    #[serde(default = "inversion_tolerance")]
    pub inversion_tolerance: f64,
    /// What is told beside the estimates.
    #[serde(default)]
    pub report: ConclusionsSpec,
    /// Hypotheses to test.
    #[serde(default)]
    pub test: Vec<HypothesisSpec>,
}

fn yes() -> bool {
    true
}

fn one() -> f64 {
    1.0
}

fn inversion_tolerance() -> f64 {
    1e-13
}

/// Demand that is estimated: utility is linear in `linear`, with tastes for `random` that vary
/// by normal draws (`sigma`) and by demographics (`pi`).
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct EstimateDemand {
    /// Formula of mean utility; fixed effects after `|`.
    pub linear: String,
    /// Formula of the characteristics with random coefficients.
    pub random: Option<String>,
    /// Formula of demographics, on the consumers table, without intercept.
    pub demographics: Option<String>,
    /// Columns of excluded instruments; `*` at the end stands for every number that follows.
    #[serde(default)]
    pub instruments: Vec<String>,
    /// Instruments built from characteristics.
    #[serde(default)]
    pub built: Vec<BuiltInstruments>,
    /// Lower-triangular root of the covariance of tastes: starting values by row, or only its
    /// diagonal. Zeros stay zero.
    pub sigma: Option<StartMatrix>,
    /// Bounds of `sigma`.
    pub sigma_bounds: Option<Bounds>,
    /// Effects of demographics on tastes: starting values, a row per random coefficient. Zeros
    /// stay zero.
    pub pi: Option<StartMatrix>,
    /// Bounds of `pi`.
    pub pi_bounds: Option<Bounds>,
    /// How each random coefficient follows from its draws; `linear` for all when absent.
    #[serde(default)]
    pub coefficients: Vec<CoefficientKind>,
    /// Starting value of the nesting parameter, one for all nests or one for each in sorted
    /// order. With nests and no random coefficients and no supply it is estimated in closed
    /// form and may be left out.
    #[serde(default)]
    pub rho: Vec<f64>,
    /// Bounds of nesting parameters: lower and upper of all, or a pair for each.
    pub rho_bounds: Option<RhoBounds>,
    /// Starting values of linear coefficients that are searched for rather than solved for, by
    /// column; with supply every coefficient on price needs one.
    #[serde(default)]
    pub beta: BTreeMap<String, f64>,
    /// Bounds of those coefficients: lower, upper.
    #[serde(default)]
    pub beta_bounds: BTreeMap<String, [f64; 2]>,
    /// Draws of tastes when there is no consumers table.
    pub integration: Option<IntegrationSpec>,
}

/// A matrix of starting values.
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum StartMatrix {
    /// Only the diagonal.
    Diagonal(Vec<f64>),
    /// Row by row.
    Rows(Vec<Vec<f64>>),
}

/// Bounds of a matrix of parameters, of the matrix' shape.
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Bounds {
    /// Lower bounds; `-inf` where there is none.
    pub lower: Option<StartMatrix>,
    /// Upper bounds; `inf` where there is none.
    pub upper: Option<StartMatrix>,
}

/// How a random coefficient follows from its draws.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum CoefficientKind {
    /// The draws themselves.
    #[default]
    Linear,
    /// Their exponential: always positive.
    Lognormal,
    /// Minus their exponential: always negative.
    NegativeLognormal,
    /// `1 / (1 + exp(-draws))`: between zero and one.
    Logit,
}

/// Draws of tastes by a rule.
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct IntegrationSpec {
    /// Rule.
    pub rule: IntegrationRule,
    /// Number of draws, or level of a quadrature rule.
    pub size: usize,
    /// Seed of random rules.
    #[serde(default)]
    pub seed: u64,
}

/// Rules of integration over normal tastes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum IntegrationRule {
    /// Pseudo-random draws.
    MonteCarlo,
    /// Scrambled Halton sequence.
    Halton,
    /// Scrambled Sobol sequence.
    Sobol,
    /// Latin hypercube sampling.
    Lhs,
    /// Modified Latin hypercube sampling (Hess, Train and Polak 2006).
    Mlhs,
    /// Gauss-Hermite product rule.
    Product,
    /// Nested product rule (Genz and Keister 1996).
    NestedProduct,
    /// Sparse grid (Heiss and Winschel 2008).
    Grid,
    /// Nested sparse grid.
    NestedGrid,
}

/// How often the weighting matrix is updated.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum GmmMethod {
    /// Never.
    OneStep,
    /// Once.
    #[default]
    TwoStep,
    /// Until the estimates settle, at most 20 times.
    Iterated,
}

/// What structural errors are taken to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum ErrorStructure {
    /// Independent, variances may differ.
    #[default]
    Robust,
    /// Correlated within clusters (`data.columns.cluster`, and `cluster_too` crossed with it).
    Clustered,
    /// Independent with one variance.
    Unadjusted,
}

/// How the objective is minimised.
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct OptimizerSpec {
    /// Algorithm.
    pub algorithm: Algorithm,
    /// Largest projected gradient element at which it stops.
    pub gradient_tolerance: f64,
    /// Most evaluations of one start and step.
    pub evaluations: usize,
    /// Number of starts; the first is at the starting values.
    pub starts: usize,
    /// Half-width of the box of further starts, relative to the starting values.
    pub spread: f64,
    /// Seed of further starts.
    pub seed: u64,
}

impl Default for OptimizerSpec {
    fn default() -> Self {
        OptimizerSpec {
            algorithm: Algorithm::TrustRegion,
            gradient_tolerance: 1e-6,
            evaluations: 1000,
            starts: 1,
            spread: 0.5,
            seed: 2018,
        }
    }
}

/// Algorithms of minimisation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Algorithm {
    /// Bounded least squares in the moments with their Jacobian.
    TrustRegion,
    /// Bounded quasi-Newton on the objective and its gradient, in units in which parameters matter
    /// alike; finished by least squares where rounding of the objective stops it.
    Lbfgsb,
    /// None: everything is evaluated at the starting values.
    Return,
}
