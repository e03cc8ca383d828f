"""Second derivatives of shares and profits with respect to prices."""

from __future__ import annotations

from typing import Any

import numpy as np


class SecondOrder:
    """Methods of results on second derivatives. Arrays of all markets stand on top of each other, filled
    with `nan`."""

    problem: Any
    _fit: Any

    def _cubes(self, market_id: Any) -> tuple[list[np.ndarray], list[np.ndarray]]:
        """Second derivatives of shares in markets, and the rows of these."""
        at, rows = self._markets(market_id)  # type: ignore[attr-defined]
        found = self._fit.share_hessians(at)
        return [np.asarray(h).reshape(3 * (len(r),)) for h, r in zip(found, rows)], rows

    def _pile(self, cubes: list[np.ndarray], rows: list[np.ndarray], market_id: Any) -> np.ndarray:
        if market_id is not None:
            return cubes[0]
        most = max(len(r) for r in rows)
        out = np.full((self.problem.N, most, most), np.nan)
        for cube, r in zip(cubes, rows):
            out[r, : len(r), : len(r)] = cube
        return out

    def compute_demand_hessians(self, name: str = "prices", market_id: Any = None) -> np.ndarray:
        """Second derivatives of shares: entry (j, k, l) is of the share of j by the prices of k and l."""
        from ..errors import NotSupportedError

        if name != "prices":
            raise NotSupportedError("`compute_demand_hessians` by anything but prices")
        return self._pile(*self._cubes(market_id), market_id)

    def compute_profit_hessians(
        self, prices: Any = None, costs: Any = None, market_id: Any = None
    ) -> np.ndarray:
        """Second derivatives of the profit of each product per potential buyer: entry (j, k, l) is of that of
        j by the prices of k and l."""
        from ..errors import NotSupportedError

        if prices is not None:
            raise NotSupportedError("`compute_profit_hessians` at other prices")
        cubes, rows = self._cubes(market_id)
        p, c = self._prices(None, market_id), self._costs(costs, market_id)  # type: ignore[attr-defined]
        jacobians = self._fit.share_jacobians(self._markets(market_id)[0], "price")  # type: ignore[attr-defined]
        profits = [profit(h, np.asarray(d), (p - c)[r]) for h, d, r in zip(cubes, jacobians, rows)]
        return self._pile(profits, rows, market_id)


def profit(shares: np.ndarray, jacobian: np.ndarray, margin: np.ndarray) -> np.ndarray:
    """Second derivatives of `(p_j - c_j) s_j` from those of shares."""
    out = margin[:, None, None] * shares
    own = np.arange(len(margin))
    out[own, own, :] += jacobian
    out[own, :, own] += jacobian
    return out
