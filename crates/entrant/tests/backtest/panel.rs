//! A panel in which the model is true: products that come and go, quality and cost that wander.

use std::fmt::Write as _;
use std::path::Path;

use entrant::estimation;
use entrant::io::{LoadedEstimation, read_estimation};
use entrant_estimate::blp::Source;
use entrant_estimate::forecast::Outlook;
use entrant_estimate::gmm::Linear;
use entrant_estimate::simulate::Columns;
use entrant_numeric::random::Stream;

/// Markets, firms, and products of each firm.
pub const MARKETS: usize = 16;
const FIRMS: usize = 4;
const EACH: usize = 4;
/// How likely a product is replaced by a new one.
const REPLACED: f64 = 0.3;

/// Spread of taste for `x` and effect of the price; coefficients of utility and of log cost.
const SIGMA: f64 = 1.2;
const ALPHA: f64 = -1.5;
const BETA: [f64; 2] = [1.0, 1.0];
const GAMMA: [f64; 3] = [0.2, 0.3, 0.4];

const STUDY: &str = r#"
title = "A panel in which the model is true"
question = "Does the model know what it knows?"
[data]
products = "products.csv"
[estimate]
[estimate.demand]
linear = "1 + x + price"
random = "0 + x"
instruments = ["w", "ww", "wx", "rivals"]
sigma = [1.0]
beta = { price = -1.0 }
[[estimate.demand.built]]
kind = "quadratic-differences"
of = "0 + x"
[estimate.demand.integration]
rule = "product"
size = 7
[estimate.supply]
cost = "1 + x + w"
form = "log"
instruments = ["ww", "wx", "rivals"]
[[estimate.supply.built]]
kind = "quadratic-differences"
of = "0 + x"
[settings]
draws = 200
[backtest]
first = "10"
"#;

/// A product as it was last.
#[derive(Clone)]
struct Product {
    id: usize,
    x: f64,
    left: [f64; 2],
}

struct Row {
    market: usize,
    id: usize,
    firm: usize,
    x: f64,
    w: f64,
    left: [f64; 2],
}

/// The study, in a folder.
pub fn study(dir: &Path, seed: u64) -> LoadedEstimation {
    let rows = rows(seed);
    let guess = vec![[1.0, 0.02]; rows.len()];
    let first = load(dir, &rows, |r| {
        [3.0 + rows[r].w + 0.1 * rows[r].x, guess[r][1]]
    });
    let problem = estimation::bind(&first).expect("a problem");
    let source = Source {
        spec: &first.study.estimate,
        columns: &first.study.data.columns,
        products: &first.products,
        consumers: None,
    };
    let columns = Columns::new(&source, &problem).expect("columns");
    let truth = Linear {
        beta: BETA.to_vec(),
        gamma: GAMMA.to_vec(),
    };
    let named = |name: &str| {
        if name.starts_with("sigma") {
            SIGMA
        } else {
            ALPHA
        }
    };
    let free = &problem.parameters.free;
    let values: Vec<f64> = free.iter().map(|p| named(&p.name)).collect();
    let mut found = vec![[0.0; 2]; rows.len()];
    for (t, m) in problem.markets.iter().enumerate() {
        let at: Vec<usize> = m.rows.clone().map(|r| problem.order[r]).collect();
        let left: Vec<[f64; 2]> = at.iter().map(|r| rows[*r].left).collect();
        let outlook = Outlook::new(&problem, &columns, t, &values, &truth);
        let market = outlook.in_equilibrium(&left, 1.5).expect("supply");
        assert!(market.status.is_usable());
        for (j, r) in at.into_iter().enumerate() {
            found[r] = [market.price[j], market.share[j]];
        }
    }
    load(dir, &rows, |r| found[r])
}

fn load(dir: &Path, rows: &[Row], of: impl Fn(usize) -> [f64; 2]) -> LoadedEstimation {
    let mut csv = String::from("market,product,firm,price,share,x,w,ww,wx,rivals\n");
    for (r, row) in rows.iter().enumerate() {
        let [price, share] = of(r);
        let beside = rows
            .iter()
            .filter(|o| o.market == row.market && o.firm != row.firm);
        let rivals: f64 = beside.map(|o| o.w).sum();
        let Row {
            market,
            id,
            firm,
            x,
            w,
            ..
        } = row;
        let (ww, wx) = (w * w, w * x);
        writeln!(
            csv,
            "{market},p{id},f{firm},{price},{share},{x},{w},{ww},{wx},{rivals}"
        )
        .expect("text");
    }
    std::fs::write(dir.join("products.csv"), csv).expect("a table");
    std::fs::write(dir.join("study.toml"), STUDY).expect("a study");
    read_estimation(dir).expect("a study")
}

fn rows(seed: u64) -> Vec<Row> {
    let mut draw = Stream::new(seed, "panel", 0);
    let mut ids = 0;
    let mut new = |draw: &mut Stream, level: [f64; 2]| {
        ids += 1;
        let own = [0.5 * draw.normal(), 0.1 * draw.normal()];
        Product {
            id: ids,
            x: 2.0 * draw.uniform(),
            left: [level[0] + own[0], level[1] + own[1]],
        }
    };
    let mut on_sale: Vec<Product> = (0..FIRMS * EACH)
        .map(|_| new(&mut draw, [0.0; 2]))
        .collect();
    let mut rows = Vec::new();
    for market in 1..=MARKETS {
        let shared = [0.15 * draw.normal(), 0.03 * draw.normal()];
        let replaced: Vec<bool> = on_sale
            .iter()
            .map(|_| market > 1 && draw.uniform() < REPLACED)
            .collect();
        for (p, _) in on_sale
            .iter_mut()
            .zip(&replaced)
            .filter(|(_, gone)| !**gone)
        {
            p.left[0] += shared[0] + 0.2 * draw.normal();
            p.left[1] += shared[1] + 0.04 * draw.normal();
        }
        let stay = on_sale.iter().zip(&replaced).filter(|(_, gone)| !**gone);
        let stay: Vec<[f64; 2]> = stay.map(|(p, _)| p.left).collect();
        let mean = [0, 1].map(|k| stay.iter().map(|l| l[k]).sum::<f64>() / stay.len() as f64);
        for (p, _) in on_sale.iter_mut().zip(&replaced).filter(|(_, gone)| **gone) {
            *p = new(&mut draw, mean);
        }
        for (k, p) in on_sale.iter().enumerate() {
            rows.push(Row {
                market,
                id: p.id,
                firm: k / EACH,
                x: p.x,
                w: draw.uniform(),
                left: p.left,
            });
        }
    }
    rows
}
