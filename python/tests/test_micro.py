"""Micro moments: the same script by PyBLP and by this package."""

from __future__ import annotations

import pickle

import numpy as np
import pytest

import entrant.pyblp as ours

theirs = pytest.importorskip("pyblp", minversion="1.3.0")
BOTH = (ours, theirs)
MARKETS = 8


def same(a, b, rtol=1e-8, atol=0.0):
    a, b = np.asarray(a, dtype=float), np.asarray(b, dtype=float)
    assert a.shape == b.shape
    np.testing.assert_allclose(a, b, rtol=rtol, atol=atol * max(1e-300, np.nanmax(np.abs(b), initial=0)))


def _problem(module, nevo, nests=False):
    products, agents = (table.copy() for table in nevo)
    kept = sorted(products["market_ids"].unique())[:MARKETS]
    products = products[products["market_ids"].isin(kept)].reset_index(drop=True)
    # Rows in no order, so that nothing rests on it.
    products = products.sample(frac=1, random_state=5).reset_index(drop=True)
    agents = agents[agents["market_ids"].isin(kept)].reset_index(drop=True)
    products["clustering_ids"] = products["city_ids"]
    products["product_ids1"] = "F" + products["firm_ids"].astype(str)
    products = products.rename(columns={"product_ids": "product_ids0"})
    drop = [f"demand_instruments{k}" for k in range(12, 20)]
    products = products.drop(columns=drop)
    if nests:
        products["nesting_ids"] = products["mushy"]
    formulations = (module.Formulation("1 + prices + sugar"), module.Formulation("1 + prices + sugar"))
    return module.Problem(formulations, products, module.Formulation("0 + income + age + child"), agents)


def _first(module, markets=None):
    """Shares, means among buyers, a covariance, by two surveys."""
    all_ = module.MicroDataset("all", 1000, lambda t, p, a: np.ones((a.size, 1 + p.size)))
    inside = module.MicroDataset(
        "buyers", 500, lambda t, p, a: np.outer(1 + (a.demographics[:, 2] > 0), 1 + p.X2[:, 2] / 30), market_ids=markets
    )
    whole = lambda v: np.c_[np.zeros(len(v)), v]
    bought = module.MicroPart("bought", all_, lambda t, p, a: np.outer(np.ones(a.size), np.r_[0, np.ones(p.size)]))
    income = module.MicroPart("income bought", all_, lambda t, p, a: whole(np.outer(a.demographics[:, 0], np.ones(p.size))))
    sugar = module.MicroPart("age x sugar", inside, lambda t, p, a: np.outer(a.demographics[:, 1], p.X2[:, 2]))
    mixed = module.MicroPart(
        "mixed", inside, lambda t, p, a: np.outer(a.demographics[:, 0], p.prices[:, 0]) + a.weights * (p.firm_ids[:, 0] == 2)
    )
    x = module.MicroPart("age", inside, lambda t, p, a: np.outer(a.demographics[:, 1], np.ones(p.size)))
    y = module.MicroPart("sugar", inside, lambda t, p, a: np.outer(np.ones(a.size), p.X2[:, 2]))
    return [
        module.MicroMoment("income of buyers", 0.2, [income, bought], lambda v: v[0] / v[1], lambda v: [1 / v[1], -v[0] / v[1] ** 2]),
        module.MicroMoment("mixed", 0.1, mixed),
        module.MicroMoment("covariance", 0.3, [sugar, x, y], lambda v: v[0] - v[1] * v[2], lambda v: [1, -v[2], -v[1]]),
    ]


def _second(module, group=None, shape=(1, 1)):
    """What is bought when the first choice is gone."""
    def filled(p, a, values):
        out = np.zeros((a.size, p.size + shape[0], p.size + shape[1]))
        out[:, -p.size:, -p.size:] = values
        return out

    def weights(t, p, a):
        out = filled(p, a, 1.0 + np.linspace(0, 1, a.size)[:, None, None])
        out[:, 0], out[:, :, 0] = out[:, 0] + 0.5, out[:, :, 0] + 0.25
        return out

    data = module.MicroDataset("second", 400, weights, eliminated_product_ids_index=group)
    alike = module.MicroPart("both sweet", data, lambda t, p, a: filled(p, a, np.outer(p.X2[:, 2], p.X2[:, 2])[None] / 100))
    aged = module.MicroPart(
        "age x price", data, lambda t, p, a: filled(p, a, np.einsum("i,j,k->ijk", a.demographics[:, 1], p.X2[:, 1], p.X2[:, 2]))
    )
    odd = module.MicroPart("odd", data, lambda t, p, a: filled(p, a, np.sin(np.arange(a.size * p.size**2)).reshape(a.size, p.size, p.size)))
    return [
        module.MicroMoment("alike", 0.6, alike),
        module.MicroMoment("aged", -0.1, [aged, alike], lambda v: v[0] / v[1], lambda v: [1 / v[1], -v[0] / v[1] ** 2]),
        module.MicroMoment("odd", 0.0, odd),
    ]


def _surveys():
    yield "first choices", lambda m: _first(m), False
    yield "some markets", lambda m: _first(m, ["C01Q1", "C03Q2"]), False
    yield "nests", lambda m: _first(m), True
    for shape in ((0, 0), (0, 1), (1, 0), (1, 1)):
        yield f"second choices {shape}", lambda m, s=shape: _second(m, None, s), False
    yield "groups", lambda m: [*_second(m, 1, (1, 1)), *_first(m)], False
    yield "groups inside", lambda m: _second(m, 1, (0, 0)), False


SIGMA = np.diag([0.3, 2.0, 0.02])
PI = np.array([[1.5, 0, 0.4], [8.0, 0, 1.2], [0, 0.05, 0]])


@pytest.mark.parametrize(("make", "nests"), [pytest.param(m, n, id=i) for i, m, n in _surveys()])
def test_everything_at_given_parameters_is_that_of_pyblp(nevo, make, nests, monkeypatch):
    monkeypatch.setattr(theirs.options, "verbose", False)
    found = []
    for module in BOTH:
        found.append(
            _problem(module, nevo, nests).solve(
                SIGMA, PI, rho=0.4 if nests else None, method="1s", check_optimality="gradient", W_type="robust",
                se_type="clustered", optimization=module.Optimization("return"), micro_moments=make(module),
            )
        )
    a, b = found
    same(a.micro_values, b.micro_values, 1e-10, 1e-12)
    same(a.micro, b.micro, 1e-9, 1e-11)
    same(a.micro_covariances, b.micro_covariances, 1e-9, 1e-11)
    same(a.micro_by_theta_jacobian, b.micro_by_theta_jacobian, 1e-8, 1e-10)
    same(a.moments_covariances, b.moments_covariances, 1e-7, 1e-9)
    same(a.moments_jacobian, b.moments_jacobian, 1e-7, 1e-9)
    for name in ("W", "updated_W"):
        same(getattr(a, name), getattr(b, name), 1e-6, 1e-8)
    same(a.objective, b.objective, 1e-8)
    same(a.gradient, b.gradient, 1e-7, 1e-8)
    for name in ("beta", "beta_se", "sigma_se", "pi_se", "rho_se"):
        same(getattr(a, name), getattr(b, name), 1e-7)
