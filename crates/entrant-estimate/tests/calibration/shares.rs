//! Observed shares hold, however they are written.

use entrant_data::Quantity;
use entrant_data::panel::{BrandRow, MarketPanel, ShareBasis};
use entrant_data::spec::{Model, TargetKind};
use entrant_data::{Mark, Status};
use entrant_estimate::{calibrate, observe};

use crate::support::{PHONES, Truth, columns, demand, gap, market, panel, shares, study, target};

fn units_panel(from: &MarketPanel, share: &[f64], size: f64) -> MarketPanel {
    let mut out = from.clone();
    for (p, s) in out.products.iter_mut().zip(share) {
        p.basis = ShareBasis::Units(s * size);
    }
    out
}

/// Brand shares of units sold, and within-brand weights that do not sum to one.
fn mix_panel(from: &MarketPanel, share: &[f64]) -> MarketPanel {
    let mut out = from.clone();
    let total: f64 = share.iter().sum();
    for (k, brand) in ["A", "B", "C"].iter().enumerate() {
        let own: f64 = (0..6)
            .filter(|j| PHONES[*j].1 == *brand)
            .map(|j| share[j])
            .sum();
        out.brands.push(BrandRow {
            brand: (*brand).into(),
            share: own / total,
            sd: 0.0,
            mark: Mark::Verified,
            source: String::new(),
        });
        for j in (0..6).filter(|j| PHONES[*j].1 == *brand) {
            out.products[j].basis = ShareBasis::Mix(7.0 * (k + 1) as f64 * share[j]);
        }
    }
    out
}

#[test]
fn units_shares_and_mixes_agree() {
    let known = market(&PHONES, &Truth::default());
    let (share, by_share) = (shares(&known), panel(&known));
    let inside: f64 = share.iter().sum();
    let mut s = study(demand(
        Model::Logit,
        vec![target(TargetKind::Margin, "A", 0.4)],
    ));
    let one = calibrate(&s, &by_share, &columns(), None).expect("valid");
    let two = calibrate(&s, &units_panel(&by_share, &share, 1e6), &columns(), None).expect("valid");
    s.market[0].outside_share = Some(Quantity::known(1.0 - inside));
    let three = calibrate(&s, &mix_panel(&by_share, &share), &columns(), None).expect("valid");
    s.market[0].size = None;
    s.market[0].units = Some(Quantity::known(1e6 * inside));
    let four = calibrate(&s, &mix_panel(&by_share, &share), &columns(), None).expect("valid");
    for other in [&two, &three, &four] {
        // A few roundings in sums and ratios of shares.
        assert!(gap(other.observed.size, 1e6) < 1e-12);
        for (j, p) in one.market.products.iter().enumerate() {
            let q = &other.market.products[j];
            assert!(gap(other.observed.share[j], one.observed.share[j]) < 1e-12);
            assert!((p.mean_utility - q.mean_utility).abs() < 1e-11);
            assert!(gap(q.cost, p.cost) < 1e-11);
        }
    }
}

/// Whatever the parameters, the calibrated market shows the observed shares.
#[test]
fn observed_shares_hold() {
    let known = market(&PHONES, &Truth::default());
    let (share, panel) = (shares(&known), panel(&known));
    for model in [Model::Logit, Model::NestedLogit, Model::RandomCoefficients] {
        for spread in [0.0, 0.3, 0.6] {
            let mut d = demand(model, vec![target(TargetKind::MarginLevel, "C", 180.0)]);
            d.spread = crate::support::given(spread);
            d.nest = Some(entrant_data::spec::NestSpec {
                column: "group".into(),
                strength: crate::support::given(0.3),
            });
            let c = calibrate(&study(d), &panel, &columns(), None).expect("valid");
            assert_eq!(c.status, Status::Certified, "{model:?} {spread}");
            let fitted = c.market.demand().shares(&c.market.prices());
            for (s, f) in share.iter().zip(&fitted) {
                assert!(gap(*f, *s) < 1e-10, "{model:?} {spread}: {f} for {s}");
            }
        }
    }
}

#[test]
fn awareness_and_segments_are_part_of_the_inversion() {
    let known = market(&PHONES, &Truth::default());
    let mut p = panel(&known);
    p.products[0].aware = 0.6;
    p.products[3].segments = vec!["shop".into()];
    let mut s = study(demand(
        Model::Logit,
        vec![target(TargetKind::Margin, "B", 0.45)],
    ));
    for (id, share) in [("shop", 1.5), ("web", 0.5)] {
        s.segment.push(entrant_data::spec::SegmentSpec {
            id: id.into(),
            share: Quantity::known(share),
        });
    }
    let c = calibrate(&s, &p, &columns(), None).expect("valid");
    assert_eq!(
        (c.status, c.method),
        (Status::Certified, "minimum distance")
    );
    assert!(c.share_residual < 1e-10, "{}", c.share_residual);
    // A target that is met by search is met to the solver's tolerance.
    assert!(gap(c.targets[0].fitted, 0.45) < 1e-8);
}

#[test]
fn impossible_shares_are_the_callers_mistake() {
    let known = market(&PHONES, &Truth::default());
    let s = study(demand(Model::Logit, vec![]));
    let mut full = panel(&known);
    full.products[0].basis = ShareBasis::Share(0.99);
    assert!(observe(&s.market[0], &full, &[]).is_err());
    let units = units_panel(&panel(&known), &shares(&known), 3e6);
    assert!(observe(&s.market[0], &units, &[]).is_err());
}
