use super::*;

const KEY: Key<'_> = Key {
    seed: 7,
    name: "test",
    index: 3,
};
const DRAWN: [Rule; 6] = [
    Rule::MonteCarlo,
    Rule::Halton {
        discard: USUAL_DISCARD,
        scramble: true,
    },
    Rule::Halton {
        discard: USUAL_DISCARD,
        scramble: false,
    },
    Rule::Sobol,
    Rule::Lhs,
    Rule::Mlhs,
];
const GRIDS: [Rule; 4] = [
    Rule::Tensor,
    Rule::NestedTensor,
    Rule::Grid,
    Rule::NestedGrid,
];

fn made(rule: Rule, size: usize, dimensions: usize) -> Nodes {
    build(rule, size, dimensions, KEY).expect("a rule")
}

fn expectation(nodes: &Nodes, f: impl Fn(&[f64]) -> f64) -> f64 {
    let weighted = |i: usize| nodes.weights[i] * f(nodes.point(i));
    (0..nodes.weights.len()).map(weighted).sum()
}

/// Moment `E[Z^p]` of the standard normal: 0 or `(p - 1)!!`.
fn moment(p: usize) -> f64 {
    if p % 2 == 1 {
        return 0.0;
    }
    (1..p).step_by(2).fold(1.0, |m, k| m * k as f64)
}

fn monomial(x: &[f64], powers: &[usize]) -> f64 {
    let powers = powers.iter().map(|p| i32::try_from(*p).expect("small"));
    x.iter()
        .zip(powers)
        .map(|(x, p)| x.powi(p))
        .fold(1.0, |a, b| a * b)
}

/// Every combination of `dimensions` powers with at most this sum.
fn powers(dimensions: usize, most: usize) -> Vec<Vec<usize>> {
    if dimensions == 0 {
        return vec![Vec::new()];
    }
    let with = |p: usize| {
        let rest = powers(dimensions - 1, most - p).into_iter();
        rest.map(move |mut r| {
            r.push(p);
            r
        })
    };
    (0..=most).flat_map(with).collect()
}

#[test]
fn polynomials_are_exact_to_the_degree_of_each_rule() {
    for rule in GRIDS {
        for (dimensions, level) in [(1, 12), (2, 1), (2, 5), (3, 4), (4, 3), (5, 2)] {
            let nodes = made(rule, level, dimensions);
            let absolute: f64 = nodes.weights.iter().map(|w| w.abs()).sum();
            for powers in powers(dimensions, 2 * level - 1) {
                let truth: f64 = powers.iter().map(|p| moment(*p)).fold(1.0, |a, b| a * b);
                let size = expectation(&nodes, |x| monomial(x, &powers).abs()).abs();
                let off = expectation(&nodes, |x| monomial(x, &powers)) - truth;
                let scale = truth.max(size).max(absolute);
                assert!(
                    off.abs() < 2e-14 * scale,
                    "{rule:?} {dimensions} {level} {powers:?}: {off:e}"
                );
            }
        }
    }
}

#[test]
fn every_level_is_exact_in_one_dimension() {
    for rule in GRIDS {
        for level in 1..=LARGEST_LEVEL {
            let nodes = made(rule, level, 1);
            assert!((nodes.weights.iter().sum::<f64>() - 1.0).abs() < 1e-14);
            for p in (0..2 * level).step_by(2) {
                let found = expectation(&nodes, |x| monomial(x, &[p]));
                assert!(
                    (found / moment(p) - 1.0).abs() < 3e-13,
                    "{rule:?} level {level} power {p}: {found}"
                );
            }
        }
    }
}

/// The numbers that `parity/integration.py` takes from a rule.
fn fingerprint(nodes: &Nodes) -> [f64; 4] {
    let phase = |i: usize| {
        let terms = nodes.point(i).iter().enumerate();
        terms.map(|(d, x)| (0.4 + 0.1 * d as f64) * x).sum::<f64>()
    };
    let mut found = [0.0; 4];
    for (i, w) in nodes.weights.iter().enumerate() {
        let (wave, place) = ((phase(i) + 0.4).cos(), 1.0 + (i % 7) as f64);
        found[0] += w * wave;
        found[1] += w.abs();
        found[2] += w * place * wave;
        found[3] += place * phase(i).tanh() / nodes.weights.len() as f64;
    }
    found
}

/// Lines of a table: the rule that its first word names, if it does, and the numbers.
fn table(text: &str) -> Vec<(Option<Rule>, Vec<f64>)> {
    let row = |line: &str| {
        let rule = GRIDS
            .into_iter()
            .find(|r| line.split(' ').next() == Some(&format!("{r:?}")));
        let words = line.split(' ').skip(usize::from(rule.is_some()));
        (rule, words.map(|w| w.parse().expect("a number")).collect())
    };
    text.lines().map(row).collect()
}

fn count(number: f64) -> usize {
    format!("{number}").parse().expect("a count")
}

#[test]
fn grids_are_those_of_pyblp() {
    let rules = table(peer::RULES);
    assert_eq!(rules.len(), 25);
    for (rule, row) in rules {
        let (rule, truth) = (rule.expect("a rule"), &row[3..]);
        let nodes = made(rule, count(row[1]), count(row[0]));
        assert_eq!(nodes.weights.len(), count(row[2]), "{rule:?} {row:?}");
        // Weights of both signs cancel; their sizes, times places up to 7, bound the rounding.
        let rounding = 3e-14 * (1.0 + 7.0 * truth[1]);
        for (found, truth) in fingerprint(&nodes).into_iter().zip(truth) {
            assert!(
                (found - truth).abs() < rounding,
                "{rule:?} {row:?}: {found} and {truth}"
            );
        }
    }
}

#[test]
fn nodes_and_their_order_are_those_of_pyblp() {
    for rule in [Rule::Grid, Rule::NestedGrid] {
        let nodes = made(rule, 3, 2);
        let rows = table(peer::SMALL).into_iter().filter(|r| r.0 == Some(rule));
        assert_eq!(rows.clone().count(), nodes.weights.len());
        for (i, (_, row)) in rows.enumerate() {
            let found = [nodes.point(i), &[nodes.weights[i]]].concat();
            let off = found.iter().zip(&row).map(|(a, b)| (a - b).abs());
            assert!(off.fold(0.0, f64::max) < 2e-15, "{rule:?} {i}: {found:?}");
        }
    }
}

#[test]
fn halton_nodes_are_those_of_pyblp_and_continue_over_indices() {
    let rule = Rule::Halton {
        discard: 996,
        scramble: false,
    };
    let key = Key { index: 1, ..KEY };
    let nodes = build(rule, 4, 12, key).expect("nodes");
    for (i, (_, row)) in table(peer::HALTON).iter().enumerate() {
        assert_eq!(row.len(), 12);
        for (found, truth) in nodes.point(i).iter().zip(row) {
            assert!((found - truth).abs() < 1e-13, "{found} and {truth}");
        }
    }
}

/// Back to the unit interval, through the slices: how many nodes lie in each of `slices`.
fn counts(nodes: &Nodes, dimension: usize, slices: usize) -> Vec<usize> {
    let edges: Vec<f64> = (1..slices)
        .map(|k| normal_quantile(k as f64 / slices as f64))
        .collect();
    let mut counts = vec![0; slices];
    for i in 0..nodes.weights.len() {
        counts[edges.partition_point(|e| *e < nodes.point(i)[dimension])] += 1;
    }
    counts
}

#[test]
fn scrambled_nets_and_hypercubes_have_one_node_in_each_slice() {
    for rule in [Rule::Sobol, Rule::Lhs, Rule::Mlhs] {
        let nodes = made(rule, 1024, 20);
        for d in 0..20 {
            assert!(
                counts(&nodes, d, 1024).iter().all(|c| *c == 1),
                "{rule:?} {d}"
            );
        }
    }
    let rule = Rule::Halton {
        discard: 0,
        scramble: true,
    };
    let nodes = build(rule, 729, 2, Key { index: 0, ..KEY }).expect("nodes");
    assert!(counts(&nodes, 1, 729).iter().all(|c| *c == 1));
}

#[test]
fn the_first_two_dimensions_stay_a_net_of_quality_zero() {
    // A (0, 10, 2)-net in base 2: one of 1024 points in every box of 2^-k by 2^-(10-k).
    let nodes = made(Rule::Sobol, 1024, 2);
    for k in 0..=10 {
        let edges = |n: usize| -> Vec<f64> {
            (1..n)
                .map(|i| normal_quantile(i as f64 / n as f64))
                .collect()
        };
        let (across, up) = (edges(1 << k), edges(1 << (10 - k)));
        let mut boxes = vec![0; 1024];
        for i in 0..1024 {
            let [x, y] = [nodes.point(i)[0], nodes.point(i)[1]];
            let column = across.partition_point(|e| *e < x);
            boxes[column * (up.len() + 1) + up.partition_point(|e| *e < y)] += 1;
        }
        assert!(boxes.iter().all(|b| *b == 1), "2^-{k}");
    }
}

/// Mean squared error of `E[prod_d (1 + tanh(x_d) / 2)] = 1` over independent indices.
fn squared_error(rule: Rule, size: usize, dimensions: usize) -> f64 {
    let one = |index: u64| {
        let nodes = build(rule, size, dimensions, Key { index, ..KEY }).expect("nodes");
        let f = |x: &[f64]| x.iter().fold(1.0, |f, x| f * (1.0 + x.tanh() / 2.0));
        (expectation(&nodes, f) - 1.0).powi(2)
    };
    (0..24).map(one).sum::<f64>() / 24.0
}

#[test]
fn every_sequence_beats_plain_draws() {
    let plain = squared_error(Rule::MonteCarlo, 1024, 5);
    // The variance of one factor is E[tanh(Z)^2] / 4 = 0.0986 (R, integrate), so that of the mean
    // is (1.0986^5 - 1) / 1024 = 5.85e-4; 24 squares have a relative spread of 0.29.
    assert!((plain / 5.85e-4 - 1.0).abs() < 0.9, "{plain:e}");
    for (rule, gain) in DRAWN[1..].iter().zip([30.0, 30.0, 300.0, 5.0, 5.0]) {
        let found = squared_error(*rule, 1024, 5);
        assert!(
            found * gain < plain,
            "{rule:?}: {found:e} against {plain:e}"
        );
    }
}

#[test]
fn the_variance_of_sobol_nodes_falls_faster_than_one_over_n() {
    let (few, many) = (
        squared_error(Rule::Sobol, 256, 3),
        squared_error(Rule::Sobol, 4096, 3),
    );
    // Plain draws gain a factor of 16; a smooth function of a net gains 16^2 or more.
    assert!(few / many > 150.0, "{}", few / many);
}

/// Squared L2 star discrepancy of points in the unit cube (Warnock 1972).
fn discrepancy(points: &[f64], dimensions: usize) -> f64 {
    let rows: Vec<&[f64]> = points.chunks(dimensions).collect();
    let n = rows.len() as f64;
    let fold = |f: &dyn Fn(usize) -> f64| (0..dimensions).fold(1.0, |p, d| p * f(d));
    let single: f64 = rows
        .iter()
        .map(|x| fold(&|d| (1.0 - x[d] * x[d]) / 2.0))
        .sum();
    let pair = |x: &[f64]| -> f64 { rows.iter().map(|y| fold(&|d| 1.0 - x[d].max(y[d]))).sum() };
    let pairs: f64 = rows.iter().map(|x| pair(x)).sum();
    3_f64.powi(-i32::try_from(dimensions).expect("small")) - 2.0 / n * single + pairs / (n * n)
}

#[test]
fn discrepancies_are_below_those_of_plain_draws() {
    // The expected squared discrepancy of n independent points is (2^-d - 3^-d) / n.
    let (n, d) = (512, 6);
    let plain = (2_f64.powi(-6) - 3_f64.powi(-6)) / n as f64;
    let halton = halton::build(n, d, 1000, true, KEY).expect("points");
    let sobol = sobol::scrambled(n, d, KEY).expect("points");
    let unscrambled = sobol::unscrambled(n, d).expect("points");
    for (points, gain, what) in [
        (halton, 3.0, "halton"),
        (sobol, 4.0, "sobol"),
        (unscrambled, 4.0, "plain sobol"),
    ] {
        let found = discrepancy(&points, d);
        assert!(found < plain / gain, "{what}: {found:e} against {plain:e}");
    }
}

#[test]
fn moments_of_drawn_rules_are_normal_in_every_dimension() {
    for rule in DRAWN {
        let nodes = made(rule, 4096, 50);
        assert!((nodes.weights.iter().sum::<f64>() - 1.0).abs() < 1e-12);
        for d in 0..50 {
            // Five standard errors of plain draws: 1/64 of the mean, sqrt(2)/64 of the square.
            let mean = expectation(&nodes, |x| x[d]);
            let square = expectation(&nodes, |x| x[d] * x[d]);
            assert!(
                mean.abs() < 0.08 && (square - 1.0).abs() < 0.11,
                "{rule:?} {d}"
            );
        }
    }
}

#[test]
fn indices_dimensions_and_names_move_no_other_node() {
    for rule in DRAWN {
        let few = made(rule, 100, 3);
        let more = made(rule, 100, 5);
        for i in 0..100 {
            assert!((0..3).all(|d| few.point(i)[d].to_bits() == more.point(i)[d].to_bits()));
        }
        let other = build(rule, 100, 3, Key { index: 4, ..KEY }).expect("nodes");
        assert!(
            other
                .points
                .iter()
                .zip(&few.points)
                .all(|(a, b)| a.to_bits() != b.to_bits())
        );
        let draws_nothing = matches!(
            rule,
            Rule::Halton {
                scramble: false,
                ..
            }
        );
        for key in [Key { seed: 8, ..KEY }, Key { name: "b", ..KEY }] {
            let other = build(rule, 100, 3, key).expect("nodes");
            assert_eq!(other == few, draws_nothing, "{rule:?}");
        }
    }
}

#[test]
fn a_hundred_thousand_points_stay_apart_and_finite() {
    let nodes = made(Rule::Sobol, 100_000, 2);
    let mut first: Vec<u64> = nodes
        .points
        .iter()
        .step_by(2)
        .map(|x| x.to_bits())
        .collect();
    first.sort_unstable();
    first.dedup();
    assert_eq!(first.len(), 100_000);
    assert!(nodes.points.iter().all(|x| x.is_finite()));
}

#[test]
fn what_cannot_be_built_is_said() {
    let refused = |rule, size, dimensions| build(rule, size, dimensions, KEY).expect_err("refused");
    for rule in GRIDS {
        assert!(refused(rule, 26, 2).contains("may be 1 to 25"));
        assert!(
            refused(rule, 20, 40).contains("lower the level"),
            "{rule:?}"
        );
    }
    assert!(refused(Rule::Tensor, 25, 100_000).contains("numbers"));
    for rule in DRAWN {
        assert!(refused(rule, 0, 2).contains("may be 1 to"));
        assert!(refused(rule, 60_000_000, 2).contains("may be 1 to 50000000"));
    }
    assert!(refused(Rule::Sobol, 8, 65).contains("at most 64 dimensions"));
    let halton = |discard| Rule::Halton {
        discard,
        scramble: false,
    };
    let first = Key { index: 0, ..KEY };
    let zero = build(halton(0), 8, 2, first).expect_err("infinite");
    assert!(zero.contains("discard at least one"), "{zero}");
    assert!(refused(halton(u64::MAX), 8, 2).contains("beyond the end"));
    for rule in DRAWN.iter().chain(&GRIDS) {
        assert_eq!(made(*rule, 5, 0).weights, vec![1.0]);
    }
}
