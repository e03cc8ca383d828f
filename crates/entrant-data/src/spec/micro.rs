//! What surveys of individual consumers say.

use schemars::JsonSchema;
use serde::Deserialize;

/// A survey of individual consumers: who bought what. Each of its moments is an observed number less
/// what the model says of the same consumers and choices, and is met together with the moments of the
/// errors (Petrin 2002; Conlon and Gortmaker 2025).
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct MicroSpec {
    /// Name of the survey.
    pub title: String,
    /// Number of observations; moments are as exact as a mean of so many.
    pub observations: usize,
    /// Markets in which it was made; all when empty.
    #[serde(default)]
    pub markets: Vec<String>,
    /// Who was asked.
    #[serde(default)]
    pub of: SurveyOf,
    /// How likely a consumer was to be asked, up to a multiple: formula of one column on the
    /// consumers table; all alike when absent.
    pub weight: Option<String>,
    /// Whether they were also asked what they would have chosen without their choice.
    #[serde(default)]
    pub second_choices: bool,
    /// What was found.
    pub moment: Vec<MicroMomentSpec>,
}

/// Who was asked in a survey.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum SurveyOf {
    /// Everyone, those who bought nothing included.
    #[default]
    Everyone,
    /// Those who bought something.
    Buyers,
}

/// A number that a survey found: a mean, or with `with` a covariance, of everyone asked or of those
/// `among` whom it was taken.
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct MicroMomentSpec {
    /// What it is, in words.
    pub title: String,
    /// What was found.
    pub value: f64,
    /// What the mean is of.
    pub mean: MicroNumber,
    /// With what `mean` covaries: the moment is their covariance.
    pub with: Option<MicroNumber>,
    /// Among whom, as a number that is 0 or 1: the moment is that of these alone.
    pub among: Option<MicroNumber>,
}

/// A number of a consumer and a choice: the product of what is given.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct MicroNumber {
    /// Of the consumer: formula of one column on the consumers table.
    pub consumer: Option<String>,
    /// Of the product that was chosen: formula of one column on the products table, `1` for any
    /// product; zero where nothing was bought.
    pub product: Option<String>,
    /// The same of the second choice.
    pub second: Option<String>,
}
