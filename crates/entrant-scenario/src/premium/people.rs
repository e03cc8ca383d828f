//! Groups of consumers: by price sensitivity, by what they own, by where and what they buy.

use entrant_market::Market;
use entrant_market::demand::Row;

/// What divides consumers into groups.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GroupKind {
    /// Everybody.
    All,
    /// Price sensitivity.
    Sensitivity,
    /// What they own.
    Owners,
    /// The channel in which they buy.
    Channel,
    /// What they buy.
    Buyers,
}

/// A group of consumers.
#[derive(Debug, Clone, PartialEq)]
pub struct Group {
    /// What divides it from others.
    pub kind: GroupKind,
    /// Which part of the kind it is: 0 to 2 from the least to the most sensitive third, the group
    /// owned, the number of the channel, or the number of the set of products.
    pub part: String,
    /// Share of potential buyers of each type who are in it (types).
    pub weight: Vec<f64>,
}

impl Group {
    /// Share of all potential buyers.
    pub fn share(&self) -> f64 {
        self.weight.iter().sum()
    }

    /// Mean over the group of a number of each type; `NaN` where nobody is in it.
    pub fn mean(&self, value: impl Fn(usize) -> f64) -> f64 {
        let all = self.weight.iter().enumerate().filter(|(_, w)| **w > 0.0);
        all.map(|(i, w)| w * value(i)).sum::<f64>() / self.share()
    }
}

/// Who buys what at some prices.
#[derive(Debug, Clone, PartialEq)]
pub struct Buyers {
    /// Share of potential buyers of a channel and type who buy each product
    /// (channels x types x products, row by row).
    share: Vec<f64>,
    types: usize,
    products: usize,
}

impl Buyers {
    /// At these prices (products).
    pub fn new(market: &Market, price: &[f64]) -> Self {
        let (types, products) = (market.population.types.len(), market.products.len());
        let channels = market.population.segments.len();
        let mut share = vec![0.0; channels * types * products];
        for (c, out) in share.chunks_exact_mut(types * products).enumerate() {
            add_channel(market, price, c, out);
        }
        Buyers {
            share,
            types,
            products,
        }
    }

    /// Share of potential buyers of each type who buy one of the `chosen` products (products) in a
    /// channel, in all channels when `None` (types).
    pub fn of(&self, chosen: &[bool], channel: Option<usize>) -> Vec<f64> {
        let mut weight = vec![0.0; self.types];
        let rows = self.share.chunks_exact(self.products).enumerate();
        for (k, row) in rows.filter(|(k, _)| channel.is_none_or(|c| k / self.types == c)) {
            let bought = row.iter().zip(chosen).filter(|(_, c)| **c);
            weight[k % self.types] += bought.map(|(s, _)| s).sum::<f64>();
        }
        weight
    }
}

/// Adds what types buy in one channel to `out` (types x products).
fn add_channel(market: &Market, price: &[f64], channel: usize, out: &mut [f64]) {
    let size = market.population.segments[channel];
    if size <= 0.0 {
        return;
    }
    let mut alone = market.clone();
    for (s, share) in alone.population.segments.iter_mut().enumerate() {
        *share = f64::from(u8::from(s == channel));
    }
    let demand = alone.demand();
    let there = |w: f64| w > 0.0;
    let types: Vec<usize> = (0..market.population.types.len())
        .filter(|i| there(market.population.types[*i].weight))
        .collect();
    // Each type is crossed with the sets of products that consumers of the channel know.
    let sets = demand.types() / types.len().max(1);
    let mut row = Row::new(&demand);
    let products = market.products.len();
    for i in 0..demand.types() {
        row.fill(&demand, i, price);
        let own = &mut out[types[i / sets] * products..][..products];
        let weight = size * demand.weight[i];
        own.iter_mut()
            .zip(&row.share)
            .for_each(|(o, s)| *o += weight * s);
    }
}

/// Everybody; thirds by price sensitivity, where it differs; owners, where some own something;
/// buyers in each channel, where there are several; and buyers of sets of products (each products).
pub fn groups(market: &Market, buyers: &Buyers, sets: &[Vec<bool>]) -> Vec<Group> {
    let types = &market.population.types;
    let group = |kind, part: String, weight| Group { kind, part, weight };
    let everybody: Vec<f64> = types.iter().map(|t| t.weight).collect();
    let mut out = vec![group(GroupKind::All, String::new(), everybody)];
    if types
        .iter()
        .any(|t| (t.slope / types[0].slope - 1.0).abs() > 1e-12)
    {
        let third = |k: usize| group(GroupKind::Sensitivity, k.to_string(), third(market, k));
        out.extend((0..3).map(third));
    }
    let mut owned: Vec<&str> = types.iter().filter_map(|t| t.owns.as_deref()).collect();
    owned.sort_unstable();
    owned.dedup();
    for name in owned {
        let own = |t: &entrant_market::ConsumerType| {
            if t.owns.as_deref() == Some(name) {
                t.weight
            } else {
                0.0
            }
        };
        let weight = types.iter().map(own).collect();
        out.push(group(GroupKind::Owners, name.to_owned(), weight));
    }
    let channels = market.population.segments.len();
    let all = vec![true; market.products.len()];
    if channels > 1 {
        let channel = |c: usize| group(GroupKind::Channel, c.to_string(), buyers.of(&all, Some(c)));
        out.extend((0..channels).map(channel));
    }
    let bought = |(k, set): (usize, &Vec<bool>)| {
        group(GroupKind::Buyers, k.to_string(), buyers.of(set, None))
    };
    out.extend(sets.iter().enumerate().map(bought));
    out
}

/// Weights of the types in the k-th third by price sensitivity, the least sensitive first; a type
/// across a border is in both by parts.
fn third(market: &Market, k: usize) -> Vec<f64> {
    let types = &market.population.types;
    let mut order: Vec<usize> = (0..types.len()).collect();
    order.sort_by(|a, b| types[*b].slope.total_cmp(&types[*a].slope));
    let total: f64 = types.iter().map(|t| t.weight).sum();
    let (from, to) = (k as f64 / 3.0 * total, (k + 1) as f64 / 3.0 * total);
    let mut weight = vec![0.0; types.len()];
    let mut below = 0.0;
    let mut start = 0;
    while start < order.len() {
        // Types of the same sensitivity share a border by their weights.
        let slope = types[order[start]].slope;
        let same: Vec<usize> = order[start..]
            .iter()
            .copied()
            .take_while(|i| types[*i].slope.total_cmp(&slope).is_eq())
            .collect();
        let mass: f64 = same.iter().map(|i| types[*i].weight).sum();
        let inside = (to.min(below + mass) - from.max(below)).max(0.0);
        for i in &same {
            weight[*i] = if mass > 0.0 {
                types[*i].weight * inside / mass
            } else {
                0.0
            };
        }
        below += mass;
        start += same.len();
    }
    weight
}
