"""The same parameters on other data: other agents, other characteristics, other prices."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Any

import numpy as np

from .. import _frames
from ..errors import InputError
from . import options
from .formulation import Design
from .integration import Integration


def of_products(problem: Any, changed: Mapping[str, np.ndarray]) -> Any:
    """A problem with some columns of its products replaced."""
    other = _copy(problem)
    other._products = {**problem._products, **changed}
    other._read_products()
    return other


def of_agents(problem: Any, agent_data: Any, integration: Integration | None) -> Any:
    """A problem with other agents."""
    other = _copy(problem)
    if problem._x2 is None:
        raise InputError("agents are only needed with a formulation of X2")
    other._read_agents(None if agent_data is None else _frames.columns(agent_data), integration)
    return other


def _copy(problem: Any) -> Any:
    other = copy.copy(problem)
    for name in ("products", "agents"):
        vars(other).pop(name, None)  # read of the tables when asked for
    return other


def evaluated(problem: Any, results: Any) -> tuple[Any, Any]:
    """The engine's half of a problem at the parameters of results, with the mean utilities that give the
    shares of its data."""
    verbose, options.verbose = options.verbose, False
    try:
        engine = problem._bind(results._engine.study)
        return engine, engine.step(results._values(), engine.first_weighting, False, False)
    finally:
        options.verbose = verbose


def moved(problem: Any, results: Any, delta: np.ndarray | None = None) -> Any:
    """What results say on other data: at given mean utilities (rows), or at their own, which follow the
    characteristics with the coefficients of results."""
    engine, fit = evaluated(problem, results)
    if delta is None:
        shift = (problem._x1.values - results.problem._x1.values) @ results._beta()
        delta = np.asarray(results._fit.delta) + shift
    fit = fit.moved(results._values(), list(results._fit.beta), list(delta))
    return Elsewhere(problem, engine, fit)


class Elsewhere:
    """A problem, its engine and its fit on other data."""

    def __init__(self, problem: Any, engine: Any, fit: Any) -> None:
        self.problem, self.engine, self.fit = problem, engine, fit


def at_prices(results: Any, prices: np.ndarray) -> np.ndarray:
    """By how much mean utilities move when prices do (rows)."""
    problem = results.problem
    design = Design(problem._one, {**problem._products, "prices": prices})
    return (design.values - problem._x1.values) @ results._beta()
