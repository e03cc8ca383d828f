//! Absorption of fixed effects: what is left of columns after least squares on dummies.
//!
//! With dummy matrices `D_1 .. D_q` of any number of effects, [`Effects::residualise`] replaces a
//! column `y` by `y - D (D'D)^- D'y`. One effect is the within transform. For more, the effect
//! with the most levels is eliminated in closed form and the normal equations of the others,
//! on level sums, are solved by conjugate gradients (Correia 2017; Fong and Saunders 2011 use
//! the same Krylov space), one pass over the rows per step. Panels that hang together badly, such
//! as workers and employers along a chain, get an approximate Cholesky factor of their graph as
//! preconditioner. Whatever the path, the group means left in the result are recomputed from it.

mod factor;
mod layout;
mod rank;
mod solve;
mod sweep;

#[cfg(test)]
mod tests;

use factor::Factor;
use layout::Layout;
pub use rank::Rank;

/// Fixed effects of a set of rows, prepared for absorption.
///
/// Results depend on the codes and the column alone: not on the columns beside it.
#[derive(Debug, Clone)]
pub struct Effects {
    layout: Layout,
    factor: Option<Factor>,
}

/// What an absorption did, and the proof of it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Absorbed {
    /// Passes over the rows that solved for effects (0 with one effect).
    pub sweeps: usize,
    /// Largest absolute group mean, over columns, effects and levels, that is left in the
    /// result, relative to the root mean square of the column as it was given. Recomputed from
    /// the result. `NaN` when a column is not finite.
    pub residual: f64,
    /// Whether `residual` is at most the tolerance.
    pub converged: bool,
}

/// Effects recovered from a column.
#[derive(Debug, Clone, PartialEq)]
pub struct Recovered {
    /// One coefficient per level, effect by effect in the order given. In every connected
    /// component of the rows, each effect but the first has mean zero over the rows, so that the
    /// first carries the constant. Levels without rows are 0.
    ///
    /// This identifies the coefficients of one or two effects; with more there may be further
    /// directions that dummies cannot tell apart ([`Effects::degrees_of_freedom`]), along which
    /// the answer is the one that the iteration from zero finds.
    pub effects: Vec<Vec<f64>>,
    /// The column less its effects, in the order of the rows.
    pub left: Vec<f64>,
    /// How it was solved.
    pub absorbed: Absorbed,
}

impl Effects {
    /// Prepares effects from the level of every row: `codes[d][row]`, levels numbered from 0.
    ///
    /// # Errors
    ///
    /// When there is no effect or no row, effects have different numbers of rows, there are 2^31
    /// rows or more, or a code is so large that levels cannot have been numbered 0, 1, 2, ...
    pub fn new(codes: &[Vec<u32>]) -> Result<Self, String> {
        let layout = Layout::new(codes)?;
        let factor = (!solve::is_quick(&layout)).then(|| Factor::new(&layout));
        Ok(Effects { layout, factor })
    }

    /// Number of rows.
    pub fn rows(&self) -> usize {
        self.layout.rows
    }

    /// Replaces `columns`, a row-major matrix of [`Effects::rows`] by `k`, by what the effects do
    /// not explain, to a largest group mean of `tolerance` relative to the root mean square of
    /// each column. `1e-12` is ordinary; below about `1e-14` rounding decides.
    ///
    /// # Errors
    ///
    /// When `columns` has another length than rows times `k`, or the tolerance is not positive.
    pub fn residualise(
        &self,
        columns: &mut [f64],
        k: usize,
        tolerance: f64,
    ) -> Result<Absorbed, String> {
        self.check(columns.len(), k, tolerance)?;
        let mut total = Absorbed {
            sweeps: 0,
            residual: 0.0,
            converged: true,
        };
        let mut first = 0;
        while first < k {
            let (width, one) = match k - first {
                1 => (1, self.block::<1>(columns, k, first, tolerance)),
                2 => (2, self.block::<2>(columns, k, first, tolerance)),
                left => (left.min(4), self.block::<4>(columns, k, first, tolerance)),
            };
            total.sweeps += one.sweeps;
            total.residual = sweep::worst(total.residual, one.residual);
            total.converged &= one.converged;
            first += width;
        }
        Ok(total)
    }

    /// Rank of all dummies together: what absorption costs in degrees of freedom.
    ///
    /// Exact for one effect (levels with rows) and two (less the connected components of their
    /// graph; Abowd, Creecy and Kramarz 2002). For more, rows in which some level occurs for the
    /// only time are taken off first, which is exact; of what remains the rank is computed by
    /// elimination modulo a prime of 61 bits when the effects but the largest have at most
    /// 400 levels, and otherwise bounded from above by the pairwise count (Correia 2017).
    pub fn degrees_of_freedom(&self) -> Rank {
        rank::rank(&self.layout)
    }

    /// The effects of a column by least squares, and what they leave of it.
    ///
    /// # Errors
    ///
    /// As [`Effects::residualise`].
    pub fn effects_of(&self, column: &[f64], tolerance: f64) -> Result<Recovered, String> {
        self.check(column.len(), 1, tolerance)?;
        let mut sorted = self.layout.gather::<1>(column, 1, 0);
        let given = sorted.clone();
        let solved = solve::solve(&self.layout, self.factor.as_ref(), &mut sorted, tolerance);
        let main = sweep::main_means(&self.layout, &given, &solved.effects);
        let mut left = column.to_vec();
        self.layout.scatter(&sorted, &mut left, 1, 0);
        Ok(Recovered {
            effects: rank::normalised(&self.layout, &main, &solved.effects),
            left,
            absorbed: solved.absorbed,
        })
    }

    fn block<const K: usize>(
        &self,
        columns: &mut [f64],
        k: usize,
        first: usize,
        tolerance: f64,
    ) -> Absorbed {
        let mut sorted = self.layout.gather::<K>(columns, k, first);
        let solved = solve::solve(&self.layout, self.factor.as_ref(), &mut sorted, tolerance);
        self.layout.scatter(&sorted, columns, k, first);
        solved.absorbed
    }

    fn check(&self, length: usize, k: usize, tolerance: f64) -> Result<(), String> {
        if Some(length) != self.layout.rows.checked_mul(k) {
            return Err(format!(
                "{length} numbers are not {} rows of {k} columns",
                self.layout.rows
            ));
        }
        if tolerance > 0.0 {
            return Ok(());
        }
        Err(format!(
            "the tolerance {tolerance} is not positive; 1e-12 is ordinary"
        ))
    }
}
