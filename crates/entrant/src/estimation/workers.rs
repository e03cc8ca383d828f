//! Threads for the work over markets.

use std::sync::atomic::{AtomicUsize, Ordering};

use entrant_estimate::blp::Workers;

use crate::error::RunError;

/// A pool of threads. Who asks for work does some of it while threads wake up: small problems would
/// otherwise wait for them longer than they take. Each piece of work is done once, by whichever thread is free; what comes out
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
        let threads = self.0.current_num_threads().min(pieces);
        if threads <= 1 {
            return (0..pieces).for_each(work);
        }
        let next = AtomicUsize::new(0);
        let some = || {
            loop {
                let piece = next.fetch_add(1, Ordering::Relaxed);
                if piece >= pieces {
                    return;
                }
                work(piece);
            }
        };
        self.0.in_place_scope(|scope| {
            (1..threads).for_each(|_| scope.spawn(|_| some()));
            some();
        });
    }
}
