//! Which markets of a panel a study is about.

/// Whether a pattern of `markets` names a market: its id, its beginning with `*` at the end of the
/// pattern, or the word `last` for the last market of the table.
pub fn names_market(pattern: &str, id: &str, is_last: bool) -> bool {
    match pattern.strip_suffix('*') {
        Some(beginning) => id.starts_with(beginning),
        None => pattern == id || is_last && pattern == "last",
    }
}

#[cfg(test)]
mod tests {
    use super::names_market;

    #[test]
    fn ids_beginnings_and_the_last() {
        assert!(names_market("C01Q1", "C01Q1", false));
        assert!(names_market("C01*", "C01Q2", false) && !names_market("C01*", "C11Q2", false));
        assert!(names_market("last", "C65Q2", true) && !names_market("last", "C01Q1", false));
        assert!(names_market("*", "C65Q2", false));
    }
}
