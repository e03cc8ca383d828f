//! Every quantity of a study, under the name by which a reader knows it.

use super::{
    DemandSpec, EntrantSpec, GameSpec, ScenarioSpec, Study, TargetKind, TargetSpec, WorthSpec,
};
use crate::{Parameter, Price, Quantity};

/// What a visitor is called with: the reader's name of a quantity, and the quantity.
pub type Visit<'a> = dyn FnMut(&str, &mut Quantity) + 'a;

impl Study {
    /// Calls `visit` for every quantity of the study in a fixed order, with a name that is
    /// unique and made for readers (`target: margin of Apple`).
    pub fn visit_quantities(&mut self, visit: &mut Visit<'_>) {
        for (name, q) in &mut self.inputs {
            visit(name, q);
        }
        for p in &mut self.data.average_price {
            visit(&format!("average price of {}", p.brand), &mut p.value);
        }
        for m in &mut self.market {
            let named = [
                ("units", &mut m.units),
                ("size", &mut m.size),
                ("outside share", &mut m.outside_share),
            ];
            for (what, q) in named {
                optional(&format!("{}: {what}", m.id), q, visit);
            }
        }
        for s in &mut self.segment {
            visit(&format!("segment {}: share", s.id), &mut s.share);
        }
        visit_demand(&mut self.demand, visit);
        for g in &mut self.supply.given {
            visit(&format!("margin of {}", g.firm), &mut g.margin);
        }
        for e in &mut self.entrant {
            visit_entrant(e, visit);
        }
        for s in &mut self.scenario {
            visit_scenario(s, visit);
        }
        for g in &mut self.game {
            visit_game(g, visit);
        }
        for f in self.premiums.iter_mut().flat_map(|p| &mut p.feature) {
            let name = format!("cost of a step of {}", f.column);
            optional(&name, &mut f.cost, visit);
        }
        if let Some(w) = &mut self.worth {
            visit_worth(w, visit);
        }
        for o in self.timing.iter_mut().flat_map(|t| &mut t.option) {
            for (k, s) in o.step.iter_mut().enumerate() {
                let name = |what: &str| format!("{}: {what} of step {}", o.id, k + 1);
                optional(&name("fixed cost"), &mut s.fixed_cost, visit);
                optional(&name("yearly cost"), &mut s.yearly_cost, visit);
            }
        }
    }
}

impl ScenarioSpec {
    /// Calls `visit` for every quantity of the scenario, in the order and with the names of
    /// [`Study::visit_quantities`].
    pub fn visit_quantities(&mut self, visit: &mut Visit<'_>) {
        visit_scenario(self, visit);
    }
}

fn optional(name: &str, q: &mut Option<Quantity>, visit: &mut Visit<'_>) {
    if let Some(q) = q {
        visit(name, q);
    }
}

fn parameter(name: &str, p: &mut Parameter, visit: &mut Visit<'_>) {
    if let Parameter::Given(q) = p {
        visit(name, q);
    }
}

fn price(name: &str, p: &mut Price, visit: &mut Visit<'_>) {
    if let Price::Given(q) = p {
        visit(name, q);
    }
}

fn visit_demand(demand: &mut DemandSpec, visit: &mut Visit<'_>) {
    parameter("price sensitivity", &mut demand.sensitivity, visit);
    parameter("spread of price sensitivity", &mut demand.spread, visit);
    if let Some(nest) = &mut demand.nest {
        parameter("nest strength", &mut nest.strength, visit);
    }
    if let Some(loyalty) = &mut demand.loyalty {
        parameter("loyalty strength", &mut loyalty.strength, visit);
        for (group, q) in &mut loyalty.owners {
            visit(&format!("owners of {group}"), q);
        }
    }
    for taste in &mut demand.taste {
        parameter(
            &format!("spread of taste for {}", taste.column),
            &mut taste.spread,
            visit,
        );
    }
    for target in &mut demand.target {
        let name = with_market(target.label(), &target.market);
        visit(&format!("target: {name}"), &mut target.value);
    }
}

fn with_market(name: String, market: &str) -> String {
    if market.is_empty() {
        name
    } else {
        format!("{name} in {market}")
    }
}

impl TargetSpec {
    /// What the target is about, in words.
    pub fn label(&self) -> String {
        match self.kind {
            TargetKind::Margin => format!("margin of {}", self.of),
            TargetKind::MarginLevel => format!("unit margin of {}", self.of),
            TargetKind::Elasticity => format!("own-price elasticity of {}", self.of),
            TargetKind::AggregateElasticity => "aggregate elasticity".into(),
            TargetKind::Diversion => format!("diversion from {} to {}", self.of, self.to),
            TargetKind::Retention => format!("retention of {} owners", self.of),
        }
    }
}

fn visit_entrant(e: &mut EntrantSpec, visit: &mut Visit<'_>) {
    let id = e.id.clone();
    price(&format!("{id}: price"), &mut e.price, visit);
    for v in &mut e.variant {
        let name = format!("{id}: cost of a unit of {}", v.column);
        optional(&name, &mut v.cost, visit);
    }
    let cost = &mut e.cost;
    for (k, (_, q)) in cost.features.iter_mut().enumerate() {
        visit(&format!("{id}: cost of feature {}", k + 1), q);
    }
    let quality = &mut e.quality;
    for (what, q) in [
        ("cost", &mut cost.known),
        ("bill of materials", &mut cost.bill_of_materials),
        ("mark-up on materials", &mut cost.markup),
        ("target margin", &mut cost.margin),
        ("quality difference", &mut quality.plus),
        ("quality shift", &mut quality.shift),
        ("target share", &mut quality.share),
    ] {
        optional(&format!("{id}: {what}"), q, visit);
    }
}

fn visit_game(g: &mut GameSpec, visit: &mut Visit<'_>) {
    let id = g.id.clone();
    visit(&format!("{id}: discount rate"), &mut g.discount);
    for p in &mut g.player {
        let firm = p.firm.clone();
        for m in &mut p.moves {
            let name = format!("{id}: fixed cost of {} of {firm}", m.id);
            optional(&name, &mut m.fixed_cost, visit);
        }
        for c in &mut p.candidate {
            let name = format!("{id}: fixed cost of {} of {firm}", c.product);
            optional(&name, &mut c.fixed_cost, visit);
        }
    }
}

fn visit_worth(w: &mut WorthSpec, visit: &mut Visit<'_>) {
    visit("discount rate", &mut w.discount);
    visit("fixed cost of entry", &mut w.fixed_cost);
    for (name, q) in [
        ("yearly cost of being there", &mut w.yearly_cost),
        ("erosion of the entrant's prices", &mut w.price_erosion),
        ("erosion of the entrant's costs", &mut w.cost_erosion),
        ("erosion of rivals' costs", &mut w.rivals_cost_erosion),
        ("growth of the market", &mut w.growth),
    ] {
        optional(name, q, visit);
    }
    let Some(path) = &mut w.path else {
        return;
    };
    for (t, q) in path.given.iter_mut().enumerate() {
        visit(&format!("awareness path: period {}", t + 1), q);
    }
    for (name, q) in [
        ("awareness path: start", &mut path.start),
        ("awareness path: end", &mut path.end),
        ("awareness path: midpoint", &mut path.midpoint),
        ("awareness path: rise", &mut path.rise),
    ] {
        optional(name, q, visit);
    }
}

fn visit_scenario(s: &mut ScenarioSpec, visit: &mut Visit<'_>) {
    let id = s.id.clone();
    for (k, c) in s.enter.iter_mut().enumerate() {
        optional(
            &format!("{id}: awareness of entrants {}", k + 1),
            &mut c.aware,
            visit,
        );
        if let Some(p) = &mut c.price {
            price(&format!("{id}: price of entrants {}", k + 1), p, visit);
        }
    }
    for (k, c) in s.cost.iter_mut().enumerate() {
        optional(&format!("{id}: cost added {}", k + 1), &mut c.add, visit);
        optional(
            &format!("{id}: cost factor {}", k + 1),
            &mut c.factor,
            visit,
        );
    }
    for (k, c) in s.tariff.iter_mut().enumerate() {
        visit(&format!("{id}: tariff {}", k + 1), &mut c.rate);
    }
    for (k, c) in s.stake.iter_mut().enumerate() {
        visit(&format!("{id}: stake {}", k + 1), &mut c.weight);
    }
    for (k, c) in s.currency.iter_mut().enumerate() {
        let name = |what: &str| format!("{id}: currency {}: {what}", k + 1);
        visit(&name("part of cost"), &mut c.part_of_cost);
        visit(&name("change"), &mut c.change);
    }
    for (k, c) in s.tax.iter_mut().enumerate() {
        let name = |what: &str| format!("{id}: tax {}: {what}", k + 1);
        optional(&name("part of the price"), &mut c.of_price, visit);
        optional(&name("per unit"), &mut c.per_unit, visit);
    }
    for (k, c) in s.capacity.iter_mut().enumerate() {
        let name = |what: &str| format!("{id}: capacity {}{what}", k + 1);
        optional(&name(""), &mut c.units, visit);
        optional(&name(", of today's units"), &mut c.times_today, visit);
    }
    for (k, c) in s.reach.iter_mut().enumerate() {
        optional(&format!("{id}: awareness {}", k + 1), &mut c.aware, visit);
    }
    for (k, c) in s.price.iter_mut().enumerate() {
        if let Some(p) = &mut c.price {
            price(&format!("{id}: price {}", k + 1), p, visit);
        }
        optional(&format!("{id}: margin {}", k + 1), &mut c.margin, visit);
    }
}
