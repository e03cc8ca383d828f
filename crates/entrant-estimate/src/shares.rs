//! From units, shares or brand shares and mixes to shares of all potential buyers.

use std::collections::BTreeMap;

use entrant_data::panel::{MarketPanel, ProductRow, ShareBasis};
use entrant_data::spec::{AveragePriceSpec, MarketSpec};
use entrant_data::{InputError, Quantity};
use entrant_numeric::root::decreasing_root;
use entrant_numeric::vector::{exp, ln};

/// What was observed in a market, at one draw of the uncertain inputs.
#[derive(Debug, Clone, PartialEq)]
pub struct ObservedMarket {
    /// Potential buyers per period.
    pub size: f64,
    /// Share of potential buyers, by product (products).
    pub share: Vec<f64>,
    /// Price, by product (products).
    pub price: Vec<f64>,
}

impl ObservedMarket {
    /// Share of potential buyers who buy nothing.
    pub fn outside(&self) -> f64 {
        1.0 - self.share.iter().sum::<f64>()
    }

    /// Units-weighted mean price.
    pub fn average_price(&self) -> f64 {
        let spend: f64 = self.share.iter().zip(&self.price).map(|(s, p)| s * p).sum();
        spend / self.share.iter().sum::<f64>()
    }
}

/// Shares of all potential buyers and market size, with the within-brand mix tilted to meet
/// known average prices.
///
/// # Errors
/// When shares leave (0, 1), sum to one or more, or an average price lies outside the range of
/// the brand's own prices.
pub fn observe(
    spec: &MarketSpec,
    panel: &MarketPanel,
    average_prices: &[AveragePriceSpec],
) -> Result<ObservedMarket, InputError> {
    let price: Vec<f64> = panel.products.iter().map(|p| p.price).collect();
    let parts = unit_parts(panel, average_prices)?;
    let total: f64 = parts.iter().sum();
    let (size, outside) = size_and_outside(spec, panel, total)?;
    let share: Vec<f64> = parts.iter().map(|u| (1.0 - outside) * u / total).collect();
    check(spec, panel, &share)?;
    Ok(ObservedMarket { size, share, price })
}

/// Something proportional to units, by product.
fn unit_parts(
    panel: &MarketPanel,
    average_prices: &[AveragePriceSpec],
) -> Result<Vec<f64>, InputError> {
    let mut parts: Vec<f64> = panel.products.iter().map(raw).collect();
    for asp in average_prices {
        tilt(panel, &mut parts, asp)?;
    }
    if !matches!(
        panel.products.first().map(|p| p.basis),
        Some(ShareBasis::Mix(_))
    ) {
        return Ok(parts);
    }
    let mut sums: BTreeMap<&str, f64> = BTreeMap::new();
    for (p, u) in panel.products.iter().zip(&parts) {
        *sums.entry(&p.brand).or_insert(0.0) += u;
    }
    let shares: BTreeMap<&str, f64> = panel
        .brands
        .iter()
        .map(|b| (b.brand.as_str(), b.share))
        .collect();
    let scaled = |(p, u): (&ProductRow, &f64)| {
        shares
            .get(p.brand.as_str())
            .map(|s| s * u / sums[p.brand.as_str()])
            .ok_or_else(|| {
                InputError::at(
                    "data.brands",
                    format!("brand `{}` has products but no share", p.brand),
                )
            })
    };
    panel.products.iter().zip(&parts).map(scaled).collect()
}

fn raw(p: &ProductRow) -> f64 {
    match p.basis {
        ShareBasis::Share(v) | ShareBasis::Units(v) | ShareBasis::Mix(v) => v,
    }
}

/// Multiplies the units of a brand by `exp(lambda price)`, with lambda such that the brand's
/// mean price is the known one and its total stays; the smallest change of the mix in the
/// Kullback-Leibler sense (Csiszar 1975).
fn tilt(panel: &MarketPanel, parts: &mut [f64], asp: &AveragePriceSpec) -> Result<(), InputError> {
    let index: Vec<usize> = (0..parts.len())
        .filter(|j| panel.products[*j].brand == asp.brand)
        .collect();
    let price: Vec<f64> = index.iter().map(|j| panel.products[*j].price).collect();
    let (low, high) = price
        .iter()
        .fold((f64::INFINITY, 0.0_f64), |(l, h), p| (l.min(*p), h.max(*p)));
    let target = asp.value.value();
    if !(target > low && target < high) {
        let text = format!(
            "average price of `{}` must lie between its cheapest and dearest product, {low} and {high}",
            asp.brand
        );
        return Err(InputError::at("data.average_price", text).value(target.to_string()));
    }
    let units: Vec<f64> = index.iter().map(|j| parts[*j]).collect();
    let weights = |lambda: f64| -> Vec<f64> {
        let top = price
            .iter()
            .map(|p| lambda * p / high)
            .fold(f64::NEG_INFINITY, f64::max);
        units
            .iter()
            .zip(&price)
            .map(|(u, p)| u * exp(lambda * p / high - top))
            .collect()
    };
    let gap = |lambda: f64| {
        let w = weights(lambda);
        target - w.iter().zip(&price).map(|(w, p)| w * p).sum::<f64>() / w.iter().sum::<f64>()
    };
    let lambda = decreasing_root(gap, -600.0, 600.0);
    let tilted = weights(lambda);
    let scale = units.iter().sum::<f64>() / tilted.iter().sum::<f64>();
    for (j, w) in index.iter().zip(&tilted) {
        parts[*j] = w * scale;
    }
    Ok(())
}

/// Potential buyers and outside share, from whichever of units, size and outside share is known.
fn size_and_outside(
    spec: &MarketSpec,
    panel: &MarketPanel,
    total: f64,
) -> Result<(f64, f64), InputError> {
    let known = |q: &Option<Quantity>| q.as_ref().map(Quantity::value);
    let (units, size, outside) = (
        known(&spec.units),
        known(&spec.size),
        known(&spec.outside_share),
    );
    let basis = panel.products.first().map(|p| p.basis);
    let units = units.or(matches!(basis, Some(ShareBasis::Units(_))).then_some(total));
    if matches!(basis, Some(ShareBasis::Share(_))) {
        let size = size.or(units.map(|u| u / total));
        return size
            .map(|s| (s, 1.0 - total))
            .ok_or_else(|| missing(spec, "`size` or `units`"));
    }
    match (units, size, outside) {
        (Some(u), _, Some(o)) => Ok((u / (1.0 - o), o)),
        (Some(u), Some(s), None) => Ok((s, 1.0 - u / s)),
        (None, Some(s), Some(o)) => Ok((s, o)),
        _ => Err(missing(spec, "two of `units`, `size` and `outside_share`")),
    }
}

fn missing(spec: &MarketSpec, what: &str) -> InputError {
    InputError::at("market", format!("market `{}` needs {what}", spec.id))
        .hint("add it to the `[[market]]` table of the study")
}

fn check(spec: &MarketSpec, panel: &MarketPanel, share: &[f64]) -> Result<(), InputError> {
    let total: f64 = share.iter().sum();
    for (p, s) in panel.products.iter().zip(share) {
        if !(*s > 0.0 && *s < 1.0) {
            let text = format!(
                "share of `{}` in market `{}` must lie between 0 and 1",
                p.id, spec.id
            );
            return Err(InputError::at("data.products", text).value(s.to_string()));
        }
    }
    if total >= 1.0 - 1e-9 {
        let text = format!(
            "inside shares of market `{}` sum to {total}, must stay below 1",
            spec.id
        );
        return Err(InputError::at("market", text).hint("give a larger `size` or `outside_share`"));
    }
    Ok(())
}

/// Natural logarithms of shares, for closed forms.
pub(crate) fn log_ratio(share: f64, outside: f64) -> f64 {
    ln(share) - ln(outside)
}

#[cfg(test)]
mod tests {
    use super::*;
    use entrant_data::Mark;
    use entrant_data::panel::BrandRow;

    fn panel() -> MarketPanel {
        let product = |id: &str, brand: &str, price: f64, mix: f64| ProductRow {
            id: id.into(),
            firm: brand.into(),
            brand: brand.into(),
            price,
            basis: ShareBasis::Mix(mix),
            segments: vec![],
            aware: 1.0,
            x: vec![],
            labels: BTreeMap::new(),
            mark: Mark::Assumed,
            source: String::new(),
            line: 2,
        };
        let brand = |b: &str, share: f64| BrandRow {
            brand: b.into(),
            share,
            sd: 0.0,
            mark: Mark::Verified,
            source: String::new(),
        };
        MarketPanel {
            id: "m".into(),
            products: vec![
                product("a", "A", 100.0, 1.0),
                product("b", "A", 300.0, 1.0),
                product("c", "B", 50.0, 7.0),
            ],
            brands: vec![brand("A", 0.75), brand("B", 0.25)],
        }
    }

    fn market() -> MarketSpec {
        MarketSpec {
            id: "m".into(),
            period: String::new(),
            units: Some(Quantity::known(200.0)),
            size: None,
            outside_share: Some(Quantity::known(0.8)),
        }
    }

    #[test]
    fn brand_shares_hold_and_size_follows() {
        let seen = observe(&market(), &panel(), &[]).expect("valid");
        assert!((seen.size - 1000.0).abs() < 1e-9 && (seen.outside() - 0.8).abs() < 1e-15);
        assert!((seen.share[0] - 0.075).abs() < 1e-15 && (seen.share[2] - 0.05).abs() < 1e-15);
    }

    #[test]
    fn mix_is_tilted_to_the_average_price() {
        let asp = AveragePriceSpec {
            brand: "A".into(),
            value: Quantity::known(150.0),
        };
        let seen = observe(&market(), &panel(), &[asp]).expect("valid");
        let mean =
            (seen.share[0] * 100.0 + seen.share[1] * 300.0) / (seen.share[0] + seen.share[1]);
        assert!(
            (mean - 150.0).abs() < 1e-9 && (seen.share[0] + seen.share[1] - 0.15).abs() < 1e-15
        );
        let far = AveragePriceSpec {
            brand: "A".into(),
            value: Quantity::known(350.0),
        };
        assert!(observe(&market(), &panel(), &[far]).is_err());
    }
}
