//! Solvers, integration and random streams that never heard of a market.
//!
//! Everything here works on `f64` slices and returns plain numbers or small structs. The crate
//! is the only one that names the linear-algebra and random-number libraries, and it touches
//! no file, clock, thread or global, so that it also builds for a browser.

pub mod absorb;
pub mod accelerator;
pub mod aligned;
pub mod dense;
pub mod distribution;
mod elementary;
pub mod fixed_point;
pub mod integration;
pub mod lambert;
pub mod lanes;
pub mod linalg;
pub mod mixed;
pub mod mixture;
pub mod optimize;
pub mod packs;
pub mod quadrature;
pub mod random;
pub mod regression;
pub mod root;
pub mod rows;
pub mod scaling;
pub mod score;
pub mod sensitivity;
mod simd;
pub mod vector;
