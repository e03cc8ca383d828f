//! What may stand at a place of a study file, in words, as its schema says it.

use serde_json::Value;

use crate::toml_path::{Step, steps};

/// Keys that are listed at the most.
const KEYS: usize = 8;

/// What the schema expects at a path; `None` where the schema does not know the path.
pub(crate) fn expected(schema: &Value, path: &str) -> Option<String> {
    let mut here = vec![schema];
    for step in steps(path) {
        here = here
            .into_iter()
            .flat_map(|node| choices(schema, node))
            .filter_map(|node| child(node, &step))
            .collect();
    }
    let mut forms: Vec<String> = here
        .into_iter()
        .flat_map(|node| choices(schema, node))
        .filter_map(|node| form(schema, node))
        .collect();
    forms.dedup();
    let listed = here_is_a_list_of_tables(&forms);
    let words = forms.join(", or ");
    match (words.is_empty(), listed) {
        (true, _) => None,
        (false, true) => Some(format!("expected {words}: write `[[{path}]]`")),
        (false, false) => Some(format!("expected {words}")),
    }
}

/// Whether a list of tables is the only form.
fn here_is_a_list_of_tables(forms: &[String]) -> bool {
    matches!(forms, [only] if only.starts_with("a list, each a table"))
}

/// A node with references followed and alternatives apart; `null` is none of them.
pub(crate) fn choices<'a>(root: &'a Value, node: &'a Value) -> Vec<&'a Value> {
    if let Some(name) = node.get("$ref").and_then(Value::as_str) {
        let target = name.strip_prefix('#').and_then(|p| root.pointer(p));
        return target.map_or_else(Vec::new, |t| choices(root, t));
    }
    for key in ["anyOf", "oneOf"] {
        let Some(of) = node.get(key).and_then(Value::as_array) else {
            continue;
        };
        return of.iter().flat_map(|n| choices(root, n)).collect();
    }
    vec![node]
}

/// The part of the schema one step below a place.
pub(crate) fn child<'a>(node: &'a Value, step: &Step) -> Option<&'a Value> {
    match step {
        Step::Key(key) => {
            let own = node.get("properties").and_then(|p| p.get(key));
            own.or_else(|| node.get("additionalProperties"))
        }
        Step::Index(_) => node.get("items"),
    }
}

/// One alternative in words.
fn form(root: &Value, node: &Value) -> Option<String> {
    if let Some(one) = node.get("const").and_then(Value::as_str) {
        return Some(format!("`{one}`"));
    }
    if let Some(all) = node.get("enum").and_then(Value::as_array) {
        let names: Vec<String> = all
            .iter()
            .filter_map(Value::as_str)
            .map(|n| format!("`{n}`"))
            .collect();
        return Some(format!("one of {}", names.join(", ")));
    }
    let kinds: Vec<&str> = match node.get("type")? {
        Value::String(one) => vec![one.as_str()],
        Value::Array(all) => all.iter().filter_map(Value::as_str).collect(),
        _ => return None,
    };
    let words: Vec<String> = kinds
        .into_iter()
        .filter_map(|kind| of_kind(root, node, kind))
        .collect();
    (!words.is_empty()).then(|| words.join(", or "))
}

fn of_kind(root: &Value, node: &Value, kind: &str) -> Option<String> {
    Some(match kind {
        "object" => table(node),
        "array" => {
            let items = node.get("items")?;
            let each: Vec<String> = choices(root, items)
                .into_iter()
                .filter_map(|n| form(root, n))
                .collect();
            format!("a list, each {}", each.join(" or "))
        }
        "string" => "text in quotes".to_owned(),
        "number" => "a number".to_owned(),
        "integer" => "a whole number".to_owned(),
        "boolean" => "`true` or `false`".to_owned(),
        _ => return None,
    })
}

/// A table with its keys, those that it must have first.
fn table(node: &Value) -> String {
    let names = |v: &Value| -> Vec<String> {
        let all = v.as_object().into_iter().flat_map(|o| o.keys().cloned());
        all.collect()
    };
    let all = node.get("properties").map_or_else(Vec::new, names);
    let must = node.get("required").and_then(Value::as_array);
    let must: Vec<&str> = must
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .collect();
    let (first, others): (Vec<&String>, Vec<&String>) =
        all.iter().partition(|k| must.contains(&k.as_str()));
    let keys: Vec<String> = first
        .into_iter()
        .chain(others)
        .map(|k| format!("`{k}`"))
        .collect();
    match keys.len() {
        0 => "a table".to_owned(),
        n if n > KEYS => format!("a table with keys such as {}", keys[..KEYS].join(", ")),
        _ => format!("a table with keys among {}", keys.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema::{estimation_schema, study_schema};

    #[test]
    fn forms_are_said_as_a_user_writes_them() {
        for (path, words) in [
            ("title", "expected text in quotes"),
            (
                "entrant[0].cost",
                "expected a table with keys among `bill_of_materials`, `known`, `margin`, `markup`",
            ),
            (
                "estimate.demand.built",
                "expected a list, each a table with keys among `kind`, `of`, `expected_price`, \
                 `interact`: write `[[estimate.demand.built]]`",
            ),
            (
                "scenario[2].enter[0].products",
                "expected a list, each text in quotes",
            ),
            ("settings.draws", "expected a whole number"),
        ] {
            let found = expected(&estimation_schema(), path);
            assert_eq!(found.as_deref(), Some(words), "{path}");
        }
    }

    #[test]
    fn a_place_that_nobody_knows_has_no_form() {
        for path in ["nothing", "entrant[0].nothing", "title[3]"] {
            assert_eq!(expected(&study_schema(), path), None, "{path}");
        }
    }
}
