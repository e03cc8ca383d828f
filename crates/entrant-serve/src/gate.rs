//! Who may ask what: every rule against pages and programs that are not the user's own page.
//!
//! The server listens on loopback, but so can every page in the user's browser talk to
//! loopback, and every other user of the machine. A request passes when
//!
//! - its `Host` is this server by a loopback name (a page whose name was made to point here, by
//!   DNS rebinding, sends its own name);
//! - a browser does not say that another site or port sent it (`Sec-Fetch-Site`, `Origin`);
//! - it carries the cookie of this session, 256 random bits, which only the entrance hands out,
//!   and the entrance wants the other 256 bits that the program printed;
//! - what changes something is a `POST` of JSON whose `Origin` is this very server.
//!
//! The cookie belongs to a random path, so browsers do not send it to other ports of this
//! machine, which cookies would otherwise reach.

use crate::http::{Head, Refusal, refuse};

/// Random bytes of a secret.
const SECRET_BYTES: usize = 32;
/// Random bytes of the path.
const PATH_BYTES: usize = 12;
/// Name of the cookie.
const COOKIE: &str = "entrant";

/// The secrets of one run of the server.
#[derive(Debug, Clone)]
pub struct Gate {
    port: u16,
    token: String,
    cookie: String,
    path: String,
}

/// Where a request may go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Passage<'a> {
    /// To the entrance, with the right token.
    Entrance,
    /// To the page and what belongs to it: the method and the path behind the random part.
    Inside {
        /// Whether it may change something.
        changes: bool,
        /// Path without a leading slash.
        path: &'a str,
    },
}

impl Gate {
    /// New secrets for a server at a port.
    ///
    /// # Errors
    /// When the system has no random numbers.
    pub fn new(port: u16) -> Result<Self, getrandom::Error> {
        Ok(Gate {
            port,
            token: random::<SECRET_BYTES>()?,
            cookie: random::<SECRET_BYTES>()?,
            path: random::<PATH_BYTES>()?,
        })
    }

    /// The address that lets a browser in.
    pub fn entrance(&self) -> String {
        format!("http://127.0.0.1:{}/open?token={}", self.port, self.token)
    }

    /// The cookie that the entrance hands out.
    pub fn set_cookie(&self) -> String {
        format!(
            "{COOKIE}={}; Path=/{}/; HttpOnly; SameSite=Strict",
            self.cookie, self.path
        )
    }

    /// Where the page is, below the server.
    pub fn home(&self) -> String {
        format!("/{}/", self.path)
    }

    /// Lets a request in, or says why not. The body has not been read.
    ///
    /// # Errors
    /// Why not.
    pub fn admit<'a>(&self, head: &'a Head) -> Result<Passage<'a>, Refusal> {
        let host = self.host(head)?;
        let changes = match head.method.as_str() {
            "GET" => false,
            "POST" => true,
            _ => return refuse(405, "only GET and POST are known here"),
        };
        if head.path == "/open" {
            return self.enter(head, changes);
        }
        not_from_elsewhere(head, host, changes)?;
        let Some(path) = self.inside(&head.path) else {
            return refuse(401, "open the address that `entrant serve` printed");
        };
        if !self.has_cookie(head)? {
            return refuse(401, "open the address that `entrant serve` printed");
        }
        if changes && head.one("content-type")? != Some("application/json") {
            return refuse(415, "a body must be JSON");
        }
        Ok(Passage::Inside { changes, path })
    }

    /// The host that was asked for, if it is this server.
    fn host<'a>(&self, head: &'a Head) -> Result<&'a str, Refusal> {
        let own = |name: &str| format!("{name}:{}", self.port);
        let names = [own("127.0.0.1"), own("[::1]"), own("localhost")];
        match head.one("host")? {
            Some(host) if names.iter().any(|n| n == host) => Ok(host),
            _ => refuse(403, "this server has another name"),
        }
    }

    /// A browser may come to the entrance from anywhere: who has the token may enter.
    fn enter(&self, head: &Head, changes: bool) -> Result<Passage<'static>, Refusal> {
        let token = head.query.strip_prefix("token=").unwrap_or_default();
        if changes || head.all("origin").next().is_some() {
            return refuse(403, "the entrance is opened by its address alone");
        }
        if matches!(head.one("sec-fetch-mode")?, Some(mode) if mode != "navigate") {
            return refuse(403, "the entrance is opened by its address alone");
        }
        if matches!(head.one("sec-fetch-dest")?, Some(dest) if dest != "document") {
            return refuse(403, "the entrance is opened by its address alone");
        }
        if same(token, &self.token) {
            Ok(Passage::Entrance)
        } else {
            refuse(401, "open the address that `entrant serve` printed")
        }
    }

    fn inside<'a>(&self, path: &'a str) -> Option<&'a str> {
        let (first, rest) = path.strip_prefix('/')?.split_once('/')?;
        same(first, &self.path).then_some(rest)
    }

    fn has_cookie(&self, head: &Head) -> Result<bool, Refusal> {
        let Some(all) = head.one("cookie")? else {
            return Ok(false);
        };
        let mut values = all.split(';').filter_map(|c| c.trim().split_once('='));
        Ok(values.any(|(name, value)| name == COOKIE && same(value, &self.cookie)))
    }
}

/// A browser says where a request comes from: it must be a page of this server, or, to look at
/// something, the user.
fn not_from_elsewhere(head: &Head, host: &str, changes: bool) -> Result<(), Refusal> {
    let elsewhere = "this request comes from another page";
    match head.one("sec-fetch-site")? {
        None | Some("same-origin") => {}
        Some("none") if !changes => {}
        Some(_) => return refuse(403, elsewhere),
    }
    match head.one("origin")? {
        None if changes => refuse(403, elsewhere),
        Some(origin) if origin != format!("http://{host}") => refuse(403, elsewhere),
        _ => Ok(()),
    }
}

/// Whether two texts are the same, in a time that does not say where they differ.
fn same(a: &str, b: &str) -> bool {
    let differ = a.bytes().zip(b.bytes()).fold(0, |d, (x, y)| d | (x ^ y));
    a.len() == b.len() && differ == 0
}

fn random<const N: usize>() -> Result<String, getrandom::Error> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes)?;
    let digits = bytes.iter().flat_map(|b| [b >> 4, b & 15]);
    Ok(digits
        .filter_map(|d| char::from_digit(d.into(), 16))
        .collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_the_same_or_not() {
        assert!(same("abc", "abc") && same("", ""));
        assert!(!same("abc", "abd") && !same("abc", "ab") && !same("", "a"));
    }

    #[test]
    fn secrets_are_long_and_differ() {
        let (a, b) = (Gate::new(1).expect("random"), Gate::new(1).expect("random"));
        assert_eq!((a.token.len(), a.cookie.len()), (64, 64));
        assert!(a.token != b.token && a.cookie != b.cookie && a.token != a.cookie);
    }
}
