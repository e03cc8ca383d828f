//! A linear mixed model with crossed random intercepts, its variances integrated over a grid.
//!
//! `y_i = mu_{g(i)} + sum_k u_{k, l_k(i)} + e_i` with a fixed effect for each group, random
//! effects `u_k ~ N(0, s_k^2)` of one or two factors and `e ~ N(0, s^2)`. Given the variances the
//! effects follow from the mixed-model equations (Henderson 1975); the variances have the
//! restricted likelihood and weak priors, and stay uncertain (Gelman 2006).

use crate::linalg::{backward_solve, cholesky_root, forward_solve};

/// A factor: the level of each row.
#[derive(Debug, Clone, PartialEq)]
pub struct Factor {
    /// Number of levels; levels that no row has keep their prior.
    pub levels: usize,
    /// Level of each row.
    pub level: Vec<usize>,
}

/// Rows with a fixed effect for each group and random effects of factors.
#[derive(Debug, Clone, PartialEq)]
pub struct Mixed {
    /// Outcomes (rows).
    pub y: Vec<f64>,
    /// Groups with a fixed effect each; every level must have a row.
    pub group: Factor,
    /// Factors with random effects.
    pub random: Vec<Factor>,
}

/// The model at given ratios of standard deviations.
#[derive(Debug, Clone)]
pub struct Solved {
    /// Half the logarithm of the determinants in the restricted likelihood.
    log_determinant: f64,
    /// Sum of squares that remains.
    squares: f64,
    /// Rows less groups.
    degrees: f64,
    /// Fixed effects, then those of each factor.
    effects: Vec<f64>,
    /// Lower root of the coefficient matrix.
    root: Vec<f64>,
}

/// A weighted sum of effects given the variances.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Contrast {
    /// Mean.
    pub mean: f64,
    /// Variance over that of the noise.
    pub variance: f64,
}

impl Mixed {
    /// Number of all effects.
    pub fn effects(&self) -> usize {
        self.group.levels + self.random.iter().map(|f| f.levels).sum::<usize>()
    }

    /// Place of a level of random factor `k` among all effects.
    pub fn place(&self, k: usize, level: usize) -> usize {
        let before: usize = self.random[..k].iter().map(|f| f.levels).sum();
        self.group.levels + before + level
    }

    /// Solves the mixed-model equations at the ratios `s_k / s` of each factor, all above 0.
    /// `None` where a group has no row, or nothing is finite.
    pub fn at(&self, ratios: &[f64]) -> Option<Solved> {
        let (n, size) = (self.y.len(), self.effects());
        let mut matrix = vec![0.0; size * size];
        let mut right = vec![0.0; size];
        for i in 0..n {
            let random = self.random.iter().enumerate();
            let own: Vec<usize> = std::iter::once(self.group.level[i])
                .chain(random.map(|(k, f)| self.place(k, f.level[i])))
                .collect();
            for a in &own {
                right[*a] += self.y[i];
                for b in &own {
                    matrix[a * size + b] += 1.0;
                }
            }
        }
        let mut logs = 0.0;
        for (k, (factor, ratio)) in self.random.iter().zip(ratios).enumerate() {
            for level in 0..factor.levels {
                let at = self.place(k, level);
                matrix[at * size + at] += 1.0 / (ratio * ratio);
                logs += ratio.ln();
            }
        }
        let root = cholesky_root(&matrix, size);
        if (0..size).any(|a| root[a * size + a] <= 0.0) {
            return None;
        }
        logs += (0..size).map(|a| root[a * size + a].ln()).sum::<f64>();
        let half = forward_solve(&root, &right);
        let squares =
            self.y.iter().map(|y| y * y).sum::<f64>() - half.iter().map(|h| h * h).sum::<f64>();
        Some(Solved {
            log_determinant: logs,
            squares: squares.max(0.0),
            degrees: n as f64 - self.group.levels as f64,
            effects: backward_solve(&root, &half),
            root,
        })
        .filter(|s| s.squares.is_finite() && s.log_determinant.is_finite())
    }
}

impl Solved {
    /// Restricted log likelihood at a standard deviation of the noise, up to a constant.
    pub fn log_likelihood(&self, noise: f64) -> f64 {
        -self.log_determinant - self.degrees * noise.ln() - 0.5 * self.squares / (noise * noise)
    }

    /// Best linear unbiased predictions: fixed effects, then those of each factor.
    pub fn effects(&self) -> &[f64] {
        &self.effects
    }

    /// A weighted sum of effects (effects).
    pub fn contrast(&self, weights: &[f64]) -> Contrast {
        let half = forward_solve(&self.root, weights);
        Contrast {
            mean: weights.iter().zip(&self.effects).map(|(w, e)| w * e).sum(),
            variance: half.iter().map(|h| h * h).sum(),
        }
    }
}

/// Variances on a grid, with their weights.
#[derive(Debug, Clone)]
pub struct Posterior {
    /// Standard deviations of each factor and of the noise (nodes x (factors + 1)).
    pub deviations: Vec<Vec<f64>>,
    /// Weights, which sum to one (nodes).
    pub weights: Vec<f64>,
    /// The model at each pair of ratios.
    solved: Vec<Solved>,
    /// Which of them a node has (nodes).
    of: Vec<usize>,
}

/// Nodes of the ratios of a factor and of the noise.
const NODES: (usize, usize) = (25, 25);
/// Ends of the ratios.
const RATIOS: (f64, f64) = (0.02, 50.0);

impl Posterior {
    /// The posterior under half-Cauchy priors of this scale on the factors' standard deviations
    /// and a prior flat in the logarithm of the noise. `None` with fewer than two rows more than
    /// groups, or outcomes that do not vary.
    pub fn new(model: &Mixed, scale: f64) -> Option<Self> {
        if model.y.len() < model.group.levels + 2 {
            return None;
        }
        let axis = spaced(RATIOS, NODES.0);
        let mut ratios: Vec<Vec<f64>> = vec![Vec::new()];
        for _ in &model.random {
            let longer = |r: &Vec<f64>| {
                axis.iter()
                    .map(|a| [&r[..], &[*a]].concat())
                    .collect::<Vec<_>>()
            };
            ratios = ratios.iter().flat_map(longer).collect();
        }
        let solved: Vec<Solved> = ratios.iter().map(|r| model.at(r)).collect::<Option<_>>()?;
        let least = solved
            .iter()
            .map(|s| s.squares)
            .fold(f64::INFINITY, f64::min);
        let most = solved.iter().map(|s| s.squares).fold(0.0, f64::max);
        let degrees = solved.first()?.degrees;
        if least.partial_cmp(&0.0) != Some(std::cmp::Ordering::Greater) {
            return None;
        }
        let noise = spaced(
            (
                (least / degrees).sqrt() / 3.0,
                (most / degrees).sqrt() * 3.0,
            ),
            NODES.1,
        );
        let mut out = Posterior {
            deviations: Vec::new(),
            weights: Vec::new(),
            solved,
            of: Vec::new(),
        };
        let prior = |s: f64| s.ln() - (s / scale).powi(2).ln_1p();
        for (k, ratio) in ratios.iter().enumerate() {
            for s in &noise {
                let mut deviations: Vec<f64> = ratio.iter().map(|r| r * s).collect();
                let priors: f64 = deviations.iter().map(|d| prior(*d)).sum();
                out.weights.push(out.solved[k].log_likelihood(*s) + priors);
                deviations.push(*s);
                out.deviations.push(deviations);
                out.of.push(k);
            }
        }
        let largest = out
            .weights
            .iter()
            .copied()
            .fold(f64::NEG_INFINITY, f64::max);
        out.weights
            .iter_mut()
            .for_each(|w| *w = (*w - largest).exp());
        let sum: f64 = out.weights.iter().sum();
        out.weights.iter_mut().for_each(|w| *w /= sum);
        sum.is_finite().then_some(out)
    }

    /// The model at a node.
    pub fn at(&self, node: usize) -> &Solved {
        &self.solved[self.of[node]]
    }

    /// A weighted sum of effects (effects) at every node.
    pub fn contrasts(&self, weights: &[f64]) -> Vec<Contrast> {
        // Nodes that differ by the noise alone have the same model.
        let found: Vec<Contrast> = self.solved.iter().map(|s| s.contrast(weights)).collect();
        self.of.iter().map(|k| found[*k]).collect()
    }

    /// The node at which the weights, summed up, pass `u` in [0, 1].
    pub fn pick(&self, u: f64) -> usize {
        let mut sum = 0.0;
        let passed = self.weights.iter().position(|w| {
            sum += w;
            sum >= u
        });
        passed.unwrap_or(self.weights.len() - 1)
    }

    /// Mean over the nodes.
    pub fn mean(&self, of: impl Fn(usize) -> f64) -> f64 {
        let nodes = self.weights.iter().enumerate().filter(|(_, w)| **w > 0.0);
        nodes.map(|(k, w)| w * of(k)).sum()
    }
}

fn spaced((low, high): (f64, f64), n: usize) -> Vec<f64> {
    let step = (high / low).ln() / (n - 1) as f64;
    (0..n).map(|i| low * (step * i as f64).exp()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::Stream;

    type Row = (usize, usize, usize, f64);

    /// Rows of two crossed factors, each with a level that no row has.
    fn model() -> Mixed {
        let rows = [
            (0, 0, 0, 1.2),
            (0, 1, 1, 0.4),
            (0, 2, 2, -0.9),
            (1, 0, 0, 1.6),
            (1, 1, 1, 0.1),
            (1, 2, 2, -0.7),
            (2, 0, 3, 0.8),
            (2, 1, 4, 0.9),
            (2, 3, 5, -0.4),
            (3, 0, 3, 0.5),
            (3, 1, 4, 1.3),
        ];
        let factor = |levels, of: fn(&Row) -> usize| Factor {
            levels,
            level: rows.iter().map(of).collect(),
        };
        Mixed {
            y: rows.iter().map(|r| r.3).collect(),
            group: factor(4, |r| r.0),
            random: vec![factor(5, |r| r.1), factor(7, |r| r.2)],
        }
    }

    fn contrast(model: &Mixed, plus: &[(usize, usize)], minus: &[(usize, usize)]) -> Vec<f64> {
        let mut weights = vec![0.0; model.effects()];
        for (k, l) in plus {
            weights[model.place(*k, *l)] += 1.0;
        }
        for (k, l) in minus {
            weights[model.place(*k, *l)] -= 1.0;
        }
        weights
    }

    /// Numbers of numpy by another way (the last variance by exact fractions, sympy): `u = D Z' V^-1 (y - X b)` with `V = Z D Z' + s^2`, and
    /// `D - D Z' P Z D`, at standard deviations 0.8, 0.3 and 0.2.
    #[test]
    fn predictions_at_known_variances_are_those_of_numpy() {
        let model = model();
        let solved = model.at(&[4.0, 1.5]).expect("regular");
        let near = |a: f64, b: f64| assert!((a - b).abs() < 1e-13, "{a} {b}");
        for (k, expected) in [
            0.075_379_602_748_594_3,
            0.175_379_602_748_594_4,
            0.170_114_246_329_287_6,
            0.234_922_408_571_606_8,
        ]
        .iter()
        .enumerate()
        {
            near(solved.effects()[k], *expected);
        }
        near(solved.effects()[4], 0.792_910_305_519_865_2);
        near(solved.effects()[8], 0.0);
        let met = solved.contrast(&contrast(&model, &[(0, 0), (1, 3)], &[(0, 1), (1, 4)]));
        near(met.mean, -0.309_581_425_768_475_3);
        near(met.variance * 0.04, 0.036_075_866_579_464_28);
        // A cell without rows has the spread of its factor around its brand.
        let new = solved.contrast(&contrast(&model, &[(0, 2), (1, 6)], &[(0, 0), (1, 3)]));
        near(new.mean, -1.299_944_139_556_287_8);
        near(new.variance * 0.04, 0.276_875_438_166_827_5);
        let other = model.at(&[2.0, 2.4]).expect("regular");
        near(
            solved.log_likelihood(0.2) - other.log_likelihood(0.25),
            -1.783_192_400_266_926_8,
        );
    }

    /// With variances drawn from the priors' range, ranges cover as often as they say.
    #[test]
    fn ranges_cover_simulated_truths() {
        let (worlds, mut covered, mut signed) = (150_u64, 0, 0.0);
        for w in 0..worlds {
            let mut s = Stream::new(7, "world", w);
            let deviations = [1.0, 0.4, 0.2];
            let brand: Vec<f64> = (0..8).map(|_| deviations[0] * s.normal()).collect();
            let cell: Vec<f64> = (0..24).map(|_| deviations[1] * s.normal()).collect();
            let (mut y, mut g, mut b, mut c) = (vec![], vec![], vec![], vec![]);
            for t in 0..9 {
                // Brand 0 is not in the last country.
                for k in (0..8).filter(|k| !(*k == 0 && t / 3 == 2)) {
                    let at = (t / 3) * 8 + k;
                    y.push(0.3 * t as f64 + brand[k] + cell[at] + deviations[2] * s.normal());
                    g.push(t);
                    b.push(k);
                    c.push(at);
                }
            }
            let model = Mixed {
                y,
                group: Factor {
                    levels: 9,
                    level: g,
                },
                random: vec![
                    Factor {
                        levels: 8,
                        level: b,
                    },
                    Factor {
                        levels: 24,
                        level: c,
                    },
                ],
            };
            let posterior = Posterior::new(&model, 1.0).expect("regular");
            let weights = contrast(&model, &[(0, 0), (1, 16)], &[(0, 1), (1, 17)]);
            let truth = brand[0] + cell[16] - brand[1] - cell[17];
            let mean = posterior.mean(|k| posterior.at(k).contrast(&weights).mean);
            let second = posterior.mean(|k| {
                let (found, noise) = (
                    posterior.at(k).contrast(&weights),
                    posterior.deviations[k][2],
                );
                found.mean.powi(2) + found.variance * noise * noise
            });
            let z = (truth - mean) / (second - mean * mean).sqrt();
            covered += u32::from(z.abs() < 1.645);
            signed += z;
        }
        // 90% of 150, give or take four binomial standard errors.
        assert!((f64::from(covered) - 135.0).abs() < 4.0 * 3.7, "{covered}");
        assert!(
            (signed / worlds as f64).abs() < 4.0 / (worlds as f64).sqrt(),
            "{signed}"
        );
    }

    #[test]
    fn picks_follow_the_weights() {
        let posterior = Posterior::new(&model(), 1.0).expect("regular");
        assert!((posterior.weights.iter().sum::<f64>() - 1.0).abs() < 1e-12);
        let k = posterior.pick(0.5);
        let below: f64 = posterior.weights[..k].iter().sum();
        assert!(below < 0.5 && below + posterior.weights[k] >= 0.5);
        assert_eq!(posterior.pick(2.0), posterior.weights.len() - 1);
        let short = Mixed {
            y: vec![1.0],
            group: Factor {
                levels: 1,
                level: vec![0],
            },
            random: vec![],
        };
        assert!(Posterior::new(&short, 1.0).is_none());
    }
}
