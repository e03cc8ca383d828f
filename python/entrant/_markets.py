"""Prices against shares: the picture of a market that studies and problems share."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from . import _frames, _show
from .errors import InputError

ROLES = ("market", "product", "firm", "price", "share")
Columns = dict[str, np.ndarray]


def of_problem(engine: Any) -> Columns:
    """Columns of an estimated study's table of products by what they are; firms only where there are any."""
    products = engine.products
    named = {role: products[name] for role, name in zip(ROLES, engine.roles) if name in products}
    numbers = ("price", "share")
    return {
        role: np.asarray(v, dtype=float) if role in numbers else np.array(_frames.labels(np.asarray(v)))
        for role, v in named.items()
    }


def plot(columns: Columns, markets: Sequence[str], market: str | None, ax: Any) -> Any:
    """Prices against shares, a dot for each product and a colour for each firm; the axes.

    Shares of one market stand on a straight scale, those of several on a logarithmic one.
    """
    if market is not None and str(market) not in markets:
        raise InputError(f"there is no market `{market}`; there are {', '.join(markets[:5])}")
    chosen = list(markets) if market is None else [str(market)]
    kept = np.isin(columns["market"], chosen)
    firms = columns["firm"][kept].tolist() if "firm" in columns else None
    price, share = columns["price"][kept], 100 * columns["share"][kept]
    ax = _show.points(price, share, firms, ("price", "share of potential buyers, per cent"), ax)
    if len(chosen) > 1:
        ax.set_yscale("log")
    ax.set_title(chosen[0] if len(chosen) == 1 else f"{len(chosen)} markets", parse_math=False, wrap=True)
    return ax
