//! The covariance of moments with instruments other than the problem's own.

use entrant_data::spec::ErrorStructure;
use entrant_numeric::dense::Matrix;
use entrant_numeric::vector;

use crate::blp::Problem;
use crate::gmm::{Spread, by_clusters};

/// Instruments of one or two equations, as columns next to each other.
#[derive(Debug, Clone)]
pub(super) struct Instruments {
    /// Both equations' instruments (rows x moments).
    z: Matrix,
    /// How many are of demand.
    demand: usize,
    clusters: Vec<Vec<u32>>,
    structure: ErrorStructure,
}

impl Instruments {
    pub(super) fn new(
        problem: &Problem,
        demand: &Matrix,
        supply: Option<&Matrix>,
        structure: ErrorStructure,
    ) -> Self {
        Instruments {
            z: supply.map_or_else(|| demand.clone(), |s| demand.beside(s)),
            demand: demand.columns,
            clusters: problem.clusters.clone(),
            structure,
        }
    }

    /// Number of moments.
    pub(super) fn count(&self) -> usize {
        self.z.columns
    }

    /// `Z'u / N`.
    pub(super) fn mean(&self, u: &Spread) -> Vec<f64> {
        let n = self.z.rows as f64;
        let mut out = self.z.transpose_apply(&u.xi);
        if self.demand < out.len() {
            let supply = self.z.transpose_apply(&u.omega);
            out[self.demand..].copy_from_slice(&supply[self.demand..]);
        }
        out.iter().map(|v| v / n).collect()
    }

    /// `S` at errors `u`, as in [`crate::gmm::moment_covariance`].
    pub(super) fn covariance(&self, u: &Spread, center: bool) -> Matrix {
        let n = self.z.rows as f64;
        if self.structure == ErrorStructure::Unadjusted {
            return self.unadjusted(u);
        }
        let g = self.contributions(u, center);
        let clustered = self.structure == ErrorStructure::Clustered && !self.clusters.is_empty();
        let sum = if clustered {
            by_clusters(&g, &self.clusters)
        } else {
            g.transpose_times(&g)
        };
        sum.scaled(1.0 / n).symmetric()
    }

    /// Each row's moments, less their means when centred.
    fn contributions(&self, u: &Spread, center: bool) -> Matrix {
        let mut g = self.z.clone();
        for i in 0..g.rows {
            let (demand, supply) = g.row_mut(i).split_at_mut(self.demand);
            for v in demand {
                *v *= u.xi[i];
            }
            for v in supply {
                *v *= u.omega[i];
            }
        }
        if center {
            let mean = self.mean(u);
            for i in 0..g.rows {
                vector::add_scaled(g.row_mut(i), -1.0, &mean);
            }
        }
        g
    }

    fn unadjusted(&self, u: &Spread) -> Matrix {
        let n = self.z.rows as f64;
        let of = |k: usize| if k < self.demand { &u.xi } else { &u.omega };
        let mut s = self.z.transpose_times(&self.z).scaled(1.0 / n);
        let last = self.count().saturating_sub(1);
        let own = [covariance(of(0), of(0)), covariance(of(last), of(last))];
        let cross = covariance(of(0), of(last));
        for a in 0..s.rows {
            for b in 0..s.columns {
                let sides = (a < self.demand, b < self.demand);
                let by = match sides {
                    (true, true) => own[0],
                    (false, false) => own[1],
                    _ => cross,
                };
                s.set(a, b, by * s.at(a, b));
            }
        }
        s
    }
}

/// Covariance with divisor N.
fn covariance(a: &[f64], b: &[f64]) -> f64 {
    let n = a.len() as f64;
    let (ma, mb) = (vector::sum(a) / n, vector::sum(b) / n);
    let products = a.iter().zip(b).map(|(x, y)| (x - ma) * (y - mb));
    products.sum::<f64>() / n
}
