"""Results in pickles, copies and other processes; what cannot be saved says so."""

from __future__ import annotations

import copy
import multiprocessing
import pickle

import numpy as np
import pytest
from conftest import PI, ROOT, SIGMA, nevo_problem

import entrant
import entrant.pyblp as pyblp

METHODS = (
    "compute_elasticities", "compute_costs", "compute_prices", "compute_consumer_surpluses", "compute_passthrough",
    "run_hansen_test", "run_lm_test",
)


@pytest.fixture(scope="module")
def results(nevo):
    before, pyblp.options.verbose = pyblp.options.verbose, False
    try:
        return nevo_problem(pyblp, nevo).solve(
            SIGMA, PI, optimization=pyblp.Optimization("return"), check_optimality="gradient"
        )
    finally:
        pyblp.options.verbose = before


def same(a, b):
    """The same bits."""
    np.testing.assert_array_equal(np.asarray(a), np.asarray(b))


def test_results_come_back_from_a_file_with_the_same_bits(results, tmp_path):
    assert results.step == 2
    results.to_pickle(tmp_path / "results.pickle")
    again = pyblp.read_pickle(tmp_path / "results.pickle")
    assert isinstance(again, pyblp.ProblemResults) and str(again) == str(results)
    for name, value in results.to_dict().items():
        same(getattr(again, name), value)
    for name in METHODS:
        same(getattr(again, name)(), getattr(results, name)())
    same(again.last_results.compute_costs(), results.last_results.compute_costs())


def test_a_pickle_of_a_pickle_and_copies(results):
    costs = results.compute_costs()
    twice = pickle.loads(pickle.dumps(pickle.loads(pickle.dumps(results))))
    for other in (twice, copy.copy(results), copy.deepcopy(results)):
        same(other.compute_costs(), costs)


def test_another_process_computes_the_same(results):
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        same(pool.apply(pyblp.ProblemResults.compute_costs, (results,)), results.compute_costs())


def test_a_logit_with_supply_comes_back(autos):
    one, three = pyblp.Formulation("1 + prices + hpwt + air"), pyblp.Formulation("1 + hpwt + air")
    results = pyblp.Problem((one, None, three), autos[0]).solve(costs_bounds=(0.001, None), beta=[None, -0.2, None, None])
    again = pickle.loads(pickle.dumps(results))
    assert str(again) == str(results)
    same(again.compute_markups(), results.compute_markups())


def test_bootstrapped_results_and_optimal_instruments_come_back(results, tmp_path):
    drawn = results.bootstrap(draws=3, seed=1)
    drawn.to_pickle(tmp_path / "drawn.pickle")
    again = pyblp.read_pickle(tmp_path / "drawn.pickle")
    same(again.bootstrapped_shares, drawn.bootstrapped_shares)
    same(again.compute_costs(), drawn.compute_costs())
    assert set(drawn.to_dict()) >= {"bootstrapped_sigma", "bootstrapped_delta", "draws"}
    instruments = results.compute_optimal_instruments()
    pyblp.save_pickle(instruments, tmp_path / "instruments.pickle")
    again = pyblp.read_pickle(tmp_path / "instruments.pickle")
    same(again.demand_instruments, instruments.demand_instruments)
    assert again.to_problem().MD == instruments.to_problem().MD


def test_problems_come_back(nevo):
    problem = nevo_problem(pyblp, nevo)
    again = pickle.loads(pickle.dumps(problem))
    assert str(again) == str(problem)
    how = {"method": "1s", "optimization": pyblp.Optimization("return"), "check_optimality": "gradient"}
    assert again.solve(SIGMA, PI, **how).objective == problem.solve(SIGMA, PI, **how).objective


def test_a_missing_attribute_is_still_missing(results):
    again = pickle.loads(pickle.dumps(results))
    with pytest.raises(AttributeError, match="`odd`"):
        again.odd
    empty = pyblp.ProblemResults.__new__(pyblp.ProblemResults)
    with pytest.raises(AttributeError):
        empty._fit


def objects():
    folder = ROOT / "studies" / "nevo-cereal"
    problem = entrant.Problem.read(folder)
    return {"Study": entrant.Study(folder), "Problem": problem, "Fit": problem.fit()}


@pytest.mark.parametrize("name", ["Study", "Problem", "Fit"])
def test_what_cannot_be_pickled_says_what_to_keep(name):
    thing = objects()[name]
    with pytest.raises(entrant.NotSupportedError, match=f"`{name}` cannot be pickled: keep "):
        pickle.dumps(thing)
    for other in (copy.copy(thing), copy.deepcopy(thing)):
        assert type(other) is type(thing) and other is not thing and repr(other) == repr(thing)


def test_a_copy_of_a_fit_has_a_report_of_its_own():
    fit = objects()["Fit"]
    other = copy.deepcopy(fit)
    assert other.report == fit.report
    other.report["title"] = "changed"
    assert fit.report["title"] != "changed"
    same(other.delta, fit.delta)
