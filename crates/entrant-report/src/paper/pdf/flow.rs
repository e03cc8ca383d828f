//! Text and drawings set one below the other, page after page.

use pdf_writer::{Content, Name, Str};

use crate::figure::{Anchor, Drawing, Face, Ink, Mark, width, windows};
use crate::visible::visible;

/// A4, and its margins, in points.
pub(super) const PAGE: (f32, f32) = (595.28, 841.89);
const MARGIN: f64 = 56.0;
/// Width of the text.
pub(super) const MEASURE: f64 = 483.0;
const TOP: f64 = 785.0;
const BOTTOM: f64 = 56.0;
/// How far a quarter of a circle's handles stand out.
const ROUND: f64 = 0.552_284_75;

/// How text is set.
#[derive(Debug, Clone, Copy)]
pub(super) struct Style {
    /// Face.
    pub face: Face,
    /// Size.
    pub size: f64,
    /// Colour.
    pub ink: Ink,
    /// Space above.
    pub above: f64,
    /// Space that must be left on the page besides the text, so that no heading ends a page.
    pub keep: f64,
}

impl Style {
    pub(super) const KICKER: Style = Style::of(Face::Bold, 8.0, Ink::QUIET, 0.0);
    pub(super) const TITLE: Style = Style::of(Face::Bold, 20.0, Ink::TEXT, 2.0);
    pub(super) const ANSWER: Style = Style::of(Face::Bold, 13.0, Ink::TEXT, 8.0);
    pub(super) const HEADING: Style = Style {
        keep: 90.0,
        ..Style::of(Face::Bold, 14.0, Ink::TEXT, 20.0)
    };
    pub(super) const SUBHEADING: Style = Style {
        keep: 60.0,
        ..Style::of(Face::Bold, 11.0, Ink::TEXT, 12.0)
    };
    pub(super) const CAPTION: Style = Style {
        keep: 40.0,
        ..Style::of(Face::Bold, 9.0, Ink::TEXT, 10.0)
    };
    pub(super) const STRONG: Style = Style::of(Face::Bold, 10.0, Ink::TEXT, 6.0);
    pub(super) const BODY: Style = Style::of(Face::Plain, 10.0, Ink::TEXT, 5.0);
    pub(super) const QUIET: Style = Style::of(Face::Plain, 10.0, Ink::QUIET, 5.0);
    pub(super) const SMALL: Style = Style::of(Face::Plain, 8.0, Ink::QUIET, 4.0);

    const fn of(face: Face, size: f64, ink: Ink, above: f64) -> Style {
        Style {
            face,
            size,
            ink,
            above,
            keep: 0.0,
        }
    }

    /// Height of a paragraph, with the space above it.
    pub(super) fn height(self, text: &str) -> f64 {
        let lines = lines(&visible(text), self, MEASURE).len();
        let lines = u32::try_from(lines).map_or(f64::MAX, f64::from);
        self.leading().mul_add(lines, self.above)
    }

    /// Distance between base lines.
    pub(super) fn leading(self) -> f64 {
        self.size * 1.3
    }
}

/// Pages being filled.
pub(super) struct Flow {
    /// Content of each page.
    pub pages: Vec<Content>,
    /// Headings: what they say, their page, and how high they stand.
    pub outline: Vec<(String, usize, f64)>,
    y: f64,
    left_out: bool,
}

impl Flow {
    /// An empty first page.
    pub(super) fn new() -> Self {
        Flow {
            pages: vec![Content::new()],
            outline: Vec::new(),
            y: TOP,
            left_out: false,
        }
    }

    /// Whether some character could not be written.
    pub(super) fn left_out(&self) -> bool {
        self.left_out
    }

    /// A paragraph over the whole width; nothing for no text.
    pub(super) fn text(&mut self, text: &str, style: Style) {
        if text.is_empty() {
            return;
        }
        let lines = lines(&visible(text), style, MEASURE);
        self.space(style.above);
        self.keep(style.leading() + style.keep);
        for line in lines {
            self.keep(style.leading());
            self.y -= style.leading();
            self.line(&line, 0.0, self.y + style.size * 0.3, style);
        }
    }

    /// Texts beside each other: what they say, where they start, how wide they may be.
    pub(super) fn columns(&mut self, cells: &[(&str, f64, f64, Style)]) {
        let set: Vec<Vec<String>> = cells
            .iter()
            .map(|(text, _, wide, style)| lines(&visible(text), *style, *wide))
            .collect();
        let most = set.iter().map(Vec::len).max().unwrap_or(0);
        let leading = cells.iter().map(|c| c.3.leading()).fold(0.0, f64::max);
        self.keep(leading * u32::try_from(most).map_or(1.0, f64::from));
        for line in 0..most {
            self.y -= leading;
            for ((_, x, _, style), lines) in cells.iter().zip(&set) {
                if let Some(text) = lines.get(line) {
                    self.line(text, *x, self.y + style.size * 0.3, *style);
                }
            }
        }
    }

    /// The heading of a section, which the outline names.
    pub(super) fn section(&mut self, text: &str) {
        self.text(text, Style::HEADING);
        let page = self.pages.len() - 1;
        let top = self.y + Style::HEADING.leading();
        self.outline.push((text.to_owned(), page, top));
    }

    /// A new page unless there is so much room on this one.
    pub(super) fn keep(&mut self, height: f64) {
        if self.y - height < BOTTOM && self.y < TOP {
            self.pages.push(Content::new());
            self.y = TOP;
        }
    }

    /// Whether that much fits below what stands on the page.
    pub(super) fn fits(&self, height: f64) -> bool {
        self.y - height >= BOTTOM
    }

    /// Leaves a space, but not at the top of a page.
    pub(super) fn space(&mut self, height: f64) {
        if self.y < TOP {
            self.y -= height;
        }
    }

    /// Goes down; how high that is.
    pub(super) fn down(&mut self, height: f64) -> f64 {
        self.y -= height;
        self.y
    }

    /// A line over the whole width.
    pub(super) fn rule(&mut self) {
        self.space(6.0);
        self.stroke((0.0, self.y), (MEASURE, self.y), 0.6, Ink::GRID);
    }

    /// A line from a point to another.
    pub(super) fn stroke(&mut self, from: (f64, f64), to: (f64, f64), wide: f64, ink: Ink) {
        let c = self.page();
        let (r, g, b) = shade(ink);
        c.set_stroke_rgb(r, g, b).set_line_width(short(wide));
        c.move_to(short(from.0 + MARGIN), short(from.1));
        c.line_to(short(to.0 + MARGIN), short(to.1));
        c.stroke();
    }

    /// One line of text with its base line at a height.
    pub(super) fn line(&mut self, text: &str, x: f64, y: f64, style: Style) {
        let (bytes, whole) = windows(text);
        self.left_out |= !whole;
        let (r, g, b) = shade(style.ink);
        let name = match style.face {
            Face::Plain => Name(b"F1"),
            Face::Bold => Name(b"F2"),
        };
        let c = self.page();
        c.begin_text();
        c.set_fill_rgb(r, g, b);
        c.set_font(name, short(style.size));
        c.next_line(short(x + MARGIN), short(y));
        c.show(Str(&bytes));
        c.end_text();
    }

    /// A drawing at the left edge.
    pub(super) fn drawing(&mut self, drawing: &Drawing) {
        self.space(4.0);
        self.keep(drawing.height);
        let top = self.y;
        self.y -= drawing.height;
        for mark in &drawing.marks {
            self.mark(mark, top);
        }
    }

    fn mark(&mut self, mark: &Mark, top: f64) {
        match mark {
            Mark::Line {
                from,
                to,
                width,
                ink,
            } => self.stroke((from.0, top - from.1), (to.0, top - to.1), *width, *ink),
            Mark::Dot {
                at,
                radius,
                ink,
                hollow,
            } => self.dot((at.0, top - at.1), *radius, *ink, *hollow),
            Mark::Text {
                at,
                size,
                anchor,
                ink,
                text,
            } => {
                let wide = width(text, Face::Plain, *size);
                let x = match anchor {
                    Anchor::Middle => at.0 - wide / 2.0,
                    Anchor::End => at.0 - wide,
                };
                let style = Style::of(Face::Plain, *size, *ink, 0.0);
                self.line(text, x, top - at.1, style);
            }
        }
    }

    fn dot(&mut self, at: (f64, f64), r: f64, ink: Ink, hollow: bool) {
        let (x, y) = (at.0 + MARGIN, at.1);
        let h = ROUND * r;
        let (red, green, blue) = shade(ink);
        let c = self.page();
        c.set_stroke_rgb(red, green, blue).set_line_width(1.4);
        if hollow {
            c.set_fill_rgb(1.0, 1.0, 1.0);
        } else {
            c.set_fill_rgb(red, green, blue);
        }
        c.move_to(short(x + r), short(y));
        let quarters = [
            [(x + r, y + h), (x + h, y + r), (x, y + r)],
            [(x - h, y + r), (x - r, y + h), (x - r, y)],
            [(x - r, y - h), (x - h, y - r), (x, y - r)],
            [(x + h, y - r), (x + r, y - h), (x + r, y)],
        ];
        for [a, b, e] in quarters {
            c.cubic_to(
                short(a.0),
                short(a.1),
                short(b.0),
                short(b.1),
                short(e.0),
                short(e.1),
            );
        }
        c.close_fill_nonzero_and_stroke();
    }

    fn page(&mut self) -> &mut Content {
        if self.pages.is_empty() {
            self.pages.push(Content::new());
        }
        let last = self.pages.len() - 1;
        &mut self.pages[last]
    }
}

/// Lines of a paragraph no wider than a measure; a word that is too long is broken.
pub(super) fn lines(text: &str, style: Style, measure: f64) -> Vec<String> {
    let wide = |t: &str| width(t, style.face, style.size);
    let mut out: Vec<String> = Vec::new();
    let mut line = String::new();
    for word in text.split(' ').filter(|w| !w.is_empty()) {
        for piece in pieces(word, &wide, measure) {
            let longer = if line.is_empty() {
                piece.clone()
            } else {
                format!("{line} {piece}")
            };
            if wide(&longer) <= measure || line.is_empty() {
                line = longer;
            } else {
                out.push(std::mem::replace(&mut line, piece));
            }
        }
    }
    if !line.is_empty() {
        out.push(line);
    }
    out
}

/// A word in pieces that fit.
fn pieces(word: &str, wide: &impl Fn(&str) -> f64, measure: f64) -> Vec<String> {
    if wide(word) <= measure {
        return vec![word.to_owned()];
    }
    let mut out = vec![String::new()];
    for c in word.chars() {
        let last = out.len() - 1;
        let longer = format!("{}{c}", out[last]);
        if wide(&longer) <= measure || out[last].is_empty() {
            out[last] = longer;
        } else {
            out.push(c.to_string());
        }
    }
    out
}

fn shade(ink: Ink) -> (f32, f32, f32) {
    let part = |x: u8| f32::from(x) / 255.0;
    (part(ink.0), part(ink.1), part(ink.2))
}

/// A coordinate; hundredths of a point are finer than any printer.
#[expect(
    clippy::cast_possible_truncation,
    reason = "pages are small, and a hundredth of a point is kept"
)]
fn short(x: f64) -> f32 {
    ((x * 100.0).round() / 100.0) as f32
}
