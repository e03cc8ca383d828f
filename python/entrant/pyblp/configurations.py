"""How integrals, fixed points and minima are computed."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from ..errors import InputError, NotSupportedError
from . import fixed_points
from .tables import say


class CompatibilityWarning(UserWarning):
    """Something is computed in another way than PyBLP's; results are the same within tolerance."""


def note(message: str) -> None:
    """Says that something goes another way."""
    warnings.warn(message, CompatibilityWarning, stacklevel=3)


class Iteration:
    """How a fixed point is looked for: mean utilities, prices, or that of any function (`find`).

    In `Problem.solve`, `compute_delta`, `compute_prices` and simulations a method by name does not change an answer:
    the engine has its own iterations, and what they find is checked by a residual. For prices, `max_evaluations` and
    `atol` are obeyed. `return` stands for the values that are given: prices stay at the start, and mean utilities that
    are given are held against those that the engine finds. A function of one's own is run, one market after the other,
    and what it finds is used as it is. It takes the start, the contraction, a function to call after each iteration,
    and options, and gives the fixed point and whether it converged; the contraction gives the next values, weights of
    differences or `None`, and its derivatives where `compute_jacobian` asks for them, or `None`.
    """

    _METHODS = fixed_points.METHODS

    def __init__(
        self,
        method: str | Callable[..., Any],
        method_options: Mapping[str, Any] | None = None,
        compute_jacobian: bool = False,
        universal_display: bool = False,
    ) -> None:
        if not callable(method) and method not in self._METHODS:
            raise InputError(f"`{method}` is no method of iteration; known: {', '.join(self._METHODS)}")
        if compute_jacobian and not callable(method) and method not in (*fixed_points.WITH_JACOBIAN, "return"):
            raise InputError("`compute_jacobian` is for the methods `hybr` and `lm`, and for functions")
        if method_options is not None and not isinstance(method_options, Mapping):
            raise InputError("`method_options` is a dictionary")
        self._method, self._options = method, dict(method_options or {})
        if not callable(method):
            fixed_points.complete(method, self._options)
        self._compute_jacobian, self._universal_display = compute_jacobian, universal_display

    def __str__(self) -> str:
        name = "a custom method" if callable(self._method) else self._method
        how = "with" if self._compute_jacobian else "without"
        return f"Configured to iterate using {name} {how} analytic Jacobians with options {format_options(self._options)}."

    __repr__ = __str__

    def find(self, initial: Any, function: Callable[[np.ndarray], Any]) -> fixed_points.FixedPoint:
        """The fixed point of a function by this method, beyond PyBLP.

        `function` gives the next values at some values, an array of the shape of `initial`, or a tuple of these, weights
        by which differences are multiplied before their norm is taken (or `None`), and derivatives (or `None`; needed
        with `compute_jacobian`).

        >>> import numpy as np
        >>> import entrant.pyblp as pyblp
        >>> found = pyblp.Iteration("squarem", {"atol": 1e-12}).find([1.0], np.cos)
        >>> found.converged, round(float(found.values[0]), 9)
        (True, 0.739085133)
        """
        stats = Stats()
        start = np.array(initial, dtype=float)
        values = self._run(start, function, stats)
        return fixed_points.FixedPoint(values, stats.converged, stats.iterations, stats.evaluations)

    def _run(self, initial: np.ndarray, function: Callable[[np.ndarray], Any], stats: Stats) -> np.ndarray:
        """The same, counted in `stats` as it goes on."""
        display = Display() if self._universal_display else None

        def contraction(values: Any) -> tuple[np.ndarray, np.ndarray | None, np.ndarray | None]:
            stats.evaluations += 1
            at = np.asarray(values, dtype=float).reshape(initial.shape)
            found = function(at)
            after, weights, slopes = found if isinstance(found, tuple) else (found, None, None)
            after = np.asarray(after, dtype=float).reshape(initial.shape)
            if self._compute_jacobian and slopes is None:
                raise InputError("`compute_jacobian` needs a function that gives derivatives")
            if display:
                display.tell(stats, at, after)
            return after, weights, slopes

        def iterated(*_: Any) -> None:
            stats.iterations += 1

        method = self._method
        if callable(method):
            found, stats.converged = method(initial.copy(), contraction, iterated, **self._options)
        elif method == "return":
            found, stats.converged = initial.copy(), True
        else:
            options = fixed_points.complete(method, self._options)
            if method in ("simple", "squarem"):
                run = fixed_points.simple if method == "simple" else fixed_points.squarem
                found, stats.converged = run(initial, contraction, iterated, **options)
            else:
                found, stats.converged = fixed_points.by_scipy(
                    method, initial, contraction, iterated, self._compute_jacobian, options
                )
        stats.converged = bool(stats.converged)
        return np.asarray(found, dtype=float).reshape(initial.shape)


class Display:
    """A line for each evaluation of a function that is iterated on."""

    def __init__(self) -> None:
        self._least = np.inf

    def tell(self, stats: Stats, before: np.ndarray, after: np.ndarray) -> None:
        """Says by how much the last step moved."""
        if stats.evaluations == 1:
            say(f"{'Iterations':>10}  {'Evaluations':>11}  {'Max Norm':>13}  {'Improvement':>13}")
        norm = fixed_points.largest(after - before)
        gain = f"{self._least - norm:+.6E}" if norm < self._least < np.inf else ""
        self._least = min(self._least, norm)
        say(f"{stats.iterations:>10}  {stats.evaluations:>11}  {norm:>+13.6E}  {gain:>13}")


class KnitroMissingError(NotSupportedError, OSError):
    """What asking for Knitro raises; PyBLP's is an `OSError` where Knitro is not installed."""


class Optimization:
    """How the objective is minimised.

    Without one, the engine's own trust region is used, which knows that the objective is a sum of
    squares. The methods of SciPy minimise the same objective by its analytic gradient. A function of
    one's own takes the start, bounds, the objective and a function to call after each iteration, and
    gives the minimum and whether it converged; the objective gives its value, its gradient and the
    progress of the search.
    """

    _BOUNDED = ("l-bfgs-b", "slsqp", "tnc", "trust-constr")
    _UNBOUNDED = ("cg", "bfgs", "newton-cg")
    _VALUES = ("nelder-mead", "powell")

    def __init__(
        self,
        method: str | Callable[..., Any],
        method_options: Mapping[str, Any] | None = None,
        compute_gradient: bool = True,
        universal_display: bool = True,
    ) -> None:
        if method == "knitro":
            raise KnitroMissingError("Optimization by Knitro")
        known = (*self._BOUNDED, *self._UNBOUNDED, *self._VALUES, "return")
        if not callable(method) and method not in known:
            raise InputError(f"`{method}` is no method of optimization; known: {', '.join(known)}")
        if method == "newton-cg" and not compute_gradient:
            raise InputError("`newton-cg` needs gradients")
        self._method, self._options = method, dict(method_options or {})
        if method == "return" and self._options:
            raise InputError("`return` has no options")
        self._compute_gradient = compute_gradient and method not in self._VALUES
        self._universal_display = universal_display
        self._supports_bounds = callable(method) or method in (*self._BOUNDED, *self._VALUES, "return")

    def __str__(self) -> str:
        how = "with analytic gradients" if self._compute_gradient else "without analytic gradients"
        name = "a custom method" if callable(self._method) else self._method
        return f"Configured to optimize using {name} {how} and options {format_options(self._options)}."

    __repr__ = __str__

    def _optimize(
        self,
        initial: np.ndarray,
        bounds: Sequence[tuple[float, float]] | None,
        objective: Callable[[np.ndarray, int, int], tuple[Any, Any, Any]],
    ) -> tuple[np.ndarray, Stats]:
        """The minimum, and how it was found. The objective is asked with numbers of iterations and
        evaluations, and gives its value, its gradient (or nothing) and anything else."""
        stats = Stats()

        def evaluate(theta: Any) -> tuple[float, np.ndarray | None, Any]:
            stats.evaluations += 1
            at = np.asarray(theta, dtype=float).reshape(initial.shape)
            value, gradient, progress = objective(at, stats.iterations, stats.evaluations)
            slope = None if gradient is None else np.asarray(gradient, dtype=float).ravel()
            return float(np.squeeze(value)), slope, progress

        def iterated(*_: Any) -> None:
            stats.iterations += 1

        start = np.asarray(initial, dtype=float).ravel()
        box = None if bounds is None or not self._supports_bounds else [(float(a), float(b)) for a, b in bounds]
        if self._method == "return" or not start.size:
            found, stats.converged = start, True
        elif callable(self._method):
            found, stats.converged = self._method(start, box, evaluate, iterated, **self._options)
        else:
            found, stats.converged = self._scipy(start, box, evaluate, iterated)
        return np.asarray(found, dtype=float).reshape(initial.shape), stats

    def _scipy(
        self, start: np.ndarray, bounds: Any, evaluate: Callable[..., Any], iterated: Callable[..., None]
    ) -> tuple[np.ndarray, bool]:
        try:
            from scipy import optimize
        except ImportError as e:
            raise NotSupportedError(f"Optimization(`{self._method}`) needs SciPy: pip install entrant[scipy]") from e
        options = dict(self._options)
        more: dict[str, Any] = {}
        if self._method == "trust-constr":
            more["hess"] = options.pop("hess", optimize.BFGS())
            feasible = options.pop("keep_feasible", False)
            if bounds is not None:
                bounds = optimize.Bounds(*np.array(bounds).reshape(-1, 2).T, keep_feasible=feasible)
        last: list[Any] = [None, None]  # value and gradient are asked for one after the other

        def at(theta: np.ndarray) -> tuple[float, np.ndarray | None, Any]:
            if last[0] is None or not np.array_equal(theta, last[0]):
                last[:] = [theta.copy(), evaluate(theta)]
            return last[1]

        with np.errstate(under="ignore"):  # what SciPy rounds to zero is no mistake of the caller
            found = optimize.minimize(
                lambda theta: at(theta)[0],
                start,
                method=self._method,
                jac=(lambda theta: at(theta)[1]) if self._compute_gradient else None,
                bounds=bounds,
                callback=iterated,
                options=options,
                **more,
            )
        return np.asarray(found.x), bool(found.success)


class Stats:
    """How a search ended."""

    def __init__(self) -> None:
        self.converged, self.iterations, self.evaluations = False, 0, 0


def format_options(options: Mapping[str, Any]) -> str:
    """Options in braces."""
    def shown(value: Any) -> str:
        return f"{value:+.6E}" if isinstance(value, float) else str(value)

    return "{" + ", ".join(f"{k}: {shown(v)}" for k, v in options.items()) + "}"
