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
    /// Diversion that is known (linear, log-linear).
    #[serde(default)]
    pub diversion: Vec<MergerDiversion>,
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
    pub tax: Option<Quantity>,
    /// Money per unit that goes to the government.
    pub unit_tax: Option<Quantity>,
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
    pub share: Quantity,
}

/// Part of the units that a product loses by a higher price which goes to another; the rest of them
/// goes to all others by share.
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct MergerDiversion {
    /// Product that loses.
    pub from: String,
    /// Product that gains.
    pub to: String,
    /// Part, in [0, 1].
    pub part: Quantity,
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
    pub factor: Option<Quantity>,
    /// Money per unit.
    pub add: Option<Quantity>,
}

/// A foreign currency whose price changes.
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct MergerCurrency {
    /// Products.
    pub products: Vec<String>,
    /// Part of marginal cost that is paid in it.
    pub part_of_cost: Quantity,
    /// Relative change of its price.
    pub change: Quantity,
}

/// Taxes of products from now on; subsidies are negative.
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct MergerTax {
    /// Products.
    pub products: Vec<String>,
    /// Part of the consumers' price that goes to the government.
    pub of_price: Option<Quantity>,
    /// The same as a tariff on what the seller receives; either of the two.
    pub tariff: Option<Quantity>,
    /// Money per unit.
    pub per_unit: Option<Quantity>,
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
    pub plus: Option<Quantity>,
    /// Marginal cost.
    pub cost: Quantity,
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
                ("tax", &mut p.tax),
                ("unit_tax", &mut p.unit_tax),
            ] {
                if let Some(q) = q {
                    visit(&format!("product[{i}].{key}"), q);
                }
            }
        }
        for (i, s) in self.stake.iter_mut().enumerate() {
            visit(&format!("stake[{i}].share"), &mut s.share);
        }
        for (i, d) in self.diversion.iter_mut().enumerate() {
            visit(&format!("diversion[{i}].part"), &mut d.part);
        }
        for (i, s) in self.scenario.iter_mut().enumerate() {
            s.visit_quantities(&format!("scenario[{i}]"), visit);
        }
    }
}

impl MergerScenario {
    fn visit_quantities(&mut self, path: &str, visit: &mut dyn FnMut(&str, &mut Quantity)) {
        let mut one = |what: &str, j: usize, key: &str, q: &mut Quantity| {
            visit(&format!("{path}.{what}[{j}].{key}"), q);
        };
        for (j, s) in self.stake.iter_mut().enumerate() {
            one("stake", j, "share", &mut s.share);
        }
        for (j, c) in self.currency.iter_mut().enumerate() {
            one("currency", j, "part_of_cost", &mut c.part_of_cost);
            one("currency", j, "change", &mut c.change);
        }
        for (j, e) in self.enter.iter_mut().enumerate() {
            one("enter", j, "cost", &mut e.cost);
        }
        let cost = self.cost.iter_mut().enumerate();
        let cost = cost.flat_map(|(j, c)| {
            [
                ("cost", j, "factor", &mut c.factor),
                ("cost", j, "add", &mut c.add),
            ]
        });
        let tax = self.tax.iter_mut().enumerate();
        let tax = tax.flat_map(|(j, t)| {
            [
                ("tax", j, "of_price", &mut t.of_price),
                ("tax", j, "tariff", &mut t.tariff),
                ("tax", j, "per_unit", &mut t.per_unit),
            ]
        });
        let enter = self.enter.iter_mut().enumerate();
        let enter = enter.map(|(j, e)| ("enter", j, "plus", &mut e.plus));
        for (what, j, key, q) in cost.chain(tax).chain(enter) {
            if let Some(q) = q {
                one(what, j, key, q);
            }
        }
    }
}
