//! Formulas: a line of text that says which columns a model has.
//!
//! The grammar is that of R (Chambers and Hastie 1992, "Statistical Models in S", chapter 2) as patsy
//! reads it, and the meaning that of `PyBLP` 1.3: `1 + log(hpwt) + air + I(-prices)`,
//! `prices | C(product_ids) + C(city):C(quarter)`.
//!
//! | written | meaning |
//! |---|---|
//! | `a + b`, `a - b` | terms of both; terms of `a` without those of `b` |
//! | `a:b`, `a * b`, `a / b` | interaction; `a + b + a:b`; `a + a:b` |
//! | `(a + b)**2` | interactions up to a degree |
//! | `1`, `0`, `- 1` | the constant, which is there unless taken out or effects are absorbed |
//! | `log(x)`, `exp(x)`, `I(x)` | arithmetic with `+ - * / **`, numbers and columns |
//! | `C(x)`, or a column of text | one column per category, without what other terms span |
//! | right of `\|` | effects to absorb: `brand`, `C(city):C(quarter)`, `city^quarter` |
//! | `` `screen size` `` | a column whose name is no plain word |
//!
//! Where patsy drops the wish to take the constant out without a word (`x + -1`, `1 + (x + 0)`), a
//! formula is refused. A number that enters as categories does not move: derivatives of `C(x)` are 0.

mod coding;
mod curve;
mod design;
mod error;
mod expression;
mod levels;
mod parse;
mod plan;
mod terms;
mod token;

use std::ops::Range;

pub use curve::{Curve, Stack};
pub use design::Design;
pub use error::FormulaError;

use crate::table::Table;
use levels::{Found, combined};
use parse::{Reader, Side};
use terms::{Part, Term};
use token::{Kind, Sign, Token, tokenize};

/// Most bytes of a formula.
const LONGEST: usize = 10_000;

/// A formula that has been read: which columns to build and which effects to absorb.
#[derive(Debug, Clone)]
pub struct Formula {
    text: String,
    left: Side,
    /// Terms left of `|`, the constant first if there is one.
    terms: Vec<Term>,
    right: Side,
    /// Terms right of `|`.
    absorbed: Vec<Term>,
}

impl PartialEq for Formula {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}

impl Formula {
    /// Reads a formula.
    ///
    /// # Errors
    /// Whatever the grammar does not allow, with its place; a formula without terms; one that is too
    /// long, too deep or whose interactions explode.
    pub fn parse(text: &str) -> Result<Self, FormulaError> {
        let whole = 0..text.len();
        if text.len() > LONGEST {
            let message = format!("a formula of {} bytes; {LONGEST} are the limit", text.len());
            let hint = "absorb categories behind `|` rather than list indicators";
            return Err(FormulaError::at(&whole, message, hint));
        }
        let tokens = tokenize(text)?;
        let (left_tokens, right_tokens) = split(&tokens)?;
        let (left, part) = read(&left_tokens, false)?;
        let (right, effects) = match right_tokens {
            Some(tokens) => read(&tokens, true)?,
            None => (Side::default(), Part::number(0..0, "0")),
        };
        let formula = Formula {
            text: text.into(),
            terms: with_constant(part, !effects.terms.list.is_empty()),
            absorbed: effects.terms.list,
            left,
            right,
        };
        formula.has_terms()?;
        Ok(formula)
    }

    /// The text that was read.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Names of columns that are used left of `|`, sorted.
    pub fn columns(&self) -> Vec<String> {
        used(&self.left, &self.terms)
    }

    /// Names of columns whose categories are absorbed, sorted.
    pub fn effect_columns(&self) -> Vec<String> {
        used(&self.right, &self.absorbed)
    }

    /// Whether effects are absorbed, so that there is no constant.
    pub fn absorbs(&self) -> bool {
        !self.absorbed.is_empty()
    }

    /// Whether the design has a constant.
    pub fn has_constant(&self) -> bool {
        self.terms.first().is_some_and(Vec::is_empty)
    }

    /// Whether a column of the table is used on either side.
    pub fn depends_on(&self, column: &str) -> bool {
        let named = |names: Vec<String>| names.iter().any(|n| n == column);
        named(self.columns()) || named(self.effect_columns())
    }

    /// The matrix on a table. Absorbed effects are not taken out of it; see [`Formula::effects`].
    ///
    /// # Errors
    /// A column that is missing, is text where numbers are needed, or has an empty cell; a value that is
    /// not finite; too many columns.
    pub fn design(&self, frame: &Table) -> Result<Design, FormulaError> {
        let whole = 0..self.text.len();
        let (plan, cells) = plan::plan(&self.left, &self.terms, self.absorbs(), frame, whole)?;
        Design::new(plan, cells)
    }

    /// The matrix on a table in which the numbers of one column are others, one a row. Where many such
    /// are needed, make one [`Design`] and call [`Design::set`].
    ///
    /// # Errors
    /// Those of [`Formula::design`] and [`Design::with`].
    pub fn design_with(
        &self,
        frame: &Table,
        name: &str,
        values: &[f64],
    ) -> Result<Design, FormulaError> {
        self.design(frame)?.with(name, values)
    }

    /// For each absorbed effect, the code of every row: 0, 1, ... in the sorted order of the
    /// combinations of categories that occur.
    ///
    /// # Errors
    /// A column that is missing or has an empty cell.
    pub fn effects(&self, frame: &Table) -> Result<Vec<Vec<u32>>, FormulaError> {
        let codes = |factor: &usize| {
            let (name, span) = &self.right.factors[*factor].uses[0];
            let found = Found::new(frame, &self.right.names[*name], span)?;
            Ok(found.levels()?.1)
        };
        let effect = |term: &Term| Ok(combined(term.iter().map(codes).collect::<Result<_, _>>()?));
        self.absorbed.iter().map(effect).collect()
    }

    /// Refuses a formula without terms, or with more than one that is constant.
    fn has_terms(&self) -> Result<(), FormulaError> {
        let whole = 0..self.text.len();
        if self.terms.is_empty() {
            let hint = "name a column, or leave the constant in: 1";
            return Err(FormulaError::at(&whole, "the formula has no terms", hint));
        }
        let constant = |f: &usize| self.left.factors[*f].uses.is_empty();
        let constants = self.terms.iter().filter(|t| t.iter().all(constant));
        if constants.count() > 1 {
            let hint = "leave out I(...) of numbers, or take the constant out with `0 +`";
            return Err(FormulaError::at(
                &whole,
                "more than one constant term",
                hint,
            ));
        }
        Ok(())
    }
}

impl std::fmt::Display for Formula {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.text)
    }
}

fn used(side: &Side, terms: &[Term]) -> Vec<String> {
    let factors = terms.iter().flatten().map(|f| &side.factors[*f]);
    let places = factors.flat_map(|f| f.uses.iter().map(|(name, _)| *name));
    let mut names: Vec<String> = places.map(|p| side.names[p].clone()).collect();
    names.sort();
    names.dedup();
    names
}

/// The terms with the constant in front, unless it is taken out or spanned by absorbed effects.
fn with_constant(part: Part, absorbs: bool) -> Vec<Term> {
    let mut terms = part.terms.list;
    terms.retain(|t| !t.is_empty());
    if !part.removed && !absorbs {
        terms.insert(0, Term::new());
    }
    terms
}

fn read(tokens: &[Token], effects: bool) -> Result<(Side, Part), FormulaError> {
    let mut reader = Reader::new(tokens, effects);
    let part = reader.whole()?;
    Ok((reader.side, part))
}

/// Tokens left of the `|`, and right of it if there is one; each with an end.
fn split(tokens: &[Token]) -> Result<(Vec<Token>, Option<Vec<Token>>), FormulaError> {
    let tokens = match tokens.first().map(|t| &t.kind) {
        Some(Kind::Sign(Sign::Tilde)) => &tokens[1..],
        _ => tokens,
    };
    let Some(bar) = tokens.iter().position(|t| t.kind == Kind::Sign(Sign::Bar)) else {
        not_empty(
            tokens,
            "the formula is empty",
            "write `1` for a constant alone",
        )?;
        return Ok((tokens.to_vec(), None));
    };
    let span = tokens[bar].span.clone();
    let mut left = tokens[..bar].to_vec();
    left.push(end_at(&span));
    let right = tokens[bar + 1..].to_vec();
    not_empty(
        &left,
        "nothing stands left of `|`",
        "write columns before it",
    )?;
    not_empty(
        &right,
        "nothing stands right of `|`",
        "write effects, or leave out the `|`",
    )?;
    Ok((left, Some(right)))
}

fn end_at(span: &Range<usize>) -> Token {
    Token {
        kind: Kind::End,
        span: span.clone(),
    }
}

fn not_empty(tokens: &[Token], message: &str, hint: &str) -> Result<(), FormulaError> {
    match tokens {
        [end] => Err(FormulaError::at(&end.span, message, hint)),
        _ => Ok(()),
    }
}
