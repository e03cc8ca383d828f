//! `entrant backtest`: what a study would have said before, beside what happened.

use std::path::Path;

use entrant::data::result::backtest::BacktestDocument;
use entrant::estimation::Backtested;
use entrant::io::{AnyStudy, write_text};
use entrant::report::Paper;
use entrant::report::backtest::{page, paper, tables};

use super::backtest_text::text;
use super::load_any;
use crate::args::Backtest;
use crate::console::Console;
use crate::document::document;
use crate::exit::Exit;
use crate::failure::{Failure, sentence};
use crate::findings;
use crate::output::{TABLES, is_leftover, names, refusal, write_tables};
use crate::papers::{self, is_paper};
use crate::plain::shown;
use crate::watch::Watch;

/// The document and the page.
const DOCUMENT: &str = "backtest.json";
const PAGE: &str = "backtest.html";
/// Beginning of the names of the tables.
const PREFIX: &str = "backtest";

/// Runs a back-test, prints scores and writes what was asked for.
pub(crate) fn backtest(args: &Backtest, console: &Console) -> Result<Exit, Failure> {
    let study = &args.study.path;
    let mut watch = Watch::start(console);
    console.detail(&format!("reading `{}`", shown(study)));
    let loaded = load_any(study)?;
    match &args.out {
        Some(out) => claim(out, args.force)?,
        None if args.papers.forms.is_empty() => {}
        None => return Err(papers::nowhere("backtest")),
    }
    let options = args.settings.options();
    let (made, source) = match &loaded {
        AnyStudy::Estimated(loaded) => (
            entrant::estimation::backtest(loaded, options, &watch),
            &loaded.source,
        ),
        AnyStudy::Calibrated(loaded) => (
            entrant::backtest(loaded, options, &watch).map(|document| Backtested {
                document,
                products: Vec::new(),
            }),
            &loaded.source,
        ),
    };
    watch.clear();
    let made = made.map_err(|e| Failure::run(e, study, source))?;
    let forms = &args.papers.forms;
    let more = papers::papers(forms, |f| paper(&made.document, &made.products, f))?;
    if let Some(out) = &args.out {
        write(out, &made, &more)?;
    }
    if args.format.json {
        console.data(&document(&made.document)?)?;
    } else {
        console.data(&text(&made.document, console.width()))?;
    }
    console.detail(&findings::text(
        &made.document.findings,
        console.message_width(),
    ));
    if let Some(out) = &args.out {
        let out = shown(out);
        let mut files = vec![format!("{out}/{DOCUMENT}"), format!("{out}/{PAGE}")];
        files.extend(papers::listed(&out, &more));
        let files = files.join(", ");
        console.note(&format!("wrote {files} and {out}/tables/*.csv"));
    }
    console.note(&format!("{:.1} s", watch.elapsed().as_secs_f64()));
    Ok(verdict(&made.document, console))
}

fn write(out: &Path, made: &Backtested, more: &[Paper]) -> Result<(), Failure> {
    papers::write(out, more)?;
    if out.join(DOCUMENT).is_file() {
        // An earlier back-test stands here, and its reports are not of this one.
        papers::remove_others(out, more)?;
    }
    let document_of = &made.document;
    write_text(&out.join(DOCUMENT), &document(document_of)?)?;
    write_text(&out.join(PAGE), &page(document_of)?)?;
    write_tables(out, &tables(document_of, &made.products))
}

/// The folder is new, empty, or holds an earlier back-test.
fn claim(out: &Path, force: bool) -> Result<(), Failure> {
    let known = |name: &String| {
        [DOCUMENT, PAGE, TABLES].contains(&name.as_str()) || is_leftover(name) || is_paper(name)
    };
    let entries = names(out)?.into_iter();
    let inside = names(&out.join(TABLES))?.into_iter();
    let table = |name: &String| name.starts_with(PREFIX) || is_leftover(name);
    let foreign = entries.filter(|n| !known(n));
    let foreign = foreign.chain(
        inside
            .filter(|n| !table(n))
            .map(|n| format!("{TABLES}/{n}")),
    );
    match foreign.into_iter().next() {
        Some(name) if !force => Err(refusal(out, &name)),
        _ => Ok(()),
    }
}

/// The exit code, and in words why it is not zero.
fn verdict(made: &BacktestDocument, console: &Console) -> Exit {
    let worst = made.findings.iter().max_by_key(|f| Exit::of_finding(f));
    let Some(worst) = worst.filter(|f| Exit::of_finding(f) != Exit::Certified) else {
        return Exit::Certified;
    };
    let message = format!("do not rely on this back-test: {}", worst.message);
    let hint = format!("`entrant explain {}` says more", worst.code);
    console.error(&sentence(&message, &hint, console.message_width()));
    Exit::of_finding(worst)
}
