//! Markets to test on, and arithmetic that shares nothing with the code under test.

use entrant_market::demand::Demand;
use entrant_market::equilibrium::PriceProblem;
use entrant_market::supply::Ownership;
use entrant_numeric::random::Stream;

/// A demand with all that pricing needs.
#[derive(Debug, Clone)]
pub struct Case {
    pub demand: Demand,
    pub ownership: Ownership,
    pub cost: Vec<f64>,
    pub free: Vec<bool>,
}

impl Case {
    pub fn new(demand: Demand, firm: Vec<usize>, cost: Vec<f64>) -> Self {
        let free = vec![true; cost.len()];
        Case {
            demand,
            ownership: Ownership::separate(firm),
            cost,
            free,
        }
    }

    pub fn problem(&self) -> PriceProblem<'_> {
        PriceProblem {
            demand: &self.demand,
            ownership: &self.ownership,
            cost: &self.cost,
            free: &self.free,
        }
    }

    pub fn products(&self) -> usize {
        self.cost.len()
    }
}

/// What a random market may look like.
#[derive(Debug, Clone)]
pub struct Shape {
    pub products: usize,
    pub types: usize,
    pub firms: usize,
    /// Median price coefficient, negative.
    pub slope: f64,
    /// Spread of the logarithm of price coefficients.
    pub slope_spread: f64,
    pub taste_spread: f64,
    pub rho: f64,
    /// Whether each nest has a parameter of its own, up to `rho`.
    pub apart: bool,
    pub nests: usize,
    /// Mean of the mean utilities.
    pub level: f64,
    /// Spread of the mean utilities.
    pub level_spread: f64,
    /// Share of (type, product) pairs where the product cannot be bought.
    pub unavailable: f64,
    /// Weight that firm 0 puts on the profit of firm 1.
    pub stake: f64,
}

impl Default for Shape {
    fn default() -> Self {
        Shape {
            products: 5,
            types: 12,
            firms: 3,
            slope: -2.0,
            slope_spread: 0.4,
            taste_spread: 0.8,
            rho: 0.0,
            apart: false,
            nests: 2,
            level: 2.0,
            level_spread: 1.0,
            unavailable: 0.0,
            stake: 0.0,
        }
    }
}

/// A random market of this shape.
pub fn random_case(rng: &mut Stream, shape: &Shape) -> Case {
    let (j, i) = (shape.products, shape.types);
    let raw: Vec<f64> = (0..i).map(|_| 0.1 + rng.uniform()).collect();
    let total: f64 = raw.iter().sum();
    let slope = (0..i)
        .map(|_| shape.slope * (shape.slope_spread * rng.normal()).exp())
        .collect();
    let taste = (0..i * j).map(|_| taste(rng, shape)).collect();
    let mean = (0..j)
        .map(|_| shape.level + shape.level_spread * rng.normal())
        .collect();
    let flat = shape.rho == 0.0;
    let nest = (0..j)
        .map(|k| if flat { k } else { k % shape.nests })
        .collect();
    let demand = Demand {
        weight: raw.iter().map(|w| w / total).collect(),
        slope,
        taste,
        mean,
        nest,
        nests: if flat { j } else { shape.nests },
        rho: shape.rho,
        rho_of: if shape.apart {
            let part = |h: usize| (h + 1) as f64 / shape.nests as f64;
            (0..shape.nests).map(|h| shape.rho * part(h)).collect()
        } else {
            Vec::new()
        },
        bends: None,
    };
    let cost = (0..j).map(|_| 0.5 + rng.uniform()).collect();
    let firm = (0..j).map(|k| k * shape.firms / j).collect();
    let mut case = Case::new(demand, firm, cost);
    if shape.stake > 0.0 && case.ownership.firms() > 1 {
        case.ownership.set_weight(0, 1, shape.stake);
    }
    case
}

fn taste(rng: &mut Stream, shape: &Shape) -> f64 {
    let normal = shape.taste_spread * rng.normal();
    if rng.uniform() < shape.unavailable {
        f64::NEG_INFINITY
    } else {
        normal
    }
}

/// The shapes on which every formula must hold: flat, nested, unavailable products, stakes, a nesting
/// parameter for each nest.
pub fn shapes() -> Vec<Shape> {
    let base = Shape::default();
    vec![
        base.clone(),
        Shape {
            types: 1,
            slope_spread: 0.0,
            taste_spread: 0.0,
            ..base.clone()
        },
        Shape {
            unavailable: 0.3,
            ..base.clone()
        },
        Shape {
            rho: 0.3,
            ..base.clone()
        },
        // Utilities count five-fold within a nest, twenty-fold in the last shape.
        Shape {
            rho: 0.8,
            unavailable: 0.3,
            nests: 3,
            products: 7,
            level_spread: 0.3,
            taste_spread: 0.3,
            ..base.clone()
        },
        Shape {
            stake: 0.4,
            ..base.clone()
        },
        Shape {
            rho: 0.5,
            stake: 0.7,
            unavailable: 0.2,
            products: 6,
            ..base.clone()
        },
        Shape {
            types: 1,
            rho: 0.95,
            products: 4,
            slope: -0.2,
            level_spread: 0.1,
            taste_spread: 0.1,
            ..base.clone()
        },
        Shape {
            rho: 0.7,
            apart: true,
            stake: 0.3,
            unavailable: 0.2,
            nests: 3,
            products: 7,
            ..base
        },
    ]
}

/// Costs plus margins between 0.2 and 1.2.
pub fn random_prices(rng: &mut Stream, cost: &[f64]) -> Vec<f64> {
    cost.iter().map(|c| c + 0.2 + rng.uniform()).collect()
}

/// Derivative by central differences with three Richardson steps: error of order `h^6`.
pub fn derivative(f: impl Fn(f64) -> f64, h: f64) -> f64 {
    let central = |h: f64| (f(h) - f(-h)) / (2.0 * h);
    let (a, b, c) = (central(h), central(h / 2.0), central(h / 4.0));
    let (ab, bc) = ((4.0 * b - a) / 3.0, (4.0 * c - b) / 3.0);
    (16.0 * bc - ab) / 15.0
}

/// `price` with one entry moved.
pub fn moved(price: &[f64], j: usize, by: f64) -> Vec<f64> {
    let mut p = price.to_vec();
    p[j] += by;
    p
}

/// Fails unless `a` and `b` agree to `relative` of the larger of `b` and `floor`.
#[track_caller]
pub fn assert_close(a: f64, b: f64, relative: f64, floor: f64, what: &str) {
    let scale = b.abs().max(floor);
    assert!(
        (a - b).abs() <= relative * scale,
        "{what}: {a} against {b}, off by {:e} of {scale}",
        (a - b).abs() / scale
    );
}

/// Fails unless the vectors agree entry by entry.
#[track_caller]
pub fn assert_all_close(a: &[f64], b: &[f64], relative: f64, what: &str) {
    assert_eq!(a.len(), b.len(), "{what}");
    for (k, (x, y)) in a.iter().zip(b).enumerate() {
        assert_close(*x, *y, relative, 0.0, &format!("{what} [{k}]"));
    }
}

/// Whether two price vectors agree entry by entry.
pub fn near(a: &[f64], b: &[f64], relative: f64) -> bool {
    a.len() == b.len()
        && a.iter()
            .zip(b)
            .all(|(x, y)| (x - y).abs() <= relative * y.abs())
}

/// Root of an increasing function on a bracket, by plain bisection.
pub fn bisect(f: impl Fn(f64) -> f64, mut low: f64, mut high: f64) -> f64 {
    for _ in 0..200 {
        let middle = 0.5 * (low + high);
        if f(middle) < 0.0 {
            low = middle;
        } else {
            high = middle;
        }
    }
    0.5 * (low + high)
}

/// Flat logit with one type.
pub fn logit(slope: f64, mean: &[f64]) -> Demand {
    Demand::flat(vec![1.0], vec![slope], vec![0.0; mean.len()], mean.to_vec())
}

/// Nested logit with one type.
pub fn nested(slope: f64, mean: &[f64], nest: &[usize], rho: f64) -> Demand {
    let nests = nest.iter().max().map_or(0, |h| h + 1);
    Demand {
        nest: nest.to_vec(),
        nests,
        rho,
        ..logit(slope, mean)
    }
}
