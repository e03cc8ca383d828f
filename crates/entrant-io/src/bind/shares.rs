//! Shares that should sum to one, given as parts of one or of a hundred.

use crate::numbers::rounded;

/// How far a sum may be from the whole, for shares that were rounded where they were read.
const ROUNDING: f64 = 0.02;

/// The factor that makes shares with this sum add up to one, or what is wrong with it.
///
/// A sum nearer to 100 than to 1 is taken as percent. The sum must be within 2% of the whole,
/// as published shares are rounded; they are then scaled to sum to one exactly.
pub(crate) fn scale_to_one(sum: f64) -> Result<f64, String> {
    let percent = (sum - 100.0).abs() < (sum - 1.0).abs();
    let whole = if percent { 100.0 } else { 1.0 };
    if (sum / whole - 1.0).abs() <= ROUNDING {
        Ok(1.0 / sum)
    } else {
        Err(format!(
            "sums to {}, must sum to 1 or to 100 (within 2%)",
            rounded(sum)
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::scale_to_one;

    #[test]
    fn parts_and_percent_are_told_apart_by_their_sum() {
        for fine in [1.0, 0.99, 1.019, 100.0, 99.0, 101.5] {
            let scale = scale_to_one(fine).expect("fine");
            assert!((scale * fine - 1.0).abs() < 1e-15);
        }
        for bad in [0.0, 0.9, 1.1, 50.0, 90.0, 110.0, f64::NAN, f64::INFINITY] {
            assert!(scale_to_one(bad).is_err(), "{bad}");
        }
    }
}
