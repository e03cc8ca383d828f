//! A robust confidence set for one linear coefficient: exact, whatever its shape.

use entrant_numeric::dense::{self, Matrix};
use entrant_numeric::vector;

/// A set of numbers, as it is.
#[derive(Debug, Clone, PartialEq)]
pub enum ConfidenceSet {
    /// No value is compatible with the moments: the model is rejected.
    Empty,
    /// Every value is: the data say nothing.
    Everything,
    /// Disjoint intervals in ascending order; ends may be infinite.
    Intervals(Vec<[f64; 2]>),
}

impl ConfidenceSet {
    /// Smallest and largest value, or `None` when the set is empty or unbounded: then no number
    /// may be shown for it.
    pub fn bounds(&self) -> Option<[f64; 2]> {
        let ConfidenceSet::Intervals(all) = self else {
            return None;
        };
        let ends = [all.first()?[0], all.last()?[1]];
        ends.iter().all(|e| e.is_finite()).then_some(ends)
    }

    /// Whether a value belongs to it.
    pub fn contains(&self, value: f64) -> bool {
        match self {
            ConfidenceSet::Empty => false,
            ConfidenceSet::Everything => true,
            ConfidenceSet::Intervals(all) => all.iter().any(|i| i[0] <= value && value <= i[1]),
        }
    }
}

/// Mean moments `a - alpha b` with covariance `saa - alpha sab + alpha^2 sbb`, where `sab` is the
/// symmetric cross part.
#[derive(Debug, Clone)]
pub(super) struct LinearMoments {
    pub(super) a: Vec<f64>,
    pub(super) b: Vec<f64>,
    pub(super) saa: Matrix,
    pub(super) sab: Matrix,
    pub(super) sbb: Matrix,
    pub(super) rows: f64,
}

/// Width, of a circle of length 4, to which ends are found.
const RESOLUTION: f64 = 1e-12;

impl LinearMoments {
    /// `{alpha: N gbar' S^-1 gbar <= c}` at `gbar = a - alpha b` and its covariance `S(alpha)`.
    ///
    /// `alpha` is in the set if and only if `M(alpha) = c S / N - gbar gbar'` has no negative
    /// eigenvalue (Schur complement). `M` is quadratic, so that its smallest eigenvalue moves no
    /// faster than a constant (Weyl): a subdivision of the line, closed at infinity, is certain of
    /// every piece but those narrower than [`RESOLUTION`] around an end, which count as inside.
    /// `None` when the covariance is singular.
    pub(super) fn set(&self, c: f64) -> Option<ConfidenceSet> {
        let (center, scale) = self.frame()?;
        let form = self.form(c, center, scale)?;
        let at_infinity = [[-1.0, -0.0], [0.0, 1.0]];
        let mut pieces: Vec<([f64; 2], bool)> = Vec::new();
        // From minus infinity to the frame, through it, and on to infinity.
        for (piece, inside) in form.pieces(false, at_infinity[0]).into_iter().rev() {
            pieces.push((
                [center + scale / piece[1], center + scale / piece[0]],
                inside,
            ));
        }
        for (piece, inside) in form.pieces(true, [-1.0, 1.0]) {
            pieces.push((piece.map(|t| center + scale * t), inside));
        }
        for (piece, inside) in form.pieces(false, at_infinity[1]).into_iter().rev() {
            pieces.push((
                [center + scale / piece[1], center + scale / piece[0]],
                inside,
            ));
        }
        Some(joined(&pieces))
    }

    /// Where the line is looked at from: an estimate, and the size at which both parts of the
    /// covariance weigh the same.
    fn frame(&self) -> Option<(f64, f64)> {
        let (inverse, rank) = dense::symmetric_pseudo_inverse(&self.sbb);
        if rank < self.b.len() {
            return None;
        }
        let weighted = inverse.apply(&self.b);
        let center = vector::dot(&self.a, &weighted) / vector::dot(&self.b, &weighted);
        let product = inverse.times(&self.covariance(center));
        let trace: f64 = (0..product.rows).map(|i| product.at(i, i)).sum();
        let scale = (trace / self.b.len() as f64).sqrt();
        (center.is_finite() && scale > 0.0 && scale.is_finite()).then_some((center, scale))
    }

    fn covariance(&self, alpha: f64) -> Matrix {
        let mut out = self.saa.clone();
        vector::add_scaled(&mut out.data, -alpha, &self.sab.data);
        vector::add_scaled(&mut out.data, alpha * alpha, &self.sbb.data);
        out
    }

    /// `M` in the frame `alpha = center + scale t`, whitened.
    fn form(&self, c: f64, center: f64, scale: f64) -> Option<Form> {
        let mut a = self.a.clone();
        vector::add_scaled(&mut a, -center, &self.b);
        let b: Vec<f64> = self.b.iter().map(|v| v * scale).collect();
        let saa = self.covariance(center);
        let mut sab = self.sab.clone().scaled(scale);
        vector::add_scaled(&mut sab.data, -2.0 * center * scale, &self.sbb.data);
        let sbb = self.sbb.clone().scaled(scale * scale);
        let mut both = saa.clone();
        vector::add_scaled(&mut both.data, 1.0, &sbb.data);
        let (inverse, rank) = dense::symmetric_pseudo_inverse(&both);
        let root = dense::symmetric_root(&inverse);
        let white = |s: &Matrix, outer: Matrix| {
            let mut m = s.clone().scaled(c / self.rows);
            vector::add_scaled(&mut m.data, -1.0, &outer.data);
            root.times(&m).times(&root.transpose()).symmetric()
        };
        let mut cross = outer(&a, &b);
        vector::add_scaled(&mut cross.data, 1.0, &outer(&b, &a).data);
        (rank == a.len()).then(|| Form {
            constant: white(&saa, outer(&a, &a)),
            linear: white(&sab, cross),
            square: white(&sbb, outer(&b, &b)),
        })
    }
}

fn outer(a: &[f64], b: &[f64]) -> Matrix {
    let data = a
        .iter()
        .flat_map(|x| b.iter().map(move |y| x * y))
        .collect();
    Matrix::new(a.len(), b.len(), data)
}

/// `constant - t linear + t^2 square`, or with `t` turned over, `t^2 constant - t linear + square`.
struct Form {
    constant: Matrix,
    linear: Matrix,
    square: Matrix,
}

impl Form {
    /// Pieces of `range`, within -1 to 1, each inside the set or outside it, in order.
    fn pieces(&self, upright: bool, range: [f64; 2]) -> Vec<([f64; 2], bool)> {
        let (first, last) = if upright {
            (&self.constant, &self.square)
        } else {
            (&self.square, &self.constant)
        };
        let steepest = norm(&self.linear) + 2.0 * norm(last);
        let mut found = Vec::new();
        let mut open = vec![range];
        while let Some([low, high]) = open.pop() {
            let (middle, half) = (0.5 * (low + high), 0.5 * (high - low));
            let mut m = first.clone();
            vector::add_scaled(&mut m.data, -middle, &self.linear.data);
            vector::add_scaled(&mut m.data, middle * middle, &last.data);
            let smallest = dense::symmetric_eigen(&m).0.first().copied().unwrap_or(0.0);
            if smallest.abs() > steepest * half || high - low < RESOLUTION {
                found.push(([low, high], smallest > -steepest * half));
            } else {
                open.push([middle, high]);
                open.push([low, middle]);
            }
        }
        found
    }
}

/// Largest absolute eigenvalue.
fn norm(m: &Matrix) -> f64 {
    let values = dense::symmetric_eigen(m).0;
    values.iter().fold(0.0, |n: f64, v| n.max(v.abs()))
}

/// Adjacent pieces of one kind as intervals.
fn joined(pieces: &[([f64; 2], bool)]) -> ConfidenceSet {
    if pieces.iter().all(|(_, inside)| *inside) {
        return ConfidenceSet::Everything;
    }
    let mut out: Vec<[f64; 2]> = Vec::new();
    let mut before = false;
    for ([low, high], inside) in pieces {
        if *inside && before {
            if let Some(last) = out.last_mut() {
                last[1] = *high;
            }
        } else if *inside {
            out.push([*low, *high]);
        }
        before = *inside;
    }
    if out.is_empty() {
        ConfidenceSet::Empty
    } else {
        ConfidenceSet::Intervals(out)
    }
}
