"""The automobiles of Berry, Levinsohn and Pakes (1995), with the numbers of PyBLP 1.3.0."""

from __future__ import annotations

import numpy as np
import pytest

import entrant.pyblp as pyblp

close = pytest.approx
SIGMA = np.diag([3.612, 0, 4.628, 1.818, 1.050, 2.056])
PI = np.c_[[0, -43.501, 0, 0, 0, 0]]


@pytest.fixture(scope="module")
def problem(autos):
    pyblp.options.verbose = False
    return pyblp.Problem(
        (
            pyblp.Formulation("1 + hpwt + air + mpd + space"),
            pyblp.Formulation("1 + prices + hpwt + air + mpd + space"),
            pyblp.Formulation("1 + log(hpwt) + air + log(mpg) + log(space) + trend"),
        ),
        autos[0],
        pyblp.Formulation("0 + I(1 / income)"),
        autos[1],
        costs_type="log",
    )


HOW = {"costs_bounds": (0.001, None), "W_type": "clustered", "se_type": "clustered"}


def test_sizes(problem):
    sizes = [getattr(problem, n) for n in "T N F I K1 K2 K3 D MD MS".split()]
    assert sizes == [20, 2217, 26, 4000, 5, 6, 6, 1, 13, 18]


@pytest.mark.parametrize(
    ("update", "objective", "gradient", "beta", "gamma", "beta_se"),
    [
        (
            False, 833.8270192382,
            [11.9884312228, 14.366757294, 16.4637223141, 426.5114722396, 92.0937869017, -9.6935991208],
            [-6.1223358151, 3.2928605349, 0.7309550257, -0.2456226443, 3.6138518821],
            [2.3104528528, 0.49239603934, 0.61608027896, -0.33937522829, -0.00072025595, 0.014504864436],
            [2.4871735921, 2.250401867, 1.4414866621, 0.3152207916, 0.8060749868],
        ),
        (
            True, 576.8606785288,
            [3.2810149509, 1.3994477135, -4.9720145295, 84.3689660456, 18.8632932846, -0.5198979284],
            [-7.9114037708, 4.3204372673, 0.540457239, 0.090259859, 4.238367291],
            [2.6027161228, 0.7270419289, 0.4397347279, -0.4883399344, -0.2234175326, 0.0234915709],
            [1.1775053355, 1.4359684138, 1.0447955832, 0.1771182723, 0.4839883698],
        ),
    ],
)
def test_at_the_starting_values(problem, update, objective, gradient, beta, gamma, beta_se):
    results = problem.solve(
        SIGMA, PI, method="1s", initial_update=update, optimization=pyblp.Optimization("return"),
        check_optimality="gradient", **HOW,
    )
    assert results.objective == close(objective, rel=1e-9)
    np.testing.assert_allclose(results.gradient.ravel(), gradient, rtol=1e-7)
    np.testing.assert_allclose(results.beta.ravel(), beta, rtol=1e-8)
    np.testing.assert_allclose(results.gamma.ravel(), gamma, rtol=1e-6)
    np.testing.assert_allclose(results.beta_se.ravel(), beta_se, rtol=1e-7)
    assert results.delta.sum() == close(-940.8123325151, rel=1e-10)
    assert results.tilde_costs.sum() == close(4216.6556091577, rel=1e-9)


def test_estimates(problem):
    results = problem.solve(SIGMA, PI, initial_update=True, check_optimality="gradient", **HOW)
    assert results.converged and results.step == 2
    # PyBLP's stopping point depends on its path: five digits of it can be trusted.
    assert results.objective == close(497.3356613027, rel=1e-6)
    sigma = [2.0253536642, 0, 6.1003516123, 3.9555299095, 0.2535105153, 1.9084697946]
    np.testing.assert_allclose(np.diag(results.sigma), sigma, rtol=5e-4)
    assert results.pi[1, 0] == close(-44.8429554755, rel=1e-4)
    beta = [-7.2835408421, 3.4602035785, -0.9989410967, 0.4207294153, 4.1775282058]
    np.testing.assert_allclose(results.beta.ravel(), beta, rtol=5e-4)
    gamma = [2.7602697654, 0.8969666427, 0.4228110153, -0.5248810132, -0.260678105, 0.026603564]
    np.testing.assert_allclose(results.gamma.ravel(), gamma, rtol=1e-4)
    elasticities = results.extract_diagonals(results.compute_elasticities())
    assert elasticities.mean() == close(-3.9276293784, rel=1e-4)
    costs = results.compute_costs()
    assert costs.mean() == close(7.8571908974, rel=1e-4)
    assert results.compute_markups(costs=costs).mean() == close(0.3164963606, rel=1e-4)
    assert results.compute_consumer_surpluses().mean() == close(2.7328403145, rel=1e-4)
    assert results.compute_hhi().mean() == close(2648.2200564438, rel=1e-10)


def test_instruments(autos):
    """Those of the tables are sums of characteristics."""
    products = autos[0]
    built = pyblp.build_blp_instruments(pyblp.Formulation("1 + hpwt + air + mpd"), products)
    given = products[[f"demand_instruments{k}" for k in range(8)]].to_numpy()
    np.testing.assert_allclose(built, given, rtol=1e-12)
