"""Simulations: markets with known parameters, solved for what is endogenous."""

from __future__ import annotations

import time
from collections.abc import Sequence
from functools import cached_property
from typing import Any

import numpy as np

from .. import _frames
from ..errors import InputError
from . import equilibrium, options, solving, structured
from .configurations import Iteration, note
from .exceptions import NonpositiveSyntheticCostsError, SyntheticPricesConvergenceError
from .formulation import Design, Formulation, numbered
from .integration import Integration
from .problem import Problem, _three, demographics, described
from .simulated import SimulationResults
from .tables import say

class Simulation:
    """Markets with known parameters; the arguments are PyBLP's.

    Variables that formulations name and data do not have are drawn from the uniform distribution, errors
    from the normal, from the same stream of random numbers as PyBLP's: one seed gives one and the same
    simulation in both.
    """

    T: int
    unique_market_ids: np.ndarray

    def __init__(
        self,
        product_formulations: Formulation | Sequence[Formulation | None],
        product_data: Any,
        beta: Any,
        sigma: Any = None,
        pi: Any = None,
        gamma: Any = None,
        rho: Any = None,
        phi: Any = None,
        agent_formulation: Formulation | None = None,
        agent_data: Any = None,
        integration: Integration | None = None,
        xi: Any = None,
        omega: Any = None,
        xi_variance: float = 1,
        omega_variance: float = 1,
        correlation: float = 0.9,
        rc_types: Sequence[str] | None = None,
        epsilon_scale: float = 1.0,
        costs_type: str = "linear",
        seed: int | None = None,
    ) -> None:
        began = time.monotonic()
        say("Initializing the simulation ...")
        if costs_type not in ("linear", "log"):
            raise InputError("`costs_type` is `linear` or `log`")
        self._formulas = _three(product_formulations)
        if any(f is not None and f._absorb is not None for f in (*self._formulas, agent_formulation)):
            raise InputError("nothing can be absorbed in a simulation")
        self.product_formulations, self.agent_formulation = list(self._formulas), agent_formulation
        self.rc_types, self.epsilon_scale, self.costs_type = rc_types, float(epsilon_scale), costs_type
        self.integration = integration
        state = np.random.RandomState(seed)
        self._products = self._draw_products(_frames.columns(product_data), state)
        self._agents = self._draw_agents(agent_data, state)
        self.N = len(self._products["market_ids"])
        self._read_costs()
        self.beta = self._coefficients(beta, Design(self._formulas[0], self._products), "beta")
        self.gamma = self._coefficients(gamma, self._x3, "gamma")
        self.phi = self._autocorrelation(phi)
        self._draw_errors(xi, omega, (xi_variance, omega_variance, correlation), state)
        self._demand = self._problem(self._products)
        unique = "unique_market_ids unique_nesting_ids unique_firm_ids unique_product_ids unique_agent_ids"
        for name in f"T F I K1 K2 D H rc_types {unique}".split():
            setattr(self, name, getattr(self._demand, name))
        self.MD = self.MS = self.MC = self.ED = self.ES = 0
        start = solving.Start(self._demand, self._given({"sigma": sigma, "pi": pi, "rho": rho}), False)
        self.sigma, self.pi, self.rho = start.sigma, start.pi, start.rho
        say(f"Initialized the simulation after {solving.clock(began)}.\n\n{self}")

    # ---- data --------------------------------------------------------------------------------

    def _draw_products(self, given: dict[str, np.ndarray], state: np.random.RandomState) -> dict[str, np.ndarray]:
        for name in ("market_ids", "firm_ids"):
            if name not in given:
                raise InputError(f"`product_data` has no `{name}`")
        markets = given["market_ids"]
        _, inverse, counts = np.unique(markets, return_inverse=True, return_counts=True)
        kept = {n for name in (*structured.IDS, "lag_indices", "ownership") for n in numbered(given, name)}
        out = {n: v for n, v in given.items() if n in kept}
        shares, prices = given.get("shares"), given.get("prices")
        out["shares"] = state.uniform(size=len(markets)) / counts[inverse] if shares is None else shares
        out["prices"] = state.uniform(size=len(markets)) if prices is None else prices
        for formulation in self._formulas:
            for name in sorted(set(formulation._uses) - set(out)) if formulation else []:
                value = given.get(name)
                out[name] = state.uniform(size=len(markets)) if value is None else value
        return out

    def _draw_agents(self, given: Any, state: np.random.RandomState) -> dict[str, np.ndarray] | None:
        two = self._formulas[1]
        if two is None:
            return None
        agents = _frames.columns(given) if given is not None else {}
        if self.integration is not None:
            dimensions = len(Design(two, self._products).names)
            markets = np.unique(self._products["market_ids"])
            of, nodes, weights = self.integration._nodes(dimensions, len(markets))
            out = {"market_ids": markets[of], "weights": weights}
            out.update((f"nodes{k}", nodes[:, k]) for k in range(nodes.shape[1]))
        elif agents:
            kept = ("nodes", "availability")
            out = {n: v for n, v in agents.items() if n in ("market_ids", "agent_ids", "weights") or n.startswith(kept)}
        else:
            raise InputError("a formulation of X2 needs `agent_data` or `integration`")
        uses = self.agent_formulation._uses if self.agent_formulation else []
        for name in sorted(set(uses) - set(out)):
            columns = numbered(agents, name)  # more than one where a demographic differs by product
            out.update((n, agents[n]) for n in columns)
            if not columns:
                out[name] = state.uniform(size=len(out["market_ids"]))
        return out

    def _read_costs(self) -> None:
        three = self._formulas[2]
        self._x3 = Design(three, self._products) if three else None
        self.K3 = len(self._x3.names) if self._x3 else 0

    def _coefficients(self, given: Any, design: Design | None, name: str) -> np.ndarray:
        if design is None:
            if given is not None and np.size(given):
                raise InputError(f"`{name}` needs a formulation of X3")
            return np.zeros((0, 1))
        values = np.asarray([] if given is None else given, dtype=float).reshape(-1, 1)
        if len(values) != len(design.names):
            raise InputError(f"`{name}` has {len(values)} values for {len(design.names)} columns")
        return values

    def _autocorrelation(self, given: Any) -> np.ndarray:
        """How errors follow their lags, which rows of `lag_indices` are."""
        lags = "lag_indices" in self._products
        if given is None or not np.size(given):
            if lags:
                raise InputError("`lag_indices` need `phi`")
            return np.zeros((0, 0))
        if not lags:
            raise InputError("`phi` needs `lag_indices` in `product_data`")
        size = 2 if self.K3 else 1
        phi = np.asarray(given, dtype=float).reshape(-1)
        if phi.size != size**2:
            raise InputError(f"`phi` has {phi.size} values, must be {size} x {size}")
        return phi.reshape(size, size)

    def _draw_errors(self, xi: Any, omega: Any, spread: tuple, state: np.random.RandomState) -> None:
        if xi is None and omega is None and self.K3:
            of_xi, of_omega, correlation = map(float, spread)
            both = correlation * np.sqrt(of_xi * of_omega)
            covariance = np.array([[of_xi, both], [both, of_omega]])
            if np.linalg.eigvalsh(covariance).min() < -1e-8 * max(of_xi, of_omega):
                raise InputError("`xi_variance`, `omega_variance` and `correlation` are of no distribution")
            drawn = state.multivariate_normal([0, 0], covariance, self.N, check_valid="ignore")
            if self.phi.size:
                drawn = _lagged(drawn, self.phi, covariance, self._products["lag_indices"].astype(int))
            xi, omega = drawn[:, 0], drawn[:, 1]
        if xi is None:
            raise InputError("`xi` must be given without a formulation of X3, or with `omega`")
        if omega is None and self.K3:
            raise InputError("`omega` must be given with a formulation of X3 and `xi`")
        self.xi = self._vector(xi, "xi")
        self.omega = None if omega is None else self._vector(omega, "omega")

    def _vector(self, given: Any, name: str) -> np.ndarray:
        values = np.asarray(given, dtype=float).reshape(-1, 1)
        if len(values) != self.N:
            raise InputError(f"`{name}` has {len(values)} values, must have {self.N}")
        return values

    # ---- what is read of it ------------------------------------------------------------------

    @property
    def product_data(self) -> np.recarray:
        """Data of the products, with what was drawn."""
        return structured.product_records(self._products)

    @property
    def agent_data(self) -> np.recarray | None:
        """Data of the agents, with what was drawn; nothing without a formulation of X2."""
        return None if self._agents is None else structured.agent_records(self._agents)

    @cached_property
    def products(self) -> np.recarray:
        """Columns of the products as matrices, with X1, X2 and X3."""
        out = structured.columns_of(self._demand.products)
        none = np.zeros((self.N, 0))
        out |= {"X3": none if self._x3 is None else self._x3.values, "ZD": none, "ZS": none, "ZC": none}
        return structured.structure({n: v for n, v in out.items() if not n.endswith("_instruments")})

    @cached_property
    def agents(self) -> np.recarray:
        """Agents, with their nodes and demographics."""
        return self._demand.agents

    def __str__(self) -> str:
        of = self._demand
        designs = (of._x1, of._x2, self._x3, of._demographics)
        return described(self, "T N F I K1 K2 K3 D H", self.costs_type, designs)

    __repr__ = __str__

    # ---- solving -----------------------------------------------------------------------------

    def replace_endogenous(
        self,
        costs: Any = None,
        prices: Any = None,
        iteration: Iteration | None = None,
        constant_costs: bool = True,
        compute_gradients: bool = True,
        compute_hessians: bool = True,
        error_behavior: str = "raise",
    ) -> SimulationResults:
        """Prices and shares at which every firm's prices are best, each market certified.

        Without `constant_costs`, costs whose formulation has `shares` are those at the shares that come
        out; firms set prices as if costs stayed.
        """
        began = time.monotonic()
        say("Replacing prices and market shares ...")
        costs = self._true_costs() if costs is None else self._vector(costs, "costs")
        start = costs if prices is None else self._vector(prices, "prices")
        # Mean utilities at the prices of the data, and the shares that they give there.
        data = dict(self._products)
        fit = self.evaluated(data)[1]
        delta = self.mean_utilities(data)
        data["shares"] = fit.shares(list(range(self.T)), None, list(delta[:, 0]))
        solved = SimulationResults(self, data, costs)
        solved._base = self._products
        fixed = iteration is not None and iteration._method == "return"
        if fixed:
            found, told = start[:, 0], _given_prices(self.T)
        else:
            found, told, moved = solved._equilibrium(start, iteration, constant_costs)
            costs = moved[:, None]
        data["prices"] = found
        data["shares"] = solved.compute_shares(found)[:, 0]
        if fixed and not constant_costs:
            costs = equilibrium.costs_at(solved, costs[:, 0], data["shares"])[:, None]
        results = SimulationResults(self, data, costs)
        results._tell(told, time.monotonic() - began)
        if compute_gradients:
            results._gradients()
        if compute_hessians:
            results._hessians()
        if not fixed:
            self._judge(results, error_behavior)
        say(f"Replaced prices and shares after {solving.clock(began)}.\n\n{results}")
        return results

    def replace_exogenous(
        self,
        X1_name: str,
        X3_name: str | None = None,
        delta: Any = None,
        iteration: Iteration | None = None,
        fp_type: str = "safe_linear",
        shares_bounds: Any = (1e-300, None),
        error_behavior: str = "raise",
    ) -> SimulationResults:
        """Characteristics at which prices and shares of the data are an equilibrium."""
        began = time.monotonic()
        say("Replacing exogenous product characteristics ...")
        if iteration is not None or delta is not None or fp_type != "safe_linear" or shares_bounds not in (None, (1e-300, None)):
            note("mean utilities are found in the engine's own way")
        self._refuse_elsewhere(X1_name, X3_name)
        at = SimulationResults(self, self._products, None)
        data = dict(self._products)
        one = Design(self._formulas[0], data)
        data[X1_name] = self._replaced(one, X1_name, self.beta, at.delta - self.xi, "X1")
        costs = None
        if self._x3 is not None:
            costs = at.compute_costs()
            if X3_name is not None:
                if self.costs_type == "log" and not (costs > 0).all():
                    raise NonpositiveSyntheticCostsError(f"{(~(costs > 0)).sum()} marginal costs are not positive, and have no logarithm")
                tilde = np.log(costs) if self.costs_type == "log" else costs
                data[X3_name] = self._replaced(self._x3, X3_name, self.gamma, tilde - self.omega, "X3")
        results = SimulationResults(self, data, costs)
        results._tell([{"status": "exact", "evaluations": 0}] * self.T, time.monotonic() - began)
        say(f"Replaced exogenous product characteristics after {solving.clock(began)}.\n\n{results}")
        return results

    def _refuse_elsewhere(self, of_x1: str, of_x3: str | None) -> None:
        """A variable that other formulations have too is not found from one of them."""
        one, two, three = self._formulas
        if of_x1 in ("prices", "shares") or of_x3 == "shares":
            raise InputError("prices and shares are not exogenous")
        for name, others in ((of_x1, (("X2", two), ("X3", three))), (of_x3, (("X1", one), ("X2", two)))):
            for which, formulation in others:
                if name is not None and formulation is not None and name in formulation._uses:
                    raise InputError(f"`{name}` is in the formulation of {which} too")

    def _replaced(self, x: Design, name: str, of: np.ndarray, wanted: np.ndarray, which: str) -> np.ndarray:
        """The column at which `x of` is what is wanted."""
        if name not in x.names:
            raise InputError(f"`{name}` is no variable of {which} as it is")
        k = x.names.index(name)
        if of[k, 0] == 0:
            raise InputError(f"the coefficient of `{name}` is zero")
        found = x.values[:, k] + (wanted[:, 0] - x.values @ of[:, 0]) / of[k, 0]
        formulation = self._formulas[0 if which == "X1" else 2]
        assert formulation is not None  # `x` is of it
        off = Design(formulation, {**self._products, name: found}).values @ of[:, 0] - wanted[:, 0]
        if not np.abs(off).max() <= 1e-9 * max(1.0, np.abs(wanted).max()):
            raise InputError(f"`{name}` is in more than one column of {which}")
        return found

    def _judge(self, results: SimulationResults, behavior: str) -> None:
        bad = [m for m, fine in zip(self.unique_market_ids, results.fp_converged) if not fine]
        if not bad:
            return
        text = f"in {len(bad)} of {self.T} markets prices are no certified equilibrium: {', '.join(map(str, bad[:5]))}"
        if behavior == "raise":
            raise SyntheticPricesConvergenceError(text)
        note(text)

    # ---- what is true ------------------------------------------------------------------------

    def mean_utilities(self, data: dict[str, np.ndarray]) -> np.ndarray:
        """`X1 beta + xi` at the prices of the data."""
        return Design(self._formulas[0], data).values @ self.beta + self.xi

    def _true_costs(self) -> np.ndarray:
        if self._x3 is None:
            raise InputError("`costs` must be given without a formulation of X3")
        costs = self._x3.values @ self.gamma + self.omega
        return np.exp(costs) if self.costs_type == "log" else costs

    def _problem(self, data: dict[str, np.ndarray]) -> Problem:
        """Demand as a problem. The engine asks for as many moments as there are parameters, also where
        nothing is estimated; these take no part in anything."""
        one, two, _ = self._formulas
        columns = len(Design(one, data).names)
        random = len(Design(two, data).names) if two else 0
        of_agents = self.agent_formulation
        differ = len(demographics(of_agents, self._agents)[0].names) if of_agents and self._agents else 0
        nests = len(np.unique(data["nesting_ids"])) if "nesting_ids" in data else 0
        most = columns + random * (random + 1) // 2 + random * differ + nests
        # Another generator than that of the data, which must not be drawn twice.
        state = np.random.default_rng(0)
        moments = {f"demand_instruments{k}": state.normal(size=len(data["market_ids"])) for k in range(most)}
        verbose, options.verbose = options.verbose, False
        try:
            return Problem(
                (one, two), {**data, **moments}, self.agent_formulation, self._agents,
                rc_types=self.rc_types, epsilon_scale=self.epsilon_scale,
            )
        finally:
            options.verbose = verbose

    def _given(self, parameters: dict[str, Any]) -> dict[str, Any]:
        """Parameters as arguments of `solve`."""
        given: dict[str, Any] = {"beta": None, "gamma": None, **parameters}
        return given | {f"{n}_bounds": None for n in ("sigma", "pi", "rho", "beta", "gamma")}

    def evaluated(self, data: dict[str, np.ndarray]) -> tuple[Problem, Any]:
        """Demand at the true parameters, and mean utilities that give the shares of the data."""
        problem = self._problem(data)
        given = self._given({"sigma": self.sigma, "pi": self.pi, "rho": self.rho, "beta": self.beta[:, 0]})
        how = {
            "W_type": "robust", "se_type": "robust", "center_moments": True, "covariance_mean": 0.0,
            "costs_bounds": None, "tolerance": 1e-6, "evaluations": 1,
        }
        start = solving.Start(problem, given, False)
        problem._at = problem._bind(problem._study(start.spec, how))
        fit = problem._at.step(list(problem._at.start), problem._at.first_weighting, False, False)
        return problem, fit


def _given_prices(markets: int) -> list[dict[str, Any]]:
    return [{"status": "exact", "evaluations": 0}] * markets


def _lagged(
    drawn: np.ndarray, phi: np.ndarray, covariance: np.ndarray, lags: np.ndarray
) -> np.ndarray:
    """Errors from their innovations: first periods from the stationary distribution, others from their lag."""
    own = np.arange(len(lags))
    first = lags == own
    size = len(phi)
    if np.abs(np.linalg.eigvals(phi)).max() >= 1 - options.stable_atol:
        raise InputError("`phi` is not stable: an eigenvalue is not below one")
    # The stationary covariance solves V = phi V phi' + C.
    stacked = np.linalg.solve(np.eye(size**2) - np.kron(phi, phi), covariance.ravel())
    stationary = stacked.reshape(size, size)
    out = drawn.copy()
    move = np.linalg.cholesky(stationary) @ np.linalg.inv(np.linalg.cholesky(covariance))
    out[first] = out[first] @ move.T
    done = first.copy()
    while not done.all():
        ready = ~done & done[lags]
        if not ready.any():
            raise InputError("`lag_indices` go in a circle")
        out[ready] += out[lags[ready]] @ phi.T
        done |= ready
    return out
