//! Sources with known biases and noise around a known truth: what is reconciled is near the
//! truth, and ranges cover it as often as they say.

use entrant_data::tracker::{Measure, Statement, Subject, Tracker};
use entrant_data::{Mark, Quarter};
use entrant_numeric::random::Stream;
use entrant_track::{Settings, track};

const LEVEL: f64 = 0.9;
const SETTINGS: Settings = Settings {
    draws: 1000,
    seed: 1,
    level: LEVEL,
};
const VENDORS: [&str; 5] = ["A", "B", "C", "D", "E"];
const SOURCES: [&str; 3] = ["x", "y", "z"];
const QUARTERS: i32 = 8;

/// Errors of shares in units of `sqrt(s (1 - s))`, and of totals in logarithms.
#[derive(Clone, Copy)]
struct Errors {
    persistent: f64,
    passing: f64,
}

fn statement(
    t: i32,
    subject: Subject,
    measure: Measure,
    source: &str,
    value: f64,
    step: f64,
) -> Statement {
    Statement {
        country: "Here".into(),
        quarter: Quarter::new(2017, 1).expect("a quarter").plus(t),
        subject,
        measure,
        value,
        rounding: step,
        source: source.into(),
        basis: String::new(),
        mark: Mark::Verified,
        published: String::new(),
        url: String::new(),
        note: String::new(),
        line: 0,
    }
}

/// A market whose shares and size wander, and what three sources print of it.
fn simulate(seed: u64, errors: Errors, step: f64) -> (Vec<Vec<f64>>, Vec<f64>, Tracker) {
    let mut stream = Stream::new(seed, "truth", 0);
    let mut weights: Vec<f64> = (0..VENDORS.len()).map(|v| 5.0 - 0.7 * v as f64).collect();
    let bias: Vec<Vec<f64>> = SOURCES
        .iter()
        .map(|_| {
            let all = 0..=VENDORS.len();
            all.map(|_| errors.persistent * stream.normal()).collect()
        })
        .collect();
    let (mut shares, mut totals) = (Vec::new(), Vec::new());
    let mut tracker = Tracker::default();
    for t in 0..QUARTERS {
        for w in &mut weights {
            *w *= (0.1 * stream.normal()).exp();
        }
        let sum: f64 = weights.iter().sum::<f64>() + 5.0;
        let now: Vec<f64> = weights.iter().map(|w| w / sum).collect();
        let total = 30e6 * (0.1 * stream.normal()).exp();
        for (k, source) in SOURCES.iter().enumerate() {
            // The last source says nothing in every other quarter.
            if k == 2 && t % 2 == 1 {
                continue;
            }
            for (v, share) in now.iter().enumerate() {
                let error = bias[k][v] + errors.passing * stream.normal();
                let read = share + error * (share * (1.0 - share)).sqrt();
                let printed = (read.max(0.0) / step).round() * step;
                let vendor = Subject::Vendor(VENDORS[v].into());
                let s = statement(t, vendor, Measure::Share, source, printed, step);
                tracker.statements.push(s);
            }
            let error = bias[k][VENDORS.len()] + errors.passing * stream.normal();
            let printed = (total * error.exp() / 1e5).round() * 1e5;
            let s = statement(t, Subject::Total, Measure::Units, source, printed, 1e5);
            tracker.statements.push(s);
        }
        shares.push(now);
        totals.push(total);
    }
    (shares, totals, tracker)
}

#[test]
fn ranges_cover_the_truth_as_often_as_they_say() {
    let errors = Errors {
        persistent: 0.03,
        passing: 0.04,
    };
    let (mut inside, mut all, mut errors_of, mut errors_one) =
        ([0.0_f64; 3], [0.0_f64; 3], 0.0, 0.0);
    let mut typical = Vec::new();
    for seed in 0..60 {
        let (shares, totals, tracker) = simulate(seed, errors, 0.01);
        let report = track(&tracker, SETTINGS);
        let country = &report.countries[0];
        typical.push(country.disagreement.typical.point());
        for (t, quarter) in country.quarters.iter().enumerate() {
            let mut count = |what: usize, e: &entrant_data::result::Estimate, truth: f64| {
                all[what] += 1.0;
                inside[what] += f64::from(e.low <= truth && truth <= e.high);
            };
            count(0, quarter.units.as_ref().expect("totals"), totals[t]);
            for vendor in &quarter.vendors {
                let v = VENDORS
                    .iter()
                    .position(|n| *n == vendor.vendor)
                    .expect("known");
                let truth = shares[t][v];
                count(1, &vendor.share, truth);
                count(2, vendor.units.as_ref().expect("units"), truth * totals[t]);
                errors_of += (vendor.share.point() - truth).powi(2);
                errors_one += (vendor.sources[0].value - truth).powi(2);
            }
        }
    }
    let coverage: Vec<f64> = inside.iter().zip(all).map(|(i, n)| i / n).collect();
    // Cells of a vendor share its sources' biases: 60 x 5 independent groups of shares have a
    // standard error of at most 0.017, 60 of totals one of 0.039. The Birge ratio only widens.
    assert!((0.84..0.99).contains(&coverage[0]), "{coverage:?}");
    assert!((0.88..0.97).contains(&coverage[1]), "{coverage:?}");
    assert!((0.86..0.98).contains(&coverage[2]), "{coverage:?}");
    // Two or three sources are better than the first alone.
    assert!(errors_of < 0.6 * errors_one, "{errors_of} {errors_one}");
    // Two sources differ by sqrt(2 (0.03^2 + 0.04^2)) sqrt(0.25 0.75) at a share of a quarter.
    let truth = (2.0 * 0.0025 * 0.1875_f64).sqrt();
    let mean = typical.iter().sum::<f64>() / typical.len() as f64;
    assert!((mean / truth - 1.0).abs() < 0.1, "{mean} {truth}");
}

#[test]
fn shares_and_units_add_up() {
    let errors = Errors {
        persistent: 0.05,
        passing: 0.05,
    };
    let (_, _, tracker) = simulate(7, errors, 0.01);
    for quarter in &track(&tracker, SETTINGS).countries[0].quarters {
        let named: f64 = quarter.vendors.iter().map(|v| v.share.point()).sum();
        assert!((named + quarter.unnamed.point() - 1.0).abs() < 1e-12);
        let total = quarter.units.as_ref().expect("totals").point();
        let units: f64 = quarter
            .vendors
            .iter()
            .map(|v| v.units.as_ref().expect("units").point())
            .sum();
        assert!((units / total - named).abs() < 1e-12);
        let least = quarter
            .concentration
            .as_ref()
            .expect("a list")
            .least
            .point();
        let squares: f64 = quarter
            .vendors
            .iter()
            .map(|v| v.share.point().powi(2))
            .sum();
        assert!((least - 1e4 * squares).abs() < 1e-8);
    }
}

#[test]
fn the_seed_moves_intervals_and_not_figures() {
    let errors = Errors {
        persistent: 0.03,
        passing: 0.04,
    };
    let (_, _, tracker) = simulate(3, errors, 0.01);
    let one = track(&tracker, SETTINGS);
    assert_eq!(one, track(&tracker, SETTINGS));
    let other = track(
        &tracker,
        Settings {
            seed: 2,
            ..SETTINGS
        },
    );
    let first = |r: &entrant_data::result::tracker::TrackerReport| {
        r.countries[0].quarters[0].vendors[0].share
    };
    // Reconciled figures are no draws; intervals are.
    assert!((first(&one).point() - first(&other).point()).abs() < 1e-15);
    assert!((first(&one).low - first(&other).low).abs() > 0.0);
}

#[test]
fn a_vendor_with_one_source_gets_the_error_of_a_source_as_its_range() {
    let errors = Errors {
        persistent: 0.03,
        passing: 0.04,
    };
    let (_, _, mut tracker) = simulate(5, errors, 0.001);
    let lonely = Subject::Vendor("Lonely".into());
    let said = statement(0, lonely, Measure::Share, "x", 0.1, 0.001);
    tracker.statements.push(said);
    let report = track(&tracker, SETTINGS);
    let quarter = &report.countries[0].quarters[0];
    let find = |name: &str| {
        quarter
            .vendors
            .iter()
            .find(|v| v.vendor == name)
            .expect("named")
    };
    let e = &find("Lonely").share;
    let sd = (e.high - e.low) / (2.0 * 1.645);
    let disagreement = &report.countries[0].disagreement.typical;
    // The typical difference of two sources is sqrt(2) errors, at a share of a quarter.
    let error = disagreement.point() / 2.0_f64.sqrt() * (0.09_f64 / 0.1875).sqrt();
    assert!((sd / error - 1.0).abs() < 0.12, "{sd} {error}");
    assert!((e.point() - 0.1).abs() < 1e-12);
}

#[test]
fn without_comparisons_there_are_figures_and_no_ranges() {
    let vendor = |name: &str| Subject::Vendor(name.into());
    let mut tracker = Tracker::default();
    for (name, value) in [("A", 0.5), ("B", 0.3), ("C", 0.1)] {
        let s = statement(0, vendor(name), Measure::Share, "x", value, 0.01);
        tracker.statements.push(s);
    }
    let report = track(&tracker, SETTINGS);
    let country = &report.countries[0];
    assert_eq!(country.disagreement.from, "none");
    let share = &country.quarters[0].vendors[0].share;
    assert_eq!(share.status, entrant_data::Status::NotIdentified);
    assert!((share.point() - 0.5).abs() < 1e-12 && share.low.is_nan() && share.high.is_nan());
    assert_eq!(report.findings[0].code, "tracker-sources");
}

#[test]
fn two_alike_sources_meet_in_the_middle_whatever_the_spreads() {
    let mut tracker = Tracker::default();
    for t in 0..4 {
        for (source, value) in [("x", 0.30), ("y", 0.34)] {
            let who = Subject::Vendor("A".into());
            let s = statement(t, who, Measure::Share, source, value, 0.001);
            tracker.statements.push(s);
        }
    }
    for quarter in &track(&tracker, SETTINGS).countries[0].quarters {
        assert!((quarter.vendors[0].share.point() - 0.32).abs() < 1e-12);
    }
}

#[test]
fn the_one_who_passes_is_named_with_every_source() {
    let mut tracker = Tracker::default();
    let printed = [
        (0, "x", 0.23, 0.22),
        (0, "y", 0.235, 0.235),
        (1, "x", 0.23, 0.25),
        (1, "y", 0.242, 0.268),
        (1, "z", 0.25, 0.24),
    ];
    for (t, source, a, b) in printed {
        for (name, value) in [("A", a), ("B", b), ("C", 0.1)] {
            let who = Subject::Vendor(name.into());
            tracker
                .statements
                .push(statement(t, who, Measure::Share, source, value, 0.001));
        }
    }
    let report = track(&tracker, SETTINGS);
    let all = &report.countries[0].overtakings;
    let [only] = all.as_slice() else {
        panic!("{all:?}")
    };
    assert_eq!((only.passes.as_str(), only.passed.as_str()), ("B", "A"));
    assert_eq!(only.quarter.to_string(), "2017Q2");
    let verdicts: Vec<_> = only.sources.iter().map(|s| s.verdict.words()).collect();
    assert_eq!(verdicts, ["shows it", "shows it", "still behind"]);
    let leads: Vec<f64> = only.sources.iter().filter_map(|s| s.lead).collect();
    for (lead, truth) in leads.iter().zip([0.02, 0.026, -0.01]) {
        assert!((lead - truth).abs() < 1e-12);
    }
    assert!(only.probability <= only.ahead && only.ahead < 1.0 && only.ahead > 0.5);
}
