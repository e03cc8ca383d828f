//! What a finished search says: status, identification, and what is reported of it.

use entrant_data::Status;
use entrant_data::result::Identification;
use entrant_data::spec::TargetSpec;
use entrant_market::equilibrium::{PriceProblem, certify};
use entrant_market::{Demand, Market};
use entrant_numeric::linalg::singular_values;
use entrant_numeric::root::{RootSolution, difference_jacobian};

use crate::calibrate::{
    Calibration, MISFIT_LIMIT, ParameterValue, Problem, Solved, TargetFit, Warm, misfit,
};
use crate::fitted::fitted;
use crate::parameters::{Kind, Theta, describe, get};

/// Smallest ratio of singular values at which targets still tell parameters apart.
const CONDITIONING_LIMIT: f64 = 1e-7;

impl Problem<'_> {
    pub(crate) fn finish(self, solved: Solved) -> Calibration {
        let market = solved
            .theta
            .as_ref()
            .and_then(|t| self.market_at(t, &solved.offset));
        let conditioning = self.conditioning(&solved);
        let mut status = self.status(&solved, market.is_some(), conditioning);
        if let Some((market, demand)) = &market {
            status = status.worst(as_equilibrium(market, demand));
        }
        let theta = solved
            .theta
            .clone()
            .unwrap_or_else(|| nowhere(&self.study.demand.taste));
        let (market, demand) = market.unwrap_or_else(|| {
            let market = self.skeleton.market(&theta);
            let demand = market.demand();
            (market, demand)
        });
        let fit = demand.shares(&self.seen.price);
        let gap = |(s, f): (&f64, &f64)| (f / s - 1.0).abs();
        let root = solved.root.unwrap_or(RootSolution {
            x: vec![],
            residual: vec![],
            jacobian: vec![],
            evaluations: 0,
            converged: true,
        });
        Calibration {
            share_residual: self
                .seen
                .share
                .iter()
                .zip(&fit)
                .map(gap)
                .fold(0.0, f64::max),
            status,
            identification: self.identification(conditioning),
            method: solved.method,
            parameters: self.report_parameters(&theta),
            targets: self.report_targets(&market, &demand, status),
            conditioning,
            others: self.other_solutions(&solved.others, &solved.offset),
            warm: Warm {
                x: root.x,
                jacobian: root.jacobian,
                offset: self.offset(&theta, &demand),
            },
            market,
            observed: self.seen,
        }
    }

    fn status(&self, solved: &Solved, has_market: bool, conditioning: f64) -> Status {
        if self.identification(conditioning) == Identification::Under {
            return Status::NotIdentified;
        }
        let Some(root) = solved.root.as_ref() else {
            return if has_market {
                Status::Certified
            } else {
                Status::NotConverged
            };
        };
        let exact = self.targets.len() == self.parameters.free.len();
        let met = if exact {
            misfit(root) <= MISFIT_LIMIT
        } else {
            root.converged
        };
        match (has_market, met) {
            (true, true) => Status::Certified,
            (true, false) if exact && misfit(root) <= 1e-4 => Status::Almost,
            _ => Status::NotConverged,
        }
    }

    fn identification(&self, conditioning: f64) -> Identification {
        let (targets, free) = (self.targets.len(), self.parameters.free.len());
        if free == 0 {
            Identification::Given
        } else if targets < free || conditioning < CONDITIONING_LIMIT {
            Identification::Under
        } else if targets == free {
            Identification::Exact
        } else {
            Identification::Over
        }
    }

    /// How well the targets tell the parameters apart: where they are met, else where the search
    /// began, as targets that cannot be met drive it to where nothing moves any more.
    fn conditioning(&self, solved: &Solved) -> f64 {
        let Some(root) = solved.root.as_ref() else {
            return 1.0;
        };
        let n = root.x.len();
        let jacobian = if misfit(root) <= MISFIT_LIMIT || root.converged {
            Some(root.jacobian.clone())
        } else {
            let mut offset = solved.offset.clone();
            difference_jacobian(
                &mut |x: &[f64]| self.residuals(x, &mut offset),
                &self.parameters.start(),
                root.residual.len(),
                1e-5,
            )
        };
        let Some(jacobian) = jacobian else { return 1.0 };
        let values = singular_values(&jacobian, root.residual.len(), n);
        match (values.first(), values.last()) {
            (Some(high), Some(low)) if *high > 0.0 => low / high.max(self.scale()),
            _ => 0.0,
        }
    }

    /// Largest target in units of its tolerance: what a Jacobian is compared with, so that the
    /// rounding noise of targets which do not move at all does not pass for information.
    fn scale(&self) -> f64 {
        let one = |t: &&TargetSpec| (t.value.value() / t.tolerance).abs();
        self.targets.iter().map(one).fold(0.0, f64::max)
    }

    pub(crate) fn report_parameters(&self, theta: &Theta) -> Vec<ParameterValue> {
        let one = |k: &Kind| {
            let (name, meaning) = describe(*k, &self.study.demand, &self.study.currency);
            ParameterValue {
                name,
                meaning,
                calibrated: self.parameters.free.contains(k),
                value: get(theta, *k),
            }
        };
        self.parameters.all.iter().map(one).collect()
    }

    fn report_targets(&self, market: &Market, demand: &Demand, status: Status) -> Vec<TargetFit> {
        let usable = status.is_usable();
        let one = |t: &&TargetSpec| TargetFit {
            name: t.label(),
            input: t.value.value(),
            fitted: fitted(t, market, demand, &self.seen.share)
                .filter(|_| usable)
                .unwrap_or(f64::NAN),
        };
        self.targets.iter().map(one).collect()
    }
}

/// Whether observed prices meet the first- and second-order conditions of the calibrated market;
/// an economy in which they do not is refused.
pub(crate) fn as_equilibrium(market: &Market, demand: &Demand) -> Status {
    let (ownership, cost, free) = (market.ownership(), market.costs(), market.free());
    let problem = PriceProblem {
        demand,
        ownership: &ownership,
        cost: &cost,
        free: &free,
    };
    certify(&problem, &market.prices()).status
}

/// Parameters of a market that was not found: it is never used beyond its product list.
fn nowhere(taste: &[entrant_data::spec::TasteSpec]) -> Theta {
    Theta {
        sensitivity: f64::NAN,
        spread: 0.0,
        rho: 0.0,
        loyalty: 0.0,
        taste: vec![0.0; taste.len()],
    }
}
