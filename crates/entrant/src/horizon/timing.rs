//! When to enter: options followed to their end, or decided step by step.

use entrant_data::result::{Expected, TimingOption, TimingReport, TimingStep};
use entrant_data::spec::{OptionSpec, StepSpec, Study, TimingSpec, WorthSpec};
use entrant_data::{Distribution, Draws, Quantity, Status};
use entrant_numeric::random::Stream;
use entrant_scenario::stream::{Conditions, compounded, reach};
use entrant_scenario::timing::{Act, Step, Valued, value};

use super::solve::{HorizonDraw, Solver, per_period};
use crate::inputs::Inputs;

/// One draw of an option.
#[derive(Debug, Clone)]
pub(super) struct OptionDraw {
    /// Worst status of a period.
    status: Status,
    /// Steps.
    steps: Vec<StepDraw>,
}

/// One draw of a step; money as present value.
#[derive(Debug, Clone, Copy)]
struct StepDraw {
    /// What it earns until the next step or the end, less what it costs.
    go: f64,
    /// What the step before would earn from here to the end.
    stay: f64,
    /// Units sold in the period before, at the prices of the step before.
    units: f64,
}

impl Solver<'_> {
    /// One option in this draw.
    pub(super) fn option(
        &mut self,
        study: &Study,
        spec: &WorthSpec,
        timing: &TimingSpec,
        option: &OptionSpec,
    ) -> OptionDraw {
        let end = timing.periods.unwrap_or(spec.periods);
        let mut money = Money {
            solver: self,
            study,
            spec,
            first: option.step.first().map_or(1, |s| s.start),
            status: Status::Exact,
        };
        let step = |(k, step): (usize, &StepSpec)| {
            let next = option.step.get(k + 1).map_or(end + 1, |s| s.start);
            let earns = money.earned(step, step.start, next);
            let before = k.checked_sub(1).map(|b| &option.step[b]);
            StepDraw {
                go: earns - money.cost(step),
                stay: before.map_or(0.0, |b| money.earned(b, step.start, end + 1)),
                units: before.map_or(f64::NAN, |b| money.units(b, step.start - 1)),
            }
        };
        let steps = option.step.iter().enumerate().map(step).collect();
        OptionDraw {
            status: money.status,
            steps,
        }
    }
}

/// The money of one option in one draw.
struct Money<'a, 'b> {
    solver: &'a mut Solver<'b>,
    study: &'a Study,
    spec: &'a WorthSpec,
    /// Period in which the path of awareness begins.
    first: u32,
    status: Status,
}

impl Money<'_, '_> {
    /// Present value of what a step earns from period `from` until before `until`.
    fn earned(&mut self, step: &StepSpec, from: u32, until: u32) -> f64 {
        (from..until).map(|t| self.in_period(step, t)).sum()
    }

    /// Present value of what a step earns in one period: what the entry adds, less running cost.
    fn in_period(&mut self, step: &StepSpec, t: u32) -> f64 {
        let Some((with, without)) = self.solved(step, t) else {
            return f64::NAN;
        };
        let all = &self.solver.solved;
        let added = all[with].profit[0] - all[without].profit[0];
        self.status = self
            .status
            .worst(all[with].status)
            .worst(all[without].status);
        let growth = known(self.spec.growth.as_ref());
        let yearly = step.yearly_cost.as_ref().or(self.spec.yearly_cost.as_ref());
        let running = per_period(self.spec, known(yearly));
        (compounded(growth, t) * added - running) * self.discounted(t)
    }

    fn units(&mut self, step: &StepSpec, t: u32) -> f64 {
        let growth = known(self.spec.growth.as_ref());
        let with = self.solved(step, t).map(|(with, _)| with);
        let units = with.map(|k| self.solver.solved[k].units);
        units.map_or(f64::NAN, |units| compounded(growth, t) * units)
    }

    /// Where the step's scenario is, with and without the entry, in period `t` from now.
    fn solved(&mut self, step: &StepSpec, t: u32) -> Option<(usize, usize)> {
        let mut scenarios = self.study.scenario.iter();
        let s = scenarios.position(|s| s.id == step.scenario)?;
        let since = t - self.first + 1;
        let at = Conditions::of(self.spec, t, reach(self.spec.path.as_ref(), since));
        Some((self.solver.with(s, at), self.solver.without(s, at)))
    }

    /// Present value of what a step costs at its start.
    fn cost(&self, step: &StepSpec) -> f64 {
        known(step.fixed_cost.as_ref()) * self.discounted(step.start - 1)
    }

    fn discounted(&self, t: u32) -> f64 {
        (0..t).fold(1.0, |x, _| x / (1.0 + self.spec.discount.value()))
    }
}

fn known(q: Option<&Quantity>) -> f64 {
    q.map_or(0.0, Quantity::value)
}

/// When to enter; nothing where the study does not ask.
pub(crate) fn timing(
    study: &Study,
    inputs: &Inputs,
    draws: &[Option<HorizonDraw>],
    seed: u64,
    level: f64,
) -> Option<TimingReport> {
    let (spec, timing) = (study.worth.as_ref()?, study.timing.as_ref()?);
    let usable = |d: &HorizonDraw| d.options.iter().all(|o| o.status.is_usable());
    let kept: Vec<(usize, &HorizonDraw)> = draws
        .iter()
        .enumerate()
        .filter_map(|(d, found)| Some((d, found.as_ref().filter(|x| usable(x))?)))
        .collect();
    let signals = Signals {
        timing,
        seed,
        known: learnt(timing, inputs, &kept),
    };
    let valued: Vec<Valued> = (0..timing.option.len())
        .map(|o| value(&signals.steps(o, &kept)))
        .collect();
    let statuses = kept.iter().flat_map(|(_, d)| &d.options).map(|o| o.status);
    let status = statuses.fold(Status::Exact, Status::worst);
    let (best, waiting) = (
        Best::of(&valued, kept.len()),
        Waiting::of(timing, &valued, kept.len()),
    );
    let options = timing.option.iter().zip(&valued).enumerate();
    let options = options.map(|(o, (spec, v))| TimingOption {
        best: best.share(Some(o)),
        ..option(study, spec, v, level, status)
    });
    let name = |o: Option<usize>| o.map(|o| timing.option[o].id.clone());
    Some(TimingReport {
        firm: spec.firm.clone(),
        periods: timing.periods.unwrap_or(spec.periods),
        draws: kept.len(),
        learns: words(timing),
        rivals: super::moves(study),
        options: options.collect(),
        out: best.share(None),
        best_now: name(waiting.now.0),
        worth_now: expected(&waiting.now.1),
        best: name(waiting.later.0),
        waiting: expected(&waiting.gain(&waiting.later.1)),
        waiting_blind: expected(&waiting.gain(&waiting.blind.1)),
        worth: expected(&waiting.later.1),
        perfect: expected(&waiting.perfect),
    })
}

/// An option, or staying out, with what it is worth (draws).
type Chosen = (Option<usize>, Vec<f64>);

/// The best that can be done in different states of knowledge.
struct Waiting {
    /// Now, once and for all.
    now: Chosen,
    /// With every step decided now.
    blind: Chosen,
    /// With later steps decided later.
    later: Chosen,
    /// The best in each draw.
    perfect: Vec<f64>,
}

impl Waiting {
    fn of(timing: &TimingSpec, valued: &[Valued], draws: usize) -> Self {
        let all: Vec<usize> = (0..valued.len()).collect();
        let at_once = |o: &usize| {
            let steps = &timing.option[*o].step;
            steps.len() == 1 && steps[0].start == 1
        };
        let now: Vec<usize> = all.iter().copied().filter(at_once).collect();
        let pick = |among: &[usize], of: fn(&Valued) -> &Vec<f64>| {
            let better = |best: Chosen, o: &usize| {
                let own = of(&valued[*o]);
                if mean(own) > mean(&best.1) {
                    (Some(*o), own.clone())
                } else {
                    best
                }
            };
            among.iter().fold((None, vec![0.0; draws]), better)
        };
        let perfect = |d: usize| valued.iter().map(|v| v.perfect[d]).fold(0.0, f64::max);
        Waiting {
            now: pick(&now, |v| &v.committed),
            blind: pick(&all, |v| &v.planned),
            later: pick(&all, |v| &v.flexible),
            perfect: (0..draws).map(perfect).collect(),
        }
    }

    /// What something is worth beyond the best that can be done now.
    fn gain(&self, other: &[f64]) -> Vec<f64> {
        other.iter().zip(&self.now.1).map(|(a, b)| a - b).collect()
    }
}

/// Inputs that become known (inputs x draws kept).
fn learnt(timing: &TimingSpec, inputs: &Inputs, kept: &[(usize, &HorizonDraw)]) -> Vec<Vec<f64>> {
    let names = timing.learn.iter().flat_map(|l| &l.inputs);
    let one = |name: &String| {
        let q = Quantity {
            distribution: Distribution::Input(name.clone()),
            ..Quantity::known(f64::NAN)
        };
        let all = inputs.draws_of(&q, name);
        kept.iter().map(|(d, _)| all.values()[*d]).collect()
    };
    names.map(one).collect()
}

/// What is known when.
struct Signals<'a> {
    timing: &'a TimingSpec,
    seed: u64,
    /// Inputs that become known (inputs x draws kept).
    known: Vec<Vec<f64>>,
}

impl Signals<'_> {
    /// The steps of option `o`.
    fn steps(&self, o: usize, kept: &[(usize, &HorizonDraw)]) -> Vec<Step> {
        let option = &self.timing.option[o];
        let mut known = self.known.clone();
        let step = |(k, spec): (usize, &StepSpec)| {
            known.extend(self.sales(o, k, kept));
            let of = |f: fn(&StepDraw) -> f64| -> Vec<f64> {
                kept.iter()
                    .map(|(_, d)| f(&d.options[o].steps[k]))
                    .collect()
            };
            let open = spec.start > 1;
            Step {
                go: of(|s| s.go),
                stay: of(|s| s.stay),
                known: if open { known.clone() } else { Vec::new() },
                open,
            }
        };
        option.step.iter().enumerate().map(step).collect()
    }

    /// Logarithm of the units of the period before step `k`, with its error.
    fn sales(&self, o: usize, k: usize, kept: &[(usize, &HorizonDraw)]) -> Option<Vec<f64>> {
        let error = self.timing.learn.as_ref()?.sales.filter(|_| k > 0)?;
        let name = format!(
            "timing: sales before step {} of {}",
            k + 1,
            self.timing.option[o].id
        );
        let one = |(d, found): &(usize, &HorizonDraw)| {
            let units = found.options[o].steps[k].units.max(f64::MIN_POSITIVE);
            units.ln() + error * Stream::new(self.seed, &name, *d as u64).normal()
        };
        Some(kept.iter().map(one).collect())
    }
}

/// Which option is best in each draw, followed to its end; nothing for staying out.
struct Best(Vec<Option<usize>>);

impl Best {
    fn of(valued: &[Valued], draws: usize) -> Self {
        let best = |d: usize| {
            let start = (None, 0.0);
            let better = |best: (Option<usize>, f64), (o, v): (usize, &Valued)| {
                if v.committed[d] > best.1 {
                    (Some(o), v.committed[d])
                } else {
                    best
                }
            };
            valued.iter().enumerate().fold(start, better).0
        };
        Best((0..draws).map(best).collect())
    }

    fn share(&self, option: Option<usize>) -> f64 {
        self.0.iter().filter(|o| **o == option).count() as f64 / self.0.len() as f64
    }
}

fn option(
    study: &Study,
    spec: &OptionSpec,
    v: &Valued,
    level: f64,
    status: Status,
) -> TimingOption {
    let draws = |x: &[f64]| Draws::new(x.to_vec());
    let committed = draws(&v.committed);
    TimingOption {
        id: spec.id.clone(),
        title: spec.title.clone(),
        steps: spec
            .step
            .iter()
            .enumerate()
            .map(|(k, s)| step(study, s, &v.acts[..=k]))
            .collect(),
        expected: expected(&v.committed),
        loss_probability: committed.probability(|x| x < 0.0),
        committed: committed.estimate(level, status),
        flexible: draws(&v.flexible).estimate(level, status),
        flexible_expected: expected(&v.flexible),
        perfect: expected(&v.perfect),
        best: f64::NAN,
    }
}

/// How often a step is taken; `acts` are those of all steps up to it.
fn step(study: &Study, spec: &StepSpec, acts: &[Vec<Option<Act>>]) -> TimingStep {
    let here = acts.last().map_or(&[][..], Vec::as_slice);
    let share = |act: Act| {
        let count = here.iter().filter(|a| **a == Some(act)).count();
        count as f64 / here.len() as f64
    };
    let found = study.scenario.iter().find(|s| s.id == spec.scenario);
    TimingStep {
        scenario: found.map_or(&spec.scenario, |s| &s.title).clone(),
        start: spec.start,
        goes: share(Act::Go),
        stays: share(Act::Stay),
        leaves: share(Act::Leave),
    }
}

fn words(timing: &TimingSpec) -> Vec<String> {
    let Some(learn) = &timing.learn else {
        return Vec::new();
    };
    let sales = learn.sales.map(|error| {
        format!(
            "its own units of the period before (with an error of {:.0}%)",
            100.0 * error
        )
    });
    sales
        .into_iter()
        .chain(
            learn
                .inputs
                .iter()
                .map(|input| format!("the input “{input}”")),
        )
        .collect()
}

fn mean(x: &[f64]) -> f64 {
    x.iter().sum::<f64>() / x.len() as f64
}

fn expected(x: &[f64]) -> Expected {
    let (n, mean) = (x.len() as f64, mean(x));
    let squares: f64 = x.iter().map(|v| (v - mean).powi(2)).sum();
    Expected {
        mean,
        error: (squares / (n - 1.0) / n).sqrt(),
    }
}
