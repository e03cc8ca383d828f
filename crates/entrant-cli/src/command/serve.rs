//! `entrant serve`: a study in the browser.

use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};

use entrant_serve::{ServeError, Server};

use crate::args::Serve;
use crate::console::Console;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::plain::shown;
use crate::watch::leave;

/// Serves a study until Ctrl-C.
pub(crate) fn serve(args: &Serve, console: &Console) -> Result<Exit, Failure> {
    let study = &args.study.path;
    let port = args.port.unwrap_or(0);
    let server = Server::bind(study, port, args.settings.options()).map_err(|e| failure(&e))?;
    end_on_ctrl_c(&server);
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

/// The first Ctrl-C ends the server, the second does not wait for it.
fn end_on_ctrl_c(server: &Server) {
    let stopper = server.stopper();
    let asked = AtomicBool::new(false);
    let handler = move || {
        if asked.swap(true, Ordering::SeqCst) {
            leave();
        }
        stopper.stop();
    };
    // Without a handler the system's own applies: Ctrl-C ends the program at once.
    let _ = ctrlc::set_handler(handler);
}

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
