//! The covariance of micro moments in their samples.

use std::sync::{Mutex, PoisonError};

use entrant_numeric::dense::Matrix;
use entrant_numeric::vector;

use super::Micro;
use super::sums::{At, Draw};
use crate::blp::{Block, Evaluation, Problem, Theta, Workers};

/// The covariance of micro moments (moments x moments) at parameters `values` and what was evaluated
/// there: the given one, or by the delta method from the covariance of values within each survey,
/// divided by its observations. Surveys are independent of each other.
///
/// Empty where there are no micro moments.
pub fn spread(problem: &Problem, values: &[f64], at: &Evaluation, workers: &dyn Workers) -> Matrix {
    let Some(micro) = &problem.micro else {
        return Matrix::zeros(0, 0);
    };
    if let Some(given) = &micro.covariance {
        return given.symmetric();
    }
    let theta = Theta::new(&problem.parameters, values);
    let slots: Vec<Mutex<Vec<f64>>> = problem.markets.iter().map(|_| Mutex::default()).collect();
    workers.each(slots.len(), &|t| {
        let squares = squares(problem, micro, t, &theta, at);
        *slots[t].lock().unwrap_or_else(PoisonError::into_inner) = squares;
    });
    let n = micro.parts.len();
    let mut total = Matrix::zeros(n, n);
    for slot in slots {
        let squares = slot.into_inner().unwrap_or_else(PoisonError::into_inner);
        for (to, from) in total.data.iter_mut().zip(squares) {
            *to += from;
        }
    }
    for a in 0..n {
        for b in 0..=a {
            let (p, q) = (&micro.parts[a], &micro.parts[b]);
            if p.dataset != q.dataset {
                continue;
            }
            let mean = total.at(a, b) / at.micro.weight[p.dataset];
            let own = (mean - at.micro.parts[a] * at.micro.parts[b])
                / micro.datasets[p.dataset].observations;
            total.set(a, b, own);
            total.set(b, a, own);
        }
    }
    let g = &at.micro.gradients;
    g.times(&total).times(&g.transpose()).symmetric()
}

/// `sum_i w_i sum_j s_ij w_dij v_pij v_qij` of parts of one survey, on and below the diagonal (parts x
/// parts).
fn squares(problem: &Problem, micro: &Micro, t: usize, theta: &Theta, at: &Evaluation) -> Vec<f64> {
    let m = &problem.markets[t];
    let (n, surveys) = (micro.parts.len(), micro.datasets.len());
    let mut out = vec![0.0; n * n];
    let bound = &micro.bound[t];
    if bound.cells.iter().all(Option::is_none) {
        return out;
    }
    let mut block = Block::default();
    let delta = problem.in_shocks(&at.delta[m.rows.clone()]);
    block.fill_coefficients(problem, m, theta);
    block.fill_exponentials(m, theta, &delta);
    block.evaluate(m, theta, &delta);
    block.fill_probabilities(m);
    let here = At {
        problem,
        t,
        theta,
        block: &block,
    };
    let mut draw = Draw::default();
    let mut weighted = Vec::new();
    for (i, w) in m.consumers.weight.iter().enumerate() {
        draw.fill(here, i);
        for p in 0..n {
            let Some(cells) = &bound.cells[surveys + p] else {
                continue;
            };
            let (by, row) = cells.table.row(i);
            if w * by == 0.0 {
                continue;
            }
            let width = row.len() / draw.s.len();
            weighted.clear();
            if let Some(groups) = &cells.groups {
                draw.fill_removed(groups);
                for j in &cells.support {
                    let from = weighted.len();
                    draw.extend_with_pairs(groups, *j, w * by, &mut weighted);
                    let c = &row[j * width..(j + 1) * width];
                    weighted[from..]
                        .iter_mut()
                        .zip(c)
                        .for_each(|(p, c)| *p *= c);
                }
            } else {
                weighted.extend(cells.support.iter().map(|l| w * by * row[*l] * draw.s[*l]));
            }
            for q in 0..=p {
                let other = &micro.parts[q];
                if other.dataset != micro.parts[p].dataset {
                    continue;
                }
                let Some(values) = &other.values[t] else {
                    continue;
                };
                let (scale, v) = values.row(i);
                if scale != 0.0 {
                    out[p * n + q] += scale * along(&weighted, v, &cells.support, width);
                }
            }
        }
    }
    out
}

/// Sum of weighted numbers of the first choices in `support` times numbers of all cells.
fn along(weighted: &[f64], v: &[f64], support: &[usize], width: usize) -> f64 {
    let together = support.last().is_some_and(|l| l + 1 == support.len());
    if together {
        return vector::dot(weighted, v);
    }
    let rows = weighted.chunks_exact(width.max(1)).zip(support);
    rows.map(|(w, l)| vector::dot(w, &v[l * width..(l + 1) * width]))
        .sum()
}
