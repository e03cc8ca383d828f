//! From draws to the report.

use std::collections::BTreeMap;

use entrant_data::result::{
    Change, Estimate, PremiumErosion, PremiumGroup, PremiumReport, PremiumSubject, PremiumValue,
    StatusCount,
};
use entrant_data::spec::{PremiumsSpec, Study};
use entrant_data::{Draws, Status};
use entrant_scenario::premium::{Group, GroupKind};

use super::hedonic::Hedonic;
use super::measure::{Earned, Eroded, Measured, Value};
use super::near;
use super::plan::{Kind, Place, Plan, Subject};
use crate::economy::Economies;

/// Share of draws without an equilibrium above which no number is called certified.
const DROPPED_LIMIT: f64 = 0.01;

/// Draws, and how to summarise them.
struct Made<'a> {
    study: &'a Study,
    plan: &'a Plan,
    economies: &'a Economies<'a>,
    centre: &'a Measured,
    draws: &'a [Measured],
    hedonic: Option<Hedonic>,
    status: Status,
}

/// The report of everything that was measured; `None` draws could not be calibrated.
pub(super) fn report(
    economies: &Economies<'_>,
    plan: &Plan,
    spec: &PremiumsSpec,
    centre: &Measured,
    drawn: &[Option<Measured>],
) -> PremiumReport {
    let context = economies.central.context(plan.t);
    let draws: Vec<Measured> = drawn.iter().flatten().cloned().collect();
    let counts = counts(drawn);
    let made = Made {
        study: context.study,
        plan,
        economies,
        centre,
        draws: &draws,
        hedonic: Hedonic::new(plan, &context),
        status: status(&counts, centre.status),
    };
    let subject = |(s, subject): (usize, &Subject)| made.subject(s, subject, spec);
    PremiumReport {
        market: plan.market.id.clone(),
        scenario: plan.scenario.title.clone(),
        draws: drawn.len(),
        status: made.status,
        counts,
        budget: plan.ids(&plan.budget_line()),
        reference: plan.reference.clone(),
        groups: made.groups(centre),
        subjects: plan.subjects.iter().enumerate().map(subject).collect(),
        hedonic: made.hedonic.as_ref().map(Hedonic::report),
        substitutes: near::substitutes(plan, centre, &|of| made.over(of)),
        map: near::map(plan, centre),
    }
}

fn counts(drawn: &[Option<Measured>]) -> Vec<StatusCount> {
    let mut counts: BTreeMap<Status, usize> = BTreeMap::new();
    for d in drawn {
        let status = d.as_ref().map_or(Status::NotConverged, |d| d.status);
        *counts.entry(status).or_insert(0) += 1;
    }
    let count = |(status, draws)| StatusCount { status, draws };
    counts.into_iter().map(count).collect()
}

/// The worst usable status, unless too many draws have an equilibrium that is not usable.
fn status(counts: &[StatusCount], centre: Status) -> Status {
    let all: usize = counts.iter().map(|c| c.draws).sum();
    let lost = || counts.iter().filter(|c| !c.status.is_usable());
    let dropped: usize = lost().map(|c| c.draws).sum();
    if dropped as f64 > DROPPED_LIMIT * all as f64 {
        let most = lost().max_by_key(|c| c.draws);
        return most.map_or(Status::NotConverged, |c| c.status);
    }
    let usable = counts.iter().filter(|c| c.status.is_usable());
    usable.map(|c| c.status).fold(centre, Status::worst)
}

impl Made<'_> {
    fn over(&self, of: impl Fn(&Measured) -> f64) -> Estimate {
        let draws = self.draws.iter().map(&of).collect();
        self.economies.estimate(draws, of(self.centre), self.status)
    }

    /// Everything that was measured: the draws, or the centre where there are none.
    fn all(&self) -> &[Measured] {
        if self.draws.is_empty() {
            std::slice::from_ref(self.centre)
        } else {
            self.draws
        }
    }

    fn change(
        &self,
        before: impl Fn(&Measured) -> f64,
        after: impl Fn(&Measured) -> f64,
    ) -> Change {
        let above_zero = |m: &Measured| before(m) > 0.0;
        let relative = self.all().iter().any(above_zero);
        let part = |m: &Measured| (after(m) - before(m)) / before(m);
        Change {
            before: self.over(&before),
            after: self.over(&after),
            change: self.over(|m| after(m) - before(m)),
            relative: relative.then(|| self.over(part)),
        }
    }

    fn groups(&self, centre: &Measured) -> Vec<PremiumGroup> {
        let one = |(g, group): (usize, &Group)| PremiumGroup {
            name: self.name(group),
            kind: kind_word(group.kind).to_owned(),
            share: self.over(|m| m.groups[g].share()),
        };
        centre.groups.iter().enumerate().map(one).collect()
    }

    fn name(&self, group: &Group) -> String {
        let part = group.part.as_str();
        match (group.kind, part) {
            (GroupKind::All, _) => "All potential buyers".into(),
            (GroupKind::Sensitivity, "0") => "Least price-sensitive third".into(),
            (GroupKind::Sensitivity, "1") => "Middle third by price sensitivity".into(),
            (GroupKind::Sensitivity, _) => "Most price-sensitive third".into(),
            (GroupKind::Owners, _) => format!("Owners of {part}"),
            (GroupKind::Channel, _) => {
                let number = part.parse::<usize>().ok();
                let id = number
                    .and_then(|c| self.study.segment.get(c))
                    .map(|s| s.id.as_str());
                format!("Buyers in {}", id.unwrap_or(part))
            }
            (GroupKind::Buyers, "0") => "Buyers of the focus products".into(),
            (GroupKind::Buyers, _) => "Buyers of the budget line".into(),
        }
    }

    fn subject(&self, s: usize, subject: &Subject, spec: &PremiumsSpec) -> PremiumSubject {
        let (kind, of, step) = match &subject.kind {
            Kind::Feature(step) => ("feature", step.column.clone(), Some(step)),
            Kind::Bundle(_) => ("bundle", String::new(), None),
            Kind::Brand(name) => ("brand", name.clone(), None),
        };
        let groups = self.centre.groups.len();
        let costly = step.filter(|f| spec.feature[f.feature].cost.is_some());
        let hedonic = self.hedonic.as_ref();
        let value = |(p, place): (usize, &Place)| self.value(s, p, place);
        PremiumSubject {
            title: subject.title.clone(),
            kind: kind.to_owned(),
            of,
            step: step.map(|f| f.size),
            level: step.map(|f| f.level),
            cost: costly.map(|f| self.over(|m| m.cost[f.feature])),
            worth: (0..groups)
                .map(|g| self.over(|m| m.subjects[s].worth[g]))
                .collect(),
            median_consumer: self.over(|m| m.subjects[s].median),
            negative: self.negative(s),
            inflation: hedonic.and_then(|h| h.inflation(&subject.kind)),
            hedonic: hedonic.and_then(|h| h.premium(&subject.kind, self.economies.level)),
            values: subject.places.iter().enumerate().map(value).collect(),
        }
    }

    fn negative(&self, s: usize) -> f64 {
        let worth = self.all().iter().map(|m| m.subjects[s].median).collect();
        Draws::new(worth).probability(|w| w < 0.0)
    }

    fn value(&self, s: usize, p: usize, place: &Place) -> PremiumValue {
        let of = |m: &Measured| m.subjects[s].values[p];
        let with_without = |f: fn(&Earned) -> f64| {
            self.change(move |m| f(&of(m).without), move |m| f(&of(m).with))
        };
        let eroded = self.all().iter().any(|m| of(m).eroded.is_some());
        PremiumValue {
            name: place.name.clone(),
            firm: place.firm.clone(),
            line: place.line,
            products: self.plan.ids(&place.products),
            price: with_without(|e| e.price),
            units: with_without(|e| e.units),
            profit: with_without(|e| e.profit),
            alone: self.over(|m| of(m).alone),
            naive: self.over(|m| of(m).naive),
            erosion: eroded.then(|| self.erosion(&of)),
        }
    }

    fn erosion(&self, of: &dyn Fn(&Measured) -> Value) -> PremiumErosion {
        let after =
            |m: &Measured, f: &dyn Fn(&Eroded) -> f64| of(m).eroded.as_ref().map_or(f64::NAN, f);
        let moved =
            |f: fn(&Earned) -> f64| self.change(|m| f(&of(m).with), |m| after(m, &|e| f(&e.with)));
        let premium = |f: fn(&Earned) -> f64| {
            let before = move |m: &Measured| f(&of(m).with) - f(&of(m).without);
            let after = move |m: &Measured| after(m, &|e| f(&e.with) - f(&e.without));
            let remains = move |m: &Measured| {
                if before(m) > 0.0 {
                    after(m) / before(m)
                } else {
                    f64::NAN
                }
            };
            (self.change(before, after), self.over(remains))
        };
        let (price_premium, price_remains) = premium(|e| e.price);
        let (profit_premium, profit_remains) = premium(|e| e.profit);
        PremiumErosion {
            price: moved(|e| e.price),
            units: moved(|e| e.units),
            profit: moved(|e| e.profit),
            price_premium,
            profit_premium,
            price_remains,
            profit_remains,
            gap: self.change(|m| after(m, &|e| e.gap[0]), |m| after(m, &|e| e.gap[1])),
        }
    }
}

fn kind_word(kind: GroupKind) -> &'static str {
    match kind {
        GroupKind::All => "all",
        GroupKind::Sensitivity => "sensitivity",
        GroupKind::Owners => "owners",
        GroupKind::Channel => "channel",
        GroupKind::Buyers => "buyers",
    }
}
