//! One draw: calibrate every market again, then solve every scenario again.

use entrant_data::spec::ScenarioSpec;
use entrant_data::{InputError, Status};
use entrant_estimate::quality::fit_quality;
use entrant_estimate::{Calibration, calibrate};
use entrant_market::demand::{aggregate_elasticity, own_elasticities};
use entrant_market::equilibrium::Effort;
use entrant_market::{Market, PriceRule, QualityModel};
use entrant_scenario::{Before, Context, MarketDraw, RunSettings, apply, run_market};

use crate::inputs::{Inputs, Resolved};

/// A calibrated market with what is read off it.
#[derive(Debug, Clone)]
pub struct Calibrated {
    /// The calibration.
    pub calibration: Calibration,
    /// Worth of characteristics and brands.
    pub quality: QualityModel,
    /// Own-price elasticities (products).
    pub elasticity: Vec<f64>,
    /// Elasticity of total units.
    pub aggregate: f64,
}

/// A scenario in one market: the market after it, and its solution.
#[derive(Debug, Clone)]
pub struct Solved {
    /// Market after the changes.
    pub after: Market,
    /// Solution and measurements.
    pub draw: MarketDraw,
}

/// Everything that one draw found.
#[derive(Debug, Clone)]
pub struct OneDraw {
    /// Calibrations (markets).
    pub markets: Vec<Calibrated>,
    /// Solutions (scenarios x markets); `None` where the market could not be calibrated.
    pub scenarios: Vec<Vec<Option<Solved>>>,
}

/// Calibrates the markets of a resolved study, each near its central calibration.
pub fn calibrate_all(
    resolved: &Resolved,
    near: Option<&[Calibrated]>,
) -> Result<Vec<Calibrated>, InputError> {
    let columns = &resolved.panel.characteristics;
    let one = |(t, panel): (usize, &entrant_data::panel::MarketPanel)| {
        let near = near.and_then(|n| n.get(t)).map(|n| &n.calibration);
        let calibration = calibrate(&resolved.study, panel, columns, near)?;
        let (mut quality, mut elasticity, mut aggregate) =
            (QualityModel::default(), Vec::new(), f64::NAN);
        if calibration.status.is_usable() {
            let demand = calibration.market.demand();
            quality = fit_quality(&calibration.market, panel, columns);
            elasticity = own_elasticities(&demand, &calibration.observed.price);
            aggregate = aggregate_elasticity(&demand, &calibration.observed.price);
        }
        Ok(Calibrated {
            calibration,
            quality,
            elasticity,
            aggregate,
        })
    };
    resolved.panel.markets.iter().enumerate().map(one).collect()
}

/// Solves one scenario in one market. `near` is its solution at other draws: it gives a better
/// place to start from than today's prices.
pub fn solve_scenario(
    resolved: &Resolved,
    t: usize,
    calibrated: &Calibrated,
    before: &Before,
    scenario: &ScenarioSpec,
    near: Option<&Solved>,
    settings: RunSettings,
) -> Result<Solved, InputError> {
    let context = Context {
        study: &resolved.study,
        panel: &resolved.panel.markets[t],
        characteristics: &resolved.panel.characteristics,
        quality: &calibrated.quality,
        draw: &resolved.quality,
    };
    let after = apply(&calibrated.calibration.market, scenario, &context)?;
    let start = starting_prices(&after, near);
    let draw = run_market(before, &after, &start, settings);
    Ok(Solved { after, draw })
}

/// Today's prices, moved in proportion to how the neighbouring solution moved them.
fn starting_prices(after: &Market, near: Option<&Solved>) -> Vec<f64> {
    let Some(near) = near.filter(|n| n.draw.status.is_usable()) else {
        return after.prices();
    };
    let moved = |(p, (q, x)): (&entrant_market::Product, (&entrant_market::Product, &f64))| {
        if p.rule == PriceRule::Optimal && x.is_finite() {
            p.price * x / q.price
        } else {
            p.price
        }
    };
    let solution = near.after.products.iter().zip(&near.draw.price_after);
    after.products.iter().zip(solution).map(moved).collect()
}

/// Calibrates and solves everything at one draw, near the central calibration and solutions
/// (scenarios x markets).
pub fn one_draw(
    inputs: &Inputs,
    near: &[Calibrated],
    solved: &[Vec<Solved>],
    draw: usize,
    diversion: bool,
) -> Result<OneDraw, InputError> {
    let resolved = inputs.resolve(Some(draw));
    let markets = calibrate_all(&resolved, Some(near))?;
    let settings = RunSettings {
        effort: Effort::Local,
        diversion,
    };
    let before: Vec<Option<Before>> = markets
        .iter()
        .map(|c| {
            c.calibration
                .status
                .is_usable()
                .then(|| Before::new(&c.calibration.market))
        })
        .collect();
    let solve = |(s, scenario): (usize, &ScenarioSpec)| -> Result<Vec<Option<Solved>>, InputError> {
        let in_market = |(t, c): (usize, &Calibrated)| match &before[t] {
            Some(b) => {
                let near = solved.get(s).and_then(|m| m.get(t));
                solve_scenario(&resolved, t, c, b, scenario, near, settings).map(Some)
            }
            None => Ok(None),
        };
        markets.iter().enumerate().map(in_market).collect()
    };
    let scenarios = resolved
        .study
        .scenario
        .iter()
        .enumerate()
        .map(solve)
        .collect::<Result<_, _>>()?;
    Ok(OneDraw { markets, scenarios })
}

impl OneDraw {
    /// A draw whose inputs contradict one another (an average price outside a brand's prices, a
    /// share that cannot be met): counted, and left out of every interval.
    pub fn lost(near: &[Calibrated], scenarios: usize) -> Self {
        let mut markets = near.to_vec();
        for m in &mut markets {
            m.calibration.status = Status::NotConverged;
        }
        let nothing = vec![None; markets.len()];
        OneDraw {
            markets,
            scenarios: vec![nothing; scenarios],
        }
    }
}

/// A draw in which nothing could be solved, shaped like `like`.
pub fn failed(like: &MarketDraw, status: Status) -> MarketDraw {
    let nothing = |v: &[f64]| vec![f64::NAN; v.len()];
    MarketDraw {
        status,
        price_before: nothing(&like.price_before),
        price_after: nothing(&like.price_after),
        cost_before: nothing(&like.cost_before),
        cost_after: nothing(&like.cost_after),
        share_before: nothing(&like.share_before),
        share_after: nothing(&like.share_after),
        surplus_before: f64::NAN,
        surplus_after: f64::NAN,
        source: nothing(&like.source),
        diversion: Vec::new(),
        ..like.clone()
    }
}
