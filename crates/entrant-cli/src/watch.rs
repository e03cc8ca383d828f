//! Listens to the engine: shows progress when work lasts, and stops it on Ctrl-C.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use entrant::{EstimationProgress, Observer, Stage};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::console::Console;
use crate::exit::Exit;

/// Work that is over sooner needs no bar.
const PATIENCE: Duration = Duration::from_secs(1);
/// Time between two pictures of the bar.
const TICK: Duration = Duration::from_millis(200);

/// Progress, the clock, and the wish to stop.
pub(crate) struct Watch {
    started: Instant,
    stop: Arc<AtomicBool>,
    bar: ProgressBar,
    curtain: Option<(Sender<()>, JoinHandle<()>)>,
}

impl Watch {
    /// Starts the clock and listens for Ctrl-C.
    pub(crate) fn start(console: &Console) -> Self {
        let bar = ProgressBar::with_draw_target(Some(1), ProgressDrawTarget::hidden());
        counting(&bar);
        let stop = Arc::new(AtomicBool::new(false));
        listen(Arc::clone(&stop), bar.clone());
        let curtain = console
            .animated()
            .then(|| raise_later(bar.clone()))
            .flatten();
        Watch {
            started: Instant::now(),
            stop,
            bar,
            curtain,
        }
    }

    /// Whether Ctrl-C was pressed.
    pub(crate) fn stopped(&self) -> bool {
        self.stop.load(Ordering::Relaxed)
    }

    /// Time since the start.
    pub(crate) fn elapsed(&self) -> Duration {
        self.started.elapsed()
    }

    /// Takes the bar away for good.
    pub(crate) fn clear(&mut self) {
        if let Some((sender, thread)) = self.curtain.take() {
            drop(sender);
            // A thread that only waits does not panic.
            let _ = thread.join();
        }
        self.bar.finish_and_clear();
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        self.clear();
    }
}

impl Observer for Watch {
    fn progress(&self, stage: Stage, done: usize, total: usize) {
        let (done, total) = (done as u64, total as u64);
        let word = stage.word();
        if self.bar.message() != word && !self.stopped() {
            // An estimation before it has none to count.
            counting(&self.bar);
            self.bar.set_message(word);
            self.bar.set_position(0);
        }
        self.bar.set_length(total);
        if done > self.bar.position() {
            self.bar.set_position(done);
        }
    }

    fn estimating(&self, p: &EstimationProgress) {
        if self.stopped() {
            return;
        }
        let start = match p.starts {
            0 | 1 => String::new(),
            all => format!("start {} of {all}, ", p.start),
        };
        self.bar.set_style(ProgressStyle::default_spinner());
        self.bar.set_message(format!(
            "{start}step {}, evaluation {}, objective {:.6}",
            p.step, p.evaluations, p.best
        ));
    }

    fn should_stop(&self) -> bool {
        self.stopped()
    }
}

/// The bar of work that can be counted.
fn counting(bar: &ProgressBar) {
    let style = ProgressStyle::with_template("{msg:<12} [{bar:30}] {pos}/{len} {elapsed}");
    if let Ok(style) = style {
        bar.set_style(style.progress_chars("=> "));
    }
}

/// The first Ctrl-C asks the engine to stop, the second does not ask.
fn listen(stop: Arc<AtomicBool>, bar: ProgressBar) {
    terminated(&stop);
    let handler = move || {
        if stop.swap(true, Ordering::Relaxed) {
            bar.finish_and_clear();
            leave();
        }
        bar.set_message("stopping");
    };
    // Without a handler the system's own applies: Ctrl-C ends the program at once.
    let _ = ctrlc::set_handler(handler);
}

/// So does the first SIGTERM, and the second.
#[cfg(unix)]
fn terminated(stop: &Arc<AtomicBool>) {
    use signal_hook::consts::SIGTERM;
    use signal_hook::flag::{register, register_conditional_shutdown};
    let exit = i32::from(Exit::Interrupted as u8);
    // In this order: the first finds the flag down, and raises it. Where neither can be done the
    // system's own applies, and the program ends at once.
    let _ = register_conditional_shutdown(SIGTERM, exit, Arc::clone(stop));
    let _ = register(SIGTERM, Arc::clone(stop));
}

/// There is no SIGTERM here.
#[cfg(not(unix))]
fn terminated(_: &Arc<AtomicBool>) {}

#[expect(
    clippy::exit,
    reason = "a second Ctrl-C must end the program whatever it is doing"
)]
pub(crate) fn leave() {
    std::process::exit(i32::from(Exit::Interrupted as u8));
}

/// Shows the bar once work has lasted a while; ends when the sender is dropped.
fn raise_later(bar: ProgressBar) -> Option<(Sender<()>, JoinHandle<()>)> {
    let (sender, receiver) = channel();
    let wait = move || {
        if receiver.recv_timeout(PATIENCE) == Err(RecvTimeoutError::Timeout) {
            bar.set_draw_target(ProgressDrawTarget::stderr());
            bar.enable_steady_tick(TICK);
        }
    };
    // No thread, no bar.
    let thread = std::thread::Builder::new().spawn(wait).ok()?;
    Some((sender, thread))
}
