//! A specification and tables into a [`Problem`].

mod consumers;
mod cost;
mod demand;
mod micro;
mod parameters;
mod ranks;
pub(super) mod rows;
pub(super) mod side;

use entrant_data::InputError;
use entrant_data::spec::{EstimateSpec, PanelColumns};
use entrant_data::table::{Column, Table};

use super::market::MarketData;
use super::problem::{Formulas, Problem};

pub use self::consumers::rule;

/// What a problem is made of.
#[derive(Debug, Clone, Copy)]
pub struct Source<'a> {
    /// What is estimated and how.
    pub spec: &'a EstimateSpec,
    /// Names of columns.
    pub columns: &'a PanelColumns,
    /// Products, rows of a market in the order of the file.
    pub products: &'a Table,
    /// Consumer draws, when they come from a table.
    pub consumers: Option<&'a Table>,
}

impl Problem {
    /// Binds a specification to tables: resolves columns, builds matrices, takes fixed effects
    /// out, and checks that the data can tell the parameters apart.
    ///
    /// # Errors
    ///
    /// Every mistake that can be found: formulas that do not fit the table, matrices of the
    /// wrong shape, fewer moments than parameters, columns that others explain.
    pub fn bind(source: &Source<'_>) -> Result<Problem, Vec<InputError>> {
        Problem::bind_before(source, 0)
    }

    /// The same where so many micro moments are still to come, by [`Problem::with_micro`].
    ///
    /// # Errors
    ///
    /// As [`Problem::bind`].
    pub fn bind_before(source: &Source<'_>, micro: usize) -> Result<Problem, Vec<InputError>> {
        let problem = Problem::bind_unchecked(source)?;
        ranks::check(&problem, micro)?;
        Ok(problem)
    }

    /// The same without a look at whether the data can tell the parameters apart: for a model whose
    /// parameters are known, and for a caller who asks [`Problem::indistinct`].
    ///
    /// # Errors
    ///
    /// As [`Problem::bind`], but for what ranks say.
    pub fn bind_unchecked(source: &Source<'_>) -> Result<Problem, Vec<InputError>> {
        let rows = rows::Rows::new(source)?;
        let demand = demand::demand(source, &rows)?;
        let supply = cost::cost(source, &rows)?;
        let parameters = parameters::parameters(source, &demand, supply.as_ref(), &rows)?;
        let consumers = consumers::consumers(source, &rows, &demand, &parameters)?;
        let scale = scale(source.spec, source.columns)?;
        let markets = markets(&rows, &demand, (parameters.groups, scale), consumers);
        let problem = Problem {
            markets: markets.into(),
            order: rows.order.clone(),
            price: rows.price.clone(),
            scale,
            coefficients: demand.coefficients,
            random_names: demand.random_names,
            demographic_names: demand.demographic_names,
            nest_names: rows.nest_names.clone(),
            demand: demand.side,
            supply,
            parameters,
            clusters: rows.clusters.clone(),
            micro: None,
            formulas: Some(Formulas {
                price: source.columns.price.clone(),
                linear: demand.linear_design.subset(&rows.order),
                random: demand.random_design.map(|d| d.subset(&rows.order)),
            }),
        };
        let problem = micro::micro(source, &rows, problem)?;
        Ok(problem)
    }

    /// Why the data cannot tell the parameters apart, where so many micro moments are still to come:
    /// columns that others explain, fewer moments than parameters. Nothing where they can.
    pub fn indistinct(&self, micro: usize) -> Vec<InputError> {
        ranks::check(self, micro).err().unwrap_or_default()
    }

    /// The problem itself, if the data can tell its parameters apart.
    ///
    /// # Errors
    ///
    /// Columns that others explain, fewer moments than parameters.
    pub(crate) fn checked(self) -> Result<Problem, Vec<InputError>> {
        ranks::check(&self, 0)?;
        Ok(self)
    }
}

/// Excluded instruments of demand and of supply that others, listed before them, explain: in few
/// markets sums over a market's products repeat one another.
///
/// # Errors
///
/// As [`Problem::bind`], but for what ranks say.
pub fn redundant_instruments(
    source: &Source<'_>,
) -> Result<(Vec<String>, Vec<String>), Vec<InputError>> {
    let rows = rows::Rows::new(source)?;
    let demand = demand::demand(source, &rows)?;
    let supply = cost::cost(source, &rows)?;
    let of_supply = supply.map_or(Vec::new(), |s| ranks::redundant(&s.side));
    Ok((ranks::redundant(&demand.side), of_supply))
}

/// The scale of taste shocks.
fn scale(spec: &EstimateSpec, columns: &PanelColumns) -> Result<f64, Vec<InputError>> {
    let (path, scale) = ("estimate.epsilon_scale", spec.epsilon_scale);
    let refuse = |message: &str, hint: &str| {
        let mistake = InputError::at(path, message).value(scale.to_string());
        Err(vec![mistake.hint(hint)])
    };
    if !(scale > 0.0 && scale.is_finite()) {
        let hint = "1 is the usual logit; smaller values come nearer to pure characteristics";
        return refuse("must be a positive number", hint);
    }
    if scale.to_bits() != 1.0_f64.to_bits() && columns.nest.is_some() {
        let hint = "leave `epsilon_scale` out, or take the nests out of `data.columns`";
        return refuse("the scale of taste shocks cannot be set with nests", hint);
    }
    Ok(scale)
}

fn markets(
    rows: &rows::Rows,
    demand: &demand::Demand,
    (groups, scale): (usize, f64),
    consumers: Vec<super::market::Consumers>,
) -> Vec<MarketData> {
    let transposed = |values: &[f64], range: &std::ops::Range<usize>, columns: usize| {
        let part = &values[range.start * columns..range.end * columns];
        MarketData::scaled(part, range.len(), columns, scale)
    };
    rows.markets
        .iter()
        .zip(consumers)
        .map(|(market, consumers)| {
            let range = market.rows.clone();
            MarketData {
                id: market.id.clone(),
                stride: entrant_numeric::mixture::padded(range.len()),
                share: rows.share[range.clone()].to_vec(),
                x2: transposed(&demand.x2, &range, demand.random_names_len),
                x2_price: transposed(&demand.x2_price, &range, demand.random_names_len),
                x1_price: transposed(&demand.x1_price, &range, demand.linear_len),
                nests: market.nests.clone(),
                // One parameter for all nests, or one for each.
                nest_group: market
                    .nest_group
                    .iter()
                    .map(|g| g % groups.max(1))
                    .collect(),
                groups: MarketData::group_products(&market.firm, &market.conduct, market.firms),
                separate: market.separate,
                firm: market.firm.clone(),
                conduct: market.conduct.clone(),
                firms: market.firms,
                firm_names: market.firm_names.clone(),
                rows: range,
                consumers,
            }
        })
        .collect()
}

/// Codes of the cells of a column in order of first appearance, and their labels.
pub(super) fn codes<'a>(column: &'a Column) -> (Vec<u32>, Vec<String>) {
    let mut labels: Vec<String> = Vec::new();
    let next = |labels: &Vec<String>| u32::try_from(labels.len()).unwrap_or(u32::MAX);
    let codes = match column {
        Column::Numbers(cells) => {
            let mut known = std::collections::BTreeMap::new();
            let code = |v: &f64| {
                *known.entry(v.to_bits()).or_insert_with(|| {
                    labels.push(v.to_string());
                    next(&labels) - 1
                })
            };
            cells.iter().map(code).collect()
        }
        Column::Text(cells) => {
            let mut known: std::collections::BTreeMap<&str, u32> =
                std::collections::BTreeMap::new();
            let mut code = |v: &'a String| {
                *known.entry(v.as_str()).or_insert_with(|| {
                    labels.push(v.clone());
                    next(&labels) - 1
                })
            };
            cells.iter().map(&mut code).collect()
        }
    };
    (codes, labels)
}

/// The column with a name, or the mistake that it is missing.
pub(super) fn column<'a>(
    table: &'a Table,
    name: &str,
    key: &str,
) -> Result<&'a Column, InputError> {
    table.column(name).ok_or_else(|| {
        let known = table.names.iter().map(String::as_str);
        InputError::at(key, format!("`{}` has no column `{name}`", table.file))
            .value(name)
            .hint(entrant_data::error::did_you_mean(name, known))
    })
}

/// The numbers of a column.
pub(super) fn numbers<'a>(
    table: &'a Table,
    name: &str,
    key: &str,
) -> Result<&'a [f64], InputError> {
    match column(table, name, key)? {
        Column::Numbers(cells) => Ok(cells),
        Column::Text(_) => Err(InputError::at(
            key,
            format!(
                "column `{name}` of `{}` holds text where numbers are needed",
                table.file
            ),
        )
        .value(name)),
    }
}

/// Names of columns that a pattern stands for: itself, or with `*` at the end every column that
/// has a number there, in the order of the numbers.
pub(super) fn expand(table: &Table, pattern: &str) -> Vec<String> {
    let Some(prefix) = pattern.strip_suffix('*') else {
        return vec![pattern.to_owned()];
    };
    let number = |name: &str| name.strip_prefix(prefix)?.parse::<u32>().ok();
    let mut found: Vec<(u32, String)> = table
        .names
        .iter()
        .filter_map(|n| Some((number(n)?, n.clone())))
        .collect();
    found.sort();
    found.into_iter().map(|(_, n)| n).collect()
}
