//! Average selling prices.

use entrant_data::Status;
use entrant_data::result::Estimate;
use entrant_data::result::tracker::TrackedPrice;

use crate::readings::{Figure, Readings};

/// All prices of a country, in order of quarter.
pub(crate) fn prices(readings: &Readings) -> Vec<TrackedPrice> {
    let price = |((quarter, vendor), figures): (&(_, Option<String>), &Vec<Figure>)| TrackedPrice {
        quarter: *quarter,
        vendor: vendor.clone().unwrap_or_default(),
        price: price(figures),
        sources: figures.iter().map(|f| f.shown.clone()).collect(),
    };
    readings.prices.iter().map(price).collect()
}

/// Geometric mean, from the lowest to the highest figure that sources and rounding allow. One
/// source says nothing about how far sources are apart.
fn price(figures: &[Figure]) -> Estimate {
    let values = figures.iter().map(|f| f.shown.value.ln());
    let central = (values.sum::<f64>() / figures.len() as f64).exp();
    let bounds = figures.iter().map(|f| (f.shown.value, f.shown.rounding));
    let low = bounds
        .clone()
        .map(|(x, r)| x - r)
        .fold(f64::INFINITY, f64::min);
    let high = bounds.map(|(x, r)| x + r).fold(0.0, f64::max);
    let several = figures.len() > 1;
    let known = |x: f64| if several { x } else { f64::NAN };
    Estimate {
        low: known(low),
        median: known(central),
        high: known(high),
        level: 1.0,
        status: if several {
            Status::Exact
        } else {
            Status::NotIdentified
        },
        central: Some(central),
    }
}
