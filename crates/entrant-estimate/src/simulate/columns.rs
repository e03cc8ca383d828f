//! The columns of a problem with prices free to move.

use entrant_data::InputError;
use entrant_data::formula::{Design, Formula, FormulaError};

use crate::blp::{MarketData, Problem, Source};
use crate::gmm::Linear;

/// The formulas of a problem, kept so that their columns can be had at other prices.
///
/// Where every column is linear in price, moving prices is a multiplication; otherwise the
/// formulas are evaluated again.
#[derive(Debug, Clone)]
pub struct Columns {
    price: String,
    linear: Design,
    random: Option<Design>,
    cost: Option<Design>,
    /// For each market its rows of `linear` and `random`; empty where all is linear in price.
    by_market: Vec<(Design, Option<Design>)>,
}

/// A market with its columns at some prices.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Moved {
    /// The market; shares are still the observed ones.
    pub(crate) market: MarketData,
    /// What the move adds to mean utility at given coefficients (products).
    pub(crate) utility: Vec<f64>,
}

impl Columns {
    /// Evaluates the formulas of a problem's specification.
    ///
    /// # Errors
    ///
    /// A formula that does not fit the table; not for a problem that was bound to this source.
    pub fn new(source: &Source<'_>, problem: &Problem) -> Result<Columns, Vec<InputError>> {
        let spec = source.spec;
        let design = |text: &str, key: &str| {
            let place = |e: FormulaError| vec![InputError::at(key, e.message).hint(e.hint)];
            let formula = Formula::parse(text).map_err(place)?;
            let design = formula.design(source.products).map_err(place)?;
            Ok::<_, Vec<InputError>>(design.subset(&problem.order))
        };
        let random = spec.demand.random.as_ref();
        let cost = spec.supply.as_ref();
        let mut columns = Columns {
            price: source.columns.price.clone(),
            linear: design(&spec.demand.linear, "estimate.demand.linear")?,
            random: random
                .map(|text| design(text, "estimate.demand.random"))
                .transpose()?,
            cost: cost
                .map(|s| design(&s.cost, "estimate.supply.cost"))
                .transpose()?,
            by_market: Vec::new(),
        };
        if !columns.affine() {
            columns.by_market = problem.markets.iter().map(|m| columns.rows_of(m)).collect();
        }
        Ok(columns)
    }

    /// Columns of mean utility at observed prices, fixed effects not taken out (rows x columns).
    pub(crate) fn linear(&self) -> &Design {
        &self.linear
    }

    /// Columns of cost, fixed effects not taken out (rows x columns).
    pub(crate) fn cost(&self) -> Option<&Design> {
        self.cost.as_ref()
    }

    /// Whether a column of mean utility moves with price.
    pub(crate) fn moves(&self, column: usize) -> bool {
        self.linear.depends_on(column, &self.price)
    }

    /// Whether every column is linear in price.
    fn affine(&self) -> bool {
        let straight = |d: &Design| {
            d.second_derivative(&self.price)
                .is_ok_and(|v| v.iter().all(|x| *x == 0.0))
        };
        straight(&self.linear) && self.random.as_ref().is_none_or(straight)
    }

    fn rows_of(&self, m: &MarketData) -> (Design, Option<Design>) {
        let rows: Vec<usize> = m.rows.clone().collect();
        (
            self.linear.subset(&rows),
            self.random.as_ref().map(|d| d.subset(&rows)),
        )
    }

    /// Moves a market to `prices` (products) at coefficients `beta` of mean utility. `None` when
    /// a formula has no value there.
    pub(crate) fn at(
        &self,
        problem: &Problem,
        t: usize,
        prices: &[f64],
        beta: &[f64],
    ) -> Option<Moved> {
        let mut moved = Moved {
            market: problem.markets[t].clone(),
            utility: vec![0.0; prices.len()],
        };
        self.move_to(problem, t, prices, beta, &mut moved)
            .then_some(moved)
    }

    /// As [`Columns::at`], into a market that has been moved before.
    pub(crate) fn move_to(
        &self,
        problem: &Problem,
        t: usize,
        prices: &[f64],
        beta: &[f64],
        moved: &mut Moved,
    ) -> bool {
        let m = &problem.markets[t];
        let observed = &problem.price[m.rows.clone()];
        if let Some((linear, random)) = self.by_market.get(t) {
            return self
                .evaluate_again(
                    (linear, random.as_ref()),
                    problem.scale,
                    prices,
                    beta,
                    moved,
                )
                .is_ok();
        }
        moved.utility.fill(0.0);
        for j in 0..prices.len() {
            let by = prices[j] - observed[j];
            for (k, b) in beta.iter().enumerate() {
                moved.utility[j] += b * m.x1_price(k)[j] * problem.scale * by;
            }
            for k in 0..m.coefficients() {
                let at = k * m.stride + j;
                moved.market.x2[at] = m.x2[at] + m.x2_price[at] * by;
            }
        }
        true
    }

    fn evaluate_again(
        &self,
        (linear, random): (&Design, Option<&Design>),
        scale: f64,
        prices: &[f64],
        beta: &[f64],
        moved: &mut Moved,
    ) -> Result<(), FormulaError> {
        let n = prices.len();
        let there = linear.with(&self.price, prices)?;
        for j in 0..n {
            let change = there.row(j).iter().zip(linear.row(j)).zip(beta);
            moved.utility[j] = change.map(|((new, old), b)| b * (new - old)).sum();
        }
        let slopes = there.derivative(&self.price)?;
        moved.market.x1_price = MarketData::scaled(&slopes, n, there.columns(), scale);
        if let Some(random) = random {
            let there = random.with(&self.price, prices)?;
            let slopes = there.derivative(&self.price)?;
            moved.market.x2 = MarketData::scaled(&there.values, n, there.columns(), scale);
            moved.market.x2_price = MarketData::scaled(&slopes, n, there.columns(), scale);
        }
        Ok(())
    }

    /// Columns of mean utility at other prices, fixed effects not taken out (rows x columns).
    ///
    /// # Errors
    ///
    /// A formula that has no value there.
    pub(crate) fn linear_at(&self, prices: &[f64]) -> Result<Design, FormulaError> {
        self.linear.with(&self.price, prices)
    }
}

/// All coefficients of mean utility and of cost: the ones searched for, known and solved for.
pub(crate) fn coefficients(
    problem: &Problem,
    values: &[f64],
    linear: &Linear,
) -> (Vec<f64>, Vec<f64>) {
    use crate::blp::Kind;
    let p = &problem.parameters;
    let supply = problem.supply.as_ref();
    let mut beta = vec![0.0; problem.demand.x.columns];
    let mut gamma = vec![0.0; supply.map_or(0, |s| s.side.x.columns)];
    let known = p.fixed.iter().map(|q| (q.kind, q.start));
    let free = p.free.iter().zip(values).map(|(q, v)| (q.kind, *v));
    for (kind, value) in known.chain(free) {
        match kind {
            Kind::Beta { column } => beta[column] = value,
            Kind::Gamma { column } => gamma[column] = value,
            _ => {}
        }
    }
    for (column, value) in p.solved_beta.iter().zip(&linear.beta) {
        beta[*column] = *value;
    }
    for (column, value) in p.solved_gamma.iter().zip(&linear.gamma) {
        gamma[*column] = *value;
    }
    (beta, gamma)
}
