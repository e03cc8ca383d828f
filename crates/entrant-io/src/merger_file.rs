//! A merger study, read and checked.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use entrant_data::error::did_you_mean;
use entrant_data::spec::{MergerDemand, MergerStudy};
use entrant_data::{Distribution, InputError, Quantity};

use crate::domain::Domain;
use crate::draws::{check, fill};
use crate::folder::Folder;
use crate::limits::Limits;
use crate::problems::Problems;
use crate::quantities::Place;
use crate::source::StudySource;
use crate::study_file::{open, tables_of};

/// A merger study, read and checked: numbers are ones that they may be, names are unique.
#[derive(Debug, Clone, PartialEq)]
pub struct LoadedMerger {
    /// The study, with draws from tables filled in.
    pub study: MergerStudy,
    /// FNV-1a, 64 bits, of the study file and its tables.
    pub fingerprint: String,
    /// Text of the study file, for placing mistakes that are found later.
    pub source: StudySource,
}

/// Reads the merger study in a folder, or at the path of a `.toml` file.
///
/// # Errors
///
/// All mistakes in the study file, in line order. Mistakes in syntax come first and alone.
pub fn read_merger(dir: &Path) -> Result<LoadedMerger, Vec<InputError>> {
    let limits = Limits::default();
    let (folder, source) = open(dir, &limits).map_err(|e| vec![e])?;
    merger_of(folder, source, &limits)
}

/// The merger study that a text says, with its tables in a folder.
pub(crate) fn merger_of(
    folder: Folder,
    source: StudySource,
    limits: &Limits,
) -> Result<LoadedMerger, Vec<InputError>> {
    let mut study = source.parse_merger().map_err(|e| vec![e])?;
    let mut tables = tables_of(folder, &source, limits);
    let mut problems = Problems::default();
    study.visit_quantities(&mut |path, quantity| {
        fill(&place(path), quantity, &mut tables, &mut problems);
    });
    let inputs = study.inputs.clone();
    study.visit_quantities(&mut |path, quantity| {
        if let Err(e) = check(&place(path), quantity, &inputs) {
            problems.push(e);
        }
    });
    check_names(&study, &mut problems);
    check_amounts(&study, &mut problems);
    check_numbers(&study, &mut problems);
    check_diversion(&study, &mut problems);
    if !problems.is_empty() {
        return Err(problems.finish(|e| source.place(e)));
    }
    Ok(LoadedMerger {
        fingerprint: format!("{:016x}", tables.hash()),
        study,
        source,
    })
}

/// Which numbers a quantity may be, by the last word of its path.
fn place(path: &str) -> Place {
    let key = path.rsplit('.').next().unwrap_or(path);
    let input = path.starts_with("inputs.");
    let domain = match key {
        _ if input => Domain::ANY,
        _ if path.starts_with("merger.nest_strengths.") => Domain::REACH,
        "outside_share" | "bargaining_power" => Domain::STRENGTH,
        "nest_strength" => Domain::REACH,
        "market_elasticity" | "elasticity" => Domain::NEGATIVE,
        "margin" => Domain::INSIDE,
        "part" | "part_of_cost" => Domain::PART,
        "share" if !path.starts_with("product[") => Domain::PART,
        "tax" | "of_price" => Domain::BELOW_ONE,
        "tariff" | "change" => Domain::ABOVE_MINUS_ONE,
        "unit_tax" | "per_unit" | "add" | "plus" => Domain::ANY,
        _ => Domain::POSITIVE,
    };
    let calibrated = matches!(key, "outside_share" | "nest_strength");
    Place {
        path: path.to_owned(),
        domain,
        word: calibrated.then_some("calibrate"),
        input,
    }
}

fn check_names(study: &MergerStudy, problems: &mut Problems) {
    let mut seen = BTreeSet::new();
    for (i, p) in study.product.iter().enumerate() {
        if p.id.is_empty() || !seen.insert(p.id.clone()) {
            let message = "products need names that differ";
            problems.push(InputError::at(format!("product[{i}].id"), message).value(&p.id));
        }
    }
    if study.product.is_empty() {
        problems.at("product", "there are no products");
    }
    let mut seen = BTreeSet::new();
    for (i, s) in study.scenario.iter().enumerate() {
        if s.id.is_empty() || !seen.insert(s.id.clone()) {
            let message = "scenarios need ids that differ";
            problems.push(InputError::at(format!("scenario[{i}].id"), message).value(&s.id));
        }
    }
}

/// Every product has a price, and all have shares or all have quantities.
fn check_amounts(study: &MergerStudy, problems: &mut Problems) {
    let by_share = study.product.iter().any(|p| p.share.is_some());
    let mut shares = Some(0.0);
    for (i, p) in study.product.iter().enumerate() {
        let at = format!("product[{i}]");
        if p.share.is_some() == p.quantity.is_some() {
            let message = "give either `share` or `quantity`";
            problems.push(InputError::at(&at, message).value(&p.id));
        } else if p.share.is_some() != by_share {
            let message = "some products have a share and others a quantity";
            problems.push(
                InputError::at(&at, message)
                    .value(&p.id)
                    .hint("one of the two for all"),
            );
        }
        if p.price.is_none() && study.merger.demand != MergerDemand::Aids {
            let message = "the price is missing";
            let hint = "only AIDS demand does without prices";
            problems.push(InputError::at(&at, message).value(&p.id).hint(hint));
        }
        let share = p.share.as_ref().and_then(known);
        shares = shares.zip(share).map(|(sum, share)| sum + share);
    }
    if let Some(sum) = shares.filter(|sum| *sum > 1.0 + 1e-6) {
        let message = format!("shares sum to {sum:.4}, more than one");
        let hint = "shares are parts of one, not percent; or give `quantity`";
        problems.push(InputError::at("product[0].share", message).hint(hint));
    }
}

fn known(quantity: &Quantity) -> Option<f64> {
    match quantity.distribution {
        Distribution::Known(v) => Some(v),
        _ => None,
    }
}

fn check_numbers(study: &MergerStudy, problems: &mut Problems) {
    let mut number = |path: String, value: f64, domain: Domain| {
        if let Some(m) = domain.misfit(value) {
            problems.at(path, format!("this {m}"));
        }
    };
    let m = &study.merger;
    if let Some(total) = m.total {
        number("merger.total".into(), total, Domain::POSITIVE);
    }
    number("merger.ssnip".into(), m.ssnip, Domain::INSIDE);
    number("merger.level".into(), m.level, Domain::INSIDE);
    for (i, p) in study.product.iter().enumerate() {
        if let Some(c) = p.capacity {
            number(format!("product[{i}].capacity"), c, Domain::POSITIVE);
        }
    }
}

/// Known diversion is between two products, once, and no product loses more than it has.
fn check_diversion(study: &MergerStudy, problems: &mut Problems) {
    let used = matches!(
        study.merger.demand,
        MergerDemand::Linear | MergerDemand::LogLinear
    );
    if !used && !study.diversion.is_empty() {
        let message = "diversion is known under linear and log-linear demand only";
        let hint = "leave it out: this form of demand says where buyers go";
        problems.push(InputError::at("diversion[0]", message).hint(hint));
    }
    let mut seen = BTreeSet::new();
    let mut sums: BTreeMap<&str, f64> = BTreeMap::new();
    for (i, d) in study.diversion.iter().enumerate() {
        let path = format!("diversion[{i}]");
        for (key, id) in [("from", &d.from), ("to", &d.to)] {
            let ids = || study.product.iter().map(|p| p.id.as_str());
            if !ids().any(|p| p == id) {
                let found = InputError::at(format!("{path}.{key}"), "no product of this name");
                problems.push(found.value(id).hint(did_you_mean(id, ids())));
            }
        }
        if d.from == d.to {
            let message = "a product does not divert to itself";
            problems.push(InputError::at(format!("{path}.to"), message).value(&d.to));
        }
        if !seen.insert((&d.from, &d.to)) {
            problems.at(path.clone(), "this diversion is given twice");
        }
        let sum = sums.entry(&d.from).or_default();
        *sum += known(&d.part).unwrap_or(0.0);
        if *sum > 1.0 + 1e-9 {
            let message = format!(
                "`{}` loses {sum:.4} of what it loses, more than one",
                d.from
            );
            problems.push(InputError::at(format!("{path}.part"), message));
        }
    }
}
