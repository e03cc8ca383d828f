//! Work over draws, in threads.

use std::sync::atomic::{AtomicUsize, Ordering};

use rayon::prelude::*;

use crate::error::RunError;
use crate::observer::{Observer, Stage};

/// Does work in a pool of so many threads; all cores when absent.
pub(crate) fn in_threads<T: Send>(
    threads: Option<usize>,
    work: impl FnOnce() -> T + Send,
) -> Result<T, RunError> {
    let count = threads.unwrap_or(0);
    let pool = rayon::ThreadPoolBuilder::new().num_threads(count).build();
    let pool = pool.map_err(|e| RunError::Resource {
        threads: count,
        cause: e.to_string(),
    })?;
    Ok(pool.install(work))
}

/// One value per draw, in order; stops early when the observer asks for it.
pub(crate) fn over_draws<T: Send>(
    total: usize,
    observer: &dyn Observer,
    work: impl Fn(usize) -> T + Sync,
) -> Result<Vec<T>, RunError> {
    let done = AtomicUsize::new(0);
    let draws: Vec<Option<T>> = (0..total)
        .into_par_iter()
        .map(|d| {
            if observer.should_stop() {
                return None;
            }
            let found = work(d);
            let finished = done.fetch_add(1, Ordering::Relaxed) + 1;
            observer.progress(Stage::Drawing, finished, total);
            Some(found)
        })
        .collect();
    let finished: Option<Vec<T>> = draws.into_iter().collect();
    finished.ok_or(RunError::Interrupted {
        done: done.into_inner(),
        total,
    })
}
