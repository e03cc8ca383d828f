//! Consumers' surplus, profits, concentration.

use super::market::PanelMarket;
use super::ownership::Ownership;

/// Consumers' surplus of one market.
#[derive(Debug, Clone, PartialEq)]
pub struct Surplus {
    /// Per potential buyer, in money.
    pub mean: f64,
    /// Of every consumer (consumers).
    pub each: Vec<f64>,
    /// Weight of consumers to whom money is worth nothing or less than nothing; their surplus is
    /// in the mean and means nothing.
    pub without_sensitivity: f64,
}

impl PanelMarket<'_> {
    /// Consumers' surplus against a market in which nothing can be bought:
    /// `ln(1 + sum_j exp V_ij) / a_i`, with nests the sum over nests of
    /// `(sum_j exp(V_ij / (1 - rho)))^(1 - rho)` (Small and Rosen 1981).
    ///
    /// `a_i` is what money is worth to the consumer. Where utility is linear in price it is the
    /// negative of the price coefficient. Where it is not, the worth of money differs by product,
    /// no closed form exists, and `a_i` is the mean over the consumer's own choices,
    /// `-sum_j s_ij alpha_ij / sum_j s_ij`.
    pub fn surplus(&self) -> Surplus {
        let mut out = Surplus {
            mean: 0.0,
            each: Vec::with_capacity(self.data.consumers()),
            without_sensitivity: 0.0,
        };
        let worths = self.worth_of_money();
        self.each_tile(|tile| {
            for (r, log_sum) in tile.log_sums().enumerate() {
                let i = tile.consumers.start + r;
                let (w, worth) = (self.data.consumers.weight[i], worths[i]);
                out.each.push(log_sum / worth);
                out.mean += w * log_sum / worth;
                out.without_sensitivity += if worth > 0.0 { 0.0 } else { w };
            }
        });
        out
    }

    /// What money is worth to every consumer, as in [`PanelMarket::surplus`] (consumers).
    pub(super) fn worth_of_money(&self) -> Vec<f64> {
        let (n, stride) = (self.data.products(), self.data.stride);
        let mut slope = vec![0.0; stride];
        let mut out = Vec::with_capacity(self.data.consumers());
        self.each_tile(|tile| {
            for (r, p) in tile.p.chunks_exact(stride).enumerate() {
                self.slopes(&self.utility.slope, tile.consumers.start + r, &mut slope);
                out.push(-mean_slope(&p[..n], &slope[..n]));
            }
        });
        out
    }
}

/// Mean of slopes over what is bought; the slope itself where all are equal.
fn mean_slope(p: &[f64], slope: &[f64]) -> f64 {
    let Some(first) = slope.first() else {
        return f64::NAN;
    };
    if slope.iter().all(|s| s - first == 0.0) {
        return *first;
    }
    let bought: f64 = p.iter().sum();
    if bought > 0.0 {
        p.iter().zip(slope).map(|(p, s)| p * s).sum::<f64>() / bought
    } else {
        slope.iter().sum::<f64>() / slope.len() as f64
    }
}

/// Profits per potential buyer, `(p - c) s` (products).
pub fn profits(price: &[f64], cost: &[f64], share: &[f64]) -> Vec<f64> {
    let margins = price.iter().zip(cost).map(|(p, c)| p - c);
    margins.zip(share).map(|(m, s)| m * s).collect()
}

/// Herfindahl-Hirschman index: 10,000 times the sum over firms of the squared share of what is
/// sold.
pub fn concentration(owners: &Ownership, share: &[f64]) -> f64 {
    let sold: f64 = share.iter().sum();
    let mut firm = vec![0.0; owners.firms];
    for (f, s) in owners.firm.iter().zip(share) {
        firm[*f] += s / sold;
    }
    1e4 * firm.iter().map(|s| s * s).sum::<f64>()
}
