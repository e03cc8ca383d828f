//! Reads Rust far enough to tell code from comments and literals.

use std::fs;
use std::path::{Path, PathBuf};

/// A file of the repository.
pub struct Source {
    /// Path from the root of the repository, with `/` between names.
    pub path: String,
    /// Its text.
    pub text: String,
}

impl Source {
    /// What stands behind the last dot of its name.
    pub fn extension(&self) -> &str {
        Path::new(&self.path)
            .extension()
            .and_then(|e| e.to_str())
            .unwrap_or_default()
    }

    /// Whether it is Rust.
    pub fn is_rust(&self) -> bool {
        self.extension() == "rs"
    }

    /// Words and signs of the code, without comments, literals and the unit tests at the end.
    pub fn tokens(&self) -> Vec<String> {
        let code = match self.text.find("\n#[cfg(test)]") {
            Some(end) => &self.text[..end],
            None => &self.text,
        };
        tokens(code)
    }
}

/// Root of the repository.
pub fn root() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.ancestors()
        .nth(2)
        .expect("two folders below the root")
        .to_owned()
}

/// Text files below a folder of the repository, in order; folders of tools and outputs are left out.
pub fn files(folder: &str) -> Vec<Source> {
    let mut found = Vec::new();
    walk(&root().join(folder), &mut found);
    found.sort_by(|a, b| a.path.cmp(&b.path));
    found
}

/// Rust sources of a crate, its tests left out.
pub fn crate_sources(name: &str) -> Vec<Source> {
    let mut found = files(&format!("crates/{name}/src"));
    found.retain(Source::is_rust);
    assert!(!found.is_empty(), "no sources in {name}");
    found
}

fn walk(folder: &Path, found: &mut Vec<Source>) {
    let entries = fs::read_dir(folder).unwrap_or_else(|e| panic!("{}: {e}", folder.display()));
    for entry in entries {
        let path = entry.expect("an entry").path();
        let name = path.file_name().and_then(|n| n.to_str()).expect("a name");
        if name.starts_with('.') || ["target", "out", "node_modules", "__pycache__"].contains(&name)
        {
            continue;
        }
        if path.is_dir() {
            walk(&path, found);
        } else if let Ok(text) = fs::read_to_string(&path) {
            let below = path.strip_prefix(root()).expect("below the root");
            let path = below.to_string_lossy().replace('\\', "/");
            found.push(Source { path, text });
        }
    }
}

/// Words, `::` and single signs; comments are dropped, a string is `""`, a character `''` and a
/// lifetime is dropped as well.
fn tokens(code: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut rest = code;
    while let Some(first) = rest.chars().next() {
        let (token, length) = next(rest, first);
        found.extend(token);
        rest = &rest[length..];
    }
    found
}

/// The token at the start of `rest`, if it is one, and how many bytes to move on.
fn next(rest: &str, first: char) -> (Option<String>, usize) {
    if rest.starts_with("//") {
        return (None, rest.find('\n').unwrap_or(rest.len()));
    }
    if rest.starts_with("/*") {
        return (None, block_comment(rest));
    }
    if let Some(length) = raw_string(rest) {
        return (Some("\"\"".into()), length);
    }
    if first == '"' {
        return (Some("\"\"".into()), quoted(rest, '"'));
    }
    if first == '\'' {
        return lifetime_or_character(rest);
    }
    if first.is_alphanumeric() || first == '_' {
        let end = |c: char| !c.is_alphanumeric() && c != '_';
        let length = rest.find(end).unwrap_or(rest.len());
        return (Some(rest[..length].into()), length);
    }
    if rest.starts_with("::") {
        return (Some("::".into()), 2);
    }
    (
        (!first.is_whitespace()).then(|| first.to_string()),
        first.len_utf8(),
    )
}

fn block_comment(rest: &str) -> usize {
    let (mut depth, mut at) = (0, 0);
    while at < rest.len() {
        if rest[at..].starts_with("/*") {
            depth += 1;
            at += 2;
        } else if rest[at..].starts_with("*/") {
            depth -= 1;
            at += 2;
            if depth == 0 {
                return at;
            }
        } else {
            at += rest[at..].chars().next().map_or(1, char::len_utf8);
        }
    }
    rest.len()
}

/// Length of `r"..."`, `r#"..."#`, `br"..."` and so on.
fn raw_string(rest: &str) -> Option<usize> {
    let after = rest.strip_prefix("br").or_else(|| rest.strip_prefix('r'))?;
    let hashes = after.len() - after.trim_start_matches('#').len();
    let body = after[hashes..].strip_prefix('"')?;
    let close = format!("\"{}", "#".repeat(hashes));
    let end = body.find(&close)? + close.len();
    Some(rest.len() - body.len() + end)
}

/// Length of a literal from its opening quote to its closing one.
fn quoted(rest: &str, quote: char) -> usize {
    let mut escaped = false;
    for (at, c) in rest.char_indices().skip(1) {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            c if c == quote => return at + 1,
            _ => {}
        }
    }
    rest.len()
}

fn lifetime_or_character(rest: &str) -> (Option<String>, usize) {
    let mut ahead = rest.chars().skip(1);
    let (one, two) = (ahead.next(), ahead.next());
    if one == Some('\\') || two == Some('\'') {
        return (Some("''".into()), quoted(rest, '\''));
    }
    let end = |c: char| !c.is_alphanumeric() && c != '_';
    (None, rest[1..].find(end).map_or(rest.len(), |n| n + 1))
}

#[test]
fn code_is_told_from_comments_and_literals() {
    let code = r##"let a = "fs::read // no"; // fs
        /* fs /* nested */ fs */ b(r#"fs " fs"#, 'x', '\'', b"fs"); x::<'static>(std::fs);"##;
    let found = tokens(code);
    assert_eq!(found.iter().filter(|t| *t == "fs").count(), 1);
    assert!(!found.contains(&"static".to_owned()) && !found.contains(&"nested".to_owned()));
    assert!(has_sequence(&found, &["std", "::", "fs"]));
}

/// Whether these tokens stand next to one another somewhere.
pub fn has_sequence(tokens: &[String], sequence: &[&str]) -> bool {
    tokens
        .windows(sequence.len())
        .any(|w| w.iter().zip(sequence).all(|(a, b)| a == b))
}
