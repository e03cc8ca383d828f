"""Products and agents as structured arrays, by themselves."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from .. import _frames
from ..errors import InputError
from . import structured
from .formulation import Formulation
from .integration import Integration
from .problem import Problem, _three


class Products:
    """Makes the structured array of products that `Problem.products` is: ids, shares, prices, `X1`, `X2`, `X3`, and
    instruments `ZD`, `ZS`, `ZC` with the exogenous characteristics, before effects are absorbed."""

    def __new__(  # type: ignore[misc]
        cls, product_formulations: Formulation | Sequence[Formulation | None], product_data: Any,
        instruments: bool = True, add_exogenous: bool = True,
    ) -> np.recarray:
        """The array; without `instruments` their matrices have no columns."""
        made = object.__new__(Problem)
        made.add_exogenous = bool(add_exogenous)
        made._one, two, three = _three(product_formulations)
        made.product_formulations = [made._one, two, three]
        made._products = _frames.columns(product_data)
        made._read_products()
        fields = structured.columns_of(structured.products(made, residual=False))
        if not instruments:
            fields |= {name: np.zeros((made.N, 0)) for name in ("ZD", "ZS", "ZC")}
        return structured.structure(fields)


class Agents:
    """Makes the structured array of agents that `Problem.agents` is: ids, weights, nodes, demographics, availability."""

    def __new__(  # type: ignore[misc]
        cls, products: np.recarray, agent_formulation: Formulation | None = None, agent_data: Any = None,
        integration: Integration | None = None, check_weights: bool = True,
    ) -> np.recarray:
        """The array, for products that `Products` made. `check_weights` changes nothing: weights may differ from one."""
        if "X2" not in (products.dtype.names or ()):
            raise InputError("`products` are what `Products` makes, with `X2`")
        made = object.__new__(Problem)
        markets, counts = np.unique(products.market_ids, return_counts=True)
        made.unique_market_ids, made.T, made._most = markets, len(markets), int(counts.max())
        made.K2 = products.X2.shape[1]
        made.H = len(np.unique(products.nesting_ids)) if products.nesting_ids.size else 0
        setattr(made, "_x2", True if made.K2 else None)  # whether there is a formulation is all that is asked
        made.agent_formulation = agent_formulation
        made._read_agents(agent_data, integration)
        return structured.agents(made)
