//! The server over real sockets: who may ask, what is done, what stays on disk.

mod client;
mod files;
mod forged;
mod hostile;
mod page;
mod runs;
#[path = "../../examples/hostile/study.rs"]
mod study;
