"""What `entrant.pyblp` says in models with lags, nests and several shapes of agents is what PyBLP says."""

from __future__ import annotations

import warnings

import numpy as np
import pyblp as theirs
import pytest

import entrant.pyblp as ours

RETURN = {"check_optimality": "gradient", "method": "1s"}


@pytest.fixture(scope="module", autouse=True)
def quiet():
    ours.options.verbose = theirs.options.verbose = False
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def same(a, b, rtol=1e-8, atol=1e-10):
    np.testing.assert_allclose(np.asarray(a, dtype=float), np.asarray(b, dtype=float), rtol=rtol, atol=atol)


def lagged_data():
    """Products that come back every second market."""
    ids = theirs.build_id_data(T=8, J=12, F=3)
    markets = ids.market_ids[:, 0].astype(int)
    lags = np.arange(len(markets))
    for t in range(2, 8):
        lags[markets == t] = np.flatnonzero(markets == t - 2)
    return {"market_ids": ids.market_ids, "firm_ids": ids.firm_ids, "lag_indices": lags, "clustering_ids": markets // 2}


def lagged(of):
    """A simulated problem in which errors follow their lags, with all types of moments."""
    simulation = of.Simulation(
        (of.Formulation("1 + prices + x"), None, of.Formulation("0 + a")), lagged_data(), phi=[[0.3, 0.05], [0.02, 0.4]],
        beta=[1, -4, 1], gamma=2, xi_variance=0.01, omega_variance=0.01, correlation=0.5, seed=1,
    )
    results = simulation.replace_exogenous("x", "a")
    data = {n: results.product_data[n] for n in results.product_data.dtype.names}
    z = np.random.RandomState(3).uniform(size=(96, 8))
    data |= {"demand_instruments": np.c_[z[:, :5], data["a"], data["x"]], "supply_instruments": np.c_[z[:, 3:], data["x"], data["a"]]}
    problem = results.to_problem(product_data=data, add_exogenous=False)
    return simulation, problem


@pytest.mark.parametrize("errors", ["robust", "clustered", "unadjusted"])
def test_moments_of_innovations_are_those_of_pyblp(errors):
    found = []
    for of in (ours, theirs):
        simulation, problem = lagged(of)
        found.append((simulation, problem.solve(
            beta=[np.nan, -3, np.nan], phi=[[0.2, 0.1], [0.1, 0.3]], optimization=of.Optimization("return"), W_type=errors,
            se_type=errors, demand_moment_types=[("levels", 3), ("innovations", 4)],
            supply_moment_types=[("innovations", 3), ("differenced_innovations", 4)], **RETURN,
        )))
    (a, x), (b, y) = found
    same(a.xi, b.xi, 1e-12)
    same(a.omega, b.omega, 1e-12)
    for name in (
        "objective", "gradient", "beta", "gamma", "phi", "moments", "moments_jacobian", "W", "updated_W", "moments_covariances",
        "beta_se", "gamma_se", "phi_se", "xi", "omega", "parameter_covariances",
    ):
        same(getattr(x, name), getattr(y, name), 1e-6, 1e-9)
    assert list(x.theta_labels) == list(y.theta_labels)
    same(x.compute_elasticities(market_id=0), y.compute_elasticities(market_id=0), 1e-8)


def test_a_search_over_innovations_ends_where_pyblps_does():
    found = []
    for of in (ours, theirs):
        _, problem = lagged(of)
        found.append(problem.solve(
            beta=[np.nan, -3, np.nan], phi=[[0.2, 0], [0, 0.3]], demand_moment_types=[("levels", 3), ("innovations", 4)],
            supply_moment_types=[("levels", 3), ("innovations", 4)], optimization=of.Optimization("bfgs", {"gtol": 1e-6}), **RETURN,
        ))
    x, y = found
    for name in ("theta", "beta_se", "gamma_se", "phi_se"):
        same(getattr(x, name), getattr(y, name), 1e-4, 1e-7)


def nested(of, nests=True):
    """A simulated market with availability, a demographic that differs by product, nests and ownership."""
    ids = theirs.build_id_data(T=3, J=6, F=3)
    state = np.random.RandomState(0)
    agents = 9
    data = {"market_ids": ids.market_ids, "firm_ids": ids.firm_ids, "product_ids": np.c_[np.tile(np.arange(6), 3), np.tile([0, 0, 1, 2, 2, 2], 3)]}
    if nests:
        data["nesting_ids"] = np.tile(["f", "f", "f", "g", "g", "g"], 3)
    else:
        data["ownership"] = theirs.build_ownership(ids, lambda f, g: 1 if f == g else 0.2 * (f > g))
    consumers = {
        "market_ids": np.repeat(np.arange(3), agents), "agent_ids": np.tile(np.arange(agents), 3),
        "weights": np.full(3 * agents, 1 / agents), "nodes": state.normal(size=(3 * agents, 1)), "f": state.uniform(size=3 * agents),
        **{f"g{j}": state.uniform(size=3 * agents) for j in range(6)},
        **{f"availability{j}": state.choice([0, 1] if nests else [0.5, 1], p=[0.1, 0.9], size=3 * agents) for j in range(6)},
    }
    simulation = of.Simulation(
        (of.Formulation("1 + prices + x"), of.Formulation("0 + x"), of.Formulation("1 + a")), data, beta=[1, -4, 1], sigma=0.8,
        pi=[[0.5, -0.3]], gamma=[1, 0.5], rho=[0.2, 0.4] if nests else None, agent_formulation=of.Formulation("0 + f + g"),
        agent_data=consumers, seed=5,
    )
    return simulation, simulation.replace_endogenous()


@pytest.mark.parametrize("nests", [True, False])
def test_second_derivatives_and_second_choices_are_those_of_pyblp(nests):
    found = [(of, *nested(of, nests)) for of in (ours, theirs)]
    (_, a, x), (_, b, y) = found
    same(x.product_data.prices, y.product_data.prices, 1e-9)
    same(x.compute_demand_hessians(), y.compute_demand_hessians(), 1e-7, 1e-9)
    same(x.compute_profit_hessians(), y.compute_profit_hessians(), 1e-7, 1e-9)
    same(x.compute_demand_hessians("x"), y.compute_demand_hessians("x"), 1e-7, 1e-9)
    by_utility = x.compute_demand_hessians(None, market_id=1)  # PyBLP has none
    for axes in ((1, 0, 2), (2, 1, 0), (0, 2, 1)):  # third derivatives of the expected maximum of utilities
        same(by_utility.transpose(axes), by_utility, 1e-9, 1e-12)
    same(x.compute_demand_hessians("x", market_id=1), y.compute_demand_hessians("x", market_id=1), 1e-7, 1e-9)
    higher = 1.1 * x.product_data.prices
    same(x.compute_profit_hessians(higher), y.compute_profit_hessians(higher), 1e-7, 1e-9)
    one = slice(6, 12)
    same(x.compute_profit_hessians(higher[one], market_id=1), y.compute_profit_hessians(higher[one], market_id=1), 1e-7, 1e-9)
    same(x.compute_aggregate_elasticities(0.1, "x"), y.compute_aggregate_elasticities(0.1, "x"), 1e-8)
    same(x.profit_hessians[1][0], y.profit_hessians[1][0], 1e-6, 1e-8)
    for index in (None, 1):
        values = []
        for of, _, results in found:
            data = of.MicroDataset(
                "pairs", 100, lambda t, p, agents: np.ones((agents.size, 1 + p.size, 1 + p.size)), eliminated_product_ids_index=index
            )
            part = of.MicroPart("x x", data, lambda t, p, agents: np.einsum(
                "i,j,k->ijk", agents.nodes[:, 0], np.r_[0.5, p.X2[:, 0]], np.r_[1, p.X2[:, 0]]
            ))
            values.append(results.compute_micro_values([of.MicroMoment("x x", 0, part)]))
        same(*values, 1e-9)


def test_gradients_of_second_choices_with_nests_are_those_of_pyblp():
    found = []
    for of in (ours, theirs):
        simulation, results = nested(of)
        data = of.MicroDataset("pairs", 100, lambda t, p, agents: np.ones((agents.size, p.size, 1 + p.size)), 1)
        part = of.MicroPart("x", data, lambda t, p, agents: np.einsum(
            "i,j,k->ijk", agents.demographics[:, 0, 0], p.X2[:, 0], np.r_[1, p.X2[:, 0]]
        ))
        problem = results.to_problem()
        found.append(problem.solve(
            sigma=0.7, pi=[[0.4, -0.2]], rho=[0.25, 0.3], beta=[None, -3.5, None], micro_moments=[of.MicroMoment("x", 0.1, part)],
            rho_bounds=([0, 0], [0.5, 0.6]), W=np.eye(problem.MD + problem.MS + 1), optimization=of.Optimization("return"), **RETURN,
        ))
    x, y = found
    for name in ("objective", "micro_values", "micro_by_theta_jacobian", "gradient", "micro_covariances"):
        same(getattr(x, name), getattr(y, name), 1e-6, 1e-8)


def test_simulation_error_of_agents_is_that_of_pyblp_times_rows():
    """The covariance of moments is of `sqrt(N)` times their means; PyBLP adds simulation error without `N`."""
    found = []
    for of in (ours, theirs):
        simulation, results = nested(of)
        drawn = [simulation.agent_data.copy() for _ in range(3)]
        for r, agents in enumerate(drawn):
            agents.nodes[:] = np.random.RandomState(r).normal(size=agents.nodes.shape)
        found.append(results.to_problem().solve(
            sigma=0.8, pi=[[0.5, -0.3]], rho=[0.2, 0.4], beta=[None, -4, None], optimization=of.Optimization("return"),
            resample_agent_data=lambda r: drawn[r] if r < 3 else None, **RETURN,
        ))
    x, y = found
    same(x.simulation_covariances, 18 * y.simulation_covariances, 1e-6, 1e-12)
    g, w = x.moments_jacobian, x.W
    response = np.linalg.pinv(g.T @ w @ g) @ g.T @ w
    added = np.sqrt(np.diag(response @ x.moments_covariances @ response.T) / 18)
    same(added[0], x.sigma_se[0, 0], 1e-6)


def test_a_bootstrap_with_supply_is_that_of_pyblp():
    found = []
    for of in (ours, theirs):
        _, results = nested(of)
        fit = results.to_problem().solve(
            sigma=0.8, pi=[[0.5, -0.3]], rho=[0.2, 0.4], beta=[None, -4, None], optimization=of.Optimization("return"), W_type="robust",
            **RETURN,
        )
        fit.parameter_covariances[:] = 1e-5 * np.eye(len(fit.parameters))  # the same draws for both
        found.append(fit.bootstrap(draws=3, seed=0))
    x, y = found
    for name in ("sigma", "pi", "rho", "beta", "gamma", "prices", "shares", "delta"):
        same(getattr(x, f"bootstrapped_{name}"), getattr(y, f"bootstrapped_{name}"), 1e-7, 1e-9)
    same(x.compute_elasticities(), y.compute_elasticities(), 1e-6, 1e-9)
