//! Robust sets against the statistic itself, and its derivatives against differences.

use entrant_data::spec::ErrorStructure;
use entrant_estimate::blp::Serial;
use entrant_estimate::inference::{
    AndersonRubin, ConfidenceSet, Edge, Reference, Search, SetStatus, Target, price_set,
};
use entrant_numeric::distribution::chi_square_quantile;

use super::support::{Design, fit, problem, settings};

/// Every kind of set, at every error structure: membership on a grid is that of the statistic,
/// and finite ends are where it crosses.
#[test]
fn the_exact_set_is_where_the_statistic_is_small() {
    let mut kinds = [0; 3];
    for errors in [
        ErrorStructure::Robust,
        ErrorStructure::Clustered,
        ErrorStructure::Unadjusted,
    ] {
        for (seed, strength, invalid) in [
            (1, 0.8, 0.0),
            (2, 0.1, 0.0),
            (3, 0.0, 0.0),
            (4, 0.15, 0.0),
            (5, 0.8, 1.5),
            (6, 0.0, 0.0),
        ] {
            let design = Design {
                seed,
                strength,
                errors,
                invalid,
                ..Design::default()
            };
            let p = problem(&design);
            let s = settings(&design);
            let ar = AndersonRubin::new(&p, &s, &Serial);
            assert_eq!(ar.degrees(), 3);
            let limit = chi_square_quantile(0.95, 3.0);
            let set = price_set(&p, &s, &Serial).expect("a set");
            for k in 0..400 {
                let t = (f64::from(k) - 199.5) / 200.0;
                let alpha = -1.0 + 2.0 * t / (1.0 - t * t);
                let statistic = ar.statistic(&[alpha]).expect("a value");
                assert_eq!(
                    set.contains(alpha),
                    statistic <= limit,
                    "{alpha}: {statistic} {set:?}"
                );
            }
            kinds[match &set {
                ConfidenceSet::Empty => 0,
                ConfidenceSet::Everything => 1,
                ConfidenceSet::Intervals(all) => {
                    for end in all.iter().flatten().filter(|e| e.is_finite()) {
                        let statistic = ar.statistic(&[*end]).expect("a value");
                        assert!(
                            (statistic - limit).abs() < 1e-6 * limit,
                            "{end}: {statistic}"
                        );
                    }
                    2
                }
            }] += 1;
        }
    }
    assert!(kinds.iter().all(|k| *k > 0), "{kinds:?}");
}

#[test]
fn derivatives_of_the_residual_are_its_slopes() {
    for errors in [
        ErrorStructure::Robust,
        ErrorStructure::Clustered,
        ErrorStructure::Unadjusted,
    ] {
        let design = Design {
            random: true,
            errors,
            ..Design::default()
        };
        let p = problem(&design);
        let ar = AndersonRubin::new(&p, &settings(&design), &Serial);
        let tau = [0.6, -0.8];
        let here = ar.point(&tau).expect("a point");
        for c in 0..2 {
            let h = 1e-5;
            let moved = |by: f64| {
                let mut there = tau;
                there[c] += by;
                ar.point(&there).expect("a point").residual
            };
            let (up, down) = (moved(h), moved(-h));
            for r in 0..ar.degrees() {
                let slope = (up[r] - down[r]) / (2.0 * h);
                let got = here.jacobian.at(r, c);
                assert!(
                    (slope - got).abs() < 1e-6 * (1.0 + got.abs()),
                    "{errors:?} {r} {c}: {slope} {got}"
                );
            }
        }
    }
}

/// The search along the profile finds what the exact set is for one coefficient.
#[test]
fn the_search_agrees_with_the_exact_set() {
    let design = Design::default();
    let p = problem(&design);
    let s = settings(&design);
    let set = price_set(&p, &s, &Serial).expect("a set");
    let [low, high] = set.bounds().expect("an interval");
    let ar = AndersonRubin::new(&p, &s, &Serial);
    let start = ar.point_of(&fit(&p, &s));
    let search = Search {
        tolerance: 1e-6,
        ..Search::default()
    };
    let elasticity = |_: &[f64],
                      l: &entrant_estimate::gmm::Linear,
                      _: &entrant_estimate::blp::Evaluation| 3.0 * l.beta[2];
    for (target, by) in [
        (Target::Coordinate(0), 1.0),
        (Target::Function(&elasticity), 3.0),
    ] {
        let found = ar.scalar_set(target, &start, Reference::Projection, search);
        assert_eq!(found.status, SetStatus::Bounded);
        let [a, b] = found.bounds().expect("an interval");
        assert!(
            (a - by * low).abs() < 1e-4 && (b - by * high).abs() < 1e-4,
            "{found:?} {low} {high}"
        );
    }
}

/// A spread of tastes with the price coefficient minimised over: beyond the end no price
/// coefficient on a fine grid is compatible, and just before it some is.
#[test]
fn ends_of_a_profile_are_those_of_a_grid() {
    let design = Design {
        random: true,
        markets: 300,
        ..Design::default()
    };
    let p = problem(&design);
    let s = settings(&design);
    let ar = AndersonRubin::new(&p, &s, &Serial);
    let start = ar.point_of(&fit(&p, &s));
    for reference in [Reference::Projection, Reference::Concentrated] {
        let found = ar.scalar_set(Target::Coordinate(0), &start, reference, Search::default());
        let on = |sigma: f64, center: f64, step: f64| {
            (-30..=30)
                .filter_map(|k| {
                    let alpha = center + step * f64::from(k);
                    Some((ar.statistic(&[sigma, alpha])?, alpha))
                })
                .fold(
                    (f64::INFINITY, center),
                    |a, b| if b.0 < a.0 { b } else { a },
                )
        };
        let least = |sigma: f64| on(sigma, on(sigma, -2.0, 0.1).1, 0.005).0;
        let Edge::At(end) = found.upper else {
            panic!("no upper end: {found:?}");
        };
        assert!(least(0.97 * end) <= found.threshold, "{found:?}");
        assert!(least(1.03 * end) > found.threshold, "{found:?}");
        assert_eq!(found.lower, Edge::Bound(0.0));
    }
}

/// With instruments that do not move prices no number is shown for the price coefficient.
#[test]
fn what_is_not_identified_is_unbounded() {
    let design = Design {
        strength: 0.0,
        seed: 3,
        ..Design::default()
    };
    let p = problem(&design);
    let s = settings(&design);
    assert_eq!(
        price_set(&p, &s, &Serial).and_then(|set| set.bounds()),
        None
    );
    let ar = AndersonRubin::new(&p, &s, &Serial);
    let found = ar.scalar_set(
        Target::Coordinate(0),
        &[-1.0],
        Reference::Projection,
        Search::default(),
    );
    assert_eq!(found.status, SetStatus::Unbounded);
    assert_eq!(found.bounds(), None);
}
