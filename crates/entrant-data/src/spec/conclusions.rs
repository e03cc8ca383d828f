//! What is told beside estimates: intervals of what follows from them, tests, robust sets, checks.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Deserialize;

/// What is told beside the estimates (`[estimate.report]`).
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "a table of switches, each with its own key in the study file"
)]
pub struct ConclusionsSpec {
    /// Draws of the estimates behind intervals of elasticities, markups and the like; 0 for none.
    /// Each has the observed shares: mean utilities are inverted again.
    pub draws: usize,
    /// When Anderson-Rubin sets, which hold however weak instruments are, are computed for
    /// coefficients on price, and one-sided tests for spreads of tastes near zero.
    pub robust: RobustSets,
    /// Whether the Anderson-Rubin set of the mean own-price elasticity is computed too; it takes
    /// many times as long.
    pub robust_elasticity: bool,
    /// Whether `--out` writes a table with every pair of products of a market.
    pub pairs: bool,
    /// Whether that table has second choices too.
    pub second_choices: bool,
    /// Bootstrap of the parameters.
    pub bootstrap: BootstrapKind,
    /// Draws of that bootstrap.
    pub bootstrap_draws: usize,
    /// Whether the model is evaluated again with other consumers, to see whether integrals are
    /// exact enough.
    pub audit: bool,
    /// Whether standard errors are shown even where the checks withhold them, to compare them
    /// with another program's.
    pub ungated: bool,
}

impl Default for ConclusionsSpec {
    fn default() -> Self {
        ConclusionsSpec {
            draws: 100,
            robust: RobustSets::Auto,
            robust_elasticity: false,
            pairs: true,
            second_choices: false,
            bootstrap: BootstrapKind::None,
            bootstrap_draws: 200,
            audit: false,
            ungated: false,
        }
    }
}

/// When robust sets are computed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum RobustSets {
    /// Where they take little time, and where instruments may be weak.
    #[default]
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

/// How estimates are drawn again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum BootstrapKind {
    /// Not at all.
    #[default]
    None,
    /// From the normal distribution with the estimates' covariance.
    Parametric,
    /// By random weights on the moments of each cluster, or row (Kline and Santos 2012).
    Score,
    /// By drawing markets with replacement and estimating again.
    Markets,
}

/// A test of restrictions (`[[estimate.test]]`).
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct HypothesisSpec {
    /// Name in the output.
    #[serde(default)]
    pub name: String,
    /// Which test.
    #[serde(default)]
    pub kind: HypothesisKind,
    /// Parameters and the values that they have under the hypothesis, by their names in the
    /// table of parameters.
    #[serde(default)]
    pub parameters: BTreeMap<String, f64>,
    /// Linear combinations and the values that they have under the hypothesis; for `wald`.
    #[serde(default)]
    pub combinations: Vec<CombinationSpec>,
    /// Instruments that should not enter a plain logit; for `iia`.
    #[serde(default)]
    pub instruments: Vec<String>,
}

/// A linear combination of parameters.
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CombinationSpec {
    /// Weight of each parameter.
    pub weights: BTreeMap<String, f64>,
    /// What they add up to under the hypothesis.
    #[serde(default)]
    pub value: f64,
}

/// Tests that can be asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum HypothesisKind {
    /// From the estimates and their covariance.
    #[default]
    Wald,
    /// From the objective with and without the restrictions (Newey and West 1987).
    Distance,
    /// From the objective's slope at the restricted estimates.
    Lm,
    /// Whether instruments of differentiation enter a plain logit (Gandhi and Houde 2020).
    Iia,
}
