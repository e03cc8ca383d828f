"""How integrals, fixed points and minima are computed."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping
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
    does not change an answer. For prices, `max_evaluations` and `atol` are obeyed.
    """

    _METHODS = (
        "simple", "squarem", "broyden1", "broyden2", "anderson", "krylov", "diagbroyden", "df-sane",
        "hybr", "lm",
    )

    def __init__(
        self,
        method: str | Callable[..., Any],
        method_options: Mapping[str, Any] | None = None,
        compute_jacobian: bool = False,
        universal_display: bool = False,
    ) -> None:
        if callable(method) or method == "return":
            raise NotSupportedError("Iteration by `return` or by a function of one's own")
        if method not in self._METHODS:
            raise InputError(f"`{method}` is no method of iteration")
        self._method, self._options = method, dict(method_options or {})

    def __str__(self) -> str:
        return f"Configured to iterate using {self._method} with options {format_options(self._options)}."

    __repr__ = __str__


class Optimization:
    """How the objective is minimised.

    Without one, the engine's own trust region is used, which knows that the objective is a sum of
    squares. The methods of SciPy minimise the same objective by its analytic gradient.
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
        if callable(method) or method == "knitro":
            raise NotSupportedError("Optimization by Knitro or by a function of one's own")
        known = (*self._BOUNDED, *self._UNBOUNDED, *self._VALUES, "return")
        if method not in known:
            raise InputError(f"`{method}` is no method of optimization; known: {', '.join(known)}")
        self._method, self._options = method, dict(method_options or {})
        self._compute_gradient = compute_gradient and method not in self._VALUES
        self._supports_bounds = method in (*self._BOUNDED, "nelder-mead", "powell", "return")

    def __str__(self) -> str:
        how = "with analytic gradients" if self._compute_gradient else "without analytic gradients"
        return f"Configured to optimize using {self._method} {how} and options {format_options(self._options)}."

    __repr__ = __str__

    def _minimise(
        self,
        start: np.ndarray,
        bounds: list[tuple[float, float]],
        evaluate: Callable[[np.ndarray], tuple[float, np.ndarray]],
    ) -> tuple[np.ndarray, bool, int]:
        """The minimum, whether it converged, and iterations."""
        if self._method == "return" or not len(start):
            return start, True, 0
        try:
            from scipy import optimize
        except ImportError as e:
            raise NotSupportedError(f"Optimization(`{self._method}`) needs SciPy: pip install entrant[scipy]") from e
        options = dict(self._options)
        if self._method == "l-bfgs-b" and not {"ftol", "gtol"} & set(options):
            options |= {"ftol": 0, "gtol": 1e-8}
        found = optimize.minimize(
            evaluate if self._compute_gradient else lambda theta: evaluate(theta)[0],
            start,
            method=self._method,
            jac=True if self._compute_gradient else None,
            bounds=bounds if self._supports_bounds else None,
            options=options,
        )
        return np.asarray(found.x), bool(found.success), int(getattr(found, "nit", 0))


def format_options(options: Mapping[str, Any]) -> str:
    """Options in braces."""
    def shown(value: Any) -> str:
        return f"{value:+.6E}" if isinstance(value, float) else str(value)

    return "{" + ", ".join(f"{k}: {shown(v)}" for k, v in options.items()) + "}"
