//! Numbers that begin where a line of the cache does.

use std::ops::{Deref, DerefMut};

/// Bytes of the widest vector, and of a line of a cache.
const LINE: usize = 64;

/// Memory for numbers that kernels read in vectors of eight: none of them straddles two lines of a
/// cache, which would take two loads.
#[derive(Debug, Default)]
pub struct Aligned {
    store: Vec<f64>,
    from: usize,
    size: usize,
}

impl Aligned {
    /// Makes room for `size` numbers, which may be any numbers afterwards.
    pub fn fit(&mut self, size: usize) {
        let whole = size + LINE / size_of::<f64>() - 1;
        if self.store.len() < whole {
            self.store = vec![0.0; whole];
            // A platform that cannot say loses speed, not numbers.
            let offset = self.store.as_ptr().align_offset(LINE);
            self.from = if offset < LINE { offset } else { 0 };
        }
        self.size = size;
    }

    /// Numbers for which there is room.
    pub fn room(&self) -> usize {
        self.store.len()
    }

    /// Makes room for `size` numbers, all of them zero.
    pub fn zeroed(&mut self, size: usize) {
        self.fit(size);
        self.fill(0.0);
    }
}

impl Deref for Aligned {
    type Target = [f64];

    #[inline]
    fn deref(&self) -> &[f64] {
        &self.store[self.from..self.from + self.size]
    }
}

impl DerefMut for Aligned {
    #[inline]
    fn deref_mut(&mut self) -> &mut [f64] {
        &mut self.store[self.from..self.from + self.size]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_begin_with_a_line() {
        let mut numbers = Aligned::default();
        assert!(numbers.is_empty());
        for size in [1, 7, 8, 100, 3, 4_097] {
            numbers.zeroed(size);
            assert!(numbers.len() == size && numbers.iter().all(|v| *v == 0.0));
            assert_eq!(numbers.as_ptr().align_offset(LINE), 0);
            numbers.fill(1.0);
        }
    }
}
