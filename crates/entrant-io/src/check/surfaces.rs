//! Surfaces: axes with values, of products that the firm sells.

use std::collections::BTreeSet;

use entrant_data::spec::{AxisSpec, EntrantSpec, ScenarioSpec, SurfaceSpec};
use entrant_data::{InputError, Price};

use super::ids::unique;
use super::known::{Known, reference};
use super::numbers::{DRAWS, count, number};
use super::{exactly_one, keep, only_with};
use crate::domain::Domain;
use crate::problems::Problems;

/// Most axes.
const AXES: usize = 6;
/// Most values of an axis.
const VALUES: usize = 1_000;
/// Most points of a grid of which all are solved.
const POINTS: usize = 10_000;

/// What the study file alone can get wrong about surfaces.
pub(crate) fn check_ways(surfaces: &[SurfaceSpec], problems: &mut Problems) {
    unique("surface", surfaces.iter().map(|s| s.id.as_str()), problems);
    for (i, surface) in surfaces.iter().enumerate() {
        let path = format!("surface[{i}]");
        if let Some(draws) = surface.draws {
            count(&format!("{path}.draws"), draws, DRAWS, problems);
        }
        let at = format!("{path}.axis");
        count(&at, surface.axis.len(), AXES, problems);
        for (k, axis) in surface.axis.iter().enumerate() {
            check_axis(&format!("{at}[{k}]"), axis, problems);
        }
        check_points(&at, surface, problems);
        check_once(&at, surface, problems);
    }
}

fn check_axis(path: &str, axis: &AxisSpec, problems: &mut Problems) {
    if axis.products.is_empty() {
        let at = format!("{path}.products");
        problems.at(at, "an axis needs a product whose price it sets");
    }
    let range = [
        ("from", axis.from.is_some()),
        ("to", axis.to.is_some()),
        ("count", axis.count.is_some()),
    ];
    let ranged = range.iter().any(|(_, given)| *given);
    let ways = [("values", !axis.values.is_empty()), ("from", ranged)];
    exactly_one(path, &ways, problems);
    for (key, given) in range {
        only_with(
            &format!("{path}.{key}"),
            given,
            "from` with `to` and `count",
            range.iter().all(|(_, g)| *g),
            problems,
        );
    }
    let given = axis.from.iter().chain(&axis.to).chain(&axis.values);
    for value in given {
        number(path, *value, Domain::POSITIVE, problems);
    }
    if let Some(n) = axis.count {
        count(&format!("{path}.count"), n, VALUES, problems);
        if n == 1 {
            problems.at(format!("{path}.count"), "a range needs two values at least");
        }
    }
    let grid = if axis.count.is_some_and(|n| n > VALUES) {
        Vec::new()
    } else {
        axis.grid()
    };
    if grid.windows(2).any(|w| w[0] >= w[1]) {
        problems.at(path, "values must rise from low to high, each once");
    }
}

/// With one axis or two every point is solved, in every draw.
fn check_points(path: &str, surface: &SurfaceSpec, problems: &mut Problems) {
    let of = |axis: &AxisSpec| axis.count.unwrap_or(axis.values.len());
    let points = surface.axis.iter().map(of);
    let points = points.fold(1_usize, usize::saturating_mul);
    if surface.axis.len() <= 2 && points > POINTS {
        let message = format!(
            "{points} points are too many: each is a market to solve in every draw, at most {POINTS}"
        );
        problems.push(
            InputError::at(path, message)
                .hint("take fewer values; the best between them is searched for anyway"),
        );
    }
}

/// A price is set by one axis.
fn check_once(path: &str, surface: &SurfaceSpec, problems: &mut Problems) {
    let mut seen: BTreeSet<&str> = BTreeSet::new();
    for (k, axis) in surface.axis.iter().enumerate() {
        for (j, id) in axis.products.iter().enumerate() {
            if !seen.insert(id) {
                let at = format!("{path}[{k}].products[{j}]");
                let message = format!("the price of `{id}` is set already");
                problems.push(InputError::at(at, message).value(id));
            }
        }
    }
}

/// Everything that surfaces name.
pub(crate) fn check_references(
    surfaces: &[SurfaceSpec],
    scenarios: &[ScenarioSpec],
    entrants: &[EntrantSpec],
    known: &Known<'_>,
    problems: &mut Problems,
) {
    for (i, surface) in surfaces.iter().enumerate() {
        let path = format!("surface[{i}]");
        let at = format!("{path}.firm");
        keep(known.firm(&at, &surface.firm), problems);
        if let Some(id) = &surface.scenario {
            let all = || known.scenarios.iter().copied();
            let at = format!("{path}.scenario");
            keep(reference(&at, "scenario", id, all), problems);
        }
        let scenario = scenarios
            .iter()
            .find(|s| surface.scenario.as_ref() == Some(&s.id));
        let merges = scenario.into_iter().flat_map(|s| &s.merge);
        if merges.flat_map(|m| &m.firms).any(|f| *f == surface.firm) {
            let message = format!("`{}` merges in the scenario of this surface", surface.firm);
            let found = InputError::at(at, message).value(&surface.firm);
            problems.push(found.hint("take a scenario without the merger"));
        }
        for (k, axis) in surface.axis.iter().enumerate() {
            let path = format!("{path}.axis[{k}]");
            check_products(&path, &surface.firm, axis, known, problems);
            check_own_prices(&path, axis, entrants, problems);
        }
    }
}

/// Each product of an axis is sold by the firm.
fn check_products(
    path: &str,
    firm: &str,
    axis: &AxisSpec,
    known: &Known<'_>,
    problems: &mut Problems,
) {
    if known.on_sale.is_none() {
        return;
    }
    let all = || known.incumbents.iter().chain(known.entrants.values());
    for (j, id) in axis.products.iter().enumerate() {
        let at = format!("{path}.products[{j}]");
        if !all().any(|s| s.product == id) {
            keep(
                reference(&at, "product", id, || all().map(|s| s.product)),
                problems,
            );
        } else if !all().any(|s| s.product == id && s.firm == firm) {
            let message = format!("`{id}` is not a product of `{firm}`");
            problems.push(InputError::at(at, message).value(id));
        }
    }
}

/// A multiple needs a price of its own to multiply.
fn check_own_prices(
    path: &str,
    axis: &AxisSpec,
    entrants: &[EntrantSpec],
    problems: &mut Problems,
) {
    let new = |id: &String| entrants.iter().find(|e| e.id == *id);
    for (j, id) in axis.products.iter().enumerate() {
        let optimal = new(id).is_some_and(|e| e.price == Price::Optimal);
        if axis.relative && optimal {
            let at = format!("{path}.products[{j}]");
            let message = format!("`{id}` has no price of its own that `relative` could multiply");
            problems.push(
                InputError::at(at, message)
                    .value(id)
                    .hint("give the entrant a price as a number, or the axis prices"),
            );
        }
    }
}
