//! The study file itself and its data section.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Deserialize;

use super::{
    BacktestSpec, DemandSpec, EntrantSpec, GameSpec, PremiumsSpec, ReportSpec, ScenarioSpec,
    SupplySpec, SurfaceSpec, TimingSpec, TrackerSpec, TransferSpec, WorthSpec,
};
use crate::Quantity;

/// A study: a question, its data, its model and its scenarios. The whole of `study.toml`.
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Study {
    /// Title of the report.
    pub title: String,
    /// The question in one sentence.
    pub question: String,
    /// Currency code of every price, cost and value, for labels only.
    #[serde(default = "dollars")]
    pub currency: String,
    /// Remarks for the reader of the report.
    #[serde(default)]
    pub notes: Vec<String>,
    /// Data files and their columns.
    pub data: DataSpec,
    /// Markets, one table each.
    pub market: Vec<MarketSpec>,
    /// Named uncertain inputs; any quantity of the study may name one.
    #[serde(default)]
    pub inputs: BTreeMap<String, Quantity>,
    /// Sales channels into which consumers are divided; without any, all consumers are in one.
    #[serde(default)]
    pub segment: Vec<SegmentSpec>,
    /// Demand.
    pub demand: DemandSpec,
    /// Supply.
    #[serde(default)]
    pub supply: SupplySpec,
    /// Products that are not sold yet.
    #[serde(default)]
    pub entrant: Vec<EntrantSpec>,
    /// What-ifs.
    #[serde(default)]
    pub scenario: Vec<ScenarioSpec>,
    /// Choices of what to sell.
    #[serde(default)]
    pub game: Vec<GameSpec>,
    /// Prices that a firm commits to before rivals answer.
    #[serde(default)]
    pub surface: Vec<SurfaceSpec>,
    /// What features and brands are worth.
    pub premiums: Option<PremiumsSpec>,
    /// What the entry is worth.
    pub worth: Option<WorthSpec>,
    /// When to enter.
    pub timing: Option<TimingSpec>,
    /// What actually happened, to score a scenario against.
    pub backtest: Option<BacktestSpec>,
    /// Published figures of several sources, reconciled.
    pub tracker: Option<TrackerSpec>,
    /// A brand effect from countries where the entrant meets the same rivals already.
    pub transfer: Option<TransferSpec>,
    /// What the report shows.
    #[serde(default)]
    pub report: ReportSpec,
    /// Draws, seed and level.
    #[serde(default)]
    pub settings: Settings,
}

impl Study {
    /// Which segments a list of ids names; an empty list names all. One segment when the study
    /// has none.
    pub fn segment_mask(&self, ids: &[String]) -> Vec<bool> {
        if self.segment.is_empty() {
            return vec![true];
        }
        self.segment
            .iter()
            .map(|s| ids.is_empty() || ids.contains(&s.id))
            .collect()
    }
}

pub(super) fn dollars() -> String {
    "USD".into()
}

/// Data files and their columns.
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DataSpec {
    /// CSV or Parquet table with one row per market and product.
    pub products: String,
    /// CSV or Parquet table of brand totals (`market`, `brand`, `share` of units sold, and
    /// optionally `sd`, `mark`, `source`), for studies that know brand shares and a
    /// within-brand `mix`.
    pub brands: Option<String>,
    /// Names of the columns in `products`, where they differ from the defaults.
    #[serde(default)]
    pub columns: ColumnSpec,
    /// Numeric columns of `products` that describe a product.
    #[serde(default)]
    pub characteristics: Vec<String>,
    /// Concentration of the Dirichlet distribution around the within-brand `mix`
    /// (the larger, the surer); absent means the mix is exact.
    pub mix_concentration: Option<f64>,
    /// Known average selling prices, met by tilting the within-brand mix.
    #[serde(default)]
    pub average_price: Vec<AveragePriceSpec>,
}

/// A known average selling price of one brand; the within-brand mix is tilted by
/// `exp(lambda * price)` (the smallest change in the Kullback-Leibler sense) to meet it.
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AveragePriceSpec {
    /// Brand whose mix is tilted.
    pub brand: String,
    /// Units-weighted mean price.
    pub value: Quantity,
}

/// Names of the columns in the products table. Every default is the field's own name.
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct ColumnSpec {
    /// Market id; without such a column every row belongs to the only market.
    pub market: String,
    /// Product id, unique within a market.
    pub product: String,
    /// Firm that sets the price.
    pub firm: String,
    /// Brand; the firm where the column is missing.
    pub brand: String,
    /// Price.
    pub price: String,
    /// Units sold in the period.
    pub units: String,
    /// Share of all potential buyers, the ones who buy nothing included.
    pub share: String,
    /// Share within the brand (need not sum to one; it is normalised).
    pub mix: String,
    /// Segments in which the product is sold, `|` between them; empty means all.
    pub segments: String,
    /// Share of consumers who know of the product, in (0, 1]; empty means 1.
    pub aware: String,
    /// Mark of the price: verified, derived, recalled or assumed.
    pub mark: String,
    /// Source of the price.
    pub source: String,
}

impl Default for ColumnSpec {
    fn default() -> Self {
        let own = |s: &str| s.to_owned();
        ColumnSpec {
            market: own("market"),
            product: own("product"),
            firm: own("firm"),
            brand: own("brand"),
            price: own("price"),
            units: own("units"),
            share: own("share"),
            mix: own("mix"),
            segments: own("segments"),
            aware: own("aware"),
            mark: own("mark"),
            source: own("source"),
        }
    }
}

/// A market: an id, how many units it sold, and how many potential buyers it had.
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct MarketSpec {
    /// Id, as in the `market` column.
    pub id: String,
    /// Period, for labels.
    #[serde(default)]
    pub period: String,
    /// Units sold by all products together; from the `units` column when absent.
    pub units: Option<Quantity>,
    /// Potential buyers, the ones who bought nothing included.
    pub size: Option<Quantity>,
    /// Share of potential buyers who bought nothing, in (0, 1).
    pub outside_share: Option<Quantity>,
}

/// A sales channel: a part of the consumers who can buy only what is sold in it.
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SegmentSpec {
    /// Id, as used by `segments`.
    pub id: String,
    /// Share of consumers; the shares of all segments are normalised to one.
    pub share: Quantity,
}

/// How many draws, from which seed, and which interval.
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Settings {
    /// Number of draws of the uncertain inputs.
    pub draws: usize,
    /// Seed of every random stream.
    pub seed: u64,
    /// Probability that the reported intervals cover, in (0, 1).
    pub level: f64,
}

impl Default for Settings {
    fn default() -> Self {
        Settings {
            draws: 1000,
            seed: 2018,
            level: 0.9,
        }
    }
}
