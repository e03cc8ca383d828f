//! `track`: what is printed and written, and that nothing in a table acts on a terminal.

use std::path::Path;

use serde_json::Value;

use crate::bench::Bench;

const STUDY: &str = "title = \"Phones\"\n[tracker]\nstatements = \"t.csv\"\n";
const HEAD: &str = "country,quarter,vendor,measure,value,source,published\n";

fn shipped(name: &str) -> String {
    let studies = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../studies");
    studies.join(name).to_string_lossy().into_owned()
}

fn with_table(rows: &str) -> Bench {
    let bench = Bench::empty();
    std::fs::create_dir(bench.path("s")).expect("a folder");
    bench.write("s/study.toml", STUDY);
    bench.write("s/t.csv", &format!("{HEAD}{rows}"));
    bench
}

#[test]
fn xiaomi_passes_samsung_in_every_source_by_what_they_printed() {
    let bench = Bench::empty();
    let ended = bench
        .run(["track", &shipped("india-2017"), "--json"])
        .ends(0);
    let document: Value = serde_json::from_str(&ended.stdout).expect("JSON");
    let first = &document["tracker"]["countries"][0]["overtakings"][0];
    assert_eq!(
        (&first["quarter"], &first["passes"], &first["passed"]),
        (&"2017Q4".into(), &"Xiaomi".into(), &"Samsung".into())
    );
    // Counterpoint 25 and 23, IDC 26.8 and 24.2, Canalys 27 and 25 percent.
    let sources = first["sources"].as_array().expect("a list");
    let leads: Vec<f64> = sources.iter().filter_map(|s| s["lead"].as_f64()).collect();
    for (lead, printed) in leads.iter().zip([0.02, 0.026, 0.02]) {
        assert!((lead - printed).abs() < 1e-12, "{leads:?}");
    }
    assert!(
        sources.iter().all(|s| s["verdict"] == "shows"),
        "{sources:?}"
    );
    assert_eq!(leads.len(), 3);
}

#[test]
fn prices_follow_from_revenue_and_units() {
    let bench = Bench::empty();
    let ended = bench
        .run(["track", &shipped("xiaomi-us-2018"), "--json"])
        .ends(0);
    let document: Value = serde_json::from_str(&ended.stdout).expect("JSON");
    let countries = document["tracker"]["countries"].as_array().expect("a list");
    let america = countries.iter().find(|c| c["country"] == "North America");
    let prices = america.expect("there")["prices"]
        .as_array()
        .expect("a list");
    // GfK: 27.4 over 58.7 and 28.5 over 62.0.
    for (price, printed) in prices.iter().zip([27_400.0 / 58.7, 28_500.0 / 62.0]) {
        let central = price["price"]["central"].as_f64().expect("a number");
        assert!((central / printed - 1.0).abs() < 1e-12);
        assert_eq!(price["price"]["status"], "not_identified");
    }
}

#[test]
fn text_fits_a_terminal_and_threads_change_nothing() {
    let bench = Bench::empty();
    for study in ["india-2017", "xiaomi-us-2018"] {
        let study = shipped(study);
        let one = bench
            .run(["track", &study, "--method", "--threads", "1"])
            .ends(0);
        let two = bench
            .run(["track", &study, "--method", "--threads", "3"])
            .ends(0);
        assert_eq!(one.stdout, two.stdout);
        let wide = one.stdout.lines().find(|l| l.chars().count() > 80);
        assert_eq!(wide, None);
    }
}

#[test]
fn outputs_go_into_a_folder_of_their_own() {
    let bench = with_table("India,2017Q4,A,share,60,x,\nIndia,2017Q4,A,share,62,y,\n");
    bench.run(["track", "s", "--out", "o"]).ends(0);
    bench.run(["track", "s", "--out", "o"]).ends(0);
    assert_eq!(bench.names("o"), ["tables", "tracker.json"]);
    assert!(
        bench
            .names("o/tables")
            .contains(&"tracker_vendors.csv".to_owned())
    );
    assert_eq!(bench.json("o/tracker.json")["schema"], "entrant.tracker/1");
    bench.write("o/notes.txt", "mine");
    let refused = bench.run(["track", "s", "--out", "o"]).ends(2);
    assert!(refused.stderr.contains("notes.txt"), "{}", refused.stderr);
}

#[test]
fn names_in_tables_do_not_act_on_a_terminal() {
    let bench = with_table(
        "\"<b>In\u{202e}dia</b>\",2017Q4,\"</script><script>\",share,60,\"x\u{200b}\",\nIndia,2017Q4,=1+1,share,40,x,\n",
    );
    let ended = bench.run(["track", "s", "--out", "o"]).ends(0);
    assert!(
        !ended.stdout.contains(['\u{202e}', '\u{200b}', '\u{1b}']),
        "{}",
        ended.stdout
    );
    assert!(ended.stdout.contains("\\u{202e}"), "{}", ended.stdout);
    let vendors = String::from_utf8(bench.read("o/tables/tracker_vendors.csv")).expect("text");
    assert!(
        vendors.contains("'=1+1") && !vendors.contains(",=1+1"),
        "{vendors}"
    );
}

#[test]
fn mistakes_say_where_and_what_to_do() {
    let bench = with_table("India,2017Q9,A,share,60,x,\nIndia,2017Q4,A,share,160,x,\n");
    let ended = bench.run(["track", "s"]).ends(2);
    for part in [
        "t.csv:2",
        "2017Q9",
        "such as 2017Q4",
        "t.csv:3",
        "above 100 percent",
    ] {
        assert!(ended.stderr.contains(part), "{part}: {}", ended.stderr);
    }
    let bench = with_table("India,2017Q4,A,share,60,x,\n");
    let ended = bench.run(["track", "s", "--country", "Indai"]).ends(2);
    assert!(
        ended.stderr.contains("did you mean `India`?"),
        "{}",
        ended.stderr
    );
    let ended = bench.run(["track", "s", "--quarter", "Q4"]).ends(2);
    assert!(
        ended.stderr.contains("write it as 2017Q4"),
        "{}",
        ended.stderr
    );
    let ended = bench.run(["track", "s", "--quarter", "2012Q4"]).ends(2);
    assert!(ended.stderr.contains("2012Q4"), "{}", ended.stderr);
}
