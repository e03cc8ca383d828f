//! Two-type duopolies against a grid oracle: exactly the equilibria that exist are found.

use entrant_data::Status;
use entrant_market::Demand;
use entrant_market::equilibrium::{Effort, find};
use entrant_numeric::random::Stream;

use crate::support::{Case, near};

/// One product a firm, costs one, two types: steep and gentle.
struct Duopoly {
    weight: [f64; 2],
    slope: [f64; 2],
    mean: [f64; 2],
}

impl Duopoly {
    fn random(seed: u64) -> Duopoly {
        let mut rng = Stream::new(77, "duopoly", seed);
        let mut between = |low: f64, high: f64| low + (high - low) * rng.uniform();
        let gentle = between(0.1, 0.35);
        let slope = [-between(3.0, 6.0), -between(0.3, 0.8)];
        let common = between(3.5, 6.0);
        let mean = [common, common + between(-0.5, 0.5)];
        Duopoly {
            weight: [1.0 - gentle, gentle],
            slope,
            mean,
        }
    }

    fn case(&self) -> Case {
        let demand = Demand::flat(
            self.weight.to_vec(),
            self.slope.to_vec(),
            vec![0.0; 4],
            self.mean.to_vec(),
        );
        Case::new(demand, vec![0, 1], vec![1.0; 2])
    }

    fn profit(&self, f: usize, own: f64, rival: f64) -> f64 {
        let share = |i: usize| {
            let e = (self.mean[f] + self.slope[i] * own).exp();
            e / (1.0 + e + (self.mean[1 - f] + self.slope[i] * rival).exp())
        };
        (own - 1.0) * (self.weight[0] * share(0) + self.weight[1] * share(1))
    }

    /// Global best reply: a grid of margins in equal ratios, then golden section.
    fn reply(&self, f: usize, rival: f64) -> f64 {
        let at = |k: f64| 1.0 + 0.1 * (200.0f64).powf(k / 160.0);
        let value = |k: f64| self.profit(f, at(k), rival);
        let grid = (0..=160).map(f64::from);
        let best = grid
            .max_by(|a, b| value(*a).total_cmp(&value(*b)))
            .expect("a grid");
        let (mut low, mut high) = (best - 1.0, best + 1.0);
        for _ in 0..70 {
            let third = 0.381_966 * (high - low);
            if value(low + third) < value(high - third) {
                low += third;
            } else {
                high -= third;
            }
        }
        at(0.5 * (low + high))
    }

    /// Equilibria as continuous crossings of the composed best replies.
    fn equilibria(&self) -> Vec<[f64; 2]> {
        let gap = |p: f64| self.reply(1, self.reply(0, p)) - p;
        let point = |k: u32| 1.05 * (20.0f64).powf(f64::from(k) / 400.0);
        let mut found = Vec::new();
        for k in 0..400 {
            let (mut low, mut high) = (point(k), point(k + 1));
            let above = gap(low) > 0.0;
            if above == (gap(high) > 0.0) {
                continue;
            }
            for _ in 0..45 {
                let middle = 0.5 * (low + high);
                if (gap(middle) > 0.0) == above {
                    low = middle;
                } else {
                    high = middle;
                }
            }
            // At a jump of a best reply the gap stays away from zero. Golden section knows a
            // flat maximum to 1e-8.
            if gap(low).abs() < 1e-5 && gap(high).abs() < 1e-5 {
                found.push([self.reply(0, low), low]);
            }
        }
        found
    }
}

#[test]
fn all_equilibria_of_duopolies_are_found() {
    let mut multiple = 0;
    for seed in 0..60 {
        let duopoly = Duopoly::random(seed);
        let truth = duopoly.equilibria();
        let case = duopoly.case();
        let found = find(&case.problem(), &[1.4, 1.4], Effort::Full { boxes: 200 });
        let listed: Vec<&Vec<f64>> = if found.status.is_usable() {
            std::iter::once(&found.price).chain(&found.others).collect()
        } else {
            vec![]
        };
        // The oracle is good to 1e-7; two equilibria lie percents apart.
        let matches = |t: &[f64; 2]| listed.iter().any(|p| near(p, t, 1e-5));
        assert!(
            truth.iter().all(matches),
            "seed {seed}: truth {truth:?}, listed {listed:?}, {}",
            found.status
        );
        assert_eq!(
            truth.len(),
            listed.len(),
            "seed {seed}: truth {truth:?}, listed {listed:?}"
        );
        assert_eq!(
            found.status == Status::Multiple,
            truth.len() > 1,
            "seed {seed}"
        );
        multiple += usize::from(truth.len() > 1);
    }
    assert!(
        multiple >= 5,
        "the oracle must meet multiplicity, met {multiple}"
    );
}
