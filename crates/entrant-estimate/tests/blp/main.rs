//! The estimator's kernels against brute force and derivatives by differences.

mod bounds;
mod brute;
mod derivatives;
mod lanes;
mod micro;
mod own;
mod panels;
mod scores;
mod surveys;
