"""Optimal instruments."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any

import numpy as np

from .. import _frames
from ..errors import FormulaError, InputError, NotSupportedError
from . import elsewhere
from .bootstrap import Drawn
from .configurations import Iteration, note
from .equilibrium import depend_on_shares
from .formulation import Design, Formulation
from .iterated import is_own
from .problem import Problem
from .saved import Saved
from .tables import say, seconds, table


class OptimalInstrumentResults(Saved):
    """Optimal instruments at estimates (Chamberlain 1987), with PyBLP's attributes."""

    def __init__(self, results: Any, made: dict[str, Any], how: tuple[str, int, float]) -> None:
        self.problem_results = results
        self._made = made
        self.method, self.draws, self.computation_time = how
        self.expected_xi_by_theta_jacobian = made["d_xi"]
        self.expected_omega_by_theta_jacobian = made["d_omega"]
        self.expected_prices = made["prices"][:, None]
        self.expected_shares = made["shares"][:, None]
        self.inverse_covariance_matrix = made["inverse_covariance"]
        self.demand_instruments, self.supply_instruments = made["demand"], made["supply"]
        problem = results.problem
        self.supply_shifter_formulation = self.demand_shifter_formulation = None
        if problem.K3:
            self.supply_shifter_formulation = _shifters(problem._x3, problem._x1)
            self.demand_shifter_formulation = _shifters(problem._x1, problem._x3)
        converged = [str(m) not in made["reverted"] for m in problem.unique_market_ids]
        self.fp_converged = np.repeat(np.array(converged)[:, None], self.draws, axis=1)

    def to_problem(
        self, supply_shifter_formulation: Formulation | None = None, demand_shifter_formulation: Formulation | None = None,
        product_data: Any = None, drop_indices: Sequence[int] | None = None,
    ) -> OptimalInstrumentProblem:
        """The problem with these instruments in place of the excluded ones.

        Those of coefficients of exogenous characteristics are left out, as the characteristics are
        instruments themselves; where coefficients of prices or shares are solved for, their columns at
        expected prices and shares are added, and so is what shifts the other side alone: columns of the
        formulations of shifters, without their constants, in `product_data` if that is given. `drop_indices` are of
        columns of both sides' instruments that are left out instead of the former.
        """
        given = (supply_shifter_formulation, demand_shifter_formulation)
        if any(f is not None for f in given) and not self.problem_results.problem.K3:
            raise InputError("shifters need a supply side")
        problem = self.problem_results.problem
        own = ((problem._x3, problem._x1), (problem._x1, problem._x3)) if problem.K3 else ()
        data = problem._products if product_data is None else _frames.columns(product_data)
        shifters = [_columns(f, data) if f is not None else x.values[:, _shifting(x, y)] for f, (x, y) in zip(given, own)]
        return OptimalInstrumentProblem(problem, *self._excluded(shifters, drop_indices))

    def __getattr__(self, name: str) -> Any:
        if name in ("fp_iterations", "contraction_evaluations"):
            raise NotSupportedError(f"`OptimalInstrumentResults.{name}`: expected prices are found inside the engine")
        raise AttributeError(f"`OptimalInstrumentResults` has no attribute `{name}`")

    def _excluded(
        self, shifters: list[np.ndarray], dropped: Sequence[int] | None
    ) -> tuple[np.ndarray, np.ndarray]:
        """Excluded instruments of demand and of supply."""
        results = self.problem_results
        problem = results.problem
        one, _, three = problem.product_formulations
        x1, x3 = problem._x1, problem._x3
        solved_beta, solved_gamma = results._engine.solved
        sides = {"beta": x1, "gamma": x3}
        kept = [
            k for k, p in enumerate(results._engine.parameters)
            if p["kind"] != "phi" and (p["kind"] not in sides or sides[p["kind"]].depends[p["row"]].any())
        ]
        if dropped is not None:
            if wrong := [k for k in dropped if not 0 <= k < self.demand_instruments.shape[1]]:
                raise InputError(f"`drop_indices`: there is no column {wrong[0]}")
            kept = [k for k in range(self.demand_instruments.shape[1]) if k not in set(dropped)]
        data = problem._products
        demand = [self.demand_instruments[:, kept]]
        moving = [k for k in solved_beta if x1.depends[k, 0]]
        if moving:
            there = Design(one, {**data, "prices": self.expected_prices[:, 0]})
            demand.append(there.values[:, moving])
        if x3 is None:
            return np.column_stack(demand), np.zeros((problem.N, 0))
        supply = [self.supply_instruments[:, kept]]
        moving = [k for k in solved_gamma if x3.depends[k, 1]]
        if moving:
            there = Design(three, {**data, "shares": self.expected_shares[:, 0]})
            supply.append(there.values[:, moving])
        demand.append(shifters[0])
        supply.append(shifters[1])
        return np.column_stack(demand), np.column_stack(supply)

    def __str__(self) -> str:
        cells = [
            (["Computation", "Time"], seconds(self.computation_time)),
            (["Error Term", "Draws"], str(self.draws)),
        ]
        return table("Optimal Instrument Results Summary", [h for h, _ in cells], [[c for _, c in cells]])

    __repr__ = __str__


class OptimalInstrumentProblem(Problem):
    """A problem with optimal instruments."""

    def __init__(self, problem: Problem, demand_instruments: np.ndarray, supply_instruments: np.ndarray) -> None:
        old = problem
        dropped = {*old._demand_instruments, *old._supply_instruments}
        data = {n: v for n, v in old._products.items() if n not in dropped}
        data["demand_instruments"] = demand_instruments
        if old.K3:
            data["supply_instruments"] = supply_instruments
        super().__init__(
            old.product_formulations, _frames.columns(data), old.agent_formulation, old._agents, None, old.rc_types or None,
            old.epsilon_scale, old.costs_type,
        )


def _shifting(of: Design, without: Design) -> list[int]:
    """Columns of exogenous characteristics that one side has and the other does not."""
    return [
        k for k, name in enumerate(of.names)
        if name != "Intercept" and not of.depends[k].any() and name not in without.names
    ]


def _shifters(of: Design, without: Design) -> Formulation | None:
    """The same as a formulation; nothing where there are none, or they are levels of a category."""
    names = [of.names[k] for k in _shifting(of, without)]
    try:
        return Formulation(" + ".join(["0", *names])) if names else None
    except FormulaError:
        return None


def _columns(of: Formulation, data: dict[str, np.ndarray]) -> np.ndarray:
    """Columns of a formulation but the constant."""
    design = Design(of, data)
    return design.values[:, [k for k, name in enumerate(design.names) if name != "Intercept"]]


def compute(results: Any, given: dict[str, Any]) -> OptimalInstrumentResults:
    """Optimal instruments at the estimates."""
    method, draws, seed = given["method"], given["draws"], given["seed"]
    if method not in ("approximate", "normal", "empirical"):
        raise InputError("`method` is `approximate`, `normal` or `empirical`")
    if given["iteration"] is not None and not isinstance(given["iteration"], Iteration):
        raise TypeError("`iteration` is an `Iteration`")
    # Without a supply side, or with costs that depend on shares and no `iteration`, expected prices are fitted values.
    asked = given["iteration"] is not None and results.problem.K3 > 0 and given["expected_prices"] is None
    here = asked and (is_own(given["iteration"]) or depend_on_shares(results))
    if given["iteration"] is not None and not here:
        note("`iteration`: equilibrium prices are found in the engine's own way")
    if method != "approximate" and seed is None:
        seed = int(np.random.default_rng().integers(2**63))  # other draws at every call, as in PyBLP
    if method != "approximate":
        note("errors are drawn from the engine's own streams: other draws than PyBLP's for a seed")
    prices = given["expected_prices"]
    if prices is not None:
        prices = np.asarray(prices, dtype=float).ravel()
    elif here and method != "approximate":
        raise NotSupportedError(f"`{method}` with an `iteration` by a function, or with costs that depend on shares")
    elif here:
        prices = _expected_prices(results, given)
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


def _expected_prices(results: Any, given: dict[str, Any]) -> np.ndarray:
    """Equilibrium prices where both errors are zero, by a function of the caller's or at costs that follow shares."""
    tilde = results.tilde_costs - results.omega
    costs = np.exp(tilde) if results.problem.costs_type == "log" else tilde
    delta = np.asarray(results._fit.delta) - results.xi[:, 0]
    fit = results._fit.moved(results._values(), list(results._fit.beta), list(delta))
    at = elsewhere.Elsewhere(results.problem, results._engine, fit)
    drawn = Drawn(at, results.beta[:, 0], results.gamma)
    return drawn._solved_prices(None, None, costs, None, given["iteration"], given["constant_costs"], None)[0]
