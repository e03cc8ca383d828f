//! Validated markets. Every invariant is in the type; nothing re-checks it later.

use std::collections::BTreeMap;

use crate::quantity::Mark;

/// Where a share comes from.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum ShareBasis {
    /// Share of all potential buyers.
    Share(f64),
    /// Units sold.
    Units(f64),
    /// Weight within its brand.
    Mix(f64),
}

/// One product of one market, as validated.
#[derive(Debug, Clone, PartialEq)]
pub struct ProductRow {
    /// Id, unique within the market.
    pub id: String,
    /// Firm that sets the price.
    pub firm: String,
    /// Brand.
    pub brand: String,
    /// Price, above 0.
    pub price: f64,
    /// Share, units or within-brand weight, above 0.
    pub basis: ShareBasis,
    /// Segments in which it is sold; empty means all.
    pub segments: Vec<String>,
    /// Share of consumers who know of it, in (0, 1].
    pub aware: f64,
    /// Characteristics, in the order of [`Panel::characteristics`].
    pub x: Vec<f64>,
    /// Text columns that the study uses (nest, loyalty group), by column.
    pub labels: BTreeMap<String, String>,
    /// How firm the price is.
    pub mark: Mark,
    /// Where the price was read.
    pub source: String,
    /// 1-based line in the products file.
    pub line: usize,
}

/// A brand's share of the units sold in a market.
#[derive(Debug, Clone, PartialEq)]
pub struct BrandRow {
    /// Brand.
    pub brand: String,
    /// Share of units sold, above 0; the shares of a market are normalised to one.
    pub share: f64,
    /// Standard deviation across sources, at least 0.
    pub sd: f64,
    /// How firm it is.
    pub mark: Mark,
    /// Where it was read.
    pub source: String,
}

/// One market, as validated.
#[derive(Debug, Clone, PartialEq)]
pub struct MarketPanel {
    /// Id.
    pub id: String,
    /// Products, in file order; at least one.
    pub products: Vec<ProductRow>,
    /// Brand totals, sorted by brand; empty unless the basis is [`ShareBasis::Mix`].
    pub brands: Vec<BrandRow>,
}

/// Validated markets and the characteristics that describe their products.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Panel {
    /// Names of the numeric characteristics.
    pub characteristics: Vec<String>,
    /// Markets, in the order of the study file.
    pub markets: Vec<MarketPanel>,
}
