//! Products of a predicted market, and what came, went and changed hands.

use entrant_data::Status;
use entrant_data::result::Estimate;
use entrant_data::result::backtest::{
    BacktestEvent, BacktestNumber, FollowedGroup, MarketBacktest, ProductForecast,
};
use entrant_data::spec::FollowSpec;
use entrant_estimate::forecast::Forecast;

use super::draw::Made;
use super::split::Split;

/// Every product with its forecasts, in the order of the market.
pub(super) fn products(
    split: &Split<'_>,
    target: usize,
    made: &Made,
    level: f64,
) -> Vec<ProductForecast> {
    let rows = split.chain.rows[target].iter().enumerate();
    let (share, price) = split.truth(target);
    let one = |(j, row): (usize, &usize)| {
        let before = split.chain.before[*row].and_then(|b| position(split, target - 1, b));
        let was = split.truth(target - 1);
        let number = |now: f64, was: Option<f64>, forecasts| BacktestNumber {
            before: was,
            observed: Some(now),
            forecasts,
        };
        let shares = forecasts(made, level, |f| f.share.get(j).map(|s| 100.0 * s));
        let prices = forecasts(made, level, |f| f.price.get(j).copied());
        ProductForecast {
            market: split.id(target).to_owned(),
            product: split.names[*row].clone(),
            firm: firm(split, *row),
            new: before.is_none(),
            share: number(100.0 * share[j], before.map(|b| 100.0 * was.0[b]), shares),
            price: number(price[j], before.map(|b| was.1[b]), prices),
        }
    };
    rows.map(one).collect()
}

/// Share of all products together, in percent.
pub(super) fn total(split: &Split<'_>, target: usize, made: &Made, level: f64) -> BacktestNumber {
    let percent = |t: usize| Some(100.0 * split.truth(t).0.iter().sum::<f64>());
    BacktestNumber {
        before: percent(target - 1),
        observed: percent(target),
        forecasts: forecasts(made, level, |f| Some(100.0 * f.share.iter().sum::<f64>())),
    }
}

/// The groups that the study follows.
pub(super) fn followed(
    split: &Split<'_>,
    target: usize,
    made: &Made,
    level: f64,
) -> Vec<FollowedGroup> {
    let one = |spec: &FollowSpec| {
        let (here, was) = (
            members(split, target, spec),
            members(split, target - 1, spec),
        );
        let (share, price) = (split.truth(target), split.truth(target - 1));
        let (share, price, old_share, old_price) = (share.0, share.1, price.0, price.1);
        let sum = |v: &[f64], of: &[usize]| {
            let known = of.iter().map(|j| v.get(*j).copied());
            known.sum::<Option<f64>>().filter(|_| !of.is_empty())
        };
        let percent = |v: &[f64], of: &[usize]| sum(v, of).map(|s| 100.0 * s);
        let mean = |v: &[f64], of: &[usize]| sum(v, of).map(|s| s / of.len() as f64);
        let rows = &split.chain.rows[target];
        let new = here
            .iter()
            .filter(|j| split.chain.before[rows[**j]].is_none());
        FollowedGroup {
            title: spec.title.clone(),
            products: here.len(),
            new: new.count(),
            share: BacktestNumber {
                before: percent(old_share, &was),
                observed: percent(share, &here),
                forecasts: forecasts(made, level, |f| percent(&f.share, &here)),
            },
            price: BacktestNumber {
                before: mean(old_price, &was),
                observed: mean(price, &here),
                forecasts: forecasts(made, level, |f| mean(&f.price, &here)),
            },
        }
    };
    let groups = split.spec.follow.iter().map(one);
    groups
        .filter(|g| g.products > 0 || g.share.before.is_some())
        .collect()
}

/// Products of a market in a group.
fn members(split: &Split<'_>, at: usize, spec: &FollowSpec) -> Vec<usize> {
    let table = &split.loaded.products;
    let rows = split.chain.rows[at].iter().enumerate();
    let is = |row: usize| table.text(&spec.column, row).as_deref() == Some(&*spec.value);
    rows.filter(|(_, row)| is(**row)).map(|(j, _)| j).collect()
}

/// Estimates of all forecasters.
fn forecasts(
    made: &Made,
    level: f64,
    number: impl Fn(&Forecast) -> Option<f64>,
) -> Vec<Option<Estimate>> {
    let status = made.statuses().filter(|s| s.is_usable()).max();
    let one = |k: usize| {
        let status = match made.by[k].0 {
            super::forecasters::Who::Model => status.unwrap_or(Status::NotConverged),
            _ => Status::Exact,
        };
        made.over(k, &number).map(|d| d.estimate(level, status))
    };
    (0..made.by.len()).map(one).collect()
}

/// Adds the largest entries, exits and changes of owner.
pub(super) fn add(
    market: &mut MarketBacktest,
    split: &Split<'_>,
    target: usize,
    products: &[ProductForecast],
    most: usize,
) {
    let rows = &split.chain.rows[target];
    let event = |(row, p): (&usize, &ProductForecast)| {
        let was = split.chain.before[*row].map(|b| firm(split, b));
        BacktestEvent {
            product: p.product.clone(),
            firm: p.firm.clone(),
            firm_before: was.filter(|w| *w != p.firm),
            share: p.share.clone(),
            price: p.price.clone(),
        }
    };
    let all = || rows.iter().zip(products);
    market.entries = largest(all().filter(|(_, p)| p.new).map(event), most);
    market.owners = largest(all().map(event).filter(|e| e.firm_before.is_some()), most);
    let gone = split.chain.exits(target).into_iter();
    market.exits = largest(gone.filter_map(|r| left(split, target, r)), most);
}

/// A product that the market has no more.
fn left(split: &Split<'_>, target: usize, row: usize) -> Option<BacktestEvent> {
    let at = position(split, target - 1, row)?;
    let (share, price) = split.truth(target - 1);
    let was = |v: f64| BacktestNumber {
        before: Some(v),
        observed: None,
        forecasts: Vec::new(),
    };
    Some(BacktestEvent {
        product: split.names[row].clone(),
        firm: firm(split, row),
        firm_before: None,
        share: was(100.0 * share[at]),
        price: was(price[at]),
    })
}

fn largest(events: impl Iterator<Item = BacktestEvent>, most: usize) -> Vec<BacktestEvent> {
    let mut all: Vec<BacktestEvent> = events.collect();
    let size = |e: &BacktestEvent| e.share.observed.or(e.share.before).unwrap_or(0.0);
    all.sort_by(|a, b| size(b).total_cmp(&size(a)));
    all.truncate(most);
    all
}

fn position(split: &Split<'_>, at: usize, row: usize) -> Option<usize> {
    split.chain.rows[at].iter().position(|r| *r == row)
}

fn firm(split: &Split<'_>, row: usize) -> String {
    let code = split.chain.firm[row] as usize;
    split.firms.get(code).cloned().unwrap_or_default()
}
