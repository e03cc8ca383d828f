//! A study folder into a [`LoadedStudy`], with every mistake in it at once.

use std::path::{Path, PathBuf};
use std::rc::Rc;

use entrant_data::InputError;
use entrant_data::panel::Panel;
use entrant_data::spec::Study;
use entrant_data::table::Table;
use entrant_data::tracker::{Statement, Tracker};

use crate::bind::{Observed, bind, bind_observed, label_columns};
use crate::check::{Known, check_spec, check_study};
use crate::draws::{check_quantities, fill_draws};
use crate::fingerprint::{BASIS, fnv1a};
use crate::folder::{Folder, read_capped};
use crate::limits::Limits;
use crate::problems::Problems;
use crate::source::{StudySource, line_at};
use crate::tables::Tables;
use crate::tracker::{bind_tracker, bind_transfer};

/// Name of the study file in a study folder.
const STUDY_FILE: &str = "study.toml";

/// A study, read and checked: whatever it names is there.
#[derive(Debug, Clone, PartialEq)]
pub struct LoadedStudy {
    /// The study, with draws from tables and implied labels of entrants filled in.
    pub study: Study,
    /// Its markets.
    pub panel: Panel,
    /// What actually happened, when the study has a back-test.
    pub backtest: Option<Observed>,
    /// What sources say about the market, when the study has a tracker.
    pub tracker: Option<Tracker>,
    /// Shares by country behind the transferred brand effect, when the study has one.
    pub transfer: Option<Vec<Statement>>,
    /// FNV-1a, 64 bits, of the study file and its tables in the order of `files`.
    pub fingerprint: String,
    /// The study file and its tables, in the order they were read.
    pub files: Vec<String>,
    /// Text of the study file, for placing mistakes that are found later.
    pub source: StudySource,
}

/// Reads the study in a folder, or the study at the path of a `.toml` file.
///
/// # Errors
///
/// All mistakes in the study file and its tables, in file and line order. Mistakes in syntax
/// come first and alone, as nothing behind them can be judged.
pub fn read_study(dir: &Path) -> Result<LoadedStudy, Vec<InputError>> {
    read_study_within(dir, &Limits::default())
}

/// As [`read_study`], with limits of its own.
pub(crate) fn read_study_within(
    dir: &Path,
    limits: &Limits,
) -> Result<LoadedStudy, Vec<InputError>> {
    let (folder, source) = open(dir, limits).map_err(|e| vec![e])?;
    study_of(folder, source, limits)
}

/// The calibrated study that a text says, with its tables in a folder.
pub(crate) fn study_of(
    folder: Folder,
    source: StudySource,
    limits: &Limits,
) -> Result<LoadedStudy, Vec<InputError>> {
    let study = source.parse().map_err(|e| vec![e])?;
    let tables = tables_of(folder, &source, limits);
    load(study, source, tables)
}

/// The tables of a study, none of them read yet.
pub(crate) fn tables_of(folder: Folder, source: &StudySource, limits: &Limits) -> Tables {
    let hash = fnv1a(BASIS, source.text.as_bytes());
    Tables::new(folder, *limits, hash)
}

fn load(
    mut study: Study,
    source: StudySource,
    mut tables: Tables,
) -> Result<LoadedStudy, Vec<InputError>> {
    let mut problems = Problems::default();
    check_spec(&study, &mut problems);
    let panel = read_panel(&study, &mut tables, &mut problems);
    let backtest = read_backtest(&study, &mut tables, &mut problems);
    let tracker = study.tracker.as_ref();
    let tracker =
        tracker.and_then(|t| bind_tracker(t, &study.currency, &mut tables, &mut problems));
    let transfer = study.transfer.as_ref();
    let transfer = transfer.and_then(|t| bind_transfer(t, &mut tables, &mut problems));
    fill_draws(&mut study, &mut tables, &mut problems);
    check_quantities(&mut study, &mut problems);
    imply_labels(&mut study);
    study.expand_variants();
    let known = Known::new(&study, panel.as_ref());
    check_study(&study, &known, backtest.as_ref(), &mut problems);
    match panel {
        Some(panel) if problems.is_empty() => Ok(LoadedStudy {
            panel,
            backtest,
            tracker,
            transfer,
            fingerprint: format!("{:016x}", tables.hash()),
            files: files(&source, &tables),
            study,
            source,
        }),
        _ => Err(problems.finish(|e| source.place(e))),
    }
}

/// The study file and its tables.
pub(crate) fn files(source: &StudySource, tables: &Tables) -> Vec<String> {
    let study = std::iter::once(source.file.clone());
    study.chain(tables.names().iter().cloned()).collect()
}

fn read_panel(study: &Study, tables: &mut Tables, problems: &mut Problems) -> Option<Panel> {
    let mut table = |name: &str, key: &str| read_table(tables, name, key, problems);
    let products = table(&study.data.products, "data.products");
    let brands = study.data.brands.as_deref();
    let brands = brands.and_then(|name| table(name, "data.brands"));
    let products = products?;
    bind(study, &products, brands.as_deref(), problems)
}

fn read_backtest(study: &Study, tables: &mut Tables, problems: &mut Problems) -> Option<Observed> {
    let backtest = study.backtest.as_ref()?;
    let table = read_table(tables, &backtest.observed, "backtest.observed", problems)?;
    let first = study.market.first().map(|m| m.id.as_str());
    let market = Some(backtest.market.as_str()).filter(|m| !m.is_empty());
    bind_observed(study, market.or(first)?, &table, problems)
}

/// The table that the study names at `key`, when it could be read.
pub(crate) fn read_table(
    tables: &mut Tables,
    name: &str,
    key: &str,
    problems: &mut Problems,
) -> Option<Rc<Table>> {
    match tables.read(name, key) {
        Ok(table) => Some(table),
        Err(errors) => {
            problems.extend(errors);
            None
        }
    }
}

/// A nest or loyalty group by brand or firm needs no label: the entrant has a brand and a firm.
fn imply_labels(study: &mut Study) {
    let columns: Vec<String> = label_columns(study)
        .into_iter()
        .map(str::to_owned)
        .collect();
    let (brand, firm) = (&study.data.columns.brand, &study.data.columns.firm);
    for entrant in &mut study.entrant {
        let own_brand = entrant.brand.as_ref().unwrap_or(&entrant.firm);
        for column in &columns {
            let implied = if column == brand {
                own_brand
            } else if column == firm {
                &entrant.firm
            } else {
                continue;
            };
            let labels = &mut entrant.labels;
            labels
                .entry(column.clone())
                .or_insert_with(|| implied.clone());
        }
    }
}

/// The folder of a study and the text of its study file.
pub(crate) fn open(dir: &Path, limits: &Limits) -> Result<(Folder, StudySource), InputError> {
    let file = study_file(dir);
    let name = file.file_name().map_or_else(
        || STUDY_FILE.to_owned(),
        |n| n.to_string_lossy().into_owned(),
    );
    let mistake = |m: String| InputError::at("", m).in_file(file.display().to_string(), None);
    let bytes = read_capped(&file, limits.study_bytes).map_err(|cause| {
        mistake(format!("cannot read the study: {cause}"))
            .hint("name a folder with a `study.toml`; `entrant new DIR` makes one")
    })?;
    let text = String::from_utf8(bytes).map_err(|e| {
        let line = line_at(e.as_bytes(), e.utf8_error().valid_up_to());
        mistake("the study file is not UTF-8 text".into()).in_file(&name, Some(line))
    })?;
    let folder = Folder::open(folder_of(&file))?;
    Ok((folder, StudySource { file: name, text }))
}

/// The folder that a study file is in.
pub(crate) fn folder_of(file: &Path) -> &Path {
    match file.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    }
}

/// The study file of a study that is named by its folder or by the file itself.
pub(crate) fn study_file(dir: &Path) -> PathBuf {
    if dir.extension().is_some_and(|e| e == "toml") && !dir.is_dir() {
        dir.to_owned()
    } else {
        dir.join(STUDY_FILE)
    }
}

/// The text of the file that a mistake is in, for showing the line; `None` for binary files
/// and for files that cannot be read.
pub fn error_text(dir: &Path, error: &InputError) -> Option<String> {
    let limits = Limits::default();
    let (folder, source) = open(dir, &limits).ok()?;
    if error.file == source.file {
        return Some(source.text);
    }
    let bytes = folder.read(&error.file, limits.table_bytes, "").ok()?;
    String::from_utf8(bytes).ok()
}
