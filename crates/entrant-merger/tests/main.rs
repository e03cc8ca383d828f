//! Tests of the merger simulators against closed forms, brute force and published numbers.

mod auctions;
mod brute;
mod calibrations;
mod capacities;
mod changes;
mod homogeneous;
mod published;
mod screens;
mod support;
mod units;
