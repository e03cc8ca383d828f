"""Estimation from Python: a study bound to tables, and its estimates."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import numpy as np

from . import _engine, _frames, _scenario, _show, _toml
from ._kept import Kept
from ._panel import Panel
from ._scenario import Scenario
from ._study import Outcome
from .errors import InputError, NotConvergedError

USABLE = ("converged", "almost", "evaluated")
SEARCHED = ("Parameter", "Start", "Lower", "Upper")
ESTIMATED = ("Parameter", "Estimate", "Std. error")


def _engine_of(text: str, tables: list[dict[str, Any]]) -> Any:
    """The engine's problem; text that is no Unicode is a mistake like any other."""
    try:
        bound = _engine.Problem(text, *tables)
        bound.require_distinct()
        return bound
    except UnicodeEncodeError as e:
        raise InputError(f"text with half a character, which cannot be written: {e.object[:80]!a}") from e


class Problem(Kept):
    """An estimated study and its tables, bound together; nothing in it ever changes.

    `study` is what stands in a `study.toml`, as nested dictionaries or as text; its `[data]` table may
    be left out or name columns only. `products` and `consumers` are tables: data frames of pandas or
    polars, Arrow tables, dictionaries of columns; or a `Panel` stands for both.

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
    >>> fit.to_frame().shape  # a data frame of pandas, polars or Arrow, as `products` is
    (2, 3)
    >>> print(fit.summary().splitlines()[0].partition(",")[0])
    A small market: converged
    """

    _keep = "the study and the tables"

    def __init__(self, study: Mapping[str, Any] | str, products: Any, consumers: Any = None) -> None:
        if isinstance(products, Panel):
            if consumers is not None:
                raise InputError("a `Panel` has consumers of its own: give no others")
            self._kind = products._kind
            given = [t for t in (products._products, products._consumers) if t is not None]
        else:
            self._kind = _frames.kind(products)
            given = [_frames.columns(t) for t in (products, consumers) if t is not None]
        text = study if isinstance(study, str) else _toml.dumps(_with_data(study, len(given) > 1))
        self._tables, self._path = [_frames.for_engine(t) for t in given], None
        self._engine = _engine_of(text, self._tables)

    @classmethod
    def read(cls, path: str | os.PathLike[str]) -> Problem:
        """The estimated study in a folder."""
        problem = cls.__new__(cls)
        problem._kind = "pandas"
        problem._tables, problem._path = [], os.fspath(path)
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
        return Fit(self._engine.fit(threads, progress), self)

    @property
    def scenarios(self) -> tuple[Scenario, ...]:
        """Scenarios of the study."""
        return _scenario.of_tables(json.loads(self._engine.scenarios))

    def _with(self, scenarios: Iterable[Scenario]) -> Any:
        """The engine's problem with scenarios besides those of the study."""
        own = self._engine.study
        text = _scenario.added(own, self.scenarios, scenarios)
        if text == own:
            return self._engine
        return _engine_of(text, self._tables) if self._path is None else _engine.Problem.given(self._path, text)

    @property
    def markets(self) -> list[str]:
        """Ids of the markets, in the order in which the products table names them."""
        return self._engine.markets

    @property
    def parameters(self) -> list[str]:
        """Names of the parameters that are searched for."""
        return [p["name"] for p in self._engine.parameters]

    def to_frame(self) -> Any:
        """Parameters that are searched for, with start and bounds, as a data frame of the caller's kind."""
        free = self._engine.parameters
        return _frames.frame(
            {
                "parameter": [p["name"] for p in free], "start": [float(v) for v in self._engine.start],
                "lower": [float(p["lower"]) for p in free], "upper": [float(p["upper"]) for p in free],
            },
            self._kind,
        )

    def summary(self) -> str:
        """Sizes, and what is searched for from where, as text."""
        rows = self._searched()
        return "\n\n".join([self._sizes(), *([_show.text_table(SEARCHED, rows)] if rows else [])])

    def to_latex(self) -> str:
        """Parameters that are searched for, with start and bounds, as a `tabular` environment."""
        return _show.latex_table(SEARCHED, self._searched())

    def _sizes(self) -> str:
        rows = sum(map(len, self._engine.rows))
        parts = [f"{len(self.markets)} markets", f"{rows} products"]
        if self._engine.consumers > len(self.markets):  # one for each market stands for all
            parts.append(f"{self._engine.consumers} consumers")
        return ", ".join([*parts, f"{len(self._engine.parameters)} parameters to search for"])

    def _searched(self) -> list[list[str]]:
        pairs = zip(self._engine.parameters, self._engine.start)
        return [[p["name"], *map(_show.number, (float(v), p["lower"], p["upper"]))] for p, v in pairs]

    def __repr__(self) -> str:
        rows = sum(map(len, self._engine.rows))
        free = len(self._engine.parameters)
        return f"<Problem: {len(self.markets)} markets, {rows} products, {free} parameters to search for>"

    def _repr_html_(self) -> str:
        return _show.html_table(self._sizes(), SEARCHED, self._searched())


class Fit(Kept):
    """Estimates of a `Problem`, with the document that `entrant fit --json` prints."""

    _keep = "`report`, and the arrays that you need"

    def __init__(self, fit: Any, problem: Problem) -> None:
        self._fit, self._problem, self._kind = fit, problem, problem._kind
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

    @property
    def scenarios(self) -> tuple[Scenario, ...]:
        """Scenarios of the study."""
        return self._problem.scenarios

    @property
    def _kind_of_frames(self) -> str:
        return self._kind

    def _economy(self) -> Any:
        return self._fit.economy()

    def _run(self, scenarios: Iterable[Scenario], how: tuple[Any, ...]) -> Outcome:
        return Outcome(self._fit.run(self._problem._with(scenarios), *how), self._kind)

    def to_frame(self) -> Any:
        """Estimates and standard errors as a data frame of the kind that the products table was, or of pandas."""
        of = self.report["parameters"]
        return _frames.frame(
            {
                "parameter": [p["name"] for p in of], "estimate": [p["estimate"] for p in of],
                "standard_error": [p["error"] for p in of],
            },
            self._kind,
        )

    def to_latex(self) -> str:
        """Estimates and standard errors as a `tabular` environment of LaTeX."""
        return _show.latex_table(ESTIMATED, self._rows())

    def plot(self, *, ax: Any = None) -> Any:
        """Estimates with their 95% intervals, each in its own standard errors, so that all fit one picture.

        Parameters without a standard error are left out. Draws into `ax` if given, and returns the axes
        of matplotlib.

        Raises `InputError` where no parameter has a standard error, `MissingPackageError` without
        matplotlib.
        """
        known = [(p["name"], p["estimate"] / p["error"]) for p in self.report["parameters"] if p["error"]]
        if not known:
            raise InputError("no parameter has a standard error to show")
        half = 1.959963984540054
        values = [(z - half, z, z + half) for _, z in known]
        ax = _show.ranges([n for n, _ in known], values, "estimate / standard error, 95% interval", ax)
        ax.set_title(self.report["title"], parse_math=False)
        return ax

    def summary(self) -> str:
        """Status, objective and estimates as text."""
        return f"{self._head()}\n\n{_show.text_table(ESTIMATED, self._rows())}"

    def _head(self) -> str:
        return f"{self.report['title']}: {self.status}, objective {_show.number(self.objective)}"

    def _rows(self) -> list[tuple[str, str, str]]:
        number = _show.number
        return [(p["name"], number(p["estimate"]), number(p["error"])) for p in self.report["parameters"]]

    def __repr__(self) -> str:
        return self.summary()

    def _repr_html_(self) -> str:
        return _show.html_table(self._head(), ESTIMATED, self._rows())


def _with_data(study: Mapping[str, Any], consumers: bool) -> dict[str, Any]:
    data = dict(study.get("data", {}))
    data.setdefault("products", "products")
    if consumers:
        data.setdefault("consumers", "consumers")
    return {**study, "data": data}
