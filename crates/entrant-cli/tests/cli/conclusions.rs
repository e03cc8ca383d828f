//! What `fit` tells beside the estimates: elasticities and margins with intervals, tests, robust
//! sets, bootstraps, the audit of integrals.

use serde_json::Value;

use crate::bench::Bench;
use crate::estimate::{cereal, close, json, number, parameter};
use crate::panel::{LOGIT, MARKETS, PRODUCTS, STUDY, bench, csv, rows};

fn mean<'a>(fit: &'a Value, name: &str) -> &'a Value {
    let all = fit["conclusions"]["means"]["means"].as_array();
    let found = all.expect("means").iter().find(|m| m["name"] == name);
    found.unwrap_or_else(|| panic!("no {name}"))
}

fn test<'a>(fit: &'a Value, name: &str) -> &'a Value {
    let all = fit["conclusions"]["tests"].as_array().expect("tests");
    let found = all.iter().find(|t| t["name"] == name);
    found.unwrap_or_else(|| panic!("no {name}"))
}

/// The panel with lines for `[estimate.report]`, and others behind.
fn panel(study: &str, report: &str) -> Bench {
    let table = "[estimate.report]\n";
    let study = study.replace(table, &format!("{table}{report}\n"));
    bench(&study, &csv(&rows(MARKETS, PRODUCTS, 1.0)))
}

/// `PyBLP` 1.3.0 at its optimum: means over products of elasticities, outside diversion, costs,
/// Lerner indices, profits and pass-through, over markets of the others.
#[test]
fn means_are_those_of_the_reference() {
    let ended = cereal().run(["fit", "study", "--json"]).ends(0);
    let fit = json(&ended);
    for (name, known) in [
        ("own_elasticity", -3.618_105_303_679),
        ("outside_diversion", 0.365_820_329_860_9),
        ("cost", 0.082_358_505_994_76),
        ("lerner", 0.363_866_025_136_9),
        ("profit", 0.000_887_961_491_2),
        ("own_passthrough", 1.101_199_799_327),
        ("aggregate_elasticity", -0.596_740_434_356_6),
        ("concentration", 3_408.193_797_469),
        ("consumer_surplus", 0.034_246_702_951_19),
    ] {
        let found = &mean(&fit, name)["mean"];
        // The reference stops its search with about six digits.
        close(number(&found["value"]), known, 2e-6);
        if name != "concentration" {
            let (low, high) = (number(&found["low"]), number(&found["high"]));
            assert!(low < high, "{name}");
            assert!(number(&found["error"]) > 0.0, "{name}");
        }
    }
    let draws = &fit["conclusions"]["means"]["draws"];
    assert_eq!((&draws["draws"], &draws["seed"]), (&4.into(), &2018.into()));
    // The first stage and the test for any weighting matrix.
    let stage = &fit["conclusions"]["first_stage"];
    close(number(&stage["regressors"][0]["f"]), 3_363.839_911_6, 1e-8);
    let j = test(&fit, "overidentifying restrictions");
    assert_eq!(
        (&j["kind"], &j["degrees"]),
        (&"specification".into(), &6.into())
    );
}

/// With many draws the spread of a function that is nearly linear is that of the delta method:
/// in a logit the mean own elasticity is the price coefficient times a constant.
#[test]
fn intervals_of_a_linear_function_are_the_delta_methods() {
    let bench = panel(LOGIT, "");
    let fit = json(
        &bench
            .run(["fit", "study", "--json", "--draws", "4000"])
            .ends(0),
    );
    let alpha = parameter(&fit, "beta[price]");
    let (value, error) = (number(&alpha["estimate"]), number(&alpha["error"]));
    let elasticity = &mean(&fit, "own_elasticity")["mean"];
    let by = number(&elasticity["value"]) / value;
    // The standard deviation of 4000 draws is off by about one percent.
    close(number(&elasticity["error"]), by * error, 0.05);
    // Quantiles of the normal distribution at 5% and 95%.
    let width = number(&elasticity["high"]) - number(&elasticity["low"]);
    close(width, 2.0 * 1.644_853_627 * by * error, 0.05);
}

#[test]
fn no_draws_mean_no_intervals() {
    let bench = panel(LOGIT, "");
    let fit = json(
        &bench
            .run(["fit", "study", "--json", "--draws", "0"])
            .ends(0),
    );
    let elasticity = &mean(&fit, "own_elasticity")["mean"];
    assert!(elasticity["value"].is_number());
    assert_eq!(elasticity["low"], Value::Null);
    assert_eq!(fit["conclusions"]["means"]["draws"], Value::Null);
    assert_eq!(fit["conclusions"]["means"]["withheld"], "");
}

#[test]
fn seeds_change_draws_and_nothing_else() {
    let bench = panel(LOGIT, "");
    let fit = |seed: &str| {
        json(
            &bench
                .run(["fit", "study", "--json", "--seed", seed])
                .ends(0),
        )
    };
    let (one, other) = (fit("1"), fit("2"));
    assert_eq!(one["parameters"], other["parameters"]);
    assert_eq!(fit("1"), one);
    assert_ne!(
        mean(&one, "own_elasticity")["mean"]["error"],
        mean(&other, "own_elasticity")["mean"]["error"]
    );
}

/// Squares of z statistics, sums of independent restrictions, and values at the estimates.
#[test]
fn hypotheses_of_a_study_are_tested() {
    let own = r#"
[[estimate.test]]
name = "one"
parameters = { "beta[x]" = 0 }
[[estimate.test]]
name = "difference"
combinations = [{ weights = { "beta[x]" = 2, "beta[price]" = 2 }, value = 0 }]
[[estimate.test]]
name = "distance"
kind = "distance"
parameters = { "beta[x]" = 0 }
[[estimate.test]]
name = "lm"
kind = "lm"
parameters = { "sigma[x]" = 0.8 }
[[estimate.test]]
name = "alternatives"
kind = "iia"
instruments = ["z2"]
"#;
    let bench = panel(&format!("{STUDY}{own}"), "");
    let ended = bench.run(["fit", "study", "--json"]).ends(0);
    let fit = json(&ended);
    let z = number(&parameter(&fit, "beta[x]")["z"]);
    close(number(&test(&fit, "one")["statistic"]), z * z, 1e-12);
    let (x, price) = (
        number(&parameter(&fit, "beta[x]")["estimate"]),
        number(&parameter(&fit, "beta[price]")["estimate"]),
    );
    let v = &fit["covariance"]["values"];
    let variance = number(&v[2][2]) + number(&v[3][3]) + 2.0 * number(&v[2][3]);
    let known = (x + price).powi(2) / variance;
    close(number(&test(&fit, "difference")["statistic"]), known, 1e-10);
    // At estimates that are this far off, all three say the same.
    assert_eq!(test(&fit, "distance")["status"], "rejected");
    assert_eq!(test(&fit, "one")["status"], "rejected");
    // The truth is not rejected; and differentiation matters.
    assert_eq!(test(&fit, "lm")["status"], "kept");
    assert_eq!(test(&fit, "alternatives")["degrees"], 1);
    for t in fit["conclusions"]["tests"].as_array().expect("tests") {
        assert!(
            t["meaning"].is_string() && t["threshold"].is_number(),
            "{t}"
        );
    }
}

#[test]
fn mistakes_in_hypotheses_are_named_before_anything_is_searched_for() {
    for (test, word) in [
        ("parameters = { \"beta[prize]\" = 0 }", "beta[price]"),
        ("kind = \"iia\"\ninstruments = [\"z9\"]", "z9"),
        ("kind = \"iia\"", "instruments"),
        (
            "kind = \"lm\"\nparameters = { \"beta[x]\" = 0 }",
            "searched for",
        ),
        ("name = \"nothing\"", "parameters"),
    ] {
        let bench = panel(&format!("{LOGIT}\n[[estimate.test]]\n{test}\n"), "");
        let ended = bench.run(["fit", "study", "--json"]).ends(2);
        assert!(ended.stderr.contains(word), "{word}:\n{}", ended.stderr);
        assert_eq!(ended.stdout, "");
    }
}

/// The set of a plain logit is exact: at its ends the statistic is at its critical value, and the
/// elasticity's is the same times a constant.
#[test]
fn robust_sets_of_a_logit_are_there_unasked() {
    let bench = panel(LOGIT, "");
    let fit = json(&bench.run(["fit", "study", "--json"]).ends(0));
    let sets = fit["conclusions"]["robust_sets"].as_array().expect("sets");
    let [alpha, elasticity] = &sets[..] else {
        panic!("{sets:?}")
    };
    assert_eq!(
        (&alpha["name"], &alpha["shape"]),
        (&"beta[price]".into(), &"interval".into())
    );
    assert_eq!(alpha["degrees"], 3);
    let ends = &alpha["intervals"][0];
    let estimate = number(&parameter(&fit, "beta[price]")["estimate"]);
    assert!(number(&ends[0]) < estimate && estimate < number(&ends[1]));
    let by = number(&mean(&fit, "own_elasticity")["mean"]["value"]) / estimate;
    close(
        number(&elasticity["intervals"][0][0]),
        by * number(&ends[0]),
        1e-10,
    );
    let text = bench.run(["fit", "study"]).ends(0).stdout;
    for words in [
        "Robust 95% set",
        "own-price elasticity",
        "Intervals: 90% of 20 draws",
    ] {
        assert!(text.contains(words), "{words} in\n{text}");
    }
    let wide = text.lines().find(|l| l.chars().count() > 80);
    assert_eq!(wide, None);
}

#[test]
fn robust_sets_with_tastes_are_made_when_asked_for() {
    let bench = panel(STUDY, "robust = \"always\"\nrobust_elasticity = true");
    let fit = json(&bench.run(["fit", "study", "--json"]).ends(0));
    let sets = fit["conclusions"]["robust_sets"].as_array().expect("sets");
    let names: Vec<&Value> = sets.iter().map(|s| &s["name"]).collect();
    assert_eq!(names, ["beta[price]", "mean own-price elasticity"]);
    for (set, inside) in sets.iter().zip([
        number(&parameter(&fit, "beta[price]")["estimate"]),
        number(&mean(&fit, "own_elasticity")["mean"]["value"]),
    ]) {
        let ends = &set["intervals"][0];
        assert!(
            number(&ends[0]) < inside && inside < number(&ends[1]),
            "{set}"
        );
    }
    let never = panel(STUDY, "robust = \"never\"");
    let fit = json(&never.run(["fit", "study", "--json"]).ends(0));
    assert_eq!(fit["conclusions"]["robust_sets"], Value::Array(Vec::new()));
}

/// Draws again by three ways agree with the standard error, and the audit's finer rule with the
/// rule that made the data.
#[test]
fn bootstraps_and_the_audit_are_made_when_asked_for() {
    for (kind, tolerance) in [("parametric", 0.2), ("score", 0.2), ("markets", 0.5)] {
        let report = format!("bootstrap = \"{kind}\"\nbootstrap_draws = 200");
        let fit = json(
            &panel(LOGIT, &report)
                .run(["fit", "study", "--json"])
                .ends(0),
        );
        let b = &fit["conclusions"]["bootstrap"];
        assert_eq!(b["draws"]["kind"], kind);
        for p in b["parameters"].as_array().expect("parameters") {
            let name = p["name"].as_str().expect("a name");
            let error = number(&parameter(&fit, name)["error"]);
            close(number(&p["value"]["error"]), error, tolerance);
        }
    }
    let bench = panel(STUDY, "");
    let fit = json(&bench.run(["fit", "study", "--json", "--audit"]).ends(0));
    let audit = &fit["conclusions"]["audit"];
    assert_eq!(audit["failure"], "");
    assert_eq!(audit["objective"].as_array().map(Vec::len), Some(2));
    let found = fit["findings"].as_array().expect("findings").iter();
    assert!(found.clone().any(|f| f["code"] == "audit"));
    bench.run(["explain", "audit"]).ends(0);
}

#[test]
fn tables_have_intervals_and_pairs() {
    let bench = panel(STUDY, "second_choices = true");
    bench.run(["fit", "study", "-q", "--out", "fit"]).ends(0);
    let text = |name: &str| {
        String::from_utf8(bench.read(&format!("fit/tables/{name}.csv"))).expect("text")
    };
    assert_eq!(
        text("product_outcomes").lines().count(),
        1 + MARKETS * PRODUCTS
    );
    assert_eq!(text("market_outcomes").lines().count(), 1 + MARKETS);
    let pairs = text("pairs");
    assert_eq!(pairs.lines().count(), 1 + MARKETS * PRODUCTS * PRODUCTS);
    // Of those who leave a product all go somewhere, for a small change and for a large one.
    let cells: Vec<Vec<&str>> = pairs
        .lines()
        .skip(1)
        .map(|l| l.split(',').collect())
        .collect();
    for row in cells.chunks(PRODUCTS) {
        for column in [5, 7] {
            let all = row
                .iter()
                .map(|c| c[column].parse::<f64>().expect("a number"));
            assert!((all.sum::<f64>() - 1.0).abs() < 1e-12);
        }
    }
    // What is not wanted any more is gone.
    bench.edit("study/study.toml", "second_choices = true", "pairs = false");
    bench.run(["fit", "study", "-q", "--out", "fit"]).ends(0);
    assert!(!bench.names("fit/tables").contains(&"pairs.csv".to_owned()));
}

/// `ungated` shows what is withheld, and the findings and the exit code stay.
#[test]
fn errors_can_be_had_in_spite_of_the_gate() {
    let study = LOGIT.replace("[estimate.report]\n", "[estimate.report]\nungated = true\n");
    let bench = bench(&study, &csv(&rows(1, 60, 1.0)));
    let fit = json(&bench.run(["fit", "study", "--json"]).ends(3));
    assert!(parameter(&fit, "beta[price]")["error"].is_number());
    assert_eq!(fit["conclusions"]["standing"], "withheld");
}

/// A parameter at its bound has no error of its own, and takes none from the others.
#[test]
fn a_parameter_at_its_bound_has_no_error() {
    let bounds = "sigma = [0.25]\nsigma_bounds = { lower = [0.2], upper = [0.3] }";
    let study = STUDY.replace("sigma = [0.5]", bounds);
    let fit = json(&panel(&study, "").run(["fit", "study", "--json"]).ends(0));
    let sigma = parameter(&fit, "sigma[x]");
    assert_eq!(
        (&sigma["at_bound"], &sigma["error"], &sigma["withheld"]),
        (&"upper".into(), &Value::Null, &"boundary".into())
    );
    assert!(parameter(&fit, "beta[price]")["error"].is_number());
    assert_eq!(fit["conclusions"]["standing"], "shown");
}

#[test]
fn a_search_that_did_not_end_has_no_errors_and_nothing_follows() {
    let optimizer = "[estimate.optimizer]\nevaluations = 2\n[estimate.demand]\n";
    let study = STUDY.replace("[estimate.demand]\n", optimizer);
    let bench = panel(&study, "");
    let fit = json(&bench.run(["fit", "study", "--json"]).ends(4));
    assert_eq!(fit["status"], "limit_reached");
    assert_eq!(fit["conclusions"]["standing"], "withheld");
    assert_eq!(parameter(&fit, "beta[price]")["withheld"], "optimum");
    assert_eq!(fit["conclusions"]["means"], Value::Null);
    let text = bench.run(["fit", "study"]).ends(4).stdout;
    assert!(text.contains("withheld"), "{text}");
}

#[cfg(unix)]
#[test]
fn draws_are_broken_off_when_asked() {
    let report = "bootstrap = \"markets\"\nbootstrap_draws = 1000000";
    let bench = panel(STUDY, report);
    let own = ["--checkpoint", "evaluations", "--checkpoint-every", "1"];
    let mut command = bench.command([["fit", "study", "--json"].as_slice(), &own].concat());
    let piped = command
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::piped());
    let child = piped.spawn().expect("it starts");
    while !bench.path("evaluations").exists() {
        std::thread::sleep(std::time::Duration::from_millis(2));
    }
    let id = child.id().to_string();
    let kill = std::process::Command::new("kill")
        .args(["-INT", &id])
        .status();
    assert!(kill.expect("kill").success());
    let ended: crate::bench::Ended = child.wait_with_output().expect("it ends").into();
    assert_eq!(json(&ended.ends(130))["status"], "interrupted");
}

#[test]
fn threads_do_not_change_a_draw() {
    let bench = panel(STUDY, "bootstrap = \"score\"\nrobust = \"always\"");
    let fit = |threads: &str| {
        let ended = bench.run(["fit", "study", "--json", "--threads", threads]);
        ended.ends(0).stdout
    };
    assert_eq!(fit("1"), fit("3"));
}

/// `PyBLP` 1.3.0 on the same numbers: product rule of five nodes, two steps, `l-bfgs-b` with
/// gradient tolerance 1e-8. Its errors and ours, by either search.
#[test]
fn either_search_ends_where_the_references_does() {
    for algorithm in ["lbfgsb", "trust-region"] {
        let optimizer = format!(
            "[estimate.optimizer]\nalgorithm = \"{algorithm}\"\ngradient_tolerance = 1e-7\n[estimate.demand]\n"
        );
        let study = STUDY.replace("[estimate.demand]\n", &optimizer);
        let fit = json(&panel(&study, "").run(["fit", "study", "--json"]).ends(0));
        assert_eq!(fit["settings"]["algorithm"], algorithm);
        close(number(&fit["objective"]), 0.475_535_807_984_164, 1e-7);
        for (name, estimate, error) in [
            ("sigma[x]", 0.665_322_464_1, 0.254_660_737_18),
            ("beta[Intercept]", 0.707_646_635_356, 0.310_370_872_577),
            ("beta[x]", 1.166_058_885_066, 0.119_609_047_211),
            ("beta[price]", -1.946_773_540_601, 0.118_979_029_156),
        ] {
            let p = parameter(&fit, name);
            close(number(&p["estimate"]), estimate, 1e-6);
            close(number(&p["error"]), error, 1e-6);
        }
    }
}
