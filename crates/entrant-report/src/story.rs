//! What every section needs to know about the results: who is who, and what comes first.

use entrant_data::result::{FirmOutcome, MarketOutcome, ProductOutcome, Results, ScenarioOutcome};

use crate::format::{count, currency_prefix, level};

/// Colours for firms: the entrant's, eight for incumbents, one for the rest, one for nobody.
const TONES: [&str; 11] = [
    "f0", "f1", "f2", "f3", "f4", "f5", "f6", "f7", "f8", "f9", "fx",
];
const REST: usize = 9;

/// Name of what people who buy nothing choose, as in diversion tables and volume sources.
pub const OUTSIDE: &str = "outside";

/// Rows of product tables on a page, over all scenarios and markets; the rest is in the tables.
const PRODUCT_ROWS: usize = 1600;

/// Scenarios times markets on a page; the rest is in the tables.
const CASES: usize = 40;

/// Results with what is needed to tell them.
#[derive(Debug)]
pub struct Story<'a> {
    /// The results.
    pub results: &'a Results,
    /// Prefix of money.
    pub money: String,
    /// Markets on the page, in order of first appearance, all of them together first.
    pub markets: Vec<&'a str>,
    /// Number of markets in the results.
    pub all_markets: usize,
    /// Firms in order of colour: the entrant, the focus firms, then by units sold before.
    pub firms: Vec<&'a str>,
    /// Position of the headline scenario.
    pub headline: usize,
}

impl<'a> Story<'a> {
    /// Reads who is who.
    pub fn new(results: &'a Results) -> Self {
        let mut markets = markets(results);
        let all_markets = markets.len();
        markets.truncate((CASES / results.scenarios.len().max(1)).max(1));
        let headline = results
            .scenarios
            .iter()
            .position(|s| s.id == results.headline);
        let mut story = Story {
            results,
            money: currency_prefix(&results.currency),
            markets,
            all_markets,
            firms: Vec::new(),
            headline: headline.unwrap_or(0),
        };
        story.firms = story.ranked_firms();
        story
    }

    /// The headline scenario; none in results without scenarios.
    pub fn scenario(&self) -> Option<&'a ScenarioOutcome> {
        self.results.scenarios.get(self.headline)
    }

    /// The headline scenario in the first market.
    pub fn lead(&self) -> Option<&'a MarketOutcome> {
        case(self.scenario()?, self.markets.first()?)
    }

    /// How dots and lines of charts are to be read.
    pub fn dots(&self) -> String {
        let settings = &self.results.settings;
        let (draws, level) = (count(settings.draws), level(settings.level));
        match (&self.results.estimation, settings.draws) {
            (Some(_), 0) => "Dot: at the estimates.".into(),
            (Some(_), _) => {
                format!("Dot: at the estimates; line: {level} interval over {draws} draws of them.")
            }
            (None, _) => format!("Dot: median over {draws} draws; line: {level} interval."),
        }
    }

    /// The market of the headline whose diversion is shown: the leading one, or where that is all
    /// of them together, the first.
    pub fn substitutes(&self) -> Option<&'a MarketOutcome> {
        let mut all = every(self.scenario()?);
        all.find(|m| !m.diversion.products.is_empty())
    }

    /// Every scenario in every market on the page, with the positions of both.
    pub fn cases(&self) -> Vec<(usize, usize, &'a ScenarioOutcome, &'a MarketOutcome)> {
        let mut all = Vec::new();
        for (s, scenario) in self.results.scenarios.iter().enumerate() {
            for (m, market) in self.markets.iter().enumerate() {
                all.extend(case(scenario, market).map(|case| (s, m, scenario, case)));
            }
        }
        all
    }

    /// Title of a scenario, with the market where there are several.
    pub fn case_title(&self, scenario: &ScenarioOutcome, market: &str) -> String {
        if self.markets.len() > 1 {
            format!("{}, {market}", title(scenario))
        } else {
            title(scenario).to_string()
        }
    }

    /// Position of a firm among [`Story::firms`].
    pub fn firm(&self, name: &str) -> Option<usize> {
        self.firms.iter().position(|f| *f == name)
    }

    /// Colour of a firm, as a class of the style sheet.
    pub fn tone(&self, name: &str) -> &'static str {
        let entrant = usize::from(self.results.entrant.is_empty());
        match self.firm(name) {
            Some(i) => TONES[(i + entrant).min(REST)],
            None => TONES[REST + 1],
        }
    }

    /// Largest number of products to list per scenario and market.
    pub fn product_rows(&self) -> usize {
        (PRODUCT_ROWS / self.cases().len().max(1)).clamp(10, 200)
    }

    fn ranked_firms(&self) -> Vec<&'a str> {
        let mut firms: Vec<&'a str> = Vec::new();
        let named = std::iter::once(&self.results.entrant).chain(&self.results.focus);
        let by_size = self
            .results
            .scenarios
            .iter()
            .flat_map(every)
            .flat_map(by_units);
        for firm in named.map(String::as_str).chain(by_size) {
            if !firm.is_empty() && firm != OUTSIDE && !firms.contains(&firm) {
                firms.push(firm);
            }
        }
        firms
    }
}

/// A scenario in a market, or in all of them together.
pub fn case<'a>(scenario: &'a ScenarioOutcome, market: &str) -> Option<&'a MarketOutcome> {
    every(scenario).find(|m| m.market == market)
}

/// All markets together, where there is such an outcome, and then each.
pub fn every(scenario: &ScenarioOutcome) -> impl Iterator<Item = &MarketOutcome> {
    scenario.together.iter().chain(&scenario.markets)
}

/// Title of a scenario, or its id where it has none.
pub fn title(scenario: &ScenarioOutcome) -> &str {
    if scenario.title.is_empty() {
        &scenario.id
    } else {
        &scenario.title
    }
}

/// A firm's outcome in a market.
pub fn firm_in<'a>(market: &'a MarketOutcome, firm: &str) -> Option<&'a FirmOutcome> {
    market.firms.iter().find(|f| f.firm == firm)
}

/// Median units before, or after for who sold nothing before; zero where there is neither.
pub fn size(units: &entrant_data::result::Change) -> f64 {
    let before = units.before.point();
    let size = if before > 0.0 {
        before
    } else {
        units.after.point()
    };
    if size.is_finite() { size } else { 0.0 }
}

/// The products to list, at most `limit`: entrants and best-sellers, dearest first.
pub fn listed(market: &MarketOutcome, limit: usize) -> Vec<&ProductOutcome> {
    let mut products: Vec<_> = market.products.iter().collect();
    let rank = |p: &ProductOutcome| {
        if p.entrant {
            f64::INFINITY
        } else {
            size(&p.units)
        }
    };
    products.sort_by(|a, b| rank(b).total_cmp(&rank(a)));
    products.truncate(limit);
    products.sort_by(|a, b| price_of(b).total_cmp(&price_of(a)));
    products
}

/// Median price after, or before for a product that went; zero where there is neither.
fn price_of(product: &ProductOutcome) -> f64 {
    let (after, before) = (product.price.after.point(), product.price.before.point());
    let price = if after.is_finite() { after } else { before };
    if price.is_finite() { price } else { 0.0 }
}

fn by_units(market: &MarketOutcome) -> Vec<&str> {
    let mut firms: Vec<_> = market.firms.iter().collect();
    firms.sort_by(|a, b| size(&b.units).total_cmp(&size(&a.units)));
    firms.into_iter().map(|f| f.firm.as_str()).collect()
}

fn markets(results: &Results) -> Vec<&str> {
    let mut seen: Vec<&str> = Vec::new();
    for market in results.scenarios.iter().flat_map(every) {
        if !seen.contains(&market.market.as_str()) {
            seen.push(&market.market);
        }
    }
    seen
}
