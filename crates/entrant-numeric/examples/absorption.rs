//! Times the absorption of 1, 2 and 3 effects on the data of `bench/absorption/compare.py`.
//!
//! Prints one JSON object per line: effects, seconds to prepare and to absorb, passes, the
//! largest group mean left, and sums by which the other side is compared.

#![expect(clippy::print_stdout, reason = "a program whose output is its result")]

use std::time::Instant;

use entrant_numeric::absorb::Effects;

const ROWS: usize = 1_000_000;
const COLUMNS: usize = 4;
const LEVELS: [u64; 3] = [50_000, 2_000, 5_000];
const REPEATS: usize = 5;

/// The finaliser of `SplitMix64` (Steele, Lea and Flood 2014) on a counter.
fn hash(row: usize, stream: u64) -> u64 {
    let counter = row as u64 + 1 + stream * 1_000_000_007;
    let z = counter.wrapping_mul(0x9E37_79B9_7F4A_7C15);
    let z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    let z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^ (z >> 31)
}

fn codes(effect: usize) -> Vec<u32> {
    let code = |row| hash(row, effect as u64) % LEVELS[effect];
    (0..ROWS)
        .map(|row| u32::try_from(code(row)).unwrap_or(0))
        .collect()
}

fn columns() -> Vec<f64> {
    let value = |row, c| (hash(row, 10 + c as u64) >> 11) as f64 / 9_007_199_254_740_992.0;
    let row = |r| (0..COLUMNS).map(move |c| value(r, c));
    (0..ROWS).flat_map(row).collect()
}

fn main() -> Result<(), String> {
    let given = columns();
    for effects in 1..=LEVELS.len() {
        let codes: Vec<Vec<u32>> = (0..effects).map(codes).collect();
        for _ in 0..REPEATS {
            let mut columns = given.clone();
            let start = Instant::now();
            let prepared = Effects::new(&codes)?;
            let ready = start.elapsed().as_secs_f64();
            let absorbed = prepared.residualise(&mut columns, COLUMNS, 1e-12)?;
            let total = start.elapsed().as_secs_f64();
            let squares = columns.iter().map(|v| v * v).sum::<f64>();
            println!(
                "{{\"effects\": {effects}, \"prepare\": {ready:.4}, \"total\": {total:.4}, \"sweeps\": {}, \"residual\": {:e}, \"converged\": {}, \"squares\": {squares:.12}}}",
                absorbed.sweeps, absorbed.residual, absorbed.converged
            );
        }
    }
    Ok(())
}
