"""Fixed points of a function: the methods that `Iteration` names.

A function gives the next values at some values, perhaps with weights of their differences and with its derivatives.
All methods give values and whether they are a fixed point, and stop at the last values that were finite.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from ..errors import InputError, MissingPackageError

Step = Callable[[np.ndarray], "tuple[np.ndarray, np.ndarray | None, np.ndarray | None]"]

_PLAIN = {"atol": 1e-14, "rtol": 0.0, "max_evaluations": 5000}
_SQUARED = {"scheme": 3, "step_min": 1.0, "step_max": 1.0, "step_factor": 4.0}
QUASI_NEWTON = ("broyden1", "broyden2", "anderson", "krylov", "diagbroyden", "df-sane")
"""Methods of SciPy that approximate derivatives."""
WITH_JACOBIAN = ("hybr", "lm")
"""Methods of SciPy that take derivatives, or approximate them."""
_NEAR = float(np.sqrt(np.finfo(float).eps))
METHODS = ("simple", "squarem", *QUASI_NEWTON, *WITH_JACOBIAN, "return")
"""Names of all methods."""


class FixedPoint(NamedTuple):
    """Where an iteration ended."""

    values: np.ndarray
    """The values, in the shape of the start."""
    converged: bool
    """Whether the method says that they are a fixed point."""
    iterations: int
    """Major iterations."""
    evaluations: int
    """Evaluations of the function."""


def largest(x: np.ndarray) -> float:
    """The largest absolute value."""
    return float(np.abs(x).max(initial=0.0))


def complete(method: str, given: dict[str, Any]) -> dict[str, Any]:
    """Options of a method with the defaults of those that are not given; refuses ones that make no sense."""
    if method == "return" and given:
        raise InputError("`return` has no options")
    if method not in ("simple", "squarem"):
        return given
    known = {**_PLAIN, "norm": largest, **(_SQUARED if method == "squarem" else {})}
    if unknown := set(given) - set(known):
        raise InputError(f"`{method}` has no option `{sorted(unknown)[0]}`; it has {', '.join(known)}")
    of = {**known, **given}
    if not (of["atol"] >= 0 and of["rtol"] >= 0 and of["atol"] + of["rtol"] > 0):
        raise InputError("`atol` and `rtol` must not be negative, and not both zero")
    if not isinstance(of["max_evaluations"], (int, np.integer)) or of["max_evaluations"] < 1:
        raise InputError("`max_evaluations` must be a positive whole number")
    if not callable(of["norm"]):
        raise InputError("`norm` must be a function")
    if method == "squarem":
        if of["scheme"] not in (1, 2, 3):
            raise InputError("`scheme` must be 1, 2 or 3")
        if not (of["step_max"] > 0 and of["step_factor"] > 0 and of["step_min"] <= of["step_max"]):
            raise InputError("`step_max` and `step_factor` must be positive, and `step_min` not above `step_max`")
    return of


class _Walk:
    """Steps of a function, counted and judged."""

    def __init__(self, step: Step, options: dict[str, Any]) -> None:
        self._step, self._of, self.left = step, options, int(options["max_evaluations"])
        self.over = self.converged = False

    def take(self, x: np.ndarray) -> np.ndarray:
        """The next values; `x` itself where they are not finite. `over` says that there is nothing to go on for."""
        self.left -= 1
        after, weights, _ = self._step(x)
        if not finite(after, weights):
            self.over = True
            return x
        by = 1.0 if weights is None else weights
        norm, limit = self._of["norm"], self._of["atol"]
        if self._of["rtol"] > 0:
            limit += self._of["rtol"] * norm(by * after)
        self.converged = bool(norm(by * (after - x)) < limit)
        self.over = self.converged or self.left == 0
        return after


def simple(start: np.ndarray, step: Step, iterated: Callable[[], None], **options: Any) -> tuple[np.ndarray, bool]:
    """Step after step."""
    walk, x = _Walk(step, options), start
    while not walk.over:
        x = walk.take(x)
        iterated()
    return x, walk.converged


def squarem(start: np.ndarray, step: Step, iterated: Callable[[], None], **options: Any) -> tuple[np.ndarray, bool]:
    """Two steps, a squared extrapolation `x - 2 a r + a^2 v` and a step from there (Varadhan and Roland 2008,
    schemes S1 to S3), with `-a` held between bounds that widen where they bind."""
    walk, x = _Walk(step, options), start
    least, most = float(options["step_min"]), float(options["step_max"])
    while True:
        first = walk.take(x)
        if walk.over:
            return first, walk.converged
        second = walk.take(first)
        if walk.over:
            return second, walk.converged
        r = first - x
        v = (second - first) - r
        length = float(np.clip(_length(options["scheme"], r.ravel(), v.ravel()), least, most))
        if length == most:
            most *= options["step_factor"]
        if length == least < 0:
            least *= options["step_factor"]
        x = walk.take(x + 2 * length * r + length**2 * v)
        iterated()
        if walk.over:
            return x, walk.converged


def _length(scheme: int, r: np.ndarray, v: np.ndarray) -> float:
    """The length of the extrapolation; one, which is two plain steps, where none is defined."""
    of = {1: (-(r @ v), v @ v), 2: (-(r @ r), r @ v), 3: (np.sqrt(r @ r), np.sqrt(v @ v))}
    above, below = of[scheme]
    return float(above / below) if below != 0 else 1.0


def by_scipy(
    method: str, start: np.ndarray, step: Step, iterated: Callable[[], None], jacobian: bool, options: dict[str, Any]
) -> tuple[np.ndarray, bool]:
    """A root of `x - f(x)` by `scipy.optimize.root`. Weights enter the norm that ends quasi-Newton methods."""
    try:
        from scipy import optimize
    except ImportError as e:
        raise MissingPackageError(f"Iteration(`{method}`) needs SciPy: pip install entrant[scipy]") from e
    shape, options = start.shape, dict(options)
    weights: list[Any] = [1.0]
    good, failed = [start.ravel()], [False]
    if method in QUASI_NEWTON:
        name = "fnorm" if method == "df-sane" else "tol_norm"
        norm = options.get(name, largest)
        options[name] = lambda gap: norm(weights[0] * gap)

    def gap(x: np.ndarray) -> Any:
        after, by, slopes = step(np.asarray(x, dtype=float).reshape(shape))
        if method in WITH_JACOBIAN:
            iterated()
        if not finite(after, by, slopes):
            # A root as far as SciPy is concerned, which ends the search.
            failed[0], after, slopes = True, x.reshape(shape), np.zeros((x.size, x.size))
        elif not failed[0]:
            good[0] = after.ravel()
        weights[0] = 1.0 if by is None else np.ravel(by)
        residual = x - after.ravel()
        return (residual, np.eye(x.size) - np.asarray(slopes)) if jacobian else residual

    told = None if method in WITH_JACOBIAN else lambda *_: iterated()
    with np.errstate(under="ignore"):
        found = optimize.root(gap, start.ravel(), method=method, jac=jacobian or None, callback=told, options=options)
    if failed[0]:
        return good[0].reshape(shape), False
    # A minimum of the squares is no root.
    near = method in QUASI_NEWTON or largest(found.fun) <= _NEAR * max(1.0, largest(found.x))
    return np.asarray(found.x).reshape(shape), bool(found.success) and near


def finite(*arrays: np.ndarray | None) -> bool:
    """Whether all numbers are."""
    return all(a is None or bool(np.isfinite(a).all()) for a in arrays)
