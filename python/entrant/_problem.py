"""Estimation from Python: a study bound to tables, and its estimates."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import numpy as np

from . import _engine, _frames, _markets, _progress, _scenario, _show, _toml
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
        self._tables = [_frames.for_engine(t) for t in given]
        self._path: str | None = None
        self._engine = _engine_of(text, self._tables)

    @classmethod
    def read(cls, path: str | os.PathLike[str]) -> Problem:
        """The estimated study in a folder.

        >>> from entrant import Problem
        >>> Problem.read("studies/nevo-cereal")
        <Problem: 94 markets, 2256 products, 13 parameters to search for>
        """
        problem = cls.__new__(cls)
        problem._kind = "pandas"
        problem._tables, problem._path = [], os.fspath(path)
        problem._engine = _engine.Problem.read(os.fspath(path))
        return problem

    def fit(
        self,
        *,
        threads: int | None = None,
        progress: bool | Callable[[int, int, float], object] | None = None,
    ) -> Fit:
        """Estimates in the way that the study says; the same bits as `entrant fit`.

        `threads` (all cores when absent) never changes a result. A notebook shows where a long search stands unless
        `progress` is `False`; with `True` it is said on the standard error output elsewhere. A function is called
        instead, as `progress(step, evaluations, objective)` after every evaluation. Ctrl-C ends the search.

        >>> from entrant import Problem
        >>> told = []
        >>> fit = Problem.read("studies/nevo-cereal").fit(progress=lambda *where: told.append(where))
        >>> step, evaluations, objective = told[0]
        >>> step, evaluations, round(objective, 4)  # at the starting values
        (1, 1, 29.3533)
        >>> round(fit.objective, 4)
        4.5615
        """
        with _progress.of_search(progress) as tell:
            return Fit(self._engine.fit(threads, tell), self)

    @property
    def scenarios(self) -> tuple[Scenario, ...]:
        """Scenarios of the study.

        >>> from entrant import Problem
        >>> [scenario.id for scenario in Problem.read("studies/nevo-cereal").scenarios]
        ['merger', 'cheaper', 'entry']
        """
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
        """Ids of the markets, in the order in which the products table names them.

        >>> from entrant import Problem
        >>> Problem.read("studies/nevo-cereal").markets[:3]
        ['C01Q1', 'C03Q1', 'C04Q1']
        """
        return self._engine.markets

    @property
    def parameters(self) -> list[str]:
        """Names of the parameters that are searched for.

        >>> from entrant import Problem
        >>> Problem.read("studies/nevo-cereal").parameters[:2]
        ['sigma[Intercept]', 'sigma[prices]']
        """
        return [p["name"] for p in self._engine.parameters]

    def to_frame(self) -> Any:
        """Parameters that are searched for, with start and bounds, as a data frame of the caller's kind.

        >>> from entrant import Problem
        >>> frame = Problem.read("studies/nevo-cereal").to_frame()
        >>> frame["parameter"][1], float(frame["start"][1]), float(frame["lower"][1])
        ('sigma[prices]', 2.4526, -inf)
        """
        free = self._engine.parameters
        return _frames.frame(
            {
                "parameter": [p["name"] for p in free], "start": [float(v) for v in self._engine.start],
                "lower": [float(p["lower"]) for p in free], "upper": [float(p["upper"]) for p in free],
            },
            self._kind,
        )

    def summary(self) -> str:
        """Sizes, and what is searched for from where, as text.

        >>> from entrant import Problem
        >>> Problem.read("studies/nevo-cereal").summary().splitlines()[0]
        '94 markets, 2256 products, 1880 consumers, 13 parameters to search for'
        """
        rows = self._searched()
        return "\n\n".join([self._sizes(), *([_show.text_table(SEARCHED, rows)] if rows else [])])

    def to_latex(self) -> str:
        """Parameters that are searched for, with start and bounds, as a `tabular` environment.

        >>> from entrant import Problem
        >>> Problem.read("studies/nevo-cereal").to_latex().splitlines()[0]
        '\\\\begin{tabular}{lrrr}'
        """
        return _show.latex_table(SEARCHED, self._searched())

    def plot(self, market: str | None = None, *, ax: Any = None) -> Any:
        """Prices against shares of the products of a market, or of all, with a colour for each firm where there are
        firms. Shares of one market stand on a straight scale, those of several on a logarithmic one. Draws into `ax` if
        given, and returns the axes of matplotlib.

        Raises `InputError` for a market that is not there, `MissingPackageError` without matplotlib.

        >>> import matplotlib
        >>> matplotlib.use("agg")
        >>> from entrant import Problem
        >>> ax = Problem.read("studies/nevo-cereal").plot("C01Q1")
        >>> sum(len(line.get_xdata()) for line in ax.get_lines())  # dots
        24
        """
        return _markets.plot(_markets.of_problem(self._engine), self.markets, market, ax)

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
    """Estimates of a `Problem`, with the document that `entrant fit --json` prints in `report`.

    >>> from entrant import Problem
    >>> fit = Problem.read("studies/nevo-cereal").fit()
    >>> print("\\n".join(fit.summary().splitlines()[:4]))
    Ready-to-eat cereal: a merger of firms 2 and 1: converged, objective 4.56151
    <BLANKLINE>
    Parameter                      Estimate  Std. error
    sigma[Intercept]               0.558094    0.162533
    >>> round(fit.estimates["beta[prices]"], 3), round(fit.standard_errors["beta[prices]"], 3)
    (-62.73, 14.803)
    >>> fit.delta.shape, fit.report["status"]
    ((2256,), 'converged')
    """

    _keep = "`report`, and the arrays that you need"

    report: dict[str, Any]

    def __init__(self, fit: Any, problem: Problem) -> None:
        self._fit, self._problem, self._kind = fit, problem, problem._kind
        vars(self)["report"] = json.loads(fit.report)

    @property
    def status(self) -> str:
        """How the estimation ended; `converged` and `almost` may be used.

        >>> from entrant import Problem
        >>> fit = Problem.read("studies/nevo-cereal").fit()
        >>> fit.status
        'converged'
        """
        return self.report["status"]

    def require_converged(self) -> Fit:
        """The fit itself.

        Raises `NotConvergedError` when the estimation ended without an answer.

        >>> from entrant import Problem
        >>> fit = Problem.read("studies/nevo-cereal").fit()
        >>> fit.require_converged() is fit
        True
        """
        if self.status not in USABLE:
            raise NotConvergedError(f"the estimation ended as `{self.status}`")
        return self

    @property
    def objective(self) -> float:
        """Objective `N gbar' W gbar`.

        >>> from entrant import Problem
        >>> fit = Problem.read("studies/nevo-cereal").fit()
        >>> round(fit.objective, 6)
        4.561514
        """
        return self._fit.objective

    @property
    def estimates(self) -> dict[str, float | None]:
        """Estimates by name.

        >>> from entrant import Problem
        >>> fit = Problem.read("studies/nevo-cereal").fit()
        >>> round(fit.estimates["sigma[prices]"], 4)
        3.3125
        """
        return {p["name"]: p["estimate"] for p in self.report["parameters"]}

    @property
    def standard_errors(self) -> dict[str, float | None]:
        """Standard errors by name; `None` where there is none, or it would mislead.

        >>> from entrant import Problem
        >>> fit = Problem.read("studies/nevo-cereal").fit()
        >>> round(fit.standard_errors["sigma[prices]"], 4)
        1.3402
        """
        return {p["name"]: p["error"] for p in self.report["parameters"]}

    @property
    def covariance(self) -> np.ndarray:
        """Covariance of the estimates: searched for, then solved for (mean utility, cost).

        >>> from entrant import Problem
        >>> fit = Problem.read("studies/nevo-cereal").fit()
        >>> fit.covariance.shape == (len(fit.estimates),) * 2
        True
        """
        return self._fit.covariance

    @property
    def delta(self) -> np.ndarray:
        """Mean utilities, by row of the products table.

        >>> from entrant import Problem
        >>> fit = Problem.read("studies/nevo-cereal").fit()
        >>> fit.delta.shape
        (2256,)
        """
        return self._fit.delta

    @property
    def xi(self) -> np.ndarray:
        """Errors of demand, by row of the products table.

        >>> from entrant import Problem
        >>> fit = Problem.read("studies/nevo-cereal").fit()
        >>> fit.xi.shape, bool(abs(fit.xi.mean()) < 1e-8)
        ((2256,), True)
        """
        return self._fit.xi

    @property
    def omega(self) -> np.ndarray:
        """Errors of supply, by row of the products table; empty without supply.

        >>> from entrant import Problem
        >>> Problem.read("studies/nevo-cereal").fit().omega.shape  # demand alone
        (0,)
        """
        return self._fit.omega

    @property
    def scenarios(self) -> tuple[Scenario, ...]:
        """Scenarios of the study.

        >>> from entrant import Problem
        >>> [scenario.id for scenario in Problem.read("studies/nevo-cereal").fit().scenarios]
        ['merger', 'cheaper', 'entry']
        """
        return self._problem.scenarios

    @property
    def _kind_of_frames(self) -> str:
        return self._kind

    def _economy(self) -> Any:
        return self._fit.economy()

    def _run(self, scenarios: Iterable[Scenario], how: tuple[Any, ...]) -> Outcome:
        return Outcome(self._fit.run(self._problem._with(scenarios), *how), self._kind)

    def to_frame(self) -> Any:
        """Estimates and standard errors as a data frame of the kind that the products table was, or of pandas.

        >>> from entrant import Problem
        >>> fit = Problem.read("studies/nevo-cereal").fit()
        >>> list(fit.to_frame().columns)
        ['parameter', 'estimate', 'standard_error']
        """
        of = self.report["parameters"]
        return _frames.frame(
            {
                "parameter": [p["name"] for p in of], "estimate": [p["estimate"] for p in of],
                "standard_error": [p["error"] for p in of],
            },
            self._kind,
        )

    def to_latex(self) -> str:
        """Estimates and standard errors as a `tabular` environment of LaTeX.

        >>> from entrant import Problem
        >>> fit = Problem.read("studies/nevo-cereal").fit()
        >>> fit.to_latex().splitlines()[4].partition("&")[0]
        'sigma[Intercept] '
        """
        return _show.latex_table(ESTIMATED, self._rows())

    def plot(self, *, ax: Any = None) -> Any:
        """Estimates with their 95% intervals, each in its own standard errors, so that all fit one picture.

        Parameters without a standard error are left out. Draws into `ax` if given, and returns the axes
        of matplotlib.

        Raises `InputError` where no parameter has a standard error, `MissingPackageError` without
        matplotlib.

        >>> import matplotlib
        >>> matplotlib.use("agg")
        >>> from entrant import Problem
        >>> fit = Problem.read("studies/nevo-cereal").fit()
        >>> fit.plot().get_xlabel()
        'estimate / standard error, 95% interval'
        """
        known = [(p["name"], p["estimate"] / p["error"]) for p in self.report["parameters"] if p["error"]]
        if not known:
            raise InputError("no parameter has a standard error to show")
        half = 1.959963984540054
        values = [(z - half, z, z + half) for _, z in known]
        ax = _show.ranges([n for n, _ in known], values, "estimate / standard error, 95% interval", ax)
        ax.set_title(self.report["title"], parse_math=False, wrap=True)
        return ax

    def summary(self) -> str:
        """Status, objective and estimates as text.

        >>> from entrant import Problem
        >>> fit = Problem.read("studies/nevo-cereal").fit()
        >>> fit.summary().splitlines()[0]
        'Ready-to-eat cereal: a merger of firms 2 and 1: converged, objective 4.56151'
        """
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
