"""Scenarios: what changes in a market."""

from __future__ import annotations

import copy
from collections.abc import Iterable, Mapping
from typing import Any

from . import _frames, _show, _toml
from ._kept import Kept
from .errors import InputError

CHANGES = (
    "enter", "exit", "ban", "divest", "merge", "stake", "cost", "tariff", "currency", "tax", "characteristic", "reach",
    "price",
)
_HEAD = ("Change", "What")


class Scenario(Kept):
    """What changes in a market: a `[[scenario]]` table of a study file; nothing in it ever changes.

    The keywords are the keys of that table: `hold` and `reprice` are lists of firms, and each of `enter`, `exit`,
    `ban`, `divest`, `merge`, `stake`, `cost`, `tariff`, `currency`, `tax`, `characteristic`, `reach` and `price` is a
    dictionary with the keys of its table, or a list of them. Whether firms and products are there is said when the
    scenario is run.

    >>> from entrant import Scenario
    >>> scenario = Scenario("merger", "A and B merge", merge={"firms": ["A", "B"]}, hold=["C"])
    >>> print(scenario.to_toml(), end="")
    [[scenario]]
    id = "merger"
    title = "A and B merge"
    hold = ["C"]
    merge = [{ firms = ["A", "B"] }]
    >>> print(scenario.summary())
    merger: A and B merge
    <BLANKLINE>
    Change  What
    hold    C
    merge   firms: A, B
    """

    _keep = "`to_toml()`"

    def __init__(
        self,
        id: str,
        title: str | None = None,
        *,
        note: str | None = None,
        hold: Iterable[str] | None = None,
        reprice: Iterable[str] | None = None,
        **changes: Mapping[str, Any] | Iterable[Mapping[str, Any]],
    ) -> None:
        if not isinstance(id, str) or not id:
            raise InputError("a scenario needs an `id`")
        table: dict[str, Any] = {"id": id, "title": title or id}
        if note:
            table["note"] = note
        for name, firms in (("hold", hold), ("reprice", reprice)):
            if isinstance(firms, str):
                raise InputError(f"`{name}` is a list of firms, not text")
            if firms is not None:
                table[name] = [str(f) for f in firms]
        for name, given in changes.items():
            if name not in CHANGES:
                raise InputError(f"a scenario has no `{name}`; there are {', '.join(CHANGES)}")
            listed = [given] if isinstance(given, Mapping) else list(given)
            if not all(isinstance(change, Mapping) for change in listed):
                raise InputError(f"`{name}` is a dictionary, or a list of them")
            table[name] = [dict(change) for change in listed]
        self._table = copy.deepcopy(table)

    @property
    def id(self) -> str:
        """Its id, as tables of outcomes have it."""
        return self._table["id"]

    @property
    def title(self) -> str:
        """Its title for the reader."""
        return self._table["title"]

    def to_dict(self) -> dict[str, Any]:
        """The table of the study file as nested dictionaries."""
        return copy.deepcopy(self._table)

    def to_toml(self) -> str:
        """The table as it stands in a study file."""
        lines = [f"{key} = {_toml.literal(v)}" for key, v in self._table.items()]
        return "\n".join(["[[scenario]]", *lines]) + "\n"

    def to_frame(self, kind: str = "pandas") -> Any:
        """Changes and what they are of, as a data frame of pandas, polars or Arrow."""
        rows = self._rows()
        columns = {name.lower(): [row[k] for row in rows] for k, name in enumerate(_HEAD)}
        return _frames.frame({"scenario": [self.id] * len(rows), **columns}, kind)

    def to_latex(self) -> str:
        """Changes and what they are of, as a `tabular` environment."""
        return _show.latex_table(_HEAD, self._rows())

    def summary(self) -> str:
        """Id, title and changes as text."""
        rows = self._rows()
        width = max((len(r[0]) for r in [_HEAD, *rows]), default=0)
        lines = [f"{a:<{width}}  {b}" for a, b in [_HEAD, *rows]] if rows else ["nothing changes"]
        return "\n".join([f"{self.id}: {self.title}", "", *lines])

    def _rows(self) -> list[tuple[str, str]]:
        rows = [(n, ", ".join(self._table[n])) for n in ("hold", "reprice") if n in self._table]
        return rows + [(n, _said(change)) for n in CHANGES for change in self._table.get(n, [])]

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Scenario) and self._table == other._table

    def __hash__(self) -> int:
        return hash(self.to_toml())

    def __repr__(self) -> str:
        return f"<Scenario {self.id}: {self.title}>"

    def _repr_html_(self) -> str:
        return _show.html_table(f"{self.id}: {self.title}", _HEAD, self._rows())


def _said(change: Mapping[str, Any]) -> str:
    def one(value: Any) -> str:
        return ", ".join(map(one, value)) if isinstance(value, (list, tuple)) else str(value)

    return "; ".join(f"{key}: {one(value)}" for key, value in change.items() if value is not None and value != [])


def of_tables(tables: Iterable[Mapping[str, Any]]) -> tuple[Scenario, ...]:
    """Scenarios of a study, as the engine tells them."""
    return tuple(Scenario(**{k: v for k, v in table.items() if v is not None}) for table in tables)


def added(text: str, own: Iterable[Scenario], scenarios: Iterable[Scenario]) -> str:
    """The text of a study file with scenarios besides its own; one that it has already is not added again."""
    known, more = list(own), []
    for scenario in scenarios:
        if not isinstance(scenario, Scenario):
            raise TypeError("scenarios are `Scenario` objects")
        if scenario not in known:
            known.append(scenario)
            more.append(scenario.to_toml())
    return "".join([text.rstrip("\n"), "\n", *more]) if more else text
