"""Scores of observations of individual consumers: what each says about the parameters."""

from __future__ import annotations

import time
from typing import Any

import numpy as np

from .. import _frames
from ..errors import InputError
from . import elsewhere
from .configurations import note
from .formulation import numbered
from .integration import Integration
from .micro import MicroDataset, Records, check_dataset, group_codes, padded, survey_weights
from .structured import agents, columns_of, grouped, structure
from .tables import say, seconds

_CHOICES = ("choice_indices", "second_choice_indices")
_TOLERANCE = 1e-10  # of sums of weights, as in PyBLP


def of_agents(results: Any, dataset: Any, micro_data: Any, integration: Any) -> list[dict[Any, np.ndarray]]:
    """Scores of all choices of agents, by parameter and market."""
    began = _begin(dataset, results, "agent")
    table = _own_agents(results.problem, dataset) if micro_data is None else _frames.columns(micro_data)
    table = {n: v for n, v in table.items() if n not in _CHOICES}
    observed = _Observed(results, dataset, table, integration)
    found = observed.scores(False)
    say(f"Finished after {seconds(time.monotonic() - began)}.\n")
    return [{t: scores[..., p] for t, scores in found.items()} for p in range(observed.parameters)]


def of_choices(results: Any, dataset: Any, micro_data: Any, integration: Any) -> list[np.ndarray]:
    """Scores of observations with their choices, by parameter."""
    began = _begin(dataset, results, "micro")
    table = _frames.columns(micro_data)
    if "choice_indices" not in table:
        raise InputError("`micro_data` has no `choice_indices`")
    observed = _Observed(results, dataset, table, integration)
    found = observed.scores(True)
    out = np.full((len(observed.ids), observed.parameters), np.nan)
    for market, scores in found.items():
        out[observed.place[market]] = scores
    say(f"Finished after {seconds(time.monotonic() - began)}.\n")
    return list(out.T.copy())


def _begin(dataset: Any, results: Any, what: str) -> float:
    if not isinstance(dataset, MicroDataset):
        raise TypeError("`dataset` is a `MicroDataset`")
    check_dataset(results.problem, dataset)
    say(f"Computing {what} scores ...")
    return time.monotonic()


def _own_agents(problem: Any, dataset: MicroDataset) -> dict[str, np.ndarray]:
    """Agents of the problem, each an observation by itself."""
    if problem._agents is None:
        raise InputError("scores need a formulation of X2")
    own, markets = problem._agents, problem._agents["market_ids"]
    listed = problem.unique_market_ids if dataset.market_ids is None else sorted(dataset.market_ids, key=str)
    # Without a choice of markets, in the order of the table.
    rows = [np.flatnonzero(markets == m) for m in listed]
    at = np.arange(len(markets)) if dataset.market_ids is None else np.concatenate(rows)
    table = {n: v[at] for n, v in own.items()}
    return {**table, "micro_ids": np.arange(len(at)), "weights": np.ones(len(at))}


class _Observed:
    """Observations bound to a problem: agents over whom each is integrated."""

    def __init__(self, results: Any, dataset: MicroDataset, table: dict[str, np.ndarray], integration: Any) -> None:
        self.results, self.dataset = results, dataset
        problem = results.problem
        self.free = results._score_parameters()
        self.parameters = len(self.free)
        self._check_table(table)
        if integration is not None:
            table = self._integrated(table, integration)
        for name in ("micro_ids", "nodes", "weights"):
            if not numbered(table, name):
                raise InputError(f"`micro_data` has no `{name}`, which it needs without `integration`")
        ids = table["micro_ids"]
        if (ids != np.sort(ids)).any():
            raise InputError("`micro_ids` must be sorted, from smallest to largest")
        self.table = table
        self.ids, first, self.of = np.unique(ids, return_index=True, return_inverse=True)
        self.of = self.of.ravel()
        for name in ("market_ids", *_CHOICES):
            if name in table and (table[name] != table[name][first][self.of]).any():
                raise InputError(f"`{name}` differ between rows of an observation")
        sums = np.bincount(self.of, weights=table["weights"].astype(float))
        if (np.abs(1 - sums) > _TOLERANCE).any():
            note(f"weights of {int((np.abs(1 - sums) > _TOLERANCE).sum())} observations do not sum to one")
        self.markets = table["market_ids"][first]
        self.place = {m: np.flatnonzero(self.markets == m) for m in np.unique(self.markets)}
        self.first = np.r_[first, len(ids)]
        self.records = _records(problem, table)

    def _check_table(self, table: dict[str, np.ndarray]) -> None:
        problem = self.results.problem
        if problem._x2 is None:
            raise InputError("scores need a formulation of X2")
        if "market_ids" not in table:
            raise InputError("`micro_data` has no `market_ids`")
        known = self.dataset.market_ids
        known = set(problem.unique_market_ids.tolist()) if known is None else known
        unknown = set(np.unique(table["market_ids"]).tolist()) - known
        if unknown:
            raise InputError(f"the data set did not go to the markets {sorted(unknown, key=str)} of `micro_data`")

    def _integrated(self, table: dict[str, np.ndarray], integration: Any) -> dict[str, np.ndarray]:
        """Every observation once for each node that is built for it."""
        if not isinstance(integration, Integration):
            raise InputError("`integration` is an `Integration`")
        dimensions = len(self.results._engine.draws)
        if not dimensions:
            raise InputError("there are no unobserved tastes to integrate over: `integration` must be left out")
        of, nodes, weights = integration._nodes(dimensions, len(table["market_ids"]))
        out = {n: v[of] for n, v in table.items() if n not in numbered(table, "nodes")}
        out.update((f"nodes{k}", nodes[:, k]) for k in range(dimensions))
        return {**out, "micro_ids": of, "weights": weights}

    # ---- the engine --------------------------------------------------------------------------

    def scores(self, chosen: bool) -> dict[Any, np.ndarray]:
        """Scores by market: observations, then choices unless they are known, then parameters."""
        results, problem = self.results, self.results.problem
        engine = _bound(results, self.table)
        position = [{int(r[0]): t for t, r in enumerate(e.rows)} for e in (results._engine, engine)]
        weights: tuple[list, list] = ([], [])
        groups: tuple[list, list] = ([], [])
        asked, shapes = [], []
        own = Records(problem)
        for market, rows in zip(problem.unique_market_ids, problem._market_rows):
            if market not in self.place:
                continue
            products, of_market = own.of(market, rows)
            here, there = (p[int(rows[0])] for p in position)
            w = survey_weights(self.dataset, market, products, of_market)
            weights[0].append((here, results._engine.micro_table(here, padded(w, len(rows)))))
            w, of = self._weights(market, products)
            shapes.append((market, len(self.place[market]), w.shape[1:]))
            weights[1].append((there, engine.micro_table(there, padded(w, len(rows)))))
            for side, at in zip(groups, (here, there)):
                side.extend(group_codes(self.dataset, at, w, products))
            cells = self._cells(market, w.shape[1:], len(rows)) if chosen else None
            asked.append((here, there, len(self.place[market]), of, cells))
        survey = (self.dataset.name, (weights[0], groups[0]), (weights[1], groups[1]))
        found = results._fit.scores(engine, survey, asked)
        return {m: self._shaped(f, count, shape, chosen) for f, (m, count, shape) in zip(found, shapes)}

    def _weights(self, market: Any, products: np.recarray) -> tuple[np.ndarray, list[int]]:
        """Weights of the agents of a market's observations, asked for one observation at a time."""
        found, of = [], []
        for k, n in enumerate(self.place[market]):
            agents: Any = self.records[self.first[n] : self.first[n + 1]]
            if agents["demographics"].ndim == 3:
                agents = _shortened(agents, len(products))
            found.append(survey_weights(self.dataset, market, products, agents))
            of.extend([k] * len(agents))
        return np.concatenate(found), of

    def _cells(self, market: Any, shape: tuple[int, ...], products: int) -> list[int]:
        """What was chosen, as positions among all choices or pairs of choices, the outside good first."""
        at = self.first[self.place[market]]
        if len(shape) == 2 and _CHOICES[1] not in self.table:
            raise InputError("`micro_data` has no `second_choice_indices`, which the data set needs")
        out = np.zeros(len(at), dtype=int)
        for name, size in zip(_CHOICES, shape):
            index = self.table[name][at].astype(int)
            if (wrong := (index < 0) | (index >= size)).any():
                raise InputError(
                    f"market `{market}`: {int(index[wrong][0])} of `{name}` is not between 0 and {size - 1}"
                )
            out = out * (1 + products) + index + (1 + products - size)
        return out.tolist()

    def _shaped(self, found: np.ndarray, count: int, shape: tuple, chosen: bool) -> np.ndarray:
        found = np.asarray(found)
        undefined = np.isnan(found).any(axis=1) if found.shape[1] else np.zeros(len(found), dtype=bool)
        out = np.zeros((len(found), self.parameters))
        # Coefficients of mean utility, of cost and of lags move no probability: mean utilities are those that give
        # the shares.
        moving = [k for k, of_engine in enumerate(self.free) if of_engine is not None]
        out[:, moving] = found[:, [self.free[k] for k in moving]]
        out[undefined] = np.nan
        if chosen:
            return out
        return _cut(out, count, shape)


def _cut(scores: np.ndarray, count: int, shape: tuple[int, ...]) -> np.ndarray:
    """Scores in the shape of weights, from those of all choices or pairs."""
    choices = round((len(scores) / count) ** (1 / len(shape)))
    whole = scores.reshape(count, *[choices] * len(shape), scores.shape[1])
    for axis, size in enumerate(shape, 1):
        whole = np.take(whole, range(choices - size, choices), axis=axis)
    return whole


def _bound(results: Any, table: dict[str, np.ndarray]) -> Any:
    """The engine's problem with the agents of observations, and one in every market that has none."""
    problem = results.problem
    there = set(np.unique(table["market_ids"]).tolist())
    missing = [m for m in problem.unique_market_ids if (m.item() if isinstance(m, np.generic) else m) not in there]
    if missing:
        first = {n: np.concatenate([v, np.repeat(v[:1], len(missing))]) for n, v in table.items()}
        first["market_ids"][len(table["market_ids"]):] = missing
        table = first
    return elsewhere.of_agents(problem, table, None)._bind(results._engine.study)


def _records(problem: Any, table: dict[str, np.ndarray]) -> np.recarray:
    """Observations' agents as functions of weights take them."""
    other = elsewhere.of_agents(problem, table, None)
    made = agents(other)
    fields = {"micro_ids": grouped(table, "micro_ids", object), **columns_of(made)}
    fields.update((n, grouped(table, n, np.int64)) for n in _CHOICES)
    return structure(fields)


def _shortened(agents: np.recarray, products: int) -> np.recarray:
    fields = columns_of(agents)
    return structure({**fields, "demographics": fields["demographics"][:, :, :products]})
