//! The algebra of terms: what `+ - * / : **` make of sets of terms.
//!
//! Chambers and Hastie (1992), "Statistical Models in S", sections 2.3 and 2.4, as patsy 1.0 reads it.

use std::collections::BTreeSet;
use std::ops::Range;

use super::FormulaError;

/// Most terms of a formula, and so most columns of a design.
pub(super) const MOST_COLUMNS: usize = 10_000;
/// Most terms that reading a formula may make and compare.
const MOST_WORK: usize = 1_000_000;

/// An interaction: factors in the order written, each once. Empty for the constant.
pub(super) type Term = Vec<usize>;

/// Different terms in the order in which they came.
#[derive(Debug, Clone, Default)]
pub(super) struct Terms {
    pub list: Vec<Term>,
    seen: BTreeSet<Term>,
}

impl Terms {
    /// One term of one factor.
    pub fn one(factor: usize) -> Self {
        let mut terms = Terms::default();
        terms.push(vec![factor]);
        terms
    }

    /// Adds a term unless one with the same factors is there.
    fn push(&mut self, term: Term) {
        if self.seen.insert(sorted(&term)) {
            self.list.push(term);
        }
    }

    /// Removes the terms that are in `other`.
    fn remove(&mut self, other: &Terms) {
        self.list.retain(|t| !other.seen.contains(&sorted(t)));
        self.seen.retain(|t| !other.seen.contains(t));
    }
}

fn sorted(term: &[usize]) -> Term {
    let mut key = term.to_vec();
    key.sort_unstable();
    key
}

/// The factors of both, each once.
fn joined(a: &[usize], b: &[usize]) -> Term {
    let mut term = a.to_vec();
    term.extend(b.iter().filter(|f| !a.contains(f)));
    term
}

/// What a part of a formula is, which decides what `+`, `-` and `**` make of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// `0`.
    Zero,
    /// `1`.
    One,
    /// Another number, with its value where it is a whole one.
    Number(Option<usize>),
    /// Terms.
    Sum,
}

/// A part of a formula: its terms, and what it says of the constant.
#[derive(Debug, Clone)]
pub(super) struct Part {
    pub kind: Kind,
    pub span: Range<usize>,
    /// Where the constant is asked for.
    pub constant: Option<Range<usize>>,
    /// Whether the constant is taken out.
    pub removed: bool,
    pub terms: Terms,
}

impl Part {
    /// Terms that say nothing of the constant.
    pub fn sum(span: Range<usize>, terms: Terms) -> Self {
        Part {
            kind: Kind::Sum,
            span,
            constant: None,
            removed: false,
            terms,
        }
    }

    /// A number.
    pub fn number(span: Range<usize>, text: &str) -> Self {
        let kind = match text {
            "0" => Kind::Zero,
            "1" => Kind::One,
            _ => Kind::Number(text.parse().ok()),
        };
        let mut part = Part::sum(span, Terms::default());
        part.kind = kind;
        part.removed = kind == Kind::Zero;
        part.constant = (kind == Kind::One).then(|| part.span.clone());
        part
    }

    fn with_constant(mut self, constant: Option<Range<usize>>) -> Self {
        self.removed = constant.is_none();
        self.constant = constant;
        self
    }

    /// Refuses a number that is neither the constant nor an exponent.
    pub fn no_number(self) -> Result<Self, FormulaError> {
        match self.kind {
            Kind::Number(_) => Err(FormulaError::at(
                &self.span,
                "numbers besides 0 and 1 stand only behind `**`",
                "put arithmetic in I(...): I(2 * x)",
            )),
            _ => Ok(self),
        }
    }

    fn no_constant(&self) -> Result<(), FormulaError> {
        self.constant.as_ref().map_or(Ok(()), |span| {
            Err(FormulaError::at(
                span,
                "the constant cannot interact with anything",
                "leave the `1` out of products; arithmetic stands in I(...)",
            ))
        })
    }

    /// Refuses a constant taken out where that would be forgotten without a word.
    fn not_removed(&self) -> Result<(), FormulaError> {
        if !self.removed {
            return Ok(());
        }
        Err(FormulaError::at(
            &self.span,
            "the constant is taken out where this has no effect",
            "write `0 + ...` at the start of the formula, or `- 1` at its end",
        ))
    }
}

/// Carries out the operators, and counts the work.
#[derive(Debug)]
pub(super) struct Algebra {
    work: usize,
    /// Whether `0` and `1` mean nothing, as among absorbed effects.
    constant_ignored: bool,
}

impl Algebra {
    /// Nothing done yet.
    pub fn new(constant_ignored: bool) -> Self {
        Algebra {
            work: 0,
            constant_ignored,
        }
    }

    fn spend(&mut self, work: usize, span: &Range<usize>) -> Result<(), FormulaError> {
        self.work = self.work.saturating_add(work);
        if self.work > MOST_WORK {
            return Err(too_many(span));
        }
        Ok(())
    }

    fn heard(&self, part: &Part) -> Result<(), FormulaError> {
        if self.constant_ignored {
            Ok(())
        } else {
            part.not_removed()
        }
    }

    /// `left + right`.
    pub fn plus(&mut self, left: Part, right: Part) -> Result<Part, FormulaError> {
        let (left, right) = (left.no_number()?, right.no_number()?);
        let span = left.span.start..right.span.end;
        let (constant, removed) = (left.constant, left.removed);
        let mut sum = Part::sum(span, left.terms);
        if right.kind == Kind::Zero {
            return Ok(sum.with_constant(None));
        }
        self.spend(right.terms.list.len(), &sum.span)?;
        self.append(&mut sum.terms, &right.terms, &sum.span)?;
        if right.constant.is_some() {
            return Ok(sum.with_constant(right.constant));
        }
        self.heard(&right)?;
        (sum.constant, sum.removed) = (constant, removed);
        Ok(sum)
    }

    /// `left - right`.
    pub fn minus(&mut self, left: Part, right: Part) -> Result<Part, FormulaError> {
        let (left, right) = (left.no_number()?, right.no_number()?);
        let span = left.span.start..right.span.end;
        self.spend(left.terms.list.len(), &span)?;
        let (constant, removed) = (left.constant, left.removed);
        let mut rest = Part::sum(span, left.terms);
        if right.kind == Kind::Zero {
            return Ok(rest.with_constant(Some(right.span)));
        }
        rest.terms.remove(&right.terms);
        if right.constant.is_some() {
            return Ok(rest.with_constant(None));
        }
        self.heard(&right)?;
        (rest.constant, rest.removed) = (constant, removed);
        Ok(rest)
    }

    /// `left * right`: both and their interaction.
    pub fn times(&mut self, left: Part, right: &Part) -> Result<Part, FormulaError> {
        let crossed = self.colon(left.clone(), right.clone())?;
        let mut all = left.terms;
        self.append(&mut all, &right.terms, &crossed.span)?;
        self.append(&mut all, &crossed.terms, &crossed.span)?;
        Ok(Part::sum(crossed.span, all))
    }

    /// `left / right`: left, and right within the interaction of all of left.
    pub fn slash(&mut self, left: Part, right: Part) -> Result<Part, FormulaError> {
        let mut all = left.terms.clone();
        let mut outer = Terms::default();
        let every = all.list.iter().fold(Vec::new(), |a, b| joined(&a, b));
        outer.push(every);
        let within = self.colon(
            Part {
                terms: outer,
                ..left
            },
            right,
        )?;
        self.append(&mut all, &within.terms, &within.span)?;
        Ok(Part::sum(within.span, all))
    }

    /// `left : right`: every term of one with every term of the other.
    pub fn colon(&mut self, left: Part, right: Part) -> Result<Part, FormulaError> {
        let (left, right) = (left.no_number()?, right.no_number()?);
        let span = left.span.start..right.span.end;
        if !self.constant_ignored {
            for part in [&left, &right] {
                part.no_constant()?;
                part.not_removed()?;
            }
        }
        let terms = self.cross(&left.terms, &right.terms, &span)?;
        Ok(Part::sum(span, terms))
    }

    /// `left ** right`: interactions up to a degree.
    pub fn power(&mut self, left: Part, right: &Part) -> Result<Part, FormulaError> {
        let left = left.no_number()?;
        let span = left.span.start..right.span.end;
        if !self.constant_ignored {
            left.no_constant()?;
            left.not_removed()?;
        }
        let degree = match right.kind {
            Kind::One => 1,
            Kind::Number(Some(degree)) if degree > 0 => degree,
            _ => return Err(no_degree(&right.span)),
        };
        let mut all = left.terms.clone();
        let mut top = left.terms.clone();
        for _ in 1..degree.min(left.terms.list.len()) {
            top = self.cross(&left.terms, &top, &span)?;
            self.append(&mut all, &top, &span)?;
        }
        Ok(Part::sum(span, all))
    }

    /// `- part`: only of `0` and `1`.
    pub fn negative(part: &Part, span: Range<usize>) -> Result<Part, FormulaError> {
        let blank = Part::sum(span.clone(), Terms::default());
        match part.kind {
            Kind::Zero => Ok(blank.with_constant(Some(span))),
            Kind::One => Ok(blank.with_constant(None)),
            _ => Err(FormulaError::at(
                &span,
                "a term cannot be negative",
                "put arithmetic in I(...): I(-x)",
            )),
        }
    }

    fn cross(
        &mut self,
        left: &Terms,
        right: &Terms,
        span: &Range<usize>,
    ) -> Result<Terms, FormulaError> {
        self.spend(left.list.len().saturating_mul(right.list.len()), span)?;
        let mut terms = Terms::default();
        for a in &left.list {
            for b in &right.list {
                terms.push(joined(a, b));
            }
            within_limit(&terms, span)?;
        }
        Ok(terms)
    }

    fn append(
        &mut self,
        all: &mut Terms,
        more: &Terms,
        span: &Range<usize>,
    ) -> Result<(), FormulaError> {
        self.spend(more.list.len(), span)?;
        for term in &more.list {
            all.push(term.clone());
        }
        within_limit(all, span)
    }
}

fn within_limit(terms: &Terms, span: &Range<usize>) -> Result<(), FormulaError> {
    if terms.list.len() > MOST_COLUMNS {
        return Err(too_many(span));
    }
    Ok(())
}

fn too_many(span: &Range<usize>) -> FormulaError {
    FormulaError::at(
        span,
        format!("interactions that make more than {MOST_COLUMNS} terms, or few very often"),
        "write fewer factors or a lower degree, or absorb categories behind `|`",
    )
}

fn no_degree(span: &Range<usize>) -> FormulaError {
    FormulaError::at(
        span,
        "`**` needs a whole number of at least 1 here",
        "to raise a column to a power, write I(x ** 2)",
    )
}
