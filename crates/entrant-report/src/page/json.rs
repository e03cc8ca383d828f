//! JSON that can stand in a `<script type="application/json">` element.

use std::fmt::Write as _;

use serde::Serialize;

use crate::visible::is_hidden;

/// The value as JSON in which nothing can end the element or hide: `<`, `>`, `&`, line
/// separators and bidirectional marks stand as `\u....`.
pub fn for_script(value: &impl Serialize) -> serde_json::Result<String> {
    let plain = serde_json::to_string(value)?;
    let mut out = String::with_capacity(plain.len());
    for c in plain.chars() {
        if matches!(c, '<' | '>' | '&') || is_hidden(c) {
            escape(c, &mut out);
        } else {
            out.push(c);
        }
    }
    Ok(out)
}

fn escape(c: char, out: &mut String) {
    for unit in c.encode_utf16(&mut [0; 2]) {
        let _ = write!(out, "\\u{unit:04x}");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_ends_the_element_and_all_comes_back() {
        let text = "</script><!--&\u{2028}\u{202e}\u{e0041}\0\"\\";
        let json = for_script(&text).expect("strings serialise");
        assert!(!json.contains(['<', '>', '&', '\u{2028}', '\u{202e}', '\u{e0041}', '\0']));
        assert_eq!(serde_json::from_str::<String>(&json).expect("valid"), text);
    }
}
