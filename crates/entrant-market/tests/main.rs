//! Tests of one market against independent evidence: frozen markets where a peer is silently
//! wrong, simulated shoppers, closed forms, differences, transformations that must not matter,
//! and random markets.

mod bounds;
mod capacity;
mod closed_forms;
mod derivatives;
mod duopolies;
mod frozen;
mod inversion;
mod metamorphic;
mod random_markets;
mod shoppers;
mod substitution;
mod support;
