//! Calibration against markets whose parameters are known.

mod nested;
mod plain;
mod quality;
mod random;
mod shares;
mod support;
