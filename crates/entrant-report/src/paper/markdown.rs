//! Markdown with tables, as GitHub and pandoc read it.

use std::fmt::Write as _;

use super::parts::{Part, elsewhere, missing, parts, rows};
use super::{Brief, figure_file};
use crate::section::{Cell, Table, Tile};
use crate::visible::visible;

pub(super) fn write(brief: &Brief<'_>) -> String {
    let hero = &brief.hero;
    let mut out = format!("# {}\n\n", escaped(brief.title));
    paragraph(&mut out, &emphasised(&hero.question));
    paragraph(&mut out, &format!("**{}**", escaped(&hero.answer)));
    for line in &hero.more {
        paragraph(&mut out, &escaped(line));
    }
    let status = format!("**{}**: {}", escaped(hero.status), escaped(&hero.meaning));
    paragraph(&mut out, &status);
    if !hero.warning.is_empty() {
        paragraph(&mut out, &emphasised(&hero.warning));
    }
    if !hero.tiles.is_empty() {
        paragraph(&mut out, &emphasised(&hero.scenario));
        tiles(&mut out, &hero.tiles);
    }
    for part in parts(brief) {
        write_part(&mut out, &part);
    }
    out.push_str("---\n\n");
    for line in &brief.colophon {
        paragraph(&mut out, &escaped(line));
    }
    out.truncate(out.trim_end().len());
    out.push('\n');
    out
}

fn write_part(out: &mut String, part: &Part<'_>) {
    match part {
        Part::Heading(h) => paragraph(out, &format!("## {}", escaped(h))),
        Part::Subheading(h) => paragraph(out, &format!("### {}", escaped(h))),
        Part::Lead(text) => paragraph(out, &format!("**{}**", escaped(text))),
        Part::Paragraph(text) => paragraph(out, &escaped(text)),
        Part::Figure(figure) => {
            let title = escaped(&figure.title);
            paragraph(out, &format!("![{title}]({})", figure_file(figure)));
            paragraph(out, &emphasised(&figure.note));
        }
        Part::Table(of, more) => {
            paragraph(out, &format!("**{}**", escaped(&of.caption)));
            table(out, of);
            if let Some(words) = missing(*more) {
                paragraph(out, &emphasised(&words));
            }
        }
        Part::Tiles(all) => tiles(out, all),
        Part::LeftOut(captions) => paragraph(out, &emphasised(&elsewhere(captions))),
    }
}

fn paragraph(out: &mut String, text: &str) {
    if !text.is_empty() {
        let _ = write!(out, "{text}\n\n");
    }
}

fn emphasised(text: &str) -> String {
    if text.is_empty() {
        String::new()
    } else {
        format!("*{}*", escaped(text))
    }
}

fn table(out: &mut String, table: &Table) {
    let columns: Vec<(&str, bool)> = table.columns().collect();
    let names = columns.iter().map(|(name, _)| escaped(name));
    row(out, names);
    let rules = columns.iter().map(|(_, n)| if *n { "--:" } else { "---" });
    row(out, rules.map(String::from));
    for cells in rows(table) {
        row(out, cells.iter().map(cell));
    }
    out.push('\n');
}

fn tiles(out: &mut String, all: &[Tile]) {
    row(out, ["", "", ""].map(String::from).into_iter());
    row(out, ["---", "--:", "---"].map(String::from).into_iter());
    for tile in all {
        let cells = [&tile.label, &tile.value, &tile.note].map(|t| escaped(t));
        row(out, cells.into_iter());
    }
    out.push('\n');
}

fn row(out: &mut String, cells: impl Iterator<Item = String>) {
    for cell in cells {
        let _ = write!(out, "| {cell} ");
    }
    out.push_str("|\n");
}

fn cell(cell: &Cell) -> String {
    if cell.note.is_empty() {
        escaped(&cell.text)
    } else {
        format!("{} ({})", escaped(&cell.text), escaped(&cell.note))
    }
}

/// Text that is no markup: nothing in it starts a link, a tag, a list or a cell.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 8);
    let text = visible(text);
    let numbered = text.find(|c: char| !c.is_ascii_digit());
    for (i, c) in text.char_indices() {
        let lists = match c {
            '-' | '+' | '=' => i == 0,
            '.' | ')' => i > 0 && numbered == Some(i),
            _ => false,
        };
        if lists || r"\`*_{}[]<>#|~$&!^".contains(c) {
            out.push('\\');
        }
        out.push(c);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_no_markup() {
        assert_eq!(escaped("<img src=x>"), r"\<img src=x\>");
        assert_eq!(escaped("[a](b)|c"), r"\[a\](b)\|c");
        assert_eq!(escaped("1. first"), r"1\. first");
        assert_eq!(escaped("- item 1. - x"), r"\- item 1. - x");
        assert_eq!(escaped("2.5 of 3"), r"2\.5 of 3");
    }
}
