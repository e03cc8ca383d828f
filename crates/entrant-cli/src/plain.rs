//! Text from other people's files on somebody's terminal: nothing in it may act there.

use std::path::Path;

/// Whether a character cannot be seen or changes the order of others.
fn is_hidden(c: char) -> bool {
    c.is_control()
        || matches!(c,
            '\u{61c}' | '\u{200b}' | '\u{200e}' | '\u{200f}' | '\u{feff}'
            | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}'
            | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}')
}

/// The text with control, bidirectional and other hidden characters as `\u{..}`.
pub(crate) fn visible(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        push_visible(c, &mut out);
    }
    out
}

fn push_visible(c: char, out: &mut String) {
    if is_hidden(c) {
        out.extend(c.escape_unicode());
    } else {
        out.push(c);
    }
}

/// JSON with the same meaning in which no hidden character stands as itself. The text is one
/// JSON document on one line.
pub(crate) fn visible_json(json: &str) -> String {
    let mut out = String::with_capacity(json.len());
    for c in json.chars() {
        if is_hidden(c) {
            let units = c.encode_utf16(&mut [0; 2]).to_vec();
            out.extend(units.iter().map(|u| format!("\\u{u:04x}")));
        } else {
            out.push(c);
        }
    }
    out
}

/// A path as text that is safe to print.
pub(crate) fn shown(path: &Path) -> String {
    visible(&path.to_string_lossy())
}

/// The text in lines no longer than a width, broken at spaces; a longer word gets a line of
/// its own. Lines after the first are indented.
pub(crate) fn wrap(text: &str, width: usize, indent: usize) -> String {
    let mut out = String::with_capacity(text.len());
    let mut column = 0;
    for (i, word) in text.split(' ').enumerate() {
        let length = word.chars().count();
        if column > indent && column + 1 + length > width {
            out.push('\n');
            out.extend(std::iter::repeat_n(' ', indent));
            column = indent;
        } else if i > 0 {
            out.push(' ');
            column += 1;
        }
        out.push_str(word);
        column += length;
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hidden_characters_are_spelled_out() {
        assert_eq!(
            visible("\u{1b}]0;x\u{7}\u{202e}"),
            "\\u{1b}]0;x\\u{7}\\u{202e}"
        );
        assert_eq!(visible("Škoda \u{200d} 小米"), "Škoda \u{200d} 小米");
    }

    #[test]
    fn json_keeps_its_meaning() {
        let text = "a\u{9b}\u{202e}\u{e0041}\u{7f}";
        let json = visible_json(&serde_json::to_string(text).expect("a string"));
        assert!(json.is_ascii());
        assert_eq!(serde_json::from_str::<String>(&json).expect("valid"), text);
    }

    #[test]
    fn lines_break_at_spaces() {
        assert_eq!(wrap("one two three", 7, 2), "one two\n  three");
        assert_eq!(wrap("incomprehensible is", 5, 0), "incomprehensible\nis");
        assert_eq!(wrap("a  b ", 80, 0), "a  b ");
    }
}
