//! Quarters of a country as they are shown: units, shares, ranks, growth.

use std::collections::BTreeMap;

use entrant_data::Quarter;
use entrant_data::result::tracker::{Rank, SourceFigure, TrackedQuarter, TrackedVendor};

use crate::concentration::{LIST, concentration};
use crate::growth::Growth;
use crate::readings::{Figure, Readings};
use crate::reconcile::Country;
use crate::value::Value;

/// All quarters.
pub(crate) fn quarters(readings: &Readings, country: &Country, level: f64) -> Vec<TrackedQuarter> {
    (0..country.quarters.len())
        .map(|t| quarter(readings, country, t, level))
        .collect()
}

/// Quarters between the first and the last about which nobody says anything.
pub(crate) fn missing(quarters: &[Quarter]) -> Vec<Quarter> {
    let gaps = quarters.windows(2);
    gaps.flat_map(|pair| (1..pair[1].since(pair[0])).map(|n| pair[0].plus(n)))
        .collect()
}

fn quarter(readings: &Readings, country: &Country, t: usize, level: f64) -> TrackedQuarter {
    let shares = &country.shares[t];
    let listed = longest_list(readings, t) >= LIST;
    let ranks = if listed {
        ranks(shares, level)
    } else {
        BTreeMap::new()
    };
    let growth = Growth::new(country, t);
    let vendor = |(v, share): (&usize, &Value)| TrackedVendor {
        vendor: readings.vendors[*v].clone(),
        share: share.estimate(level),
        units: growth.units(*v).map(|u| u.estimate(level)),
        rank: ranks.get(v).copied(),
        points_quarter: growth.points(*v, 1).map(|g| g.estimate(level)),
        points_year: growth.points(*v, 4).map(|g| g.estimate(level)),
        growth_quarter: growth.relative(*v, 1).map(|g| g.estimate(level)),
        growth_year: growth.relative(*v, 4).map(|g| g.estimate(level)),
        sources: figures(readings.shares.get(&(*v, t))),
    };
    let mut vendors: Vec<TrackedVendor> = shares.iter().map(vendor).collect();
    vendors.sort_by(|a, b| b.share.point().total_cmp(&a.share.point()));
    TrackedQuarter {
        quarter: country.quarters[t],
        units: country.total[t].as_ref().map(|v| v.estimate(level)),
        totals: figures(readings.totals.get(&t)),
        vendors,
        unnamed: country.unnamed[t].estimate(level),
        concentration: if listed {
            concentration(shares, &country.unnamed[t], level)
        } else {
            None
        },
    }
}

fn figures(all: Option<&Vec<Figure>>) -> Vec<SourceFigure> {
    let all = all.map_or([].as_slice(), Vec::as_slice);
    all.iter().map(|f| f.shown.clone()).collect()
}

/// Most vendors that any one source names.
fn longest_list(readings: &Readings, t: usize) -> usize {
    let mut counts: BTreeMap<usize, usize> = BTreeMap::new();
    for v in 0..readings.vendors.len() {
        for f in readings.shares.get(&(v, t)).into_iter().flatten() {
            *counts.entry(f.source).or_default() += 1;
        }
    }
    counts.into_values().max().unwrap_or(0)
}

/// Ranks among named vendors, with equal-tailed intervals over draws.
fn ranks(shares: &BTreeMap<usize, Value>, level: f64) -> BTreeMap<usize, Rank> {
    let all: Vec<(&usize, &Value)> = shares.iter().collect();
    let draws = all.iter().map(|(_, v)| v.draws.len()).min().unwrap_or(0);
    let central = places(all.iter().map(|(_, v)| v.central));
    let mut counts = vec![vec![0_usize; all.len()]; all.len()];
    for d in 0..draws {
        let drawn = places(all.iter().map(|(_, v)| v.draws[d]));
        for (count, place) in counts.iter_mut().zip(drawn) {
            count[place] += 1;
        }
    }
    let rank = |(i, count): (usize, &Vec<usize>)| {
        let (best, worst) = interval(count, draws, level);
        let rank = Rank {
            rank: central[i] + 1,
            best: best.min(central[i]) + 1,
            worst: worst.max(central[i]) + 1,
            first: count[0] as f64 / draws as f64,
        };
        (*all[i].0, rank)
    };
    counts.iter().enumerate().map(rank).collect()
}

/// Place of each number, 0 the largest; ties in the order given.
fn places(numbers: impl Iterator<Item = f64>) -> Vec<usize> {
    let numbers: Vec<f64> = numbers.collect();
    let mut order: Vec<usize> = (0..numbers.len()).collect();
    order.sort_by(|a, b| numbers[*b].total_cmp(&numbers[*a]));
    let mut places = vec![0; numbers.len()];
    for (place, i) in order.into_iter().enumerate() {
        places[i] = place;
    }
    places
}

/// First and last place that hold the middle of the draws.
fn interval(count: &[usize], draws: usize, level: f64) -> (usize, usize) {
    let tail = 0.5 * (1.0 - level) * draws as f64;
    let reached = |from: &mut dyn Iterator<Item = usize>| {
        let mut sum = 0.0;
        for place in from {
            sum += count[place] as f64;
            if sum > tail {
                return Some(place);
            }
        }
        None
    };
    let last = count.len().saturating_sub(1);
    let best = reached(&mut (0..count.len())).unwrap_or(last);
    let worst = reached(&mut (0..count.len()).rev()).unwrap_or(0);
    (best, worst)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gaps_between_quarters_are_named() {
        let at = |text: &str| text.parse::<Quarter>().expect("a quarter");
        let gaps = missing(&[at("2016Q4"), at("2017Q1"), at("2017Q4")]);
        assert_eq!(gaps, [at("2017Q2"), at("2017Q3")]);
    }

    #[test]
    fn places_count_from_the_largest() {
        assert_eq!(places([0.2, 0.5, 0.2, 0.1].into_iter()), [1, 0, 2, 3]);
    }

    #[test]
    fn rank_intervals_leave_a_tail_on_each_side() {
        assert_eq!(interval(&[4, 90, 6], 100, 0.9), (1, 2));
        assert_eq!(interval(&[100, 0, 0], 100, 0.9), (0, 0));
        assert_eq!(interval(&[6, 88, 6], 100, 0.9), (0, 2));
    }
}
