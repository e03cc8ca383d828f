//! `entrant explain`: what a diagnostic means.

use entrant::data::error::did_you_mean;
use entrant::topics;

use crate::args::Explain;
use crate::console::Console;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::plain::{visible, wrap};

/// Prints the text of one diagnostic, or the first sentence of all.
pub(crate) fn explain(args: &Explain, console: &Console) -> Result<Exit, Failure> {
    let width = console.width();
    let text = match &args.code {
        Some(code) => one(code, width)?,
        None => topics().map(|code| entry(code, width)).collect(),
    };
    console.data(&text)?;
    Ok(Exit::Certified)
}

fn one(code: &str, width: usize) -> Result<String, Failure> {
    let text = entrant::explain(code).ok_or_else(|| unknown(code))?;
    let paragraphs: Vec<String> = text.split('\n').map(|p| wrap(p, width, 0)).collect();
    Ok(format!("{code}\n\n{}\n", paragraphs.join("\n")))
}

fn entry(code: &str, width: usize) -> String {
    let text = entrant::explain(code).unwrap_or_default();
    let first = text.split('\n').next().unwrap_or_default();
    wrap(&format!("{code}: {first}"), width, 4) + "\n"
}

fn unknown(code: &str) -> Failure {
    let known: Vec<&str> = topics().collect();
    let hint = did_you_mean(code, known.iter().copied());
    Failure::new(
        Exit::BadInput,
        format!("no diagnostic `{}`", visible(code)),
        hint,
    )
}
