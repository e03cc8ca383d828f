//! `fit` on estimated studies: numbers of a reference program, files, threads, broken-off searches.

use std::path::{Path, PathBuf};
use std::process::Stdio;

use serde_json::Value;

use crate::bench::{Bench, Ended};

/// Between two looks at a file that another process writes.
const PAUSE: std::time::Duration = std::time::Duration::from_millis(2);

/// A folder with a copy of Nevo's cereal study, `study`, with few draws.
pub fn cereal() -> Bench {
    let bench = Bench::empty();
    let from = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../studies/nevo-cereal");
    std::fs::create_dir(bench.path("study")).expect("a folder");
    for name in ["study.toml", "products.parquet", "consumers.parquet"] {
        let to = bench.path("study").join(name);
        std::fs::copy(from.join(name), to).unwrap_or_else(|e| panic!("{name}: {e}"));
    }
    let text = String::from_utf8(bench.read("study/study.toml")).expect("text");
    let few = "\n[estimate.report]\ndraws = 4\n";
    bench.write("study/study.toml", &(text + few));
    bench
}

/// The same with lines for the optimizer.
fn cereal_with(optimizer: &str) -> Bench {
    let bench = cereal();
    let table = format!("[estimate.optimizer]\n{optimizer}\n\n[estimate.demand]\n");
    bench.edit("study/study.toml", "[estimate.demand]\n", &table);
    bench
}

pub fn json(ended: &Ended) -> Value {
    serde_json::from_str(&ended.stdout).expect("one document")
}

pub fn number(value: &Value) -> f64 {
    value
        .as_f64()
        .unwrap_or_else(|| panic!("{value} is no number"))
}

/// Whether two numbers agree to so many parts of the second.
pub fn close(found: f64, known: f64, tolerance: f64) {
    let apart = (found - known).abs() / known.abs();
    assert!(apart <= tolerance, "{found} is not {known}: {apart:.1e}");
}

pub fn parameter<'a>(fit: &'a Value, name: &str) -> &'a Value {
    let all = fit["parameters"].as_array().expect("parameters");
    let found = all.iter().find(|p| p["name"] == name);
    found.unwrap_or_else(|| panic!("no parameter {name}"))
}

/// A document without what this process alone has done.
fn without_own_work(fit: &Value) -> Value {
    let mut fit = fit.clone();
    for own in ["recalled", "share_evaluations", "factorisations"] {
        fit["work"][own] = Value::Null;
    }
    fit
}

/// Values of `PyBLP` 1.3.0 at the starting values of the tutorial (one step, `optimization =
/// Optimization('return')`).
#[test]
fn at_the_starting_values_objective_and_gradient_are_those_of_the_reference() {
    const GRADIENT: [f64; 13] = [
        9.844_961_722_7,
        0.316_982_591_69,
        363.506_199_73,
        16.359_536_081,
        10.601_305_051,
        -2.026_311_714_0,
        0.702_537_463_82,
        13.493_750_374,
        -0.571_189_322_07,
        42.502_140_302,
        10.904_914_353,
        -3.475_638_507_8,
        1.283_971_379_6,
    ];
    let bench = cereal_with("algorithm = \"return\"");
    let ended = bench.run(["fit", "study", "--json"]).ends(0);
    let fit = json(&ended);
    assert_eq!(fit["status"], "evaluated");
    close(number(&fit["objective"]), 29.353_343_126_2, 1e-11);
    let gradient = fit["gradient"].as_array().expect("a gradient");
    assert_eq!(gradient.len(), GRADIENT.len());
    for (found, known) in gradient.iter().zip(GRADIENT) {
        close(number(found), known, 1e-8);
    }
    let alpha = parameter(&fit, "beta[prices]");
    close(number(&alpha["estimate"]), -28.188_544_363, 1e-10);
    close(number(&alpha["error"]), 7.882_445_010_7, 1e-9);
}

/// Values of `PyBLP` 1.3.0: `compute_optimal_instruments()` at the starting values of the tutorial,
/// `to_problem()`, and the result of `solve` there with `optimization = Optimization('return')`.
#[test]
fn optimal_instruments_at_the_first_estimates_are_those_of_the_reference() {
    const GRADIENT: [f64; 13] = [
        30.888_587_668_366,
        0.198_851_953_914_57,
        -15.646_849_952_812,
        -7.058_501_525_021_3,
        -11.840_980_417_215,
        -15.916_425_759_790,
        -1.047_905_436_946_1,
        -17.203_022_218_690,
        0.072_860_907_176_574,
        -87.457_860_076_646,
        4.186_307_150_290_7,
        -2.832_415_962_701_2,
        -21.497_814_727_460,
    ];
    let bench = cereal_with("algorithm = \"return\"");
    bench.edit(
        "study/study.toml",
        "[estimate.demand]",
        "[estimate.optimal]\n\n[estimate.demand]",
    );
    let ended = bench.run(["fit", "study", "--json"]).ends(0);
    let fit = json(&ended);
    close(
        number(&fit["optimal"]["first_objective"]),
        29.353_343_126_2,
        1e-11,
    );
    close(number(&fit["objective"]), 9.587_274_072_677_6, 1e-10);
    let gradient = fit["gradient"].as_array().expect("a gradient");
    let size = 87.457_860_076_646;
    for (found, known) in gradient.iter().zip(GRADIENT) {
        assert!(
            (number(found) - known).abs() <= 1e-9 * size,
            "{found} is not {known}"
        );
    }
    let alpha = parameter(&fit, "beta[prices]");
    close(number(&alpha["estimate"]), -28.200_868_128_261, 1e-11);
    close(number(&alpha["error"]), 2.088_598_470_086_4, 1e-10);
}

/// A study that is estimated three times: with consumers drawn anew, then with optimal instruments
/// too. Its evaluations are all in the checkpoint, and threads change nothing.
#[test]
fn later_estimations_are_resumed_from_their_evaluations() {
    let bench = cereal();
    bench.edit(
        "study/study.toml",
        "[estimate.demand]",
        "[estimate.importance]\ndraws = 60\n\n[estimate.optimal]\n\n[estimate.demand]",
    );
    let fit = |threads: &str| {
        let args = [
            "fit",
            "study",
            "--json",
            "--draws",
            "0",
            "--threads",
            threads,
        ];
        let args = args.iter().chain(&["--checkpoint", "c"]);
        json(&bench.run(args.copied()).ends(0))
    };
    let whole = fit("1");
    let again = fit("2");
    // Where each of the three searches ends is evaluated once more, and not from the checkpoint.
    let searched = number(&whole["work"]["evaluations"]) - 3.0;
    assert_eq!(
        number(&again["work"]["recalled"]).to_bits(),
        searched.to_bits()
    );
    assert_eq!(without_own_work(&again), without_own_work(&whole));
    assert_eq!(whole["status"], "converged");
    let first = &whole["importance"];
    close(number(&first["first_objective"]), 4.561_514_164_8, 1e-10);
    assert_eq!(first["draws"], 60);
    assert_eq!(
        number(&whole["data"]["consumers"]).to_bits(),
        (94.0_f64 * 60.0).to_bits()
    );
    // Twenty consumers a market, some of whom hardly ever buy: the weights are noisy, and said to be.
    let findings = whole["findings"].as_array().expect("findings");
    let noisy = findings.iter().find(|f| f["code"] == "importance");
    assert_eq!(noisy.expect("a finding")["level"], "warning");
}

/// Values of `PyBLP` 1.3.0 at its optimum (BFGS, gradient tolerance 1e-5).
#[test]
fn the_optimum_is_that_of_the_reference() {
    let bench = cereal();
    let ended = bench.run(["fit", "study", "--json"]).ends(0);
    let fit = json(&ended);
    assert_eq!(
        (&fit["schema"], &fit["status"]),
        (&"entrant.estimate/1".into(), &"converged".into())
    );
    close(number(&fit["objective"]), 4.561_514_164_8, 1e-10);
    // Where the reference stops its gradient is 7e-6: it has about six digits.
    let known = [
        ("sigma[Intercept]", 0.558_093_562_6, 0.162_532_594_7),
        ("pi[prices, income]", 588.325_089_38, 270.441_007_77),
        ("pi[mushy, age]", -1.353_393_231, 0.667_108_600_5),
        ("beta[prices]", -62.729_895_115_5, 14.803_213_837),
    ];
    for (name, estimate, error) in known {
        let found = parameter(&fit, name);
        close(number(&found["estimate"]), estimate, 1e-6);
        close(number(&found["error"]), error, 1e-6);
    }
    assert!(number(&fit["certificate"]["inversion_residual"]) <= 1e-13);
    let values = fit["certificate"]["hessian_eigenvalues"].as_array();
    let values = values.expect("eigenvalues");
    close(number(&values[12]), 16_496.84, 1e-4);
    assert!(number(&values[0]) > 0.0);
}

#[test]
fn the_text_fits_a_terminal_and_names_what_matters() {
    let ended = cereal().run(["fit", "study"]).ends(0);
    for words in [
        "One-step GMM with robust errors",
        "13 parameters searched for",
        "Converged: objective 4.5615",
        "pi[prices, income_squared]     -30.192      14.101",
        "ok[inversion]",
        "ok[optimum]",
    ] {
        assert!(ended.stdout.contains(words), "{words} in\n{}", ended.stdout);
    }
    let wide = ended.stdout.lines().find(|l| l.chars().count() > 80);
    assert_eq!(wide, None);
    assert!(
        ended.stderr.contains(" evaluations in "),
        "{}",
        ended.stderr
    );
}

#[test]
fn every_diagnostic_is_explained() {
    let bench = cereal_with("starts = 2");
    let fit = json(&bench.run(["fit", "study", "--json"]));
    for finding in fit["findings"].as_array().expect("findings") {
        let code = finding["code"].as_str().expect("a code");
        bench.run(["explain", code]).ends(0);
    }
}

#[test]
fn threads_do_not_change_a_byte() {
    let bench = cereal();
    let fit = |threads: &str| {
        let ended = bench.run(["fit", "study", "--json", "--threads", threads]);
        ended.ends(0).stdout
    };
    let one = fit("1");
    assert_eq!(fit("2"), one);
    assert_eq!(fit("8"), one);
}

#[test]
fn an_output_folder_has_every_digit_and_no_checkpoint() {
    let bench = cereal();
    let ended = bench
        .run(["fit", "study", "--json", "--out", "fit"])
        .ends(0);
    assert_eq!(bench.names("fit"), ["estimate.json", "tables"]);
    assert_eq!(
        bench.names("fit/tables"),
        [
            "covariance.csv",
            "market_outcomes.csv",
            "pairs.csv",
            "parameters.csv",
            "product_outcomes.csv",
            "products.csv",
            "tests.csv"
        ]
    );
    assert_eq!(bench.read("fit/estimate.json"), ended.stdout.as_bytes());
    let products = String::from_utf8(bench.read("fit/tables/products.csv")).expect("text");
    assert_eq!(products.lines().count(), 2257);
    let parameters = String::from_utf8(bench.read("fit/tables/parameters.csv")).expect("text");
    let alpha = parameters.lines().last().expect("a line");
    let cell = alpha.split(',').nth(5).expect("an estimate");
    let found = number(&parameter(&json(&ended), "beta[prices]")["estimate"]);
    assert_eq!(cell.parse::<f64>().map(f64::to_bits), Ok(found.to_bits()));
    bench.run(["fit", "study", "--out", "fit", "-q"]).ends(0);
    bench.write("fit/mine.txt", "");
    let ended = bench.run(["fit", "study", "--out", "fit"]).ends(2);
    assert!(
        ended.stderr.contains("`fit` holds `mine.txt`"),
        "{}",
        ended.stderr
    );
}

/// Kills the search once its checkpoint holds so many evaluations.
fn killed_after(bench: &Bench, evaluations: usize) {
    let args = ["fit", "study", "-q", "--threads", "1"];
    let own = ["--checkpoint", "evaluations", "--checkpoint-every", "1"];
    let mut command = bench.command([args.as_slice(), &own].concat());
    let mut child = command.stdout(Stdio::null()).spawn().expect("it starts");
    let path = bench.path("evaluations");
    let enough = || saved(&path) >= evaluations;
    while !enough() && child.try_wait().expect("its state").is_none() {
        std::thread::sleep(PAUSE);
    }
    // SIGKILL; a search that is over already is as good.
    let _ = child.kill();
    child.wait().expect("it ends");
}

/// Evaluations in a checkpoint; it is always whole.
fn saved(path: &PathBuf) -> usize {
    let Ok(text) = std::fs::read_to_string(path) else {
        return 0;
    };
    assert!(text.contains("\nchecksum "), "half a checkpoint");
    let line = text.lines().find_map(|l| l.strip_prefix("evaluations "));
    line.and_then(|n| n.parse().ok()).expect("a count")
}

#[test]
fn a_killed_search_goes_on_and_ends_with_the_same_bits() {
    let bench = cereal_with("starts = 2");
    let whole = json(&bench.run(["fit", "study", "--json"]));
    let resumed = ["fit", "study", "--json", "--checkpoint", "evaluations"];
    for evaluations in [1, 5, 14] {
        killed_after(&bench, evaluations);
        let before = saved(&bench.path("evaluations"));
        assert!(before >= evaluations, "{before}");
        let again = json(&bench.run(resumed));
        assert_eq!(without_own_work(&again), without_own_work(&whole));
        assert_eq!(again["work"]["recalled"], before);
        std::fs::remove_file(bench.path("evaluations")).expect("it is there");
    }
}

#[test]
fn a_search_goes_on_with_another_limit_but_not_with_other_data() {
    let bench = cereal_with("evaluations = 6");
    let own = ["fit", "study", "--json", "--checkpoint", "evaluations"];
    let ended = bench.run(own).ends(4);
    assert_eq!(json(&ended)["status"], "limit_reached");
    assert!(
        ended.stderr.contains("do not use these estimates"),
        "{}",
        ended.stderr
    );
    bench.edit("study/study.toml", "evaluations = 6", "evaluations = 500");
    let fit = json(&bench.run(own).ends(0));
    assert_eq!(fit["work"]["recalled"], 6);
    let bits = |fit: &Value| fit["objective"].to_string();
    let plain = json(&cereal().run(["fit", "study", "--json"]).ends(0));
    assert_eq!(bits(&fit), bits(&plain));
    bench.edit("study/study.toml", "2.4526", "2.5");
    let ended = bench.run(own).ends(2);
    let told = ended.stderr.replace('\n', " ");
    assert!(told.contains("belongs to another estimation"), "{told}");
    assert!(ended.stdout.is_empty());
}

#[test]
fn a_damaged_checkpoint_is_refused() {
    let bench = cereal();
    bench.write("evaluations", "entrant.checkpoint/1\nversion 0\n");
    let ended = bench
        .run(["fit", "study", "--checkpoint", "evaluations"])
        .ends(2);
    assert!(
        ended.stderr.contains("the checkpoint is damaged"),
        "{}",
        ended.stderr
    );
}

#[cfg(unix)]
#[test]
fn an_interrupted_search_says_so_and_can_go_on() {
    // A search without an end: it has more starts than a test has time for.
    let bench = cereal_with("starts = 100000");
    let own = ["--checkpoint", "evaluations", "--checkpoint-every", "1"];
    let mut command = bench.command([["fit", "study", "--json"].as_slice(), &own].concat());
    let piped = command.stdout(Stdio::piped()).stderr(Stdio::piped());
    let child = piped.spawn().expect("it starts");
    while saved(&bench.path("evaluations")) < 3 {
        std::thread::sleep(PAUSE);
    }
    let id = child.id().to_string();
    let kill = std::process::Command::new("kill")
        .args(["-INT", &id])
        .status();
    assert!(kill.expect("kill").success());
    let ended: Ended = child.wait_with_output().expect("it ends").into();
    let ended = ended.ends(130);
    assert_eq!(json(&ended)["status"], "interrupted");
    assert!(ended.stderr.contains("`evaluations`"), "{}", ended.stderr);
}

#[test]
fn what_does_not_apply_is_refused() {
    let calibrated = Bench::with_study();
    let ended = calibrated.run(["fit", "study", "--out", "x"]).ends(2);
    assert!(
        ended.stderr.contains("for estimated studies"),
        "{}",
        ended.stderr
    );
    let ended = calibrated.run(["fit", "study", "--draws", "0"]).ends(2);
    assert!(
        ended.stderr.contains("for estimated studies"),
        "{}",
        ended.stderr
    );
}

#[test]
fn mistakes_are_shown_where_they_stand() {
    let bench = cereal();
    bench.edit(
        "study/study.toml",
        "[0.3302, 2.4526, 0.0163, 0.2441]",
        "[0.3302, 2.4526]",
    );
    let ended = bench.run(["fit", "study"]).ends(2);
    assert!(
        ended.stderr.contains("study/study.toml:"),
        "{}",
        ended.stderr
    );
    assert!(ended.stderr.contains("sigma"), "{}", ended.stderr);
}
