//! The text of a study file: parsing it, and placing mistakes in it.

use std::ops::Range;

use entrant_data::InputError;
use entrant_data::error::did_you_mean;
use entrant_data::spec::{EstimationStudy, MergerStudy, Study};
use serde_json::Value;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use crate::expected::expected;
use crate::schema::{estimation_schema, merger_schema, study_schema};
use crate::toml_path::{path_at, span_of};

/// Longest value that is quoted in a mistake, in characters.
const VALUE_CHARS: usize = 80;

/// The study file as text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StudySource {
    /// Name of the file, without its folder.
    pub file: String,
    /// Its text.
    pub text: String,
}

impl StudySource {
    /// The study as written, its syntax, keys and types checked.
    ///
    /// # Errors
    ///
    /// The first mistake in syntax, keys or types, with its line, value and hint.
    pub fn parse(&self) -> Result<Study, InputError> {
        if self.is_merger() {
            let message = "this is a merger study";
            let hint = "`entrant merger STUDY` answers it";
            return Err(self.place(InputError::at("merger", message).hint(hint)));
        }
        if self.is_estimated() {
            let message = "this study is estimated from a panel of markets";
            let hint = "this command is for calibrated studies, which have no `[estimate]` table";
            return Err(self.place(InputError::at("estimate", message).hint(hint)));
        }
        toml::from_str(&self.text).map_err(|e| self.mistake(&e, study_schema))
    }

    /// The parts of the study file that a type asks for.
    ///
    /// # Errors
    ///
    /// The first mistake in syntax, keys or types, with its line, value and hint.
    pub(crate) fn parse_as<T: serde::de::DeserializeOwned>(&self) -> Result<T, InputError> {
        toml::from_str(&self.text).map_err(|e| self.mistake(&e, study_schema))
    }

    /// The estimated study as written, its syntax, keys and types checked.
    ///
    /// # Errors
    ///
    /// The first mistake in syntax, keys or types, with its line, value and hint.
    pub fn parse_estimation(&self) -> Result<EstimationStudy, InputError> {
        if !self.is_estimated() && DeTable::parse(&self.text).is_ok() {
            let message = "there is no `[estimate]` table";
            let hint = "an estimated study has one; this may be a calibrated study";
            return Err(self.place(InputError::at("", message).hint(hint)));
        }
        toml::from_str(&self.text).map_err(|e| self.mistake(&e, estimation_schema))
    }

    /// The merger study as written, its syntax, keys and types checked.
    ///
    /// # Errors
    ///
    /// The first mistake in syntax, keys or types, with its line, value and hint.
    pub fn parse_merger(&self) -> Result<MergerStudy, InputError> {
        if !self.is_merger() && DeTable::parse(&self.text).is_ok() {
            let message = "there is no `[merger]` table";
            let hint = "a merger study has one; other studies are for `entrant run`";
            return Err(self.place(InputError::at("", message).hint(hint)));
        }
        toml::from_str(&self.text).map_err(|e| self.mistake(&e, merger_schema))
    }

    /// Whether this is a merger study: whether there is a `[merger]` table.
    pub fn is_merger(&self) -> bool {
        let root = DeTable::parse(&self.text).ok();
        root.is_some_and(|root| root.get_ref().get("merger").is_some_and(is_table))
    }

    /// Whether the study is to be estimated: whether there is an `[estimate]` table.
    pub fn is_estimated(&self) -> bool {
        let root = DeTable::parse(&self.text).ok();
        root.is_some_and(|root| root.get_ref().get("estimate").is_some_and(is_table))
    }

    /// Adds the file, line, byte range and value to a mistake that has only a key path.
    pub fn place(&self, mut error: InputError) -> InputError {
        if !error.file.is_empty() {
            return error;
        }
        let found = span_of(&self.text, &error.path);
        if let Some((span, true)) = &found
            && error.value.is_empty()
        {
            error.value = self.excerpt(span.clone());
        }
        let inner = error.span.take();
        let span = found.map(|(span, _)| self.part(span, inner));
        self.at_span(error, span)
    }

    /// The bytes of a part of a text, given as bytes from its first; all of the value where its
    /// quotes or escapes keep the two from matching.
    fn part(&self, whole: Range<usize>, inner: Option<(usize, usize)>) -> Range<usize> {
        let text = self.text.get(whole.clone()).unwrap_or_default();
        let plain = ['"', '\''].iter().any(|quote| {
            let bare = text
                .strip_prefix(*quote)
                .and_then(|t| t.strip_suffix(*quote));
            bare.is_some_and(|t| !t.contains(*quote) && (*quote == '\'' || !t.contains('\\')))
        });
        let first = whole.start + 1;
        match inner {
            Some((from, to)) if plain && from <= to && first + to < whole.end => {
                first + from..first + to
            }
            _ => whole,
        }
    }

    fn at_span(&self, mut error: InputError, span: Option<Range<usize>>) -> InputError {
        error.file.clone_from(&self.file);
        if let Some(span) = span {
            error.line = Some(self.line(span.start));
            error.span = Some((span.start, span.end));
        }
        error
    }

    fn mistake(&self, error: &toml::de::Error, schema: fn() -> Value) -> InputError {
        let span = error.span();
        let value = span.clone().map_or_else(String::new, |s| self.excerpt(s));
        let (message, mut hint) = reworded(error.message());
        // An empty range is the whole document: it has no path.
        let offset = span.as_ref().filter(|s| !s.is_empty()).map(|s| s.start);
        let path = offset.map_or_else(String::new, |o| path_at(&self.text, o));
        if of_another_form(error.message()).is_some() {
            hint = expected(&schema(), &path).unwrap_or_default();
        }
        let found = InputError::at(path, message).value(value).hint(hint);
        self.at_span(found, span)
    }

    /// 1-based line of a byte.
    fn line(&self, offset: usize) -> usize {
        line_at(self.text.as_bytes(), offset)
    }

    /// The text in a range, without quotes around it, its first line only, cut where it is long.
    fn excerpt(&self, span: Range<usize>) -> String {
        let text = self.text.get(span).unwrap_or_default();
        let bare = text.strip_prefix('"').and_then(|t| t.strip_suffix('"'));
        bare.unwrap_or(text)
            .lines()
            .next()
            .unwrap_or_default()
            .chars()
            .take(VALUE_CHARS)
            .collect()
    }
}

fn is_table(value: &Spanned<DeValue<'_>>) -> bool {
    value.get_ref().is_table()
}

/// 1-based line of a byte.
pub(crate) fn line_at(bytes: &[u8], offset: usize) -> usize {
    let before = &bytes[..offset.min(bytes.len())];
    before.split(|b| *b == b'\n').count()
}

/// The parser's message in the words of this program, and a hint.
fn reworded(message: &str) -> (String, String) {
    let words = backticked(message);
    let (first, others) = match words.split_first() {
        Some((first, others)) => (*first, others),
        None => ("", [].as_slice()),
    };
    let near = || did_you_mean(first, others.iter().copied());
    if message.starts_with("unknown field") {
        let hint = not_estimated(first).map_or_else(near, str::to_owned);
        (format!("unknown key `{first}`"), hint)
    } else if message.starts_with("unknown variant") {
        (format!("unknown choice `{first}`"), near())
    } else if message.starts_with("missing field") {
        (
            format!("the key `{first}` is missing"),
            format!("add `{first} = ...` here"),
        )
    } else if let Some(found) = of_another_form(message) {
        (format!("{found} has no place here"), String::new())
    } else if message.starts_with("data did not match any variant of untagged enum StartMatrix") {
        let hint = "write `[1, 2]` for a diagonal, `[[1, 0], [3, 2]]` for a matrix";
        (
            "this is neither a list of numbers nor a list of rows".to_owned(),
            hint.to_owned(),
        )
    } else {
        (message.to_owned(), String::new())
    }
}

/// What is to be said of settings that estimators of the same kind have and this one has not.
fn not_estimated(key: &str) -> Option<&'static str> {
    match key {
        "demand_moment_types" | "supply_moment_types" => Some(
            "moments are in the errors themselves: moments in their innovations over time are not estimated",
        ),
        "covariance_instruments" | "covariance_moments_mean" => {
            Some("moments of the covariance of demand and cost errors are not estimated")
        }
        "segment" | "inputs" => Some(
            "this table is for calibrated studies, which have no `[estimate]` table; an estimated study may have `[worth]`, `[timing]`, `[[game]]`, `[[surface]]`, `[premiums]`, `[transfer]` and `[tracker]`",
        ),
        _ => None,
    }
}

/// What was found where the parser expected a form that it names in its own terms only.
fn of_another_form(message: &str) -> Option<&str> {
    let (found, expected) = message
        .strip_prefix("invalid type: ")?
        .split_once(", expected ")?;
    let own = ["struct ", "enum ", "a sequence", "a map"];
    own.iter().any(|o| expected.starts_with(o)).then_some(found)
}

/// Everything between backticks.
fn backticked(message: &str) -> Vec<&str> {
    message.split('`').skip(1).step_by(2).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unknown_keys_get_a_hint_from_the_expected_ones() {
        let (message, hint) = reworded("unknown field `prise`, expected one of `price`, `cost`");
        assert_eq!(message, "unknown key `prise`");
        assert_eq!(hint, "did you mean `price`?");
    }

    #[test]
    fn a_value_of_another_form_gets_a_hint_from_the_schema() {
        let text = "[estimate.demand]\nlinear = \"1\"\n[estimate.demand.built]\nkind = \"sums\"\n";
        let source = StudySource {
            file: "study.toml".into(),
            text: text.into(),
        };
        let error = source.parse_estimation().expect_err("is a mistake");
        assert_eq!(error.message, "map has no place here");
        assert_eq!(error.line, Some(3));
        assert!(
            error.hint.ends_with("write `[[estimate.demand.built]]`"),
            "{}",
            error.hint
        );
    }

    #[test]
    fn other_messages_pass_through() {
        assert_eq!(reworded("odd"), ("odd".to_owned(), String::new()));
    }
}
