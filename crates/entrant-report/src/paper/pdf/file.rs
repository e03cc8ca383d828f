//! Pages as a PDF file, with the headings as its outline.

use pdf_writer::{Finish, Name, Pdf, Rect, Ref, TextStr};

use super::flow::{Flow, PAGE, Style};
use crate::visible::visible;

/// Numbers of the objects of a file.
struct Objects {
    next: i32,
}

impl Objects {
    fn one(&mut self) -> Ref {
        self.next += 1;
        Ref::new(self.next)
    }

    fn many(&mut self, count: usize) -> Vec<Ref> {
        (0..count).map(|_| self.one()).collect()
    }
}

/// The file.
pub(super) fn write(title: &str, mut flow: Flow) -> Vec<u8> {
    number(&mut flow);
    let mut ids = Objects { next: 0 };
    let [catalog, tree, info, plain, bold] = [(); 5].map(|()| ids.one());
    let pages = ids.many(flow.pages.len());
    let contents = ids.many(flow.pages.len());
    let outline = ids.one();
    let items = ids.many(flow.outline.len());

    let mut pdf = Pdf::new();
    let mut root = pdf.catalog(catalog);
    root.pages(tree).lang(TextStr("en"));
    if !items.is_empty() {
        root.outlines(outline);
    }
    root.finish();
    let title = visible(title);
    pdf.document_info(info)
        .title(TextStr(&title))
        .producer(TextStr("entrant"));
    let count = i32::try_from(pages.len()).unwrap_or(i32::MAX);
    pdf.pages(tree).kids(pages.iter().copied()).count(count);
    font(&mut pdf, plain, Name(b"Helvetica"));
    font(&mut pdf, bold, Name(b"Helvetica-Bold"));
    for (at, content) in std::mem::take(&mut flow.pages).into_iter().enumerate() {
        let mut page = pdf.page(pages[at]);
        page.parent(tree)
            .media_box(Rect::new(0.0, 0.0, PAGE.0, PAGE.1))
            .contents(contents[at]);
        page.resources()
            .fonts()
            .pair(Name(b"F1"), plain)
            .pair(Name(b"F2"), bold);
        page.finish();
        pdf.stream(contents[at], &content.finish());
    }
    headings(&mut pdf, &flow, outline, &items, &pages);
    pdf.finish()
}

fn font(pdf: &mut Pdf, id: Ref, name: Name<'_>) {
    pdf.type1_font(id)
        .base_font(name)
        .encoding_predefined(Name(b"WinAnsiEncoding"));
}

/// A number at the foot of every page.
fn number(flow: &mut Flow) {
    let all = flow.pages.len();
    let mut numbered = Vec::with_capacity(all);
    for (i, page) in std::mem::take(&mut flow.pages).into_iter().enumerate() {
        flow.pages = vec![page];
        flow.line(&format!("{} / {all}", i + 1), 0.0, 30.0, Style::SMALL);
        numbered.append(&mut flow.pages);
    }
    flow.pages = numbered;
}

fn headings(pdf: &mut Pdf, flow: &Flow, outline: Ref, items: &[Ref], pages: &[Ref]) {
    let (Some(first), Some(last)) = (items.first(), items.last()) else {
        return;
    };
    let count = i32::try_from(items.len()).unwrap_or(i32::MAX);
    pdf.outline(outline).first(*first).last(*last).count(count);
    for (i, (text, page, top)) in flow.outline.iter().enumerate() {
        let text = visible(text);
        let mut item = pdf.outline_item(items[i]);
        item.title(TextStr(&text)).parent(outline);
        if i > 0 {
            item.prev(items[i - 1]);
        }
        if let Some(next) = items.get(i + 1) {
            item.next(*next);
        }
        #[expect(clippy::cast_possible_truncation, reason = "a height on a page")]
        item.dest().page(pages[*page]).xyz(0.0, *top as f32, None);
    }
}
