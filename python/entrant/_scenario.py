"""Scenarios: what changes in a market."""

from __future__ import annotations

import copy
from collections.abc import Iterable, Mapping
from typing import Any

from . import _frames, _show, _toml
from ._kept import Kept
from .errors import InputError

CHANGES = (
    "enter", "exit", "ban", "divest", "merge", "stake", "cost", "tariff", "currency", "tax", "capacity",
    "characteristic", "reach", "price",
)
_HEAD = ("Change", "What")
# Keys of changes that say whom they are about; those of the second kind say what part a firm has.
_WHO, _PARTS = ("firms", "firm", "brand", "products", "product"), ("owner", "of", "to")


class Scenario(Kept):
    """What changes in a market: a `[[scenario]]` table of a study file; nothing in it ever changes.

    The keywords are the keys of that table: `hold` and `reprice` are lists of firms, and each of `enter`, `exit`,
    `ban`, `divest`, `merge`, `stake`, `cost`, `tariff`, `currency`, `tax`, `capacity`, `characteristic`, `reach` and
    `price` is a dictionary with the keys of its table, or a list of them. Whether firms and products are there is said
    when the scenario is run.

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
        """Its id, as tables of outcomes have it.

        >>> from entrant import Scenario
        >>> scenario = Scenario("merger", merge={"firms": ["A", "B"]}, cost={"firm": "A", "factor": 0.95})
        >>> scenario.id
        'merger'
        """
        return self._table["id"]

    @property
    def title(self) -> str:
        """Its title for the reader.

        >>> from entrant import Scenario
        >>> scenario = Scenario("merger", merge={"firms": ["A", "B"]}, cost={"firm": "A", "factor": 0.95})
        >>> scenario.title  # the id, as it was given none
        'merger'
        """
        return self._table["title"]

    def to_dict(self) -> dict[str, Any]:
        """The table of the study file as nested dictionaries.

        >>> from entrant import Scenario
        >>> scenario = Scenario("merger", merge={"firms": ["A", "B"]}, cost={"firm": "A", "factor": 0.95})
        >>> scenario.to_dict()["cost"]
        [{'firm': 'A', 'factor': 0.95}]
        """
        return copy.deepcopy(self._table)

    def to_toml(self) -> str:
        """The table as it stands in a study file.

        >>> from entrant import Scenario
        >>> scenario = Scenario("merger", merge={"firms": ["A", "B"]}, cost={"firm": "A", "factor": 0.95})
        >>> scenario.to_toml().splitlines()[-1]
        'cost = [{ firm = "A", factor = 0.95 }]'
        """
        lines = [f"{key} = {_toml.literal(v)}" for key, v in self._table.items()]
        return "\n".join(["[[scenario]]", *lines]) + "\n"

    def to_frame(self, kind: str = "pandas") -> Any:
        """Changes and what they are of, as a data frame of pandas, polars or Arrow.

        >>> from entrant import Scenario
        >>> scenario = Scenario("merger", merge={"firms": ["A", "B"]}, cost={"firm": "A", "factor": 0.95})
        >>> scenario.to_frame("polars")["change"].to_list()
        ['merge', 'cost']
        """
        rows = self._rows()
        columns = {name.lower(): [row[k] for row in rows] for k, name in enumerate(_HEAD)}
        return _frames.frame({"scenario": [self.id] * len(rows), **columns}, kind)

    def to_latex(self) -> str:
        """Changes and what they are of, as a `tabular` environment.

        >>> from entrant import Scenario
        >>> scenario = Scenario("merger", merge={"firms": ["A", "B"]}, cost={"firm": "A", "factor": 0.95})
        >>> scenario.to_latex().count("A, B")
        1
        """
        return _show.latex_table(_HEAD, self._rows())

    def summary(self) -> str:
        """Id, title and changes as text.

        >>> from entrant import Scenario
        >>> scenario = Scenario("merger", merge={"firms": ["A", "B"]}, cost={"firm": "A", "factor": 0.95})
        >>> scenario.summary().splitlines()[-1]
        'cost    firm: A; factor: 0.95'
        """
        rows = self._rows()
        width = max((len(r[0]) for r in [_HEAD, *rows]), default=0)
        lines = [f"{a:<{width}}  {b}" for a, b in [_HEAD, *rows]] if rows else ["nothing changes"]
        return "\n".join([f"{self.id}: {self.title}", "", *lines])

    def plot(self, *, ax: Any = None) -> Any:
        """What it changes of whom: a row for each firm, brand or product that it names, a column for each kind of
        change, and by how much where they meet. Draws into `ax` if given, and returns the axes of matplotlib.

        Raises `InputError` where nothing changes, `MissingPackageError` without matplotlib.

        >>> import matplotlib
        >>> matplotlib.use("agg")
        >>> from entrant import Scenario
        >>> scenario = Scenario("merger", merge={"firms": ["A", "B"]}, cost={"firm": "A", "factor": 0.95})
        >>> ax = scenario.plot()
        >>> [text.get_text() for text in ax.get_yticklabels()], [text.get_text() for text in ax.get_xticklabels()]
        (['A', 'B'], ['merge', 'cost'])
        >>> [text.get_text() for text in ax.texts]
        ['merge', 'merge', 'factor 0.95']
        """
        touched = self._touched()
        if not touched:
            raise InputError(f"scenario `{self.id}` changes nothing that could be shown")
        rows, kinds = (list(dict.fromkeys(of[k] for of in touched)) for k in (0, 1))
        cells: dict[tuple[int, int], str] = {}
        for name, kind, how in touched:
            at = rows.index(name), kinds.index(kind)
            cells[at] = f"{cells[at]}\n{how}" if at in cells else how
        ax = _show.grid(rows, kinds, cells, ax)
        ax.set_title(f"{self.id}: {self.title}", parse_math=False, wrap=True)
        return ax

    def _touched(self) -> list[tuple[str, str, str]]:
        """Who is changed, by which kind of change, and how."""
        touched = [(firm, n, n) for n in ("hold", "reprice") for firm in self._table.get(n, [])]
        for kind in CHANGES:
            for change in self._table.get(kind, []):
                touched += [(name, kind, how or kind) for name, how in _whom(change)]
        return touched

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


def _whom(change: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Names in a change, each with its part in it and all amounts; `all` where a change names nobody."""
    given = {k: v for k, v in change.items() if v is not None and v != []}
    amounts = [f"{k} {_said_one(v)}" for k, v in given.items() if k not in _WHO and k not in _PARTS]
    found = []
    for key, value in given.items():
        if key in _WHO or key in _PARTS:
            names = value if isinstance(value, (list, tuple)) else [value]
            found += [(str(n), "\n".join([key] * (key in _PARTS) + amounts)) for n in names]
    return found or [("all", "\n".join(amounts))]


def _said_one(value: Any) -> str:
    if isinstance(value, Mapping):
        return ", ".join(f"{k} {_said_one(v)}" for k, v in value.items() if v is not None)
    return ", ".join(map(_said_one, value)) if isinstance(value, (list, tuple)) else str(value)


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
