//! Tests of inference on made data: exact sets against grids, derivatives against differences,
//! coverage against the binomial distribution.

mod boundary;
mod coverage;
mod gate;
mod robust;
mod support;
mod tails;
