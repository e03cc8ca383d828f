"""Formulas."""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import numpy as np

from .. import _engine, _frames
from ..errors import FormulaError, InputError
from .configurations import note


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
        if not (absorb_method is None or isinstance(absorb_method, str)):
            raise TypeError("`absorb_method` is text")
        if not (absorb_options is None or isinstance(absorb_options, dict)):
            raise TypeError("`absorb_options` is a dictionary")
        if absorb_method is not None or absorb_options:
            note("`absorb_method` and `absorb_options`: effects are absorbed in one way, to rounding")
        self._formula, self._absorb = formula, absorb
        text = formula if formula.strip() else "1"
        self._text = text if absorb is None else f"{text} | {absorb}"
        with patsy_errors():
            self._uses, self._effects = _engine.parse(self._text)

    def __str__(self) -> str:
        absorbed = self._absorb_terms()
        return self._text.partition(" | ")[0] + "".join(f" + Absorb[{term}]" for term in absorbed)

    __repr__ = __str__

    def _absorb_terms(self) -> list[str]:
        """Effects, one a term: a column or an interaction `a:b`. Intercepts are ignored."""
        if self._absorb is None:
            return []
        return [":".join(term) for term in _expand(ast.parse(self._absorb.replace(":", "**"), mode="eval").body)]


def _expand(node: ast.expr) -> list[tuple[str, ...]]:
    """Terms of a formula of categories, each with its factors. An interaction is written `**` here, which
    binds as `:` does; only with a number it is a power."""
    if isinstance(node, ast.Constant) or isinstance(node, ast.UnaryOp):
        return []
    if not isinstance(node, ast.BinOp):
        return [(ast.unparse(node),)]
    left, right = _expand(node.left), _expand(node.right)
    if isinstance(node.op, ast.Sub):
        return [t for t in left if t not in right]
    if isinstance(node.op, ast.Add):
        return _union(left, right)
    if isinstance(node.op, ast.Pow) and isinstance(node.right, ast.Constant):
        terms = left
        for _ in range(int(str(node.right.value)) - 1):
            terms = _union(terms, _crossed(terms, left))
        return sorted(terms, key=len)
    if isinstance(node.op, ast.Pow):
        return _crossed(left, right)
    if isinstance(node.op, ast.Div):
        every = tuple(dict.fromkeys(f for t in left for f in t))
        return _union(left, _crossed([every], right))
    return _union(_union(left, right), _crossed(left, right))


def _crossed(left: list[tuple[str, ...]], right: list[tuple[str, ...]]) -> list[tuple[str, ...]]:
    return [tuple(dict.fromkeys((*a, *b))) for a in left for b in right]


def _union(left: list[tuple[str, ...]], right: list[tuple[str, ...]]) -> list[tuple[str, ...]]:
    out = list(left)
    for term in right:
        if not any(set(term) == set(t) for t in out):
            out.append(term)
    return out


class Design:
    """The matrix that a formulation makes of a table."""

    def __init__(self, formulation: Formulation, table: dict[str, np.ndarray]) -> None:
        used = {n: table[n] for n in formulation._uses if n in table}
        rows = len(next(iter(table.values())))
        if not used:  # only a constant
            used = {"": np.zeros(rows)}
        with patsy_errors():  # with what is absorbed, as categories beside effects are coded in another way
            self.values, names, depends = _engine.design(
                formulation._text, _frames.for_engine(used), ["prices", "shares"]
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


def factors(term: str, table: Mapping[str, np.ndarray]) -> list[str]:
    """Columns whose interaction is absorbed."""
    names = [part.strip() for part in term.split(":")]
    names = [n[2:-1].strip() if n.startswith("C(") and n.endswith(")") else n for n in names]
    for name in names:
        if name not in table:
            raise InputError(f"`{term}` cannot be absorbed: there is no column `{name}`")
    return names


def _levels(term: str, table: dict[str, np.ndarray]) -> np.ndarray:
    columns = [np.unique(table[n], return_inverse=True)[1].ravel() for n in factors(term, table)]
    return np.unique(np.column_stack(columns), axis=0, return_inverse=True)[1].ravel().astype(np.uint32)


def numbered(data: dict[str, np.ndarray], name: str) -> list[str]:
    """Columns `name`, or `name0`, `name1` and so on."""
    if name in data:
        return [name]
    found = [n for n in data if n.startswith(name) and n[len(name):].isdigit()]
    return sorted(found, key=lambda n: int(n[len(name):]))


@contextmanager
def patsy_errors() -> Iterator[None]:
    """A formula that cannot be read is a `PatsyError` too where the script uses patsy: PyBLP raises one."""
    try:
        yield
    except FormulaError as e:
        error: Any = getattr(sys.modules.get("patsy"), "PatsyError", None)
        if error is None or isinstance(e, error):
            raise
        # A `FormulaError` that is a `PatsyError`, whose own text would be about a formula of patsy.
        both = type("PatsyFormulaError", (FormulaError, error), {"__str__": lambda self: str(self.args[0])})
        raise both(str(e), e.problems) from e
