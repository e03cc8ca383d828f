//! Studies and panels made from markets at known parameters, and brute definitions of what
//! targets are about.

use std::collections::BTreeMap;

use entrant_data::panel::{MarketPanel, ProductRow, ShareBasis};
use entrant_data::spec::{
    DataSpec, DemandSpec, MarketSpec, Model, ReportSpec, Settings, Study, SupplySpec, TargetKind,
    TargetSpec,
};
use entrant_data::{Mark, Parameter, Quantity};
use entrant_estimate::{Calibration, calibrate};
use entrant_market::{Conduct, ConsumerType, Levy, Market, Population, PriceRule, Product, Reach};
use entrant_numeric::linalg::solve;
use entrant_numeric::quadrature::product_rule;

/// Names and numbers of the products of a known market: id, firm, group, price, utility, x.
pub type Line = (&'static str, &'static str, &'static str, f64, f64, [f64; 2]);

/// Six phones of three firms, two loyalty groups, prices in the hundreds.
pub const PHONES: [Line; 6] = [
    ("a1", "A", "ios", 900.0, 4.6, [1.6, 0.2]),
    ("a2", "A", "ios", 600.0, 3.0, [1.1, 0.9]),
    ("b1", "B", "android", 750.0, 3.7, [1.4, -0.5]),
    ("b2", "B", "android", 300.0, 1.0, [0.3, 0.4]),
    ("c1", "C", "android", 250.0, 0.4, [0.2, -0.8]),
    ("c2", "C", "android", 150.0, -0.6, [-0.4, 0.1]),
];

/// Parameters of a known market.
#[derive(Debug, Clone, Copy)]
pub struct Truth {
    pub alpha: f64,
    pub spread: f64,
    pub rho: f64,
    pub loyalty: f64,
    pub taste: [f64; 2],
    pub nodes: usize,
}

impl Default for Truth {
    fn default() -> Self {
        Truth {
            alpha: 0.006,
            spread: 0.0,
            rho: 0.0,
            loyalty: 0.0,
            taste: [0.0, 0.0],
            nodes: 5,
        }
    }
}

/// Share of consumers who own each group.
pub const OWNERS: [(Option<&str>, f64); 3] =
    [(Some("android"), 0.45), (Some("ios"), 0.3), (None, 0.25)];

/// The market at known parameters, made beside the library's own skeleton.
pub fn market(lines: &[Line], truth: &Truth) -> Market {
    let rule = product_rule(truth.nodes, 3);
    let mut types = Vec::new();
    for (node, weight) in rule.nodes.chunks(3).zip(&rule.weights) {
        for (owns, share) in OWNERS {
            types.push(ConsumerType {
                weight: weight * share,
                slope: -truth.alpha * (truth.spread * node[0]).exp(),
                owns: owns.map(str::to_owned),
                taste: vec![truth.taste[0] * node[1], truth.taste[1] * node[2]],
                bend: Vec::new(),
            });
        }
    }
    Market {
        id: "m".into(),
        size: 1e6,
        products: lines.iter().map(|l| product(l, truth.rho)).collect(),
        population: Population {
            types,
            segments: vec![1.0],
            loyalty: truth.loyalty,
        },
        rho: truth.rho,
        stakes: vec![],
        capacities: Vec::new(),
        rho_of: BTreeMap::new(),
        conduct: Conduct::Firms,
    }
}

fn product(line: &Line, rho: f64) -> Product {
    let (id, firm, group, price, mean_utility, x) = *line;
    Product {
        id: id.into(),
        firm: firm.into(),
        brand: firm.into(),
        mean_utility,
        price,
        cost: 0.0,
        levy: Levy::default(),
        rule: PriceRule::Optimal,
        reach: Reach {
            segments: vec![true],
            aware: 1.0,
        },
        nest: (rho > 0.0).then(|| group.to_owned()),
        group: Some(group.into()),
        x: x.to_vec(),
        entrant: false,
        on_sale: true,
        bend: Vec::new(),
    }
}

/// Shares at the market's own prices.
pub fn shares(market: &Market) -> Vec<f64> {
    market.demand().shares(&market.prices())
}

/// `ds_k / dp_j` (row j, column k) by fourth-order differences of shares.
pub fn slopes(market: &Market) -> Vec<Vec<f64>> {
    let (demand, price) = (market.demand(), market.prices());
    let row = |j: usize| {
        let h = 2e-3 * price[j];
        let at = |steps: f64| {
            let mut moved = price.clone();
            moved[j] += steps * h;
            demand.shares(&moved)
        };
        let (a, b, c, d) = (at(-2.0), at(-1.0), at(1.0), at(2.0));
        (0..price.len())
            .map(|k| (a[k] - 8.0 * b[k] + 8.0 * c[k] - d[k]) / (12.0 * h))
            .collect()
    };
    (0..price.len()).map(row).collect()
}

/// Unit margins from the first-order conditions on differenced shares:
/// `s_j + sum_{k of j's firm} m_k ds_k/dp_j = 0`.
pub fn unit_margins(market: &Market) -> Vec<f64> {
    let (n, slope, share) = (market.products.len(), slopes(market), shares(market));
    let same = |j: usize, k: usize| market.products[j].firm == market.products[k].firm;
    let matrix: Vec<f64> = (0..n * n)
        .map(|e| {
            let (j, k) = (e / n, e % n);
            if same(j, k) { slope[j][k] } else { 0.0 }
        })
        .collect();
    let right: Vec<f64> = share.iter().map(|s| -s).collect();
    solve(&matrix, &right).expect("own slopes are not singular")
}

/// Revenue-weighted margin of a firm.
pub fn firm_margin(market: &Market, firm: &str) -> f64 {
    let (share, margin) = (shares(market), unit_margins(market));
    let (mut earned, mut revenue) = (0.0, 0.0);
    for (j, p) in market
        .products
        .iter()
        .enumerate()
        .filter(|(_, p)| p.firm == firm)
    {
        earned += share[j] * margin[j];
        revenue += share[j] * p.price;
    }
    earned / revenue
}

/// Elasticity of all units with respect to a common relative price change, by differences.
pub fn aggregate_elasticity(market: &Market) -> f64 {
    let (demand, price) = (market.demand(), market.prices());
    let units = |steps: f64| -> f64 {
        let moved: Vec<f64> = price.iter().map(|p| p * (1.0 + 1e-3 * steps)).collect();
        demand.shares(&moved).iter().sum()
    };
    let slope = (units(-2.0) - 8.0 * units(-1.0) + 8.0 * units(1.0) - units(2.0)) / 12e-3;
    slope / units(0.0)
}

/// Where the units of product `from` go when its price rises: to product `to`.
pub fn diversion(market: &Market, from: usize, to: usize) -> f64 {
    let slope = slopes(market);
    -slope[from][to] / slope[from][from]
}

/// Share of buyers owning the group who buy it again: a market of those consumers alone.
pub fn retention(market: &Market, group: &str) -> f64 {
    let mut alone = market.clone();
    alone
        .population
        .types
        .retain(|t| t.owns.as_deref() == Some(group));
    let total: f64 = alone.population.types.iter().map(|t| t.weight).sum();
    for t in &mut alone.population.types {
        t.weight /= total;
    }
    let share = shares(&alone);
    let again: f64 = (0..share.len())
        .filter(|j| market.products[*j].group.as_deref() == Some(group))
        .map(|j| share[j])
        .sum();
    again / share.iter().sum::<f64>()
}

/// What a panel of this market shows.
pub fn panel(market: &Market) -> MarketPanel {
    let share = shares(market);
    let row = |(p, s): (&Product, &f64)| ProductRow {
        id: p.id.clone(),
        firm: p.firm.clone(),
        brand: p.brand.clone(),
        price: p.price,
        basis: ShareBasis::Share(*s),
        segments: vec![],
        aware: p.reach.aware,
        x: p.x.clone(),
        labels: p
            .group
            .iter()
            .map(|g| ("group".into(), g.clone()))
            .collect(),
        mark: Mark::Assumed,
        source: String::new(),
        line: 2,
    };
    MarketPanel {
        id: market.id.clone(),
        products: market.products.iter().zip(&share).map(row).collect(),
        brands: vec![],
    }
}

/// Demand without parameters to calibrate but the price sensitivity.
pub fn demand(model: Model, target: Vec<TargetSpec>) -> DemandSpec {
    DemandSpec {
        model,
        sensitivity: Parameter::Calibrate,
        spread: given(0.0),
        nodes: 5,
        nest: None,
        loyalty: None,
        taste: vec![],
        target,
    }
}

/// A known parameter.
pub fn given(v: f64) -> Parameter {
    Parameter::Given(Quantity::known(v))
}

/// A target of tolerance 0.1.
pub fn target(kind: TargetKind, of: &str, value: f64) -> TargetSpec {
    TargetSpec {
        kind,
        of: of.into(),
        to: String::new(),
        market: String::new(),
        value: Quantity::known(value),
        tolerance: 0.1,
    }
}

/// A study of one market.
pub fn study(demand: DemandSpec) -> Study {
    Study {
        title: "t".into(),
        question: "q".into(),
        currency: "USD".into(),
        notes: vec![],
        data: DataSpec {
            products: "products.csv".into(),
            brands: None,
            columns: entrant_data::spec::ColumnSpec::default(),
            characteristics: columns(),
            mix_concentration: None,
            average_price: vec![],
        },
        market: vec![MarketSpec {
            id: "m".into(),
            period: String::new(),
            units: None,
            size: Some(Quantity::known(1e6)),
            outside_share: None,
        }],
        inputs: BTreeMap::new(),
        segment: vec![],
        demand,
        supply: SupplySpec::default(),
        entrant: vec![],
        scenario: vec![],
        worth: None,
        game: Vec::new(),
        surface: Vec::new(),
        premiums: None,
        timing: None,
        transfer: None,
        backtest: None,
        tracker: None,
        report: ReportSpec::default(),
        settings: Settings::default(),
    }
}

/// Names of the two characteristics.
pub fn columns() -> Vec<String> {
    vec!["x0".into(), "x1".into()]
}

/// Calibrates a study on what a market shows.
pub fn calibrated(study: &Study, market: &Market) -> Calibration {
    calibrate(study, &panel(market), &columns(), None).expect("targets name products")
}

/// Value of a reported parameter.
pub fn parameter(c: &Calibration, name: &str) -> f64 {
    let found = c.parameters.iter().find(|p| p.name == name);
    found.map_or(f64::NAN, |p| p.value)
}

/// Relative difference.
pub fn gap(a: f64, b: f64) -> f64 {
    (a / b - 1.0).abs()
}
