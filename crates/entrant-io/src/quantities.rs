//! Every quantity of a study, with where it stands and which numbers it may be.

use std::collections::BTreeMap;

use entrant_data::spec::{
    DataSpec, DemandSpec, EntrantSpec, GameSpec, MarketSpec, PremiumsSpec, ScenarioSpec, Study,
    SupplySpec, TargetKind, TimingSpec, WorthSpec,
};
use entrant_data::{Parameter, Price, Quantity};

use crate::domain::Domain;
use crate::toml_path::quoted;

/// Where a quantity stands.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Place {
    /// Key path in the study file.
    pub(crate) path: String,
    /// Which numbers it may be.
    pub(crate) domain: Domain,
    /// The word that may stand in its place.
    pub(crate) word: Option<&'static str>,
    /// Whether it is an entry of `[inputs]`.
    pub(crate) input: bool,
}

/// What is called for every quantity.
pub(crate) type Visit<'v> = &'v mut dyn FnMut(Place, &mut Quantity);

/// Visits every quantity of a study, in the order of its sections.
pub(crate) fn visit_quantities(study: &mut Study, visit: Visit<'_>) {
    visit_inputs(&mut study.inputs, visit);
    visit_data(&mut study.data, visit);
    visit_markets(&mut study.market, visit);
    for (i, segment) in study.segment.iter_mut().enumerate() {
        one(
            &format!("segment[{i}].share"),
            Domain::POSITIVE,
            &mut segment.share,
            visit,
        );
    }
    visit_demand(&mut study.demand, visit);
    visit_supply(&mut study.supply, visit);
    visit_entrants(&mut study.entrant, visit);
    visit_scenarios(&mut study.scenario, visit);
    visit_games(&mut study.game, visit);
    visit_premiums(study.premiums.as_mut(), visit);
    visit_over_time(study.worth.as_mut(), study.timing.as_mut(), visit);
}

/// Visits every quantity of premiums.
pub(crate) fn visit_premiums(premiums: Option<&mut PremiumsSpec>, visit: Visit<'_>) {
    let features = premiums.into_iter().flat_map(|p| &mut p.feature);
    for (k, feature) in features.enumerate() {
        let path = format!("premiums.feature[{k}].cost");
        some(&path, Domain::ANY, &mut feature.cost, visit);
    }
}

/// Visits every quantity of games.
pub(crate) fn visit_games(games: &mut [GameSpec], visit: Visit<'_>) {
    for (i, game) in games.iter_mut().enumerate() {
        visit_game(&format!("game[{i}]"), game, visit);
    }
}

/// Visits every quantity of worth and timing.
pub(crate) fn visit_over_time(
    worth: Option<&mut WorthSpec>,
    timing: Option<&mut TimingSpec>,
    visit: Visit<'_>,
) {
    if let Some(worth) = worth {
        visit_worth(worth, visit);
    }
    let options = timing.into_iter().flat_map(|t| &mut t.option);
    for (i, option) in options.enumerate() {
        for (k, step) in option.step.iter_mut().enumerate() {
            let at = |key: &str| format!("timing.option[{i}].step[{k}].{key}");
            let costs = [
                ("fixed_cost", &mut step.fixed_cost),
                ("yearly_cost", &mut step.yearly_cost),
            ];
            for (key, cost) in costs {
                some(&at(key), Domain::NOT_NEGATIVE, cost, visit);
            }
        }
    }
}

fn visit_worth(worth: &mut WorthSpec, visit: Visit<'_>) {
    let at = |key: &str| format!("worth.{key}");
    one(
        &at("discount"),
        Domain::ABOVE_MINUS_ONE,
        &mut worth.discount,
        visit,
    );
    one(
        &at("fixed_cost"),
        Domain::NOT_NEGATIVE,
        &mut worth.fixed_cost,
        visit,
    );
    for (key, domain, quantity) in [
        ("yearly_cost", Domain::NOT_NEGATIVE, &mut worth.yearly_cost),
        ("price_erosion", Domain::BELOW_ONE, &mut worth.price_erosion),
        ("cost_erosion", Domain::BELOW_ONE, &mut worth.cost_erosion),
        (
            "rivals_cost_erosion",
            Domain::BELOW_ONE,
            &mut worth.rivals_cost_erosion,
        ),
        ("growth", Domain::ABOVE_MINUS_ONE, &mut worth.growth),
    ] {
        some(&at(key), domain, quantity, visit);
    }
    let Some(path) = &mut worth.path else {
        return;
    };
    for (t, multiple) in path.given.iter_mut().enumerate() {
        one(
            &at(&format!("path.given[{t}]")),
            Domain::NOT_NEGATIVE,
            multiple,
            visit,
        );
    }
    for (key, domain, quantity) in [
        ("path.start", Domain::NOT_NEGATIVE, &mut path.start),
        ("path.end", Domain::NOT_NEGATIVE, &mut path.end),
        ("path.midpoint", Domain::ANY, &mut path.midpoint),
        ("path.rise", Domain::POSITIVE, &mut path.rise),
    ] {
        some(&at(key), domain, quantity, visit);
    }
}

fn visit_game(path: &str, game: &mut GameSpec, visit: Visit<'_>) {
    let discount = format!("{path}.discount");
    one(
        &discount,
        Domain::ABOVE_MINUS_ONE,
        &mut game.discount,
        visit,
    );
    for (p, player) in game.player.iter_mut().enumerate() {
        let moves = player.moves.iter_mut().map(|m| &mut m.fixed_cost);
        let moves: Vec<_> = moves.enumerate().map(|c| ("move", c)).collect();
        let candidates = player.candidate.iter_mut().map(|c| &mut c.fixed_cost);
        let all = moves
            .into_iter()
            .chain(candidates.enumerate().map(|c| ("candidate", c)));
        for (key, (k, cost)) in all {
            if let Some(cost) = cost {
                let path = format!("{path}.player[{p}].{key}[{k}].fixed_cost");
                one(&path, Domain::NOT_NEGATIVE, cost, visit);
            }
        }
    }
}

/// Visits every quantity of entrants.
pub(crate) fn visit_entrants(entrants: &mut [EntrantSpec], visit: Visit<'_>) {
    for (i, entrant) in entrants.iter_mut().enumerate() {
        visit_entrant(&format!("entrant[{i}]"), entrant, visit);
    }
}

/// Visits every quantity of scenarios.
pub(crate) fn visit_scenarios(scenarios: &mut [ScenarioSpec], visit: Visit<'_>) {
    for (i, scenario) in scenarios.iter_mut().enumerate() {
        visit_scenario(&format!("scenario[{i}]"), scenario, visit);
    }
}

fn one(path: &str, domain: Domain, quantity: &mut Quantity, visit: Visit<'_>) {
    let place = Place {
        path: path.to_owned(),
        domain,
        word: None,
        input: false,
    };
    visit(place, quantity);
}

fn some(path: &str, domain: Domain, quantity: &mut Option<Quantity>, visit: Visit<'_>) {
    if let Some(quantity) = quantity {
        one(path, domain, quantity, visit);
    }
}

fn parameter(path: &str, domain: Domain, parameter: &mut Parameter, visit: Visit<'_>) {
    if let Parameter::Given(quantity) = parameter {
        let place = Place {
            path: path.to_owned(),
            domain,
            word: Some("calibrate"),
            input: false,
        };
        visit(place, quantity);
    }
}

fn price(path: &str, price: &mut Price, visit: Visit<'_>) {
    if let Price::Given(quantity) = price {
        let place = Place {
            path: path.to_owned(),
            domain: Domain::POSITIVE,
            word: Some("optimal"),
            input: false,
        };
        visit(place, quantity);
    }
}

fn visit_inputs(inputs: &mut BTreeMap<String, Quantity>, visit: Visit<'_>) {
    for (name, quantity) in inputs {
        let place = Place {
            path: format!("inputs.{}", quoted(name)),
            domain: Domain::ANY,
            word: None,
            input: true,
        };
        visit(place, quantity);
    }
}

fn visit_data(data: &mut DataSpec, visit: Visit<'_>) {
    for (i, average) in data.average_price.iter_mut().enumerate() {
        let path = format!("data.average_price[{i}].value");
        one(&path, Domain::POSITIVE, &mut average.value, visit);
    }
}

fn visit_markets(markets: &mut [MarketSpec], visit: Visit<'_>) {
    for (i, market) in markets.iter_mut().enumerate() {
        let at = |key: &str| format!("market[{i}].{key}");
        some(&at("units"), Domain::POSITIVE, &mut market.units, visit);
        some(&at("size"), Domain::POSITIVE, &mut market.size, visit);
        some(
            &at("outside_share"),
            Domain::INSIDE,
            &mut market.outside_share,
            visit,
        );
    }
}

fn visit_demand(demand: &mut DemandSpec, visit: Visit<'_>) {
    parameter(
        "demand.sensitivity",
        Domain::POSITIVE,
        &mut demand.sensitivity,
        visit,
    );
    parameter(
        "demand.spread",
        Domain::NOT_NEGATIVE,
        &mut demand.spread,
        visit,
    );
    if let Some(nest) = &mut demand.nest {
        parameter(
            "demand.nest.strength",
            Domain::STRENGTH,
            &mut nest.strength,
            visit,
        );
    }
    if let Some(loyalty) = &mut demand.loyalty {
        let path = "demand.loyalty.strength";
        parameter(path, Domain::NOT_NEGATIVE, &mut loyalty.strength, visit);
        for (group, owners) in &mut loyalty.owners {
            let path = format!("demand.loyalty.owners.{}", quoted(group));
            one(&path, Domain::PART, owners, visit);
        }
    }
    for (i, taste) in demand.taste.iter_mut().enumerate() {
        let path = format!("demand.taste[{i}].spread");
        parameter(&path, Domain::NOT_NEGATIVE, &mut taste.spread, visit);
    }
    for (i, target) in demand.target.iter_mut().enumerate() {
        let path = format!("demand.target[{i}].value");
        one(&path, target_domain(target.kind), &mut target.value, visit);
    }
}

fn target_domain(kind: TargetKind) -> Domain {
    match kind {
        TargetKind::Margin | TargetKind::Diversion | TargetKind::Retention => Domain::INSIDE,
        TargetKind::MarginLevel => Domain::POSITIVE,
        TargetKind::Elasticity | TargetKind::AggregateElasticity => Domain::NEGATIVE,
    }
}

fn visit_supply(supply: &mut SupplySpec, visit: Visit<'_>) {
    for (i, given) in supply.given.iter_mut().enumerate() {
        let path = format!("supply.given[{i}].margin");
        one(&path, Domain::BELOW_ONE, &mut given.margin, visit);
    }
}

fn visit_entrant(path: &str, entrant: &mut EntrantSpec, visit: Visit<'_>) {
    let at = |key: &str| format!("{path}.{key}");
    price(&at("price"), &mut entrant.price, visit);
    let cost = &mut entrant.cost;
    some(
        &at("cost.known"),
        Domain::NOT_NEGATIVE,
        &mut cost.known,
        visit,
    );
    let bill = &mut cost.bill_of_materials;
    some(
        &at("cost.bill_of_materials"),
        Domain::NOT_NEGATIVE,
        bill,
        visit,
    );
    some(
        &at("cost.markup"),
        Domain::ABOVE_MINUS_ONE,
        &mut cost.markup,
        visit,
    );
    some(
        &at("cost.margin"),
        Domain::BELOW_ONE,
        &mut cost.margin,
        visit,
    );
    for (k, feature) in entrant.variant.iter_mut().enumerate() {
        let at = at(&format!("variant[{k}].cost"));
        some(&at, Domain::ANY, &mut feature.cost, visit);
    }
    let quality = &mut entrant.quality;
    some(&at("quality.plus"), Domain::ANY, &mut quality.plus, visit);
    some(&at("quality.shift"), Domain::ANY, &mut quality.shift, visit);
    some(
        &at("quality.share"),
        Domain::INSIDE,
        &mut quality.share,
        visit,
    );
}

fn visit_scenario(path: &str, scenario: &mut ScenarioSpec, visit: Visit<'_>) {
    for (j, enter) in scenario.enter.iter_mut().enumerate() {
        some(
            &format!("{path}.enter[{j}].aware"),
            Domain::REACH,
            &mut enter.aware,
            visit,
        );
        if let Some(rule) = &mut enter.price {
            price(&format!("{path}.enter[{j}].price"), rule, visit);
        }
    }
    for (j, cost) in scenario.cost.iter_mut().enumerate() {
        some(
            &format!("{path}.cost[{j}].add"),
            Domain::ANY,
            &mut cost.add,
            visit,
        );
        some(
            &format!("{path}.cost[{j}].factor"),
            Domain::POSITIVE,
            &mut cost.factor,
            visit,
        );
    }
    for (j, tariff) in scenario.tariff.iter_mut().enumerate() {
        let path = format!("{path}.tariff[{j}].rate");
        one(&path, Domain::ABOVE_MINUS_ONE, &mut tariff.rate, visit);
    }
    visit_owners_and_money(path, scenario, visit);
    for (j, reach) in scenario.reach.iter_mut().enumerate() {
        some(
            &format!("{path}.reach[{j}].aware"),
            Domain::REACH,
            &mut reach.aware,
            visit,
        );
    }
    for (j, change) in scenario.price.iter_mut().enumerate() {
        if let Some(rule) = &mut change.price {
            price(&format!("{path}.price[{j}].price"), rule, visit);
        }
        some(
            &format!("{path}.price[{j}].margin"),
            Domain::BELOW_ONE,
            &mut change.margin,
            visit,
        );
    }
}

fn visit_owners_and_money(path: &str, scenario: &mut ScenarioSpec, visit: Visit<'_>) {
    for (j, stake) in scenario.stake.iter_mut().enumerate() {
        let path = format!("{path}.stake[{j}].weight");
        one(&path, Domain::PART, &mut stake.weight, visit);
    }
    for (j, currency) in scenario.currency.iter_mut().enumerate() {
        let at = |key: &str| format!("{path}.currency[{j}].{key}");
        let part = &mut currency.part_of_cost;
        one(&at("part_of_cost"), Domain::PART, part, visit);
        let change = &mut currency.change;
        one(&at("change"), Domain::ABOVE_MINUS_ONE, change, visit);
    }
    for (j, tax) in scenario.tax.iter_mut().enumerate() {
        let at = |key: &str| format!("{path}.tax[{j}].{key}");
        let part = &mut tax.of_price;
        some(&at("of_price"), Domain::BELOW_ONE, part, visit);
        some(&at("per_unit"), Domain::ANY, &mut tax.per_unit, visit);
    }
    for (j, capacity) in scenario.capacity.iter_mut().enumerate() {
        let at = |key: &str| format!("{path}.capacity[{j}].{key}");
        let times = &mut capacity.times_today;
        some(&at("units"), Domain::POSITIVE, &mut capacity.units, visit);
        some(&at("times_today"), Domain::POSITIVE, times, visit);
    }
}
