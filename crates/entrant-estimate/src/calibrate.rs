//! Calibration: parameters at which known numbers are met and observed shares hold exactly.

mod search;

use entrant_data::panel::MarketPanel;
use entrant_data::result::Identification;
use entrant_data::spec::{Study, TargetSpec};
use entrant_data::{InputError, Status};
use entrant_market::demand::{invert_shares, margin_pairs};
use entrant_market::{Demand, Market};
use entrant_numeric::root::RootSolution;

use crate::closed_form;
use crate::fitted::fitted;
use crate::parameters::{Kind, Parameters, Theta};
use crate::shares::{ObservedMarket, log_ratio, observe};
use crate::skeleton::{Skeleton, given_margin};

/// A calibrated market and how it was obtained.
#[derive(Debug, Clone, PartialEq)]
pub struct Calibration {
    /// The market, with mean utilities and costs.
    pub market: Market,
    /// What was observed.
    pub observed: ObservedMarket,
    /// What the calibration found.
    pub status: Status,
    /// Whether the targets determine the parameters.
    pub identification: Identification,
    /// `closed form`, `minimum distance` or `given`.
    pub method: &'static str,
    /// Parameters of the model.
    pub parameters: Vec<ParameterValue>,
    /// Targets, input against fitted.
    pub targets: Vec<TargetFit>,
    /// Largest relative difference between an observed and a fitted share, recomputed.
    pub share_residual: f64,
    /// Smallest singular value of the targets' Jacobian, over the largest one or the largest
    /// target, whichever is larger; 1 when nothing is searched for.
    pub conditioning: f64,
    /// Values of the calibrated parameters at other points that meet the targets as well, found
    /// from other starts; only looked for without a neighbour.
    pub others: Vec<Vec<ParameterValue>>,
    pub(crate) warm: Warm,
}

/// What a nearby calibration can start from. `offset` is what heterogeneity adds to the mean
/// utilities of consumers who are all alike; it moves little between draws.
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct Warm {
    pub(crate) x: Vec<f64>,
    pub(crate) jacobian: Vec<f64>,
    pub(crate) offset: Vec<f64>,
}

/// Value of a parameter.
#[derive(Debug, Clone, PartialEq)]
pub struct ParameterValue {
    /// Name.
    pub name: String,
    /// What it means, with units.
    pub meaning: String,
    /// Whether it was solved for.
    pub calibrated: bool,
    /// Value.
    pub value: f64,
}

/// A target, input against fitted.
#[derive(Debug, Clone, PartialEq)]
pub struct TargetFit {
    /// What it is about.
    pub name: String,
    /// Input.
    pub input: f64,
    /// Fitted.
    pub fitted: f64,
}

/// Largest scaled misfit of an exactly identified calibration.
pub(crate) const MISFIT_LIMIT: f64 = 1e-8;

/// Calibrates one market of a resolved study (every quantity known).
///
/// Observed shares hold exactly by inversion. Parameters marked `calibrate` solve the targets:
/// in closed form for a plain logit, by a secant Gauss-Newton otherwise. `near` is a calibration
/// of the same study at other draws; it saves work and never changes the answer beyond the
/// certified tolerance. Incumbents' costs follow from their first-order conditions.
///
/// # Errors
/// The caller's mistakes: impossible shares, a target that names nothing.
pub fn calibrate(
    study: &Study,
    panel: &MarketPanel,
    characteristics: &[String],
    near: Option<&Calibration>,
) -> Result<Calibration, InputError> {
    let spec = study.market.iter().find(|m| m.id == panel.id);
    let spec = spec.ok_or_else(|| {
        InputError::at(
            "market",
            format!("market `{}` is not in the study", panel.id),
        )
    })?;
    let seen = observe(spec, panel, &study.data.average_price)?;
    let problem = Problem::new(study, panel, characteristics, seen)?;
    let solution = problem.solve(near);
    Ok(problem.finish(solution))
}

/// One market's calibration problem.
pub(crate) struct Problem<'a> {
    pub(crate) study: &'a Study,
    pub(crate) skeleton: Skeleton<'a>,
    pub(crate) parameters: Parameters,
    pub(crate) targets: Vec<&'a TargetSpec>,
    pub(crate) seen: ObservedMarket,
}

/// Where the search ended.
pub(crate) struct Solved {
    pub(crate) theta: Option<Theta>,
    pub(crate) root: Option<RootSolution>,
    /// Other points that meet the targets.
    pub(crate) others: Vec<Theta>,
    pub(crate) offset: Vec<f64>,
    pub(crate) method: &'static str,
}

impl Solved {
    /// Nothing was searched for.
    fn without_search(theta: Option<Theta>, offset: Vec<f64>, method: &'static str) -> Self {
        Solved {
            theta,
            root: None,
            others: Vec::new(),
            offset,
            method,
        }
    }
}

impl<'a> Problem<'a> {
    fn new(
        study: &'a Study,
        panel: &MarketPanel,
        characteristics: &[String],
        seen: ObservedMarket,
    ) -> Result<Self, InputError> {
        let first = study.market.first().is_some_and(|m| m.id == panel.id);
        let here = |t: &&TargetSpec| t.market == panel.id || (t.market.is_empty() && first);
        let targets: Vec<&TargetSpec> = study.demand.target.iter().filter(here).collect();
        let problem = Problem {
            study,
            skeleton: Skeleton::new(study, panel, characteristics, &seen),
            parameters: Parameters::new(&study.demand, seen.average_price()),
            targets,
            seen,
        };
        problem.check_names()?;
        Ok(problem)
    }

    /// Every target must name something in this market.
    fn check_names(&self) -> Result<(), InputError> {
        let theta = Theta {
            sensitivity: 0.0,
            spread: 0.0,
            rho: 0.0,
            loyalty: 0.0,
            taste: vec![0.0; self.study.demand.taste.len()],
        };
        let market = self.skeleton.market(&theta);
        let demand = market.demand();
        for t in &self.targets {
            if fitted(t, &market, &demand, &self.seen.share).is_none() {
                let text = format!(
                    "target `{}` names nothing in market `{}`",
                    t.label(),
                    market.id
                );
                return Err(InputError::at("demand.target", text)
                    .hint("name a product, brand, firm or loyalty group of the tables"));
            }
        }
        Ok(())
    }

    fn solve(&self, near: Option<&Calibration>) -> Solved {
        let offset = near.map_or_else(
            || vec![0.0; self.seen.share.len()],
            |n| n.warm.offset.clone(),
        );
        if self.parameters.free.is_empty() {
            return Solved::without_search(self.parameters.theta(&[]), offset, "given");
        }
        if let Some(theta) = self.closed_form() {
            return Solved::without_search(Some(theta), offset, "closed form");
        }
        if self.targets.len() < self.parameters.free.len() {
            return Solved::without_search(None, offset, "minimum distance");
        }
        self.search(near, offset)
    }

    fn closed_form(&self) -> Option<Theta> {
        let [target] = self.targets.as_slice() else {
            return None;
        };
        if self.parameters.free != [Kind::Sensitivity] {
            return None;
        }
        let mut theta = self.parameters.theta(&[0.0])?;
        let market = self.skeleton.market(&theta);
        theta.sensitivity = closed_form::sensitivity(self.study, &market, target, &self.seen)?;
        Some(theta)
    }

    /// Scaled misfits of the targets at a point of the solver; keeps what the inversion found as
    /// the next start.
    pub(crate) fn residuals(&self, x: &[f64], offset: &mut Vec<f64>) -> Option<Vec<f64>> {
        let theta = self.parameters.theta(x)?;
        let (market, demand) = self.market_at(&theta, offset)?;
        *offset = self.offset(&theta, &demand);
        let scaled = |t: &&TargetSpec| {
            fitted(t, &market, &demand, &self.seen.share)
                .map(|f| (f - t.value.value()) / t.tolerance)
        };
        self.targets
            .iter()
            .map(scaled)
            .collect::<Option<Vec<f64>>>()
            .filter(|r| r.iter().all(|v| v.is_finite()))
    }

    /// The market at these parameters: shares inverted, costs from first-order conditions.
    pub(crate) fn market_at(&self, theta: &Theta, offset: &[f64]) -> Option<(Market, Demand)> {
        let mut market = self.skeleton.market(theta);
        let mut demand = market.demand();
        let alike = self.alike(theta, &demand);
        demand.mean = alike.iter().zip(offset).map(|(a, o)| a + o).collect();
        let mut inversion = invert_shares(&demand, &self.seen.share, &self.seen.price);
        if !inversion.converged {
            demand.mean = alike;
            inversion = invert_shares(&demand, &self.seen.share, &self.seen.price);
        }
        if !inversion.converged {
            return None;
        }
        demand.mean = inversion.mean;
        for (p, delta) in market.products.iter_mut().zip(&demand.mean) {
            p.mean_utility = *delta;
        }
        self.fill_costs(&mut market, &demand)?;
        Some((market, demand))
    }

    fn fill_costs(&self, market: &mut Market, demand: &Demand) -> Option<()> {
        let margin: Vec<f64> = market
            .products
            .iter()
            .map(|p| given_margin(self.study, &p.firm).map_or(0.0, |m| m * p.price))
            .collect();
        let free = market.free();
        let margin = margin_pairs(
            demand,
            &market.ownership(),
            &self.seen.price,
            &margin,
            &free,
        )?;
        for (p, m) in market.products.iter_mut().zip(&margin) {
            p.cost = p.price - m;
        }
        Some(())
    }

    /// Mean utilities if all consumers were alike (Berry 1994, equation 27):
    /// `(1 - rho) ln s_j + rho ln s_h - ln s_0 + alpha p_j`.
    fn alike(&self, theta: &Theta, demand: &Demand) -> Vec<f64> {
        let mut nest = vec![0.0; demand.nests];
        for (s, h) in self.seen.share.iter().zip(&demand.nest) {
            nest[*h] += s;
        }
        let outside = self.seen.outside();
        let one = |j: usize| {
            let within = log_ratio(self.seen.share[j], nest[demand.nest[j]]);
            (1.0 - theta.rho) * within
                + log_ratio(nest[demand.nest[j]], outside)
                + theta.sensitivity * self.seen.price[j]
        };
        (0..self.seen.share.len()).map(one).collect()
    }

    pub(crate) fn offset(&self, theta: &Theta, demand: &Demand) -> Vec<f64> {
        demand
            .mean
            .iter()
            .zip(self.alike(theta, demand))
            .map(|(m, a)| m - a)
            .collect()
    }
}

pub(crate) fn misfit(root: &RootSolution) -> f64 {
    root.residual.iter().fold(0.0, |m: f64, r| m.max(r.abs()))
}
