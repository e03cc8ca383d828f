//! Made data: a logit with one endogenous price.

use entrant_data::spec::{
    Algorithm, ConclusionsSpec, ErrorStructure, EstimateDemand, EstimateSpec, GmmMethod,
    IntegrationRule, IntegrationSpec, OptimizerSpec, PanelColumns, StartMatrix,
};
use entrant_data::table::{Column, Table};
use entrant_estimate::blp::{Problem, Serial, Source};
use entrant_estimate::gmm::{Estimation, EstimationSettings, Fit, Progress, Recorded, estimate};
use entrant_numeric::random::Stream;

/// True coefficient on price.
pub const ALPHA: f64 = -1.0;

/// How data are made.
#[derive(Clone, Copy)]
pub struct Design {
    pub seed: u64,
    pub markets: usize,
    pub products: usize,
    /// Effect of each of three instruments on price.
    pub strength: f64,
    /// Part of the error that prices know.
    pub endogeneity: f64,
    /// Whether the characteristic has a spread of tastes in the specification.
    pub random: bool,
    pub errors: ErrorStructure,
    /// Effect of the third instrument on utility itself.
    pub invalid: f64,
}

impl Default for Design {
    fn default() -> Self {
        Design {
            seed: 1,
            markets: 40,
            products: 5,
            strength: 0.8,
            endogeneity: 0.6,
            random: false,
            errors: ErrorStructure::Robust,
            invalid: 0.0,
        }
    }
}

struct Silent;

impl Estimation for Silent {
    fn proceed(&mut self, _: &Progress) -> bool {
        true
    }
    fn recall(&mut self, _: usize, _: &[f64]) -> Option<Recorded> {
        None
    }
    fn record(&mut self, _: usize, _: &[f64], _: &Recorded) {}
}

pub fn settings(design: &Design) -> EstimationSettings {
    EstimationSettings {
        method: GmmMethod::TwoStep,
        weighting: design.errors,
        errors: design.errors,
        center: true,
        initial_update: false,
        algorithm: Algorithm::TrustRegion,
        gradient_tolerance: 1e-6,
        evaluations: 200,
        inversion_tolerance: 1e-12,
        start: None,
        weighting_matrix: None,
        inversion: None,
    }
}

pub fn fit(problem: &Problem, settings: &EstimationSettings) -> Fit {
    estimate(problem, settings, &Serial, &mut Silent).expect("an estimate")
}

pub fn problem(design: &Design) -> Problem {
    let table = table(design);
    let columns = PanelColumns {
        cluster: Some("market".to_owned()),
        ..PanelColumns::default()
    };
    Problem::bind(&Source {
        spec: &spec(design.random),
        columns: &columns,
        products: &table,
        consumers: None,
    })
    .expect("a problem")
}

fn table(design: &Design) -> Table {
    let names = [
        "market", "product", "price", "share", "x", "z1", "z2", "z3", "dd",
    ];
    let mut columns = vec![Vec::new(); names.len()];
    let mut s = Stream::new(design.seed, "inference", 0);
    for t in 0..design.markets {
        let mut rows = Vec::new();
        for j in 0..design.products {
            let x = if design.random { 4.0 } else { 2.0 } * s.uniform();
            let z = [s.normal(), s.normal(), s.normal()];
            let xi = s.normal();
            let rest = (1.0 - design.endogeneity * design.endogeneity).sqrt();
            let v = design.endogeneity * xi + rest * s.normal();
            let price = 3.0 + 0.5 * x + design.strength * z.iter().sum::<f64>() + v;
            let utility = 1.0 + x + ALPHA * price + xi + design.invalid * z[2];
            rows.push((j, price, utility, x, z));
        }
        let total: f64 = 1.0 + rows.iter().map(|r| r.2.exp()).sum::<f64>();
        let all: Vec<f64> = rows.iter().map(|r| r.3).collect();
        for (j, price, utility, x, z) in rows {
            let distance: f64 = all.iter().map(|y| (x - y) * (x - y)).sum();
            let row = [
                t as f64,
                j as f64,
                price,
                utility.exp() / total,
                x,
                z[0],
                z[1],
                z[2],
                distance,
            ];
            columns.iter_mut().zip(row).for_each(|(c, v)| c.push(v));
        }
    }
    let rows = design.markets * design.products;
    Table {
        file: "made".to_owned(),
        names: names.map(str::to_owned).to_vec(),
        columns: columns.into_iter().map(Column::Numbers).collect(),
        lines: (0..rows).collect(),
    }
}

fn spec(random: bool) -> EstimateSpec {
    let instruments: &[&str] = if random {
        &["z1", "z2", "z3", "dd"]
    } else {
        &["z1", "z2", "z3"]
    };
    EstimateSpec {
        micro: Vec::new(),
        epsilon_scale: 1.0,
        importance: None,
        optimal: None,
        demand: EstimateDemand {
            linear: "1 + x + price".to_owned(),
            random: random.then(|| "0 + x".to_owned()),
            demographics: None,
            instruments: instruments.iter().map(|n| (*n).to_owned()).collect(),
            built: Vec::new(),
            sigma: random.then(|| StartMatrix::Diagonal(vec![0.7])),
            sigma_bounds: None,
            pi: None,
            pi_bounds: None,
            coefficients: Vec::new(),
            rho: Vec::new(),
            rho_bounds: None,
            beta: std::collections::BTreeMap::new(),
            beta_bounds: std::collections::BTreeMap::new(),
            integration: random.then_some(IntegrationSpec {
                rule: IntegrationRule::Product,
                size: 7,
                seed: 0,
            }),
        },
        supply: None,
        method: GmmMethod::TwoStep,
        weighting: ErrorStructure::Robust,
        errors: None,
        center_moments: true,
        initial_update: false,
        optimizer: OptimizerSpec::default(),
        inversion_tolerance: 1e-12,
        report: ConclusionsSpec::default(),
        test: Vec::new(),
    }
}
