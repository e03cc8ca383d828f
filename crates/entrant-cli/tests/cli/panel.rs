//! A small panel of markets with a known truth, for tests to spoil.

use crate::bench::Bench;

/// Markets of the panel.
pub const MARKETS: usize = 40;
/// Products of each.
pub const PRODUCTS: usize = 6;

/// One product in one market.
#[derive(Clone)]
pub struct Row {
    pub market: String,
    pub product: String,
    pub firm: String,
    pub price: String,
    pub share: String,
    pub x: String,
    /// Excluded instruments: a cost shifter, its square, rivals' characteristics.
    pub z: [String; 3],
}

/// A sequence of numbers in (0, 1) that is the same everywhere (the generator of Park and Miller).
struct Uniform(u64);

impl Uniform {
    fn next(&mut self) -> f64 {
        self.0 = self.0 * 48_271 % 2_147_483_647;
        self.0 as f64 / 2_147_483_647.0
    }

    /// Nearly normal, of variance one.
    fn normal(&mut self) -> f64 {
        (0..12).map(|_| self.next()).sum::<f64>() - 6.0
    }
}

/// Probabilities of five points of a normal distribution, and the points (Gauss and Hermite).
const NODES: [(f64, f64); 5] = [
    (-2.856_970_013_872_805_6, 0.011_257_411_327_720_7),
    (-1.355_626_179_974_266, 0.222_075_922_005_612_6),
    (0.0, 0.533_333_333_333_333_3),
    (1.355_626_179_974_266, 0.222_075_922_005_612_6),
    (2.856_970_013_872_805_6, 0.011_257_411_327_720_7),
];

/// Shares of products with these mean utilities when tastes for `x` vary with standard deviation
/// `sigma`.
fn shares(delta: &[f64], x: &[f64], sigma: f64) -> Vec<f64> {
    let mut out = vec![0.0; delta.len()];
    for (node, weight) in NODES {
        let e: Vec<f64> = delta
            .iter()
            .zip(x)
            .map(|(d, x)| (d + sigma * node * x).exp())
            .collect();
        let total = 1.0 + e.iter().sum::<f64>();
        for (s, e) in out.iter_mut().zip(e) {
            *s += weight * e / total;
        }
    }
    out
}

/// The panel: utility `1 + (1 + 0.8 nu) x - 2 price + xi`, prices that rise with a cost shifter and
/// with `xi`. `relevant` is how much the cost shifter moves prices.
pub fn rows(markets: usize, products: usize, relevant: f64) -> Vec<Row> {
    let mut draw = Uniform(20_181);
    let mut out = Vec::new();
    for t in 0..markets {
        let x: Vec<f64> = (0..products).map(|_| 2.0 * draw.next()).collect();
        let w: Vec<f64> = (0..products).map(|_| draw.next()).collect();
        let xi: Vec<f64> = (0..products).map(|_| 0.5 * draw.normal()).collect();
        let own = |j: usize, noise: f64| 2.0 + relevant * w[j] + 0.3 * xi[j] + 0.05 * noise;
        let price: Vec<f64> = (0..products).map(|j| own(j, draw.normal())).collect();
        let delta: Vec<f64> = (0..products)
            .map(|j| 1.0 + x[j] - 2.0 * price[j] + xi[j])
            .collect();
        let share = shares(&delta, &x, 0.8);
        let all: f64 = x.iter().sum();
        for j in 0..products {
            out.push(Row {
                market: format!("t{t}"),
                product: format!("j{j}"),
                firm: format!("f{}", j % 3),
                price: format!("{}", price[j]),
                share: format!("{}", share[j]),
                x: format!("{}", x[j]),
                z: [
                    format!("{}", w[j]),
                    format!("{}", w[j] * w[j]),
                    format!("{}", (all - x[j]) * x[j]),
                ],
            });
        }
    }
    out
}

/// The table as text.
pub fn csv(rows: &[Row]) -> String {
    let mut out = String::from("market,product,firm,price,share,x,z0,z1,z2\n");
    for r in rows {
        let cells = [
            &r.market, &r.product, &r.firm, &r.price, &r.share, &r.x, &r.z[0], &r.z[1], &r.z[2],
        ];
        let cells: Vec<&str> = cells.into_iter().map(String::as_str).collect();
        out += &cells.join(",");
        out.push('\n');
    }
    out
}

/// A study with one random coefficient on these rows, without consumers of its own.
pub const STUDY: &str = r#"
title = "Panel"
question = "Which?"
[data]
products = "products.csv"
[estimate]
[estimate.demand]
linear = "1 + x + price"
random = "0 + x"
sigma = [0.5]
instruments = ["z*"]
integration = { rule = "product", size = 5 }
[estimate.report]
draws = 5
"#;

/// The same as a plain logit.
pub const LOGIT: &str = r#"
title = "Panel"
question = "Which?"
[data]
products = "products.csv"
[estimate]
[estimate.demand]
linear = "1 + x + price"
instruments = ["z*"]
[estimate.report]
draws = 20
"#;

/// A folder with a study on a table.
pub fn bench(study: &str, products: &str) -> Bench {
    let bench = Bench::empty();
    std::fs::create_dir(bench.path("study")).expect("a folder");
    bench.write("study/study.toml", study);
    bench.write("study/products.csv", products);
    bench
}
