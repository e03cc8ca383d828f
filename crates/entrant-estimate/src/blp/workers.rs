//! Work over markets, in any order and possibly at once.

/// Runs pieces of work that do not depend on each other.
///
/// The engine has no threads of its own; whoever has them implements this. Results never depend
/// on the order or on how many run at once.
pub trait Workers: Sync {
    /// Calls `work` once with each of `0..pieces`.
    fn each(&self, pieces: usize, work: &(dyn Fn(usize) + Sync));
}

/// One piece after the other.
#[derive(Debug, Clone, Copy, Default)]
pub struct Serial;

impl Workers for Serial {
    fn each(&self, pieces: usize, work: &(dyn Fn(usize) + Sync)) {
        (0..pieces).for_each(work);
    }
}
