//! Companies: what they are valued at, and what an entry adds to it.

use entrant_data::result::tracker::{EntryValue, Multiple, TrackedCompany, TrackerReport};
use entrant_data::result::{Estimate, MarketOutcome, Results, ScenarioOutcome};
use entrant_data::tracker::{CompanyFact, FactKind};

/// Companies with their facts and multiples, in file order.
pub(crate) fn companies(facts: &[CompanyFact]) -> Vec<TrackedCompany> {
    let mut names: Vec<&str> = Vec::new();
    for f in facts {
        if !names.contains(&f.company.as_str()) {
            names.push(&f.company);
        }
    }
    let company = |name: &&str| {
        let own = facts.iter().filter(|f| f.company == **name);
        let own: Vec<CompanyFact> = own.cloned().collect();
        TrackedCompany {
            company: (*name).to_owned(),
            revenue_multiple: multiple(&own, FactKind::Revenue),
            profit_multiple: multiple(&own, FactKind::Profit),
            facts: own,
        }
    };
    names.iter().map(company).collect()
}

/// Value over a year's earnings, in the first currency in which there are both, each from its
/// latest year.
fn multiple(facts: &[CompanyFact], kind: FactKind) -> Option<Multiple> {
    let values = facts.iter().filter(|f| f.kind == FactKind::Valuation);
    let currencies = values.map(|f| f.currency.as_str());
    let both = |currency: &str| {
        let values = latest(facts, FactKind::Valuation, currency);
        let flows = latest(facts, kind, currency);
        (!values.is_empty() && !flows.is_empty()).then_some((values, flows))
    };
    let (currency, (values, flows)) = currencies
        .into_iter()
        .find_map(|c| both(c).map(|b| (c, b)))?;
    let ends = |of: &dyn Fn(&CompanyFact) -> f64, all: &[&CompanyFact], largest: bool| {
        let numbers = all.iter().map(|f| of(f));
        if largest {
            numbers.fold(f64::NEG_INFINITY, f64::max)
        } else {
            numbers.fold(f64::INFINITY, f64::min)
        }
    };
    let mean = |all: &[&CompanyFact]| {
        let logs: f64 = all.iter().map(|f| f.value.ln()).sum();
        (logs / all.len() as f64).exp()
    };
    let period = |all: &[&CompanyFact]| all.first().map_or("", |f| f.period.as_str()).to_owned();
    let marks = values.iter().chain(&flows).map(|f| f.mark);
    Some(Multiple {
        low: ends(&|f| f.low, &values, false) / ends(&|f| f.high, &flows, true),
        central: mean(&values) / mean(&flows),
        high: ends(&|f| f.high, &values, true) / ends(&|f| f.low, &flows, false),
        currency: currency.to_owned(),
        basis: format!(
            "valuation of {} over {} of {}",
            period(&values),
            kind.word(),
            period(&flows)
        ),
        mark: marks.max().unwrap_or_default(),
    })
}

/// Facts of a kind in a currency, of the latest year in which there are any.
fn latest<'a>(facts: &'a [CompanyFact], kind: FactKind, currency: &str) -> Vec<&'a CompanyFact> {
    let all: Vec<&CompanyFact> = facts
        .iter()
        .filter(|f| f.kind == kind && f.currency == currency)
        .collect();
    let year = |f: &CompanyFact| f.period.chars().take(4).collect::<String>();
    let last = all.iter().map(|f| year(f)).max();
    all.into_iter().filter(|f| Some(year(f)) == last).collect()
}

/// What an entry adds to the value of the entering company, for each scenario, when the tracker
/// has its multiple in the currency of the results; `periods` is the number of the results'
/// periods in a year.
pub fn entry_value(report: &TrackerReport, results: &Results, periods: f64) -> Vec<EntryValue> {
    let company = report
        .companies
        .iter()
        .find(|c| c.company == results.entrant);
    let Some(company) = company else {
        return Vec::new();
    };
    let usable = |m: &Option<Multiple>| {
        let own = m.as_ref();
        own.filter(|m| m.currency == results.currency).cloned()
    };
    let by = [
        usable(&company.revenue_multiple),
        usable(&company.profit_multiple),
    ];
    if by.iter().all(Option::is_none) {
        return Vec::new();
    }
    let scenario = |s: &ScenarioOutcome| {
        let firm = lead(s)?.firms.iter().find(|f| f.firm == results.entrant)?;
        let year = |e: &Estimate| scaled(e, (periods, periods, periods));
        let (revenue, profit) = (year(&firm.revenue.change), year(&firm.profit.change));
        let times = |e: &Estimate, m: &Option<Multiple>| {
            m.as_ref().map(|m| scaled(e, (m.low, m.central, m.high)))
        };
        Some(EntryValue {
            scenario: s.id.clone(),
            company: company.company.clone(),
            by_revenue: times(&revenue, &by[0]),
            by_profit: times(&profit, &by[1]),
            revenue,
            profit,
        })
    };
    results.scenarios.iter().filter_map(scenario).collect()
}

/// All markets together, or the only one.
fn lead(s: &ScenarioOutcome) -> Option<&MarketOutcome> {
    match (&s.together, s.markets.as_slice()) {
        (Some(together), _) => Some(together),
        (None, [only]) => Some(only),
        _ => None,
    }
}

/// A number times a range: every end with the end that takes it furthest.
fn scaled(e: &Estimate, (low, central, high): (f64, f64, f64)) -> Estimate {
    Estimate {
        low: (e.low * low).min(e.low * high),
        median: e.median * central,
        high: (e.high * low).max(e.high * high),
        central: e.central.map(|x| x * central),
        ..*e
    }
}

#[cfg(test)]
mod tests {
    use entrant_data::Mark;

    use super::*;

    fn fact(
        kind: FactKind,
        period: &str,
        currency: &str,
        (low, value, high): (f64, f64, f64),
    ) -> CompanyFact {
        CompanyFact {
            company: "A".into(),
            kind,
            low,
            value,
            high,
            currency: currency.into(),
            period: period.into(),
            source: String::new(),
            published: String::new(),
            mark: Mark::Verified,
            note: String::new(),
        }
    }

    #[test]
    fn a_multiple_is_of_one_currency_and_the_latest_years() {
        let exact = |x: f64| (x, x, x);
        let facts = [
            fact(FactKind::Valuation, "2018", "USD", (54.0, 60.0, 100.0)),
            fact(FactKind::Revenue, "2016", "USD", exact(10.0)),
            fact(FactKind::Revenue, "2017", "USD", (15.0, 15.0, 20.0)),
            fact(FactKind::Revenue, "2017", "CNY", exact(114.6)),
        ];
        let m = &companies(&facts)[0]
            .revenue_multiple
            .clone()
            .expect("both in USD");
        assert!((m.low - 2.7).abs() < 1e-14 && (m.central - 4.0).abs() < 1e-12);
        assert!((m.high - 100.0 / 15.0).abs() < 1e-14 && m.currency == "USD");
        assert!(companies(&facts[..1])[0].revenue_multiple.is_none());
        assert!(companies(&facts[2..])[0].revenue_multiple.is_none());
    }

    #[test]
    fn a_loss_is_worth_most_at_the_lowest_multiple() {
        let e = Estimate {
            low: -2.0,
            median: 1.0,
            high: 4.0,
            ..Estimate::exact(1.0, 0.9)
        };
        let worth = scaled(&e, (2.0, 3.0, 5.0));
        let found = [worth.low, worth.median, worth.high].map(f64::to_bits);
        assert_eq!(found, [-10.0_f64, 3.0, 20.0].map(f64::to_bits));
    }
}
