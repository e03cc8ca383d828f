//! Second-choice diversion: where buyers go when their product is not there.

use entrant_numeric::vector;

use super::{Demand, Row};

/// Second-choice diversion, row by row: entry `(j, k)` is the share of the buyers of j who would
/// buy k if j were not on sale; column `products` is buying nothing. Rows of products that sell
/// nothing are zero (products x (products + 1)).
///
/// In a flat logit type the buyers of j spread over the rest in proportion,
/// `s_ik / (1 - s_ij)` (Conlon and Mortimer 2021, equation 7). With nests it is what k's
/// probability gains when j goes, over what j had.
pub fn second_choice_diversion(demand: &Demand, price: &[f64]) -> Vec<f64> {
    let products = demand.products();
    let width = products + 1;
    let mut out = vec![0.0; products * width];
    let mut share = vec![0.0; products];
    let mut row = Row::new(demand);
    for i in 0..demand.types() {
        row.fill(demand, i, price);
        vector::add_scaled(&mut share, demand.weight[i], &row.share);
        for j in 0..products {
            let buyers = demand.weight[i] * row.share[j];
            if buyers > 0.0 {
                let target = &mut out[j * width..(j + 1) * width];
                spread(demand, &row, j, buyers, target);
            }
        }
    }
    for j in 0..products {
        let scale = if share[j] > 0.0 { 1.0 / share[j] } else { 0.0 };
        out[j * width..(j + 1) * width]
            .iter_mut()
            .for_each(|d| *d *= scale);
        out[j * width + j] = 0.0;
    }
    out
}

/// Adds where `buyers` of product `j` of one type go without it.
fn spread(demand: &Demand, row: &Row, j: usize, buyers: f64, target: &mut [f64]) {
    let products = demand.products();
    if demand.rho == 0.0 {
        let factor =
            buyers / remainder(&row.share, j, row.outside, |_| true).max(f64::MIN_POSITIVE);
        vector::add_scaled(&mut target[..products], factor, &row.share);
        target[products] += factor * row.outside;
        return;
    }
    let gain = gain_without(demand, row, j);
    let per_share = buyers / row.share[j];
    for k in (0..products).filter(|k| *k != j) {
        let relative = if demand.nest[k] == demand.nest[j] {
            gain.same_nest
        } else {
            gain.elsewhere
        };
        target[k] += per_share * relative * row.share[k];
    }
    target[products] += per_share * gain.elsewhere * row.outside;
}

/// Relative gains of probabilities when one product goes: in its nest and everywhere else.
struct Gain {
    same_nest: f64,
    elsewhere: f64,
}

/// Without j, the inclusive sum of its nest falls by the factor `(1 - s_j|h)`, so the nest's
/// weight falls by `(1 - s_j|h)^(1 - rho)` and shares within it rise by `1 / (1 - s_j|h)`.
/// What was lost is computed without taking differences of near-equal numbers.
fn gain_without(demand: &Demand, row: &Row, j: usize) -> Gain {
    let same_nest = |k: usize| demand.nest[k] == demand.nest[j];
    let rest = remainder(&row.within, j, 0.0, same_nest);
    let nest_share = row.share[j] / row.within[j];
    let keep = demand.keep(j);
    let elsewhere = remainder(&row.share, j, row.outside, |k| !same_nest(k));
    if rest == 0.0 {
        return Gain {
            same_nest: 0.0,
            elsewhere: nest_share / elsewhere.max(f64::MIN_POSITIVE),
        };
    }
    let log_rest = if rest < 0.5 {
        vector::ln(rest)
    } else {
        vector::ln_1p(-row.within[j])
    };
    let freed = -nest_share * vector::exp_m1(keep * log_rest);
    let total = elsewhere + nest_share * vector::exp(keep * log_rest);
    let rise = vector::exp_m1((keep - 1.0) * log_rest);
    Gain {
        same_nest: (rise + freed) / total,
        elsewhere: freed / total,
    }
}

/// `start` and the probabilities of the products other than `j` that count: one less a
/// probability near one, without the rounding of one.
fn remainder(p: &[f64], j: usize, start: f64, counts: impl Fn(usize) -> bool) -> f64 {
    (0..p.len())
        .filter(|k| *k != j && counts(*k))
        .fold(start, |sum, k| sum + p[k])
}
