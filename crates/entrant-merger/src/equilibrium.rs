//! Solving a market, and proof of what was found.

use entrant_data::Status;

use crate::conduct::{self, capacity, homogeneous};
use crate::demand::Demand;
use crate::model::Model;
use crate::newton;
use crate::ownership::Ownership;

/// Largest first-order residual of a certified equilibrium, as a part of the price.
pub const CERTIFIED: f64 = 1e-10;
/// Largest one of an answer that may still be used.
const ALMOST: f64 = 1e-6;
/// Most rounds in which products are found to be constrained or not.
const ROUNDS: usize = 100;
/// Gains in profit below this part of it are rounding.
const ROUNDING: f64 = 1e-9;
/// Changes of what a product earns that are tried as deviations.
const DEVIATIONS: [f64; 10] = [-0.9, -0.5, -0.2, -0.05, 0.05, 0.25, 1.0, 4.0, 30.0, 1e3];
/// Markets with more products try deviations of whole firms only.
const MANY: usize = 120;

/// Prices and what goes with them.
#[derive(Debug, Clone, PartialEq)]
pub struct Equilibrium {
    /// Prices that consumers pay; NaN for products that are not on sale.
    pub prices: Vec<f64>,
    /// Units.
    pub quantities: Vec<f64>,
    /// What the seller earns on a unit.
    pub earned: Vec<f64>,
    /// Shadow prices of capacities.
    pub shadow: Vec<f64>,
    /// Largest first-order residual, recomputed from prices alone.
    pub residual: f64,
    /// What was found.
    pub status: Status,
}

/// Solves a market from its present prices.
pub fn solve(model: &Model) -> Equilibrium {
    let start = model.prices();
    let free = model.on_sale();
    solve_some(model, &start, &free)
}

/// Solves for the prices of the products in `free`, all others at the prices of `start`; capacity
/// binds only where all prices are free.
pub fn solve_some(model: &Model, start: &[f64], free: &[usize]) -> Equilibrium {
    if let Demand::Homogeneous(d) = &model.demand {
        return solve_homogeneous(model, &d.shape);
    }
    if model.conduct.is_auction() {
        return auction(model);
    }
    let ownership = model.ownership();
    let mut shadow = vec![0.0; start.len()];
    let mut set: Vec<usize> = Vec::new();
    let mut prices = start.to_vec();
    for _ in 0..ROUNDS {
        let Some((p, s)) = solve_with(model, &ownership, &prices, free, &set) else {
            return failed(model, Status::NotConverged);
        };
        let found = model.demand.quantities(&p);
        (prices, shadow) = (p, s);
        let next = next_set(model, found.as_deref().unwrap_or(&[]), &shadow, &set);
        if next == set {
            break;
        }
        set = next;
    }
    certify(model, &ownership, prices, shadow, free)
}

/// Constrained products of the next round: those that sell more than they can, less those with a
/// negative shadow price.
fn next_set(model: &Model, q: &[f64], shadow: &[f64], set: &[usize]) -> Vec<usize> {
    let holds = |(j, q): (usize, &f64)| {
        let capacity = model.products[j].capacity?;
        let over = *q > capacity * (1.0 + capacity::SLACK);
        let stays = set.contains(&j) && shadow[j] >= 0.0;
        (over || stays).then_some(j)
    };
    q.iter().enumerate().filter_map(holds).collect()
}

/// Newton on prices relative to the present ones and on shadow prices of constrained products.
fn solve_with(
    model: &Model,
    ownership: &Ownership,
    start: &[f64],
    free: &[usize],
    set: &[usize],
) -> Option<(Vec<f64>, Vec<f64>)> {
    let unpack = |y: &[f64]| {
        let mut prices = start.to_vec();
        let mut shadow = vec![0.0; start.len()];
        free.iter()
            .zip(y)
            .for_each(|(j, y)| prices[*j] = y * model.products[*j].price);
        set.iter()
            .zip(&y[free.len()..])
            .for_each(|(j, y)| shadow[*j] = y * model.products[*j].price);
        (prices, shadow)
    };
    let residuals = |y: &[f64]| -> Option<Vec<f64>> {
        let (prices, shadow) = unpack(y);
        let all = conduct::conditions(model, ownership, &prices, &shadow)?;
        let mut r: Vec<f64> = free.iter().map(|j| all[*j]).collect();
        if !set.is_empty() {
            let q = model.demand.quantities(&prices)?;
            r.extend(set.iter().map(|j| {
                let capacity = model.products[*j].capacity.unwrap_or(f64::INFINITY);
                q[*j] / capacity - 1.0
            }));
        }
        Some(r)
    };
    let relative = |j: &usize| start[*j] / model.products[*j].price;
    let mut y: Vec<f64> = free.iter().map(relative).collect();
    y.extend(set.iter().map(|_| 0.0));
    let solved = newton::solve(&residuals, &y)?;
    Some(unpack(&solved))
}

/// Recomputes every condition from prices alone and looks for deviations that pay.
fn certify(
    model: &Model,
    ownership: &Ownership,
    mut prices: Vec<f64>,
    shadow: Vec<f64>,
    free: &[usize],
) -> Equilibrium {
    let conditions = conduct::conditions(model, ownership, &prices, &shadow);
    let (Some(conditions), Some(quantities)) = (conditions, model.demand.quantities(&prices))
    else {
        return failed(model, Status::NotConverged);
    };
    let worst = |v: f64| if v.is_nan() { f64::INFINITY } else { v.abs() };
    let first = free.iter().map(|j| worst(conditions[*j]));
    let over = model.products.iter().zip(&quantities).map(|(p, q)| {
        let capacity = p.capacity.unwrap_or(f64::INFINITY);
        (q / capacity - 1.0).max(0.0)
    });
    let residual = first.chain(over).fold(0.0, f64::max);
    let earned = model.earned(&prices, &quantities);
    let negative = free
        .iter()
        .any(|j| quantities[*j] < 0.0 || prices[*j] <= 0.0);
    let status = if residual > ALMOST {
        Status::NotConverged
    } else if negative {
        Status::NoEquilibrium
    } else if gains(model, ownership, &prices, &shadow, free) {
        Status::LocalOnly
    } else if residual > CERTIFIED {
        Status::Almost
    } else {
        Status::Certified
    };
    for (p, product) in prices.iter_mut().zip(&model.products) {
        if !product.on_sale {
            *p = f64::NAN;
        }
    }
    Equilibrium {
        prices,
        quantities,
        earned,
        shadow,
        residual,
        status,
    }
}

/// Whether some price-setter earns more by other prices of its own: of one product, or of all of
/// them together. Only asked where firms set prices and nothing constrains them.
fn gains(
    model: &Model,
    ownership: &Ownership,
    prices: &[f64],
    shadow: &[f64],
    free: &[usize],
) -> bool {
    if model.conduct != conduct::Conduct::Bertrand || shadow.iter().any(|s| *s != 0.0) {
        return false;
    }
    let profit = |firm: usize, prices: &[f64]| -> Option<f64> {
        let q = model.demand.quantities(prices)?;
        if q.iter().any(|q| *q < 0.0) {
            return None;
        }
        let e = model.earned(prices, &q);
        let setter = (0..q.len()).find(|j| ownership.firm[*j] == firm)?;
        Some(
            (0..q.len())
                .map(|k| ownership.weight(setter, k) * e[k] * q[k])
                .sum(),
        )
    };
    let better = |firm: usize, own: &[usize]| {
        if own.is_empty() {
            return false;
        }
        let Some(now) = profit(firm, prices) else {
            return false;
        };
        DEVIATIONS.iter().any(|by| {
            let mut moved = prices.to_vec();
            for j in own {
                let cost = model.products[*j].tax.price(model.products[*j].cost);
                moved[*j] += by * (prices[*j] - cost);
            }
            profit(firm, &moved).is_some_and(|then| then - now > ROUNDING * now.abs())
        })
    };
    let of_firm = |f: usize| -> Vec<usize> {
        let own = free.iter().filter(|j| ownership.firm[**j] == f);
        own.copied().collect()
    };
    let whole = (0..ownership.firms()).any(|f| better(f, &of_firm(f)));
    let single = || free.iter().any(|j| better(ownership.firm[*j], &[*j]));
    whole || (free.len() <= MANY && single())
}

/// Prices of an auction follow from costs.
fn auction(model: &Model) -> Equilibrium {
    let Demand::Logit(d) = &model.demand else {
        return failed(model, Status::NotIdentified);
    };
    let kept: Vec<f64> = model.products.iter().map(|p| p.tax.kept()).collect();
    let shares = d.shares(&model.break_even());
    let ownership = model.ownership();
    let Some(units) = conduct::logit_earnings(model.conduct, &ownership, &shares, &kept) else {
        return failed(model, Status::NoEquilibrium);
    };
    let mut prices = Vec::new();
    let mut earned = Vec::new();
    for (p, unit) in model.products.iter().zip(units) {
        let e = if p.on_sale { unit / -d.slope } else { 0.0 };
        earned.push(e);
        prices.push(if p.on_sale {
            p.tax.price(p.cost + e)
        } else {
            f64::NAN
        });
    }
    Equilibrium {
        prices,
        quantities: shares.iter().map(|s| s * d.size).collect(),
        earned,
        shadow: vec![0.0; shares.len()],
        residual: 0.0,
        status: Status::Exact,
    }
}

fn solve_homogeneous(model: &Model, shape: &crate::demand::HomogeneousShape) -> Equilibrium {
    let firm = model.ownership().firm;
    let Some(quantities) = homogeneous::quantities(model, shape, &firm) else {
        return failed(model, Status::NoEquilibrium);
    };
    let residual = homogeneous::conditions(model, shape, &firm, &quantities)
        .iter()
        .fold(0.0, |m: f64, v| m.max(v.abs()));
    let price = shape.price(quantities.iter().sum());
    let prices: Vec<f64> = model
        .products
        .iter()
        .map(|p| if p.on_sale { price } else { f64::NAN })
        .collect();
    Equilibrium {
        earned: model.earned(&prices, &quantities),
        shadow: vec![0.0; prices.len()],
        status: if residual <= CERTIFIED {
            Status::Certified
        } else if residual <= ALMOST {
            Status::Almost
        } else {
            Status::NotConverged
        },
        prices,
        quantities,
        residual,
    }
}

fn failed(model: &Model, status: Status) -> Equilibrium {
    let none = vec![f64::NAN; model.products.len()];
    Equilibrium {
        prices: none.clone(),
        quantities: none.clone(),
        earned: none.clone(),
        shadow: none,
        residual: f64::INFINITY,
        status,
    }
}
