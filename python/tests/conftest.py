"""Where tests run, and data that they share."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import entrant.pyblp as pyblp

ROOT = Path(__file__).parents[2]


# What tools leave and git does not see.
_TOOLS = ("__pycache__", ".pytest_cache", ".ipynb_checkpoints")


def _files() -> set[Path]:
    """Files that a test could have left in the repository; `target` is none of the tests' business."""
    places = [ROOT / name for name in ("python", "studies", "docs", "out", "parity")]
    found = {p for place in places for p in place.rglob("*") if not any(part in _TOOLS for part in p.parts)}
    return found | {p for p in ROOT.glob("*") if p.name not in _TOOLS}


@pytest.fixture(scope="session", autouse=True)
def nothing_is_left():
    """Tests leave no file in the repository."""
    before = _files()
    yield
    left = sorted(str(p.relative_to(ROOT)) for p in _files() - before)
    assert not left, f"tests left files in the repository: {', '.join(left[:10])}"


@pytest.fixture(autouse=True)
def working_folder(monkeypatch, tmp_path_factory):
    """Each test runs in a folder of its own: the program writes to `out` where it runs unless told otherwise."""
    monkeypatch.chdir(tmp_path_factory.mktemp("place"))


@pytest.fixture(autouse=True)
def quiet(monkeypatch):
    """Nothing is printed unless a test wants it."""
    monkeypatch.setattr(pyblp.options, "verbose", False)


@pytest.fixture(scope="session")
def nevo() -> tuple[pd.DataFrame, pd.DataFrame]:
    """Products and agents of Nevo's cereals."""
    return pd.read_csv(pyblp.data.NEVO_PRODUCTS_LOCATION), pd.read_csv(pyblp.data.NEVO_AGENTS_LOCATION)


@pytest.fixture(scope="session")
def autos() -> tuple[pd.DataFrame, pd.DataFrame]:
    """Products and agents of Berry, Levinsohn and Pakes' automobiles."""
    return pd.read_csv(pyblp.data.BLP_PRODUCTS_LOCATION), pd.read_csv(pyblp.data.BLP_AGENTS_LOCATION)


SIGMA = np.diag([0.3302, 2.4526, 0.0163, 0.2441])
PI = np.array(
    [[5.4819, 0, 0.2037, 0], [15.8935, -1.2, 0, 2.6342], [-0.2506, 0, 0.0511, 0], [1.2650, 0, -0.8091, 0]]
)


def nevo_problem(module, nevo, **more):
    """The headline problem of PyBLP's tutorial, by either module."""
    products, agents = nevo
    return module.Problem(
        (module.Formulation("0 + prices", absorb="C(product_ids)"), module.Formulation("1 + prices + sugar + mushy")),
        products,
        module.Formulation("0 + income + income_squared + age + child"),
        agents,
        **more,
    )


@pytest.fixture(scope="session")
def headline(nevo):
    """The headline estimates."""
    before, pyblp.options.verbose = pyblp.options.verbose, False
    try:
        bfgs = pyblp.Optimization("bfgs", {"gtol": 1e-5})
        return nevo_problem(pyblp, nevo).solve(SIGMA, PI, method="1s", optimization=bfgs)
    finally:
        pyblp.options.verbose = before
