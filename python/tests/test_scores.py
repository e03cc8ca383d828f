"""Scores of individual observations: the same script by PyBLP and by this package."""

from __future__ import annotations

import numpy as np
import pytest

import entrant.pyblp as ours
from test_micro import BOTH, _first, _second, _surveys, same, theirs
from test_micro import _problem as of_nevo

SIGMA = np.diag([0.3, 2.0, 0.02])
PI = np.array([[1.5, 0, 0.4], [8.0, 0, 1.2], [0, 0.05, 0]])


@pytest.fixture(autouse=True)
def quiet_too(monkeypatch):
    monkeypatch.setattr(theirs.options, "verbose", False)


def solved(nevo, nests=False, **more):
    return [
        of_nevo(m, nevo, nests).solve(
            SIGMA, PI, rho=0.4 if nests else None, method="1s", check_optimality="gradient",
            optimization=m.Optimization("return"), **more,
        )
        for m in BOTH
    ]


def rounding(results, market, largest):
    """What PyBLP's rounding leaves in scores of pairs (agents x first x second choices, the outside good first): it
    makes the chance of a second choice as a difference, `s_k / (1 - s_j) - s_k`, whose error is that of `s_k` over
    `s_j`; that of the outside good is one less a sum, with the rounding of one."""
    inside = results.compute_probabilities(market_id=market).T
    first = np.column_stack([1 - inside.sum(axis=1), inside])
    of_second = np.column_stack([1 / first[:, 0], np.ones_like(inside)])
    return 1e-12 * largest + 64 * np.finfo(float).eps * largest / first[:, :, None] * of_second[:, None]


def same_by_agent(a, b, results=None):
    """Scores by agent and choice; pairs of choices as far as PyBLP's rounding lets them, where results are given."""
    assert len(a) == len(b)
    largest = max(np.nanmax(np.abs(v)) for of in b for v in of.values())
    for x, y in zip(a, b):
        assert set(x) == set(y)
        for t in y:
            assert x[t].shape == y[t].shape
            # Probabilities of PyBLP carry what its fixed point leaves, 1e-14 in mean utilities.
            close = 1e-12 * largest
            if results is not None and y[t].ndim == 3:
                close = rounding(results, t, largest)[:, -y[t].shape[1]:, -y[t].shape[2]:]
            assert np.array_equal(np.isnan(x[t]), np.isnan(y[t]))
            assert (np.nan_to_num(np.abs(x[t] - y[t]) - 1e-9 * np.abs(y[t]) - close, nan=-1.0) <= 0).all()


def observed(results, dataset, count=60):
    """Choices of some agents as micro data, with their own draws and demographics."""
    data = ours.MicroDataset(
        dataset.name, count, dataset.compute_weights, dataset.eliminated_product_ids_index, dataset.market_ids
    )
    drawn = results.simulate_micro_data(data, seed=1)
    agents = results.problem._agents
    out = {n: drawn[n][:, 0] for n in drawn.dtype.names}
    rows = [np.flatnonzero(agents["market_ids"] == m)[i] for m, i in zip(out["market_ids"], out["agent_indices"])]
    return {**{n: v[rows] for n, v in agents.items() if n != "weights"}, **out, "weights": np.ones(count)}


@pytest.mark.parametrize(("make", "nests"), [pytest.param(m, n, id=i) for i, m, n in _surveys()])
def test_scores_of_all_kinds_of_surveys_are_those_of_pyblp(nevo, make, nests):
    a, b = solved(nevo, nests)
    surveys = [list({p.dataset for m in make(module) for p in m.parts}) for module in BOTH]
    surveys = [sorted(s, key=lambda d: d.name) for s in surveys]
    for own, other in zip(*surveys):
        by_agent = a.compute_agent_scores(own), b.compute_agent_scores(other)
        same_by_agent(*by_agent, a)
        data = observed(a, own)
        found = [np.array(r.compute_micro_scores(d, data)) for r, d in ((a, own), (b, other))]
        assert len(found[0]) == len(a.theta)
        close = np.full(len(data["micro_ids"]), 1e-12 * np.abs(found[1]).max())
        if "second_choice_indices" in data:
            shape = next(iter(by_agent[0][0].values())).shape
            close = [
                rounding(a, t, np.abs(found[1]).max())[i, j + 25 - shape[1], k + 25 - shape[2]]
                for t, i, j, k in zip(*(data[n] for n in ("market_ids", "agent_indices", "choice_indices", "second_choice_indices")))
            ]
        assert (np.abs(found[0] - found[1]) <= 1e-9 * np.abs(found[1]) + close).all()


def test_tastes_that_nobody_sees_are_integrated_over(nevo):
    a, b = solved(nevo)
    own, other = (_second(m)[0].parts[0].dataset for m in BOTH)
    data = observed(a, own, 25)
    for rule in (("product", 3), ("halton", 7, {"seed": 4}), ("monte_carlo", 5, {"seed": 1})):
        found = [r.compute_micro_scores(d, data, m.Integration(*rule)) for r, d, m in ((a, own, ours), (b, other, theirs))]
        same(np.array(found[0]), np.array(found[1]), 1e-9, 1e-12)
    few = {n: v[:6] for n, v in data.items() if "choice" not in n and n != "agent_indices"}
    found = [r.compute_agent_scores(d, few, m.Integration("nested_product", 2)) for r, d, m in ((a, own, ours), (b, other, theirs))]
    same_by_agent(*found)


def test_rules_with_negative_weights_give_the_scores_of_those_without(nevo):
    """PyBLP sets what negative weights make negative to zero in probabilities, and not in their derivatives: its scores
    are about as many times too small as its positive weights sum to (7 here)."""
    a, b = solved(nevo)
    few = {n: v[:6] for n, v in observed(a, _survey(ours, 2), 25).items() if "choice" not in n and n != "agent_indices"}
    exact = a.compute_agent_scores(_survey(ours, 2), few, ours.Integration("product", 7))
    found = a.compute_agent_scores(_survey(ours, 2), few, ours.Integration("grid", 5))
    theirs_ = b.compute_agent_scores(_survey(theirs, 2), few, theirs.Integration("grid", 3))
    for t, v in exact[0].items():
        # A grid of level 5 is exact for polynomials of degree 9.
        np.testing.assert_allclose(found[0][t], v, rtol=2e-3, atol=1e-4)
        assert (np.abs(theirs_[0][t]) < np.abs(v) / 5).all()


def test_scores_of_other_models_are_those_of_pyblp(nevo):
    """Log-normal and logit coefficients, a supply side, several nesting parameters, a full Sigma with a column of
    zeros, availability."""
    products, agents = nevo
    kept = sorted(products["market_ids"].unique())[:4]
    products = products[products["market_ids"].isin(kept)].reset_index(drop=True)
    agents = agents[agents["market_ids"].isin(kept)].reset_index(drop=True)
    products["nesting_ids"] = products["mushy"]
    for k in range(24):
        agents[f"availability{k}"] = 1.0 - (np.arange(len(agents)) % 7 == k % 7) * (k % 3 == 0)
    drop = [f"demand_instruments{k}" for k in range(12, 20)]
    products = products.drop(columns=drop)
    products["supply_instruments0"] = products["demand_instruments0"]

    def build(m):
        return m.Problem(
            (m.Formulation("1 + prices + sugar"), m.Formulation("1 + prices + sugar"), m.Formulation("1 + sugar")),
            products, m.Formulation("0 + income + age"), agents, rc_types=["logit", "linear", "log"],
        )

    def solve(m):
        return build(m).solve(
            [[0.4, 0, 0], [0.1, 0, 0], [0.2, 0, 0.05]], [[0.3, 0], [1.0, 0.2], [0, 0.05]], rho=[0.3, 0.5],
            beta=[None, -20.0, None], method="1s", check_optimality="gradient", optimization=m.Optimization("return"),
        )

    a, b = solve(ours), solve(theirs)
    kinds = [p["kind"] for p in a._engine.parameters]
    assert kinds.count("rho") == 2 and "beta" in kinds
    for make in (lambda m: _survey(m, 2), lambda m: _survey(m, 3)):
        found = [r.compute_agent_scores(make(m)) for r, m in ((a, ours), (b, theirs))]
        same_by_agent(*found, a)
        beta = kinds.index("beta")
        assert all((np.nan_to_num(v) == 0).all() for v in found[0][beta].values())


def _survey(m, axes):
    return m.MicroDataset("all", 100, lambda t, p, a: np.ones((a.size, *[1 + p.size] * (axes - 1))))


def test_demographics_that_differ_by_product(nevo):
    products, agents = nevo
    kept = sorted(products["market_ids"].unique())[:3]
    products = products[products["market_ids"].isin(kept)].reset_index(drop=True)
    agents = agents[agents["market_ids"].isin(kept)].reset_index(drop=True)
    for k in range(24):
        agents[f"distance{k}"] = np.cos(np.arange(len(agents)) + 3 * k)
    found = []
    for m in BOTH:
        problem = m.Problem(
            (m.Formulation("1 + prices"), m.Formulation("1 + prices")), products, m.Formulation("0 + income + distance"), agents
        )
        results = problem.solve(
            np.diag([0.3, 1.0]), [[0.2, 0.3], [1.0, 0]], method="1s", check_optimality="gradient",
            optimization=m.Optimization("return"),
        )
        found.append((results.compute_agent_scores(_survey(m, 2)), results.compute_agent_scores(_survey(m, 3))))
    for a, b in zip(*found):
        same_by_agent(a, b, results)


def test_scores_are_derivatives_of_logarithms_of_probabilities(nevo):
    """Central differences of what the model says: shares are inverted anew at both ends."""
    data = _first(ours)[1].parts[0].dataset
    problem = of_nevo(ours, nevo)

    def at(theta):
        sigma, pi = SIGMA.copy(), PI.copy()
        sigma[np.diag_indices(3)] = theta[:3]
        pi[pi != 0] = theta[3:]
        return problem.solve(
            sigma, pi, method="1s", check_optimality="gradient", optimization=ours.Optimization("return")
        )

    middle = np.r_[np.diag(SIGMA), PI[PI != 0]]
    results = at(middle)
    scores = results.compute_agent_scores(data)

    def logarithms(r):
        total, parts = 0.0, {}
        for t in problem.unique_market_ids:
            products = problem.products[problem.products.market_ids[:, 0] == t]
            agents = problem.agents[problem.agents.market_ids[:, 0] == t]
            weighted = data.compute_weights(t, products, agents) * r.compute_probabilities(market_id=t).T
            total += (agents.weights * weighted).sum()
            parts[t] = np.log(weighted)
        return {t: v - np.log(total) for t, v in parts.items()}

    def moved(k, by):
        theta = middle.copy()
        theta[k] += by
        return logarithms(at(theta))

    for k, step in enumerate(1e-3 * np.maximum(1, np.abs(middle))):
        ends = {side: moved(k, side * step) for side in (-2, -1, 1, 2)}
        for t, v in scores[k].items():
            # Four points: the error is of order step^4 of fifth derivatives.
            slope = (8 * (ends[1][t] - ends[-1][t]) - (ends[2][t] - ends[-2][t])) / (12 * step)
            np.testing.assert_allclose(v, slope, rtol=1e-7, atol=1e-7)


def test_scores_of_a_simulation_are_those_of_pyblp():
    def results(m):
        ids = m.build_id_data(T=5, J=8, F=4)
        simulation = m.Simulation(
            (m.Formulation("1 + prices + x"), m.Formulation("1 + x"), m.Formulation("0 + x + z")),
            {"market_ids": ids.market_ids, "firm_ids": ids.firm_ids, "nesting_ids": np.tile(["a", "b"], 20)},
            beta=[1, -2, 2], sigma=[[0.5, 0], [0, 1]], pi=[[0.3], [0]], gamma=[1, 4], rho=0.3,
            agent_formulation=m.Formulation("0 + d"), xi_variance=0.001, omega_variance=0.001, correlation=0.7,
            integration=m.Integration("product", 3), seed=0,
        )
        return simulation.replace_endogenous()

    a, b = (results(m) for m in BOTH)
    found = [r.compute_agent_scores(_survey(m, 2)) for r, m in ((a, ours), (b, theirs))]
    # Prices are equilibria by two solvers: they agree to 1e-12.
    assert len(found[0]) == len(found[1]) == 2 + 1 + 1 + 3 + 2
    for x, y in zip(*found):
        for t in y:
            np.testing.assert_allclose(x[t], y[t], rtol=1e-8, atol=1e-10)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda d: {n: v for n, v in d.items() if n != "choice_indices"}, "no `choice_indices`"),
        (lambda d: {n: v for n, v in d.items() if n != "micro_ids"}, "no `micro_ids`"),
        (lambda d: {n: v for n, v in d.items() if n != "second_choice_indices"}, "second_choice_indices"),
        (lambda d: {**d, "choice_indices": d["choice_indices"] + 90}, "not between 0 and 24"),
        (lambda d: {**d, "micro_ids": d["micro_ids"][::-1]}, "must be sorted"),
        (lambda d: {**d, "micro_ids": np.zeros(len(d["micro_ids"]))}, "differ between rows"),
        (lambda d: {**d, "market_ids": np.full(len(d["micro_ids"]), "nowhere")}, "nowhere"),
    ],
)
def test_mistakes_say_what_is_wrong(nevo, change, said):
    results = solved(nevo)[0]
    dataset = _second(ours)[0].parts[0].dataset
    with pytest.raises(ours.exceptions.Error, match=said):
        results.compute_micro_scores(dataset, change(observed(results, dataset, 9)))


def test_what_cannot_be_observed_has_no_score(nevo):
    results = solved(nevo)[0]
    some = ours.MicroDataset("some", 10, lambda t, p, a: np.tile(np.r_[0.0, 1.0, np.zeros(p.size - 2)], (a.size, 1)))
    for of_market in results.compute_agent_scores(some)[0].values():
        assert np.isfinite(of_market[:, 1]).all() and np.isnan(np.delete(of_market, 1, axis=1)).all()


# ---- importance sampling -------------------------------------------------------------------------


def sampled(nevo, **how):
    """Importance sampling at the same results by both."""
    found = []
    for m, results in zip(BOTH, solved(nevo)):
        given = {n: v(m) if callable(v) else v for n, v in how.items()}
        found.append(results.importance_sampling(seed=3, **given))
    return found


def candidates(nevo, weights=True):
    _, agents = nevo
    many = {n: np.tile(agents[n], 20) for n in ("market_ids", "income", "age", "child")}
    state = np.random.RandomState(1)
    many.update((f"nodes{k}", state.normal(size=len(many["income"]))) for k in range(3))
    return {**many, "weights": np.full(len(many["income"]), 7.0)} if weights else many


@pytest.mark.parametrize(
    "how",
    [
        {"draws": 4},
        {"draws": 30, "agent_data": lambda m: "candidates", "ar_constant": 1.5},
        {"draws": 25, "agent_data": lambda m: "weightless", "delta": lambda m: "less"},
    ],
)
def test_importance_sampling_draws_the_agents_of_pyblp(nevo, how):
    kept = sorted(nevo[0]["market_ids"].unique())[:8]
    given = {n: v for n, v in how.items() if n not in ("agent_data", "delta")}
    if "agent_data" in how:
        table = candidates(nevo, weights=how["agent_data"](None) == "candidates")
        chosen = np.isin(table["market_ids"], kept)
        table = {n: v[chosen] for n, v in table.items()}
        given["agent_data"] = lambda m: table
    if "delta" in how:
        given["delta"] = solved(nevo)[0].delta - 0.1
    a, b = sampled(nevo, **given)
    assert a.draws == b.draws and len(a.sampled_agents) == len(b.sampled_agents) == 8 * a.draws
    for name in ("market_ids", "nodes", "demographics"):
        assert np.array_equal(a.sampled_agents[name], b.sampled_agents[name])
    same(a.sampled_agents["weights"], b.sampled_agents["weights"], 1e-10)
    assert np.array_equal(a.diagnostic_market_ids, b.diagnostic_market_ids)
    for name in ("weight_sums", "effective_draws", "effective_draws_for_variance", "effective_draws_for_skewness"):
        same(getattr(a, name), getattr(b, name), 1e-9)

    def lines(results):
        return [line.split()[1:] for line in str(results).splitlines()[-2:]]  # without the time

    assert lines(a)[0][:5] == lines(b)[0][:5]
    assert set(a.to_dict()) == set(b.to_dict())
    moved = [
        results.to_problem().solve(SIGMA, PI, method="1s", check_optimality="gradient", optimization=m.Optimization("return"))
        for m, results in zip(BOTH, (a, b))
    ]
    same(moved[0].objective, moved[1].objective, 1e-7)
    same(moved[0].gradient, moved[1].gradient, 1e-6, 1e-8)


def test_importance_sampling_says_what_is_wrong(nevo):
    results = solved(nevo)[0]
    with pytest.raises(ours.exceptions.Error, match="candidates were accepted"):
        results.importance_sampling(draws=20, seed=0)
    for given, said in (({"draws": 0}, "`draws`"), ({"draws": 2, "ar_constant": 0.5}, "ar_constant"), ({"draws": 2, "delta": [1.0]}, "`delta` has 1")):
        with pytest.raises(ours.exceptions.Error, match=said):
            results.importance_sampling(seed=0, **given)


# ---- agents --------------------------------------------------------------------------------------


def test_a_sparse_grid_may_have_negative_weights(nevo):
    products, _ = nevo
    found = []
    for m in BOTH:
        problem = m.Problem(
            (m.Formulation("1 + prices + sugar"), m.Formulation("1 + prices + sugar")), products,
            integration=m.Integration("grid", 3),
        )
        found.append(problem.solve(SIGMA, method="1s", check_optimality="gradient", optimization=m.Optimization("return")))
    same(found[0].objective, found[1].objective, 1e-8)


@pytest.mark.parametrize("few", [False, True])
def test_a_column_of_zeros_in_sigma_leaves_out_its_nodes_or_none(nevo, few):
    """With a column of nodes for each column of X2 they belong together; with fewer, the first columns belong to the
    columns of Sigma that are not zero."""
    products, agents = nevo
    found = []
    for m in BOTH:
        problem = m.Problem(
            (m.Formulation("1 + prices + sugar"), m.Formulation("1 + prices + sugar")), products,
            m.Formulation("0 + income"), agents.drop(columns=["nodes2", "nodes3"]) if few else agents,
        )
        found.append(
            problem.solve(
                [[0.4, 0, 0], [0.1, 0, 0], [0.2, 0, 0.05]], [[1.0], [2.0], [0]], method="1s", check_optimality="gradient",
                optimization=m.Optimization("return"),
            )
        )
    same(found[0].objective, found[1].objective, 1e-8)
    same(found[0].gradient, found[1].gradient, 1e-6, 1e-8)
