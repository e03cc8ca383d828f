//! Minimum of a quadratic in the intersection of an ellipsoid and a box.
//!
//! The ellipsoid problem is solved through the eigenvectors of the scaled Hessian (Moré and
//! Sorensen 1983, section 3, with the secular equation in the eigenbasis): the problems here
//! have tens of unknowns, and a decomposition also settles the indefinite and the hard case. The
//! box is met by an active set in the manner of Gay 1984: move towards the ellipsoid's minimum,
//! fix what the box stops, free what wants to leave its bound again.

use nalgebra::{DMatrix, SymmetricEigen};

/// A quadratic `g's + s'Hs/2` in the region `|D s| <= radius`, `low <= s <= high`.
pub(super) struct Region<'a> {
    /// Gradient `g` (n).
    pub gradient: &'a [f64],
    /// Hessian `H`, symmetric (n x n).
    pub hessian: &'a [f64],
    /// Positive diagonal of `D` (n).
    pub scale: &'a [f64],
    /// Radius of the ellipsoid.
    pub radius: f64,
    /// Lower bounds of the step, not above zero (n).
    pub low: &'a [f64],
    /// Upper bounds of the step, not below zero (n).
    pub high: &'a [f64],
}

impl Region<'_> {
    /// A step with a value at least as low as the projected steepest descent's; a global
    /// minimum in the ellipsoid when the box does not bind.
    pub(super) fn minimum(&self) -> Vec<f64> {
        let active_set = self.active_set_step();
        let descent = self.steepest_descent_step();
        if self.value(&active_set) <= self.value(&descent) {
            active_set
        } else {
            descent
        }
    }

    /// Value of the quadratic.
    pub(super) fn value(&self, s: &[f64]) -> f64 {
        let curvature = multiply(self.hessian, s);
        (0..s.len())
            .map(|i| s[i] * (self.gradient[i] + 0.5 * curvature[i]))
            .sum()
    }

    fn active_set_step(&self) -> Vec<f64> {
        let mut s = vec![0.0; self.scale.len()];
        let mut free: Vec<bool> = (0..s.len())
            .map(|i| !self.stops(i, 0.0, self.gradient[i]))
            .collect();
        for _ in 0..=4 * s.len() {
            let (next, hit) = self.towards(&s, &self.ellipsoid_minimum(&s, &free));
            if self.value(&next) > self.value(&s) {
                break;
            }
            s = next;
            match hit {
                Some(i) => free[i] = false,
                None => match self.most_eager(&s, &free) {
                    Some(i) => free[i] = true,
                    None => break,
                },
            }
        }
        s
    }

    fn stops(&self, i: usize, s: f64, gradient: f64) -> bool {
        super::bounds::blocked(s, gradient, self.low[i], self.high[i])
    }

    /// The fixed entry whose gradient points most into the box.
    fn most_eager(&self, s: &[f64], free: &[bool]) -> Option<usize> {
        let gradient = self.gradient_at(s);
        let eager = |i: &usize| !free[*i] && !self.stops(*i, s[*i], gradient[*i]);
        let strength = |i: usize| (gradient[i] / self.scale[i]).abs();
        (0..s.len())
            .filter(|i| eager(i) && strength(*i) > 0.0)
            .max_by(|a, b| strength(*a).total_cmp(&strength(*b)))
    }

    fn gradient_at(&self, s: &[f64]) -> Vec<f64> {
        let mut g = multiply(self.hessian, s);
        g.iter_mut().zip(self.gradient).for_each(|(a, b)| *a += b);
        g
    }

    /// The point on the way from `s` to `target` where the box stops it, and by which entry.
    fn towards(&self, s: &[f64], target: &[f64]) -> (Vec<f64>, Option<usize>) {
        let (mut fraction, mut hit) = (1.0, None);
        for i in 0..s.len() {
            let bound = target[i].clamp(self.low[i], self.high[i]);
            if (target[i] - bound).abs() > 0.0 {
                let at = (bound - s[i]) / (target[i] - s[i]);
                if at < fraction || hit.is_none() {
                    (fraction, hit) = (at, Some(i));
                }
            }
        }
        let mut next: Vec<f64> = (0..s.len())
            .map(|i| (s[i] + fraction * (target[i] - s[i])).clamp(self.low[i], self.high[i]))
            .collect();
        if let Some(i) = hit {
            next[i] = target[i].clamp(self.low[i], self.high[i]);
        }
        (next, hit)
    }

    /// Minimum in the ellipsoid over the free entries, the others as in `s`.
    fn ellipsoid_minimum(&self, s: &[f64], free: &[bool]) -> Vec<f64> {
        let index: Vec<usize> = (0..s.len()).filter(|i| free[*i]).collect();
        let fixed: Vec<f64> = (0..s.len())
            .map(|i| if free[i] { 0.0 } else { s[i] })
            .collect();
        let used: f64 = (0..s.len())
            .map(|i| (self.scale[i] * fixed[i]).powi(2))
            .sum();
        let radius = (self.radius.powi(2) - used).max(0.0).sqrt();
        let at_fixed = self.gradient_at(&fixed);
        let gradient: Vec<f64> = index
            .iter()
            .map(|i| at_fixed[*i] / self.scale[*i])
            .collect();
        let hessian = DMatrix::from_fn(index.len(), index.len(), |a, b| {
            let (i, j) = (index[a], index[b]);
            self.hessian[i * s.len() + j] / (self.scale[i] * self.scale[j])
        });
        let mut target = fixed;
        for (i, p) in index.iter().zip(ball_minimum(hessian, &gradient, radius)) {
            target[*i] = p / self.scale[*i];
        }
        target
    }

    /// The best of a few points on the projected path of steepest descent (in the scaled
    /// variables): from the edge of the ellipsoid inwards until the value has fallen enough.
    fn steepest_descent_step(&self) -> Vec<f64> {
        let n = self.scale.len();
        let slope: Vec<f64> = (0..n)
            .map(|i| {
                let stays = self.stops(i, 0.0, self.gradient[i]);
                if stays {
                    0.0
                } else {
                    self.gradient[i] / self.scale[i]
                }
            })
            .collect();
        let norm = norm(&slope);
        let mut length = self.radius;
        for _ in 0..60 {
            let s: Vec<f64> = (0..n)
                .map(|i| {
                    let move_by = -length * slope[i] / (norm * self.scale[i]);
                    move_by.clamp(self.low[i], self.high[i])
                })
                .collect();
            let linear: f64 = (0..n).map(|i| self.gradient[i] * s[i]).sum();
            if self.value(&s) <= 0.25 * linear {
                return s;
            }
            length *= 0.5;
        }
        vec![0.0; n]
    }
}

/// Minimum of `g'p + p'Hp/2` in the ball `|p| <= radius`.
fn ball_minimum(hessian: DMatrix<f64>, gradient: &[f64], radius: f64) -> Vec<f64> {
    let n = gradient.len();
    if n == 0 {
        // Every variable is held by a bound.
        return Vec::new();
    }
    let Some(eigen) = SymmetricEigen::try_new(hessian, f64::EPSILON, 1000) else {
        let length = norm(gradient);
        return gradient.iter().map(|g| -g * radius / length).collect();
    };
    let secular = Secular {
        along: (0..n)
            .map(|k| {
                (0..n)
                    .map(|i| eigen.eigenvectors[(i, k)] * gradient[i])
                    .sum()
            })
            .collect(),
        curvature: eigen.eigenvalues.iter().copied().collect(),
        radius,
    };
    let p = secular.solve();
    (0..n)
        .map(|i| (0..n).map(|k| eigen.eigenvectors[(i, k)] * p[k]).sum())
        .collect()
}

/// The ball problem in the eigenbasis.
struct Secular {
    along: Vec<f64>,
    curvature: Vec<f64>,
    radius: f64,
}

impl Secular {
    fn solve(&self) -> Vec<f64> {
        let least = self.curvature.iter().copied().fold(f64::INFINITY, f64::min);
        let largest = super::bounds::largest(&self.curvature);
        let floor = largest * f64::EPSILON * self.curvature.len() as f64;
        let shift = if least > floor { 0.0 } else { floor - least };
        let p = self.point(shift);
        let length = norm(&p);
        if length > self.radius {
            return self.point(self.root(shift));
        }
        if shift <= 2.0 * floor {
            return p;
        }
        self.to_the_edge(p, length)
    }

    fn point(&self, shift: f64) -> Vec<f64> {
        let quotient = |(a, c): (&f64, &f64)| if *a == 0.0 { 0.0 } else { -a / (c + shift) };
        self.along
            .iter()
            .zip(&self.curvature)
            .map(quotient)
            .collect()
    }

    /// The shift at which the point lies on the sphere: Newton on `1/|p| - 1/radius`, which is
    /// nearly linear, kept in a shrinking bracket.
    fn root(&self, shift: f64) -> f64 {
        let (mut low, mut high) = (shift, shift + norm(&self.along) / self.radius);
        let mut at = low;
        for _ in 0..100 {
            let p = self.point(at);
            let length = norm(&p);
            if (length - self.radius).abs() <= 1e-12 * self.radius {
                break;
            }
            if length > self.radius {
                low = at;
            } else {
                high = at;
            }
            let slope: f64 = (0..p.len())
                .map(|k| p[k] * p[k] / (self.curvature[k] + at))
                .sum();
            let newton = at + (length / self.radius - 1.0) * length * length / slope;
            at = if newton > low && newton < high {
                newton
            } else {
                f64::midpoint(low, high)
            };
        }
        at
    }

    /// The hard case: the rest of the radius along the direction of most negative curvature.
    fn to_the_edge(&self, mut p: Vec<f64>, length: f64) -> Vec<f64> {
        let rest = (self.radius * self.radius - length * length)
            .max(0.0)
            .sqrt();
        let lowest = (0..p.len()).min_by(|a, b| self.curvature[*a].total_cmp(&self.curvature[*b]));
        if let Some(k) = lowest {
            p[k] += if p[k] < 0.0 { -rest } else { rest };
        }
        p
    }
}

/// `a x` for a square row-major `a`.
pub(super) fn multiply(a: &[f64], x: &[f64]) -> Vec<f64> {
    a.chunks_exact(x.len().max(1))
        .map(|row| row.iter().zip(x).map(|(a, x)| a * x).sum())
        .collect()
}

fn norm(v: &[f64]) -> f64 {
    v.iter().map(|v| v * v).sum::<f64>().sqrt()
}
