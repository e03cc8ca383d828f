//! Bounds of spreads that a specification does not state.

use super::panels::made;

/// Name, lower and upper bound of every searched element of sigma.
fn sigma(json: &str) -> Vec<(String, f64, f64)> {
    let problem = made(3, json, false, false).problem();
    let free = problem.parameters.free.iter();
    free.filter(|p| p.name.starts_with("sigma"))
        .map(|p| (p.name.clone(), p.lower, p.upper))
        .collect()
}

fn json(start: &str, bounds: &str) -> String {
    format!(
        r#"{{"demand": {{"linear": "1 + price + x", "random": "1 + x", "instruments": ["z*"],
            "sigma": {start}{bounds}}}}}"#
    )
}

#[test]
fn spreads_are_not_negative_unless_somebody_says_so() {
    let infinite = f64::INFINITY;
    let natural = sigma(&json("[[0.5], [0.2, 0.7]]", ""));
    let expected = [
        ("sigma[Intercept]", 0.0),
        ("sigma[x, Intercept]", -infinite),
        ("sigma[x]", 0.0),
    ];
    for ((name, lower, upper), (own, least)) in natural.iter().zip(expected) {
        assert_eq!(name, own);
        assert_eq!(
            [lower.to_bits(), upper.to_bits()],
            [least.to_bits(), infinite.to_bits()]
        );
    }
    assert_eq!(natural.len(), 3);
    // One that starts below is meant to be there, and so is what bounds leave open.
    let below = sigma(&json("[-0.5, 0.7]", ""));
    assert_eq!(below[0].1.to_bits(), (-infinite).to_bits());
    assert_eq!(below[1].1.to_bits(), 0.0_f64.to_bits());
    let open = sigma(&json(
        "[0.5, 0.7]",
        r#", "sigma_bounds": {"upper": [2, 3]}"#,
    ));
    for ((_, lower, upper), most) in open.iter().zip([2.0_f64, 3.0]) {
        assert_eq!(lower.to_bits(), (-infinite).to_bits());
        assert_eq!(upper.to_bits(), most.to_bits());
    }
}
