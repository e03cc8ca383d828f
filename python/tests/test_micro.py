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


@pytest.fixture(scope="module")
def pair(nevo):
    """The same results by both, with micro moments."""
    out = []
    for module in BOTH:
        before, module.options.verbose = module.options.verbose, False
        out.append(
            _problem(module, nevo).solve(
                SIGMA, PI, method="1s", check_optimality="gradient", optimization=module.Optimization("return"),
                micro_moments=_first(module),
            )
        )
        module.options.verbose = before
    return out


def test_other_moments_and_simulated_choices_are_those_of_pyblp(pair, monkeypatch):
    monkeypatch.setattr(theirs.options, "verbose", False)
    values, drawn = [], []
    for module, results in zip(BOTH, pair):
        values.append(results.compute_micro_values([*_second(module, 1), *_first(module, ["C01Q1"])]))
        for moments in (_first(module), _second(module), _second(module, 1, (0, 1))):
            drawn.append(results.simulate_micro_data(moments[0].parts[0].dataset, seed=3))
    same(values[0], values[1], 1e-10, 1e-12)
    for a, b in zip(drawn[:3], drawn[3:]):
        names = [n for n in a.dtype.names if n not in ("micro_ids", "market_ids")]
        assert list(a.dtype.names) == list(b.dtype.names)
        assert (a["market_ids"] == b["market_ids"]).all()
        for name in names:
            assert (a[name] == b[name]).all()


def test_tables_have_the_form_of_pyblp(pair):
    def rows(results):
        text = str(results)
        return [" ".join(line.split()) for line in text[text.index("Estimated Micro Moments"):].splitlines()]

    assert rows(pair[0]) == rows(pair[1])
    for ours_, theirs_ in zip(_first(ours), _first(theirs)):
        assert str(ours_) == str(theirs_)


def test_a_given_covariance_is_used(nevo, monkeypatch):
    monkeypatch.setattr(theirs.options, "verbose", False)
    given = np.array([[0.01, 0.001, 0], [0.001, 0.02, 0], [0, 0, 0.5]])
    a, b = (
        _problem(m, nevo).solve(
            SIGMA, PI, method="1s", check_optimality="gradient", optimization=m.Optimization("return"),
            micro_moments=_first(m), micro_sample_covariances=given,
        )
        for m in BOTH
    )
    same(a.micro_covariances, given, 0)
    same(a.objective, b.objective, 1e-8)
    same(a.pi_se, b.pi_se, 1e-7)


def test_results_are_pickled_without_functions(pair):
    results = pair[0]
    again = pickle.loads(pickle.dumps(results))
    assert str(again) == str(results)
    # Small markets are computed in another way where there are no micro moments.
    same(again.compute_elasticities(), results.compute_elasticities(), 1e-12, 1e-13)


def test_micro_moments_make_up_for_instruments(nevo):
    products, agents = nevo
    columns = [f"demand_instruments{k}" for k in range(2, 20)]
    problem = ours.Problem(
        (ours.Formulation("1 + prices"), ours.Formulation("1 + prices")), products.drop(columns=columns),
        ours.Formulation("0 + income"), agents,
    )
    everyone = ours.MicroDataset("all", 1000, lambda t, p, a: np.ones((a.size, 1 + p.size)))
    income = ours.MicroPart("income", everyone, lambda t, p, a: np.outer(a.demographics[:, 0], np.r_[0, np.ones(p.size)]))
    moment = ours.MicroMoment("income", 0.1, income)
    start = {"sigma": np.zeros((2, 2)), "pi": [[1.0], [0.0]], "check_optimality": "gradient"}
    assert problem.solve(**start, micro_moments=[moment]).converged
    two = {**start, "pi": [[1.0], [5.0]]}
    with pytest.warns(ours.CompatibilityWarning, match="not identified"):
        assert problem.solve(**two).status == "not_identified"
    other = ours.MicroPart("price", everyone, lambda t, p, a: np.outer(a.demographics[:, 0], np.r_[0, p.prices[:, 0]]))
    assert len(problem.solve(**two, micro_moments=[moment, ours.MicroMoment("p", 0.01, other)]).micro) == 2


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"weights": lambda t, p, a: np.ones((a.size, 3))}, "must be one of"),
        ({"weights": lambda t, p, a: -np.ones((a.size, p.size))}, "negative"),
        ({"values": lambda t, p, a: np.ones((a.size, 1 + p.size))}, "that of the weights"),
        ({"values": lambda t, p, a: np.full((a.size, p.size), np.nan)}, "finite"),
        ({"values": lambda t, p, a: p.nothing}, "failed in market `C01Q1`"),
        ({"gradient": lambda v: [1.0, 2.0]}, "2 numbers for 1 parts"),
        ({"value": lambda v: 1 / 0}, "division by zero"),
        ({"value": lambda v: np.nan}, "not start|MicroMoment"),
        ({"markets": ["C99Q9"]}, "no markets"),
    ],
)
def test_mistakes_say_what_is_wrong(nevo, wrong, said):
    data = ours.MicroDataset(
        "data", 10, wrong.get("weights", lambda t, p, a: np.ones((a.size, p.size))), market_ids=wrong.get("markets")
    )
    part = ours.MicroPart("part", data, wrong.get("values", lambda t, p, a: np.ones((a.size, p.size))))
    moment = ours.MicroMoment(
        "moment", 1, [part], wrong.get("value", lambda v: v[0]), wrong.get("gradient", lambda v: [1.0])
    )
    with pytest.raises(Exception, match=said):
        _problem(ours, nevo).solve(SIGMA, PI, micro_moments=[moment], method="1s")
