//! What an entry is worth, over draws of every period.

use std::collections::BTreeMap;

use entrant_data::result::{Estimate, KeepOut, PathCertificate, Worth, WorthPeriod};
use entrant_data::spec::WorthSpec;
use entrant_data::{Draws, Status};
use entrant_scenario::{Ledger, ScenarioDraws, covering_curve, firm_profit, ledger, present_value};

use super::solve::{HorizonDraw, Stream};
use super::{Horizon, LISTED};

/// Share of draws without an equilibrium above which no number is called certified.
const DROPPED_LIMIT: f64 = 0.01;

/// Everything that is known about one scenario.
struct Found<'a> {
    spec: &'a WorthSpec,
    level: f64,
    status: Status,
    /// Draws in which every period has its prices; nothing for the others.
    draws: Vec<Option<(&'a HorizonDraw, &'a Stream, Ledger)>>,
}

/// What the entry is worth in scenario `s`; nothing where the firm does not enter. `views` are the
/// draws of the scenario itself, in each market.
pub(crate) fn worth(
    horizon: &Horizon,
    spec: Option<&WorthSpec>,
    s: usize,
    draws: &[Option<HorizonDraw>],
    views: &[ScenarioDraws<'_>],
    level: f64,
) -> Option<Worth> {
    let spec = spec?;
    let firms = horizon.firms.get(s)?.as_ref()?;
    let of_views = views.iter().map(ScenarioDraws::status);
    let of_views = of_views.fold(Status::Exact, Status::worst);
    let found = Found {
        spec,
        level,
        status: of_views.worst(status(draws, s)),
        draws: draws.iter().map(|d| booked(d.as_ref()?, s, spec)).collect(),
    };
    let profit = views.iter().map(|v| firm_profit(v, &spec.firm));
    let profit = profit.reduce(|a, b| a.zip(&b, |x, y| x + y))?;
    let added = found.draws_of(|_, s, _| s.added.unwrap_or(f64::NAN));
    let profit = if added.values().iter().any(|x| x.is_finite()) {
        added.estimate(level, found.status)
    } else {
        profit.estimate(level, of_views)
    };
    let worth = found.worth(profit, firms, draws.len());
    Some(Worth {
        rivals: horizon.moves.clone(),
        ..worth
    })
}

/// Draws of estimates with the numbers at the estimates themselves.
pub(crate) fn at_estimates(mut drawn: Worth, central: Option<&Worth>) -> Worth {
    let Some(central) = central else {
        return drawn;
    };
    let put = |e: &mut Estimate, c: &Estimate| *e = e.at_estimates(c.median);
    put(&mut drawn.profit, &central.profit);
    put(&mut drawn.break_even, &central.break_even);
    put(&mut drawn.fixed_cost, &central.fixed_cost);
    put(&mut drawn.value, &central.value);
    for (e, c) in drawn.running_cost.iter_mut().zip(&central.running_cost) {
        put(e, c);
    }
    for (e, c) in drawn.together.iter_mut().zip(&central.together) {
        put(e, c);
    }
    for (e, c) in drawn.incumbents.iter_mut().zip(&central.incumbents) {
        put(&mut e.loss, &c.loss);
    }
    for (e, c) in drawn.flow.iter_mut().zip(&central.flow) {
        put(&mut e.reach, &c.reach);
        put(&mut e.units, &c.units);
        put(&mut e.profit, &c.profit);
        put(&mut e.cash, &c.cash);
        put(&mut e.position, &c.position);
    }
    drawn
}

fn booked<'a>(
    d: &'a HorizonDraw,
    s: usize,
    spec: &WorthSpec,
) -> Option<(&'a HorizonDraw, &'a Stream, Ledger)> {
    let stream = d.streams[s].as_ref().filter(|x| x.status.is_usable())?;
    let added = |(with, without): (&Vec<f64>, &Vec<f64>)| with[0] - without[0];
    let own: Vec<f64> = stream.with.iter().zip(&stream.without).map(added).collect();
    Some((d, stream, ledger(&own, d.terms, spec.periods, LISTED)))
}

/// Status of what rests on all draws: the worst usable one, unless too many were lost.
fn status(draws: &[Option<HorizonDraw>], s: usize) -> Status {
    let of = |d: &Option<HorizonDraw>| {
        let stream = d.as_ref().and_then(|d| d.streams[s].as_ref());
        stream.map_or(Status::NotConverged, |x| x.status)
    };
    let mut lost: BTreeMap<Status, usize> = BTreeMap::new();
    let all = draws.iter().map(of);
    for bad in all.clone().filter(|x| !x.is_usable()) {
        *lost.entry(bad).or_default() += 1;
    }
    let count: usize = lost.values().sum();
    if count as f64 > DROPPED_LIMIT * draws.len() as f64 {
        let most = lost.into_iter().max_by_key(|(_, n)| *n);
        return most.map_or(Status::NotConverged, |(status, _)| status);
    }
    all.filter(|x| x.is_usable())
        .fold(Status::Exact, Status::worst)
}

impl Found<'_> {
    fn draws_of(&self, f: impl Fn(&HorizonDraw, &Stream, &Ledger) -> f64) -> Draws {
        let one = |d: &Option<(&HorizonDraw, &Stream, Ledger)>| {
            d.as_ref().map_or(f64::NAN, |(d, s, l)| f(d, s, l))
        };
        Draws::new(self.draws.iter().map(one).collect())
    }

    fn number(&self, f: impl Fn(&HorizonDraw, &Stream, &Ledger) -> f64) -> Estimate {
        self.draws_of(f).estimate(self.level, self.status)
    }

    fn worth(&self, profit: Estimate, firms: &[String], asked: usize) -> Worth {
        let estimate = |d: &Draws| d.estimate(self.level, self.status);
        let break_even = self.draws_of(|_, _, l| l.break_even);
        let fixed_cost = self.draws_of(|d, _, _| d.terms.fixed_cost);
        let value = break_even.zip(&fixed_cost, |b, c| b - c);
        let loss = |f: usize| self.draws_of(|d, s, _| self.lost(d, s, f));
        let losses: Vec<Draws> = (1..firms.len()).map(loss).collect();
        let none = Draws::new(vec![0.0; self.draws.len()]);
        let together = losses.iter().fold(none, |a, b| a.zip(b, |x, y| x + y));
        let kept = |((firm, loss), _)| KeepOut { firm, loss };
        let named = firms[1..].iter().cloned().zip(losses.iter().map(estimate));
        let payback = self.draws_of(|_, _, l| l.payback.map_or(f64::MAX, f64::from));
        let spec = self.spec;
        Worth {
            firm: spec.firm.clone(),
            periods: spec.periods,
            profit,
            break_even: estimate(&break_even),
            fixed_cost: estimate(&fixed_cost),
            value: estimate(&value),
            loss_probability: value.probability(|v| v < 0.0),
            curve: covering_curve(&break_even, &fixed_cost),
            running_cost: spec.yearly_cost.as_ref().map(|_| {
                let running = self.draws_of(|d, _, _| d.terms.running);
                estimate(&running)
            }),
            flow: (1..=spec.periods.min(LISTED))
                .map(|t| self.period(t))
                .collect(),
            payback: median_period(&payback, spec.periods),
            never: payback.probability(|t| t > f64::from(spec.periods)),
            incumbents: named.zip(&losses).map(kept).collect(),
            together: Some(estimate(&together)),
            rivals: Vec::new(),
            outbid: value
                .zip(&together, |v, t| {
                    if v.is_nan() {
                        f64::NAN
                    } else {
                        f64::from(u8::from(v > 0.0 && t > v))
                    }
                })
                .mean(),
            solved: Some(self.certificate(asked)),
        }
    }

    /// What the entry costs firm `f` in one draw.
    fn lost(&self, d: &HorizonDraw, s: &Stream, f: usize) -> f64 {
        let change = |(without, with): (&Vec<f64>, &Vec<f64>)| without[f] - with[f];
        let per_period: Vec<f64> = s.without.iter().zip(&s.with).map(change).collect();
        present_value(&per_period, d.terms, self.spec.periods)
    }

    fn period(&self, t: u32) -> WorthPeriod {
        let i = t as usize - 1;
        let grown = |d: &HorizonDraw| (1..t).fold(1.0, |x, _| x * (1.0 + d.terms.growth));
        let paid = self.draws_of(|_, _, l| l.payback.map_or(f64::MAX, f64::from));
        WorthPeriod {
            period: t,
            reach: self.number(|d, _, _| d.reach[i]),
            units: self.number(|d, s, _| grown(d) * s.units[i.min(s.units.len() - 1)]),
            profit: self.number(|_, _, l| l.profit[i]),
            cash: self.number(|_, _, l| l.cash[i]),
            position: self.number(|_, _, l| l.position[i]),
            paid_back: paid.probability(|p| p <= f64::from(t)),
        }
    }

    fn certificate(&self, asked: usize) -> PathCertificate {
        let kept = self.draws.iter().flatten();
        let worst = |f: &dyn Fn(&Stream) -> f64| {
            let all = self.draws.iter().flatten();
            all.map(|(_, s, _)| f(s)).fold(f64::NEG_INFINITY, f64::max)
        };
        let equilibria = self.draws.iter().flatten().map(|(_, s, _)| s.equilibria);
        PathCertificate {
            draws: kept.clone().count(),
            lost: asked - kept.count(),
            equilibria: equilibria.max().unwrap_or(0),
            worst_residual: worst(&|s| s.residual),
            worst_curvature: worst(&|s| s.curvature),
        }
    }
}

/// The period that half of the draws do not exceed; nothing where that is none of the horizon.
fn median_period(payback: &Draws, periods: u32) -> Option<u32> {
    let by = |t: &u32| payback.probability(|p| p <= f64::from(*t)) >= 0.5;
    // Draws are few and periods may be many: only periods in which a draw is paid back count.
    let mut all: Vec<f64> = payback.values().to_vec();
    all.retain(|p| *p <= f64::from(periods));
    all.sort_by(f64::total_cmp);
    all.dedup();
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "whole numbers from 1 to the number of periods"
    )]
    let whole = |p: f64| p as u32;
    all.into_iter().map(whole).find(by)
}
