//! One firm's profit as a function of its own margins, with everything about its rivals
//! computed once: what a search over thousands of margins needs.

use entrant_numeric::vector::{exp, exp_shifted, ln, powers};

use super::PriceProblem;

/// Profit of one firm against fixed rivals. Own products sit in groups: their nests, or one
/// group of all where demand is flat.
pub struct Alone<'a> {
    problem: &'a PriceProblem<'a>,
    /// The firm.
    pub firm: usize,
    /// Free products of the firm.
    pub own: Vec<usize>,
    group: Vec<usize>,
    groups: usize,
    /// Nesting parameter of each group (groups).
    rho: Vec<f64>,
    types: Vec<OneType>,
}

/// What one consumer type makes of the firm, with exponentials taken relative to its best option.
struct OneType {
    weight: f64,
    /// `|alpha| / (1 - rho)` of each own product.
    steepness: Vec<f64>,
    /// Exponent of each own product at margin zero, less the shift of its group.
    exponent: Vec<f64>,
    /// Weight of each group's inclusive sum.
    scale: Vec<f64>,
    /// Sum, and owner-weighted margin sum, of products in the group that do not move.
    still: Vec<(f64, f64)>,
    /// The same for everything outside the groups, buying nothing included.
    outside: (f64, f64),
}

impl<'a> Alone<'a> {
    pub fn new(problem: &'a PriceProblem<'a>, f: usize, price: &[f64]) -> Self {
        let own = problem.free_products(f);
        let demand = problem.demand;
        let mut nests: Vec<usize> = if demand.rho == 0.0 {
            vec![]
        } else {
            own.iter().map(|j| demand.nest[*j]).collect()
        };
        nests.sort_unstable();
        nests.dedup();
        let place = |j: &usize| nests.iter().position(|h| *h == demand.nest[*j]);
        let group = own.iter().map(|j| place(j).unwrap_or(0)).collect();
        let mut alone = Alone {
            problem,
            firm: f,
            own,
            group,
            groups: nests.len().max(1),
            rho: if nests.is_empty() {
                vec![0.0]
            } else {
                nests.iter().map(|h| demand.rho_of(*h)).collect()
            },
            types: Vec::new(),
        };
        alone.types = (0..demand.types())
            .map(|i| alone.one_type(i, f, price, &nests))
            .collect();
        alone
    }

    fn one_type(&self, i: usize, f: usize, price: &[f64], nests: &[usize]) -> OneType {
        let demand = self.problem.demand;
        let (taste, alpha) = (demand.taste_of(i), demand.slope[i]);
        let value = |j: usize, p: f64| (demand.mean[j] + taste[j] + alpha * p) / demand.keep(j);
        let of_group = |g: usize| 1.0 - self.rho[g];
        let of_nest = |h: usize| 1.0 - demand.rho_of(h);
        let own: Vec<f64> = self
            .own
            .iter()
            .map(|j| value(*j, self.problem.cost[*j]))
            .collect();
        let others: Vec<usize> = (0..price.len()).filter(|j| !self.own.contains(j)).collect();
        let mut top: f64 = 0.0;
        let mut shift = vec![f64::NEG_INFINITY; self.groups];
        own.iter()
            .zip(&self.group)
            .for_each(|(v, g)| shift[*g] = shift[*g].max(*v));
        let mut elsewhere = vec![f64::NEG_INFINITY; demand.nests];
        for j in &others {
            let v = value(*j, price[*j]);
            match nests.iter().position(|h| *h == demand.nest[*j]) {
                Some(g) => shift[g] = shift[g].max(v),
                None => elsewhere[demand.nest[*j]] = elsewhere[demand.nest[*j]].max(v),
            }
        }
        let tops = shift.iter().enumerate().map(|(g, v)| of_group(g) * v);
        let others_tops = elsewhere.iter().enumerate().map(|(h, v)| of_nest(h) * v);
        top = tops.chain(others_tops).fold(top, f64::max);
        let mut still = vec![(0.0, 0.0); self.groups];
        let mut sums = vec![(0.0, 0.0); demand.nests];
        for j in others {
            let h = demand.nest[j];
            let margin =
                self.problem.ownership.weight_of_firm(f, j) * (price[j] - self.problem.cost[j]);
            let place = nests.iter().position(|n| *n == h);
            let (sum, base) =
                place.map_or((&mut sums[h], elsewhere[h]), |g| (&mut still[g], shift[g]));
            if base > f64::NEG_INFINITY {
                let e = exp(value(j, price[j]) - base);
                *sum = (sum.0 + e, sum.1 + e * margin);
            }
        }
        let mut outside = (exp(-top), 0.0);
        for (h, (sum, base)) in sums.iter().zip(&elsewhere).enumerate() {
            if sum.0 <= 0.0 {
                continue;
            }
            let whole = exp(of_nest(h) * (base + ln(sum.0)) - top);
            outside = (outside.0 + whole, outside.1 + whole * sum.1 / sum.0);
        }
        let relative = |(v, g): (&f64, &usize)| {
            if *v == f64::NEG_INFINITY {
                *v
            } else {
                v - shift[*g]
            }
        };
        OneType {
            weight: demand.weight[i],
            steepness: self.group.iter().map(|g| -alpha / of_group(*g)).collect(),
            exponent: own.iter().zip(&self.group).map(relative).collect(),
            scale: (0..self.groups)
                .map(|g| exp(of_group(g) * shift[g] - top))
                .collect(),
            still,
            outside,
        }
    }

    /// Profit at each margin of `grid` for own product `a`, the others at `margin`.
    pub fn along(&self, a: usize, margin: &[f64], grid: &[f64]) -> Vec<f64> {
        let (mut values, mut moving) = (vec![0.0; grid.len()], vec![0.0; grid.len()]);
        let mut factor = vec![1.0; grid.len()];
        let rho = self.rho[self.group[a]];
        let mut fixed = vec![0.0; margin.len()];
        let mut groups = vec![(0.0, 0.0); self.groups];
        let g = self.group[a];
        for t in &self.types {
            groups.copy_from_slice(&t.still);
            fixed
                .iter_mut()
                .zip(&t.exponent)
                .zip(margin.iter().zip(&t.steepness))
                .for_each(|((x, v), (m, steepness))| *x = v - steepness * m);
            exp_shifted(&mut fixed, 0.0);
            for b in (0..margin.len()).filter(|b| *b != a) {
                let sum = &mut groups[self.group[b]];
                *sum = (sum.0 + fixed[b], sum.1 + fixed[b] * margin[b]);
            }
            moving
                .iter_mut()
                .zip(grid)
                .for_each(|(x, m)| *x = t.exponent[a] - t.steepness[a] * m);
            exp_shifted(&mut moving, 0.0);
            let rest = (0..self.groups)
                .filter(|h| *h != g)
                .fold(t.outside, |sum, h| {
                    let whole = raised(t.scale[h], groups[h], self.rho[h]);
                    (sum.0 + whole.0, sum.1 + whole.1)
                });
            let (still, scale) = (groups[g], t.scale[g]);
            if rho > 0.0 {
                // A sum of nothing has a finite power, by which nothing is multiplied.
                let sums = factor.iter_mut().zip(&moving);
                sums.for_each(|(x, e)| *x = (still.0 + e).max(f64::MIN_POSITIVE));
                powers(&mut factor, -rho);
            }
            let points = grid.iter().zip(&moving).zip(&factor);
            for (value, ((m, e), factor)) in values.iter_mut().zip(points) {
                let factor = scale * factor;
                let earned = rest.1 + factor * (still.1 + e * m);
                *value += t.weight * earned / (rest.0 + factor * (still.0 + e));
            }
        }
        values
    }

    /// Profit at these margins of the own products.
    pub fn profit(&self, margin: &[f64]) -> f64 {
        if margin.is_empty() {
            0.0
        } else {
            self.along(0, margin, &margin[..1])[0]
        }
    }

    /// Margins of the own products at these prices.
    pub fn margins(&self, price: &[f64]) -> Vec<f64> {
        self.own
            .iter()
            .map(|j| price[*j] - self.problem.cost[*j])
            .collect()
    }

    /// `price` with these margins on the own products.
    pub fn place(&self, price: &[f64], margin: &[f64]) -> Vec<f64> {
        let mut p = price.to_vec();
        self.own
            .iter()
            .zip(margin)
            .for_each(|(j, m)| p[*j] = self.problem.cost[*j] + m);
        p
    }
}

/// Sum and margin sum of a group's inclusive sum raised to `1 - rho`.
fn raised(scale: f64, group: (f64, f64), rho: f64) -> (f64, f64) {
    if group.0 <= 0.0 {
        return (0.0, 0.0);
    }
    let factor = if rho == 0.0 {
        scale
    } else {
        scale * exp(-rho * ln(group.0))
    };
    (factor * group.0, factor * group.1)
}
