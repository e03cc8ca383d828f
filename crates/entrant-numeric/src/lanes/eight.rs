//! Eight numbers next to each other, one of each problem.

use std::ops::{Deref, DerefMut};

use super::WIDTH;

/// Eight numbers, aligned as the widest vectors are, so that none straddles two lines of a cache.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
#[repr(C, align(64))]
pub struct Eight([f64; WIDTH]);

/// Eight ones.
pub const ONE: Eight = Eight([1.0; WIDTH]);

/// Eight zeros.
pub const ZERO: Eight = Eight([0.0; WIDTH]);

impl From<[f64; WIDTH]> for Eight {
    #[inline(always)]
    fn from(numbers: [f64; WIDTH]) -> Self {
        Eight(numbers)
    }
}

impl Deref for Eight {
    type Target = [f64; WIDTH];

    #[inline(always)]
    fn deref(&self) -> &[f64; WIDTH] {
        &self.0
    }
}

impl DerefMut for Eight {
    #[inline(always)]
    fn deref_mut(&mut self) -> &mut [f64; WIDTH] {
        &mut self.0
    }
}
