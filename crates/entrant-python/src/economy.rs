//! Markets at known parameters, as arrays.

use entrant::market::Market;
use entrant::market::demand::{price_slopes, second_choice_diversion};
use entrant::numeric::dense::Matrix;
use numpy::PyArray2;
use pyo3::prelude::*;
use pyo3::types::PyDict;

use crate::arrays::{matrix, vector};
use crate::errors::bad;

/// Markets at known parameters: those of a calibration, or of estimates.
#[pyclass(frozen, module = "entrant._engine")]
pub(crate) struct Economy(pub(crate) Vec<Market>);

#[pymethods]
impl Economy {
    /// Ids of the markets.
    #[getter]
    fn markets(&self) -> Vec<&str> {
        self.0.iter().map(|m| m.id.as_str()).collect()
    }

    /// Potential buyers of each market.
    #[getter]
    fn sizes(&self) -> Vec<f64> {
        self.0.iter().map(|m| m.size).collect()
    }

    /// Products that are on sale, as columns: market, product, firm, brand, price, cost, share, units.
    fn products<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        let (mut market, mut product, mut firm, mut brand) =
            (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        let (mut price, mut cost, mut share, mut units) =
            (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        for m in &self.0 {
            let shares = m.demand().shares(&m.prices());
            for j in sold(m) {
                let p = &m.products[j];
                market.push(m.id.as_str());
                product.push(p.id.as_str());
                firm.push(p.firm.as_str());
                brand.push(p.brand.as_str());
                price.push(p.price);
                cost.push(p.own_cost());
                share.push(shares[j]);
                units.push(shares[j] * m.size);
            }
        }
        let columns = PyDict::new(py);
        let text = [
            ("market", market),
            ("product", product),
            ("firm", firm),
            ("brand", brand),
        ];
        for (name, cells) in text {
            columns.set_item(name, cells)?;
        }
        let numbers = [
            ("price", price),
            ("cost", cost),
            ("share", share),
            ("units", units),
        ];
        for (name, cells) in numbers {
            columns.set_item(name, vector(py, &cells))?;
        }
        Ok(columns)
    }

    /// Elasticities in the market at position `t`: row j, column k is of the share of j by the price of k.
    fn elasticities<'py>(&self, py: Python<'py>, t: usize) -> PyResult<Bound<'py, PyArray2<f64>>> {
        let m = self.market(py, t)?;
        let (demand, price, sold) = (m.demand(), m.prices(), sold(m));
        let share = demand.shares(&price);
        let slopes = price_slopes(&demand, &price, &sold);
        let mut out = Matrix::zeros(sold.len(), sold.len());
        for (a, j) in sold.iter().enumerate() {
            for (b, k) in sold.iter().enumerate() {
                let slope = slopes[b * m.products.len() + j];
                out.set(a, b, slope * price[*k] / share[*j]);
            }
        }
        Ok(matrix(py, out))
    }

    /// Second choices in the market at position `t`: row j, column k is the part of the buyers of j that
    /// buys k when j is gone; the last column is buying nothing.
    fn diversion<'py>(&self, py: Python<'py>, t: usize) -> PyResult<Bound<'py, PyArray2<f64>>> {
        let m = self.market(py, t)?;
        let sold = sold(m);
        let all = second_choice_diversion(&m.demand(), &m.prices());
        let n = m.products.len();
        let mut out = Matrix::zeros(sold.len(), sold.len() + 1);
        for (a, j) in sold.iter().enumerate() {
            let row = &all[j * (n + 1)..(j + 1) * (n + 1)];
            for (b, k) in sold.iter().chain(&[n]).enumerate() {
                out.set(a, b, row[*k]);
            }
        }
        Ok(matrix(py, out))
    }
}

impl Economy {
    fn market(&self, py: Python<'_>, t: usize) -> PyResult<&Market> {
        let found = self.0.get(t);
        found.ok_or_else(|| bad(py, &format!("there is no market {t}")))
    }
}

/// Positions of the products that are on sale.
fn sold(m: &Market) -> Vec<usize> {
    let on_sale = |j: &usize| m.products[*j].on_sale;
    (0..m.products.len()).filter(on_sale).collect()
}
