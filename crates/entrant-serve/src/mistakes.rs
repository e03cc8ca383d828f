//! Mistakes and fields of a text, as the page reads them.

use entrant::data::{Finding, InputError, Level};
use entrant::io::{
    FormAddition, FormField, FormKind, FormValue, GivenStudy, form_additions, form_fields,
    read_given,
};
use serde_json::{Value, json};

use crate::session::Session;

/// A mistake with its line and column; columns count characters.
pub fn mistake(m: &InputError, text: &str) -> Value {
    json!({
        "file": m.file,
        "line": m.line,
        "column": m.span.and_then(|(from, _)| column(text, from, m.line)),
        "path": m.path,
        "value": m.value,
        "message": m.message,
        "hint": m.hint,
    })
}

/// The column of a byte, if it is in that line of the text.
fn column(text: &str, at: usize, line: Option<usize>) -> Option<usize> {
    let before = text.get(..at)?;
    let here = before.bytes().filter(|b| *b == b'\n').count() + 1;
    let start = before.rfind('\n').map_or(0, |n| n + 1);
    (line == Some(here)).then(|| before[start..].chars().count() + 1)
}

/// What there is to say of a text: its kind, its mistakes or its diagnostics, and its fields.
pub fn checked(session: &Session, text: &str) -> Value {
    let read = read_given(session.workbench().study(), text.to_owned());
    let (kind, mistakes, findings) = match read.and_then(bound) {
        Ok(study) => (kind(&study), Vec::new(), diagnosed(&study)),
        Err(found) => ("", found, Vec::new()),
    };
    let told = |f: &Finding| f.level != Level::Ok;
    json!({
        "kind": kind,
        "mistakes": mistakes.iter().map(|m| mistake(m, text)).collect::<Vec<_>>(),
        "findings": findings.iter().filter(|f| told(f)).collect::<Vec<_>>(),
        "fields": form_fields(text).iter().map(field).collect::<Vec<_>>(),
        "more": form_additions(text).iter().map(addition).collect::<Vec<_>>(),
    })
}

/// An estimated study must also become matrices.
fn bound(study: GivenStudy) -> Result<GivenStudy, Vec<InputError>> {
    if let GivenStudy::Estimated(loaded) = &study {
        let placed = |m: Vec<InputError>| {
            let placed = m.into_iter().map(|e| loaded.source.place(e));
            placed.collect::<Vec<_>>()
        };
        entrant::estimation::mistakes(loaded).map_err(placed)?;
    }
    Ok(study)
}

fn diagnosed(study: &GivenStudy) -> Vec<Finding> {
    match study {
        GivenStudy::Calibrated(loaded) => entrant::check(loaded),
        GivenStudy::Estimated(loaded) => loaded.findings.clone(),
        GivenStudy::Merger(_) => Vec::new(),
    }
}

/// What kind of study it is, in a word.
pub fn kind(study: &GivenStudy) -> &'static str {
    match study {
        GivenStudy::Calibrated(_) => "calibrated",
        GivenStudy::Estimated(_) => "estimated",
        GivenStudy::Merger(_) => "merger",
    }
}

fn field(f: &FormField) -> Value {
    json!({
        "path": f.path,
        "group": f.group,
        "name": f.name,
        "value": plain(&f.value),
        "choices": f.choices,
        "help": f.help,
        "line": f.line,
    })
}

fn plain(value: &FormValue) -> Value {
    match value {
        FormValue::Number(v) => json!(v),
        FormValue::Switch(v) => json!(v),
        FormValue::Text(v) => json!(v),
    }
}

/// A key that can be added.
fn addition(a: &FormAddition) -> Value {
    json!({
        "path": a.path,
        "group": a.group,
        "name": a.name,
        "kind": match a.kind {
            FormKind::Number | FormKind::Whole => "number",
            FormKind::Switch => "switch",
            FormKind::Choice => "choice",
        },
        "default": a.default.as_ref().map(plain),
        "choices": a.choices,
        "help": a.help,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_count_characters_of_their_line() {
        let text = "a = 1\né = 2\n";
        assert_eq!(column(text, 0, Some(1)), Some(1));
        assert_eq!(column(text, 11, Some(2)), Some(5));
        assert_eq!(column(text, 11, Some(1)), None);
        assert_eq!(column(text, 7, Some(2)), None);
        assert_eq!(column(text, 99, Some(2)), None);
    }
}
