//! What the study says about the mix within brands.

use entrant_data::InputError;
use entrant_data::error::did_you_mean;
use entrant_data::panel::Panel;
use entrant_data::spec::{AveragePriceSpec, Study};

use super::columns::Basis;
use crate::domain::support;
use crate::problems::Problems;

/// Checks the concentration and the average prices.
pub(crate) fn check(study: &Study, basis: Basis, panel: &Panel, problems: &mut Problems) {
    if basis == Basis::Mix {
        for (i, average) in study.data.average_price.iter().enumerate() {
            check_average(
                average,
                &format!("data.average_price[{i}]"),
                panel,
                problems,
            );
        }
        return;
    }
    if study.data.mix_concentration.is_some() {
        unused("data.mix_concentration", basis, problems);
    }
    if !study.data.average_price.is_empty() {
        unused("data.average_price", basis, problems);
    }
}

fn unused(path: &str, basis: Basis, problems: &mut Problems) {
    let hint = format!("leave it out: the products table has `{}`", basis.word());
    problems.push(InputError::at(path, "this is used only with a `mix` column").hint(hint));
}

/// A mix can be tilted only to an average between the brand's lowest and highest price.
fn check_average(average: &AveragePriceSpec, path: &str, panel: &Panel, problems: &mut Problems) {
    let all = || panel.markets.iter().flat_map(|m| &m.products);
    let brands = || all().map(|p| p.brand.as_str());
    if brands().all(|b| b != average.brand) {
        let message = format!("there is no brand `{}` on sale", average.brand);
        let found = InputError::at(format!("{path}.brand"), message).value(&average.brand);
        problems.push(found.hint(did_you_mean(&average.brand, brands())));
        return;
    }
    for market in &panel.markets {
        let own = market.products.iter().filter(|p| p.brand == average.brand);
        let (low, high) = own.fold((f64::INFINITY, f64::NEG_INFINITY), |(l, h), p| {
            (l.min(p.price), h.max(p.price))
        });
        if let Some((least, most)) = support(&average.value)
            && low <= high
            && !(low < least && most < high)
        {
            let message = format!(
                "an average price from {least} to {most} is not strictly between {low} and {high}, the prices of `{}` in market `{}`",
                average.brand, market.id
            );
            problems.at(format!("{path}.value"), message);
        }
    }
}
