//! The numbers of a run that runs are compared by: who loses what.

use entrant::Drawn;
use entrant::data::result::{
    Change, Estimate, MarketOutcome, MergerOutcome, MergerReport, Results, ScenarioOutcome,
};
use entrant::report::format::currency_prefix;
use serde::Serialize;

/// Markets of a scenario that are compared one by one.
const MARKETS: usize = 20;

/// What a number counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Unit {
    /// Pieces.
    Count,
    /// Currency.
    Money,
    /// Currency per piece.
    Price,
    /// A part of one, shown in percent.
    Share,
    /// A plain number.
    Plain,
}

/// A number with its range.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Line {
    /// Scenario, by id.
    pub scenario: String,
    /// Market; empty for numbers of the whole scenario.
    pub market: String,
    /// Firm, product or `market`.
    pub who: String,
    /// What was measured.
    pub measure: &'static str,
    /// What it counts.
    pub unit: Unit,
    /// Whether it is a difference, to be shown with its sign.
    pub signed: bool,
    /// Low, median (or the value at the estimates) and high; none where no draw has one.
    pub value: Option<[f64; 3]>,
}

/// What the page shows of a run and compares with another.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Summary {
    /// Title of the study.
    pub title: String,
    /// Prefix of money.
    pub money: String,
    /// Level of the intervals.
    pub level: f64,
    /// Draws.
    pub draws: usize,
    /// The short answer.
    pub answer: Vec<String>,
    /// Scenarios: id and title.
    pub scenarios: Vec<[String; 2]>,
    /// The one that the headline is about.
    pub headline: String,
    /// Numbers.
    pub lines: Vec<Line>,
}

/// The summary of a calibrated or estimated study.
pub fn of_results(results: &Results) -> Summary {
    Summary {
        title: results.title.clone(),
        money: currency_prefix(&results.currency),
        level: results.settings.level,
        draws: results.settings.draws,
        answer: results.answer.clone(),
        scenarios: results
            .scenarios
            .iter()
            .map(|s| named(&s.id, &s.title))
            .collect(),
        headline: results.headline.clone(),
        lines: results.scenarios.iter().flat_map(of_scenario).collect(),
    }
}

/// The summary of a merger study.
pub fn of_merger(report: &MergerReport) -> Summary {
    Summary {
        title: report.title.clone(),
        money: currency_prefix(&report.currency),
        level: report.level,
        draws: report.draws,
        answer: Vec::new(),
        scenarios: report
            .scenarios
            .iter()
            .map(|s| named(&s.id, &s.title))
            .collect(),
        headline: report
            .scenarios
            .first()
            .map_or_else(String::new, |s| s.id.clone()),
        lines: report
            .scenarios
            .iter()
            .flat_map(of_merger_scenario)
            .collect(),
    }
}

/// The numbers of one draw.
pub fn of_draw(found: Drawn<'_>) -> Vec<Line> {
    match found {
        Drawn::Scenario(s) => of_scenario(s),
        Drawn::Merger(s) => of_merger_scenario(s),
    }
}

fn named(id: &str, title: &str) -> [String; 2] {
    let title = if title.is_empty() { id } else { title };
    [id.to_owned(), title.to_owned()]
}

/// Lines of one scenario and market.
struct Lines<'a> {
    scenario: &'a str,
    market: &'a str,
    found: Vec<Line>,
}

impl Lines<'_> {
    fn add(&mut self, who: &str, measure: &'static str, unit: Unit, signed: bool, e: &Estimate) {
        let value = [e.low, e.point(), e.high];
        self.found.push(Line {
            scenario: self.scenario.to_owned(),
            market: self.market.to_owned(),
            who: who.to_owned(),
            measure,
            unit,
            signed,
            value: value.iter().all(|v| v.is_finite()).then_some(value),
        });
    }

    fn changes(&mut self, who: &str, units: &Change, revenue: &Change, profit: &Change) {
        self.add(who, "Units, change", Unit::Count, true, &units.change);
        self.add(who, "Revenue, change", Unit::Money, true, &revenue.change);
        self.add(who, "Profit, change", Unit::Money, true, &profit.change);
    }
}

fn of_scenario(scenario: &ScenarioOutcome) -> Vec<Line> {
    let mut all = Lines {
        scenario: &scenario.id,
        market: "",
        found: Vec::new(),
    };
    if let Some(worth) = &scenario.worth {
        all.add(
            &worth.firm,
            "Net present value",
            Unit::Money,
            true,
            &worth.value,
        );
        all.add(
            &worth.firm,
            "Break-even fixed cost",
            Unit::Money,
            false,
            &worth.break_even,
        );
        let chance = Estimate::exact(worth.loss_probability, worth.value.level);
        all.add(&worth.firm, "Chance of a loss", Unit::Share, false, &chance);
    }
    let mut found = all.found;
    let markets: Vec<&MarketOutcome> = match &scenario.together {
        Some(all) => vec![all],
        None => scenario.markets.iter().take(MARKETS).collect(),
    };
    for market in markets {
        found.extend(of_market(&scenario.id, market));
    }
    found
}

fn of_market(scenario: &str, market: &MarketOutcome) -> Vec<Line> {
    let mut all = Lines {
        scenario,
        market: &market.market,
        found: Vec::new(),
    };
    for firm in &market.firms {
        all.changes(&firm.firm, &firm.units, &firm.revenue, &firm.profit);
        all.add(
            &firm.firm,
            "Mean price, after",
            Unit::Price,
            false,
            &firm.price.after,
        );
    }
    for product in &market.products {
        all.add(
            &product.product,
            "Price, after",
            Unit::Price,
            false,
            &product.price.after,
        );
        all.add(
            &product.product,
            "Units, change",
            Unit::Count,
            true,
            &product.units.change,
        );
    }
    let consumers = &market.consumer_surplus.change;
    all.add(
        "Buyers",
        "Consumer surplus, change",
        Unit::Money,
        true,
        consumers,
    );
    all.add(
        "Market",
        "Units, change",
        Unit::Count,
        true,
        &market.units.change,
    );
    all.add(
        "Market",
        "HHI, after",
        Unit::Plain,
        false,
        &market.hhi.after,
    );
    all.found
}

fn of_merger_scenario(s: &MergerOutcome) -> Vec<Line> {
    let mut all = Lines {
        scenario: &s.id,
        market: "",
        found: Vec::new(),
    };
    for p in &s.products {
        all.add(&p.id, "Price rise", Unit::Share, true, &p.price_rise);
        all.add(&p.id, "Price, after", Unit::Price, false, &p.price_after);
        all.add(&p.id, "Share, after", Unit::Share, false, &p.share_after);
    }
    for f in &s.firms {
        all.add(
            &f.firm,
            "Profit, before",
            Unit::Money,
            false,
            &f.profit_before,
        );
        all.add(
            &f.firm,
            "Profit, after",
            Unit::Money,
            false,
            &f.profit_after,
        );
    }
    all.add(
        "Market",
        "Mean price rise",
        Unit::Share,
        true,
        &s.price_rise,
    );
    all.add("Market", "HHI, after", Unit::Plain, false, &s.hhi_after);
    all.add(
        "Buyers",
        "Consumer harm",
        Unit::Money,
        false,
        &s.consumer_harm,
    );
    all.add("Market", "Net gain", Unit::Money, true, &s.welfare);
    all.found
}
