//! `entrant serve`: a study in the browser.

use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use entrant_serve::{ServeError, Server};

use crate::args::Serve;
use crate::console::Console;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::plain::shown;
use crate::watch::leave;

/// Serves a study until Ctrl-C or SIGTERM.
pub(crate) fn serve(args: &Serve, console: &Console) -> Result<Exit, Failure> {
    let study = &args.study.path;
    let port = args.port.unwrap_or(0);
    let server = Server::bind(study, port, args.settings.options()).map_err(|e| failure(&e))?;
    end_when_asked(&server);
    console.data(&format!("{}\n", server.url()))?;
    console.note(&format!(
        "serving `{}` to the browser of this machine; runs are kept in `{}`\n\
         the address above lets a browser in; Ctrl-C ends",
        shown(study),
        shown(server.folder())
    ));
    if !args.no_run {
        server.run_first();
    }
    if !args.no_open {
        open(&server, console);
    }
    server.serve();
    console.note("ended");
    Ok(Exit::Certified)
}

/// The first Ctrl-C or SIGTERM ends the server, the second does not wait for it.
fn end_when_asked(server: &Server) {
    let (stopper, asked) = (server.stopper(), AtomicBool::new(false));
    let ask = Arc::new(move || {
        if asked.swap(true, Ordering::SeqCst) {
            leave();
        }
        stopper.stop();
    });
    let other = Arc::clone(&ask);
    terminated(move || other());
    // Without a handler the system's own applies: Ctrl-C ends the program at once.
    let _ = ctrlc::set_handler(move || ask());
}

/// Calls on each SIGTERM, which service managers and batch systems send. Where that cannot be had
/// the system's own applies, and the program ends at once.
#[cfg(unix)]
fn terminated(ask: impl Fn() + Send + 'static) {
    use std::io::Read as _;
    use std::os::unix::net::UnixStream;
    let Ok((mut heard, signal)) = UnixStream::pair() else {
        return;
    };
    let listen = move || {
        let mut one = [0];
        while heard.read_exact(&mut one).is_ok() {
            ask();
        }
    };
    if std::thread::Builder::new().spawn(listen).is_ok() {
        let _ = signal_hook::low_level::pipe::register(signal_hook::consts::SIGTERM, signal);
    }
}

/// There is no SIGTERM here.
#[cfg(not(unix))]
fn terminated(_: impl Fn() + Send + 'static) {}

/// Opens a browser, where there is one; the address is printed in any case.
fn open(server: &Server, console: &Console) {
    if !has_screen() {
        return;
    }
    match server.door() {
        Ok(door) if started(&door) => {}
        Ok(_) => console.detail("no browser could be opened: open the address yourself"),
        Err(e) => console.detail(&format!("no browser was opened: {e}")),
    }
}

/// Whether a window can be shown: a text browser would take the terminal.
fn has_screen() -> bool {
    let named = |name: &str| std::env::var_os(name).is_some_and(|v| !v.is_empty());
    cfg!(any(windows, target_os = "macos")) || named("DISPLAY") || named("WAYLAND_DISPLAY")
}

fn started(page: &Path) -> bool {
    let opener = if cfg!(windows) {
        "explorer"
    } else if cfg!(target_os = "macos") {
        "open"
    } else {
        "xdg-open"
    };
    let mut command = Command::new(opener);
    command.arg(page).stdin(Stdio::null());
    let child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn();
    let Ok(mut child) = child else {
        return false;
    };
    // Somebody must hear that it has ended; how does not matter.
    std::thread::spawn(move || drop(child.wait()));
    true
}

fn failure(error: &ServeError) -> Failure {
    let message = error.to_string();
    match error {
        ServeError::Port { .. } => {
            let hint = "choose another one with `--port`, or none for any that is free";
            Failure::new(Exit::BadInput, message, hint)
        }
        ServeError::Random(_) => Failure::new(Exit::Resource, message, ""),
        _ => {
            let hint = "name a folder with a `study.toml`; `entrant new DIR` makes one";
            Failure::new(Exit::BadInput, message, hint)
        }
    }
}
