"""The tutorials of PyBLP's documentation, with the numbers of PyBLP 1.3.0.

Every constant was printed by PyBLP 1.3.0 (NumPy 2.4.6, SciPy 1.17.1) on the tables that come with it;
estimates by its own optimizers, so they agree to what those leave open.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from conftest import PI, SIGMA, nevo_problem

import entrant.pyblp as pyblp

close = pytest.approx


def test_logit_with_fixed_effects(nevo):
    problem = pyblp.Problem(pyblp.Formulation("prices", absorb="C(product_ids)"), nevo[0])
    assert (problem.T, problem.N, problem.F, problem.K1, problem.MD, problem.ED) == (94, 2256, 5, 1, 20, 1)
    two = problem.solve()
    assert two.objective == close(187.4555129754, rel=1e-10)
    assert two.beta[0, 0] == close(-30.047102894, rel=1e-9)
    assert two.beta_se[0, 0] == close(1.0085887368, rel=1e-9)
    one = problem.solve(method="1s")
    assert one.objective == close(189.9431776832, rel=1e-10)
    assert one.beta[0, 0] == close(-30.0977551827, rel=1e-9)
    assert one.beta_se[0, 0] == close(1.0186590218, rel=1e-9)


@pytest.mark.parametrize(
    ("nests", "objective", "rho", "rho_se", "alpha", "alpha_se"),
    [
        ("one", 203.2710603535, 0.9825899762, 0.013575906, -1.1733205011, 0.3971344803),
        ("mushy", 690.2596511761, 0.8915427909, 0.0191332729, -7.8382834502, 0.4815461794),
    ],
)
def test_nested_logit(nevo, nests, objective, rho, rho_se, alpha, alpha_se):
    products = nevo[0].copy()
    products["nesting_ids"] = 1 if nests == "one" else products["mushy"]
    groups = products.groupby(["market_ids", "nesting_ids"])
    products["demand_instruments20"] = groups["shares"].transform(np.size)
    results = pyblp.Problem(pyblp.Formulation("0 + prices"), products).solve(rho=0.7)
    assert results.converged
    # What PyBLP's search with a gradient of 1e-8 leaves open.
    assert results.objective == close(objective, rel=1e-9)
    assert results.rho[0, 0] == close(rho, rel=1e-7)
    assert results.rho_se[0, 0] == close(rho_se, rel=1e-5)
    assert results.beta[0, 0] == close(alpha, rel=1e-5)
    assert results.beta_se[0, 0] == close(alpha_se, rel=1e-5)


def test_headline_problem_at_its_start(nevo):
    results = nevo_problem(pyblp, nevo).solve(
        SIGMA, PI, method="1s", optimization=pyblp.Optimization("return"), check_optimality="gradient"
    )
    assert results.objective == close(29.3533431262, rel=1e-10)
    gradient = [
        9.8449617227, 0.31698259169, 363.50619973, 16.359536081, 10.601305051, -2.0263117140, 0.70253746382,
        13.493750374, -0.57118932207, 42.502140302, 10.904914353, -3.4756385078, 1.2839713796,
    ]
    np.testing.assert_allclose(results.gradient.ravel(), gradient, rtol=2e-9)
    assert results.beta[0, 0] == close(-28.188544363, rel=1e-9)
    assert results.beta_se[0, 0] == close(7.8824450107, rel=1e-9)
    assert results.delta.sum() == close(-10743.9622289321, rel=1e-11)


def test_headline_estimates(headline):
    assert headline.converged
    assert headline.objective == close(4.5615141648, rel=1e-9)
    sigma = [0.5580935626, 3.3124888545, -0.0057835518, 0.0934144698]
    np.testing.assert_allclose(np.diag(headline.sigma), sigma, rtol=1e-5)
    sigma_se = [0.1625325947, 1.3401833366, 0.0135045249, 0.1854332792]
    np.testing.assert_allclose(np.diag(headline.sigma_se), sigma_se, rtol=1e-5)
    pi = [
        [2.2919714609, 0, 1.2844320138, 0], [588.32508938, -30.192012773, 0, 11.054628071],
        [-0.38495407318, 0, 0.052234270489, 0], [0.74837229948, 0, -1.3533932310, 0],
    ]
    np.testing.assert_allclose(headline.pi, pi, rtol=1e-5)
    assert headline.pi_se[1, 0] == close(270.44100777, rel=1e-5)
    assert np.isnan(headline.pi_se[0, 1])
    assert headline.beta[0, 0] == close(-62.7298951155, rel=1e-6)
    assert headline.beta_se[0, 0] == close(14.803213837, rel=1e-6)
    # 2.2e-5 and 16496.84 by differences at PyBLP's step; the smallest is all rounding.
    assert headline.reduced_hessian_eigenvalues.max() == close(16496.84, rel=1e-4)
    assert abs(headline.reduced_hessian_eigenvalues.min()) < 1e-3


def test_the_engines_own_search_ends_there_too(nevo, headline):
    free = np.full((4, 4), np.inf)
    results = nevo_problem(pyblp, nevo).solve(
        SIGMA, PI, method="1s", sigma_bounds=(-free, free), check_optimality="gradient"
    )
    assert results.converged and results.objective == close(4.5615141648, rel=1e-9)
    np.testing.assert_allclose(results.theta, headline.theta, rtol=1e-6)
    # With its default bound of zero, a spread ends there.
    bounded = nevo_problem(pyblp, nevo).solve(SIGMA, PI, method="1s", check_optimality="gradient")
    assert bounded.converged and bounded.sigma[2, 2] == 0 and bounded.objective > results.objective


def test_post_estimation(headline):
    elasticities = headline.compute_elasticities()
    means = headline.extract_diagonal_means(elasticities)
    assert headline.extract_diagonals(elasticities).mean() == close(-3.6181053037, rel=1e-6)
    first = [-4.2113646841, -3.9649858152, -3.396154234, -3.3396208837, -3.1537243077]
    np.testing.assert_allclose(means[:5, 0], first, rtol=1e-6)
    assert headline.compute_aggregate_elasticities(0.1).mean() == close(-0.5967404344, rel=1e-6)
    diversion = headline.compute_diversion_ratios()
    assert headline.extract_diagonals(diversion).mean() == close(0.3658203299, rel=1e-6)
    second = headline.compute_long_run_diversion_ratios()
    assert headline.extract_diagonals(second).mean() == close(0.3332012213, rel=1e-6)
    costs = headline.compute_costs()
    assert costs.mean() == close(0.082358506, rel=1e-6) and (costs < 0).sum() == 4
    markups = headline.compute_markups(costs=costs)
    assert markups.mean() == close(0.3638660251, rel=1e-6)
    assert np.median(markups) == close(0.3370791024, rel=1e-6)
    assert headline.compute_hhi().mean() == close(3408.193797469, rel=1e-10)
    assert headline.compute_profits(costs=costs).mean() == close(0.0008879615, rel=1e-6)
    assert headline.compute_consumer_surpluses().mean() == close(0.034246703, rel=1e-6)
    assert headline.extract_diagonals(headline.compute_passthrough()).mean() == close(1.1011997993, rel=1e-6)


def test_merger(headline, nevo):
    products = nevo[0]
    merged = products["firm_ids"].replace(2, 1)
    costs = headline.compute_costs()
    prices = products["prices"].to_numpy()[:, None]
    approximate = headline.compute_approximate_prices(merged, costs=costs)
    assert ((approximate - prices) / prices).mean() == close(0.1388282272, rel=1e-6)
    changed = headline.compute_prices(merged, costs=costs)
    assert changed.mean() == close(0.1378991968, rel=1e-6)
    assert ((changed - prices) / prices).mean() == close(0.1015516874, rel=1e-6)
    assert ((changed - prices) / prices).max() == close(1.09378148, rel=1e-6)
    shares = headline.compute_shares(changed)
    hhi = headline.compute_hhi(firm_ids=merged, shares=shares) - headline.compute_hhi()
    assert hhi.mean() == close(1790.833679303, rel=1e-6)
    markups = headline.compute_markups(changed, costs) - headline.compute_markups(costs=costs)
    assert markups.mean() == close(0.0518067162, rel=1e-6)
    profits = headline.compute_profits(changed, shares, costs) - headline.compute_profits(costs=costs)
    assert profits.mean() == close(7.3850852665e-05, rel=1e-5)
    surplus = headline.compute_consumer_surpluses(changed) - headline.compute_consumer_surpluses()
    assert surplus.mean() == close(-0.0046615514, rel=1e-6)


def test_monte_carlo_without_demographics(nevo):
    # At PyBLP's starting values, as its search and ours part ways on the flat objective behind them.
    problem = pyblp.Problem(
        (pyblp.Formulation("0 + prices", absorb="C(product_ids)"), pyblp.Formulation("1 + prices + sugar + mushy")),
        nevo[0],
        integration=pyblp.Integration("monte_carlo", size=50, specification_options={"seed": 0}),
    )
    results = problem.solve(np.eye(4), optimization=pyblp.Optimization("bfgs", {"gtol": 1e-4}))
    # Published: 1.8E+02, -30 (1.4); sigma 0.052 (1.1), -0.43 (8.0), 0.036 (0.058), 0.50 (1.7).
    assert f"{float(results.objective):.1E}" == "1.8E+02"
    assert f"{results.beta[0, 0]:.1E} {results.beta_se[0, 0]:.1E}" == "-3.0E+01 1.4E+00"
    np.testing.assert_allclose(np.abs(np.diag(results.sigma)), [0.052, 0.43, 0.036, 0.50], rtol=0.02)


def test_bootstrap(headline):
    drawn = headline.bootstrap(draws=100, seed=0)
    assert drawn.bootstrapped_sigma.shape == (100, 4, 4) and drawn.bootstrapped_beta.shape == (100, 1, 1)
    means = drawn.extract_diagonal_means(drawn.compute_elasticities())
    assert means.shape == (100, 94, 1)
    low, high = np.percentile(means[:, :5, 0], [10, 90], axis=0)
    np.testing.assert_allclose(low, [-4.3150, -4.0671, -3.7111, -3.6535, -3.3131], atol=2e-4)
    np.testing.assert_allclose(high, [-3.8760, -3.6830, -3.2046, -3.1560, -2.9717], atol=2e-4)


def test_optimal_instruments(headline):
    instruments = headline.compute_optimal_instruments(method="approximate")
    problem = instruments.to_problem()
    assert problem.MD == 14
    results = problem.solve(
        headline.sigma, headline.pi, method="1s", optimization=pyblp.Optimization("bfgs", {"gtol": 1e-5})
    )
    assert results.objective < 1e-10
    # Published to two digits.
    two = "{:.1E}".format
    assert [two(v) for v in np.diag(results.sigma)] == ["2.1E-01", "3.0E+00", "2.7E-02", "3.0E-01"]
    assert [two(v) for v in np.diag(results.sigma_se)] == ["7.8E-02", "6.5E-01", "7.2E-03", "1.0E-01"]
    assert [two(results.pi[1, k]) for k in (0, 1, 3)] == ["9.8E+01", "-5.6E+00", "4.1E+00"]
    assert [two(results.pi_se[1, k]) for k in (0, 1, 3)] == ["8.6E+01", "4.5E+00", "2.2E+00"]
    assert (two(results.beta[0, 0]), two(results.beta_se[0, 0])) == ("-3.1E+01", "4.5E+00")


def test_optimal_micro_moments(headline, nevo):
    """Micro moments that match scores of simulated choices, with optimal instruments."""
    dataset = pyblp.MicroDataset(
        "Simulated micro data", 1_000, lambda t, p, a: np.ones((a.size, 1 + p.size)), market_ids=["C61Q1"]
    )
    drawn = pd.DataFrame(pyblp.data_to_dict(headline.simulate_micro_data(dataset, seed=0)))
    rows = [0, 1, 2, 3, 4, 995, 996, 997, 998, 999]  # those that the tutorial prints
    assert drawn["agent_indices"][rows].tolist() == [10, 14, 12, 10, 8, 1, 10, 18, 4, 13]
    assert drawn["choice_indices"][rows].tolist() == [24, 0, 0, 21, 10, 23, 4, 0, 0, 2]
    agents = nevo[1].assign(agent_indices=nevo[1].groupby("market_ids").cumcount())
    seen = ["market_ids", "agent_indices", "income", "income_squared", "age", "child"]
    known = drawn.merge(agents[seen], on=["market_ids", "agent_indices"]).drop(columns="agent_indices")
    rule = pyblp.Integration("product", 5)
    of_choices = headline.compute_micro_scores(dataset, known, integration=rule)
    of_agents = headline.compute_agent_scores(dataset, integration=rule)
    assert of_choices[0].shape == (1000,) and of_agents[0]["C61Q1"].shape == (20, 25)
    moments = []
    for k, (choices, scores) in enumerate(zip(of_choices, of_agents)):
        part = pyblp.MicroPart(f"score {k}", dataset, lambda t, p, a, scores=scores: scores[t])
        moments.append(pyblp.MicroMoment(f"score {k}", choices.mean(), part))
    problem = headline.compute_optimal_instruments(method="approximate").to_problem()

    def solved(optimization):
        return problem.solve(
            headline.sigma, headline.pi, method="1s", optimization=optimization, micro_moments=moments
        )

    # Estimates of the two agree to what their searches leave open, and so does what is computed at them.
    at = solved(pyblp.Optimization("return"))
    assert at.objective == close(286.50215048492174, rel=1e-8)
    results = solved(pyblp.Optimization("bfgs", {"gtol": 1e-5}))
    assert results.objective == close(107.21335745633417, rel=1e-9)
    np.testing.assert_allclose(np.diag(results.sigma), [0.45761179, 3.09105506, 0.01999769, -0.06583126], rtol=1e-6)
    np.testing.assert_allclose(np.diag(results.sigma_se), [0.06658265, 0.53262814, 0.00611866, 0.08287129], rtol=1e-6)
    np.testing.assert_allclose(results.pi[1], [472.552234, -24.8799312, 0, 3.18990394], rtol=1e-6)
    np.testing.assert_allclose(results.pi_se[1, [0, 1, 3]], [31.2174453, 1.62592653, 1.74539326], rtol=1e-6)
    assert (results.beta[0, 0], results.beta_se[0, 0]) == close((-51.85431722, 2.17992119), rel=1e-6)
    # Published to two digits.
    observed = ["-2.8E-02", "6.4E-04", "1.1E-01", "-2.9E-04", "-2.0E-03", "-3.6E-02", "-2.5E-04", "-6.8E-03",
                "1.7E-03", "5.5E-02", "-4.8E-01", "-2.9E-03", "-2.6E-02"]
    estimated = ["-2.3E-02", "9.8E-04", "1.5E-01", "-3.6E-04", "2.1E-02", "-3.0E-02", "2.1E-03", "4.0E-02", "1.0E-03",
                 "1.8E-01", "-4.7E-01", "8.1E-03", "-5.5E-03"]
    assert [f"{m.value:.1E}" for m in moments] == observed
    assert [f"{v:.1E}" for v in results.micro_values.ravel()] == estimated
