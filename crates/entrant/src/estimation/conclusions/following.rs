//! What the estimates say about substitution, margins and welfare, with intervals from draws of
//! the estimates.

use entrant_data::result::conclusions::{
    FollowingMarket, FollowingPair, FollowingProduct, FollowingTables, MARKET_NUMBERS, MeanReport,
    MeansReport, PRODUCT_NUMBERS, Ranged,
};
use entrant_estimate::blp::{Evaluation, Wanted as Evaluated, evaluate};
use entrant_estimate::bootstrap::{Draws, parametric};
use entrant_estimate::gmm::Linear;
use entrant_estimate::post::PanelEconomy;

use super::Wanted;
use super::numbers::{Asked, MarketNumbers, Pairs, of_market, ranged};
use super::resampled::told;
use crate::estimation::products::names;
use crate::estimation::report::Made;
use crate::estimation::words::known;
use crate::observer::{Observer, Stage};

const PRODUCTS: usize = PRODUCT_NUMBERS.len();
const MARKETS: usize = MARKET_NUMBERS.len();
/// What each number of a product is, in the order of [`PRODUCT_NUMBERS`].
const OF_PRODUCTS: [&str; PRODUCTS] = [
    "own-price elasticity",
    "diversion to buying nothing",
    "marginal cost",
    "markup, price less cost",
    "Lerner index, markup over price",
    "profit per potential buyer",
    "own cost pass-through",
];
/// What each number of a market is, in the order of [`MARKET_NUMBERS`].
const OF_MARKETS: [&str; MARKETS] = [
    "aggregate elasticity of a market, all prices up by a tenth",
    "Herfindahl-Hirschman index",
    "consumers' surplus per potential buyer",
    "profit of a market per potential buyer",
];

/// Means and tables. `draws` is how many draws there are to be, or why there must be none.
pub(super) fn follow(
    made: &Made<'_>,
    wanted: &Wanted<'_>,
    draws: Result<usize, String>,
    observer: &dyn Observer,
) -> (MeansReport, FollowingTables) {
    let asked = Asked {
        firms: made.names_firms(),
        pairs: wanted.tables && wanted.spec.pairs,
        second_choices: wanted.spec.second_choices,
    };
    let fit = made.fit;
    let now = at(made, &fit.values, &fit.linear, &fit.at, asked);
    let mut sample = Sample::new(&now);
    let (count, withheld) = match draws {
        Ok(n) => (n, String::new()),
        Err(reason) => (0, reason),
    };
    let drawn = parametric(made.problem, fit, count, wanted.seed);
    let failed = sample.take(made, &drawn, asked, observer);
    let drawn = Draws { failed, ..drawn };
    let report = MeansReport {
        draws: (count > 0).then(|| told("parametric", count, wanted, &drawn)),
        withheld,
        means: means(&now, &sample, wanted.level),
    };
    let tables = if wanted.tables {
        tables(made, &now, &sample, wanted.level)
    } else {
        FollowingTables::default()
    };
    (report, tables)
}

/// Every market at some parameters; a market in which something is not determined has no numbers.
fn at(
    made: &Made<'_>,
    values: &[f64],
    linear: &Linear,
    evaluation: &Evaluation,
    asked: Asked,
) -> Vec<MarketNumbers> {
    let economy = PanelEconomy::new(made.problem, values, linear, evaluation);
    let found = economy.each(made.workers, |m| of_market(m, asked));
    found.into_iter().map(Option::unwrap_or_default).collect()
}

/// What the draws say.
struct Sample {
    /// Draw by draw: the means of [`averages`].
    means: Vec<Vec<f64>>,
    /// Draw by draw: numbers of all products, then of all markets.
    numbers: Vec<Vec<f64>>,
    /// Sums and sums of squares, about the estimate, of elasticities and diversion of all pairs.
    pairs: Vec<[f64; 4]>,
    /// The same at the estimates.
    centre: Vec<[f64; 2]>,
}

impl Sample {
    fn new(now: &[MarketNumbers]) -> Self {
        let centre = flat_pairs(now);
        Sample {
            means: Vec::new(),
            numbers: Vec::new(),
            pairs: vec![[0.0; 4]; centre.len()],
            centre,
        }
    }

    /// Goes through the draws, each with the observed shares; the number that failed.
    fn take(
        &mut self,
        made: &Made<'_>,
        drawn: &Draws,
        asked: Asked,
        observer: &dyn Observer,
    ) -> usize {
        let mut failed = 0;
        let inversion = Evaluated {
            tolerance: 1e-12,
            jacobian: false,
        };
        let once = Asked {
            second_choices: false,
            ..asked
        };
        for (d, draw) in drawn.draws.iter().enumerate() {
            observer.progress(Stage::Drawing, d, drawn.draws.len());
            if observer.should_stop() {
                break;
            }
            let evaluation = evaluate(made.problem, &draw.values, inversion, made.workers);
            if evaluation.failure.is_some() {
                failed += 1;
                continue;
            }
            let found = at(made, &draw.values, &draw.linear, &evaluation, once);
            self.add(&found);
        }
        failed
    }

    fn add(&mut self, found: &[MarketNumbers]) {
        self.means.push(averages(found));
        let products = found.iter().flat_map(|m| m.products.iter());
        let markets = found.iter().flat_map(|m| m.market.iter());
        self.numbers
            .push(products.chain(markets).copied().collect());
        for ((sum, now), here) in self
            .pairs
            .iter_mut()
            .zip(&self.centre)
            .zip(flat_pairs(found))
        {
            for k in 0..2 {
                let off = here[k] - now[k];
                sum[k] += off;
                sum[2 + k] += off * off;
            }
        }
    }

    fn number(&self, at: usize) -> Vec<f64> {
        self.numbers.iter().map(|d| d[at]).collect()
    }

    /// Standard deviation of the elasticity (0) or diversion (1) of a pair.
    fn deviation(&self, pair: usize, k: usize) -> Option<f64> {
        let n = self.numbers.len() as f64;
        let [sum, squares] = [self.pairs[pair][k], self.pairs[pair][2 + k]];
        known(((squares - sum * sum / n).max(0.0) / (n - 1.0)).sqrt()).filter(|_| n > 1.0)
    }
}

/// Elasticities and diversion of all pairs of all markets.
fn flat_pairs(found: &[MarketNumbers]) -> Vec<[f64; 2]> {
    let pairs = found.iter().filter_map(|m| m.pairs.as_ref());
    let both = pairs.flat_map(|p| p.elasticity.data.iter().zip(&p.diversion.data));
    both.map(|(e, d)| [*e, *d]).collect()
}

/// Means over products, means weighted by shares, means over markets.
fn averages(found: &[MarketNumbers]) -> Vec<f64> {
    let mut out = Vec::with_capacity(2 * PRODUCTS + MARKETS);
    for weighted in [false, true] {
        for k in 0..PRODUCTS {
            let each = found.iter().flat_map(|m| {
                let numbers = m.products.chunks_exact(PRODUCTS);
                let weight = move |s: &f64| if weighted { *s } else { 1.0 };
                numbers.zip(&m.share).map(move |(n, s)| (n[k], weight(s)))
            });
            out.push(mean(each));
        }
    }
    for k in 0..MARKETS {
        let each = found.iter().filter_map(|m| Some((*m.market.get(k)?, 1.0)));
        out.push(mean(each));
    }
    out
}

fn mean(each: impl Iterator<Item = (f64, f64)>) -> f64 {
    let (mut sum, mut total) = (0.0, 0.0);
    for (value, weight) in each {
        sum += weight * value;
        total += weight;
    }
    sum / total
}

fn means(now: &[MarketNumbers], sample: &Sample, level: f64) -> Vec<MeanReport> {
    let here = averages(now);
    let one = |at: usize| -> Ranged {
        let draws = sample.means.iter().map(|d| d[at]).collect();
        ranged(here[at], draws, level)
    };
    let products = (0..PRODUCTS).map(|k| MeanReport {
        name: PRODUCT_NUMBERS[k].into(),
        meaning: OF_PRODUCTS[k].into(),
        mean: one(k),
        weighted: Some(one(PRODUCTS + k)),
    });
    let markets = (0..MARKETS).map(|k| MeanReport {
        name: match MARKET_NUMBERS[k] {
            // A product has one too.
            "profit" => "market_profit".into(),
            other => other.into(),
        },
        meaning: OF_MARKETS[k].into(),
        mean: one(2 * PRODUCTS + k),
        weighted: None,
    });
    let all = products.chain(markets);
    all.filter(|m| m.mean.value.is_some()).collect()
}

fn tables(made: &Made<'_>, now: &[MarketNumbers], sample: &Sample, level: f64) -> FollowingTables {
    let mut out = FollowingTables::default();
    let labels = names(made.loaded, made.problem);
    let rows = made.problem.rows();
    let (mut row, mut pair) = (0, 0);
    for (t, m) in now.iter().enumerate() {
        let id = &made.problem.markets[t].id;
        let here = &labels[made.problem.markets[t].rows.clone()];
        for ((product, firm), numbers) in here.iter().zip(m.products.chunks_exact(PRODUCTS)) {
            out.products.push(FollowingProduct {
                market: id.clone(),
                product: product.clone(),
                firm: firm.clone(),
                numbers: spread(numbers, sample, row * PRODUCTS, level),
            });
            row += 1;
        }
        out.markets.push(FollowingMarket {
            market: id.clone(),
            numbers: spread(&m.market, sample, rows * PRODUCTS + t * MARKETS, level),
        });
        if let Some(p) = &m.pairs {
            add_pairs(&mut out.pairs, id, here, p, sample, &mut pair);
        }
    }
    out
}

fn spread(numbers: &[f64], sample: &Sample, first: usize, level: f64) -> Vec<Ranged> {
    let one = |(k, v): (usize, &f64)| ranged(*v, sample.number(first + k), level);
    numbers.iter().enumerate().map(one).collect()
}

fn add_pairs(
    out: &mut Vec<FollowingPair>,
    market: &str,
    names: &[(String, String)],
    p: &Pairs,
    sample: &Sample,
    next: &mut usize,
) {
    for (j, (product, _)) in names.iter().enumerate() {
        for (k, (other, _)) in names.iter().enumerate() {
            let with_error = |value: f64, which: usize| Ranged {
                value: known(value),
                error: sample.deviation(*next, which),
                ..Ranged::default()
            };
            out.push(FollowingPair {
                market: market.into(),
                product: product.clone(),
                other: other.clone(),
                elasticity: with_error(p.elasticity.at(j, k), 0),
                diversion: with_error(p.diversion.at(j, k), 1),
                second_choice: p.second_choice.as_ref().and_then(|m| known(m.at(j, k))),
                passthrough: p.passthrough.as_ref().and_then(|m| known(m.at(j, k))),
            });
            *next += 1;
        }
    }
}
