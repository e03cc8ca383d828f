//! Cuts the text of a formula into tokens with their place.

use std::ops::Range;

use winnow::combinator::{alt, delimited, opt, preceded, repeat};
use winnow::error::ContextError;
use winnow::token::{any, one_of, take_while};
use winnow::{LocatingSlice, Parser};

use super::FormulaError;

/// A sign of the language.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Sign {
    Plus,
    Minus,
    Star,
    Slash,
    Colon,
    Power,
    Open,
    Close,
    Bar,
    Caret,
    Tilde,
    Comma,
}

impl Sign {
    /// As it is written.
    pub fn text(self) -> &'static str {
        match self {
            Sign::Plus => "+",
            Sign::Minus => "-",
            Sign::Star => "*",
            Sign::Slash => "/",
            Sign::Colon => ":",
            Sign::Power => "**",
            Sign::Open => "(",
            Sign::Close => ")",
            Sign::Bar => "|",
            Sign::Caret => "^",
            Sign::Tilde => "~",
            Sign::Comma => ",",
        }
    }
}

/// What a token is.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Kind {
    /// A column or a function.
    Name(String),
    /// A number, as written.
    Number(String),
    /// A sign.
    Sign(Sign),
    /// Behind the last token.
    End,
}

/// A token and its bytes in the text.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Token {
    pub kind: Kind,
    pub span: Range<usize>,
}

type Input<'a> = LocatingSlice<&'a str>;
type Cut<T> = winnow::Result<T, ContextError>;

/// Tokens of a formula, with one `End` behind the last.
pub(super) fn tokenize(text: &str) -> Result<Vec<Token>, FormulaError> {
    let mut input = LocatingSlice::new(text);
    let lexed: Cut<Vec<Token>> = repeat(0.., preceded(blank, token)).parse_next(&mut input);
    let mut tokens = lexed.unwrap_or_default();
    let rest = input.trim_start();
    if let Some(strange) = rest.chars().next() {
        let start = text.len() - rest.len();
        return Err(strange_sign(start..start + strange.len_utf8(), strange));
    }
    tokens.push(Token {
        kind: Kind::End,
        span: text.len()..text.len(),
    });
    Ok(tokens)
}

fn strange_sign(span: Range<usize>, strange: char) -> FormulaError {
    let hint = match strange {
        '`' => "close the name with another back-tick",
        '%' | '=' | '<' | '>' | '!' | '&' | '[' | '{' => {
            "a formula knows + - * / : ** ( ) and |, and the functions log, exp, I and C"
        }
        '\'' | '"' => "column names stand without quotes, or in back-ticks: `screen size`",
        _ => "put names with unusual letters in back-ticks: `screen size`",
    };
    FormulaError::at(&span, format!("unexpected `{strange}`"), hint)
}

fn blank(input: &mut Input<'_>) -> Cut<()> {
    take_while(0.., char::is_whitespace)
        .void()
        .parse_next(input)
}

fn token(input: &mut Input<'_>) -> Cut<Token> {
    alt((number, quoted_name, name, sign))
        .with_span()
        .map(|(kind, span)| Token { kind, span })
        .parse_next(input)
}

fn name(input: &mut Input<'_>) -> Cut<Kind> {
    let first = one_of(|c: char| c.is_alphabetic() || c == '_');
    let rest = take_while(0.., |c: char| c.is_alphanumeric() || c == '_' || c == '.');
    (first, rest)
        .take()
        .map(|n: &str| Kind::Name(n.into()))
        .parse_next(input)
}

fn quoted_name(input: &mut Input<'_>) -> Cut<Kind> {
    delimited('`', take_while(1.., |c: char| c != '`'), '`')
        .map(|n: &str| Kind::Name(n.into()))
        .parse_next(input)
}

fn number(input: &mut Input<'_>) -> Cut<Kind> {
    let digits = || take_while(1.., |c: char| c.is_ascii_digit());
    let whole = (digits(), opt(('.', opt(digits())))).void();
    let fraction = ('.', digits()).void();
    let exponent = (one_of(['e', 'E']), opt(one_of(['+', '-'])), digits());
    (alt((whole, fraction)), opt(exponent))
        .take()
        .map(|n: &str| Kind::Number(n.into()))
        .parse_next(input)
}

fn sign(input: &mut Input<'_>) -> Cut<Kind> {
    let power = "**".value(Sign::Power);
    alt((power, any.verify_map(single)))
        .map(Kind::Sign)
        .parse_next(input)
}

fn single(c: char) -> Option<Sign> {
    Some(match c {
        '+' => Sign::Plus,
        '-' => Sign::Minus,
        '*' => Sign::Star,
        '/' => Sign::Slash,
        ':' => Sign::Colon,
        '(' => Sign::Open,
        ')' => Sign::Close,
        '|' => Sign::Bar,
        '^' => Sign::Caret,
        '~' => Sign::Tilde,
        ',' => Sign::Comma,
        _ => return None,
    })
}

/// A name as it must be written: in back-ticks where it is no plain word.
pub(super) fn written(name: &str) -> String {
    let mut letters = name.chars();
    let first = letters
        .next()
        .is_some_and(|c| c.is_alphabetic() || c == '_');
    if first && letters.all(|c| c.is_alphanumeric() || c == '_' || c == '.') {
        name.into()
    } else {
        format!("`{name}`")
    }
}

/// Tokens of an expression with even spaces, as patsy writes the name of a factor.
pub(super) fn pretty(tokens: &[Token]) -> String {
    let mut text = String::new();
    let (mut space, mut object) = (false, false);
    for token in tokens {
        let (word, around) = match &token.kind {
            Kind::Name(name) => (written(name), false),
            Kind::Number(number) => (number.clone(), false),
            Kind::Sign(sign) => (sign.text().to_owned(), is_binary(*sign, object)),
            Kind::End => continue,
        };
        if space || around {
            text.push(' ');
        }
        text.push_str(&word);
        space = around;
        object = matches!(token.kind, Kind::Name(_) | Kind::Number(_))
            || token.kind == Kind::Sign(Sign::Close);
    }
    text
}

fn is_binary(sign: Sign, after_object: bool) -> bool {
    match sign {
        Sign::Plus | Sign::Minus => after_object,
        Sign::Open | Sign::Close | Sign::Comma => false,
        _ => true,
    }
}
