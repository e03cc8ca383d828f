//! LaTeX that compiles by itself, with `booktabs` tables and charts in `TikZ`.

use std::fmt::Write as _;

use super::Brief;
use super::parts::{Part, elsewhere, missing, parts, rows};
use crate::figure::{Anchor, Drawing, Figure, Ink, Mark};
use crate::section::{Cell, Table, Tile};
use crate::visible::visible;

/// Packages, and what makes long tables of notes fit.
const PREAMBLE: &str = r"% Made by entrant. Compiles with pdflatex; names in scripts other than Latin need lualatex.
\documentclass[11pt,a4paper]{article}
\usepackage{iftex}
\ifPDFTeX
  \usepackage[T1]{fontenc}
  \usepackage[utf8]{inputenc}
  \usepackage{textcomp}
  \IfFileExists{lmodern.sty}{\usepackage{lmodern}}{}
  \newcommand{\other}[1]{?}
\else
  \usepackage{fontspec}
  \newcommand{\other}[1]{#1}
\fi
\usepackage[margin=24mm]{geometry}
\usepackage{amssymb,booktabs,longtable,array,xcolor,tikz,ragged2e}
\usepackage[hidelinks]{hyperref}
\setlength{\parindent}{0pt}
\setlength{\parskip}{6pt}
\setlength{\LTleft}{0pt}
\setlength{\tabcolsep}{3pt}
\newcolumntype{L}[1]{>{\RaggedRight\arraybackslash}p{#1}}
\newcolumntype{R}[1]{>{\RaggedLeft\arraybackslash}p{#1}}
\newcommand{\note}[1]{{\footnotesize\color{black!60}#1}}
";

pub(super) fn write(brief: &Brief<'_>) -> String {
    let hero = &brief.hero;
    let mut out = String::from(PREAMBLE);
    let title = escaped(brief.title);
    let _ = write!(
        out,
        "\\title{{{title}}}\n\\author{{{}}}\n\\date{{}}\n\\begin{{document}}\n\\maketitle\n\n",
        escaped(brief.kicker)
    );
    paragraph(&mut out, &wrapped("emph", &hero.question));
    paragraph(&mut out, &wrapped("textbf", &hero.answer));
    for line in &hero.more {
        paragraph(&mut out, &escaped(line));
    }
    let meaning = escaped(&hero.meaning);
    paragraph(
        &mut out,
        &format!("{}: {meaning}", wrapped("textbf", hero.status)),
    );
    if !hero.warning.is_empty() {
        paragraph(&mut out, &wrapped("emph", &hero.warning));
    }
    if !hero.tiles.is_empty() {
        paragraph(&mut out, &wrapped("emph", &hero.scenario));
        tiles(&mut out, &hero.tiles);
    }
    for part in parts(brief) {
        write_part(&mut out, &part);
    }
    out.push_str("\\bigskip\\hrule\\medskip\n");
    for line in &brief.colophon {
        paragraph(&mut out, &wrapped("note", line));
    }
    out.push_str("\\end{document}\n");
    out
}

fn write_part(out: &mut String, part: &Part<'_>) {
    match part {
        Part::Heading(h) => paragraph(out, &wrapped("section*", h)),
        Part::Subheading(h) => paragraph(out, &wrapped("subsection*", h)),
        Part::Lead(text) => paragraph(out, &wrapped("textbf", text)),
        Part::Paragraph(text) => paragraph(out, &escaped(text)),
        Part::Figure(of) => figure(out, of),
        Part::Table(of, more) => table(out, of, *more),
        Part::Tiles(all) => tiles(out, all),
        Part::LeftOut(captions) => paragraph(out, &wrapped("note", &elsewhere(captions))),
    }
}

fn paragraph(out: &mut String, text: &str) {
    if !text.is_empty() {
        let _ = write!(out, "{text}\n\n");
    }
}

/// `\command{text}`; nothing for no text.
fn wrapped(command: &str, text: &str) -> String {
    if text.is_empty() {
        String::new()
    } else {
        format!("\\{command}{{{}}}", escaped(text))
    }
}

fn figure(out: &mut String, figure: &Figure) {
    out.push_str("\\begin{center}\n");
    paragraph(out, &wrapped("textbf", &figure.title));
    out.push_str(&picture(&figure.drawing));
    out.push_str("\n\\end{center}\n");
    paragraph(out, &wrapped("note", &figure.note));
}

/// A drawing, a point for a point, with the vertical axis turned.
fn picture(drawing: &Drawing) -> String {
    let mut out = String::from(
        "\\resizebox{\\linewidth}{!}{%\n\\begin{tikzpicture}[x=1pt,y=-1pt,every node/.style={inner sep=0,font=\\sffamily}]\n",
    );
    let _ = writeln!(
        out,
        "\\useasboundingbox (0,0) rectangle ({:.2},{:.2});",
        drawing.width, drawing.height
    );
    for mark in &drawing.marks {
        out.push_str(&drawn(mark));
        out.push('\n');
    }
    out.push_str("\\end{tikzpicture}}");
    out
}

fn drawn(mark: &Mark) -> String {
    match mark {
        Mark::Line {
            from,
            to,
            width,
            ink,
        } => format!(
            "{}\\draw[ink,line width={width}pt] ({:.2},{:.2}) -- ({:.2},{:.2});",
            colour(*ink),
            from.0,
            from.1,
            to.0,
            to.1
        ),
        Mark::Dot {
            at,
            radius,
            ink,
            hollow,
        } => {
            let fill = if *hollow { "white" } else { "ink" };
            format!(
                "{}\\filldraw[draw=ink,fill={fill},line width=1.2pt] ({:.2},{:.2}) circle[radius={radius}pt];",
                colour(*ink),
                at.0,
                at.1
            )
        }
        Mark::Text {
            at,
            size,
            anchor,
            ink,
            text,
        } => {
            let anchor = match anchor {
                Anchor::Middle => "base",
                Anchor::End => "base east",
            };
            let leading = size * 1.2;
            format!(
                "{}\\node[text=ink,anchor={anchor}] at ({:.2},{:.2}) {{\\fontsize{{{size}}}{{{leading:.1}}}\\selectfont {}}};",
                colour(*ink),
                at.0,
                at.1,
                escaped(text)
            )
        }
    }
}

fn colour(ink: Ink) -> String {
    format!(
        "\\definecolor{{ink}}{{RGB}}{{{},{},{}}}",
        ink.0, ink.1, ink.2
    )
}

fn table(out: &mut String, table: &Table, more: usize) {
    let columns: Vec<(&str, bool)> = table.columns().collect();
    let layout = layout(table, &columns);
    let _ = writeln!(out, "{{\\footnotesize\n\\begin{{longtable}}{{{layout}}}");
    let _ = writeln!(
        out,
        "\\multicolumn{{{}}}{{@{{}}l}}{{\\parbox{{\\linewidth}}{{\\RaggedRight\\textbf{{{}}}}}}}\\\\",
        columns.len(),
        escaped(&table.caption)
    );
    let names: Vec<String> = columns.iter().map(|(name, _)| escaped(name)).collect();
    let head = format!("\\toprule\n{} \\\\\n\\midrule", names.join(" & "));
    let _ = writeln!(
        out,
        "{head}\n\\endfirsthead\n{head}\n\\endhead\n\\bottomrule\n\\endfoot"
    );
    for cells in rows(table) {
        let cells: Vec<String> = cells.iter().map(cell).collect();
        let _ = writeln!(out, "{} \\\\", cells.join(" & "));
    }
    out.push_str("\\end{longtable}}\n\n");
    if let Some(words) = missing(more) {
        paragraph(out, &wrapped("note", &words));
    }
}

/// Columns that share the width of the page by what stands in them.
fn layout(table: &Table, columns: &[(&str, bool)]) -> String {
    let parts = super::pdf::column_parts(table);
    let gaps = columns.len().saturating_sub(1);
    let column = |((_, numeric), part): (&(&str, bool), &f64)| {
        let kind = if *numeric { 'R' } else { 'L' };
        format!(
            "{kind}{{{part:.4}\\dimexpr\\linewidth-{}\\tabcolsep\\relax}}",
            2 * gaps
        )
    };
    let all: Vec<String> = columns.iter().zip(&parts).map(column).collect();
    format!("@{{}}{}@{{}}", all.concat())
}

fn tiles(out: &mut String, all: &[Tile]) {
    out.push_str("\\begin{tabular}{@{}lrl@{}}\n\\toprule\n");
    for tile in all {
        let _ = writeln!(
            out,
            "{} & {} & {} \\\\",
            escaped(&tile.label),
            wrapped("textbf", &tile.value),
            wrapped("note", &tile.note)
        );
    }
    out.push_str("\\bottomrule\n\\end{tabular}\n\n");
}

fn cell(cell: &Cell) -> String {
    // A bracket at the start of a row would be read as an option of the line end before it.
    let text = escaped(&cell.text);
    if cell.note.is_empty() {
        format!("{{}}{text}")
    } else {
        format!("{{}}{text}\\newline {}", wrapped("note", &cell.note))
    }
}

/// Text that is no command; hidden characters are spelled out.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 8);
    for c in visible(text).chars() {
        match c {
            '\\' => out.push_str("\\textbackslash{}"),
            '{' | '}' | '$' | '&' | '#' | '%' | '_' => {
                out.push('\\');
                out.push(c);
            }
            '~' => out.push_str("\\textasciitilde{}"),
            '^' => out.push_str("\\textasciicircum{}"),
            '<' => out.push_str("\\textless{}"),
            '>' => out.push_str("\\textgreater{}"),
            '|' => out.push_str("\\textbar{}"),
            '"' => out.push_str("\\textquotedbl{}"),
            '`' => out.push_str("\\textasciigrave{}"),
            '-' => out.push_str("{-}"),
            '−' => out.push_str("\\ensuremath{-}"),
            '▲' => out.push_str("\\ensuremath{\\blacktriangle}"),
            '▼' => out.push_str("\\ensuremath{\\blacktriangledown}"),
            '≤' => out.push_str("\\ensuremath{\\le}"),
            '≥' => out.push_str("\\ensuremath{\\ge}"),
            '→' => out.push_str("\\ensuremath{\\to}"),
            '×' => out.push_str("\\ensuremath{\\times}"),
            '₹' => out.push_str("Rs\\,"),
            '✓' | '✕' => {}
            '\u{a0}' => out.push('~'),
            c if is_typeset(c) => out.push(c),
            c => {
                let _ = write!(out, "\\other{{{c}}}");
            }
        }
    }
    out
}

/// Whether pdflatex has the character: those of the T1 encoding and of `textcomp`. Others need a
/// program that takes fonts of the system.
fn is_typeset(c: char) -> bool {
    let t1 = "ĂăĄąĆćČčĎďĐđĘęĚěĞğİıĹĺĽľŁłŃńŇňŊŋŐőŒœŔŕŘřŚśŞşŠšŢţŤťŮůŰűŸŹźŻżŽž‘’“”„‚‹›–—…€™•‰";
    c.is_ascii() || ('\u{a1}'..='\u{ff}').contains(&c) || t1.contains(c)
}
