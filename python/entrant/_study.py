"""Studies of either kind, and their answers."""

from __future__ import annotations

import csv
import html
import io
import json
import os
from collections.abc import Callable, Iterable, Mapping
from functools import cached_property
from typing import Any

import numpy as np

from . import _engine, _frames, _markets, _progress, _scenario, _show
from ._kept import Kept
from ._scenario import Scenario
from .errors import InputError

# Columns whose cells are names even where they look like numbers.
NAMES = ("scenario", "market", "product", "firm", "brand", "from", "to", "vendor", "country", "company")


class Study(Kept):
    """A study in a folder, calibrated or estimated; nothing in it ever changes.

    >>> from entrant import Study
    >>> study = Study("studies/india-2017")
    >>> study
    <Study: Xiaomi in India, 2017Q2 to 2018Q2: a back-test (calibrated)>
    >>> outcome = study.run(draws=2)
    >>> frame = outcome.to_frame("firms", quantity="units", when="change")
    >>> list(frame.columns[:3])
    ['scenario', 'market', 'firm']
    """

    _keep = "its `path`"

    path: str
    title: str
    question: str
    is_estimated: bool

    def __init__(self, path: str | os.PathLike[str]) -> None:
        place = os.fspath(path)
        self._study = _engine.Study.read(place)
        vars(self).update(zip(("path", "title", "question", "is_estimated"), (place, *self._study.about)))

    def run(
        self,
        *,
        draws: int | None = None,
        seed: int | None = None,
        threads: int | None = None,
        progress: bool | Callable[[str, int, int], object] | None = None,
    ) -> Outcome:
        """Answers the study; the same bits as `entrant run`.

        `draws` and `seed` stand for those of the study. `threads` (all cores when absent) never changes
        a result. A notebook shows where a long run stands unless `progress` is `False`; with `True` it is said on the
        standard error output elsewhere. A function is called instead, as `progress(stage, done, total)` and
        from other threads than the caller's; `total` is 0 where nobody knows it, and what the function raises ends the
        run, as Ctrl-C does.

        >>> from entrant import Study
        >>> told = []
        >>> study = Study("studies/india-2017")
        >>> outcome = study.run(draws=2, seed=1, progress=lambda stage, done, total: told.append(stage))
        >>> "drawing" in told
        True
        >>> outcome.results == study.run(draws=2, seed=1, threads=1).results
        True
        """
        with _progress.of_stages(progress) as tell:
            return Outcome(self._study.run(draws, seed, threads, tell))

    @property
    def text(self) -> str:
        """The text of the study file.

        >>> from entrant import Study
        >>> Study("studies/india-2017").text.count("[[scenario]]")
        4
        """
        return self._study.text

    @property
    def scenarios(self) -> tuple[Scenario, ...]:
        """Its scenarios.

        >>> from entrant import Study
        >>> [scenario.id for scenario in Study("studies/india-2017").scenarios]
        ['reach', 'forecast', 'given-share', 'local-makers-fade']
        """
        return _scenario.of_tables(json.loads(self._study.scenarios))

    def with_scenarios(self, *scenarios: Scenario) -> Study:
        """The study with scenarios besides its own, as if they stood at the end of its file, which stays as it is.

        Raises `InputError` where a scenario names what is not there.

        >>> from entrant import Scenario, Study
        >>> study = Study("studies/india-2017")
        >>> other = study.with_scenarios(Scenario("away", "Samsung leaves", ban={"firm": "Samsung"}))
        >>> [len(s.scenarios) for s in (study, other)]
        [4, 5]
        """
        other = self.__copy__()
        other._study = _engine.Study.given(self.path, _scenario.added(self.text, self.scenarios, scenarios))
        return other

    @property
    def _kind_of_frames(self) -> str:
        return "pandas"

    def _economy(self) -> Any:
        return self._study.economy()

    def _run(self, scenarios: Iterable[Scenario], how: tuple[Any, ...]) -> Outcome:
        return Outcome((self.with_scenarios(*scenarios) if scenarios else self)._study.run(*how))

    def to_frame(self, kind: str = "pandas") -> Any:
        """Changes of all scenarios, a row for each, as a data frame of pandas, polars or Arrow.

        >>> from entrant import Study
        >>> frame = Study("studies/india-2017").to_frame()
        >>> frame.loc[0, ["scenario", "change"]].tolist()
        ['reach', 'reach']
        """
        rows = [(s.id, *row) for s in self.scenarios for row in s._rows()]
        names = ("scenario", "change", "what")
        return _frames.frame({n: [r[k] for r in rows] for k, n in enumerate(names)}, kind)

    def to_latex(self) -> str:
        """Changes of all scenarios as a `tabular` environment.

        >>> from entrant import Study
        >>> print(Study("studies/india-2017").to_latex().splitlines()[2])
        Scenario & Change & What \\\\
        """
        rows = [(s.id, *row) for s in self.scenarios for row in s._rows()]
        return _show.latex_table(("Scenario", "Change", "What"), rows)

    def plot(self, market: str | None = None, *, ax: Any = None) -> Any:
        """Prices against shares of the products of a market, or of all, with a colour for each firm, as they are before
        anything happens. Shares of one market stand on a straight scale, those of several on a logarithmic one. Draws
        into `ax` if given, and returns the axes of matplotlib.

        Raises `InputError` for a market that is not there, `MissingPackageError` without matplotlib.

        >>> import matplotlib
        >>> matplotlib.use("agg")
        >>> from entrant import Study
        >>> ax = Study("studies/xiaomi-us-2018").plot()
        >>> [text.get_text() for text in ax.get_legend().get_texts()][:2]
        ['Apple', 'Samsung']
        """
        if self.is_estimated:
            engine = _engine.Problem.given(self.path, self.text)
            columns, markets = _markets.of_problem(engine), engine.markets
        else:
            economy = self._economy()
            columns, markets = {n: np.asarray(v) for n, v in economy.products().items()}, economy.markets
        ax = _markets.plot(columns, markets, market, ax)
        ax.set_title(f"{self.title} ({ax.get_title()})", parse_math=False, wrap=True)
        return ax

    @property
    def _kind(self) -> str:
        return "estimated" if self.is_estimated else "calibrated"

    def summary(self) -> str:
        """Title, question and kind as text.

        >>> from entrant import Study
        >>> print(Study("studies/india-2017").summary().splitlines()[-1])
        (calibrated study in studies/india-2017)
        """
        return f"{self.title}\n{self.question}\n({self._kind} study in {self.path})"

    def __repr__(self) -> str:
        return f"<Study: {self.title} ({self._kind})>"

    def _repr_html_(self) -> str:
        title, question = html.escape(self.title), html.escape(self.question)
        return f"<p><b>{title}</b> ({self._kind})<br>{question}</p>"


class Outcome(Kept):
    """The answer of a study, of `Study.run` or `Economy.run`.

    Its tables are those of `entrant run`: in `firms` what each firm sells, charges and earns `before` and `after`, the
    `change` and the `relative` change, with `low`, `median` and `high` over the draws and `central` at the central
    values of the inputs.

    >>> from entrant import Study
    >>> outcome = Study("studies/india-2017").run(draws=4, seed=1)
    >>> "firms" in outcome.tables, outcome.results["headline"]
    (True, 'forecast')
    >>> gains = outcome.to_frame("firms", scenario="forecast", quantity="units", when="change", firm="Xiaomi")
    >>> bool((gains["low"] > 0).all())
    True
    """

    _keep = "`results`, `tables` and `page()`"

    def __init__(self, outcome: Any, kind: str = "pandas") -> None:
        self._outcome, self._kind = outcome, kind

    @cached_property
    def results(self) -> dict[str, Any]:
        """Everything, as in `results.json`.

        >>> from entrant import Study
        >>> outcome = Study("studies/india-2017").run(draws=2)
        >>> [scenario["id"] for scenario in outcome.results["scenarios"]]
        ['reach', 'forecast', 'given-share', 'local-makers-fade']
        """
        return json.loads(self._outcome.json())

    @cached_property
    def tables(self) -> dict[str, str]:
        """Tables by name, as the text of CSV files.

        >>> from entrant import Study
        >>> outcome = Study("studies/india-2017").run(draws=2)
        >>> outcome.tables["firms"].partition(",")[0]
        'scenario'
        """
        return self._outcome.tables()

    def to_frame(self, table: str, kind: str | None = None, /, **where: Any) -> Any:
        """One of the tables as a data frame: of `kind` (`pandas`, `polars` or `pyarrow`), or of the kind that the tables
        of the study were, or of pandas.

        `where` keeps the rows in which columns have these values, each a value or a list of them:
        `to_frame("firms", scenario="entry", when=["before", "after"])`. Names are text, as those of firms
        are even where they look like numbers.

        Raises `InputError` for a table or a column that is not there.

        >>> from entrant import Study
        >>> outcome = Study("studies/india-2017").run(draws=2)
        >>> frame = outcome.to_frame("firms", "polars", scenario="forecast", quantity="price", when=["before", "after"])
        >>> frame["when"].unique().sort().to_list()
        ['after', 'before']
        """
        return _frames.frame(self._columns(table, where), kind or self._kind)

    def _columns(self, table: str, where: Mapping[str, Any]) -> dict[str, list[Any]]:
        """Columns of some rows of a table."""
        if table not in self.tables:
            raise InputError(f"there is no table `{table}`; there are {', '.join(self.tables)}")
        names, *rows = csv.reader(io.StringIO(self.tables[table]))
        columns = {n: _typed(n, [r[k] for r in rows]) for k, n in enumerate(names)}
        kept = list(range(len(rows)))
        for column, value in where.items():
            if column not in columns:
                raise InputError(f"`{table}` has no column `{column}`; there are {', '.join(names)}")
            wanted = list(value) if isinstance(value, (list, tuple, set)) else [value]
            kept = [k for k in kept if columns[column][k] in wanted]
        return {n: [v[k] for k in kept] for n, v in columns.items()}

    def to_latex(self, table: str, /, columns: list[str] | None = None, **where: Any) -> str:
        """Rows and columns of one of the tables as a `tabular` environment of LaTeX.

        `where` is that of `to_frame`; all columns without `columns`.

        >>> from entrant import Study
        >>> outcome = Study("studies/india-2017").run(draws=2)
        >>> one = {"scenario": "forecast", "quantity": "units", "firm": "Vivo", "when": "after"}
        >>> print(outcome.to_latex("firms", ["firm", "when"], **one))
        \\begin{tabular}{lr}
        \\hline
        firm & when \\\\
        \\hline
        Vivo & after \\\\
        \\hline
        \\end{tabular}
        """
        found = self._columns(table, where)
        chosen = list(found) if columns is None else columns
        if missing := [c for c in chosen if c not in found]:
            raise InputError(f"`{table}` has no column `{missing[0]}`; there are {', '.join(found)}")

        def cell(value: Any) -> str:
            return value if isinstance(value, str) else _show.number(None if value is None else float(value))

        return _show.latex_table(chosen, (list(map(cell, row)) for row in zip(*(found[c] for c in chosen))))

    def plot(
        self, scenario: str | None = None, quantity: str = "units", *, market: str | None = None, ax: Any = None
    ) -> Any:
        """By how much a quantity of each firm changes in a scenario, in per cent, with its range.

        The scenario of the headline and the first row of markets (all of them together, where there are
        several) unless others are named. A newcomer has nothing to compare with and is left out. The dot
        is the median of the draws, or what stands at the estimates of an estimated study. Draws into
        `ax` if given, and returns the axes of matplotlib.

        Raises `InputError` where there is nothing to show, `MissingPackageError` without matplotlib.

        >>> import matplotlib
        >>> matplotlib.use("agg")
        >>> from entrant import Study
        >>> ax = Study("studies/india-2017").run(draws=4).plot("forecast", "units")
        >>> ax.get_xlabel()
        'units: change, per cent'
        """
        scenario = scenario or self.results["headline"]
        found = self._columns("firms", {"scenario": scenario, "quantity": quantity, "when": "relative"})
        if market is None and found["market"]:
            market = found["market"][0]
        names = ("market", "firm", "low", "median", "high", "central")
        rows = [r for r in zip(*(found[n] for n in names)) if r[0] == market and None not in r[2:5]]
        if not rows:
            raise InputError(f"`firms` has no `{quantity}` of scenario `{scenario}` in market `{market}`")
        values = [(100 * r[2], 100 * (r[3] if r[5] is None else r[5]), 100 * r[4]) for r in rows]
        ax = _show.ranges([r[1] for r in rows], values, f"{quantity}: change, per cent", ax)
        ax.set_title(f"{scenario} ({market})", parse_math=False, wrap=True)
        return ax

    def summary(self, width: int = 80) -> str:
        """The short answer as text, in lines of at most `width` characters.

        >>> from entrant import Study
        >>> outcome = Study("studies/india-2017").run(draws=2)
        >>> max(map(len, outcome.summary(60).splitlines())) <= 60
        True
        """
        return self._outcome.text(width)

    def page(self) -> str:
        """The report: one HTML page that needs no network.

        >>> from entrant import Study
        >>> outcome = Study("studies/india-2017").run(draws=2)
        >>> outcome.page()[:15].lower()
        '<!doctype html>'
        """
        return self._outcome.page()

    def __repr__(self) -> str:
        return self.summary()

    def _repr_html_(self) -> str:
        # Notebooks break lines of such a block in the middle of a word; this one is scrolled instead.
        style = "white-space: pre; overflow-x: auto; line-height: 1.35; font-size: 13px"
        return f'<pre style="{style}">{html.escape(self.summary(100))}</pre>'


def _typed(name: str, cells: list[str]) -> list[Any]:
    """Cells of a column: text, truth values or numbers; nothing where a cell is empty."""
    if name in NAMES:
        return [c or None for c in cells]
    kinds: list[Callable[[str], Any]] = [{"true": True, "false": False}.__getitem__, int, float]
    for kind in kinds:
        try:
            return [kind(c) if c else None for c in cells]
        except (ValueError, KeyError):
            continue
    return [c or None for c in cells]
