//! Variants of an entrant: one for every combination of values of some features.

use std::collections::BTreeMap;

use super::{CandidateSpec, EntrantSpec, PlayerSpec, Study, VariantSpec};
use crate::{Distribution, Price, Quantity};

impl Study {
    /// Adds the variants of entrants behind the entrants that the study names, and makes a candidate
    /// of each where a game asks for them. What is uncertain about them becomes an input of its own,
    /// so that they share its draws.
    pub fn expand_variants(&mut self) {
        let mut new = Vec::new();
        for base in &mut self.entrant {
            share_draws(base, &mut self.inputs);
            new.extend(variants(base));
        }
        self.entrant.extend(new);
        let entrants = &self.entrant;
        for player in self.game.iter_mut().flat_map(|g| &mut g.player) {
            expand_candidates(player, entrants);
        }
    }
}

/// What is uncertain about an entrant with variants as inputs of their own, under the names that
/// readers see, so that variants share their draws.
fn share_draws(base: &mut EntrantSpec, inputs: &mut BTreeMap<String, Quantity>) {
    if base.variant.is_empty() {
        return;
    }
    let id = base.id.clone();
    let mut all: Vec<(String, &mut Quantity)> = Vec::new();
    if let Price::Given(q) = &mut base.price {
        all.push(("price".into(), q));
    }
    let (cost, quality) = (&mut base.cost, &mut base.quality);
    for (what, q) in [
        ("cost", &mut cost.known),
        ("bill of materials", &mut cost.bill_of_materials),
        ("mark-up on materials", &mut cost.markup),
        ("target margin", &mut cost.margin),
        ("quality difference", &mut quality.plus),
        ("quality shift", &mut quality.shift),
    ] {
        all.extend(q.as_mut().map(|q| (what.to_owned(), q)));
    }
    for feature in &mut base.variant {
        let name = format!("cost of a unit of {}", feature.column);
        all.extend(feature.cost.as_mut().map(|q| (name, q)));
    }
    for (what, q) in all {
        let own = !matches!(
            q.distribution,
            Distribution::Known(_) | Distribution::Input(_)
        );
        if own {
            let name = format!("{id}: {what}");
            let shared = Quantity {
                distribution: Distribution::Input(name.clone()),
                ..q.clone()
            };
            inputs.insert(name, std::mem::replace(q, shared));
        }
    }
}

/// All combinations, the last feature running fastest.
fn variants(base: &EntrantSpec) -> Vec<EntrantSpec> {
    if base.variant.is_empty() {
        return Vec::new();
    }
    let mut all = vec![(base.clone(), Vec::new())];
    for feature in &base.variant {
        let each = all.into_iter().flat_map(|(entrant, labels)| {
            let one = move |k: usize| with(&entrant, &labels, base, feature, k);
            (0..feature.values.len()).map(one).collect::<Vec<_>>()
        });
        all = each.collect();
    }
    let named = |(entrant, labels): (EntrantSpec, Vec<String>)| EntrantSpec {
        id: format!("{}: {}", base.id, labels.join(", ")),
        variant: Vec::new(),
        family: Some(base.id.clone()),
        ..entrant
    };
    all.into_iter().map(named).collect()
}

/// The entrant with value `k` of a feature.
fn with(
    entrant: &EntrantSpec,
    labels: &[String],
    base: &EntrantSpec,
    feature: &VariantSpec,
    k: usize,
) -> (EntrantSpec, Vec<String>) {
    let (mut out, value) = (entrant.clone(), feature.values[k]);
    let was = base.characteristics.get(&feature.column);
    let more = value - was.copied().unwrap_or(value);
    out.characteristics.insert(feature.column.clone(), value);
    if let Some(cost) = &feature.cost {
        out.cost.features.push((more, cost.clone()));
    }
    let own = feature.labels.get(k).cloned();
    let label = own.unwrap_or_else(|| format!("{} {value}", feature.column));
    (out, labels.iter().cloned().chain([label]).collect())
}

/// A candidate for each variant: the first in the place of the candidate that asks for them, the
/// others behind all candidates, so that those keep their positions.
fn expand_candidates(player: &mut PlayerSpec, entrants: &[EntrantSpec]) {
    let mut more = Vec::new();
    for candidate in &mut player.candidate {
        let Some(family) = candidate.variants_of.clone() else {
            continue;
        };
        let own = entrants
            .iter()
            .filter(|e| e.family.as_ref() == Some(&family));
        let mut all = own.map(|e| CandidateSpec {
            product: e.id.clone(),
            ..candidate.clone()
        });
        let Some(first) = all.next() else { continue };
        more.extend(all);
        *candidate = first;
    }
    player.candidate.extend(more);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::spec::{CostSpec, QualitySpec};

    fn base() -> EntrantSpec {
        let feature = |column: &str, values: &[f64]| VariantSpec {
            column: column.into(),
            values: values.to_vec(),
            cost: Some(Quantity::known(10.0)),
            labels: Vec::new(),
        };
        EntrantSpec {
            id: "phone".into(),
            firm: "X".into(),
            brand: None,
            price: Price::Optimal,
            cost: CostSpec::default(),
            quality: QualitySpec::default(),
            characteristics: [("memory".into(), 4.0), ("screen".into(), 5.5)].into(),
            labels: BTreeMap::new(),
            variant: vec![
                feature("memory", &[4.0, 6.0]),
                feature("screen", &[5.0, 5.5, 6.0]),
            ],
            family: None,
            source: String::new(),
        }
    }

    #[test]
    fn every_combination_once_with_what_it_costs_more() {
        let all = variants(&base());
        assert_eq!(all.len(), 6);
        let last = &all[5];
        assert_eq!(last.id, "phone: memory 6, screen 6");
        assert_eq!(last.characteristics["memory"].to_bits(), 6_f64.to_bits());
        let more: Vec<f64> = last.cost.features.iter().map(|f| f.0).collect();
        assert_eq!(more, [2.0, 0.5]);
        let ids: std::collections::BTreeSet<&str> = all.iter().map(|e| e.id.as_str()).collect();
        assert!(ids.len() == 6 && all.iter().all(|e| e.family.as_deref() == Some("phone")));
    }
}
