"""Instruments, ownership, matrices and panels of ids."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from .. import _frames
from ..errors import InputError
from .formulation import Design, Formulation, absorbed
from .integration import Integration


def build_matrix(formulation: Formulation, data: Any) -> np.ndarray:
    """The matrix of a formulation, with its effects taken out."""
    table = _frames.columns(data)
    return absorbed(formulation, table, Design(formulation, table).values)


def build_integration(integration: Integration, dimensions: int) -> np.ndarray:
    """Nodes and weights in a structured array."""
    _, nodes, weights = integration._nodes(dimensions, 1)
    out = np.zeros(len(weights), dtype=[("weights", float, (1,)), ("nodes", float, (dimensions,))])
    out["weights"][:, 0], out["nodes"] = weights, nodes
    return out.view(np.recarray)


def build_id_data(T: int, J: int, F: int) -> np.ndarray:
    """Market and firm ids of a balanced panel: T markets, J products, F firms."""
    for name, value in (("T", T), ("J", J), ("F", F)):
        if not isinstance(value, (int, np.integer)) or value < 1:
            raise InputError(f"`{name}` is a positive whole number")
    if F > J:
        raise InputError("there are fewer products than firms")
    out = np.zeros(T * J, dtype=[("market_ids", object, (1,)), ("firm_ids", object, (1,))])
    out["market_ids"][:, 0] = np.repeat(np.arange(T), J)
    out["firm_ids"][:, 0] = np.tile(np.floor(np.arange(J) * F / J).astype(int), T)
    return out.view(np.recarray)


def data_to_dict(data: Any, ignore_empty: bool = True) -> dict[str, np.ndarray]:
    """The columns of a structured array, those of matrices numbered."""
    out = {}
    for name, values in _frames.columns(data).items():
        if values.size or not ignore_empty:
            out[name] = values
    return out


def build_blp_instruments(formulation: Formulation, product_data: Any) -> np.ndarray:
    """Sums of characteristics over the firm's other products, then over rivals' products."""
    table = _frames.columns(product_data)
    x = absorbed(formulation, table, Design(formulation, table).values)
    own, rivals = np.zeros_like(x), np.zeros_like(x)
    for rows in _markets(table):
        firms = table["firm_ids"][rows]
        same = firms[:, None] == firms[None, :]
        of_firm = same.astype(float) @ x[rows]
        own[rows] = of_firm - x[rows]
        rivals[rows] = x[rows].sum(axis=0) - of_firm
    return np.column_stack([own, rivals])


def build_differentiation_instruments(
    formulation: Formulation, product_data: Any, version: str = "local", interact: bool = False
) -> np.ndarray:
    """How close other products are: their number within one standard deviation of the differences
    (`local`), or sums of squared differences (`quadratic`), over own and over rivals' products
    (Gandhi and Houde 2020)."""
    if version not in ("local", "quadratic"):
        raise InputError("`version` is `local` or `quadratic`")
    table = _frames.columns(product_data)
    x = absorbed(formulation, table, Design(formulation, table).values)
    markets = list(_markets(table))
    width = x.shape[1]
    spread = np.ones(width)
    if version == "local":
        spread = np.array([_spread(x[:, k], markets) for k in range(width)])
    pairs = [(k, k) for k in range(width)]
    if interact:
        pairs = [(k, m) for k in range(width) for m in range(k if version == "quadratic" else 0, width)]
    own, rivals = np.zeros((len(x), len(pairs))), np.zeros((len(x), len(pairs)))
    for rows in markets:
        differences = x[rows][:, None, :] - x[rows][None, :, :]
        firms = table["firm_ids"][rows]
        same = firms[:, None] == firms[None, :]
        apart = ~np.eye(len(rows), dtype=bool)
        for c, (k, m) in enumerate(pairs):
            if version == "quadratic":
                value = differences[:, :, k] * differences[:, :, m]
            else:
                close = np.abs(differences[:, :, k]) < spread[k]
                value = close * differences[:, :, m] if interact else close.astype(float)
            own[rows, c] = (value * (same & apart)).sum(axis=1)
            rivals[rows, c] = (value * ~same).sum(axis=1)
    return np.column_stack([own, rivals])


def build_ownership(
    product_data: Any, kappa_specification: str | Callable[[Any, Any], float] | None = None
) -> np.ndarray:
    """Ownership matrices of all markets on top of each other, filled up with `nan` on the right."""
    table = _frames.columns(product_data)
    markets = list(_markets(table))
    out = np.full((len(table["market_ids"]), max(map(len, markets))), np.nan)
    for rows in markets:
        n = len(rows)
        if kappa_specification == "monopoly":
            block = np.ones((n, n))
        elif kappa_specification == "single":
            block = np.eye(n)
        else:
            firms = table["firm_ids"][rows]
            block = (firms[:, None] == firms[None, :]).astype(float)
            if callable(kappa_specification):
                block = np.array([[float(kappa_specification(f, g)) for g in firms] for f in firms])
            elif kappa_specification is not None:
                raise InputError("`kappa_specification` is `monopoly`, `single` or a function")
        out[rows, :n] = block
    return out


def _markets(table: dict[str, np.ndarray]):
    ids = table["market_ids"]
    for market in np.unique(ids):
        yield np.flatnonzero(ids == market)


def _spread(x: np.ndarray, markets: list[np.ndarray]) -> float:
    """Standard deviation of the differences of all pairs of different products of a market."""
    differences = [
        (x[rows][:, None] - x[rows][None, :])[~np.eye(len(rows), dtype=bool)] for rows in markets
    ]
    return float(np.std(np.concatenate(differences)))
