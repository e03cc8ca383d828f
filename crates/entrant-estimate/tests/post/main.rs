//! What is said about an economy at known parameters, against differences, simulated shoppers and
//! identities.

mod derivatives;
mod identities;
#[path = "../blp/panels.rs"]
mod panels;
mod prices;
mod shoppers;
mod support;
