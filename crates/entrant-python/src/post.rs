//! What follows from estimates, market by market.

use std::sync::{Mutex, PoisonError};

use entrant::estimate::blp::Workers as _;
use entrant::estimate::post::{Ownership, PanelEconomy, PanelMarket, PriceSettings, Variable};
use entrant::estimation::Pool;
use entrant::numeric::dense::Matrix;
use numpy::{PyArray1, PyArray2, PyReadonlyArray2};
use pyo3::prelude::*;
use pyo3::types::PyDict;

use crate::arrays::{matrix, to_matrix, vector};
use crate::errors::{self, bad, raise};
use crate::fit::Fit;

pub(crate) type Owners<'py> = [PyReadonlyArray2<'py, f64>];
/// Prices by row, and what they are in each market.
pub(crate) type Priced<'py> = (Bound<'py, PyArray1<f64>>, Vec<Bound<'py, PyDict>>);

impl Fit {
    /// Does the same work in markets; results in their order.
    fn each<T: Send>(
        &self,
        py: Python<'_>,
        markets: &[usize],
        delta: Option<Vec<f64>>,
        work: impl Fn(usize, &mut PanelMarket<'_>) -> T + Sync,
    ) -> PyResult<Vec<T>> {
        let (problem, fit) = (&self.inner.problem, &self.found);
        if let Some(t) = markets.iter().find(|t| **t >= problem.markets.len()) {
            return Err(bad(py, &format!("there is no market {t}")));
        }
        let workers = Pool::new(None).map_err(|e| errors::run(py, &e))?;
        Ok(py.detach(|| {
            let delta = delta.unwrap_or_else(|| fit.at.delta.clone());
            let economy = PanelEconomy::at(problem, &fit.values, &fit.linear, delta);
            let slots: Vec<Mutex<Option<T>>> = markets.iter().map(|_| Mutex::new(None)).collect();
            workers.each(markets.len(), &|k| {
                let value = work(k, &mut economy.market(markets[k]));
                *slots[k].lock().unwrap_or_else(PoisonError::into_inner) = Some(value);
            });
            let inner =
                |s: Mutex<Option<T>>| s.into_inner().unwrap_or_else(PoisonError::into_inner);
            slots.into_iter().filter_map(inner).collect()
        }))
    }

    /// A matrix over the products of each market, in the caller's order.
    fn squares<'py>(
        &self,
        py: Python<'py>,
        markets: &[usize],
        what: &str,
        work: impl Fn(usize, &mut PanelMarket<'_>) -> Option<Matrix> + Sync,
    ) -> PyResult<Vec<Bound<'py, PyArray2<f64>>>> {
        let found = self.each(py, markets, None, work)?;
        let pairs = markets.iter().zip(found);
        pairs
            .map(|(t, m)| match m {
                Some(m) => Ok(matrix(py, self.inner.rows.give_square(*t, &m))),
                None => Err(self.undefined(py, *t, what)),
            })
            .collect()
    }

    fn undefined(&self, py: Python<'_>, t: usize, what: &str) -> PyErr {
        let id = &self.inner.problem.markets[t].id;
        raise(
            py,
            "NotSolvedError",
            &format!("market `{id}`: {what} are not determined"),
        )
    }

    /// One vector by row from vectors over the products of markets; `NaN` in other markets.
    fn by_row(&self, markets: &[usize], found: &[Vec<f64>]) -> Vec<f64> {
        let problem = &self.inner.problem;
        let mut all = vec![f64::NAN; problem.rows()];
        for (t, values) in markets.iter().zip(found) {
            all[problem.markets[*t].rows.clone()].copy_from_slice(values);
        }
        self.inner.rows.give(&all)
    }

    fn taken(&self, py: Python<'_>, values: Option<&[f64]>) -> PyResult<Option<Vec<f64>>> {
        values.map(|v| self.inner.rows.take(py, v)).transpose()
    }

    pub(crate) fn owners(
        &self,
        py: Python<'_>,
        markets: &[usize],
        owners: &Owners<'_>,
    ) -> PyResult<Vec<Ownership>> {
        let of = |(t, given): (&usize, &PyReadonlyArray2<'_, f64>)| {
            let n = self.inner.problem.markets[*t].rows.len();
            let given = to_matrix(given);
            if [given.rows, given.columns] != [n, n] {
                let message = format!(
                    "an ownership matrix of {} x {} for {n} products",
                    given.rows, given.columns
                );
                return Err(bad(py, &message));
            }
            Ok(Ownership {
                firm: (0..n).collect(),
                firms: n,
                conduct: self.inner.rows.take_square(*t, &given).data,
            })
        };
        if markets.len() != owners.len()
            || markets
                .iter()
                .any(|t| *t >= self.inner.problem.markets.len())
        {
            return Err(bad(py, "every market needs an ownership matrix"));
        }
        markets.iter().zip(owners).map(of).collect()
    }

    pub(crate) fn all_elasticities<'py>(
        &self,
        py: Python<'py>,
        markets: &[usize],
        of: &str,
        values: Option<&[f64]>,
    ) -> PyResult<Vec<Bound<'py, PyArray2<f64>>>> {
        let values = self.taken(py, values)?;
        self.squares(py, markets, "elasticities", |_, m| {
            let own = values.as_ref().map_or(&[][..], |v| &v[m.data.rows.clone()]);
            m.elasticities(variable(of), own)
        })
    }

    pub(crate) fn all_jacobians<'py>(
        &self,
        py: Python<'py>,
        markets: &[usize],
        of: &str,
    ) -> PyResult<Vec<Bound<'py, PyArray2<f64>>>> {
        self.squares(py, markets, "derivatives of shares", |_, m| {
            m.share_jacobian(variable(of))
        })
    }

    pub(crate) fn all_share_hessians<'py>(
        &self,
        py: Python<'py>,
        markets: &[usize],
        of: &str,
    ) -> PyResult<Vec<Bound<'py, PyArray2<f64>>>> {
        let found = self.each(py, markets, None, |_, m| m.share_hessian(variable(of)))?;
        if let Some(k) = found.iter().position(Option::is_none) {
            return Err(self.undefined(py, markets[k], "second derivatives of shares"));
        }
        let given = |(t, h): (&usize, Vec<f64>)| {
            let within = &self.inner.rows.within[*t];
            let n = within.len();
            let mut out = Matrix::zeros(n, n * n);
            for (a, j) in within.iter().enumerate() {
                for (b, k) in within.iter().enumerate() {
                    for (c, l) in within.iter().enumerate() {
                        out.set(a, b * n + c, h[(j * n + k) * n + l]);
                    }
                }
            }
            matrix(py, out)
        };
        Ok(markets
            .iter()
            .zip(found.into_iter().flatten())
            .map(given)
            .collect())
    }

    pub(crate) fn all_diversion<'py>(
        &self,
        py: Python<'py>,
        markets: &[usize],
        of: &str,
    ) -> PyResult<Vec<Bound<'py, PyArray2<f64>>>> {
        self.squares(py, markets, "diversion ratios", |_, m| {
            m.diversion(variable(of))
        })
    }

    pub(crate) fn all_second_choices<'py>(
        &self,
        py: Python<'py>,
        markets: &[usize],
    ) -> PyResult<Vec<Bound<'py, PyArray2<f64>>>> {
        self.squares(py, markets, "second choices", |_, m| {
            Some(m.second_choices())
        })
    }

    pub(crate) fn all_passthrough<'py>(
        &self,
        py: Python<'py>,
        markets: &[usize],
        owners: &Owners<'py>,
        costs: &[f64],
    ) -> PyResult<Vec<Bound<'py, PyArray2<f64>>>> {
        let owners = self.owners(py, markets, owners)?;
        let costs = self.inner.rows.take(py, costs)?;
        self.squares(py, markets, "pass-through", |k, m| {
            m.passthrough(&owners[k], &costs[m.data.rows.clone()])
        })
    }

    pub(crate) fn all_aggregate_elasticities<'py>(
        &self,
        py: Python<'py>,
        markets: &[usize],
        factor: f64,
    ) -> PyResult<Bound<'py, PyArray1<f64>>> {
        let found = self.each(py, markets, None, |_, m| m.aggregate_elasticity(factor))?;
        Ok(vector(py, &found))
    }

    pub(crate) fn all_markups<'py>(
        &self,
        py: Python<'py>,
        markets: &[usize],
        owners: &Owners<'py>,
    ) -> PyResult<Bound<'py, PyArray1<f64>>> {
        let owners = self.owners(py, markets, owners)?;
        let found = self.each(py, markets, None, |k, m| m.markups(&owners[k]))?;
        if let Some(k) = found.iter().position(Option::is_none) {
            return Err(self.undefined(py, markets[k], "markups"));
        }
        let found: Vec<Vec<f64>> = found.into_iter().flatten().collect();
        Ok(vector(py, &self.by_row(markets, &found)))
    }

    pub(crate) fn all_prices<'py>(
        &self,
        py: Python<'py>,
        markets: &[usize],
        owners: &Owners<'py>,
        (costs, start): (&[f64], &[f64]),
        (tolerance, evaluations, search): (f64, usize, bool),
    ) -> PyResult<Priced<'py>> {
        let owners = self.owners(py, markets, owners)?;
        let costs = self.inner.rows.take(py, costs)?;
        let start = self.inner.rows.take(py, start)?;
        let settings = PriceSettings {
            tolerance,
            evaluations,
            second_order: true,
        };
        let found = self.each(py, markets, None, |k, m| {
            let rows = m.data.rows.clone();
            let (costs, start) = (&costs[rows.clone()], &start[rows]);
            if search {
                m.equilibrium(&owners[k], costs, start, settings)
            } else {
                m.judge(&owners[k], costs, start, settings)
            }
        })?;
        let told = found.iter().map(|s| {
            let d = PyDict::new(py);
            d.set_item("status", s.status.word())?;
            d.set_item("residual", s.residual)?;
            d.set_item("evaluations", s.evaluations)?;
            d.set_item("second_order", s.second_order)?;
            Ok(d)
        });
        let told = told.collect::<PyResult<Vec<_>>>()?;
        let found: Vec<Vec<f64>> = found.into_iter().map(|s| s.price).collect();
        Ok((vector(py, &self.by_row(markets, &found)), told))
    }

    /// The same work at other prices; `None` where a characteristic does not exist there.
    fn at_prices<T: Send>(
        &self,
        py: Python<'_>,
        markets: &[usize],
        (prices, delta): (Option<&[f64]>, Option<&[f64]>),
        work: impl Fn(&mut PanelMarket<'_>) -> T + Sync,
    ) -> PyResult<Vec<T>> {
        let prices = self.taken(py, prices)?;
        let delta = self.taken(py, delta)?;
        let found = self.each(py, markets, delta, |_, m| {
            let own = prices.as_ref().map(|p| &p[m.data.rows.clone()]);
            let stands = own.is_none_or(|p| m.set_price(p));
            stands.then(|| work(m))
        })?;
        let pairs = markets.iter().zip(found);
        pairs
            .map(|(t, v)| {
                v.ok_or_else(|| self.undefined(py, *t, "characteristics at these prices"))
            })
            .collect()
    }

    pub(crate) fn all_shares<'py>(
        &self,
        py: Python<'py>,
        markets: &[usize],
        prices: Option<&[f64]>,
        delta: Option<&[f64]>,
    ) -> PyResult<Bound<'py, PyArray1<f64>>> {
        let found = self.at_prices(py, markets, (prices, delta), |m| m.shares())?;
        Ok(vector(py, &self.by_row(markets, &found)))
    }

    pub(crate) fn all_probabilities<'py>(
        &self,
        py: Python<'py>,
        markets: &[usize],
        prices: Option<&[f64]>,
        delta: Option<&[f64]>,
    ) -> PyResult<Vec<Bound<'py, PyArray2<f64>>>> {
        let found = self.at_prices(py, markets, (prices, delta), |m| {
            Matrix::new(m.data.consumers(), m.data.products(), m.probabilities())
        })?;
        let given = |(t, m): (&usize, Matrix)| {
            matrix(py, m.select(&self.inner.rows.within[*t]).transpose())
        };
        Ok(markets.iter().zip(found).map(given).collect())
    }

    pub(crate) fn all_surplus<'py>(
        &self,
        py: Python<'py>,
        markets: &[usize],
        prices: Option<&[f64]>,
        removed: &[usize],
    ) -> PyResult<Vec<(f64, Bound<'py, PyArray1<f64>>)>> {
        let original = &self.inner.rows.original;
        let gone = |row: usize| removed.contains(&original[row]);
        let found = self.at_prices(py, markets, (prices, None), |m| {
            let rows = m.data.rows.clone();
            let off: Vec<usize> = rows
                .clone()
                .filter(|r| gone(*r))
                .map(|r| r - rows.start)
                .collect();
            m.remove(&off);
            m.surplus()
        })?;
        Ok(found
            .into_iter()
            .map(|s| (s.mean, vector(py, &s.each)))
            .collect())
    }
}

/// What shares are differentiated with respect to, by its name.
fn variable(name: &str) -> Variable<'_> {
    match name {
        "price" => Variable::Price,
        "mean utility" => Variable::MeanUtility,
        column => Variable::Column(column),
    }
}
