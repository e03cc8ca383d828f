//! Panels with known truth, and what is built on them: optimal instruments, bootstraps, audits.

mod audits;
mod bootstraps;
mod crossed;
mod equilibrium;
mod importance;
mod instruments;
mod nested;
mod scale;
mod support;
