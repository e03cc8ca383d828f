//! Who forecasts, in words.

use entrant_data::result::backtest::ForecasterReport;

use super::split::Split;

/// A forecaster.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Who {
    /// The estimated model, prices in equilibrium.
    Model,
    /// The estimated model at the prices that were set.
    ModelAtPrices,
    /// A plain logit.
    Proportional,
    /// Demand with a constant elasticity.
    Elasticity,
    /// As in the market before.
    NoChange,
}

/// The forecasters that a study has: without costs nobody solves for prices.
pub(super) fn all(split: &Split<'_>) -> Vec<Who> {
    let model = split.has_supply().then_some(Who::Model);
    let others = [
        Who::ModelAtPrices,
        Who::Proportional,
        Who::Elasticity,
        Who::NoChange,
    ];
    model.into_iter().chain(others).collect()
}

impl Who {
    pub(super) fn name(self) -> &'static str {
        match self {
            Who::Model => "model",
            Who::ModelAtPrices => "model, prices known",
            Who::Proportional => "proportional draw",
            Who::Elasticity => "constant elasticity",
            Who::NoChange => "no change",
        }
    }

    pub(super) fn report(self) -> ForecasterReport {
        ForecasterReport {
            name: self.name().into(),
            definition: self.definition().into(),
            knows_prices: self == Who::ModelAtPrices,
        }
    }

    fn definition(self) -> &'static str {
        match self {
            Who::Model => {
                "The study's model, estimated on the markets before. Products that stay keep their unobserved quality and cost, new ones draw theirs; prices are solved for in equilibrium, and shares follow."
            }
            Who::ModelAtPrices => {
                "The same at the prices that were set: what demand alone gets right."
            }
            Who::Proportional => {
                "A plain logit without characteristics: products that stay keep ln(share / share of buying nothing), new ones draw theirs from earlier new ones; everybody loses to them in proportion to what he has, and gains so from those who leave. It says nothing of prices."
            }
            Who::Elasticity => {
                "ln share = characteristics + e ln price by two-stage least squares with the study's instruments, ln price = columns of cost by least squares (constant margins; prices are taken as known in a study without supply). Residuals stay; no product matters to another."
            }
            Who::NoChange => {
                "Products that stay keep share and price; new ones have those of earlier new ones against the products beside them."
            }
        }
    }
}
