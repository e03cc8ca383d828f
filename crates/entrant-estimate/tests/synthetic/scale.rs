//! The scale of taste shocks: where all coefficients are linear, half the scale with half of every
//! parameter is the same economy. Everything is computed both ways.

use entrant_data::spec::{Algorithm, StartMatrix};
use entrant_estimate::audit::by_halves;
use entrant_estimate::blp::{Problem, Serial, Theta};
use entrant_estimate::bootstrap::{Draw, MeanUtilities, likes_higher_prices, mean_utilities};
use entrant_estimate::gmm::Fit;
use entrant_estimate::importance::{Candidates, ImportanceSettings, importance_sample};
use entrant_estimate::inference::{AndersonRubin, iia, spread_starts, zero_spread};
use entrant_estimate::optimal::{Expectation, OptimalSettings, optimal_instruments};
use entrant_estimate::post::{
    Labels, Ownership, PanelEconomy, PriceSettings, Variable, mean_own_elasticity,
};
use entrant_estimate::simulate::{Columns, Heterogeneity, Synthetic, Truth, simulate};

use entrant_market::Market;

use crate::support::{bound, distance, fitted, settings, small};

/// One of the two, at its starting values.
struct Way {
    synthetic: Synthetic,
    problem: Problem,
    columns: Columns,
    fit: Fit,
}

/// The scale that one of them has.
const SCALE: f64 = 0.5;

fn way(scale: f64, supply: bool) -> Way {
    let mut synthetic = small(Heterogeneity::Complex, supply);
    synthetic.spec.epsilon_scale = scale;
    let demand = &mut synthetic.spec.demand;
    demand.sigma = Some(StartMatrix::Diagonal(vec![2.4 * scale, 0.2 * scale]));
    for value in demand.beta.values_mut() {
        *value = -1.1 * scale;
    }
    let (problem, columns) = bound(&synthetic);
    let fit = fitted(&problem, &settings(&synthetic.spec, Algorithm::Return));
    Way {
        synthetic,
        problem,
        columns,
        fit,
    }
}

/// With half the scale, and the usual one.
fn both(supply: bool) -> [Way; 2] {
    [way(SCALE, supply), way(1.0, supply)]
}

#[track_caller]
fn same(what: &str, got: &[f64], want: &[f64], tolerance: f64) {
    let gap = distance(got, want);
    assert!(gap <= tolerance, "{what}: {gap:e}");
}

fn times(by: f64, v: &[f64]) -> Vec<f64> {
    v.iter().map(|x| by * x).collect()
}

#[test]
fn utilities_are_half_and_costs_the_same() {
    let [a, b] = both(true);
    let (x, y) = (&a.fit.at, &b.fit.at);
    same("delta", &x.delta, &times(SCALE, &y.delta), 1e-12);
    same("cost", &x.cost, &y.cost, 1e-12);
    same("d delta", &x.d_delta.data, &y.d_delta.data, 1e-10);
    same(
        "d cost",
        &times(SCALE, &x.d_cost.data),
        &y.d_cost.data,
        1e-10,
    );
    let (beta, gamma) = (&b.fit.linear.beta, &b.fit.linear.gamma);
    same("beta", &a.fit.linear.beta, &times(SCALE, beta), 1e-10);
    same("gamma", &a.fit.linear.gamma, gamma, 1e-10);
    let half = times(SCALE, &b.fit.errors.xi);
    same("xi", &a.fit.errors.xi, &half, 1e-10);
    same("omega", &a.fit.errors.omega, &b.fit.errors.omega, 1e-10);
}

#[test]
fn markets_answer_alike() {
    let [a, b] = both(true);
    let economy =
        |w: &'static Way| PanelEconomy::new(&w.problem, &w.fit.values, &w.fit.linear, &w.fit.at);
    let (a, b): (&'static Way, &'static Way) = (Box::leak(Box::new(a)), Box::leak(Box::new(b)));
    let (first, second) = (economy(a), economy(b));
    for t in 0..a.problem.markets.len() {
        let (mut m, mut n) = (first.market(t), second.market(t));
        for variable in [Variable::Price, Variable::Column("x")] {
            let j = |m: &entrant_estimate::post::PanelMarket<'_>| {
                m.share_jacobian(variable).expect("in the formulas").data
            };
            same("jacobian", &j(&m), &j(&n), 1e-10);
        }
        let by_utility = |m: &entrant_estimate::post::PanelMarket<'_>| {
            let j = m.share_jacobian(Variable::MeanUtility).expect("always");
            let e = m.elasticities(Variable::MeanUtility, &[]).expect("always");
            (j.data, e.data)
        };
        let (x, y) = (by_utility(&m), by_utility(&n));
        same("by mean utility", &times(SCALE, &x.0), &y.0, 1e-10);
        same("in mean utility", &x.1, &y.1, 1e-10);
        let half = times(SCALE, &n.mean_utility());
        same("mean utility", &m.mean_utility(), &half, 1e-12);
        same("surplus", &m.surplus().each, &n.surplus().each, 1e-10);
        let owners = Ownership::observed(m.data);
        let costs = n.costs(&owners).expect("regular");
        same("costs", &m.costs(&owners).expect("regular"), &costs, 1e-10);
        let pass = |m: &entrant_estimate::post::PanelMarket<'_>| {
            m.passthrough(&owners, &costs).expect("regular").data
        };
        same("pass-through", &pass(&m), &pass(&n), 1e-8);
        let merged = Ownership::merger(m.data, &["0", "1"]);
        let price = m.price().to_vec();
        let (p, q) = (
            m.equilibrium(&merged, &costs, &price, PriceSettings::default()),
            n.equilibrium(&merged, &costs, &price, PriceSettings::default()),
        );
        assert_eq!(p.status, q.status);
        same("prices after a merger", &p.price, &q.price, 1e-9);
        assert!(m.set_price(&price) && n.set_price(&price));
        let names: Vec<String> = (0..price.len()).map(|j| j.to_string()).collect();
        let labels = Labels {
            product: &names,
            brand: &names,
            size: 1.0,
        };
        let x = m.to_market(&costs, labels).expect("linear in price");
        let y = n.to_market(&costs, labels).expect("linear in price");
        for (p, q) in x.products.iter().zip(&y.products) {
            // Characteristics stay those of the formulas, utilities are in units of the shock.
            same("characteristics", &p.x, &q.x, 1e-15);
            same("quality", &[p.mean_utility], &[q.mean_utility], 1e-10);
        }
        let tastes = |m: &Market| -> Vec<f64> {
            let types = &m.population.types;
            types.iter().flat_map(|t| t.taste.clone()).collect()
        };
        same("tastes", &tastes(&x), &tastes(&y), 1e-12);
        let slopes =
            |m: &Market| -> Vec<f64> { m.population.types.iter().map(|t| t.slope).collect() };
        same("slopes", &slopes(&x), &slopes(&y), 1e-12);
    }
}

#[test]
fn panels_are_simulated_alike() {
    let [a, b] = both(true);
    let solved = |w: &Way| {
        let truth = Truth {
            values: w.fit.values.clone(),
            linear: w.fit.linear.clone(),
            xi: w.fit.errors.xi.clone(),
            omega: w.fit.errors.omega.clone(),
        };
        simulate(&w.problem, &w.columns, &truth).expect("the observed prices are equilibria")
    };
    for (p, q) in solved(&a).iter().zip(&solved(&b)) {
        same("prices", &p.price, &q.price, 1e-10);
        same("shares", &p.share, &q.share, 1e-9);
        same("utilities", &p.delta, &times(SCALE, &q.delta), 1e-9);
    }
    let elasticity = |w: &Way| {
        let (values, linear) = (&w.fit.values, &w.fit.linear);
        mean_own_elasticity(&w.problem, values, linear, &w.fit.at)
    };
    same("elasticity", &[elasticity(&a)], &[elasticity(&b)], 1e-11);
}

#[test]
fn optimal_instruments_are_alike() {
    for supply in [true, false] {
        let [a, b] = both(supply);
        let found = |w: &Way| {
            let settings = OptimalSettings {
                expectation: Expectation::Approximate,
                prices: None,
            };
            optimal_instruments(&w.problem, &w.columns, &w.fit, &settings, &Serial)
        };
        let (x, y) = (found(&a), found(&b));
        assert!(x.reverted.is_empty() && y.reverted.is_empty());
        same("expected prices", &x.prices, &y.prices, 1e-9);
        same("expected shares", &x.shares, &y.shares, 1e-8);
        same("d xi", &x.d_xi.data, &y.d_xi.data, 1e-7);
        if supply {
            same(
                "d omega",
                &times(SCALE, &x.d_omega.data),
                &y.d_omega.data,
                1e-7,
            );
        }
    }
}

#[test]
fn consumers_and_draws_are_alike() {
    let [a, b] = both(false);
    let drawn = |w: &Way| {
        let settings = ImportanceSettings {
            draws: 50,
            seed: 3,
            candidates: Candidates::Own,
        };
        let problem = importance_sample(&w.problem, &w.fit, settings).expect("buyers");
        problem.markets[2].consumers.weight.clone()
    };
    same("importance weights", &drawn(&a), &drawn(&b), 1e-10);
    let utilities = |w: &Way, by: f64| {
        let mut linear = w.fit.linear.clone();
        linear.beta[1] += by;
        let draw = Draw {
            values: w.fit.values.clone(),
            linear,
            clipped: Vec::new(),
        };
        let which = MeanUtilities::ErrorsFixed;
        mean_utilities(&w.problem, &w.columns, &w.fit, &draw, which, &Serial).expect("moved")
    };
    let half = times(SCALE, &utilities(&b, 0.3));
    same("draws", &utilities(&a, 0.3 * SCALE), &half, 1e-12);
    for factor in [1.0, -0.2] {
        let upward = |w: &Way| {
            let beta = times(factor, &w.fit.linear.beta);
            likes_higher_prices(
                &w.problem,
                &Theta::new(&w.problem.parameters, &w.fit.values),
                &beta,
            )
        };
        assert_eq!(upward(&a), upward(&b), "{factor}");
    }
    let audited = |w: &Way| by_halves(&w.problem, &w.fit, 5, &Serial).expect("enough consumers");
    let (x, y) = (audited(&a), audited(&b));
    same("elasticity", &[x.elasticity], &[y.elasticity], 1e-10);
    same(
        "steps",
        &x.rechecks[0].step,
        &times(SCALE, &y.rechecks[0].step),
        1e-6,
    );
}

#[test]
fn tests_and_sets_are_alike() {
    let [a, b] = both(false);
    let statistic = |w: &Way| {
        let settings = settings(&w.synthetic.spec, Algorithm::Return);
        let ar = AndersonRubin::new(&w.problem, &settings, &Serial);
        ar.statistic(&ar.point_of(&w.fit)).expect("regular")
    };
    same("Anderson-Rubin", &[statistic(&a)], &[statistic(&b)], 1e-8);
    let substitution = |w: &Way| {
        let settings = settings(&w.synthetic.spec, Algorithm::Return);
        iia(&w.problem, &settings, &[3, 4]).statistic
    };
    same("IIA", &[substitution(&a)], &[substitution(&b)], 1e-7);
    let spreads = |w: &Way| {
        let settings = settings(&w.synthetic.spec, Algorithm::Return);
        spread_starts(&w.problem, &settings).expect("linear tastes")
    };
    let (x, y) = (spreads(&a), spreads(&b));
    same(
        "variances",
        &x.variance,
        &times(SCALE * SCALE, &y.variance),
        1e-7,
    );
    same("price", &x.price, &times(SCALE, &y.price), 1e-7);
    let zero = |w: &Way| {
        let settings = settings(&w.synthetic.spec, Algorithm::Return);
        zero_spread(&w.problem, &w.fit, &settings, &Serial, 1).expect("a spread")
    };
    let (x, y) = (zero(&a), zero(&b));
    same("score", &[x.score.statistic], &[y.score.statistic], 1e-4);
    let quarter = SCALE * SCALE * y.variance;
    same("variance", &[x.variance], &[quarter], 1e-3);
}
