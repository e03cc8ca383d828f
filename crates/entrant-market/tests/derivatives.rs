//! Analytic derivatives against Richardson differences of values.

use entrant_market::demand::{aggregate_elasticity, diversion_ratio, own_elasticities, response};
use entrant_numeric::random::Stream;

use crate::support::{Case, assert_close, derivative, moved, random_case, random_prices, shapes};

/// Step of the differences: truncation of order 1e-15, rounding of order 1e-13.
const H: f64 = 4e-3;
/// Agreement asked of every derivative (relative, or of the stated scale where it may vanish).
const TOLERANCE: f64 = 1e-7;

fn markets() -> Vec<(Case, Vec<f64>)> {
    let mut rng = Stream::new(11, "derivatives", 0);
    let mut all = Vec::new();
    for shape in shapes() {
        for _ in 0..3 {
            let case = random_case(&mut rng, &shape);
            let price = random_prices(&mut rng, &case.cost);
            all.push((case, price));
        }
    }
    all
}

#[test]
fn profit_gradient() {
    for (case, price) in markets() {
        let problem = case.problem();
        let margin = problem.margin(&price);
        let r = response(&case.demand, &case.ownership, &price, &margin);
        let gradient = r.gradient(&margin);
        for j in 0..case.products() {
            let firm = case.ownership.firm[j];
            let numeric = derivative(|h| problem.objective(firm, &moved(&price, j, h)), H);
            assert_close(
                gradient[j],
                numeric,
                TOLERANCE,
                r.share[j],
                "d profit / d p",
            );
            assert_close(
                r.share[j],
                case.demand.shares(&price)[j],
                1e-14,
                0.0,
                "share",
            );
        }
    }
}

#[test]
fn zeta_vanishes_with_the_gradient() {
    for (case, price) in markets() {
        let margin = case.problem().margin(&price);
        let r = response(&case.demand, &case.ownership, &price, &margin);
        let (gradient, zeta) = (r.gradient(&margin), r.zeta());
        for j in 0..case.products() {
            // By algebra: gradient = lambda (m - zeta).
            assert_close(
                r.lambda[j] * (margin[j] - zeta[j]),
                gradient[j],
                1e-12,
                r.share[j],
                "zeta",
            );
        }
    }
}

#[test]
fn own_price_elasticities() {
    for (case, price) in markets() {
        let analytic = own_elasticities(&case.demand, &price);
        for j in 0..case.products() {
            let log_share = |h: f64| {
                case.demand
                    .shares(&moved(&price, j, price[j] * (h.exp() - 1.0)))[j]
                    .ln()
            };
            assert_close(
                analytic[j],
                derivative(log_share, H),
                TOLERANCE,
                0.0,
                "own elasticity",
            );
        }
    }
}

#[test]
fn aggregate_price_elasticity() {
    for (case, price) in markets() {
        let log_units = |h: f64| {
            let scaled: Vec<f64> = price.iter().map(|p| p * h.exp()).collect();
            case.demand.shares(&scaled).iter().sum::<f64>().ln()
        };
        let analytic = aggregate_elasticity(&case.demand, &price);
        assert_close(
            analytic,
            derivative(log_units, H),
            TOLERANCE,
            0.0,
            "aggregate elasticity",
        );
    }
}

#[test]
fn diversion_ratios_of_one_and_of_several_products() {
    for (case, price) in markets() {
        let n = case.products();
        for group in 1..=2.min(n - 1) {
            let from: Vec<bool> = (0..n).map(|j| j < group).collect();
            let to: Vec<bool> = (0..n).map(|j| j == n - 1 || j == group).collect();
            let raised = |h: f64| {
                let p: Vec<f64> = (0..n)
                    .map(|j| if from[j] { price[j] + h } else { price[j] })
                    .collect();
                case.demand.shares(&p)
            };
            let total =
                |s: &[f64], set: &[bool]| (0..n).filter(|j| set[*j]).map(|j| s[j]).sum::<f64>();
            let lost = -derivative(|h| total(&raised(h), &from), H);
            let gained = derivative(|h| total(&raised(h), &to), H);
            let outside = derivative(|h| 1.0 - raised(h).iter().sum::<f64>(), H);
            let inside = diversion_ratio(&case.demand, &price, &from, Some(&to));
            assert_close(
                inside,
                gained / lost,
                TOLERANCE,
                1e-3,
                "diversion to products",
            );
            let nothing = diversion_ratio(&case.demand, &price, &from, None);
            assert_close(
                nothing,
                outside / lost,
                TOLERANCE,
                1e-3,
                "diversion to nothing",
            );
        }
    }
}

#[test]
fn diversion_is_complete() {
    for (case, price) in markets() {
        let n = case.products();
        let from: Vec<bool> = (0..n).map(|j| j == 0).collect();
        let rest: Vec<bool> = from.iter().map(|f| !f).collect();
        let all = diversion_ratio(&case.demand, &price, &from, Some(&rest))
            + diversion_ratio(&case.demand, &price, &from, None);
        assert_close(all, 1.0, 1e-12, 0.0, "diversion sums to one");
    }
}
