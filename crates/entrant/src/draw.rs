//! One draw: calibrate every market again, then solve every scenario again.

use entrant_data::result::live::LiveDraw;
use entrant_data::{InputError, Status};
use entrant_estimate::quality::fit_quality;
use entrant_estimate::{Calibration, calibrate};
use entrant_market::QualityModel;
use entrant_market::demand::{aggregate_elasticity, own_elasticities};
use entrant_scenario::MarketDraw;

use crate::economy::{Economy, Solved, in_draw, lost};
use crate::horizon::{Horizon, HorizonDraw};
use crate::inputs::{Inputs, Resolved};
use crate::live::Keeper;

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

/// Everything that one draw found.
#[derive(Debug, Clone)]
pub struct OneDraw {
    /// Calibrations (markets).
    pub markets: Vec<Calibrated>,
    /// Solutions (scenarios x markets).
    pub scenarios: Vec<Vec<MarketDraw>>,
    /// Profits over time, in the draws that have them.
    pub(crate) horizon: Option<HorizonDraw>,
    /// What the page needs to solve it again, in the draws that have it (markets).
    pub(crate) live: Option<Vec<LiveDraw>>,
}

/// What some draws have beside scenarios.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Extras<'a> {
    /// Every how many draws one has a matrix of diversion.
    pub(crate) diversion: usize,
    /// Profits over time.
    pub(crate) horizon: &'a Horizon,
    /// Markets for the page to solve again.
    pub(crate) keeper: Option<&'a Keeper>,
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

/// Calibrates and solves everything at one draw, near the central calibration and solutions
/// (scenarios x markets).
pub(crate) fn one_draw(
    inputs: &Inputs,
    near: &[Calibrated],
    solved: &[Vec<Solved>],
    draw: usize,
    extras: Extras<'_>,
) -> Result<OneDraw, InputError> {
    let resolved = inputs.resolve(Some(draw));
    let markets = calibrate_all(&resolved, Some(near))?;
    let economy = Economy::calibrated(resolved, &markets);
    let scenarios = in_draw(&economy, solved, draw.is_multiple_of(extras.diversion))?;
    let over_time = if draw < extras.horizon.draws {
        HorizonDraw::solve(extras.horizon, &economy, &scenarios)?
    } else {
        None
    };
    Ok(OneDraw {
        markets,
        scenarios,
        horizon: over_time,
        live: extras.keeper.and_then(|k| k.record(draw, &economy)),
    })
}

impl OneDraw {
    /// A draw whose inputs contradict one another (an average price outside a brand's prices, a
    /// share that cannot be met): counted, and left out of every interval.
    pub fn lost(near: &[Calibrated], solved: &[Vec<Solved>]) -> Self {
        let status = Status::NotConverged;
        let mut markets = near.to_vec();
        for m in &mut markets {
            m.calibration.status = status;
        }
        OneDraw {
            markets,
            scenarios: lost(solved, status),
            horizon: None,
            live: None,
        }
    }
}
