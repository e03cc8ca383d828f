//! Uncertain inputs: every quantity of a study, its draws, and the study at one draw.

use std::collections::BTreeMap;

use entrant_data::panel::{Panel, ShareBasis};
use entrant_data::result::{Estimate, InputReport};
use entrant_data::spec::Study;
use entrant_data::{Distribution, Draws, Mark, Quantity, Status};
use entrant_numeric::random::Stream;
use entrant_scenario::{QualityDraw, TransferDraw};

use crate::distributions::{centre, describe, one_draw, short};

/// All inputs of a study with their draws.
#[derive(Debug, Clone)]
pub struct Inputs {
    study: Study,
    panel: Panel,
    draws: usize,
    seed: u64,
    /// Inputs in a fixed order; the certain ones have no draws.
    entries: Vec<Entry>,
    index: BTreeMap<String, usize>,
    /// The transferred brand effect at the central values, and the name of its input.
    transfer: Option<(TransferDraw, String)>,
}

/// One input: a number, or several that belong together (a mix, a vector of tastes).
#[derive(Debug, Clone)]
struct Entry {
    name: String,
    /// What a reader calls it; empty for its name.
    title: String,
    words: String,
    mark: Mark,
    source: String,
    note: String,
    central: Vec<f64>,
    /// Whether its range stands around the central value.
    centred: bool,
    /// Row-major (draws x width); empty for a certain input.
    values: Vec<f64>,
}

impl Entry {
    fn at(&self, draw: Option<usize>) -> &[f64] {
        let width = self.central.len();
        match draw {
            Some(d) if !self.values.is_empty() => &self.values[d * width..(d + 1) * width],
            _ => &self.central,
        }
    }
}

/// A study at one draw: every quantity known.
#[derive(Debug, Clone)]
pub struct Resolved {
    /// Study.
    pub study: Study,
    /// Panel, with brand shares and mixes at this draw.
    pub panel: Panel,
    /// Draws behind the unknown quality of entrants.
    pub quality: QualityDraw,
}

/// Smallest share of its published value to which the noise of sources may take a brand.
const SHARE_FLOOR: f64 = 0.1;

impl Inputs {
    /// Collects every input and draws it `draws` times from streams of `seed`, one per input.
    pub fn new(study: &Study, panel: &Panel, draws: usize, seed: u64) -> Self {
        let mut inputs = Inputs {
            study: study.clone(),
            panel: panel.clone(),
            draws,
            seed,
            entries: Vec::new(),
            index: BTreeMap::new(),
            transfer: None,
        };
        inputs.collect_quantities(seed);
        inputs.collect_shares(seed);
        inputs.collect_quality(seed);
        inputs.collect_prices();
        inputs
    }

    /// Number of draws.
    pub fn draws(&self) -> usize {
        self.draws
    }

    fn push(&mut self, entry: Entry) {
        self.index
            .entry(entry.name.clone())
            .or_insert(self.entries.len());
        self.entries.push(entry);
    }

    fn collect_quantities(&mut self, seed: u64) {
        let mut found: Vec<(String, Quantity)> = Vec::new();
        self.study
            .clone()
            .visit_quantities(&mut |name, q| found.push((name.to_owned(), q.clone())));
        for (name, q) in found {
            if matches!(q.distribution, Distribution::Input(_)) {
                continue;
            }
            let values = if q.is_uncertain() {
                self.sample(&q.distribution, &name, seed)
            } else {
                Vec::new()
            };
            self.push(Entry {
                words: describe(&q.distribution),
                mark: q.mark.unwrap_or_default(),
                title: q.title,
                source: q.source,
                note: q.note,
                central: vec![centre(&q.distribution)],
                centred: false,
                values,
                name,
            });
        }
    }

    fn sample(&self, distribution: &Distribution, name: &str, seed: u64) -> Vec<f64> {
        (0..self.draws)
            .map(|d| one_draw(distribution, &mut Stream::new(seed, name, d as u64), d))
            .collect()
    }

    /// Noise of published brand shares, and the split of brands over their models.
    fn collect_shares(&mut self, seed: u64) {
        for market in self.panel.clone().markets {
            for b in market.brands.iter().filter(|b| b.sd > 0.0) {
                let name = format!("{}: share of {}", market.id, b.brand);
                let normal = Distribution::Normal {
                    mean: b.share,
                    sd: b.sd,
                };
                let floor = SHARE_FLOOR * b.share;
                let values = self
                    .sample(&normal, &name, seed)
                    .into_iter()
                    .map(|v| v.max(floor))
                    .collect();
                let words = format!(
                    "normal {} (sd {}) of units sold",
                    short(b.share),
                    short(b.sd)
                );
                self.push(Entry {
                    name,
                    words,
                    mark: b.mark,
                    source: b.source.clone(),
                    title: String::new(),
                    note: String::new(),
                    central: vec![b.share],
                    centred: false,
                    values,
                });
            }
            if let Some(concentration) = self.study.data.mix_concentration {
                self.collect_mixes(&market, concentration, seed);
            }
        }
    }

    fn collect_mixes(
        &mut self,
        market: &entrant_data::panel::MarketPanel,
        concentration: f64,
        seed: u64,
    ) {
        for b in &market.brands {
            let raw: Vec<f64> = market
                .products
                .iter()
                .filter(|p| p.brand == b.brand)
                .filter_map(|p| mix(p.basis))
                .collect();
            if raw.len() < 2 {
                continue;
            }
            let total: f64 = raw.iter().sum();
            let central: Vec<f64> = raw.iter().map(|m| m / total).collect();
            let name = format!("{}: mix of {}", market.id, b.brand);
            let parameters: Vec<f64> = central.iter().map(|m| m * concentration).collect();
            let values = (0..self.draws)
                .flat_map(|d| Stream::new(seed, &name, d as u64).dirichlet(&parameters))
                .collect();
            let words = format!(
                "Dirichlet over {} models, concentration {concentration}",
                central.len()
            );
            self.push(Entry {
                name,
                words,
                mark: Mark::Assumed,
                source: "within-brand split of the products table".into(),
                title: String::new(),
                note: String::new(),
                central,
                centred: false,
                values,
            });
        }
    }

    /// What nobody knows of products that nobody has sold: standard normal draws.
    fn collect_quality(&mut self, seed: u64) {
        let study = self.study.clone();
        let by_features: Vec<_> = study
            .entrant
            .iter()
            .filter(|e| e.quality.characteristics)
            .collect();
        let changed =
            study.scenario.iter().any(|s| !s.characteristic.is_empty()) || study.premiums.is_some();
        if by_features.is_empty() && !changed {
            return;
        }
        let columns = self.panel.characteristics.len();
        if columns > 0 {
            self.push_normals(
                "worth of characteristics",
                columns,
                "estimation error of the feature model",
                seed,
            );
        }
        let mut brands: Vec<&str> = by_features
            .iter()
            .map(|e| e.brand.as_deref().unwrap_or(&e.firm))
            .collect();
        brands.sort_unstable();
        brands.dedup();
        for b in brands {
            self.push_normals(
                &format!("brand effect of {b}"),
                1,
                "spread among the brands named as comparable",
                seed,
            );
        }
        for e in by_features.iter().filter(|e| e.family.is_none()) {
            self.push_normals(
                &format!("unobserved quality of {}", e.id),
                1,
                "what features and brand do not explain among incumbents",
                seed,
            );
        }
    }

    /// Standard normals at a draw behind the worth of characteristics, then the constant of the
    /// feature model and the effects of so many brands (characteristics + 1 + brands).
    pub fn brand_normals(&self, draw: usize, brands: usize) -> Vec<f64> {
        let mut z = self
            .value("worth of characteristics", Some(draw))
            .map(<[f64]>::to_vec)
            .unwrap_or_default();
        let mut stream = Stream::new(self.seed, "worth of brands", draw as u64);
        z.extend((0..=brands).map(|_| stream.normal()));
        z
    }

    fn push_normals(&mut self, name: &str, width: usize, source: &str, seed: u64) {
        let draw = |d: usize| {
            let mut stream = Stream::new(seed, name, d as u64);
            (0..width).map(|_| stream.normal()).collect::<Vec<f64>>()
        };
        self.push(Entry {
            name: name.to_owned(),
            words: "standard normal, scaled by the calibrated market".into(),
            mark: Mark::Derived,
            source: source.to_owned(),
            title: String::new(),
            note: String::new(),
            central: vec![0.0; width],
            centred: false,
            values: (0..self.draws).flat_map(draw).collect(),
        });
    }

    /// List prices are taken as known, each with its mark.
    fn collect_prices(&mut self) {
        for market in self.panel.clone().markets {
            for p in &market.products {
                self.push(Entry {
                    name: format!("{}: price of {}", market.id, p.id),
                    words: "known".into(),
                    mark: p.mark,
                    source: p.source.clone(),
                    title: String::new(),
                    note: String::new(),
                    central: vec![p.price],
                    centred: false,
                    values: Vec::new(),
                });
            }
        }
    }

    /// The study at draw `draw`, or at the central values of all inputs.
    pub fn resolve(&self, draw: Option<usize>) -> Resolved {
        let mut study = self.study.clone();
        study.visit_quantities(&mut |name, q| {
            let key = match &q.distribution {
                Distribution::Input(input) => input.as_str(),
                _ => name,
            };
            if let Some(k) = self.index.get(key) {
                q.distribution = Distribution::Known(self.entries[*k].at(draw)[0]);
            }
        });
        Resolved {
            panel: self.resolve_panel(draw),
            quality: self.resolve_quality(draw),
            study,
        }
    }

    /// The input of this name, at a draw or at its central value.
    pub(crate) fn value(&self, name: &str, draw: Option<usize>) -> Option<&[f64]> {
        self.index.get(name).map(|k| self.entries[*k].at(draw))
    }

    fn resolve_panel(&self, draw: Option<usize>) -> Panel {
        let mut panel = self.panel.clone();
        for market in &mut panel.markets {
            for b in &mut market.brands {
                if let Some(v) = self.value(&format!("{}: share of {}", market.id, b.brand), draw) {
                    b.share = v[0];
                }
                if let Some(v) = self.value(&format!("{}: mix of {}", market.id, b.brand), draw) {
                    let own = market.products.iter_mut().filter(|p| p.brand == b.brand);
                    own.zip(v).for_each(|(p, m)| p.basis = ShareBasis::Mix(*m));
                }
            }
            let total: f64 = market.brands.iter().map(|b| b.share).sum();
            market.brands.iter_mut().for_each(|b| b.share /= total);
        }
        panel
    }

    fn resolve_quality(&self, draw: Option<usize>) -> QualityDraw {
        let mut quality = QualityDraw::default();
        for e in self
            .study
            .entrant
            .iter()
            .filter(|e| e.quality.characteristics)
        {
            let brand = e.brand.clone().unwrap_or_else(|| e.firm.clone());
            if let Some(v) = self.value(&format!("brand effect of {brand}"), draw) {
                quality.brand.insert(brand, v[0]);
            }
            let family = e.family.as_ref().unwrap_or(&e.id);
            if let Some(v) = self.value(&format!("unobserved quality of {family}"), draw) {
                quality.product.insert(e.id.clone(), v[0]);
            }
        }
        quality.transfer = self.transfer.as_ref().map(|(central, name)| TransferDraw {
            lead: self.value(name, draw).map_or(central.lead, |v| v[0]),
            ..central.clone()
        });
        quality.beta = self
            .value("worth of characteristics", draw)
            .map(<[f64]>::to_vec)
            .unwrap_or_default();
        quality
    }

    /// Adds the lead of an entrant's brand, from other countries, with its value in each draw.
    pub fn add_transfer(&mut self, central: TransferDraw, values: Vec<f64>, mark: Mark) {
        let name = format!("lead of {} over its rivals", central.brand);
        let source = format!(
            "shares in other countries, over {}",
            central.rivals.join(", ")
        );
        let words = "posterior, logarithm of shares";
        self.add_number(name.clone(), words, mark, &source, central.lead, values);
        self.transfer = Some((central, name));
    }

    /// Adds a number of the engine's own, such as an estimate, with its value in each draw.
    pub fn add_number(
        &mut self,
        name: String,
        words: &str,
        mark: Mark,
        source: &str,
        central: f64,
        values: Vec<f64>,
    ) {
        self.push(Entry {
            name,
            words: words.to_owned(),
            mark,
            source: source.to_owned(),
            title: String::new(),
            note: String::new(),
            central: vec![central],
            centred: true,
            values,
        });
    }

    /// Every input for the report.
    pub fn report(&self, level: f64) -> Vec<InputReport> {
        let one = |e: &Entry| InputReport {
            name: e.name.clone(),
            title: e.title.clone(),
            distribution: e.words.clone(),
            value: estimate(e, level),
            mark: e.mark,
            source: e.source.clone(),
            note: e.note.clone(),
            uncertain: !e.values.is_empty(),
        };
        self.entries.iter().map(one).collect()
    }

    /// Uncertain inputs as `(name, mark, width, values)`, for attributing the width of an answer.
    pub fn uncertain(&self) -> impl Iterator<Item = (&str, Mark, usize, &[f64])> {
        self.entries
            .iter()
            .filter(|e| !e.values.is_empty())
            .map(|e| {
                (
                    e.name.as_str(),
                    e.mark,
                    e.central.len(),
                    e.values.as_slice(),
                )
            })
    }

    /// What a reader calls an input; empty for its name.
    pub fn title_of(&self, name: &str) -> &str {
        let at = self.index.get(name).and_then(|i| self.entries.get(*i));
        at.map_or("", |e| e.title.as_str())
    }

    /// Marks of all inputs, certain ones included.
    pub fn marks(&self) -> impl Iterator<Item = Mark> {
        self.entries.iter().map(|e| e.mark)
    }

    /// Draws of one scalar input or of the quantity that names it; constant for a certain one.
    pub fn draws_of(&self, q: &Quantity, name: &str) -> Draws {
        let key = match &q.distribution {
            Distribution::Input(input) => input.as_str(),
            _ => name,
        };
        let value = |d: usize| self.value(key, Some(d)).map_or(f64::NAN, |v| v[0]);
        Draws::new((0..self.draws).map(value).collect())
    }
}

/// A number with its range; no number for several that belong together.
fn estimate(e: &Entry, level: f64) -> Estimate {
    match (e.central.as_slice(), e.values.is_empty()) {
        ([v], true) => Estimate::exact(*v, level),
        ([v], false) => {
            let found = Draws::new(e.values.clone()).estimate(level, Status::Exact);
            if e.centred {
                found.at_estimates(*v)
            } else {
                found
            }
        }
        _ => Draws::new(vec![]).estimate(level, Status::Exact),
    }
}

fn mix(basis: ShareBasis) -> Option<f64> {
    match basis {
        ShareBasis::Mix(m) => Some(m),
        _ => None,
    }
}
