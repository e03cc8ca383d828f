"""Panels: tables of products, and of consumers, as the engine reads them."""

from __future__ import annotations

import os
from typing import Any

import numpy as np

from . import _engine, _frames, _show
from ._kept import Kept
from .errors import InputError

_HEAD = ("Column", "Kind", "Distinct", "Missing", "Lowest", "Mean", "Highest")


class Panel(Kept):
    """A table of products, and perhaps one of consumers; nothing in it ever changes.

    Tables are data frames of pandas or polars, Arrow tables, anything with the Arrow C interface, dictionaries of
    columns, structured arrays, or paths of CSV and Parquet files. They are copied. `Problem` takes a panel in place of
    its tables.

    >>> from entrant import Panel
    >>> panel = Panel({"market": ["a", "a", "b"], "share": [0.2, 0.3, 0.1], "price": [2.0, 1.5, 1.9]})
    >>> panel
    <Panel: 3 products, 3 columns>
    >>> print(panel.summary())
    3 products
    Column    Kind  Distinct  Missing  Lowest  Mean  Highest
    market    text         2        0
    share   number         3        0     0.1   0.2      0.3
    price   number         3        0     1.5   1.8        2
    >>> panel["price"].tolist()
    [2.0, 1.5, 1.9]
    """

    _keep = "the tables"

    def __init__(self, products: Any, consumers: Any = None) -> None:
        self._kind = _frames.kind(products)
        self._products = _table(products, "products")
        self._consumers = None if consumers is None else _table(consumers, "consumers")

    @property
    def columns(self) -> list[str]:
        """Names of the columns of products.

        >>> from entrant import Panel
        >>> consumers = {"market": ["a", "b"], "income": [1, 3]}
        >>> panel = Panel({"market": ["a", "a", "b"], "price": [2.0, 1.5, 1.9]}, consumers)
        >>> panel.columns
        ['market', 'price']
        """
        return list(self._products)

    @property
    def consumer_columns(self) -> list[str]:
        """Names of the columns of consumers; none without such a table.

        >>> from entrant import Panel
        >>> consumers = {"market": ["a", "b"], "income": [1, 3]}
        >>> panel = Panel({"market": ["a", "a", "b"], "price": [2.0, 1.5, 1.9]}, consumers)
        >>> panel.consumer_columns
        ['market', 'income']
        """
        return list(self._consumers or {})

    def __getitem__(self, name: str) -> np.ndarray:
        if name not in self._products:
            raise InputError(f"products have no column `{name}`; there are {', '.join(self._products)}")
        return self._products[name]

    def __len__(self) -> int:
        return _rows(self._products)

    def to_frame(self, table: str = "products") -> Any:
        """Products, or `consumers`, as a data frame of the kind that the table of products was, or of pandas.

        >>> from entrant import Panel
        >>> consumers = {"market": ["a", "b"], "income": [1, 3]}
        >>> panel = Panel({"market": ["a", "a", "b"], "price": [2.0, 1.5, 1.9]}, consumers)
        >>> panel.to_frame("consumers").shape
        (2, 2)
        """
        if table == "products":
            of: dict[str, np.ndarray] | None = self._products
        elif table == "consumers":
            of = self._consumers
        else:
            raise InputError(f"there is no table `{table}`; there are products and consumers")
        if of is None:
            raise InputError("the panel has no consumers")
        return _frames.frame({n: v.tolist() for n, v in of.items()}, self._kind)

    def to_latex(self) -> str:
        """What each column of products has, as a `tabular` environment.

        >>> from entrant import Panel
        >>> consumers = {"market": ["a", "b"], "income": [1, 3]}
        >>> panel = Panel({"market": ["a", "a", "b"], "price": [2.0, 1.5, 1.9]}, consumers)
        >>> panel.to_latex().splitlines()[4]
        'market & text & 2 & 0 &  &  &  \\\\\\\\'
        """
        return _show.latex_table(_HEAD, list(map(_described, self._products.items())))

    def plot(self, column: str, *, bins: int = 30, ax: Any = None) -> Any:
        """How the numbers of a column of products are spread. Draws into `ax` if given, and returns the axes of
        matplotlib.

        Raises `InputError` for a column of text, `MissingPackageError` without matplotlib.

        >>> import matplotlib
        >>> matplotlib.use("agg")
        >>> from entrant import Panel
        >>> consumers = {"market": ["a", "b"], "income": [1, 3]}
        >>> panel = Panel({"market": ["a", "a", "b"], "price": [2.0, 1.5, 1.9]}, consumers)
        >>> int(sum(bar.get_height() for bar in panel.plot("price").patches))
        3
        """
        values = self[column]
        if values.dtype.kind not in "fiub":
            raise InputError(f"`{column}` is text")
        if ax is None:
            _, ax = _show.package("matplotlib.pyplot", "`plot`").subplots(layout="constrained")
        ax.hist(values[np.isfinite(values.astype(float))], bins=bins, color="0.55")
        ax.set_xlabel(column, parse_math=False)
        ax.set_ylabel("products")
        return ax

    def summary(self) -> str:
        """Sizes, and what each column has, as text.

        >>> from entrant import Panel
        >>> consumers = {"market": ["a", "b"], "income": [1, 3]}
        >>> panel = Panel({"market": ["a", "a", "b"], "price": [2.0, 1.5, 1.9]}, consumers)
        >>> panel.summary().splitlines()[0]
        '3 products'
        """
        parts = [f"{len(self)} products\n{_show.text_table(_HEAD, map(_described, self._products.items()))}"]
        if self._consumers is not None:
            described = _show.text_table(_HEAD, map(_described, self._consumers.items()))
            parts.append(f"{_rows(self._consumers)} consumers\n{described}")
        return "\n\n".join(parts)

    def __repr__(self) -> str:
        people = f", {_rows(self._consumers)} consumers" if self._consumers is not None else ""
        return f"<Panel: {len(self)} products, {len(self._products)} columns{people}>"

    def _repr_html_(self) -> str:
        parts = [_show.html_table(f"{len(self)} products", _HEAD, map(_described, self._products.items()))]
        if self._consumers is not None:
            head = f"{_rows(self._consumers)} consumers"
            parts.append(_show.html_table(head, _HEAD, map(_described, self._consumers.items())))
        return "".join(parts)


def _rows(table: dict[str, np.ndarray]) -> int:
    return len(next(iter(table.values()), ()))


def _table(data: Any, name: str) -> dict[str, np.ndarray]:
    if isinstance(data, (str, os.PathLike)):
        folder, file = os.path.split(os.fspath(data))
        data = _engine.read_table(folder or ".", file)
    table = {n: np.array(v) for n, v in _frames.columns(data).items()}
    if not table:
        raise InputError(f"the table of {name} has no columns")
    first = next(iter(table))
    for column, values in table.items():
        if len(values) != len(table[first]):
            raise InputError(f"column `{column}` has {len(values)} rows, `{first}` has {len(table[first])}")
        values.flags.writeable = False
    return table


def _described(of: tuple[str, np.ndarray]) -> tuple[str, ...]:
    name, values = of
    cells = _frames.cells(values)
    if isinstance(cells, list):
        missing = sum(v in (None, "") or v != v for v in values.tolist())
        return (name, "text", str(len(set(cells))), str(missing), "", "", "")
    known = cells[~np.isnan(cells)]
    numbers = [f(known) if len(known) else None for f in (np.min, np.mean, np.max)]
    return (name, "number", str(len(np.unique(known))), str(len(cells) - len(known)), *map(_show.number, numbers))
