"""Equilibrium prices, with costs that stay or that depend on shares."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ..errors import NotSolvedError
from . import iterated
from .configurations import Iteration
from .formulation import Design

USABLE = ("exact", "certified", "almost", "multiple")
"""What prices may be used for."""
_ROUNDS = 1000
"""Most rounds of prices and costs, where costs depend on shares."""
_SETTLED = 1e-14

Found = tuple[np.ndarray, list[dict[str, Any]], np.ndarray]


def settings(iteration: Iteration | None) -> tuple[float, int]:
    """Tolerance and number of evaluations for equilibrium prices."""
    options = iteration._options if iteration is not None and not iterated.is_own(iteration) else {}
    return float(options.get("atol", 1e-13)), int(options.get("max_evaluations", 1000))


def depend_on_shares(results: Any) -> bool:
    """Whether costs have shares in their formulation."""
    side = results._cost_side()
    return side is not None and bool(Design(side[0], side[1]).depends[:, 1].any())


def costs_at(results: Any, costs: np.ndarray, shares: np.ndarray) -> np.ndarray:
    """Costs (rows) at other shares than those of the data, at which they are `costs`; the same where they do not
    depend on shares. Shares that are not known, `nan`, are those of the data."""
    if not depend_on_shares(results):
        return costs
    formulation, data, gamma, kind = results._cost_side()
    before = data["shares"].astype(float)
    there = Design(formulation, {**data, "shares": np.where(np.isnan(shares), before, shares)})
    change = (there.values - Design(formulation, data).values) @ gamma
    return costs * np.exp(change) if kind == "log" else costs + change


def prices(
    results: Any, where: tuple[list[int], list[np.ndarray], list[np.ndarray]], given: tuple[np.ndarray, np.ndarray],
    iteration: Iteration | None, constant_costs: bool,
) -> Found:
    """Prices (rows), what they are in each market, and costs there (rows): by a function of the caller's where
    `iteration` is one. `where` has markets, their rows and owners; `given` costs at the data and starting prices.
    Firms set prices as if costs stayed."""
    moving = not constant_costs and depend_on_shares(results)
    if iteration is not None and iterated.is_own(iteration):
        return _by_caller(results, where, given, iteration, moving)
    at, _, owners = where
    costs, start = given
    base = costs
    for _ in range(_ROUNDS):
        found, told = results._fit.prices(at, owners, costs, start, *settings(iteration))
        if not moving:
            return np.asarray(found), told, costs
        shares = _shares(results, at, found)
        moved, start = costs_at(results, base, shares), np.where(np.isnan(found), start, found)
        if np.abs(moved - costs).max() <= _SETTLED * np.abs(costs).max():
            return np.asarray(found), told, costs
        costs = moved
    raise NotSolvedError(f"costs that depend on shares did not settle in {_ROUNDS} rounds")


def _shares(results: Any, at: list[int], prices: np.ndarray) -> np.ndarray:
    """Shares of markets at prices; `nan` in others."""
    own = results.problem._products["prices"].astype(float)
    return np.asarray(results._fit.shares(at, np.where(np.isnan(prices), own, prices)))


def _by_caller(results: Any, where: tuple, given: tuple, iteration: Iteration, moving: bool) -> Found:
    (at, rows, owners), (base, start) = where, given
    found, counted = np.array(start), []
    for t, r, own in zip(at, rows, owners):
        price_map = results._fit.price_map(t, np.ascontiguousarray(own, dtype=float))
        found[r], stats = iterated.prices(iteration, price_map, start[r], _costs_of(results, base, r, moving))
        counted.append(stats)
    finite = np.isfinite(found)
    shown = np.where(finite, found, start)
    costs = costs_at(results, base, _shares(results, at, shown)) if moving else base
    _, told = results._fit.prices(at, owners, costs, shown, *settings(None), False)
    for stats, market, r in zip(counted, told, rows):
        market |= {"evaluations": stats.evaluations, "iterations": stats.iterations}
        if not stats.converged or not finite[r].all():
            market["status"] = "not_converged"
    return found, told, costs


def _costs_of(
    results: Any, base: np.ndarray, rows: np.ndarray, moving: bool
) -> Callable[[np.ndarray | None], np.ndarray]:
    """Costs of a market at its shares."""
    own = base[rows]

    def at(shares: np.ndarray | None) -> np.ndarray:
        if shares is None or not moving:
            return own
        everywhere = np.full(len(base), np.nan)
        everywhere[rows] = shares
        return costs_at(results, base, everywhere)[rows]

    return at
