//! Supply: whose profit counts when a price is set.

mod ownership;

pub use ownership::Ownership;
