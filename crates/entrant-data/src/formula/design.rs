//! The matrix that a formula makes of a table, with its derivatives.

use std::ops::Range;

use super::FormulaError;
use super::expression::{BLOCK, Jets, Machine};
use super::levels::{Found, place_of};
use super::plan::{Block, Plan};
use crate::table::Table;

/// What a design reads: numbers of the names and levels of the categories, row by row.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Cells {
    /// File of the table, for messages.
    pub file: String,
    /// Line of each row.
    pub lines: Vec<usize>,
    /// Numbers of each name of the formula; empty where no arithmetic uses it.
    pub numbers: Vec<Vec<f64>>,
    /// Level in each row for each factor; empty for a numeric factor.
    pub levels: Vec<Vec<u32>>,
}

/// The matrix of a formula on a table.
///
/// Columns stand in the order in which their terms are written, the constant first, as in `PyBLP`.
/// (patsy by itself moves terms of categories before those with numbers; the columns are the same.)
#[derive(Debug, Clone, PartialEq)]
pub struct Design {
    /// Name of each column, as patsy writes them: `Intercept`, `log(x)`, `C(brand)[T.b]` where the first
    /// level has no column of its own, `C(brand)[b]` where it has, `x:C(brand)[b]`.
    pub names: Vec<String>,
    /// Number of rows, as in the table.
    pub rows: usize,
    /// Values, row by row: `rows` times `names.len()`. All finite.
    pub values: Vec<f64>,
    pub(super) plan: Plan,
    pub(super) cells: Cells,
}

impl Design {
    pub(super) fn new(plan: Plan, cells: Cells) -> Result<Self, FormulaError> {
        Ok(Design {
            names: plan.columns.clone(),
            rows: cells.lines.len(),
            values: fill(&plan, &cells, None, 0)?,
            plan,
            cells,
        })
    }

    /// Number of columns.
    pub fn columns(&self) -> usize {
        self.names.len()
    }

    /// One row of the matrix.
    ///
    /// # Panics
    /// If there is no such row.
    pub fn row(&self, row: usize) -> &[f64] {
        let columns = self.columns();
        &self.values[row * columns..(row + 1) * columns]
    }

    /// Whether a column of the matrix changes with a column of the table, by value or by category.
    pub fn depends_on(&self, column: usize, name: &str) -> bool {
        self.plan.depends_on(column, name)
    }

    /// Derivative of every cell with respect to the number `name` in the same row, in the layout of
    /// `values`; 0 where a column does not use the number. Categories do not move.
    ///
    /// # Errors
    /// A derivative that is not finite, such as that of `I(x ** 0.5)` at 0.
    pub fn derivative(&self, name: &str) -> Result<Vec<f64>, FormulaError> {
        fill(&self.plan, &self.cells, self.plan.place(name), 1)
    }

    /// Second derivative of every cell with respect to the number `name` in the same row, in the layout
    /// of `values`.
    ///
    /// # Errors
    /// A derivative that is not finite.
    pub fn second_derivative(&self, name: &str) -> Result<Vec<f64>, FormulaError> {
        fill(&self.plan, &self.cells, self.plan.place(name), 2)
    }

    /// The same columns with other numbers for `name`, one a row: what a price that moves makes of them.
    ///
    /// # Errors
    /// Those of [`Design::set`].
    pub fn with(&self, name: &str, values: &[f64]) -> Result<Self, FormulaError> {
        let mut other = self.clone();
        other.set(name, values)?;
        Ok(other)
    }

    /// Puts other numbers in place of those of `name`, one a row. A name that the formula does not use
    /// changes nothing. After an error the design is as it was.
    ///
    /// # Errors
    /// A number that is not finite or makes a column so, another number of rows, and a formula that makes
    /// categories of `name`.
    pub fn set(&mut self, name: &str, values: &[f64]) -> Result<(), FormulaError> {
        self.can_take(name, values)?;
        let Some(place) = self.plan.place(name) else {
            return Ok(());
        };
        if self.cells.numbers[place].is_empty() {
            return Ok(());
        }
        let before = std::mem::replace(&mut self.cells.numbers[place], values.to_vec());
        match fill(&self.plan, &self.cells, None, 0) {
            Ok(values) => self.values = values,
            Err(error) => {
                self.cells.numbers[place] = before;
                return Err(error);
            }
        }
        Ok(())
    }

    /// Refuses numbers that cannot stand for `name`.
    fn can_take(&self, name: &str, values: &[f64]) -> Result<(), FormulaError> {
        let whole = &self.plan.whole;
        if values.len() != self.rows {
            let message = format!("{} values of `{name}` for {} rows", values.len(), self.rows);
            return Err(FormulaError::at(whole, message, ""));
        }
        if let Some(span) = self.plan.category_of(name) {
            let message = format!("`{name}` makes categories here and cannot move");
            let hint = "let a number enter as itself: I(x), log(x)";
            return Err(FormulaError::at(&span, message, hint));
        }
        if let Some(row) = values.iter().position(|x| !x.is_finite()) {
            let at = place_of(&self.cells.file, self.cells.lines[row]);
            let message = format!("`{name}` would be {} {at}", values[row]);
            return Err(FormulaError::at(whole, message, ""));
        }
        Ok(())
    }

    /// The same columns for these rows, in this order: one market out of many.
    ///
    /// # Panics
    /// If there is no such row.
    pub fn subset(&self, rows: &[usize]) -> Self {
        let columns = self.columns();
        let mut values = Vec::with_capacity(rows.len() * columns);
        for &row in rows {
            values.extend_from_slice(self.row(row));
        }
        Design {
            names: self.names.clone(),
            rows: rows.len(),
            values,
            plan: self.plan.clone(),
            cells: self.cells.subset(rows),
        }
    }

    /// The same columns for another table, such as one of new products: levels of categories are those
    /// of the first table.
    ///
    /// # Errors
    /// As [`super::Formula::design`], and a category that the first table does not have.
    pub fn on(&self, table: &Table) -> Result<Self, FormulaError> {
        let plan = &self.plan;
        let mut levels = Vec::new();
        for (factor, known) in plan.factors.iter().zip(&plan.levels) {
            levels.push(match known {
                Some(known) => {
                    let (name, span) = &factor.uses[0];
                    Found::new(table, &plan.names[*name], span)?.coded(known)?
                }
                None => Vec::new(),
            });
        }
        let cells = Cells {
            file: table.file.clone(),
            lines: table.lines.clone(),
            numbers: plan.numbers(table)?,
            levels,
        };
        Design::new(plan.clone(), cells)
    }
}

impl Cells {
    fn subset(&self, rows: &[usize]) -> Cells {
        Cells {
            file: self.file.clone(),
            lines: picked(&self.lines, rows),
            numbers: self.numbers.iter().map(|c| picked(c, rows)).collect(),
            levels: self.levels.iter().map(|c| picked(c, rows)).collect(),
        }
    }
}

/// The cells of these rows; none of a column that is not kept.
fn picked<T: Copy>(cells: &[T], rows: &[usize]) -> Vec<T> {
    if cells.is_empty() {
        return Vec::new();
    }
    rows.iter().map(|&r| cells[r]).collect()
}

/// The matrix, or its derivative of an order with respect to the name at place `moving`.
fn fill(
    plan: &Plan,
    cells: &Cells,
    moving: Option<usize>,
    order: usize,
) -> Result<Vec<f64>, FormulaError> {
    let mut matrix = vec![0.0; cells.lines.len() * plan.columns.len()];
    if plan.columns.is_empty() || (order > 0 && moving.is_none()) {
        return Ok(matrix);
    }
    let mut filler = Filler {
        plan,
        cells,
        moving,
        order,
        machine: Machine::default(),
        factors: vec![Jets::constant(1.0); plan.programs.len()],
        product: Jets::constant(1.0),
    };
    for (k, rows) in matrix.chunks_mut(BLOCK * plan.columns.len()).enumerate() {
        let start = k * BLOCK;
        filler.block(start..(start + BLOCK).min(cells.lines.len()), rows)?;
    }
    Ok(matrix)
}

/// Fills blocks of rows, and keeps its memory in between.
struct Filler<'a> {
    plan: &'a Plan,
    cells: &'a Cells,
    moving: Option<usize>,
    order: usize,
    machine: Machine,
    factors: Vec<Jets>,
    product: Jets,
}

impl Filler<'_> {
    fn block(&mut self, rows: Range<usize>, out: &mut [f64]) -> Result<(), FormulaError> {
        for program in 0..self.factors.len() {
            self.run(program, &rows)?;
        }
        for block in &self.plan.blocks {
            if self.order == 0 || block.uses.iter().any(|u| Some(*u) == self.moving) {
                self.multiply(block, &rows)?;
                self.scatter(block, &rows, out);
            }
        }
        Ok(())
    }

    fn run(&mut self, program: usize, rows: &Range<usize>) -> Result<(), FormulaError> {
        let (factor, ops) = &self.plan.programs[program];
        let jets = self
            .machine
            .run(ops, &self.cells.numbers, rows, self.moving, self.order);
        if let Some(r) = jets.value[..rows.len()].iter().position(|x| !x.is_finite()) {
            return Err(self.not_finite(*factor, rows.start + r));
        }
        self.factors[program].copy(jets, self.order);
        Ok(())
    }

    /// The product of the numeric factors of a term.
    fn multiply(&mut self, block: &Block, rows: &Range<usize>) -> Result<(), FormulaError> {
        match block.numeric.split_first() {
            Some((first, more)) => {
                self.product.copy(&self.factors[*first], self.order);
                for f in more {
                    self.product
                        .multiply(&self.factors[*f], self.order, rows.len());
                }
            }
            None => self.product.copy(&Jets::constant(1.0), self.order),
        }
        let result = &self.product.of_order(self.order)[..rows.len()];
        match result.iter().position(|x| !x.is_finite()) {
            Some(r) => Err(self.product_not_finite(block, rows.start + r)),
            None => Ok(()),
        }
    }

    /// Writes the product to the column of each row's categories, if they have one.
    fn scatter(&self, block: &Block, rows: &Range<usize>, out: &mut [f64]) {
        let columns = self.plan.columns.len();
        let result = self.product.of_order(self.order);
        for (r, row) in rows.clone().enumerate() {
            if let Some(column) = block.column(&self.cells.levels, row) {
                out[r * columns + column] = result[r];
            }
        }
    }

    fn not_finite(&self, factor: usize, row: usize) -> FormulaError {
        let factor = &self.plan.factors[factor];
        let uses = factor.uses.iter().map(|(name, _)| *name);
        let (at, values) = self.whereabouts(uses, row);
        let message = format!("`{}` is not a finite number {at}{values}", factor.text);
        let hint = "log needs numbers above 0, and nothing can be divided by 0";
        FormulaError::at(&factor.span, message, hint)
    }

    fn product_not_finite(&self, block: &Block, row: usize) -> FormulaError {
        let (at, values) = self.whereabouts(block.uses.iter().copied(), row);
        let name = &self.plan.columns[block.start];
        let what = ["", "the derivative of ", "the second derivative of "][self.order.min(2)];
        let message = format!("{what}`{name}` is not a finite number {at}{values}");
        FormulaError::at(&block.span, message, "")
    }

    /// The line of a row, and the numbers there.
    fn whereabouts(&self, uses: impl Iterator<Item = usize>, row: usize) -> (String, String) {
        let mut names: Vec<usize> = uses.collect();
        names.sort_unstable();
        names.dedup();
        let value = |n: &usize| {
            let x = self.cells.numbers[*n].get(row)?;
            Some(format!("{} = {x}", self.plan.names[*n]))
        };
        let values: Vec<String> = names.iter().filter_map(value).collect();
        let at = place_of(&self.cells.file, self.cells.lines[row]);
        let values = if values.is_empty() {
            String::new()
        } else {
            format!(", where {}", values.join(", "))
        };
        (at, values)
    }
}
