//! Runs the real program in fresh folders: exit codes, what goes to which stream, what stands in
//! the files, and what it says about mistakes.

mod adversarial;
mod backtest;
mod bench;
mod conclusions;
mod estimate;
mod estimated_run;
mod interrupt;
mod merger;
mod mistakes;
mod panel;
mod run;
mod serve;
mod small;
mod streams;
mod tracker;
