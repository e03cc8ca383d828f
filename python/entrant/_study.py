"""Studies of either kind, and their answers."""

from __future__ import annotations

import html
import io
import json
import os
from collections.abc import Callable
from functools import cached_property
from typing import Any

from . import _engine, _show
from ._kept import Kept
from .errors import InputError

# Columns whose cells are names even where they look like numbers.
NAMES = ("scenario", "market", "product", "firm", "brand", "from", "to", "vendor", "country", "company")


class Study(Kept):
    """A study in a folder, calibrated or estimated; nothing in it ever changes.

    >>> import tempfile
    >>> from pathlib import Path
    >>> from entrant import Study, _engine
    >>> place = tempfile.TemporaryDirectory()
    >>> folder = Path(place.name) / "mine"
    >>> _engine.main(["entrant", "new", str(folder)])  # the study that `entrant new` writes
    0
    >>> study = Study(folder)
    >>> study.is_estimated
    False
    >>> outcome = study.run(draws=2)
    >>> frame = outcome.to_frame("firms", quantity="units", when="change")
    >>> list(frame.columns[:3])
    ['scenario', 'market', 'firm']
    >>> place.cleanup()
    """

    _keep = "its `path`"

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self.path = os.fspath(path)
        self._study = _engine.Study.read(self.path)
        self.title, self.question, self.is_estimated = self._study.about

    def run(
        self,
        *,
        draws: int | None = None,
        seed: int | None = None,
        threads: int | None = None,
        progress: Callable[[str, int, int], object] | None = None,
    ) -> Outcome:
        """Answers the study; the same bits as `entrant run`.

        `draws` and `seed` stand for those of the study. `threads` (all cores when absent) never changes
        a result. `progress(stage, done, total)` is called from other threads than the caller's; what it
        raises ends the run, as Ctrl-C does.
        """
        return Outcome(self._study.run(draws, seed, threads, progress))

    @property
    def _kind(self) -> str:
        return "estimated" if self.is_estimated else "calibrated"

    def summary(self) -> str:
        """Title, question and kind as text."""
        return f"{self.title}\n{self.question}\n({self._kind} study in {self.path})"

    def __repr__(self) -> str:
        return f"<Study: {self.title} ({self._kind})>"

    def _repr_html_(self) -> str:
        title, question = html.escape(self.title), html.escape(self.question)
        return f"<p><b>{title}</b> ({self._kind})<br>{question}</p>"


class Outcome(Kept):
    """The answer of a study."""

    _keep = "`results`, `tables` and `page()`"

    def __init__(self, outcome: Any) -> None:
        self._outcome = outcome

    @cached_property
    def results(self) -> dict[str, Any]:
        """Everything, as in `results.json`."""
        return json.loads(self._outcome.json())

    @cached_property
    def tables(self) -> dict[str, str]:
        """Tables by name, as the text of CSV files."""
        return self._outcome.tables()

    def to_frame(self, table: str, /, **where: Any) -> Any:
        """One of the tables as a data frame of pandas.

        `where` keeps the rows in which columns have these values, each a value or a list of them:
        `to_frame("firms", scenario="entry", when=["before", "after"])`. Names are text, as those of firms
        are even where they look like numbers.

        Raises `InputError` for a table or a column that is not there.
        """
        if table not in self.tables:
            raise InputError(f"there is no table `{table}`; there are {', '.join(self.tables)}")
        pandas = _show.package("pandas", "`to_frame`")
        frame = pandas.read_csv(
            io.StringIO(self.tables[table]), dtype=dict.fromkeys(NAMES, str), keep_default_na=False, na_values=[""],
            low_memory=False,
        )
        for column, value in where.items():
            if column not in frame.columns:
                raise InputError(f"`{table}` has no column `{column}`; there are {', '.join(frame.columns)}")
            wanted = list(value) if isinstance(value, (list, tuple, set)) else [value]
            frame = frame[frame[column].isin(wanted)]
        return frame.reset_index(drop=True)

    def to_latex(self, table: str, /, columns: list[str] | None = None, **where: Any) -> str:
        """Rows and columns of one of the tables as a `tabular` environment of LaTeX.

        `where` is that of `to_frame`; all columns without `columns`.
        """
        frame = self.to_frame(table, **where)
        missing = [c for c in columns or [] if c not in frame.columns]
        if missing:
            raise InputError(f"`{table}` has no column `{missing[0]}`; there are {', '.join(frame.columns)}")
        frame = frame if columns is None else frame[columns]

        def cell(value: Any) -> str:
            return value if isinstance(value, str) else _show.number(float(value))

        rows = (list(map(cell, row)) for row in frame.itertuples(index=False, name=None))
        return _show.latex_table([str(c) for c in frame.columns], rows)

    def plot(
        self, scenario: str | None = None, quantity: str = "units", *, market: str | None = None, ax: Any = None
    ) -> Any:
        """By how much a quantity of each firm changes in a scenario, in per cent, with its range.

        The scenario of the headline and the first row of markets (all of them together, where there are
        several) unless others are named. A newcomer has nothing to compare with and is left out. The dot
        is the median of the draws, or what stands at the estimates of an estimated study. Draws into
        `ax` if given, and returns the axes of matplotlib.

        Raises `InputError` where there is nothing to show, `MissingPackageError` without matplotlib.
        """
        scenario = scenario or self.results["headline"]
        frame = self.to_frame("firms", scenario=scenario, quantity=quantity, when="relative")
        if market is None and len(frame):
            market = frame["market"].iloc[0]
        frame = frame[frame["market"] == market].dropna(subset=["low", "median", "high"])
        if frame.empty:
            raise InputError(f"`firms` has no `{quantity}` of scenario `{scenario}` in market `{market}`")
        middle = frame["central"].fillna(frame["median"]) if frame["central"].notna().any() else frame["median"]
        values = list(zip(100 * frame["low"], 100 * middle, 100 * frame["high"]))
        ax = _show.ranges(list(frame["firm"]), values, f"{quantity}: change, per cent", ax)
        ax.set_title(f"{scenario} ({market})", parse_math=False)
        return ax

    def summary(self, width: int = 80) -> str:
        """The short answer as text."""
        return self._outcome.text(width)

    def page(self) -> str:
        """The report: one HTML page that needs no network."""
        return self._outcome.page()

    def __repr__(self) -> str:
        return self.summary()

    def _repr_html_(self) -> str:
        return f"<pre>{html.escape(self.summary(100))}</pre>"
