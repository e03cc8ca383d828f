//! The noncentral chi-square distribution and the tables of critical values.

use entrant_estimate::inference::{
    maximal_bias, maximal_size, noncentral_quantile, noncentral_survival,
};

/// Values of `scipy.stats.ncx2.sf` (`SciPy` 1.17.1), and a closed form: with one degree of freedom
/// the variable is the square of a shifted normal.
#[test]
fn noncentral_tails_are_scipys() {
    let known = [
        (20.0, 1.0, 10.0, 0.095_121_888_990_338_63),
        (60.0, 3.7, 37.0, 0.071_273_569_206_752_2),
        (180.0, 12.25, 122.5, 0.029_567_256_370_597_58),
    ];
    for (x, k, l, want) in known {
        let got = noncentral_survival(x, k, l);
        assert!((got / want - 1.0).abs() < 1e-9, "{x} {k} {l}: {got}");
    }
    assert!((noncentral_quantile(0.95, 1.0, 10.0) - 23.108_511_211_606_643).abs() < 1e-6);
}

/// Montiel Olea and Pflueger (2013), table 1: 23.1 for a bias of 10% and one effective instrument.
#[test]
fn tables_are_looked_up_on_the_safe_side() {
    assert_eq!(maximal_size(1, 1), Some((1, [16.38, 8.96, 6.66, 5.53])));
    assert_eq!(maximal_size(1, 12).map(|t| t.0), Some(15));
    assert_eq!(maximal_size(1, 31), None);
    assert_eq!(maximal_bias(1, 2), None);
    assert_eq!(maximal_bias(2, 4).map(|t| t.1[0]), Some(11.04));
    assert_eq!(maximal_bias(3, 6), None);
}
