//! Mistakes in a study, each with its source line, a caret and a hint.

use std::collections::BTreeMap;
use std::ops::Range;
use std::path::{Path, PathBuf};

use annotate_snippets::{AnnotationKind, Group, Level, Origin, Renderer, Snippet};
use entrant::data::InputError;
use entrant::io::error_text;

use crate::console::Console;
use crate::failure::sentence;
use crate::plain::{shown, visible, wrap};

/// Mistakes shown; the rest is counted.
const SHOWN: usize = 20;
/// Longest source line that is shown, in bytes.
const LINE_BYTES: usize = 2000;

/// A line of a file and the part of it to point at.
struct Line {
    number: usize,
    text: String,
    mark: Range<usize>,
}

/// All mistakes, then how many there are.
pub(crate) fn text(place: &Path, mistakes: &[InputError], console: &Console) -> String {
    let mut texts: BTreeMap<&str, Option<String>> = BTreeMap::new();
    let mut out = String::new();
    for mistake in mistakes.iter().take(SHOWN) {
        let text = texts
            .entry(&mistake.file)
            .or_insert_with(|| error_text(place, mistake));
        let line = text.as_deref().and_then(|text| line_of(mistake, text));
        out += &one(place, mistake, line, console.message_width());
        out += "\n\n";
    }
    out + &sentence(&summary(place, mistakes.len()), "", console.message_width())
}

fn summary(place: &Path, count: usize) -> String {
    let mistakes = if count == 1 { "mistake" } else { "mistakes" };
    let rest = match count.saturating_sub(SHOWN) {
        0 => String::new(),
        rest => format!(", {rest} of them not shown"),
    };
    format!("{count} {mistakes} in `{}`{rest}", shown(place))
}

fn one(place: &Path, mistake: &InputError, line: Option<Line>, width: usize) -> String {
    let path = shown(&file(place, mistake));
    let title = wrap(
        &visible(&mistake.message),
        width.saturating_sub(7).max(20),
        0,
    );
    let mut group = Group::with_title(Level::ERROR.primary_title(title));
    let context = context(mistake, line.is_some());
    match line {
        Some(line) => group = group.element(snippet(line, path, &mistake.path)),
        None => group = group.element(origin(path, mistake.line)),
    }
    if !context.is_empty() {
        group = group.element(Level::NOTE.message(context));
    }
    if !mistake.hint.is_empty() {
        let hint = wrap(&visible(&mistake.hint), width.saturating_sub(12).max(20), 0);
        group = group.element(Level::HELP.with_name("hint").message(hint));
    }
    Renderer::styled().term_width(width).render(&[group])
}

fn snippet(
    line: Line,
    path: String,
    key: &str,
) -> Snippet<'static, annotate_snippets::Annotation<'static>> {
    let mark = AnnotationKind::Primary.span(line.mark);
    let mark = if key.is_empty() {
        mark
    } else {
        mark.label(visible(key))
    };
    Snippet::source(line.text)
        .line_start(line.number)
        .path(path)
        .annotation(mark)
}

fn origin(path: String, line: Option<usize>) -> Origin<'static> {
    let origin = Origin::path(path);
    match line {
        Some(line) => origin.line(line),
        None => origin,
    }
}

/// What the source line would have shown.
fn context(mistake: &InputError, has_line: bool) -> String {
    let path = (!mistake.path.is_empty()).then(|| format!("at `{}`", visible(&mistake.path)));
    let told = mistake.value.is_empty() || mistake.message.contains(&mistake.value);
    let value = (!told).then(|| format!("found `{}`", visible(&mistake.value)));
    if has_line {
        return String::new();
    }
    let parts: Vec<String> = path.into_iter().chain(value).collect();
    parts.join(", ")
}

/// The file of a mistake as the user can open it: beside the study, unless it is the file that
/// the user named.
fn file(place: &Path, mistake: &InputError) -> PathBuf {
    let named = Path::new(&mistake.file);
    if mistake.file.is_empty() || named.starts_with(place) {
        return if mistake.file.is_empty() {
            place.to_owned()
        } else {
            named.to_owned()
        };
    }
    if place.is_dir() {
        place.join(named)
    } else {
        place
            .parent()
            .map_or_else(|| named.to_owned(), |dir| dir.join(named))
    }
}

/// The line of a mistake, with hidden characters spelled out.
fn line_of(mistake: &InputError, text: &str) -> Option<Line> {
    let number = mistake.line.filter(|n| *n > 0)?;
    let (start, line) = lines(text).nth(number - 1)?;
    if line.len() > LINE_BYTES {
        return None;
    }
    let mark = match mistake.span {
        Some((from, to)) => within(line, from.saturating_sub(start), to.saturating_sub(start))?,
        None => find(line, &mistake.value),
    };
    let before = spelled(&line[..mark.start]).len();
    let marked = spelled(&line[mark]).len();
    Some(Line {
        number,
        text: spelled(line),
        mark: before..before + marked,
    })
}

/// A part of a line with hidden characters spelled out, and tabs as spaces.
fn spelled(part: &str) -> String {
    visible(&part.replace('\t', " "))
}

/// Lines with the byte at which they start.
fn lines(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let mut start = 0;
    text.split('\n').map(move |line| {
        let from = start;
        start += line.len() + 1;
        (from, line.strip_suffix('\r').unwrap_or(line))
    })
}

/// The part of a line between two bytes, where those are bytes of characters.
fn within(line: &str, from: usize, to: usize) -> Option<Range<usize>> {
    let range = from.min(line.len())..to.clamp(from.min(line.len()), line.len());
    line.get(range.clone()).map(|_| range)
}

/// Where a value stands in a line, or the whole line when it is not there exactly once.
fn find(line: &str, value: &str) -> Range<usize> {
    let mut places = line.match_indices(value).filter(|_| !value.is_empty());
    match (places.next(), places.next()) {
        (Some((at, _)), None) => at..at + value.len(),
        _ => line.len() - line.trim_start().len()..line.trim_end().len(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_span_becomes_a_part_of_its_line() {
        let mut mistake = InputError::at("b", "odd").in_file("study.toml", Some(2));
        mistake.span = Some((10, 11));
        let line = line_of(&mistake, "a = 1\r\nb\u{7}= 2\n").expect("there");
        assert_eq!((line.number, line.text.as_str()), (2, "b\\u{7}= 2"));
        assert_eq!(&line.text[line.mark], " ");
    }

    #[test]
    fn a_value_is_found_where_it_stands_once() {
        assert_eq!(find("x,abc,1", "abc"), 2..5);
        assert_eq!(find("1,1", "1"), 0..3);
        assert_eq!(find(" a ", ""), 1..2);
    }

    #[test]
    fn lines_that_are_not_there_are_not_shown() {
        let mistake = InputError::at("", "odd").in_file("a.csv", Some(9));
        assert!(line_of(&mistake, "a\nb\n").is_none());
        let mut broken = InputError::at("", "odd").in_file("a.csv", Some(1));
        broken.span = Some((1, 2));
        assert!(line_of(&broken, "é").is_none());
    }
}
