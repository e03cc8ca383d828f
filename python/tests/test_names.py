"""Every public name of PyBLP 1.3.0: modules, classes, arguments, attributes of what calls return."""

from __future__ import annotations

import inspect

import numpy as np
import pytest
from test_against_pyblp import BOTH, ours, same, theirs

import entrant

# Attributes that say by name that they are not there.
REFUSED = {("instruments", "fp_iterations"), ("instruments", "contraction_evaluations")}
# What is made by calls alone: constructors take something else.
MADE = ("Results", "Progress", "ImportanceSamplingProblem")


@pytest.fixture(autouse=True)
def quiet_too(monkeypatch):
    monkeypatch.setattr(theirs.options, "verbose", False)


def test_every_name_is_there():
    assert set(theirs.__all__) <= set(ours.__all__)
    for module in ("options", "data", "exceptions"):
        names = {n for n in dir(getattr(theirs, module)) if not n.startswith("_")}
        if module == "exceptions":
            names = {n for n in names if n.endswith(("Error", "Errors"))}
        if module == "data":
            names = {n for n in names if n.isupper()}
        assert not {n for n in names if not hasattr(getattr(ours, module), n)}


@pytest.mark.parametrize("name", [n for n in theirs.__all__ if callable(getattr(theirs, n))])
def test_every_argument_is_there(name):
    of, own = getattr(theirs, name), getattr(ours, name)
    pairs = [(of, own)]
    if inspect.isclass(of):
        methods = [m for m in dir(of) if not m.startswith("_") and callable(getattr(of, m))]
        # Methods of a bootstrap are those of results, with an axis for draws.
        holder = ours.ProblemResults if name == "BootstrappedResults" else own
        pairs = [(getattr(of, m), getattr(holder, m)) for m in methods]
        if not name.endswith(MADE):
            constructor = "__new__" if name in ("Products", "Agents") else "__init__"
            pairs.append((getattr(of, constructor), getattr(own, constructor)))
    for a, b in pairs:
        assert list(inspect.signature(a).parameters) == list(inspect.signature(b).parameters), a


def made(m, autos):
    """One object of every kind that calls return."""
    products, agents = autos
    progress = []

    def method(initial, bounds, objective, callback):
        progress.append(objective(initial)[2])
        return initial, True

    formulations = (
        m.Formulation("1 + hpwt + air + mpd + space"), m.Formulation("1 + prices + hpwt + air + mpd + space"),
        m.Formulation("1 + log(hpwt) + air + log(mpg) + log(space) + trend"),
    )
    problem = m.Problem(formulations, products, m.Formulation("0 + I(1 / income)"), agents, costs_type="log")
    results = problem.solve(
        np.diag([3.612, 0, 4.628, 1.818, 1.050, 2.056]), [[0], [-43.501], [0], [0], [0], [0]], method="1s",
        optimization=m.Optimization(method), costs_bounds=(5.0, None), check_optimality="gradient",
    )
    instruments = results.compute_optimal_instruments(method="approximate", seed=0)
    simulation = m.Simulation(
        (m.Formulation("1 + prices + x"), m.Formulation("0 + x"), m.Formulation("0 + x + z")), m.build_id_data(T=5, J=6, F=3),
        beta=[1, -2, 2], sigma=1, gamma=[1, 4], integration=m.Integration("product", 5), seed=0,
    )
    return {
        "problem": problem, "results": results, "progress": progress[0], "instruments": instruments,
        "bootstrap": results.bootstrap(draws=2, seed=0), "optimal problem": instruments.to_problem(),
        "simulation": simulation, "simulated": simulation.replace_endogenous(),
        "shifted": instruments.to_problem(m.Formulation("1 + trend"), m.Formulation("mpd"), drop_indices=[0, 2]),
    }


@pytest.fixture(scope="module")
def objects(autos):
    out = []
    for m in BOTH:
        before, m.options.verbose = m.options.verbose, False
        out.append(made(m, autos))
        m.options.verbose = before
    return out


def test_every_attribute_is_there(objects):
    mine, yours = objects
    missing = []
    for kind, of in yours.items():
        for name in vars(of):
            if name.startswith("_"):
                continue
            if (kind, name) in REFUSED:
                with pytest.raises(entrant.NotSupportedError, match=name):
                    getattr(mine[kind], name)
            elif not hasattr(mine[kind], name):
                missing.append((kind, name))
    assert not missing


def test_attributes_that_say_how(objects):
    mine, yours = objects
    for of in ("results", "progress"):
        for name in ("sigma_bounds", "pi_bounds", "beta_bounds", "gamma_bounds", "clipped_costs", "beta", "tilde_costs", "xi"):
            same(getattr(mine[of], name), getattr(yours[of], name), 1e-7)
    assert mine["results"].clipped_costs.any() and not mine["results"].clipped_costs.all()
    for name in ("theta_labels", "beta_labels", "gamma_labels"):
        assert getattr(mine["results"], name) == getattr(yours["results"], name)
    assert mine["results"].fp_converged.all() and mine["results"].contraction_evaluations.shape == (20, 1)
    assert mine["results"].contraction_evaluations.min() > 1
    with pytest.raises(AttributeError, match="odd"):
        mine["progress"].odd
    assert mine["instruments"].fp_converged.shape == yours["instruments"].fp_converged.shape


def test_optimal_instruments_with_shifters_of_ones_own(objects):
    mine, yours = objects
    for kind in ("optimal problem", "shifted"):
        for name in ("ZD", "ZS"):
            same(mine[kind].products[name], yours[kind].products[name], 1e-7, 1e-9)
    assert mine["shifted"].MD < mine["optimal problem"].MD
    with pytest.raises(entrant.InputError, match="no column 99"):
        mine["instruments"].to_problem(drop_indices=[99])
    with pytest.raises(AttributeError, match="odd"):
        mine["instruments"].odd


def test_products_and_agents(autos):
    products, agents = autos
    made = []
    for m in BOTH:
        formulations = (m.Formulation("1 + hpwt"), m.Formulation("1 + prices"), m.Formulation("1 + log(hpwt)", absorb="C(firm_ids)"))
        of_products = m.Products(formulations, products)
        bare = m.Products(formulations, products, instruments=False)
        drawn = m.Agents(of_products, m.Formulation("0 + income"), agents)
        made.append((of_products, bare, drawn, m.Agents(of_products, integration=m.Integration("halton", 5, {"seed": 1}))))
    for mine, yours in zip(*made):
        for name in yours.dtype.names:
            if name in mine.dtype.names and yours[name].dtype.kind == "f":
                same(mine[name], yours[name], 1e-8, 1e-9)
        assert isinstance(mine, np.recarray)
    assert made[0][1].ZD.shape == (2217, 0)
    with pytest.raises(entrant.InputError, match="Products"):
        ours.Agents(made[0][2])
