//! Evidence for the minimisers.

mod classics;
mod dual;
mod nist;
mod nist_data;
mod quasi_newton;
mod search;
