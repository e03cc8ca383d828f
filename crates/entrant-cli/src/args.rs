//! What can be typed: every flag is defined once, here.

use std::path::PathBuf;

use clap::{Args as Group, Parser, Subcommand, ValueEnum};
use clap_complete::Shell;

use crate::papers::Papers;

/// Exit codes and examples, below the long help.
const AFTER: &str = "\
Exit codes:
    0  done, and every number has a usable status
    2  bad input: a mistake in the study, a table or the command line, or a file
       that cannot be read or written
    3  not identified: targets or moments do not determine the parameters, or the
       data do not say how far estimates may be off
    4  not converged or no equilibrium: do not use what was written, if anything
    5  out of threads, memory or disk space
  130  interrupted by Ctrl-C or SIGTERM; earlier outputs are as they were

Environment:
  NO_COLOR, CLICOLOR_FORCE and TERM=dumb are honoured.

Examples:
  entrant new my-study              start from a small working study
  entrant check my-study            find mistakes without solving
  entrant run my-study              answer the question, write the report
  entrant run my-study --draws 200  the same, quicker and rougher
  entrant explain equilibrium       what a diagnostic means";

/// If this firm enters this market: who loses what, how do the incumbents answer, what is the
/// entry worth, and how sure is that?
///
/// A study is a folder with a `study.toml` and its tables. Data goes to standard output,
/// progress and messages to standard error.
#[derive(Debug, Parser)]
#[command(name = "entrant", version, max_term_width = 100, after_long_help = AFTER)]
#[command(after_help = "`entrant --help` has exit codes and examples.")]
pub(crate) struct Args {
    #[command(flatten)]
    pub(crate) global: Global,
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// Flags of every command.
#[derive(Debug, Clone, Group)]
#[command(next_help_heading = "Messages")]
pub(crate) struct Global {
    /// Print no messages and no progress, only mistakes.
    #[arg(short, long, global = true, conflicts_with = "verbose")]
    pub(crate) quiet: bool,
    /// Print every diagnostic, also the ones that pass.
    #[arg(short, long, global = true)]
    pub(crate) verbose: bool,
    /// When to use colours.
    #[arg(long, global = true, value_name = "WHEN", default_value = "auto")]
    pub(crate) color: clap::ColorChoice,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Answer a study: calibrate or estimate, certify, solve every draw, and write the report.
    #[command(after_long_help = "\
Writes results.json, report.html and tables/*.csv, and prints the short answer.
The numbers depend on the study, the draws and the seed, never on the threads.

Examples:
  entrant run studies/xiaomi-us-2018
  entrant run studies/nevo-cereal --draws 100
  entrant run my-study --out /tmp/answer --draws 200 --seed 7
  entrant run my-study --format pdf --format xlsx
  entrant run my-study --json | jq -r '.answer[0]'")]
    Run(Run),
    /// Validate a study and diagnose it without solving anything.
    #[command(after_long_help = "\
Examples:
  entrant check my-study
  entrant check my-study --json | jq '.mistakes[] | {file, line, message}'")]
    Check(Check),
    /// Calibrate or estimate a study and stop there: parameters with their errors.
    #[command(after_long_help = "\
Examples:
  entrant fit my-study --draws 1
  entrant fit studies/nevo-cereal
  entrant fit studies/blp-autos --out autos --format pdf,xlsx
  entrant fit studies/nevo-cereal --json | jq '.parameters[] | {name, estimate, error}'
  entrant fit my-study --json | jq '.calibration[].targets'")]
    Fit(Fit),
    /// Reconcile what several sources say about vendors, countries and quarters.
    #[command(after_long_help = "\
Reads `[tracker]` of the study file and its tables, and nothing else of the study.

Examples:
  entrant track studies/india-2017
  entrant track studies/india-2017 --country India --quarter 2017Q4
  entrant track my-study --out tracker
  entrant track my-study --json | jq '.tracker.countries[].overtakings[0]'")]
    Track(Track),
    /// Answer a merger study: a few public numbers, calibrated, and what mergers, taxes, costs,
    /// exits and entries do.
    #[command(after_long_help = "\
A merger study has a `[merger]` table; studies/beer-merger is one.

Examples:
  entrant merger studies/beer-merger
  entrant merger studies/beer-merger --out beer --draws 500
  entrant merger studies/beer-merger --json | jq '.scenarios[0].hhi_after.median'")]
    Merger(Merger),
    /// Predict markets from the ones before them, and hold that against what happened.
    #[command(after_long_help = "\
An estimated study says in `[backtest]` which markets are predicted, each from those before it;
a calibrated one which scenarios are scored against what was observed.

Examples:
  entrant backtest studies/blp-autos --out autos
  entrant backtest studies/blp-autos --draws 40
  entrant backtest studies/india-2017
  entrant backtest studies/petrin-minivans --json | jq '.panel.markets[0].followed'")]
    Backtest(Backtest),
    /// Show a study in the browser: its report, an editor that runs it again, and comparisons.
    #[command(after_long_help = "\
Serves one page to the browser of this machine, at an address that holds a secret; nobody else can
open it. In it the study is edited as a form and as text, checked as you type, run with progress,
and runs are compared. Runs and named scenarios are kept in STUDY/serve; study.toml changes only
when you press Save. Ctrl-C or SIGTERM ends it.

Examples:
  entrant serve my-study
  entrant serve studies/xiaomi-us-2018 --draws 100
  entrant serve my-study --port 8137 --no-open")]
    Serve(Serve),
    /// Make the page and the tables again from results.json.
    #[command(after_long_help = "\
Without --out, report.html and tables/*.csv beside the results are made again.

Examples:
  entrant report out/my-study
  entrant report out/my-study --format pdf,xlsx
  entrant report out/my-study --format md --out answer.md
  entrant report out/my-study/results.json --out page.html")]
    Report(Report),
    /// Say what a diagnostic means and what to do about it.
    #[command(after_long_help = "\
Examples:
  entrant explain
  entrant explain identification")]
    Explain(Explain),
    /// Write a small working study, with comments, into a new or empty folder.
    #[command(after_long_help = "\
Examples:
  entrant new my-study && entrant run my-study")]
    New(New),
    /// Print the JSON Schema of the study file or of the results.
    #[command(after_long_help = "\
Examples:
  entrant schema study > study.schema.json")]
    Schema(Schema),
    /// Print shell completions.
    #[command(after_long_help = "\
Examples:
  entrant completions bash > ~/.local/share/bash-completion/completions/entrant
  entrant completions zsh > ~/.zfunc/_entrant
  entrant completions fish > ~/.config/fish/completions/entrant.fish")]
    Completions(Completions),
}

/// The study.
#[derive(Debug, Group)]
pub(crate) struct StudyArg {
    /// Folder of the study, or its study file.
    #[arg(value_name = "STUDY")]
    pub(crate) path: PathBuf,
}

/// Machine-readable output.
#[derive(Debug, Clone, Copy, Group)]
pub(crate) struct Format {
    /// Print one JSON document on standard output instead of text.
    #[arg(long)]
    pub(crate) json: bool,
}

/// What may be set beside the study.
#[derive(Debug, Clone, Copy, Group)]
pub(crate) struct Settings {
    /// Draws of the uncertain inputs [default: the study's].
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    draws: Option<u32>,
    /// Seed of the draws [default: the study's].
    #[arg(long, value_name = "S")]
    seed: Option<u64>,
    /// Threads; never changes a number [default: all cores].
    #[arg(long, value_name = "T", value_parser = clap::value_parser!(u16).range(1..=4096))]
    threads: Option<u16>,
}

impl Settings {
    /// The settings as the pipeline takes them.
    pub(crate) fn options(self) -> entrant::RunOptions {
        entrant::RunOptions {
            draws: self.draws.and_then(|n| usize::try_from(n).ok()),
            seed: self.seed,
            threads: self.threads.map(usize::from),
        }
    }
}

/// What may be set beside the study for a fit.
#[derive(Debug, Clone, Copy, Group)]
pub(crate) struct FitSettings {
    /// Draws of the inputs, or of the estimates; 0 of the latter for no intervals [default: the
    /// study's].
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(0..=1_000_000))]
    draws: Option<u32>,
    /// Seed of the draws [default: the study's].
    #[arg(long, value_name = "S")]
    seed: Option<u64>,
    /// Threads; never changes a number [default: all cores].
    #[arg(long, value_name = "T", value_parser = clap::value_parser!(u16).range(1..=4096))]
    threads: Option<u16>,
}

impl FitSettings {
    /// The settings as the pipeline takes them.
    pub(crate) fn options(self) -> entrant::RunOptions {
        let FitSettings {
            draws,
            seed,
            threads,
        } = self;
        Settings {
            draws,
            seed,
            threads,
        }
        .options()
    }
}

/// `run`.
#[derive(Debug, Group)]
pub(crate) struct Run {
    #[command(flatten)]
    pub(crate) study: StudyArg,
    /// Folder for the outputs [default: out/NAME, NAME being the study folder's].
    #[arg(long, value_name = "DIR")]
    pub(crate) out: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) settings: Settings,
    #[command(flatten)]
    pub(crate) format: Format,
    #[command(flatten)]
    pub(crate) papers: Papers,
    /// Write into a folder that holds other things; they stay.
    #[arg(long)]
    pub(crate) force: bool,
    #[command(flatten)]
    pub(crate) checkpoint: Checkpoint,
}

/// `check`.
#[derive(Debug, Group)]
pub(crate) struct Check {
    #[command(flatten)]
    pub(crate) study: StudyArg,
    #[command(flatten)]
    pub(crate) format: Format,
}

/// `fit`.
#[derive(Debug, Group)]
pub(crate) struct Fit {
    #[command(flatten)]
    pub(crate) study: StudyArg,
    /// Folder for estimate.json and tables/*.csv of an estimated study [default: none is written].
    #[arg(long, value_name = "DIR")]
    pub(crate) out: Option<PathBuf>,
    /// Evaluate an estimated model again with other consumers, to see whether its integrals are
    /// exact enough.
    #[arg(long)]
    pub(crate) audit: bool,
    #[command(flatten)]
    pub(crate) checkpoint: Checkpoint,
    /// Write into a folder that holds other things; they stay.
    #[arg(long)]
    pub(crate) force: bool,
    #[command(flatten)]
    pub(crate) settings: FitSettings,
    #[command(flatten)]
    pub(crate) format: Format,
    #[command(flatten)]
    pub(crate) papers: Papers,
}

/// Where the evaluations of a long estimation are kept.
#[derive(Debug, Group)]
pub(crate) struct Checkpoint {
    /// File with every evaluation of an estimation so far; when it is there the estimation goes
    /// on from it [default of `fit`: `checkpoint` in the folder of `--out`, until the estimation
    /// is done].
    #[arg(id = "checkpoint", long = "checkpoint", value_name = "FILE")]
    pub(crate) path: Option<PathBuf>,
    /// Evaluations between two writes of the checkpoint, instead of a few seconds.
    #[arg(long = "checkpoint-every", value_name = "N", hide = true)]
    pub(crate) every: Option<usize>,
}

/// `track`.
#[derive(Debug, Group)]
pub(crate) struct Track {
    #[command(flatten)]
    pub(crate) study: StudyArg,
    /// Show one country.
    #[arg(long, value_name = "COUNTRY")]
    pub(crate) country: Option<String>,
    /// Quarter to show with all vendors and what each source says [default: the last one].
    #[arg(long, value_name = "QUARTER")]
    pub(crate) quarter: Option<String>,
    /// Say how figures are reconciled.
    #[arg(long)]
    pub(crate) method: bool,
    /// Folder for tracker.json and tables/*.csv [default: none is written].
    #[arg(long, value_name = "DIR")]
    pub(crate) out: Option<PathBuf>,
    /// Write into a folder that holds other things; they stay.
    #[arg(long)]
    pub(crate) force: bool,
    #[command(flatten)]
    pub(crate) settings: Settings,
    #[command(flatten)]
    pub(crate) format: Format,
}

/// `merger`.
#[derive(Debug, Group)]
pub(crate) struct Merger {
    #[command(flatten)]
    pub(crate) study: StudyArg,
    /// Folder for merger.json and tables/*.csv [default: none is written].
    #[arg(long, value_name = "DIR")]
    pub(crate) out: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) settings: Settings,
    #[command(flatten)]
    pub(crate) format: Format,
    #[command(flatten)]
    pub(crate) papers: Papers,
    /// Write into a folder that holds other things; they stay.
    #[arg(long)]
    pub(crate) force: bool,
}

/// `backtest`.
#[derive(Debug, Group)]
pub(crate) struct Backtest {
    #[command(flatten)]
    pub(crate) study: StudyArg,
    /// Folder for backtest.json, backtest.html and tables/*.csv [default: none is written].
    #[arg(long, value_name = "DIR")]
    pub(crate) out: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) settings: Settings,
    #[command(flatten)]
    pub(crate) format: Format,
    #[command(flatten)]
    pub(crate) papers: Papers,
    /// Write into a folder that holds other things; they stay.
    #[arg(long)]
    pub(crate) force: bool,
}

/// `serve`.
#[derive(Debug, Group)]
pub(crate) struct Serve {
    #[command(flatten)]
    pub(crate) study: StudyArg,
    /// Port on 127.0.0.1 [default: any that is free].
    #[arg(long, value_name = "PORT", value_parser = clap::value_parser!(u16).range(1..))]
    pub(crate) port: Option<u16>,
    /// Print the address and open no browser.
    #[arg(long)]
    pub(crate) no_open: bool,
    /// Do not run the study at the start.
    #[arg(long)]
    pub(crate) no_run: bool,
    #[command(flatten)]
    pub(crate) settings: Settings,
}

/// `report`.
#[derive(Debug, Group)]
pub(crate) struct Report {
    /// Output folder of an earlier run, or its results.json.
    #[arg(value_name = "RESULTS_OR_DIR")]
    pub(crate) results: PathBuf,
    /// Write only the page, or the one format asked for, to this file; `-` is standard output.
    #[arg(long, value_name = "FILE")]
    pub(crate) out: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) papers: Papers,
}

/// `explain`.
#[derive(Debug, Group)]
pub(crate) struct Explain {
    /// Code of a diagnostic; all codes are listed without one.
    #[arg(value_name = "CODE")]
    pub(crate) code: Option<String>,
}

/// `new`.
#[derive(Debug, Group)]
pub(crate) struct New {
    /// Folder for the study.
    #[arg(value_name = "DIR")]
    pub(crate) dir: PathBuf,
}

/// `schema`.
#[derive(Debug, Clone, Copy, Group)]
pub(crate) struct Schema {
    /// Which format.
    #[arg(value_name = "WHICH")]
    pub(crate) which: Which,
}

/// A format with a schema.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub(crate) enum Which {
    /// The study file, `study.toml`, of a calibrated study.
    Study,
    /// The study file of a study that is estimated, with an `[estimate]` table.
    Estimation,
    /// The study file of a merger study, with a `[merger]` table.
    Merger,
    /// The results, `results.json`.
    Results,
    /// The estimates, `estimate.json`.
    Estimate,
    /// A back-test, `backtest.json`.
    Backtest,
}

/// `completions`.
#[derive(Debug, Clone, Copy, Group)]
pub(crate) struct Completions {
    /// Your shell.
    #[arg(value_name = "SHELL")]
    pub(crate) shell: Shell,
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;

    #[test]
    fn the_definitions_are_consistent() {
        Args::command().debug_assert();
    }

    #[test]
    fn the_help_names_every_exit_code() {
        let help = Args::command().render_long_help().to_string();
        for code in [
            "    0  ", "    2  ", "    3  ", "    4  ", "    5  ", "  130  ",
        ] {
            assert!(help.contains(code), "{code}");
        }
    }
}
