"""Micro moments: what surveys of individual consumers say."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from ..errors import InputError
from .formulation import numbered
from .tables import number, table

__all__ = ["MicroDataset", "MicroMoment", "MicroPart"]


class MicroDataset:
    """A survey: `compute_weights(t, products, agents)` gives the weight of each agent and choice in
    market `t`, an array of agents x products, agents x (1 + products) with the outside good first, or
    with a third axis for second choices.

    Weights do not depend on parameters: they are asked for once for each market.
    """

    def __init__(
        self,
        name: str,
        observations: int,
        compute_weights: Callable[..., Any],
        eliminated_product_ids_index: int | None = None,
        market_ids: Sequence[Any] | np.ndarray | set | None = None,
    ) -> None:
        if not isinstance(name, str):
            raise TypeError("`name` is text")
        if isinstance(observations, bool) or not isinstance(observations, (int, np.integer)) or observations < 1:
            raise InputError("`observations` is a positive whole number")
        if not callable(compute_weights):
            raise InputError("`compute_weights` is a function")
        index = eliminated_product_ids_index
        if index is not None and (not isinstance(index, int) or index < 0):
            raise InputError("`eliminated_product_ids_index` is the number of a column of `product_ids`")
        self.name, self.observations, self.compute_weights = name, int(observations), compute_weights
        self.eliminated_product_ids_index = index
        self.market_ids: set | None = None
        if market_ids is not None:
            listed = list(market_ids)
            self.market_ids = {m.item() if isinstance(m, np.generic) else m for m in np.ravel(np.array(listed, object))}
            if len(self.market_ids) < len(listed):
                raise InputError("`market_ids` names a market twice")

    def __str__(self) -> str:
        where = "All Markets"
        if self.market_ids is not None:
            one = len(self.market_ids) == 1
            where = f"Market '{next(iter(self.market_ids))}'" if one else f"{len(self.market_ids)} Markets"
        return f"{self.name}: {self.observations} Observations in {where}"

    __repr__ = __str__

    def _markets(self) -> str:
        return "All" if self.market_ids is None else str(len(self.market_ids))


class MicroPart:
    """The mean of `compute_values(t, products, agents)`, an array of the shape of the weights, over a
    survey.

    Values do not depend on parameters: they are asked for once for each market.
    """

    def __init__(self, name: str, dataset: MicroDataset, compute_values: Callable[..., Any]) -> None:
        if not isinstance(name, str):
            raise TypeError("`name` is text")
        if not isinstance(dataset, MicroDataset):
            raise TypeError("`dataset` is a `MicroDataset`")
        if not callable(compute_values):
            raise InputError("`compute_values` is a function")
        self.name, self.dataset, self.compute_values = name, dataset, compute_values

    def __str__(self) -> str:
        return f"{self.name} on {self.dataset}"

    __repr__ = __str__


class MicroMoment:
    """An observed value, and the function of parts that it is of: the part itself, or
    `compute_value(part_values)` with the derivatives `compute_gradient(part_values)`.
    """

    def __init__(
        self,
        name: str,
        value: Any,
        parts: MicroPart | Sequence[MicroPart],
        compute_value: Callable[..., Any] | None = None,
        compute_gradient: Callable[..., Any] | None = None,
    ) -> None:
        if not isinstance(name, str):
            raise TypeError("`name` is text")
        observed = np.asarray(value, dtype=float).ravel()
        if observed.size != 1:
            raise TypeError("`value` is one number")
        if not np.isfinite(observed[0]):
            raise InputError("`value` must be finite")
        self._own = isinstance(parts, MicroPart) and compute_value is None and compute_gradient is None
        if isinstance(parts, MicroPart):
            parts = [parts]
            compute_value = compute_value or _itself
            compute_gradient = compute_gradient or np.ones_like
        elif not isinstance(parts, Sequence) or not len(parts):
            raise TypeError("`parts` is a `MicroPart` or a sequence of them")
        if compute_value is None or compute_gradient is None:
            raise TypeError("a sequence of parts needs `compute_value` and `compute_gradient`")
        if not all(isinstance(p, MicroPart) for p in parts):
            raise TypeError("`parts` is a `MicroPart` or a sequence of them")
        _different(parts, "micro part")
        _same_datasets(parts)
        if not callable(compute_value) or not callable(compute_gradient):
            raise InputError("`compute_value` and `compute_gradient` are functions")
        self.name, self.value, self.parts = name, float(observed[0]), parts
        self.compute_value, self.compute_gradient = compute_value, compute_gradient

    def __str__(self) -> str:
        return f"{self.name}: {number(self.value)} ({'; '.join(map(str, self.parts))})"

    __repr__ = __str__

    def _at(self, parts: np.ndarray) -> tuple[float, list[float]]:
        """The value and its derivatives, for the engine."""
        value = np.asarray(self.compute_value(parts), dtype=float).ravel()
        if value.size != 1:
            raise TypeError(f"`compute_value` of micro moment `{self.name}` returned {value.size} numbers, not one")
        gradient = np.asarray(self.compute_gradient(parts), dtype=float).ravel()
        if gradient.size != len(self.parts):
            raise InputError(
                f"`compute_gradient` of micro moment `{self.name}` returned {gradient.size} numbers for "
                f"{len(self.parts)} parts"
            )
        return float(value[0]), gradient.tolist()


def _itself(parts: np.ndarray) -> float:
    return float(parts[0])


def _different(things: Sequence[Any], kind: str) -> None:
    names = [t.name for t in things]
    for name in names:
        if names.count(name) > 1:
            raise InputError(f"more than one {kind} is called `{name}`")


def _same_datasets(parts: Sequence[MicroPart]) -> None:
    by_name: dict[str, MicroDataset] = {}
    for part in parts:
        if by_name.setdefault(part.dataset.name, part.dataset) is not part.dataset:
            raise InputError(f"two micro data sets are called `{part.dataset.name}`")


class Moments:
    """Micro moments of a problem."""

    def __init__(self, problem: Any, moments: Sequence[MicroMoment], covariances: Any = None) -> None:
        if not isinstance(moments, Sequence) or not all(isinstance(m, MicroMoment) for m in moments):
            raise TypeError("`micro_moments` is a sequence of `MicroMoment`")
        _different(moments, "micro moment")
        self.problem, self.moments = problem, list(moments)
        self.parts: list[MicroPart] = []
        for part in (p for m in moments for p in m.parts):
            if not any(part is p for p in self.parts):
                self.parts.append(part)
        _different(self.parts, "micro part")
        _same_datasets(self.parts)
        self.datasets: list[MicroDataset] = []
        for part in self.parts:
            if not any(part.dataset is d for d in self.datasets):
                self.datasets.append(part.dataset)
                check_dataset(problem, part.dataset)
        self.covariances: np.ndarray | None = None
        if covariances is not None and len(moments):
            self.covariances = np.ascontiguousarray(covariances, dtype=float)
            n = len(moments)
            if self.covariances.shape != (n, n):
                raise InputError(f"`micro_sample_covariances` must be {n} x {n}")
            least = np.linalg.eigvalsh(self.covariances).min()
            if not np.allclose(self.covariances, self.covariances.T) or least < -1e-8:
                raise InputError("`micro_sample_covariances` must be symmetric and positive semidefinite")

    def __len__(self) -> int:
        return len(self.moments)

    # ---- tables ------------------------------------------------------------------------------

    def attach(self, engine: Any) -> Any:
        """The engine's problem with these moments: every function is called once for each market."""
        if not self.moments:
            return engine
        first = {int(r[0]): t for t, r in enumerate(engine.rows)}
        records = Records(self.problem)
        weights: list[list] = [[] for _ in self.datasets]
        values: list[list] = [[] for _ in self.parts]
        groups: list[list] = [[] for _ in self.datasets]
        for market, rows in zip(self.problem.unique_market_ids, self.problem._market_rows):
            t = first[int(rows[0])]
            plain = market.item() if isinstance(market, np.generic) else market
            if all(d.market_ids is not None and plain not in d.market_ids for d in self.datasets):
                continue
            products, agents = records.of(market, rows)
            for d, dataset in enumerate(self.datasets):
                if dataset.market_ids is not None and plain not in dataset.market_ids:
                    continue
                w = survey_weights(dataset, market, products, agents)
                weights[d].append((t, engine.micro_table(t, padded(w, len(rows)))))
                groups[d].extend(group_codes(dataset, t, w, products))
                for p, part in enumerate(self.parts):
                    if part.dataset is dataset:
                        v = _values(part, market, products, agents, w.shape)
                        values[p].append((t, engine.micro_table(t, padded(v, len(rows)))))
        at = [next(d for d, own in enumerate(self.datasets) if own is p.dataset) for p in self.parts]
        return engine.with_micro(
            [(d.name, float(d.observations), w, g) for d, w, g in zip(self.datasets, weights, groups)],
            [(p.name, d, v) for p, d, v in zip(self.parts, at, values)],
            [self._asked(m) for m in self.moments],
            self.covariances,
        )

    def _asked(self, moment: MicroMoment) -> tuple:
        at = [next(k for k, own in enumerate(self.parts) if own is p) for p in moment.parts]
        return (moment.name, moment.value, at, None if moment._own else moment._at)

    # ---- text --------------------------------------------------------------------------------

    def format(self, title: str, values: np.ndarray | None = None) -> str:
        """The moments as a table, with what was estimated where that is given."""
        estimated = [] if values is None else ["Estimated", "Difference"]
        header = ["Observed", *estimated, "Moment", "Part", "Dataset", "Observations", "Markets"]
        rows = []
        for m, moment in enumerate(self.moments):
            numbers = [moment.value]
            if values is not None:
                value = float(np.ravel(values)[m])
                numbers += [value, moment.value - value]
            for k, part in enumerate(moment.parts):
                own = [*map(number, numbers), moment.name] if k == 0 else [""] * (len(numbers) + 1)
                data = part.dataset
                rows.append([*own, part.name, data.name, str(data.observations), data._markets()])
        return table(title, [[h] for h in header], rows)


def check_dataset(problem: Any, dataset: MicroDataset) -> None:
    """Refuses markets and identifiers of products that the problem does not have."""
    known = {m.item() if isinstance(m, np.generic) else m for m in problem.unique_market_ids}
    unknown = (dataset.market_ids or set()) - known
    if unknown:
        raise InputError(f"micro data set `{dataset.name}`: there are no markets {sorted(unknown, key=str)}")
    index = dataset.eliminated_product_ids_index
    if index is not None and index >= len(numbered(problem._products, "product_ids")):
        raise InputError(f"micro data set `{dataset.name}`: `product_ids` has no column {index}")


def group_codes(dataset: MicroDataset, t: int, weights: np.ndarray, products: np.recarray) -> list[tuple[int, list[int]]]:
    """What goes with a first choice in the market at position `t`, for second choices of groups."""
    if dataset.eliminated_product_ids_index is None or weights.ndim != 3:
        return []
    ids = products["product_ids"][:, dataset.eliminated_product_ids_index]
    return [(t, [int(c) for c in np.unique(ids, return_inverse=True)[1]])]


class Records:
    """Products and agents of a market, as functions of micro moments take them."""

    def __init__(self, problem: Any) -> None:
        self.products, self.agents = problem.products, problem.agents

    def of(self, market: Any, rows: np.ndarray) -> tuple[np.recarray, np.recarray]:
        """Those of a market."""
        agents = self.agents[self.agents["market_ids"][:, 0] == market]
        if agents["demographics"].ndim == 3:  # only the products of this market
            fields = {n: agents[n] for n in agents.dtype.names}
            agents = _record({**fields, "demographics": fields["demographics"][:, :, : len(rows)]})
        return self.products[rows], agents


def _record(fields: dict[str, np.ndarray]) -> np.recarray:
    rows = len(next(iter(fields.values())))
    out = np.recarray(rows, dtype=[(n, v.dtype, v.shape[1:]) for n, v in fields.items()])
    for name, values in fields.items():
        out[name] = values
    return out


def _called(of: Callable[..., Any], what: str, arguments: tuple) -> np.ndarray:
    try:
        return np.asarray(of(*arguments), dtype=float)
    except Exception as e:
        raise RuntimeError(f"{what} failed in market `{arguments[0]}`: {e}") from e


def survey_weights(dataset: MicroDataset, market: Any, products: np.recarray, agents: np.recarray) -> np.ndarray:
    """Weights of a data set for agents of a market, checked."""
    what = f"`compute_weights` of micro data set `{dataset.name}`"
    weights = _called(dataset.compute_weights, what, (market, products, agents))
    i, j = agents.size, products.size
    shapes = [(i, j), (i, 1 + j), (i, j, j), (i, 1 + j, j), (i, j, 1 + j), (i, 1 + j, 1 + j)]
    if weights.shape not in shapes:
        raise InputError(f"{what}: the shape in market `{market}` is {weights.shape}, must be one of {shapes}")
    if (weights < 0).any():
        raise InputError(f"{what}: a weight in market `{market}` is negative")
    return weights


def _values(part: MicroPart, market: Any, products: np.recarray, agents: np.recarray, shape: tuple) -> np.ndarray:
    what = f"`compute_values` of micro part `{part.name}`"
    values = _called(part.compute_values, what, (market, products, agents))
    if values.shape != shape:
        raise InputError(f"{what}: the shape in market `{market}` is {values.shape}, that of the weights is {shape}")
    return values


def padded(array: np.ndarray, products: int) -> np.ndarray:
    """Agents x choices, or x pairs of choices, with the outside good first."""
    missing = [(0, 0)] + [(1 + products - n, 0) for n in array.shape[1:]]
    whole = np.pad(array, missing) if any(m for m, _ in missing) else array
    return np.ascontiguousarray(whole.reshape(len(array), -1))


def simulate(results: Any, dataset: MicroDataset, seed: int | None) -> np.recarray:
    """Choices of as many agents as a survey has observations, drawn from what estimates say."""
    if not isinstance(dataset, MicroDataset):
        raise TypeError("`dataset` is a `MicroDataset`")
    problem = results.problem
    records = Records(problem)
    listed = list(problem.unique_market_ids)
    if dataset.market_ids is not None:
        listed = [m for m in listed if m in dataset.market_ids]
    chances, places = [], []
    for market in listed:
        at, rows = results._markets(market)
        products, agents = records.of(market, rows[0])
        weights = survey_weights(dataset, market, products, agents)
        index = dataset.eliminated_product_ids_index
        groups = None if index is None else products["product_ids"][:, index]
        nests = None
        if problem.H:
            rho = np.ravel(results.rho)
            of = np.searchsorted(problem.unique_nesting_ids, products["nesting_ids"][:, 0])
            nests = (of, rho[of] if len(rho) > 1 else np.full(len(of), rho[0]))
        p = weights * _chances(np.asarray(results._fit.probabilities(at)[0]).T, weights.shape, groups, nests)
        p = np.maximum(p * agents["weights"].reshape((-1,) + (1,) * (p.ndim - 1)), 0)
        where = np.nonzero(p)
        chances.append(p[where])
        places.append((np.full(len(where[0]), market, dtype=object), *where))
    every = np.concatenate(chances)
    drawn = np.random.RandomState(seed).choice(every.size, p=every / every.sum(), size=dataset.observations)
    names = ["market_ids", "agent_indices", "choice_indices", "second_choice_indices"]
    fields = {"micro_ids": np.arange(dataset.observations)[:, None]}
    fields.update((n, np.concatenate(of)[drawn][:, None]) for n, of in zip(names, zip(*places)))
    return _record(fields)


def _chances(
    inside: np.ndarray, shape: tuple, groups: np.ndarray | None, nests: tuple[np.ndarray, np.ndarray] | None
) -> np.ndarray:
    """Probabilities of choices, or of pairs of a first and a second choice, in the shape of weights. `nests`
    has the nest of each product and its parameter."""
    s = np.column_stack([1 - inside.sum(axis=1), inside])
    first = s[:, s.shape[1] - shape[1]:]
    if len(shape) == 2:
        return first
    products = inside.shape[1]
    ids = np.arange(products) if groups is None else np.unique(groups, return_inverse=True)[1].ravel()
    group = np.r_[-1, ids]
    gains = np.zeros((len(s), 1 + products, 1 + products))
    for h in np.unique(group):
        gains[:, group == h, :] = _gains(s, group == h, nests)[:, None, :]
    pairs = s[:, :, None] * gains
    return pairs[:, pairs.shape[1] - shape[1]:, pairs.shape[2] - shape[2]:]


def _gains(s: np.ndarray, gone: np.ndarray, nests: tuple[np.ndarray, np.ndarray] | None) -> np.ndarray:
    """By how much probabilities of the other choices rise when some go, for each part of those who go."""
    lost = s[:, gone].sum(axis=1, keepdims=True)
    left = np.where(gone, 0.0, s)
    inside = np.zeros(len(gone), dtype=bool)
    if nests is not None:
        of, rho = nests
        touched = np.unique(of[gone[1:]])
        nest = np.r_[False, np.isin(of, touched)]
        if (nest != (gone & nest)).any():  # not whole nests
            if len(touched) > 1:
                raise InputError(
                    "second choices after groups of products that are in several nests (nesting groups), but are "
                    "not all products of these"
                )
            inside, power = nest & ~gone, rho[of == touched[0]][0]
    if not inside.any():
        return left / left.sum(axis=1, keepdims=True)
    kept = left[:, inside].sum(axis=1, keepdims=True)
    part = kept / (kept + lost)
    others = left[:, ~inside].sum(axis=1, keepdims=True)
    total = others + (kept + lost) * part ** (1 - power)
    after = np.where(inside, part ** (-power), 1.0) * left / total
    return (after - left) / np.where(lost > 0, lost, 1.0)
