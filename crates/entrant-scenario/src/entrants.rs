//! Products that nobody has sold yet: their price, cost, quality and reach.

use entrant_data::spec::{CostSpec, EnterSpec, EntrantSpec, ScenarioSpec};
use entrant_data::{InputError, Price, Quantity};
use entrant_market::{Levy, Market, PriceRule, Product, Reach};
use entrant_numeric::vector::ln;

use crate::edit::Context;
use crate::premises::{Newcomer, Premises};
use crate::transfer;

/// Adds the entrants of all `enter` changes to the market, in the order of the study's
/// `[[entrant]]` tables: the order of the changes does not matter.
pub fn enter(
    market: &mut Market,
    changes: &[EnterSpec],
    premises: &Premises,
) -> Result<(), InputError> {
    let known = |id: &&String| premises.newcomers.iter().any(|e| e.product.id == **id);
    let here = |c: &&EnterSpec| c.markets.is_empty() || c.markets.contains(&market.id);
    let mut all = changes.iter().filter(here).flat_map(|c| &c.products);
    if let Some(id) = all.find(|id| !known(id)) {
        return Err(unknown(id));
    }
    let admitted = |newcomer: &Newcomer| {
        let names = |c: &&EnterSpec| c.products.contains(&newcomer.product.id);
        let change = changes.iter().find(|c| names(c) && here(c))?;
        Some(admit(&newcomer.product, change, premises))
    };
    let new: Vec<Product> = premises.newcomers.iter().filter_map(admitted).collect();
    market.products.extend(new);
    Ok(())
}

/// The mistake of naming an entrant that is not there.
pub fn unknown(id: &str) -> InputError {
    InputError::at("scenario.enter", format!("no entrant `{id}`"))
}

/// A newcomer as one change brings it in: where, to whom, and at what price.
fn admit(newcomer: &Product, change: &EnterSpec, premises: &Premises) -> Product {
    let mut product = newcomer.clone();
    match &change.price {
        None => {}
        Some(Price::Optimal) => product.rule = PriceRule::Optimal,
        Some(Price::Given(q)) => (product.rule, product.price) = (PriceRule::Given, q.value()),
    }
    product.reach = Reach {
        segments: premises.segment_mask(change.segments.as_deref().unwrap_or(&[])),
        aware: change
            .aware
            .as_ref()
            .map_or(1.0, Quantity::value)
            .clamp(0.0, 1.0),
    };
    product
}

/// The study's entrants that `chosen` picks, sold to everybody at their own prices.
///
/// # Errors
/// When one of them is not told in full.
pub fn newcomers(
    market: &Market,
    context: &Context<'_>,
    chosen: impl Fn(&EntrantSpec) -> bool,
) -> Result<Vec<Newcomer>, InputError> {
    let specs = context.study.entrant.iter().filter(|e| chosen(e));
    specs.map(|e| newcomer(market, e, context)).collect()
}

/// An entrant at its own price.
///
/// # Errors
/// When it is not told in full.
pub fn newcomer(
    market: &Market,
    spec: &EntrantSpec,
    context: &Context<'_>,
) -> Result<Newcomer, InputError> {
    let mean_utility = quality(market, spec, context)?;
    Ok(Newcomer {
        product: product(market, spec, context, mean_utility)?,
        target: spec.quality.share.as_ref().map(Quantity::value),
    })
}

/// A new product of this mean utility, sold to everybody at its own price.
pub fn product(
    market: &Market,
    spec: &EntrantSpec,
    context: &Context<'_>,
    mean_utility: f64,
) -> Result<Product, InputError> {
    let cost = marginal_cost(spec)? + of_features(&spec.cost);
    let label = |column: &str| spec.labels.get(column).cloned();
    let study = context.study;
    let nest = study.demand.nest.as_ref();
    Ok(Product {
        id: spec.id.clone(),
        firm: spec.firm.clone(),
        brand: brand(spec).to_owned(),
        mean_utility,
        price: match &spec.price {
            Price::Given(q) => q.value(),
            Price::Optimal => cost + 1.0 / median_sensitivity(market),
        },
        cost,
        levy: Levy::default(),
        rule: match spec.price {
            Price::Optimal => PriceRule::Optimal,
            Price::Given(_) => PriceRule::Given,
        },
        reach: Reach {
            segments: study.segment_mask(&[]),
            aware: 1.0,
        },
        nest: nest.and_then(|n| n.label(label)),
        group: study.demand.loyalty.as_ref().and_then(|l| label(&l.column)),
        x: study
            .demand
            .taste
            .iter()
            .map(|t| spec.characteristics.get(&t.column).copied().unwrap_or(0.0))
            .collect(),
        entrant: true,
        on_sale: true,
        bend: context
            .quality
            .bends
            .get(&spec.id)
            .cloned()
            .unwrap_or_default(),
    })
}

/// Brand of an entrant: its own, or its firm.
pub fn brand(spec: &EntrantSpec) -> &str {
    spec.brand.as_deref().unwrap_or(&spec.firm)
}

/// What the features of a variant add.
fn of_features(cost: &CostSpec) -> f64 {
    let each = cost.features.iter();
    each.map(|(more, unit)| more * unit.value()).sum()
}

/// Cost by the one rule that is given.
fn marginal_cost(spec: &EntrantSpec) -> Result<f64, InputError> {
    let CostSpec {
        known,
        bill_of_materials,
        markup,
        margin,
        ..
    } = &spec.cost;
    let problem =
        |text: &str| InputError::at("entrant.cost", format!("entrant `{}` {text}", spec.id));
    if let Some(q) = known {
        return Ok(q.value());
    }
    if let Some(bill) = bill_of_materials {
        return Ok(bill.value() * (1.0 + markup.as_ref().map_or(0.0, Quantity::value)));
    }
    match (margin, &spec.price) {
        (Some(m), Price::Given(p)) => Ok(p.value() * (1.0 - m.value())),
        (Some(_), Price::Optimal) => {
            Err(problem("has a target margin but no given price").hint("give `price` as a number"))
        }
        (None, _) => Err(problem(
            "needs `known`, `bill_of_materials` or `margin` in `cost`",
        )),
    }
}

/// Price sensitivity of the median consumer, utility per unit of currency: what turns a worth in
/// currency into utility.
pub fn median_sensitivity(market: &Market) -> f64 {
    let mut pairs: Vec<(f64, f64)> = market
        .population
        .types
        .iter()
        .map(|t| (-t.slope, t.weight))
        .collect();
    pairs.sort_by(|a, b| a.0.total_cmp(&b.0));
    let half = pairs.iter().map(|p| p.1).sum::<f64>() / 2.0;
    let mut below = 0.0;
    for (k, (alpha, weight)) in pairs.iter().enumerate() {
        below += weight;
        // With an even number of nodes the median lies between two, in logarithms.
        if (below / half - 1.0).abs() < 1e-9 {
            return (alpha * pairs.get(k + 1).map_or(*alpha, |p| p.0)).sqrt();
        }
        if below > half {
            return *alpha;
        }
    }
    f64::NAN
}

/// Mean utility by the one rule that is given; a target share starts from zero.
fn quality(market: &Market, spec: &EntrantSpec, context: &Context<'_>) -> Result<f64, InputError> {
    let rule = &spec.quality;
    let alpha = median_sensitivity(market);
    let money = |q: &Option<Quantity>| q.as_ref().map_or(0.0, |q| q.value() * alpha);
    if let Some(like) = &rule.like {
        let twin = market
            .products
            .iter()
            .find(|p| p.id == *like)
            .ok_or_else(|| {
                InputError::at(
                    "entrant.quality",
                    format!(
                        "entrant `{}` is like `{like}`, which is not on sale in market `{}`",
                        spec.id, market.id
                    ),
                )
            })?;
        return Ok(twin.mean_utility + money(&rule.plus));
    }
    if rule.characteristics {
        let brand = if rule.transfer {
            transfer::brand_effect(market, context)?
        } else {
            drawn_brand(spec, context)
        };
        return Ok(by_characteristics(spec, context)? + brand + money(&rule.shift));
    }
    if rule.share.is_some() {
        return Ok(0.0);
    }
    Err(InputError::at(
        "entrant.quality",
        format!(
            "entrant `{}` needs `like`, `characteristics` or `share` in `quality`",
            spec.id
        ),
    ))
}

/// Mean utility without the brand's effect.
pub fn by_characteristics(spec: &EntrantSpec, context: &Context<'_>) -> Result<f64, InputError> {
    let model = context.quality;
    let value = |column: &String| {
        spec.characteristics.get(column).copied().ok_or_else(|| {
            InputError::at(
                "entrant.characteristics",
                format!("entrant `{}` has no value for `{column}`", spec.id),
            )
            .hint("give every column of `data.characteristics`, or `quality.like`")
        })
    };
    let x = model
        .columns
        .iter()
        .map(value)
        .collect::<Result<Vec<f64>, _>>()?;
    let z = beta_draw(context);
    let own_draw = context.draw.product.get(&spec.id).copied().unwrap_or(0.0);
    Ok(model.constant + model.worth(&x, &z) + model.residual_sd * own_draw)
}

/// A brand effect drawn from those of comparable makers.
fn drawn_brand(spec: &EntrantSpec, context: &Context<'_>) -> f64 {
    let (mean, sd) = context.quality.comparable(&spec.quality.brands);
    let draw = context.draw.brand.get(brand(spec)).copied().unwrap_or(0.0);
    mean + sd * draw
}

/// Standard normals behind the worth of characteristics; zeros at the central values.
fn beta_draw(context: &Context<'_>) -> Vec<f64> {
    let columns = context.quality.columns.len();
    if context.draw.beta.len() == columns {
        context.draw.beta.clone()
    } else {
        vec![0.0; columns]
    }
}

/// Worth of one unit of a characteristic at this draw; `None` when the column is unknown.
pub fn unit_worth(column: &str, context: &Context<'_>) -> Option<f64> {
    let model = context.quality;
    let k = model.columns.iter().position(|c| c == column)?;
    let mut x = model.centre.clone();
    x[k] += model.scale[k];
    Some(model.worth(&x, &beta_draw(context)) / model.scale[k])
}

/// Value of a characteristic of a product on sale or of an entrant.
pub fn characteristic(id: &str, column: &str, context: &Context<'_>) -> Option<f64> {
    let k = context.characteristics.iter().position(|c| c == column)?;
    let incumbent = context
        .panel
        .products
        .iter()
        .find(|p| p.id == id)
        .map(|p| p.x[k]);
    let entrant = || {
        context
            .study
            .entrant
            .iter()
            .find(|e| e.id == id)?
            .characteristics
            .get(column)
            .copied()
    };
    incumbent.or_else(entrant)
}

/// Moves the mean utilities of entrants with a target share until they have it, at the prices
/// before rivals answer.
///
/// `delta <- delta + (1 - rho) (ln target - ln fitted)`, the share inversion of Berry,
/// Levinsohn and Pakes (1995) on shares of units sold.
pub fn meet_target_shares(
    market: &mut Market,
    scenario: &ScenarioSpec,
    premises: &Premises,
) -> Result<(), InputError> {
    let targets: Vec<(usize, f64)> = market
        .products
        .iter()
        .enumerate()
        .filter(|(_, p)| p.entrant && p.on_sale)
        .filter_map(|(j, p)| {
            let newcomer = premises.newcomers.iter().find(|e| e.product.id == p.id)?;
            newcomer.target.map(|target| (j, target))
        })
        .collect();
    if targets.is_empty() {
        return Ok(());
    }
    let price = market.prices();
    for _ in 0..5_000 {
        let share = market.demand().shares(&price);
        let total: f64 = share.iter().sum();
        let mut worst: f64 = 0.0;
        for (j, target) in &targets {
            let gap = ln(*target) - ln((share[*j] / total).max(1e-300));
            market.products[*j].mean_utility += (1.0 - market.rho) * gap.clamp(-20.0, 20.0);
            worst = worst.max(gap.abs());
        }
        if worst < 1e-12 {
            return Ok(());
        }
    }
    let names: Vec<&str> = targets
        .iter()
        .map(|(j, _)| market.products[*j].id.as_str())
        .collect();
    Err(InputError::at(
        "entrant.quality.share",
        format!(
            "target shares of {} cannot be met in scenario `{}`",
            names.join(", "),
            scenario.id
        ),
    )
    .hint("lower the target share, or widen the reach"))
}
