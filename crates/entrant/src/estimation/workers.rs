//! Threads for the work over markets.

use entrant_estimate::blp::Workers;
use rayon::prelude::*;

use crate::error::RunError;

/// A pool of threads. Each piece of work is done once, by whichever thread is free; what comes out
/// does not depend on it.
#[derive(Debug)]
pub struct Pool(rayon::ThreadPool);

impl Pool {
    /// A pool of so many threads; all cores when absent.
    ///
    /// # Errors
    /// [`RunError::Resource`] when the system does not give the threads.
    pub fn new(threads: Option<usize>) -> Result<Self, RunError> {
        let count = threads.unwrap_or(0);
        let pool = rayon::ThreadPoolBuilder::new().num_threads(count).build();
        pool.map(Pool).map_err(|e| RunError::Resource {
            threads: count,
            cause: e.to_string(),
        })
    }
}

impl Workers for Pool {
    fn each(&self, pieces: usize, work: &(dyn Fn(usize) + Sync)) {
        if self.0.current_num_threads() == 1 {
            return (0..pieces).for_each(work);
        }
        self.0
            .install(|| (0..pieces).into_par_iter().with_max_len(1).for_each(work));
    }
}
