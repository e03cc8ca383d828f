"""How integrals, fixed points and minima are computed."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from ..errors import InputError, NotSupportedError


class CompatibilityWarning(UserWarning):
    """Something is computed in another way than PyBLP's; results are the same within tolerance."""


def note(message: str) -> None:
    """Says that something goes another way."""
    warnings.warn(message, CompatibilityWarning, stacklevel=3)


class Iteration:
    """How mean utilities or prices are iterated on.

    The engine has its own iterations, whose answers are checked by a residual; the method given here
    does not change an answer. For prices, `max_evaluations` and `atol` are obeyed. `return` stands for
    the values that are given: prices stay at the start, and mean utilities that are given are held
    against those that the engine finds. A function of one's own takes the start, the contraction and a function to
    call after each iteration, and gives the fixed point and whether it converged; `compute_delta` runs it on the shares
    of the model, everything else finds its own way and says so.
    """

    _METHODS = (
        "simple", "squarem", "broyden1", "broyden2", "anderson", "krylov", "diagbroyden", "df-sane",
        "hybr", "lm", "return",
    )

    def __init__(
        self,
        method: str | Callable[..., Any],
        method_options: Mapping[str, Any] | None = None,
        compute_jacobian: bool = False,
        universal_display: bool = False,
    ) -> None:
        if callable(method) and compute_jacobian:
            raise NotSupportedError("Jacobians of the contraction for a function of one's own")
        if not callable(method) and method not in self._METHODS:
            raise InputError(f"`{method}` is no method of iteration")
        if compute_jacobian and method not in ("hybr", "lm"):
            raise InputError("`compute_jacobian` is for the methods `hybr` and `lm`")
        self._method, self._options = method, dict(method_options or {})
        self._compute_jacobian, self._universal_display = compute_jacobian, universal_display

    def __str__(self) -> str:
        name = "a custom method" if callable(self._method) else self._method
        how = "with" if self._compute_jacobian else "without"
        return f"Configured to iterate using {name} {how} analytic Jacobians with options {format_options(self._options)}."

    __repr__ = __str__

    def _run(self, initial: np.ndarray, step: Callable[[np.ndarray], np.ndarray]) -> tuple[np.ndarray, Stats]:
        """The fixed point by a function of one's own; `step` is one step of the contraction."""
        stats = Stats()
        assert callable(self._method)

        def contraction(values: Any) -> tuple[np.ndarray, None, None]:
            stats.evaluations += 1
            return step(np.asarray(values, dtype=float).reshape(initial.shape)), None, None

        def iterated() -> None:
            stats.iterations += 1

        found, stats.converged = self._method(initial.copy(), contraction, iterated, **self._options)
        return np.asarray(found, dtype=float).reshape(initial.shape), stats


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
