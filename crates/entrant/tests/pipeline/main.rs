//! The whole way, on a small study written for the test.

mod answers;
mod choices;
mod draws;
mod games;
mod live;
mod premiums;
mod refused;
mod shipped;
mod support;
mod surfaces;
mod timing;
mod transfer;
mod worth;
