//! Diagnostics: number, threshold, meaning, advice; and `ok` when they pass.

use entrant_data::result::ScenarioOutcome;
use entrant_data::{Finding, Status};
use entrant_io::LoadedStudy;
use entrant_market::equilibrium::Equilibrium;

use crate::draw::Calibrated;

/// Code, meaning and remedy of every diagnostic, as told by `entrant explain`.
const TOPICS: &[(&str, &str)] = &[
    (
        "premiums",
        "What a feature is worth comes from mean utilities that are projected on characteristics and brands. Features that move together cannot be told apart by a few dozen products: then the worth of one is traded for that of another, and a feature that everybody wants can come out below nothing. Both are said, and the worth of all features together is surer than that of each.\n\nA hedonic regression says what prices are where a feature is; it mixes what buyers would pay with costs and with who competes with whom, and is no worth of a feature (Pakes 2003). The value in equilibrium is the difference between two certified markets, with and without the feature (Allenby, Brazell, Howell and Rossi 2014).",
    ),
    (
        "tracker-sources",
        "How sure a reconciled figure is follows from how far sources are apart where two or more of them give the same figure. A country needs three such comparisons of shares; with fewer the ranges rest on those of all countries together, and with fewer than three in all countries there are figures without ranges.\n\nErrors that all sources share do not show in such comparisons. Add a second source to `tracker.statements`.",
    ),
    (
        "tracker-gaps",
        "No source of the tracker says anything about these quarters. Nothing is filled in: growth is over calendar quarters that are known, and a change of order over a gap may have happened in any quarter of it.",
    ),
    (
        "tracker-sum",
        "The reconciled shares of all vendors that any source names add up to more than 100 percent, because sources that name different vendors count differently. They were scaled down to 100 percent.",
    ),
    (
        "tracker-revised",
        "A source printed a figure again with another value. The later publication counts, unless it repeats the earlier one in fewer digits.",
    ),
    (
        "tracker-vendors",
        "Changes of order between two vendors are followed among the 25 vendors of a country that were largest at any time; all vendors are in the tables.",
    ),
    (
        "backtest-fits",
        "For every market that is predicted the study is estimated on the markets before it alone. Where that estimation did not converge, or the data before do not determine the parameters, the model forecasts nothing for the market; forecasters that need no model do.\n\nPredict from a later market on (`backtest.first`), or estimate a simpler model.",
    ),
    (
        "backtest-draws",
        "A draw takes estimates from their distribution and what is unobserved from what was seen before, and solves for prices in equilibrium. Draws without usable prices are left out of the intervals and counted.\n\nAbove 5% what is left is not any draw but the tame ones, and the intervals say too little: look at `panel.markets[].draws` and `panel.markets[].drawn` of `backtest.json`.",
    ),
    (
        "backtest-changes",
        "What all products of a market share (the state of the economy, a new tax) is drawn from how it changed between earlier markets. With a few earlier changes the intervals of all products together rest on those few.",
    ),
    (
        "backtest-estimates",
        "Parameters are drawn from their asymptotic distribution. From few markets estimates are uncertain, and draws may reach where the model makes no sense: consumers who like higher prices, for whom no equilibrium exists, or shares that cannot be inverted. Those draws are lost, and intervals are narrower than they should be.",
    ),
    (
        "backtest-coverage",
        "Intervals should hold as many of the numbers that came true as they say. Those of one market share a change, so that a few markets may be off by chance; over many, intervals that hold too little say that the model is surer than it should be.",
    ),
    (
        "importance",
        "Consumers were drawn anew, by how likely they buy at earlier estimates, and weighted by the inverse.\n\nThe weights of a market sum to one up to the noise of the draws. Where some consumers hardly ever buy, one of them weighs much when it is drawn, the sum is far from one, and the integrals are noisier than before: draw more consumers, or leave `[estimate.importance]` out.",
    ),
    (
        "inversion",
        "Observed shares must hold exactly in the calibrated market.\n\nThe number is the largest relative difference between an observed share and the model's, recomputed after the solve. Above the limit the mean utilities are not trusted: look for a share that is tiny, or an outside share near zero.",
    ),
    (
        "identification",
        "As many independent targets as parameters to calibrate determine the parameters exactly; more are met as closely as possible; fewer do not determine them. Even an exactly identified economy may have a second set of parameters that meets every target: a warning names it.\n\nAdd a `[[demand.target]]`, or give one of the parameters as a number instead of \"calibrate\".",
    ),
    (
        "targets",
        "Each target is met to within its own rounding when the economy is exactly identified.\n\nWhen there are more targets than parameters they may contradict one another: the table of input against fitted shows by how much. Change the `tolerance` of the ones you trust less.",
    ),
    (
        "costs",
        "Marginal costs follow from prices and first-order conditions. A negative cost says that demand is not elastic enough at that price for the price to be a best response.\n\nLet price sensitivity vary (`spread`), add a margin target for cheap products, or give that firm's margin with `[[supply.given]]`.",
    ),
    (
        "baseline",
        "The market at its observed prices must itself be an equilibrium: first-order residuals, second-order conditions, and no firm that gains by moving its own prices far away.\n\nIf a firm gains by a large deviation, the price sensitivity is too spread out for these margins: a firm would rather serve the few insensitive consumers. Lower `spread`, or add a target. In an estimated study leave such markets out (`markets`): there a scenario's change would mix what it does with what firms would have done anyway.",
    ),
    (
        "equilibrium",
        "Every scenario's prices carry a certificate made by code that did not solve them: the unweighted first-order residual, the largest curvature of any firm's profit (negative at a maximum), the gain that a search over all of a firm's prices finds, and a bound that no deviation can exceed.\n\n`multiple` means that another equilibrium was found from another starting point: the answer shown is the continuation of today's prices.",
    ),
    (
        "draws",
        "Every draw of the inputs is calibrated and solved again. Draws without an equilibrium are left out of the intervals and counted.\n\nWhen more than 1% are left out, no number of that scenario is called certified: narrow the inputs that make targets contradict one another.",
    ),
    (
        "markets",
        "Scenarios of an estimated study are solved in all of its markets, or in those that `markets` names: ids, a beginning with `*`, or `last`. Of panels with more than 200 markets the last 200 are taken unless the study says otherwise.",
    ),
    (
        "market-size",
        "Shares say nothing of how many people could buy. With a column of potential buyers (`data.columns.size`) units and money are those of the markets, and markets count by their size; without it they are per million potential buyers, and each market counts the same.",
    ),
    (
        "intervals",
        "Intervals of an estimated study are over draws of all parameters from their asymptotic distribution. Each draw inverts the observed shares, takes the costs at which observed prices are optimal, and solves every scenario again.\n\nWhere a diagnostic of the estimation fails, or a parameter has no standard error, there are no intervals. Draws may reach what the estimates do not: a consumer who likes a higher price, so that no equilibrium exists and the draw is left out; or a spread of tastes near zero, whose draws are larger than it on average, so that a number at the estimates can lie outside its interval. Then the normal approximation is poor: fix or drop such parameters, or read intervals as too optimistic.",
    ),
    (
        "integration",
        "Expectations over consumers are sums over a few Gauss-Hermite nodes per random coefficient.\n\nThe audit calibrates and solves the headline scenario again with three times the nodes and compares the changes of units with the width of their intervals. Above a tenth of it the intervals hide an error of their own: raise `demand.nodes`.",
    ),
    (
        "optimum",
        "An estimate is a minimum of the objective: no element of its gradient may be above the tolerance, but for elements that push a parameter against its bound.\n\nWhen the search stops improving before that, the objective is flat to rounding there: compare several starts, or allow a larger `estimate.optimizer.gradient_tolerance`. When the evaluation limit came first, raise `estimate.optimizer.evaluations`; with a checkpoint the search goes on from where it was.",
    ),
    (
        "curvature",
        "At a minimum the Hessian of the objective has no negative eigenvalue. It is computed by differences of the gradient over the parameters that stand at no bound; an eigenvalue near zero is a direction in which the data say little.\n\nA negative one means a saddle: search from several starts.",
    ),
    (
        "starts",
        "The objective may have several minima. Each start of `estimate.optimizer.starts` searches on its own; the lowest objective among the ones that converged is the estimate.\n\nWhen starts end at different points, read their objectives: a tie between distant points says that the data do not tell them apart.",
    ),
    (
        "bounds",
        "A parameter at its bound is not estimated but held there, and standard errors, which rest on small moves in every direction, do not apply to it.",
    ),
    (
        "weighting",
        "The weighting matrix must tell moments apart. Its rank is the number of instruments that say something of their own; its condition number, after scaling, says how nearly some repeat others.",
    ),
    (
        "moments",
        "Two-stage least squares with many instruments is biased towards least squares: each further instrument explains a little of the noise in prices. There should be several independent rows, or clusters, for each moment.",
    ),
    (
        "markets",
        "Standard errors average over what is independent. What all products of a market share, above all its outside share, enters each of their errors, so that one market alone says nothing about how far estimates may be off, however many products it has.\n\nThe estimates are shown and their standard errors withheld: add markets.",
    ),
    (
        "clusters",
        "Clustered standard errors average over clusters. With few of them they are too small; with fewer than about ten they mean nothing.",
    ),
    (
        "weak-instruments",
        "Instruments must move prices. The effective F of Montiel Olea and Pflueger (2013) says how much they do, whatever the errors are; below its critical value estimates are biased and standard errors too small.\n\nBelow the critical value for a bias of 30%, standard errors are withheld, since the bias in one coefficient carries over to the others; between 30% and 10%, and with a supply side, whose moments the first stage does not see, they are shown and marked. The Anderson-Rubin set holds either way (`estimate.report.robust = \"always\"`). Add cost shifters or a supply side.",
    ),
    (
        "boundary",
        "A spread of tastes cannot be below zero, and the objective is flat in it there: an estimate within a standard error of zero has no normal distribution, and its interval is one-sided. `estimate.report.robust = \"always\"` gives its score test and upper end.\n\nThe error of a parameter at a bound is withheld, and the others' errors take it for known.",
    ),
    (
        "price-coefficient",
        "Consumers whose utility rises with price would pay any price: with some of them no equilibrium in prices exists, although first-order conditions may hold. A lognormal price coefficient, or one that falls with income, rules them out.",
    ),
    (
        "epsilon-scale",
        "Utility is mean utility, tastes and a shock times `estimate.epsilon_scale`. The smaller the scale, the more characteristics alone decide who buys what (Berry and Pakes 2007), and the harder shares are to invert. Parameters, mean utilities and structural errors are in the units of utility before it is divided by the scale; elasticities, surplus and scenarios have no such units.\n\nDivided by the scale, utility is that of the usual logit with all parameters divided. Where tastes are linear in parameters and none is given, the scale therefore changes units only: the same shares, prices and answers come out at any scale.",
    ),
    (
        "covariance-moments",
        "Moments of the product of both errors, E[(xi omega - m) z] = 0, say how what consumers value without our seeing it goes together with what makes a product dear to make (MacKay and Miller 2025). With m known they can identify price sensitivity where nothing shifts cost; with m wrong they are as wrong.\n\nThe search minimises an objective with these moments in it. Coefficients that are solved for solve the moments of each error by itself, as in PyBLP, so that the objective is not chi-square: its tests are withheld, and overidentifying restrictions are tested at any weighting matrix. Standard errors are those of the equations that are solved. Anderson-Rubin sets leave these moments out.",
    ),
    (
        "overidentification",
        "With more moments than parameters the moments can contradict one another. At an efficient weighting matrix the objective is chi-square distributed when all of them hold (Hansen 1982).\n\nA small probability says that an instrument is correlated with what is unobserved, or that the model is too simple; in large samples even small departures are found.",
    ),
    (
        "unknown-quality",
        "An entrant's quality by characteristics is known up to the estimation error of the feature model, the spread of comparable brands and what features do not explain. All three are drawn.",
    ),
    (
        "prices",
        "A price far from the others (more than a million times the median) is taken for a mistake in units. In an estimation one such price decides the coefficient on price: the estimates must not be used.",
    ),
    (
        "start",
        "Nothing can be searched for from starting values at which a market cannot be evaluated. Mean utilities that give its shares exist at moderate values of every parameter; very large spreads of tastes, or nesting parameters near one, leave shares that no computer can represent.\n\nStart nearer to plausible values: spreads about as large as the coefficients of a plain logit, nesting parameters of one half. When a marginal cost is not positive, demand is not elastic enough at the starting values: start with a larger coefficient on price, in size, or give `estimate.supply.cost_bounds`.",
    ),
    (
        "audit",
        "Integrals over consumers are sums over draws of them. The audit evaluates the model at the estimates with other consumers, ten times as many by the study's own rule, or each half of the ones in its table, and takes one Gauss-Newton step: how far the estimates would follow, in standard errors.\n\nAbove a tenth of a standard error the estimates depend on the draws: take more.",
    ),
];

/// Text of one diagnostic, or `None` when the code is unknown.
pub fn explain(code: &str) -> Option<&'static str> {
    TOPICS
        .iter()
        .find(|(c, _)| *c == code)
        .map(|(_, text)| *text)
}

/// All codes.
pub fn topics() -> impl Iterator<Item = &'static str> {
    TOPICS.iter().map(|(c, _)| *c)
}

const SHARE_LIMIT: f64 = 1e-10;
const TARGET_LIMIT: f64 = 1e-8;

/// Findings about a study that can be had without solving anything.
pub fn check(loaded: &LoadedStudy) -> Vec<Finding> {
    let study = &loaded.study;
    let markets = loaded.panel.markets.len();
    let products: usize = loaded.panel.markets.iter().map(|m| m.products.len()).sum();
    let mut findings = vec![Finding::ok(
        "prices",
        format!(
            "{products} products in {markets} market(s), all prices positive and within reach of one another"
        ),
    )];
    findings.push(count_targets(study));
    let by_features = study
        .entrant
        .iter()
        .filter(|e| e.quality.characteristics)
        .count();
    if by_features > 0 {
        let columns = loaded.panel.characteristics.len();
        findings.push(Finding::ok(
            "unknown-quality",
            format!("{by_features} entrant(s) valued by {columns} characteristics and the brands named as comparable"),
        ));
    }
    findings
}

fn count_targets(study: &entrant_data::spec::Study) -> Finding {
    let free = entrant_estimate::parameters_to_calibrate(&study.demand);
    let targets = study.demand.target.len() / study.market.len().max(1);
    let message = format!("{free} parameter(s) to calibrate, {targets} target(s) per market");
    if targets < free {
        Finding::error(
            "identification",
            message,
            "add targets, or give parameters as numbers",
        )
    } else {
        Finding::ok("identification", message)
    }
}

/// Findings about the calibrated markets.
pub fn calibration(markets: &[Calibrated]) -> Vec<Finding> {
    markets
        .iter()
        .flat_map(|m| {
            let mut found = vec![inversion(m), targets(m), costs(m)];
            found.extend(uniqueness(m));
            found
        })
        .collect()
}

/// A warning when other parameters meet the targets as well.
fn uniqueness(m: &Calibrated) -> Option<Finding> {
    let c = &m.calibration;
    let others: Vec<String> = c.others.iter().map(|o| values(o)).collect();
    let here: Vec<_> = c
        .parameters
        .iter()
        .filter(|p| p.calibrated)
        .cloned()
        .collect();
    (!others.is_empty()).then(|| {
        Finding::warning(
            "identification",
            format!(
                "{}: {} is used, but {} meets the targets as well",
                c.market.id,
                values(&here),
                others.join("; also "),
            ),
            "add a target that tells the solutions apart, or give one parameter as a number",
        )
    })
}

fn values(parameters: &[entrant_estimate::ParameterValue]) -> String {
    let one = |p: &entrant_estimate::ParameterValue| format!("{} = {:.4e}", p.name, p.value);
    let all: Vec<String> = parameters.iter().map(one).collect();
    all.join(", ")
}

fn inversion(m: &Calibrated) -> Finding {
    let c = &m.calibration;
    let message = format!(
        "{}: largest relative share residual {:.1e} over {} products (limit {SHARE_LIMIT:.0e})",
        c.market.id,
        c.share_residual,
        c.market.products.len()
    );
    if c.share_residual <= SHARE_LIMIT {
        Finding::ok("inversion", message)
    } else {
        Finding::error(
            "inversion",
            message,
            "look for a tiny share or an outside share near zero",
        )
    }
}

fn targets(m: &Calibrated) -> Finding {
    let c = &m.calibration;
    let worst = c
        .targets
        .iter()
        .map(|t| (t.fitted - t.input).abs())
        .fold(0.0, f64::max);
    let message = format!(
        "{}: {:?}ly identified, {} target(s), largest difference between input and fitted {worst:.1e}",
        c.market.id,
        c.identification,
        c.targets.len()
    )
    .replace("Givenly identified", "nothing to calibrate")
    .replace("Overly", "over-")
    .replace("over- identified", "over-identified")
    .replace("Exactly", "exactly");
    if worst <= TARGET_LIMIT {
        Finding::ok("targets", message)
    } else {
        Finding::warning(
            "targets",
            message,
            "more targets than parameters: see input against fitted",
        )
    }
}

fn costs(m: &Calibrated) -> Finding {
    let products = &m.calibration.market.products;
    let negative: Vec<&str> = products
        .iter()
        .filter(|p| p.cost <= 0.0)
        .map(|p| p.id.as_str())
        .collect();
    if negative.is_empty() {
        let lowest = products
            .iter()
            .map(|p| p.cost / p.price)
            .fold(f64::INFINITY, f64::min);
        let message = format!(
            "{}: all marginal costs are positive, the lowest {:.2} of its price",
            m.calibration.market.id, lowest
        );
        Finding::ok("costs", message)
    } else {
        let message = format!(
            "{}: {} of {} marginal costs are not positive ({})",
            m.calibration.market.id,
            negative.len(),
            products.len(),
            negative.join(", ")
        );
        Finding::warning(
            "costs",
            message,
            "let price sensitivity vary, add a margin target for cheap products, or give these firms' margins",
        )
    }
}

/// Finding about the market at its observed prices.
pub fn baseline(e: &Equilibrium, m: &Calibrated) -> Finding {
    let gain = e
        .deviations
        .iter()
        .map(entrant_market::equilibrium::Deviation::gain_found)
        .fold(0.0, f64::max);
    let bound = e
        .deviations
        .iter()
        .map(entrant_market::equilibrium::Deviation::gain_bound)
        .fold(0.0, f64::max);
    let message = format!(
        "{}: observed prices are {} as an equilibrium, residual {:.0e}, curvature {:.2e}, largest gain from deviating found {gain:.1e} and bounded by {bound:.1e}",
        m.calibration.market.id, e.status, e.local.residual, e.local.curvature,
    );
    match e.status {
        Status::Exact | Status::Certified => Finding::ok("baseline", message),
        s if s.is_usable() => Finding::warning(
            "baseline",
            message,
            "another equilibrium exists at these parameters",
        ),
        _ => Finding::error(
            "baseline",
            message,
            "lower the spread of price sensitivity, or add a target",
        ),
    }
}

/// Findings about solved scenarios.
pub fn scenarios(outcomes: &[ScenarioOutcome]) -> Vec<Finding> {
    let mut findings = Vec::new();
    for s in outcomes {
        for m in &s.markets {
            let message = format!(
                "{} in {}: {}, residual {:.0e}, {} start(s)",
                s.id, m.market, m.status, m.certificate.residual, m.certificate.starts
            );
            findings.push(match m.status {
                Status::Exact | Status::Certified => Finding::ok("equilibrium", message),
                x if x.is_usable() => Finding::warning(
                    "equilibrium",
                    message,
                    "the answer is the continuation of today's prices; see the certificate",
                ),
                _ => Finding::error("equilibrium", message, "do not use this scenario's numbers"),
            });
            findings.push(dropped(s, m));
        }
    }
    findings
}

fn dropped(s: &ScenarioOutcome, m: &entrant_data::result::MarketOutcome) -> Finding {
    let total: usize = m.draws.iter().map(|c| c.draws).sum();
    let lost: usize = m
        .draws
        .iter()
        .filter(|c| !c.status.is_usable())
        .map(|c| c.draws)
        .sum();
    let message = format!(
        "{} in {}: {lost} of {total} draws have no usable equilibrium (limit 1%)",
        s.id, m.market
    );
    if lost == 0 {
        Finding::ok("draws", message)
    } else if lost * 100 <= total {
        Finding::warning("draws", message, "they are left out of the intervals")
    } else {
        Finding::error(
            "draws",
            message,
            "narrow the inputs that make targets contradict one another",
        )
    }
}
