//! A market of five phones at known parameters, in equilibrium at its prices.

use std::collections::BTreeMap;

use entrant_data::panel::MarketPanel;
use entrant_data::spec::{
    ColumnSpec, CostSpec, DataSpec, DemandSpec, EnterSpec, EntrantSpec, Model, QualitySpec,
    ReportSpec, ScenarioSpec, SegmentSpec, Settings, Study, SupplySpec,
};
use entrant_data::{Parameter, Price, Quantity, Status};
use entrant_market::demand::margin_pairs;
use entrant_market::equilibrium::Effort;
use entrant_market::{
    Conduct, ConsumerType, Levy, Market, Population, PriceRule, Product, QualityModel, Reach,
};
use entrant_numeric::quadrature::product_rule;
use entrant_scenario::{Before, Context, MarketDraw, QualityDraw, RunSettings, apply, run_market};

/// Median price sensitivity.
pub const ALPHA: f64 = 0.006;
const SPREAD: f64 = 0.35;

const PHONES: [(&str, &str, f64, f64); 5] = [
    ("a1", "A", 900.0, 4.6),
    ("a2", "A", 600.0, 3.0),
    ("b1", "B", 750.0, 3.7),
    ("b2", "B", 300.0, 1.0),
    ("c1", "C", 250.0, 0.6),
];

/// A known quantity.
pub fn known(v: f64) -> Quantity {
    Quantity::known(v)
}

/// The market, its study and what the study's entrants are worth.
#[derive(Debug, Clone)]
pub struct World {
    pub market: Market,
    pub study: Study,
    pub panel: MarketPanel,
    pub quality: QualityModel,
    pub draw: QualityDraw,
}

/// A scenario's market and its solution.
#[derive(Debug, Clone)]
pub struct Run {
    pub after: Market,
    pub draw: MarketDraw,
}

impl World {
    /// With money in units of `1 / money`, and this many nodes.
    pub fn new(money: f64, nodes: usize) -> Self {
        let mut world = World {
            market: market(money, nodes),
            study: study(),
            panel: MarketPanel {
                id: "m".into(),
                products: vec![],
                brands: vec![],
            },
            quality: QualityModel::default(),
            draw: QualityDraw::default(),
        };
        world.market.fill_costs();
        world
    }

    /// Another entrant for the study.
    pub fn with(mut self, entrant: EntrantSpec) -> Self {
        self.study.entrant.push(entrant);
        self
    }

    /// The market after a scenario, not solved.
    pub fn edited(&self, scenario: &ScenarioSpec) -> Market {
        let context = Context {
            study: &self.study,
            panel: &self.panel,
            characteristics: &self.quality.columns,
            quality: &self.quality,
            draw: &self.draw,
        };
        apply(&self.market, scenario, &context).expect("the scenario names what is there")
    }

    /// The mistake for which a scenario is refused.
    pub fn refused(&self, scenario: &ScenarioSpec) -> entrant_data::InputError {
        let context = Context {
            study: &self.study,
            panel: &self.panel,
            characteristics: &self.quality.columns,
            quality: &self.quality,
            draw: &self.draw,
        };
        apply(&self.market, scenario, &context).expect_err("a mistake")
    }

    /// Solves a scenario from the prices of its edited market.
    pub fn run(&self, scenario: &ScenarioSpec) -> Run {
        let after = self.edited(scenario);
        let settings = RunSettings {
            effort: Effort::Local,
            diversion: true,
        };
        let draw = run_market(
            &Before::new(&self.market),
            &after,
            &after.prices(),
            settings,
        );
        assert_eq!(draw.status, Status::Certified, "{}", scenario.id);
        Run { after, draw }
    }
}

impl Default for World {
    fn default() -> Self {
        World::new(1.0, 5)
    }
}

trait FillCosts {
    fn fill_costs(&mut self);
}

impl FillCosts for Market {
    /// Costs at which the prices are an equilibrium.
    fn fill_costs(&mut self) {
        let (price, zero) = (self.prices(), vec![0.0; self.products.len()]);
        let (demand, owners, free) = (self.demand(), self.ownership(), self.free());
        let margin = margin_pairs(&demand, &owners, &price, &zero, &free).expect("regular");
        for (p, m) in self.products.iter_mut().zip(margin) {
            p.cost = p.price - m;
        }
    }
}

fn market(money: f64, nodes: usize) -> Market {
    let rule = product_rule(nodes, 1);
    let one = |(node, weight): (&f64, &f64)| ConsumerType {
        weight: *weight,
        slope: -ALPHA / money * (SPREAD * node).exp(),
        owns: None,
        taste: vec![],
        bend: Vec::new(),
    };
    let phone = |(id, firm, price, mean_utility): &(&str, &str, f64, f64)| Product {
        id: (*id).into(),
        firm: (*firm).into(),
        brand: (*firm).into(),
        mean_utility: *mean_utility,
        price: price * money,
        cost: 0.0,
        levy: Levy::default(),
        rule: PriceRule::Optimal,
        reach: Reach {
            segments: vec![true, true],
            aware: 1.0,
        },
        nest: None,
        group: None,
        x: vec![],
        entrant: false,
        on_sale: true,
        bend: Vec::new(),
    };
    Market {
        id: "m".into(),
        size: 1e6,
        products: PHONES.iter().map(phone).collect(),
        population: Population {
            types: rule.nodes.iter().zip(&rule.weights).map(one).collect(),
            segments: vec![0.7, 0.3],
            loyalty: 0.0,
        },
        rho: 0.0,
        stakes: vec![],
        capacities: Vec::new(),
        rho_of: BTreeMap::new(),
        conduct: Conduct::Firms,
    }
}

fn study() -> Study {
    let segment = |(id, share): (&str, f64)| SegmentSpec {
        id: id.into(),
        share: known(share),
    };
    Study {
        title: "t".into(),
        question: "q".into(),
        currency: "USD".into(),
        notes: vec![],
        data: DataSpec {
            products: "products.csv".into(),
            brands: None,
            columns: ColumnSpec::default(),
            characteristics: vec![],
            mix_concentration: None,
            average_price: vec![],
        },
        market: vec![],
        inputs: BTreeMap::new(),
        segment: [("shop", 0.7), ("web", 0.3)].map(segment).to_vec(),
        demand: DemandSpec {
            model: Model::RandomCoefficients,
            sensitivity: Parameter::Calibrate,
            spread: Parameter::Calibrate,
            nodes: 5,
            nest: None,
            loyalty: None,
            taste: vec![],
            target: vec![],
        },
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

/// An entrant of firm X at a known price and cost, like an incumbent plus an amount.
pub fn like(id: &str, twin: &str, price: f64, cost: f64, plus: f64) -> EntrantSpec {
    EntrantSpec {
        id: id.into(),
        firm: "X".into(),
        brand: None,
        price: Price::Given(known(price)),
        cost: CostSpec {
            known: Some(known(cost)),
            ..CostSpec::default()
        },
        quality: QualitySpec {
            like: Some(twin.into()),
            plus: Some(known(plus)),
            ..QualitySpec::default()
        },
        characteristics: BTreeMap::new(),
        variant: Vec::new(),
        family: None,
        labels: BTreeMap::new(),
        source: String::new(),
    }
}

/// These entrants come in, everywhere.
pub fn enter(ids: &[&str]) -> EnterSpec {
    EnterSpec {
        products: ids.iter().map(|s| (*s).to_owned()).collect(),
        markets: vec![],
        segments: None,
        aware: None,
        price: None,
    }
}

/// An empty scenario.
pub fn scenario(id: &str) -> ScenarioSpec {
    ScenarioSpec {
        id: id.into(),
        title: id.into(),
        ..ScenarioSpec::default()
    }
}

/// A scenario in which these entrants come in.
pub fn entry(ids: &[&str]) -> ScenarioSpec {
    ScenarioSpec {
        enter: vec![enter(ids)],
        ..scenario("entry")
    }
}

/// Asserts that two lists agree to a relative tolerance.
pub fn assert_close(a: &[f64], b: &[f64], tolerance: f64) {
    assert_eq!(a.len(), b.len());
    for (x, y) in a.iter().zip(b) {
        let scale = x.abs().max(y.abs()).max(1e-300);
        assert!((x - y).abs() <= tolerance * scale, "{x} {y}");
    }
}

/// Asserts that two lists agree bit by bit.
pub fn assert_same(a: &[f64], b: &[f64]) {
    let bits = |v: &[f64]| v.iter().map(|x| x.to_bits()).collect::<Vec<_>>();
    assert_eq!(bits(a), bits(b), "{a:?} {b:?}");
}
