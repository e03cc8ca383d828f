//! Calibration: parameters at which known numbers are met and observed shares hold exactly.

use entrant_data::panel::MarketPanel;
use entrant_data::result::Identification;
use entrant_data::spec::{Study, TargetSpec};
use entrant_data::{InputError, Status};
use entrant_market::demand::{invert_shares, margin_pairs};
use entrant_market::equilibrium::{PriceProblem, certify};
use entrant_market::{Demand, Market};
use entrant_numeric::linalg::singular_values;
use entrant_numeric::root::{RootSettings, RootSolution, difference_jacobian, gauss_newton};

use crate::closed_form;
use crate::fitted::fitted;
use crate::parameters::{Kind, Parameters, Theta, describe, get};
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
    warm: Warm,
}

/// What a nearby calibration can start from. `offset` is what heterogeneity adds to the mean
/// utilities of consumers who are all alike; it moves little between draws.
#[derive(Debug, Clone, PartialEq, Default)]
struct Warm {
    x: Vec<f64>,
    jacobian: Vec<f64>,
    offset: Vec<f64>,
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

/// Smallest ratio of singular values at which targets still tell parameters apart.
const CONDITIONING_LIMIT: f64 = 1e-7;
/// Largest scaled misfit of an exactly identified calibration.
const MISFIT_LIMIT: f64 = 1e-8;

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
struct Problem<'a> {
    study: &'a Study,
    skeleton: Skeleton<'a>,
    parameters: Parameters,
    targets: Vec<&'a TargetSpec>,
    seen: ObservedMarket,
}

/// Where the search ended.
struct Solved {
    theta: Option<Theta>,
    root: Option<RootSolution>,
    offset: Vec<f64>,
    method: &'static str,
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
            return Solved {
                theta: self.parameters.theta(&[]),
                root: None,
                offset,
                method: "given",
            };
        }
        if let Some(theta) = self.closed_form() {
            return Solved {
                theta: Some(theta),
                root: None,
                offset,
                method: "closed form",
            };
        }
        if self.targets.len() < self.parameters.free.len() {
            return Solved {
                theta: None,
                root: None,
                offset,
                method: "minimum distance",
            };
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

    /// Secant Gauss-Newton from the neighbour's solution, or from several starts.
    fn search(&self, near: Option<&Calibration>, mut offset: Vec<f64>) -> Solved {
        let mut best: Option<RootSolution> = None;
        for (x, jacobian) in self.starts(near) {
            let mut residuals = |x: &[f64]| self.residuals(x, &mut offset);
            let found = gauss_newton(
                &mut residuals,
                &x,
                jacobian.as_deref(),
                RootSettings::default(),
            );
            let better = |a: &RootSolution, b: &RootSolution| misfit(a) < misfit(b);
            if let Some(found) = found {
                let good = found.converged && misfit(&found) <= MISFIT_LIMIT;
                if best.as_ref().is_none_or(|b| better(&found, b)) {
                    best = Some(found);
                }
                if good {
                    break;
                }
            }
        }
        let theta = best.as_ref().and_then(|b| self.parameters.theta(&b.x));
        Solved {
            theta,
            root: best,
            offset,
            method: "minimum distance",
        }
    }

    fn starts(&self, near: Option<&Calibration>) -> Vec<(Vec<f64>, Option<Vec<f64>>)> {
        let mut starts = Vec::new();
        if let Some(n) = near.filter(|n| n.warm.x.len() == self.parameters.free.len()) {
            let jacobian = (!n.warm.jacobian.is_empty()).then(|| n.warm.jacobian.clone());
            starts.push((n.warm.x.clone(), jacobian));
        }
        let plain = self.parameters.start();
        for shift in [0.0, 1.0, -1.0, 2.0] {
            let moved = |(k, x): (usize, &f64)| {
                if k % 2 == 0 {
                    x + shift
                } else {
                    x - 0.5 * shift
                }
            };
            starts.push((plain.iter().enumerate().map(moved).collect(), None));
        }
        starts
    }

    /// Scaled misfits of the targets at a point of the solver; keeps what the inversion found as
    /// the next start.
    fn residuals(&self, x: &[f64], offset: &mut Vec<f64>) -> Option<Vec<f64>> {
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
    fn market_at(&self, theta: &Theta, offset: &[f64]) -> Option<(Market, Demand)> {
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

    fn offset(&self, theta: &Theta, demand: &Demand) -> Vec<f64> {
        demand
            .mean
            .iter()
            .zip(self.alike(theta, demand))
            .map(|(m, a)| m - a)
            .collect()
    }

    fn finish(self, solved: Solved) -> Calibration {
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

    /// How well the targets tell the parameters apart, from a fresh Jacobian where the search
    /// ended.
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
                &root.x,
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

    fn report_parameters(&self, theta: &Theta) -> Vec<ParameterValue> {
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
fn as_equilibrium(market: &Market, demand: &Demand) -> Status {
    let (ownership, cost, free) = (market.ownership(), market.costs(), market.free());
    let problem = PriceProblem {
        demand,
        ownership: &ownership,
        cost: &cost,
        free: &free,
    };
    certify(&problem, &market.prices()).status
}

fn misfit(root: &RootSolution) -> f64 {
    root.residual.iter().fold(0.0, |m: f64, r| m.max(r.abs()))
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
