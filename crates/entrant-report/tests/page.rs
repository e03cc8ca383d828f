//! The page: complete, small, safe and self-contained.

mod fixture;
mod hostile;
mod live;
mod paper;

use entrant_data::result::{MarketOutcome, Results};
use entrant_report::page;
use hostile::{PAYLOADS, shown, with_hostile_names};

/// The page without its script, style and data.
fn body(html: &str) -> String {
    let mut rest = html.to_string();
    for (open, close) in [
        ("<style>", "</style>"),
        ("<script", "</script>"),
        ("<script", "</script>"),
    ] {
        let from = rest.find(open).expect("the element opens");
        let to = from + rest[from..].find(close).expect("the element closes") + close.len();
        rest.replace_range(from..to, "");
    }
    rest
}

/// The data of the charts.
fn data(html: &str) -> serde_json::Value {
    let from = html.find(r#"id="data">"#).expect("there is data") + r#"id="data">"#.len();
    let to = from + html[from..].find("</script>").expect("the data ends");
    serde_json::from_str(&html[from..to]).expect("the data is JSON")
}

fn render(results: &Results) -> String {
    page(results).expect("the page renders")
}

#[test]
fn every_section_and_its_table_stand_without_scripts() {
    let html = body(&render(&fixture::results()));
    for id in [
        "answer",
        "losers",
        "scenarios",
        "prices",
        "volume",
        "worth",
        "games",
        "surfaces",
        "premiums",
        "substitutes",
        "drivers",
        "history",
        "backtest",
        "inputs",
        "method",
        "diagnostics",
    ] {
        assert!(html.contains(&format!("id=\"{id}\"")), "no section {id}");
    }
    for words in [
        "iPhone X",
        "Redmi Note 5",
        "several equilibria",
        "3.1e−14",
        "margin of Apple",
        "Twice the storage",
        "Without LG",
        "0.98 × list",
    ] {
        assert!(html.contains(words), "no {words}");
    }
    assert!(!html.contains("NaN"));
}

#[test]
fn the_policy_names_the_script_and_the_style_and_allows_nothing_else() {
    let html = render(&fixture::results());
    let policy = html
        .split("Security-Policy\" content=\"")
        .nth(1)
        .expect("there is a policy");
    let policy = policy.split('"').next().expect("the policy ends");
    for part in [
        "default-src 'none'",
        "script-src 'sha256-",
        "style-src 'sha256-",
        "img-src data:",
        "connect-src 'none'",
        "base-uri 'none'",
        "form-action 'none'",
    ] {
        assert!(policy.contains(part), "no {part}");
    }
    assert!(!policy.contains("unsafe") && !policy.contains("worker"));
    assert!(
        !body(&html).contains("style=\""),
        "a style attribute would be blocked"
    );
    assert!(!body(&html).contains(" onclick"));
}

#[test]
fn nothing_is_loaded_from_anywhere() {
    let html = render(&fixture::results());
    let text = body(&html);
    assert!(!text.contains("http://") && !text.contains("https://"));
    for (from, _) in html.match_indices("http") {
        let rest: String = html[from..].chars().take(80).collect();
        let name = rest.starts_with("http-equiv") || rest.starts_with("http://www.w3.org/");
        assert!(name || !rest.contains("://"), "an address: {rest}");
    }
    for loader in [
        "<link rel=\"stylesheet",
        "<script src",
        "@import",
        "url(",
        "<img",
        "<iframe",
    ] {
        assert!(!text.contains(loader), "{loader} would load something");
    }
}

#[test]
fn the_assets_cannot_end_their_elements() {
    for asset in [
        include_str!("../assets/page.js"),
        include_str!("../assets/start.js"),
        include_str!("../assets/page.css"),
    ] {
        assert!(!asset.contains("</script") && !asset.contains("</style"));
        assert!(!asset.contains("<!--") && !asset.contains('\r'));
    }
}

#[test]
fn the_sources_of_the_script_use_no_markup_sinks() {
    let page = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../page/src");
    for folder in [page.clone(), page.join("charts"), page.join("live")] {
        for entry in std::fs::read_dir(folder)
            .expect("the sources are there")
            .flatten()
        {
            let Ok(source) = std::fs::read_to_string(entry.path()) else {
                continue;
            };
            for sink in [
                "innerHTML",
                "outerHTML",
                "insertAdjacentHTML",
                "document.write",
                "eval(",
                "new Function",
                "srcdoc",
                "createContextualFragment",
                "DOMParser",
                "fetch(",
                "XMLHttpRequest",
                "WebSocket",
                "import(",
                "href",
            ] {
                assert!(
                    !source.contains(sink),
                    "{sink} in {}",
                    entry.path().display()
                );
            }
        }
    }
}

#[test]
fn hostile_names_are_text_and_nothing_else() {
    // The page itself keeps a word with a sign on one line, and a name may begin with one.
    let tight = |text: &str| text.matches("<span class=\"tight\">").count();
    let tags = |text: &str| text.matches('<').count() - 2 * tight(text);
    let quotes = |text: &str| text.matches('"').count() - 2 * tight(text);
    let plain = body(&render(&with_hostile_names(&["a"; 3])));
    let html = render(&with_hostile_names(PAYLOADS));
    let hostile = body(&html);
    // Which name stands where must not matter.
    for shift in [0, 7, 23, 41] {
        let mut all = PAYLOADS.to_vec();
        all.rotate_left(shift);
        let found = body(&render(&with_hostile_names(&all)));
        assert_eq!(tags(&found), tags(&plain), "a name made an element");
        assert_eq!(quotes(&found), quotes(&plain), "a name left its attribute");
    }
    for payload in PAYLOADS {
        let raw = payload.contains(['<', '>', '"', '\'', '\0', '\u{1b}', '\u{202e}', '\u{2028}']);
        assert!(
            !raw || !hostile.contains(payload),
            "{payload:?} stands unescaped"
        );
    }
    assert!(html.matches("</script>").count() == 2 && html.matches("<script").count() == 2);
    assert!(!html.chars().any(|c| c.is_control() && c != '\n'));
}

#[test]
fn every_hostile_name_shows_letter_by_letter() {
    let hostile = body(&render(&with_hostile_names(PAYLOADS)));
    let unescaped = hostile
        .replace("&#60;", "<")
        .replace("&#62;", ">")
        .replace("&#34;", "\"")
        .replace("&#39;", "'")
        .replace("&#38;", "&");
    for payload in PAYLOADS {
        assert!(
            unescaped.contains(&shown(payload)),
            "{payload:?} does not show"
        );
    }
}

#[test]
fn the_data_carries_names_exactly_and_numbers_to_five_digits() {
    let results = with_hostile_names(PAYLOADS);
    let view = data(&render(&results));
    let market = &results.scenarios[0].markets[0];
    let products = view["cases"][0][0]["products"]
        .as_array()
        .expect("products");
    assert_eq!(products.len(), market.products.len());
    for shown in products {
        let name = shown["name"].as_str().expect("a name");
        let product = market
            .products
            .iter()
            .find(|p| p.product == name)
            .expect("the same name");
        let after = product.price.after.median;
        let seen = shown["after"][1].as_f64().expect("a price");
        assert!((seen - after).abs() <= after.abs() * 1e-4);
    }
    for (scenario, title) in results
        .scenarios
        .iter()
        .zip(view["scenarios"].as_array().expect("titles"))
    {
        assert_eq!(title.as_str(), Some(&*scenario.title));
    }
}

#[test]
fn a_large_study_stays_under_two_megabytes() {
    let mut results = fixture::results();
    for scenario in &mut results.scenarios {
        let market = &mut scenario.markets[0];
        let first = market.products[0].clone();
        market.products = (0..200)
            .map(|i| entrant_data::result::ProductOutcome {
                product: format!("A product with a name of usual length {i}"),
                ..first.clone()
            })
            .collect();
        let row = vec![Some(0.005_123_456_789); 201];
        market.diversion.products = market.products.iter().map(|p| p.product.clone()).collect();
        market.diversion.median = vec![row; 200];
    }
    let size = render(&results).len();
    assert!(size < 2_000_000, "{size} bytes");
    assert!(render(&fixture::results()).len() < 800_000);
}

#[test]
fn many_markets_and_scenarios_stay_under_two_megabytes() {
    let mut results = fixture::results();
    for scenario in &mut results.scenarios {
        let market = scenario.markets[0].clone();
        scenario.markets = (0..94)
            .map(|i| MarketOutcome {
                market: format!("m{i}"),
                ..market.clone()
            })
            .collect();
    }
    let html = render(&results);
    assert!(html.len() < 2_000_000, "{} bytes", html.len());
    assert!(body(&html).contains("5 of 94 markets"));
}

#[test]
fn several_markets_each_have_their_tables() {
    let results = fixture::several();
    let html = body(&render(&results));
    for case in ["0.0", "0.1", "2.1", "7.1"] {
        assert!(
            html.contains(&format!("data-case=\"{case}\"")),
            "no tables of {case}"
        );
    }
    assert!(html.contains("ca-2018q1") && !html.contains("NaN"));
}

#[test]
fn studies_with_parts_missing_still_have_a_page() {
    let html = body(&render(&fixture::empty()));
    assert!(html.contains("The study gives no answer."));
    assert!(!html.contains("id=\"worth\"") && !html.contains("NaN"));

    let mut nobody = fixture::results();
    nobody.entrant = String::new();
    nobody.scenarios.truncate(1);
    nobody.scenarios[0].worth = None;
    nobody.scenarios[0].markets[0].volume_source.clear();
    nobody.benchmarks.clear();
    nobody.backtest = None;
    let html = body(&render(&nobody));
    for id in ["volume", "worth", "history", "backtest"] {
        assert!(
            !html.contains(&format!("id=\"{id}\"")),
            "{id} has nothing to say"
        );
    }
}

#[test]
fn what_was_not_solved_is_a_dash_with_words() {
    let mut results = fixture::results();
    fixture::unsolve(&mut results.scenarios[0].markets[0]);
    let html = body(&render(&results));
    assert!(html.contains("— (no equilibrium)"));
    assert!(html.contains("do not use these numbers"));
    assert!(!html.contains("NaN"));
}
