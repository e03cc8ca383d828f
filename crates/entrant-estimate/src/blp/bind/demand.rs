//! The demand side: mean utility, random characteristics, demographics.

use entrant_data::InputError;
use entrant_data::formula::Design;
use entrant_data::spec::CoefficientKind;

use super::Source;
use super::rows::Rows;
use super::side::{self, Parts, ordered, parse, place};
use crate::blp::problem::Side;

/// Demand, bound.
pub(super) struct Demand {
    pub(super) side: Side,
    /// Designs of mean utility and of the random characteristics, rows as in the table.
    pub(super) linear_design: Design,
    pub(super) random_design: Option<Design>,
    pub(super) linear_len: usize,
    /// Derivatives of mean utility's columns with respect to price (rows x columns).
    pub(super) x1_price: Vec<f64>,
    pub(super) random_names: Vec<String>,
    pub(super) random_names_len: usize,
    /// Random characteristics (rows x columns) and their derivatives.
    pub(super) x2: Vec<f64>,
    pub(super) x2_price: Vec<f64>,
    pub(super) coefficients: Vec<CoefficientKind>,
    pub(super) demographic_names: Vec<String>,
}

pub(super) fn demand(source: &Source<'_>, rows: &Rows) -> Result<Demand, Vec<InputError>> {
    let spec = &source.spec.demand;
    let (price, share) = (&source.columns.price, &source.columns.share);
    let parts = Parts {
        formula: &spec.linear,
        key: "estimate.demand.linear",
        instruments: &spec.instruments,
        instruments_key: "estimate.demand.instruments",
        built: &spec.built,
        built_key: "estimate.demand.built",
        endogenous: [price, share],
    };
    let built = side::build(source, rows, &parts)?;
    for c in 0..built.design.columns() {
        if built.design.depends_on(c, share) {
            let message = format!(
                "utility cannot depend on shares: `{}` does",
                built.design.names[c]
            );
            return Err(vec![InputError::at(parts.key, message).value(&spec.linear)]);
        }
    }
    let x1_price = slopes(&built.design, price, parts.key, parts.formula)?;
    let mut demand = Demand {
        linear_len: built.design.columns(),
        x1_price: ordered(&x1_price, built.design.columns(), &rows.order).data,
        side: built.side,
        linear_design: built.design,
        random_design: None,
        random_names: Vec::new(),
        random_names_len: 0,
        x2: Vec::new(),
        x2_price: Vec::new(),
        coefficients: Vec::new(),
        demographic_names: Vec::new(),
    };
    if let Some(random) = &spec.random {
        demand.add_random(source, rows, random)?;
    }
    demand.demographic_names = demographics(source)?;
    Ok(demand)
}

impl Demand {
    fn add_random(
        &mut self,
        source: &Source<'_>,
        rows: &Rows,
        text: &str,
    ) -> Result<(), Vec<InputError>> {
        let key = "estimate.demand.random";
        let formula = parse(text, key).map_err(|e| vec![e])?;
        let design = formula
            .design(source.products)
            .map_err(|e| vec![place(e, key, text)])?;
        let k = design.columns();
        let slopes = slopes(&design, &source.columns.price, key, text)?;
        self.x2 = ordered(&design.values, k, &rows.order).data;
        self.x2_price = ordered(&slopes, k, &rows.order).data;
        self.random_names.clone_from(&design.names);
        self.random_names_len = k;
        let given = &source.spec.demand.coefficients;
        if !given.is_empty() && given.len() != k {
            let message = format!(
                "{} kinds are given for {k} random coefficients",
                given.len()
            );
            let hint = format!("give one for each of: {}", design.names.join(", "));
            return Err(vec![
                InputError::at("estimate.demand.coefficients", message).hint(hint),
            ]);
        }
        self.coefficients = if given.is_empty() {
            vec![CoefficientKind::Linear; k]
        } else {
            given.clone()
        };
        self.random_design = Some(design);
        Ok(())
    }
}

/// Derivatives of a design with respect to price, zeros where it does not appear.
fn slopes(
    design: &Design,
    price: &str,
    key: &str,
    text: &str,
) -> Result<Vec<f64>, Vec<InputError>> {
    if (0..design.columns()).any(|c| design.depends_on(c, price)) {
        design
            .derivative(price)
            .map_err(|e| vec![place(e, key, text)])
    } else {
        Ok(vec![0.0; design.values.len()])
    }
}

/// Names of demographics: the columns of their formula.
fn demographics(source: &Source<'_>) -> Result<Vec<String>, Vec<InputError>> {
    let Some(text) = &source.spec.demand.demographics else {
        return Ok(Vec::new());
    };
    let key = "estimate.demand.demographics";
    let Some(table) = source.consumers else {
        let hint = "name a consumers table in `data.consumers`";
        return Err(vec![
            InputError::at(key, "demographics need consumers").hint(hint),
        ]);
    };
    super::consumers::demographic_design(source, table, text).map(|(names, _, _)| names)
}
