//! Draws into numbers with intervals.

use entrant_data::Status;
use entrant_data::result::{
    Estimate, MergerFirmOutcome, MergerOutcome, MergerParameter, MergerProductOutcome,
    MonopolistReport,
};
use entrant_data::spec::MergerScenario;
use entrant_merger::Outcome;
use entrant_merger::outcome::{FirmOutcome, ProductOutcome};

use super::Answer;

/// A number at the central values with its interval over draws; only the number where nothing is
/// uncertain.
fn estimate(central: f64, mut draws: Vec<f64>, level: f64, status: Status) -> Estimate {
    draws.retain(|v| v.is_finite());
    draws.sort_by(f64::total_cmp);
    if draws.is_empty() {
        return Estimate {
            status,
            ..Estimate::exact(central, level)
        };
    }
    Estimate {
        low: quantile(&draws, 0.5 * (1.0 - level)),
        median: quantile(&draws, 0.5),
        high: quantile(&draws, 0.5 * (1.0 + level)),
        level,
        status,
        central: None,
    }
    .at_estimates(central)
}

/// Quantile of sorted numbers, linear between them.
fn quantile(sorted: &[f64], p: f64) -> f64 {
    let at = p * (sorted.len() - 1) as f64;
    let mut low = 0;
    while ((low + 1) as f64) <= at {
        low += 1;
    }
    let next = sorted[(low + 1).min(sorted.len() - 1)];
    sorted[low] + (at - low as f64) * (next - sorted[low])
}

pub(super) fn parameters(central: &Answer, draws: &[Answer], level: f64) -> Vec<MergerParameter> {
    let calibration = &central.calibration;
    let each = calibration.parameters.iter().enumerate();
    each.map(|(i, p)| {
        let drawn = draws.iter().map(|d| d.calibration.parameters[i].value);
        MergerParameter {
            name: p.name.into(),
            meaning: p.meaning.into(),
            calibrated: p.calibrated,
            value: estimate(p.value, drawn.collect(), level, calibration.status),
        }
    })
    .collect()
}

/// What is asked of every draw of one scenario.
struct View<'a> {
    central: &'a Outcome,
    draws: Vec<&'a Outcome>,
    level: f64,
}

impl View<'_> {
    fn market(&self, get: impl Fn(&Outcome) -> f64) -> Estimate {
        let drawn = self.draws.iter().map(|d| get(d)).collect();
        estimate(get(self.central), drawn, self.level, self.central.status)
    }

    fn product(&self, j: usize, get: impl Fn(&ProductOutcome) -> f64) -> Estimate {
        self.market(|o| get(&o.products[j]))
    }

    fn firm(&self, f: usize, get: impl Fn(&FirmOutcome) -> f64) -> Estimate {
        self.market(|o| get(&o.firms[f]))
    }
}

pub(super) fn scenario(
    spec: &MergerScenario,
    at: usize,
    central: &Answer,
    draws: &[Answer],
    level: f64,
    monopolist: Vec<MonopolistReport>,
) -> MergerOutcome {
    let view = View {
        central: &central.outcomes[at],
        draws: draws.iter().map(|d| &d.outcomes[at]).collect(),
        level,
    };
    let outcome = view.central;
    MergerOutcome {
        id: spec.id.clone(),
        title: spec.title.clone(),
        status: outcome.status,
        residual: outcome.residual,
        products: (0..outcome.products.len())
            .map(|j| product(&view, j))
            .collect(),
        firms: (0..outcome.firms.len()).map(|f| firm(&view, f)).collect(),
        hhi_before: view.market(|o| o.hhi[0]),
        hhi_new_owners: view.market(|o| o.hhi[1]),
        hhi_after: view.market(|o| o.hhi[2]),
        price_rise: view.market(|o| o.price_rise),
        consumer_harm: view.market(|o| o.consumer_harm),
        producer_gain: view.market(|o| o.producer_surplus[1] - o.producer_surplus[0]),
        government_gain: view.market(|o| o.government[1] - o.government[0]),
        welfare: view.market(|o| o.welfare),
        monopolist,
    }
}

fn product(view: &View<'_>, j: usize) -> MergerProductOutcome {
    let p = &view.central.products[j];
    MergerProductOutcome {
        id: p.id.clone(),
        firm: p.firm.clone(),
        firm_after: p.firm_after.clone(),
        price_before: view.product(j, |p| p.price[0]),
        price_after: view.product(j, |p| p.price[1]),
        price_rise: view.product(j, |p| p.price[1] / p.price[0] - 1.0),
        share_before: view.product(j, |p| p.share[0]),
        share_after: view.product(j, |p| p.share[1]),
        quantity_before: view.product(j, |p| p.quantity[0]),
        quantity_after: view.product(j, |p| p.quantity[1]),
        cost_before: view.product(j, |p| p.cost[0]),
        cost_after: view.product(j, |p| p.cost[1]),
        margin_before: view.product(j, |p| p.margin[0]),
        margin_after: view.product(j, |p| p.margin[1]),
        upp: view.product(j, |p| p.upp),
        guppi: view.product(j, |p| p.guppi),
        cmcr: view.product(j, |p| p.cmcr),
        shadow: view.product(j, |p| p.shadow),
    }
}

fn firm(view: &View<'_>, f: usize) -> MergerFirmOutcome {
    MergerFirmOutcome {
        firm: view.central.firms[f].firm.clone(),
        profit_before: view.firm(f, |f| f.profit[0]),
        profit_after: view.firm(f, |f| f.profit[1]),
        share_before: view.firm(f, |f| f.share[0]),
        share_after: view.firm(f, |f| f.share[1]),
    }
}
