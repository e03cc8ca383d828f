//! The designs of Conlon and Gortmaker (2020, section 5).

use entrant_data::InputError;
use entrant_data::spec::{
    BuiltInstruments, BuiltKind, ConclusionsSpec, EstimateDemand, EstimateSpec, EstimateSupply,
    GmmMethod, IntegrationRule, IntegrationSpec, OptimizerSpec, PanelColumns, StartMatrix,
};
use entrant_data::table::{Column, Table};
use entrant_numeric::random::Stream;

use super::columns::Columns;
use super::panel::{Truth, Unsolved, simulate};
use crate::blp::{Kind, Problem, Source};
use crate::gmm::Linear;

/// How consumers differ.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Heterogeneity {
    /// In their taste for the characteristic x: standard deviation 3, unless the experiment says
    /// otherwise.
    Simple,
    /// In their taste for x and in price sensitivity: standard deviations 3 and 0.2.
    Complex,
    /// In their taste for x, with shocks correlated within two nests: rho 0.5.
    Nested,
}

/// A synthetic experiment: utility `-7 + 6 x - p + 3 nu x + xi`, cost `2 + x + 0.2 w + omega`,
/// x and w uniform, (xi, omega) normal with variances 0.2 and covariance 0.1; 2, 5 or 10 firms in
/// each market with 3, 4 or 5 products each, at Bertrand-Nash prices.
///
/// The same seed and number give the same data whatever else is drawn.
#[derive(Debug, Clone, PartialEq)]
pub struct Experiment {
    /// How consumers differ.
    pub heterogeneity: Heterogeneity,
    /// Whether supply is estimated too; the data do not depend on it.
    pub supply: bool,
    /// Number of markets; the paper has 20.
    pub markets: usize,
    /// Standard deviation of the taste for x; the paper has 3. At 0 the truth is at the boundary.
    pub spread: f64,
    /// What w adds to cost; the paper has 0.2. At 0 the instrument for price is irrelevant.
    pub shifter: f64,
    /// Seed of all data sets.
    pub seed: u64,
    /// Which data set.
    pub number: u64,
    /// Level of the product rule with which the data are made.
    pub exact_level: usize,
    /// Level of the product rule with which they are estimated.
    pub level: usize,
}

/// One data set and how to estimate it.
#[derive(Debug, Clone, PartialEq)]
pub struct Synthetic {
    /// Products, with prices and shares in equilibrium.
    pub products: Table,
    /// Names of columns.
    pub columns: PanelColumns,
    /// What is estimated; starting values are drawn within half of the truth.
    pub spec: EstimateSpec,
}

/// Products before they have prices.
#[derive(Debug, Default)]
struct Draws {
    market: Vec<f64>,
    firm: Vec<f64>,
    nest: Vec<f64>,
    x: Vec<f64>,
    w: Vec<f64>,
    xi: Vec<f64>,
    omega: Vec<f64>,
}

impl Experiment {
    /// The design of the paper with 20 markets, made with 17 nodes a dimension (9 in the complex
    /// design, where more would reach consumers who like high prices) and estimated with 9.
    pub fn new(heterogeneity: Heterogeneity, supply: bool, seed: u64, number: u64) -> Self {
        let complex = heterogeneity == Heterogeneity::Complex;
        Experiment {
            heterogeneity,
            supply,
            markets: 20,
            spread: 3.0,
            shifter: 0.2,
            seed,
            number,
            exact_level: if complex { 9 } else { 17 },
            level: 9,
        }
    }

    /// What is true of a parameter.
    pub fn truth(&self, kind: Kind) -> f64 {
        match kind {
            Kind::Sigma { row: 0, .. } => self.spread,
            Kind::Sigma { .. } => 0.2,
            Kind::Rho { .. } => 0.5,
            Kind::Beta { column } => [-7.0, 6.0, -1.0][column],
            Kind::Gamma { column } => [2.0, 1.0, self.shifter][column],
            Kind::Pi { .. } => 0.0,
        }
    }

    /// Makes the data set.
    ///
    /// # Errors
    ///
    /// A market whose prices cannot be solved, by its id.
    pub fn make(&self) -> Result<Synthetic, Vec<InputError>> {
        let draws = self.draw();
        let columns = self.columns();
        // Placeholders: what a problem needs before there are prices.
        let price: Vec<f64> = draws.x.iter().map(|x| 4.0 + x).collect();
        let price: Vec<f64> = price.iter().zip(&draws.omega).map(|(p, o)| p + o).collect();
        let share = vec![0.5 / draws.x.len() as f64; draws.x.len()];
        let mut synthetic = Synthetic {
            products: draws.table(&price, &share),
            columns,
            spec: self.spec(self.exact_level, true),
        };
        let source = synthetic.source();
        let problem = Problem::bind(&source)?;
        let moving = Columns::new(&source, &problem)?;
        let solved = simulate(&problem, &moving, &self.all_true(&problem, &draws));
        let (mut price, mut share) = (price, share);
        let markets = solved.map_err(|u| vec![unsolved(&u)])?;
        for (m, found) in problem.markets.iter().zip(&markets) {
            for (j, row) in m.rows.clone().enumerate() {
                price[problem.order[row]] = found.price[j];
                share[problem.order[row]] = found.share[j];
            }
        }
        synthetic.products = draws.table(&price, &share);
        synthetic.spec = self.spec(self.level, self.supply);
        Ok(synthetic)
    }

    fn all_true(&self, problem: &Problem, draws: &Draws) -> Truth {
        let p = &problem.parameters;
        let beta = |column: &usize| self.truth(Kind::Beta { column: *column });
        let gamma = |column: &usize| self.truth(Kind::Gamma { column: *column });
        let pick = |v: &[f64]| problem.order.iter().map(|r| v[*r]).collect();
        Truth {
            values: p.free.iter().map(|q| self.truth(q.kind)).collect(),
            linear: Linear {
                beta: p.solved_beta.iter().map(beta).collect(),
                gamma: p.solved_gamma.iter().map(gamma).collect(),
            },
            xi: pick(&draws.xi),
            omega: pick(&draws.omega),
        }
    }

    fn stream(&self, what: &str) -> Stream {
        Stream::new(self.seed, what, self.number)
    }

    fn draw(&self) -> Draws {
        let mut draws = Draws::default();
        for t in 0..self.markets {
            let mut sizes = self.stream(&format!("sizes of market {t}"));
            let mut stream = self.stream(&format!("products of market {t}"));
            let firms = [2, 5, 10][usize::try_from(sizes.below(3)).unwrap_or(0)];
            for firm in 0..firms {
                for _ in 0..3 + sizes.below(3) {
                    draws.market.push(t as f64);
                    draws.firm.push(f64::from(firm));
                    draws.product(&mut stream);
                }
            }
        }
        draws
    }

    fn columns(&self) -> PanelColumns {
        PanelColumns {
            nest: (self.heterogeneity == Heterogeneity::Nested).then(|| "nest".to_owned()),
            ..PanelColumns::default()
        }
    }

    /// Around which the spread starts: a spread that is nothing is not where a search begins.
    fn start(&self) -> f64 {
        if self.spread == 0.0 { 1.0 } else { self.spread }
    }

    /// What is estimated, with a product rule of this level.
    fn spec(&self, level: usize, supply: bool) -> EstimateSpec {
        let mut start = self.stream("starting values");
        let mut near = |value: f64| value * (0.5 + start.uniform());
        let (sigma, rho, alpha) = (near(self.start()), near(0.5), near(-1.0));
        let complex = self.heterogeneity == Heterogeneity::Complex;
        let nested = self.heterogeneity == Heterogeneity::Nested;
        let sigma = if complex {
            vec![sigma, near(0.2)]
        } else {
            vec![sigma]
        };
        let demand = EstimateDemand {
            linear: "1 + x + price".to_owned(),
            random: Some(if complex { "0 + x + price" } else { "0 + x" }.to_owned()),
            demographics: None,
            instruments: self.instruments(&["w"]),
            built: differences(),
            sigma: Some(StartMatrix::Diagonal(sigma)),
            sigma_bounds: None,
            pi: None,
            pi_bounds: None,
            coefficients: Vec::new(),
            rho: if nested { vec![rho] } else { Vec::new() },
            rho_bounds: None,
            beta: supply
                .then(|| ("price".to_owned(), alpha))
                .into_iter()
                .collect(),
            beta_bounds: std::collections::BTreeMap::new(),
            integration: Some(IntegrationSpec {
                rule: IntegrationRule::Product,
                size: level,
                seed: 0,
            }),
        };
        EstimateSpec {
            micro: Vec::new(),
            epsilon_scale: 1.0,
            importance: None,
            optimal: None,
            demand,
            supply: supply.then(|| self.supply()),
            method: GmmMethod::TwoStep,
            weighting: entrant_data::spec::ErrorStructure::Robust,
            errors: None,
            center_moments: true,
            initial_update: false,
            optimizer: OptimizerSpec::default(),
            inversion_tolerance: 1e-12,
            report: ConclusionsSpec::default(),
            test: Vec::new(),
        }
    }

    fn supply(&self) -> EstimateSupply {
        EstimateSupply {
            cost: "1 + x + w".to_owned(),
            form: entrant_data::spec::CostForm::Linear,
            instruments: self.instruments(&[]),
            built: differences(),
            covariance_instruments: Vec::new(),
            constant_costs: false,
            covariance_mean: 0.0,
            cost_bounds: None,
            gamma: std::collections::BTreeMap::new(),
            gamma_bounds: std::collections::BTreeMap::new(),
            stakes: Vec::new(),
            conduct: entrant_data::spec::ConductKind::Bertrand,
        }
    }

    /// Excluded instruments: the given ones, squares and products, and in nests the number of
    /// other products and their distance.
    fn instruments(&self, own: &[&str]) -> Vec<String> {
        let nested = self.heterogeneity == Heterogeneity::Nested;
        let more = if nested {
            &["others", "distance"][..]
        } else {
            &[]
        };
        let all = own.iter().chain(&["ww", "xx", "wx"]).chain(more);
        all.map(|s| (*s).to_owned()).collect()
    }
}

impl Synthetic {
    /// The data set as a source of a problem.
    pub fn source(&self) -> Source<'_> {
        Source {
            spec: &self.spec,
            columns: &self.columns,
            products: &self.products,
            consumers: None,
        }
    }
}

impl Draws {
    fn product(&mut self, stream: &mut Stream) {
        self.x.push(stream.uniform());
        self.w.push(stream.uniform());
        self.nest.push(f64::from(u8::from(stream.uniform() > 0.5)));
        let (a, b) = (stream.normal(), stream.normal());
        let spread = 0.2_f64.sqrt();
        self.xi.push(spread * a);
        self.omega.push(spread * (0.5 * a + 0.75_f64.sqrt() * b));
    }

    fn table(&self, price: &[f64], share: &[f64]) -> Table {
        let product = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(a, b)| a * b).collect();
        let (others, distance) = self.within_nests();
        let columns: [(&str, Vec<f64>); 13] = [
            ("market", self.market.clone()),
            ("firm", self.firm.clone()),
            ("nest", self.nest.clone()),
            ("x", self.x.clone()),
            ("w", self.w.clone()),
            ("ww", product(&self.w, &self.w)),
            ("xx", product(&self.x, &self.x)),
            ("wx", product(&self.w, &self.x)),
            ("others", others),
            ("distance", distance),
            ("price", price.to_vec()),
            ("share", share.to_vec()),
            ("product", (0..price.len()).map(|r| r as f64).collect()),
        ];
        Table {
            file: "synthetic.csv".to_owned(),
            names: columns.iter().map(|c| c.0.to_owned()).collect(),
            lines: (0..price.len()).map(|r| r + 2).collect(),
            columns: columns.into_iter().map(|c| Column::Numbers(c.1)).collect(),
        }
    }

    /// Number of other products in the same nest and market, and their squared distance in x.
    fn within_nests(&self) -> (Vec<f64>, Vec<f64>) {
        let n = self.x.len();
        let (mut others, mut distance) = (vec![0.0; n], vec![0.0; n]);
        for j in 0..n {
            let same = |v: &[f64], k: usize| v[k].to_bits() == v[j].to_bits();
            let near = |k: &usize| *k != j && same(&self.market, *k) && same(&self.nest, *k);
            for k in (0..n).filter(near) {
                others[j] += 1.0;
                distance[j] += (self.x[k] - self.x[j]).powi(2);
            }
        }
        (others, distance)
    }
}

fn differences() -> Vec<BuiltInstruments> {
    vec![BuiltInstruments {
        kind: BuiltKind::QuadraticDifferences,
        of: "0 + x".to_owned(),
        interact: false,
        expected_price: false,
    }]
}

fn unsolved(u: &Unsolved) -> InputError {
    let message = format!("no equilibrium found in market {}", u.market);
    InputError::at("experiment", message).value(u.residual.to_string())
}
