"""Nodes and weights of integrals over normal tastes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from statistics import NormalDist
from typing import Any

import numpy as np

from .. import _engine
from ..errors import InputError
from .configurations import format_options

_OPTIONS = {
    "monte_carlo": {"seed"}, "halton": {"seed", "discard", "scramble"}, "lhs": {"seed"}, "mlhs": {"seed"},
}
_quantile = np.vectorize(NormalDist().inv_cdf, otypes=[float])


class Integration:
    """Nodes and weights for tastes.

    Random rules draw the same numbers as PyBLP for a seed; `product`, `nested_product`, `grid` and
    `nested_grid` have the same nodes up to their order.
    """

    _NAMES = {
        "monte_carlo": "with Monte Carlo simulation",
        "halton": "with Halton sequences",
        "lhs": "with latin hypercube sampling (LHS)",
        "mlhs": "with modified latin hypercube sampling (MLHS)",
        "product": "according to the level-{} Gauss-Hermite product rule",
        "nested_product": "according to the level-{} nested Gauss-Hermite product rule",
        "grid": "in a sparse grid according to the level-{} Gauss-Hermite rule",
        "nested_grid": "in a sparse grid according to the level-{} nested Gauss-Hermite rule",
    }

    def __init__(
        self, specification: str, size: int, specification_options: Mapping[str, Any] | None = None
    ) -> None:
        if specification not in self._NAMES:
            raise InputError(f"`{specification}` is no rule of integration")
        if not isinstance(size, (int, np.integer)) or size < 1:
            raise InputError("the size of an integration is a positive whole number")
        self._specification, self._size = specification, int(size)
        self._options = {"discard": 1000, "scramble": True} if specification == "halton" else {}
        self._options.update(specification_options or {})
        # A rule without draws takes a seed, which says nothing there.
        if unknown := set(self._options) - _OPTIONS.get(specification, {"seed"}):
            raise InputError(f"`{specification}` has no options {sorted(unknown)}")

    def __str__(self) -> str:
        how = self._NAMES[self._specification].format(self._size)
        return f"Configured to construct nodes and weights {how} with options {format_options(self._options)}."

    __repr__ = __str__

    def _nodes(self, dimensions: int, markets: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Positions of markets, nodes and weights, a row for each consumer of each market."""
        if self._specification in _OPTIONS:
            nodes = np.concatenate([*self._random(dimensions, markets)])
            return np.repeat(np.arange(markets), self._size), nodes, np.full(len(nodes), 1 / self._size)
        nodes, weights = _engine.nodes(self._specification, self._size, dimensions)
        of = np.repeat(np.arange(markets), len(weights))
        return of, np.tile(nodes, (markets, 1)), np.tile(weights, markets)

    def _random(self, dimensions: int, markets: int) -> Iterator[np.ndarray]:
        """Nodes of one market after the other, from one stream of random numbers."""
        state = np.random.RandomState(self._options.get("seed"))
        n = self._size
        for t in range(markets):
            if self._specification == "monte_carlo":
                yield state.normal(size=(n, dimensions))
            elif self._specification == "halton":
                first = self._options["discard"] + t * n
                digits = state if self._options["scramble"] else None
                yield _quantile(_halton(np.arange(first, first + n), dimensions, digits))
            else:
                shifts = 1 if self._specification == "mlhs" else n
                yield _quantile(_strata(n, dimensions, shifts, state))


def _halton(indices: np.ndarray, dimensions: int, scramble: np.random.RandomState | None) -> np.ndarray:
    """Points of the Halton sequence; digits of each place are permuted at random (Owen 2017)."""
    points = np.zeros((len(indices), dimensions))
    for column, base in zip(points.T, _primes(dimensions)):
        left, place = indices, 1.0 / base
        while 1.0 - place < 1.0:
            left, digits = np.divmod(left, base)
            column += place * (digits if scramble is None else scramble.permutation(base)[digits])
            place /= base
    return points


def _strata(n: int, dimensions: int, shifts: int, state: np.random.RandomState) -> np.ndarray:
    """One point in each of `n` slices of every dimension, in random order; with one shift for all slices
    of a dimension (Hess, Train and Polak 2006) or one for each."""
    columns = [state.permutation(np.arange(n) + state.uniform(size=shifts)) / n for _ in range(dimensions)]
    return np.column_stack(columns) if columns else np.zeros((n, 0))


def _primes(count: int) -> list[int]:
    found: list[int] = []
    candidate = 2
    while len(found) < count:
        if all(candidate % p for p in found):
            found.append(candidate)
        candidate += 1
    return found
