//! A study in the browser: the report page on a loopback server, with the engine behind it.
//!
//! [`Server::bind`] opens a study, [`Server::serve`] answers until a [`Stopper`] says otherwise.
//! The page edits a text of the study, which is checked as it is typed; runs go on in a thread
//! beside and are kept with the library of scenarios in the study folder (`entrant_io`'s
//! workbench). `gate` says who may ask, `routes` what can be asked, `http` reads and writes.
//! Threads belong to connections and to one run at a time.

mod gate;
mod http;
mod job;
mod mistakes;
mod paired;
mod routes;
mod session;
mod summary;

use std::io;
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use entrant::RunOptions;
use entrant::io::{WorkbenchError, read_given};

use crate::gate::{Gate, Passage};
use crate::http::{Answer, Refusal, read_body, read_head, send};
use crate::job::Order;
use crate::session::{Session, Shared};

/// Connections at a time; a page uses at most six.
const CONNECTIONS: usize = 48;
/// Time that a run gets to stop when the server does: draws stop at once, an estimation when its
/// evaluation is done. Whoever does not want to wait asks twice.
const LAST_WORDS: Duration = Duration::from_secs(20);
/// Name of the file that leads a browser in.
const DOOR: &str = "open.html";

/// What keeps a server from starting.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ServeError {
    /// The study, or what is kept beside it.
    #[error(transparent)]
    Workbench(#[from] WorkbenchError),
    /// The port cannot be had.
    #[error("cannot listen on port {port} of this machine: {cause}")]
    Port {
        /// Port; 0 stands for any.
        port: u16,
        /// Why not.
        cause: io::Error,
    },
    /// The system has no random numbers.
    #[error("the system gives no random numbers: {0}")]
    Random(getrandom::Error),
}

/// A study that is served.
#[derive(Debug)]
pub struct Server {
    listener: TcpListener,
    address: SocketAddr,
    gate: Arc<Gate>,
    session: Shared,
    closing: Arc<AtomicBool>,
}

/// Ends a server from another thread.
#[derive(Debug, Clone)]
pub struct Stopper {
    address: SocketAddr,
    closing: Arc<AtomicBool>,
}

impl Stopper {
    /// Asks the server to end.
    pub fn stop(&self) {
        self.closing.store(true, Ordering::SeqCst);
        // The server waits for a connection: here is one.
        let _ = TcpStream::connect_timeout(&self.address, Duration::from_secs(1));
    }
}

impl Server {
    /// Listens on a port of 127.0.0.1, or on any free one for 0, for the study in a folder or at
    /// the path of its study file. `options` are draws, seed and threads of runs.
    ///
    /// # Errors
    /// A study that is not there, a port that cannot be had.
    pub fn bind(study: &Path, port: u16, options: RunOptions) -> Result<Self, ServeError> {
        let session = Arc::new(Session::open(study, options)?);
        let failed = |cause| ServeError::Port { port, cause };
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).map_err(failed)?;
        let address = listener.local_addr().map_err(failed)?;
        let gate = Gate::new(address.port()).map_err(ServeError::Random)?;
        Ok(Server {
            listener,
            address,
            gate: Arc::new(gate),
            session,
            closing: Arc::new(AtomicBool::new(false)),
        })
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The address to open in a browser. It contains a secret.
    pub fn url(&self) -> String {
        self.gate.entrance()
    }

    /// A file that leads a browser to [`Server::url`] and that only its owner may read, so that
    /// the secret does not stand in a command line. It goes when the server ends.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn door(&self) -> Result<PathBuf, ServeError> {
        let url = self.url();
        let text = format!(
            "<!DOCTYPE html><html lang=\"en\"><head><meta charset=\"utf-8\">\
             <meta name=\"referrer\" content=\"no-referrer\">\
             <meta http-equiv=\"refresh\" content=\"0;url={url}\"><title>entrant</title></head>\
             <body><p><a href=\"{url}\">Open the study</a></p></body></html>\n"
        );
        Ok(self.session.workbench().write_private(DOOR, &text)?)
    }

    /// Folder in which runs and scenarios are kept.
    pub fn folder(&self) -> &Path {
        self.session.workbench().root()
    }

    /// What ends the server.
    pub fn stopper(&self) -> Stopper {
        Stopper {
            address: self.address,
            closing: Arc::clone(&self.closing),
        }
    }

    /// Runs the study as it stands on disk, unless its answer is there already or it has
    /// mistakes, which the page shows.
    pub fn run_first(&self) {
        let bench = self.session.workbench();
        let Ok((text, _)) = bench.study_text() else {
            return;
        };
        let Ok(study) = read_given(bench.study(), text.clone()) else {
            return;
        };
        if self.session.answered(study.fingerprint()).is_some() {
            return;
        }
        let order = Order {
            text,
            label: "as on disk".into(),
            draws: None,
        };
        job::start(&self.session, order);
    }

    /// Answers until it is stopped.
    pub fn serve(&self) {
        let busy = Arc::new(AtomicUsize::new(0));
        for stream in self.listener.incoming() {
            if self.closing.load(Ordering::SeqCst) {
                break;
            }
            let Ok(mut stream) = stream else {
                // Out of handles, most likely: others will end.
                std::thread::sleep(Duration::from_millis(50));
                continue;
            };
            if busy.load(Ordering::SeqCst) >= CONNECTIONS {
                let why = "too many requests at once";
                // Nobody need hear it.
                let _ = send(&mut stream, &Refusal { status: 503, why }.into());
                continue;
            }
            busy.fetch_add(1, Ordering::SeqCst);
            let (gate, session) = (Arc::clone(&self.gate), Arc::clone(&self.session));
            let ticket = Ticket(Arc::clone(&busy));
            // Without a thread the connection is dropped, and its ticket with it.
            let _ = std::thread::Builder::new().spawn(move || {
                let _ticket = ticket;
                connection(&mut stream, &gate, &session);
            });
        }
        self.session.close();
        self.session.settle(LAST_WORDS);
        self.session.workbench().remove_private(DOOR);
    }
}

/// Counts a connection until it ends, however it ends.
struct Ticket(Arc<AtomicUsize>);

impl Drop for Ticket {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}

/// One request and its answer.
fn connection(stream: &mut TcpStream, gate: &Gate, session: &Shared) {
    let local = stream.peer_addr().is_ok_and(|a| a.ip().is_loopback());
    if !local {
        return;
    }
    // A client that is gone hears nothing.
    let _ = match reply(stream, gate, session) {
        Ok(Reply::Whole(answer)) => send(stream, &answer),
        Ok(Reply::Events) => routes::listen(session, stream),
        Ok(Reply::Nothing) => Ok(()),
        Err(refusal) => send(stream, &Answer::from(refusal)),
    };
}

enum Reply {
    Whole(Answer),
    Events,
    Nothing,
}

fn reply(stream: &mut TcpStream, gate: &Gate, session: &Shared) -> Result<Reply, Refusal> {
    let Some((head, deadline)) = read_head(stream)? else {
        return Ok(Reply::Nothing);
    };
    let answer = match gate.admit(&head)? {
        Passage::Entrance => routes::entrance(gate),
        Passage::Inside {
            changes: false,
            path,
        } => match path {
            "api/events" => return Ok(Reply::Events),
            _ => routes::look(session, &head, path)?,
        },
        Passage::Inside {
            changes: true,
            path,
        } => {
            let body = read_body(stream, &head, deadline)?;
            routes::act(session, path, &body)?
        }
    };
    Ok(Reply::Whole(answer))
}
