//! Key paths of a TOML document, such as `scenario[1].enter[0].products[0]`, and where in
//! the text each of them stands.

use std::ops::Range;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

/// One step along a key path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Step {
    Key(String),
    Index(usize),
}

/// A key as it is written in a path: bare where TOML allows it, quoted otherwise.
pub(crate) fn quoted(key: &str) -> String {
    let bare = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
    if !key.is_empty() && key.chars().all(bare) {
        key.to_owned()
    } else {
        format!("\"{}\"", key.replace('\\', "\\\\").replace('"', "\\\""))
    }
}

/// The byte range of the value at `path`, or of its nearest ancestor that is written down
/// (where a key is missing, the table that lacks it), and whether the range is a value written
/// there in full. `None` when nothing on the path is there.
pub(crate) fn span_of(text: &str, path: &str) -> Option<(Range<usize>, bool)> {
    let root = DeTable::parse(text).ok()?;
    let mut steps = steps(path).into_iter();
    let Some(Step::Key(first)) = steps.next() else {
        return None;
    };
    let mut here = root.get_ref().get(first.as_str())?;
    let mut whole = true;
    for step in steps {
        match child(here, &step) {
            Some(next) => here = next,
            None => whole = false,
        }
        if !whole {
            break;
        }
    }
    Some((here.span(), whole && !is_header(text, here)))
}

/// Whether a table is written under a `[header]`, which is then its range.
fn is_header(text: &str, node: &Spanned<DeValue<'_>>) -> bool {
    node.get_ref().is_table() && text[node.span()].starts_with('[')
}

fn child<'a, 'i>(node: &'a Spanned<DeValue<'i>>, step: &Step) -> Option<&'a Spanned<DeValue<'i>>> {
    match (node.get_ref(), step) {
        (DeValue::Table(table), Step::Key(key)) => table.get(key.as_str()),
        (DeValue::Array(items), Step::Index(i)) => items.get(*i),
        _ => None,
    }
}

/// The path of the smallest key or value that contains the byte at `offset`.
pub(crate) fn path_at(text: &str, offset: usize) -> String {
    let Ok(root) = DeTable::parse(text) else {
        return String::new();
    };
    let mut best = (usize::MAX, String::new());
    visit_table(root.get_ref(), "", &mut |span, path| {
        if span.contains(&offset) && span.len() <= best.0 {
            best = (span.len(), path.to_owned());
        }
    });
    best.1
}

type Visit<'v> = &'v mut dyn FnMut(Range<usize>, &str);

fn visit_table(table: &DeTable<'_>, prefix: &str, visit: Visit<'_>) {
    for (key, value) in table {
        let dot = if prefix.is_empty() { "" } else { "." };
        let path = format!("{prefix}{dot}{}", quoted(key.get_ref()));
        visit(key.span(), &path);
        visit_value(value, &path, visit);
    }
}

fn visit_value(value: &Spanned<DeValue<'_>>, path: &str, visit: Visit<'_>) {
    visit(value.span(), path);
    match value.get_ref() {
        DeValue::Table(table) => visit_table(table, path, visit),
        DeValue::Array(items) => {
            for (i, item) in items.iter().enumerate() {
                visit_value(item, &format!("{path}[{i}]"), visit);
            }
        }
        _ => {}
    }
}

/// Takes a written path apart. Text that is no path gives the steps up to the first oddity.
pub(crate) fn steps(path: &str) -> Vec<Step> {
    let mut found = Vec::new();
    let mut rest = path;
    while let Some((step, after)) = next_step(rest) {
        found.push(step);
        rest = after;
    }
    found
}

fn next_step(path: &str) -> Option<(Step, &str)> {
    let path = path.strip_prefix('.').unwrap_or(path);
    if let Some(after) = path.strip_prefix('[') {
        let (index, after) = after.split_once(']')?;
        return Some((Step::Index(index.parse().ok()?), after));
    }
    if let Some(after) = path.strip_prefix('"') {
        return quoted_key(after);
    }
    let end = path.find(['.', '[']).unwrap_or(path.len());
    (end > 0).then(|| (Step::Key(path[..end].to_owned()), &path[end..]))
}

fn quoted_key(text: &str) -> Option<(Step, &str)> {
    let mut key = String::new();
    let mut chars = text.char_indices();
    while let Some((i, c)) = chars.next() {
        match c {
            '"' => return Some((Step::Key(key), &text[i + 1..])),
            '\\' => key.push(chars.next()?.1),
            other => key.push(other),
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "title = \"t\"\n[inputs]\n\"a.b\" = 3\nc = { low = 1 }\n\
        [[scenario]]\nid = \"one\"\n[[scenario]]\nid = \"two\"\n\
        [[scenario.enter]]\nproducts = [\"x\", \"y\"]\n";

    fn written(path: &str) -> &'static str {
        span_of(TEXT, path).map_or("", |(span, _)| &TEXT[span])
    }

    #[test]
    fn paths_lead_to_the_text() {
        for (path, text) in [
            ("title", "\"t\""),
            ("inputs.\"a.b\"", "3"),
            ("inputs.c.low", "1"),
            ("scenario[1].id", "\"two\""),
            ("scenario[1].enter[0].products[1]", "\"y\""),
            ("inputs.c.high", "{ low = 1 }"),
            ("nothing", ""),
        ] {
            assert_eq!(written(path), text, "{path}");
        }
    }

    #[test]
    fn missing_keys_lead_to_the_table_that_lacks_them() {
        assert_eq!(written("scenario[0].title"), "[[scenario]]");
        assert_eq!(written("scenario[1].enter[0].aware"), "[[scenario.enter]]");
    }

    #[test]
    fn the_text_leads_back_to_the_path() {
        for path in [
            "title",
            "inputs.\"a.b\"",
            "scenario[1].enter[0].products[1]",
        ] {
            let (span, whole) = span_of(TEXT, path).expect("is there");
            assert!(whole);
            assert_eq!(path_at(TEXT, span.start), path);
        }
    }

    #[test]
    fn odd_paths_lead_nowhere() {
        for path in ["", "[", "[x]", "\"open", "..", "a[1"] {
            assert!(span_of(TEXT, path).is_none(), "{path}");
        }
    }
}
