//! Steps that are decided later, by what has been learnt until then.
//!
//! A chain of steps is valued draw by draw. At each step that is open the firm may leave, stay with
//! the step before to the end, or go on; it knows signals, and compares expectations given
//! them, which are regressions over draws (Longstaff and Schwartz 2001). A draw never takes part in
//! the regressions that decide about it: rules are fitted on the other folds, so that the value is
//! that of a rule which could be followed, and not that of hindsight.

use entrant_numeric::linalg::ridge;

/// A step, draw by draw; all money as present value.
#[derive(Debug, Clone, PartialEq)]
pub struct Step {
    /// What it earns until the next step or the end, less what it costs (draws).
    pub go: Vec<f64>,
    /// What staying with the step before earns from here to the end (draws); zeros for the first.
    pub stay: Vec<f64>,
    /// What is known when it is decided (signals x draws).
    pub known: Vec<Vec<f64>>,
    /// Whether it is decided later; otherwise it is taken now.
    pub open: bool,
}

/// What is done at a step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Act {
    /// Nothing from here on.
    Leave,
    /// The step before to the end.
    Stay,
    /// This step.
    Go,
}

/// A chain of steps, valued.
#[derive(Debug, Clone, PartialEq)]
pub struct Valued {
    /// When every step is taken (draws).
    pub committed: Vec<f64>,
    /// When every step is decided now, by expectations (draws).
    pub planned: Vec<f64>,
    /// When every open step is decided by what is known then (draws).
    pub flexible: Vec<f64>,
    /// When everything is known before anything is decided, whether to begin included (draws).
    pub perfect: Vec<f64>,
    /// What is done at each step when it is decided by what is known then (steps x draws); nothing
    /// behind the last act.
    pub acts: Vec<Vec<Option<Act>>>,
}

/// Groups of draws; each is decided about by rules fitted on the others.
const FOLDS: usize = 5;
/// Draws for each coefficient of a regression.
const DRAWS_PER_TERM: usize = 10;

/// Values a chain of steps of the same number of draws, all of them numbers.
pub fn value(steps: &[Step]) -> Valued {
    let draws = steps.first().map_or(0, |s| s.go.len());
    let everything: Vec<usize> = (0..draws).collect();
    let plan = Rules::fit(steps, &everything, false);
    let planned: Vec<(f64, Vec<Option<Act>>)> =
        everything.iter().map(|d| plan.follow(steps, *d)).collect();
    let learns = steps.iter().any(|s| s.open && !s.known.is_empty());
    let flexible = if learns {
        cross_fitted(steps, draws)
    } else {
        planned.clone()
    };
    let act = |k: usize| flexible.iter().map(|(_, acts)| acts[k]).collect();
    Valued {
        committed: everything.iter().map(|d| committed(steps, *d)).collect(),
        perfect: everything.iter().map(|d| perfect(steps, *d)).collect(),
        acts: (0..steps.len()).map(act).collect(),
        planned: planned.into_iter().map(|(v, _)| v).collect(),
        flexible: flexible.into_iter().map(|(v, _)| v).collect(),
    }
}

fn committed(steps: &[Step], d: usize) -> f64 {
    steps.iter().map(|s| s.go[d]).sum()
}

fn perfect(steps: &[Step], d: usize) -> f64 {
    let best = |later: f64, s: &Step| (s.go[d] + later).max(s.stay[d]).max(0.0);
    steps.iter().rev().fold(0.0, best)
}

/// Every draw under rules fitted on the other folds.
fn cross_fitted(steps: &[Step], draws: usize) -> Vec<(f64, Vec<Option<Act>>)> {
    let rules: Vec<Rules> = (0..FOLDS)
        .map(|fold| {
            let others: Vec<usize> = (0..draws).filter(|d| d % FOLDS != fold).collect();
            Rules::fit(steps, &others, true)
        })
        .collect();
    (0..draws)
        .map(|d| rules[d % FOLDS].follow(steps, d))
        .collect()
}

/// How each step is decided.
struct Rules {
    of: Vec<Option<Rule>>,
}

/// Expectations of going on and of staying, given what is known.
struct Rule {
    basis: Basis,
    go: Vec<f64>,
    stay: Vec<f64>,
}

impl Rules {
    /// From the last step back: what going on is worth is what the later rules make of it.
    fn fit(steps: &[Step], draws: &[usize], learning: bool) -> Self {
        let mut later = vec![0.0; draws.len()];
        let mut of: Vec<Option<Rule>> = Vec::new();
        for step in steps.iter().rev() {
            let go: Vec<f64> = draws
                .iter()
                .zip(&later)
                .map(|(d, v)| step.go[*d] + v)
                .collect();
            if !step.open {
                (later, of) = (go, with(of, None));
                continue;
            }
            let stay: Vec<f64> = draws.iter().map(|d| step.stay[*d]).collect();
            let known: &[Vec<f64>] = if learning { &step.known } else { &[] };
            let basis = Basis::of(known, draws);
            let rule = Rule {
                go: basis.regress(known, draws, &go),
                stay: basis.regress(known, draws, &stay),
                basis,
            };
            let made = |(i, d): (usize, &usize)| match rule.act(known, *d) {
                Act::Leave => 0.0,
                Act::Stay => stay[i],
                Act::Go => go[i],
            };
            later = draws.iter().enumerate().map(made).collect();
            of = with(of, Some(rule));
        }
        of.reverse();
        Rules { of }
    }

    /// What a draw comes to, and what is done at each step.
    fn follow(&self, steps: &[Step], d: usize) -> (f64, Vec<Option<Act>>) {
        let (mut total, mut acts) = (0.0, vec![None; steps.len()]);
        for (k, (step, rule)) in steps.iter().zip(&self.of).enumerate() {
            let act = rule.as_ref().map_or(Act::Go, |r| r.act(&step.known, d));
            acts[k] = Some(act);
            match act {
                Act::Leave => break,
                Act::Stay => {
                    total += step.stay[d];
                    break;
                }
                Act::Go => total += step.go[d],
            }
        }
        (total, acts)
    }
}

fn with(mut of: Vec<Option<Rule>>, rule: Option<Rule>) -> Vec<Option<Rule>> {
    of.push(rule);
    of
}

impl Rule {
    fn act(&self, known: &[Vec<f64>], d: usize) -> Act {
        let terms = self.basis.terms(known, d);
        let expected = |b: &[f64]| -> f64 { terms.iter().zip(b).map(|(x, b)| x * b).sum() };
        let (go, stay) = (expected(&self.go), expected(&self.stay));
        if go > stay.max(0.0) {
            Act::Go
        } else if stay > 0.0 {
            Act::Stay
        } else {
            Act::Leave
        }
    }
}

/// Powers and products of standardised signals.
struct Basis {
    /// Signals that vary: position, mean, standard deviation, lowest and highest value.
    signals: Vec<(usize, f64, f64, [f64; 2])>,
    degree: usize,
}

impl Basis {
    /// As many terms as draws can bear: third powers of one signal, second powers and products of
    /// several, then the signals alone, then nothing.
    fn of(known: &[Vec<f64>], draws: &[usize]) -> Self {
        let n = draws.len() as f64;
        let scaled = |(k, x): (usize, &Vec<f64>)| {
            let mean = draws.iter().map(|d| x[*d]).sum::<f64>() / n;
            let variance = draws.iter().map(|d| (x[*d] - mean).powi(2)).sum::<f64>() / n;
            let low = draws.iter().map(|d| x[*d]).fold(f64::INFINITY, f64::min);
            let high = draws
                .iter()
                .map(|d| x[*d])
                .fold(f64::NEG_INFINITY, f64::max);
            let sd = variance.sqrt();
            (sd > 1e-12 * mean.abs()).then_some((k, mean, sd, [low, high]))
        };
        let mut basis = Basis {
            signals: known.iter().enumerate().filter_map(scaled).collect(),
            degree: if known.len() == 1 { 3 } else { 2 },
        };
        while basis.degree > 0 && basis.width() * DRAWS_PER_TERM > draws.len() {
            basis.degree -= 1;
        }
        basis
    }

    fn width(&self) -> usize {
        let m = self.signals.len();
        match self.degree {
            0 => 1,
            1 => 1 + m,
            2 => 1 + m + m * (m + 1) / 2,
            _ => 1 + 3 * m,
        }
    }

    /// Terms at one draw; a signal outside those fitted on counts as the nearest one.
    fn terms(&self, known: &[Vec<f64>], d: usize) -> Vec<f64> {
        let z = |(k, mean, sd, [low, high]): &(usize, f64, f64, [f64; 2])| {
            (known[*k][d].clamp(*low, *high) - mean) / sd
        };
        let z: Vec<f64> = self.signals.iter().map(z).collect();
        let mut terms = vec![1.0];
        if self.degree >= 1 {
            terms.extend(&z);
        }
        if self.degree == 2 {
            let products = z.iter().enumerate();
            terms.extend(products.flat_map(|(i, a)| z[..=i].iter().map(move |b| a * b)));
        } else if self.degree == 3 {
            terms.extend(z.iter().map(|x| x * x));
            terms.extend(z.iter().map(|x| x * x * x));
        }
        terms
    }

    /// Least squares; the mean alone where terms say the same.
    fn regress(&self, known: &[Vec<f64>], draws: &[usize], y: &[f64]) -> Vec<f64> {
        let width = self.width();
        let rows: Vec<f64> = draws.iter().flat_map(|d| self.terms(known, *d)).collect();
        let mut penalty = vec![1e-9 * draws.len() as f64; width];
        penalty[0] = 0.0;
        let fitted = ridge(&rows, y, &penalty).map(|f| f.coefficients);
        let usable = fitted.filter(|b| b.iter().all(|x| x.is_finite()));
        usable.unwrap_or_else(|| {
            let mut mean = vec![0.0; width];
            mean[0] = y.iter().sum::<f64>() / y.len() as f64;
            mean
        })
    }
}
