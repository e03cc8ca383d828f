//! What the `[estimate.supply]` table and the structure of errors can get wrong.

use entrant_data::InputError;
use entrant_data::spec::{ErrorStructure, EstimationStudy, PanelStake};

use super::demand::check_searched;
use super::products::Panel;
use crate::check::known::reference;
use crate::check::numbers::number;
use crate::check::{keep, only_with};
use crate::domain::Domain;
use crate::problems::Problems;

/// Checks what the study file says alone.
pub(crate) fn check(study: &EstimationStudy, problems: &mut Problems) {
    check_clusters(study, problems);
    let Some(supply) = &study.estimate.supply else {
        return;
    };
    let path = "estimate.supply.gamma";
    check_searched(path, &supply.gamma, &supply.gamma_bounds, problems);
    if let Some([low, high]) = supply.cost_bounds
        && (low >= high || low.is_nan() || high.is_nan())
    {
        let message = "the first must be below the second";
        problems.at("estimate.supply.cost_bounds", message);
    }
    for (i, stake) in supply.stakes.iter().enumerate() {
        let path = format!("estimate.supply.stakes[{i}]");
        number(
            &format!("{path}.weight"),
            stake.weight,
            Domain::PART,
            problems,
        );
        if stake.firm == stake.of {
            problems.at(format!("{path}.of"), "this is the firm itself");
        }
    }
}

fn check_clusters(study: &EstimationStudy, problems: &mut Problems) {
    let columns = &study.data.columns;
    let cluster = columns.cluster.is_some();
    let too = columns.cluster_too.is_some();
    only_with(
        "data.columns.cluster_too",
        too,
        "cluster",
        cluster,
        problems,
    );
    let estimate = &study.estimate;
    for (key, structure) in [
        ("weighting", Some(estimate.weighting)),
        ("errors", estimate.errors),
    ] {
        if structure == Some(ErrorStructure::Clustered) && !cluster {
            let path = format!("estimate.{key}");
            let mistake = InputError::at(path, "nothing says what the clusters are");
            problems.push(mistake.hint("name their column in `data.columns.cluster`"));
        }
    }
}

/// Firms and markets that stakes name must be there.
pub(crate) fn check_references(study: &EstimationStudy, panel: &Panel, problems: &mut Problems) {
    let supply = study.estimate.supply.as_ref();
    let stakes = supply.map_or([].as_slice(), |s| s.stakes.as_slice());
    for (i, stake) in stakes.iter().enumerate() {
        let path = format!("estimate.supply.stakes[{i}]");
        check_stake(&path, stake, panel, problems);
    }
}

fn check_stake(path: &str, stake: &PanelStake, panel: &Panel, problems: &mut Problems) {
    if let Some(firms) = &panel.firms {
        let known = || firms.ids.iter().map(String::as_str);
        for (key, firm) in [("firm", &stake.firm), ("of", &stake.of)] {
            keep(
                reference(&format!("{path}.{key}"), "firm", firm, known),
                problems,
            );
        }
    }
    if let Some(markets) = &panel.markets {
        let known = || markets.ids.iter().map(String::as_str);
        for (k, market) in stake.markets.iter().enumerate() {
            let path = format!("{path}.markets[{k}]");
            keep(reference(&path, "market", market, known), problems);
        }
    }
}
