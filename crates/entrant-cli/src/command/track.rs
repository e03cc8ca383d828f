//! `entrant track`: what several sources say about a market, reconciled.

use entrant::data::Quarter;
use entrant::data::error::did_you_mean;
use entrant::data::result::tracker::TrackerReport;
use entrant::io::{LoadedTracker, read_tracker};
use entrant::report::tracker::{Filter, text};
use serde_json::{Value, json};

use crate::args::Track;
use crate::console::Console;
use crate::document::document;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::findings;
use crate::plain::{shown, visible};
use crate::tracker_output::TrackerFolder;

/// Reconciles the tracker of a study and prints or writes what came of it.
pub(crate) fn track(args: &Track, console: &Console) -> Result<Exit, Failure> {
    let study = &args.study.path;
    console.detail(&format!("reading `{}`", shown(study)));
    let loaded = read_tracker(study).map_err(|m| Failure::mistakes(study, m))?;
    let folder = args
        .out
        .as_ref()
        .map(|dir| TrackerFolder::claim(dir, args.force));
    let folder = folder.transpose()?;
    let report = entrant::track(&loaded, args.settings.options());
    let filter = filter(args, &report)?;
    let whole = json_of(&loaded, args, &report);
    if let Some(folder) = &folder {
        folder.write(&whole, &report)?;
        let dir = shown(folder.path());
        console.note(&format!("wrote {dir}/tracker.json and {dir}/tables/*.csv"));
    }
    if args.format.json {
        console.data(&document(&whole)?)?;
    } else {
        console.data(&text(&loaded.title, &report, &filter, console.width()))?;
    }
    console.detail(&findings::text(&report.findings, console.message_width()));
    Ok(Exit::Certified)
}

/// What is shown, when it is there.
fn filter(args: &Track, report: &TrackerReport) -> Result<Filter, Failure> {
    if let Some(country) = &args.country {
        let known = || report.countries.iter().map(|c| c.country.as_str());
        if known().all(|c| c != country) {
            let hint = did_you_mean(country, known().collect::<Vec<_>>());
            let message = format!("the tracker has no country `{}`", visible(country));
            return Err(Failure::new(Exit::BadInput, message, visible(&hint)));
        }
    }
    let quarter = args.quarter.as_deref().map(str::parse::<Quarter>);
    let quarter = quarter.transpose().map_err(|m| {
        let written = visible(args.quarter.as_deref().unwrap_or_default());
        Failure::new(
            Exit::BadInput,
            format!("`{written}` {m}"),
            "write it as 2017Q4",
        )
    })?;
    let told = |q: &Quarter| {
        let all = report.countries.iter().flat_map(|c| &c.quarters);
        all.clone().any(|found| found.quarter == *q)
    };
    if let Some(q) = quarter.filter(|q| !told(q)) {
        let message = format!("no source says anything about {q}");
        let hint = "without `--quarter` the quarters are listed";
        return Err(Failure::new(Exit::BadInput, message, hint));
    }
    Ok(Filter {
        country: args.country.clone(),
        quarter,
        method: args.method,
    })
}

fn json_of(loaded: &LoadedTracker, args: &Track, report: &TrackerReport) -> Value {
    let options = args.settings.options();
    json!({
        "schema": "entrant.tracker/1",
        "version": env!("CARGO_PKG_VERSION"),
        "title": loaded.title,
        "settings": {
            "draws": options.draws.unwrap_or(loaded.settings.draws),
            "seed": options.seed.unwrap_or(loaded.settings.seed),
            "level": loaded.settings.level,
            "fingerprint": loaded.fingerprint,
        },
        "files": loaded.files,
        "tracker": report,
    })
}
