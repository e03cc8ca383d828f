"""Estimation from Python: a study bound to tables, and its estimates."""

from __future__ import annotations

import html
import json
import os
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from . import _engine, _frames, _toml
from .errors import NotConvergedError

USABLE = ("converged", "almost", "evaluated")


class Problem:
    """An estimated study and its tables, bound together; nothing in it ever changes.

    `study` is what stands in a `study.toml`, as nested dictionaries or as text; its `[data]` table may
    be left out or name columns only. `products` and `consumers` are tables: data frames of pandas or
    polars, Arrow tables, dictionaries of columns.

    >>> import numpy as np
    >>> from entrant import Problem
    >>> products = {
    ...     "market": ["a", "a", "b", "b", "c", "c"], "product": ["x", "y"] * 3,
    ...     "share": [0.2, 0.3, 0.25, 0.2, 0.1, 0.4], "price": [2.0, 1.5, 1.9, 2.1, 2.6, 1.2],
    ...     "cost": [1.1, 0.9, 1.0, 1.3, 1.5, 0.6],
    ... }
    >>> study = {
    ...     "title": "A small market", "question": "How elastic is demand?",
    ...     "estimate": {"method": "one-step", "demand": {"linear": "1 + price", "instruments": ["cost"]}},
    ... }
    >>> fit = Problem(study, products).fit()
    >>> fit.status
    'converged'
    >>> round(fit.estimates["beta[price]"], 3)
    -0.967
    """

    def __init__(self, study: Mapping[str, Any] | str, products: Any, consumers: Any = None) -> None:
        text = study if isinstance(study, str) else _toml.dumps(_with_data(study, consumers is not None))
        tables = [_frames.for_engine(_frames.columns(products))]
        if consumers is not None:
            tables.append(_frames.for_engine(_frames.columns(consumers)))
        self._engine = _engine.Problem(text, *tables)

    @classmethod
    def read(cls, path: str | os.PathLike[str]) -> Problem:
        """The estimated study in a folder."""
        problem = cls.__new__(cls)
        problem._engine = _engine.Problem.read(os.fspath(path))
        return problem

    def fit(
        self,
        *,
        threads: int | None = None,
        progress: Callable[[int, int, float], object] | None = None,
    ) -> Fit:
        """Estimates in the way that the study says; the same bits as `entrant fit`.

        `threads` (all cores when absent) never changes a result. `progress(step, evaluations,
        objective)` is called after every evaluation. Ctrl-C ends the search.
        """
        return Fit(self._engine.fit(threads, progress))

    @property
    def markets(self) -> list[str]:
        """Ids of the markets, in the order in which the products table names them."""
        return self._engine.markets

    @property
    def parameters(self) -> list[str]:
        """Names of the parameters that are searched for."""
        return [p["name"] for p in self._engine.parameters]

    def __repr__(self) -> str:
        rows = sum(map(len, self._engine.rows))
        free = len(self._engine.parameters)
        return f"<Problem: {len(self.markets)} markets, {rows} products, {free} parameters to search for>"


class Fit:
    """Estimates of a `Problem`, with the document that `entrant fit --json` prints."""

    def __init__(self, fit: Any) -> None:
        self._fit = fit
        self.report: dict[str, Any] = json.loads(fit.report)

    @property
    def status(self) -> str:
        """How the estimation ended; `converged` and `almost` may be used."""
        return self.report["status"]

    def require_converged(self) -> Fit:
        """The fit itself.

        Raises `NotConvergedError` when the estimation ended without an answer.
        """
        if self.status not in USABLE:
            raise NotConvergedError(f"the estimation ended as `{self.status}`")
        return self

    @property
    def objective(self) -> float:
        """Objective `N gbar' W gbar`."""
        return self._fit.objective

    @property
    def estimates(self) -> dict[str, float | None]:
        """Estimates by name."""
        return {p["name"]: p["estimate"] for p in self.report["parameters"]}

    @property
    def standard_errors(self) -> dict[str, float | None]:
        """Standard errors by name; `None` where there is none, or it would mislead."""
        return {p["name"]: p["error"] for p in self.report["parameters"]}

    @property
    def covariance(self) -> np.ndarray:
        """Covariance of the estimates: searched for, then solved for (mean utility, cost)."""
        return self._fit.covariance

    @property
    def delta(self) -> np.ndarray:
        """Mean utilities, by row of the products table."""
        return self._fit.delta

    @property
    def xi(self) -> np.ndarray:
        """Errors of demand, by row of the products table."""
        return self._fit.xi

    @property
    def omega(self) -> np.ndarray:
        """Errors of supply, by row of the products table; empty without supply."""
        return self._fit.omega

    def to_frame(self) -> Any:
        """Estimates and standard errors as a data frame of pandas."""
        import pandas

        rows = [(p["name"], p["estimate"], p["error"]) for p in self.report["parameters"]]
        return pandas.DataFrame(rows, columns=["parameter", "estimate", "standard_error"])

    def summary(self) -> str:
        """Status, objective and estimates as text."""
        lines = [f"{self.report['title']}: {self.status}, objective {self.objective:.6g}", ""]
        names = [p["name"] for p in self.report["parameters"]]
        width = max(map(len, [*names, "Parameter"]))
        lines.append(f"{'Parameter':<{width}}  {'Estimate':>12}  {'Std. error':>12}")
        for name, value, error in self._rows():
            lines.append(f"{name:<{width}}  {value:>12}  {error:>12}")
        return "\n".join(lines)

    def _rows(self) -> list[tuple[str, str, str]]:
        def number(x: float | None) -> str:
            return "" if x is None else f"{x:.6g}"

        return [(p["name"], number(p["estimate"]), number(p["error"])) for p in self.report["parameters"]]

    def __repr__(self) -> str:
        return self.summary()

    def _repr_html_(self) -> str:
        head = html.escape(f"{self.report['title']}: {self.status}, objective {self.objective:.6g}")
        cells = "".join(
            f"<tr><td>{html.escape(n)}</td><td>{v}</td><td>{e}</td></tr>" for n, v, e in self._rows()
        )
        titles = "<tr><th>Parameter</th><th>Estimate</th><th>Std. error</th></tr>"
        return f"<p>{head}</p><table>{titles}{cells}</table>"


def _with_data(study: Mapping[str, Any], consumers: bool) -> dict[str, Any]:
    data = dict(study.get("data", {}))
    data.setdefault("products", "products")
    if consumers:
        data.setdefault("consumers", "consumers")
    return {**study, "data": data}
