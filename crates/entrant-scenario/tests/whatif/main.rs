//! What-ifs on a market at known parameters.

mod changes;
mod entry;
mod money;
mod order;
mod rules;
mod support;
