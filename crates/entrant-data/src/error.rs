//! The caller's mistakes: where, what was found, and what to do next.

/// A mistake in what the caller gave, with its place, value and next step.
///
/// `file` and `path` say where: `path` is a dotted key path in the study file
/// (`scenario[1].enter[0].products[0]`) or `row 12, column price` in a table.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct InputError {
    /// The file as the user named it; empty where only the study file is meant.
    pub file: String,
    /// Key path in the study file, or row and column in a table.
    pub path: String,
    /// 1-based line in `file`, when known.
    pub line: Option<usize>,
    /// Byte range in `file`, when known, for pointing at the value.
    pub span: Option<(usize, usize)>,
    /// The value found, as the user wrote it; empty when something is missing.
    pub value: String,
    /// What is wrong: a lowercase fragment.
    pub message: String,
    /// What to do next; empty when the message says it all.
    pub hint: String,
}

impl InputError {
    /// A mistake at a key path of the study file.
    pub fn at(path: impl Into<String>, message: impl Into<String>) -> Self {
        InputError {
            file: String::new(),
            path: path.into(),
            line: None,
            span: None,
            value: String::new(),
            message: message.into(),
            hint: String::new(),
        }
    }

    /// Adds the value found.
    pub fn value(mut self, value: impl Into<String>) -> Self {
        self.value = value.into();
        self
    }

    /// Adds the next step.
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = hint.into();
        self
    }

    /// Adds the file and line.
    pub fn in_file(mut self, file: impl Into<String>, line: Option<usize>) -> Self {
        self.file = file.into();
        self.line = line;
        self
    }
}

/// The closest of `candidates` to `word`, for a "did you mean" hint; `None` when nothing is near.
pub fn nearest<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    candidates
        .into_iter()
        .map(|c| (edit_distance(&word.to_lowercase(), &c.to_lowercase()), c))
        .filter(|(d, c)| *d <= 1 + c.chars().count() / 3)
        .min_by_key(|(d, _)| *d)
        .map(|(_, c)| c)
}

/// Most candidates that a hint lists.
const LISTED: usize = 40;

/// A hint that names the nearest candidate, or lists them.
pub fn did_you_mean<'a>(
    word: &str,
    candidates: impl IntoIterator<Item = &'a str> + Clone,
) -> String {
    if let Some(near) = nearest(word, candidates.clone()) {
        return format!("did you mean `{near}`?");
    }
    let more = candidates
        .clone()
        .into_iter()
        .count()
        .saturating_sub(LISTED);
    let known: Vec<String> = candidates
        .into_iter()
        .take(LISTED)
        .map(|c| format!("`{c}`"))
        .collect();
    match (known.is_empty(), more) {
        (true, _) => "none are defined".into(),
        (_, 0) => format!("known: {}", known.join(", ")),
        _ => format!("known: {} and {more} more", known.join(", ")),
    }
}

/// Levenshtein distance over characters, one row at a time.
fn edit_distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, ca) in a.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for j in 0..b.len() {
            let substituted = diagonal + usize::from(ca != b[j]);
            diagonal = row[j + 1];
            row[j + 1] = substituted.min(diagonal + 1).min(row[j] + 1);
        }
    }
    row[b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn distance_counts_single_edits() {
        assert_eq!(edit_distance("kitten", "sitting"), 3);
        assert_eq!(edit_distance("", "abc"), 3);
        assert_eq!(
            nearest("scenaro", ["scenario", "segment"]),
            Some("scenario")
        );
        assert_eq!(nearest("zzz", ["scenario"]), None);
    }
}
