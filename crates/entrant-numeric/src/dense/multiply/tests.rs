//! Products and factors against their definitions.

use super::*;
use crate::dense::{Matrix, upper_cholesky, upper_solve};
use crate::random::Stream;

fn random(rows: usize, columns: usize, seed: u64) -> Matrix {
    let mut stream = Stream::new(seed, "multiply", 0);
    let data = (0..rows * columns).map(|_| stream.normal()).collect();
    Matrix::new(rows, columns, data)
}

/// `a * b` by its definition.
fn plain(a: &Matrix, b: &Matrix, i: usize, j: usize) -> f64 {
    (0..a.columns).map(|t| a.at(i, t) * b.at(t, j)).sum()
}

#[test]
fn results_are_those_of_the_definition() {
    let mut work = Multiplier::default();
    for (m, k, n) in [
        (1, 1, 1),
        (5, 3, 2),
        (4, 8, 8),
        (13, 300, 9),
        (13, 300, 11),
        (8, 260, 20),
        (20, 7, 3),
        (31, 0, 7),
        (24, 517, 24),
    ] {
        let (a, b) = (random(m, k, 1), random(k, n, 2));
        let (at, bt) = (a.transpose(), b.transpose());
        let views = [
            (a.view(), b.view()),
            (at.view().t(), b.view()),
            (a.view(), bt.view().t()),
            (at.view().t(), bt.view().t()),
        ];
        for (x, y) in views {
            let stride = n + 3;
            let mut data = vec![7.0; m * stride];
            let target = Target {
                data: &mut data,
                stride,
            };
            work.multiply(target, x, y);
            for i in 0..m {
                for j in 0..n {
                    let (got, want) = (data[i * stride + j], plain(&a, &b, i, j));
                    assert!((got - want).abs() <= 1e-12, "{m} {k} {n}: {got} {want}");
                }
                assert!(
                    data[i * stride + n..(i + 1) * stride]
                        .iter()
                        .all(|v| v.to_bits() == 7.0_f64.to_bits())
                );
            }
        }
    }
}

#[test]
fn a_weighted_gram_matrix_is_that_of_the_definition() {
    let mut work = Multiplier::default();
    for (m, n) in [
        (0, 3),
        (1, 1),
        (7, 4),
        (300, 5),
        (517, 12),
        (20, 24),
        (9, 50),
        (130, 45),
    ] {
        let (a, w) = (random(m, n, 5), random(m, 1, 6));
        let mut data = vec![0.0; n * n];
        let target = Target {
            data: &mut data,
            stride: n,
        };
        work.gram(target, a.view(), &w.data);
        for i in 0..n {
            for j in i..n {
                let want: f64 = (0..m).map(|t| w.data[t] * a.at(t, i) * a.at(t, j)).sum();
                assert!((data[i * n + j] - want).abs() <= 1e-12, "{m} {n}");
            }
        }
    }
}

#[test]
fn triangles_solve_what_they_factorise() {
    for n in [8, 24, 56, 112] {
        let columns = 16;
        let (g, x) = (random(n, n, 3), random(n, columns, 4));
        let mut a = g.transpose_times(&g);
        for i in 0..n {
            a.data[i * n + i] += 1.0;
        }
        let mut b = a.times(&x).data;
        let mut u = a.data.clone();
        // What is below the diagonal does not matter.
        for i in 0..n {
            u[i * n..i * n + i].fill(f64::NAN);
        }
        assert!(upper_cholesky(&mut u, n));
        for i in 0..n {
            for j in i..n {
                let back: f64 = (0..=i).map(|t| u[t * n + i] * u[t * n + j]).sum();
                assert!((back - a.at(i, j)).abs() <= 1e-13 * n as f64 * a.at(i, i));
            }
        }
        upper_solve(&u, &mut b, n, columns);
        for (got, want) in b.iter().zip(&x.data) {
            assert!((got - want).abs() <= 1e-9, "{got} {want}");
        }
    }
    let mut a = vec![0.0; 64];
    (0..8).for_each(|i| a[i * 9] = 1.0);
    a[4 * 9] = -1.0;
    assert!(!upper_cholesky(&mut a, 8));
}

/// Every instruction set of this machine makes the same bits, in tiles of whatever shape.
#[cfg(target_arch = "x86_64")]
#[test]
fn machines_do_not_differ() {
    fn bits<S: Simd>(simd: S) -> Vec<u64> {
        let (rows, m, n) = (150, 21, 27);
        let (a, b, w) = (random(rows, m, 7), random(rows, n, 8), random(rows, 1, 9));
        let (mut outer, mut gram, mut inner) = (vec![0.0; m * n], vec![0.0; n * n], vec![0.0; 12]);
        let copies = &mut outer::Copies::default();
        let target = |data, stride| Target { data, stride };
        let into = &mut target(&mut outer, n);
        outer::outer_sums_body(simd, into, a.view(), b.view(), copies);
        let into = &mut target(&mut gram, n);
        outer::weighted_gram_body(simd, into, b.view(), &w.data, copies);
        let (few, fewer) = (b.transpose(), a.transpose());
        let left = View::new(&few.data, 4, rows);
        let right = View::new(&fewer.data, 3, rows);
        inner::inner_sums_body(simd, &mut target(&mut inner, 3), left, right);
        let all = [outer, gram, inner].concat();
        all.iter().map(|v| v.to_bits()).collect()
    }
    let level = crate::simd::level();
    let known = bits(crate::simd::oldest(level));
    if let Some(simd) = level.as_avx2() {
        assert_eq!(fearless_simd::Simd::vectorize(simd, || bits(simd)), known);
    }
    if let Some(simd) = level.as_avx512() {
        assert_eq!(fearless_simd::Simd::vectorize(simd, || bits(simd)), known);
    }
}
