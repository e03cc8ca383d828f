//! An estimated study in the terms of scenarios: what they read of a calibrated one.

use entrant_data::Parameter;
use entrant_data::panel::{MarketPanel, Panel, ProductRow, ShareBasis};
use entrant_data::spec::{
    ColumnSpec, DataSpec, DemandSpec, EstimationStudy, MarketSpec, Model, NestSpec, Study,
    SupplySpec, TasteSpec,
};
use entrant_data::table::Column;
use entrant_estimate::blp::Problem;
use entrant_io::LoadedEstimation;

/// The study, with tastes for the random coefficients that do not move with the price.
pub(super) fn study(loaded: &LoadedEstimation, problem: &Problem, chosen: &[usize]) -> Study {
    let own = &loaded.study;
    let market = |t: &usize| MarketSpec {
        id: problem.markets[*t].id.clone(),
        period: String::new(),
        units: None,
        size: None,
        outside_share: None,
    };
    Study {
        title: own.title.clone(),
        question: own.question.clone(),
        currency: own.currency.clone(),
        notes: own.notes.clone(),
        data: data(own),
        market: chosen.iter().map(market).collect(),
        inputs: std::collections::BTreeMap::new(),
        segment: Vec::new(),
        demand: demand(own, problem),
        supply: SupplySpec::default(),
        entrant: own.entrant.clone(),
        scenario: own.scenario.clone(),
        worth: own.worth.clone(),
        timing: own.timing.clone(),
        game: own.game.clone(),
        surface: own.surface.clone(),
        premiums: own.premiums.clone(),
        transfer: own.transfer.clone(),
        backtest: None,
        tracker: None,
        report: own.report.clone(),
        settings: own.settings.clone(),
    }
}

fn data(own: &EstimationStudy) -> DataSpec {
    DataSpec {
        products: own.data.products.clone(),
        brands: None,
        columns: ColumnSpec::default(),
        characteristics: changed(own),
        mix_concentration: None,
        average_price: Vec::new(),
    }
}

fn demand(own: &EstimationStudy, problem: &Problem) -> DemandSpec {
    let nest = own.data.columns.nest.as_ref();
    DemandSpec {
        model: Model::RandomCoefficients,
        sensitivity: Parameter::Calibrate,
        spread: Parameter::Calibrate,
        nodes: 1,
        nest: nest.map(|column| NestSpec {
            column: column.clone(),
            strength: Parameter::Calibrate,
        }),
        loyalty: None,
        taste: tastes(problem).into_iter().map(|(_, t)| t).collect(),
        target: Vec::new(),
    }
}

/// Random coefficients on what does not move with the price, with their positions.
pub(super) fn tastes(problem: &Problem) -> Vec<(usize, TasteSpec)> {
    let design = problem.formulas.as_ref().and_then(|f| {
        let random = f.random.as_ref()?;
        Some((random, f.price.as_str()))
    });
    let Some((random, price)) = design else {
        return Vec::new();
    };
    let names = random.names.iter().enumerate();
    let fixed = names.filter(|(c, _)| !random.depends_on(*c, price));
    fixed.map(|(c, name)| (c, taste(name))).collect()
}

/// A taste for a column of a formula.
pub(super) fn taste(column: &str) -> TasteSpec {
    TasteSpec {
        column: column.to_owned(),
        spread: Parameter::Calibrate,
    }
}

/// Columns of the table that scenarios change, and features of premiums.
fn changed(own: &EstimationStudy) -> Vec<String> {
    let mut columns: Vec<String> = Vec::new();
    let changes = own.scenario.iter().flat_map(|s| &s.characteristic);
    let features = own.premiums.iter().flat_map(|p| &p.feature);
    for column in changes
        .map(|c| &c.column)
        .chain(features.map(|f| &f.column))
    {
        if !columns.contains(column) {
            columns.push(column.clone());
        }
    }
    columns
}

/// The products of the chosen markets with the characteristics that scenarios change.
pub(super) fn panel(
    loaded: &LoadedEstimation,
    problem: &Problem,
    chosen: &[usize],
    names: &[(&[String], &[String])],
) -> Panel {
    let columns = changed(&loaded.study);
    let value = |column: &String, row: usize| match loaded.products.column(column) {
        Some(Column::Numbers(cells)) => cells[row],
        _ => f64::NAN,
    };
    let market = |(t, (ids, firms)): (&usize, &(&[String], &[String]))| {
        let m = &problem.markets[*t];
        let product = |(j, id): (usize, &String)| {
            let row = m.rows.start + j;
            let line = problem.order[row];
            let firm = firms[j].clone();
            ProductRow {
                id: id.clone(),
                brand: firm.clone(),
                firm,
                price: problem.price[row],
                basis: ShareBasis::Share(m.share[j]),
                segments: Vec::new(),
                aware: 1.0,
                x: columns.iter().map(|c| value(c, line)).collect(),
                labels: std::collections::BTreeMap::new(),
                mark: entrant_data::Mark::Verified,
                source: String::new(),
                line: loaded.products.lines.get(line).copied().unwrap_or(0),
            }
        };
        MarketPanel {
            id: m.id.clone(),
            products: ids.iter().enumerate().map(product).collect(),
            brands: Vec::new(),
        }
    };
    Panel {
        markets: chosen.iter().zip(names).map(market).collect(),
        characteristics: columns,
    }
}
