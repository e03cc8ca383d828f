//! Lanes against the formulas themselves, and against each other.

use super::*;
use crate::random::Stream;

fn random(n: usize, seed: u64) -> Vec<Eight> {
    let mut stream = Stream::new(seed, "lanes", 0);
    (0..n)
        .map(|_| [0; WIDTH].map(|_| stream.normal()).into())
        .collect()
}

/// One lane, in every lane.
fn alone(v: &[Eight], lane: usize) -> Vec<Eight> {
    v.iter().map(|e| [e[lane]; WIDTH].into()).collect()
}

#[test]
fn a_mixture_and_its_derivative_are_those_of_softmax_rows() {
    for (rows, columns) in [(1, 1), (5, 7), (20, 24)] {
        let (coefficient, x) = (random(rows * 2, 1), random(2 * columns, 2));
        let base = random(columns, 3);
        let moved = random(columns, 4);
        let weight: Vec<Eight> = (0..rows)
            .map(|i| [0.05 + 0.01 * i as f64; WIDTH].into())
            .collect();
        let (mut e, mut rest) = (vec![ZERO; rows * columns], vec![ZERO; rows]);
        exponentials(&mut e, &mut rest, &base, &coefficient, &x);
        let (mut factor, mut scale) = (vec![ZERO; columns], vec![ZERO; rows]);
        exp_of_difference(&mut factor, &moved, &base);
        let mut mean = vec![ZERO; columns];
        let outside = mixture(&e, &factor, &rest, &weight, &mut scale, &mut mean);
        let mut p = vec![ZERO; rows * columns];
        probabilities(&mut p, &e, &factor, &scale);
        let mut a = vec![ZERO; columns * columns];
        derivative(&mut a, &p, &weight, &mean);
        for l in 0..WIDTH {
            let mut left = 0.0;
            for i in 0..rows {
                let v = |j: usize| {
                    let mu = (0..2).map(|k| coefficient[i * 2 + k][l] * x[k * columns + j][l]);
                    (moved[j][l] + mu.sum::<f64>()).exp()
                };
                let total = 1.0 + (0..columns).map(v).sum::<f64>();
                left += weight[i][l] / total;
                for j in 0..columns {
                    assert!((p[i * columns + j][l] - v(j) / total).abs() < 1e-14);
                }
            }
            assert!((outside[l] - left).abs() < 1e-14);
            for j in 0..columns {
                let own = |i: usize| weight[i][l] * p[i * columns + j][l];
                assert!((mean[j][l] - (0..rows).map(own).sum::<f64>()).abs() < 1e-14);
                for k in j..columns {
                    let both = (0..rows)
                        .map(|i| own(i) * p[i * columns + k][l])
                        .sum::<f64>();
                    let want = if j == k { mean[j][l] } else { 0.0 } - both;
                    assert!((a[j * columns + k][l] - want).abs() < 1e-14);
                }
            }
        }
    }
}

#[test]
fn without_coefficients_all_rows_are_plain() {
    let base: Vec<Eight> = random(3, 21);
    let (mut e, mut rest) = (vec![ZERO; 6], vec![ZERO; 2]);
    exponentials(&mut e, &mut rest, &base, &[], &[]);
    for l in 0..WIDTH {
        for (e, b) in e.iter().zip(base.iter().chain(&base)) {
            assert!((e[l] / b[l].exp() - 1.0).abs() < 1e-15);
        }
        assert!(rest.iter().all(|r| r[l].to_bits() == 1.0_f64.to_bits()));
    }
}

/// What is large in one problem is shifted, and its neighbours are left as they were.
#[test]
fn large_rows_are_shifted() {
    let mut base: Vec<Eight> = random(3, 22);
    let (mut e, mut rest) = (vec![ZERO; 3], vec![ZERO; 1]);
    exponentials(&mut e, &mut rest, &base, &[], &[]);
    let alone = e.clone();
    base[1][2] = 900.0;
    exponentials(&mut e, &mut rest, &base, &[], &[]);
    for l in 0..WIDTH {
        for j in 0..3 {
            if l == 2 {
                let want = (base[j][l] - 900.0).exp();
                assert!((e[j][l] - want).abs() <= 1e-15 * want);
            } else {
                assert!(e[j][l].to_bits() == alone[j][l].to_bits());
            }
        }
    }
    assert!(rest[0][2].to_bits() == 0.0_f64.to_bits() && rest[0][1].to_bits() == 1.0_f64.to_bits());
}

#[test]
fn responses_are_those_of_differences() {
    let (rows, columns) = (9, 6);
    let (coefficient, x, base) = (
        random(rows * 2, 5),
        random(2 * columns, 6),
        random(columns, 7),
    );
    let weight = vec![[1.0 / rows as f64; WIDTH].into(); rows];
    let u = random(3 * rows, 8);
    let of = [Some(0), None, Some(1)];
    let means_at = |coefficient: &[Eight]| {
        let (mut e, mut rest) = (vec![ZERO; rows * columns], vec![ZERO; rows]);
        exponentials(&mut e, &mut rest, &base, coefficient, &x);
        let (mut scale, mut mean) = (vec![ZERO; rows], vec![ZERO; columns]);
        let ones = vec![[1.0; WIDTH].into(); columns];
        mixture(&e, &ones, &rest, &weight, &mut scale, &mut mean);
        let mut p = vec![ZERO; rows * columns];
        probabilities(&mut p, &e, &ones, &scale);
        (mean, p)
    };
    let (_, p) = means_at(&coefficient);
    let mut means = vec![ZERO; rows * 2];
    row_means(&mut means, &p, &x, columns);
    let mut out = vec![ZERO; columns * 3];
    let by: Vec<&[Eight]> = u.chunks_exact(rows).collect();
    let mut work = vec![ZERO; 2 * rows];
    response(&mut out, (&p, &weight), (&x, &means), &by, &of, &mut work);
    for (c, k) in of.iter().enumerate() {
        let moved = |by: f64| {
            let mut there = coefficient.clone();
            for i in 0..rows {
                for l in 0..WIDTH {
                    there[i * 2 + k.unwrap_or(0)][l] += by * u[c * rows + i][l];
                }
            }
            means_at(&there).0
        };
        let (up, down) = (moved(1e-5), moved(-1e-5));
        for j in 0..columns {
            for l in 0..WIDTH {
                let want = k.map_or(0.0, |_| (down[j][l] - up[j][l]) / 2e-5);
                assert!((out[j * 3 + c][l] - want).abs() < 1e-9);
            }
        }
    }
}

#[test]
fn systems_are_solved_and_the_indefinite_are_named() {
    let (n, columns) = (11, 6);
    let (g, x) = (random(n * n, 9), random(n * columns, 10));
    let mut a = vec![ZERO; n * n];
    let mut b = vec![ZERO; n * columns];
    for l in 0..WIDTH {
        for i in 0..n {
            for j in 0..n {
                let inner = (0..n)
                    .map(|t| g[t * n + i][l] * g[t * n + j][l])
                    .sum::<f64>();
                a[i * n + j][l] = inner + if i == j { 1.0 } else { 0.0 };
            }
        }
        for i in 0..n {
            for c in 0..columns {
                b[i * columns + c][l] = (0..n)
                    .map(|j| a[i * n + j][l] * x[j * columns + c][l])
                    .sum();
            }
        }
    }
    a[3 * n + 3][5] = -1.0;
    let definite = cholesky(&mut a, n);
    assert!((0..WIDTH).all(|l| definite[l] == (l != 5)));
    solve(&a, &mut b, n, columns);
    for (b, x) in b.iter().zip(&x) {
        for l in (0..WIDTH).filter(|l| *l != 5) {
            assert!((b[l] - x[l]).abs() < 1e-11);
        }
    }
}

#[test]
fn a_lane_does_not_know_its_neighbours() {
    // x <- x + f(x) for f(x) = b - A x with a spectrum that plain steps need many of.
    let n = 4;
    let (rate, b) = (random(n, 11), random(n, 12));
    let run = |rate: &[Eight], b: &[Eight]| {
        let (mut past, mut x, mut step) = (Anderson::default(), vec![ZERO; n], vec![ZERO; n]);
        past.begin(n, 5);
        for _ in 0..9 {
            for i in 0..n {
                for l in 0..WIDTH {
                    let keep = 0.95 / (1.0 + rate[i][l] * rate[i][l]);
                    step[i][l] = b[i][l] - (1.0 - keep) * x[i][l];
                }
            }
            past.advance(&mut x, &step);
        }
        x
    };
    let together = run(&rate, &b);
    for l in 0..WIDTH {
        let lonely = run(&alone(&rate, l), &alone(&b, l));
        for i in 0..n {
            assert_eq!(together[i][l].to_bits(), lonely[i][l].to_bits());
            let fixed = b[i][l] / (1.0 - 0.95 / (1.0 + rate[i][l] * rate[i][l]));
            assert!((together[i][l] - fixed).abs() < 1e-8 * (1.0 + fixed.abs()));
        }
    }
}

#[test]
fn logarithms_and_gaps_agree_with_the_platform() {
    let x: Vec<Eight> = random(40, 13)
        .iter()
        .map(|e| e.map(f64::exp).into())
        .collect();
    let mut out = x.clone();
    logarithms(&mut out, &x);
    for (o, x) in out
        .iter()
        .flat_map(|o| o.iter())
        .zip(x.iter().flat_map(|x| x.iter()))
    {
        assert!((o - x.ln()).abs() <= 2.0 * f64::EPSILON * x.ln().abs().max(1e-3));
    }
    let target = random(40, 14);
    let largest = log_gap(&mut out, &target, &x);
    for l in 0..WIDTH {
        let want = (0..40).map(|j| (target[j][l] - x[j][l].ln()).abs());
        assert!((largest[l] - want.fold(0.0, f64::max)).abs() < 1e-14);
    }
    let nothing = log_gap(&mut out[..1], &target[..1], &[[-1.0; WIDTH].into()]);
    assert!(nothing.iter().all(|g| g.is_infinite()));
}

/// Every instruction set of this machine makes the same bits, however many rows it takes at once.
#[cfg(target_arch = "x86_64")]
#[test]
fn machines_do_not_differ() {
    fn bits<S: Simd>(simd: S) -> Vec<u64> {
        let (rows, columns) = (21, 13);
        let (coefficient, x) = (random(rows * 2, 31), random(2 * columns, 32));
        let (base, weight, u) = (random(columns, 33), random(rows, 34), random(rows, 35));
        let (mut e, mut rest) = (vec![ZERO; rows * columns], vec![ZERO; rows]);
        exponentials_body(simd, &mut e, &mut rest, &base, &coefficient, &x);
        let (mut scale, mut mean) = (vec![ZERO; rows], vec![ZERO; columns]);
        let factor = vec![ONE; columns];
        let outside = mixture_body(simd, &e, &factor, &rest, &weight, &mut scale, &mut mean);
        let mut a = vec![ZERO; columns * columns];
        derivative_body(simd, &mut a, &e, &weight, &mean);
        let mut means = vec![ZERO; rows * 2];
        response::row_means_body(simd, &mut means, &e, &x, columns);
        let (mut out, mut work) = (vec![ZERO; columns], vec![ZERO; 2 * rows]);
        let by = (&[&u[..]][..], &[Some(1)][..]);
        let (of, values) = ((&e[..], &weight[..]), (&x[..], &means[..]));
        response::response_body(simd, &mut out, of, values, by.0, by.1, &mut work);
        // Below the diagonal a derivative may hold anything.
        let above = (0..columns).flat_map(|j| a[j * columns + j..(j + 1) * columns].to_vec());
        let all = [
            e.clone(),
            scale,
            mean,
            above.collect(),
            means,
            out,
            vec![outside],
        ]
        .concat();
        all.iter().flat_map(|v| v.map(f64::to_bits)).collect()
    }
    let level = simd::level();
    let known = bits(simd::oldest(level));
    if let Some(simd) = level.as_avx2() {
        assert_eq!(fearless_simd::Simd::vectorize(simd, || bits(simd)), known);
    }
    if let Some(simd) = level.as_avx512() {
        assert_eq!(fearless_simd::Simd::vectorize(simd, || bits(simd)), known);
    }
}
