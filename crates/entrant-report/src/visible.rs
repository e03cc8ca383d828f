//! Characters that hide or reorder text, made visible.

/// Whether a character cannot be seen or changes the order of others: controls, bidirectional
/// marks, zero-width and line separators. The joiners that scripts and emoji need are not.
pub fn is_hidden(c: char) -> bool {
    c.is_control()
        || matches!(c,
            '\u{61c}' | '\u{200b}' | '\u{200e}' | '\u{200f}' | '\u{feff}'
            | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}'
            | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}')
}

/// The text with every hidden character as `\u{..}`.
pub fn visible(text: &str) -> String {
    reveal(text, is_hidden)
}

/// A rendered page with hidden characters as `\u{..}`, its line ends and tabs kept.
pub fn visible_page(text: &str) -> String {
    reveal(text, |c| is_hidden(c) && !matches!(c, '\n' | '\t'))
}

fn reveal(text: &str, hidden: impl Fn(char) -> bool) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        if hidden(c) {
            out.extend(c.escape_unicode());
        } else {
            out.push(c);
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn controls_and_bidi_are_spelled_out() {
        assert_eq!(visible("a\u{202e}b\0\n"), "a\\u{202e}b\\u{0}\\u{a}");
        assert_eq!(visible("\u{1b}]0;x\u{7}"), "\\u{1b}]0;x\\u{7}");
        assert_eq!(visible("Škoda \u{200d} 小米"), "Škoda \u{200d} 小米");
    }

    #[test]
    fn a_page_keeps_its_line_ends() {
        assert_eq!(visible_page("<p>\n\u{2028}\t"), "<p>\n\\u{2028}\t");
    }
}
