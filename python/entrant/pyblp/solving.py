"""From the arguments of `Problem.solve` to steps of GMM."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import numpy as np

from .. import _progress
from ..errors import InputError, NotStartedError
from .configurations import Iteration, Optimization, note
from . import elsewhere, options
from .innovations import Innovations, moment_types
from .iterated import of_caller, replaces, share_bounds
from .micro import Moments
from .results import ProblemResults, at_progress
from .tables import estimates, nonlinear, rho_labels, say, seconds

ROW = "row of the table"
"""Name of the column that numbers rows."""

_TYPES = ("robust", "clustered", "unadjusted")
_FAILED = 1e10
_LARGEST_RHO = 1 - 1e-6
# Residual of mean utilities that a caller found, above which it is said.
_LOOSE = 1e-9
# A part of the lowest price, below which no cost is let where the search starts at worse ones.
_LEAST_COST = 0.001


def clock(began: float) -> str:
    """Time since `began` as hours, minutes and seconds."""
    return seconds(time.monotonic() - began)


def refuse(given: dict[str, Any]) -> None:
    """Refuses what is not there and what is wrong; says what goes another way."""
    if given["resample_agent_data"] is not None and not callable(given["resample_agent_data"]):
        raise InputError("`resample_agent_data` is a function of a number")
    choices = {
        "method": ("1s", "2s"), "W_type": _TYPES, "se_type": _TYPES, "check_optimality": ("gradient", "both"),
        "delta_behavior": ("first", "last", "logit"), "error_behavior": ("revert", "punish", "raise"),
        "fp_type": ("safe_linear", "linear", "safe_nonlinear", "nonlinear"),
    }
    for name, known in choices.items():
        if given[name] not in known:
            raise InputError(f"`{name}` is one of {', '.join(known)}")
    if given["iteration"] is not None and not isinstance(given["iteration"], Iteration):
        raise TypeError("`iteration` is an `Iteration`")
    if given["optimization"] is not None and not isinstance(given["optimization"], Optimization):
        raise TypeError("`optimization` is an `Optimization`")
    share_bounds(given["shares_bounds"])
    ways = {"fp_type": "safe_linear", "delta_behavior": "first", "delta": None, "shares_bounds": (1e-300, None), "iteration": None}
    for name, default in ways.items() if not replaces(given["iteration"]) else ():
        asked = given[name] is not None if default is None else given[name] not in (None, default)
        if asked:
            note(f"`{name}`: mean utilities are found in the engine's own way, to 1e-13 in the logarithm of shares")
    if given["finite_differences"]:
        note("`finite_differences`: derivatives are exact")


def solve(problem: Any, given: dict[str, Any]) -> ProblemResults:
    """The results of the last step."""
    say("Solving the problem ...")
    micro = Moments(problem, given["micro_moments"], given["micro_sample_covariances"])
    if len(micro):
        say("\n" + micro.format("Micro Moments"))
    update = given["initial_update"]
    if update is None:
        update = len(micro) > 0 and given["W"] is None
    elif not update and len(micro) and given["W"] is None:
        raise InputError("micro moments need `initial_update` or a weighting matrix `W`")
    bounded = given["optimization"] is None or given["optimization"]._supports_bounds
    start = Start(problem, given, bounded)
    how = {
        "W_type": given["W_type"], "se_type": given["se_type"], "center_moments": given["center_moments"],
        "covariance_mean": float(given["covariance_moments_mean"]),
        "costs_bounds": _pair(given["costs_bounds"]),
        "tolerance": 1e-6 if given["scale_objective"] else 1e-6 * problem.N, "evaluations": 1000,
    }
    if "clustered" in (given["W_type"], given["se_type"]) and "clustering_ids" not in problem._products:
        raise InputError("clustered errors need `clustering_ids` in `product_data`")
    engine = _started(problem, start, how, given)
    types = (
        moment_types(given["demand_moment_types"], problem.MD, "demand_moment_types"),
        moment_types(given["supply_moment_types"], problem.MS, "supply_moment_types"),
    )
    own = not problem.add_exogenous or any(kind != "levels" for side in types for kind, _ in side)
    if start.phi.size and not own:
        raise InputError("`phi` needs moments of innovations: `demand_moment_types`, `supply_moment_types`")
    inversions = of_caller(problem, engine, given)

    def attached() -> Any:
        made = micro.attach(engine)
        return made.with_inversion(inversions) if inversions else made

    if own:
        how |= {"held": start.held(), "micro": len(micro)}
        engine = Innovations(attached(), problem, types, start, how)
        if given["optimization"] is None:
            given["optimization"] = Optimization("l-bfgs-b", {"ftol": 0, "gtol": 1e-8})
            note("these moments are searched by SciPy's L-BFGS-B, as in PyBLP")
    else:
        for why in engine.indistinct(len(micro)):
            note(f"the data do not tell all parameters apart: {why}")
        engine = attached()
    given = {**given, "own": (types, start, {**how, "micro": 0}) if own else None}
    theta = engine.start
    w = given["W"]
    w = engine.first_weighting if w is None else np.ascontiguousarray(w, dtype=float)
    if len(theta):
        say("\n" + start.tables())
    if update:
        at = engine.step(theta, w, False, False)
        w = at.updated_weighting(given["W_type"], given["center_moments"])
    results: ProblemResults | None = None
    for step in range(1, int(given["method"][0]) + 1):
        asked = {**given, "micro": micro, "inversions": inversions}
        results = _step(problem, engine, asked, start, (theta, w, step), results)
        theta, w = results.theta, results.updated_W
    assert results is not None
    residual = results._fit.work["inversion_residual"]
    if inversions and residual > _LOOSE:
        note(f"mean utilities that were iterated on leave logarithms of shares off by up to {residual:.1e}")
    return results


def _started(problem: Any, start: Start, how: dict[str, Any], given: dict[str, Any]) -> Any:
    """The engine's problem. Where costs at the start have no logarithm they get a bound, unless another
    `error_behavior` than `revert` is asked for: PyBLP puts prices in their place."""
    engine = problem._bind(problem._study(start.spec, how))
    revert = given["error_behavior"] == "revert" and given["costs_bounds"] is None
    if not revert or problem.costs_type != "log" or not problem.K3:
        return engine
    try:
        engine.step(engine.start, engine.first_weighting, False, False)
    except NotStartedError as e:
        if "NonpositiveCost" not in str(e):
            raise
        least = _LEAST_COST * float(problem._products["prices"].astype(float).min())
        if not least > 0:
            raise
        how["costs_bounds"] = [least, np.inf]
        note(f"marginal costs at the starting values are not all positive: those below {least:g} are moved there")
        return problem._bind(problem._study(start.spec, how))
    return engine


def _step(
    problem: Any, engine: Any, given: dict[str, Any], start: Start, at: tuple, last: ProblemResults | None
) -> ProblemResults:
    began = time.monotonic()
    theta, w, step = at
    of = {n: given[n] for n in ("micro", "inversions")}
    of |= {"problem": problem, "engine": engine, "start": start, "given": given, "last": last}
    search = Search(engine, w, step, given, of)
    if len(theta):
        say("\nStarting optimization ...")
    fit, converged, iterations = search.run(theta)
    optimized = time.monotonic() - began
    hessian = None
    if len(theta) and given["check_optimality"] == "both":
        say("Computing the Hessian ...")
        hessian = search.hessian(fit.values)
    results = ProblemResults(
        problem, engine, fit,
        {
            "step": step, "last": last, "converged": converged, "iterations": iterations,
            "evaluations": search.evaluations, "share_evaluations": search.share_evaluations,
            "optimization_time": optimized, "total_time": time.monotonic() - began,
            "hessian": hessian, "given": given, "start": start, "micro": given.pop("micro"),
            "inversions": given.pop("inversions"),
            "simulation": _resampled(problem, engine, (fit.values, w, step > 1), given),
        },
    )
    say(f"Computed results after {seconds(results.total_time)}.\n\n{results}")
    return results


def _resampled(problem: Any, engine: Any, at: tuple, given: dict[str, Any]) -> np.ndarray | None:
    """What drawing agents again adds to the covariance of moments: that of moments over draws, at the
    estimates."""
    draw = given["resample_agent_data"]
    if draw is None:
        return None
    values, w, estimated = at
    moments: list[np.ndarray] = []
    while (agents := draw(len(moments))) is not None:
        other = elsewhere.of_agents(problem, agents, None)
        micro = Moments(other, given["micro_moments"], given["micro_sample_covariances"])
        drawn = micro.attach(other._bind(engine.study))
        if given["own"] is not None:
            types, start, how = given["own"]
            drawn = Innovations(drawn, other, types, start, {**how, "micro": len(micro)})
        moments.append(drawn.step(list(values), w, estimated, False).moments)
    if len(moments) < 2:
        raise InputError("`resample_agent_data` gave less than two sets of agents before nothing")
    apart = np.array(moments) - np.mean(moments, axis=0)
    return apart.T @ apart / (len(moments) - 1)


class OptimizationProgress:
    """Where a search stands: what a method of one's own is told beside objective and gradient. Parameters, their
    bounds and labels, errors, moments and derivatives are named as in `ProblemResults`, where there is an evaluation."""

    def __init__(
        self, theta: np.ndarray, objective: float, gradient: np.ndarray, fit: Any, of: dict[str, Any] | None = None
    ) -> None:
        self._fit, self._of = fit, of
        self.theta = np.array(theta)
        self.objective, self.gradient = np.array(objective), gradient[:, None]
        empty = np.zeros((0, 1))
        self.delta = fit.delta[:, None] if fit is not None else empty
        self.xi = fit.xi[:, None] if fit is not None else empty
        self.omega = fit.omega[:, None] if fit is not None else empty
        self.moments = fit.moments[:, None] if fit is not None else empty

    def __getattr__(self, name: str) -> Any:
        of = vars(self).get("_of")
        if name.startswith("_") or of is None or self._fit is None:
            raise AttributeError(f"`OptimizationProgress` has no attribute `{name}`")
        if "_results" not in vars(self):
            self._results = at_progress(of["problem"], of["engine"], self._fit, of)
        if name not in vars(self._results):
            raise AttributeError(f"`OptimizationProgress` has no attribute `{name}`")
        return vars(self._results)[name]


class Search:
    """The search of one step."""

    def __init__(
        self, engine: Any, w: np.ndarray, step: int, given: dict[str, Any], of: dict[str, Any] | None = None
    ) -> None:
        self.engine, self.w, self.step, self.estimated, self._of = engine, w, step, step > 1, of
        self._tell: Callable[[int, int, float], object] | None = None
        self.method = given["optimization"]
        self.scale = 1.0 if given["scale_objective"] else 1.0 / sum(map(len, engine.rows))
        self.behavior, self.punishment = given["error_behavior"], float(given["error_punishment"])
        self.evaluations = self.share_evaluations = 0
        self._good: tuple[float, np.ndarray, Any] | None = None

    def at(self, theta: np.ndarray) -> Any:
        """Everything at given parameters."""
        fit = self.engine.step(list(map(float, theta)), self.w, self.estimated, False)
        self._count(fit)
        return fit

    def _count(self, fit: Any) -> None:
        self.evaluations += fit.work["evaluations"]
        self.share_evaluations += fit.work["share_evaluations"]

    def run(self, theta: np.ndarray) -> tuple[Any, bool, int]:
        """Estimates, whether the search converged, and its iterations."""
        with _progress.of_search(options.progress) as self._tell:
            return self._run(theta)

    def _told(self, _: int, evaluations: int, objective: float) -> None:
        assert self._tell is not None
        self._tell(self.step, evaluations, objective)

    def _run(self, theta: np.ndarray) -> tuple[Any, bool, int]:
        if self.method is None:
            told = self._told if self._tell else None
            fit = self.engine.step(list(theta), self.w, self.estimated, True, None, told)
            self._count(fit)
            return fit, fit.status in ("converged", "evaluated"), fit.work["evaluations"]
        bounds = [(p["lower"], p["upper"]) for p in self.engine.parameters]
        found, stats = self.method._optimize(np.array(theta), bounds, self._asked)
        try:
            return self.at(found.ravel()), bool(stats.converged), stats.iterations
        except NotStartedError:
            if self._good is None:
                raise
            return self._good[2], False, stats.iterations  # the last point at which there was a value

    def _asked(self, theta: np.ndarray, *_: int) -> tuple[float, np.ndarray | None, OptimizationProgress]:
        value, gradient, fit = self.value(theta)
        if self._tell:
            self._told(self.step, self.evaluations, value)
        progress = OptimizationProgress(theta, value, gradient, fit, self._of)
        return value, gradient if self.method._compute_gradient else None, progress

    def value(self, theta: np.ndarray) -> tuple[float, np.ndarray, Any]:
        """Objective and gradient; those of the last good point where there are none, or what is asked for
        by `error_behavior`."""
        try:
            fit = self.at(theta)
        except NotStartedError:
            if self.behavior == "raise":
                raise
            if self.behavior == "punish":
                return self.punishment, np.zeros(len(theta)), None
            return self._good or (_FAILED, np.zeros(len(theta)), None)
        self._good = (fit.objective * self.scale, fit.gradient * self.scale, fit)
        return self._good

    def hessian(self, theta: np.ndarray) -> np.ndarray:
        """Derivatives of the gradient by central differences."""
        out = np.zeros((len(theta), len(theta)))
        for k, value in enumerate(theta):
            by = np.finfo(float).eps ** (1 / 3) * max(1.0, abs(value))
            up, down = theta.copy(), theta.copy()
            up[k] += by
            down[k] -= by
            try:
                out[:, k] = (self.at(up).gradient - self.at(down).gradient) / (up[k] - down[k])
            except NotStartedError:
                out[:, k] = np.nan
        return self.scale * (out + out.T) / 2


class Start:
    """Starting values and bounds, in the words of a study."""

    def __init__(self, problem: Any, given: dict[str, Any], bounded: bool) -> None:
        self.problem = problem
        k2, d = problem.K2, problem.D
        self.sigma = self._matrix(given["sigma"], k2, k2, "sigma")
        self.pi = self._matrix(given["pi"], k2, d, "pi")
        self.rho = self._rho(given["rho"])
        self.phi, self.phi_bounds = self._phi(given.get("phi"), given.get("phi_bounds"), bounded)
        self.spec: dict[str, Any] = {}
        if k2:
            self.spec["sigma"] = self.sigma
            self.spec["sigma_bounds"] = self._bounds(given["sigma_bounds"], self.sigma, bounded, True)
        if d:
            self.spec["pi"] = self.pi
            self.spec["pi_bounds"] = self._bounds(given["pi_bounds"], self.pi, bounded, False)
        if problem.H:
            self.spec["rho"] = self.rho.ravel()
            self.spec["rho_bounds"] = self._rho_bounds(given["rho_bounds"])
        self._linear(given["beta"], given["beta_bounds"], "beta", problem._x1)
        if problem._x3 is not None:
            self._linear(given["gamma"], given.get("gamma_bounds"), "gamma", problem._x3)
        elif given["gamma"] is not None and np.size(given["gamma"]):
            raise InputError("`gamma` needs a formulation of X3")

    def _matrix(self, given: Any, rows: int, columns: int, name: str) -> np.ndarray:
        if given is None:
            return np.zeros((rows, columns))
        value = np.atleast_2d(np.asarray(given, dtype=float))
        if value.size == rows * columns and value.shape != (rows, columns) and 1 in (rows, columns):
            value = value.reshape(rows, columns)
        if value.shape != (rows, columns):
            raise InputError(f"`{name}` is {value.shape[0]} x {value.shape[1]}, must be {rows} x {columns}")
        return np.tril(value) if name == "sigma" else value

    def _phi(self, given: Any, bounds: Any, bounded: bool) -> tuple[np.ndarray, list[np.ndarray]]:
        """Coefficients of lags; zeros are held."""
        if given is None or not np.size(given):
            return np.zeros((0, 0)), [np.zeros((0, 0))] * 2
        if "lag_indices" not in self.problem._products:
            raise InputError("`phi` needs `lag_indices` in `product_data`")
        size = 2 if self.problem.K3 else 1
        phi = self._matrix(given, size, size, "phi")
        if bounds is None:
            bounds = (None, None)
        limits = [_filled(b, phi.shape, f) for b, f in zip(bounds, (-np.inf, np.inf))]
        if not bounded:
            held = limits[0] == limits[1]
            limits = [np.where(held, b, f) for b, f in zip(limits, (-np.inf, np.inf))]
        return np.clip(phi, *limits), limits

    def phi_parameters(self) -> list[dict[str, Any]]:
        """Coefficients of lags that are searched for."""
        lower, upper = self.phi_bounds
        return [
            {
                "kind": "phi", "row": r, "column": c, "name": f"phi[{r}, {c}]", "start": float(self.phi[r, c]),
                "lower": float(lower[r, c]), "upper": float(upper[r, c]),
            }
            for r, c in np.ndindex(self.phi.shape) if self.phi[r, c] != 0 and lower[r, c] < upper[r, c]
        ]

    def _rho(self, given: Any) -> np.ndarray:
        if given is None:
            if self.problem.H:
                raise InputError("`nesting_ids` need starting values of `rho`")
            return np.zeros((0, 1))
        if not self.problem.H:
            if not np.size(given):
                return np.zeros((0, 1))
            raise InputError("`rho` needs `nesting_ids` in `product_data`")
        value = np.asarray(given, dtype=float).reshape(-1, 1)
        if len(value) not in (1, self.problem.H):
            raise InputError(f"`rho` has {len(value)} values; there are {self.problem.H} nests")
        return value

    def _bounds(self, given: Any, start: np.ndarray, bounded: bool, diagonal: bool) -> dict[str, Any] | None:
        lower, upper = np.full(start.shape, -np.inf), np.full(start.shape, np.inf)
        if given is not None:
            lower, upper = (_filled(b, start.shape, f) for b, f in zip(given, (-np.inf, np.inf)))
        elif not diagonal:
            return None
        elif bounded:
            np.fill_diagonal(lower, np.minimum(0, np.diag(start)))
        return {"lower": lower, "upper": upper}

    def _rho_bounds(self, given: Any) -> list[list[float]] | None:
        if given is None:
            return None
        lower, upper = (_filled(b, (len(self.rho),), f) for b, f in zip(given, (-np.inf, np.inf)))
        # A nesting parameter below 0 or from 1 on is no model.
        return [[max(lo, 0.0), min(up, _LARGEST_RHO)] for lo, up in zip(lower, upper)]

    def _linear(self, given: Any, bounds: Any, name: str, design: Any) -> None:
        if given is not None:
            values = np.array([np.nan if v is None else v for v in np.ravel(np.asarray(given, dtype=object))], float)
            if len(values) != len(design.names):
                raise InputError(f"`{name}` has {len(values)} values for {len(design.names)} columns")
            self.spec[name] = {n: v for n, v in zip(design.names, values) if not np.isnan(v)}
        if bounds is not None:
            shape = (len(design.names),)
            lower, upper = (_filled(b, shape, f) for b, f in zip(bounds, (-np.inf, np.inf)))
            chosen = self.spec.get(name, {})
            self.spec[f"{name}_bounds"] = {
                n: [lo, up] for n, lo, up in zip(design.names, lower, upper) if n in chosen
            }

    def held(self) -> dict[str, np.ndarray]:
        """Matrices of parameters with starting values moved into their bounds: what a parameter is that
        equal bounds hold. Zeros of Sigma and Pi are held at zero."""
        out = {"sigma": self.sigma.copy(), "pi": self.pi.copy(), "rho": self.rho.copy(), "phi": self.phi.copy()}
        for name in ("sigma", "pi"):
            bounds, value = self.spec.get(f"{name}_bounds"), out[name]
            if bounds is not None:
                moved = np.minimum(np.maximum(value, bounds["lower"]), bounds["upper"])
                out[name] = np.where(value == 0, 0.0, moved)
        if self.spec.get("rho_bounds") is not None:
            lower, upper = np.array(self.spec["rho_bounds"]).T
            out["rho"] = np.clip(out["rho"], lower[:, None], upper[:, None])
        for name, design in (("beta", self.problem._x1), ("gamma", self.problem._x3)):
            names = design.names if design is not None else []
            given, bounds = self.spec.get(name, {}), self.spec.get(f"{name}_bounds", {})
            values = [np.clip(given[n], *bounds.get(n, (-np.inf, np.inf))) if n in given else np.nan for n in names]
            out[name] = np.array(values, dtype=float).reshape(-1, 1)
        return out

    def tables(self) -> str:
        """Starting values as text."""
        parts = []
        if self.problem.K2:
            of = {
                "random": self.problem._x2.labels, "sigma": self.sigma, "pi": self.pi,
                "demographics": self.problem._demographics.labels if self.problem._demographics else [],
            }
            parts.append(nonlinear("Nonlinear Coefficient Initial Values", of, False))
        if len(self.rho):
            labels = rho_labels(self.problem, len(self.rho))
            parts.append(estimates("Rho Initial Values", labels, self.rho, None))
        return "\n\n".join(parts)


def _filled(given: Any, shape: tuple[int, ...], otherwise: float) -> np.ndarray:
    if given is None:
        return np.full(shape, otherwise)
    value = np.array([np.nan if v is None else v for v in np.ravel(np.asarray(given, dtype=object))], float)
    value = np.broadcast_to(value.reshape(shape) if value.size == np.prod(shape) else value, shape)
    return np.where(np.isnan(value), otherwise, value)


def _pair(given: Any) -> list[float] | None:
    if given is None:
        return None
    lower, upper = (_filled(b, (), f) for b, f in zip(given, (-np.inf, np.inf)))
    return [float(lower), float(upper)]
