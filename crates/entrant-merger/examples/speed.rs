//! Seconds of a merger with calibration in a large random market: `cargo run --release -p
//! entrant-merger --example speed`.
#![expect(clippy::print_stdout, reason = "an example prints")]

use std::time::Instant;

use entrant_merger::{
    Change, Conduct, DemandKind, Observation, Observed, Tax, Unknown, calibrate, simulate,
};
use entrant_numeric::random::Stream;

/// Prices from 5 to 15, exponential shares scaled to 70 percent, five firms.
fn market(demand: DemandKind, products: usize) -> Observed {
    let mut s = Stream::new(1, "speed", 0);
    let mut observations = Vec::new();
    for j in 0..products {
        observations.push(Observation {
            id: j.to_string(),
            firm: (j % 5).to_string(),
            price: 5.0 + 10.0 * s.uniform(),
            amount: -s.uniform().ln(),
            margin: None,
            elasticity: None,
            nest: Some((j % 7).to_string()),
            capacity: None,
            tax: Tax::default(),
        });
    }
    observations[0].margin = Some(0.25);
    let aids = demand == DemandKind::Aids;
    Observed {
        demand,
        conduct: Conduct::Bertrand,
        products: observations,
        outside: Unknown::Known(if aids { 0.0 } else { 0.3 }),
        market_elasticity: aids.then_some(-1.2),
        nest_strength: Unknown::Known(0.7),
        nest_strengths: Vec::new(),
        diversion: None,
        total: 1.0,
        stakes: Vec::new(),
        rising_cost: false,
    }
}

fn main() {
    let kinds = [
        DemandKind::Logit,
        DemandKind::NestedLogit,
        DemandKind::Ces,
        DemandKind::Aids,
    ];
    for kind in kinds {
        for products in [10, 100, 500] {
            let observed = market(kind, products);
            let merge = Change::Merge {
                firms: vec!["0".into(), "1".into()],
                into: "0".into(),
            };
            let start = Instant::now();
            let outcome = calibrate(&observed).and_then(|c| simulate(&c, &[merge]));
            let seconds = start.elapsed().as_secs_f64();
            match outcome {
                Ok(o) => println!(
                    "{kind:?} {products}: {seconds:.4} s, {}, residual {:.1e}",
                    o.status, o.residual
                ),
                Err(e) => println!("{kind:?} {products}: {e}"),
            }
        }
    }
}
