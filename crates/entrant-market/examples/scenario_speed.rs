//! Seconds that 10,000 what-ifs of a market with 50 products and 500 consumer types take, each to
//! prices that are certified locally: `scenario_speed [SOLVES] [THREADS]`.
//!
//! Every solve has its own entrant: quality and cost are drawn, incumbents reprice, and the search
//! starts from the prices before. Prints solves, seconds, evaluations and how many are certified.

use std::io::Write;
use std::time::Instant;

use entrant_data::Status;
use entrant_market::equilibrium::{Effort, PriceProblem, find};
use entrant_market::{Demand, Ownership};
use entrant_numeric::random::Stream;

const PRODUCTS: usize = 50;
const TYPES: usize = 500;
const FIRMS: usize = 10;

/// Random coefficients on price (lognormal) and on three characteristics.
fn market() -> Demand {
    let mut rng = Stream::new(1, "scenarios", 0);
    let x: Vec<f64> = (0..3 * PRODUCTS).map(|_| rng.normal()).collect();
    let mut taste = Vec::with_capacity(TYPES * PRODUCTS);
    let mut slope = Vec::with_capacity(TYPES);
    for _ in 0..TYPES {
        slope.push(-1.5 * (0.4 * rng.normal()).exp());
        let beta = [0, 1, 2].map(|_| 0.5 * rng.normal());
        taste.extend((0..PRODUCTS).map(|j| (0..3).map(|k| beta[k] * x[3 * j + k]).sum::<f64>()));
    }
    let mean = (0..PRODUCTS).map(|j| 1.0 + 0.5 * x[3 * j] + 0.5 * rng.normal());
    let weight = vec![1.0 / TYPES as f64; TYPES];
    Demand::flat(weight, slope, taste, mean.collect())
}

/// Evaluations and status of solves `from..to`.
fn solves(base: &Demand, before: &[f64], from: usize, to: usize) -> (usize, usize) {
    let ownership = Ownership::separate((0..PRODUCTS).map(|j| j * FIRMS / PRODUCTS).collect());
    let (mut demand, mut cost) = (base.clone(), vec![1.0; PRODUCTS]);
    let (mut evaluations, mut certified) = (0, 0);
    for s in from..to {
        let mut rng = Stream::new(2, "entrant", s as u64);
        demand.mean[PRODUCTS - 1] = 1.0 + rng.normal();
        cost[PRODUCTS - 1] = 0.5 + rng.uniform();
        let problem = PriceProblem {
            demand: &demand,
            ownership: &ownership,
            cost: &cost,
            free: &[true; PRODUCTS],
        };
        let found = find(&problem, before, Effort::Local);
        evaluations += found.iterations;
        certified += usize::from(found.status == Status::Certified);
    }
    (evaluations, certified)
}

fn main() -> std::io::Result<()> {
    let number = |k: usize, or: usize| {
        std::env::args()
            .nth(k)
            .and_then(|a| a.parse().ok())
            .unwrap_or(or)
    };
    let (count, threads) = (number(1, 10_000), number(2, 2));
    let demand = market();
    let start = vec![2.0; PRODUCTS];
    let ownership = Ownership::separate((0..PRODUCTS).map(|j| j * FIRMS / PRODUCTS).collect());
    let problem = PriceProblem {
        demand: &demand,
        ownership: &ownership,
        cost: &[1.0; PRODUCTS],
        free: &[true; PRODUCTS],
    };
    let before = find(&problem, &start, Effort::Local).price;
    let begin = Instant::now();
    let part = |t: usize| (t * count / threads, (t + 1) * count / threads);
    let done: Vec<(usize, usize)> = std::thread::scope(|scope| {
        let (demand, before) = (&demand, &before);
        let run = |t: usize| scope.spawn(move || solves(demand, before, part(t).0, part(t).1));
        let all: Vec<_> = (0..threads).map(run).collect();
        all.into_iter().filter_map(|h| h.join().ok()).collect()
    });
    let seconds = begin.elapsed().as_secs_f64();
    let (evaluations, certified) = done.iter().fold((0, 0), |a, b| (a.0 + b.0, a.1 + b.1));
    writeln!(
        std::io::stdout(),
        "{count} solves on {threads} threads: {seconds:.2} s, {:.3} ms each; {:.1} evaluations each; {certified} certified",
        1e3 * seconds / count as f64,
        evaluations as f64 / count as f64
    )
}
