//! Everything of `entrant` that crosses a boundary, as plain data: what a user writes
//! ([`spec`]), what the tables say once validated ([`panel`]), and what comes out
//! ([`result`]). No economics, no files, no clocks, no threads.
//!
//! The nouns follow the way through the program:
//! tables -> [`panel::Panel`] -> [`spec::Study`] -> economy -> [`result::Results`].

pub mod draws;
pub mod error;
pub mod finding;
pub mod formula;
pub mod panel;
pub mod quantity;
pub mod quarter;
pub mod result;
pub mod spec;
pub mod status;
pub mod table;
pub mod tracker;

pub use draws::Draws;
pub use error::InputError;
pub use finding::{Finding, Level};
pub use quantity::{Distribution, Mark, Parameter, Price, Quantity};
pub use quarter::Quarter;
pub use status::Status;
