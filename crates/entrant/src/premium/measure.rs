//! Everything about premiums at known parameters.

use entrant_data::spec::PremiumsSpec;
use entrant_data::{InputError, Quantity, Status};
use entrant_market::Market;
use entrant_market::demand::second_choice_diversion;
use entrant_scenario::lineup::{Sold, sell};
use entrant_scenario::premium::{Alteration, Buyers, Group, altered, groups, others_hold};
use entrant_scenario::{Context, apply, median_sensitivity};

use super::plan::{Kind, Place, Plan, Step, Subject};
use crate::economy::Economy;

/// What was found at known parameters.
#[derive(Clone)]
pub(super) struct Measured {
    /// Worst status of all equilibria.
    pub(super) status: Status,
    /// Groups of consumers.
    pub(super) groups: Vec<Group>,
    /// Shares of potential buyers (products).
    pub(super) share: Vec<f64>,
    /// Second-choice diversion (products x (products + 1)).
    pub(super) diversion: Vec<f64>,
    /// What was found of each subject.
    pub(super) subjects: Vec<Found>,
    /// Cost of a step of each feature.
    pub(super) cost: Vec<f64>,
}

/// What was found of a feature or brand.
#[derive(Clone)]
pub(super) struct Found {
    /// Mean willingness to pay (groups).
    pub(super) worth: Vec<f64>,
    /// Willingness to pay of the median consumer.
    pub(super) median: f64,
    /// Value in equilibrium (places).
    pub(super) values: Vec<Value>,
}

/// What products sell for, and what their firm earns by all that it sells.
#[derive(Clone, Copy)]
pub(super) struct Earned {
    pub(super) price: f64,
    pub(super) units: f64,
    pub(super) profit: f64,
}

#[derive(Clone, Copy)]
pub(super) struct Value {
    pub(super) with: Earned,
    pub(super) without: Earned,
    /// Gain in profit were rivals to keep their prices.
    pub(super) alone: f64,
    pub(super) naive: f64,
    pub(super) eroded: Option<Eroded>,
}

/// With the feature on the budget line.
#[derive(Clone, Copy)]
pub(super) struct Eroded {
    pub(super) with: Earned,
    pub(super) without: Earned,
    /// Worth of the products' lead over the budget line, before and after.
    pub(super) gap: [f64; 2],
}

/// One market at known parameters.
struct View<'a> {
    plan: &'a Plan,
    spec: &'a PremiumsSpec,
    context: Context<'a>,
    market: Market,
    /// Effects of the brands less those they are compared with, by brand.
    premium: Vec<(String, f64)>,
    base: Sold,
    buyers: Buyers,
    status: Status,
}

/// Measures premiums in an economy whose brand effects are moved by standard normals `z`.
///
/// # Errors
/// A change that contradicts itself at these parameters.
pub(super) fn measure(economy: &Economy, plan: &Plan, z: &[f64]) -> Result<Measured, InputError> {
    let study = &economy.resolved.study;
    let Some(spec) = &study.premiums else {
        return Err(InputError::at("premiums", "there are none"));
    };
    let context = economy.context(plan.t);
    let market = apply(&economy.places[plan.t].market, &plan.scenario, &context)?;
    let sold: Vec<bool> = market.products.iter().map(|p| p.on_sale).collect();
    let base = sell(&market, &sold, &market.prices());
    let usable = base.status.is_usable();
    let buyers = Buyers::new(&market, &or_listed(&base.price, &market));
    let mut view = View {
        premium: brand_premiums(&context, plan, z),
        status: base.status,
        plan,
        spec,
        context,
        buyers,
        base,
        market,
    };
    let groups = groups(&view.market, &view.buyers, &plan.sets());
    let subjects = plan.subjects.iter();
    let subjects = subjects
        .map(|s| view.subject(s, &groups))
        .collect::<Result<Vec<_>, _>>()?;
    let price = or_listed(&view.base.price, &view.market);
    let products = view.market.products.len();
    Ok(Measured {
        status: view.status,
        diversion: if usable {
            second_choice_diversion(&view.market.demand(), &price)
        } else {
            vec![f64::NAN; products * (products + 1)]
        },
        groups,
        share: view.base.share,
        subjects,
        cost: spec
            .feature
            .iter()
            .map(|f| cost_of(f.cost.as_ref()))
            .collect(),
    })
}

fn cost_of(q: Option<&Quantity>) -> f64 {
    q.map_or(0.0, Quantity::value)
}

/// Solved prices; where a product is not sold, the one that stands in the study.
fn or_listed(price: &[f64], market: &Market) -> Vec<f64> {
    let one = |(p, q): (&f64, f64)| if p.is_finite() { *p } else { q };
    price.iter().zip(market.prices()).map(one).collect()
}

/// Effect of each brand of the plan less the mean of those it is compared with.
fn brand_premiums(context: &Context<'_>, plan: &Plan, z: &[f64]) -> Vec<(String, f64)> {
    let model = context.quality;
    let all: Vec<(&String, f64)> = model.brand.keys().zip(model.brand_effects(z)).collect();
    let of = |name: &String| all.iter().find(|(b, _)| *b == name).map(|(_, e)| *e);
    let compared: Vec<f64> = plan.reference.iter().filter_map(of).collect();
    let mean = compared.iter().sum::<f64>() / compared.len() as f64;
    let valued = plan.subjects.iter().filter_map(|s| match &s.kind {
        Kind::Brand(name) => Some((name.clone(), of(name).map_or(f64::NAN, |e| e - mean))),
        _ => None,
    });
    valued.collect()
}

impl View<'_> {
    fn subject(&mut self, subject: &Subject, groups: &[Group]) -> Result<Found, InputError> {
        let one = self.one(subject)?;
        let types = &self.market.population.types;
        let worth = |i: usize| one.worth(&types[i]);
        let by_group = groups.iter().map(|g| g.mean(worth)).collect();
        let median = one.utility / median_sensitivity(&self.market);
        let eroded = self.eroded(subject)?;
        let places = subject.places.iter();
        let values = places
            .map(|p| self.value(subject, p, &one, eroded.as_ref()))
            .collect::<Result<_, _>>()?;
        Ok(Found {
            worth: by_group,
            median,
            values,
        })
    }

    /// One step of a feature, of all features, or the brand.
    fn one(&self, subject: &Subject) -> Result<Alteration, InputError> {
        match &subject.kind {
            Kind::Feature(step) => self.step(step),
            Kind::Bundle(steps) => self.sum(steps, |_| 1.0),
            Kind::Brand(name) => Ok(Alteration {
                utility: self
                    .premium
                    .iter()
                    .find(|(b, _)| b == name)
                    .map_or(f64::NAN, |(_, e)| *e),
                ..Alteration::default()
            }),
        }
    }

    fn step(&self, step: &Step) -> Result<Alteration, InputError> {
        let cost = cost_of(self.spec.feature[step.feature].cost.as_ref());
        Alteration::of_characteristic(&step.column, step.size, cost, &self.context)
    }

    fn sum(&self, steps: &[Step], times: impl Fn(&Step) -> f64) -> Result<Alteration, InputError> {
        let mut all = Alteration::default();
        for step in steps {
            all = all.and(&self.step(step)?.times(times(step)));
        }
        Ok(all)
    }

    /// The market in which the budget line has a feature, and its prices; `None` for a brand.
    fn eroded(&mut self, subject: &Subject) -> Result<Option<(Market, Sold)>, InputError> {
        let Some(steps) = steps(subject) else {
            return Ok(None);
        };
        let line = self.plan.budget_line();
        let change = |j: usize| Ok((j, self.sum(steps, |s| s.lacks(j))?));
        let changes = line
            .into_iter()
            .map(change)
            .collect::<Result<Vec<_>, InputError>>()?;
        let market = altered(&self.market, &changes);
        let sold = self.solve(&market);
        Ok(Some((market, sold)))
    }

    fn value(
        &mut self,
        subject: &Subject,
        place: &Place,
        one: &Alteration,
        eroded: Option<&(Market, Sold)>,
    ) -> Result<Value, InputError> {
        let gone: Vec<(usize, Alteration)> = place
            .products
            .iter()
            .map(|j| (*j, one.times(-1.0)))
            .collect();
        let market = altered(&self.market, &gone);
        let without = self.solve(&market);
        let price = or_listed(&self.base.price, &self.market);
        let held = others_hold(&market, &place.firm, &price);
        let held = self.solve(&held);
        let after = match eroded {
            None => None,
            Some((line, with)) => {
                let without = self.solve(&altered(line, &gone));
                Some(Eroded {
                    with: earned(line, with, place),
                    without: earned(line, &without, place),
                    gap: self.gap(subject, place)?,
                })
            }
        };
        let with = earned(&self.market, &self.base, place);
        Ok(Value {
            alone: with.profit - earned(&market, &held, place).profit,
            without: earned(&market, &without, place),
            naive: self.naive(place, one),
            with,
            eroded: after,
        })
    }

    /// Solves a market from today's prices; its status counts.
    fn solve(&mut self, market: &Market) -> Sold {
        let on_sale: Vec<bool> = market.products.iter().map(|p| p.on_sale).collect();
        let mut start = market.prices();
        for (j, p) in market.products.iter().enumerate() {
            let found = self.base.price[j];
            if p.rule == entrant_market::PriceRule::Optimal && found.is_finite() {
                start[j] = found;
            }
        }
        let sold = sell(market, &on_sale, &start);
        self.status = self.status.worst(sold.status);
        sold
    }

    /// What it is worth to the products' buyers, all together.
    fn naive(&self, place: &Place, one: &Alteration) -> f64 {
        let products = self.market.products.len();
        let chosen: Vec<bool> = (0..products).map(|j| place.products.contains(&j)).collect();
        let types = &self.market.population.types;
        let bought = self.buyers.of(&chosen, None);
        let all = bought.iter().zip(types).filter(|(w, _)| **w > 0.0);
        self.market.size * all.map(|(w, t)| w * one.worth(t)).sum::<f64>()
    }

    /// Worth to the median consumer of what the products have more of a feature than the budget
    /// line, by units, before and after the line has it.
    fn gap(&self, subject: &Subject, place: &Place) -> Result<[f64; 2], InputError> {
        let line = self.plan.budget_line();
        let mean = |products: &[usize], of: &dyn Fn(usize) -> f64| {
            let share: f64 = products.iter().map(|j| self.base.share[*j]).sum();
            products
                .iter()
                .map(|j| self.base.share[*j] * of(*j))
                .sum::<f64>()
                / share
        };
        let mut gap = [0.0; 2];
        for step in steps(subject).unwrap_or_default() {
            let own = mean(&place.products, &|j| step.has[j] / step.size);
            let before = mean(&line, &|j| step.has[j] / step.size);
            let after = mean(&line, &|j| step.has[j] / step.size + step.lacks(j));
            let worth = self.step(step)?.utility / median_sensitivity(&self.market);
            gap[0] += worth * (own - before);
            gap[1] += worth * (own - after);
        }
        Ok(gap)
    }
}

fn steps(subject: &Subject) -> Option<&[Step]> {
    match &subject.kind {
        Kind::Feature(step) => Some(std::slice::from_ref(step)),
        Kind::Bundle(steps) => Some(steps),
        Kind::Brand(_) => None,
    }
}

/// What the products of a place sell for in a solved market, and what their firm earns.
fn earned(market: &Market, sold: &Sold, place: &Place) -> Earned {
    let firm = market.firms().iter().position(|f| *f == place.firm);
    let share: f64 = place.products.iter().map(|j| sold.share[*j]).sum();
    let revenue: f64 = place
        .products
        .iter()
        .map(|j| sold.share[*j] * sold.price[*j])
        .sum();
    let single = place.products.len() == 1;
    Earned {
        price: if single {
            sold.price[place.products[0]]
        } else {
            revenue / share
        },
        units: market.size * share,
        profit: firm.map_or(f64::NAN, |f| sold.profit[f]),
    }
}
