//! The supply section.

use std::collections::BTreeSet;

use entrant_data::spec::SupplySpec;

use super::keep;
use super::known::Known;
use crate::problems::Problems;

/// Checks given margins and stakes.
pub(crate) fn check(supply: &SupplySpec, known: &Known<'_>, problems: &mut Problems) {
    let mut firms = BTreeSet::new();
    for (i, given) in supply.given.iter().enumerate() {
        let path = format!("supply.given[{i}].firm");
        keep(known.firm(&path, &given.firm), problems);
        if !firms.insert(&given.firm) {
            problems.at(
                path,
                format!("the margin of `{}` is given already", given.firm),
            );
        }
    }
    let mut pairs = BTreeSet::new();
    for (i, stake) in supply.stake.iter().enumerate() {
        let at = |key: &str| format!("supply.stake[{i}].{key}");
        keep(known.firm(&at("owner"), &stake.owner), problems);
        keep(known.firm(&at("of"), &stake.of), problems);
        if stake.owner == stake.of {
            problems.at(at("of"), "a firm owns itself already");
        } else if !pairs.insert((&stake.owner, &stake.of)) {
            let message = format!(
                "the stake of `{}` in `{}` is given already",
                stake.owner, stake.of
            );
            problems.at(at("of"), message);
        }
    }
}
