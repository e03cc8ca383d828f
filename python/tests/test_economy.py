"""Panels, economies and scenarios: the engine's numbers, and the bits of the command line."""

from __future__ import annotations

import copy
import json
import pickle
import shutil
import subprocess
import sys

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from conftest import ROOT

import entrant
from entrant import Economy, Panel, Problem, Scenario, Study

PRODUCTS = {
    "market": ["a", "a", "a", "b", "b", "b", "c", "c", "c"], "product": ["x", "y", "z"] * 3, "firm": ["X", "Y", "Z"] * 3,
    "share": [0.2, 0.3, 0.1, 0.25, 0.2, 0.1, 0.1, 0.4, 0.2], "price": [2.0, 1.5, 1.1, 1.9, 2.1, 1.4, 2.6, 1.2, 1.0],
    "shifter": [1.1, 0.9, 0.5, 1.0, 1.3, 0.7, 1.5, 0.6, 0.4],
}
STUDY = {
    "title": "Small", "question": "?", "data": {"columns": {"firm": "firm"}},
    "estimate": {"method": "one-step", "demand": {"linear": "1 + price", "instruments": ["shifter"]}},
}
MERGER = Scenario("merger", "X and Y merge", merge={"firms": ["X", "Y"]})


@pytest.fixture(scope="module")
def fit() -> entrant.Fit:
    return Problem(STUDY, PRODUCTS).fit()


@pytest.fixture(scope="module")
def economy(fit) -> Economy:
    return Economy(fit)


@pytest.fixture(scope="module")
def calibrated() -> Economy:
    return Economy(Study(ROOT / "studies" / "xiaomi-us-2018"))


def command(*arguments: str) -> dict:
    out = subprocess.run([sys.executable, "-m", "entrant", *arguments], capture_output=True, text=True)
    assert out.returncode == 0, out.stderr
    return json.loads(out.stdout)


# ---- economies -----------------------------------------------------------------------------------


def test_an_economy_of_a_logit_is_what_formulas_say(fit, economy):
    alpha = -fit.estimates["beta[price]"]
    for market in economy.markets:
        of = economy.to_frame(market)
        s, p = of["share"].to_numpy(), of["price"].to_numpy()
        np.testing.assert_allclose(s, [v for m, v in zip(PRODUCTS["market"], PRODUCTS["share"]) if m == market], rtol=1e-12)
        own, cross = -alpha * p * (1 - s), alpha * p * s
        want = np.tile(cross, (3, 1))
        np.fill_diagonal(want, own)
        np.testing.assert_allclose(economy.elasticities(market), want, rtol=1e-11)
        rest = np.tile(np.r_[s, 1 - s.sum()], (3, 1)) / (1 - s)[:, None]
        np.fill_diagonal(rest, 0)
        np.testing.assert_allclose(economy.diversion(market), rest, rtol=1e-11)
        # Single products of a logit: p - c = 1 / (alpha (1 - s)).
        np.testing.assert_allclose(of["markup"], 1 / (alpha * (1 - s)), rtol=1e-10)
        np.testing.assert_allclose(of["margin"], of["markup"] / p, rtol=1e-15)
        assert economy.products(market) == list(of["product"]) == ["x", "y", "z"]
    np.testing.assert_allclose(economy.to_frame()["units"], economy.to_frame()["share"] * economy.sizes["a"], rtol=1e-15)


def test_elasticities_of_random_coefficients_are_those_of_the_estimates():
    fit = Problem.read(ROOT / "studies" / "nevo-cereal").fit()
    economy = Economy(fit)
    assert economy.markets == fit._problem.markets
    for t in (0, 40, 93):
        market = economy.markets[t]
        order = {p: k for k, p in enumerate(economy.products(market))}
        rows = fit._problem._engine.rows[t]
        names = fit._problem._engine.products["product_ids"]
        at = [order[names[r]] for r in rows]
        np.testing.assert_allclose(
            economy.elasticities(market)[np.ix_(at, at)], fit._fit.elasticities([t], "price")[0], rtol=1e-9
        )
        second = fit._fit.second_choices([t])[0]
        found = economy.diversion(market)
        np.testing.assert_allclose(found[at, -1], np.diag(second), rtol=1e-9)
        np.testing.assert_allclose(found.sum(axis=1), 1, rtol=1e-12)


def test_slopes_of_a_calibrated_economy_are_differences_of_its_answers(calibrated):
    """A tenth of a per mille on a cost moves its price by pass-through: shares follow elasticities."""
    market = calibrated.markets[0]
    of, e = calibrated.to_frame(market), calibrated.elasticities()
    assert (np.diag(e) < -1).all() and (e - np.diag(np.diag(e)) >= 0).all()
    # First-order conditions at the costs: `s_j + sum_k in firm (p_k - c_k) ds_k/dp_j = 0` for optimal prices.
    s, p, c = (of[n].to_numpy() for n in ("share", "price", "cost"))
    slopes = e * s[:, None] / p[None, :]
    same = of["firm"].to_numpy()[:, None] == of["firm"].to_numpy()[None, :]
    foc = s + ((p - c)[:, None] * slopes * same).sum(axis=0)
    assert np.median(np.abs(foc) / s) < 1e-9


def test_scenarios_have_the_bits_of_the_command_line(tmp_path):
    for name in ("xiaomi-us-2018", "nevo-cereal"):
        folder = tmp_path / name
        shutil.copytree(ROOT / "studies" / name, folder)
        own = Study(folder)
        firms = sorted(set(_firms(own)))[:2]
        more = Scenario("both", f"{firms[0]} and {firms[1]} merge", merge={"firms": firms})
        economy = Economy(Problem.read(folder).fit() if own.is_estimated else own)
        outcome = economy.run(more, draws=2, seed=7)
        path = folder / "study.toml"
        path.write_text(path.read_text("utf-8").rstrip("\n") + "\n" + more.to_toml(), "utf-8")
        out = str(tmp_path / "out" / name)
        want = command("run", "--json", "--draws", "2", "--seed", "7", "--out", out, str(folder))
        assert outcome.results == want
        assert "both" in {s["id"] for s in want["scenarios"]}


def _firms(study: Study) -> list[str]:
    economy = Economy(Problem.read(study.path).fit() if study.is_estimated else study)
    return list(economy.to_frame()["firm"])


def test_a_study_is_answered_with_more_scenarios():
    study = Study(ROOT / "studies" / "xiaomi-us-2018")
    own = study.scenarios
    assert [s.id for s in own][:2] == ["unlocked", "one-carrier"]
    more = study.with_scenarios(own[0], Scenario("away", "Apple leaves", ban={"firm": "Apple"}))
    assert [s.id for s in more.scenarios] == [*(s.id for s in own), "away"]
    assert [s.id for s in study.scenarios] == [s.id for s in own] and "Apple leaves" not in study.text
    with pytest.raises(entrant.InputError, match="Nobody"):
        study.with_scenarios(Scenario("odd", merge={"firms": ["Apple", "Nobody"]}))
    with pytest.raises(entrant.InputError, match="unlocked"):
        study.with_scenarios(Scenario("unlocked", "another of this name"))
    with pytest.raises(TypeError):
        study.with_scenarios({"id": "x"})


def test_an_economy_shows_itself(economy, calibrated):
    assert repr(economy) == "<Economy: 3 markets, 9 products>" and repr(calibrated).startswith("<Economy: 1 market,")
    assert "and 4 more" in economy.summary(5) and economy.summary().count("\n") == 11
    assert economy._repr_html_().count("<tr>") == 10
    assert economy.to_latex("a").count(r"\\") == 4
    with pytest.raises(entrant.InputError, match="name one, such as `a`"):
        economy.elasticities()
    with pytest.raises(entrant.InputError, match="no market `d`"):
        economy.to_frame("d")
    with pytest.raises(TypeError):
        Economy(STUDY)
    with pytest.raises(entrant.InputError, match="Problem.read"):
        Economy(Study(ROOT / "studies" / "nevo-cereal"))
    assert copy.deepcopy(economy).markets == economy.markets
    with pytest.raises(entrant.NotSupportedError):
        pickle.dumps(economy)


def test_pictures(economy):
    pytest.importorskip("matplotlib").use("Agg")
    ax = economy.plot("a")
    assert [t.get_text() for t in ax.get_yticklabels()] == ["x", "y", "z"]
    ax = Panel(PRODUCTS).plot("price", bins=5)
    assert sum(bar.get_height() for bar in ax.patches) == 9


@pytest.mark.parametrize(("kind", "frame"), [(pd.DataFrame, pd.DataFrame), (pl.DataFrame, pl.DataFrame), (pa.table, pa.Table)])
def test_frames_are_of_the_callers_kind(kind, frame):
    panel = Panel(kind(PRODUCTS))
    economy = Economy(Problem(STUDY, panel).fit())
    outcome = economy.run(MERGER, draws=0)
    for found in (panel.to_frame(), economy.to_frame(), outcome.to_frame("firms")):
        assert isinstance(found, frame)
    assert isinstance(outcome.to_frame("firms", "pandas"), pd.DataFrame)
    rows = outcome.to_frame("firms", "polars", market="a", quantity="price", when="relative")
    assert isinstance(rows, pl.DataFrame) and rows["central"].dtype == pl.Float64 and rows["firm"].dtype == pl.String
    assert list(panel.to_frame()["share"]) == PRODUCTS["share"] or kind is pa.table


# ---- scenarios -----------------------------------------------------------------------------------


def test_a_scenario_is_written_as_it_was_read():
    for name in ("nevo-cereal", "xiaomi-us-2018", "india-2017", "blp-autos"):
        study = Study(ROOT / "studies" / name)
        for scenario in study.scenarios:
            assert Scenario(**scenario.to_dict()) == scenario
        # Another id, everything else as it is: the engine reads what we write.
        twins = [Scenario(**{**s.to_dict(), "id": f"{s.id}-again"}) for s in study.scenarios]
        again = study.with_scenarios(*twins).scenarios[len(twins):]
        assert list(again) == twins


def test_a_scenario_never_changes():
    firms = ["X", "Y"]
    scenario = Scenario("m", merge={"firms": firms})
    firms.append("Z")
    scenario.to_dict()["merge"].append({"firms": ["A", "B"]})
    assert scenario == Scenario("m", merge=[{"firms": ["X", "Y"]}]) and hash(scenario) == hash(Scenario("m", merge={"firms": ["X", "Y"]}))
    assert scenario.to_frame()["what"].tolist() == ["firms: X, Y"]
    assert scenario.to_latex().count(r"\\") == 2 and "merge" in scenario._repr_html_()
    assert isinstance(scenario.to_frame("polars"), pl.DataFrame)
    assert "nothing changes" in Scenario("same").summary()


@pytest.mark.parametrize(
    ("given", "said"),
    [({"id": ""}, "`id`"), ({"id": "a", "merg": {}}, "no `merg`"), ({"id": "a", "hold": "X"}, "list of firms"), ({"id": "a", "merge": ["X"]}, "dictionary")],
)
def test_mistakes_in_a_scenario(given, said):
    with pytest.raises(entrant.InputError, match=said):
        Scenario(**given)


# ---- panels --------------------------------------------------------------------------------------


def test_a_panel_is_what_a_problem_takes(tmp_path):
    panel = Panel(PRODUCTS)
    want = Problem(STUDY, PRODUCTS).fit().estimates
    assert Problem(STUDY, panel).fit().estimates == want
    pd.DataFrame(PRODUCTS).to_csv(tmp_path / "p.csv", index=False)
    pd.DataFrame(PRODUCTS).to_parquet(tmp_path / "p.parquet")
    for file in ("p.csv", "p.parquet"):
        assert Problem(STUDY, Panel(tmp_path / file)).fit().estimates == want
    with pytest.raises(entrant.InputError, match="of its own"):
        Problem(STUDY, panel, PRODUCTS)


def test_a_panel_never_changes():
    table = pd.DataFrame(PRODUCTS)
    panel = Panel(table, {"market": ["a"], "weight": [1.0]})
    table.loc[0, "price"] = 99.0
    assert panel["price"][0] == 2.0 and len(panel) == 9
    with pytest.raises(ValueError):
        panel["price"][0] = 1.0
    assert panel.consumer_columns == ["market", "weight"] and list(panel.to_frame("consumers").columns) == ["market", "weight"]
    assert repr(panel) == "<Panel: 9 products, 6 columns, 1 consumers>"
    assert panel._repr_html_().count("<table>") == 2 and "1 consumers" in panel.summary()
    assert panel.to_latex().count(r"\\") == 7


def test_a_panel_says_what_is_missing():
    panel = Panel({"a": [1.0, np.nan, 3.0], "b": ["x", "", "x"]})
    lines = [line.split() for line in panel.summary().splitlines()]
    assert lines[2] == ["a", "number", "2", "1", "1", "2", "3"] and lines[3] == ["b", "text", "2", "1"]
    for wrong, said in (({}, "no columns"), ({"a": [1.0], "b": [1.0, 2.0]}, "`b` has 2 rows")):
        with pytest.raises(entrant.InputError, match=said):
            Panel(wrong)
    for call, said in ((lambda: panel["c"], "no column `c`"), (lambda: panel.to_frame("consumers"), "no consumers"), (lambda: panel.to_frame("x"), "no table"), (lambda: panel.plot("b"), "text")):
        with pytest.raises(entrant.InputError, match=said):
            call()
