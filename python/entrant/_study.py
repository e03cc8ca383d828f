"""Studies of either kind, and their answers."""

from __future__ import annotations

import html
import io
import json
import os
from collections.abc import Callable
from functools import cached_property
from typing import Any

from . import _engine
from .errors import InputError


class Study:
    """A study in a folder, calibrated or estimated; nothing in it ever changes."""

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

    def __repr__(self) -> str:
        kind = "estimated" if self.is_estimated else "calibrated"
        return f"<Study: {self.title} ({kind})>"


class Outcome:
    """The answer of a study."""

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

    def to_frame(self, table: str) -> Any:
        """One of the tables as a data frame of pandas."""
        if table not in self.tables:
            raise InputError(f"there is no table `{table}`; there are {', '.join(self.tables)}")
        import pandas

        return pandas.read_csv(io.StringIO(self.tables[table]))

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
