//! As much of HTTP/1.1 as a page of our own needs: one request for each connection, read within
//! limits of size and time, and one answer.

use std::io::{self, Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

/// Longest request line with headers, in bytes.
const HEAD_BYTES: usize = 16 << 10;
/// Most headers.
const HEADERS: usize = 64;
/// Longest body: a study file of one mebibyte, however it is written as JSON.
const BODY_BYTES: usize = 8 << 20;
/// Time for a whole request.
const REQUEST_TIME: Duration = Duration::from_secs(10);
/// Time for a whole answer.
const ANSWER_TIME: Duration = Duration::from_mins(1);
/// Time and bytes that are granted to a refused client to hear why.
const DRAIN_TIME: Duration = Duration::from_millis(500);

/// Why a request gets no answer of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Refusal {
    /// Status code.
    pub status: u16,
    /// Why, in words; it never repeats what was sent.
    pub why: &'static str,
}

/// A refusal.
pub fn refuse<T>(status: u16, why: &'static str) -> Result<T, Refusal> {
    Err(Refusal { status, why })
}

/// A request up to its body.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Head {
    /// Method.
    pub method: String,
    /// Path, as sent.
    pub path: String,
    /// What stands behind the question mark; empty without one.
    pub query: String,
    headers: Vec<(String, String)>,
    /// Bytes that came with the head and belong to the body.
    rest: Vec<u8>,
}

impl Head {
    /// Values of a header, by its name in lower case.
    pub fn all(&self, name: &str) -> impl Iterator<Item = &str> {
        let named = self.headers.iter().filter(move |(n, _)| n == name);
        named.map(|(_, value)| value.as_str())
    }

    /// The value of a header that stands there once; `None` where it does not stand there.
    ///
    /// # Errors
    /// Where it stands there more than once.
    pub fn one(&self, name: &str) -> Result<Option<&str>, Refusal> {
        let mut all = self.all(name);
        match (all.next(), all.next()) {
            (_, Some(_)) => refuse(400, "a header is there twice"),
            (first, None) => Ok(first),
        }
    }
}

/// Reads the head of a request; `None` when the other side closes without a word.
///
/// # Errors
/// A head that is too long, takes too long, or is not HTTP/1.1 as this server speaks it.
pub fn read_head(stream: &mut TcpStream) -> Result<Option<(Head, Instant)>, Refusal> {
    let deadline = Instant::now() + REQUEST_TIME;
    let mut bytes = Vec::new();
    loop {
        if let Some(head) = parsed(&bytes)? {
            return Ok(Some((head, deadline)));
        }
        if bytes.len() >= HEAD_BYTES {
            return refuse(431, "the request head is too long");
        }
        let mut chunk = [0; 4096];
        match read_some(stream, &mut chunk, deadline)? {
            0 if bytes.is_empty() => return Ok(None),
            0 => return refuse(400, "the request is not complete"),
            n => bytes.extend_from_slice(&chunk[..n]),
        }
    }
}

fn parsed(bytes: &[u8]) -> Result<Option<Head>, Refusal> {
    let mut headers = [httparse::EMPTY_HEADER; HEADERS];
    let mut request = httparse::Request::new(&mut headers);
    let end = match request.parse(bytes) {
        Ok(httparse::Status::Complete(end)) => end,
        Ok(httparse::Status::Partial) => return Ok(None),
        Err(_) => return refuse(400, "this is no HTTP request"),
    };
    if request.version != Some(1) {
        return refuse(505, "this server speaks HTTP/1.1");
    }
    let target = request.path.unwrap_or_default();
    if !target.starts_with('/') {
        return refuse(400, "the target must be a path");
    }
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    let mut found = Vec::new();
    for h in request.headers.iter() {
        let Ok(value) = std::str::from_utf8(h.value) else {
            return refuse(400, "a header is not text");
        };
        found.push((h.name.to_ascii_lowercase(), value.trim().to_owned()));
    }
    Ok(Some(Head {
        method: request.method.unwrap_or_default().to_owned(),
        path: path.to_owned(),
        query: query.to_owned(),
        headers: found,
        rest: bytes[end..].to_vec(),
    }))
}

/// Reads the body of a request.
///
/// # Errors
/// A body without a plain length, one that is too long, or one that takes too long.
pub fn read_body(
    stream: &mut TcpStream,
    head: &Head,
    deadline: Instant,
) -> Result<Vec<u8>, Refusal> {
    if head.all("transfer-encoding").next().is_some() {
        return refuse(501, "a body needs a content length");
    }
    let Some(length) = head.one("content-length")? else {
        return refuse(411, "a body needs a content length");
    };
    let digits = !length.is_empty() && length.bytes().all(|b| b.is_ascii_digit());
    let length = match length.parse::<usize>() {
        Ok(n) if digits => n,
        _ if digits => usize::MAX,
        _ => return refuse(400, "the content length is no number"),
    };
    if length > BODY_BYTES {
        return refuse(413, "the body is too long");
    }
    let mut body = head.rest.clone();
    if body.len() > length {
        return refuse(400, "there is more than one request");
    }
    while body.len() < length {
        let mut chunk = [0; 16 << 10];
        let most = chunk.len().min(length - body.len());
        match read_some(stream, &mut chunk[..most], deadline)? {
            0 => return refuse(400, "the request is not complete"),
            n => body.extend_from_slice(&chunk[..n]),
        }
    }
    Ok(body)
}

fn read_some(stream: &mut TcpStream, into: &mut [u8], deadline: Instant) -> Result<usize, Refusal> {
    let late = Refusal {
        status: 408,
        why: "the request takes too long",
    };
    loop {
        let left = deadline.saturating_duration_since(Instant::now());
        if left.is_zero() || stream.set_read_timeout(Some(left)).is_err() {
            return Err(late);
        }
        match stream.read(into) {
            Ok(n) => return Ok(n),
            Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
            Err(e) if [io::ErrorKind::WouldBlock, io::ErrorKind::TimedOut].contains(&e.kind()) => {
                return Err(late);
            }
            Err(_) => return refuse(400, "the connection broke"),
        }
    }
}

/// An answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// Status code.
    pub status: u16,
    /// Kind of the body.
    pub kind: &'static str,
    /// Headers beside those that every answer has.
    pub headers: Vec<(&'static str, String)>,
    /// Body.
    pub body: Vec<u8>,
}

impl Answer {
    /// An answer with a body.
    pub fn of(kind: &'static str, body: impl Into<Vec<u8>>) -> Self {
        Answer {
            status: 200,
            kind,
            headers: Vec::new(),
            body: body.into(),
        }
    }

    /// The same with a header.
    #[must_use]
    pub fn with(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }

    /// The same with another status.
    #[must_use]
    pub fn status(mut self, status: u16) -> Self {
        self.status = status;
        self
    }
}

impl From<Refusal> for Answer {
    fn from(refusal: Refusal) -> Self {
        Answer::of("text/plain; charset=utf-8", format!("{}\n", refusal.why)).status(refusal.status)
    }
}

/// What every answer says: nothing may be kept, guessed, framed, or read from elsewhere.
const ALWAYS: &str = "\
Cache-Control: no-store\r\n\
X-Content-Type-Options: nosniff\r\n\
Referrer-Policy: no-referrer\r\n\
Cross-Origin-Opener-Policy: same-origin\r\n\
Cross-Origin-Resource-Policy: same-origin\r\n\
Connection: close\r\n";

/// What an answer may do unless it says otherwise.
const NOTHING: &str =
    "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// Sends an answer and ends the connection.
///
/// # Errors
/// When the other side is gone or does not read.
pub fn send(stream: &mut TcpStream, answer: &Answer) -> io::Result<()> {
    let length = format!("Content-Length: {}\r\n", answer.body.len());
    let mut bytes = head_of(answer, &length);
    bytes.extend_from_slice(&answer.body);
    write_within(stream, &bytes, Instant::now() + ANSWER_TIME)?;
    finish(stream);
    Ok(())
}

/// Sends the head of an answer whose body comes bit by bit.
///
/// # Errors
/// When the other side is gone or does not read.
pub fn begin(stream: &mut TcpStream, answer: &Answer) -> io::Result<()> {
    let head = head_of(answer, "");
    write_within(stream, &head, Instant::now() + REQUEST_TIME)
}

/// Sends a bit of such a body.
///
/// # Errors
/// When the other side is gone or does not read.
pub fn go_on(stream: &mut TcpStream, bytes: &[u8]) -> io::Result<()> {
    write_within(stream, bytes, Instant::now() + REQUEST_TIME)
}

fn head_of(answer: &Answer, length: &str) -> Vec<u8> {
    let mut headers: Vec<(&str, String)> = answer.headers.clone();
    let policy = "Content-Security-Policy";
    if !headers.iter().any(|(name, _)| *name == policy) {
        headers.push((policy, NOTHING.to_owned()));
    }
    // Values are the program's own; a line break in one would still end nothing.
    let line = |(name, value): &(&str, String)| {
        let value: String = value.chars().filter(|c| !c.is_control()).collect();
        [name, ": ", &value, "\r\n"].concat()
    };
    let more: String = headers.iter().map(line).collect();
    let (status, kind) = (answer.status, answer.kind);
    let first = format!("HTTP/1.1 {status} {}\r\n", words(status));
    format!("{first}Content-Type: {kind}\r\n{length}{ALWAYS}{more}\r\n").into_bytes()
}

fn write_within(stream: &mut TcpStream, mut bytes: &[u8], deadline: Instant) -> io::Result<()> {
    while !bytes.is_empty() {
        let left = deadline.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return Err(io::ErrorKind::TimedOut.into());
        }
        stream.set_write_timeout(Some(left))?;
        match stream.write(bytes) {
            Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
            Ok(n) => bytes = &bytes[n..],
            Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
            Err(e) => return Err(e),
        }
    }
    Ok(())
}

/// Ends a connection so that the answer arrives even where not all of the request was read.
fn finish(stream: &mut TcpStream) {
    if stream.shutdown(std::net::Shutdown::Write).is_err() {
        return;
    }
    let deadline = Instant::now() + DRAIN_TIME;
    let mut chunk = [0; 16 << 10];
    while let Ok(1..) = read_some(stream, &mut chunk, deadline) {}
}

fn words(status: u16) -> &'static str {
    match status {
        200 => "OK",
        400 => "Bad Request",
        401 => "Unauthorized",
        403 => "Forbidden",
        404 => "Not Found",
        405 => "Method Not Allowed",
        408 => "Request Timeout",
        409 => "Conflict",
        411 => "Length Required",
        413 => "Content Too Large",
        415 => "Unsupported Media Type",
        422 => "Unprocessable Content",
        431 => "Request Header Fields Too Large",
        501 => "Not Implemented",
        503 => "Service Unavailable",
        505 => "HTTP Version Not Supported",
        _ => "Internal Server Error",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn head(text: &str) -> Result<Option<Head>, Refusal> {
        parsed(text.as_bytes())
    }

    #[test]
    fn a_request_is_taken_apart() {
        let found = head("GET /a/b?c=d HTTP/1.1\r\nHost: x\r\nA: 1\r\na: 2\r\n\r\nrest");
        let found = found.expect("fine").expect("complete");
        assert_eq!((found.path.as_str(), found.query.as_str()), ("/a/b", "c=d"));
        assert_eq!(found.one("host"), Ok(Some("x")));
        assert!(found.one("a").is_err());
        assert_eq!(found.rest, b"rest");
    }

    #[test]
    fn what_is_no_request_of_ours_is_refused() {
        for (text, status) in [
            ("GET http://x/ HTTP/1.1\r\n\r\n", 400),
            ("GET * HTTP/1.1\r\n\r\n", 400),
            ("GET / HTTP/1.0\r\n\r\n", 505),
            ("\u{16}\u{3}\u{1}", 400),
            ("GET / HTTP/1.1\r\n folded\r\n\r\n", 400),
            ("GET / HTTP/1.1\r\nA : 1\r\n\r\n", 400),
        ] {
            let found = head(text).expect_err("refused");
            assert_eq!(found.status, status, "{text:?}");
        }
        assert_eq!(head("GET / HTTP/1.1\r\nHost:"), Ok(None));
    }
}
