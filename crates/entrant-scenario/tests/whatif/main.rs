//! What-ifs on a market at known parameters.

mod capacity;
mod changes;
mod entry;
mod money;
mod order;
mod owners;
mod premiums;
mod pressure;
mod rules;
mod support;
mod taxes;
mod transfer;
