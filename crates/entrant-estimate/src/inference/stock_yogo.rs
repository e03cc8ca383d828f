//! Critical values of the minimum eigenvalue statistic.
//!
//! Stock and Yogo (2005), "Testing for weak instruments in linear IV regression", tables 5.1 and
//! 5.2: two-stage least squares, one or two endogenous regressors, tests at 5%. They hold for
//! independent errors of one variance.

/// Number of excluded instruments, then critical values for a bias of at most 5, 10, 20 and 30%
/// of that of least squares: one endogenous regressor, two.
const BIAS: [(usize, [f64; 4], [f64; 4]); 12] = [
    (3, [13.91, 9.08, 6.46, 5.39], [f64::NAN; 4]),
    (4, [16.85, 10.27, 6.71, 5.34], [11.04, 7.56, 5.57, 4.73]),
    (5, [18.37, 10.83, 6.77, 5.25], [13.97, 8.78, 5.91, 4.79]),
    (6, [19.28, 11.12, 6.76, 5.15], [15.72, 9.48, 6.08, 4.78]),
    (7, [19.86, 11.29, 6.73, 5.07], [16.88, 9.92, 6.16, 4.76]),
    (8, [20.25, 11.39, 6.69, 4.99], [17.70, 10.22, 6.20, 4.73]),
    (9, [20.53, 11.46, 6.65, 4.92], [18.30, 10.43, 6.22, 4.69]),
    (10, [20.74, 11.49, 6.61, 4.86], [18.76, 10.58, 6.23, 4.66]),
    (12, [21.01, 11.52, 6.53, 4.75], [19.40, 10.78, 6.22, 4.59]),
    (15, [21.23, 11.51, 6.42, 4.63], [19.98, 10.93, 6.19, 4.50]),
    (25, [21.42, 11.38, 6.18, 4.37], [20.73, 11.06, 6.05, 4.30]),
    (30, [21.42, 11.32, 6.09, 4.29], [20.86, 11.05, 5.99, 4.23]),
];

/// The same for a 5% Wald test whose true size is at most 10, 15, 20 and 25%.
#[expect(
    clippy::approx_constant,
    reason = "a tabulated value that happens to be near a circle's"
)]
const SIZE: [(usize, [f64; 4], [f64; 4]); 14] = [
    (1, [16.38, 8.96, 6.66, 5.53], [f64::NAN; 4]),
    (2, [19.93, 11.59, 8.75, 7.25], [7.03, 4.58, 3.95, 3.63]),
    (3, [22.30, 12.83, 9.54, 7.80], [13.43, 8.18, 6.40, 5.45]),
    (4, [24.58, 13.96, 10.26, 8.31], [16.87, 9.93, 7.54, 6.28]),
    (5, [26.87, 15.09, 10.98, 8.84], [19.45, 11.22, 8.38, 6.89]),
    (6, [29.18, 16.23, 11.72, 9.38], [21.68, 12.33, 9.10, 7.42]),
    (7, [31.50, 17.38, 12.48, 9.93], [23.72, 13.34, 9.77, 7.91]),
    (8, [33.84, 18.54, 13.24, 10.50], [25.64, 14.31, 10.41, 8.39]),
    (9, [36.19, 19.71, 14.01, 11.07], [27.51, 15.24, 11.03, 8.85]),
    (
        10,
        [38.54, 20.88, 14.78, 11.65],
        [29.32, 16.16, 11.65, 9.31],
    ),
    (
        15,
        [50.39, 26.80, 18.72, 14.60],
        [38.08, 20.60, 14.65, 11.58],
    ),
    (
        20,
        [62.30, 32.77, 22.70, 17.60],
        [46.62, 24.96, 17.61, 13.84],
    ),
    (
        25,
        [74.24, 38.77, 26.71, 20.61],
        [55.07, 29.29, 20.56, 16.10],
    ),
    (
        30,
        [86.17, 44.78, 30.72, 23.65],
        [63.51, 33.61, 23.51, 18.35],
    ),
];

/// Critical values for a maximal bias of 5, 10, 20 and 30% of that of least squares (table 5.1),
/// with the number of instruments that they are of: the tabulated one nearest to `instruments`,
/// from 3 to 30. `None` where no table is: more than two endogenous regressors, too few
/// instruments.
pub fn maximal_bias(endogenous: usize, instruments: usize) -> Option<(usize, [f64; 4])> {
    (instruments >= endogenous + 2)
        .then(|| nearest(&BIAS, endogenous, instruments))
        .flatten()
}

/// Critical values for a maximal size of 10, 15, 20 and 25% of a 5% test (table 5.2), with the
/// number of instruments that they are of: the next tabulated one from `instruments` upwards, up
/// to 30 (the values grow, so that the test is at least as strict).
pub fn maximal_size(endogenous: usize, instruments: usize) -> Option<(usize, [f64; 4])> {
    let next = SIZE.iter().map(|row| row.0).find(|k| *k >= instruments)?;
    (instruments >= endogenous)
        .then(|| nearest(&SIZE, endogenous, next))
        .flatten()
}

fn nearest(
    table: &[(usize, [f64; 4], [f64; 4])],
    endogenous: usize,
    instruments: usize,
) -> Option<(usize, [f64; 4])> {
    let row = table.iter().min_by_key(|row| row.0.abs_diff(instruments))?;
    let values = match endogenous {
        1 => row.1,
        2 => row.2,
        _ => return None,
    };
    (instruments <= 30 && !values[0].is_nan()).then_some((row.0, values))
}
