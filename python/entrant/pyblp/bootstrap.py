"""Draws from the distribution of estimates, and what follows in each."""

from __future__ import annotations

import inspect
import time
from collections.abc import Callable
from functools import cached_property
from typing import Any

import numpy as np

from .. import _progress
from ..errors import InputError
from . import elsewhere, equilibrium, options
from .post import PostEstimation
from .saved import Saved
from .tables import say, seconds, table

_BY_DRAW = ("prices", "shares", "costs", "delta", "matrices")


class Drawn(PostEstimation):
    """The results in one draw."""

    def __init__(self, at: Any, beta: np.ndarray, gamma: np.ndarray) -> None:
        self.problem, self._engine, self._fit, self.gamma = at.problem, at.engine, at.fit, gamma
        # What its prices are, in each market.
        self._told: list[dict[str, Any]] = [{"status": "exact", "evaluations": 0}] * at.problem.T
        self._coefficients, self._delta = beta, np.asarray(at.fit.delta)
        self._shares = at.fit.shares(list(range(len(at.engine.markets))))

    def _observed_shares(self) -> np.ndarray:
        return self._shares

    def _beta(self) -> np.ndarray:
        return self._coefficients

    def _values(self) -> list[float]:
        return list(self._fit.values)


class BootstrappedResults(Saved):
    """Results at draws of the estimates, `N(estimates, covariance)` with errors held fixed. With a supply
    side, prices are in equilibrium at the costs of each draw.

    Its methods are those of `ProblemResults` on what follows from estimates, with a leading axis for
    draws; so are arrays of prices, shares, costs, mean utilities and matrices that are given to them.
    The draws are those of PyBLP for a seed.
    """

    def __init__(
        self, results: Any, draws: int, seed: int | None, iteration: Any, constant_costs: bool = True
    ) -> None:
        began = time.monotonic()
        self.problem_results, self.draws = results, draws
        problem = results.problem
        state = np.random.RandomState(seed)
        drawn = state.multivariate_normal(results.parameters.ravel(), results.parameter_covariances / problem.N, draws)
        lower, upper = np.array([(p["lower"], p["upper"]) for p in results._engine.parameters]).reshape(-1, 2).T
        free = len(lower)
        drawn[:, :free] = np.clip(drawn[:, :free], lower, upper)
        shapes = {n: getattr(results, n) for n in ("sigma", "pi", "rho", "phi", "beta", "gamma")}
        arrays = {n: np.repeat(v[None], draws, axis=0) for n, v in shapes.items()}
        for k, p in enumerate(results._engine.parameters):
            arrays[p["kind"]][:, p["row"], p["column"]] = drawn[:, k]
        of_beta, of_gamma = results._engine.solved
        last = free + len(of_beta)
        arrays["beta"][:, of_beta, 0] = drawn[:, free:last]
        arrays["gamma"][:, of_gamma, 0] = drawn[:, last:]
        for name, array in arrays.items():
            setattr(self, f"bootstrapped_{name}", array)
        moved = problem._x1.values @ (arrays["beta"] - results.beta)
        self._delta = results.delta + moved  # at the prices of the data
        self._parameters, self._free, self._last, self._iteration = drawn, free, last, iteration
        self._constant_costs = constant_costs
        if problem.K3:
            tilde = results.tilde_costs + problem._x3.values @ (arrays["gamma"] - results.gamma)
            self.bootstrapped_costs = np.exp(tilde) if problem.costs_type == "log" else tilde
        with _progress.of_stages(options.progress) as tell:
            self._draw_all(tell)
        self.bootstrapped_delta = np.stack([d._delta[:, None] for d in self._drawn])
        columns = (d.problem._products["prices"].astype(float)[:, None] for d in self._drawn)
        self.bootstrapped_prices = np.stack(list(columns))
        self.bootstrapped_shares = np.stack([d._shares[:, None] for d in self._drawn])
        told = [d._told for d in self._drawn]
        self.fp_converged = np.array([[m["status"] in equilibrium.USABLE for m in each] for each in told]).T
        self.contraction_evaluations = np.array([[m["evaluations"] for m in each] for each in told]).T
        self.fp_iterations = np.array([[m.get("iterations", m["evaluations"]) for m in each] for each in told]).T
        self.computation_time = time.monotonic() - began

    @cached_property
    def _drawn(self) -> list[Drawn]:
        return self._draw_all(None)

    def _draw_all(self, tell: Callable[[str, int, int], object] | None) -> list[Drawn]:
        """All draws, kept."""
        drawn = []
        for d in range(self.draws):
            drawn.append(self._draw(d))
            if tell:
                tell("bootstrapping", d + 1, self.draws)
        vars(self)["_drawn"] = drawn  # where the cached property keeps it
        return drawn

    def _draw(self, d: int) -> Drawn:
        results, theta = self.problem_results, self._parameters[d]
        problem, engine = results.problem, results._engine
        beta, gamma = self.bootstrapped_beta[d][:, 0], self.bootstrapped_gamma[d]
        fit = results._fit.moved(theta[: self._free], theta[self._free : self._last], self._delta[d].ravel())
        drawn = Drawn(elsewhere.Elsewhere(problem, engine, fit), beta, gamma)
        fixed = self._iteration is not None and self._iteration._method == "return"
        if not problem.K3 or fixed:
            return drawn
        costs = self.bootstrapped_costs[d]
        prices, told = drawn._solved_prices(None, None, costs, None, self._iteration, self._constant_costs, None)
        shares = fit.shares(list(range(len(engine.markets))), prices)
        delta = self._delta[d].ravel() + elsewhere.at_prices(drawn, prices)
        other = elsewhere.of_products(problem, {"prices": prices, "shares": shares})
        other_engine, at = elsewhere.evaluated(other, results)
        at = at.moved(results._of_engine(theta[: self._free]), theta[self._free : self._last], delta)
        found = Drawn(elsewhere.Elsewhere(other, other_engine, at), beta, gamma)
        found._told = told
        return found

    def __getstate__(self) -> dict[str, Any]:
        """Everything but the engine's half, which is made again when it is asked for."""
        return {n: v for n, v in vars(self).items() if n != "_drawn"}

    def __setstate__(self, state: dict[str, Any]) -> None:
        vars(self).update(state)

    def __getattr__(self, name: str) -> Any:
        method = getattr(PostEstimation, name, None)
        if name.startswith("_") or method is None:
            raise AttributeError(f"`BootstrappedResults` has no attribute `{name}`")
        names = list(inspect.signature(method).parameters)[1:]

        def each(*arguments: Any, **more: Any) -> np.ndarray:
            if len(arguments) > len(names):
                raise TypeError(f"{name}() takes {len(names)} arguments")
            given = {**dict(zip(names, arguments)), **more}
            return np.stack([self._one(drawn, name, given, d) for d, drawn in enumerate(self._drawn)])

        each.__name__, each.__doc__ = name, method.__doc__
        return each

    def _one(self, drawn: Drawn, name: str, given: dict[str, Any], d: int) -> np.ndarray:
        def of_draw(key: str, value: Any) -> Any:
            stacked = key in _BY_DRAW and np.ndim(value) == 3 and len(value) == self.draws
            return value[d] if stacked else value

        return getattr(drawn, name)(**{k: of_draw(k, v) for k, v in given.items()})

    def __str__(self) -> str:
        cells = [
            (["Computation", "Time"], seconds(self.computation_time)), (["Bootstrap", "Draws"], str(self.draws)),
        ]
        return table("Bootstrapped Results Summary", [h for h, _ in cells], [[c for _, c in cells]])

    __repr__ = __str__


def bootstrap(results: Any, draws: int, seed: int | None, iteration: Any, constant_costs: bool) -> BootstrappedResults:
    """Results at draws of the estimates."""
    if not isinstance(draws, (int, np.integer)) or draws < 1:
        raise InputError("`draws` is a positive whole number")
    if not np.isfinite(results.parameter_covariances).all():
        raise InputError("the estimates have no covariance to draw from")
    say("Bootstrapping results ...")
    out = BootstrappedResults(results, int(draws), seed, iteration, constant_costs)
    say(f"Bootstrapped results after {seconds(out.computation_time)}.\n\n{out}")
    return out
