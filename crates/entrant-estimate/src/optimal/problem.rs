//! The problem with optimal instruments.

use entrant_data::InputError;
use entrant_data::formula::Design;
use entrant_numeric::dense::Matrix;

use super::OptimalInstruments;
use super::errors::{absorb, exogenous};
use crate::blp::{Kind, Problem, Side};
use crate::simulate::Columns;

/// Instruments as they are collected: names and columns.
#[derive(Debug, Default)]
struct Excluded {
    names: Vec<String>,
    columns: Vec<Vec<f64>>,
}

impl OptimalInstruments {
    /// The problem with these as excluded instruments, and with expected prices for coefficients
    /// on price that are solved for; with supply also with what shifts only cost for demand and
    /// what shifts only demand for cost (`PyBLP`'s convention). Exogenous characteristics stay
    /// instruments; columns of their own coefficients are left out.
    ///
    /// # Errors
    ///
    /// Instruments that others explain, or too few.
    pub fn problem(
        &self,
        problem: &Problem,
        columns: &Columns,
    ) -> Result<Problem, Vec<InputError>> {
        let mut out = problem.clone();
        let kept = self.kept(problem);
        let mut demand = of_parameters(problem, &self.demand, &kept);
        self.add_expected(problem, columns, &mut demand)?;
        let Some(supply) = &mut out.supply else {
            replace(&mut out.demand, demand);
            return out.checked();
        };
        let mut cost = of_parameters(problem, &self.supply, &kept);
        if let Some(design) = columns.cost() {
            add_shifters(&supply.side, &problem.demand, design, &mut demand);
        }
        add_shifters(&problem.demand, &supply.side, columns.linear(), &mut cost);
        replace(&mut supply.side, cost);
        replace(&mut out.demand, demand);
        out.checked()
    }

    /// Parameters whose columns are used: not coefficients of exogenous characteristics.
    fn kept(&self, problem: &Problem) -> Vec<usize> {
        let demand = exogenous(&problem.demand);
        let supply = problem
            .supply
            .as_ref()
            .map_or(Vec::new(), |s| exogenous(&s.side));
        let keep = |c: &usize| match problem.parameters.free[*c].kind {
            Kind::Beta { column } => !demand.contains(&column),
            Kind::Gamma { column } => !supply.contains(&column),
            _ => true,
        };
        (0..self.demand.columns).filter(keep).collect()
    }

    /// Expected values of endogenous characteristics whose coefficients are solved for.
    fn add_expected(
        &self,
        problem: &Problem,
        columns: &Columns,
        to: &mut Excluded,
    ) -> Result<(), Vec<InputError>> {
        let solved = problem.parameters.solved_beta.iter();
        let endogenous: Vec<usize> = solved.copied().filter(|c| columns.moves(*c)).collect();
        if endogenous.is_empty() {
            return Ok(());
        }
        let there = columns.linear_at(&self.prices).map_err(|e| {
            let message = format!("at expected prices: {}", e.message);
            vec![InputError::at("estimate.demand.linear", message).hint(e.hint)]
        })?;
        for c in endogenous {
            to.names.push(format!("expected {}", there.names[c]));
            to.columns
                .push((0..there.rows).map(|r| there.row(r)[c]).collect());
        }
        Ok(())
    }
}

/// Columns of some parameters.
fn of_parameters(problem: &Problem, all: &Matrix, kept: &[usize]) -> Excluded {
    let name = |c: &usize| format!("optimal {}", problem.parameters.free[*c].name);
    Excluded {
        names: kept.iter().map(name).collect(),
        columns: kept.iter().map(|c| all.column(*c)).collect(),
    }
}

/// Adds exogenous characteristics of one equation that the other does not have.
fn add_shifters(of: &Side, without: &Side, design: &Design, to: &mut Excluded) {
    let other: Vec<&String> = exogenous(without)
        .iter()
        .map(|c| &without.x_names[*c])
        .collect();
    for c in exogenous(of) {
        let name = &of.x_names[c];
        if name != "Intercept" && !other.contains(&name) {
            to.names.push(name.clone());
            to.columns
                .push((0..design.rows).map(|r| design.row(r)[c]).collect());
        }
    }
}

/// Puts other excluded instruments before the exogenous characteristics.
fn replace(side: &mut Side, excluded: Excluded) {
    let own = exogenous(side);
    let rows = side.x.rows;
    let mut z = Matrix::zeros(rows, excluded.columns.len());
    for (c, column) in excluded.columns.iter().enumerate() {
        for (r, v) in column.iter().enumerate() {
            z.set(r, c, *v);
        }
    }
    let columns = z.columns;
    absorb(&side.effects, &mut z.data, columns);
    side.z = z.beside(&side.x.select(&own));
    side.z_names = excluded.names;
    side.z_names
        .extend(own.iter().map(|c| side.x_names[*c].clone()));
}
