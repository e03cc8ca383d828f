"""Columns of a formulation, one by one: their values, and how they move with a variable."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np

_TIMES, _PLUS, _MINUS = ast.Mult, ast.Add, ast.Sub
_FUNCTIONS = {"log": np.log, "exp": np.exp}


class Symbol(NamedTuple):
    """A variable."""

    name: str


class Expression:
    """Arithmetic on columns of a table, as far as formulas have it."""

    def __init__(self, node: ast.expr) -> None:
        self._node = node

    @cached_property
    def free_symbols(self) -> set[Symbol]:
        """The variables in it."""
        functions = {id(n.func) for n in ast.walk(self._node) if isinstance(n, ast.Call)}
        names = (n for n in ast.walk(self._node) if isinstance(n, ast.Name) and id(n) not in functions)
        return {Symbol(n.id) for n in names}

    def __str__(self) -> str:
        return ast.unparse(self._node)

    __repr__ = __str__

    def evaluate(self, data: Mapping[str, Any]) -> Any:
        """Its value at columns of a table."""
        return _value(self._node, data)

    def derivative(self, name: str) -> Expression:
        """Its derivative with respect to a variable."""
        return Expression(_slope(self._node, name))


class Column:
    """One column of a formulation: a product of factors, some of which may be indicators of a category."""

    def __init__(self, name: str, factors: list[tuple[str, str | None]]) -> None:
        self.formula = name
        self._indicators = [f"{of}[{level}]" for of, level in factors if level is not None]
        node: ast.expr = ast.Constant(1)
        for of, level in factors:
            node = _product(node, _parse(of) if level is None else ast.Name(f"{of}[{level}]"))
        self.expression = Expression(node)
        self.names = {n for of, _ in factors for n in _names(of)}

    def __str__(self) -> str:
        return self.formula

    __repr__ = __str__

    def __eq__(self, other: object) -> bool:
        return str(self) == str(other)

    def __hash__(self) -> int:
        return hash(self.formula)

    def evaluate(self, data: Mapping[str, Any]) -> Any:
        """Its values; indicators are columns of the table under their names."""
        return self.expression.evaluate(data)

    def differentiate(self, name: str, order: int = 1) -> Expression:
        """Its derivative with respect to a variable; indicators do not move."""
        out = self.expression
        for _ in range(order):
            out = out.derivative(name)
        return out

    def evaluate_derivative(self, name: str, data: Mapping[str, Any], order: int = 1) -> Any:
        """Values of its derivative."""
        return self.differentiate(name, order).evaluate(data)


def columns(names: list[str], table: Mapping[str, np.ndarray]) -> tuple[list[Column], dict[str, np.ndarray]]:
    """The columns of a matrix by their names, and the data under them: variables, and the indicators that
    categories make."""
    made, under = [], {}
    for name in names:
        factors = []
        for part in _split(name):
            of, level = _category(part, table)
            factors.append((of, level))
            if level is not None:
                under[f"{of}[{level}]"] = np.array([_written(v) == level for v in table[of]], dtype=float)
            else:
                under.update((n, np.asarray(table[n])) for n in _names(of))
        made.append(Column(name, factors))
    return made, under


def _split(name: str) -> list[str]:
    """Factors of a column, at the colons outside of brackets."""
    parts, depth, last = [], 0, 0
    for k, letter in enumerate(name):
        depth += (letter in "([") - (letter in ")]")
        if letter == ":" and depth == 0:
            parts.append(name[last:k])
            last = k + 1
    return [*parts, name[last:]]


def _category(part: str, table: Mapping[str, np.ndarray]) -> tuple[str, str | None]:
    """A factor, and its level where it is the indicator of one."""
    if part.endswith("]") and "[" in part:
        of, _, level = part[:-1].partition("[")
        of = of[2:-1].strip() if of.startswith("C(") and of.endswith(")") else of
        level = level[2:] if level.startswith("T.") else level
        for value in np.unique(table[of]):
            if level in (str(value), _written(value)) or _number(level) == _number(str(value)):
                return of, _written(value)
    return part, None


def _number(text: str) -> Any:
    try:
        return float(text)
    except ValueError:
        return text


def _written(value: Any) -> str:
    """A level as it stands in the name of an indicator."""
    return repr(value.item() if isinstance(value, np.generic) else value)


def _names(factor: str) -> set[str]:
    return set() if factor == "Intercept" else {s.name for s in Expression(_parse(factor)).free_symbols}


def _parse(factor: str) -> ast.expr:
    """The arithmetic of one factor; `I( )` is what stands in it."""
    if factor == "Intercept":
        return ast.Constant(1)
    node = ast.parse(factor.replace("`", ""), mode="eval").body
    return _plain(node)


def _plain(node: ast.expr) -> ast.expr:
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in ("I", "C"):
        return _plain(node.args[0])
    return node


def _value(node: ast.expr, data: Mapping[str, Any]) -> Any:
    if isinstance(node, ast.Constant):
        return float(node.value)
    if isinstance(node, ast.Name):
        return np.asarray(data[node.id], dtype=float)
    if isinstance(node, ast.UnaryOp):
        return -_value(node.operand, data) if isinstance(node.op, ast.USub) else _value(node.operand, data)
    if isinstance(node, ast.Call):
        return _FUNCTIONS[node.func.id](_value(node.args[0], data))
    left, right = _value(node.left, data), _value(node.right, data)
    if isinstance(node.op, _PLUS):
        return left + right
    if isinstance(node.op, _MINUS):
        return left - right
    if isinstance(node.op, _TIMES):
        return left * right
    return left / right if isinstance(node.op, ast.Div) else left**right


def _slope(node: ast.expr, name: str) -> ast.expr:
    """The derivative by the rules of school; a power has a constant base or a constant exponent, or both
    move and it is an exponential of a logarithm."""
    if isinstance(node, ast.Constant):
        return ast.Constant(0)
    if isinstance(node, ast.Name):
        return ast.Constant(int(node.id == name))
    if isinstance(node, ast.UnaryOp):
        of = _slope(node.operand, name)
        return _product(ast.Constant(-1), of) if isinstance(node.op, ast.USub) else of
    if isinstance(node, ast.Call):
        inner, of = node.args[0], _slope(node.args[0], name)
        return _product(of, node) if node.func.id == "exp" else _quotient(of, inner)
    left, right = _slope(node.left, name), _slope(node.right, name)
    if isinstance(node.op, (_PLUS, _MINUS)):
        return _sum(left, node.op, right)
    if isinstance(node.op, _TIMES):
        return _sum(_product(left, node.right), ast.Add(), _product(node.left, right))
    if isinstance(node.op, ast.Div):
        moved = _quotient(_product(node.left, right), _product(node.right, node.right))
        return _sum(_quotient(left, node.right), ast.Sub(), moved)
    lower = _power(node.left, _sum(node.right, ast.Sub(), ast.Constant(1)))
    by_base = _product(left, _product(node.right, lower))
    logarithm = ast.Call(ast.Name("log"), [node.left], [])
    return _sum(by_base, ast.Add(), _product(right, _product(node, logarithm)))


def _constant(node: ast.expr) -> Any:
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        inner = _constant(node.operand)
        return None if inner is None else -inner
    return node.value if isinstance(node, ast.Constant) else None


def _product(left: ast.expr, right: ast.expr) -> ast.expr:
    one, two = _constant(left), _constant(right)
    if one == 0 or two == 0:
        return ast.Constant(0)
    if one == 1 or two == 1:
        return right if one == 1 else left
    return ast.Constant(one * two) if one is not None and two is not None else ast.BinOp(left, ast.Mult(), right)


def _quotient(left: ast.expr, right: ast.expr) -> ast.expr:
    return ast.Constant(0) if _constant(left) == 0 else ast.BinOp(left, ast.Div(), right)


def _sum(left: ast.expr, sign: ast.operator, right: ast.expr) -> ast.expr:
    one, two = _constant(left), _constant(right)
    if two == 0:
        return left
    if one is not None and two is not None:
        return ast.Constant(one + two if isinstance(sign, ast.Add) else one - two)
    if one == 0:
        return right if isinstance(sign, ast.Add) else _product(ast.Constant(-1), right)
    return ast.BinOp(left, sign, right)


def _power(base: ast.expr, exponent: ast.expr) -> ast.expr:
    if _constant(exponent) in (0, 1):
        return ast.Constant(1) if _constant(exponent) == 0 else base
    return ast.BinOp(base, ast.Pow(), exponent)
