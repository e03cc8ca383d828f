//! A server of a study in a folder of its own, and a client that sends whatever bytes.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::path::Path;
use std::thread::JoinHandle;
use std::time::Duration;

use entrant::RunOptions;
use entrant_serve::{Server, Stopper};
use serde_json::{Value, json};
use tempfile::TempDir;

/// An answer.
#[derive(Debug, Clone)]
pub struct Answer {
    pub status: u16,
    pub head: String,
    pub body: String,
}

impl Answer {
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|e| panic!("{e}: {self:?}"))
    }

    pub fn header(&self, name: &str) -> Option<&str> {
        let lines = self.head.lines().filter_map(|l| l.split_once(": "));
        let mut named = lines.filter(|(n, _)| n.eq_ignore_ascii_case(name));
        named.next().map(|(_, v)| v)
    }
}

/// A server at work.
pub struct Served {
    pub folder: TempDir,
    pub port: u16,
    pub token: String,
    pub cookie: String,
    pub path: String,
    stopper: Stopper,
    thread: Option<JoinHandle<()>>,
}

impl Served {
    /// A server of the study that `entrant new` writes.
    pub fn new() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        entrant::io::write_new_study(folder.path()).expect("a study");
        Served::of(folder, 3)
    }

    /// A server of the study in a folder.
    pub fn of(folder: TempDir, draws: usize) -> Self {
        let options = RunOptions {
            draws: Some(draws),
            seed: None,
            threads: Some(2),
        };
        let server = Server::bind(folder.path(), 0, options).expect("serves");
        assert!(server.address().ip().is_loopback());
        let (port, stopper, url) = (server.address().port(), server.stopper(), server.url());
        let token = url.rsplit_once('=').expect("a token").1.to_owned();
        let thread = std::thread::spawn(move || server.serve());
        let mut served = Served {
            folder,
            port,
            token,
            cookie: String::new(),
            path: String::new(),
            stopper,
            thread: Some(thread),
        };
        served.enter();
        served
    }

    fn enter(&mut self) {
        let (port, token) = (self.port, &self.token);
        let text = format!("GET /open?token={token} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n\r\n");
        let answer = self.raw(text.as_bytes());
        assert_eq!(answer.status, 200, "{answer:?}");
        let set = answer.header("Set-Cookie").expect("a cookie").to_owned();
        assert!(set.ends_with("; HttpOnly; SameSite=Strict"), "{set}");
        let (cookie, rest) = set.split_once("; Path=").expect("a path");
        cookie.clone_into(&mut self.cookie);
        let path = rest.split(';').next().expect("a path");
        path.clone_into(&mut self.path);
        assert!(answer.body.contains(&format!("0;url={}", self.path)));
    }

    /// Sends bytes and reads what comes back until the end.
    pub fn raw(&self, bytes: &[u8]) -> Answer {
        let mut stream = self.connect();
        stream.write_all(bytes).expect("sends");
        read(&mut stream)
    }

    pub fn connect(&self) -> TcpStream {
        let stream = TcpStream::connect(("127.0.0.1", self.port)).expect("connects");
        let patience = Some(Duration::from_mins(1));
        stream.set_read_timeout(patience).expect("a timeout");
        stream
    }

    /// Looks at a path as the page would.
    pub fn get(&self, path: &str) -> Answer {
        let text = format!(
            "GET {}{path} HTTP/1.1\r\nHost: 127.0.0.1:{}\r\nCookie: {}\r\nSec-Fetch-Site: same-origin\r\n\r\n",
            self.path, self.port, self.cookie
        );
        self.raw(text.as_bytes())
    }

    /// Asks for something as the page would.
    pub fn post(&self, path: &str, body: &Value) -> Answer {
        let body = body.to_string();
        let text = format!("{}{body}", self.head_of(path, body.len()));
        self.raw(text.as_bytes())
    }

    /// The head of such a request.
    pub fn head_of(&self, path: &str, length: usize) -> String {
        let (host, cookie) = (format!("127.0.0.1:{}", self.port), &self.cookie);
        format!(
            "POST {}{path} HTTP/1.1\r\nHost: {host}\r\nOrigin: http://{host}\r\nCookie: {cookie}\r\n\
             Sec-Fetch-Site: same-origin\r\nContent-Type: application/json\r\nContent-Length: {length}\r\n\r\n",
            self.path
        )
    }

    /// Text of the study file.
    pub fn text(&self) -> String {
        std::fs::read_to_string(self.folder.path().join("study.toml")).expect("a study")
    }

    /// Runs a text to its end: the run in the list.
    pub fn run(&self, text: &str, label: &str) -> Value {
        let order = json!({ "text": text, "label": label });
        let answer = self.post("api/run", &order);
        assert_eq!(answer.status, 200, "{answer:?}");
        let id = answer.json()["run"].clone();
        self.wait(|state| ended(state, &id).is_some());
        let state = self.state();
        ended(&state, &id).expect("in the list").clone()
    }

    /// The state as the page hears it first.
    pub fn state(&self) -> Value {
        let mut found = Value::Null;
        self.wait(|state| {
            found = state.clone();
            true
        });
        found
    }

    /// Listens to states until one is as wanted.
    pub fn wait(&self, mut wanted: impl FnMut(&Value) -> bool) {
        let mut stream = self.connect();
        let text = format!(
            "GET {}api/events HTTP/1.1\r\nHost: 127.0.0.1:{}\r\nCookie: {}\r\n\r\n",
            self.path, self.port, self.cookie
        );
        stream.write_all(text.as_bytes()).expect("sends");
        let mut heard = Vec::new();
        let mut chunk = [0; 4096];
        loop {
            let n = stream.read(&mut chunk).expect("events");
            assert!(
                n > 0,
                "the server ends: {}",
                String::from_utf8_lossy(&heard)
            );
            heard.extend_from_slice(&chunk[..n]);
            let text = String::from_utf8_lossy(&heard).into_owned();
            let whole = text.rsplit_once("\n\n").map_or("", |(whole, _)| whole);
            for line in whole.lines().filter_map(|l| l.strip_prefix("data: ")) {
                if wanted(&serde_json::from_str(line).expect("JSON")) {
                    return;
                }
            }
        }
    }

    /// Ends the server.
    pub fn end(&mut self) {
        self.stopper.stop();
        if let Some(thread) = self.thread.take() {
            thread.join().expect("the server ends");
        }
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        self.end();
    }
}

fn ended<'a>(state: &'a Value, id: &Value) -> Option<&'a Value> {
    let runs = state["runs"].as_array()?;
    runs.iter().find(|r| r["id"] == *id)
}

/// Reads an answer until the other side closes.
pub fn read(stream: &mut TcpStream) -> Answer {
    let mut bytes = Vec::new();
    // A refused client may be cut off after its answer.
    let _ = stream.read_to_end(&mut bytes);
    let text = String::from_utf8_lossy(&bytes).into_owned();
    let (head, body) = text.split_once("\r\n\r\n").unwrap_or((&text, ""));
    let status = head.split(' ').nth(1).and_then(|s| s.parse().ok());
    Answer {
        status: status.unwrap_or(0),
        head: head.to_owned(),
        body: body.to_owned(),
    }
}

/// Names in a folder, in order.
pub fn names(folder: &Path) -> Vec<String> {
    let all = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let mut names: Vec<String> = all
        .map(|e| e.file_name().to_string_lossy().into_owned())
        .collect();
    names.sort();
    names
}
