"""Formulas."""

from __future__ import annotations

import re
from typing import Any

import numpy as np

from .. import _engine, _frames
from ..errors import InputError, NotSupportedError


class Formulation:
    """Which columns a matrix has: a formula in the grammar of R, and effects to absorb.

    >>> Formulation("prices", absorb="C(product_ids)")
    prices + Absorb[C(product_ids)]
    """

    def __init__(
        self,
        formula: str,
        absorb: str | None = None,
        absorb_method: Any = None,
        absorb_options: Any = None,
    ) -> None:
        if not isinstance(formula, str) or not (absorb is None or isinstance(absorb, str)):
            raise TypeError("a formula and what it absorbs are text")
        if absorb_method is not None or absorb_options:
            raise NotSupportedError(
                "`absorb_method` and `absorb_options`: effects are absorbed in one way, to rounding; leave these out"
            )
        self._formula, self._absorb = formula, absorb
        self._text = formula if absorb is None else f"{formula} | {absorb}"
        self._uses, self._effects = _engine.parse(self._text)

    def __str__(self) -> str:
        absorbed = self._absorb_terms()
        return self._formula + "".join(f" + Absorb[{term}]" for term in absorbed)

    __repr__ = __str__

    def _absorb_terms(self) -> list[str]:
        return [] if self._absorb is None else [t.strip() for t in self._absorb.split("+")]


class Design:
    """The matrix that a formulation makes of a table."""

    def __init__(self, formulation: Formulation, table: dict[str, np.ndarray]) -> None:
        used = {n: table[n] for n in formulation._uses if n in table}
        rows = len(next(iter(table.values())))
        if not used:  # only a constant
            used = {"": np.zeros(rows)}
        self.values, names, depends = _engine.design(
            formulation._formula, _frames.for_engine(used), ["prices", "shares"]
        )
        self.depends = np.array(depends, dtype=bool).reshape(len(names), 2)
        if formulation._absorb is not None and "Intercept" in names:
            keep = [k for k, n in enumerate(names) if n != "Intercept"]
            self.values, self.depends = self.values[:, keep], self.depends[keep]
            names = [names[k] for k in keep]
        self.names = names
        self.labels = [":".join(map(_label, n.split(":"))) for n in names]


def _label(name: str) -> str:
    """A factor as PyBLP writes it in tables."""
    if name.startswith("I(") and name.endswith(")"):
        return re.sub(r"\s*([*/])\s*", r"\1", name[2:-1])
    return "1" if name == "Intercept" else name


def absorbed(formulation: Formulation, table: dict[str, np.ndarray], values: np.ndarray) -> np.ndarray:
    """A matrix with the effects of a formulation taken out."""
    if formulation._absorb is None or not values.shape[1]:
        return values
    codes = [_levels(term, table) for term in formulation._absorb_terms()]
    return _engine.absorb(np.ascontiguousarray(values, dtype=float), codes)


def _levels(term: str, table: dict[str, np.ndarray]) -> np.ndarray:
    names = [part.strip() for part in term.split(":")]
    names = [n[2:-1].strip() if n.startswith("C(") and n.endswith(")") else n for n in names]
    for name in names:
        if name not in table:
            raise InputError(f"`{term}` cannot be absorbed: there is no column `{name}`")
    columns = [np.unique(table[n], return_inverse=True)[1].ravel() for n in names]
    return np.unique(np.column_stack(columns), axis=0, return_inverse=True)[1].ravel().astype(np.uint32)


def numbered(data: dict[str, np.ndarray], name: str) -> list[str]:
    """Columns `name`, or `name0`, `name1` and so on."""
    if name in data:
        return [name]
    found = [n for n in data if n.startswith(name) and n[len(name):].isdigit()]
    return sorted(found, key=lambda n: int(n[len(name):]))
