//! Reads a formula by the precedence of its operators.
//!
//! On the outside `+ - * / : **` combine terms, as in patsy; inside a function they are arithmetic.

use std::ops::Range;

use super::FormulaError;
use super::expression::{Op, push_binary, push_unary};
use super::terms::{Algebra, Part, Terms};
use super::token::{Kind, Sign, Token, pretty, written};
use crate::error::nearest;

/// How deep brackets, signs and exponents may nest.
const DEEPEST: usize = 100;
/// The functions there are.
const FUNCTIONS: [&str; 4] = ["log", "exp", "I", "C"];

/// What a factor makes of a table.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Content {
    /// A column by itself: its numbers, or the categories of its text. With its place among the names.
    Bare(usize),
    /// The categories of a column, `C(name)`.
    Category(usize),
    /// Arithmetic.
    Arithmetic(Vec<Op>),
}

/// A factor of a term.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Factor {
    /// The text with even spaces; two factors are the same where it is.
    pub text: String,
    /// Where it first stands.
    pub span: Range<usize>,
    pub content: Content,
    /// Names that it uses, with their bytes, in the order written.
    pub uses: Vec<(usize, Range<usize>)>,
}

/// What a formula uses and says, on one side of its `|`.
#[derive(Debug, Clone, Default)]
pub(super) struct Side {
    pub names: Vec<String>,
    pub factors: Vec<Factor>,
}

impl Side {
    fn name(&mut self, name: &str) -> usize {
        let found = self.names.iter().position(|n| n == name);
        found.unwrap_or_else(|| {
            self.names.push(name.into());
            self.names.len() - 1
        })
    }

    fn factor(&mut self, factor: Factor) -> usize {
        let found = self.factors.iter().position(|f| f.text == factor.text);
        found.unwrap_or_else(|| {
            self.factors.push(factor);
            self.factors.len() - 1
        })
    }
}

/// Reads tokens into the terms of one side.
pub(super) struct Reader<'a> {
    tokens: &'a [Token],
    at: usize,
    depth: usize,
    algebra: Algebra,
    /// Whether this is the side of the absorbed effects.
    effects: bool,
    pub side: Side,
}

impl<'a> Reader<'a> {
    /// A reader of tokens of which the last is the end.
    pub fn new(tokens: &'a [Token], effects: bool) -> Self {
        Reader {
            tokens,
            at: 0,
            depth: 0,
            algebra: Algebra::new(effects),
            effects,
            side: Side::default(),
        }
    }

    /// Everything up to the end.
    pub fn whole(&mut self) -> Result<Part, FormulaError> {
        let part = self.sum(0)?.no_number()?;
        match self.peek().kind {
            Kind::End => Ok(part),
            _ => Err(self.not_an_operator()),
        }
    }

    fn peek(&self) -> &'a Token {
        &self.tokens[self.at]
    }

    fn sign(&self) -> Option<Sign> {
        match self.peek().kind {
            Kind::Sign(sign) => Some(sign),
            _ => None,
        }
    }

    fn advance(&mut self) -> &'a Token {
        let token = &self.tokens[self.at];
        self.at = (self.at + 1).min(self.tokens.len() - 1);
        token
    }

    fn enter(&mut self) -> Result<(), FormulaError> {
        self.depth += 1;
        if self.depth > DEEPEST {
            let message = format!("nested more than {DEEPEST} deep");
            let hint = "leave out brackets and signs that change nothing";
            return Err(FormulaError::at(&self.peek().span, message, hint));
        }
        Ok(())
    }

    /// Terms joined by operators that bind at least as tightly as `least`.
    fn sum(&mut self, least: usize) -> Result<Part, FormulaError> {
        let mut left = self.operand()?;
        while let Some((sign, binding)) = self.operator(least)? {
            self.advance();
            let right = self.sum(binding + 1)?;
            left = self.combine(sign, left, right)?;
        }
        Ok(left)
    }

    fn operator(&self, least: usize) -> Result<Option<(Sign, usize)>, FormulaError> {
        let Some(sign) = self.sign() else {
            return Ok(None);
        };
        let binding = match sign {
            Sign::Plus | Sign::Minus => 1,
            Sign::Star | Sign::Slash => 2,
            Sign::Colon => 3,
            Sign::Caret if self.effects => 3,
            Sign::Power => 4,
            Sign::Caret => return Err(self.caret()),
            _ => return Ok(None),
        };
        Ok((binding >= least).then_some((sign, binding)))
    }

    fn combine(&mut self, sign: Sign, left: Part, right: Part) -> Result<Part, FormulaError> {
        match sign {
            Sign::Plus => self.algebra.plus(left, right),
            Sign::Minus => self.algebra.minus(left, right),
            Sign::Star => self.algebra.times(left, &right),
            Sign::Slash => self.algebra.slash(left, right),
            Sign::Power => self.algebra.power(left, &right),
            _ => self.algebra.colon(left, right),
        }
    }

    fn operand(&mut self) -> Result<Part, FormulaError> {
        let token = self.peek();
        match &token.kind {
            Kind::Number(text) => {
                self.advance();
                Ok(Part::number(token.span.clone(), text))
            }
            Kind::Name(_) => {
                let factor = self.factor()?;
                Ok(Part::sum(
                    token.span.start..self.behind(),
                    Terms::one(factor),
                ))
            }
            Kind::Sign(Sign::Open) => self.bracket(),
            Kind::Sign(sign @ (Sign::Plus | Sign::Minus)) => self.signed(*sign),
            _ => Err(self.nothing_here("a column or a function")),
        }
    }

    fn bracket(&mut self) -> Result<Part, FormulaError> {
        self.enter()?;
        let open = self.advance();
        let mut part = self.sum(0)?;
        self.close(open)?;
        part.span = open.span.start..self.behind();
        self.depth -= 1;
        Ok(part)
    }

    /// A sign binds as loosely as a sum: `-a:b` is `-(a:b)`.
    fn signed(&mut self, sign: Sign) -> Result<Part, FormulaError> {
        self.enter()?;
        let start = self.advance().span.start;
        let part = self.sum(2)?;
        self.depth -= 1;
        let span = start..part.span.end;
        if sign == Sign::Minus {
            return Algebra::negative(&part, span);
        }
        let part = part.no_number()?;
        Ok(Part {
            kind: super::terms::Kind::Sum,
            span,
            ..part
        })
    }

    /// Bytes up to the end of the token before this.
    fn behind(&self) -> usize {
        self.tokens[self.at.saturating_sub(1)].span.end
    }

    fn close(&mut self, open: &Token) -> Result<(), FormulaError> {
        match self.peek().kind {
            Kind::Sign(Sign::Close) => {
                self.advance();
                Ok(())
            }
            Kind::End | Kind::Sign(Sign::Bar) => Err(FormulaError::at(
                &open.span,
                "this bracket is never closed",
                "add the missing `)`",
            )),
            _ => Err(self.not_an_operator()),
        }
    }

    /// A column or a function, and its place among the factors.
    fn factor(&mut self) -> Result<usize, FormulaError> {
        let start = self.at;
        let token = self.advance();
        let Kind::Name(word) = &token.kind else {
            return Err(self.nothing_here("a column"));
        };
        let mut uses = Vec::new();
        let content = if self.sign() != Some(Sign::Open) {
            let name = self.side.name(word);
            uses.push((name, token.span.clone()));
            Content::Bare(name)
        } else if word == "C" {
            Content::Category(self.category(&mut uses)?)
        } else {
            self.at = start;
            let mut ops = Vec::new();
            self.atom(&mut ops, &mut uses)?;
            Content::Arithmetic(ops)
        };
        let span = token.span.start..self.behind();
        let text = pretty(&self.tokens[start..self.at]);
        let content = self.on_this_side(content, &span)?;
        let text = match content {
            Content::Category(name) if self.effects => written(&self.side.names[name]),
            _ => text,
        };
        let factor = Factor {
            text,
            span,
            content,
            uses,
        };
        Ok(self.side.factor(factor))
    }

    fn on_this_side(&self, content: Content, span: &Range<usize>) -> Result<Content, FormulaError> {
        match content {
            Content::Bare(name) if self.effects => Ok(Content::Category(name)),
            Content::Arithmetic(_) if self.effects => Err(FormulaError::at(
                span,
                "only categories can be absorbed",
                "behind `|` stand columns: `| brand + C(city):C(quarter)`",
            )),
            other => Ok(other),
        }
    }

    /// `(name)` behind `C`.
    fn category(&mut self, uses: &mut Vec<(usize, Range<usize>)>) -> Result<usize, FormulaError> {
        let open = self.advance();
        let token = self.advance();
        let Kind::Name(word) = &token.kind else {
            return Err(only_a_column(&token.span));
        };
        match self.peek().kind {
            Kind::Sign(Sign::Close) | Kind::End => self.close(open)?,
            _ => return Err(only_a_column(&self.peek().span)),
        }
        let name = self.side.name(word);
        uses.push((name, token.span.clone()));
        Ok(name)
    }

    /// Arithmetic of operators that bind at least as tightly as `least`, as in Python: `**` binds
    /// tighter than a sign before it, and to the right.
    fn arithmetic(
        &mut self,
        least: usize,
        ops: &mut Vec<Op>,
        uses: &mut Vec<(usize, Range<usize>)>,
    ) -> Result<(), FormulaError> {
        self.atom(ops, uses)?;
        loop {
            let (op, binding) = match self.sign() {
                Some(Sign::Plus) => (Op::Add, 1),
                Some(Sign::Minus) => (Op::Subtract, 1),
                Some(Sign::Star) => (Op::Multiply, 2),
                Some(Sign::Slash) => (Op::Divide, 2),
                Some(Sign::Power) => (Op::Power, 3),
                Some(Sign::Caret) => return Err(self.caret()),
                _ => return Ok(()),
            };
            if binding < least {
                return Ok(());
            }
            self.advance();
            // `a ** b ** c` is `a ** (b ** c)`, so that exponents nest.
            let power = usize::from(op == Op::Power);
            (0..power).try_for_each(|_| self.enter())?;
            self.arithmetic(binding + 1 - power, ops, uses)?;
            self.depth -= power;
            push_binary(ops, op);
        }
    }

    fn atom(
        &mut self,
        ops: &mut Vec<Op>,
        uses: &mut Vec<(usize, Range<usize>)>,
    ) -> Result<(), FormulaError> {
        let token = self.peek();
        match &token.kind {
            Kind::Number(text) => {
                self.advance();
                ops.push(Op::Number(value(text, &token.span)?));
            }
            Kind::Sign(sign @ (Sign::Plus | Sign::Minus)) => {
                self.enter()?;
                self.advance();
                self.arithmetic(3, ops, uses)?;
                self.depth -= 1;
                if *sign == Sign::Minus {
                    push_unary(ops, Op::Negate);
                }
            }
            Kind::Sign(Sign::Open) => self.inside(ops, uses)?,
            Kind::Name(word) => self.word(word, ops, uses)?,
            _ => return Err(self.nothing_here("a column, a number or a function")),
        }
        Ok(())
    }

    /// `( arithmetic )`.
    fn inside(
        &mut self,
        ops: &mut Vec<Op>,
        uses: &mut Vec<(usize, Range<usize>)>,
    ) -> Result<(), FormulaError> {
        self.enter()?;
        let open = self.advance();
        self.arithmetic(0, ops, uses)?;
        self.close(open)?;
        self.depth -= 1;
        Ok(())
    }

    fn word(
        &mut self,
        word: &str,
        ops: &mut Vec<Op>,
        uses: &mut Vec<(usize, Range<usize>)>,
    ) -> Result<(), FormulaError> {
        let token = self.advance();
        if self.sign() != Some(Sign::Open) {
            let name = self.side.name(word);
            uses.push((name, token.span.clone()));
            ops.push(Op::Column(name));
            return Ok(());
        }
        match word {
            "I" => self.inside(ops, uses),
            "log" | "exp" => {
                self.inside(ops, uses)?;
                push_unary(ops, if word == "log" { Op::Log } else { Op::Exp });
                Ok(())
            }
            "C" => Err(FormulaError::at(
                &token.span,
                "C(...) makes categories and cannot stand inside another function",
                "interact it instead: C(brand):x",
            )),
            _ => Err(unknown_function(word, &token.span)),
        }
    }

    fn caret(&self) -> FormulaError {
        let message = "`^` combines categories, and only behind `|`";
        let hint = "write `**` for a power: (a + b)**2 or I(x ** 2)";
        FormulaError::at(&self.peek().span, message, hint)
    }

    fn nothing_here(&self, expected: &str) -> FormulaError {
        let token = self.peek();
        let found = match &token.kind {
            Kind::End => "the formula ends".to_owned(),
            Kind::Sign(sign) => format!("`{}` stands", sign.text()),
            Kind::Name(word) | Kind::Number(word) => format!("`{word}` stands"),
        };
        let message = format!("{found} where {expected} is expected");
        FormulaError::at(&token.span, message, "")
    }

    fn not_an_operator(&self) -> FormulaError {
        let token = self.peek();
        let (message, hint) = match &token.kind {
            Kind::Sign(Sign::Close) => {
                ("this bracket was never opened".into(), "leave out the `)`")
            }
            Kind::Sign(Sign::Comma) => (
                "functions take one argument".into(),
                "C takes a column; log, exp and I take one expression",
            ),
            Kind::Sign(Sign::Tilde) => (
                "a formula has no left-hand side".into(),
                "write only what stands right of the `~`",
            ),
            Kind::Sign(Sign::Colon) => (
                "`:` is no arithmetic".into(),
                "inside a function, `*` multiplies",
            ),
            Kind::Sign(Sign::Bar) => (
                "`|` stands once, outside brackets".into(),
                "right of it stand all effects: `x | brand + city`",
            ),
            Kind::Sign(sign) => (
                format!("unexpected `{}`", sign.text()),
                "put an operator here",
            ),
            Kind::Name(word) | Kind::Number(word) => (
                format!("`{word}` stands where an operator is expected"),
                "put an operator between the two, such as `+`",
            ),
            Kind::End => ("the formula ends too early".into(), ""),
        };
        FormulaError::at(&token.span, message, hint)
    }
}

fn value(text: &str, span: &Range<usize>) -> Result<f64, FormulaError> {
    let number = text.parse::<f64>().ok().filter(|n| n.is_finite());
    number.ok_or_else(|| FormulaError::at(span, format!("`{text}` is too large a number"), ""))
}

fn only_a_column(span: &Range<usize>) -> FormulaError {
    FormulaError::at(
        span,
        "C(...) takes the name of one column",
        "make a column of the categories you need in the table",
    )
}

fn unknown_function(word: &str, span: &Range<usize>) -> FormulaError {
    let near = nearest(word, FUNCTIONS).filter(|_| word.len() > 1);
    let hint = match (word, near) {
        ("sqrt", _) => "write I(x ** 0.5); there are log, exp, I and C".into(),
        (_, Some(near)) => format!("did you mean `{near}`? There are log, exp, I and C"),
        _ => "there are log, exp, I and C; multiply with `*`".into(),
    };
    FormulaError::at(span, format!("unknown function `{word}`"), hint)
}
