//! One equation in one unknown, and one minimum.

/// A root of a continuous function between two points at which it has different signs, by
/// bisection with secant steps (Illinois) to full precision; `None` without a change of sign.
pub(crate) fn root(f: impl Fn(f64) -> f64, mut low: f64, mut high: f64) -> Option<f64> {
    let (mut at_low, mut at_high) = (f(low), f(high));
    if at_low == 0.0 {
        return Some(low);
    }
    if at_high == 0.0 {
        return Some(high);
    }
    if at_low.is_nan() || at_high.is_nan() || (at_low > 0.0) == (at_high > 0.0) {
        return None;
    }
    let mut side = 0;
    for step in 0..400 {
        let secant = (low * at_high - high * at_low) / (at_high - at_low);
        let inside = secant > low.min(high) && secant < low.max(high);
        let x = if inside && step % 3 != 2 {
            secant
        } else {
            f64::midpoint(low, high)
        };
        let fx = f(x);
        if fx == 0.0 || (high - low).abs() <= 2.0 * f64::EPSILON * (low.abs().max(high.abs())) {
            return Some(x);
        }
        if (fx > 0.0) == (at_low > 0.0) {
            (low, at_low) = (x, fx);
            at_high *= if side == 1 { 0.5 } else { 1.0 };
            side = 1;
        } else {
            (high, at_high) = (x, fx);
            at_low *= if side == -1 { 0.5 } else { 1.0 };
            side = -1;
        }
    }
    Some(f64::midpoint(low, high))
}

/// The first root of a function on a grid of brackets; `None` when no two neighbours differ in
/// sign.
pub(crate) fn first_root(f: impl Fn(f64) -> f64, grid: &[f64]) -> Option<f64> {
    let values: Vec<f64> = grid.iter().map(|x| f(*x)).collect();
    let crosses = |w: &[f64]| w[0].is_finite() && w[1].is_finite() && w[0] * w[1] <= 0.0;
    let at = values.windows(2).position(crosses)?;
    root(f, grid[at], grid[at + 1])
}

/// The point of a grid interval where a smooth function is smallest: golden sections around the
/// best point of the grid, then a root of the central difference.
pub(crate) fn minimum(f: impl Fn(f64) -> f64, grid: &[f64]) -> f64 {
    let values: Vec<f64> = grid.iter().map(|x| f(*x)).collect();
    let order = |a: &usize, b: &usize| values[*a].total_cmp(&values[*b]);
    let at = (0..grid.len()).min_by(order).unwrap_or(0);
    let mut low = grid[at.saturating_sub(1)];
    let mut high = grid[(at + 1).min(grid.len() - 1)];
    let ratio = 0.5 * (5f64.sqrt() - 1.0);
    for _ in 0..200 {
        let (a, b) = (high - ratio * (high - low), low + ratio * (high - low));
        if f(a) <= f(b) {
            high = b;
        } else {
            low = a;
        }
    }
    f64::midpoint(low, high)
}
