//! What a form can add to a study file: keys of its tables that are not written yet.

use entrant_data::InputError;
use serde_json::Value;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use crate::expected::{child, choices};
use crate::form::{FormValue, PROSE, form_fields, help, is_tables, name_of, schema_of};
use crate::toml_path::{Step, quoted};

/// Keys of a form that can be added at the most.
const KEYS: usize = 4000;
/// Tables that can be added to with their first key; others need more than a number to make sense.
const FRESH: [&str; 1] = ["settings"];

/// What may stand under a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FormKind {
    /// A finite number.
    Number,
    /// A whole number.
    Whole,
    /// A switch.
    Switch,
    /// One of the choices.
    Choice,
}

/// A key that is not written in the study file and can be.
#[derive(Debug, Clone, PartialEq)]
pub struct FormAddition {
    /// Key path, such as `entrant[0].awareness`.
    pub path: String,
    /// The table it belongs to, as for [`crate::FormField`].
    pub group: String,
    /// What the table is called: its `id` or title, where it has one.
    pub name: String,
    /// What may stand there.
    pub kind: FormKind,
    /// What holds while nothing is written, where the schema of the file says it.
    pub default: Option<FormValue>,
    /// What may stand there; empty where anything of its kind may.
    pub choices: Vec<String>,
    /// What it means, as the schema of the file says it.
    pub help: String,
}

/// The numbers, switches and choices that the tables of a text may have and have not, in the order of
/// the tables. None where the text is not TOML.
pub fn form_additions(text: &str) -> Vec<FormAddition> {
    let Ok(root) = DeTable::parse(text) else {
        return Vec::new();
    };
    let schema = schema_of(text);
    let mut tables: Vec<_> = root.get_ref().iter().collect();
    tables.sort_by_key(|(_, value)| value.span().start);
    let mut found = Vec::new();
    for (key, value) in tables {
        let path = quoted(key.get_ref());
        let step = Step::Key(key.get_ref().to_string());
        let nodes: Vec<&Value> = open(&schema, vec![&schema])
            .into_iter()
            .filter_map(|n| child(n, &step))
            .collect();
        let items = value.get_ref().as_array().filter(|_| is_tables(value));
        let places: Vec<(String, &Spanned<DeValue<'_>>)> = match items {
            Some(all) => {
                let numbered = all.iter().enumerate();
                numbered.map(|(i, t)| (format!("{path}[{i}]"), t)).collect()
            }
            None => vec![(path, value)],
        };
        for (group, table) in places {
            let nodes = match items {
                Some(_) => open(&schema, nodes.clone())
                    .into_iter()
                    .filter_map(|n| child(n, &Step::Index(0)))
                    .collect(),
                None => nodes.clone(),
            };
            if let (Some(written), true) = (table.get_ref().as_table(), has_header(text, table)) {
                let absent = |key: &str| !written.contains_key(key);
                let name = if items.is_some() {
                    name_of(table)
                } else {
                    String::new()
                };
                found.extend(keys(
                    &schema,
                    &open(&schema, nodes),
                    (&group, &name),
                    absent,
                ));
            }
        }
    }
    for fresh in FRESH.iter().filter(|t| !root.get_ref().contains_key(**t)) {
        let step = Step::Key((*fresh).to_owned());
        let nodes = open(&schema, vec![&schema]);
        let nodes = nodes.into_iter().filter_map(|n| child(n, &step)).collect();
        found.extend(keys(&schema, &open(&schema, nodes), (fresh, ""), |_| true));
    }
    found.truncate(KEYS);
    found
}

/// References followed and alternatives apart.
fn open<'a>(schema: &'a Value, nodes: Vec<&'a Value>) -> Vec<&'a Value> {
    let nodes = nodes.into_iter();
    nodes.flat_map(|n| choices(schema, n)).collect()
}

/// Whether a table is written under a `[header]`, below which there is room for another key.
fn has_header(text: &str, table: &Spanned<DeValue<'_>>) -> bool {
    text.get(table.span()).is_some_and(|t| t.starts_with('['))
}

/// The keys of a table that can be added.
fn keys(
    schema: &Value,
    nodes: &[&Value],
    (group, name): (&str, &str),
    absent: impl Fn(&str) -> bool,
) -> Vec<FormAddition> {
    let mut found = Vec::new();
    for node in nodes {
        let all = node.get("properties").and_then(Value::as_object);
        for (key, of) in all.into_iter().flatten() {
            if !absent(key) || PROSE.contains(&key.as_str()) {
                continue;
            }
            let open = choices(schema, of);
            let Some((kind, choices)) = kind_of(&open) else {
                continue;
            };
            let said = std::iter::once(of).chain(open);
            found.push(FormAddition {
                path: format!("{group}.{}", quoted(key)),
                group: group.to_owned(),
                name: name.to_owned(),
                kind,
                default: of.get("default").and_then(value_of),
                choices,
                help: help(&said.collect::<Vec<_>>()),
            });
        }
    }
    found
}

/// What may stand at a place, when it is a number, a switch or a choice. A quantity may be a number.
fn kind_of(open: &[&Value]) -> Option<(FormKind, Vec<String>)> {
    let is = |n: &Value, name: &str| match n.get("type") {
        Some(Value::String(one)) => one == name,
        Some(Value::Array(all)) => all.iter().any(|t| t == name),
        _ => false,
    };
    let any = |name: &str| open.iter().any(|n| is(n, name));
    let named: Vec<String> = open
        .iter()
        .flat_map(|n| {
            let one = n.get("const").and_then(Value::as_str);
            let many = n.get("enum").and_then(Value::as_array);
            let many = many.into_iter().flatten().filter_map(Value::as_str);
            one.into_iter().chain(many)
        })
        .map(str::to_owned)
        .collect();
    let free = |n: &&Value| is(n, "string") && n.get("const").is_none() && n.get("enum").is_none();
    if any("number") {
        return Some((FormKind::Number, Vec::new()));
    }
    if any("integer") {
        return Some((FormKind::Whole, Vec::new()));
    }
    if any("boolean") {
        return Some((FormKind::Switch, Vec::new()));
    }
    let closed = !named.is_empty() && !open.iter().any(free);
    closed.then_some((FormKind::Choice, named))
}

fn value_of(v: &Value) -> Option<FormValue> {
    match v {
        Value::Number(n) => n.as_f64().map(FormValue::Number),
        Value::Bool(b) => Some(FormValue::Switch(*b)),
        Value::String(s) => Some(FormValue::Text(s.clone())),
        _ => None,
    }
}

/// The text with a key added below the others of its table. Nothing else changes.
///
/// # Errors
/// When no such key can be added, or not with such a value.
pub(crate) fn with_addition(
    text: &str,
    path: &str,
    value: &FormValue,
) -> Result<String, InputError> {
    let Some(key) = form_additions(text).into_iter().find(|a| a.path == path) else {
        let hint = "the text has changed: wait until the form shows it";
        return Err(InputError::at(path, "no value of the form is written here").hint(hint));
    };
    let other = || InputError::at(path, "this is a value of another kind");
    let literal = match (key.kind, value) {
        (FormKind::Whole, FormValue::Number(v)) if v.fract() == 0.0 && v.abs() < 1e15 => {
            format!("{v:.0}")
        }
        (FormKind::Number, FormValue::Number(v)) if v.is_finite() => {
            toml::Value::Float(*v).to_string()
        }
        (FormKind::Switch, FormValue::Switch(v)) => v.to_string(),
        (FormKind::Choice, FormValue::Text(v)) if key.choices.contains(v) => {
            toml::Value::String(v.clone()).to_string()
        }
        _ => return Err(other()),
    };
    let name = path
        .strip_prefix(&format!("{}.", key.group))
        .unwrap_or(path);
    let line = format!("{name} = {literal}\n");
    let made = match end_of(text, &key.group) {
        Some(at) if text[..at].ends_with('\n') => format!("{}{line}{}", &text[..at], &text[at..]),
        Some(at) => format!("{}\n{line}{}", &text[..at], &text[at..]),
        None => {
            let gap = if text.is_empty() || text.ends_with('\n') {
                ""
            } else {
                "\n"
            };
            format!("{text}{gap}\n[{}]\n{line}", key.group)
        }
    };
    if only_this(text, &made, path, value) {
        return Ok(made);
    }
    let hint = "write it in the text";
    Err(InputError::at(path, "there is no simple place for this key").hint(hint))
}

/// Where the next line of a table goes: below its header and the keys that are written there.
fn end_of(text: &str, group: &str) -> Option<usize> {
    let root = DeTable::parse(text).ok()?;
    let (key, index) = match group.strip_suffix(']').and_then(|g| g.rsplit_once('[')) {
        Some((key, index)) => (key, index.parse::<usize>().ok()),
        None => (group, None),
    };
    let mut tables = root.get_ref().iter();
    let (_, value) = tables.find(|(k, _)| quoted(k.get_ref()) == key)?;
    let table = match index {
        Some(i) => value.get_ref().as_array()?.get(i)?,
        None => value,
    };
    // A value of this table, and no table with a header of its own, comes after a `=`.
    let own = |v: &&Spanned<DeValue<'_>>| text[..v.span().start].trim_end().ends_with('=');
    let values = table.get_ref().as_table()?.iter().map(|(_, v)| v);
    let last = values.filter(own).map(|v| v.span().end).max();
    let end = last.unwrap_or(0).max(table.span().end);
    Some(text[end..].find('\n').map_or(text.len(), |n| end + n + 1))
}

/// Whether a text has one value more than another and is the same otherwise.
fn only_this(before: &str, after: &str, path: &str, value: &FormValue) -> bool {
    let (old, new) = (form_fields(before), form_fields(after));
    let (added, kept): (Vec<_>, Vec<_>) = new.iter().partition(|f| f.path == path);
    let same =
        |(a, b): (&&crate::FormField, &crate::FormField)| a.path == b.path && a.value == b.value;
    matches!(added.as_slice(), [one] if one.value == *value)
        && kept.len() == old.len()
        && kept.iter().zip(&old).all(same)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::with_value;

    const TEXT: &str = "title = \"A\"\n\n[settings] # how\ndraws = 300 # draws\n\n# the firm\n\
        [[entrant]]\nid = \"x\"\nfirm = \"F\"\nprice = { dist = \"uniform\", low = 1.5, high = 2 } # price\n\
        [[entrant]]\nid = \"y\"\n\n[entrant.x]\na = 1.0\n";

    fn added(path: &str, value: &FormValue) -> String {
        with_value(TEXT, path, value).expect("a key that can be added")
    }

    #[test]
    fn keys_that_are_not_written_are_offered_with_their_defaults() {
        let all = form_additions(TEXT);
        let one = |path: &str| all.iter().find(|a| a.path == path);
        let seed = one("settings.seed").expect("a seed");
        assert_eq!((seed.kind, seed.default.is_some()), (FormKind::Whole, true));
        assert!(!seed.help.is_empty());
        assert!(one("settings.draws").is_none(), "it is written");
        assert!(one("settings.level").is_some_and(|l| l.kind == FormKind::Number));
        assert!(all.iter().any(|a| a.group == "entrant[1]" && a.name == "y"));
        assert!(form_additions("a = [").is_empty());
    }

    #[test]
    fn a_key_is_added_below_the_others_of_its_table_and_nothing_else_changes() {
        let text = added("settings.seed", &FormValue::Number(7.0));
        assert_eq!(text, TEXT.replacen("# draws\n", "# draws\nseed = 7\n", 1));
        let text = added("settings.level", &FormValue::Number(0.8));
        assert_eq!(
            text,
            TEXT.replacen("# draws\n", "# draws\nlevel = 0.8\n", 1)
        );
        // Without the table, it comes with the key.
        let bare = "title = \"A\"";
        let text = with_value(bare, "settings.draws", &FormValue::Number(50.0)).expect("added");
        assert_eq!(text, "title = \"A\"\n\n[settings]\ndraws = 50\n");
    }

    #[test]
    fn what_does_not_fit_is_refused() {
        let bad = [
            ("settings.seed", FormValue::Number(1.5)),
            ("settings.seed", FormValue::Switch(true)),
            ("settings.level", FormValue::Number(f64::INFINITY)),
            ("settings.level", FormValue::Text("1\nseed = 2".into())),
            ("settings.nothing", FormValue::Number(1.0)),
            ("entrant[7].price", FormValue::Number(1.0)),
        ];
        for (path, value) in bad {
            assert!(with_value(TEXT, path, &value).is_err(), "{path}");
        }
    }
}
