//! Microseconds per evaluation of the first-order conditions at 40 products and 300 types.
//!
//! `cargo run --release -p entrant-market --example response_speed`

use std::hint::black_box;
use std::io::Write;
use std::time::Instant;

use entrant_market::demand::response;
use entrant_market::equilibrium::{Effort, PriceProblem, find, solve};
use entrant_market::{Demand, Ownership};
use entrant_numeric::random::Stream;

const PRODUCTS: usize = 40;
const TYPES: usize = 300;
const FIRMS: usize = 8;

fn market(rho: f64) -> Demand {
    let mut rng = Stream::new(1, "speed", 0);
    let mut normals =
        |n: usize, scale: f64| -> Vec<f64> { (0..n).map(|_| scale * rng.normal()).collect() };
    let slope = normals(TYPES, 0.4).iter().map(|z| -1.5 * z.exp()).collect();
    Demand {
        weight: vec![1.0 / TYPES as f64; TYPES],
        slope,
        taste: normals(TYPES * PRODUCTS, 0.8),
        mean: normals(PRODUCTS, 1.0),
        nest: (0..PRODUCTS).map(|j| j % 4).collect(),
        nests: 4,
        rho,
        rho_of: Vec::new(),
        bends: None,
    }
}

/// Least of 9 timings, in microseconds: the machine may be busy with other work.
fn time(repeat: u32, mut run: impl FnMut()) -> f64 {
    let mut once = || {
        let start = Instant::now();
        (0..repeat).for_each(|_| run());
        start.elapsed().as_secs_f64() * 1e6 / f64::from(repeat)
    };
    (0..9).map(|_| once()).fold(f64::INFINITY, f64::min)
}

fn main() -> std::io::Result<()> {
    let mut out = std::io::stdout();
    let ownership = Ownership::separate((0..PRODUCTS).map(|j| j * FIRMS / PRODUCTS).collect());
    let (cost, price) = (vec![1.0; PRODUCTS], vec![2.0; PRODUCTS]);
    for rho in [0.0, 0.5] {
        let demand = market(rho);
        let problem = PriceProblem {
            demand: &demand,
            ownership: &ownership,
            cost: &cost,
            free: &[true; PRODUCTS],
        };
        let margin = problem.margin(&price);
        let shares = time(40, || drop(black_box(demand.shares(&price))));
        let pieces = time(40, || {
            drop(black_box(response(&demand, &ownership, &price, &margin)));
        });
        let solved = time(2, || drop(black_box(solve(&problem, &price))));
        let local = time(2, || drop(black_box(find(&problem, &price, Effort::Local))));
        let full = time(1, || {
            drop(black_box(find(
                &problem,
                &price,
                Effort::Full { boxes: 32 },
            )));
        });
        writeln!(
            out,
            "rho {rho}: shares {shares:.1} us, response {pieces:.1} us, solve {solved:.0} us, certified locally {local:.0} us, in full {full:.0} us, {} evaluations",
            solve(&problem, &price).iterations
        )?;
    }
    Ok(())
}
