//! Consumer draws of each market: from a table, or by a rule.

use std::collections::BTreeMap;

use entrant_data::InputError;
use entrant_data::formula::Formula;
use entrant_data::spec::{IntegrationRule, IntegrationSpec};
use entrant_data::table::{Column, Table};
use entrant_numeric::integration::{self, Key, Rule};
use entrant_numeric::mixture::padded;
use entrant_numeric::vector;

use super::demand::Demand;
use super::rows::{MarketRows, Rows};
use super::side::{parse, place};
use super::{Source, codes, column, expand, numbers};
use crate::blp::market::{Consumers, ProductDemographics};
use crate::blp::parameters::Parameters;

/// Numbers that consumers made by a rule may take in all markets together: two gibibytes.
const MOST: usize = 1 << 28;

/// Consumers of every market, in the order of the markets.
pub(super) fn consumers(
    source: &Source<'_>,
    rows: &Rows,
    demand: &Demand,
    parameters: &Parameters,
) -> Result<Vec<Consumers>, Vec<InputError>> {
    let dimensions = parameters.node.iter().flatten().count();
    if demand.random_names.is_empty() {
        let one = Consumers {
            weight: vec![1.0],
            ..Consumers::default()
        };
        return Ok(vec![one; rows.markets.len()]);
    }
    match source.consumers {
        Some(table) => from_table(source, table, rows, parameters, dimensions),
        None => by_rule(source, rows, dimensions),
    }
}

fn by_rule(
    source: &Source<'_>,
    rows: &Rows,
    dimensions: usize,
) -> Result<Vec<Consumers>, Vec<InputError>> {
    let key = "estimate.demand.integration";
    let Some(spec) = &source.spec.demand.integration else {
        let hint = "name a consumers table in `data.consumers`, or give a rule here";
        return Err(vec![
            InputError::at(key, "random coefficients need consumer draws").hint(hint),
        ]);
    };
    let markets = rows.markets.len();
    let affordable = |each: usize| {
        let numbers = each.saturating_mul(dimensions + 1).saturating_mul(markets);
        let message =
            format!("{each} consumers in each of {markets} markets are {numbers} numbers");
        let hint = format!("at most {MOST} fit: give a smaller `size`");
        (numbers <= MOST).then_some(()).ok_or_else(|| {
            vec![InputError::at("estimate.demand.integration.size", message).hint(hint)]
        })
    };
    let by_level = [
        IntegrationRule::Product,
        IntegrationRule::NestedProduct,
        IntegrationRule::Grid,
        IntegrationRule::NestedGrid,
    ];
    if !by_level.contains(&spec.rule) {
        affordable(spec.size)?;
    }
    (0..markets)
        .map(|t| {
            let nodes = nodes(spec, dimensions, t).map_err(|m| vec![InputError::at(key, m)])?;
            affordable(nodes.weights.len())?;
            Ok(Consumers {
                weight: nodes.weights,
                nodes: nodes.points,
                ..Consumers::default()
            })
        })
        .collect()
}

/// A rule of a study as a rule of integration.
pub fn rule(of: IntegrationRule) -> Rule {
    match of {
        IntegrationRule::MonteCarlo => Rule::MonteCarlo,
        IntegrationRule::Halton => Rule::Halton {
            discard: integration::USUAL_DISCARD,
            scramble: true,
        },
        IntegrationRule::Sobol => Rule::Sobol,
        IntegrationRule::Lhs => Rule::Lhs,
        IntegrationRule::Mlhs => Rule::Mlhs,
        IntegrationRule::Product => Rule::Tensor,
        IntegrationRule::NestedProduct => Rule::NestedTensor,
        IntegrationRule::Grid => Rule::Grid,
        IntegrationRule::NestedGrid => Rule::NestedGrid,
    }
}

/// Nodes and weights of one market by a rule.
pub(super) fn nodes(
    spec: &IntegrationSpec,
    dimensions: usize,
    market: usize,
) -> Result<integration::Nodes, String> {
    let key = Key {
        seed: spec.seed,
        name: "consumers",
        index: market as u64,
    };
    integration::build(rule(spec.rule), spec.size, dimensions, key)
}

fn from_table(
    source: &Source<'_>,
    table: &Table,
    rows: &Rows,
    parameters: &Parameters,
    dimensions: usize,
) -> Result<Vec<Consumers>, Vec<InputError>> {
    let one = |e: InputError| vec![e];
    let columns = source.columns;
    let (market, names) =
        codes(column(table, &columns.market, "data.columns.market").map_err(one)?);
    let weight = numbers(table, &columns.weight, "data.columns.weight").map_err(one)?;
    let node_columns = node_columns(source, table, dimensions).map_err(one)?;
    let demographics = match &source.spec.demand.demographics {
        Some(text) => demographic_design(source, table, text)?,
        None => (Vec::new(), Vec::new(), Vec::new()),
    };
    let mut of_market: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    for (r, code) in market.iter().enumerate() {
        of_market.entry(&names[*code as usize]).or_default().push(r);
    }
    let d = parameters.demographics;
    rows.markets
        .iter()
        .map(|m| {
            let Some(here) = of_market.get(m.id.as_str()) else {
                let message = format!("market `{}` has no consumers in `{}`", m.id, table.file);
                return Err(vec![InputError::at("data.consumers", message).value(&m.id)]);
            };
            let mut consumers = Consumers {
                weight: here.iter().map(|r| weight[*r]).collect(),
                nodes: here
                    .iter()
                    .flat_map(|r| node_columns.iter().map(move |c| c[*r]))
                    .collect(),
                demographics: here
                    .iter()
                    .flat_map(|r| demographics.1[r * d..(r + 1) * d].iter().copied())
                    .collect(),
                ..Consumers::default()
            };
            for own in &demographics.2 {
                if own.places.len() < m.rows.len() {
                    let message = format!(
                        "market `{}` has {} products, but a demographic that differs by product has {} columns",
                        m.id,
                        m.rows.len(),
                        own.places.len()
                    );
                    let key = "estimate.demand.demographics";
                    return Err(vec![InputError::at(key, message).value(&m.id)]);
                }
                consumers.by_product.push(own.of_market(m, rows, here));
            }
            consumers.log_availability = availability(source, table, m, rows, here).map_err(one)?;
            Ok(consumers)
        })
        .collect()
}

fn node_columns<'a>(
    source: &Source<'_>,
    table: &'a Table,
    dimensions: usize,
) -> Result<Vec<&'a [f64]>, InputError> {
    let key = "data.columns.nodes";
    let found = expand(table, &source.columns.nodes);
    if found.len() < dimensions {
        let message = format!(
            "`{}` has {} columns of nodes for {dimensions} columns of Sigma that are not zero",
            table.file,
            found.len()
        );
        return Err(InputError::at(key, message).value(&source.columns.nodes));
    }
    found[..dimensions]
        .iter()
        .map(|name| numbers(table, name, key))
        .collect()
}

/// A demographic whose values differ by product: a design for each place in a market.
pub(super) struct ByProduct {
    demographic: usize,
    /// Values of the consumers of the table, for each place of a product in its market's file
    /// order.
    places: Vec<Vec<f64>>,
}

impl ByProduct {
    fn of_market(&self, m: &MarketRows, rows: &Rows, here: &[usize]) -> ProductDemographics {
        let stride = padded(m.rows.len());
        let places = places(m, rows);
        let mut values = vec![0.0; here.len() * stride];
        for (i, r) in here.iter().enumerate() {
            for (j, place) in places.iter().enumerate() {
                values[i * stride + j] = self.places[*place][*r];
            }
        }
        ProductDemographics {
            demographic: self.demographic,
            values,
        }
    }
}

/// Place of each product among the rows of its market in the file.
fn places(m: &MarketRows, rows: &Rows) -> Vec<usize> {
    let mut sorted: Vec<usize> = rows.order[m.rows.clone()].to_vec();
    sorted.sort_unstable();
    let place = |r: &usize| sorted.binary_search(r).unwrap_or(0);
    rows.order[m.rows.clone()].iter().map(place).collect()
}

/// Demographics: names, values of those that are the same for all products (consumers x
/// demographics, zeros for the others), and those that differ by product.
///
/// A name in the formula that is no column but has columns `name0`, `name1`, ... differs by
/// product.
type Demographics = (Vec<String>, Vec<f64>, Vec<ByProduct>);

pub(super) fn demographic_design(
    _source: &Source<'_>,
    table: &Table,
    text: &str,
) -> Result<Demographics, Vec<InputError>> {
    let key = "estimate.demand.demographics";
    let formula = parse(text, key).map_err(|e| vec![e])?;
    let missing: Vec<String> = formula
        .columns()
        .into_iter()
        .filter(|c| table.column(c).is_none())
        .collect();
    let places = missing
        .iter()
        .map(|name| expand(table, &format!("{name}*")).len())
        .min();
    let of = |t: &Table| formula.design(t).map_err(|e| vec![place(e, key, text)]);
    let Some(places) = places.filter(|p| *p > 0) else {
        let design = of(table)?;
        return Ok((design.names, design.values, Vec::new()));
    };
    let designs: Vec<_> = (0..places)
        .map(|j| of(&at_place(table, &missing, j)))
        .collect::<Result<_, _>>()?;
    Ok(split(&formula, &designs, &missing, table.rows()))
}

/// The table with the columns of one place under the plain names.
fn at_place(table: &Table, names: &[String], place: usize) -> Table {
    let mut out = table.clone();
    for name in names {
        if let Some(column) = table.column(&format!("{name}{place}")) {
            out.names.push(name.clone());
            out.columns.push(column.clone());
        }
    }
    out
}

fn split(
    _formula: &Formula,
    designs: &[entrant_data::formula::Design],
    differing: &[String],
    rows: usize,
) -> Demographics {
    let first = &designs[0];
    let d = first.columns();
    let differs = |c: usize| differing.iter().any(|name| first.depends_on(c, name));
    let mut common = first.values.clone();
    let mut own = Vec::new();
    for c in (0..d).filter(|c| differs(*c)) {
        for r in 0..rows {
            common[r * d + c] = 0.0;
        }
        let places = designs
            .iter()
            .map(|x| (0..rows).map(|r| x.values[r * d + c]).collect());
        own.push(ByProduct {
            demographic: c,
            places: places.collect(),
        });
    }
    (first.names.clone(), common, own)
}

/// Logarithms of availability (consumers x stride); empty when nothing is said.
fn availability(
    source: &Source<'_>,
    table: &Table,
    m: &MarketRows,
    rows: &Rows,
    here: &[usize],
) -> Result<Vec<f64>, InputError> {
    let Some(prefix) = &source.columns.availability else {
        return Ok(Vec::new());
    };
    let key = "data.columns.availability";
    let stride = padded(m.rows.len());
    let mut out = vec![0.0; here.len() * stride];
    for (j, place) in places(m, rows).into_iter().enumerate() {
        let name = format!("{}{place}", prefix.trim_end_matches('*'));
        let Column::Numbers(cells) = column(table, &name, key)? else {
            return Err(InputError::at(key, "availability holds text").value(name));
        };
        for (i, r) in here.iter().enumerate() {
            if !(cells[*r] >= 0.0 && cells[*r].is_finite()) {
                let message = "availability is a number of at least 0";
                return Err(InputError::at(key, message).value(cells[*r].to_string()));
            }
            out[i * stride + j] = vector::ln(cells[*r]);
        }
    }
    Ok(out)
}
