//! What-ifs: sets of changes that compose in any order.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{Price, Quantity};

/// A what-if: changes to the economy, and who answers them.
///
/// The changes of one scenario are a set: their order does not matter, and two changes that
/// set the same thing to different values are an error.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ScenarioSpec {
    /// Id, as used in file names and by the report.
    pub id: String,
    /// Title for the reader.
    pub title: String,
    /// A remark for the reader.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub note: String,
    /// Firms that keep their prices; every other firm reprices.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub hold: Vec<String>,
    /// When given, only these firms reprice (and entrants with optimal prices).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reprice: Option<Vec<String>>,
    /// Entrants that come in.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub enter: Vec<EnterSpec>,
    /// Products that go.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub exit: Vec<ExitSpec>,
    /// Firms that may not sell.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub ban: Vec<BanSpec>,
    /// Products that go to another firm, before firms merge.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub divest: Vec<DivestSpec>,
    /// Firms that merge.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub merge: Vec<MergeSpec>,
    /// Stakes that firms take in others, or sell.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub stake: Vec<StakeChangeSpec>,
    /// Changes of marginal cost.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub cost: Vec<CostChangeSpec>,
    /// Tariffs on marginal cost.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tariff: Vec<TariffSpec>,
    /// Currencies in which costs are paid that become dearer or cheaper.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub currency: Vec<CurrencySpec>,
    /// Taxes and subsidies on what is sold.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tax: Vec<TaxSpec>,
    /// What firms can sell at most.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub capacity: Vec<CapacitySpec>,
    /// Changes of a characteristic.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub characteristic: Vec<CharacteristicSpec>,
    /// Changes of who can buy.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub reach: Vec<ReachSpec>,
    /// Changes of the price rule.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub price: Vec<PriceSpec>,
}

impl ScenarioSpec {
    /// This scenario with the changes of another on top: where both set the same thing the other
    /// counts, where both change costs both do. What enters, leaves or changes hands already does
    /// so once.
    #[must_use]
    pub fn and(&self, other: &ScenarioSpec) -> ScenarioSpec {
        let mut both = self.clone();
        let fresh = |old: &[String], new: &[String]| -> Vec<String> {
            new.iter().filter(|p| !old.contains(p)).cloned().collect()
        };
        both.hold.extend(fresh(&self.hold, &other.hold));
        both.reprice = match (&self.reprice, &other.reprice) {
            (Some(a), Some(b)) => Some(a.iter().filter(|f| b.contains(f)).cloned().collect()),
            (a, b) => a.clone().or_else(|| b.clone()),
        };
        let here: Vec<String> = self.enter.iter().flat_map(|e| e.products.clone()).collect();
        for enter in &other.enter {
            let products = fresh(&here, &enter.products);
            if !products.is_empty() {
                both.enter.push(EnterSpec {
                    products,
                    ..enter.clone()
                });
            }
        }
        let sold: Vec<String> = other
            .divest
            .iter()
            .flat_map(|d| d.products.clone())
            .collect();
        for divest in &mut both.divest {
            divest.products.retain(|p| !sold.contains(p));
        }
        both.divest.extend(other.divest.iter().cloned());
        let set = |a: &StakeChangeSpec, b: &StakeChangeSpec| a.owner == b.owner && a.of == b.of;
        both.stake
            .retain(|a| !other.stake.iter().any(|b| set(a, b)));
        both.stake.extend(other.stake.iter().cloned());
        let same = |a: &CharacteristicSpec, b: &CharacteristicSpec| {
            a.product == b.product && a.column == b.column
        };
        both.characteristic
            .retain(|a| !other.characteristic.iter().any(|b| same(a, b)));
        both.characteristic
            .extend(other.characteristic.iter().cloned());
        both.exit.extend(other.exit.iter().cloned());
        both.ban.extend(other.ban.iter().cloned());
        both.merge.extend(other.merge.iter().cloned());
        both.cost.extend(other.cost.iter().cloned());
        both.tariff.extend(other.tariff.iter().cloned());
        both.currency.extend(other.currency.iter().cloned());
        both.tax.extend(other.tax.iter().cloned());
        // Two capacities of the same products hold both: the smaller one counts.
        both.capacity.extend(other.capacity.iter().cloned());
        both.reach.extend(other.reach.iter().cloned());
        both.price.extend(other.price.iter().cloned());
        both
    }
}

/// Which products a change is about: by product, firm or brand (all that are given must hold).
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Selector {
    /// These products; empty means any.
    pub products: Vec<String>,
    /// Of this firm.
    pub firm: Option<String>,
    /// Of this brand.
    pub brand: Option<String>,
}

impl Selector {
    /// Whether nothing at all was selected.
    pub fn is_empty(&self) -> bool {
        self.products.is_empty() && self.firm.is_none() && self.brand.is_none()
    }

    /// Whether a product with this id, firm and brand is selected.
    pub fn matches(&self, product: &str, firm: &str, brand: &str) -> bool {
        (self.products.is_empty() || self.products.iter().any(|p| p == product))
            && self.firm.as_deref().is_none_or(|f| f == firm)
            && self.brand.as_deref().is_none_or(|b| b == brand)
    }
}

/// Entrants that come in, with where and how they are sold in this scenario.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct EnterSpec {
    /// Ids of `[[entrant]]`.
    pub products: Vec<String>,
    /// Markets; all when empty.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub markets: Vec<String>,
    /// Segments in which they are sold; all when absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub segments: Option<Vec<String>>,
    /// Share of those consumers who know of them and can buy, in (0, 1]; 1 when absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub aware: Option<Quantity>,
    /// Price rule in this scenario, in place of the entrants' own.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub price: Option<Price>,
}

/// Products that go.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ExitSpec {
    /// Product ids.
    pub products: Vec<String>,
}

/// A firm that may not sell.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct BanSpec {
    /// Firm.
    pub firm: String,
}

/// Firms that merge and set prices together.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct MergeSpec {
    /// Firms.
    pub firms: Vec<String>,
}

/// Products that go to another firm.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DivestSpec {
    /// Product ids.
    pub products: Vec<String>,
    /// Firm that sells them from now on; it may be new.
    pub to: String,
}

/// The weight that a firm puts on another firm's profit from now on, in place of what it was.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct StakeChangeSpec {
    /// Firm that sets the prices.
    pub owner: String,
    /// Firm whose profit counts.
    pub of: String,
    /// Weight in [0, 1]; 0 ends a stake.
    pub weight: Quantity,
}

/// A currency in which a part of marginal cost is paid: cost times `1 + part_of_cost * change`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CurrencySpec {
    /// Products; with `firm` and `brand` all must hold.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub products: Vec<String>,
    /// Of this firm.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub firm: Option<String>,
    /// Of this brand.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub brand: Option<String>,
    /// Part of marginal cost that is paid in it, in [0, 1].
    pub part_of_cost: Quantity,
    /// Relative change of its price, above -1.
    pub change: Quantity,
}

/// A tax on what is sold; a subsidy is negative. Prices are those that consumers pay.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TaxSpec {
    /// Products; with `firm` and `brand` all must hold.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub products: Vec<String>,
    /// Of this firm.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub firm: Option<String>,
    /// Of this brand.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub brand: Option<String>,
    /// Part of the consumers' price, below 1. All products of a firm must have the same part.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub of_price: Option<Quantity>,
    /// Money per unit.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub per_unit: Option<Quantity>,
}

/// What a firm can sell at most, in each market, of the products that are selected, together. They must
/// be of one firm after the scenario.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CapacitySpec {
    /// Products; with `firm` and `brand` all must hold.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub products: Vec<String>,
    /// Of this firm.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub firm: Option<String>,
    /// Of this brand.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub brand: Option<String>,
    /// Markets; all when empty.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub markets: Vec<String>,
    /// Units per period; exactly one of this and `times_today`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub units: Option<Quantity>,
    /// As a multiple of what the selected products sell today.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub times_today: Option<Quantity>,
}

/// A change of marginal cost: cost times `factor`, plus `add`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CostChangeSpec {
    /// Products; with `firm` and `brand` all must hold.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub products: Vec<String>,
    /// Of this firm.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub firm: Option<String>,
    /// Of this brand.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub brand: Option<String>,
    /// Added, in currency.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub add: Option<Quantity>,
    /// Multiplied first.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub factor: Option<Quantity>,
}

/// A tariff on marginal cost: cost times (1 + rate).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TariffSpec {
    /// Products; with `firm` and `brand` all must hold.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub products: Vec<String>,
    /// Of this firm.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub firm: Option<String>,
    /// Of this brand.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub brand: Option<String>,
    /// Rate as a share of marginal cost.
    pub rate: Quantity,
}

/// A characteristic set to a new value, worth what the incumbents' mean utilities reveal.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CharacteristicSpec {
    /// Product.
    pub product: String,
    /// Column.
    pub column: String,
    /// New value.
    pub value: f64,
}

/// Who can buy: segments, and the share of their consumers who know of the product.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ReachSpec {
    /// Products; with `firm` and `brand` all must hold.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub products: Vec<String>,
    /// Of this firm.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub firm: Option<String>,
    /// Of this brand.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub brand: Option<String>,
    /// Segments in which they are sold; unchanged when absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub segments: Option<Vec<String>>,
    /// Share of those consumers who know of them, in (0, 1]; unchanged when absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub aware: Option<Quantity>,
}

/// A change of the price rule.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PriceSpec {
    /// Products; with `firm` and `brand` all must hold.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub products: Vec<String>,
    /// Of this firm.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub firm: Option<String>,
    /// Of this brand.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub brand: Option<String>,
    /// New rule; exactly one of `price` and `margin`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub price: Option<Price>,
    /// Target margin as a share of price: price = cost / (1 - margin).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub margin: Option<Quantity>,
}

macro_rules! selector {
    ($($type:ty),*) => {
        $(impl $type {
            /// Which products this change is about.
            pub fn selector(&self) -> Selector {
                Selector { products: self.products.clone(), firm: self.firm.clone(), brand: self.brand.clone() }
            }
        })*
    };
}

selector!(
    CostChangeSpec,
    TariffSpec,
    CurrencySpec,
    TaxSpec,
    CapacitySpec,
    ReachSpec,
    PriceSpec
);
