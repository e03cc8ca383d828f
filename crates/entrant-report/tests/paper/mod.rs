//! The short report in other formats: whole, the same every time, and harmless.

use std::collections::BTreeSet;

use entrant_data::result::Results;
use entrant_report::{Form, Paper, paper};

use crate::fixture;
use crate::hostile::{PAYLOADS, with_hostile_names};

const FORMS: [Form; 5] = [
    Form::Markdown,
    Form::Latex,
    Form::Workbook,
    Form::Pdf,
    Form::Figures,
];

fn papers(results: &Results, form: Form) -> Vec<Paper> {
    paper(results, form).expect("the report is written")
}

/// The first file of a format as text.
fn text(results: &Results, form: Form) -> String {
    let first = papers(results, form).swap_remove(0);
    String::from_utf8(first.bytes).expect("the file is text")
}

#[test]
fn the_same_results_give_the_same_bytes() {
    let results = fixture::results();
    for form in FORMS {
        let [a, b] = [papers(&results, form), papers(&results, form)];
        assert!(!a.is_empty());
        for (a, b) in a.iter().zip(&b) {
            assert!(
                a.name == b.name && a.bytes == b.bytes,
                "{form:?} {}",
                a.name
            );
        }
    }
}

#[test]
fn what_the_page_says_first_is_said() {
    let results = fixture::results();
    let plain = |text: String| text.replace('\\', "");
    let markdown = plain(text(&results, Form::Markdown));
    for sentence in &results.answer {
        assert!(markdown.contains(&sentence.replace('\\', "")), "{sentence}");
    }
    for heading in [
        "## Who loses what",
        "## How prices answer",
        "## What drives",
    ] {
        assert!(markdown.contains(heading), "{heading}");
    }
    let charts = papers(&results, Form::Figures);
    for chart in &charts {
        assert!(
            markdown.contains(&format!("({})", chart.name)),
            "{}",
            chart.name
        );
    }
    assert!(charts.len() >= 5, "{}", charts.len());
}

/// Elements of an SVG that are not closed by themselves, and all that are named.
fn elements(svg: &str) -> BTreeSet<&str> {
    let tags = svg.split('<').skip(1);
    let name = |tag: &str| {
        tag.find(|c: char| !c.is_ascii_alphabetic() && c != '/')
            .unwrap_or(0)
    };
    tags.map(|tag| &tag[..name(tag)]).collect()
}

/// Commands of a LaTeX file.
fn commands(tex: &str) -> BTreeSet<String> {
    let mut out = BTreeSet::new();
    let mut rest = tex;
    while let Some(at) = rest.find('\\') {
        rest = &rest[at + 1..];
        let word: String = rest.chars().take_while(char::is_ascii_alphabetic).collect();
        // A command of one letter that is none: `\\`, `\&`.
        rest = &rest[word
            .len()
            .max(rest.chars().next().map_or(0, char::len_utf8))..];
        out.insert(word);
    }
    out
}

#[test]
fn names_cannot_become_markup_commands_or_elements() {
    let tame = fixture::results();
    let allowed = commands(&text(&tame, Form::Latex));
    let drawn: BTreeSet<String> = papers(&tame, Form::Figures)
        .iter()
        .flat_map(|p| {
            let svg = String::from_utf8_lossy(&p.bytes).into_owned();
            elements(&svg)
                .into_iter()
                .map(String::from)
                .collect::<Vec<_>>()
        })
        .collect();
    let words = [
        "textbackslash",
        "textasciitilde",
        "textasciicircum",
        "textless",
        "textgreater",
        "textbar",
        "textquotedbl",
        "textasciigrave",
        "other",
        "ensuremath",
    ];
    let results = with_hostile_names(PAYLOADS);
    let tex = text(&results, Form::Latex);
    let more: Vec<String> = commands(&tex)
        .into_iter()
        .filter(|c| !allowed.contains(c) && !words.contains(&c.as_str()))
        .collect();
    assert!(more.is_empty(), "{more:?}");
    balanced(&tex);
    for file in papers(&results, Form::Figures) {
        let svg = String::from_utf8(file.bytes).expect("an SVG is text");
        let all = elements(&svg);
        assert!(all.iter().all(|e| drawn.contains(*e)), "{all:?}");
    }
    bare(&text(&results, Form::Markdown));
    assert!(papers(&results, Form::Pdf)[0].bytes.starts_with(b"%PDF-1."));
    assert!(papers(&results, Form::Workbook)[0].bytes.starts_with(b"PK"));
}

/// Braces that are no characters match.
fn balanced(tex: &str) {
    let mut depth = 0_i64;
    let mut escaped = false;
    for c in tex.chars() {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '{' => depth += 1,
            '}' => depth -= 1,
            _ => {}
        }
        assert!(depth >= 0);
    }
    assert_eq!(depth, 0);
}

/// No tag, link or cell but our own.
fn bare(markdown: &str) {
    let mut escaped = false;
    for c in markdown.chars() {
        if escaped {
            escaped = false;
        } else {
            assert!(!"<>`~$&".contains(c), "a bare {c}");
            escaped = c == '\\';
        }
    }
    let links = markdown.matches("](").count();
    let ours = markdown.matches("](figures/").count();
    assert_eq!(links - markdown.matches("\\](").count(), ours);
}

/// The table at the end of a PDF says where each object starts.
#[test]
fn a_pdf_finds_its_objects() {
    let file = papers(&fixture::results(), Form::Pdf).swap_remove(0).bytes;
    let find = |word: &[u8]| file.windows(word.len()).rposition(|w| w == word);
    let text = |from: usize| String::from_utf8_lossy(&file[from..]).into_owned();
    let end = text(find(b"startxref").expect("the end says where the table is") + 9);
    let at: usize = end
        .split_whitespace()
        .next()
        .and_then(|n| n.parse().ok())
        .expect("a number");
    let table = text(at);
    assert!(table.starts_with("xref"));
    let entries: Vec<&str> = table.lines().skip(2).take_while(|l| l.len() > 15).collect();
    assert!(entries.len() > 10, "{}", entries.len());
    for (number, entry) in entries.iter().enumerate().skip(1) {
        let offset: usize = entry[..10].parse().expect("an offset");
        assert!(
            file[offset..].starts_with(format!("{number} 0 obj").as_bytes()),
            "{number}"
        );
    }
}
