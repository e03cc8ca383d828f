//! Entrants: cost and quality each said in one way, and everything that demand needs of them.

use entrant_data::spec::{CostSpec, EntrantSpec, QualitySpec, Study, TransferSpec};
use entrant_data::{InputError, Price};

use super::demand::characteristic;
use super::known::Known;
use super::numbers::number;
use super::{exactly_one, keep, only_with};
use crate::bind::label_columns;
use crate::domain::Domain;
use crate::problems::Problems;
use crate::toml_path::quoted;

/// Checks that cost and quality are each said in exactly one way.
pub(crate) fn check_ways(entrants: &[EntrantSpec], problems: &mut Problems) {
    for (i, entrant) in entrants.iter().enumerate() {
        let path = format!("entrant[{i}]");
        check_cost(entrant, &format!("{path}.cost"), problems);
        check_quality(&entrant.quality, &format!("{path}.quality"), problems);
        check_variants(entrant, &path, problems);
    }
}

/// Most variants of an entrant.
const VARIANTS: usize = 500;

/// Features of variants that are known, each once, with as many names as values.
fn check_variants(entrant: &EntrantSpec, path: &str, problems: &mut Problems) {
    let count = entrant.variant.iter().map(|v| v.values.len());
    let count = count.fold(1_usize, usize::saturating_mul);
    if count > VARIANTS {
        let message = format!("{count} variants are too many: at most {VARIANTS}");
        problems.at(format!("{path}.variant"), message);
    }
    for (k, feature) in entrant.variant.iter().enumerate() {
        let at = |key: &str| format!("{path}.variant[{k}].{key}");
        let column = feature.column.as_str();
        if entrant.variant[..k].iter().any(|v| v.column == column) {
            let message = format!("`{column}` varies already");
            problems.push(InputError::at(at("column"), message).value(column));
        }
        if !entrant.characteristics.contains_key(column) {
            let message = format!("entrant `{}` has no value for `{column}`", entrant.id);
            problems.push(InputError::at(at("column"), message).value(column).hint(
                "give it one in `characteristics`: what a unit more costs counts from there",
            ));
        }
        if feature.values.is_empty() {
            problems.at(at("values"), "a feature of variants needs values");
        }
        for (j, value) in feature.values.iter().enumerate() {
            number(&at(&format!("values[{j}]")), *value, Domain::ANY, problems);
            if feature.values[..j].contains(value) {
                problems.at(at(&format!("values[{j}]")), "this value is there already");
            }
        }
        let names = feature.labels.len();
        if names != 0 && names != feature.values.len() {
            let message = format!("{names} names for {} values", feature.values.len());
            problems.at(at("labels"), message);
        }
    }
}

fn check_cost(entrant: &EntrantSpec, path: &str, problems: &mut Problems) {
    let CostSpec {
        known,
        bill_of_materials,
        markup,
        margin,
        ..
    } = &entrant.cost;
    let ways = [
        ("known", known.is_some()),
        ("bill_of_materials", bill_of_materials.is_some()),
        ("margin", margin.is_some()),
    ];
    exactly_one(path, &ways, problems);
    let bill = bill_of_materials.is_some();
    only_with(
        &format!("{path}.markup"),
        markup.is_some(),
        "bill_of_materials",
        bill,
        problems,
    );
    if bill && markup.is_none() {
        problems.push(
            InputError::at(path, "a bill of materials needs a `markup`").hint(
                "what assembly, freight, licences and warranty add, as a share; 0 for nothing",
            ),
        );
    }
    if margin.is_some() && entrant.price == Price::Optimal {
        problems.push(
            InputError::at(
                format!("{path}.margin"),
                "a target margin needs a given price",
            )
            .hint("cost = price (1 - margin): give `price` a number, or the cost another way"),
        );
    }
}

fn check_quality(quality: &QualitySpec, path: &str, problems: &mut Problems) {
    let ways = [
        ("like", quality.like.is_some()),
        ("characteristics", quality.characteristics),
        ("share", quality.share.is_some()),
    ];
    exactly_one(path, &ways, problems);
    let at = |key: &str| format!("{path}.{key}");
    let like = quality.like.is_some();
    only_with(&at("plus"), quality.plus.is_some(), "like", like, problems);
    let by_x = quality.characteristics;
    only_with(
        &at("transfer"),
        quality.transfer,
        "characteristics",
        by_x,
        problems,
    );
    if quality.transfer && !quality.brands.is_empty() {
        let message = "a brand effect is transferred or drawn from `brands`, not both";
        problems
            .push(InputError::at(at("brands"), message).hint("leave `brands` or `transfer` out"));
    }
    only_with(
        &at("brands"),
        !quality.brands.is_empty(),
        "characteristics",
        by_x,
        problems,
    );
    only_with(
        &at("shift"),
        quality.shift.is_some(),
        "characteristics",
        by_x,
        problems,
    );
}

/// Checks what entrants refer to.
pub(crate) fn check_references(study: &Study, known: &Known<'_>, problems: &mut Problems) {
    check_new_and_like(&study.entrant, known, problems);
    for (i, entrant) in study.entrant.iter().enumerate() {
        // A variant is what the entrant that it is of says.
        if entrant.family.is_some() {
            continue;
        }
        let path = format!("entrant[{i}]");
        check_transfer(study.transfer.as_ref(), entrant, &path, problems);
        if !entrant.variant.is_empty() && !entrant.quality.characteristics {
            let message = "variants differ by what their features are worth, so that quality must be by characteristics";
            problems.push(
                InputError::at(format!("{path}.quality"), message)
                    .hint("write `quality = { characteristics = true }`"),
            );
        }
        check_characteristics(study, entrant, &path, problems);
        check_labels(study, entrant, &path, problems);
    }
}

/// A transferred brand effect is that of the entrant's own brand.
pub(crate) fn check_transfer(
    transfer: Option<&TransferSpec>,
    entrant: &EntrantSpec,
    path: &str,
    problems: &mut Problems,
) {
    if !entrant.quality.transfer {
        return;
    }
    let at = format!("{path}.quality.transfer");
    let brand = entrant.brand.as_deref().unwrap_or(&entrant.firm);
    match transfer {
        None => problems.push(
            InputError::at(at, "the study has no `[transfer]` table")
                .hint("say where the brand is sold already; docs/transfer.md"),
        ),
        Some(t) if t.brand != brand => {
            let message = format!("`[transfer]` is about `{}`, not `{brand}`", t.brand);
            let hint = "name the entrant's brand in `transfer.brand`, or value it another way";
            problems.push(InputError::at(at, message).value(brand).hint(hint));
        }
        Some(_) => {}
    }
}

/// Entrants are new, and what they are like is on sale.
pub(crate) fn check_new_and_like(
    entrants: &[EntrantSpec],
    known: &Known<'_>,
    problems: &mut Problems,
) {
    for (i, entrant) in entrants.iter().enumerate() {
        if entrant.family.is_some() {
            continue;
        }
        let path = format!("entrant[{i}]");
        check_new(entrant, &path, known, problems);
        check_likeness(&entrant.quality, &path, known, problems);
    }
}

fn check_new(entrant: &EntrantSpec, path: &str, known: &Known<'_>, problems: &mut Problems) {
    if known.incumbents.iter().any(|s| s.product == entrant.id) {
        let message = format!("`{}` is on sale already", entrant.id);
        let found = InputError::at(format!("{path}.id"), message).value(&entrant.id);
        problems.push(found.hint("give the entrant an id of its own"));
    }
}

fn check_likeness(quality: &QualitySpec, path: &str, known: &Known<'_>, problems: &mut Problems) {
    if let Some(like) = &quality.like {
        keep(
            known.incumbent(&format!("{path}.quality.like"), like),
            problems,
        );
    }
    for (j, brand) in quality.brands.iter().enumerate() {
        let path = format!("{path}.quality.brands[{j}]");
        keep(known.brand_on_sale(&path, brand), problems);
    }
}

/// Every characteristic given must exist; where quality or a taste rests on one, it must be given.
fn check_characteristics(
    study: &Study,
    entrant: &EntrantSpec,
    path: &str,
    problems: &mut Problems,
) {
    if entrant.quality.characteristics && study.data.characteristics.is_empty() {
        let path = format!("{path}.quality.characteristics");
        problems.at(
            path,
            "quality by characteristics needs `data.characteristics`",
        );
    }
    for name in entrant.characteristics.keys() {
        let path = format!("{path}.characteristics.{}", quoted(name));
        keep(
            characteristic(&study.data.characteristics, &path, name),
            problems,
        );
    }
    let tastes = study.demand.taste.iter().map(|t| &t.column);
    let all = study
        .data
        .characteristics
        .iter()
        .filter(|_| entrant.quality.characteristics);
    let mut needed: Vec<&String> = all.chain(tastes).collect();
    needed.dedup();
    for name in needed
        .into_iter()
        .filter(|n| !entrant.characteristics.contains_key(*n))
    {
        let path = format!("{path}.characteristics");
        let message = format!("entrant `{}` needs the characteristic `{name}`", entrant.id);
        problems.push(InputError::at(path, message).hint(format!("add `{} = ...`", quoted(name))));
    }
}

/// Labels given must be used; labels that nests or loyalty rest on must be given.
fn check_labels(study: &Study, entrant: &EntrantSpec, path: &str, problems: &mut Problems) {
    let columns = label_columns(study);
    for (name, label) in &entrant.labels {
        let path = format!("{path}.labels.{}", quoted(name));
        if !columns.contains(&name.as_str()) {
            let message = format!("`{name}` is no column that demand uses");
            let hint = entrant_data::error::did_you_mean(name, columns.iter().copied());
            problems.push(InputError::at(path, message).value(label).hint(hint));
        } else if label.trim().is_empty() {
            problems.at(path, "this must not be empty");
        }
    }
    for column in columns.iter().filter(|c| !entrant.labels.contains_key(**c)) {
        let path = format!("{path}.labels");
        let message = format!("entrant `{}` needs the label `{column}`", entrant.id);
        let hint = format!("add `labels = {{ {} = \"...\" }}`", quoted(column));
        problems.push(InputError::at(path, message).hint(hint));
    }
}
