//! The command line of entrant.
fn main() {}
