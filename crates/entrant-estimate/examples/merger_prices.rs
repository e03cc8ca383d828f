//! How long the prices after a merger take: many small markets, and one large.
//!
//! `cargo run --release -p entrant-estimate --example merger_prices`

#![expect(
    clippy::print_stdout,
    reason = "an example that reports what it measured"
)]

use std::time::Instant;

use entrant_data::spec::CoefficientKind;
use entrant_estimate::blp::{
    Consumers, Evaluation, Kind, MarketData, Parameter, Parameters, Problem, Serial, Side, Wanted,
    evaluate,
};
use entrant_estimate::gmm::Linear;
use entrant_estimate::post::{Ownership, PanelEconomy, PriceSettings};
use entrant_numeric::dense::Matrix;
use entrant_numeric::mixture::padded;
use entrant_numeric::random::Stream;

fn main() {
    for (markets, products, consumers) in [
        (94, 24, 20),
        (1, 50, 1000),
        (1, 200, 1000),
        (1, 1000, 1000),
        (1, 5000, 1000),
    ] {
        let problem = problem(markets, products, consumers);
        let wanted = Wanted {
            tolerance: 1e-13,
            jacobian: false,
        };
        let delta = (0..problem.rows())
            .map(|r| problem.price[r] * -0.2 - 1.5)
            .collect();
        let at = Evaluation {
            delta,
            ..evaluate(&self::problem(1, 2, 2), &[], wanted, &Serial)
        };
        let linear = Linear {
            beta: vec![-6.0],
            gamma: Vec::new(),
        };
        let economy = PanelEconomy::new(&problem, &[], &linear, &at);
        report(&economy, markets, products, consumers);
    }
}

fn report(economy: &PanelEconomy<'_>, markets: usize, products: usize, consumers: usize) {
    for second_order in [false, true] {
        let settings = PriceSettings {
            second_order,
            ..PriceSettings::default()
        };
        let mut best = f64::INFINITY;
        let (mut evaluations, mut worst) = (0, 0.0);
        let repeats = if products > 500 { 1 } else { 5 };
        if second_order && products > 1000 {
            continue;
        }
        for _ in 0..repeats {
            let clock = Instant::now();
            let found = economy.each(&Serial, |m| {
                let owners = Ownership::observed(m.data);
                let cost: Vec<f64> = m.price().iter().map(|p| 0.7 * p).collect();
                let start = m.price().to_vec();
                m.equilibrium(&owners.merged(&[0, 1]), &cost, &start, settings)
            });
            best = best.min(clock.elapsed().as_secs_f64());
            evaluations = found.iter().map(|f| f.evaluations).sum();
            worst = found.iter().map(|f| f.residual).fold(0.0, f64::max);
        }
        println!(
            "{markets} x {products} x {consumers}, second order {second_order}: {:.3} ms, {evaluations} evaluations, residual {worst:.1e}",
            best * 1e3
        );
    }
}

/// Three random coefficients, the second on price; ten firms.
fn problem(markets: usize, products: usize, consumers: usize) -> Problem {
    let mut stream = Stream::new(1, "example", 0);
    let stride = padded(products);
    let mut price = Vec::new();
    let mut all = Vec::new();
    for t in 0..markets {
        let p: Vec<f64> = (0..products).map(|_| 0.5 + stream.uniform()).collect();
        let mut x2 = vec![0.0; 3 * stride];
        let mut slope = vec![0.0; 3 * stride];
        for j in 0..products {
            x2[j] = 1.0;
            x2[stride + j] = p[j];
            x2[2 * stride + j] = stream.uniform();
            slope[stride + j] = 1.0;
        }
        let firm: Vec<usize> = (0..products).map(|j| j * 10 / products).collect();
        let firms = 10.min(products);
        let owners = Ownership::separate(firm);
        let mut x1_price = vec![1.0; stride];
        x1_price[products..].fill(0.0);
        all.push(MarketData {
            id: t.to_string(),
            rows: t * products..(t + 1) * products,
            stride,
            share: vec![0.5 / products as f64; products],
            x2,
            x2_price: slope,
            x1_price,
            nests: Vec::new(),
            nest_group: Vec::new(),
            groups: owners.parts(),
            firm: owners.firm,
            conduct: owners.conduct,
            firms: owners.firms,
            firm_names: (0..firms).map(|f| f.to_string()).collect(),
            separate: true,
            consumers: Consumers {
                weight: vec![1.0 / consumers as f64; consumers],
                nodes: (0..3 * consumers).map(|_| stream.normal()).collect(),
                ..Consumers::default()
            },
        });
        price.extend(p);
    }
    let sigma = |k: usize, start: f64| Parameter {
        kind: Kind::Sigma { row: k, column: k },
        name: String::new(),
        start,
        lower: start,
        upper: start,
    };
    let rows = price.len();
    Problem {
        markets: all.into(),
        order: (0..rows).collect(),
        price,
        demand: Side {
            x: Matrix::zeros(rows, 1),
            z: Matrix::zeros(rows, 1),
            x_names: vec!["price".into()],
            z_names: vec!["z".into()],
            effects: Vec::new(),
            x_with_price: vec![true],
            x_with_share: false,
        },
        supply: None,
        scale: 1.0,
        coefficients: vec![CoefficientKind::Linear; 3],
        random_names: vec!["1".into(), "price".into(), "x".into()],
        demographic_names: Vec::new(),
        nest_names: Vec::new(),
        parameters: Parameters {
            fixed: vec![sigma(0, 1.0), sigma(1, 0.8), sigma(2, 2.0)],
            solved_beta: vec![0],
            random: 3,
            node: vec![Some(0), Some(1), Some(2)],
            ..Parameters::default()
        },
        clusters: Vec::new(),
        micro: None,
        formulas: None,
    }
}
