//! From the terms of a formula and a table to the columns of a design.

use std::ops::Range;

use super::FormulaError;
use super::coding::{Coding, MOST_CROSSED, code};
use super::design::Cells;
use super::expression::Op;
use super::levels::{Found, Levels};
use super::parse::{Content, Factor, Side};
use super::terms::{MOST_COLUMNS, Term};
use crate::table::{Column, Table};

/// Most cells of a design: 4 GB of numbers.
const MOST_CELLS: usize = 500_000_000;

/// Neighbouring columns: one for each combination of levels, times a product of numbers.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Block {
    /// Its first column.
    pub start: usize,
    /// How many columns it has.
    pub width: usize,
    /// Numeric factors, by their place among the programs.
    pub numeric: Vec<usize>,
    /// Factors of categories: the factor, levels without a column (0 or 1), and columns from one level to
    /// the next.
    pub categories: Vec<(usize, u32, usize)>,
    /// Names that it uses.
    pub uses: Vec<usize>,
    /// Where its term stands in the text.
    pub span: Range<usize>,
}

impl Block {
    /// The column of a row, unless one of its levels has none.
    pub fn column(&self, levels: &[Vec<u32>], row: usize) -> Option<usize> {
        let mut column = self.start;
        for (factor, dropped, stride) in &self.categories {
            column += levels[*factor][row].checked_sub(*dropped)? as usize * stride;
        }
        Some(column)
    }
}

/// Everything about a design but its rows.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Plan {
    /// Names of columns of the table that the formula uses.
    pub names: Vec<String>,
    pub factors: Vec<Factor>,
    /// Levels of each factor of categories.
    pub levels: Vec<Option<Levels>>,
    /// Numeric factors: their place among the factors, and their arithmetic.
    pub programs: Vec<(usize, Vec<Op>)>,
    pub blocks: Vec<Block>,
    /// Name of each column of the design.
    pub columns: Vec<String>,
    /// All of the formula's text.
    pub whole: Range<usize>,
}

impl Plan {
    /// Place of a name among the names.
    pub fn place(&self, name: &str) -> Option<usize> {
        self.names.iter().position(|n| n == name)
    }

    /// Where the formula makes categories of a name.
    pub fn category_of(&self, name: &str) -> Option<Range<usize>> {
        let place = self.place(name)?;
        let categories = self.factors.iter().zip(&self.levels);
        let mut these = categories.filter(|(f, l)| l.is_some() && f.uses[0].0 == place);
        these.next().map(|(f, _)| f.span.clone())
    }

    /// Whether a column of the design uses a name.
    pub fn depends_on(&self, column: usize, name: &str) -> bool {
        let after = self.blocks.partition_point(|b| b.start <= column);
        let blocks = self.blocks[..after].iter().rev();
        let mut holding = blocks.filter(|b| (b.start..b.start + b.width).contains(&column));
        holding
            .next()
            .is_some_and(|b| b.uses.iter().any(|u| self.names[*u] == name))
    }

    /// Numbers of every name that arithmetic uses.
    pub fn numbers(&self, table: &Table) -> Result<Vec<Vec<f64>>, FormulaError> {
        let mut numbers = vec![Vec::new(); self.names.len()];
        for (factor, _) in &self.programs {
            for (name, span) in &self.factors[*factor].uses {
                let found = Found::new(table, &self.names[*name], span)?;
                let cells = found.numbers()?;
                if numbers[*name].is_empty() {
                    numbers[*name] = cells.to_vec();
                }
            }
        }
        Ok(numbers)
    }
}

/// The columns that terms make of a table, and the cells that they read.
pub(super) fn plan(
    side: &Side,
    terms: &[Term],
    absorbs: bool,
    table: &Table,
    whole: Range<usize>,
) -> Result<(Plan, Cells), FormulaError> {
    let mut plan = Plan {
        names: side.names.clone(),
        factors: side.factors.clone(),
        levels: Vec::new(),
        programs: Vec::new(),
        blocks: Vec::new(),
        columns: Vec::new(),
        whole,
    };
    let levels = read_factors(&mut plan, terms, table)?;
    let cells = Cells {
        file: table.file.clone(),
        lines: table.lines.clone(),
        numbers: plan.numbers(table)?,
        levels,
    };
    lay_out(&mut plan, terms, absorbs)?;
    if plan.columns.len().saturating_mul(table.rows()) > MOST_CELLS {
        return Err(too_large(&plan, table.rows()));
    }
    Ok((plan, cells))
}

/// Decides which factors are numbers and which are categories; levels of each row.
fn read_factors(
    plan: &mut Plan,
    terms: &[Term],
    table: &Table,
) -> Result<Vec<Vec<u32>>, FormulaError> {
    let mut codes = Vec::new();
    let mut wanted = vec![false; plan.factors.len()];
    terms.iter().flatten().for_each(|&f| wanted[f] = true);
    for (f, factor) in plan.factors.iter().enumerate() {
        let content = if wanted[f] {
            resolve(plan, factor, table)?
        } else {
            Resolved::Unused
        };
        let (levels, rows) = match content {
            Resolved::Numbers(ops) => {
                plan.programs.push((f, ops));
                (None, Vec::new())
            }
            Resolved::Levels(levels, rows) => (Some(levels), rows),
            Resolved::Unused => (None, Vec::new()),
        };
        plan.levels.push(levels);
        codes.push(rows);
    }
    Ok(codes)
}

/// What a factor is in this table.
enum Resolved {
    Numbers(Vec<Op>),
    Levels(Levels, Vec<u32>),
    /// It was taken out of the formula again.
    Unused,
}

fn resolve(plan: &Plan, factor: &Factor, table: &Table) -> Result<Resolved, FormulaError> {
    let found = |name: usize| Found::new(table, &plan.names[name], &factor.uses[0].1);
    let name = match &factor.content {
        Content::Arithmetic(ops) => return Ok(Resolved::Numbers(ops.clone())),
        Content::Bare(name) if matches!(found(*name)?.column, Column::Numbers(_)) => {
            return Ok(Resolved::Numbers(vec![Op::Column(*name)]));
        }
        Content::Bare(name) | Content::Category(name) => *name,
    };
    let (levels, codes) = found(name)?.levels()?;
    Ok(Resolved::Levels(levels, codes))
}

/// Gives every term its columns. With absorbed effects a constant is spanned already.
fn lay_out(plan: &mut Plan, terms: &[Term], absorbs: bool) -> Result<(), FormulaError> {
    let is_category: Vec<bool> = plan.levels.iter().map(Option::is_some).collect();
    let mut coded_terms = terms.to_vec();
    if absorbs {
        coded_terms.insert(0, Term::new());
    }
    let coded = code(&coded_terms, &is_category);
    for (term, codings) in terms.iter().zip(&coded[usize::from(absorbs)..]) {
        let span = span_of(plan, term);
        let Some(codings) = codings else {
            return Err(too_many_crossed(&span));
        };
        for coding in codings {
            add_block(plan, term, coding, &span)?;
        }
    }
    Ok(())
}

fn span_of(plan: &Plan, term: &[usize]) -> Range<usize> {
    let spans = || term.iter().map(|f| &plan.factors[*f].span);
    let start = spans().map(|s| s.start).min().unwrap_or(plan.whole.start);
    start..spans().map(|s| s.end).max().unwrap_or(plan.whole.end)
}

fn add_block(
    plan: &mut Plan,
    term: &[usize],
    coding: &Coding,
    span: &Range<usize>,
) -> Result<(), FormulaError> {
    let start = plan.columns.len();
    let mut block = Block {
        start,
        width: 1,
        numeric: Vec::new(),
        categories: Vec::new(),
        uses: Vec::new(),
        span: span.clone(),
    };
    let mut parts: Vec<(usize, Option<bool>)> = Vec::new();
    for &factor in term {
        if let Some(program) = plan.programs.iter().position(|(f, _)| *f == factor) {
            block.numeric.push(program);
            parts.push((factor, None));
        } else if let Some((_, full)) = coding.iter().find(|(f, _)| *f == factor) {
            let dropped = usize::from(!full);
            let levels = plan.levels[factor].as_ref().map_or(0, Levels::count);
            block
                .categories
                .push((factor, u32::from(!full), block.width));
            block.width = block.width.saturating_mul(levels.saturating_sub(dropped));
            parts.push((factor, Some(*full)));
        }
    }
    if start.saturating_add(block.width) > MOST_COLUMNS {
        return Err(too_many_columns(span, block.width));
    }
    let uses = parts.iter().flat_map(|(f, _)| &plan.factors[*f].uses);
    block.uses = uses.map(|(name, _)| *name).collect();
    let names: Vec<String> = (0..block.width)
        .map(|c| column_name(plan, &parts, c))
        .collect();
    plan.columns.extend(names);
    plan.blocks.push(block);
    Ok(())
}

/// Name of a column of a block: the level of the first category changes fastest.
fn column_name(plan: &Plan, parts: &[(usize, Option<bool>)], mut column: usize) -> String {
    let mut pieces = Vec::new();
    for (factor, full) in parts {
        let text = &plan.factors[*factor].text;
        let (Some(full), Some(levels)) = (full, &plan.levels[*factor]) else {
            pieces.push(text.clone());
            continue;
        };
        let dropped = usize::from(!full);
        let count = levels.count() - dropped;
        let label = levels.label(column % count + dropped);
        column /= count;
        let mark = if *full { "" } else { "T." };
        pieces.push(format!("{text}[{mark}{label}]"));
    }
    if pieces.is_empty() {
        return "Intercept".into();
    }
    pieces.join(":")
}

fn too_many_columns(span: &Range<usize>, width: usize) -> FormulaError {
    let message = format!("this makes {width} columns, and a design has at most {MOST_COLUMNS}");
    let hint = "absorb categories with many levels behind `|`";
    FormulaError::at(span, message, hint)
}

fn too_many_crossed(span: &Range<usize>) -> FormulaError {
    let message = format!("an interaction of more than {MOST_CROSSED} categories");
    let hint = "make one column of their combinations, or absorb it behind `|`";
    FormulaError::at(span, message, hint)
}

fn too_large(plan: &Plan, rows: usize) -> FormulaError {
    let columns = plan.columns.len();
    let message = format!("{rows} rows and {columns} columns are more than {MOST_CELLS} cells");
    let hint = "absorb categories with many levels behind `|`";
    FormulaError::at(&plan.whole, message, hint)
}
