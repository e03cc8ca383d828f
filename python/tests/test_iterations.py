"""Fixed points by a function of the caller's: in estimation, for prices, in simulations; by both."""

from __future__ import annotations

import warnings

import numpy as np
import pytest
from conftest import PI, SIGMA, nevo_problem
from test_against_pyblp import BOTH, nests, ours, same, theirs

import entrant

RETURN = {"check_optimality": "gradient", "method": "1s"}


@pytest.fixture(autouse=True)
def quiet_too(monkeypatch):
    monkeypatch.setattr(theirs.options, "verbose", False)


class Own:
    """Plain iteration, or Newton's method where there are derivatives; it knows how often it was called."""

    def __init__(self) -> None:
        self.calls = self.evaluations = 0
        self.weighted = False
        self.jacobians: list[np.ndarray] = []

    def __call__(self, initial, contraction, callback, most=5000, atol=1e-14):
        self.calls += 1
        x = initial
        for _ in range(most):
            after, weights, jacobian = contraction(x)
            self.evaluations += 1
            callback()
            assert after.shape == x.shape
            gap = np.abs(after - x)
            if weights is not None:
                self.weighted, gap = True, gap * weights
            if jacobian is not None:
                self.jacobians.append(np.array(jacobian))
                flat = np.linalg.solve(np.eye(x.size) - jacobian, (after - x).ravel())
                x = x + flat.reshape(x.shape)
            else:
                x = after
            if gap.max() < atol:
                return x, True
        return x, False


def nested(m, nevo, rho):
    products = nevo[0] if rho is None else nests(nevo[0])
    return m.Problem(
        (m.Formulation("1 + prices"), m.Formulation("0 + prices + sugar")), products, integration=m.Integration("product", 3)
    )


@pytest.mark.parametrize(
    ("rho", "how"),
    [
        (None, {}), (None, {"fp_type": "safe_nonlinear"}), (None, {"fp_type": "nonlinear", "delta_behavior": "logit"}),
        ([0.3, 0.5], {}), ([0.3, 0.5], {"shares_bounds": (1e-12, 0.9)}),
    ],
)
def test_an_evaluation_by_both(nevo, rho, how):
    given = {"sigma": np.diag([0.5, 0.05]), **({} if rho is None else {"rho": rho}), **RETURN, **how}
    found, owns = [], []
    for m in BOTH:
        own = Own()
        asked = {"optimization": m.Optimization("return"), "iteration": m.Iteration(own)}
        found.append(nested(m, nevo, rho).solve(**given, **asked))
        owns.append(own)
    for name in ("objective", "gradient", "delta", "xi", "beta", "beta_se"):
        same(*(getattr(r, name) for r in found), 1e-8, 1e-9)
    for name in ("fp_converged", "fp_iterations", "contraction_evaluations"):
        a, b = (getattr(r, name) for r in found)
        assert a.shape == b.shape == (94, 1)
        # The last steps are of the size of rounding: one is made here and not there, or the other way round.
        assert np.abs(a.astype(int) - b).max() <= 0.2 * b.max()
    of = owns[0]
    assert of.calls == 94 and of.evaluations > 10 * of.calls
    assert found[0].contraction_evaluations.sum() == of.evaluations
    # What the engine finds by itself is the same.
    plain = nested(ours, nevo, rho).solve(**{**given, "fp_type": "safe_linear", "delta_behavior": "first", "shares_bounds": None},
                                          optimization=ours.Optimization("return"))
    same(found[0].delta, plain.delta, 1e-11)
    same(found[0].gradient, plain.gradient, 1e-8, 1e-9)
    assert (plain.fp_converged == True).all() and (plain.contraction_evaluations > 0).all()  # noqa: E712


@pytest.mark.parametrize("kind", ["safe_linear", "nonlinear"])
def test_derivatives_of_the_contraction_are_differences(nevo, kind):
    seen = []

    def watch(initial, contraction, callback):
        if not seen:
            numeric = np.empty((initial.size, initial.size))
            for k in range(initial.size):
                by = 1e-4 * max(abs(initial[k]), 1e-3)
                ends = [contraction(initial + step * np.eye(initial.size)[k])[0] for step in (by, -by, 2 * by, -2 * by)]
                numeric[:, k] = (8 * (ends[0] - ends[1]) - (ends[2] - ends[3])) / (12 * by)
            seen.append((contraction(initial)[2], numeric))
        return Own()(initial, contraction, callback)

    nested(ours, nevo, 0.4).solve(
        sigma=np.diag([0.5, 0.05]), rho=0.4, optimization=ours.Optimization("return"), fp_type=kind,
        iteration=ours.Iteration(watch, compute_jacobian=True), **RETURN,
    )
    np.testing.assert_allclose(*seen[0], rtol=1e-6, atol=1e-9)


@pytest.mark.parametrize("rho", [None, 0.4])
@pytest.mark.parametrize("kind", ["safe_linear", "safe_nonlinear"])
def test_derivatives_of_the_contraction_by_both(nevo, rho, kind):
    given = {"sigma": np.diag([0.5, 0.05]), **({} if rho is None else {"rho": rho}), **RETURN}
    found, owns = [], []
    for m in BOTH:
        own = Own()
        iteration = m.Iteration(own, {"atol": 1e-13}, compute_jacobian=True)
        found.append(nested(m, nevo, rho).solve(**given, optimization=m.Optimization("return"), iteration=iteration, fp_type=kind))
        owns.append(own)
    same(*(r.delta for r in found), 1e-11)
    # PyBLP 1.3.0 iterates on mean utilities whatever `fp_type` says; here it is their exponentials, as documented.
    if kind == "safe_linear":
        same(owns[0].jacobians[0], owns[1].jacobians[0], 1e-10, 1e-12)
    # Newton's method: a handful of steps.
    assert owns[0].evaluations < 8 * owns[0].calls


def test_a_search_ends_where_it_does_without(nevo):
    problem = nevo_problem(ours, nevo)
    plain = problem.solve(SIGMA, PI, **RETURN)
    own = Own()
    with warnings.catch_warnings():
        warnings.simplefilter("error")  # nothing is said: what was asked for is what is done
        found = problem.solve(SIGMA, PI, iteration=ours.Iteration(own), delta_behavior="last", **RETURN)
    assert found.converged and found.objective == pytest.approx(float(plain.objective), rel=1e-7)
    same(found.theta, plain.theta, 1e-4, 1e-5)
    evaluations = found.objective_evaluations
    assert evaluations > 5 and found.contraction_evaluations.shape == (94, evaluations)
    assert own.calls == 94 * evaluations


def test_two_steps_count_their_own(nevo):
    own = Own()
    found = nested(ours, nevo, None).solve(
        sigma=np.diag([0.5, 0.05]), method="2s", optimization=ours.Optimization("return"), check_optimality="gradient",
        iteration=ours.Iteration(own),
    )
    assert found.contraction_evaluations.shape == (94, 1) and found.cumulative_contraction_evaluations.shape == (94, 2)
    assert found.cumulative_contraction_evaluations.sum() == own.evaluations


def test_what_a_function_raises_is_raised(nevo):
    def broken(initial, contraction, callback):
        raise LookupError("enough")

    with pytest.raises(LookupError, match="enough"):
        nevo_problem(ours, nevo).solve(SIGMA, PI, iteration=ours.Iteration(broken), **RETURN)

    def short(initial, contraction, callback):
        return initial[:-1], True

    with pytest.raises(ValueError, match="reshape"):
        nevo_problem(ours, nevo).solve(SIGMA, PI, iteration=ours.Iteration(short), **RETURN)


def test_an_iteration_that_does_not_converge_has_no_result(nevo):
    iteration = ours.Iteration(Own(), {"most": 2})
    with pytest.raises(ours.exceptions.DeltaConvergenceError, match="market `C01Q1`: Inversion"):
        nevo_problem(ours, nevo).solve(SIGMA, PI, iteration=iteration, **RETURN)


def test_an_iteration_that_stops_early_is_told(nevo):
    with pytest.warns(ours.CompatibilityWarning, match="leave logarithms of shares off by up to"):
        found = nevo_problem(ours, nevo).solve(
            SIGMA, PI, iteration=ours.Iteration(Own(), {"atol": 1e-4}), optimization=ours.Optimization("return"), **RETURN
        )
    exact = nevo_problem(ours, nevo).solve(SIGMA, PI, optimization=ours.Optimization("return"), **RETURN)
    assert 1e-6 < np.abs(found.delta - exact.delta).max() < 1e-2


def test_mean_utilities_that_are_given_are_held(nevo):
    """Also where they give other shares, as in PyBLP; the engine says so."""
    delta = nested(ours, nevo, None).solve(sigma=np.diag([0.4, 0.05]), optimization=ours.Optimization("return"), **RETURN).delta
    found = []
    for m in BOTH:
        with warnings.catch_warnings(record=True) as said:
            warnings.simplefilter("always")
            found.append(
                nested(m, nevo, None).solve(
                    sigma=np.diag([0.5, 0.05]), optimization=m.Optimization("return"), iteration=m.Iteration("return"),
                    delta=delta, **RETURN,
                )
            )
        assert m is theirs or any("off by up to" in str(w.message) for w in said)
    assert np.array_equal(found[0].delta, delta)
    for name in ("objective", "xi", "beta"):
        same(*(getattr(r, name) for r in found), 1e-9, 1e-10)


def test_bounds_of_shares(nevo):
    problem = nested(ours, nevo, None)
    given = {"sigma": np.diag([0.5, 0.05]), "optimization": ours.Optimization("return"), **RETURN}
    with pytest.raises(entrant.InputError, match="shares of the data are not between 0.001 and inf"):
        problem.solve(**given, iteration=ours.Iteration(Own()), shares_bounds=(1e-3, None))
    with pytest.raises(entrant.InputError, match="not below"):
        problem.solve(**given, shares_bounds=(0.5, 0.1))
    with pytest.warns(ours.CompatibilityWarning, match="shares_bounds"):
        problem.solve(**given, shares_bounds=(1e-3, None))
    seen = []

    def one_step(initial, contraction, callback):
        seen.append(contraction(np.full_like(initial, -800.0))[0])
        return Own()(initial, contraction, callback)

    problem.solve(**given, iteration=ours.Iteration(one_step), shares_bounds=(1e-200, None))
    rows = problem._market_rows[0]
    shares = nevo[0]["shares"].to_numpy()[rows]
    np.testing.assert_allclose(seen[0].ravel(), -800 + np.log(shares) - np.log(1e-200), rtol=1e-12)


@pytest.fixture(scope="module")
def supplied(nevo):
    """Nevo's cereals with costs that depend on shares, by both."""
    out = []
    products = nevo[0].rename(columns={f"demand_instruments{k}": f"supply_instruments{k}" for k in range(10, 20)})
    for m in BOTH:
        before, m.options.verbose = m.options.verbose, False
        problem = m.Problem(
            (m.Formulation("1 + prices"), m.Formulation("0 + prices"), m.Formulation("1 + sugar + shares")), products,
            integration=m.Integration("product", 4),
        )
        out.append(
            problem.solve(
                sigma=1.0, sigma_bounds=(1.0, 1.0), beta=[None, -30.0], beta_bounds=([None, -30], [None, -30]),
                gamma=[None, None, 0.1], gamma_bounds=([None, None, 0.1], [None, None, 0.1]), optimization=m.Optimization("return"), **RETURN
            )
        )
        m.options.verbose = before
    return out


@pytest.mark.parametrize("constant", [True, False])
@pytest.mark.parametrize("own", [False, True])
def test_prices_by_both(nevo, supplied, constant, own):
    firms = nevo[0]["firm_ids"].replace(2, 1)
    prices, owns = [], []
    for m, r in zip(BOTH, supplied):
        owns.append(Own())
        given = {"constant_costs": constant}
        if own:
            given["iteration"] = m.Iteration(owns[-1], {"atol": 1e-13})
        if m is ours:
            with warnings.catch_warnings():
                warnings.simplefilter("error")
                prices.append(r.compute_prices(firms, **given))
        else:
            prices.append(r.compute_prices(firms, **given))
    same(*prices, 1e-9)
    assert not own or (owns[0].calls == 94 and owns[0].weighted and owns[0].evaluations > 5 * 94)
    # Costs that follow shares move prices by more than rounding.
    other = supplied[0].compute_prices(firms, constant_costs=not constant)
    assert np.abs(prices[0] - other).max() > 1e-7


def test_prices_with_derivatives_of_their_map(nevo, supplied):
    firms = nevo[0].query("market_ids == 'C03Q2'")["firm_ids"].replace(2, 1)
    found, owns = [], []
    for m, r in zip(BOTH, supplied):
        owns.append(Own())
        iteration = m.Iteration(owns[-1], {"atol": 1e-13}, compute_jacobian=True)
        found.append(r.compute_prices(firms, iteration=iteration, market_id="C03Q2"))
    same(*found, 1e-10)
    same(owns[0].jacobians[0], owns[1].jacobians[0], 1e-6, 1e-7)  # by differences here
    assert owns[0].evaluations < 10


def test_prices_that_are_not_there_yet_are_told(nevo, supplied):
    firms = nevo[0]["firm_ids"].replace(2, 1)
    with pytest.warns(ours.CompatibilityWarning, match="no certified equilibrium"):
        supplied[0].compute_prices(firms, iteration=ours.Iteration(Own(), {"most": 1}))

    def pretends(initial, contraction, callback):
        return initial, True

    with pytest.warns(ours.CompatibilityWarning, match="no certified equilibrium"):
        supplied[0].compute_prices(firms, iteration=ours.Iteration(pretends))


def test_bootstrap_with_costs_that_follow_shares(supplied):
    drawn = [r.bootstrap(draws=3, seed=0, constant_costs=False) for r in supplied]
    for name in ("bootstrapped_prices", "bootstrapped_shares", "bootstrapped_delta"):
        same(*(getattr(d, name) for d in drawn), 1e-5)
    stays = supplied[0].bootstrap(draws=3, seed=0)
    assert np.abs(stays.bootstrapped_prices - drawn[0].bootstrapped_prices).max() > 1e-7
    assert drawn[0].fp_converged.shape == drawn[1].fp_converged.shape == (94, 3)
    assert drawn[0].fp_converged.all() and drawn[0].contraction_evaluations.min() > 0


@pytest.mark.parametrize("constant", [True, False])
@pytest.mark.parametrize("kind", ["fitted", "named", "own"])
def test_optimal_instruments_by_both(supplied, constant, kind):
    found, owns = [], []
    for m, r in zip(BOTH, supplied):
        owns.append(Own())
        method = owns[-1] if kind == "own" else "simple"
        given = {} if kind == "fitted" else {"iteration": m.Iteration(method, {"atol": 1e-13})}
        found.append(r.compute_optimal_instruments("approximate", seed=0, constant_costs=constant, **given))
    for name in ("expected_prices", "expected_shares"):
        same(*(getattr(r, name) for r in found), 1e-8)
    assert owns[0].calls == (94 if kind == "own" else 0)
    if kind == "own":
        with pytest.raises(entrant.NotSupportedError, match="`normal` with an `iteration` by a function"):
            supplied[0].compute_optimal_instruments("normal", seed=0, iteration=ours.Iteration(Own()))


@pytest.mark.parametrize("constant", [True, False])
def test_simulations_by_both(constant):
    found, owns = [], []
    for m in BOTH:
        simulation = m.Simulation(
            (m.Formulation("1 + prices + x"), m.Formulation("0 + x"), m.Formulation("1 + x + z + shares")),
            m.build_id_data(T=6, J=8, F=3), beta=[1, -3, 2], sigma=0.7, gamma=[3, 0.5, 0.4, 2.0],
            integration=m.Integration("product", 5), seed=0,
        )
        owns.append(Own())
        iteration = m.Iteration(owns[-1], {"atol": 1e-13})
        found.append(simulation.replace_endogenous(iteration=iteration, constant_costs=constant))
    for name in ("prices", "shares"):
        same(*(r.product_data[name] for r in found), 1e-10)
    same(*(r.costs for r in found), 1e-10)
    assert owns[0].calls == 6 and found[0].fp_converged.all()
    assert found[0].contraction_evaluations.sum() == owns[0].evaluations
    engine = found[0].simulation.replace_endogenous(constant_costs=constant)
    same(engine.product_data.prices, found[0].product_data.prices, 1e-10)
    with pytest.raises(ours.exceptions.SyntheticPricesConvergenceError, match="no certified equilibrium"):
        found[0].simulation.replace_endogenous(iteration=ours.Iteration(Own(), {"most": 1}))


# ---- fixed points of any function --------------------------------------------------------------


def square_root(x):
    """Heron's step towards the root of two, damped so that plain iteration is slow."""
    return 0.9 * x + 0.1 * 2 / x


@pytest.mark.parametrize("method", [m for m in ours.Iteration._METHODS if m != "return"])
def test_every_method_finds_a_fixed_point(method):
    found = ours.Iteration(method).find(np.ones((2, 1)), square_root)
    assert found.converged and found.values.shape == (2, 1)
    np.testing.assert_allclose(found.values, np.sqrt(2), atol=1e-4)  # SciPy's own tolerance is 6e-6
    assert found.evaluations >= found.iterations > 0


def test_methods_with_derivatives():
    def step(x):
        return square_root(x), None, np.diag(0.9 - 0.2 / x.ravel() ** 2)

    for method in ("hybr", "lm"):
        exact = ours.Iteration(method, compute_jacobian=True).find(np.ones(3), step)
        assert exact.converged and exact.evaluations < ours.Iteration(method).find(np.ones(3), square_root).evaluations
        np.testing.assert_allclose(exact.values, np.sqrt(2), rtol=1e-7)
    with pytest.raises(entrant.InputError, match="derivatives"):
        ours.Iteration("lm", compute_jacobian=True).find(np.ones(3), square_root)


def test_acceleration_needs_fewer_evaluations():
    plain, fast = (ours.Iteration(m, {"atol": 1e-12}).find(np.ones(1), square_root) for m in ("simple", "squarem"))
    assert fast.converged and fast.evaluations < plain.evaluations / 4
    weighted = ours.Iteration("simple", {"atol": 1e-12}).find(np.ones(1), lambda x: (square_root(x), np.array([1e6]), None))
    assert weighted.evaluations > plain.evaluations
    loose = ours.Iteration("simple", {"atol": 0, "rtol": 1e-3}).find(np.ones(1), square_root)
    assert loose.converged and loose.evaluations < plain.evaluations / 2


def test_values_that_are_not_finite_end_an_iteration():
    def falls_off(x):
        return np.where(x > 3, np.nan, x + 1)

    for method in ("simple", "squarem", "anderson", "lm"):
        found = ours.Iteration(method).find(np.zeros(1), falls_off)
        assert not found.converged and np.isfinite(found.values).all()
    assert not ours.Iteration("simple", {"max_evaluations": 3}).find(np.ones(1), square_root).converged


@pytest.mark.parametrize(
    ("method", "options", "said"),
    [
        ("simple", {"atol": -1}, "atol"), ("simple", {"atol": 0}, "both zero"), ("simple", {"scheme": 1}, "no option `scheme`"),
        ("squarem", {"scheme": 4}, "scheme"), ("squarem", {"step_max": -1.0}, "step_max"), ("return", {"atol": 1}, "no options"),
        ("simple", {"max_evaluations": 0}, "max_evaluations"), ("simple", {"norm": 2}, "norm"), ("odd", {}, "no method"),
        ("simple", 3, "dictionary"),
    ],
)
def test_options_that_make_no_sense(method, options, said):
    with pytest.raises(entrant.InputError, match=said):
        ours.Iteration(method, options)


def test_progress_of_an_iteration(capsys, monkeypatch):
    monkeypatch.setattr(ours.options, "verbose", True)
    found = ours.Iteration("simple", {"max_evaluations": 4}, universal_display=True).find(np.ones(1), square_root)
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 1 + found.evaluations == 5 and "Max Norm" in lines[0]
