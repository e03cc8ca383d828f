"""What a simulation gives."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from . import equilibrium
from .construction import build_blp_instruments, build_matrix
from .formulation import Formulation
from .post import PostEstimation
from .hessians import profit
from .problem import Problem
from .saved import Saved
from .structured import product_records
from .tables import table

if TYPE_CHECKING:
    from .simulation import Simulation


class SimulationResults(Saved, PostEstimation):
    """Markets at their true parameters, with PyBLP's attributes and methods."""

    def __init__(self, simulation: Simulation, data: dict[str, np.ndarray], costs: np.ndarray | None) -> None:
        self.simulation, self._data = simulation, dict(data)
        self._base: dict[str, np.ndarray] | None = None  # data at which costs are given, where they are others
        self.problem, self._fit = simulation.evaluated(data)
        self._engine = self.problem._at
        self.delta = np.array(self._fit.delta)[:, None]
        self.costs, self.rho = costs, simulation.rho
        self.profit_gradients: dict | None = None
        self.profit_gradient_norms: dict | None = None
        self.profit_hessians: dict | None = None
        self.profit_hessian_eigenvalues: dict | None = None
        self._tell([{"status": "exact", "evaluations": 0}] * self.problem.T, 0.0)

    @property
    def product_data(self) -> np.recarray:
        """Data of the products, with what was replaced."""
        return product_records(self._data)

    def _beta(self) -> np.ndarray:
        return self.simulation.beta[:, 0]

    def _score_parameters(self) -> list[int | None]:
        """Where each parameter that is not zero is in the engine; `None` for one that moves no probability."""
        of, at = self.simulation, {(p["kind"], p["row"], p["column"]): k for k, p in enumerate(self._engine.parameters)}
        parts = {"sigma": np.tril(of.sigma), **{n: getattr(of, n) for n in ("pi", "rho", "phi", "beta", "gamma")}}
        found: list[int | None] = []
        for name, values in parts.items():
            moves = name in ("sigma", "pi", "rho")
            found += [at.get((name, int(r), int(c))) if moves else None for r, c in np.argwhere(values)]
        return found

    def _tell(self, told: list[dict[str, Any]], seconds: float) -> None:
        self.computation_time = seconds
        self.fp_converged = np.array([t["status"] in equilibrium.USABLE for t in told])
        self.contraction_evaluations = np.array([t["evaluations"] for t in told])
        self.fp_iterations = np.array([t.get("iterations", t["evaluations"]) for t in told])

    def _costs(self, costs: Any, market_id: Any) -> np.ndarray:
        """The true costs, where there are any."""
        if costs is None and self.costs is not None:
            return self.costs[:, 0]
        return super()._costs(costs, market_id)

    def _equilibrium(
        self, start: np.ndarray, iteration: Any, constant_costs: bool
    ) -> tuple[np.ndarray, list[dict[str, Any]], np.ndarray]:
        """Prices, what they are in each market, and costs there."""
        at, rows = self._markets(None)
        owners = self._owners(None, None, rows, None)
        assert self.costs is not None  # there are none to move prices from otherwise
        given = self.costs[:, 0], start[:, 0]
        return equilibrium.prices(self, (at, rows, owners), given, iteration, constant_costs)

    def _cost_side(self) -> tuple[Any, dict[str, np.ndarray], np.ndarray, str] | None:
        of = self.simulation
        if of._x3 is None:
            return None
        return of._formulas[2], self._base or self._data, of.gamma[:, 0], of.costs_type

    def _margin(self) -> np.ndarray:
        assert self.costs is not None
        return self._data["prices"].astype(float) - self.costs[:, 0]

    def _hessians(self) -> None:
        """Second derivatives of the profits of each firm by the prices of its products."""
        problem, (cubes, rows) = self.problem, self._cubes(None)
        jacobians = self._fit.share_jacobians(self._markets(None)[0], "price")
        margin = self._margin()
        owners = self._owners(None, None, rows, None)
        self.profit_hessians, self.profit_hessian_eigenvalues = {}, {}
        for t, (market, r) in enumerate(zip(problem.unique_market_ids, rows)):
            of_products = profit(cubes[t], np.asarray(jacobians[t]), margin[r])
            whole = (owners[t].T[:, :, None] * of_products).sum(axis=0)
            firms = problem._products["firm_ids"][r]
            of = {f: whole[firms == f][:, firms == f] for f in np.unique(firms)}
            self.profit_hessians[market] = of
            self.profit_hessian_eigenvalues[market] = {f: np.linalg.eigvalsh((h + h.T) / 2) for f, h in of.items()}

    def _gradients(self) -> None:
        """Derivatives of the profits of each firm by the prices of its products."""
        problem, jacobians = self.problem, self.compute_demand_jacobians()
        s, margin = self._data["shares"].astype(float), self._margin()
        _, rows = self._markets(None)
        owners = self._owners(None, None, rows, None)
        self.profit_gradients, self.profit_gradient_norms = {}, {}
        for market, r, own in zip(problem.unique_market_ids, rows, owners):
            by_price = jacobians[r][:, : len(r)] * margin[r][:, None] + np.diag(s[r])
            gradient = (own.T * by_price).sum(axis=0)
            firms = problem._products["firm_ids"][r]
            of = {f: gradient[firms == f] for f in np.unique(firms)}
            self.profit_gradients[market] = of
            self.profit_gradient_norms[market] = {f: np.abs(g).max() for f, g in of.items()}

    def __getattr__(self, name: str) -> Any:
        if name in ("_fit", "_engine", "problem") and "_data" in vars(self):
            # What a pickle leaves out: evaluated where it was, to the same bits.
            self.problem, self._fit = self.simulation.evaluated(self._data)
            self._engine = self.problem._at
            return vars(self)[name]
        raise AttributeError(f"`SimulationResults` has no attribute `{name}`")

    def __getstate__(self) -> dict[str, Any]:
        """Everything but the engine's half, which `__getattr__` makes again."""
        return {n: v for n, v in vars(self).items() if n not in ("_fit", "_engine", "problem")}

    def __setstate__(self, state: dict[str, Any]) -> None:
        vars(self).update(state)

    def __str__(self) -> str:
        header = [["Computation", "Time"], ["Markets", "Converged"], ["Share", "Evaluations"]]
        cells = [f"{self.computation_time:.1f} s", f"{self.fp_converged.sum()}", f"{self.contraction_evaluations.sum()}"]
        return table("Simulation Results Summary", header, [cells])

    __repr__ = __str__

    # ---- as a problem ------------------------------------------------------------------------

    def to_problem(
        self,
        product_formulations: Any = None,
        product_data: Any = None,
        agent_formulation: Formulation | None = None,
        agent_data: Any = None,
        integration: Any = None,
        rc_types: Any = None,
        epsilon_scale: float | None = None,
        costs_type: str | None = None,
        add_exogenous: bool = True,
    ) -> Problem:
        """A problem of the simulated data, by default with sums of characteristics as instruments."""
        of = self.simulation
        if product_data is None:
            demand, supply = self._compute_default_instruments()
            product_data = {**self._data, "demand_instruments": demand, "supply_instruments": supply}
        return Problem(
            of.product_formulations if product_formulations is None else product_formulations,
            product_data,
            of.agent_formulation if agent_formulation is None else agent_formulation,
            of._agents if agent_data is None and integration is None else agent_data,
            integration,
            of.rc_types if rc_types is None else rc_types,
            of.epsilon_scale if epsilon_scale is None else epsilon_scale,
            of.costs_type if costs_type is None else costs_type,
            add_exogenous,
        )

    def _compute_default_instruments(self) -> tuple[np.ndarray, np.ndarray]:
        """Instruments of demand and of supply: sums of characteristics of either side, then what shifts the
        other side alone."""
        of = self.simulation
        one, _, three = of._formulas
        demand = set(one._uses) - {"prices"}
        supply = set(three._uses) - {"shares"} if three else set()
        constant = ["1"] if np.ptp([len(r) for r in self.problem._market_rows]) else ["0"]
        out = []
        for own, other, wanted in ((demand, supply, True), (supply, demand, three is not None)):
            parts = [np.zeros((of.N, 0))]
            if wanted and (own or constant == ["1"]):
                sums = build_blp_instruments(Formulation(" + ".join(constant + sorted(own))), of._products)
                parts.append(sums[:, (sums != sums[0]).any(axis=0)])
            if wanted and other - own:
                parts.append(build_matrix(Formulation(" + ".join(["0", *sorted(other - own)])), of._products))
            out.append(np.column_stack(parts))
        return out[0], out[1]
