"""Problems: data and formulations, and how they are solved."""

from __future__ import annotations

import time
from collections.abc import Sequence
from functools import cached_property
from typing import Any

import numpy as np

from .. import _engine, _frames, _toml
from ..errors import InputError, NotSupportedError
from . import options, solving, structured
from .configurations import Iteration, Optimization, note
from .formulation import Design, Formulation, numbered
from .integration import Integration
from .results import ProblemResults
from .tables import say, table

_KINDS = {"linear": "linear", "log": "lognormal", "logit": "logit"}


class Problem:
    """A BLP-type problem: products, formulations of utility and cost, consumers.

    The arguments are PyBLP's. `product_data` and `agent_data` are tables of any kind that
    `entrant.Problem` takes.
    """

    _at: Any
    """The engine's problem at the parameters of a simulation."""

    def __init__(
        self,
        product_formulations: Formulation | Sequence[Formulation | None],
        product_data: Any,
        agent_formulation: Formulation | None = None,
        agent_data: Any = None,
        integration: Integration | None = None,
        rc_types: Sequence[str] | None = None,
        epsilon_scale: float = 1.0,
        costs_type: str = "linear",
        add_exogenous: bool = True,
    ) -> None:
        began = time.monotonic()
        say("Initializing the problem ...")
        if np.dtype(options.dtype) != np.float64:
            note(f"`options.dtype` is {np.dtype(options.dtype)}: the engine computes in doubles")
        self.add_exogenous = bool(add_exogenous)
        if costs_type not in ("linear", "log"):
            raise InputError("`costs_type` is `linear` or `log`")
        self._one, two, three = _three(product_formulations)
        self.product_formulations = [self._one, two, three]
        self.agent_formulation = agent_formulation
        self.product_data, self.agent_data, self.integration = product_data, agent_data, integration
        self.epsilon_scale, self.costs_type = float(epsilon_scale), costs_type
        self._products = _frames.columns(product_data)
        self._read_products()
        self._read_agents(agent_data, integration)
        self._read_rc_types(rc_types)
        say(f"Initialized the problem after {solving.clock(began)}.\n\n{self}")

    # ---- data --------------------------------------------------------------------------------

    def _read_products(self) -> None:
        data = self._products
        for name in ("market_ids", "prices"):
            if name not in data:
                raise InputError(f"`product_data` has no `{name}`")
        if "shares" not in data:
            raise InputError("`product_data` has no `shares`")
        self.N = len(data["market_ids"])
        self.unique_market_ids = np.unique(data["market_ids"])
        self._market_rows = [np.flatnonzero(data["market_ids"] == m) for m in self.unique_market_ids]
        self.T, self._most = len(self._market_rows), max(map(len, self._market_rows))
        firms, nests = data.get("firm_ids"), data.get("nesting_ids")
        self.unique_firm_ids = np.unique(firms) if firms is not None else np.array([])
        self.unique_nesting_ids = np.unique(nests) if nests is not None else np.array([])
        self.F, self.H = len(self.unique_firm_ids), len(self.unique_nesting_ids)
        ids = data.get("product_ids")
        self.unique_product_ids = np.unique(ids) if ids is not None else np.array([])
        one = self._one
        _, two, three = self.product_formulations
        self._x1 = Design(one, data)
        self._x2 = Design(two, data) if two else None
        self._x3 = Design(three, data) if three else None
        self.K1 = len(self._x1.names)
        self.K2 = len(self._x2.names) if self._x2 else 0
        self.K3 = len(self._x3.names) if self._x3 else 0
        self._check_formulations()
        self._demand_instruments = numbered(data, "demand_instruments")
        self._supply_instruments = numbered(data, "supply_instruments")
        self._covariance_instruments = numbered(data, "covariance_instruments") if self.K3 else []
        exogenous = (~self._x1.depends.any(axis=1)) & self.add_exogenous
        self.MD = len(self._demand_instruments) + int(exogenous.sum())
        self.MS = 0
        if self._x3 is not None:
            exogenous = (~self._x3.depends.any(axis=1)) & self.add_exogenous
            self.MS = len(self._supply_instruments) + int(exogenous.sum())
        self.MC = len(self._covariance_instruments)
        self.ED, self.ES = len(one._absorb_terms()), len(three._absorb_terms()) if three else 0
        if self.ED:
            say("Absorbing demand-side fixed effects ...")
        if self.ES:
            say("Absorbing supply-side fixed effects ...")

    def _check_formulations(self) -> None:
        if self._x1.depends[:, 1].any() or (self._x2 and self._x2.depends[:, 1].any()):
            raise InputError("`shares` cannot be in the formulations of X1 and X2")
        if self._x3 is not None:
            if self._x3.depends[:, 0].any():
                raise InputError("`prices` cannot be in the formulation of X3")
            if "firm_ids" not in self._products:
                raise InputError("supply needs `firm_ids`")
        if self.product_formulations[1] and self.product_formulations[1]._absorb:
            raise InputError("nothing can be absorbed into X2")

    def _read_agents(self, agent_data: Any, integration: Integration | None) -> None:
        self.I = self.D = 0
        self._agents: dict[str, np.ndarray] | None = None
        self._demographics: Design | None = None
        self._demographic_values = np.zeros((0, 0))
        self.unique_agent_ids = np.array([])
        if self._x2 is None:
            if agent_data is not None or integration is not None or self.agent_formulation is not None:
                raise InputError("agents are only needed with a formulation of X2")
            return
        if agent_data is None and integration is None:
            raise InputError("a formulation of X2 needs `agent_data` or `integration`")
        agents = _frames.columns(agent_data) if agent_data is not None else {}
        # Fields of one column are fields like those of more.
        agents = {f"{n}0" if n in ("nodes", "availability") else n: v for n, v in agents.items()}
        if integration is not None:
            agents = self._integrated(agents, integration)
        for name in ("market_ids", "weights"):
            if name not in agents:
                raise InputError(f"`agent_data` has no `{name}`")
        if self.agent_formulation is not None:
            if agent_data is None:
                raise InputError("demographics need `agent_data`")
            self._demographics, self._demographic_values = demographics(self.agent_formulation, agents)
            places = self._demographic_values.shape[2:]
            if places and places[0] < self._most:
                raise InputError(f"demographics have columns for {places[0]} products; a market has {self._most}")
            self.D = len(self._demographics.names)
        self._agents, self.I = agents, len(agents["market_ids"])
        parts = [agents[n] for n in numbered(agents, "availability")] if self.H else []
        if any(((a != 0) & (a != 1)).any() for a in parts):
            note(
                "`availability` between 0 and 1 with nests multiplies the exponential of utility here; PyBLP multiplies "
                "that of utility over one less the nesting parameter"
            )
        self.unique_agent_ids = np.unique(agents["agent_ids"]) if "agent_ids" in agents else np.array([])

    def _integrated(self, agents: dict[str, np.ndarray], integration: Integration) -> dict[str, np.ndarray]:
        of, nodes, weights = integration._nodes(self.K2, self.T)
        markets = self.unique_market_ids[of]
        if agents:
            counts = [np.sum(agents["market_ids"] == m) for m in self.unique_market_ids]
            if any(np.sum(of == t) != n for t, n in enumerate(counts)):
                raise InputError("`integration` and `agent_data` have different numbers of agents in a market")
            order = np.concatenate([np.flatnonzero(agents["market_ids"] == m) for m in self.unique_market_ids])
            agents = {n: v[order] for n, v in agents.items() if not n.startswith("nodes")}
        out = {**agents, "market_ids": markets, "weights": weights}
        out.update((f"nodes{k}", nodes[:, k]) for k in range(nodes.shape[1]))
        return out

    def _read_rc_types(self, rc_types: Sequence[str] | None) -> None:
        self.rc_types = list(rc_types) if rc_types is not None else ["linear"] * self.K2
        if len(self.rc_types) != self.K2 or set(self.rc_types) - set(_KINDS):
            raise InputError("`rc_types` has `linear`, `log` or `logit` for each column of X2")

    # ---- what is read of it ------------------------------------------------------------------

    @cached_property
    def products(self) -> np.recarray:
        """Columns of the products as matrices, with X1, X2, X3, ZD, ZS and ZC."""
        return structured.products(self)

    @cached_property
    def agents(self) -> np.recarray:
        """Agents, with their nodes and demographics."""
        return structured.agents(self)

    def _instruments(self, of: Formulation | None, names: list[str], x: Design | None) -> np.ndarray:
        """Instruments with the exogenous characteristics, before effects are taken out."""
        if of is None or x is None:
            return np.zeros((self.N, 0))
        columns = [self._products[n].astype(float) for n in names]
        if self.add_exogenous:
            columns += list(x.values[:, ~x.depends.any(axis=1)].T)
        return np.column_stack(columns) if columns else np.zeros((self.N, 0))

    def __str__(self) -> str:
        designs = (self._x1, self._x2, self._x3, self._demographics)
        return described(self, "T N F I K1 K2 K3 D MD MS MC ED ES H", self.costs_type, designs)

    __repr__ = __str__

    # ---- solving -----------------------------------------------------------------------------

    def solve(
        self,
        sigma: Any = None,
        pi: Any = None,
        rho: Any = None,
        phi: Any = None,
        beta: Any = None,
        gamma: Any = None,
        sigma_bounds: tuple[Any, Any] | None = None,
        pi_bounds: tuple[Any, Any] | None = None,
        rho_bounds: tuple[Any, Any] | None = None,
        phi_bounds: tuple[Any, Any] | None = None,
        beta_bounds: tuple[Any, Any] | None = None,
        gamma_bounds: tuple[Any, Any] | None = None,
        delta: Any = None,
        method: str = "2s",
        initial_update: bool | None = None,
        optimization: Optimization | None = None,
        scale_objective: bool = True,
        check_optimality: str = "both",
        finite_differences: bool = False,
        error_behavior: str = "revert",
        error_punishment: float = 1,
        delta_behavior: str = "first",
        iteration: Iteration | None = None,
        fp_type: str = "safe_linear",
        shares_bounds: tuple[Any, Any] | None = (1e-300, None),
        costs_bounds: tuple[Any, Any] | None = None,
        W: Any = None,
        center_moments: bool = True,
        W_type: str = "robust",
        se_type: str = "robust",
        demand_moment_types: Any = "levels",
        supply_moment_types: Any = "levels",
        covariance_moments_mean: float = 0,
        micro_moments: Sequence[Any] = (),
        micro_sample_covariances: Any = None,
        resample_agent_data: Any = None,
    ) -> ProblemResults:
        """Estimates by GMM; the arguments and their defaults are PyBLP's.

        Raises `NotSupportedError` for what this engine does not do.
        """
        given = dict(locals())
        given.pop("self")
        solving.refuse(given)
        return solving.solve(self, given)

    def _study(self, parameters: dict[str, Any], how: dict[str, Any]) -> str:
        """The text of the study at starting values."""
        one = self._one
        _, two, three = self.product_formulations
        demand: dict[str, Any] = {
            "linear": one._text,
            "random": two._text if two else None,
            "demographics": self.agent_formulation._text if self.agent_formulation else None,
            "instruments": self._demand_instruments,
            "coefficients": [_KINDS[k] for k in self.rc_types] if two else None,
            **{k: v for k, v in parameters.items() if not k.startswith("gamma")},
        }
        supply = None
        if three is not None:
            supply = {
                "cost": three._text,
                "form": self.costs_type,
                "instruments": self._supply_instruments,
                "cost_bounds": how["costs_bounds"],
                "covariance_instruments": self._covariance_instruments or None,
                "covariance_mean": how["covariance_mean"] if self._covariance_instruments else None,
                "gamma": parameters.get("gamma"),
                "gamma_bounds": parameters.get("gamma_bounds"),
                "stakes": self._stakes() or None,
            }
        study: dict[str, Any] = {
            "title": "entrant.pyblp",
            "question": "What are demand and supply?",
            "data": self._data_spec(),
            "estimate": {
                "method": "one-step",
                "epsilon_scale": self.epsilon_scale,
                "weighting": how["W_type"],
                "errors": how["se_type"],
                "center_moments": how["center_moments"],
                "optimizer": {"gradient_tolerance": how["tolerance"], "evaluations": how["evaluations"]},
                "demand": demand,
            },
        }
        if supply is not None:
            study["estimate"]["supply"] = supply
        return _toml.dumps(study)

    def _stakes(self) -> list[dict[str, Any]]:
        """Weights of firms on each other's profits, from ownership matrices in the data."""
        names = numbered(self._products, "ownership")
        if not names:
            return []
        given = np.column_stack([self._products[n].astype(float) for n in names])
        firms = _frames.labels(self._products["firm_ids"])
        out: list[dict[str, Any]] = []
        for market, rows in zip(_frames.labels(self.unique_market_ids), self._market_rows):
            weights: dict[tuple[str, str], float] = {}
            for j, r in enumerate(rows):
                for k, q in enumerate(rows):
                    if weights.setdefault((firms[r], firms[q]), given[r, k]) != given[r, k]:
                        raise NotSupportedError("`ownership` that differs between products of a firm, with a supply side")
            for (firm, of), weight in weights.items():
                if firm == of and weight != 1:
                    raise NotSupportedError("`ownership` of a firm's own profit other than 1, with a supply side")
                if firm != of and weight != 0:
                    out.append({"firm": firm, "of": of, "weight": weight, "one_way": True, "markets": [market]})
        return out

    def _data_spec(self) -> dict[str, Any]:
        data = self._products
        columns = {
            "market": "market_ids",
            "product": solving.ROW,
            "firm": "firm_ids" if "firm_ids" in data else None,
            "price": "prices",
            "share": "shares",
            "nest": "nesting_ids" if self.H else None,
            "cluster": "clustering_ids" if "clustering_ids" in data else None,
            "weight": "weights" if self._agents is not None else None,
        }
        if self._agents is not None and any(n.startswith("availability") for n in self._agents):
            columns["availability"] = "availability"
        return {
            "products": "products",
            "consumers": "consumers" if self._agents is not None else None,
            "negative_prices": True,
            "weights_may_differ_from_one": True if self._agents is not None else None,
            "negative_weights": True if self._agents is not None else None,
            "smallest_outside_share": 1e-300,
            "smallest_share": 1e-300,
            "columns": columns,
        }

    def _bind(self, text: str) -> Any:
        """The engine's problem for a study."""
        products = _frames.for_engine(self._products)
        products[solving.ROW] = np.arange(self.N, dtype=float)
        agents = None if self._agents is None else _frames.for_engine(self._agents)
        engine = _engine.Problem(text, products, agents)
        own = [] if self._agents is None else numbered(self._agents, "nodes")[: self.K2]
        if len(own) < self.K2 or len(engine.draws) == self.K2:
            return engine
        assert agents is not None  # those are the ones with nodes
        # As many columns of nodes as X2 has belong to its columns one by one; with fewer of them, as the engine has it,
        # the first belong to the columns of Sigma that are not zero.
        used = {f"nodes{k}": agents[own[c]] for k, c in enumerate(engine.draws)}
        agents = {**{n: v for n, v in agents.items() if n not in own}, **used}
        return _engine.Problem(text, products, agents)


def demographics(of: Formulation, agents: dict[str, np.ndarray]) -> tuple[Design, np.ndarray]:
    """The design of demographics, and its values: agents x demographics, or agents x demographics x products
    where a name stands for columns `name0`, `name1` and so on, one for each product of a market."""
    own = [n for n in of._uses if n not in agents and f"{n}0" in agents]
    if not own:
        design = Design(of, agents)
        return design, design.values
    places = min(len(numbered(agents, n)) for n in own)
    designs = [Design(of, {**agents, **{n: agents[f"{n}{j}"] for n in own}}) for j in range(places)]
    return designs[0], np.stack([d.values for d in designs], axis=2)


def described(of: Any, names: str, costs_type: str, designs: Sequence[Design | None]) -> str:
    """Sizes and formulations of markets as PyBLP prints them: X1, X2, X3 and demographics."""
    sizes = [(n, getattr(of, n)) for n in names.split()]
    sizes = [(n, v) for n, v in sizes if v]
    first = table("Dimensions", [[f" {n} "] for n, _ in sizes], [[str(v) for _, v in sizes]])
    kind = "Log Cost" if costs_type == "log" else "Linear Cost"
    rows = ("X1: Linear Characteristics", "X2: Nonlinear Characteristics", f"X3: {kind} Characteristics", "d: Demographics")
    labels = [(name, d.labels) for name, d in zip(rows, designs) if d is not None]
    most = max(len(columns) for _, columns in labels)
    cells = [[name, *columns, *[""] * (most - len(columns))] for name, columns in labels]
    header = [["Column Indices:"], *([f" {k} "] for k in range(most))]
    return f"{first}\n\n{table('Formulations', header, cells)}"


def _three(given: Formulation | Sequence[Formulation | None]) -> tuple[Formulation, Formulation | None, Formulation | None]:
    if isinstance(given, Formulation):
        given = [given]
    first, second, third = [*given, None, None, None][:3]
    if len(given) > 3 or not isinstance(first, Formulation):
        raise InputError("`product_formulations` has one to three formulations, that of X1 first")
    if any(f is not None and not isinstance(f, Formulation) for f in (second, third)):
        raise TypeError("`product_formulations` are `Formulation`s")
    return first, second, third
