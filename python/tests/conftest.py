"""Data that tests share."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import entrant.pyblp as pyblp

ROOT = Path(__file__).parents[2]


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
