//! What the page's charts draw: the results, lean enough to travel in the page.
//!
//! The results of a large study are many megabytes; a chart needs a hundredth of them. So the
//! page carries the numbers that its charts draw, to five digits, and the whole is in
//! `results.json` and the tables.

use entrant_data::Mark;
use entrant_data::result::{
    BacktestReport, BenchmarkReport, Estimate, FirmOutcome, MarketOutcome, ProductOutcome,
    VolumeSource, Worth,
};
use serde::Serialize;

use crate::format::status_words;
use crate::premium_view::PremiumView;
use crate::section::badge;
use crate::section::substitutes::{FirmDiversion, firm_diversion};
use crate::story::{self, OUTSIDE, Story, listed, title};
use crate::surface_view::{SurfaceView, surfaces};
use crate::tracker::{self, CountryView};

/// Products that a chart can show legibly.
pub const CHART_PRODUCTS: usize = 40;

/// Low, median and high; nothing where there is no number.
pub type Range = Option<[f64; 3]>;

/// Everything that the charts draw.
#[derive(Debug, Serialize)]
pub struct View<'a> {
    money: &'a str,
    level: f64,
    firms: Vec<FirmView<'a>>,
    markets: &'a [&'a str],
    scenarios: Vec<&'a str>,
    headline: usize,
    entrant: Option<usize>,
    focus: Vec<usize>,
    cases: Vec<Vec<Option<CaseView<'a>>>>,
    worth: Vec<Option<WorthView>>,
    drivers: Vec<DriverView<'a>>,
    benchmarks: Vec<BenchmarkView<'a>>,
    backtest: Option<BacktestView<'a>>,
    substitutes: Option<FirmDiversion>,
    premiums: Option<PremiumView<'a>>,
    tracker: Vec<CountryView<'a>>,
    surfaces: Vec<SurfaceView<'a>>,
}

#[derive(Debug, Serialize)]
struct FirmView<'a> {
    name: &'a str,
    tone: &'static str,
}

/// A scenario in a market.
#[derive(Debug, Serialize)]
struct CaseView<'a> {
    status: &'static str,
    badge: &'static str,
    firms: Vec<FirmCase>,
    products: Vec<ProductCase<'a>>,
    source: Vec<SourceCase>,
}

#[derive(Debug, Serialize)]
struct FirmCase {
    firm: Option<usize>,
    entrant: bool,
    units: Range,
    relative: Range,
    revenue: Range,
    profit: Range,
    share: Range,
    points: Range,
}

#[derive(Debug, Serialize)]
struct ProductCase<'a> {
    name: &'a str,
    firm: Option<usize>,
    entrant: bool,
    before: Range,
    after: Range,
    change: Range,
    relative: Range,
}

#[derive(Debug, Serialize)]
struct SourceCase {
    /// Position of the firm; nothing for people who would have bought nothing.
    firm: Option<usize>,
    share: Range,
    units: Range,
}

#[derive(Debug, Serialize)]
struct WorthView {
    break_even: Range,
    fixed_cost: Range,
    curve: Vec<[f64; 2]>,
    /// Period, and discounted money until its end: low, median, high.
    position: Vec<(u32, [f64; 3])>,
}

#[derive(Debug, Serialize)]
struct DriverView<'a> {
    scenario: Option<usize>,
    outcome: &'a str,
    drivers: Vec<(&'a str, f64, i8, &'static str)>,
    unexplained: f64,
    marks: Vec<(&'static str, f64)>,
}

#[derive(Debug, Serialize)]
struct BenchmarkView<'a> {
    name: &'a str,
    scenario: &'a str,
    history: [f64; 2],
    forecast: Range,
    verdict: &'a str,
}

#[derive(Debug, Serialize)]
struct BacktestView<'a> {
    forecasters: Vec<&'a str>,
    rows: Vec<BacktestRowView<'a>>,
}

#[derive(Debug, Serialize)]
struct BacktestRowView<'a> {
    brand: &'a str,
    before: f64,
    observed: f64,
    forecasts: Vec<Range>,
}

impl<'a> View<'a> {
    /// The view of a story.
    pub fn new(story: &'a Story<'a>) -> Self {
        let results = story.results;
        View {
            money: &story.money,
            level: results.settings.level,
            firms: story
                .firms
                .iter()
                .map(|f| FirmView {
                    name: f,
                    tone: story.tone(f),
                })
                .collect(),
            markets: &story.markets,
            scenarios: results.scenarios.iter().map(title).collect(),
            headline: story.headline,
            entrant: story.firm(&results.entrant),
            focus: results.focus.iter().filter_map(|f| story.firm(f)).collect(),
            cases: cases(story),
            worth: results
                .scenarios
                .iter()
                .map(|s| s.worth.as_ref().map(worth))
                .collect(),
            drivers: drivers(story),
            benchmarks: results
                .benchmarks
                .iter()
                .map(|b| benchmark(story, b))
                .collect(),
            backtest: results.backtest.as_ref().map(backtest),
            tracker: tracker::countries(story),
            surfaces: surfaces(story),
            premiums: results
                .premiums
                .as_ref()
                .map(|p| PremiumView::new(story, p)),
            substitutes: story.substitutes().and_then(|m| firm_diversion(story, m)),
        }
    }
}

/// Low, median and high to five digits.
pub fn range(e: &Estimate) -> Range {
    let all = [e.low, e.point(), e.high];
    all.iter()
        .all(|x| x.is_finite())
        .then(|| all.map(five_digits))
}

/// A number to five significant digits: more than any chart can show, in half the bytes.
pub fn five_digits(x: f64) -> f64 {
    format!("{x:.4e}").parse().unwrap_or(x)
}

fn cases<'a>(story: &Story<'a>) -> Vec<Vec<Option<CaseView<'a>>>> {
    let of = |scenario, market: &&str| story::case(scenario, market).map(|c| case(story, c));
    let row = |scenario| story.markets.iter().map(|m| of(scenario, m)).collect();
    story.results.scenarios.iter().map(row).collect()
}

fn case<'a>(story: &Story<'a>, market: &'a MarketOutcome) -> CaseView<'a> {
    let products = listed(market, CHART_PRODUCTS);
    let status = market.status.worst(market.certificate.status);
    CaseView {
        status: status_words(status),
        badge: badge(status),
        firms: market.firms.iter().map(|f| firm(story, f)).collect(),
        products: products.into_iter().map(|p| product(story, p)).collect(),
        source: market
            .volume_source
            .iter()
            .map(|v| source(story, v))
            .collect(),
    }
}

fn firm(story: &Story<'_>, f: &FirmOutcome) -> FirmCase {
    FirmCase {
        firm: story.firm(&f.firm),
        entrant: f.entrant,
        units: range(&f.units.change),
        relative: f.units.relative.as_ref().and_then(range),
        revenue: range(&f.revenue.change),
        profit: range(&f.profit.change),
        share: range(&f.unit_share.after),
        points: range(&f.unit_share.change),
    }
}

fn product<'a>(story: &Story<'_>, p: &'a ProductOutcome) -> ProductCase<'a> {
    ProductCase {
        name: &p.product,
        firm: story.firm(&p.firm),
        entrant: p.entrant,
        before: range(&p.price.before),
        after: range(&p.price.after),
        change: range(&p.price.change),
        relative: p.price.relative.as_ref().and_then(range),
    }
}

fn source(story: &Story<'_>, v: &VolumeSource) -> SourceCase {
    SourceCase {
        firm: Some(&v.from)
            .filter(|f| *f != OUTSIDE)
            .and_then(|f| story.firm(f)),
        share: range(&v.share),
        units: range(&v.units),
    }
}

fn worth(w: &Worth) -> WorthView {
    WorthView {
        break_even: range(&w.break_even),
        fixed_cost: range(&w.fixed_cost),
        position: w
            .flow
            .iter()
            .filter_map(|p| Some((p.period, range(&p.position)?)))
            .collect(),
        curve: w
            .curve
            .iter()
            .map(|p| [p.fixed_cost, p.probability].map(five_digits))
            .collect(),
    }
}

fn drivers<'a>(story: &Story<'a>) -> Vec<DriverView<'a>> {
    let scenario = |id: &str| story.results.scenarios.iter().position(|s| s.id == id);
    let word = Mark::word;
    let view = |t: &'a entrant_data::result::DriverTable| DriverView {
        scenario: scenario(&t.scenario),
        outcome: &t.outcome,
        drivers: t
            .drivers
            .iter()
            .take(12)
            .map(|d| (d.words(), five_digits(d.share), d.direction, word(d.mark)))
            .collect(),
        unexplained: five_digits(t.unexplained),
        marks: t
            .marks
            .iter()
            .map(|m| (word(m.mark), five_digits(m.share)))
            .collect(),
    };
    story.results.drivers.iter().map(view).collect()
}

fn benchmark<'a>(story: &Story<'a>, b: &'a BenchmarkReport) -> BenchmarkView<'a> {
    let scenario = story.results.scenarios.iter().find(|s| s.id == b.scenario);
    BenchmarkView {
        name: &b.name,
        scenario: scenario.map_or(b.scenario.as_str(), title),
        history: [b.low, b.high],
        forecast: range(&b.forecast),
        verdict: &b.verdict,
    }
}

fn backtest(b: &BacktestReport) -> BacktestView<'_> {
    let row = |r: &'_ entrant_data::result::BacktestRow| r.forecasts.iter().map(range).collect();
    BacktestView {
        forecasters: b.scores.iter().map(|s| s.forecaster.as_str()).collect(),
        rows: b
            .rows
            .iter()
            .map(|r| BacktestRowView {
                brand: &r.brand,
                before: r.before,
                observed: r.observed,
                forecasts: row(r),
            })
            .collect(),
    }
}
