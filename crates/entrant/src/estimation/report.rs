//! The document of an estimation.

use std::collections::BTreeSet;

use entrant_data::result::conclusions::Conclusions;
use entrant_data::result::estimation::{
    ESTIMATE_SCHEMA, EstimateStatus, EstimationReport, MomentReport, MomentsReport,
    OveridentificationReport, PanelReport, StepReport, WorkReport,
};
use entrant_data::table::Column;
use entrant_estimate::blp::{Problem, Side, Workers};
use entrant_estimate::gmm::{self, Fit};
use entrant_estimate::inference::FirstStage;
use entrant_io::LoadedEstimation;
use entrant_numeric::dense::{self, Matrix};
use entrant_numeric::distribution::chi_square_survival;

use super::again::{self, Earlier};
use super::certificate::certificate;
use super::findings::{findings, scale};
use super::gate::gate;
use super::micro;
use super::parameters::{covariance, parameters};
use super::starts::Searched;
use super::words::{known, settings, status, status_of};

/// Everything that an estimation made.
pub(super) struct Made<'a> {
    pub(super) loaded: &'a LoadedEstimation,
    pub(super) problem: &'a Problem,
    pub(super) fit: &'a Fit,
    /// Strength of the instruments of demand.
    pub(super) first_stage: Option<FirstStage>,
    pub(super) searched: &'a Searched,
    /// The estimations before.
    pub(super) earlier: Earlier,
    /// Evaluations taken from a checkpoint.
    pub(super) recalled: usize,
    /// Whether the observer asked to stop.
    pub(super) stopped: bool,
    pub(super) workers: &'a dyn Workers,
}

impl Made<'_> {
    /// Whether the data say which firm sells what.
    pub(super) fn names_firms(&self) -> bool {
        firms(self.loaded).is_some()
    }
}

/// The document.
pub(super) fn report(made: &Made<'_>) -> EstimationReport {
    let (study, fit) = (&made.loaded.study, made.fit);
    let parameters = parameters(made.problem, fit);
    let mut report = EstimationReport {
        schema: ESTIMATE_SCHEMA.into(),
        version: env!("CARGO_PKG_VERSION").into(),
        title: study.title.clone(),
        currency: study.currency.clone(),
        status: overall(made),
        objective: known(fit.objective),
        gradient: fit.gradient.iter().map(|g| known(*g)).collect(),
        projected_gradient: known(fit.projected_gradient),
        covariance: covariance(fit, &parameters),
        parameters,
        overidentification: overidentification(made),
        importance: made.earlier.importance.clone(),
        optimal: made.earlier.optimal.clone(),
        steps: steps(fit),
        starts: made.searched.reports.clone(),
        best_start: made.searched.winner,
        certificate: certificate(made),
        moments: moments(made.problem, fit),
        data: panel(made),
        settings: settings(&study.estimate, &made.loaded.fingerprint),
        work: work(made),
        conclusions: Conclusions::default(),
        findings: Vec::new(),
    };
    report.findings = findings(&report, &made.loaded.findings);
    report.findings.extend(scale(made.problem));
    report.findings.extend(gate(made));
    report
}

/// A search that was told to stop is interrupted, whatever its best start had come to.
fn overall(made: &Made<'_>) -> EstimateStatus {
    let spec = &made.loaded.study.estimate;
    let of = made.searched.reports.iter().map(|r| r.status);
    let missing = match again::wanted(spec) {
        0 => of.clone().count() < spec.optimizer.starts,
        // The starts belong to the first estimation; later ones search once.
        wanted => made.earlier.count() < wanted,
    };
    let broken_off =
        of.into_iter().any(|s| s == EstimateStatus::Interrupted) || missing && made.stopped;
    match status(made.fit) {
        EstimateStatus::NotIdentified => EstimateStatus::NotIdentified,
        _ if broken_off => EstimateStatus::Interrupted,
        other => other,
    }
}

fn steps(fit: &Fit) -> Vec<StepReport> {
    let one = |s: &gmm::StepReport| StepReport {
        status: status_of(s.status, fit.values.is_empty()),
        objective: known(s.objective),
        projected_gradient: known(s.gradient),
        evaluations: s.evaluations,
        values: s.values.clone(),
    };
    fit.steps.iter().map(one).collect()
}

fn overidentification(made: &Made<'_>) -> OveridentificationReport {
    let (_, rank) = dense::symmetric_pseudo_inverse(&made.fit.weighting);
    let degrees = rank.saturating_sub(made.fit.inference.g.columns);
    let updated =
        super::settings(&made.loaded.study.estimate).initial_update || made.fit.steps.len() > 1;
    let statistic = known(made.fit.objective);
    OveridentificationReport {
        statistic,
        degrees,
        p_value: statistic
            .filter(|_| updated && degrees > 0 && !made.fit.crossed)
            .map(|j| chi_square_survival(j, degrees as f64)),
    }
}

fn moments(problem: &Problem, fit: &Fit) -> MomentsReport {
    let supply = problem.supply.iter().flat_map(|s| &s.side.z_names);
    let crossed = problem.crossed().into_iter().flat_map(|c| &c.names);
    let names = problem.demand.z_names.iter().chain(supply).chain(crossed);
    let mut demand: Vec<MomentReport> = names
        .enumerate()
        .map(|(k, name)| MomentReport {
            instrument: name.clone(),
            mean: fit.moments.get(k).copied().and_then(known),
        })
        .collect();
    let covariance = demand.split_off(problem.level_moments());
    let supply = demand.split_off(problem.demand.z.columns);
    MomentsReport {
        demand,
        supply,
        covariance,
        micro: micro::moments(problem, fit),
        weighting_rank: dense::symmetric_pseudo_inverse(&fit.weighting).1,
        weighting_condition: condition(&fit.weighting),
        information_rank: fit.inference.rank,
        information_asked: fit.inference.asked,
        information_condition: known(fit.inference.condition),
    }
}

/// Largest over smallest eigenvalue after scaling to a unit diagonal; `None` when singular.
fn condition(a: &Matrix) -> Option<f64> {
    let mut unit = a.clone();
    for i in 0..a.rows {
        for j in 0..a.rows {
            unit.data[i * a.rows + j] /= (a.at(i, i) * a.at(j, j)).sqrt();
        }
    }
    if unit.data.iter().any(|v| !v.is_finite()) {
        return None;
    }
    let (values, _) = dense::symmetric_eigen(&unit);
    let (low, high) = (values.first()?, values.last()?);
    (*low > 0.0).then(|| high / low)
}

fn panel(made: &Made<'_>) -> PanelReport {
    let problem = made.problem;
    let supply = problem.supply.as_ref();
    PanelReport {
        markets: problem.markets.len(),
        rows: problem.rows(),
        firms: firms(made.loaded),
        consumers: problem.consumers(),
        demand_effects: levels(&problem.demand),
        supply_effects: supply.map_or(Vec::new(), |s| levels(&s.side)),
        clusters: problem.clusters.iter().map(|c| count(c)).collect(),
    }
}

fn levels(side: &Side) -> Vec<usize> {
    side.effects.iter().map(|codes| count(codes)).collect()
}

/// Codes count from 0.
fn count(codes: &[u32]) -> usize {
    codes.iter().max().map_or(0, |c| *c as usize + 1)
}

fn firms(loaded: &LoadedEstimation) -> Option<usize> {
    let column = loaded.products.column(&loaded.study.data.columns.firm)?;
    Some(match column {
        Column::Numbers(cells) => cells
            .iter()
            .map(|x| x.to_bits())
            .collect::<BTreeSet<_>>()
            .len(),
        Column::Text(cells) => cells.iter().collect::<BTreeSet<_>>().len(),
    })
}

fn work(made: &Made<'_>) -> WorkReport {
    let all = made.searched.reports.iter().map(|r| r.evaluations);
    WorkReport {
        evaluations: made.searched.earlier + all.sum::<usize>(),
        recalled: made.recalled,
        share_evaluations: made.searched.counters.share_evaluations,
        factorisations: made.searched.counters.factorisations,
        bounded_costs: made.fit.at.counters.bounded_costs,
    }
}
