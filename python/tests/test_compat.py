"""What `entrant.pyblp` refuses, warns of and prints."""

from __future__ import annotations

import numpy as np
import pytest
from conftest import PI, SIGMA, nevo_problem

import entrant
import entrant.pyblp as pyblp

RETURN = {"optimization": pyblp.Optimization("return"), "check_optimality": "gradient", "method": "1s"}


@pytest.fixture(scope="module")
def problem(nevo):
    pyblp.options.verbose = False
    return pyblp.Problem(pyblp.Formulation("0 + prices"), nevo[0])


def test_what_is_not_there_names_itself(headline):
    with pytest.raises(entrant.NotSupportedError, match="Knitro"):
        pyblp.Optimization("knitro")
    with pytest.raises(entrant.NotSupportedError, match="expected prices are found inside"):
        headline.compute_optimal_instruments().fp_iterations
    with pytest.raises(AttributeError, match="odd"):
        pyblp.odd


@pytest.mark.parametrize(
    ("argument", "message"),
    [
        ({"method": "3s"}, "method"), ({"W_type": "odd"}, "W_type"), ({"rho": 0.5}, "nesting_ids"),
        ({"se_type": "clustered"}, "clustering_ids"), ({"beta": [1, 2]}, "`beta` has 2 values"),
        ({"W": np.eye(3)}, "weighting matrix of 3 x 3"), ({"gamma": [1]}, "X3"), ({"phi": 0.5}, "lag_indices"),
        ({"error_behavior": "odd"}, "error_behavior"), ({"demand_moment_types": [("levels", 3)]}, "20 instruments"),
        ({"shares_bounds": (0.2, 0.1)}, "shares_bounds"), ({"iteration": pyblp.Iteration("return")}, "returns `delta`"),
        ({"iteration": pyblp.Iteration("return"), "delta": np.zeros(3)}, "`delta` has 3 values"),
        ({"demand_moment_types": "odd"}, "demand_moment_types"), ({"resample_agent_data": 1}, "resample_agent_data"),
    ],
)
def test_mistakes(problem, argument, message):
    with pytest.raises(entrant.InputError, match=message):
        problem.solve(**argument)


def test_mistakes_in_problems(nevo):
    one, two = pyblp.Formulation("0 + prices"), pyblp.Formulation("1 + prices")
    with pytest.raises(entrant.InputError, match="integration"):
        pyblp.Problem((one, two), nevo[0])
    with pytest.raises(entrant.InputError, match="shares"):
        pyblp.Problem(pyblp.Formulation("shares"), nevo[0])
    with pytest.raises(entrant.FormulaError, match="prise"):
        pyblp.Problem(pyblp.Formulation("prise"), nevo[0])
    with pytest.raises(entrant.FormulaError):
        pyblp.Formulation("1 +")
    with pytest.warns(pyblp.CompatibilityWarning, match="absorb_method"):
        pyblp.Formulation("prices", "C(product_ids)", absorb_method="lsmr")


def test_a_formula_that_cannot_be_read_is_an_error_of_patsy_too():
    import patsy

    with pytest.raises(patsy.PatsyError) as of_patsy:
        pyblp.Formulation("1 +")
    assert isinstance(of_patsy.value, entrant.FormulaError)


@pytest.mark.parametrize(
    ("absorbed", "terms"),
    [
        ("a + b", ["a", "b"]), ("a * b", ["a", "b", "a:b"]), ("(a + b) ** 2", ["a", "b", "a:b"]), ("a / b", ["a", "a:b"]),
        ("a * b - b", ["a", "a:b"]), ("1 + C(a):b:c", ["C(a):b:c"]), ("a + a:b + b:a", ["a", "a:b"]),
    ],
)
def test_effects_of_a_formula(absorbed, terms):
    assert pyblp.Formulation("x", absorbed)._absorb_terms() == terms


def test_names_of_pyblps_exceptions(nevo):
    of = pyblp.exceptions
    for name in of.__all__:
        assert issubclass(getattr(of, name), of.Error)
    for error in (of.DeltaConvergenceError, of.PostEstimationNumericalError, of.NotIdentifiedError, of.NotConvergedError):
        assert issubclass(error, of.MultipleErrors)
    assert not issubclass(of.InputError, of.MultipleErrors)
    # What nothing raises is there, so that a script that names it runs.
    assert issubclass(of.CostsReversionError, of.MultipleErrors) and "Never raised" in of.CostsReversionError.__doc__
    assert not issubclass(of.DeltaConvergenceError, of.NonpositiveCostsError)
    # With tastes that wide, no mean utilities give the shares of some market.
    with pytest.raises(of.DeltaConvergenceError, match="market"):
        nevo_problem(pyblp, nevo).solve(9000 * np.eye(4), PI, **RETURN)


@pytest.mark.parametrize(
    "argument", [{"iteration": pyblp.Iteration("simple")}, {"delta": np.zeros(2256)}, {"finite_differences": True}]
)
def test_another_way_is_said(problem, argument):
    with pytest.warns(pyblp.CompatibilityWarning, match=next(iter(argument))):
        problem.solve(**argument)


def test_numbers_are_doubles(nevo, monkeypatch):
    monkeypatch.setattr(pyblp.options, "dtype", np.longdouble)
    with pytest.warns(pyblp.CompatibilityWarning, match="dtype.*doubles"):
        pyblp.Problem(pyblp.Formulation("0 + prices"), nevo[0])


def test_parallel_changes_nothing_and_says_so(problem):
    with pytest.warns(pyblp.CompatibilityWarning, match="all cores"), pyblp.parallel(2):
        inside = problem.solve()
    assert inside.objective == problem.solve().objective


def test_rows_in_any_order(nevo):
    """Results have the order of the table; markets stand in theirs."""
    products, agents = nevo
    order = np.random.RandomState(3).permutation(len(products))
    shuffled = products.iloc[order].reset_index(drop=True)
    mixed = agents.iloc[np.random.RandomState(4).permutation(len(agents))].reset_index(drop=True)
    a = nevo_problem(pyblp, (products, agents)).solve(SIGMA, PI, **RETURN)
    b = nevo_problem(pyblp, (shuffled, mixed)).solve(SIGMA, PI, **RETURN)
    assert b.objective == pytest.approx(float(a.objective), rel=1e-10)
    np.testing.assert_allclose(b.delta, a.delta[order], rtol=1e-11)
    np.testing.assert_allclose(b.compute_costs(), a.compute_costs()[order], rtol=1e-9)
    np.testing.assert_allclose(b.compute_consumer_surpluses(), a.compute_consumer_surpluses(), rtol=1e-11)
    first, other = a.compute_elasticities(market_id="C03Q2"), b.compute_elasticities(market_id="C03Q2")
    place = {p: k for k, p in enumerate(products.query("market_ids == 'C03Q2'").product_ids)}
    found = [place[p] for p in shuffled.query("market_ids == 'C03Q2'").product_ids]
    np.testing.assert_allclose(other, first[np.ix_(found, found)], rtol=1e-10)


def test_progress_is_printed(problem, monkeypatch):
    lines = []
    monkeypatch.setattr(pyblp.options, "verbose", True)
    monkeypatch.setattr(pyblp.options, "verbose_output", lines.append)
    problem.solve()
    text = "\n".join(lines)
    assert "Solving the problem ..." in text and "Beta Estimates (Robust SEs in Parentheses):" in text


def test_digits_of_tables(problem, monkeypatch):
    monkeypatch.setattr(pyblp.options, "digits", 3)
    text = str(problem.solve(method="1s"))
    assert " -2.95E+01 " in text and "(+2.26E-01)" in text
