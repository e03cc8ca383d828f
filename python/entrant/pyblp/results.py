"""What `Problem.solve` returns."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..errors import InputError
from .innovations import Innovations
from .iterated import is_own, of_caller
from .post import PostEstimation
from .saved import Saved
from .tables import estimates, nonlinear, number, rho_labels, seconds, square, table


class ProblemResults(Saved, PostEstimation):
    """Results of a solved problem, with PyBLP's attributes and methods.

    Arrays by product have a row for each row of `product_data`, in its order.
    """

    def __init__(self, problem: Any, engine: Any, fit: Any, of: dict[str, Any]) -> None:
        self.problem, self._engine, self._fit = problem, engine, fit
        # Functions of micro moments are often not pickled.
        self._given = {n: v for n, v in of["given"].items() if n not in ("micro_moments", "resample_agent_data")}
        self.step, self.last_results = of["step"], of["last"]
        self.status, self._simulation = fit.status, of["simulation"]
        self._count(of)
        self._read_parameters(of["start"].held())
        self._read_rows()
        self._read_moments(of["hessian"])
        self._read_errors()
        self._read_micro(of["micro"])
        self._read_inversions(of["inversions"])

    def _count(self, of: dict[str, Any]) -> None:
        last = self.last_results
        names = {
            "optimization_time": of["optimization_time"], "total_time": of["total_time"],
            "optimization_iterations": of["iterations"], "objective_evaluations": of["evaluations"],
            "share_evaluations": of["share_evaluations"],
        }
        for name, value in names.items():
            setattr(self, name, value)
            before = getattr(last, f"cumulative_{name}") if last else 0
            setattr(self, f"cumulative_{name}", before + value)
        self.converged = bool(of["converged"])
        self.cumulative_converged = self.converged and (last is None or last.cumulative_converged)

    # ---- parameters --------------------------------------------------------------------------

    def _read_parameters(self, held: dict[str, np.ndarray]) -> None:
        problem, fit = self.problem, self._fit
        free = self._engine.parameters
        self.theta = np.array(fit.values)
        self.sigma, self.pi, self.rho, self.phi = held["sigma"], held["pi"], held["rho"], held["phi"]
        self.beta, self.gamma = held["beta"], held["gamma"]
        for name in ("sigma", "pi", "rho", "phi", "beta", "gamma"):
            setattr(self, f"{name}_se", np.full(getattr(self, name).shape, np.nan))
        for name in ("sigma", "pi", "rho", "phi", "beta", "gamma"):
            setattr(self, f"{name}_bounds", self._bounds(name, held[name]))
        for p, value in zip(free, self.theta):
            getattr(self, p["kind"])[p["row"], p["column"]] = value
        self.theta_labels = [self._label(p) for p in free]
        solved_beta, solved_gamma = self._engine.solved
        self.beta[solved_beta, 0] = fit.beta
        if problem.K3:
            self.gamma[solved_gamma, 0] = fit.gamma
        self._read_parameters_errors(np.array(fit.errors))
        self.parameters = np.concatenate([self.theta, fit.beta, fit.gamma])[:, None]
        self.sigma_squared = self.sigma @ self.sigma.T
        self.sigma_labels = problem._x2.labels if problem._x2 else []
        self.pi_labels = problem._demographics.labels if problem._demographics else []
        self.rho_labels = rho_labels(problem, len(self.rho)) if problem.H else []
        self.beta_labels = problem._x1.labels
        self.gamma_labels = problem._x3.labels if problem._x3 else []
        self.phi_labels = ["Xi", "Omega"][: len(self.phi)]

    def _bounds(self, name: str, held: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Bounds of a matrix of parameters: one that is held is its own bounds, one that is solved for has none."""
        lower, upper = (np.where(np.isnan(held), free, held) for free in (-np.inf, np.inf))
        for p in self._engine.parameters:
            if p["kind"] == name:
                lower[p["row"], p["column"]], upper[p["row"], p["column"]] = p["lower"], p["upper"]
        return lower, upper

    def _label(self, p: dict[str, Any]) -> str:
        problem, row, column = self.problem, p["row"], p["column"]
        if p["kind"] == "sigma":
            return f"{problem._x2.labels[row]} x {problem._x2.labels[column]}"
        if p["kind"] == "pi":
            return f"{problem._x2.labels[row]} x {problem._demographics.labels[column]}"
        if p["kind"] == "phi":
            return f"{('Xi', 'Omega')[row]} on {('Xi', 'Omega')[column]}"
        if p["kind"] == "rho":
            return rho_labels(problem, len(self.rho))[row]
        return (problem._x1 if p["kind"] == "beta" else problem._x3).labels[row]

    def _read_errors(self) -> None:
        """Standard errors of the covariance of tastes, by the delta method."""
        k2 = self.problem.K2
        self.sigma_squared_se = np.zeros((k2, k2))
        at = [(k, p["row"], p["column"]) for k, p in enumerate(self._engine.parameters) if p["kind"] == "sigma"]
        if not at:
            return
        moved = np.zeros((k2 * k2, len(at)))
        for c, (_, row, column) in enumerate(at):
            unit = np.zeros((k2, k2))
            unit[row, column] = 1
            moved[:, c] = (unit @ self.sigma.T + self.sigma @ unit.T).ravel()
        chosen = [k for k, _, _ in at]
        v = self.parameter_covariances[np.ix_(chosen, chosen)] / self.problem.N
        variance = np.einsum("ij,jk,ik->i", moved, v, moved)
        self.sigma_squared_se = np.sqrt(variance).reshape(k2, k2)

    # ---- arrays ------------------------------------------------------------------------------

    def _read_rows(self) -> None:
        problem, fit = self.problem, self._fit
        self.delta, self.xi = fit.delta[:, None], fit.xi[:, None]
        empty = np.zeros((problem.N, 0))
        self.tilde_costs = fit.cost[:, None] if problem.K3 else empty
        self.omega = fit.omega[:, None] if problem.K3 else empty
        self.xi_fe = self.delta - problem._x1.values @ self.beta - self.xi if problem.ED else np.zeros((problem.N, 1))
        self.omega_fe = empty
        self.clipped_costs = np.zeros((problem.N, 1), dtype=bool)
        if problem.K3:
            self.clipped_costs = self._clipped()
            rest = self.tilde_costs - problem._x3.values @ self.gamma - self.omega
            self.omega_fe = rest if problem.ES else np.zeros((problem.N, 1))
        self.xi_by_theta_jacobian = self._by_theta(fit.d_delta, problem._x1, "beta")
        self.omega_by_theta_jacobian = np.full((problem.N, len(self.theta)), np.nan)
        if problem.K3:
            self.omega_by_theta_jacobian = self._by_theta(fit.d_cost, problem._x3, "gamma")

    def _clipped(self) -> np.ndarray:
        """Whether each cost was moved to a bound."""
        own = self._given["costs_bounds"]
        costs = np.exp(self.tilde_costs) if self.problem.costs_type == "log" else self.tilde_costs
        out = np.zeros(costs.shape, dtype=bool)
        for bound in own if own is not None else ():
            if bound is not None and np.isfinite(bound):
                out |= np.abs(costs - bound) <= 1e-14 * abs(bound)
        return out

    def _by_theta(self, moved: np.ndarray, x: Any, kind: str) -> np.ndarray:
        """Derivatives of errors before effects are taken out."""
        out = np.zeros((self.problem.N, len(self.theta)))
        out[:, : moved.shape[1]] = moved
        for k, p in enumerate(self._engine.parameters):
            if p["kind"] == kind:
                out[:, k] -= x.values[:, p["row"]]
        return out

    def _read_moments(self, hessian: np.ndarray | None) -> None:
        fit, given = self._fit, self._given
        n = self.problem.N
        scale = 1.0 if given["scale_objective"] else 1.0 / n
        self.objective = np.array(fit.objective * scale)
        self.gradient = np.array(fit.gradient)[:, None] * scale
        self.projected_gradient = self._projected()
        self.projected_gradient_norm = np.abs(self.projected_gradient).max(initial=0.0)
        size = len(self.theta)
        self.hessian = hessian if hessian is not None else np.full((size, size), np.nan)
        self.reduced_hessian = self._reduced()
        finite = np.isfinite(self.reduced_hessian).all()
        self.reduced_hessian_eigenvalues = (
            np.linalg.eigvalsh(self.reduced_hessian) if finite and size else np.full(size, np.nan)
        )
        self.moments = fit.moments[:, None]
        self.moments_jacobian = np.array(fit.moments_jacobian)
        self.W = np.array(fit.weighting)
        center = given["center_moments"]
        self.updated_W = np.array(fit.updated_weighting(given["W_type"], center))
        self.moments_covariances = np.array(fit.moments_covariance(given["se_type"], center))
        g, w = self.moments_jacobian, self.W
        self.parameter_covariances = np.array(fit.covariance) * n
        if self._simulation is not None:
            self._add_simulation(np.linalg.pinv(g.T @ w @ g, hermitian=True) @ g.T @ w)
        self.parameter_sensitivity = -np.linalg.pinv(g.T @ w @ g) @ g.T @ w
        self.simulation_covariances = np.zeros_like(self.moments_covariances)
        if self._simulation is not None:
            self.simulation_covariances = self._simulation
        self.clipped_shares = np.zeros((n, 1), dtype=bool)

    def _add_simulation(self, response: np.ndarray) -> None:
        """Simulation error in covariances of moments and of parameters. It is of `sqrt(N)` times mean moments, as
        the covariance of moments is; PyBLP adds that of mean moments themselves."""
        n = self.problem.N
        self._simulation = n * self._simulation
        self.moments_covariances += self._simulation
        own = np.array(self._fit.updated_weighting(self._given["W_type"], self._given["center_moments"]))
        self.updated_W = np.linalg.pinv(np.linalg.pinv(own, hermitian=True) + self._simulation, hermitian=True)
        self.parameter_covariances += response @ self._simulation @ response.T
        self._read_parameters_errors(np.sqrt(np.diag(self.parameter_covariances) / n))

    def _read_parameters_errors(self, errors: np.ndarray) -> None:
        """Standard errors of all parameters: those that are searched for, then those that are solved for."""
        free = self._engine.parameters
        for p, error in zip(free, errors):
            getattr(self, f"{p['kind']}_se")[p["row"], p["column"]] = error
        solved_beta, solved_gamma = self._engine.solved
        n, m = len(free), len(free) + len(solved_beta)
        self.beta_se[solved_beta, 0] = errors[n:m]
        if self.problem.K3:
            self.gamma_se[solved_gamma, 0] = errors[m:]

    def _read_micro(self, micro: Any) -> None:
        fit, count = self._fit, len(micro)
        self.micro, self.micro_values = fit.micro[:, None], fit.micro_values[:, None]
        self.micro_covariances = np.array(fit.micro_covariances)
        last = self.moments_jacobian.shape[0] - count
        self.micro_by_theta_jacobian = self.moments_jacobian[last:, : len(self.theta)]
        self._micro_text = micro.format("Estimated Micro Moments", self.micro_values) if count else ""

    def _read_inversions(self, of: Any) -> None:
        """How mean utilities were found, with a row for each market: those of the estimates, or with a function of the
        caller's a column for each evaluation of the objective."""
        order = np.array([self._engine_market(t) for t in range(self.problem.T)])
        parts = {"fp_converged": "converged", "fp_iterations": "iterations", "contraction_evaluations": "evaluations"}
        for name, what in parts.items():
            before = getattr(self.last_results, f"cumulative_{name}", np.zeros((len(order), 0), dtype=int))
            if of is not None:
                found = of.counts(lambda stats, what=what: getattr(stats, what), order)[:, before.shape[1]:]
            else:
                found = np.array(self._fit.work["by_market"])[order][:, None]
                found = found > 0 if what == "converged" else found
            setattr(self, name, found)
            setattr(self, f"cumulative_{name}", np.hstack([before.astype(found.dtype), found]))

    def _engine_market(self, t: int) -> int:
        """Where the engine has a market of `unique_market_ids`."""
        first = int(self.problem._market_rows[t][0])
        return next(k for k, rows in enumerate(self._engine.rows) if int(rows[0]) == first)

    def _active(self) -> np.ndarray:
        """Whether each parameter stands at a bound."""
        bounds = [(p["lower"], p["upper"]) for p in self._engine.parameters]
        lower, upper = np.array(bounds).reshape(-1, 2).T
        return (self.theta <= lower) | (self.theta >= upper)

    def _projected(self) -> np.ndarray:
        out = self.gradient.copy()
        for k, p in enumerate(self._engine.parameters):
            if self.theta[k] <= p["lower"]:
                out[k] = np.minimum(out[k], 0)
            if self.theta[k] >= p["upper"]:
                out[k] = np.maximum(out[k], 0)
        return out

    def _reduced(self) -> np.ndarray:
        out = self.hessian.copy()
        active = self._active()
        out[active, :] = 0
        out[:, active] = 0
        out[active, active] = 1
        return out

    # ---- tests -------------------------------------------------------------------------------

    def run_hansen_test(self) -> float:
        """Hansen's statistic of the overidentifying restrictions."""
        return float(self.objective) * (1.0 if self._given["scale_objective"] else self.problem.N)

    def run_distance_test(self, unrestricted: ProblemResults) -> float:
        """By how much the objective is above that of unrestricted results."""
        return self.run_hansen_test() - unrestricted.run_hansen_test()

    def run_lm_test(self) -> float:
        """The score statistic of restricted results."""
        s = self.moments_jacobian.T @ self.W @ self.moments
        return float(self.problem.N * (s.T @ self.parameter_covariances @ s).item())

    def run_wald_test(self, restrictions: Any, restrictions_jacobian: Any) -> float:
        """Wald's statistic: `restrictions` at the estimates and their derivatives."""
        r = np.asarray(restrictions, dtype=float).reshape(-1, 1)
        jacobian = np.atleast_2d(np.asarray(restrictions_jacobian, dtype=float))
        if jacobian.shape != (len(r), len(self.parameters)):
            raise InputError(f"`restrictions_jacobian` must be {len(r)} x {len(self.parameters)}")
        v = jacobian @ self.parameter_covariances @ jacobian.T
        return float(self.problem.N * (r.T @ np.linalg.pinv(v) @ r).item())

    def _values(self) -> list[float]:
        return self._of_engine(self.theta)

    def _of_engine(self, theta: np.ndarray) -> list[float]:
        """Those of the parameters that the engine searches for itself."""
        return [v for p, v in zip(self._engine.parameters, theta) if p["kind"] != "phi"]

    def _beta(self) -> np.ndarray:
        return self.beta[:, 0]

    # ---- draws -------------------------------------------------------------------------------

    def bootstrap(
        self, draws: int = 1000, seed: int | None = None, iteration: Any = None, constant_costs: bool = True
    ) -> Any:
        """Draws from the asymptotic distribution of the estimates, and what follows in each."""
        from .bootstrap import bootstrap

        return bootstrap(self, draws, seed, iteration, constant_costs)

    def importance_sampling(
        self, draws: int, ar_constant: float = 1.0, seed: int | None = None, agent_data: Any = None,
        integration: Any = None, delta: Any = None,
    ) -> Any:
        """Agents drawn by how likely they buy anything at these estimates, with weights that make up for it;
        `to_problem` of what comes back uses them. The draws are those of PyBLP for a seed."""
        from .importance import sample

        given = dict(locals())
        given.pop("self")
        given.pop("sample")
        return sample(self, given)

    # ---- optimal instruments -----------------------------------------------------------------

    def compute_optimal_instruments(
        self, method: str = "approximate", draws: int = 1, seed: int | None = None, expected_prices: Any = None,
        iteration: Any = None, constant_costs: bool = True,
    ) -> Any:
        """Optimal instruments at these estimates; `to_problem` of what comes back uses them."""
        from .optimal import compute

        given = dict(locals())
        given.pop("self")
        return compute(self, given)

    # ---- text --------------------------------------------------------------------------------

    def __str__(self) -> str:
        parts = [self._summary(), *([self._cumulative()] if self.step > 1 or len(self.theta) else [])]
        label = self._given["se_type"].capitalize()
        if label == "Clustered":
            count = len(np.unique(self.problem._products["clustering_ids"]))
            note = f"(Robust SEs Adjusted for {count} Clusters in Parentheses)"
        else:
            note = f"({label} SEs in Parentheses)"
        if self.problem.K2:
            of = {
                "random": self.sigma_labels, "demographics": self.pi_labels, "sigma": self.sigma, "pi": self.pi,
                "sigma_se": self.sigma_se, "pi_se": self.pi_se,
            }
            parts.append(nonlinear(f"Nonlinear Coefficient Estimates {note}", of, True))
        for name in ("rho", "phi", "beta", "gamma"):
            values = getattr(self, name)
            if name == "phi" and values.size > 1:
                parts.append(square(f"Phi Estimates {note}", self.phi_labels, values, self.phi_se))
            elif len(values):
                errors, labels = getattr(self, f"{name}_se"), getattr(self, f"{name}_labels")
                parts.append(estimates(f"{name.capitalize()} Estimates {note}", labels, values, errors))
        if self._micro_text:
            parts.append(self._micro_text)
        return "\n\n".join(parts)

    __repr__ = __str__

    def _summary(self) -> str:
        def size(m: np.ndarray) -> str:
            return number(float(np.linalg.cond(m))) if np.isfinite(m).all() else "NAN"

        cells = [(["GMM", "Step"], str(self.step)), (["Objective", "Value"], number(float(self.objective)))]
        if len(self.theta):
            method = self._given["optimization"]
            bounded = method is None or method._supports_bounds
            head = ["Projected", "Gradient Norm"] if bounded else ["Gradient", "Norm"]
            cells.append((head, number(float(self.projected_gradient_norm))))
            reduced = "Reduced Hessian" if bounded else "Hessian"
            values = self.reduced_hessian_eigenvalues
            if np.isfinite(values).all() and len(values) == 1:
                cells.append((reduced.split(" "), number(values[0])))
            elif np.isfinite(values).all():
                cells.append(([reduced, "Min Eigenvalue"], number(values.min())))
                cells.append(([reduced, "Max Eigenvalue"], number(values.max())))
        if self.problem.K3 and self._given["costs_bounds"] is not None:
            cells.append((["Clipped", "Costs"], str(self._fit.work["bounded_costs"])))
        cells.append((["Weighting Matrix", "Condition Number"], size(self.W)))
        if len(self.theta):
            cells.append((["Covariance Matrix", "Condition Number"], size(self.parameter_covariances)))
        return table("Problem Results Summary", [h for h, _ in cells], [[c for _, c in cells]])

    def _cumulative(self) -> str:
        cells = [(["Computation", "Time"], seconds(self.cumulative_total_time))]
        if len(self.theta):
            cells.append((["Optimizer", "Converged"], "Yes" if self.cumulative_converged else "No"))
            cells.append((["Optimization", "Iterations"], str(self.cumulative_optimization_iterations)))
        cells.append((["Objective", "Evaluations"], str(self.cumulative_objective_evaluations)))
        if self.problem.K2:
            cells.append((["Share", "Evaluations"], str(self.cumulative_share_evaluations)))
        return table("Cumulative Statistics", [h for h, _ in cells], [[c for _, c in cells]])

    # ---- pickles and copies ------------------------------------------------------------------

    def __getstate__(self) -> dict[str, Any]:
        """Everything but the engine's half, which `__getattr__` makes again from the study and the estimates."""
        state = {n: v for n, v in vars(self).items() if n not in ("_engine", "_fit")}
        if is_own(self._given["iteration"]):  # functions are often not pickled
            state["_given"] = {**self._given, "iteration": None}
        return {**state, "_study": vars(self).get("_study") or self._engine.study}

    def __setstate__(self, state: dict[str, Any]) -> None:
        vars(self).update(state)

    def _make_again(self, name: str) -> Any:
        """The engine's half, evaluated where it was; the same bits."""
        if name == "_engine":
            self._engine = self.problem._bind(self._study)
            if inversions := of_caller(self.problem, self._engine, self._given):
                self._engine = self._engine.with_inversion(inversions)
            if self._given["own"] is not None:
                self._engine = Innovations(self._engine, self.problem, *self._given["own"])
        else:
            # Micro moments do not come back: what follows from estimates has no need of them.
            n = len(self._engine.first_weighting)
            w = np.ascontiguousarray(self.W[:n, :n])
            self._fit = self._engine.step(list(self.theta), w, self.step > 1, False)
        return vars(self)[name]

    def __getattr__(self, name: str) -> Any:
        if name in ("_engine", "_fit") and "_study" in vars(self):
            return self._make_again(name)
        raise AttributeError(f"`ProblemResults` has no attribute `{name}`")


def at_progress(problem: Any, engine: Any, fit: Any, of: dict[str, Any]) -> ProblemResults:
    """What there is to be read of results while a search is on: no Hessian, and nothing of the search itself."""
    out = object.__new__(ProblemResults)
    out.problem, out._engine, out._fit, out._given, out._simulation = problem, engine, fit, of["given"], None
    out.last_results = of["last"]
    out._read_parameters(of["start"].held())
    out._read_rows()
    out._read_moments(None)
    out._read_errors()
    out._read_micro(of["micro"])
    out._read_inversions(of["inversions"])
    return out
