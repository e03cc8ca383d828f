//! From what was solved to the outcome of a game.

use std::collections::BTreeMap;

use entrant_data::Status;
use entrant_data::result::{GameOutcome, ImpliedCost, PlayerOutcome, ProfileOutcome};
use entrant_data::spec::{GameSpec, Study};
use entrant_scenario::lineup::{Ending, Equilibria, Path, pure_equilibria};

use super::choice::Contest;
use super::field::{Field, Priced};
use crate::economy::Economies;

/// Profiles that are listed at the most.
const ROWS: usize = 200;

/// What was found at the central values.
pub(super) struct Found {
    /// What was solved, by profile; `None` where some market has no usable equilibrium.
    pub(super) solved: BTreeMap<usize, Option<Priced>>,
    /// Profiles from which nobody would move alone.
    pub(super) equilibria: Vec<usize>,
    /// Whether every profile was solved.
    pub(super) exhaustive: bool,
    /// Where replies lead from today.
    pub(super) path: Path,
}

/// What was found in draws.
pub(super) struct Drawn {
    /// Profiles that were solved in every draw.
    pub(super) profiles: Vec<usize>,
    /// Draws.
    pub(super) draws: Vec<OneDraw>,
}

/// What was found in one draw.
#[derive(Debug, Clone)]
pub(super) struct OneDraw {
    /// The profiles.
    pub(super) priced: Vec<Option<Priced>>,
    /// Consumer surplus per period with today's line-ups.
    pub(super) surplus: f64,
    /// What each contested product brings its firm.
    pub(super) bounds: Vec<f64>,
    /// Where replies in turn end.
    pub(super) settled: Option<usize>,
}

impl OneDraw {
    /// A draw in which nothing could be solved.
    pub(super) fn nothing(profiles: usize, contested: usize) -> Self {
        OneDraw {
            priced: vec![None; profiles],
            surplus: f64::NAN,
            bounds: vec![f64::NAN; contested],
            settled: None,
        }
    }
}

impl Found {
    /// Profiles to show: equilibria, then by the sum of payoffs, then where replies led.
    pub(super) fn shown(&self, most: usize) -> Vec<usize> {
        let sum = |k: usize| {
            let priced = self.solved.get(&k).and_then(Option::as_ref);
            priced.map_or(f64::NEG_INFINITY, |p| p.payoff.iter().sum())
        };
        let mut rest: Vec<usize> = self.solved.keys().copied().collect();
        rest.retain(|k| !self.equilibria.contains(k) && sum(*k).is_finite());
        rest.sort_by(|a, b| sum(*b).total_cmp(&sum(*a)).then(a.cmp(b)));
        self.equilibria
            .iter()
            .copied()
            .chain(rest)
            .take(most)
            .collect()
    }
}

/// Everything that was found about a game.
pub(super) struct Made<'a> {
    /// Its moves.
    pub(super) contest: &'a Contest,
    /// The markets at the central values.
    pub(super) field: &'a Field<'a>,
    /// What was found there.
    pub(super) found: &'a Found,
    /// Today's line-ups there.
    pub(super) today: &'a OneDraw,
    /// What was found in draws.
    pub(super) drawn: &'a Drawn,
    /// How numbers are made of draws.
    pub(super) economies: &'a Economies<'a>,
}

/// The outcome of game `g` of a study.
pub(super) fn outcome(made: &Made<'_>, study: &Study, g: usize) -> GameOutcome {
    let Made {
        contest,
        found,
        drawn,
        ..
    } = *made;
    let spec = &study.game[g];
    let stable = Stable::new(contest, found, drawn);
    let row = |k: usize| profile(made, &stable, k);
    GameOutcome {
        id: spec.id.clone(),
        title: spec.title.clone(),
        note: spec.note.clone(),
        scenario: scenario_title(study, spec),
        periods: spec.periods,
        draws: drawn.draws.len(),
        players: players(contest, &stable),
        profiles: contest.game.profiles(),
        exhaustive: found.exhaustive,
        undecided: found.solved.values().filter(|p| p.is_none()).count(),
        rows: found.shown(ROWS).into_iter().map(row).collect(),
        none: stable.share(|e| e.certain.is_empty() && e.undecided.is_empty()),
        several: stable.share(|e| e.certain.len() > 1),
        open: stable.share(|e| !e.undecided.is_empty()),
        replies: found
            .path
            .profiles
            .iter()
            .map(|k| contest.named(*k))
            .collect(),
        replies_end: match found.path.ending {
            Ending::Settled => "settled",
            Ending::Cycle => "cycle",
            Ending::Undecided => "undecided",
        }
        .into(),
        implied: if contest.banned().is_some() {
            Vec::new()
        } else {
            implied(made)
        },
        banned: contest.banned().unwrap_or_default().to_owned(),
        bans: Vec::new(),
    }
}

fn scenario_title(study: &Study, spec: &GameSpec) -> String {
    let found = study
        .scenario
        .iter()
        .find(|s| spec.scenario.as_ref() == Some(&s.id));
    found.map_or_else(String::new, |s| s.title.clone())
}

/// Equilibria of every draw in which all of them can be told.
struct Stable {
    draws: Vec<Equilibria>,
    /// Where replies in turn end in each draw.
    settled: Vec<Option<usize>>,
    contest: Contest,
}

impl Stable {
    fn new(contest: &Contest, found: &Found, drawn: &Drawn) -> Self {
        let whole = found.exhaustive && drawn.profiles.len() == found.solved.len();
        let lost = |d: &&OneDraw| d.priced.iter().any(Option::is_some);
        let draws = drawn.draws.iter().filter(lost);
        let draws = if contest.game.players() == 1 {
            draws.map(|d| best(drawn, d)).collect()
        } else if whole {
            draws.map(|d| equilibria(contest, drawn, d)).collect()
        } else {
            Vec::new()
        };
        let kept = drawn.draws.iter().filter(lost);
        Stable {
            draws,
            settled: kept.map(|d| d.settled).collect(),
            contest: contest.clone(),
        }
    }

    /// Share of draws in which replies in turn end at a profile; nothing for one player.
    fn settles(&self, profile: usize) -> Option<f64> {
        if self.contest.game.players() < 2 || self.settled.is_empty() {
            return None;
        }
        let here = self.settled.iter().filter(|s| **s == Some(profile));
        Some(here.count() as f64 / self.settled.len() as f64)
    }

    /// Share of draws in which something holds; `NaN` where nothing is known.
    fn share(&self, holds: impl Fn(&Equilibria) -> bool) -> f64 {
        self.mean(|e| f64::from(u8::from(holds(e))))
    }

    fn mean(&self, value: impl Fn(&Equilibria) -> f64) -> f64 {
        if self.draws.is_empty() {
            return f64::NAN;
        }
        self.draws.iter().map(value).sum::<f64>() / self.draws.len() as f64
    }

    /// Chance of each label of a player, equilibria of a draw counted alike.
    fn chance(&self, player: usize) -> Vec<f64> {
        let labels = self.contest.labels(player).len();
        let holds = |k: usize, label: usize| {
            let own = self.contest.game.profile(k)[player];
            self.contest.label_holds(player, own)[label]
        };
        if self.draws.is_empty() && self.contest.game.players() > 1 && !self.settled.is_empty() {
            let ends = || self.settled.iter().flatten();
            let count = |label: usize| ends().filter(|k| holds(**k, label)).count() as f64;
            let all = self.settled.len() as f64;
            return (0..labels).map(|label| count(label) / all).collect();
        }
        let one = |label: usize| {
            self.mean(|e| {
                let count = e.certain.iter().filter(|k| holds(**k, label)).count();
                count as f64 / e.certain.len().max(1) as f64
            })
        };
        (0..labels).map(one).collect()
    }
}

/// The one player's best of the profiles that were solved.
fn best(drawn: &Drawn, draw: &OneDraw) -> Equilibria {
    let worth = |p: &Option<Priced>| p.as_ref().map_or(f64::NEG_INFINITY, |p| p.payoff[0]);
    let mut best = 0;
    for (k, priced) in draw.priced.iter().enumerate() {
        if worth(priced) > worth(&draw.priced[best]) {
            best = k;
        }
    }
    Equilibria {
        certain: vec![drawn.profiles[best]],
        undecided: Vec::new(),
    }
}

fn equilibria(contest: &Contest, drawn: &Drawn, draw: &OneDraw) -> Equilibria {
    let mut payoffs = vec![None; contest.game.profiles()];
    for (k, priced) in drawn.profiles.iter().zip(&draw.priced) {
        payoffs[*k] = priced.as_ref().map(|p| p.payoff.clone());
    }
    pure_equilibria(&contest.game, &payoffs)
}

fn players(contest: &Contest, stable: &Stable) -> Vec<PlayerOutcome> {
    let one = |(p, firm): (usize, &str)| PlayerOutcome {
        firm: firm.to_owned(),
        moves: contest.labels(p),
        chance: stable.chance(p),
    };
    contest.firms().enumerate().map(one).collect()
}

fn profile(made: &Made<'_>, stable: &Stable, k: usize) -> ProfileOutcome {
    let Made {
        contest,
        found,
        drawn,
        today,
        economies,
        ..
    } = *made;
    let central = found.solved.get(&k).and_then(Option::as_ref);
    let status = central.map_or(Status::NotConverged, |c| c.status);
    let at = drawn.profiles.iter().position(|p| *p == k);
    let spread = |of: &dyn Fn(&Priced, &OneDraw) -> f64| {
        let centre = central.map_or(f64::NAN, |c| of(c, today));
        let one = |d: &OneDraw| {
            let priced = at.and_then(|at| d.priced[at].as_ref());
            priced.map_or(f64::NAN, |p| of(p, d))
        };
        let draws = drawn.draws.iter().filter(|_| at.is_some()).map(one);
        economies.estimate(draws.collect(), centre, status)
    };
    ProfileOutcome {
        moves: contest.named(k),
        equilibrium: found.equilibria.contains(&k),
        payoff: (0..contest.game.players())
            .map(|p| spread(&|priced, _| priced.payoff[p]))
            .collect(),
        surplus: spread(&|priced, of| gain(of.surplus, priced.surplus)),
        only: stable.share(|e| e.certain == [k] && e.undecided.is_empty()),
        one_of: stable.share(|e| e.certain.contains(&k) || e.undecided.contains(&k)),
        settles: stable.settles(k),
    }
}

/// Consumer surplus gained; none where two solutions of the same market differ by rounding.
fn gain(before: f64, after: f64) -> f64 {
    let gain = after - before;
    if gain.abs() <= 1e-9 * before.abs() {
        0.0
    } else {
        gain
    }
}

fn implied(made: &Made<'_>) -> Vec<ImpliedCost> {
    let Made {
        contest,
        field,
        drawn,
        today,
        economies,
        ..
    } = *made;
    let one = |(k, (product, firm)): (usize, (&str, &str))| {
        let draws: Vec<f64> = drawn.draws.iter().map(|d| d.bounds[k]).collect();
        ImpliedCost {
            product: product.to_owned(),
            firm: firm.to_owned(),
            on_sale: field.is_sold(product),
            bound: economies.estimate(draws, today.bounds[k], Status::Certified),
        }
    };
    contest.contested().enumerate().map(one).collect()
}
