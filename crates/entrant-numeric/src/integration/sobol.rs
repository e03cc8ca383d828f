//! Sobol sequences (Sobol 1967) with the direction numbers of Joe and Kuo 2008, 52 digits long.

use super::Key;
use super::directions::TABLE;
use crate::random::Stream;

/// Dimensions for which there are direction numbers.
pub const DIMENSIONS: usize = TABLE.len();
/// Binary digits of a coordinate: as many as fit a double together with a half.
const DIGITS: usize = 52;

/// First `size` points of the sequence in the unit cube, row-major, the origin among them.
///
/// # Errors
///
/// When there are more than [`DIMENSIONS`] dimensions.
pub fn unscrambled(size: usize, dimensions: usize) -> Result<Vec<f64>, String> {
    check(dimensions)?;
    let mut points = vec![0.0; size * dimensions];
    for d in 0..dimensions {
        let coordinates = Coordinates::new(&directions(d), 0);
        for (i, x) in coordinates.take(size).enumerate() {
            points[i * dimensions + d] = x as f64 * RESOLUTION;
        }
    }
    Ok(points)
}

/// First `size` points, each coordinate's digits multiplied by a random lower triangular matrix
/// and shifted by a random number (Matousek 1998), in the middle of the smallest interval.
pub(super) fn scrambled(size: usize, dimensions: usize, key: Key<'_>) -> Result<Vec<f64>, String> {
    check(dimensions)?;
    let mut points = vec![0.0; size * dimensions];
    for d in 0..dimensions {
        let mut stream = key.stream(d);
        let matrix = lower_triangular(&mut stream);
        let scrambled = directions(d).map(|v| multiply(&matrix, v));
        let coordinates = Coordinates::new(&scrambled, digits(&mut stream));
        for (i, x) in coordinates.take(size).enumerate() {
            points[i * dimensions + d] = (x as f64 + 0.5) * RESOLUTION;
        }
    }
    Ok(points)
}

const RESOLUTION: f64 = 1.0 / (1_u64 << DIGITS) as f64;

fn check(dimensions: usize) -> Result<(), String> {
    if dimensions <= DIMENSIONS {
        return Ok(());
    }
    Err(format!(
        "Sobol sequences have at most {DIMENSIONS} dimensions here, not {dimensions}; Halton sequences have more"
    ))
}

/// Direction numbers of a dimension, the first digit highest: `v_k = m_k / 2^k` with
/// `m_k = 2 a_1 m_{k-1} ^ .. ^ 2^(s-1) a_{s-1} m_{k-s+1} ^ 2^s m_{k-s} ^ m_{k-s}`.
fn directions(dimension: usize) -> [u64; DIGITS] {
    let (polynomial, initial) = TABLE[dimension];
    if dimension == 0 {
        return std::array::from_fn(|k| 1 << (DIGITS - 1 - k));
    }
    let degree = initial.len();
    let mut m = initial.to_vec();
    for k in degree..DIGITS {
        let terms = (1..=degree).filter(|i| polynomial >> (degree - i) & 1 == 1);
        let sum = terms.fold(m[k - degree], |sum, i| sum ^ (m[k - i] << i));
        m.push(sum);
    }
    std::array::from_fn(|k| m[k] << (DIGITS - 1 - k))
}

/// A coordinate of one point after the other, in the order of Gray's code (Antonov and Saleev
/// 1979).
struct Coordinates {
    directions: [u64; DIGITS],
    index: u64,
    value: u64,
}

impl Coordinates {
    fn new(directions: &[u64; DIGITS], shift: u64) -> Self {
        Coordinates {
            directions: *directions,
            index: 0,
            value: shift,
        }
    }
}

impl Iterator for Coordinates {
    type Item = u64;

    fn next(&mut self) -> Option<u64> {
        let value = self.value;
        self.index += 1;
        let changed = self.index.trailing_zeros() as usize;
        self.value ^= self.directions.get(changed)?;
        Some(value)
    }
}

/// Random digits.
fn digits(stream: &mut Stream) -> u64 {
    stream.bits() >> (64 - DIGITS)
}

/// Rows of a random lower triangular matrix with ones on its diagonal; the first digit highest.
fn lower_triangular(stream: &mut Stream) -> [u64; DIGITS] {
    std::array::from_fn(|row| {
        let diagonal = 1 << (DIGITS - 1 - row);
        let before = !(2 * diagonal - 1) & ((1 << DIGITS) - 1);
        digits(stream) & before | diagonal
    })
}

/// Matrix times vector over the two-element field.
fn multiply(matrix: &[u64; DIGITS], v: u64) -> u64 {
    let bit = |row: &u64| u64::from((row & v).count_ones() & 1);
    matrix.iter().fold(0, |out, row| out << 1 | bit(row))
}

#[cfg(test)]
mod tests {
    use super::super::peer::SOBOL;
    use super::*;

    /// Index, and the point of that index times 2^30.
    fn table() -> Vec<(u64, Vec<u64>)> {
        let number = |t: &str| t.parse::<u64>().expect("a number");
        let row = |line: &str| line.split(' ').map(number).collect::<Vec<_>>();
        let rows = SOBOL.lines().map(row);
        rows.map(|r| (r[0], r[1..].to_vec())).collect()
    }

    /// The point of an index, from the digits of its Gray code.
    fn coordinate(index: u64, directions: &[u64; DIGITS]) -> u64 {
        let gray = index ^ (index >> 1);
        let set = (0..DIGITS).filter(|k| gray >> k & 1 == 1);
        set.fold(0, |x, k| x ^ directions[k])
    }

    #[test]
    fn points_are_those_of_scipy_in_every_dimension() {
        let table = table();
        assert_eq!(table.len(), 7);
        for (index, point) in &table {
            assert_eq!(point.len(), DIMENSIONS);
            for d in 0..DIMENSIONS {
                let x = coordinate(*index, &directions(d)) >> (DIGITS - 30);
                assert_eq!(x, point[d], "index {index}, dimension {d}");
            }
        }
        let first = unscrambled(1001, DIMENSIONS).expect("points");
        for (index, point) in table.iter().filter(|(index, _)| *index <= 1000) {
            let at = usize::try_from(*index).expect("small") * DIMENSIONS;
            for d in 0..DIMENSIONS {
                let x = first[at + d] * 1_073_741_824.0;
                assert_eq!(x.to_bits(), (point[d] as f64).to_bits());
            }
        }
    }
}
