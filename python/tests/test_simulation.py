"""Simulations beside PyBLP: the same random numbers, the same equilibria."""

from __future__ import annotations

import numpy as np
import pyblp as reference
import pytest

import entrant
import entrant.pyblp as pyblp

reference.options.verbose = False


def flat(module, **more):
    """Linear costs, one random coefficient, product rule."""
    ids = module.build_id_data(T=20, J=12, F=6)
    return module.Simulation(
        (module.Formulation("1 + prices + x"), module.Formulation("0 + x"), module.Formulation("0 + x + z")),
        {"market_ids": ids.market_ids, "firm_ids": ids.firm_ids},
        beta=[1, -2, 2], sigma=1, gamma=[1, 4], xi_variance=0.001, omega_variance=0.001, correlation=0.7,
        integration=module.Integration("product", 7), seed=0, **more,
    )


def nested(module):
    """Log costs, nests, demographics and a full matrix of spreads."""
    ids = module.build_id_data(T=10, J=15, F=4)
    return module.Simulation(
        (module.Formulation("1 + prices + x + y"), module.Formulation("1 + prices + x"), module.Formulation("1 + log(x) + z")),
        {"market_ids": ids.market_ids, "firm_ids": ids.firm_ids, "nesting_ids": np.tile([1, 2, 3], 50)},
        beta=[-5, -4, 1, 1], sigma=[[0.5, 0, 0], [0.1, 0.2, 0], [0, 0, 1]], pi=[[0.5, 0], [0.3, 0], [0, 0.2]],
        gamma=[0.5, 0.2, 0.3], rho=0.4, agent_formulation=module.Formulation("0 + f + g"),
        integration=module.Integration("monte_carlo", 30, {"seed": 3}), costs_type="log", seed=7,
        xi_variance=0.2, omega_variance=0.01,
    )


def logit(module):
    """No agents, markets of different sizes, errors that are given."""
    state = np.random.RandomState(5)
    sizes = [4, 6, 9, 5, 7, 9]
    markets = np.repeat(np.arange(6), sizes)
    firms = np.concatenate([np.arange(n) % 3 for n in sizes])
    return module.Simulation(
        (module.Formulation("1 + prices + x"), None, module.Formulation("1 + z")),
        {"market_ids": markets, "firm_ids": firms, "x": state.normal(size=40)},
        beta=[0.5, -1.5, 1], gamma=[2, 0.5], xi=state.normal(size=40) / 5, omega=state.normal(size=40) / 5, seed=2,
    )


@pytest.mark.parametrize("make", [flat, nested, logit])
def test_the_same_seed_gives_the_same_simulation(make):
    a, b = make(reference), make(pyblp)
    assert np.array_equal(a.xi, b.xi) and np.array_equal(a.omega, b.omega)
    for name in ("prices", "shares", "x", "z"):
        assert np.array_equal(a.product_data[name], b.product_data[name]), name
    if make is nested:
        assert np.array_equal(a.agent_data["f"], b.agent_data["f"])
        assert np.array_equal(a.agent_data["nodes"], b.agent_data["nodes"])


# PyBLP stops where its own conditions are small, which leaves so much of prices open.
@pytest.mark.parametrize(("make", "open_"), [(flat, 5e-12), (nested, 1e-8), (logit, 5e-12)])
def test_equilibria_are_those_of_pyblp(make, open_):
    a, b = make(reference).replace_endogenous(), make(pyblp).replace_endogenous()
    assert b.fp_converged.all()
    for name in ("prices", "shares"):
        assert b.product_data[name] == pytest.approx(a.product_data[name], rel=open_), name
    assert b.costs == pytest.approx(a.costs, rel=1e-13)
    assert b.delta == pytest.approx(a.delta, rel=open_, abs=open_)
    worst = [max(g for of in r.profit_gradient_norms.values() for g in of.values()) for r in (a, b)]
    # First-order conditions, computed from the matrix of demand derivatives, not by the solver.
    assert worst[1] < 1e-13 and worst[0] < 1e-12
    for name in ("elasticities", "costs", "profits", "consumer_surpluses", "diversion_ratios"):
        x, y = (getattr(r, f"compute_{name}")() for r in (a, b))
        assert y == pytest.approx(x, rel=30 * open_, abs=30 * open_, nan_ok=True), name


@pytest.mark.parametrize("make", [flat, nested, logit])
def test_problems_of_simulations_are_those_of_pyblp(make):
    a, b = (make(m).replace_endogenous().to_problem() for m in (reference, pyblp))
    for name in ("ZD", "ZS"):
        x, y = getattr(a.products, name), b.products[name]
        assert x.shape == y.shape and y == pytest.approx(x, abs=1e-12), name


def test_estimates_on_simulated_data_are_those_of_pyblp():
    results = []
    for module in (reference, pyblp):
        problem = flat(module).replace_endogenous().to_problem()
        optimization = module.Optimization("l-bfgs-b", {"ftol": 0, "gtol": 1e-9})
        results.append(problem.solve(0.5, beta=[None, -1.8, None], method="1s", optimization=optimization))
    a, b = results
    assert b.sigma[0, 0] == pytest.approx(a.sigma[0, 0], rel=1e-6)
    assert b.beta == pytest.approx(a.beta, rel=1e-6)
    assert b.gamma == pytest.approx(a.gamma, rel=1e-6)
    # And near the truth: errors are small.
    assert b.sigma[0, 0] == pytest.approx(1, abs=0.15)
    assert b.beta.ravel() == pytest.approx([1, -2, 2], abs=0.15)


def test_characteristics_follow_from_prices_and_shares():
    found = []
    for module in (reference, pyblp):
        ids = module.build_id_data(T=6, J=8, F=4)
        state = np.random.RandomState(1)
        simulation = module.Simulation(
            (module.Formulation("1 + prices + x"), module.Formulation("0 + prices"), module.Formulation("1 + z")),
            {
                "market_ids": ids.market_ids, "firm_ids": ids.firm_ids,
                "prices": state.uniform(2, 3, size=48), "shares": state.uniform(0.01, 0.08, size=48),
            },
            beta=[1, -2, 2], sigma=0.3, gamma=[1, 0.5], integration=module.Integration("product", 5), seed=4,
        )
        found.append(simulation.replace_exogenous("x", "z"))
    a, b = found
    for name in ("x", "z"):
        assert b.product_data[name] == pytest.approx(a.product_data[name], rel=1e-10, abs=1e-10)
    assert b.delta == pytest.approx(a.delta, rel=1e-11, abs=1e-11)
    assert b.costs == pytest.approx(a.costs, rel=1e-10)


@pytest.mark.parametrize(
    ("one", "two", "names", "message"),
    [
        ("1 + prices + x", "0 + x", ("x",), "of X2 too"),
        ("1 + prices + x + z", "0 + prices", ("x", "z"), "of X1 too"),
        ("1 + prices + x + I(x ** 2)", "0 + prices", ("x",), "more than one column"),
        ("1 + prices + log(x)", "0 + prices", ("x",), "no variable of X1 as it is"),
        ("1 + prices + x", "0 + prices", ("prices",), "not exogenous"),
    ],
)
def test_a_variable_that_stands_elsewhere_too_is_not_replaced(one, two, names, message):
    for module in (reference, pyblp):
        ids = module.build_id_data(T=4, J=10, F=5)
        f = module.Formulation
        simulation = module.Simulation(
            (f(one), f(two), f("1 + z")), {"market_ids": ids.market_ids, "firm_ids": ids.firm_ids},
            beta=[1, -2, *[1] * (one.count("+") - 1)], sigma=0.1, gamma=[1, 0.5],
            integration=module.Integration("product", 3), seed=4,
        )
        with pytest.raises(ValueError, match=message if module is pyblp else None):
            simulation.replace_exogenous(*names)


def test_what_cannot_be_simulated_is_said():
    ids = pyblp.build_id_data(T=2, J=4, F=2)
    data = {"market_ids": ids.market_ids, "firm_ids": ids.firm_ids}
    one = pyblp.Formulation("1 + prices + x")
    with pytest.raises(entrant.errors.InputError, match="has 2 values for 3 columns"):
        pyblp.Simulation(one, data, beta=[1, -2], xi=np.zeros(8))
    with pytest.raises(entrant.errors.InputError, match="`xi` must be given"):
        pyblp.Simulation(one, data, beta=[1, -2, 1])
    with pytest.raises(entrant.errors.InputError, match="absorbed"):
        pyblp.Simulation(pyblp.Formulation("0 + prices", absorb="x"), data, beta=[-2], xi=np.zeros(8))
    with pytest.raises(entrant.errors.InputError, match="`phi` needs `lag_indices`"):
        pyblp.Simulation(one, data, beta=[1, -2, 1], xi=np.zeros(8), phi=[[0.5]])
    simulation = pyblp.Simulation(one, data, beta=[1, -2, 1], xi=np.zeros(8), seed=1)
    with pytest.raises(entrant.errors.InputError, match="`costs` must be given"):
        simulation.replace_endogenous()
    results = simulation.replace_endogenous(costs=np.ones(8))
    values = results.profit_hessian_eigenvalues[0]
    assert set(values) == {0, 1} and all((v < 0).all() for v in values.values())
