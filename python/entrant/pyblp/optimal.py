"""Optimal instruments."""

from __future__ import annotations

import time
from typing import Any

import numpy as np

from ..errors import InputError, NotSupportedError
from .configurations import Iteration, note
from .problem import Problem
from .saved import Saved
from .tables import say, seconds, table


class OptimalInstrumentResults(Saved):
    """Optimal instruments at estimates (Chamberlain 1987), with PyBLP's attributes."""

    def __init__(self, results: Any, made: dict[str, Any], how: tuple[str, int, float]) -> None:
        self.problem_results = results
        self._made = made
        self.method, self.draws, self.computation_time = how
        problem = results.problem
        kinds = [p["kind"] for p in results._engine.parameters]
        self.expected_xi_by_theta_jacobian = made["d_xi"]
        self.expected_omega_by_theta_jacobian = made["d_omega"]
        self.expected_prices = made["prices"][:, None]
        self.expected_shares = made["shares"][:, None]
        self.inverse_covariance_matrix = made["inverse_covariance"]
        exogenous = int((~problem._x1.depends.any(axis=1)).sum())
        z = made["demand_instruments"][0]
        self.demand_instruments = z[:, : z.shape[1] - exogenous]
        self.supply_instruments = np.zeros((problem.N, 0))
        if problem.K3:
            z = made["supply_instruments"][0]
            self.supply_instruments = z[:, : z.shape[1] - int((~problem._x3.depends.any(axis=1)).sum())]
        self._kinds = kinds

    def to_problem(self) -> OptimalInstrumentProblem:
        """The problem with these instruments in place of the excluded ones."""
        return OptimalInstrumentProblem(self)

    def __str__(self) -> str:
        cells = [
            (["Computation", "Time"], seconds(self.computation_time)),
            (["Error Term", "Draws"], str(self.draws)),
        ]
        return table("Optimal Instrument Results Summary", [h for h, _ in cells], [[c for _, c in cells]])

    __repr__ = __str__


class OptimalInstrumentProblem(Problem):
    """A problem with optimal instruments."""

    def __init__(self, results: OptimalInstrumentResults) -> None:
        old = results.problem_results.problem
        dropped = {*old._demand_instruments, *old._supply_instruments}
        data = {n: v for n, v in old._products.items() if n not in dropped}
        data["demand_instruments"] = results.demand_instruments
        if old.K3:
            data["supply_instruments"] = results.supply_instruments
        super().__init__(
            old.product_formulations, data, old.agent_formulation, old._agents, None, old.rc_types or None,
            old.epsilon_scale, old.costs_type,
        )


def compute(results: Any, given: dict[str, Any]) -> OptimalInstrumentResults:
    """Optimal instruments at the estimates."""
    method, draws, seed = given["method"], given["draws"], given["seed"]
    if method not in ("approximate", "normal", "empirical"):
        raise InputError("`method` is `approximate`, `normal` or `empirical`")
    if given["iteration"] is not None and not isinstance(given["iteration"], Iteration):
        raise TypeError("`iteration` is an `Iteration`")
    if given["iteration"] is not None:
        note("`iteration`: equilibrium prices are found in the engine's own way")
    if method != "approximate" and seed is None:
        raise NotSupportedError(f"`{method}` without `seed`: draws come from a seed here, always")
    if method != "approximate":
        note("errors are drawn from the engine's own streams: other draws than PyBLP's for a seed")
    prices = given["expected_prices"]
    if prices is not None:
        prices = np.asarray(prices, dtype=float).ravel()
    began = time.monotonic()
    say("Computing optimal instruments ...")
    made = results._fit.optimal(method, int(draws), int(seed or 0), prices)
    if made["reverted"]:
        names = ", ".join(made["reverted"][:5])
        note(f"prices could not be solved in {len(made['reverted'])} markets: {names}")
    done = time.monotonic() - began
    out = OptimalInstrumentResults(results, made, (method, 1 if method == "approximate" else int(draws), done))
    say(f"Computed optimal instruments after {seconds(done)}.\n\n{out}")
    return out
