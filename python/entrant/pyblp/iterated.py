"""Mean utilities and prices by a function of the caller's, on the contractions of the model."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ..errors import InputError
from .configurations import Iteration, Stats

Bounds = tuple[float, float]
_STEP = float(np.finfo(float).eps ** (1 / 3))


def is_own(iteration: Iteration | None) -> bool:
    """Whether there is a function of the caller's to be run."""
    return iteration is not None and callable(iteration._method)


def replaces(iteration: Iteration | None) -> bool:
    """Whether mean utilities are those of a function of the caller's, or the given ones."""
    return iteration is not None and (is_own(iteration) or iteration._method == "return")


def of_caller(problem: Any, engine: Any, given: dict[str, Any]) -> Inversions | None:
    """The way to mean utilities that arguments of `solve` say; nothing where the engine's is to be taken."""
    if not replaces(given["iteration"]):
        return None
    check_shares(given["shares_bounds"], problem._products["shares"].astype(float))
    start = given["delta"]
    if start is not None:
        start = np.asarray(start, dtype=float).ravel()
        if start.size != problem.N:
            raise InputError(f"`delta` has {start.size} values, must have {problem.N}")
    elif given["iteration"]._method == "return":
        raise InputError("`Iteration('return')` returns `delta`, which must have a value for each product")
    how = (given["fp_type"], given["shares_bounds"], given["delta_behavior"])
    return Inversions(given["iteration"], engine.rows, how, start, not problem.K2)


def share_bounds(given: Any) -> Bounds:
    """Bounds of shares in a contraction."""
    if given is None:
        return 0.0, np.inf
    lower, upper = given
    out = 0.0 if lower is None else float(lower), np.inf if upper is None else float(upper)
    if not out[0] < out[1]:
        raise InputError(f"`shares_bounds`: the lower one, {out[0]:g}, is not below the upper one, {out[1]:g}")
    return out


def check_shares(given: Any, shares: np.ndarray) -> None:
    """Refuses bounds that shares of the data are not within: no mean utilities give these then."""
    lower, upper = share_bounds(given)
    outside = int(np.sum((shares < lower) | (shares > upper)))
    if outside:
        raise InputError(
            f"`shares_bounds`: {outside} shares of the data are not between {lower:g} and {upper:g}, so that a contraction "
            "on clipped shares has no fixed point; give bounds that these are within"
        )


class Inversions:
    """The way to mean utilities that a caller brings: called for one market after the other, at every evaluation.

    Without random coefficients there is a closed form, and nothing to iterate on. It keeps how each went: whether it
    converged, its iterations and evaluations, with a list for each evaluation of the objective.
    """

    def __init__(
        self, iteration: Iteration, rows: list[list[int]], how: tuple[str, Any, str], start: np.ndarray | None,
        closed: bool = False,
    ) -> None:
        self._iteration, self._rows = iteration, rows
        self._type, bounds, self._behavior = how
        self._bounds = share_bounds(bounds)
        self._start, self._closed = start, closed and callable(iteration._method)
        self._last: dict[int, np.ndarray] = {}
        self.told: list[list[Stats]] = []

    def __call__(self, t: int, contraction: Any) -> np.ndarray | None:
        """Mean utilities of the market at position `t`; nothing where the iteration does not converge."""
        if t == 0:
            self.told.append([])
        found, stats = self.find(contraction, self._from(t, contraction)) if not self._closed else _closed(contraction)
        self.told[-1].append(stats)
        if not stats.converged or not np.isfinite(found).all():
            return None
        self._last[t] = found
        return found

    def _from(self, t: int, contraction: Any) -> np.ndarray:
        if self._iteration._method == "return" and self._start is not None:
            return self._start[self._rows[t]]
        if self._behavior == "last" and t in self._last:
            return self._last[t]
        if self._behavior != "logit" and self._start is not None:
            return self._start[self._rows[t]]
        return np.array(contraction.start)

    def find(self, contraction: Any, start: np.ndarray) -> tuple[np.ndarray, Stats]:
        """The fixed point of a contraction of the engine: of mean utilities, or of their exponentials where that is
        asked for."""
        jacobian = self._iteration._compute_jacobian
        exponential = self._type in ("safe_nonlinear", "nonlinear")

        def step(x: np.ndarray) -> tuple[np.ndarray, None, np.ndarray | None]:
            with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
                after = contraction.step(np.log(x) if exponential else x, *self._bounds)
                after = np.exp(after) if exponential else after
                if not jacobian:
                    return after, None, None
                slopes = contraction.jacobian()
                return after, None, after[:, None] * slopes / x[None, :] if exponential else slopes

        stats = Stats()
        x = self._iteration._run(np.exp(start) if exponential else start, step, stats)
        with np.errstate(divide="ignore", invalid="ignore"):
            return np.log(x) if exponential else x, stats

    def counts(self, of: Callable[[Stats], Any], order: np.ndarray) -> np.ndarray:
        """Something of every market (rows, in this order) at every evaluation (columns)."""
        listed = [[of(stats) for stats in each] for each in self.told if len(each) == len(order)]
        return np.array(listed).reshape(-1, len(order)).T[order]


def _closed(contraction: Any) -> tuple[np.ndarray, Stats]:
    stats = Stats()
    stats.converged = True
    return np.array(contraction.start), stats


def prices(
    iteration: Iteration, price_map: Any, start: np.ndarray, costs: Callable[[np.ndarray | None], np.ndarray]
) -> tuple[np.ndarray, Stats]:
    """Prices of a market by a function of the caller's on `p <- c + zeta(p)` (Morrow and Skerlos 2011). Differences
    are weighted by the derivative of shares, so that their norm is that of derivatives of profits; derivatives of the
    map are by central differences. `costs` gives costs at shares, or constant ones."""

    def at(p: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        after, slope, share = price_map.step(costs(None), p)
        moved = costs(np.asarray(share))
        if moved is not costs(None):
            after, slope, _ = price_map.step(moved, p)
        return np.asarray(after), np.abs(np.asarray(slope))

    def step(p: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray | None]:
        after, weights = at(p)
        if not iteration._compute_jacobian:
            return after, weights, None
        slopes = np.empty((p.size, p.size))
        for k in range(p.size):
            by = _STEP * max(1.0, abs(p[k]))
            up, down = p.copy(), p.copy()
            up[k] += by
            down[k] -= by
            slopes[:, k] = (at(up)[0] - at(down)[0]) / (up[k] - down[k])
        return after, weights, slopes

    stats = Stats()
    return iteration._run(start, step, stats), stats
