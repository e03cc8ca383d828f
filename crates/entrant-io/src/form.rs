//! A study file as a form: the numbers, choices and switches that are written in it, and the
//! text with one of them changed. Everything else, comments too, stays as it is.

use std::ops::Range;

use entrant_data::InputError;
use serde_json::Value;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use crate::expected::{child, choices};
use crate::form_more::with_addition;
use crate::schema::{estimation_schema, merger_schema, study_schema};
use crate::source::StudySource;
use crate::toml_path::{Step, quoted, span_of};

/// Fields that a form has at the most.
const FIELDS: usize = 4000;
/// Keys whose values are identities, sources or remarks: they are for the text.
pub(crate) const PROSE: [&str; 6] = ["source", "note", "notes", "mark", "dist", "id"];

/// What a field holds.
#[derive(Debug, Clone, PartialEq)]
pub enum FormValue {
    /// A finite number.
    Number(f64),
    /// A switch.
    Switch(bool),
    /// A text; `choices` of the field says which ones may stand there, where only some may.
    Text(String),
}

/// A value that is written in the study file.
#[derive(Debug, Clone, PartialEq)]
pub struct FormField {
    /// Key path, such as `entrant[0].price.low`.
    pub path: String,
    /// The table it belongs to: its first key, and its place where that is a list of tables.
    pub group: String,
    /// What the table is called: its `id` or title, where it has one.
    pub name: String,
    /// Its value.
    pub value: FormValue,
    /// What may stand there; empty where anything of its kind may.
    pub choices: Vec<String>,
    /// What it means, as the schema of the file says it; empty where it says nothing.
    pub help: String,
    /// 1-based line.
    pub line: usize,
}

/// The values of a text that a form shows, in the order of the text: numbers, switches and
/// choices, and the title and question. None where the text is not TOML.
pub fn form_fields(text: &str) -> Vec<FormField> {
    let Ok(root) = DeTable::parse(text) else {
        return Vec::new();
    };
    let schema = schema_of(text);
    let mut form = Form {
        text,
        schema: &schema,
        found: Vec::new(),
    };
    for (key, value) in root.get_ref() {
        form.top(key.get_ref(), value);
    }
    form.found.sort_by_key(|(at, _)| *at);
    form.found
        .into_iter()
        .take(FIELDS)
        .map(|(_, f)| f)
        .collect()
}

/// The schema of the kind of study that a text is.
pub(crate) fn schema_of(text: &str) -> Value {
    let source = StudySource {
        file: String::new(),
        text: text.to_owned(),
    };
    if source.is_merger() {
        merger_schema()
    } else if source.is_estimated() {
        estimation_schema()
    } else {
        study_schema()
    }
}

/// The text with the value at a path replaced, or added where [`crate::form_additions`] has it.
/// `value` is a number, a boolean or a text.
///
/// # Errors
///
/// When no such value can stand at the path, or when the new one is of another kind.
pub fn with_value(text: &str, path: &str, value: &FormValue) -> Result<String, InputError> {
    let field = form_fields(text).into_iter().find(|f| f.path == path);
    let Some((field, (span, true))) = field.zip(span_of(text, path)) else {
        return with_addition(text, path, value);
    };
    let literal = match (&field.value, value) {
        (FormValue::Number(_), FormValue::Number(v)) if v.is_finite() => {
            number(*v, &text[span.clone()])
        }
        (FormValue::Switch(_), FormValue::Switch(v)) => v.to_string(),
        (FormValue::Text(_), FormValue::Text(v)) => toml::Value::String(v.clone()).to_string(),
        _ => return Err(InputError::at(path, "this is a value of another kind")),
    };
    Ok(format!(
        "{}{literal}{}",
        &text[..span.start],
        &text[span.end..]
    ))
}

/// A number as TOML; whole where a whole number stood and it is one.
fn number(value: f64, before: &str) -> String {
    let was_whole = before
        .bytes()
        .all(|b| b.is_ascii_digit() || b"+-_".contains(&b));
    let size = value.abs();
    if value.fract() == 0.0 && size < 1e15 && (was_whole || size >= 1e4) {
        let plain = format!("{value:.0}");
        let float = if was_whole { "" } else { ".0" };
        return if plain == "-0" {
            format!("0{float}")
        } else {
            format!("{plain}{float}")
        };
    }
    toml::Value::Float(value).to_string()
}

pub(crate) fn is_tables(value: &Spanned<DeValue<'_>>) -> bool {
    let items = value.get_ref().as_array();
    items.is_some_and(|all| !all.is_empty() && all.iter().all(|i| i.get_ref().is_table()))
}

/// What a table of a list is called.
pub(crate) fn name_of(table: &Spanned<DeValue<'_>>) -> String {
    let table = table.get_ref().as_table();
    let text = |key: &str| table?.get(key)?.get_ref().as_str().map(str::to_owned);
    let firm = || text("firm").or_else(|| text("of"));
    text("title")
        .or_else(|| text("id"))
        .or_else(firm)
        .unwrap_or_default()
}

struct Form<'a> {
    text: &'a str,
    schema: &'a Value,
    found: Vec<(usize, FormField)>,
}

impl<'a> Form<'a> {
    /// What stands under a key of the document; each table of a list of tables is a group.
    fn top(&mut self, key: &str, value: &Spanned<DeValue<'_>>) {
        let path = quoted(key);
        let nodes = self.below(&[self.schema], &Step::Key(key.to_owned()));
        let tables = value.get_ref().as_array().filter(|_| is_tables(value));
        let Some(items) = tables else {
            let group = if value.get_ref().is_table() {
                &path
            } else {
                ""
            };
            return self.visit(value, &nodes, &path, (group, ""));
        };
        for (i, item) in items.iter().enumerate() {
            let path = format!("{path}[{i}]");
            let nodes = self.below(&nodes, &Step::Index(i));
            self.visit(item, &nodes, &path, (&path, &name_of(item)));
        }
    }

    /// The places of the schema one step below others.
    fn below(&self, nodes: &[&'a Value], step: &Step) -> Vec<&'a Value> {
        let open = nodes.iter().flat_map(|n| choices(self.schema, n));
        open.filter_map(|n| child(n, step)).collect()
    }

    fn visit(
        &mut self,
        value: &Spanned<DeValue<'_>>,
        nodes: &[&'a Value],
        path: &str,
        group: (&str, &str),
    ) {
        match value.get_ref() {
            DeValue::Table(table) => {
                for (key, inner) in table {
                    let key = key.get_ref();
                    if PROSE.contains(&key.as_ref()) {
                        continue;
                    }
                    let nodes = self.below(nodes, &Step::Key(key.to_string()));
                    let path = format!("{path}.{}", quoted(key));
                    self.visit(inner, &nodes, &path, group);
                }
            }
            DeValue::Array(items) => {
                for (i, inner) in items.iter().enumerate() {
                    let nodes = self.below(nodes, &Step::Index(i));
                    self.visit(inner, &nodes, &format!("{path}[{i}]"), group);
                }
            }
            _ => self.leaf(value, nodes, path, group),
        }
    }

    fn leaf(
        &mut self,
        value: &Spanned<DeValue<'_>>,
        nodes: &[&'a Value],
        path: &str,
        (group, name): (&str, &str),
    ) {
        let choices = self.named_choices(nodes);
        let Some(held) = held(value.get_ref()) else {
            return;
        };
        let titled = ["title", "question", "currency"].contains(&path);
        if matches!(held, FormValue::Text(_)) && choices.is_empty() && !titled {
            return;
        }
        let Range { start, .. } = value.span();
        self.found.push((
            start,
            FormField {
                path: path.to_owned(),
                group: group.to_owned(),
                name: name.to_owned(),
                value: held,
                choices,
                help: help(nodes),
                line: crate::source::line_at(self.text.as_bytes(), start),
            },
        ));
    }

    /// Texts that the schema allows; empty where it allows any.
    fn named_choices(&self, nodes: &[&'a Value]) -> Vec<String> {
        let open = nodes.iter().flat_map(|n| choices(self.schema, n));
        let mut found: Vec<String> = Vec::new();
        for node in open {
            if node.get("type").and_then(Value::as_str) == Some("string")
                && node.get("enum").is_none()
                && node.get("const").is_none()
            {
                return Vec::new();
            }
            let one = node.get("const").and_then(Value::as_str);
            let many = node.get("enum").and_then(Value::as_array);
            let many = many.into_iter().flatten().filter_map(Value::as_str);
            found.extend(one.into_iter().chain(many).map(str::to_owned));
        }
        found
    }
}

/// What the schema says of a value; the nearest description wins.
pub(crate) fn help(nodes: &[&Value]) -> String {
    let said = |n: &&Value| {
        n.get("description")
            .and_then(Value::as_str)
            .map(str::to_owned)
    };
    let text = nodes.iter().find_map(said).unwrap_or_default();
    let first = text.split("\n\n").next().unwrap_or_default();
    first.replace('\n', " ")
}

/// The value of a leaf that a form can show.
fn held(value: &DeValue<'_>) -> Option<FormValue> {
    Some(match value {
        DeValue::Integer(v) => {
            let digits: String = v.as_str().chars().filter(|c| *c != '_').collect();
            let plain = i64::from_str_radix(&digits, v.radix()).ok()?;
            FormValue::Number(plain as f64)
        }
        DeValue::Float(v) => {
            let digits: String = v.as_str().chars().filter(|c| *c != '_').collect();
            FormValue::Number(digits.parse().ok().filter(|v: &f64| v.is_finite())?)
        }
        DeValue::Boolean(v) => FormValue::Switch(*v),
        DeValue::String(v) => FormValue::Text(v.to_string()),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "title = \"A\" # kept\n\n[settings]\ndraws = 300 # draws\nseed = 1\n\
        [[entrant]]\nid = \"x\"\nprice = { dist = \"uniform\", low = 1.5, high = 2 } # price\n\
        [inputs]\n\"a b\" = 3\n";

    fn changed(path: &str, value: &FormValue) -> String {
        with_value(TEXT, path, value).expect("a field")
    }

    #[test]
    fn a_form_has_what_is_written() {
        let fields = form_fields(TEXT);
        let paths: Vec<&str> = fields.iter().map(|f| f.path.as_str()).collect();
        assert_eq!(
            paths,
            [
                "title",
                "settings.draws",
                "settings.seed",
                "entrant[0].price.low",
                "entrant[0].price.high",
                "inputs.\"a b\"",
            ]
        );
        assert_eq!(fields[1].value, FormValue::Number(300.0));
        assert!(!fields[1].help.is_empty() && fields[1].line == 4);
        assert_eq!(
            (fields[3].group.as_str(), fields[3].name.as_str()),
            ("entrant[0]", "x")
        );
    }

    #[test]
    fn one_value_changes_and_nothing_else() {
        let one = |path: &str, value: FormValue, from: &str, to: &str| {
            assert_eq!(changed(path, &value), TEXT.replacen(from, to, 1), "{path}");
        };
        one("settings.draws", FormValue::Number(50.0), "300", "50");
        one(
            "entrant[0].price.low",
            FormValue::Number(1.25),
            "1.5",
            "1.25",
        );
        one(
            "entrant[0].price.high",
            FormValue::Number(2.5),
            "high = 2",
            "high = 2.5",
        );
        let negative = FormValue::Number(-4.0);
        one("inputs.\"a b\"", negative, "\"a b\" = 3", "\"a b\" = -4");
        let quoted = "\"\\\"b\\\\\"";
        let found = changed("title", &FormValue::Text("\"b\\".into()));
        assert!(
            found.starts_with(&format!("title = {quoted} # kept"))
                || found.starts_with("title = '\"b\\' # kept"),
            "{found}"
        );
    }

    #[test]
    fn what_is_written_is_read_back() {
        for value in [0.1, 1e-7, 5e7, 1e300, -0.0, 12345.678, 2.0_f64.powi(60)] {
            let text = changed("entrant[0].price.low", &FormValue::Number(value));
            let fields = form_fields(&text);
            let field = fields.iter().find(|f| f.path == "entrant[0].price.low");
            assert_eq!(
                field.map(|f| &f.value),
                Some(&FormValue::Number(value)),
                "{text}"
            );
        }
        for text in ["", "a\nb", "\u{202e}\"'''", "\u{0}\u{7f}\\", "</script>"] {
            let all = changed("title", &FormValue::Text(text.into()));
            assert_eq!(form_fields(&all)[0].value, FormValue::Text(text.into()));
        }
    }

    #[test]
    fn other_places_and_kinds_are_refused() {
        let bad = [
            ("nothing", FormValue::Number(1.0)),
            ("entrant[0].id", FormValue::Text("y".into())),
            ("settings", FormValue::Number(1.0)),
            ("settings.draws", FormValue::Number(f64::NAN)),
            ("settings.draws", FormValue::Text("1\nseed = 2".into())),
            ("title", FormValue::Switch(true)),
            ("../x", FormValue::Number(1.0)),
        ];
        for (path, value) in bad {
            assert!(with_value(TEXT, path, &value).is_err(), "{path}");
        }
        assert!(form_fields("a = [").is_empty());
    }
}
