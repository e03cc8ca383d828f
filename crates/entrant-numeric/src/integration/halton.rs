//! Halton sequences: digits of the index, mirrored at the point, in a prime base per dimension.

use super::Key;
use crate::random::Stream;

/// Points of the unit cube, row-major; errors as [`super::build`].
pub(super) fn build(
    size: usize,
    dimensions: usize,
    discard: u64,
    scramble: bool,
    key: Key<'_>,
) -> Result<Vec<f64>, String> {
    let start = start(size, discard, key.index)?;
    if start == 0 && !scramble {
        return Err("a Halton sequence without scrambling starts at 0, whose normal quantile is infinite; discard at least one value".into());
    }
    let mut points = vec![0.0; size * dimensions];
    for (d, base) in primes(dimensions).into_iter().enumerate() {
        let digits = Digits::new(base, scramble.then(|| key.stream(d)));
        for (i, index) in (start..).enumerate().take(size) {
            points[i * dimensions + d] = digits.mirrored(index);
        }
    }
    Ok(points)
}

/// First value of an index; the last one must be a number, too.
fn start(size: usize, discard: u64, index: u64) -> Result<u64, String> {
    let size = size as u64;
    let start = index.checked_mul(size).and_then(|s| s.checked_add(discard));
    start
        .filter(|s| s.checked_add(size).is_some())
        .ok_or_else(|| {
            format!("index {index} with {size} nodes each is beyond the end of the Halton sequence")
        })
}

/// A base, and what stands for each digit at each place.
struct Digits {
    base: usize,
    /// One image for every digit, place after place.
    images: Vec<usize>,
}

impl Digits {
    /// As many places as a double resolves; permuted at random when there is a stream.
    fn new(base: usize, stream: Option<Stream>) -> Self {
        let mut places = 0;
        let mut reach = 1.0;
        while reach < 9_007_199_254_740_992.0 {
            reach *= base as f64;
            places += 1;
        }
        let images = match stream {
            None => (0..places).flat_map(|_| 0..base).collect(),
            Some(mut stream) => (0..places).flat_map(|_| stream.permutation(base)).collect(),
        };
        Digits { base, images }
    }

    /// `sum_p image(digit p) base^-(p+1)`, smallest terms first. Places beyond the last that a
    /// double resolves are left out.
    fn mirrored(&self, index: u64) -> f64 {
        let mut mirrored = [0; 53];
        let mut rest = index;
        let places = self.images.chunks(self.base);
        for (image, images) in mirrored.iter_mut().zip(places) {
            let digit = rest % self.base as u64;
            rest /= self.base as u64;
            *image = images[usize::try_from(digit).unwrap_or(0)];
        }
        let base = self.base as f64;
        let terms = mirrored.iter().rev();
        terms.fold(0.0, |value, image| (*image as f64 + value) / base)
    }
}

/// The first primes.
fn primes(count: usize) -> Vec<usize> {
    let mut primes: Vec<usize> = Vec::with_capacity(count);
    let mut candidate = 2;
    while primes.len() < count {
        let mut divisors = primes.iter().take_while(|p| *p * *p <= candidate);
        if divisors.all(|p| candidate % p != 0) {
            primes.push(candidate);
        }
        candidate += 1;
    }
    primes
}
