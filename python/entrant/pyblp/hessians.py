"""Second derivatives of shares with respect to prices or characteristics, and of profits to prices."""

from __future__ import annotations

from typing import Any

import numpy as np

from . import elsewhere


class SecondOrder:
    """Methods of results on second derivatives. Arrays of all markets stand on top of each other, filled
    with `nan`."""

    problem: Any
    _fit: Any

    def _cubes(self, market_id: Any, variable: str = "price") -> tuple[list[np.ndarray], list[np.ndarray]]:
        """Second derivatives of shares in markets, and the rows of these."""
        at, rows = self._markets(market_id)  # type: ignore[attr-defined]
        found = self._fit.share_hessians(at, variable)
        return [np.asarray(h).reshape(3 * (len(r),)) for h, r in zip(found, rows)], rows

    def _pile(self, cubes: list[np.ndarray], rows: list[np.ndarray], market_id: Any) -> np.ndarray:
        if market_id is not None:
            return cubes[0]
        most = max(len(r) for r in rows)
        out = np.full((self.problem.N, most, most), np.nan)
        for cube, r in zip(cubes, rows):
            out[r, : len(r), : len(r)] = cube
        return out

    def compute_demand_hessians(self, name: str | None = "prices", market_id: Any = None) -> np.ndarray:
        """Second derivatives of shares: entry (j, k, l) is of the share of j by `name` of k and l, mean utilities for
        `None`."""
        variable, _ = self._variable(name)  # type: ignore[attr-defined]
        return self._pile(*self._cubes(market_id, variable), market_id)

    def compute_profit_hessians(
        self, prices: Any = None, costs: Any = None, market_id: Any = None
    ) -> np.ndarray:
        """Second derivatives of the profit of each product per potential buyer: entry (j, k, l) is of that of
        j by the prices of k and l, at given prices or those of the data."""
        if prices is not None:
            return self._profits_elsewhere(prices, costs, market_id)
        cubes, rows = self._cubes(market_id)
        p, c = self._prices(None, market_id), self._costs(costs, market_id)  # type: ignore[attr-defined]
        return self._pile(self._profits(self._fit, cubes, (p - c, rows), market_id), rows, market_id)

    def _profits_elsewhere(self, prices: Any, costs: Any, market_id: Any) -> np.ndarray:
        """The same at other prices: shares and their derivatives are those of the market that stands there."""
        at, rows = self._markets(market_id)  # type: ignore[attr-defined]
        p, c = self._prices(prices, market_id), self._costs(costs, market_id)  # type: ignore[attr-defined]
        everywhere = np.where(np.isnan(p), self.problem._products["prices"].astype(float), p)
        fit = elsewhere.moved(elsewhere.of_products(self.problem, {"prices": everywhere}), self).fit
        found = fit.share_hessians(at, "price")
        cubes = [np.asarray(h).reshape(3 * (len(r),)) for h, r in zip(found, rows)]
        return self._pile(self._profits(fit, cubes, (p - c, rows), market_id), rows, market_id)

    def _profits(self, fit: Any, cubes: list[np.ndarray], of: tuple, market_id: Any) -> list[np.ndarray]:
        margin, rows = of
        jacobians = fit.share_jacobians(self._markets(market_id)[0], "price")  # type: ignore[attr-defined]
        return [profit(h, np.asarray(d), margin[r]) for h, d, r in zip(cubes, jacobians, rows)]


def profit(shares: np.ndarray, jacobian: np.ndarray, margin: np.ndarray) -> np.ndarray:
    """Second derivatives of `(p_j - c_j) s_j` from those of shares."""
    out = margin[:, None, None] * shares
    own = np.arange(len(margin))
    out[own, own, :] += jacobian
    out[own, :, own] += jacobian
    return out
