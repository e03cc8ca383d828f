//! What an estimation found: the document of `entrant fit` on an estimated study, as plain data.
//!
//! Numbers that do not exist (an error that the data do not determine, a bound that is not there)
//! are `None`, never a placeholder.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::conclusions::Conclusions;
use crate::Finding;

/// Version of the format; raised when a field changes meaning or goes.
pub const ESTIMATE_SCHEMA: &str = "entrant.estimate/1";

/// Everything that an estimation found, but for the values of single products
/// ([`EstimatedProducts`]).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct EstimationReport {
    /// Format of this document, [`ESTIMATE_SCHEMA`].
    pub schema: String,
    /// Version of the program.
    pub version: String,
    /// Title of the study.
    pub title: String,
    /// Currency of prices and costs.
    pub currency: String,
    /// How the estimation ended.
    pub status: EstimateStatus,
    /// Objective `N gbar' W gbar` at the estimates.
    pub objective: Option<f64>,
    /// Its derivatives with respect to the parameters that were searched for, in the order of
    /// `parameters`.
    pub gradient: Vec<Option<f64>>,
    /// Largest element of the gradient that bounds do not absorb.
    pub projected_gradient: Option<f64>,
    /// Parameters: searched for, then solved for in closed form (mean utility, cost), then known.
    pub parameters: Vec<EstimatedParameter>,
    /// Covariance of the estimates.
    pub covariance: CovarianceReport,
    /// Test of the overidentifying restrictions.
    pub overidentification: OveridentificationReport,
    /// The first estimates, where consumers were drawn anew at them.
    pub importance: Option<ImportanceReport>,
    /// The estimates before, where optimal instruments were computed at them.
    pub optimal: Option<OptimalReport>,
    /// Steps of GMM of the start that won.
    pub steps: Vec<StepReport>,
    /// Starts of the search, in order.
    pub starts: Vec<StartReport>,
    /// The start that won: position in `starts`, from 0.
    pub best_start: usize,
    /// What was checked at the estimates.
    pub certificate: EstimateCertificate,
    /// Moments and their weighting.
    pub moments: MomentsReport,
    /// Size of the data.
    pub data: PanelReport,
    /// Settings that the numbers depend on (the number of threads is not one of them).
    pub settings: EstimationSettingsReport,
    /// Work done.
    pub work: WorkReport,
    /// How far errors can be believed, tests, robust sets, and what follows for substitution,
    /// margins and welfare.
    #[serde(default)]
    pub conclusions: Conclusions,
    /// Diagnostics.
    pub findings: Vec<Finding>,
}

/// How an estimation ended.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum EstimateStatus {
    /// The projected gradient is within tolerance at a point with certified inversion.
    Converged,
    /// Nothing was searched for: everything is evaluated at the starting values.
    Evaluated,
    /// The search could not improve further with the gradient above tolerance.
    Almost,
    /// The evaluation limit came first.
    LimitReached,
    /// Stopped from outside; the best point so far.
    Interrupted,
    /// Markets could not be inverted, or costs not be computed.
    Failed,
    /// The data do not determine the parameters.
    NotIdentified,
}

impl EstimateStatus {
    /// Whether the estimates may be used.
    pub fn is_usable(self) -> bool {
        self <= EstimateStatus::Evaluated
    }

    /// The word used in tables and JSON.
    pub fn word(self) -> &'static str {
        match self {
            EstimateStatus::Converged => "converged",
            EstimateStatus::Evaluated => "evaluated",
            EstimateStatus::Almost => "almost",
            EstimateStatus::LimitReached => "limit_reached",
            EstimateStatus::Interrupted => "interrupted",
            EstimateStatus::Failed => "failed",
            EstimateStatus::NotIdentified => "not_identified",
        }
    }

    /// What it means, as a fragment.
    pub fn meaning(self) -> &'static str {
        match self {
            EstimateStatus::Converged => "converged",
            EstimateStatus::Evaluated => "evaluated at the starting values, nothing searched for",
            EstimateStatus::Almost => "stopped improving above the gradient tolerance",
            EstimateStatus::LimitReached => "not converged: the evaluation limit came first",
            EstimateStatus::Interrupted => "interrupted: the best point so far",
            EstimateStatus::Failed => "failed: nothing can be evaluated at the point",
            EstimateStatus::NotIdentified => "the data do not determine the parameters",
        }
    }
}

/// What a parameter belongs to.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum ParameterKind {
    /// Root of the covariance of tastes: `row` and `column` are characteristics.
    Sigma,
    /// Effect of a demographic on a taste: `row` is the characteristic, `column` the demographic.
    Pi,
    /// Correlation within nests: `row` is the nest, empty when it is one for all.
    Rho,
    /// Coefficient of mean utility: `row` is the characteristic.
    Beta,
    /// Coefficient of marginal cost: `row` is the characteristic.
    Gamma,
}

impl ParameterKind {
    /// The word used in tables and JSON.
    pub fn word(self) -> &'static str {
        match self {
            ParameterKind::Sigma => "sigma",
            ParameterKind::Pi => "pi",
            ParameterKind::Rho => "rho",
            ParameterKind::Beta => "beta",
            ParameterKind::Gamma => "gamma",
        }
    }
}

/// How a parameter got its value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ParameterRole {
    /// The search moved it.
    Searched,
    /// Solved for in closed form at the others' values.
    Solved,
    /// Known: its bounds are equal.
    Fixed,
}

impl ParameterRole {
    /// The word used in tables and JSON.
    pub fn word(self) -> &'static str {
        match self {
            ParameterRole::Searched => "searched",
            ParameterRole::Solved => "solved",
            ParameterRole::Fixed => "fixed",
        }
    }
}

/// A bound that a parameter stands at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum AtBound {
    /// Its lower bound.
    Lower,
    /// Its upper bound.
    Upper,
}

/// One parameter.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct EstimatedParameter {
    /// Name with kind and labels, for example `pi[prices, income]`.
    pub name: String,
    /// What it belongs to.
    pub kind: ParameterKind,
    /// Label of its row.
    pub row: String,
    /// Label of its column; empty where there is none.
    pub column: String,
    /// How it got its value.
    pub role: ParameterRole,
    /// Estimate.
    pub estimate: Option<f64>,
    /// Standard error; `None` where it is not known or withheld.
    pub error: Option<f64>,
    /// Why the error is withheld: a code of `conclusions.doubts`. `None` when it is not.
    #[serde(default)]
    pub withheld: Option<String>,
    /// Estimate over standard error.
    pub z: Option<f64>,
    /// Probability of a larger `|z|` when the parameter is zero and `z` standard normal.
    pub p_value: Option<f64>,
    /// Lower bound of the search.
    pub lower: Option<f64>,
    /// Upper bound of the search.
    pub upper: Option<f64>,
    /// The bound that it stands at.
    pub at_bound: Option<AtBound>,
    /// Starting value; `None` where it is solved for.
    pub start: Option<f64>,
}

/// Covariance of the estimates: `V / N`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct CovarianceReport {
    /// Names of the parameters, searched for and solved for.
    pub names: Vec<String>,
    /// Row by row (names x names).
    pub values: Vec<Vec<Option<f64>>>,
}

/// Test of the overidentifying restrictions (Hansen 1982): the objective is chi-square with
/// `degrees` of freedom when all moments hold and the weighting matrix is efficient.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct OveridentificationReport {
    /// The objective at the estimates.
    pub statistic: Option<f64>,
    /// Moments that count less parameters.
    pub degrees: usize,
    /// Probability of a larger statistic; `None` when the weighting matrix was never updated or
    /// there are no degrees of freedom.
    pub p_value: Option<f64>,
}

/// An estimation at whose estimates consumers were drawn anew.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ImportanceReport {
    /// Consumers in each market.
    pub draws: usize,
    /// How the estimation before ended.
    pub first_status: EstimateStatus,
    /// Its objective.
    pub first_objective: Option<f64>,
    /// Its estimates of what was searched for, by name.
    pub first_estimates: Vec<(String, f64)>,
    /// Smallest and largest sum of weights in a market: one up to the noise of the draws.
    pub weights: [f64; 2],
}

/// The first of two estimations, at whose estimates optimal instruments were computed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct OptimalReport {
    /// How the expectation over structural errors was taken, in the words of the study file.
    pub expectation: String,
    /// How the first estimation ended.
    pub first_status: EstimateStatus,
    /// Its objective, of other moments than the second one's.
    pub first_objective: Option<f64>,
    /// Its estimates of what was searched for, by name.
    pub first_estimates: Vec<(String, f64)>,
    /// Spreads of tastes estimated at zero, whose instrument is that of the variance.
    pub at_boundary: Vec<String>,
    /// Markets whose expected prices could not be solved for and are the observed ones.
    pub not_solved: Vec<String>,
}

/// One step of GMM.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct StepReport {
    /// How it ended.
    pub status: EstimateStatus,
    /// Objective at its end, at its own weighting matrix; `None` when nothing was searched for.
    pub objective: Option<f64>,
    /// Largest projected gradient element at its end.
    pub projected_gradient: Option<f64>,
    /// Evaluations of objective and gradient.
    pub evaluations: usize,
    /// Searched parameters at its end.
    pub values: Vec<f64>,
}

/// One start of the search.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct StartReport {
    /// Where it began.
    pub start: Vec<f64>,
    /// Where it ended; empty when nothing could be evaluated.
    pub end: Vec<f64>,
    /// How it ended.
    pub status: EstimateStatus,
    /// Objective at its end.
    pub objective: Option<f64>,
    /// Largest projected gradient element at its end.
    pub projected_gradient: Option<f64>,
    /// Evaluations of objective and gradient.
    pub evaluations: usize,
    /// Largest difference from the best start's parameters, relative to their size (and to one
    /// where they are smaller).
    pub distance: Option<f64>,
}

/// What was checked at the estimates, recomputed from the parameters alone.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct EstimateCertificate {
    /// Largest `|ln observed - ln fitted|` share of all markets.
    pub inversion_residual: f64,
    /// At which it is accepted.
    pub inversion_tolerance: f64,
    /// Largest element of the gradient that bounds do not absorb.
    pub projected_gradient: Option<f64>,
    /// At which it is accepted.
    pub gradient_tolerance: f64,
    /// Eigenvalues of `2 N G'WG` over searched parameters that stand at no bound, with solved
    /// parameters concentrated out: the Hessian of the objective where moments are zero.
    pub gauss_newton_eigenvalues: Vec<f64>,
    /// Eigenvalues of the Hessian from differences of the gradient, over the same parameters;
    /// empty when it was not computed.
    pub hessian_eigenvalues: Vec<f64>,
}

/// Moments and their weighting.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct MomentsReport {
    /// Moments of demand: instruments.
    pub demand: Vec<MomentReport>,
    /// Moments of supply.
    pub supply: Vec<MomentReport>,
    /// Moments of the product of both errors.
    pub covariance: Vec<MomentReport>,
    /// Micro moments: findings of surveys.
    #[serde(default)]
    pub micro: Vec<MicroMomentReport>,
    /// Rank of the weighting matrix.
    pub weighting_rank: usize,
    /// Largest over smallest eigenvalue of the weighting matrix after scaling to a unit
    /// diagonal; `None` when it is singular.
    pub weighting_condition: Option<f64>,
    /// Rank of `G'WG`.
    pub information_rank: usize,
    /// Number of parameters that it is asked to determine: a spread that stands at zero is not one.
    pub information_asked: usize,
    /// Its condition number after scaling to a unit diagonal.
    pub information_condition: Option<f64>,
}

impl MomentsReport {
    /// Number of moments.
    pub fn count(&self) -> usize {
        self.demand.len() + self.supply.len() + self.covariance.len() + self.micro.len()
    }
}

/// One moment.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct MomentReport {
    /// Name of its instrument.
    pub instrument: String,
    /// Mean of the instrument times the structural error.
    pub mean: Option<f64>,
}

/// What a survey found, beside what the estimates say of it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct MicroMomentReport {
    /// Name of the survey.
    pub survey: String,
    /// What it is, in words.
    pub title: String,
    /// What was found.
    pub observed: f64,
    /// The same at the estimates.
    pub estimated: Option<f64>,
    /// Standard error of what was found, by the number of observations.
    pub sampling_error: Option<f64>,
}

/// Size of the data.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct PanelReport {
    /// Markets.
    pub markets: usize,
    /// Products, summed over markets: N.
    pub rows: usize,
    /// Firms; `None` without a column of firms.
    pub firms: Option<usize>,
    /// Consumers or draws, summed over markets.
    pub consumers: usize,
    /// Absorbed fixed effects of demand: levels of each.
    pub demand_effects: Vec<usize>,
    /// Absorbed fixed effects of supply: levels of each.
    pub supply_effects: Vec<usize>,
    /// Clusters of each way of clustering.
    pub clusters: Vec<usize>,
}

fn usual_scale() -> f64 {
    1.0
}

/// Settings that the numbers depend on, in the words of the study file.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct EstimationSettingsReport {
    /// Scale of taste shocks. Parameters, mean utilities and structural errors are in the units of
    /// utility before it is divided by the scale.
    #[serde(default = "usual_scale")]
    pub epsilon_scale: f64,
    /// How often the weighting matrix is updated.
    pub method: String,
    /// Errors in updates of the weighting matrix.
    pub weighting: String,
    /// Errors in standard errors.
    pub errors: String,
    /// Whether moments are centred before their covariance is taken.
    pub center_moments: bool,
    /// Whether the weighting matrix was updated at the starting values.
    pub initial_update: bool,
    /// How the objective is minimised.
    pub algorithm: String,
    /// Largest projected gradient element at which a step is done.
    pub gradient_tolerance: f64,
    /// Most evaluations of a step.
    pub evaluations: usize,
    /// Number of starts.
    pub starts: usize,
    /// Half-width of the box of further starts, relative to the starting values.
    pub spread: f64,
    /// Seed of further starts.
    pub seed: u64,
    /// Largest inversion residual.
    pub inversion_tolerance: f64,
    /// Fingerprint of the study and its tables (FNV-1a, hexadecimal).
    pub fingerprint: String,
}

/// Work done. `evaluations` is the same however often an estimation was broken off and continued;
/// the others count what this process did.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
pub struct WorkReport {
    /// Evaluations of objective and gradient, of all starts and steps, the ones that were taken
    /// from a checkpoint included.
    pub evaluations: usize,
    /// Evaluations that were taken from a checkpoint.
    pub recalled: usize,
    /// Share evaluations of single markets.
    pub share_evaluations: usize,
    /// Factorisations of the derivative of shares in single markets.
    pub factorisations: usize,
    /// Costs moved to a bound at the estimates.
    pub bounded_costs: usize,
}

/// What the estimates say of each product, in the order of the products table.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct EstimatedProducts {
    /// Rows, one per market and product.
    pub rows: Vec<EstimatedProduct>,
}

/// What the estimates say of one product in one market.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct EstimatedProduct {
    /// Market.
    pub market: String,
    /// Product; its position in the market where the table does not name products.
    pub product: String,
    /// Firm; empty without a column of firms.
    pub firm: String,
    /// Observed share.
    pub share: f64,
    /// Price.
    pub price: f64,
    /// Mean utility.
    pub delta: f64,
    /// Structural error of demand.
    pub xi: f64,
    /// Structural error of supply; `None` without supply.
    pub omega: Option<f64>,
    /// Marginal cost; `None` without supply.
    pub cost: Option<f64>,
    /// Price less marginal cost; `None` without supply.
    pub markup: Option<f64>,
}
