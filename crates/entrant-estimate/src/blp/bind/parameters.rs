//! Starting values and bounds into the list of parameters.

use entrant_data::InputError;
use entrant_data::error::did_you_mean;
use entrant_data::spec::{Bounds, EstimateSupply, StartMatrix};

use super::Source;
use super::demand::Demand;
use super::rows::Rows;
use crate::blp::parameters::{Kind, Parameter, Parameters};
use crate::blp::problem::{CostSide, Side};

pub(super) fn parameters(
    source: &Source<'_>,
    demand: &Demand,
    supply: Option<&CostSide>,
    rows: &Rows,
) -> Result<Parameters, Vec<InputError>> {
    let spec = &source.spec.demand;
    let (k, d) = (demand.random_names.len(), demand.demographic_names.len());
    let mut out = Parameters {
        random: k,
        demographics: d,
        groups: rows.nest_names.len(),
        ..Parameters::default()
    };
    let one = |e: InputError| vec![e];
    out.add_sigma(source, demand).map_err(one)?;
    out.add_pi(source, demand).map_err(one)?;
    out.add_rho(source, rows).map_err(one)?;
    out.add_beta(source, &demand.side, supply.is_some())
        .map_err(one)?;
    if let (Some(supply), Some(spec)) = (supply, &source.spec.supply) {
        out.add_gamma(spec, &supply.side).map_err(one)?;
    }
    if k > 0 && !out.node.iter().any(Option::is_some) && spec.pi.is_none() {
        let message = "random coefficients have neither `sigma` nor `pi`";
        let hint = "give starting values; zeros stay zero";
        return Err(vec![
            InputError::at("estimate.demand.sigma", message).hint(hint),
        ]);
    }
    Ok(out)
}

impl Parameters {
    fn push(&mut self, parameter: Parameter) {
        let held = parameter.lower >= parameter.upper;
        if held {
            self.fixed.push(Parameter {
                start: parameter.lower,
                ..parameter
            });
        } else {
            self.free.push(parameter);
        }
    }

    fn add_sigma(&mut self, source: &Source<'_>, demand: &Demand) -> Result<(), InputError> {
        let spec = &source.spec.demand;
        let (k, names) = (self.random, &demand.random_names);
        let key = "estimate.demand.sigma";
        let start = matrix(spec.sigma.as_ref(), k, k, 0.0, key)?;
        let [lower, upper] = bounds(
            spec.sigma_bounds.as_ref(),
            k,
            k,
            "estimate.demand.sigma_bounds",
        )?;
        for row in 0..k {
            for column in row + 1..k {
                if start[row * k + column] != 0.0 {
                    let message = format!(
                        "sigma is lower-triangular: row {} cannot have an entry in column {}",
                        row + 1,
                        column + 1
                    );
                    let value = start[row * k + column].to_string();
                    return Err(InputError::at(key, message).value(value));
                }
            }
        }
        let mut next = 0;
        self.node = (0..k)
            .map(|column| {
                let used = (column..k).any(|row| start[row * k + column] != 0.0);
                used.then(|| {
                    next += 1;
                    next - 1
                })
            })
            .collect();
        for row in 0..k {
            for column in 0..=row {
                let at = row * k + column;
                if start[at] != 0.0 {
                    // A spread is not negative, unless somebody says so: with finitely many
                    // consumers its sign is no normalisation, and a negative one is hard to read.
                    let natural = row == column && spec.sigma_bounds.is_none() && start[at] > 0.0;
                    let name = if row == column {
                        format!("sigma[{}]", names[row])
                    } else {
                        format!("sigma[{}, {}]", names[row], names[column])
                    };
                    self.push(Parameter {
                        kind: Kind::Sigma { row, column },
                        name,
                        start: start[at],
                        lower: if natural { 0.0 } else { lower[at] },
                        upper: upper[at],
                    });
                }
            }
        }
        Ok(())
    }

    fn add_pi(&mut self, source: &Source<'_>, demand: &Demand) -> Result<(), InputError> {
        let spec = &source.spec.demand;
        let (k, d) = (self.random, self.demographics);
        let key = "estimate.demand.pi";
        let start = matrix(spec.pi.as_ref(), k, d, 0.0, key)?;
        let [lower, upper] = bounds(spec.pi_bounds.as_ref(), k, d, "estimate.demand.pi_bounds")?;
        for row in 0..k {
            for column in 0..d {
                let at = row * d + column;
                if start[at] != 0.0 {
                    let (x, y) = (&demand.random_names[row], &demand.demographic_names[column]);
                    self.push(Parameter {
                        kind: Kind::Pi { row, column },
                        name: format!("pi[{x}, {y}]"),
                        start: start[at],
                        lower: lower[at],
                        upper: upper[at],
                    });
                }
            }
        }
        Ok(())
    }

    /// One nesting parameter for all nests, or one for each.
    fn add_rho(&mut self, source: &Source<'_>, rows: &Rows) -> Result<(), InputError> {
        let given = &source.spec.demand.rho;
        let key = "estimate.demand.rho";
        let nests = rows.nest_names.len();
        if nests == 0 {
            return if given.is_empty() {
                Ok(())
            } else {
                let hint = "name the column of nests in `data.columns.nest`";
                Err(InputError::at(key, "there are no nests").hint(hint))
            };
        }
        let starts: Vec<f64> = match given.len() {
            0 => vec![0.5],
            n if n == 1 || n == nests => given.clone(),
            n => {
                let message = format!("{n} starting values for {nests} nests");
                let hint = format!(
                    "give one, or one for each of: {}",
                    rows.nest_names.join(", ")
                );
                return Err(InputError::at(key, message).hint(hint));
            }
        };
        self.groups = starts.len();
        for (group, start) in starts.iter().enumerate() {
            let bounds = source.spec.demand.rho_bounds.as_ref();
            let [lower, upper] = bounds.and_then(|b| b.of(group)).unwrap_or([0.0, 0.99]);
            let name = if starts.len() == 1 {
                "rho".to_owned()
            } else {
                format!("rho[{}]", rows.nest_names[group])
            };
            self.push(Parameter {
                kind: Kind::Rho { group },
                name,
                start: *start,
                lower: lower.min(*start),
                upper: upper.max(*start).min(1.0 - 1e-6),
            });
        }
        Ok(())
    }

    fn add_beta(
        &mut self,
        source: &Source<'_>,
        side: &Side,
        supply: bool,
    ) -> Result<(), InputError> {
        let spec = &source.spec.demand;
        let key = "estimate.demand.beta";
        known_names(
            spec.beta.keys().chain(spec.beta_bounds.keys()),
            &side.x_names,
            key,
        )?;
        for (column, name) in side.x_names.iter().enumerate() {
            let Some(start) = spec.beta.get(name) else {
                if supply && side.x_with_price[column] {
                    let message = format!("with supply `{name}` needs a starting value");
                    let hint = format!("for example `beta = {{ \"{name}\" = -1.0 }}`");
                    return Err(InputError::at(key, message).hint(hint));
                }
                self.solved_beta.push(column);
                continue;
            };
            let free = [f64::NEG_INFINITY, f64::INFINITY];
            let [lower, upper] = spec.beta_bounds.get(name).copied().unwrap_or(free);
            self.push(Parameter {
                kind: Kind::Beta { column },
                name: format!("beta[{name}]"),
                start: *start,
                lower,
                upper,
            });
        }
        Ok(())
    }

    fn add_gamma(&mut self, spec: &EstimateSupply, side: &Side) -> Result<(), InputError> {
        known_names(
            spec.gamma.keys().chain(spec.gamma_bounds.keys()),
            &side.x_names,
            "estimate.supply.gamma",
        )?;
        for (column, name) in side.x_names.iter().enumerate() {
            let Some(start) = spec.gamma.get(name) else {
                self.solved_gamma.push(column);
                continue;
            };
            let free = [f64::NEG_INFINITY, f64::INFINITY];
            let [lower, upper] = spec.gamma_bounds.get(name).copied().unwrap_or(free);
            self.push(Parameter {
                kind: Kind::Gamma { column },
                name: format!("gamma[{name}]"),
                start: *start,
                lower,
                upper,
            });
        }
        Ok(())
    }
}

fn known_names<'a>(
    given: impl Iterator<Item = &'a String>,
    known: &[String],
    key: &str,
) -> Result<(), InputError> {
    for name in given {
        if !known.contains(name) {
            let hint = did_you_mean(name, known.iter().map(String::as_str));
            let message = format!("the formula has no column `{name}`");
            return Err(InputError::at(key, message).value(name).hint(hint));
        }
    }
    Ok(())
}

/// A matrix of starting values, row by row; `otherwise` where nothing is given.
fn matrix(
    given: Option<&StartMatrix>,
    rows: usize,
    columns: usize,
    otherwise: f64,
    key: &str,
) -> Result<Vec<f64>, InputError> {
    let mut out = vec![otherwise; rows * columns];
    let wrong = |what: String| {
        let hint = format!("{rows} rows of {columns} numbers are needed");
        Err(InputError::at(key, what).hint(hint))
    };
    match given {
        None => {}
        Some(StartMatrix::Diagonal(values)) => {
            if values.len() != rows || rows != columns {
                return wrong(format!("a diagonal of {} numbers", values.len()));
            }
            for (k, v) in values.iter().enumerate() {
                out[k * columns + k] = *v;
            }
        }
        Some(StartMatrix::Rows(lines)) => {
            if lines.len() != rows {
                return wrong(format!("{} rows", lines.len()));
            }
            for (r, line) in lines.iter().enumerate() {
                let short = line.len() < columns && rows == columns && line.len() == r + 1;
                if line.len() != columns && !short {
                    return wrong(format!("row {} has {} numbers", r + 1, line.len()));
                }
                out[r * columns..r * columns + line.len()].copy_from_slice(line);
            }
        }
    }
    match out.iter().find(|v| v.is_nan()) {
        Some(_) => Err(InputError::at(key, "not a number").value("nan")),
        None => Ok(out),
    }
}

fn bounds(
    given: Option<&Bounds>,
    rows: usize,
    columns: usize,
    key: &str,
) -> Result<[Vec<f64>; 2], InputError> {
    let lower = given.and_then(|b| b.lower.as_ref());
    let upper = given.and_then(|b| b.upper.as_ref());
    let low = matrix(lower, rows, columns, f64::NEG_INFINITY, key)?;
    let high = matrix(upper, rows, columns, f64::INFINITY, key)?;
    match low.iter().zip(&high).find(|(l, u)| l > u) {
        Some((l, u)) => Err(InputError::at(
            key,
            format!("lower bound {l} is above upper bound {u}"),
        )),
        None => Ok([low, high]),
    }
}
