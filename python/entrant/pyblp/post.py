"""What follows from estimates: elasticities, diversion, costs, prices, surplus."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..errors import InputError
from . import elsewhere, equilibrium, iterated
from .configurations import Iteration, note
from .formulation import numbered as _numbered
from .hessians import SecondOrder


class PostEstimation(SecondOrder):
    """Methods of results. Matrices of all markets stand on top of each other, filled with `nan`."""

    problem: Any
    rho: Any
    _fit: Any
    _engine: Any

    # ---- which markets and rows --------------------------------------------------------------

    def _markets(self, market_id: Any) -> tuple[list[int], list[np.ndarray]]:
        """Positions of markets in the engine, and their rows."""
        rows = self.problem._market_rows
        if market_id is not None:
            at = np.flatnonzero(self.problem.unique_market_ids == market_id)
            if not len(at):
                raise InputError(f"there is no market `{market_id}`")
            rows = [rows[int(at[0])]]
        first = {int(r[0]): t for t, r in enumerate(self._engine.rows)}
        return [first[int(r[0])] for r in rows], rows

    def _stack(self, matrices: list[np.ndarray], rows: list[np.ndarray], market_id: Any) -> np.ndarray:
        if market_id is not None:
            return np.asarray(matrices[0])
        out = np.full((self.problem.N, max(m.shape[1] for m in matrices)), np.nan)
        for m, r in zip(matrices, rows):
            out[r, : m.shape[1]] = m
        return out

    def _column(self, values: np.ndarray, rows: list[np.ndarray], market_id: Any) -> np.ndarray:
        return np.asarray(values)[rows[0] if market_id is not None else slice(None)][:, None]

    def _rows(self, given: Any, rows: list[np.ndarray], market_id: Any, name: str) -> np.ndarray:
        """Values by row from those of all markets, or of the one that is asked for."""
        values = np.asarray(given, dtype=float).ravel()
        wanted = len(rows[0]) if market_id is not None else self.problem.N
        if len(values) != wanted:
            raise InputError(f"`{name}` has {len(values)} values, must have {wanted}")
        if market_id is None:
            return values
        out = np.full(self.problem.N, np.nan)
        out[rows[0]] = values
        return out

    def _owners(self, firm_ids: Any, ownership: Any, rows: list[np.ndarray], market_id: Any) -> list[np.ndarray]:
        data = self.problem._products
        if firm_ids is not None and ownership is not None:
            raise InputError("give `firm_ids` or `ownership`, not both")
        own = _numbered(data, "ownership")
        if ownership is None and firm_ids is None and own:
            given = np.column_stack([data[n].astype(float) for n in own])
            return [given[r][:, : len(r)].copy() for r in rows]
        if ownership is not None:
            ownership = np.asarray(ownership, dtype=float)
            if market_id is not None:
                return [ownership[:, : len(rows[0])].copy()]
            return [ownership[r][:, : len(r)].copy() for r in rows]
        if firm_ids is None:
            if "firm_ids" not in data:
                raise InputError("`product_data` has no `firm_ids`")
            firms = [data["firm_ids"][r] for r in rows]
        else:
            given = np.asarray(firm_ids).ravel()
            firms = [given] if market_id is not None else [given[r] for r in rows]
        return [(f[:, None] == f[None, :]).astype(float) for f in firms]

    # ---- substitution ------------------------------------------------------------------------

    def compute_elasticities(self, name: str | None = "prices", market_id: Any = None) -> np.ndarray:
        """Elasticities of demand: row j, column k is of the share of j to `name` of k."""
        at, rows = self._markets(market_id)
        variable, values = self._variable(name)
        return self._stack(self._fit.elasticities(at, variable, values), rows, market_id)

    def compute_demand_jacobians(self, name: str = "prices", market_id: Any = None) -> np.ndarray:
        """Derivatives of shares: row j, column k is of the share of j by `name` of k."""
        at, rows = self._markets(market_id)
        return self._stack(self._fit.share_jacobians(at, self._variable(name)[0]), rows, market_id)

    def compute_diversion_ratios(self, name: str | None = "prices", market_id: Any = None) -> np.ndarray:
        """Diversion ratios, the part that buys nothing on the diagonal."""
        at, rows = self._markets(market_id)
        return self._stack(self._fit.diversion(at, self._variable(name)[0]), rows, market_id)

    def compute_long_run_diversion_ratios(self, market_id: Any = None) -> np.ndarray:
        """Diversion ratios when a product goes off sale, the part that buys nothing on the diagonal."""
        at, rows = self._markets(market_id)
        return self._stack(self._fit.second_choices(at), rows, market_id)

    def compute_aggregate_elasticities(
        self, factor: float = 0.1, name: str | None = "prices", market_id: Any = None
    ) -> np.ndarray:
        """By how much all shares together move when all prices, or all values of a characteristic or of mean
        utility, rise by a part `factor`."""
        at, rows = self._markets(market_id)
        if name == "prices":
            return self._fit.aggregate_elasticities(at, float(factor))[:, None]
        before = self._fit.shares(at)
        if name is None:
            after = self._fit.shares(at, None, list((1 + factor) * np.asarray(self._fit.delta)))
        else:
            _, values = self._variable(name)
            other = elsewhere.of_products(self.problem, {name: (1 + factor) * np.asarray(values)})
            after = elsewhere.moved(other, self).fit.shares(at)
        return np.array([[(after[r] - before[r]).sum() / factor] for r in rows])

    def _variable(self, name: str | None) -> tuple[str, list[float] | None]:
        if name is None:
            return "mean utility", None
        if name == "prices":
            return "price", None
        if name not in self.problem._products:
            raise InputError(f"`product_data` has no `{name}`")
        return name, self.problem._products[name].astype(float)

    def extract_diagonals(self, matrices: Any, market_id: Any = None) -> np.ndarray:
        """Diagonals of stacked matrices."""
        _, rows = self._markets(market_id)
        matrices = np.asarray(matrices)
        if market_id is not None:
            return np.diag(matrices)[:, None]
        out = np.full((self.problem.N, 1), np.nan)
        for r in rows:
            out[r, 0] = np.diag(matrices[r][:, : len(r)])
        return out

    def extract_diagonal_means(self, matrices: Any, market_id: Any = None) -> np.ndarray:
        """Means of the diagonals of stacked matrices, by market."""
        _, rows = self._markets(market_id)
        values = self.extract_diagonals(matrices, market_id)
        if market_id is not None:
            return values.mean(axis=0, keepdims=True)
        return np.array([[values[r].mean()] for r in rows])

    # ---- shares ------------------------------------------------------------------------------

    def compute_shares(
        self, prices: Any = None, delta: Any = None, agent_data: Any = None, integration: Any = None,
        market_id: Any = None,
    ) -> np.ndarray:
        """Shares at prices or mean utilities; the estimated ones where nothing is given."""
        fit, at, rows, prices, delta = self._moved(prices, delta, agent_data, integration, market_id)
        return self._column(fit.shares(at, prices, delta), rows, market_id)

    def compute_probabilities(
        self, prices: Any = None, delta: Any = None, agent_data: Any = None, integration: Any = None,
        market_id: Any = None,
    ) -> np.ndarray:
        """Choice probabilities: a row for each product, a column for each agent of its market."""
        fit, at, rows, prices, delta = self._moved(prices, delta, agent_data, integration, market_id)
        return self._stack(fit.probabilities(at, prices, delta), rows, market_id)

    def _moved(self, prices: Any, delta: Any, agent_data: Any, integration: Any, market_id: Any) -> tuple:
        """The fit, markets, their rows, prices, and mean utilities at the prices of the data."""
        at, rows = self._markets(market_id)
        prices = None if prices is None else self._rows(prices, rows, market_id, "prices")
        delta = None if delta is None else self._rows(delta, rows, market_id, "delta")
        if prices is not None and delta is not None:
            # The engine moves mean utilities with prices; those that are given hold at the new ones.
            everywhere = np.where(np.isnan(prices), self.problem._products["prices"].astype(float), prices)
            delta = delta - elsewhere.at_prices(self, everywhere)
        fit = self._fit
        if agent_data is not None or integration is not None:
            other = elsewhere.of_agents(self.problem, agent_data, integration)
            fit = elsewhere.moved(other, self, np.asarray(fit.delta)).fit
        return fit, at, rows, prices, delta

    def compute_delta(
        self, agent_data: Any = None, integration: Any = None, iteration: Iteration | None = None,
        fp_type: str = "safe_linear", shares_bounds: Any = (1e-300, None), market_id: Any = None,
    ) -> np.ndarray:
        """Mean utilities at the estimates: by a function of one's own where `iteration` is one, from those of the
        estimates on."""
        if iterated.is_own(iteration):
            return self._iterated_delta((agent_data, integration), iteration, (fp_type, shares_bounds), market_id)
        if iteration is not None or fp_type != "safe_linear" or shares_bounds not in (None, (1e-300, None)):
            note("mean utilities are found in the engine's own way")
        _, rows = self._markets(market_id)
        fit = self._fit
        if agent_data is not None or integration is not None:
            fit = elsewhere.evaluated(elsewhere.of_agents(self.problem, agent_data, integration), self)[1]
        return self._column(fit.delta, rows, market_id)

    def _iterated_delta(self, agents: tuple, iteration: Any, how: tuple[str, Any], market_id: Any) -> np.ndarray:
        """Mean utilities by a function of one's own on the contraction of the engine."""
        iterated.check_shares(how[1], self._observed_shares())
        engine = self._engine
        if any(part is not None for part in agents):
            engine = elsewhere.of_agents(self.problem, *agents)._bind(engine.study)
        at, rows = self._markets(market_id)
        out, failed = np.array(self._fit.delta), []
        inversions = iterated.Inversions(iteration, engine.rows, (*how, "first"), None)
        for t, r in zip(at, rows):
            out[r], stats = inversions.find(engine.contraction(t, self._values()), out[r])
            if not stats.converged:
                failed.append(self._engine.markets[t])
        if failed:
            note(f"the iteration did not converge in {len(failed)} markets: {', '.join(failed[:5])}")
        return self._column(out, rows, market_id)

    def _observed_shares(self) -> np.ndarray:
        return self.problem._products["shares"].astype(float)

    # ---- supply ------------------------------------------------------------------------------

    def compute_costs(self, firm_ids: Any = None, ownership: Any = None, market_id: Any = None) -> np.ndarray:
        """Marginal costs at which observed prices are optimal."""
        at, rows = self._markets(market_id)
        markups = self._fit.markups(at, self._owners(firm_ids, ownership, rows, market_id))
        prices = self.problem._products["prices"].astype(float)
        return self._column(prices - markups, rows, market_id)

    def _costs(self, costs: Any, market_id: Any) -> np.ndarray:
        """Costs by row: given ones, or those of the estimates."""
        _, rows = self._markets(market_id)
        costs = self.compute_costs(market_id=market_id) if costs is None else costs
        return self._rows(costs, rows, market_id, "costs")

    def _prices(self, prices: Any, market_id: Any) -> np.ndarray:
        _, rows = self._markets(market_id)
        if prices is None:
            return self.problem._products["prices"].astype(float)
        return self._rows(prices, rows, market_id, "prices")

    def compute_markups(self, prices: Any = None, costs: Any = None, market_id: Any = None) -> np.ndarray:
        """Markups as a part of prices, `(p - c) / p`."""
        _, rows = self._markets(market_id)
        p = self._prices(prices, market_id)
        return self._column((p - self._costs(costs, market_id)) / p, rows, market_id)

    def compute_profits(
        self, prices: Any = None, shares: Any = None, costs: Any = None, market_id: Any = None
    ) -> np.ndarray:
        """Profits per potential buyer, `(p - c) s`."""
        _, rows = self._markets(market_id)
        p, c = self._prices(prices, market_id), self._costs(costs, market_id)
        if shares is None:
            shares = self.compute_shares(p[rows[0]] if market_id is not None else p, market_id=market_id)
        s = self._rows(shares, rows, market_id, "shares")
        return self._column((p - c) * s, rows, market_id)

    def compute_hhi(self, firm_ids: Any = None, shares: Any = None, market_id: Any = None) -> np.ndarray:
        """Herfindahl-Hirschman indices of what is sold, times 10,000."""
        _, rows = self._markets(market_id)
        data = self.problem._products
        firms = data["firm_ids"] if firm_ids is None else np.asarray(firm_ids).ravel()
        s = self._observed_shares() if shares is None else self._rows(shares, rows, market_id, "shares")
        out = []
        for r in rows:
            own = firms if market_id is not None and firm_ids is not None else firms[r]
            sold = s[r] / s[r].sum()
            out.append([1e4 * sum(sold[own == f].sum() ** 2 for f in np.unique(own))])
        return np.array(out)

    def compute_approximate_prices(
        self, firm_ids: Any = None, ownership: Any = None, costs: Any = None, market_id: Any = None
    ) -> np.ndarray:
        """Prices after a change of owners or costs if shares and their derivatives stayed the same."""
        at, rows = self._markets(market_id)
        markups = self._fit.markups(at, self._owners(firm_ids, ownership, rows, market_id))
        return self._column(self._costs(costs, market_id) + markups, rows, market_id)

    def compute_prices(
        self, firm_ids: Any = None, ownership: Any = None, costs: Any = None, prices: Any = None,
        iteration: Iteration | None = None, constant_costs: bool = True, market_id: Any = None,
    ) -> np.ndarray:
        """Equilibrium prices.

        Each market's prices are certified; a warning names markets in which they are not an
        equilibrium (PyBLP does not say so).
        """
        _, rows = self._markets(market_id)
        given = (firm_ids, ownership, costs, prices, iteration, constant_costs, market_id)
        return self._column(self._solved_prices(*given)[0], rows, market_id)

    def _solved_prices(
        self, firm_ids: Any, ownership: Any, costs: Any, prices: Any, iteration: Iteration | None, constant_costs: bool,
        market_id: Any,
    ) -> tuple[np.ndarray, list[dict[str, Any]]]:
        """Equilibrium prices by row, and what they are in each market."""
        at, rows = self._markets(market_id)
        owners = self._owners(firm_ids, ownership, rows, market_id)
        costs, start = self._costs(costs, market_id), self._prices(prices, market_id)
        if iteration is not None and iteration._method == "return":
            return start, [{"status": "exact", "evaluations": 0}] * len(at)
        given = np.nan_to_num(costs), np.nan_to_num(start, nan=1.0)
        found, told, _ = equilibrium.prices(self, (at, rows, owners), given, iteration, constant_costs)
        bad = [t for t, s in zip(at, told) if s["status"] not in equilibrium.USABLE]
        if bad:
            names = ", ".join(f"{self._engine.markets[t]} ({told[at.index(t)]['status']})" for t in bad[:5])
            note(f"in {len(bad)} of {len(at)} markets prices are no certified equilibrium: {names}")
        return found, told

    def _cost_side(self) -> tuple[Any, dict[str, np.ndarray], np.ndarray, str] | None:
        """The formulation of cost, its data, its coefficients and what it is of; nothing without one."""
        problem = self.problem
        if problem._x3 is None:
            return None
        gamma = self.gamma[:, 0]  # type: ignore[attr-defined]
        return problem.product_formulations[2], problem._products, gamma, problem.costs_type

    def compute_passthrough(self, firm_ids: Any = None, ownership: Any = None, market_id: Any = None) -> np.ndarray:
        """Cost pass-through: row j, column k is by how much the price of j moves with the cost of k."""
        at, rows = self._markets(market_id)
        owners = self._owners(firm_ids, ownership, rows, market_id)
        costs = self.compute_costs(firm_ids, ownership, market_id)
        costs = np.nan_to_num(self._rows(costs, rows, market_id, "costs"))
        return self._stack(self._fit.passthrough(at, owners, costs), rows, market_id)

    # ---- welfare -----------------------------------------------------------------------------

    def compute_consumer_surpluses(
        self, prices: Any = None, keep_all: bool = False, eliminate_product_ids: Any = None,
        product_ids_index: int = 0, market_id: Any = None,
    ) -> np.ndarray:
        """Consumers' surplus per potential buyer of each market, or of each of its agents."""
        at, rows = self._markets(market_id)
        removed = None
        if eliminate_product_ids is not None:
            columns = _numbered(self.problem._products, "product_ids")
            if product_ids_index >= len(columns):
                raise InputError(f"`product_ids` has no column {product_ids_index}")
            ids = self.problem._products[columns[product_ids_index]]
            removed = np.flatnonzero(np.isin(ids, list(eliminate_product_ids))).tolist()
        p = None if prices is None else self._rows(prices, rows, market_id, "prices")
        found = self._fit.surplus(at, p, removed)
        if not keep_all:
            return np.array([[mean] for mean, _ in found])
        out = np.full((len(found), max(len(each) for _, each in found)), np.nan)
        for t, (_, each) in enumerate(found):
            out[t, : len(each)] = each
        return out

    # ---- micro moments -----------------------------------------------------------------------

    def _values(self) -> list[float]:
        """Parameters that are searched for."""
        return list(self._engine.start)

    def _beta(self) -> np.ndarray:
        """Coefficients of mean utility (columns of X1)."""
        raise NotImplementedError

    def compute_micro_values(self, micro_moments: Any) -> np.ndarray:
        """What the model says here that micro moments observe."""
        from .micro import Moments

        moments = Moments(self.problem, micro_moments)
        if not len(moments):
            return np.zeros(0)
        engine = moments.attach(self._engine)
        fit = engine.step(self._values(), engine.first_weighting, False, False)
        return fit.micro_values

    def _score_parameters(self) -> list[int | None]:
        """Where each of theta is in the engine; `None` for one that moves no probability."""
        kinds = [p["kind"] for p in self._engine.parameters]
        return [k if kind in ("sigma", "pi", "rho") else None for k, kind in enumerate(kinds)]

    def compute_agent_scores(
        self, dataset: Any, micro_data: Any = None, integration: Any = None
    ) -> list[dict[Any, np.ndarray]]:
        """Scores of all choices of agents, those of the problem or of `micro_data`: for each of theta a
        dictionary from markets to arrays of agents x choices, as weights of the data set are. `nan` where a
        choice has the probability zero."""
        from .scores import of_agents

        return of_agents(self, dataset, micro_data, integration)

    def compute_micro_scores(self, dataset: Any, micro_data: Any, integration: Any = None) -> list[np.ndarray]:
        """Scores of the observations of a data set, the derivatives of logarithms of their probabilities: for each
        of theta an array of observations. Their means are what optimal micro moments observe."""
        from .scores import of_choices

        return of_choices(self, dataset, micro_data, integration)

    def simulate_micro_data(self, dataset: Any, seed: int | None = None) -> np.recarray:
        """Choices drawn from the model, as many as a micro data set has observations; the draws are
        PyBLP's for a seed."""
        from .micro import simulate

        return simulate(self, dataset, seed)
