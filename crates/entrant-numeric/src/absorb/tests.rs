use super::*;
use crate::random::Stream;
use nalgebra::{DMatrix, DVector};

/// Residual of a column on the dummies themselves, by singular values: no code of this module.
fn by_dummies(codes: &[Vec<u32>], y: &[f64]) -> (Vec<f64>, usize) {
    let levels: Vec<usize> = codes
        .iter()
        .map(|c| c.iter().fold(0, |m, c| m.max(*c)) as usize + 1)
        .collect();
    let mut dummies = DMatrix::zeros(y.len(), levels.iter().sum());
    let mut first = 0;
    for (codes, levels) in codes.iter().zip(&levels) {
        for (row, code) in codes.iter().enumerate() {
            dummies[(row, first + *code as usize)] = 1.0;
        }
        first += levels;
    }
    let svd = dummies.svd(true, false);
    let rank = svd.rank(1e-9);
    let u = svd.u.expect("left vectors").columns(0, rank).into_owned();
    let y = DVector::from_column_slice(y);
    let left = &y - &u * (u.transpose() * &y);
    let left = &left - &u * (u.transpose() * &left);
    (left.as_slice().to_vec(), rank)
}

fn random_codes(rows: usize, levels: &[u32], seed: u64) -> Vec<Vec<u32>> {
    let draw = |d: usize, l: u32| {
        let mut s = Stream::new(seed, "codes", d as u64);
        (0..rows).map(|_| pick(&mut s, l)).collect()
    };
    levels
        .iter()
        .enumerate()
        .map(|(d, l)| draw(d, *l))
        .collect()
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a number between zero and the number of levels"
)]
fn pick(s: &mut Stream, levels: u32) -> u32 {
    ((s.uniform() * f64::from(levels)) as u32).min(levels - 1)
}

fn random_columns(n: usize, seed: u64) -> Vec<f64> {
    let mut s = Stream::new(seed, "columns", 0);
    (0..n).map(|_| 3.0 + s.normal()).collect()
}

/// Person `i` works for employers `i` and `i + 1`: a chain.
fn chain(people: u32) -> Vec<Vec<u32>> {
    let rows = (0..people).flat_map(|i| [(i, i), (i, i + 1)]);
    let (person, employer) = rows.unzip();
    vec![person, employer]
}

fn assert_close(a: &[f64], b: &[f64], tolerance: f64, what: &str) {
    let worst = a
        .iter()
        .zip(b)
        .map(|(a, b)| (a - b).abs())
        .fold(0.0, f64::max);
    assert!(worst < tolerance, "{what}: off by {worst:e}");
}

fn assert_equals_dummies(codes: &[Vec<u32>], tolerance: f64, what: &str) -> Absorbed {
    let effects = Effects::new(codes).expect("codes");
    let y = random_columns(effects.rows(), 5);
    let (truth, rank) = by_dummies(codes, &y);
    let mut left = y.clone();
    let absorbed = effects.residualise(&mut left, 1, 1e-13).expect("a column");
    assert!(absorbed.converged, "{what}: {absorbed:?}");
    assert_close(&left, &truth, tolerance, what);
    assert_eq!(
        effects.degrees_of_freedom(),
        Rank { rank, exact: true },
        "{what}"
    );
    absorbed
}

#[test]
fn one_effect_is_the_within_transform() {
    let absorbed = assert_equals_dummies(&random_codes(60, &[7], 1), 1e-13, "one");
    assert_eq!(absorbed.sweeps, 0);
}

#[test]
fn random_panels_equal_least_squares_on_dummies() {
    for (rows, levels) in [
        (80, vec![9, 4]),
        (80, vec![4, 9]),
        (60, vec![30, 25]),
        (120, vec![12, 5, 7]),
        (70, vec![25, 20, 15]),
        (90, vec![10, 8, 6, 4]),
    ] {
        for seed in 0..5 {
            let codes = random_codes(rows, &levels, seed);
            assert_equals_dummies(&codes, 3e-12, &format!("{rows} {levels:?} {seed}"));
        }
    }
}

#[test]
fn chains_and_islands_equal_least_squares_on_dummies() {
    assert_equals_dummies(&chain(60), 1e-12, "chain");
    let mut islands = chain(20);
    for effect in &mut islands {
        let copy: Vec<u32> = effect.iter().map(|c| c + 21).collect();
        effect.extend(copy);
    }
    assert_equals_dummies(&islands, 1e-12, "two chains, with levels that have no row");
    let nested = vec![vec![0, 0, 1, 1, 2, 2, 3], vec![0, 0, 0, 0, 1, 1, 1]];
    assert_equals_dummies(&nested, 1e-14, "nested effects");
}

#[test]
fn repeating_an_effect_changes_nothing() {
    let once = random_codes(50, &[8], 3);
    let thrice = Effects::new(&[once[0].clone(), once[0].clone(), once[0].clone()]).expect("codes");
    let mut y = random_columns(50, 5);
    let (truth, rank) = by_dummies(&once, &y);
    thrice.residualise(&mut y, 1, 1e-13).expect("a column");
    assert_close(&y, &truth, 1e-13, "thrice the same");
    assert_eq!(thrice.degrees_of_freedom(), Rank { rank, exact: true });
}

#[test]
fn a_chain_of_ten_thousand_is_solved_to_rounding() {
    // The residual on a tree with n + 1 firms and 2n rows is zero: 2n + 1 levels, one component.
    let codes = chain(10_000);
    let effects = Effects::new(&codes).expect("codes");
    let mut y = random_columns(20_000, 9);
    let absorbed = effects.residualise(&mut y, 1, 1e-12).expect("a column");
    assert!(absorbed.converged && absorbed.sweeps < 20, "{absorbed:?}");
    assert!(
        y.iter().all(|v| v.abs() < 1e-8),
        "the tree explains every column"
    );
}

#[test]
fn a_long_ring_keeps_its_one_free_direction() {
    // On a ring, what is left of y is its alternating mean, with alternating signs.
    let people = 5_000_u32;
    let mut codes = chain(people);
    let last = codes[1].len() - 1;
    codes[1][last] = 0;
    let effects = Effects::new(&codes).expect("codes");
    let y = random_columns(effects.rows(), 2);
    let sign = |row: usize| if row.is_multiple_of(2) { 1.0 } else { -1.0 };
    let mean = y.iter().enumerate().map(|(r, v)| sign(r) * v).sum::<f64>() / y.len() as f64;
    let truth: Vec<f64> = (0..y.len()).map(|r| sign(r) * mean).collect();
    let mut left = y;
    let absorbed = effects.residualise(&mut left, 1, 1e-13).expect("a column");
    assert!(absorbed.converged && absorbed.sweeps < 20, "{absorbed:?}");
    assert_close(&left, &truth, 1e-8, "ring");
    assert_eq!(effects.degrees_of_freedom().rank, 2 * people as usize - 1);
}

#[test]
fn sparse_mobility_with_a_third_effect_is_solved() {
    let mut codes = chain(3_000);
    codes.push(random_codes(6_000, &[12], 4).remove(0));
    let effects = Effects::new(&codes).expect("codes");
    let mut y = random_columns(6_000, 1);
    let absorbed = effects.residualise(&mut y, 1, 1e-12).expect("a column");
    assert!(absorbed.converged && absorbed.sweeps < 100, "{absorbed:?}");
}

#[test]
fn sparse_mobility_equals_least_squares_on_dummies_with_and_without_the_factor() {
    for seed in 0..6 {
        let rows = 160;
        let person = (0..rows).map(|r| r / 2).collect();
        let employer = random_codes(160, &[70], seed).remove(0);
        let year = random_codes(160, &[4], seed + 50).remove(0);
        let codes = [person, employer, year];
        for q in [2, 3] {
            let y = random_columns(160, seed);
            let (truth, _) = by_dummies(&codes[..q], &y);
            let layout = Layout::new(&codes[..q]).expect("codes");
            for factor in [None, Some(Factor::new(&layout))] {
                let effects = Effects {
                    layout: layout.clone(),
                    factor,
                };
                let mut left = y.clone();
                let absorbed = effects.residualise(&mut left, 1, 1e-13).expect("a column");
                assert!(absorbed.converged, "{seed} {q} {absorbed:?}");
                assert_close(&left, &truth, 1e-11, "sparse mobility");
            }
        }
    }
}

#[test]
fn only_badly_connected_panels_get_a_factor() {
    let has_factor = |codes: &[Vec<u32>]| Effects::new(codes).expect("codes").factor.is_some();
    assert!(has_factor(&chain(2_000)));
    assert!(!has_factor(&random_codes(5_000, &[200, 50, 80], 1)));
    assert!(!has_factor(&random_codes(100, &[50], 1)));
}

#[test]
fn a_lattice_of_neighbours_needs_few_passes() {
    // Every edge of a 60 by 60 lattice is a person with two employers: plain conjugate gradients
    // take a pass for every few of its 3,600 corners.
    let m = 60_u32;
    let corners = (0..m).flat_map(|i| (0..m).map(move |j| (i, j)));
    let edges = corners.flat_map(|(i, j)| {
        let here = i * m + j;
        let right = (j + 1 < m).then_some((here, here + 1));
        let down = (i + 1 < m).then_some((here, here + m));
        [right, down].into_iter().flatten()
    });
    let rows = (0..).zip(edges).flat_map(|(e, (a, b))| [(e, a), (e, b)]);
    let (edge, corner): (Vec<u32>, Vec<u32>) = rows.unzip();
    let effects = Effects::new(&[edge, corner]).expect("codes");
    let mut y = random_columns(effects.rows(), 4);
    let absorbed = effects.residualise(&mut y, 1, 1e-12).expect("a column");
    assert!(absorbed.converged && absorbed.sweeps < 80, "{absorbed:?}");
}

#[test]
fn the_bound_on_the_rank_of_large_panels_is_their_rank_where_pairs_tell() {
    // Three effects with 600 and 500 levels beside the largest: too many for the elimination.
    // Random and dense, they share only the constant: the rank is 900 + 600 + 500 - 2.
    let effects = Effects::new(&random_codes(20_000, &[600, 900, 500], 6)).expect("codes");
    let found = effects.degrees_of_freedom();
    let expected = Rank {
        rank: 1_998,
        exact: false,
    };
    assert_eq!(found, expected);
}

#[test]
fn effects_are_recovered_up_to_their_normalisation() {
    let codes = random_codes(200, &[12, 30], 8);
    let mut s = Stream::new(1, "truth", 0);
    let mut truth: Vec<Vec<f64>> = [12, 30]
        .map(|l| (0..l).map(|_| s.normal()).collect())
        .into();
    let mean = codes[1].iter().map(|c| truth[1][*c as usize]).sum::<f64>() / 200.0;
    truth[1].iter_mut().for_each(|v| *v -= mean);
    truth[0].iter_mut().for_each(|v| *v += mean);
    let y: Vec<f64> = (0..200)
        .map(|r| truth[0][codes[0][r] as usize] + truth[1][codes[1][r] as usize])
        .collect();
    let effects = Effects::new(&codes).expect("codes");
    let found = effects.effects_of(&y, 1e-13).expect("a column");
    assert!(found.absorbed.converged && found.left.iter().all(|v| v.abs() < 1e-12));
    for d in 0..2 {
        assert_close(&found.effects[d], &truth[d], 1e-11, "effects");
    }
}

#[test]
fn a_column_does_not_depend_on_its_neighbours() {
    let codes = random_codes(500, &[60, 40, 9], 2);
    let effects = Effects::new(&codes).expect("codes");
    let mut block = random_columns(500 * 7, 3);
    for r in 0..500 {
        // Columns of very different scales, one constant.
        block[7 * r + 2] *= 1e9;
        block[7 * r + 5] = 4.0;
    }
    let given = block.clone();
    effects.residualise(&mut block, 7, 1e-12).expect("columns");
    for c in 0..7 {
        let mut alone: Vec<f64> = (0..500).map(|r| given[7 * r + c]).collect();
        effects.residualise(&mut alone, 1, 1e-12).expect("a column");
        let same = (0..500).all(|r| alone[r].to_bits() == block[7 * r + c].to_bits());
        assert!(same, "column {c}");
    }
}

#[test]
fn what_cannot_be_done_is_said() {
    assert!(Effects::new(&[]).is_err() && Effects::new(&[vec![]]).is_err());
    let uneven = Effects::new(&[vec![0, 1], vec![0]]).expect_err("uneven");
    assert!(uneven.contains("effect 1 has 1 codes"), "{uneven}");
    let huge = Effects::new(&[vec![0, u32::MAX]]).expect_err("huge");
    assert!(huge.contains("number its levels 0, 1, 2"), "{huge}");
    let effects = Effects::new(&random_codes(50, &[5, 6], 0)).expect("codes");
    assert!(effects.residualise(&mut [0.0; 7], 1, 1e-12).is_err());
    assert!(effects.residualise(&mut [0.0; 50], 1, 0.0).is_err());
    let mut y = random_columns(50, 0);
    y[7] = f64::NAN;
    let absorbed = effects.residualise(&mut y, 1, 1e-12).expect("a status");
    assert!(!absorbed.converged && absorbed.residual.is_nan());
}
