"""Economies: markets at known parameters."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
from typing import Any

import numpy as np

from . import _frames, _progress, _show
from ._kept import Kept
from ._problem import Fit
from ._scenario import Scenario
from ._study import Outcome, Study
from .errors import InputError

_SHOWN = ("market", "product", "firm", "price", "cost", "share")


class Economy(Kept):
    """Markets at known parameters, of a calibrated `Study` or of a `Fit`; nothing in it ever changes.

    Every market stands at the prices of its data, with the marginal costs at which these are optimal, or those that
    the study gives. Products that are not on sale are left out.

    >>> from entrant import Economy, Problem, Scenario
    >>> products = {
    ...     "market": ["a", "a", "b", "b", "c", "c"], "product": ["x", "y"] * 3, "firm": ["X", "Y"] * 3,
    ...     "share": [0.2, 0.3, 0.25, 0.2, 0.1, 0.4], "price": [2.0, 1.5, 1.9, 2.1, 2.6, 1.2],
    ...     "shifter": [1.1, 0.9, 1.0, 1.3, 1.5, 0.6],
    ... }
    >>> study = {
    ...     "title": "A small market", "question": "What if X and Y merge?", "data": {"columns": {"firm": "firm"}},
    ...     "estimate": {"method": "one-step", "demand": {"linear": "1 + price", "instruments": ["shifter"]}},
    ... }
    >>> economy = Economy(Problem(study, products).fit())
    >>> economy
    <Economy: 3 markets, 6 products>
    >>> economy.elasticities("a").round(2).tolist()
    [[-1.55, 0.44], [0.39, -1.02]]
    >>> economy.diversion("a").round(2).tolist()  # the last column is buying nothing
    [[0.0, 0.38, 0.62], [0.29, 0.0, 0.71]]
    >>> outcome = economy.run(Scenario("merger", merge={"firms": ["X", "Y"]}), draws=0)
    >>> rows = outcome.to_frame("firms", quantity="price", when="relative", market="a")
    >>> list(rows.firm), bool((rows["central"] > 0).all())
    (['X + Y'], True)
    """

    _keep = "the study, or the study and the tables"

    def __init__(self, of: Study | Fit) -> None:
        if not isinstance(of, (Study, Fit)):
            raise TypeError("an economy is of a `Study` or of a `Fit`")
        if isinstance(of, Study) and of.is_estimated:
            raise InputError("the study is estimated: `Economy(Problem.read(path).fit())` has its economy")
        self._of, self._kind = of, of._kind_of_frames
        self._engine = of._economy()

    @property
    def markets(self) -> list[str]:
        """Ids of the markets.

        >>> from entrant import Economy, Study
        >>> economy = Economy(Study("studies/xiaomi-us-2018"))
        >>> economy.markets
        ['US-2018Q1']
        """
        return self._engine.markets

    @property
    def sizes(self) -> dict[str, float]:
        """Potential buyers of each market.

        >>> from entrant import Economy, Study
        >>> economy = Economy(Study("studies/xiaomi-us-2018"))
        >>> 2e8 < economy.sizes["US-2018Q1"] < 4e8
        True
        """
        return dict(zip(self.markets, self._engine.sizes))

    @property
    def scenarios(self) -> tuple[Scenario, ...]:
        """Scenarios of the study.

        >>> from entrant import Economy, Study
        >>> [scenario.id for scenario in Economy(Study("studies/xiaomi-us-2018")).scenarios][:2]
        ['unlocked', 'one-carrier']
        """
        return self._of.scenarios

    @cached_property
    def _columns(self) -> dict[str, Any]:
        columns = self._engine.products()
        price, cost = columns["price"], columns["cost"]
        return {**columns, "markup": price - cost, "margin": (price - cost) / price}

    def products(self, market: str | None = None) -> list[str]:
        """Products of a market in the order of its rows and columns; of the only market where none is named.

        >>> from entrant import Economy, Study
        >>> economy = Economy(Study("studies/xiaomi-us-2018"))
        >>> economy.products()[0]
        'Apple iPhone X 64'
        """
        name = self._named(market)
        return [p for m, p in zip(self._columns["market"], self._columns["product"]) if m == name]

    def elasticities(self, market: str | None = None) -> np.ndarray:
        """Elasticities of demand in a market: row j, column k is of the share of j by the price of k.

        >>> from entrant import Economy, Study
        >>> economy = Economy(Study("studies/xiaomi-us-2018"))
        >>> elasticities = economy.elasticities()
        >>> bool((elasticities.diagonal() < -1).all())
        True
        """
        return self._engine.elasticities(self._position(market))

    def diversion(self, market: str | None = None) -> np.ndarray:
        """Second choices in a market: row j, column k is the part of the buyers of j who buy k when j is gone; the
        last column is buying nothing.

        >>> from entrant import Economy, Study
        >>> economy = Economy(Study("studies/xiaomi-us-2018"))
        >>> sums = economy.diversion().sum(axis=1)
        >>> bool((abs(sums - 1) < 1e-12).all())
        True
        """
        return self._engine.diversion(self._position(market))

    def run(
        self,
        *scenarios: Scenario,
        draws: int | None = None,
        seed: int | None = None,
        threads: int | None = None,
        progress: bool | Callable[[str, int, int], object] | None = None,
    ) -> Outcome:
        """What happens in scenarios, besides those of the study; the bits of `entrant run` on a study file to which
        they are added.

        Scenarios that the study has already are not added again. `draws`, `seed`, `threads` and `progress` are those
        of `Study.run`; an estimation is not done again. Raises `InputError` where a scenario names what is not there.

        >>> from entrant import Economy, Scenario, Study
        >>> economy = Economy(Study("studies/xiaomi-us-2018"))
        >>> outcome = economy.run(Scenario("away", ban={"firm": "LG"}), draws=0)
        >>> len(outcome.to_frame("firms", scenario="away")) > 0
        True
        """
        with _progress.of_stages(progress) as tell:
            return self._of._run(scenarios, (draws, seed, threads, tell))

    def to_frame(self, market: str | None = None) -> Any:
        """Products with prices, marginal costs, shares, units, markups (`price - cost`) and margins (`markup / price`)
        of all markets or of one, as a data frame of the caller's kind.

        >>> from entrant import Economy, Study
        >>> economy = Economy(Study("studies/xiaomi-us-2018"))
        >>> frame = economy.to_frame()
        >>> bool((frame["markup"] == frame["price"] - frame["cost"]).all())
        True
        """
        columns = {n: list(v) for n, v in self._columns.items()}
        if market is not None:
            name = self._named(market)
            kept = [k for k, m in enumerate(columns["market"]) if m == name]
            columns = {n: [v[k] for k in kept] for n, v in columns.items()}
        return _frames.frame(columns, self._kind)

    def to_latex(self, market: str | None = None) -> str:
        """Products with prices, costs and shares as a `tabular` environment.

        >>> from entrant import Economy, Study
        >>> economy = Economy(Study("studies/xiaomi-us-2018"))
        >>> economy.to_latex().splitlines()[2]
        'Market & Product & Firm & Price & Cost & Share \\\\\\\\'
        """
        return _show.latex_table([n.capitalize() for n in _SHOWN], self._rows(market))

    def plot(self, market: str | None = None, *, ax: Any = None) -> Any:
        """Marginal cost and price of each product of a market: a line from the one to a dot at the other. Draws into
        `ax` if given, and returns the axes of matplotlib.

        >>> import matplotlib
        >>> matplotlib.use("agg")
        >>> from entrant import Economy, Study
        >>> economy = Economy(Study("studies/xiaomi-us-2018"))
        >>> economy.plot().get_title()
        'US-2018Q1'
        """
        name = self._named(market)
        c = self._columns
        values = [(low, high, high) for m, low, high in zip(c["market"], c["cost"], c["price"]) if m == name]
        ax = _show.ranges(self.products(name), values, "from marginal cost to price", ax)
        ax.set_title(name, parse_math=False, wrap=True)
        return ax

    def summary(self, most: int = 20) -> str:
        """Markets and products as text, the first `most` of them one by one.

        >>> from entrant import Economy, Study
        >>> economy = Economy(Study("studies/xiaomi-us-2018"))
        >>> economy.summary().splitlines()[0]
        '1 market, 47 products'
        """
        rows = self._rows(None)
        table = _show.text_table([n.capitalize() for n in _SHOWN], rows[:most])
        more = [f"and {len(rows) - most} more"] if len(rows) > most else []
        return "\n".join([self._head(), "", table, *more])

    def _head(self) -> str:
        markets, products = len(self.markets), len(self._columns["product"])
        return f"{markets} market{'s' * (markets != 1)}, {products} products"

    def _rows(self, market: str | None) -> list[list[str]]:
        name = None if market is None else self._named(market)
        rows = zip(*(self._columns[n] for n in _SHOWN))
        return [[v if isinstance(v, str) else _show.number(float(v)) for v in r] for r in rows if name in (None, r[0])]

    def _named(self, market: str | None) -> str:
        if market is None and len(self.markets) == 1:
            return self.markets[0]
        if market is None:
            raise InputError(f"there are {len(self.markets)} markets: name one, such as `{self.markets[0]}`")
        if str(market) not in self.markets:
            raise InputError(f"there is no market `{market}`; there are {', '.join(self.markets[:5])}")
        return str(market)

    def _position(self, market: str | None) -> int:
        return self.markets.index(self._named(market))

    def __repr__(self) -> str:
        return f"<Economy: {self._head()}>"

    def _repr_html_(self) -> str:
        rows = self._rows(None)
        more = f"; the first 20 of {len(rows)}" if len(rows) > 20 else ""
        return _show.html_table(f"{self._head()}{more}", [n.capitalize() for n in _SHOWN], rows[:20])
