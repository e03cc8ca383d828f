"""The same script by PyBLP and by this package; skipped where PyBLP is not installed."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from conftest import PI, SIGMA, nevo_problem

import entrant.pyblp as ours

theirs = pytest.importorskip("pyblp", minversion="1.3.0")
BOTH = (ours, theirs)

# Mean utilities are inverted to 1e-13 here and to steps of 1e-14 there; matrices with a large condition
# number (that of the weighting matrix is 7e7) make more of the difference.
INVERTED = 1e-9


@pytest.fixture(autouse=True)
def quiet_too(monkeypatch):
    monkeypatch.setattr(theirs.options, "verbose", False)


def same(ours_, theirs_, rtol=INVERTED, atol=0.0):
    a, b = np.asarray(ours_, dtype=float), np.asarray(theirs_, dtype=float)
    assert a.shape == b.shape
    np.testing.assert_allclose(a, b, rtol=rtol, atol=atol * max(1e-300, np.nanmax(np.abs(b), initial=0)))


@pytest.fixture(scope="module")
def pair(nevo):
    """Nevo's headline problem at its starting values, by both."""
    out = []
    for module in BOTH:
        before, module.options.verbose = module.options.verbose, False
        problem = nevo_problem(module, nevo)
        out.append(
            problem.solve(
                SIGMA, PI, method="1s", optimization=module.Optimization("return"), check_optimality="gradient"
            )
        )
        module.options.verbose = before
    return out


@pytest.mark.parametrize(
    ("name", "rtol", "atol"),
    [
        ("theta", 0, 0), ("sigma", 0, 0), ("pi", 0, 0), ("rho", 0, 0), ("sigma_squared", 1e-14, 0),
        ("beta", 1e-9, 0), ("gamma", 0, 0), ("sigma_se", 1e-7, 0), ("pi_se", 1e-7, 0), ("beta_se", 1e-7, 0),
        ("sigma_squared_se", 1e-7, 0), ("delta", 1e-12, 0), ("xi", 1e-9, 1e-9), ("xi_fe", 1e-8, 1e-9),
        ("objective", 1e-9, 0), ("gradient", 1e-8, 0), ("projected_gradient", 1e-8, 0),
        ("projected_gradient_norm", 1e-8, 0), ("moments", 1e-7, 1e-9), ("moments_jacobian", 1e-8, 1e-9),
        ("moments_covariances", 1e-8, 1e-9), ("parameter_covariances", 1e-6, 1e-7),
        ("parameter_sensitivity", 1e-5, 1e-6), ("W", 1e-6, 1e-9), ("updated_W", 1e-5, 1e-7),
        ("xi_by_theta_jacobian", 1e-8, 1e-9), ("omega_by_theta_jacobian", 0, 0), ("tilde_costs", 0, 0),
        ("omega", 0, 0), ("parameters", 1e-9, 0), ("clipped_shares", 0, 0), ("step", 0, 0),
    ],
)
def test_attributes(pair, name, rtol, atol):
    same(getattr(pair[0], name), getattr(pair[1], name), rtol, atol)


@pytest.mark.parametrize("name", ["theta_labels", "sigma_labels", "pi_labels", "rho_labels", "beta_labels", "gamma_labels"])
def test_labels(pair, name):
    assert list(map(str, getattr(pair[0], name))) == list(map(str, getattr(pair[1], name)))


METHODS = {
    "elasticities": lambda r: r.compute_elasticities(),
    "elasticities to sugar": lambda r: r.compute_elasticities("sugar"),
    "elasticities to mean utility": lambda r: r.compute_elasticities(None),
    "elasticities of a market": lambda r: r.compute_elasticities(market_id="C03Q2"),
    "jacobians": lambda r: r.compute_demand_jacobians(),
    "aggregate elasticities": lambda r: r.compute_aggregate_elasticities(0.2),
    "aggregate elasticity of a market": lambda r: r.compute_aggregate_elasticities(market_id="C03Q2"),
    "diversion": lambda r: r.compute_diversion_ratios(),
    "diversion by mean utility": lambda r: r.compute_diversion_ratios(None),
    "long-run diversion": lambda r: r.compute_long_run_diversion_ratios(),
    "costs": lambda r: r.compute_costs(),
    "costs of a market": lambda r: r.compute_costs(market_id="C03Q2"),
    "costs under monopoly": lambda r: r.compute_costs(ownership=np.ones((r.problem.N, 24))),
    "markups": lambda r: r.compute_markups(),
    "markups of a market": lambda r: r.compute_markups(market_id="C03Q2"),
    "profits": lambda r: r.compute_profits(),
    "hhi": lambda r: r.compute_hhi(),
    "surplus": lambda r: r.compute_consumer_surpluses(),
    "surplus of each": lambda r: r.compute_consumer_surpluses(keep_all=True),
    "surplus without a product": lambda r: r.compute_consumer_surpluses(eliminate_product_ids=["F1B04"]),
    "surplus of a market": lambda r: r.compute_consumer_surpluses(market_id="C03Q2"),
    "shares": lambda r: r.compute_shares(),
    "shares at other mean utilities": lambda r: r.compute_shares(delta=r.delta + 0.1),
    "probabilities": lambda r: r.compute_probabilities(),
    "probabilities of a market": lambda r: r.compute_probabilities(market_id="C03Q2"),
    "delta": lambda r: r.compute_delta(),
    "diagonals": lambda r: r.extract_diagonals(r.compute_elasticities()),
    "diagonal means": lambda r: r.extract_diagonal_means(r.compute_elasticities()),
    "diagonal of a market": lambda r: r.extract_diagonals(r.compute_elasticities(market_id="C03Q2"), market_id="C03Q2"),
    "hansen": lambda r: r.run_hansen_test(),
    "lm": lambda r: r.run_lm_test(),
    "wald": lambda r: r.run_wald_test(r.parameters[:2], np.eye(14)[:2]),
}


@pytest.mark.parametrize("name", METHODS)
def test_methods(pair, name):
    same(METHODS[name](pair[0]), METHODS[name](pair[1]), rtol=1e-7 if name in ("lm", "wald") else 1e-8, atol=1e-10)


def test_passthrough(pair):
    same(pair[0].compute_passthrough(market_id="C03Q2"), pair[1].compute_passthrough(market_id="C03Q2"), 1e-8, 1e-9)


def test_prices_after_a_merger(pair, nevo):
    firms = nevo[0].query("market_ids == 'C03Q2'")["firm_ids"].replace(2, 1)
    found = [r.compute_prices(firms, market_id="C03Q2") for r in pair]
    same(*found, 1e-10)
    same(*(r.compute_approximate_prices(firms, market_id="C03Q2") for r in pair), 1e-8)
    same(*(r.compute_shares(p, market_id="C03Q2") for r, p in zip(pair, found)), 1e-8)
    same(*(r.compute_consumer_surpluses(p, market_id="C03Q2") for r, p in zip(pair, found)), 1e-8)
    same(*(r.compute_hhi(firms, market_id="C03Q2") for r in pair), 1e-10)


def test_dimensions_and_formulations_are_printed_alike(pair):
    assert str(pair[0].problem) == str(pair[1].problem)


def test_estimates_are_printed_alike(pair):
    """All tables after the two of counters, which count other things."""
    parts = [str(r).split("\n\n")[2:] for r in pair]
    assert parts[0] == parts[1]


def nests(products: pd.DataFrame) -> pd.DataFrame:
    out = products.copy()
    out["nesting_ids"] = out["mushy"]
    out["demand_instruments20"] = out.groupby(["market_ids", "nesting_ids"])["shares"].transform(np.size)
    return out


@pytest.mark.parametrize("rho", [0.7, [0.7, 0.6]])
@pytest.mark.parametrize(("w", "se"), [("robust", "robust"), ("unadjusted", "unadjusted"), ("robust", "unadjusted")])
def test_nested_logit(nevo, rho, w, se):
    found = [
        m.Problem(m.Formulation("0 + prices"), nests(nevo[0])).solve(
            rho=rho, optimization=m.Optimization("return"), check_optimality="gradient", W_type=w, se_type=se
        )
        for m in BOTH
    ]
    for name in ("objective", "gradient", "beta", "beta_se", "rho", "rho_se", "delta"):
        same(*(getattr(r, name) for r in found), 1e-7)
    assert str(found[0].problem) == str(found[1].problem)
    assert [str(r).split("\n\n")[2:] for r in found[:1]] == [str(r).split("\n\n")[2:] for r in found[1:]]
    for name in ("elasticities", "long-run diversion", "costs", "surplus"):
        same(*(METHODS[name](r) for r in found), 1e-8, 1e-10)


@pytest.mark.parametrize("rc_types", [["linear", "linear"], ["linear", "log"], ["logit", "linear"]])
def test_random_coefficients_of_other_kinds(nevo, rc_types):
    found = []
    for m in BOTH:
        problem = m.Problem(
            (m.Formulation("1 + prices + sugar"), m.Formulation("1 + I(-prices)")), nevo[0],
            integration=m.Integration("product", 3), rc_types=rc_types,
        )
        found.append(
            problem.solve([[0.5, 0], [0.2, 0.4]], method="1s", optimization=m.Optimization("return"), check_optimality="gradient")
        )
    for name in ("objective", "gradient", "beta", "beta_se", "sigma_se", "delta"):
        same(*(getattr(r, name) for r in found), 1e-6)
    same(*(r.compute_elasticities() for r in found), 1e-7, 1e-9)


@pytest.mark.parametrize("rule", ["product", "nested_product", "grid", "nested_grid"])
def test_quadrature(rule):
    found = [m.build_integration(m.Integration(rule, 4), 2) for m in BOTH]
    ordered = [np.array(sorted(zip(*np.c_[b.nodes, b.weights].round(10).T))) + 0.0 for b in found]
    np.testing.assert_allclose(*ordered, atol=1e-9)


@pytest.mark.parametrize(
    ("rule", "options"),
    [("monte_carlo", {}), ("halton", {}), ("halton", {"discard": 3, "scramble": False}), ("lhs", {}), ("mlhs", {})],
)
def test_random_rules_draw_the_same_numbers(rule, options, nevo):
    options = {**options, "seed": 1}
    same(*(m.build_integration(m.Integration(rule, 6, options), 3).nodes for m in BOTH), 1e-13, 1e-15)
    theirs_ = theirs.Problem(
        (theirs.Formulation("prices"), theirs.Formulation("1 + sugar")), nevo[0],
        integration=theirs.Integration(rule, 5, options),
    )
    of, nodes, weights = ours.Integration(rule, 5, options)._nodes(2, 94)
    same(nodes, theirs_.agents.nodes, 1e-13, 1e-15)
    same(weights[:, None], theirs_.agents.weights, 0)


@pytest.mark.parametrize("formula", ["1 + sugar", "0 + sugar + mushy", "sugar + I(sugar**2) + log(prices)"])
def test_instruments(nevo, formula):
    data = nevo[0]
    blp = [m.build_blp_instruments(m.Formulation(formula), data) for m in BOTH]
    same(*blp, 1e-12)
    for version in ("local", "quadratic"):
        for interact in (False, True):
            found = [m.build_differentiation_instruments(m.Formulation(formula), data, version, interact) for m in BOTH]
            same(*found, 1e-10, 1e-13)


@pytest.mark.parametrize("kappa", [None, "monopoly", "single", lambda f, g: 1 if f == g else 0.1 * f])
def test_ownership(nevo, kappa):
    same(*(m.build_ownership(nevo[0], kappa) for m in BOTH), 0)


def test_ids_and_matrices(nevo):
    ids = [m.build_id_data(2, 5, 3) for m in BOTH]
    for name in ("market_ids", "firm_ids"):
        same(*(i[name] for i in ids), 0)
    for absorb in (None, "C(product_ids)", "C(product_ids) + C(city_ids)"):
        matrices = [m.build_matrix(m.Formulation("1 + prices + sugar:mushy", absorb), nevo[0]) for m in BOTH]
        same(*matrices, 1e-9, 1e-11)


def test_costs_enter_the_moments(autos):
    how = {"costs_bounds": (0.001, None), "W_type": "clustered", "se_type": "clustered", "initial_update": True}
    found = []
    for m in BOTH:
        problem = m.Problem(
            (
                m.Formulation("1 + hpwt + air + mpd + space"),
                m.Formulation("1 + prices + hpwt + air + mpd + space"),
                m.Formulation("1 + log(hpwt) + air + log(mpg) + log(space) + trend"),
            ),
            autos[0], m.Formulation("0 + I(1 / income)"), autos[1], costs_type="log",
        )
        found.append(
            problem.solve(
                np.diag([3.612, 0, 4.628, 1.818, 1.050, 2.056]), np.c_[[0, -43.501, 0, 0, 0, 0]], method="1s",
                optimization=m.Optimization("return"), check_optimality="gradient", **how,
            )
        )
    assert str(found[0].problem) == str(found[1].problem)
    names = "objective gradient beta beta_se gamma gamma_se sigma_se pi_se delta tilde_costs xi omega omega_by_theta_jacobian"
    for name in names.split():
        same(*(getattr(r, name) for r in found), 1e-6, 1e-8)
    same(*(r.compute_costs(market_id=1971) for r in found), 1e-8)
    same(*(r.compute_elasticities(market_id=1971) for r in found), 1e-8, 1e-10)


def test_beta_that_is_searched_for_and_a_weighting_matrix(nevo):
    w = np.diag(np.arange(1.0, 22.0))
    found = []
    for m in BOTH:
        problem = m.Problem(m.Formulation("1 + prices"), nevo[0])
        found.append(problem.solve(beta=[None, -20], method="1s", W=w, optimization=m.Optimization("return")))
    for name in ("objective", "gradient", "beta", "theta", "W", "beta_se"):
        same(*(getattr(r, name) for r in found), 1e-6)
    # PyBLP's differences have a step of 1.5e-8, which leaves half of the digits.
    same(*(r.hessian for r in found), 1e-4)


def test_searches_of_scipy_end_alike(nevo):
    found = []
    for m in BOTH:
        problem = m.Problem(m.Formulation("0 + prices"), nests(nevo[0]))
        found.append(problem.solve(rho=0.7, optimization=m.Optimization("slsqp", {"ftol": 1e-12})))
    same(*(r.objective for r in found), 1e-8)
    same(*(r.rho for r in found), 1e-5)


def test_bootstrap(pair):
    # Draws follow the covariance, which the condition number of its matrix (5e8) blurs.
    found = [r.bootstrap(draws=3, seed=1) for r in pair]
    for name in ("sigma", "pi", "rho", "beta"):
        same(*(getattr(b, f"bootstrapped_{name}") for b in found), 1e-5, 1e-6)
    same(*(b.bootstrapped_shares for b in found), 1e-4, 1e-5)
    same(*(b.compute_elasticities(market_id="C03Q2") for b in found), 1e-4, 1e-5)
    costs = [b.compute_costs() for b in found]
    same(*costs, 1e-4, 1e-5)
    same(*(b.compute_markups(costs=c) for b, c in zip(found, costs)), 1e-3, 1e-5)
    same(*(b.compute_hhi() for b in found), 1e-5)


def test_optimal_instruments(pair):
    found = [r.compute_optimal_instruments() for r in pair]
    for name in ("expected_prices", "expected_shares", "inverse_covariance_matrix", "expected_xi_by_theta_jacobian"):
        same(*(getattr(f, name) for f in found), 1e-6, 1e-7)
    problems = [f.to_problem() for f in found]
    assert str(problems[0]) == str(problems[1])
    results = [
        p.solve(pair[0].sigma, pair[0].pi, method="1s", optimization=m.Optimization("return"), check_optimality="gradient")
        for p, m in zip(problems, BOTH)
    ]
    for name in ("objective", "gradient", "beta"):
        same(*(getattr(r, name) for r in results), 1e-5, 1e-6)
