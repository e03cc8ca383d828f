//! Micro moments: what a survey of individual consumers says about who buys what.
//!
//! A data set is a survey: it weighs consumer i and choice j of market t by `w_dijt`. A part is the
//! mean of values in it, pooled over markets,
//!
//! `v_p = sum_t sum_i w_it sum_j s_ijt w_dijt v_pijt / sum_t sum_i w_it sum_j s_ijt w_dijt`,
//!
//! and a moment is an observed number less a function of parts: `fbar_m - f_m(v)` (Conlon and
//! Gortmaker 2025, "Incorporating micro data into differentiated products demand estimation with
//! `PyBLP`"). With second choices, sums run over pairs of a first choice j and a choice k when j is
//! gone: `s_ij s_ik / (1 - s_ij)`, with `1 - s_ih` where all products of j's group h are gone
//! with it; `removed.rs` has what nests make of that.
//!
//! Weights and values do not depend on parameters: they are tables, made once.

mod bind;
mod cells;
mod dataset;
mod pooled;
mod removed;
mod scores;
mod spread;
mod sums;
mod table;

use entrant_numeric::dense::Matrix;

pub use bind::Mistake;
pub use dataset::{Combination, Combine, Custom, Dataset, Moment, Part};
pub use pooled::MicroMoments;
pub use scores::{Asked, Known, Observed, scores};
pub use spread::spread;
pub(crate) use sums::{At, Summing, Sums};
pub use table::Table;

use cells::Bound;

/// Micro moments of a problem, bound to its markets.
#[derive(Debug, Clone, PartialEq)]
pub struct Micro {
    /// Surveys.
    pub datasets: Vec<Dataset>,
    /// Means over surveys.
    pub parts: Vec<Part>,
    /// Moments.
    pub moments: Vec<Moment>,
    /// Covariance of the moments in their samples (moments x moments), where it is known; the delta
    /// method gives it otherwise.
    pub covariance: Option<Matrix>,
    /// Weights, then weights times values, by market.
    bound: Vec<Bound>,
}

impl Micro {
    /// Number of moments.
    pub fn count(&self) -> usize {
        self.moments.len()
    }

    /// Number of sums that a market contributes: weights of each survey, then weighted values of
    /// each part.
    pub(crate) fn sums(&self) -> usize {
        self.datasets.len() + self.parts.len()
    }
}
