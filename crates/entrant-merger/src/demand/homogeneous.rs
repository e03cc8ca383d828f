//! One homogeneous product that several plants make.

/// How the price falls with total quantity.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum HomogeneousShape {
    /// P = intercept + slope Q.
    Linear {
        /// Price at a quantity of zero.
        intercept: f64,
        /// Slope, negative.
        slope: f64,
    },
    /// P = level Q^power.
    ConstantElasticity {
        /// Price at a quantity of one.
        level: f64,
        /// One over the elasticity, negative.
        power: f64,
    },
}

/// Demand for one homogeneous product.
#[derive(Debug, Clone, PartialEq)]
pub struct Homogeneous {
    /// How the price falls with total quantity.
    pub shape: HomogeneousShape,
    /// Quantities before, of each plant.
    pub before: Vec<f64>,
}

impl HomogeneousShape {
    /// Price at a total quantity.
    pub fn price(&self, quantity: f64) -> f64 {
        match self {
            HomogeneousShape::Linear { intercept, slope } => intercept + slope * quantity,
            HomogeneousShape::ConstantElasticity { level, power } => level * quantity.powf(*power),
        }
    }

    /// Derivative of the price by total quantity.
    pub fn price_slope(&self, quantity: f64) -> f64 {
        match self {
            HomogeneousShape::Linear { slope, .. } => *slope,
            HomogeneousShape::ConstantElasticity { level, power } => {
                level * power * quantity.powf(power - 1.0)
            }
        }
    }

    /// Money that consumers lose when total quantity falls from `before` to `after`: the change
    /// of consumers' surplus.
    pub fn harm(&self, before: f64, after: f64) -> f64 {
        let spent = |q: f64| self.price(q) * q;
        let worth = match self {
            HomogeneousShape::Linear { intercept, slope } => {
                (before - after) * (intercept + 0.5 * slope * (before + after))
            }
            HomogeneousShape::ConstantElasticity { level, power } => {
                // The integral of level Q^power between the quantities.
                let n = power + 1.0;
                if n == 0.0 {
                    level * (before / after).ln()
                } else {
                    level * (before.powf(n) - after.powf(n)) / n
                }
            }
        };
        worth - spent(before) + spent(after)
    }
}
