//! The terminal's answer and the tables.

mod fixture;
mod hostile;

use entrant_report::{tables, text};
use hostile::{PAYLOADS, shown, with_hostile_names};

/// Rows of a table, cells unquoted: a reader of our own, to check the writer with.
fn cells(csv: &str) -> Vec<Vec<String>> {
    let (mut rows, mut row, mut cell) = (Vec::new(), Vec::new(), String::new());
    let mut quoted = false;
    let mut letters = csv.chars().peekable();
    while let Some(c) = letters.next() {
        match c {
            '"' if quoted && letters.peek() == Some(&'"') => cell.extend(letters.next()),
            '"' => quoted = !quoted,
            ',' if !quoted => row.push(std::mem::take(&mut cell)),
            '\n' if !quoted => {
                row.push(std::mem::take(&mut cell));
                rows.push(std::mem::take(&mut row));
            }
            _ => cell.push(c),
        }
    }
    rows
}

fn table(name: &str, all: &[(String, String)]) -> Vec<Vec<String>> {
    let (_, csv) = all
        .iter()
        .find(|(n, _)| n == name)
        .expect("the table is there");
    cells(csv)
}

#[test]
fn no_line_is_wider_than_asked() {
    for results in [
        fixture::results(),
        fixture::empty(),
        fixture::several(),
        with_hostile_names(PAYLOADS),
    ] {
        for width in [60, 72, 80, 120] {
            let text = text(&results, width);
            let widest = text.lines().map(|l| l.chars().count()).max().unwrap_or(0);
            assert!(widest <= width, "{widest} > {width}");
        }
    }
}

#[test]
fn the_short_answer_says_it_all() {
    let text = text(&fixture::results(), 80);
    for words in [
        "Sold unlocked only",
        "Apple",
        "-48k (-93k to -20k)",
        "ZTE is banned",
        "-0.29%",
        "Certificate: certified",
        "1 equilibrium",
        "reach, unlocked (46%, assumed)",
        "Warning margin-recalled",
    ] {
        assert!(text.contains(words), "no {words} in\n{text}");
    }
    assert!(!text.contains("NaN"));
}

#[test]
fn no_name_reaches_the_terminal_as_a_command() {
    let results = with_hostile_names(PAYLOADS);
    let text = text(&results, 80);
    assert_eq!(text.lines().next(), Some(&*shown(&results.title)));
    assert!(!text.chars().any(|c| c.is_control() && c != '\n'));
    assert!(!text.contains(['\u{202e}', '\u{2028}', '\u{2066}']));
}

#[test]
fn no_table_has_two_columns_of_one_name() {
    for (name, csv) in tables(&fixture::results()) {
        let header = csv.lines().next().expect("a header");
        let columns: Vec<&str> = header.split(',').collect();
        let named: std::collections::BTreeSet<&str> = columns.iter().copied().collect();
        assert_eq!(named.len(), columns.len(), "{name}: {header}");
    }
}

#[test]
fn no_text_cell_is_a_formula() {
    for (name, csv) in tables(&with_hostile_names(PAYLOADS)) {
        for cell in cells(&csv).concat() {
            let bare = cell.trim_start_matches([' ', '"']);
            let formula = bare.starts_with(['=', '+', '-', '@', '\t', '\r']);
            assert!(
                !formula || cell.parse::<f64>().is_ok(),
                "{cell:?} in {name}"
            );
        }
    }
}

#[test]
fn every_table_is_rectangular_and_has_rows() {
    for results in [fixture::results(), with_hostile_names(PAYLOADS)] {
        let all = tables(&results);
        assert_eq!(all.len(), 39);
        for (name, csv) in &all {
            let rows = cells(csv);
            assert!(rows.len() > 1, "{name} is empty");
            assert!(
                rows.iter().all(|r| r.len() == rows[0].len()),
                "{name} is ragged"
            );
        }
    }
    assert_eq!(tables(&fixture::empty()).len(), 15);
}

#[test]
fn numbers_come_back_exactly() {
    let results = fixture::results();
    let rows = table("firms", &tables(&results));
    let apple = &results.scenarios[0].markets[0].firms[0];
    let row = rows
        .iter()
        .find(|r| r[2] == "Apple" && r[4] == "units" && r[5] == "change")
        .expect("the row is there");
    assert_eq!(
        row[7].parse::<f64>().expect("a number").to_bits(),
        apple.units.change.median.to_bits()
    );
    assert_eq!(row[9], "0.9");
    assert_eq!(row[10], "certified");
}

#[test]
fn a_diversion_row_sums_to_one() {
    let rows = table("diversion", &tables(&fixture::results()));
    let from = |r: &&Vec<String>| r[0] == "unlocked" && r[2] == "iPhone X";
    let sum: f64 = rows
        .iter()
        .filter(from)
        .filter_map(|r| r[5].parse::<f64>().ok())
        .sum();
    assert!((sum - 1.0).abs() < 1e-12, "{sum}");
}

/// What the government gets and what others do later is told in the terminal, on the page and in a
/// table.
#[test]
fn taxes_and_moves_of_others_are_told() {
    let mut results = fixture::results();
    let headline = results
        .scenarios
        .iter()
        .position(|s| s.id == results.headline);
    let scenario = &mut results.scenarios[headline.expect("a headline")];
    scenario.markets[0].government = Some(fixture::around(2.5e7, 0.5, 1.5));
    let worth = scenario.worth.as_mut().expect("a worth");
    worth.rivals = vec![entrant_data::result::RivalMove {
        scenario: "huawei".into(),
        title: "Huawei & <carriers>".into(),
        from: 5,
    }];
    let shown = |r: &entrant_data::result::Results| text(r, 400);
    let told = "Taxes and tariffs bring the government $25M ($12M to $38M) per period.";
    assert!(shown(&results).contains(told), "{}", shown(&results));
    let all = tables(&results);
    let rows = table("scenarios", &all);
    let row = rows.iter().find(|r| r.contains(&"government".to_owned()));
    assert!(row.expect("a row").contains(&"25000000".to_owned()));
    let page = entrant_report::page(&results).expect("a page");
    assert!(page.contains(">Government<") && page.contains(told));
    let moves = "Huawei &#38; &#60;carriers&#62;” from period 5 on.";
    assert!(page.contains(moves), "what others do is on the page");
    // A subsidy is no gain.
    let scenario = &mut results.scenarios[headline.expect("a headline")];
    scenario.markets[0].government = Some(fixture::around(-2.5e7, 0.5, 1.5));
    assert!(shown(&results).contains("change the government's money by -$25M"));
    assert!(!text(&fixture::results(), 80).contains("government"));
}

/// How full capacities are is told in the terminal, on the page and in tables.
#[test]
fn capacities_are_told() {
    let mut results = fixture::results();
    let headline = results
        .scenarios
        .iter()
        .position(|s| s.id == results.headline);
    let headline = headline.expect("a headline");
    let capacity = |firm: &str, shadow: f64, full: f64| entrant_data::result::CapacityOutcome {
        firm: firm.into(),
        products: vec![format!("{firm} <1>"), format!("{firm} 2")],
        units: fixture::around(4e4, 0.9, 1.1),
        used: fixture::exact(if shadow > 0.0 { 1.0 } else { 0.8 }),
        shadow_price: fixture::around(shadow, 0.5, 1.5),
        full,
    };
    let told = |r: &entrant_data::result::Results| text(r, 400);
    let set = |r: &mut entrant_data::result::Results, all: Vec<_>| {
        r.scenarios[headline].markets[0].capacities = all;
    };
    set(&mut results, vec![capacity("Samsung", 20.0, 0.75)]);
    let words = "Samsung sells all it can, in 75% of the draws: its prices keep buyers away, and one more unit would earn it $20";
    assert!(told(&results).contains(words), "{}", told(&results));
    let market = &mut results.scenarios[headline].markets[0];
    market.products[0].shadow_price = Some(fixture::around(20.0, 0.5, 1.5));
    market.certificate.capacity = Some(2.5e-13);
    let page = entrant_report::page(&results).expect("a page");
    for words in [
        "Worth of one more unit",
        "Samsung &#60;1&#62;, Samsung 2",
        "capacities 2.5e",
    ] {
        assert!(page.contains(words), "{words}");
    }
    let all = tables(&results);
    let rows = table("capacities", &all);
    let row = rows.iter().find(|r| r.contains(&"shadow_price".to_owned()));
    let row = row.expect("a row");
    assert!(row.contains(&"Samsung <1>; Samsung 2".to_owned()) && row.contains(&"20".to_owned()));
    let full = rows.iter().find(|r| r.contains(&"draws_full".to_owned()));
    assert!(full.expect("a row").contains(&"0.75".to_owned()));
    let products = table("products", &all);
    let row = products
        .iter()
        .find(|r| r.contains(&"shadow_price".to_owned()));
    assert!(row.expect("a row").contains(&"20".to_owned()));
    // One that is full, one that is not, and none that is.
    let idle = capacity("Apple", 0.0, 0.0);
    set(
        &mut results,
        vec![idle.clone(), capacity("Samsung", 20.0, 1.0)],
    );
    let words = "1 of 2 capacities are full in the median; Samsung would earn most by one more unit of Samsung <1>, Samsung 2: $20";
    assert!(told(&results).contains(words), "{}", told(&results));
    set(&mut results, vec![idle]);
    let words = "Apple has capacity left: it uses 80.0% of it.";
    assert!(told(&results).contains(words), "{}", told(&results));
    let none = fixture::results();
    assert!(!told(&none).contains("capacit"));
    assert!(tables(&none).iter().all(|(name, _)| name != "capacities"));
}
