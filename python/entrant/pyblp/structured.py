"""Structured arrays of products and agents, with the fields that PyBLP gives them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from .formulation import Formulation, absorbed, factors, numbered

IDS = ("market_ids", "firm_ids", "nesting_ids", "product_ids", "clustering_ids")
_PRODUCTS = {**dict.fromkeys(IDS, object), "lag_indices": np.int64, "ownership": float}
_AGENTS = {"market_ids": object, "agent_ids": object, "nodes": float, "weights": float, "availability": float}


def structure(fields: Mapping[str, np.ndarray]) -> np.recarray:
    """Fields as a structured array: each a matrix with a row for each row."""
    whole = {n: v[:, None] if v.ndim == 1 else v for n, v in fields.items()}
    out = np.recarray(len(next(iter(whole.values()))), dtype=[(n, v.dtype, v.shape[1:]) for n, v in whole.items()])
    for name, values in whole.items():
        out[name] = values
    return out


def columns_of(records: np.recarray) -> dict[str, np.ndarray]:
    """Fields of a structured array by name."""
    return {n: records[n] for n in records.dtype.names or ()}


def grouped(table: Mapping[str, np.ndarray], name: str, kind: Any) -> np.ndarray:
    """Column `name`, or columns `name0`, `name1` and so on side by side; no columns where there are none."""
    rows = len(next(iter(table.values())))
    columns = [np.asarray(table[n]).astype(kind) for n in numbered(dict(table), name)]
    return np.column_stack(columns) if columns else np.zeros((rows, 0), dtype=kind)


def _records(table: Mapping[str, np.ndarray], reserved: Mapping[str, Any]) -> np.recarray:
    taken = {n for name in reserved for n in numbered(dict(table), name)}
    fields = {name: grouped(table, name, kind) for name, kind in reserved.items()}
    for name, values in table.items():
        if name not in taken:
            plain = values.dtype.kind in "fiub"
            fields[name] = values if plain else values.astype(object)
    return structure(fields)


def product_records(table: Mapping[str, np.ndarray]) -> np.recarray:
    """Data of products: what PyBLP reserves, with no columns where there is nothing, and the rest."""
    return _records(table, _PRODUCTS)


def agent_records(table: Mapping[str, np.ndarray]) -> np.recarray:
    """Data of agents: what PyBLP reserves, with no columns where there is nothing, and the rest."""
    return _records(table, _AGENTS)


def products(problem: Any, residual: bool = True) -> np.recarray:
    """Products of a problem: its data, matrices of characteristics and instruments, without absorbed effects unless
    `residual` is false."""

    def taken_out(of: Formulation | None, values: np.ndarray) -> np.ndarray:
        return absorbed(of, data, values) if residual and of is not None else values

    one, _, three = problem.product_formulations
    data = problem._products
    fields: dict[str, np.ndarray] = {}
    for name, kind in _PRODUCTS.items():
        fields[name] = grouped(data, name, kind)
    for name, of in (("demand_ids", one), ("supply_ids", three)):
        fields[name] = effects(of, data, problem.N)
    fields["ZD"] = taken_out(one, problem._instruments(one, problem._demand_instruments, problem._x1))
    fields["ZS"] = taken_out(three, problem._instruments(three, problem._supply_instruments, problem._x3))
    fields["ZC"] = np.column_stack(
        [np.zeros((problem.N, 0)), *(data[n].astype(float) for n in problem._covariance_instruments)]
    )
    fields["X1"] = taken_out(one, problem._x1.values)
    fields["X2"] = problem._x2.values if problem._x2 else np.zeros((problem.N, 0))
    fields["X3"] = taken_out(three, problem._x3.values) if problem._x3 else np.zeros((problem.N, 0))
    for name in ("demand_instruments", "supply_instruments"):
        fields[name] = grouped(data, name, float)
    taken = {n for name in (*_PRODUCTS, "demand_instruments", "supply_instruments") for n in numbered(data, name)}
    for name, values in data.items():
        if name not in taken and name not in fields:
            fields[name] = values if values.dtype.kind in "fiub" else values.astype(object)
    return structure(fields)


def effects(of: Formulation | None, data: Mapping[str, np.ndarray], rows: int) -> np.ndarray:
    """Levels of absorbed effects, a column for each: values, or tuples of values where effects interact."""
    terms = of._absorb_terms() if of is not None else []
    out = np.zeros((rows, len(terms)), dtype=object)
    for k, term in enumerate(terms):
        columns = [data[n] for n in factors(term, data)]
        out[:, k] = columns[0]
        if len(columns) > 1:
            for r, values in enumerate(zip(*columns)):
                out[r, k] = values
    return out


def agents(problem: Any) -> np.recarray:
    """Agents of a problem: nodes that are used, and demographics as a matrix, or as agents x demographics x
    products where some differ by product. One in each market without random coefficients."""
    data = problem._agents
    if problem.D:
        demographics = problem._demographic_values
        demographics = demographics[:, :, : problem._most] if demographics.ndim == 3 else demographics
    if data is None:
        markets = np.asarray(problem.unique_market_ids, dtype=object)
        none = np.zeros((len(markets), 0))
        return structure({
            "market_ids": markets, "agent_ids": none.astype(object), "weights": np.ones(len(markets)),
            "nodes": none, "demographics": none, "availability": none,
        })
    return structure({
        "market_ids": grouped(data, "market_ids", object), "agent_ids": grouped(data, "agent_ids", object),
        "weights": grouped(data, "weights", float), "nodes": grouped(data, "nodes", float)[:, : problem.K2],
        "demographics": demographics if problem.D else np.zeros((problem.I, 0)), "availability": grouped(data, "availability", float),
    })
