//! A study that is estimated from a panel of markets, read and checked.

mod backtest;
mod by_product;
mod cells;
mod consumers;
mod demand;
mod duplicates;
mod entry;
mod formulas;
mod groups;
mod matrices;
mod numbers;
mod prices;
mod products;
mod scenarios;
mod shares;
mod sizes;
mod supply;

use std::path::Path;
use std::rc::Rc;

use entrant_data::spec::EstimationStudy;
use entrant_data::table::Table;
use entrant_data::tracker::{Statement, Tracker};
use entrant_data::{Finding, InputError};

use self::consumers::People;
use self::formulas::Formulas;
use self::products::Panel;
use crate::fingerprint::{BASIS, fnv1a};
use crate::folder::Folder;
use crate::limits::Limits;
use crate::problems::Problems;
use crate::source::StudySource;
use crate::study_file::{LoadedStudy, files, open, read_study, read_table, tables_of};
use crate::tables::Tables;
use crate::tracker::{bind_tracker, bind_transfer};

/// An estimated study, read and checked: whatever it names is there.
///
/// What holds of the tables:
/// - rows are grouped by market, the markets in the order in which the products file first names
///   them, the rows of a market in file order; `lines` go with the rows;
/// - ids are filled; prices are finite, above 0 unless declared otherwise, and not all the same;
///   shares are in (0, 1) and leave something for buying nothing; no product stands twice in a
///   market and no row twice;
/// - consumers are there for exactly the markets of the products, with weights that are finite
///   and at least 0, and sum to one in each market unless the study says otherwise;
/// - columns that instruments, nodes and availability use are columns of finite numbers, those
///   that formulas use are columns of finite numbers or of text without empty cells.
#[derive(Debug, Clone, PartialEq)]
pub struct LoadedEstimation {
    /// The study, with every `*` in its instruments replaced by the columns that it stands for.
    pub study: EstimationStudy,
    /// Products, a row per market and product.
    pub products: Table,
    /// Consumers, a row per market and consumer, weights already divided by their sum where the
    /// study asks for it.
    pub consumers: Option<Table>,
    /// Columns of integration nodes in `consumers`, in order.
    pub nodes: Vec<String>,
    /// Columns of availability in `consumers`, one for each product of a market, in order.
    pub availability: Vec<String>,
    /// What sources say about the market, when the study has a tracker.
    pub tracker: Option<Tracker>,
    /// Shares by country behind a transferred brand effect, when the study has one.
    pub transfer: Option<Vec<Statement>>,
    /// What is odd about the tables without being a mistake.
    pub findings: Vec<Finding>,
    /// FNV-1a, 64 bits, of the study file and its tables in the order of `files`.
    pub fingerprint: String,
    /// The study file and its tables, in the order they were read.
    pub files: Vec<String>,
    /// Text of the study file, for placing mistakes that are found later.
    pub source: StudySource,
}

/// A study of either kind.
#[derive(Debug, Clone, PartialEq)]
pub enum AnyStudy {
    /// Without an `[estimate]` table: calibrated on a few public figures.
    Calibrated(Box<LoadedStudy>),
    /// With an `[estimate]` table: estimated from a panel of markets.
    Estimated(Box<LoadedEstimation>),
}

/// Reads the study in a folder, or the study at the path of a `.toml` file, of either kind.
///
/// # Errors
///
/// As [`read_study`] and [`read_estimation`].
pub fn read_any_study(dir: &Path) -> Result<AnyStudy, Vec<InputError>> {
    let (_, source) = open(dir, &Limits::default()).map_err(|e| vec![e])?;
    if source.is_estimated() {
        read_estimation(dir).map(|e| AnyStudy::Estimated(Box::new(e)))
    } else {
        read_study(dir).map(|s| AnyStudy::Calibrated(Box::new(s)))
    }
}

/// Reads the estimated study in a folder, or at the path of a `.toml` file.
///
/// # Errors
///
/// All mistakes in the study file and its tables, in file and line order. Mistakes in syntax
/// come first and alone, as nothing behind them can be judged.
pub fn read_estimation(dir: &Path) -> Result<LoadedEstimation, Vec<InputError>> {
    let limits = Limits::default();
    let (folder, source) = open(dir, &limits).map_err(|e| vec![e])?;
    estimation_of(folder, source, &limits)
}

/// The estimated study that a text says, with its tables in a folder.
pub(crate) fn estimation_of(
    folder: Folder,
    source: StudySource,
    limits: &Limits,
) -> Result<LoadedEstimation, Vec<InputError>> {
    let study = source.parse_estimation().map_err(|e| vec![e])?;
    let tables = tables_of(folder, &source, limits);
    load(study, source, tables)
}

/// Checks an estimated study that is given as text, with its tables in memory: `data.products` and
/// `data.consumers` name them by [`Table::file`].
///
/// # Errors
///
/// As [`read_estimation`]; a study that names a table which was not given.
pub fn bind_estimation(
    text: &str,
    tables: Vec<Table>,
) -> Result<LoadedEstimation, Vec<InputError>> {
    let source = StudySource {
        file: "study".into(),
        text: text.into(),
    };
    let study = source.parse_estimation().map_err(|e| vec![e])?;
    let tables = Tables::given(tables, fnv1a(BASIS, text.as_bytes()));
    load(study, source, tables)
}

fn load(
    mut study: EstimationStudy,
    source: StudySource,
    mut tables: Tables,
) -> Result<LoadedEstimation, Vec<InputError>> {
    let mut problems = Problems::default();
    let found = &mut problems;
    check_spec(&study, found);
    let formulas = Formulas::parse(&study, found);
    let products = read_table(&mut tables, &study.data.products, "data.products", found);
    let consumers = study.data.consumers.as_ref();
    let consumers = consumers.and_then(|c| read_table(&mut tables, c, "data.consumers", found));
    scenarios::check_ways(&mut study, &mut tables, found);
    let tracker = study.tracker.as_ref();
    let tracker = tracker.and_then(|t| bind_tracker(t, &study.currency, &mut tables, found));
    let transfer = study.transfer.as_ref();
    let transfer = transfer.and_then(|t| bind_transfer(t, &mut tables, found));
    let fingerprint = format!("{:016x}", tables.hash());
    let files = files(&source, &tables);
    // Nobody else holds the tables then, and they are not copied.
    drop(tables);
    let own = Rc::unwrap_or_clone;
    let panel = products.map(|t| Panel::bind(&mut study, &formulas, own(t), found));
    let people = consumers.map(|t| People::bind(&study, &formulas, own(t), panel.as_ref(), found));
    sizes::check(&study, &formulas, panel.as_ref(), people.as_ref(), found);
    if let Some(panel) = &panel {
        supply::check_references(&study, panel, found);
        scenarios::check_references(&study, panel, found);
        backtest::check_references(&study, panel, found);
    }
    match panel {
        Some(panel) if problems.is_empty() => {
            let mut people = people.unwrap_or_default();
            Ok(LoadedEstimation {
                findings: panel.findings(),
                tracker,
                transfer,
                consumers: people.in_order(panel.markets.as_ref()),
                products: panel.in_order(),
                nodes: people.nodes,
                availability: people.availability,
                fingerprint,
                files,
                study,
                source,
            })
        }
        _ => Err(problems.finish(|e| source.place(e))),
    }
}

/// What the study file alone can get wrong.
fn check_spec(study: &EstimationStudy, problems: &mut Problems) {
    numbers::check(study, problems);
    demand::check(study, problems);
    supply::check(study, problems);
}
