"""A plugin of pytest under which PyBLP's own tests import `entrant.pyblp` as `pyblp`.

The tests import a few tools of PyBLP that are no part of its public interface: four functions that work
on arrays alone, and names of types. They are written anew here; they never call either package. Everything
else that a test reaches, public or not, must be in `entrant.pyblp` itself.

Outcomes are written to the file that `PYBLP_SUITE_OUTCOMES` names, one test a line. `PYBLP_SUITE_SHARD`
(`2/3`: the second of three) runs a part of the tests: all of one simulated problem stay together, as
solving it is most of the work. `PYBLP_SUITE_NAME` is a part of the identifiers of the tests to run,
`PYBLP_SUITE_ONLY` names a file with such identifiers.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import time
import types
from collections.abc import Callable, Iterator, Mapping
from functools import cached_property
from typing import Any

import columns
import numpy as np
import pytest

import entrant.pyblp as pyblp
from entrant import NotSupportedError, _engine, _frames
from entrant.pyblp import structured
from entrant.pyblp.configurations import Stats
from entrant.pyblp.formulation import Design, patsy_errors

_SECONDS = float(os.environ.get("PYBLP_SUITE_SECONDS", "240"))
"""The longest that one test may take."""


# ---- the tools of tests ------------------------------------------------------------------------


def get_indices(ids: np.ndarray) -> dict[Any, np.ndarray]:
    """Rows of each identifier."""
    flat = np.ravel(ids)
    return {one: np.flatnonzero(flat == one) for one in np.unique(flat)}


def update_matrices(records: np.recarray, changed: Mapping[str, tuple[Any, Any]]) -> np.recarray:
    """A structured array with some fields replaced or added: by name, values and their type."""
    fields: dict[str, tuple[np.ndarray, Any]] = {}
    for name in [*records.dtype.names, *changed]:
        values, kind = changed[name] if name in changed else (records[name], records[name].dtype)
        values = np.asarray(values)
        fields[name] = (values[:, None] if values.ndim == 1 else values, kind)
    out = np.recarray(len(records), [(n, kind, v.shape[1:]) for n, (v, kind) in fields.items()])
    for name, (values, _) in fields.items():
        out[name] = values
    return out


def compute_finite_differences(
    f: Callable[[np.ndarray], np.ndarray], x: np.ndarray, epsilon_scale: float = 1.0
) -> np.ndarray:
    """Derivatives by central differences, the variable on the last axis."""
    step = epsilon_scale * float(pyblp.options.finite_differences_epsilon)
    slopes = []
    for k in range(x.size):
        ends = []
        for side in (step / 2, -step / 2):
            moved = x.copy()
            moved[k] += side
            ends.append(np.asarray(f(moved)))
        slopes.append((ends[0] - ends[1]) / step)
    return _joined(slopes)


def compute_second_finite_differences(
    f: Callable[[np.ndarray], np.ndarray], x: np.ndarray, epsilon_scale: float = 1.0
) -> np.ndarray:
    """Second derivatives by central differences, both variables on the last axes."""
    step = float(np.sqrt(epsilon_scale * pyblp.options.finite_differences_epsilon))

    def corner(j: int, k: int, up: int, over: int) -> np.ndarray:
        moved = x.copy()
        moved[j] += up * step / 2
        moved[k] += over * step / 2
        return np.asarray(f(moved))

    def slope(j: int, k: int) -> np.ndarray:
        ends = corner(j, k, 1, 1) - corner(j, k, 1, -1) - corner(j, k, -1, 1) + corner(j, k, -1, -1)
        return ends / step**2

    return np.dstack([_joined([slope(j, k) for k in range(x.size)]) for j in range(x.size)])


def _joined(slopes: list[np.ndarray]) -> np.ndarray:
    columns = slopes[0].ndim == 1 or (slopes[0].ndim == 2 and slopes[0].shape[1] == 1)
    return np.column_stack(slopes) if columns else np.dstack(slopes)


def _install() -> None:
    """`import pyblp` and what tests import below it find `entrant.pyblp` and these tools."""
    names = {"pyblp": pyblp, "pyblp.exceptions": pyblp.exceptions, "pyblp.options": pyblp.options}
    tools = types.ModuleType("pyblp.utilities.basics")
    for tool in (get_indices, update_matrices, compute_finite_differences, compute_second_finite_differences):
        setattr(tools, tool.__name__, tool)
    for name in ("Array", "Data", "Options", "RecArray"):
        setattr(tools, name, Any)
    names["pyblp.utilities"] = types.ModuleType("pyblp.utilities")
    names["pyblp.utilities.basics"] = tools
    names["pyblp.configurations"] = types.ModuleType("pyblp.configurations")
    for module, kind in (("iteration", "ContractionResults"), ("optimization", "ObjectiveResults")):
        made = types.ModuleType(f"pyblp.configurations.{module}")
        setattr(made, kind, Any)
        names[made.__name__] = made
    sys.modules.update(names)


_install()

# ---- private names -----------------------------------------------------------------------------


def _build_matrix(self: Any, data: Mapping[str, Any]) -> tuple[np.ndarray, list[Any], dict[str, np.ndarray]]:
    """The matrix of a formulation, its columns one by one, and the data under them."""
    table = _frames.columns(data)
    design = Design(self, table)
    return design.values, *columns.columns(design.names, table)


def _build_ids(self: Any, data: Mapping[str, Any]) -> np.ndarray:
    """Levels of the effects that a formulation absorbs."""
    table = _frames.columns(data)
    with patsy_errors():  # what the engine has to say about them
        _engine.design("1 + " + " + ".join(f"C({n})" for n in self._effects), _frames.for_engine(table), [])
    return structured.effects(self, table, len(next(iter(table.values()))))


def _expressions(self: Any) -> list[Any]:
    """Terms of a formulation of numbers."""
    ones = {n: np.ones(2) for n in self._uses} or {"": np.ones(2)}
    return [c.expression for c in columns.columns(Design(self, ones).names, ones)[0]]


def _formulations(of: Any, design: Any) -> list[Any]:
    return columns.columns(design.names, of._products)[0] if design is not None else []


def _titled(problem: Any) -> np.recarray:
    """Products with the columns of X1, X2 and X3 as titles of these fields."""
    records = structured.products(problem)
    designs = {"X1": problem._x1, "X2": problem._x2, "X3": problem._x3}
    kinds = []
    for name in records.dtype.names:
        kind, shape = records[name].dtype, records[name].shape[1:]
        titled = name in designs
        kinds.append(((tuple(_formulations(problem, designs[name])), name) if titled else name, kind, shape))
    out = np.recarray(len(records), kinds)
    for name in records.dtype.names:
        out[name] = records[name]
    return out


def _iterate(self: Any, initial: Any, contraction: Any) -> tuple[np.ndarray, Any]:
    """The fixed point of a function that is also told numbers of iterations and evaluations."""
    stats = Stats()
    found = self._run(np.asarray(initial, dtype=float), lambda x: contraction(x, stats.iterations, stats.evaluations), stats)
    return found, stats


def _adapt() -> None:
    """Private names of PyBLP that its tests use, said in terms of what is here."""
    Formulation, Simulation = pyblp.Formulation, pyblp.Simulation
    Formulation._build_matrix, Formulation._build_ids = _build_matrix, _build_ids
    Formulation._expressions = property(_expressions)
    pyblp.Iteration._iterate = _iterate
    pyblp.Integration._build = lambda self, dimensions: self._nodes(dimensions, 1)[1:]
    cached = cached_property(_titled)
    cached.__set_name__(pyblp.Problem, "products")
    pyblp.Problem.products = cached
    Simulation._product_market_indices = property(lambda self: get_indices(self.products.market_ids))
    Simulation._agent_market_indices = property(lambda self: get_indices(self.agents.market_ids))
    Simulation._X1_formulations = property(lambda self: _formulations(self, self._demand._x1))
    Simulation._X2_formulations = property(lambda self: _formulations(self, self._demand._x2))
    by_price = property(lambda self: types.SimpleNamespace(alpha_index=self._demand._x1.depends[:, :1]))
    Simulation._parameters = by_price


_adapt()


# ---- what is run -------------------------------------------------------------------------------


def identifier(item: pytest.Item) -> str:
    """File, function and parameters, without the folder."""
    return item.nodeid.removeprefix("tests/")


def _group(item: pytest.Item) -> str:
    """The simulated problem of a test, or its file."""
    call = getattr(item, "callspec", None)
    problem = call.params.get("simulated_problem") if call is not None else None
    return repr(problem) if problem is not None else item.nodeid.split("::")[0]


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    kept = items
    if shard := os.environ.get("PYBLP_SUITE_SHARD"):
        part, parts = map(int, shard.split("/"))
        groups = sorted({_group(item) for item in items})
        mine = set(groups[part - 1 :: parts])
        kept = [item for item in kept if _group(item) in mine]
    if name := os.environ.get("PYBLP_SUITE_NAME"):
        kept = [item for item in kept if name in identifier(item)]
    if only := os.environ.get("PYBLP_SUITE_ONLY"):
        with open(only, encoding="utf-8") as source:
            wanted = set(source.read().splitlines())
        kept = [item for item in kept if identifier(item) in wanted]
    if dropped := [item for item in items if item not in set(kept)]:
        config.hook.pytest_deselected(items=dropped)
    items[:] = kept


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Iterator[None]:
    """No test runs for ever."""

    def stop(*_: object) -> None:
        raise TimeoutError(f"more than {_SECONDS:g} s")

    before = signal.signal(signal.SIGALRM, stop)
    signal.setitimer(signal.ITIMER_REAL, _SECONDS)
    yield
    signal.setitimer(signal.ITIMER_REAL, 0)
    signal.signal(signal.SIGALRM, before)


_began: dict[str, float] = {}


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Iterator[None]:
    result = yield
    report = result.get_result()
    _began.setdefault(item.nodeid, call.start)
    wanted = report.when == "call" or (report.when == "setup" and not report.passed)
    path = os.environ.get("PYBLP_SUITE_OUTCOMES")
    if path is None or not wanted:
        return
    line = {"test": identifier(item), "outcome": report.outcome, "seconds": time.time() - _began[item.nodeid]}
    if call.excinfo is not None:
        error = call.excinfo.value
        refused = isinstance(error, NotSupportedError)
        line |= {"why": type(error).__name__, "message": str(error)[:300], "refused": refused}
        line["at"] = str(call.excinfo.traceback[-1].path).split("/")[-1]
        line["line"] = call.excinfo.traceback[-1].lineno + 1
    with open(path, "a", encoding="utf-8") as out:
        out.write(json.dumps(line) + "\n")
