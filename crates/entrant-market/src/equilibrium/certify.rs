//! The local proof: first and second order at given prices, recomputed from scratch.

use entrant_data::Status;
use entrant_numeric::linalg::largest_eigenvalue;

use super::PriceProblem;
use super::curvature::foc_jacobians;
use crate::demand::Response;

/// Largest certified `|p - c - zeta| / p`.
pub const RESIDUAL_LIMIT: f64 = 1e-10;
/// Largest certified `|d profit / d p| / share`.
pub const GRADIENT_LIMIT: f64 = 1e-9;
/// Largest certified scaled eigenvalue of a profit Hessian.
pub const CURVATURE_LIMIT: f64 = 0.0;

/// First- and second-order conditions at given prices.
#[derive(Debug, Clone, PartialEq)]
pub struct LocalCertificate {
    /// What the conditions say; never better than `Certified`, and [`Status::LocalOnly`] where
    /// some consumers do not mind a higher price there.
    pub status: Status,
    /// Largest `|p - c - zeta| / p` over free prices (over the markup of a small product where
    /// a price is below it, as negative costs can make it).
    pub residual: f64,
    /// Largest `|d profit / d p| / share` over free prices.
    pub gradient: f64,
    /// Largest eigenvalue over firms of the profit Hessian, each row and column scaled by
    /// `(-lambda_j)^(-1/2)`, so that units of money do not matter: -1 for a small logit product.
    pub curvature: f64,
    /// Largest gap of complementarity over capacities: of the shadow price over the mean price and the
    /// unused part of the capacity the smaller one, which must be zero. Zero where there is none.
    pub capacity: f64,
}

/// Checks the first- and second-order conditions at `price` with code that does not solve.
///
/// The residual is not weighted by shares: a condition that is far off does not look small
/// because nobody buys the product. A product that nobody would buy even at cost has no
/// condition to meet.
pub fn certify(problem: &PriceProblem<'_>, price: &[f64]) -> LocalCertificate {
    let insensitive = problem.demand.mass_without_price_sensitivity();
    if insensitive > 0.0 && problem.free.iter().any(|f| *f) {
        return refused(Status::NoEquilibrium);
    }
    if price.iter().any(|p| !p.is_finite()) {
        return refused(Status::NotConverged);
    }
    let margin = problem.margin(price);
    let (r, hessians) = by_firm(problem, price);
    let (zeta, slope) = (r.zeta(), r.gradient(&margin));
    let (mut residual, mut gradient): (f64, f64) = (0.0, 0.0);
    let live = problem.live(price, &r.share);
    for j in (0..price.len()).filter(|j| live[*j]) {
        residual = worst(
            residual,
            (margin[j] - zeta[j]).abs() / price[j].abs().max(r.natural_margin(j)),
        );
        gradient = worst(gradient, (slope[j] / r.share[j]).abs());
    }
    let chosen = problem.demand.bends.is_some() && live.contains(&true);
    let careless = chosen && problem.demand.mass_insensitive_at(price) > 0.0;
    let curvature = if live == problem.free {
        largest_curvature(&hessians, &r)
    } else {
        let free = &live[..];
        largest_curvature(&by_firm(&PriceProblem { free, ..*problem }, price).1, &r)
    };
    LocalCertificate {
        status: verdict(
            residual,
            gradient,
            if careless { f64::NAN } else { curvature },
        ),
        residual,
        gradient,
        curvature,
        capacity: 0.0,
    }
}

/// A maximum that a `NaN` does not slip through.
fn worst(a: f64, b: f64) -> f64 {
    if b.is_nan() { f64::INFINITY } else { a.max(b) }
}

fn refused(status: Status) -> LocalCertificate {
    LocalCertificate {
        status,
        residual: f64::INFINITY,
        gradient: f64::INFINITY,
        curvature: f64::NAN,
        capacity: 0.0,
    }
}

fn verdict(residual: f64, gradient: f64, curvature: f64) -> Status {
    if residual > 1e-6 || gradient > 1e-5 {
        Status::NotConverged
    } else if curvature.is_nan() || curvature > CURVATURE_LIMIT {
        Status::LocalOnly
    } else if residual > RESIDUAL_LIMIT || gradient > GRADIENT_LIMIT {
        Status::Almost
    } else {
        Status::Certified
    }
}

/// Products with free prices of each firm that has such, and its profit Hessian in them.
type Hessians = Vec<(Vec<usize>, Vec<f64>)>;

fn by_firm(problem: &PriceProblem<'_>, price: &[f64]) -> (Response, Hessians) {
    let firms = (0..problem.ownership.firms()).map(|f| problem.free_products(f));
    let lists: Vec<Vec<usize>> = firms.filter(|list| !list.is_empty()).collect();
    let (response, found) = foc_jacobians(problem, price, &lists);
    let hessians = found.into_iter().map(|(_, hessian)| hessian);
    (response, lists.into_iter().zip(hessians).collect())
}

fn largest_curvature(hessians: &Hessians, r: &Response) -> f64 {
    let mut largest = f64::NEG_INFINITY;
    for (list, hessian) in hessians {
        let mut hessian = hessian.clone();
        let scale: Vec<f64> = list
            .iter()
            .map(|j| (r.natural_margin(*j) / r.share[*j]).sqrt())
            .collect();
        let n = list.len();
        for a in 0..n {
            for b in 0..n {
                hessian[a * n + b] *= scale[a] * scale[b];
            }
        }
        let value = largest_eigenvalue(&hessian, n);
        if value.is_nan() {
            return f64::NAN;
        }
        largest = largest.max(value);
    }
    largest
}
