//! Tables and a study into a [`Panel`], with everything that a table can get wrong checked
//! here and nowhere later.

mod brands;
mod columns;
mod markets;
mod mix;
mod observed;
mod rows;
mod shares;
mod sizes;

pub use observed::{Observed, ObservedBrand};

use entrant_data::panel::Panel;
use entrant_data::spec::Study;
use entrant_data::table::Table;

use self::columns::ProductColumns;
pub(crate) use self::columns::label_columns;
pub(crate) use self::observed::bind_observed;
pub(crate) use self::rows::mark;
use crate::problems::Problems;

/// The panel that the tables hold. With problems it is for further checks only: a cell that
/// could not be read stands in it as `NaN`.
pub(crate) fn bind(
    study: &Study,
    products: &Table,
    brands: Option<&Table>,
    problems: &mut Problems,
) -> Option<Panel> {
    let columns = ProductColumns::resolve(study, products, problems)?;
    let rows = rows::read_rows(study, &columns, problems);
    let mut panel = Panel {
        characteristics: study.data.characteristics.clone(),
        markets: markets::group(study, &columns, rows, problems),
    };
    sizes::check(study, &columns, &panel, problems);
    mix::check(study, columns.basis, &panel, problems);
    brands::bind(study, columns.basis, brands, &mut panel, problems);
    Some(panel)
}
