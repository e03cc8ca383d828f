//! What must hold whatever the numbers are.

use entrant_data::Status;
use entrant_estimate::blp::{Problem, Workers};
use entrant_estimate::post::{Labels, Ownership, PriceSettings, Variable, concentration, profits};
use entrant_market::demand::{consumer_surplus, margin_pairs, price_slopes};
use entrant_market::equilibrium::{Effort, PriceProblem, find};

use crate::support::{all, economy, observed, shape};

#[test]
fn shares_at_observed_prices_are_the_observed_ones() {
    for (name, problem) in all() {
        let economy = economy(&problem);
        for t in 0..problem.markets.len() {
            let market = economy.market(t);
            let share = market.shares();
            for (a, b) in share.iter().zip(&market.data.share) {
                assert!((a / b - 1.0).abs() < 2e-13, "{name}");
            }
            let total: f64 = share.iter().sum::<f64>() + market.outside();
            let weights: f64 = market.data.consumers.weight.iter().sum();
            assert!((total - weights).abs() < 1e-15, "{name}");
        }
    }
}

#[test]
fn answers_to_mean_utility_are_symmetric() {
    for (name, problem) in all() {
        let economy = economy(&problem);
        let market = economy.market(0);
        let j = market
            .share_jacobian(Variable::MeanUtility)
            .expect("always");
        for a in 0..j.rows {
            assert!(j.at(a, a) > 0.0, "{name}");
            for b in 0..a {
                assert!((j.at(a, b) - j.at(b, a)).abs() < 1e-16, "{name}");
            }
        }
    }
}

#[test]
fn everybody_goes_somewhere() {
    for (name, problem) in all() {
        let economy = economy(&problem);
        let market = economy.market(4);
        let n = market.data.products();
        let marginal = market.diversion(Variable::Price).expect("has prices");
        let second = market.second_choices();
        for j in 0..n {
            assert!(
                (marginal.row(j).iter().sum::<f64>() - 1.0).abs() < 1e-13,
                "{name}"
            );
            assert!(
                (second.row(j).iter().sum::<f64>() - 1.0).abs() < 1e-13,
                "{name}"
            );
            // The closed form against shares without the product.
            let (to, nothing) = market.diversion_from(&[j]);
            assert!((second.at(j, j) - nothing).abs() < 1e-12, "{name}");
            for k in (0..n).filter(|k| *k != j) {
                assert!((second.at(j, k) - to[k]).abs() < 1e-12, "{name}");
            }
        }
        let (to, nothing) = market.diversion_from(&[0, 3, 6]);
        assert!(
            (to.iter().sum::<f64>() + nothing - 1.0).abs() < 1e-13,
            "{name}"
        );
    }
}

#[test]
fn plain_logit_is_known() {
    // Elasticities, diversion and pass-through of a single-product logit have textbook forms.
    let problem = shape("logit");
    let economy = economy(&problem);
    let market = economy.market(2);
    let (share, price) = (market.shares(), market.price().to_vec());
    let alpha = economy.beta[1];
    let outside = market.outside();
    let e = market
        .elasticities(Variable::Price, &[])
        .expect("has prices");
    let d = market.diversion(Variable::Price).expect("has prices");
    let long = market.second_choices();
    for j in 0..share.len() {
        assert!((e.at(j, j) - alpha * price[j] * (1.0 - share[j])).abs() < 1e-13);
        assert!((d.at(j, j) - outside / (1.0 - share[j])).abs() < 1e-13);
        for k in (0..share.len()).filter(|k| *k != j) {
            assert!((e.at(j, k) + alpha * price[k] * share[k]).abs() < 1e-13);
            assert!((d.at(j, k) - share[k] / (1.0 - share[j])).abs() < 1e-13);
            assert!((long.at(j, k) - d.at(j, k)).abs() < 1e-13);
        }
    }
    let surplus = -(1.0 / outside).ln() / alpha;
    assert!((market.surplus().mean - surplus).abs() < 1e-13 * surplus.abs());
    let mut names = entrant_estimate::post::Ownership::separate((0..share.len()).collect());
    let eta = market.markups(&names).expect("regular");
    for (e, s) in eta.iter().zip(&share) {
        assert!((e + 1.0 / (alpha * (1.0 - s))).abs() < 1e-13);
    }
    names.firm.fill(0);
    let all_in_one = market.markups(&names).expect("regular");
    for e in &all_in_one {
        assert!((e + 1.0 / (alpha * outside)).abs() < 1e-11);
    }
    assert!((concentration(&names, &share) - 1e4).abs() < 1e-11);
    assert_eq!(profits(&[3.0], &[1.0], &[0.25]), vec![0.5]);
}

#[test]
fn a_wider_market_says_the_same() {
    // The demand that scenarios work on, at other prices.
    let mut converted = 0;
    let fewer_buyers = |(name, mut problem): (&'static str, Problem)| {
        for market in &mut problem.markets {
            market.consumers.weight.iter_mut().for_each(|w| *w *= 0.9);
        }
        (name, problem)
    };
    for (name, problem) in all().into_iter().chain(all().into_iter().map(fewer_buyers)) {
        let economy = economy(&problem);
        let mut market = economy.market(1);
        let n = market.data.products();
        let names: Vec<String> = (0..n).map(|j| format!("p{j}")).collect();
        let labels = Labels {
            product: &names,
            brand: &names,
            size: 1.0,
        };
        let cost = vec![0.0; n];
        let whole = market.to_market(&cost, labels).expect("every shape");
        let demands = [market.demand(), Some(whole.demand())];
        let other: Vec<f64> = market
            .price()
            .iter()
            .enumerate()
            .map(|(j, p)| p * (0.9 + 0.05 * j as f64))
            .collect();
        assert!(market.set_price(&other));
        let want = market.shares();
        for demand in demands.into_iter().flatten() {
            converted += 1;
            for (got, want) in demand.shares(&other).iter().zip(&want) {
                assert!((got - want).abs() < 1e-14, "{name}: {got} {want}");
            }
        }
    }
    // All shapes twice, and as dense arrays those with one nesting parameter and one price effect for
    // all products at all prices.
    assert_eq!(converted, 2 * all().len() + 22);
}

#[test]
fn scenarios_stand_on_the_same_derivatives_and_surplus() {
    for (name, problem) in all() {
        let economy = economy(&problem);
        let market = economy.market(0);
        let n = market.data.products();
        let names: Vec<String> = (0..n).map(|j| format!("p{j}")).collect();
        let labels = Labels {
            product: &names,
            brand: &names,
            size: 1.0,
        };
        let cost = market.costs(&observed(&market)).expect("regular");
        let whole = market.to_market(&cost, labels).expect("every shape");
        let (demand, price) = (whole.demand(), whole.prices());
        let jacobian = market.share_jacobian(Variable::Price).expect("prices");
        let rows: Vec<usize> = (0..n).collect();
        let slopes = price_slopes(&demand, &price, &rows);
        for j in 0..n {
            for k in 0..n {
                let (got, want) = (slopes[j * n + k], jacobian.at(k, j));
                assert!((got - want).abs() < 1e-14, "{name}: {got} {want}");
            }
        }
        let (got, want) = (consumer_surplus(&demand, &price), market.surplus().mean);
        assert!((got / want - 1.0).abs() < 1e-12, "{name}: {got} {want}");
        // Costs at which the observed prices are optimal.
        let free = vec![true; n];
        let margin = margin_pairs(&demand, &whole.ownership(), &price, &vec![0.0; n], &free);
        for ((m, p), c) in margin.expect("regular").iter().zip(&price).zip(&cost) {
            assert!((p - m - c).abs() < 1e-10 * p, "{name}: {} {c}", p - m);
        }
    }
}

#[test]
fn scenarios_find_the_prices_of_the_estimated_market() {
    let mut compared = 0;
    for (name, problem) in all() {
        let economy = economy(&problem);
        for t in 0..problem.markets.len() {
            let mut market = economy.market(t);
            let n = market.data.products();
            let names: Vec<String> = (0..n).map(|j| format!("p{j}")).collect();
            let labels = Labels {
                product: &names,
                brand: &names,
                size: 1.0,
            };
            let cost = market.costs(&observed(&market)).expect("regular");
            let mut whole = market.to_market(&cost, labels).expect("every shape");
            let price = market.price().to_vec();
            let owners = Ownership::merger(market.data, &["f1", "f2"]);
            let settings = PriceSettings::default();
            let want = market.equilibrium(&owners, &cost, &price, settings);
            if want.status != Status::Certified {
                continue;
            }
            let merges = |firm: &String| firm == "f1" || firm == "f2";
            for p in whole.products.iter_mut().filter(|p| merges(&p.firm)) {
                p.firm = "f1".into();
            }
            for (owner, of, _) in &mut whole.stakes {
                for side in [owner, of] {
                    if merges(side) {
                        *side = "f1".into();
                    }
                }
            }
            whole.stakes.retain(|(owner, of, _)| owner != of);
            let (demand, ownership) = (whole.demand(), whole.ownership());
            let problem = PriceProblem {
                demand: &demand,
                ownership: &ownership,
                cost: &cost,
                free: &vec![true; n],
            };
            let found = find(&problem, &price, Effort::Full { boxes: 1 });
            if found.status != Status::Certified {
                continue;
            }
            compared += 1;
            for (got, want) in found.price.iter().zip(&want.price) {
                assert!((got / want - 1.0).abs() < 1e-9, "{name} {t}: {got} {want}");
            }
        }
    }
    assert!(compared >= 80, "{compared}");
}

struct Backwards;

impl Workers for Backwards {
    fn each(&self, pieces: usize, work: &(dyn Fn(usize) + Sync)) {
        (0..pieces).rev().for_each(work);
    }
}

#[test]
fn the_order_of_the_work_does_not_matter() {
    let problem = shape("nested");
    let economy = economy(&problem);
    let costs = |w: &dyn Workers| economy.each(w, |m| m.costs(&observed(m)).expect("regular"));
    assert_eq!(costs(&Backwards), costs(&entrant_estimate::blp::Serial));
}
