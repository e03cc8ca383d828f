//! Five markets where `PyBLP` 1.3.0 reports convergence at prices that are not an equilibrium,
//! or at one of several without a word. The truth of each file was found by a global search.

use entrant_data::Status;
use entrant_market::Demand;
use entrant_market::equilibrium::{Effort, Equilibrium, certify, deviations, find};
use serde::Deserialize;

use crate::support::{Case, assert_close, near};

/// A frozen price, truth or ours, agrees with another to this.
const SAME: f64 = 1e-9;
const EFFORT: Effort = Effort::Full { boxes: 200 };

#[derive(Deserialize)]
struct Frozen {
    weights: Vec<f64>,
    price_coefficient: Vec<f64>,
    mean_utility: Vec<f64>,
    taste: Vec<Vec<f64>>,
    cost: Vec<f64>,
    firm: Vec<String>,
    observed_price: Vec<f64>,
    peer: Vec<Peer>,
    truth: Truth,
}

#[derive(Deserialize)]
struct Peer {
    start: Vec<f64>,
    price: Vec<f64>,
    converged: bool,
}

#[derive(Deserialize)]
struct Truth {
    equilibria: Vec<Vec<f64>>,
}

impl Frozen {
    fn read(name: &str) -> Frozen {
        let path = format!("{}/tests/frozen/{name}.json", env!("CARGO_MANIFEST_DIR"));
        let text = std::fs::read_to_string(&path).expect("the frozen market is there");
        serde_json::from_str(&text).expect("the frozen market parses")
    }

    fn case(&self) -> Case {
        let mut names: Vec<&String> = Vec::new();
        for f in &self.firm {
            if !names.contains(&f) {
                names.push(f);
            }
        }
        let firm = self
            .firm
            .iter()
            .map(|f| names.iter().position(|n| *n == f).expect("listed"))
            .collect();
        let demand = Demand::flat(
            self.weights.clone(),
            self.price_coefficient.clone(),
            self.taste.concat(),
            self.mean_utility.clone(),
        );
        Case::new(demand, firm, self.cost.clone())
    }

    fn is_truth(&self, price: &[f64]) -> bool {
        self.truth.equilibria.iter().any(|t| near(price, t, SAME))
    }

    /// The peer's answers that are no equilibrium, though it calls them converged.
    fn wrong(&self) -> Vec<&Peer> {
        // The peer's tolerance leaves 1e-11 in good answers; a wrong one is off by percents.
        let right = |p: &Peer| {
            self.truth
                .equilibria
                .iter()
                .any(|t| near(&p.price, t, 1e-6))
        };
        self.peer
            .iter()
            .filter(|p| p.converged && !right(p))
            .collect()
    }

    fn solve_from_each_start(&self) -> Vec<Equilibrium> {
        let case = self.case();
        self.peer
            .iter()
            .map(|p| find(&case.problem(), &p.start, EFFORT))
            .collect()
    }
}

#[test]
fn near_logit_is_solved_from_any_start() {
    let frozen = Frozen::read("near_logit_start_50");
    for (found, peer) in frozen.solve_from_each_start().iter().zip(&frozen.peer) {
        assert!(
            frozen.is_truth(&found.price),
            "from {:?}: {:?}",
            peer.start,
            found.price
        );
        assert_eq!(found.status, Status::Certified, "from {:?}", peer.start);
    }
}

#[test]
fn near_logit_peer_answer_fails_first_order() {
    let frozen = Frozen::read("near_logit_start_50");
    assert_eq!(frozen.wrong().len(), 2);
    for peer in frozen.wrong() {
        let local = certify(&frozen.case().problem(), &peer.price);
        assert_eq!(local.status, Status::NotConverged);
        // The file's truth gives the unscaled residual at the peer's prices as 0.142.
        assert_close(
            local.gradient,
            0.142,
            1e-2,
            0.0,
            "first-order residual at 1.5",
        );
        let gains = deviations(&frozen.case().problem(), &peer.price, 200);
        let best = gains
            .iter()
            .map(entrant_market::equilibrium::Deviation::gain_found)
            .fold(0.0, f64::max);
        assert_close(best, 0.0098, 1e-2, 0.0, "gain of moving alone from 1.5");
    }
}

#[test]
fn monopoly_ends_at_the_global_maximum() {
    let frozen = Frozen::read("two_type_monopoly");
    for (found, peer) in frozen.solve_from_each_start().iter().zip(&frozen.peer) {
        assert!(
            frozen.is_truth(&found.price),
            "from {:?}: {:?}",
            peer.start,
            found.price
        );
        assert_eq!(found.status, Status::Certified, "from {:?}", peer.start);
        assert!(found.others.is_empty());
        assert!(
            found.deviations[0].gain_bound() < 1e-8,
            "bound {}",
            found.deviations[0].gain_bound()
        );
    }
}

#[test]
fn monopoly_local_maximum_is_given_away_by_the_global_search_alone() {
    let frozen = Frozen::read("two_type_monopoly");
    let case = frozen.case();
    let local = certify(&case.problem(), &frozen.observed_price);
    assert_eq!(
        local.status,
        Status::Certified,
        "first and second order hold at a local maximum"
    );
    let gains = deviations(&case.problem(), &frozen.observed_price, 200);
    assert_close(
        gains[0].gain_found(),
        7.432,
        1e-4,
        0.0,
        "gain of the global maximum",
    );
    assert!(near(&gains[0].price, &frozen.truth.equilibria[0], 1e-6));
}

#[test]
fn duopoly_lists_both_equilibria_and_nothing_else() {
    let frozen = Frozen::read("two_type_duopoly");
    for (found, peer) in frozen.solve_from_each_start().iter().zip(&frozen.peer) {
        assert_eq!(found.status, Status::Multiple, "from {:?}", peer.start);
        assert_eq!(
            found.others.len(),
            1,
            "from {:?}: {:?}",
            peer.start,
            found.others
        );
        assert!(
            frozen.is_truth(&found.price) && frozen.is_truth(&found.others[0]),
            "from {:?}",
            peer.start
        );
        assert!(!near(&found.price, &found.others[0], 1e-3));
        if frozen.is_truth(&peer.price) {
            assert!(
                near(&found.price, &peer.price, SAME),
                "the default answer continues the start {:?}",
                peer.start
            );
        }
    }
}

#[test]
fn duopoly_false_equilibrium_is_left_at_once() {
    let frozen = Frozen::read("two_type_duopoly");
    assert_eq!(frozen.wrong().len(), 2);
    for peer in frozen.wrong() {
        let gains = deviations(&frozen.case().problem(), &peer.price, 200);
        let best = gains
            .iter()
            .map(entrant_market::equilibrium::Deviation::gain_found)
            .fold(0.0, f64::max);
        assert_close(best, 0.4877, 1e-3, 0.0, "gain of moving alone");
    }
}

#[test]
fn normal_price_coefficients_are_refused() {
    let frozen = Frozen::read("normal_price_coefficient");
    let case = frozen.case();
    assert_close(
        case.demand.mass_without_price_sensitivity(),
        0.012_803_404_289_820_271,
        1e-12,
        0.0,
        "mass",
    );
    for (found, peer) in frozen.solve_from_each_start().iter().zip(&frozen.peer) {
        assert_eq!(found.status, Status::NoEquilibrium);
        assert_eq!(
            certify(&case.problem(), &peer.price).status,
            Status::NoEquilibrium
        );
        // Whoever does not mind the price pays any: there is no most that a deviation could gain.
        let gains = deviations(&case.problem(), &peer.price, 200);
        assert!(!gains.is_empty() && gains.iter().all(|d| d.bound.is_infinite()));
    }
}

/// The same where everybody likes higher prices, as an estimate of few digits may say.
#[test]
fn nothing_bounds_gains_from_consumers_who_like_high_prices() {
    let mut case = Frozen::read("two_type_duopoly").case();
    case.demand.slope.iter_mut().for_each(|a| *a = -*a);
    let price = case
        .problem()
        .cost
        .iter()
        .map(|c| c + 1.0)
        .collect::<Vec<_>>();
    let gains = deviations(&case.problem(), &price, 200);
    assert!(!gains.is_empty() && gains.iter().all(|d| d.gain_bound().is_infinite()));
    // Types of whom there is nobody change nothing.
    let mut case = Frozen::read("two_type_duopoly").case();
    (case.demand.weight[0], case.demand.weight[1]) = (1.0, 0.0);
    let found = deviations(&case.problem(), &price, 200);
    case.demand.slope[1] = -case.demand.slope[1];
    for (a, b) in found.iter().zip(deviations(&case.problem(), &price, 200)) {
        assert!(a.bound.is_finite() && a.bound.to_bits() == b.bound.to_bits());
    }
}

#[test]
fn nevo_market_returns_to_observed_prices_from_far_away() {
    let frozen = Frozen::read("nevo_far_start");
    for (found, peer) in frozen.solve_from_each_start().iter().zip(&frozen.peer) {
        assert!(frozen.is_truth(&found.price), "from {:?}", peer.start[0]);
        assert_eq!(found.status, Status::Certified);
    }
    assert_eq!(frozen.wrong().len(), 3);
    for peer in frozen.wrong() {
        assert!(
            !certify(&frozen.case().problem(), &peer.price)
                .status
                .is_usable()
        );
    }
}
