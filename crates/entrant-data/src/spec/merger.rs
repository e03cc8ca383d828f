//! A merger study: a few public numbers on one market, and what may happen to it.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Deserialize;

use crate::{Parameter, Quantity};

/// A study file with a `[merger]` table.
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct MergerStudy {
    /// Title for the reader.
    #[serde(default)]
    pub title: String,
    /// The question in one sentence.
    #[serde(default)]
    pub question: String,
    /// Where the numbers come from.
    #[serde(default)]
    pub source: String,
    /// Currency of prices, as an ISO code.
    #[serde(default)]
    pub currency: String,
    /// How the market works.
    pub merger: MergerSpec,
    /// Uncertain numbers that several places name.
    #[serde(default)]
    pub inputs: BTreeMap<String, Quantity>,
    /// Products.
    pub product: Vec<MergerProduct>,
    /// Stakes before.
    #[serde(default)]
    pub stake: Vec<MergerStake>,
    /// What may happen.
    #[serde(default)]
    pub scenario: Vec<MergerScenario>,
}

/// How the market of a merger study works.
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct MergerSpec {
    /// Form of demand.
    pub demand: MergerDemand,
    /// How firms compete.
    #[serde(default)]
    pub conduct: MergerConduct,
    /// Share of consumers (of spending under CES) that goes to nothing here, or `"calibrate"`.
    /// Without it shares that sum to less than one leave it, and everybody buys otherwise.
    pub outside_share: Option<Parameter>,
    /// Elasticity of all products together.
    pub market_elasticity: Option<Quantity>,
    /// Nest parameter in (0, 1], or `"calibrate"`. Nested logit: one is the flat logit. AIDS: the odds
    /// of going to another nest over those that shares lead to expect; one is diversion by share.
    pub nest_strength: Option<Parameter>,
    /// Nests with a parameter of their own (nested logit), in place of `nest_strength`.
    #[serde(default)]
    pub nest_strengths: BTreeMap<String, Quantity>,
    /// Power of buyers in bargaining, from 0 (Bertrand) to below 1; 0.5 when absent.
    pub bargaining_power: Option<Quantity>,
    /// Units sold of all products (money under CES and AIDS) when shares are given.
    pub total: Option<f64>,
    /// Whether marginal cost rises in proportion to quantity (homogeneous products).
    #[serde(default)]
    pub rising_cost: bool,
    /// Price rise of the hypothetical monopolist.
    #[serde(default = "five_percent")]
    pub ssnip: f64,
    /// Draws of uncertain numbers.
    #[serde(default = "draws")]
    pub draws: u32,
    /// Seed of the draws.
    #[serde(default)]
    pub seed: u64,
    /// Probability that intervals cover.
    #[serde(default = "level")]
    pub level: f64,
}

fn five_percent() -> f64 {
    0.05
}

fn draws() -> u32 {
    1000
}

fn level() -> f64 {
    0.9
}

/// Form of demand of a merger study.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum MergerDemand {
    /// Logit.
    Logit,
    /// Nested logit; one nest parameter, or one for each nest.
    NestedLogit,
    /// Constant elasticity of substitution.
    Ces,
    /// Linear, diversion by share.
    Linear,
    /// Constant elasticities, diversion by share.
    LogLinear,
    /// LA-AIDS and PCAIDS: diversion by share of spending, less between nests than within them where
    /// `nest_strength` is below one.
    Aids,
    /// One homogeneous product, linear demand.
    HomogeneousLinear,
    /// One homogeneous product, constant elasticity.
    HomogeneousConstantElasticity,
}

/// How firms compete in a merger study.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum MergerConduct {
    /// Firms set prices.
    #[default]
    Bertrand,
    /// Firms set quantities.
    Cournot,
    /// Second-score auction.
    Auction,
    /// Nash bargaining.
    Bargaining,
    /// Second-score bargaining.
    AuctionBargaining,
}

/// What is known about a product of a merger study.
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct MergerProduct {
    /// Id.
    pub id: String,
    /// Firm; the id when absent.
    pub firm: Option<String>,
    /// Price; may be left out under AIDS demand alone.
    pub price: Option<Quantity>,
    /// Share of units (of spending under CES and AIDS). Either every product has one, or every
    /// product a quantity.
    pub share: Option<Quantity>,
    /// Units sold.
    pub quantity: Option<Quantity>,
    /// Margin as a part of what the seller receives.
    pub margin: Option<Quantity>,
    /// Own-price elasticity (AIDS).
    pub elasticity: Option<Quantity>,
    /// Nest (nested logit, AIDS).
    pub nest: Option<String>,
    /// Most units that can be sold (logit, Bertrand).
    pub capacity: Option<f64>,
    /// Part of the price that goes to the government.
    #[serde(default)]
    pub tax: f64,
    /// Money per unit that goes to the government.
    #[serde(default)]
    pub unit_tax: f64,
}

/// A stake of one firm in another.
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct MergerStake {
    /// Firm with the stake.
    pub owner: String,
    /// Firm in which it is.
    pub of: String,
    /// Weight on its profit.
    pub share: f64,
}

/// A set of changes, made in the order of the fields here.
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct MergerScenario {
    /// Id.
    pub id: String,
    /// Title for the reader.
    #[serde(default)]
    pub title: String,
    /// Products that move to another firm, before firms merge.
    #[serde(default)]
    pub divest: Vec<MergerDivest>,
    /// Firms that merge.
    #[serde(default)]
    pub merge: Vec<MergerMerge>,
    /// Stakes taken.
    #[serde(default)]
    pub stake: Vec<MergerStake>,
    /// Changes of marginal cost.
    #[serde(default)]
    pub cost: Vec<MergerCost>,
    /// Foreign currencies that become dearer or cheaper.
    #[serde(default)]
    pub currency: Vec<MergerCurrency>,
    /// Taxes and tariffs from now on.
    #[serde(default)]
    pub tax: Vec<MergerTax>,
    /// Products that leave.
    #[serde(default)]
    pub exit: Vec<String>,
    /// Products that enter.
    #[serde(default)]
    pub enter: Vec<MergerEnter>,
}

/// Products that move to another firm.
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct MergerDivest {
    /// Products.
    pub products: Vec<String>,
    /// Firm, which may be new.
    pub to: String,
}

/// Firms that merge.
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct MergerMerge {
    /// Firms.
    pub firms: Vec<String>,
    /// Name of the merged firm; the first of them when absent.
    pub into: Option<String>,
}

/// A change of marginal cost: multiplied first, then added to.
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct MergerCost {
    /// Products.
    pub products: Vec<String>,
    /// Factor.
    pub factor: Option<f64>,
    /// Money per unit.
    #[serde(default)]
    pub add: f64,
}

/// A foreign currency whose price changes.
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct MergerCurrency {
    /// Products.
    pub products: Vec<String>,
    /// Part of marginal cost that is paid in it.
    pub part_of_cost: f64,
    /// Relative change of its price.
    pub change: f64,
}

/// Taxes of products from now on; subsidies are negative.
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct MergerTax {
    /// Products.
    pub products: Vec<String>,
    /// Part of the consumers' price that goes to the government.
    pub of_price: Option<f64>,
    /// The same as a tariff on what the seller receives; either of the two.
    pub tariff: Option<f64>,
    /// Money per unit.
    #[serde(default)]
    pub per_unit: f64,
}

/// A product that enters.
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct MergerEnter {
    /// Id.
    pub id: String,
    /// Firm; the id when absent.
    pub firm: Option<String>,
    /// Product that it is like in quality and nest.
    pub like: String,
    /// Money by which consumers value it more than that product.
    #[serde(default)]
    pub plus: f64,
    /// Marginal cost.
    pub cost: f64,
}

impl MergerStudy {
    /// Visits every uncertain number with its key path, those of `[inputs]` first.
    pub fn visit_quantities(&mut self, visit: &mut dyn FnMut(&str, &mut Quantity)) {
        for (name, q) in &mut self.inputs {
            visit(&format!("inputs.{name}"), q);
        }
        let m = &mut self.merger;
        for (name, q) in [
            ("merger.market_elasticity", &mut m.market_elasticity),
            ("merger.bargaining_power", &mut m.bargaining_power),
        ] {
            if let Some(q) = q {
                visit(name, q);
            }
        }
        for (name, q) in [
            ("merger.outside_share", &mut m.outside_share),
            ("merger.nest_strength", &mut m.nest_strength),
        ] {
            if let Some(Parameter::Given(q)) = q {
                visit(name, q);
            }
        }
        for (nest, q) in &mut m.nest_strengths {
            visit(&format!("merger.nest_strengths.{nest}"), q);
        }
        for (i, p) in self.product.iter_mut().enumerate() {
            for (key, q) in [
                ("price", &mut p.price),
                ("share", &mut p.share),
                ("quantity", &mut p.quantity),
                ("margin", &mut p.margin),
                ("elasticity", &mut p.elasticity),
            ] {
                if let Some(q) = q {
                    visit(&format!("product[{i}].{key}"), q);
                }
            }
        }
    }
}
