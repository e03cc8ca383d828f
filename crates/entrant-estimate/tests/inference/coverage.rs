//! Coverage of 95% sets in 200 data sets: robust ones hold with any instruments, Wald's do not.

use entrant_estimate::blp::Serial;
use entrant_estimate::inference::{
    ConfidenceSet, TestStatus, hansen, price_set, specification, wald,
};
use entrant_numeric::dense::Matrix;

use super::support::{ALPHA, Design, fit, problem, settings};

const SETS: usize = 200;

/// Three standard errors of a binomial share around 95%.
const BOUNDS: [f64; 2] = [0.95 - 0.046, 0.95 + 0.046];

struct Counts {
    robust: f64,
    wald: f64,
    unbounded: f64,
    hansen: f64,
}

fn coverage(strength: f64) -> Counts {
    let mut c = Counts {
        robust: 0.0,
        wald: 0.0,
        unbounded: 0.0,
        hansen: 0.0,
    };
    for k in 0..SETS {
        let design = Design {
            seed: 1000 + k as u64,
            markets: 100,
            strength,
            endogeneity: 0.95,
            ..Design::default()
        };
        let (p, s) = (problem(&design), settings(&design));
        let set = price_set(&p, &s, &Serial).expect("a set");
        let f = fit(&p, &s);
        let mut pick = Matrix::zeros(1, 3);
        pick.set(0, 2, 1.0);
        let t = wald(&[f.linear.beta[2] - ALPHA], &pick, &f.inference.covariance);
        let share = 1.0 / SETS as f64;
        c.robust += share * f64::from(u8::from(set.contains(ALPHA)));
        c.wald += share * f64::from(u8::from(t.status == TestStatus::Kept));
        c.unbounded += share
            * f64::from(u8::from(
                set.bounds().is_none() && set != ConfidenceSet::Empty,
            ));
        let j = hansen(&f, &s);
        c.hansen += share * f64::from(u8::from(j.status == TestStatus::Kept));
        // At the inverse of the moments' covariance both tests are the same but for the step at
        // which the covariance is taken.
        assert_eq!(j.degrees, 2);
        assert_eq!(specification(&p, &f).degrees, 2);
    }
    c
}

fn covers(share: f64) -> bool {
    (BOUNDS[0]..=BOUNDS[1]).contains(&share)
}

#[test]
fn strong_instruments_make_both_right() {
    let c = coverage(0.8);
    assert!(
        covers(c.robust) && covers(c.wald) && covers(c.hansen),
        "{} {} {}",
        c.robust,
        c.wald,
        c.hansen
    );
    assert!(c.unbounded < 0.01);
}

#[test]
fn weak_instruments_break_wald_only() {
    let c = coverage(0.05);
    assert!(covers(c.robust), "{}", c.robust);
    assert!(c.wald < 0.85, "{}", c.wald);
}

#[test]
fn irrelevant_instruments_break_wald_and_make_robust_sets_unbounded() {
    let c = coverage(0.0);
    assert!(covers(c.robust), "{}", c.robust);
    assert!(c.wald < 0.6, "{}", c.wald);
    // A set that covers whatever alpha is must be unbounded about 95 times in 100 (Dufour 1997).
    assert!(c.unbounded > 0.9, "{}", c.unbounded);
}
