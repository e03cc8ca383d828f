//! The page: sections laid out by a compiled template, charts drawn by one inline script.

mod csp;
mod json;
mod live;

use askama::Template;
use entrant_data::result::Results;

use crate::ReportError;
use crate::section::{self, Block, Hero, Section};
use crate::story::Story;
use crate::view::View;
use crate::visible::visible_page;

/// The page's script, built from `page/` by `npm run build`.
const SCRIPT: &str = include_str!("../../assets/page.js");
/// The page's style, built likewise.
const STYLE: &str = include_str!("../../assets/page.css");

#[derive(Template)]
#[template(path = "page.html")]
struct Page<'a> {
    title: &'a str,
    kicker: &'static str,
    policy: String,
    hero: Hero,
    switched: Vec<Section>,
    rest: Vec<Section>,
    colophon: Vec<String>,
    style: &'static str,
    script: &'static str,
    data: String,
    live: Option<live::LivePart>,
}

/// A part of a sentence; a tight one is a number that no line may break.
struct Phrase<'a> {
    text: &'a str,
    tight: bool,
}

/// A sentence in phrases: browsers break a line between a minus and a currency.
fn phrases(sentence: &str) -> impl Iterator<Item = Phrase<'_>> {
    let words = sentence.split_inclusive(' ');
    words.map(|text| Phrase {
        text,
        tight: text.contains(['−', '+']),
    })
}

/// Renders the page of results.
pub fn render(results: &Results) -> Result<String, ReportError> {
    let story = Story::new(results);
    let page = Page {
        title: &results.title,
        kicker: kicker(results),
        policy: match results.live {
            Some(_) => csp::policy(&[live::START, SCRIPT], STYLE, true),
            None => csp::policy(&[SCRIPT], STYLE, false),
        },
        hero: section::hero(&story),
        switched: section::switched(&story),
        rest: section::rest(&story),
        colophon: section::colophon(&story),
        style: STYLE,
        script: SCRIPT,
        data: json::for_script(&View::new(&story))?,
        live: results
            .live
            .as_deref()
            .map(|model| live::LivePart::new(model, results))
            .transpose()?,
    };
    Ok(visible_page(&page.render()?))
}

/// What kind of study it is, in two words.
pub fn kicker(results: &Results) -> &'static str {
    match results.estimation {
        Some(_) => "Estimated market study",
        None => "Entry study",
    }
}

/// A page of tables and sentences.
pub struct Still<'a> {
    /// Title.
    pub title: &'a str,
    /// Line above it.
    pub kicker: &'static str,
    /// The top.
    pub hero: Hero,
    /// What follows.
    pub sections: Vec<Section>,
    /// The end.
    pub colophon: Vec<String>,
}

/// Renders a page that runs no script.
pub fn still(of: Still<'_>) -> Result<String, ReportError> {
    let page = Page {
        title: of.title,
        kicker: of.kicker,
        policy: csp::policy(&[""], STYLE, false),
        hero: of.hero,
        switched: Vec::new(),
        rest: of.sections,
        colophon: of.colophon,
        style: STYLE,
        script: "",
        data: String::new(),
        live: None,
    };
    Ok(visible_page(&page.render()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spelling_out_hidden_characters_leaves_the_hashed_parts_alone() {
        assert_eq!(visible_page(SCRIPT), SCRIPT);
        assert_eq!(visible_page(live::START), live::START);
        assert_eq!(visible_page(STYLE), STYLE);
    }
}
