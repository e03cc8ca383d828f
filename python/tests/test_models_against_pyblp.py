"""Models beyond the tutorials by both; skipped where PyBLP is not installed."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from test_against_pyblp import BOTH, nests, same, theirs

RETURN = {"check_optimality": "gradient", "method": "1s"}
NAMES = ("objective", "gradient", "beta", "beta_se", "delta", "xi")


@pytest.fixture(autouse=True)
def quiet_too(monkeypatch):
    monkeypatch.setattr(theirs.options, "verbose", False)


def solved(build, **how):
    """Results of both, without a search."""
    return [build(m).solve(optimization=m.Optimization("return"), **{**RETURN, **how}) for m in BOTH]


@pytest.mark.parametrize("rho", [0.3, [0.3, 0.5]])
def test_random_coefficients_and_nests(nevo, rho):
    def build(m):
        return m.Problem(
            (m.Formulation("1 + prices"), m.Formulation("0 + prices + sugar")), nests(nevo[0]),
            integration=m.Integration("halton", 20, {"seed": 2}),
        )

    found = solved(build, sigma=np.diag([0.5, 0.05]), rho=rho)
    for name in (*NAMES, "sigma_se", "rho_se"):
        same(*(getattr(r, name) for r in found), 1e-6, 1e-8)
    for method in ("compute_elasticities", "compute_long_run_diversion_ratios", "compute_consumer_surpluses", "compute_costs"):
        same(*(getattr(r, method)() for r in found), 1e-8, 1e-10)
    firms = nevo[0].query("market_ids == 'C03Q2'")["firm_ids"].replace(2, 1)
    same(*(r.compute_prices(firms, market_id="C03Q2") for r in found), 1e-9)


@pytest.mark.parametrize("scale", [0.5, 2.0])
def test_scale_of_taste_shocks(nevo, scale):
    def build(m):
        return m.Problem(
            (m.Formulation("1 + prices"), m.Formulation("0 + prices")), nevo[0],
            integration=m.Integration("product", 5), epsilon_scale=scale,
        )

    # With a scale below one PyBLP's fixed point oversteps and ends unconverged: Levenberg-Marquardt.
    found = [
        build(m).solve(
            sigma=0.7, optimization=m.Optimization("return"), iteration=m.Iteration("lm", {"xtol": 1e-14}), **RETURN
        )
        for m in BOTH
    ]
    for name in NAMES:
        same(*(getattr(r, name) for r in found), 1e-6, 1e-8)
    for method in ("compute_elasticities", "compute_costs"):
        same(*(getattr(r, method)() for r in found), 1e-7, 1e-9)


def test_consumers_who_cannot_buy_everything(nevo):
    products, agents = nevo
    agents = agents.copy()
    state = np.random.RandomState(5)
    for k in range(24):
        agents[f"availability{k}"] = (state.uniform(size=len(agents)) < 0.9).astype(float)

    def build(m):
        return m.Problem(
            (m.Formulation("1 + prices"), m.Formulation("0 + prices + sugar")), products,
            m.Formulation("0 + income"), agents,
        )

    found = solved(build, sigma=np.diag([0.5, 0.05]), pi=[[0.3], [0.1]])
    for name in NAMES:
        same(*(getattr(r, name) for r in found), 1e-6, 1e-8)
    same(*(r.compute_elasticities() for r in found), 1e-7, 1e-9)


@pytest.mark.parametrize("costs_type", ["linear", "log"])
def test_supply_with_price_in_both_parts(autos, costs_type):
    def build(m):
        return m.Problem(
            (
                m.Formulation("1 + prices + hpwt + air", absorb="C(region)"),
                m.Formulation("0 + prices + hpwt"),
                m.Formulation("1 + log(hpwt) + air", absorb="C(region)"),
            ),
            autos[0], integration=m.Integration("product", 3), costs_type=costs_type,
        )

    found = solved(build, sigma=[[0.02, 0], [0.1, 0.5]], beta=[-0.2, None, None], scale_objective=False, costs_bounds=(1e-3, None))
    for name in (*NAMES, "theta", "gamma", "gamma_se", "sigma_se", "tilde_costs", "omega", "xi_fe", "omega_fe"):
        same(*(getattr(r, name) for r in found), 1e-6, 1e-8)


def test_ownership_in_the_data(nevo):
    products = {n: nevo[0][n].to_numpy() for n in nevo[0].columns if not n.startswith("demand_instruments")}
    products["demand_instruments"] = nevo[0].filter(like="demand_instruments").to_numpy()

    def build(m):
        owned = {**products, "ownership": m.build_ownership(nevo[0], lambda f, g: 1 if f == g else 0.2 * (f < g))}
        return m.Problem(m.Formulation("0 + prices"), owned)

    found = solved(build)
    same(*(r.compute_costs() for r in found), 1e-9)
    same(*(r.compute_costs(firm_ids=nevo[0]["firm_ids"]) for r in found), 1e-9)
    same(*(r.compute_prices(market_id="C03Q2") for r in found), 1e-10)


def test_fixed_effects_of_many_kinds(nevo):
    for absorb in ("C(product_ids) + C(city_ids)", "C(product_ids):C(quarter) + C(city_ids)", "C(product_ids) + C(quarter)"):
        found = solved(lambda m, absorb=absorb: m.Problem(m.Formulation("0 + prices", absorb), nevo[0]), method="2s")
        for name in ("objective", "beta", "beta_se", "xi", "xi_fe"):
            same(*(getattr(r, name) for r in found), 1e-6, 1e-7)


def test_bounds_that_hold_parameters(nevo):
    def build(m):
        return m.Problem(
            (m.Formulation("1 + prices"), m.Formulation("0 + prices + sugar")), nevo[0],
            integration=m.Integration("product", 3),
        )

    bounds = (np.diag([0.5, 0.0]), np.diag([0.5, 1.0]))
    found = solved(build, sigma=np.diag([0.5, 0.05]), sigma_bounds=bounds)
    assert len(found[0].theta) == len(found[1].theta) == 1
    for name in ("objective", "gradient", "sigma", "sigma_se", "beta"):
        same(*(getattr(r, name) for r in found), 1e-6)


def test_tests_of_restrictions(nevo):
    def build(m):
        return m.Problem(m.Formulation("1 + prices + sugar + mushy"), nevo[0])

    found = solved(build, method="2s")
    jacobian = np.array([[0, 0, 1, 0], [0, 0, 0, 1.0]])
    for r in found:
        assert isinstance(r.run_wald_test(r.parameters[2:], jacobian), float)
    same(*(r.run_wald_test(r.parameters[2:], jacobian) for r in found), 1e-7)
    same(*(r.run_hansen_test() for r in found), 1e-8)
    assert isinstance(nevo[0], pd.DataFrame)


@pytest.mark.parametrize("rho", [None, [0.3, 0.5]])
def test_a_fixed_point_by_a_function_of_ones_own(nevo, rho):
    def build(m):
        products = nevo[0] if rho is None else nests(nevo[0])
        return m.Problem(
            (m.Formulation("1 + prices"), m.Formulation("0 + prices + sugar")), products,
            integration=m.Integration("product", 3),
        )

    def plain(initial, contraction, callback, most):
        for _ in range(most):
            callback()
            values, weights, jacobian = contraction(initial)
            assert weights is None and values.shape == initial.shape
            if np.abs(values - initial).max() < 1e-13:
                return values, True
            initial = values
        return initial, False

    found = solved(build, sigma=np.diag([0.5, 0.05]), **({} if rho is None else {"rho": rho}))
    deltas = []
    for m, r in zip(BOTH, found):
        iteration = m.Iteration(plain, {"most": 2000})
        assert str(iteration) == "Configured to iterate using a custom method without analytic Jacobians with options {most: 2000}."
        deltas.append(r.compute_delta(integration=m.Integration("product", 5), iteration=iteration))
    same(*deltas, 1e-11)
    same(deltas[0], found[0].compute_delta(integration=BOTH[0].Integration("product", 5)), 1e-11)
    assert np.abs(deltas[0] - found[0].delta).max() > 1e-6
    few = BOTH[0].Iteration(plain, {"most": 1})
    with pytest.warns(UserWarning, match="did not converge"):
        found[0].compute_delta(integration=BOTH[0].Integration("product", 5), iteration=few)


def test_second_derivatives_by_a_characteristic_that_is_not_linear(nevo):
    def build(m):
        return m.Problem(
            (m.Formulation("1 + prices + I(sugar**2)"), m.Formulation("0 + prices + sugar + I(sugar**2)")), nevo[0],
            integration=m.Integration("product", 3),
        )

    found = solved(build, sigma=np.diag([0.5, 0.05, 0.002]))
    same(*(r.compute_demand_hessians("sugar") for r in found), 1e-7, 1e-9)
    with pytest.raises(BOTH[0].exceptions.PostEstimationNumericalError, match="not determined"):
        found[0].compute_demand_hessians("mushy")
