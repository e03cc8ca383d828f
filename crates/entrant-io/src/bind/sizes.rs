//! How large each market is: the study must say it in exactly one way that the table allows.

use entrant_data::InputError;
use entrant_data::panel::{MarketPanel, Panel};
use entrant_data::spec::{MarketSpec, Study};

use super::columns::{Basis, ProductColumns};
use super::markets::amount;
use crate::domain::support;
use crate::numbers::rounded;
use crate::problems::Problems;

/// Checks the size of every market.
pub(crate) fn check(
    study: &Study,
    columns: &ProductColumns<'_>,
    panel: &Panel,
    problems: &mut Problems,
) {
    for (i, (spec, market)) in study.market.iter().zip(&panel.markets).enumerate() {
        let path = format!("market[{i}]");
        if let Err(e) = ways(spec, columns.basis, &path) {
            problems.push(e);
        }
        if columns.basis == Basis::Units {
            check_size(spec, market, &path, problems);
        }
    }
}

/// The numbers that must be given, beside the shares that the table has.
fn ways(spec: &MarketSpec, basis: Basis, path: &str) -> Result<(), InputError> {
    let (units, size) = (spec.units.is_some(), spec.size.is_some());
    let outside = spec.outside_share.is_some();
    let mistake = |m: &str, hint: &str| Err(InputError::at(path, m).hint(hint));
    match basis {
        Basis::Units if size == outside => mistake(
            "units sold need exactly one of `size` and `outside_share`",
            "give the number of potential buyers, or the share of them who buy nothing",
        ),
        Basis::Share if outside => mistake(
            "`outside_share` follows from the shares in the table",
            "leave it out; what the shares leave to one is buying nothing",
        ),
        Basis::Share if units == size => mistake(
            "shares need exactly one of `size` and `units`",
            "give the number of potential buyers, or of units sold",
        ),
        Basis::Mix if units == size => mistake(
            "a mix needs exactly one of `units` and `size`",
            "give the units sold, or the number of potential buyers",
        ),
        Basis::Mix if !outside => mistake(
            "a mix needs `outside_share`",
            "give the share of potential buyers who buy nothing",
        ),
        _ => Ok(()),
    }
}

/// More units cannot be sold than there are potential buyers.
fn check_size(spec: &MarketSpec, market: &MarketPanel, path: &str, problems: &mut Problems) {
    let sold: f64 = market.products.iter().map(|p| amount(p.basis)).sum();
    let units = spec
        .units
        .as_ref()
        .and_then(support)
        .map_or(sold, |(_, high)| high);
    if let Some((low, _)) = spec.size.as_ref().and_then(support)
        && low <= units
    {
        let message = format!(
            "`size` may be {}, which is not above the {} units sold",
            rounded(low),
            rounded(units)
        );
        problems.push(
            InputError::at(format!("{path}.size"), message)
                .hint("count everyone who could have bought, not only those who did"),
        );
    }
}
