//! Tests of the merger simulators against closed forms, brute force and published numbers.

mod auctions;
mod brute;
mod calibrations;
mod capacities;
mod changes;
mod homogeneous;
mod nests;
mod published;
mod screens;
mod stakes;
mod support;
mod units;
