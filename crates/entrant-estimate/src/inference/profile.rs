//! The robust confidence set of one number: how far it can move while the Anderson-Rubin
//! statistic stays below its critical value.

use entrant_numeric::dense::Matrix;
use entrant_numeric::distribution::chi_square_quantile;
use entrant_numeric::optimize::{self, Settings};
use entrant_numeric::vector;

use super::anderson_rubin::{AndersonRubin, RobustPoint};
use super::outcome::LEVEL;
use crate::blp::Evaluation;
use crate::gmm::Linear;

/// A number that depends on the parameters.
#[derive(Clone, Copy)]
pub enum Target<'a> {
    /// A coordinate of the statistic.
    Coordinate(usize),
    /// Any function of searched parameters, solved coefficients and mean utilities. It must be
    /// smooth: its derivatives are taken by differences, two evaluations per coordinate.
    Function(&'a dyn Fn(&[f64], &Linear, &Evaluation) -> f64),
}

/// What the statistic is held against.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reference {
    /// All moments (Dufour 1997; Dufour and Taamouti 2005): valid whatever is identified, and
    /// conservative.
    Projection,
    /// Moments less the parameters that are minimised over (Stock and Wright 2000, theorem 3):
    /// valid when those are strongly identified.
    Concentrated,
}

/// How far and how finely ends are looked for.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Search {
    /// First step away from the estimate; the standard error is natural.
    pub step: f64,
    /// Most doublings of the step. A number that can still be reached then counts as unbounded.
    pub doublings: usize,
    /// Steps beyond an end in which the set is looked for again.
    pub beyond: usize,
    /// Ends are found to this part of the step at which they were crossed.
    pub tolerance: f64,
    /// Most evaluations of one minimisation.
    pub evaluations: usize,
}

impl Default for Search {
    fn default() -> Self {
        Search {
            step: 0.1,
            doublings: 12,
            beyond: 2,
            tolerance: 1e-3,
            evaluations: 100,
        }
    }
}

/// One end of a set.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Edge {
    /// The statistic crosses its critical value here.
    At(f64),
    /// The parameter ends here, inside the set.
    Bound(f64),
    /// No end was found: still inside here, where the search stopped.
    Unbounded {
        /// Furthest value known to be inside.
        inside: f64,
    },
}

/// How a set was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SetStatus {
    /// Both ends were found.
    Bounded,
    /// Both ends were found, and values between them that are outside: the ends are those of the
    /// hull.
    Gaps,
    /// At least one end was not found: the number is not identified, and none may be shown.
    Unbounded,
    /// No parameters are compatible with the moments, as far as local searches can tell: the model
    /// is rejected.
    Empty,
    /// The statistic cannot be evaluated at the start.
    Failed,
}

/// The 95% set of one number.
#[derive(Debug, Clone, PartialEq)]
pub struct ScalarSet {
    /// The number where the statistic is smallest.
    pub estimate: f64,
    /// The smallest statistic.
    pub least: f64,
    /// Its critical value.
    pub threshold: f64,
    /// Degrees of freedom of the critical value.
    pub degrees: usize,
    /// Which reference was used.
    pub reference: Reference,
    /// Lower end.
    pub lower: Edge,
    /// Upper end.
    pub upper: Edge,
    /// How it was found.
    pub status: SetStatus,
    /// Evaluations of the statistic.
    pub evaluations: usize,
}

impl ScalarSet {
    /// Both ends, or `None` when the set is empty, unbounded or unknown.
    pub fn bounds(&self) -> Option<[f64; 2]> {
        let end = |e: &Edge| match e {
            Edge::At(v) | Edge::Bound(v) => Some(*v),
            Edge::Unbounded { .. } => None,
        };
        matches!(self.status, SetStatus::Bounded | SetStatus::Gaps)
            .then(|| Some([end(&self.lower)?, end(&self.upper)?]))
            .flatten()
    }
}

/// Weight, relative to the step that is taken, with which a function is held at its value. The point that
/// is found lies on the profile whatever the weight, at the value that the function has there.
const HOLD: f64 = 100.0;

/// Most halvings of a step to where nothing can be evaluated.
const NEARER: usize = 5;

impl AndersonRubin<'_> {
    /// The set of a number: for each value of it, the smallest statistic over all parameters that
    /// give this value (the continuously updated estimator under a restriction), from the
    /// neighbouring value's parameters; ends where that crosses the critical value.
    ///
    /// Searches are local: a set may be larger than found when the statistic has several minima.
    /// `start` is a point to begin at, such as the estimates.
    pub fn scalar_set(
        &self,
        target: Target<'_>,
        start: &[f64],
        reference: Reference,
        search: Search,
    ) -> ScalarSet {
        let mut walk = Walk::new(self, target, search, reference);
        let Some((tau, least)) = walk.minimise(start, None) else {
            return walk.without(f64::NAN, f64::NAN, SetStatus::Failed);
        };
        let Some(estimate) = walk.value(&tau) else {
            return walk.without(f64::NAN, least, SetStatus::Failed);
        };
        if least > walk.threshold {
            return walk.without(estimate, least, SetStatus::Empty);
        }
        let (lower, low_gap) = walk.side(&tau, estimate, least, -1.0);
        let (upper, high_gap) = walk.side(&tau, estimate, least, 1.0);
        let open = |e: Edge| matches!(e, Edge::Unbounded { .. });
        let status = if open(lower) || open(upper) {
            SetStatus::Unbounded
        } else if low_gap || high_gap {
            SetStatus::Gaps
        } else {
            SetStatus::Bounded
        };
        ScalarSet {
            lower,
            upper,
            ..walk.without(estimate, least, status)
        }
    }
}

pub(super) struct Walk<'a, 'b> {
    ar: &'a AndersonRubin<'b>,
    target: Target<'a>,
    search: Search,
    reference: Reference,
    degrees: usize,
    threshold: f64,
    evaluations: usize,
    /// Size of the step that is taken: how finely a function is to be held.
    step: f64,
}

/// A point of the profile.
#[derive(Debug, Clone)]
struct Place {
    value: f64,
    statistic: f64,
    tau: Vec<f64>,
}

impl<'a, 'b> Walk<'a, 'b> {
    pub(super) fn new(
        ar: &'a AndersonRubin<'b>,
        target: Target<'a>,
        search: Search,
        reference: Reference,
    ) -> Self {
        let others = ar.coordinates.len().saturating_sub(1);
        let degrees = match reference {
            Reference::Projection => ar.degrees(),
            Reference::Concentrated => ar.degrees().saturating_sub(others),
        };
        Walk {
            threshold: chi_square_quantile(1.0 - LEVEL, degrees as f64),
            ar,
            target,
            search,
            reference,
            degrees,
            evaluations: 0,
            step: search.step,
        }
    }

    fn without(&self, estimate: f64, least: f64, status: SetStatus) -> ScalarSet {
        ScalarSet {
            estimate,
            least,
            threshold: self.threshold,
            degrees: self.degrees,
            reference: self.reference,
            lower: Edge::Unbounded { inside: estimate },
            upper: Edge::Unbounded { inside: estimate },
            status,
            evaluations: self.evaluations,
        }
    }

    /// The number at a point; the size of a parameter whose sign does not matter.
    fn value(&self, tau: &[f64]) -> Option<f64> {
        match self.target {
            Target::Coordinate(c) if self.ar.coordinates[c].symmetric => Some(tau[c].abs()),
            Target::Coordinate(c) => Some(tau[c]),
            Target::Function(h) => {
                let at = self.ar.evaluate(tau, false)?;
                let v = h(&self.ar.values(tau), &self.ar.linear(tau, &at), &at);
                v.is_finite().then_some(v)
            }
        }
    }

    /// Values that the number can take.
    fn range(&self) -> [f64; 2] {
        match self.target {
            Target::Coordinate(c) => {
                let c = &self.ar.coordinates[c];
                let lower = if c.symmetric {
                    c.lower.max(0.0)
                } else {
                    c.lower
                };
                [lower, c.upper]
            }
            Target::Function(_) => [f64::NEG_INFINITY, f64::INFINITY],
        }
    }

    /// Smallest statistic over parameters from `start`, with the number held at a value.
    pub(super) fn minimise(&mut self, start: &[f64], held: Option<f64>) -> Option<(Vec<f64>, f64)> {
        let (ar, target, step) = (self.ar, self.target, self.step);
        let (mut lower, mut upper) = (Vec::new(), Vec::new());
        for c in &ar.coordinates {
            lower.push(c.lower);
            upper.push(c.upper);
        }
        let mut from = start.to_vec();
        let mut function = None;
        match (target, held) {
            (Target::Coordinate(c), Some(v)) => (from[c], lower[c], upper[c]) = (v, v, v),
            (Target::Function(h), Some(v)) => function = Some((h, v)),
            _ => {}
        }
        let settings = Settings {
            factor: 1.0,
            gradient_tolerance: 1e-8,
            objective_tolerance: 1e-9,
            step_tolerance: 1e-9,
            evaluations: self.search.evaluations,
            ..Settings::default()
        };
        let mut count = 0;
        let found = optimize::minimise(&from, &lower, &upper, settings, |tau| {
            count += 1;
            let point = ar.point(tau)?;
            let Some((h, v)) = function else {
                return Some(plain(point));
            };
            let (value, slope, work) = gradient(ar, tau, &point, h)?;
            count += work;
            Some(holding(point, HOLD / step, value - v, &slope))
        })
        .ok()?;
        self.evaluations += count;
        let statistic = ar.statistic(&found.x)?;
        Some((found.x, statistic))
    }

    /// A point of the profile near a value, from a neighbour; `None` where nothing can be
    /// evaluated.
    fn place(&mut self, from: &Place, value: f64) -> Option<Place> {
        let (tau, statistic) = self.minimise(&from.tau, Some(value))?;
        let value = self.value(&tau)?;
        Some(Place {
            value,
            statistic,
            tau,
        })
    }

    /// [`Walk::place`], half as far again and again where nothing can be evaluated.
    fn place_or_nearer(&mut self, from: &Place, value: f64) -> Option<Place> {
        let mut wanted = value;
        for _ in 0..NEARER {
            if let Some(found) = self.place(from, wanted) {
                return Some(found);
            }
            wanted = 0.5 * (from.value + wanted);
        }
        None
    }

    /// The end on one side, and whether the set has a gap there.
    fn side(&mut self, tau: &[f64], estimate: f64, least: f64, sign: f64) -> (Edge, bool) {
        let end = self.range()[usize::from(sign > 0.0)];
        let mut inside = Place {
            value: estimate,
            statistic: least,
            tau: tau.to_vec(),
        };
        let mut last = inside.clone();
        let (mut edge, mut gap, mut after) = (None, false, 0);
        let mut size = self.search.step;
        for _ in 0..=self.search.doublings {
            let wanted = estimate + sign * size;
            let value = if sign > 0.0 {
                wanted.min(end)
            } else {
                wanted.max(end)
            };
            self.step = size;
            size *= 2.0;
            let Some(next) = self.place_or_nearer(&last, value) else {
                break;
            };
            let last_step = sign * (wanted - end) >= 0.0;
            let short = (next.value - last.value).abs() < 0.75 * (value - last.value).abs();
            if next.statistic <= self.threshold {
                gap |= edge.take().is_some();
                after = 0;
                inside = next.clone();
            } else if edge.is_none() {
                edge = Some(self.crossing(&inside, &next));
            } else {
                after += 1;
            }
            last = next;
            if let (true, false, None) = (last_step, short, edge) {
                return (Edge::Bound(end), gap);
            }
            if short || last_step || (edge.is_some() && after >= self.search.beyond) {
                break;
            }
        }
        let open = Edge::Unbounded {
            inside: inside.value,
        };
        (edge.map_or(open, Edge::At), gap)
    }

    /// Where the statistic crosses its critical value between a point inside and one outside.
    fn crossing(&mut self, inside: &Place, outside: &Place) -> f64 {
        let (mut low, mut high) = (inside.clone(), outside.clone());
        let width = self.search.tolerance * (high.value - low.value).abs();
        let mut halve = false;
        while (high.value - low.value).abs() > width {
            let before = (high.value - low.value).abs();
            self.step = before;
            let (a, b) = (
                self.threshold - low.statistic,
                high.statistic - self.threshold,
            );
            let part = if halve {
                0.5
            } else {
                (a / (a + b)).clamp(0.02, 0.98)
            };
            let middle = low.value + part * (high.value - low.value);
            let Some(next) = self.place(&low, middle) else {
                break;
            };
            if next.statistic <= self.threshold {
                low = next;
            } else {
                high = next;
            }
            let now = (high.value - low.value).abs();
            if now >= before {
                break;
            }
            halve = now > 0.5 * before;
        }
        // The outer point: an end is never reported closer than it is.
        high.value
    }
}

fn plain(point: RobustPoint) -> optimize::Evaluation {
    optimize::Evaluation {
        residual: point.residual,
        jacobian: point.jacobian.data,
    }
}

/// The statistic's residuals and one more that holds a function at its value.
fn holding(point: RobustPoint, weight: f64, off: f64, slope: &[f64]) -> optimize::Evaluation {
    let mut out = plain(point);
    out.residual.push(weight * off);
    out.jacobian.extend(slope.iter().map(|s| weight * s));
    out
}

/// A function's value and derivatives by central differences, with mean utilities and costs moved
/// along their own derivatives: the differences' error is of the same order as with mean utilities
/// inverted at both ends, without an inversion.
fn gradient(
    ar: &AndersonRubin<'_>,
    tau: &[f64],
    point: &RobustPoint,
    h: &dyn Fn(&[f64], &Linear, &Evaluation) -> f64,
) -> Option<(f64, Vec<f64>, usize)> {
    let at = |tau: &[f64], e: &Evaluation| h(&ar.values(tau), &ar.linear(tau, e), e);
    let value = at(tau, &point.at);
    let mut slope = Vec::with_capacity(tau.len());
    for (c, coordinate) in ar.coordinates.iter().enumerate() {
        let step = 1e-5 * tau[c].abs().max(1e-2);
        let one = |by: f64| {
            let mut there = tau.to_vec();
            there[c] += by;
            match coordinate.free {
                Some(k) => at(&there, &moved(&point.at, k, by)),
                None => at(&there, &point.at),
            }
        };
        slope.push((one(step) - one(-step)) / (2.0 * step));
    }
    let known = value.is_finite() && slope.iter().all(|s| s.is_finite());
    known.then_some((value, slope, 0))
}

/// Mean utilities and costs after a small move of a searched parameter.
fn moved(at: &Evaluation, k: usize, by: f64) -> Evaluation {
    let along = |values: &mut [f64], slope: &Matrix| {
        if k < slope.columns {
            vector::add_scaled(values, by, &slope.column(k));
        }
    };
    let mut out = at.clone();
    along(&mut out.delta, &at.d_delta);
    along(&mut out.cost, &at.d_cost);
    out
}
