//! What is to be valued, by number: fixed at the central values, the same in every draw.

use entrant_data::InputError;
use entrant_data::spec::{FeatureSpec, PremiumsSpec, ScenarioSpec};
use entrant_market::Market;
use entrant_scenario::{Context, apply, characteristic};

use crate::economy::Economy;

/// Largest step, in units of how far products differ.
const WIDEST: f64 = 100.0;

/// Everything that premiums are about.
pub(super) struct Plan {
    /// Number of the market.
    pub(super) t: usize,
    /// Changes that hold throughout.
    pub(super) scenario: ScenarioSpec,
    /// Products in question.
    pub(super) focus: Vec<usize>,
    /// Whether a product is on the budget line (products).
    pub(super) budget: Vec<bool>,
    /// Brands with which brands are compared.
    pub(super) reference: Vec<String>,
    /// What is valued.
    pub(super) subjects: Vec<Subject>,
    /// The market at the central values.
    pub(super) market: Market,
}

/// A feature, all of them, or a brand.
pub(super) struct Subject {
    pub(super) title: String,
    pub(super) kind: Kind,
    /// Who could be without it.
    pub(super) places: Vec<Place>,
}

pub(super) enum Kind {
    Feature(Step),
    /// All features together.
    Bundle(Vec<Step>),
    Brand(String),
}

/// So much more of a characteristic.
#[derive(Clone)]
pub(super) struct Step {
    /// Which feature of the study.
    pub(super) feature: usize,
    pub(super) column: String,
    /// How much more.
    pub(super) size: f64,
    /// Level to which the budget line is brought.
    pub(super) level: f64,
    /// What products have of it (products).
    pub(super) has: Vec<f64>,
}

/// A product, or a firm's line.
pub(super) struct Place {
    pub(super) name: String,
    pub(super) firm: String,
    pub(super) line: bool,
    pub(super) products: Vec<usize>,
}

impl Plan {
    /// The plan of a study's premiums.
    ///
    /// # Errors
    /// What the study names and the market does not have, and features without a step.
    pub(super) fn new(economy: &Economy, spec: &PremiumsSpec) -> Result<Self, InputError> {
        let study = &economy.resolved.study;
        let named = |p: &crate::economy::Place| p.market.id == spec.market;
        let t = economy.places.iter().position(named).unwrap_or(0);
        let scenarios = study.scenario.iter();
        let scenario = scenarios
            .into_iter()
            .find(|s| spec.scenario.as_ref() == Some(&s.id));
        let scenario = scenario.cloned().unwrap_or_default();
        let context = economy.context(t);
        let market = apply(&economy.places[t].market, &scenario, &context)?;
        let focus = numbers(&market, "premiums.focus", &spec.focus)?;
        let budget = budget_line(&market, spec, &focus)?;
        let steps = spec.feature.iter().enumerate();
        let steps = steps
            .map(|(k, f)| Step::new(k, f, &market, &scenario, &context, &focus, &budget))
            .collect::<Result<Vec<_>, _>>()?;
        let mut plan = Plan {
            t,
            scenario,
            reference: reference(&economy.places[t].quality.brand, spec),
            subjects: Vec::new(),
            focus,
            budget,
            market,
        };
        plan.subjects = plan.subjects(spec, steps);
        Ok(plan)
    }

    fn subjects(&self, spec: &PremiumsSpec, steps: Vec<Step>) -> Vec<Subject> {
        let title = |s: &Step| {
            let given = &spec.feature[s.feature].title;
            if given.is_empty() {
                s.column.clone()
            } else {
                given.clone()
            }
        };
        let mut out: Vec<Subject> = steps
            .iter()
            .map(|s| Subject {
                title: title(s),
                kind: Kind::Feature(s.clone()),
                places: self.places(None),
            })
            .collect();
        if steps.len() > 1 {
            out.push(Subject {
                title: "All of these features".to_owned(),
                kind: Kind::Bundle(steps),
                places: self.places(None),
            });
        }
        out.extend(spec.brands.iter().map(|b| Subject {
            title: format!("The brand {b}"),
            kind: Kind::Brand(b.clone()),
            places: self.places(Some(b)),
        }));
        out
    }

    /// Focus products, and the lines above the budget line of their firms; of one brand only where
    /// one is named.
    fn places(&self, brand: Option<&String>) -> Vec<Place> {
        let products = &self.market.products;
        let of_brand = |j: &usize| brand.is_none_or(|b| products[*j].brand == *b);
        let focus: Vec<usize> = self.focus.iter().copied().filter(of_brand).collect();
        let single = |j: &usize| Place {
            name: products[*j].id.clone(),
            firm: products[*j].firm.clone(),
            line: false,
            products: vec![*j],
        };
        let mut out: Vec<Place> = focus.iter().map(single).collect();
        let sellers: Vec<usize> = match brand {
            Some(b) => (0..products.len())
                .filter(|j| products[*j].brand == *b)
                .collect(),
            None => focus,
        };
        let mut firms: Vec<&String> = Vec::new();
        for firm in sellers.iter().map(|j| &products[*j].firm) {
            if !firms.contains(&firm) {
                firms.push(firm);
            }
        }
        for firm in firms {
            let line: Vec<usize> = (0..products.len())
                .filter(|j| products[*j].firm == *firm && products[*j].on_sale)
                .filter(|j| !self.budget[*j] && of_brand(j))
                .collect();
            if !line.is_empty() && out.iter().all(|p| p.products != line) {
                out.push(Place {
                    name: firm.clone(),
                    firm: firm.clone(),
                    line: true,
                    products: line,
                });
            }
        }
        out
    }

    /// Ids of products.
    pub(super) fn ids(&self, products: &[usize]) -> Vec<String> {
        products
            .iter()
            .map(|j| self.market.products[*j].id.clone())
            .collect()
    }

    /// Products of the budget line, by number.
    pub(super) fn budget_line(&self) -> Vec<usize> {
        (0..self.budget.len()).filter(|j| self.budget[*j]).collect()
    }

    /// The sets of products whose buyers are groups of consumers: in focus, and on the budget line.
    pub(super) fn sets(&self) -> Vec<Vec<bool>> {
        let focus = (0..self.budget.len())
            .map(|j| self.focus.contains(&j))
            .collect();
        vec![focus, self.budget.clone()]
    }
}

/// Brands to compare with: those named, or all others on sale.
fn reference(known: &std::collections::BTreeMap<String, f64>, spec: &PremiumsSpec) -> Vec<String> {
    if spec.reference.is_empty() {
        let others = known.keys().filter(|b| !spec.brands.contains(b));
        others.cloned().collect()
    } else {
        spec.reference.clone()
    }
}

fn numbers(market: &Market, path: &str, ids: &[String]) -> Result<Vec<usize>, InputError> {
    let number = |(k, id): (usize, &String)| {
        let here = market
            .products
            .iter()
            .position(|p| p.id == *id && p.on_sale);
        here.ok_or_else(|| {
            let message = format!("`{id}` is not on sale in market `{}`", market.id);
            InputError::at(format!("{path}[{k}]"), message)
                .value(id)
                .hint("name a product on sale there, or a scenario in which it enters")
        })
    };
    ids.iter().enumerate().map(number).collect()
}

fn budget_line(
    market: &Market,
    spec: &PremiumsSpec,
    focus: &[usize],
) -> Result<Vec<bool>, InputError> {
    let named = numbers(market, "premiums.budget.products", &spec.budget.products)?;
    let cap = spec.budget.below.unwrap_or(f64::NEG_INFINITY);
    let is = |j: usize| {
        let p = &market.products[j];
        p.on_sale && (named.contains(&j) || p.price <= cap)
    };
    let line: Vec<bool> = (0..market.products.len()).map(is).collect();
    if let Some(j) = focus.iter().find(|j| line[**j]) {
        let id = &market.products[*j].id;
        let message = format!("`{id}` is a focus product and on the budget line");
        return Err(InputError::at("premiums.budget", message)
            .value(id)
            .hint("a premium is over the budget line: leave the product out of one of them"));
    }
    if !line.contains(&true) {
        let message = format!("no product of market `{}` is on the budget line", market.id);
        return Err(
            InputError::at("premiums.budget", message).hint("raise `below`, or name `products`")
        );
    }
    Ok(line)
}

impl Step {
    fn new(
        feature: usize,
        spec: &FeatureSpec,
        market: &Market,
        scenario: &ScenarioSpec,
        context: &Context<'_>,
        focus: &[usize],
        budget: &[bool],
    ) -> Result<Self, InputError> {
        let column = &spec.column;
        let changed = |id: &str| {
            let mut all = scenario.characteristic.iter();
            let found = all.find(|c| c.product == id && c.column == *column);
            found.map(|c| c.value)
        };
        let value = |p: &entrant_market::Product| {
            let own = changed(&p.id).or_else(|| characteristic(&p.id, column, context));
            own.ok_or_else(|| {
                let message = format!("product `{}` has no value for `{column}`", p.id);
                InputError::at(format!("premiums.feature[{feature}].column"), message)
                    .value(column)
                    .hint("give it in the product's `characteristics`")
            })
        };
        let has = market
            .products
            .iter()
            .map(value)
            .collect::<Result<Vec<f64>, _>>()?;
        let high = median(focus.iter().map(|j| has[*j]));
        let low = median((0..has.len()).filter(|j| budget[*j]).map(|j| has[j]));
        let step = spec.step.unwrap_or(high - low);
        if step == 0.0 {
            let message = format!("focus products and the budget line have the same `{column}`");
            return Err(
                InputError::at(format!("premiums.feature[{feature}]"), message)
                    .value(column)
                    .hint("give a `step`, or leave the feature out"),
            );
        }
        let range = |of: fn(f64, f64) -> f64| has.iter().copied().reduce(of).unwrap_or(0.0);
        let width = range(f64::max) - range(f64::min);
        if step.abs() > WIDEST * width {
            let message = format!("products differ by {width} in `{column}`, far less than a step");
            return Err(
                InputError::at(format!("premiums.feature[{feature}].step"), message)
                    .value(step.to_string())
                    .hint("give a step that some product could take"),
            );
        }
        Ok(Step {
            feature,
            column: column.clone(),
            size: step,
            level: spec.level.unwrap_or(high),
            has,
        })
    }

    /// How many steps product `j` lacks of the level; none where it has it.
    pub(super) fn lacks(&self, j: usize) -> f64 {
        ((self.level - self.has[j]) / self.size).max(0.0)
    }
}

fn median(values: impl Iterator<Item = f64>) -> f64 {
    let mut sorted: Vec<f64> = values.collect();
    sorted.sort_by(f64::total_cmp);
    entrant_data::draws::quantile(&sorted, 0.5)
}
