//! The part of the page that solves again.

use entrant_data::Status;
use entrant_data::result::live::{LiveDraw, LiveMarket, LiveModel, LiveProduct, LiveType};
use entrant_data::spec::ScenarioSpec;
use sha2::{Digest as _, Sha256};

use crate::{fixture, render};

const HASHES: &str = include_str!("../../assets/engine.wasm.sha256");
const ENGINE: &[u8] = include_bytes!("../../assets/engine.wasm.gz");

fn model(name: &str) -> LiveModel {
    let draw = LiveDraw {
        status: Status::Certified,
        size: 1e6,
        rho: 0.0,
        loyalty: 0.0,
        segments: vec![1.0],
        types: vec![LiveType {
            weight: 1.0,
            slope: -0.1 / 3.0,
            owns: None,
            taste: vec![],
        }],
        stakes: vec![],
        products: vec![[1.0 / 3.0, 100.0, 70.0]],
        entrants: vec![],
        targets: vec![],
        worth: vec![],
    };
    LiveModel {
        level: 0.9,
        segments: vec![],
        columns: vec![],
        inputs: vec![],
        scenarios: vec![ScenarioSpec {
            id: "a".into(),
            title: name.into(),
            ..ScenarioSpec::default()
        }],
        worth: None,
        markets: vec![LiveMarket {
            id: name.into(),
            products: vec![LiveProduct {
                id: name.into(),
                firm: name.into(),
                brand: name.into(),
                optimal: true,
                nest: None,
                group: None,
                x: vec![],
                reach: vec![true],
                aware: 1.0,
                values: vec![],
            }],
            entrants: vec![],
            stakes: vec![],
            groups: vec![],
            central: draw.clone(),
            draws: vec![draw],
        }],
    }
}

fn page_of(model: &LiveModel) -> String {
    let mut results = fixture::results();
    results.live = Some(Box::new(model.clone()));
    render(&results)
}

fn element<'a>(html: &'a str, id: &str) -> &'a str {
    let open = format!("id=\"{id}\">");
    let from = html.find(&open).expect("the element") + open.len();
    let length = html[from..].find("</script>").expect("it ends");
    &html[from..from + length]
}

#[test]
fn the_markets_travel_exactly_whatever_their_names() {
    for name in [
        "x",
        "</script><script>alert(1)</script>",
        "\u{202e}<!--",
        "&quot;\"'\\",
    ] {
        let model = model(name);
        let html = page_of(&model);
        let carried: LiveModel = serde_json::from_str(element(&html, "live")).expect("JSON");
        assert_eq!(carried, model, "{name:?}");
    }
}

/// A script as the content policy names it.
fn hash(script: &str) -> String {
    use base64::Engine as _;
    use base64::engine::general_purpose::STANDARD;
    format!(
        "'sha256-{}'",
        STANDARD.encode(Sha256::digest(script.as_bytes()))
    )
}

#[test]
fn the_policy_lets_the_engine_compile_and_nothing_more() {
    let html = page_of(&model("x"));
    let policy = html
        .split("Security-Policy\" content=\"")
        .nth(1)
        .expect("a policy");
    let policy = policy.split('"').next().expect("it ends");
    let plain = render(&fixture::results());
    // The script that starts the engine, and the page's own, each by its hash and nothing else.
    let hashes: Vec<String> = html
        .split("<script>")
        .skip(1)
        .map(|rest| hash(rest.split("</script>").next().expect("it ends")))
        .collect();
    assert_eq!(hashes.len(), 2);
    assert!(policy.contains(&format!(
        "script-src {} 'wasm-unsafe-eval';",
        hashes.join(" ")
    )));
    let without = policy
        .replace(&format!("{} ", hashes[0]), "")
        .replace(" 'wasm-unsafe-eval'", "")
        .replace(" worker-src blob:;", "");
    assert!(
        plain.contains(&format!("content=\"{without}\"")),
        "{policy}"
    );
    assert!(policy.contains("'wasm-unsafe-eval'; worker-src blob:;"));
    assert!(html.contains("<section id=\"what-if\"") && html.len() < 4 << 20);
    assert!(!plain.contains("id=\"what-if\"") && !plain.contains("id=\"engine\""));
}

#[test]
fn the_engine_is_the_one_whose_hash_is_committed() {
    use base64::Engine as _;
    use base64::engine::general_purpose::STANDARD;
    let html = page_of(&model("x"));
    let engine = STANDARD.decode(element(&html, "engine")).expect("base64");
    assert_eq!(engine, ENGINE);
    let digits: Vec<String> = Sha256::digest(&engine)
        .iter()
        .map(|b| format!("{b:02x}"))
        .collect();
    let digits = digits.concat();
    assert!(
        HASHES.contains(&format!("{digits}  engine.wasm.gz")),
        "{digits}"
    );
}
