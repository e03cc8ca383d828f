//! How well a brand does in a country where it is not sold yet, from countries where it meets the
//! same rivals.
//!
//! The logarithm of a brand's share in a quarter is an effect of the country and quarter, plus
//! that of the brand `N(0, brand^2)`, plus what is its own in this country `N(0, country^2)`,
//! plus noise. Effects of a country and quarter cancel in differences between brands, so that
//! the model is one of log-share differences. Its variances are integrated over their posterior:
//! how much travels is learnt from brands that are sold in several countries, and few of them
//! leave it open.

use std::collections::BTreeMap;

use entrant_data::result::{BrandEffect, CountryLead, Estimate, TransferReport};
use entrant_data::spec::TransferSpec;
use entrant_data::tracker::{Measure, Statement, Subject};
use entrant_data::{Draws, InputError, Quarter, Status};
use entrant_numeric::mixed::{Factor, Mixed, Posterior};
use entrant_numeric::random::Stream;

use crate::Settings;

/// Scale of the priors of brands' and countries' standard deviations, in logarithms of shares: half
/// of their mass lies below a factor of e.
const SCALE: f64 = 1.0;
/// Most effects: the model keeps a matrix of them at hundreds of nodes of its variances.
const MOST_EFFECTS: usize = 400;

/// A brand's lead in a new country, draw by draw.
#[derive(Debug, Clone, PartialEq)]
pub struct Transferred {
    /// Rivals over which it is measured.
    pub rivals: Vec<String>,
    /// Expected lead.
    pub central: f64,
    /// Lead (draws).
    pub lead: Vec<f64>,
    /// Expected lead of a maker of whom nothing is known.
    pub unknown_central: f64,
    /// Lead of a maker of whom nothing is known (draws).
    pub unknown: Vec<f64>,
    /// Everything for the reader, forecasts excepted.
    pub report: TransferReport,
}

/// Mean logarithms of shares, by country and quarter and by brand.
struct Table {
    /// Brands; the last is one of whom nothing is known.
    brands: Vec<String>,
    countries: Vec<String>,
    /// Country and quarter, brand, mean logarithm of share.
    rows: Vec<(usize, Quarter, usize, f64)>,
    left_out: usize,
}

/// Transfers a brand's lead.
///
/// # Errors
/// When the table does not have the brand elsewhere, the country, or a rival in both, or too few
/// rows to learn from.
pub fn transfer(
    spec: &TransferSpec,
    statements: &[Statement],
    settings: Settings,
) -> Result<Transferred, InputError> {
    let table = Table::new(spec, statements);
    let rivals = table.rivals(spec)?;
    let model = table.model();
    if model.effects() > MOST_EFFECTS {
        let (brands, countries) = (table.brands.len() - 1, table.countries.len());
        let message = format!(
            "{brands} brands in {countries} countries are {} effects, at most {MOST_EFFECTS} are estimated together",
            model.effects()
        );
        return Err(InputError::at("transfer.statements", message)
            .hint("keep brands that matter, or a shorter time in `from` and `until`"));
    }
    let Some(posterior) = Posterior::new(&model, SCALE) else {
        let message = "there are too few shares to tell brands from countries";
        return Err(InputError::at("transfer.statements", message)
            .hint("add quarters, countries or brands"));
    };
    let fitted = Fitted::new(&table, &model, &posterior, settings);
    let own = table.contrast(&model, spec, &rivals, table.brand(&spec.brand));
    let unknown = table.contrast(&model, spec, &rivals, Some(table.brands.len() - 1));
    let (central, lead) = fitted.draw("transferred lead", &own);
    let (unknown_central, none) = fitted.draw("lead of an unknown maker", &unknown);
    let report = fitted.report(spec, &rivals, &lead, &none);
    Ok(Transferred {
        rivals,
        central,
        lead,
        unknown_central,
        unknown: none,
        report,
    })
}

impl Table {
    fn new(spec: &TransferSpec, statements: &[Statement]) -> Self {
        let mut cells: BTreeMap<(&str, Quarter, &str), Vec<f64>> = BTreeMap::new();
        let mut left_out = 0;
        for s in statements {
            let Subject::Vendor(vendor) = &s.subject else {
                continue;
            };
            let early = spec.from.is_some_and(|q| s.quarter < q);
            let late = spec.until.is_some_and(|q| s.quarter > q);
            if s.measure != Measure::Share || s.value <= 0.0 || early || late {
                continue;
            }
            if *vendor == spec.brand && s.country == spec.to {
                left_out += 1;
                continue;
            }
            let cell = (s.country.as_str(), s.quarter, vendor.as_str());
            cells.entry(cell).or_default().push(s.value.ln());
        }
        // A brand alone in its quarter says nothing about differences.
        let mut count: BTreeMap<(&str, Quarter), usize> = BTreeMap::new();
        for (country, quarter, _) in cells.keys() {
            *count.entry((*country, *quarter)).or_default() += 1;
        }
        cells.retain(|(c, q, _), _| count[&(*c, *q)] > 1);
        let sorted = |names: Vec<&str>| {
            let mut names: Vec<String> = names.into_iter().map(str::to_owned).collect();
            names.sort();
            names.dedup();
            names
        };
        let mut brands = sorted(cells.keys().map(|k| k.2).collect());
        let countries = sorted(cells.keys().map(|k| k.0).collect());
        let place = |all: &[String], name: &str| all.iter().position(|n| n == name).unwrap_or(0);
        let row = |((c, q, b), logs): (&(&str, Quarter, &str), &Vec<f64>)| {
            let mean = logs.iter().sum::<f64>() / logs.len() as f64;
            (place(&countries, c), *q, place(&brands, b), mean)
        };
        let rows = cells.iter().map(row).collect();
        brands.push(String::new());
        Table {
            brands,
            countries,
            rows,
            left_out,
        }
    }

    fn brand(&self, name: &str) -> Option<usize> {
        self.brands.iter().position(|b| b == name)
    }

    fn sold(&self, brand: usize, country: usize) -> bool {
        self.rows.iter().any(|r| r.0 == country && r.2 == brand)
    }

    /// Rivals that it meets elsewhere and that are sold in the new country.
    fn rivals(&self, spec: &TransferSpec) -> Result<Vec<String>, InputError> {
        let Some(to) = self.countries.iter().position(|c| *c == spec.to) else {
            let message = format!("the table has no shares of two brands in `{}`", spec.to);
            return Err(InputError::at("transfer.to", message).value(&spec.to).hint(
                entrant_data::error::did_you_mean(
                    &spec.to,
                    self.countries.iter().map(String::as_str),
                ),
            ));
        };
        let known = || {
            self.brands
                .iter()
                .map(String::as_str)
                .filter(|b| !b.is_empty())
        };
        let Some(own) = self.brand(&spec.brand) else {
            let message = format!(
                "the table has no share of `{}` outside `{}`",
                spec.brand, spec.to
            );
            return Err(InputError::at("transfer.brand", message)
                .value(&spec.brand)
                .hint(entrant_data::error::did_you_mean(&spec.brand, known())));
        };
        let elsewhere: Vec<usize> = (0..self.countries.len())
            .filter(|c| *c != to && self.sold(own, *c))
            .collect();
        let met = |b: &usize| {
            *b != own && self.sold(*b, to) && elsewhere.iter().any(|c| self.sold(*b, *c))
        };
        let all: Vec<String> = (0..self.brands.len())
            .filter(met)
            .map(|b| self.brands[b].clone())
            .collect();
        for (k, rival) in spec.rivals.iter().enumerate() {
            if !all.contains(rival) {
                let message = format!(
                    "`{rival}` is not both in `{}` and where `{}` is sold",
                    spec.to, spec.brand
                );
                return Err(InputError::at(format!("transfer.rivals[{k}]"), message)
                    .value(rival)
                    .hint(format!("these are: {}", all.join(", "))));
            }
        }
        let chosen = if spec.rivals.is_empty() {
            all
        } else {
            spec.rivals.clone()
        };
        if chosen.is_empty() {
            let message = format!("`{}` meets no rival of `{}` elsewhere", spec.brand, spec.to);
            return Err(InputError::at("transfer.statements", message)
                .hint("add shares of a country with the brand and a rival"));
        }
        Ok(chosen)
    }

    /// Country and quarter, brand, and brand in country, whether sold there or not.
    fn model(&self) -> Mixed {
        let mut groups: Vec<(usize, Quarter)> = self.rows.iter().map(|r| (r.0, r.1)).collect();
        groups.sort_unstable();
        groups.dedup();
        let brands = self.brands.len();
        let group = |r: &(usize, Quarter, usize, f64)| groups.partition_point(|g| *g < (r.0, r.1));
        Mixed {
            y: self.rows.iter().map(|r| r.3).collect(),
            group: Factor {
                levels: groups.len(),
                level: self.rows.iter().map(group).collect(),
            },
            random: vec![
                Factor {
                    levels: brands,
                    level: self.rows.iter().map(|r| r.2).collect(),
                },
                Factor {
                    levels: brands * self.countries.len(),
                    level: self.rows.iter().map(|r| r.0 * brands + r.2).collect(),
                },
            ],
        }
    }

    /// Weights of a brand's lead in the new country.
    fn contrast(
        &self,
        model: &Mixed,
        spec: &TransferSpec,
        rivals: &[String],
        brand: Option<usize>,
    ) -> Vec<f64> {
        let to = self
            .countries
            .iter()
            .position(|c| *c == spec.to)
            .unwrap_or(0);
        self.lead_in(model, to, rivals, brand)
    }

    fn lead_in(
        &self,
        model: &Mixed,
        country: usize,
        rivals: &[String],
        brand: Option<usize>,
    ) -> Vec<f64> {
        let mut weights = vec![0.0; model.effects()];
        let mut add = |brand: usize, weight: f64| {
            weights[model.place(0, brand)] += weight;
            weights[model.place(1, country * self.brands.len() + brand)] += weight;
        };
        if let Some(b) = brand {
            add(b, 1.0);
        }
        for b in rivals.iter().filter_map(|r| self.brand(r)) {
            add(b, -1.0 / rivals.len() as f64);
        }
        weights
    }
}

/// A fitted model with a node of its variances for each draw.
struct Fitted<'a> {
    table: &'a Table,
    model: &'a Mixed,
    posterior: &'a Posterior,
    settings: Settings,
    nodes: Vec<usize>,
}

impl<'a> Fitted<'a> {
    fn new(
        table: &'a Table,
        model: &'a Mixed,
        posterior: &'a Posterior,
        settings: Settings,
    ) -> Self {
        let node = |d: usize| {
            let u = Stream::new(settings.seed, "transfer: spreads", d as u64).uniform();
            posterior.pick(u)
        };
        Fitted {
            table,
            model,
            posterior,
            settings,
            nodes: (0..settings.draws).map(node).collect(),
        }
    }

    /// Mean of a weighted sum of effects, and draws of it.
    fn draw(&self, name: &str, weights: &[f64]) -> (f64, Vec<f64>) {
        let all = self.posterior.contrasts(weights);
        let one = |(d, k): (usize, &usize)| {
            let noise = self.posterior.deviations[*k][2];
            let z = Stream::new(self.settings.seed, name, d as u64).normal();
            all[*k].mean + noise * all[*k].variance.max(0.0).sqrt() * z
        };
        let draws = self.nodes.iter().enumerate().map(one).collect();
        (self.posterior.mean(|k| all[k].mean), draws)
    }

    fn estimate(&self, values: Vec<f64>) -> Estimate {
        Draws::new(values).estimate(self.settings.level, Status::Exact)
    }

    fn spread(&self, of: usize) -> Estimate {
        let one = |k: &usize| self.posterior.deviations[*k][of];
        self.estimate(self.nodes.iter().map(one).collect())
    }

    fn report(
        &self,
        spec: &TransferSpec,
        rivals: &[String],
        lead: &[f64],
        none: &[f64],
    ) -> TransferReport {
        let times = |v: &[f64]| self.estimate(v.iter().map(|x| x.exp()).collect());
        TransferReport {
            brand: spec.brand.clone(),
            to: spec.to.clone(),
            rivals: rivals.to_vec(),
            observations: self.table.rows.len(),
            left_out: self.table.left_out,
            brand_sd: self.spread(0),
            country_sd: self.spread(1),
            quarter_sd: self.spread(2),
            lead: self.estimate(lead.to_vec()),
            ratio: times(lead),
            unknown_lead: self.estimate(none.to_vec()),
            unknown_ratio: times(none),
            elsewhere: self.elsewhere(spec, rivals),
            brands: self.brands(),
            forecasts: Vec::new(),
        }
    }

    fn elsewhere(&self, spec: &TransferSpec, rivals: &[String]) -> Vec<CountryLead> {
        let table = self.table;
        let own = table.brand(&spec.brand).unwrap_or(0);
        let sold = (0..table.countries.len()).filter(|c| table.sold(own, *c));
        let one = |c: usize| {
            let there = |r: &&String| table.brand(r).is_some_and(|b| table.sold(b, c));
            let met: Vec<String> = rivals.iter().filter(there).cloned().collect();
            let name = format!("lead in {}", table.countries[c]);
            let weights = table.lead_in(self.model, c, &met, Some(own));
            CountryLead {
                quarters: table.rows.iter().filter(|r| r.0 == c && r.2 == own).count(),
                lead: self.estimate(self.draw(&name, &weights).1),
                country: table.countries[c].clone(),
                rivals: met,
            }
        };
        sold.map(one).collect()
    }

    fn brands(&self) -> Vec<BrandEffect> {
        let table = self.table;
        let one = |b: usize| {
            let mut weights = vec![0.0; self.model.effects()];
            weights[self.model.place(0, b)] = 1.0;
            let name = format!("brand effect of {}", table.brands[b]);
            let sold = (0..table.countries.len()).filter(|c| table.sold(b, *c));
            BrandEffect {
                brand: table.brands[b].clone(),
                countries: sold.map(|c| table.countries[c].clone()).collect(),
                effect: self.estimate(self.draw(&name, &weights).1),
            }
        };
        let mut all: Vec<BrandEffect> = (0..table.brands.len() - 1).map(one).collect();
        all.sort_by(|a, b| b.effect.median.total_cmp(&a.effect.median));
        all
    }
}
