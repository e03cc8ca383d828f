//! Market shares: each one a share, and something left for buying nothing.

use entrant_data::spec::PanelDataSpec;
use entrant_data::table::Table;

use super::cells::numbers;
use super::groups::Groups;
use crate::field::Field;
use crate::numbers::{rounded, written};
use crate::problems::Problems;

/// Checks the share column.
pub(crate) fn check(
    data: &PanelDataSpec,
    table: &Table,
    markets: Option<&Groups>,
    problems: &mut Problems,
) {
    let Some(field) = Field::find(table, &data.columns.share) else {
        return;
    };
    let shares = numbers(table, &data.columns.share);
    for (row, share) in shares.iter().enumerate() {
        if let Some((message, hint)) = odd(*share, data.smallest_share) {
            problems.push(field.mistake(row, &message).hint(hint));
        }
    }
    if let Some(markets) = markets {
        check_sums(data, field, markets, shares, problems);
    }
}

fn odd(share: f64, smallest: f64) -> Option<(String, String)> {
    let range = || format!("is {}, must be above 0 and below 1", written(share));
    if share == 0.0 {
        let hint = "leave out products that nobody bought, or give a share from a larger sample";
        Some((range(), hint.into()))
    } else if share <= 0.0 || share >= 1.0 {
        let hint = "give shares of all potential buyers, not percent and not units";
        Some((range(), hint.into()))
    } else if share < smallest {
        let message = format!(
            "is {}, below `smallest_share`, {}",
            written(share),
            written(smallest)
        );
        let hint = "leave the product out, or lower `data.smallest_share` if the share is real";
        Some((message, hint.into()))
    } else {
        None
    }
}

fn check_sums(
    data: &PanelDataSpec,
    field: Field<'_>,
    markets: &Groups,
    shares: &[f64],
    problems: &mut Problems,
) {
    for (market, sum) in markets.sums(shares).into_iter().enumerate() {
        let left = 1.0 - sum;
        if left >= data.smallest_outside_share || left.is_nan() {
            continue;
        }
        let id = &markets.ids[market];
        let message = if left <= 0.0 {
            format!(
                "sums to {} in market `{id}`, must sum to less than 1",
                rounded(sum)
            )
        } else {
            format!(
                "leaves {} for buying nothing in market `{id}`, below `smallest_outside_share`, {}",
                written(left),
                written(data.smallest_outside_share)
            )
        };
        let mistake = field.mistake(markets.first[market], &message);
        let hint = "shares are of all potential buyers, those who buy nothing included";
        problems.push(mistake.value("").hint(hint));
    }
}
