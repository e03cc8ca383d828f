//! What can be asked, by those whom the gate let in.

use std::net::TcpStream;
use std::time::Duration;

use entrant::io::{FormValue, WorkbenchError, with_value};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use crate::gate::Gate;
use crate::http::{Answer, Head, Refusal, begin, go_on, refuse};
use crate::job::{self, Order};
use crate::mistakes::{checked, mistake};
use crate::paired::{Differences, Kept, differences};
use crate::session::{DRAWS, FILES, PAGE, Run, SUMMARY, Shared, TEXT};

/// The page, its script and its style, built from `page/`.
const SHELL: &str = include_str!("../assets/serve.html");
const SCRIPT: &str = include_str!("../assets/serve.js");
const STYLE: &str = include_str!("../assets/serve.css");

/// What the page may do: run its own script, talk to this server, show a report in a frame.
const PAGE_POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; \
    connect-src 'self'; frame-src 'self'; img-src data:; base-uri 'none'; form-action 'none'; \
    frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'";

/// Time after which a page that listens is told that the server is still there.
const STILL_HERE: Duration = Duration::from_secs(15);
/// Shortest time between two pictures of the progress.
const PICTURE: Duration = Duration::from_millis(150);

/// Most draws that a page may ask for, as on the command line.
const MOST_DRAWS: usize = 1_000_000;
/// Longest label of a run, in characters.
const LABEL: usize = 80;

/// The entrance: hands out the cookie and leads on to the page, as a page of this server, so
/// that browsers count the step as the server's own.
pub fn entrance(gate: &Gate) -> Answer {
    let body = format!(
        "<!DOCTYPE html><html lang=\"en\"><head><meta charset=\"utf-8\">\
         <meta http-equiv=\"refresh\" content=\"0;url={0}\"><title>entrant</title></head>\
         <body><p><a href=\"{0}\">Open the study</a></p></body></html>",
        gate.home()
    );
    Answer::of("text/html; charset=utf-8", body).with("Set-Cookie", gate.set_cookie())
}

/// What is to be seen at a path.
///
/// # Errors
/// Nothing is there.
pub fn look(session: &Shared, head: &Head, path: &str) -> Result<Answer, Refusal> {
    match path {
        "" => Ok(Answer::of("text/html; charset=utf-8", SHELL)
            .with("Content-Security-Policy", PAGE_POLICY)),
        "serve.js" => Ok(Answer::of("text/javascript; charset=utf-8", SCRIPT)),
        "serve.css" => Ok(Answer::of("text/css; charset=utf-8", STYLE)),
        "api/study" => study(session),
        "api/scenarios" => Ok(json_of(
            &json!({ "names": session.workbench().scenarios() }),
        )),
        _ => match path.strip_prefix("api/differences/") {
            Some(pair) => compared(session, pair),
            None => of_run(session, head, path),
        },
    }
}

/// Number of a run as it stands in a path.
fn numbered(text: &str) -> Option<u32> {
    text.parse().ok().filter(|n: &u32| n.to_string() == text)
}

/// The second of two runs less the first, as `A-B`.
fn compared(session: &Shared, pair: &str) -> Result<Answer, Refusal> {
    let (a, b) = pair.split_once('-').unwrap_or_default();
    let run = |text| numbered(text).and_then(|id| session.run(id));
    let (Some(a), Some(b)) = (run(a), run(b)) else {
        return refuse(404, "nothing is here");
    };
    let kept = |run: &Run| {
        let text = session.workbench().read_run(run.id, DRAWS).ok()?;
        serde_json::from_str::<Kept>(&text).ok()
    };
    let found = match (kept(&a), kept(&b)) {
        (Some(a), Some(b)) => differences(&a, &b),
        _ => Differences {
            why: "one of the runs is of an earlier version, which kept no draws".into(),
            ..Differences::default()
        },
    };
    Ok(json_of(&json!(found)))
}

/// What belongs to a run: its report, its numbers, its text.
fn of_run(session: &Shared, head: &Head, path: &str) -> Result<Answer, Refusal> {
    let (what, number) = path.rsplit_once('/').unwrap_or_default();
    let Some(run) = numbered(number).and_then(|id| session.run(id)) else {
        return refuse(404, "nothing is here");
    };
    let read = |file| match session.workbench().read_run(run.id, file) {
        Ok(text) => Ok(text),
        Err(_) => refuse(404, "this run has no such file"),
    };
    match what {
        "report" => {
            let host = head.one("host")?.unwrap_or_default();
            Ok(Answer::of("text/html; charset=utf-8", read(PAGE)?)
                .with("Content-Security-Policy", report_policy(host)))
        }
        "api/summary" => Ok(Answer::of("application/json", read(SUMMARY)?)),
        "api/text" => Ok(json_of(&json!({ "text": read(TEXT)? }))),
        _ => refuse(404, "nothing is here"),
    }
}

/// A report is shown in a frame of the page, as if it came from nowhere: it reads nothing of this
/// server. It has a policy of its own for everything else.
fn report_policy(host: &str) -> String {
    format!(
        "sandbox allow-scripts allow-downloads; connect-src 'none'; frame-src 'none'; \
         object-src 'none'; img-src data:; base-uri 'none'; form-action 'none'; \
         frame-ancestors http://{host}"
    )
}

fn study(session: &Shared) -> Result<Answer, Refusal> {
    let bench = session.workbench();
    let Ok((text, fingerprint)) = bench.study_text() else {
        return refuse(404, "the study file cannot be read");
    };
    let file = bench.study().file_name().unwrap_or_default();
    let folder = bench.study().parent().and_then(std::path::Path::file_name);
    Ok(json_of(&json!({
        "text": text,
        "fingerprint": fingerprint,
        "file": file.to_string_lossy(),
        "folder": folder.unwrap_or_default().to_string_lossy(),
        "draws": session.options().draws,
        "version": env!("CARGO_PKG_VERSION"),
    })))
}

/// Sends the state of the session whenever it changes, until the other side or the server goes.
pub fn listen(session: &Shared, stream: &mut TcpStream) -> std::io::Result<()> {
    begin(stream, &Answer::of("text/event-stream", ""))?;
    let mut seen = None;
    while let Some((version, told)) = session.changed(seen, STILL_HERE) {
        if seen == Some(version) {
            go_on(stream, b": still here\n\n")?;
            continue;
        }
        seen = Some(version);
        go_on(stream, format!("data: {told}\n\n").as_bytes())?;
        std::thread::sleep(PICTURE);
    }
    Ok(())
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Nothing {}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Text {
    text: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Edit {
    text: String,
    path: String,
    value: Value,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Ordered {
    text: String,
    #[serde(default)]
    label: String,
    draws: Option<usize>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Save {
    text: String,
    fingerprint: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Named {
    name: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Keep {
    name: String,
    text: String,
    #[serde(default)]
    replace: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Numbered {
    id: u32,
}

/// Does what is asked at a path.
///
/// # Errors
/// Nothing is there, or the body is not what belongs there.
pub fn act(session: &Shared, path: &str, body: &[u8]) -> Result<Answer, Refusal> {
    let bench = session.workbench();
    match path {
        "api/check" => Ok(json_of(&checked(session, &read::<Text>(body)?.text))),
        "api/edit" => edit(&read(body)?),
        "api/run" => run(session, read(body)?),
        "api/cancel" => {
            read::<Nothing>(body)?;
            Ok(json_of(&json!({ "stopping": session.cancel() })))
        }
        "api/save" => {
            let Save { text, fingerprint } = read(body)?;
            let saved = bench.save_study(&text, &fingerprint);
            Ok(told(saved.map(|f| json!({ "fingerprint": f }))))
        }
        "api/scenario/load" => {
            let found = bench.scenario(&read::<Named>(body)?.name);
            Ok(told(found.map(|text| json!({ "text": text }))))
        }
        "api/scenario/keep" => Ok(keep(session, &read(body)?)),
        "api/scenario/remove" => {
            let gone = bench.remove_scenario(&read::<Named>(body)?.name);
            Ok(told(gone.map(|()| names(session))))
        }
        "api/forget" => {
            let Numbered { id } = read(body)?;
            let gone = match session.run(id) {
                Some(_) => bench.remove_run(id, &FILES),
                None => return refuse(404, "there is no such run"),
            };
            Ok(told(
                gone.map(|()| json!({ "forgotten": session.forget(id) })),
            ))
        }
        _ => refuse(404, "nothing is here"),
    }
}

fn read<T: DeserializeOwned>(body: &[u8]) -> Result<T, Refusal> {
    serde_json::from_slice(body).or(refuse(400, "the body is not what belongs here"))
}

fn edit(asked: &Edit) -> Result<Answer, Refusal> {
    let value = match &asked.value {
        Value::Bool(v) => FormValue::Switch(*v),
        Value::String(v) => FormValue::Text(v.clone()),
        Value::Number(v) => match v.as_f64() {
            Some(v) => FormValue::Number(v),
            None => return refuse(400, "the body is not what belongs here"),
        },
        _ => return refuse(400, "the body is not what belongs here"),
    };
    Ok(match with_value(&asked.text, &asked.path, &value) {
        Ok(text) => json_of(&json!({ "text": text })),
        Err(m) => {
            let why = mistake(&m, &asked.text);
            json_of(&json!({ "error": m.message, "mistake": why })).status(422)
        }
    })
}

fn run(session: &Shared, asked: Ordered) -> Result<Answer, Refusal> {
    let draws = asked.draws;
    if draws.is_some_and(|d| d == 0 || d > MOST_DRAWS) {
        return refuse(422, "the number of draws must be from 1 to 1,000,000");
    }
    let order = Order {
        text: asked.text,
        label: asked.label.chars().take(LABEL).collect(),
        draws,
    };
    match job::start(session, order) {
        Some(id) => Ok(json_of(&json!({ "run": id }))),
        None => refuse(409, "a run is under way"),
    }
}

fn keep(session: &Shared, asked: &Keep) -> Answer {
    let bench = session.workbench();
    let same = |n: &String| n.eq_ignore_ascii_case(&asked.name);
    let there = bench.scenarios().into_iter().find(same);
    if there
        .as_ref()
        .is_some_and(|n| !asked.replace || *n != asked.name)
    {
        return json_of(&json!({ "error": "a scenario of this name is there" })).status(409);
    }
    let kept = bench.keep_scenario(&asked.name, &asked.text);
    told(kept.map(|()| names(session)))
}

fn names(session: &Shared) -> Value {
    json!({ "names": session.workbench().scenarios() })
}

/// The outcome of something on disk.
fn told(outcome: Result<Value, WorkbenchError>) -> Answer {
    match outcome {
        Ok(value) => json_of(&value),
        Err(e) => {
            let status = match e {
                WorkbenchError::Name(_) => 422,
                WorkbenchError::Changed => 409,
                WorkbenchError::Read { .. } => 404,
                _ => 500,
            };
            json_of(&json!({ "error": e.to_string() })).status(status)
        }
    }
}

fn json_of(value: &Value) -> Answer {
    Answer::of("application/json", value.to_string())
}
