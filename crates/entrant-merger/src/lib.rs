//! Merger simulators on a few public numbers: prices, shares, a margin or an elasticity.
//!
//! [`mod@calibrate`] makes a [`Model`] of what was [`Observed`], in closed form where the numbers
//! determine the parameters. [`simulate`] applies [`Change`]s to it, solves the market again and
//! says what changed; every equilibrium is certified by conditions computed afresh. Screens that
//! need no new equilibrium (upward pricing pressure, compensating cost reductions, the
//! hypothetical monopolist) are in [`pressure`] and [`monopolist`].
//!
//! Money may have any unit: nothing here has a size of its own. A nest parameter of one is the
//! flat logit. Shares are of units for logit demand and of spending for CES and AIDS.

pub mod calibrate;
pub mod change;
pub mod concentration;
pub mod conduct;
pub mod demand;
pub mod equilibrium;
pub mod model;
pub mod monopolist;
mod newton;
pub mod observed;
pub mod outcome;
pub mod ownership;
pub mod pressure;
mod scalar;

pub use calibrate::{Calibration, Fitted, Parameter, calibrate};
pub use change::Change;
pub use conduct::Conduct;
pub use demand::Demand;
pub use equilibrium::Equilibrium;
pub use model::{Model, Product, Tax};
pub use observed::{DemandKind, Observation, Observed, Unknown};
pub use outcome::{Outcome, simulate};
pub use ownership::Ownership;
