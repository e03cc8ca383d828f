"""Moments of innovations: errors that follow their lags, and instruments without the exogenous characteristics.

The engine's moments are those of errors by themselves, with its own instruments. Here they are made of what the
engine says at parameters (mean utilities, costs, micro moments, and their derivatives). With `L` the lag of a row,
an innovation is `xi - phi_11 L xi - phi_12 L omega`, and likewise for `omega`; it is zero where there is no lag. A
differenced innovation is an innovation less its lag, zero where there are not two lags.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ..errors import InputError, NotSupportedError

TYPES = ("levels", "innovations", "differenced_innovations")
_NONLINEAR = ("sigma", "pi", "rho")


def moment_types(given: Any, count: int, name: str) -> list[tuple[str, int]]:
    """Types of moments with their numbers of instruments."""
    listed = [(given, count)] if isinstance(given, str) else [tuple(pair) for pair in given]
    for pair in listed:
        if len(pair) != 2 or pair[0] not in TYPES:
            raise InputError(f"`{name}` has a type of {', '.join(TYPES)}, or pairs of one and its number of instruments")
    if sum(n for _, n in listed) != count or len({t for t, _ in listed}) != len(listed):
        raise InputError(f"`{name}` must have every type once, and {count} instruments together")
    return listed


class Lags:
    """The lags of the rows of a table."""

    def __init__(self, lags: np.ndarray | None) -> None:
        self.rows = lags
        if lags is not None:
            self.first = lags == np.arange(len(lags))
            self.second = self.first | self.first[lags]

    def masked(self, kind: str, x: np.ndarray) -> np.ndarray:
        """Zero where there is no lag; for differenced innovations their own difference."""
        if kind == "differenced_innovations":
            x = x - x[self.rows]
        x[self.second if kind == "differenced_innovations" else self.first] = 0
        return x

    def moved(self, kind: str, own: np.ndarray, other: np.ndarray | None, phi: tuple[float, float]) -> np.ndarray:
        """An error, or derivatives of one, as a kind of moments takes it; `phi` is of its own lag and of
        that of the other error."""
        if kind == "levels":
            return own
        x = own - phi[0] * own[self.rows]
        if other is not None:
            x = x - phi[1] * other[self.rows]
        return self.masked(kind, x)

    def by_phi(self, kind: str, lagged: np.ndarray) -> np.ndarray:
        """The derivative with respect to the coefficient of the lag of `lagged`."""
        return np.zeros_like(lagged) if kind == "levels" else self.masked(kind, -lagged[self.rows])


class Innovations:
    """A problem of the engine with moments of its own."""

    def __init__(self, base: Any, problem: Any, types: tuple[list, list], start: Any, how: dict[str, Any]) -> None:
        if problem.ED or problem.ES or problem.MC:
            raise NotSupportedError("other types of moments, or `add_exogenous=False`, with absorbed effects or `covariance_instruments`")
        self.base, self.how, self._problem = base, how, problem
        lags = problem._products.get("lag_indices")
        self.lags = Lags(None if lags is None else lags.astype(int))
        self.held_phi = start.phi
        listed = list(base.parameters)
        nonlinear = [p for p in listed if p["kind"] in _NONLINEAR]
        self.parameters = [*nonlinear, *start.phi_parameters(), *listed[len(nonlinear):]]
        kinds = [p["kind"] for p in self.parameters]
        self.of_base = [k for k, kind in enumerate(kinds) if kind != "phi"]
        self.blocks = [("xi", t, z) for t, z in _split(types[0], problem.products["ZD"])]
        if problem.K3:
            self.blocks += [("omega", t, z) for t, z in _split(types[1], problem.products["ZS"])]

    def __getattr__(self, name: str) -> Any:
        if name == "base":
            raise AttributeError(name)
        return getattr(self.base, name)

    @property
    def start(self) -> np.ndarray:
        """Starting values."""
        return np.array([p["start"] for p in self.parameters])

    @property
    def first_weighting(self) -> np.ndarray:
        """The weighting matrix of the instruments, a block for each type of moments."""
        n = self._problem.N
        blocks = [np.linalg.pinv(z.T @ z / n, hermitian=True) for _, _, z in self.blocks]
        micro = self.how["micro"]
        return _diagonal([*blocks, np.zeros((micro, micro))])

    def step(self, theta: Any, w: np.ndarray, estimated: bool = False, search: bool = False) -> InnovationsFit:
        """Everything at given parameters; there is no search here."""
        theta = np.asarray(theta, dtype=float)
        fit = self.base.step(list(theta[self.of_base]), self.base.first_weighting, False, False)
        return InnovationsFit(self, theta, fit, np.asarray(w, dtype=float), estimated)

    def phi(self, theta: np.ndarray) -> np.ndarray:
        """The matrix of coefficients of lags, two by two with a supply side."""
        out = np.zeros((2, 2))
        out[: len(self.held_phi), : len(self.held_phi)] = self.held_phi
        for p, value in zip(self.parameters, theta):
            if p["kind"] == "phi":
                out[p["row"], p["column"]] = value
        return out


class InnovationsFit:
    """What an estimate is, in the names of the engine's."""

    def __init__(self, of: Innovations, theta: np.ndarray, fit: Any, w: np.ndarray, estimated: bool) -> None:
        self._of, self._fit, self.values, self.weighting = of, fit, theta, w
        self.status, self.work, self.report = "evaluated", fit.work, None
        self.micro, self.micro_values, self.micro_covariances = fit.micro, fit.micro_values, fit.micro_covariances
        self.delta, self.cost, self.d_delta = fit.delta, fit.cost, fit.d_delta
        self._estimated = estimated
        problem, n = of._problem, of._problem.N
        free = len(theta)
        self.d_cost = np.zeros((n, free))
        if problem.K3:
            self.d_cost[:, of.of_base] = _widened(fit.d_cost, len(of.of_base))
        self._phi = of.phi(theta)
        self._solve()
        micro = len(self.micro)
        by_micro = np.zeros((micro, free + len(self.beta) + len(self.gamma)))
        if micro:
            by_micro[:, of.of_base] = fit.moments_jacobian[-micro:, : len(of.of_base)]
        errors = [self._moved(block, self.xi, self.omega if problem.K3 else None) for block in of.blocks]
        self.contributions = [(u, z) for u, (_, _, z) in zip(errors, of.blocks)]
        self.moments = np.concatenate([*(z.T @ u / n for u, z in self.contributions), self.micro])
        self.moments_jacobian = np.vstack([self._jacobian(), by_micro])
        self.objective = float(n * self.moments @ w @ self.moments)
        self.gradient = 2 * n * self.moments_jacobian[:, :free].T @ w @ self.moments
        self._economy: Any = None

    # ---- errors ------------------------------------------------------------------------------

    def _moved(self, block: tuple, xi: np.ndarray, omega: np.ndarray | None) -> np.ndarray:
        """Errors, or derivatives of them, as a block of moments takes them."""
        side, kind, _ = block
        if side == "xi":
            return self._of.lags.moved(kind, xi, omega, (self._phi[0, 0], self._phi[0, 1]))
        assert omega is not None  # moments of supply are there with a supply side
        return self._of.lags.moved(kind, omega, xi, (self._phi[1, 1], self._phi[1, 0]))

    def _known(self, kind: str, count: int) -> np.ndarray:
        """Coefficients that are searched for or held, zero where they are solved for."""
        out = np.zeros(count)
        held = self._of.how["held"][kind][:, 0]
        out[~np.isnan(held)] = held[~np.isnan(held)]
        for p, value in zip(self._of.parameters, self.values):
            if p["kind"] == kind:
                out[p["row"]] = value
        return out

    def _solve(self) -> None:
        """Linear coefficients that are solved for, and errors."""
        of, problem = self._of, self._of._problem
        n, supply = problem.N, problem.K3 > 0
        x1 = problem._x1.values
        x3 = problem._x3.values if supply else np.zeros((n, 0))
        solved = [list(k) for k in of.solved]
        beta, gamma = self._known("beta", x1.shape[1]), self._known("gamma", x3.shape[1])
        y1 = self.delta - x1 @ beta
        y3 = self.cost - x3 @ gamma if supply else None
        one, three = x1[:, solved[0]], x3[:, solved[1]] if supply else np.zeros((n, 0))
        x_xi = np.hstack([one, np.zeros_like(three)])
        x_omega = np.hstack([np.zeros_like(one), three]) if supply else None
        b = np.concatenate([z.T @ self._moved((s, k, z), y1, y3) for s, k, z in of.blocks])
        a = np.vstack([z.T @ self._moved((s, k, z), x_xi, x_omega) for s, k, z in of.blocks])
        m = len(b)
        wa = self.weighting[:m, :m] @ a
        found = np.linalg.pinv(a.T @ wa, hermitian=True) @ (wa.T @ b)
        self.beta, self.gamma = found[: len(solved[0])], found[len(solved[0]):]
        self.xi = y1 - one @ self.beta
        self.omega = y3 - three @ self.gamma if supply else np.zeros(0)
        self._x = (x1, x3, one, three)

    def _jacobian(self) -> np.ndarray:
        """Derivatives of mean moments with respect to all parameters, each alone."""
        of, n = self._of, self._of._problem.N
        x1, x3, one, three = self._x
        free, supply = len(self.values), of._problem.K3 > 0
        by_xi = np.zeros((n, free + one.shape[1] + three.shape[1]))
        by_omega = np.zeros_like(by_xi)
        by_xi[:, : self.d_delta.shape[1]] = self.d_delta
        by_omega[:, :free] = self.d_cost
        for k, p in enumerate(of.parameters):
            if p["kind"] == "beta":
                by_xi[:, k] -= x1[:, p["row"]]
            if p["kind"] == "gamma":
                by_omega[:, k] -= x3[:, p["row"]]
        by_xi[:, free : free + one.shape[1]] = -one
        by_omega[:, free + one.shape[1]:] = -three
        rows = []
        for block in of.blocks:
            moved = self._moved(block, by_xi, by_omega if supply else None)
            for k, p in enumerate(of.parameters):
                if p["kind"] == "phi" and p["row"] == (0 if block[0] == "xi" else 1):
                    lagged = self.xi if p["column"] == 0 else self.omega
                    moved[:, k] += of.lags.by_phi(block[1], lagged)
            rows.append(block[2].T @ moved / n)
        return np.vstack(rows)

    # ---- covariances -------------------------------------------------------------------------

    def moments_covariance(self, errors: str, center: bool) -> np.ndarray:
        """The covariance of moments: robust, by clusters, or without heteroscedasticity."""
        problem, pairs = self._of._problem, self.contributions
        n = problem.N
        if errors == "unadjusted":
            blocks = [
                [float(np.cov(u, v, bias=True)[0, 1]) * (z.T @ y) / n for v, y in pairs] for u, z in pairs
            ]
            s = np.block(blocks)
        else:
            g = np.hstack([u[:, None] * z for u, z in pairs])
            g = g - g.mean(axis=0) if center else g
            if errors == "clustered":
                codes = np.unique(problem._products["clustering_ids"], return_inverse=True)[1].ravel()
                g = np.stack([np.bincount(codes, column) for column in g.T], axis=1)
            s = g.T @ g / n
        return _diagonal([(s + s.T) / 2, n * self.micro_covariances])

    def updated_weighting(self, errors: str, center: bool) -> np.ndarray:
        """The weighting matrix of the next step."""
        w = np.linalg.pinv(self.moments_covariance(errors, center), hermitian=True)
        return (w + w.T) / 2

    @property
    def covariance(self) -> np.ndarray:
        """The covariance of all parameters: those that are searched for, then those that are solved for."""
        of, g = self._of, self.moments_jacobian
        kind = of.how["se_type"]
        s = self.moments_covariance(kind, of.how["center_moments"])
        w = np.linalg.pinv(s, hermitian=True) if kind == "unadjusted" and not self._estimated else self.weighting
        bread = np.linalg.pinv(g.T @ w @ g, hermitian=True)
        v = bread if kind == "unadjusted" else bread @ g.T @ w @ s @ w @ g @ bread
        return (v + v.T) / 2 / of._problem.N

    @property
    def errors(self) -> np.ndarray:
        """Standard errors of all parameters."""
        return np.sqrt(np.maximum(np.diag(self.covariance), 0))

    # ---- what follows ------------------------------------------------------------------------

    def moved(self, values: Any, beta: Any, delta: Any) -> Any:
        """The engine's fit at other parameters and mean utilities."""
        return self._fit.moved(list(np.asarray(values)[self._of.of_base]), list(beta), list(delta))

    def optimal(self, *how: Any) -> dict[str, Any]:
        """Optimal instruments of levels at these coefficients and errors; zero for `phi`."""
        linear = list(map(float, self.beta)), list(map(float, self.gamma))
        made = dict(self._fit.corrected(*linear, list(self.xi), list(self.omega)).optimal(*how))
        for name in ("demand", "supply", "d_xi", "d_omega"):
            own = np.asarray(made[name])
            if own.shape[1]:
                made[name] = np.zeros((len(own), len(self.values)))
                made[name][:, self._of.of_base] = own
        return made

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        if self._economy is None:  # at these coefficients, not at those of the engine's own moments
            self._economy = self.moved(self.values, self.beta, self.delta)
        return getattr(self._economy, name)


def _split(types: list[tuple[str, int]], z: np.ndarray) -> list[tuple[str, np.ndarray]]:
    ends = np.cumsum([count for _, count in types])[:-1]
    return [(kind, part) for (kind, _), part in zip(types, np.split(z, ends, axis=1))]


def _diagonal(blocks: list[np.ndarray]) -> np.ndarray:
    size = sum(len(b) for b in blocks)
    out, at = np.zeros((size, size)), 0
    for block in blocks:
        out[at : at + len(block), at : at + len(block)] = block
        at += len(block)
    return out


def _widened(moved: np.ndarray, columns: int) -> np.ndarray:
    out = np.zeros((len(moved), columns))
    out[:, : moved.shape[1]] = moved
    return out
