//! Requests that pages and programs of others could send: none is let in, none changes anything.

use std::io::Write as _;
use std::time::{Duration, Instant};

use serde_json::json;

use crate::client::{Served, names, read};

/// A request by its parts; `None` leaves a header out.
#[derive(Clone)]
struct Forged {
    method: &'static str,
    path: String,
    host: Option<String>,
    origin: Option<String>,
    cookie: Option<String>,
    site: Option<&'static str>,
    kind: Option<&'static str>,
    more: &'static str,
}

impl Forged {
    fn text(&self) -> String {
        let body = r#"{"name":"forged","text":"x"}"#;
        let mut out = format!("{} {} HTTP/1.1\r\n", self.method, self.path);
        let headers = [
            ("Host", self.host.as_deref()),
            ("Origin", self.origin.as_deref()),
            ("Cookie", self.cookie.as_deref()),
            ("Sec-Fetch-Site", self.site),
            ("Content-Type", self.kind),
        ];
        let there = headers.iter().filter_map(|(name, v)| v.map(|v| (name, v)));
        let lines: Vec<String> = there.map(|(n, v)| format!("{n}: {v}\r\n")).collect();
        out += &lines.concat();
        out += self.more;
        if self.method == "POST" {
            return out + &format!("Content-Length: {}\r\n\r\n{body}", body.len());
        }
        out + "\r\n"
    }
}

/// What the page itself sends to look at something and to change something.
fn honest(served: &Served) -> [Forged; 2] {
    let host = format!("127.0.0.1:{}", served.port);
    let look = Forged {
        method: "GET",
        path: format!("{}api/study", served.path),
        host: Some(host.clone()),
        origin: None,
        cookie: Some(served.cookie.clone()),
        site: Some("same-origin"),
        kind: None,
        more: "",
    };
    let change = Forged {
        method: "POST",
        path: format!("{}api/scenario/keep", served.path),
        origin: Some(format!("http://{host}")),
        kind: Some("application/json"),
        ..look.clone()
    };
    [look, change]
}

/// One thing is wrong with each.
fn forgeries(served: &Served, honest: &Forged) -> Vec<(String, Forged)> {
    let port = served.port;
    let mut all = Vec::new();
    let mut add = |what: String, forged: Forged| all.push((what, forged));
    let hosts = [
        None,
        Some("evil.test".to_owned()),
        Some(format!("evil.test:{port}")),
        Some("127.0.0.1".to_owned()),
        Some(format!("127.0.0.1:{}", port ^ 1)),
        Some(format!("127.0.0.1.evil.test:{port}")),
        Some(format!("localhost.evil.test:{port}")),
        Some(format!("0.0.0.0:{port}")),
        Some(format!("127.0.0.2:{port}")),
        Some(format!("[::ffff:127.0.0.1]:{port}")),
        Some(format!("127.0.0.1:{port}, evil.test")),
        Some(format!("user@127.0.0.1:{port}")),
    ];
    for host in hosts {
        add(
            format!("host {host:?}"),
            Forged {
                host,
                ..honest.clone()
            },
        );
    }
    let origins = [
        "null".to_owned(),
        "http://evil.test".to_owned(),
        format!("http://evil.test:{port}"),
        format!("https://127.0.0.1:{port}"),
        format!("http://127.0.0.1:{}", port ^ 1),
        "http://127.0.0.1".to_owned(),
        format!("http://localhost:{port}"),
        format!("http://127.0.0.1:{port}.evil.test"),
        "file://".to_owned(),
    ];
    for origin in origins {
        let origin = Some(origin);
        add(
            format!("origin {origin:?}"),
            Forged {
                origin,
                ..honest.clone()
            },
        );
    }
    for site in ["cross-site", "same-site", "sideways", ""] {
        let forged = Forged {
            site: Some(site),
            ..honest.clone()
        };
        add(format!("site {site}"), forged);
    }
    let own = &served.cookie;
    let cookies = [
        None,
        Some(String::new()),
        Some("entrant=".to_owned()),
        Some(format!("entrant={}", served.token)),
        Some(own[..own.len() - 1].to_owned()),
        Some(format!("{own}0")),
        Some(format!("other{own}")),
        Some(own.to_uppercase()),
    ];
    for cookie in cookies {
        add(
            format!("cookie {cookie:?}"),
            Forged {
                cookie,
                ..honest.clone()
            },
        );
    }
    let rest = honest.path.strip_prefix(&served.path).expect("a path");
    for path in [
        format!("/{rest}"),
        format!("/{}/{rest}", "0".repeat(24)),
        format!("/{}{rest}", served.path),
        format!("{}?token={}", rest.replacen("api", "/api", 1), served.token),
    ] {
        add(
            format!("path {path}"),
            Forged {
                path,
                ..honest.clone()
            },
        );
    }
    all
}

#[test]
fn every_forged_request_is_refused() {
    let served = Served::new();
    let [look, change] = honest(&served);
    assert_eq!(served.raw(look.text().as_bytes()).status, 200);
    let mut all: Vec<(String, Forged)> = forgeries(&served, &look);
    all.extend(forgeries(&served, &change));
    // A browser names the origin of every POST, and never one that the user typed.
    all.push((
        "no origin".into(),
        Forged {
            origin: None,
            ..change.clone()
        },
    ));
    all.push((
        "by hand".into(),
        Forged {
            site: Some("none"),
            ..change.clone()
        },
    ));
    assert!(all.len() >= 60, "{}", all.len());
    for (what, forged) in &all {
        let answer = served.raw(forged.text().as_bytes());
        let refused = [401, 403].contains(&answer.status);
        assert!(refused, "{} {what}: {answer:?}", forged.method);
        assert!(
            answer.header("Set-Cookie").is_none() && !answer.body.contains("Kettu"),
            "{what}"
        );
    }
    assert!(
        names(&served.folder.path().join("serve")).is_empty(),
        "nothing was written"
    );
    // The honest one still passes, and changes something.
    assert_eq!(served.raw(change.text().as_bytes()).status, 200);
    assert_eq!(
        names(&served.folder.path().join("serve/scenarios")),
        ["forged.toml"]
    );
}

#[test]
fn other_kinds_and_methods_are_refused() {
    let served = Served::new();
    let [look, change] = honest(&served);
    for kind in [
        None,
        Some("text/plain"),
        Some("application/x-www-form-urlencoded"),
        Some("multipart/form-data; boundary=x"),
        Some("application/json; charset=utf-8"),
    ] {
        let answer = served.raw(
            Forged {
                kind,
                ..change.clone()
            }
            .text()
            .as_bytes(),
        );
        assert_eq!(answer.status, 415, "{kind:?}");
    }
    for method in [
        "OPTIONS", "PUT", "DELETE", "HEAD", "TRACE", "PATCH", "CONNECT", "get",
    ] {
        let forged = Forged {
            method,
            origin: Some("http://evil.test".into()),
            more: "Access-Control-Request-Method: POST\r\nAccess-Control-Request-Private-Network: true\r\n",
            ..look.clone()
        };
        let answer = served.raw(forged.text().as_bytes());
        assert_eq!(answer.status, 405, "{method}");
        assert!(
            !answer.head.to_lowercase().contains("access-control"),
            "{method}"
        );
    }
    let twice = [
        "Host: evil.test\r\n",
        "Cookie: entrant=0\r\n",
        "Origin: http://evil.test\r\n",
        "Sec-Fetch-Site: cross-site\r\n",
        "Content-Length: 1\r\n",
    ];
    for more in twice {
        let answer = served.raw(
            Forged {
                more,
                ..change.clone()
            }
            .text()
            .as_bytes(),
        );
        assert_eq!(answer.status, 400, "{more}");
    }
    let more = "Transfer-Encoding: chunked\r\n";
    assert_eq!(
        served
            .raw(Forged { more, ..change }.text().as_bytes())
            .status,
        501
    );
    assert!(names(&served.folder.path().join("serve")).is_empty());
}

#[test]
fn the_entrance_wants_the_token_and_a_navigation() {
    let served = Served::new();
    let (port, token) = (served.port, served.token.clone());
    let open = |query: &str, host: &str, more: &str| {
        let text = format!("GET /open{query} HTTP/1.1\r\nHost: {host}:{port}\r\n{more}\r\n");
        served.raw(text.as_bytes())
    };
    let right = format!("?token={token}");
    assert_eq!(open(&right, "localhost", "").status, 200);
    // A file or a mail leads here from another site.
    let navigation =
        "Sec-Fetch-Site: cross-site\r\nSec-Fetch-Mode: navigate\r\nSec-Fetch-Dest: document\r\n";
    assert_eq!(open(&right, "127.0.0.1", navigation).status, 200);
    for (query, host, more) in [
        ("", "127.0.0.1", ""),
        ("?token=", "127.0.0.1", ""),
        (&right[..right.len() - 1], "127.0.0.1", ""),
        (&format!("{right}0"), "127.0.0.1", ""),
        (&format!("?x=1&{}", &right[1..]), "127.0.0.1", ""),
        (&right, "evil.test", ""),
        (&right, "127.0.0.1", "Origin: http://evil.test\r\n"),
        (&right, "127.0.0.1", "Sec-Fetch-Mode: no-cors\r\n"),
        (
            &right,
            "127.0.0.1",
            "Sec-Fetch-Mode: navigate\r\nSec-Fetch-Dest: iframe\r\n",
        ),
    ] {
        let answer = open(query, host, more);
        assert!(
            [401, 403].contains(&answer.status),
            "{query} {host} {more}: {answer:?}"
        );
        assert!(answer.header("Set-Cookie").is_none());
    }
    // Another server has other secrets.
    let other = Served::new();
    assert!(
        other.token != served.token && other.cookie != served.cookie && other.path != served.path
    );
    let text = format!(
        "GET {}api/study HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nCookie: {}\r\n\r\n",
        other.path, other.cookie
    );
    assert_eq!(served.raw(text.as_bytes()).status, 401);
}

#[test]
fn bodies_that_are_large_or_wrong_are_refused() {
    let served = Served::new();
    let mut stream = served.connect();
    let head = served.head_of("api/check", 9 << 20);
    stream.write_all(head.as_bytes()).expect("sends");
    assert_eq!(read(&mut stream).status, 413);
    for length in ["-1", "1x", "", "99999999999999999999999"] {
        let head = served
            .head_of("api/check", 1)
            .replace("Length: 1\r", &format!("Length: {length}\r"));
        let status = served.raw(head.as_bytes()).status;
        assert!([400, 413].contains(&status), "{length}: {status}");
    }
    let long = format!("GET /{} HTTP/1.1\r\n\r\n", "x".repeat(20 << 10));
    assert_eq!(served.raw(long.as_bytes()).status, 431);
    let many: Vec<String> = (0..99).map(|i| format!("A{i}: 1\r\n")).collect();
    let many = format!("GET / HTTP/1.1\r\n{}\r\n", many.concat());
    assert_eq!(served.raw(many.as_bytes()).status, 400);
    for body in [
        "",
        "{",
        "[]",
        "{\"text\":1}",
        "{\"text\":\"\",\"more\":1}",
        "\u{0}",
        "{}{}",
    ] {
        let text = format!("{}{body}", served.head_of("api/check", body.len()));
        assert_eq!(served.raw(text.as_bytes()).status, 400, "{body:?}");
    }
    // More bytes than the length says would be a second request.
    let text = format!(
        "{}{{}}GET / HTTP/1.1\r\n\r\n",
        served.head_of("api/cancel", 2)
    );
    assert_eq!(served.raw(text.as_bytes()).status, 400);
    // A text that is as large as a study may be is read.
    let largest = json!({ "text": "#".repeat((1 << 20) - 1) });
    assert_eq!(served.post("api/check", &largest).status, 200);
    let larger = served.post("api/check", &json!({ "text": "#".repeat((1 << 20) + 1) }));
    assert!(
        larger.json()["mistakes"][0]["message"]
            .as_str()
            .is_some_and(|m| m.contains("larger than"))
    );
}

#[test]
fn slow_bodies_end_and_keep_nobody_waiting() {
    let served = Served::new();
    let begun = Instant::now();
    let mut slow: Vec<_> = (0..8).map(|_| served.connect()).collect();
    for (i, stream) in slow.iter_mut().enumerate() {
        let head = served.head_of("api/check", 1000);
        let part = if i % 2 == 0 { head.len() } else { 20 };
        stream.write_all(&head.as_bytes()[..part]).expect("sends");
    }
    // Others are answered meanwhile.
    assert_eq!(served.get("api/study").status, 200);
    for stream in &mut slow {
        assert_eq!(read(stream).status, 408);
    }
    // Ten seconds are granted; the margin is for a machine under load.
    assert!(begun.elapsed() < Duration::from_secs(50));
}

#[test]
fn garbage_is_refused_and_the_server_goes_on() {
    let served = Served::new();
    let mut state = 12345_u64;
    for length in [1, 2, 3, 17, 100, 1000, 5000] {
        let mut next = || {
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1);
            u8::try_from(state >> 56).expect("a byte")
        };
        let mut bytes: Vec<u8> = (0..length).map(|_| next()).collect();
        bytes.extend_from_slice(b"\r\n\r\n");
        let answer = served.raw(&bytes);
        assert!([400, 505, 431, 403].contains(&answer.status), "{answer:?}");
    }
    assert_eq!(served.get("api/study").status, 200);
}
