"""How objects show themselves: text, HTML, LaTeX, data frames, pictures; with names that mean harm."""

from __future__ import annotations

import inspect
import re
import sys
from html.parser import HTMLParser

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from conftest import ROOT

import entrant
from entrant import _engine, _scenario, _show

HARM = '<script>alert("1 & 2")</script>'
NAME = "R&D_50% $x$ #1 {~^\\}"


class Tags(HTMLParser):
    """The tags and the text of a piece of HTML; every tag must be closed, `br` aside."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags, self.open, self.text = set(), [], ""
        self.feed(text)
        self.close()
        assert not self.open

    def handle_starttag(self, tag, attrs):
        # Nothing of a study may be an attribute; a style of our own may be one.
        assert all(name == "style" and re.fullmatch(r"[a-z0-9:;., -]+", value) for name, value in attrs)
        self.tags.add(tag)
        if tag != "br":
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.text += data


def small(title: str) -> tuple[dict, dict]:
    table = {
        "market": ["a", "a", "b", "b", "c", "c"], "product": ["x", "y"] * 3,
        "share": [0.2, 0.3, 0.25, 0.2, 0.1, 0.4], "price": [2.0, 1.5, 1.9, 2.1, 2.6, 1.2],
        "cost": [1.1, 0.9, 1.0, 1.3, 1.5, 0.6],
    }
    demand = {"linear": "1 + price", "instruments": ["cost"]}
    return {"title": title, "question": "?", "estimate": {"method": "one-step", "demand": demand}}, table


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """The study of `entrant new` with a title, a question and a firm that mean harm."""
    folder = tmp_path_factory.mktemp("study") / "mine"
    assert _engine.main(["entrant", "new", str(folder)]) == 0
    text = (folder / "study.toml").read_text()
    text = text.replace("Kettu enters the e-bike market", HARM.replace('"', '\\"')).replace("If Kettu", "<i>If Kettu")
    (folder / "study.toml").write_text(text.replace("Velora", NAME.replace("\\", "\\\\")))
    for table in folder.glob("*.csv"):
        table.write_text(table.read_text().replace("Velora", NAME))
    return folder


@pytest.fixture(scope="module")
def outcome(folder):
    return entrant.Study(folder).run(draws=3)


@pytest.fixture(scope="module")
def nevo_problem():
    return entrant.Problem.read(ROOT / "studies" / "nevo-cereal")


@pytest.fixture(autouse=True)
def no_window(monkeypatch):
    monkeypatch.setenv("MPLBACKEND", "agg")


def test_a_study_shows_itself(folder):
    study = entrant.Study(folder)
    assert study.summary().splitlines()[0] == HARM
    assert study.question in study.summary() and "calibrated" in study.summary()
    shown = Tags(study._repr_html_())
    assert shown.tags == {"p", "b", "br"}
    assert HARM in shown.text and "<i>If Kettu" in shown.text


def test_a_problem_shows_itself(nevo_problem):
    text = nevo_problem.summary()
    assert text.startswith("94 markets, 2256 products, 1880 consumers, 13 parameters to search for\n\nParameter")
    assert "sigma[prices]" in text and "2.4526" in text
    frame = nevo_problem.to_frame().set_index("parameter")
    assert frame.start["pi[prices, income]"] == 15.8935 and frame.lower["sigma[sugar]"] == -np.inf
    assert list(frame.index) == nevo_problem.parameters
    assert Tags(nevo_problem._repr_html_()).tags == {"p", "table", "tr", "th", "td"}
    assert nevo_problem.to_latex().count(r"\\") == 14
    assert r"pi[prices, income\_squared] & -1.2 & -inf & inf \\" in nevo_problem.to_latex()


def test_a_problem_without_a_search_shows_itself():
    problem = entrant.Problem(*small("Small"))
    assert problem.summary() == "3 markets, 6 products, 0 parameters to search for"
    assert len(problem.to_frame()) == 0


def test_a_fit_with_a_title_that_means_harm():
    fit = entrant.Problem(*small(HARM)).fit()
    shown = Tags(fit._repr_html_())
    assert shown.tags == {"p", "table", "tr", "th", "td"} and HARM in shown.text
    assert fit.summary().startswith(HARM) and repr(fit) == fit.summary()
    assert fit.to_latex().splitlines()[4].startswith("beta[Intercept] & ")


@pytest.mark.parametrize(
    ("kind", "frame"),
    [(dict, pd.DataFrame), (pd.DataFrame, pd.DataFrame), (pl.DataFrame, pl.DataFrame), (pa.table, pa.Table)],
)
def test_frames_are_of_the_callers_kind(kind, frame):
    study, table = small("Small")
    problem = entrant.Problem(study, kind(table))
    fit = problem.fit()
    for shown in (problem.to_frame(), fit.to_frame()):
        assert isinstance(shown, frame)
    assert list(fit.to_frame()["estimate"])[0] == fit.estimates["beta[Intercept]"] or kind is pa.table
    assert list(pd.DataFrame(fit.to_frame()["parameter"].to_numpy())[0]) == list(fit.estimates)


def test_an_outcome_shows_itself(outcome):
    shown = Tags(outcome._repr_html_())
    assert shown.tags == {"pre"} and "R&D_50%" in shown.text


def test_rows_of_a_table(outcome):
    everything = outcome.to_frame("firms")
    units = outcome.to_frame("firms", quantity="units", when=["before", "after"], firm=NAME)
    by_hand = everything[
        (everything.quantity == "units") & everything.when.isin(["before", "after"]) & (everything.firm == NAME)
    ]
    assert len(units) == len(by_hand) > 0 and list(units.index) == list(range(len(units)))
    assert units["median"].tolist() == by_hand["median"].tolist()
    assert len(outcome.to_frame("firms", firm="nobody")) == 0
    with pytest.raises(entrant.InputError, match="no column `kind`; there are scenario, "):
        outcome.to_frame("firms", kind="units")


class Told:
    """An answer with tables that a test makes up."""

    def __init__(self, **tables: str) -> None:
        self._tables = tables

    def tables(self):
        return self._tables


def test_names_that_look_like_numbers_or_like_nothing_stay_names():
    text = 'market,firm,median\nNA,007,1.5\nnull,2 + 1,\n,"a ""b"", c",-2\n'
    frame = entrant.Outcome(Told(firms=text)).to_frame("firms")
    assert frame.firm.tolist() == ["007", "2 + 1", 'a "b", c']
    assert frame.market.tolist()[:2] == ["NA", "null"]
    assert frame["median"].tolist()[::2] == [1.5, -2] and np.isnan(frame["median"][1])


def test_an_outcome_as_latex(outcome):
    text = outcome.to_latex("firms", ["firm", "median"], quantity="units", when="before", firm=NAME)
    lines = text.splitlines()
    assert lines[0] == r"\begin{tabular}{lr}" and lines[-1] == r"\end{tabular}"
    escaped = r"R\&D\_50\% \$x\$ \#1 \{\textasciitilde{}\textasciicircum{}\textbackslash{}\} & "
    assert lines[4].startswith(escaped) and lines[4].endswith(r" \\")
    median = outcome.to_frame("firms", quantity="units", when="before", firm=NAME)["median"][0]
    assert float(lines[4].removeprefix(escaped).removesuffix(r" \\")) == pytest.approx(median, rel=1e-5)
    with pytest.raises(entrant.InputError, match="no column `odd`"):
        outcome.to_latex("firms", ["odd"])


def test_latex_keeps_lines_and_brackets_in_their_place():
    lines = _show.latex_table(["a", "b"], [["[x]", "1"], ["two\nlines", ""]]).splitlines()
    assert lines[4:6] == [r"{}[x] & 1 \\", r"two lines &  \\"]


def test_numbers_that_are_not_there_are_not_shown():
    assert [_show.number(v) for v in (None, float("nan"), 0.0, -1.5, 1234567.0)] == ["", "", "0", "-1.5", "1.23457e+06"]


def test_an_outcome_as_a_picture(outcome, tmp_path):
    pytest.importorskip("matplotlib")
    ax = outcome.plot()
    frame = outcome.to_frame("firms", scenario=outcome.results["headline"], quantity="units", when="relative")
    frame = frame.dropna(subset=["median"])
    assert [t.get_text() for t in ax.get_yticklabels()] == frame.firm.tolist()
    lines = [line for line in ax.get_lines() if line.get_linewidth() == 2]
    drawn = [tuple(line.get_xdata()) for line in lines]
    assert drawn == [(100 * a, 100 * b) for a, b in zip(frame.low, frame.high)]
    # A name with dollars and a backslash is text, not mathematics: drawing it does not fail.
    ax.figure.savefig(tmp_path / "picture.png")
    assert (tmp_path / "picture.png").stat().st_size > 0
    assert outcome.plot(quantity="price", ax=ax) is ax
    with pytest.raises(entrant.InputError, match="has no `odd` of scenario"):
        outcome.plot(quantity="odd")
    with pytest.raises(entrant.InputError, match="scenario `nowhere`"):
        outcome.plot("nowhere")


def test_a_fit_as_a_picture(nevo_problem, tmp_path):
    pytest.importorskip("matplotlib")
    fit = nevo_problem.fit()
    ax = fit.plot()
    assert [t.get_text() for t in ax.get_yticklabels()] == list(fit.estimates)
    dots = [line.get_xdata()[0] for line in ax.get_lines() if line.get_marker() == "o"]
    np.testing.assert_array_equal(dots, [fit.estimates[n] / fit.standard_errors[n] for n in fit.estimates])
    ax.figure.savefig(tmp_path / "picture.png")


def dots(ax) -> dict[str, set[tuple[float, float]]]:
    """Places of dots by the name in the legend."""
    return {line.get_label(): set(zip(line.get_xdata(), line.get_ydata())) for line in ax.get_lines()}


def test_a_calibrated_study_as_a_picture(folder, tmp_path):
    study = entrant.Study(folder)
    ax = study.plot()
    frame = entrant.Economy(study).to_frame()
    by_hand = {f: set(zip(of.price, 100 * of.share)) for f, of in frame.groupby("firm")}
    assert dots(ax) == by_hand and NAME in by_hand
    # The legend begins with the firm that sells most.
    largest = frame.groupby("firm")["share"].sum().sort_values(ascending=False)
    assert [t.get_text() for t in ax.get_legend().get_texts()] == list(largest.index)
    assert ax.get_title().startswith(HARM) and ax.get_yscale() == "linear"
    ax.figure.savefig(tmp_path / "picture.png")
    assert study.plot(ax=ax) is ax
    with pytest.raises(entrant.InputError, match="no market `nowhere`; there are "):
        study.plot("nowhere")


def test_an_estimated_study_and_its_problem_as_pictures(nevo_problem, nevo, tmp_path):
    products, _ = nevo
    ax = nevo_problem.plot()
    kept = products.assign(firm=products.firm_ids.astype(str), share=100 * products.shares)
    assert dots(ax) == {f: set(zip(of.prices, of.share)) for f, of in kept.groupby("firm")}
    assert ax.get_yscale() == "log" and ax.get_title() == "94 markets"
    one = entrant.Study(ROOT / "studies" / "nevo-cereal").plot("C01Q1")
    here = kept[kept.market_ids == "C01Q1"]
    assert dots(one) == {f: set(zip(of.prices, of.share)) for f, of in here.groupby("firm")}
    assert one.get_yscale() == "linear" and one.get_title().endswith("(C01Q1)")
    one.figure.savefig(tmp_path / "picture.png")
    with pytest.raises(entrant.InputError, match="no market `nowhere`; there are C01Q1, "):
        nevo_problem.plot("nowhere")


def test_a_problem_without_firms_as_a_picture():
    _, table = small("Small")
    ax = entrant.Problem(*small("Small")).plot("b")
    (line,) = ax.get_lines()
    np.testing.assert_array_equal(line.get_xdata(), table["price"][2:4])
    np.testing.assert_allclose(line.get_ydata(), [25, 20], rtol=1e-15)
    assert ax.get_legend() is None


def test_many_firms_share_one_colour():
    groups = [f"f{k}" for k in range(12)] + ["f11"]
    y = [12.0 - k for k in range(12)] + [100.0]
    ax = _show.points(list(range(13)), y, groups, ("x", "y"))
    names = ["f11", *(f"f{k}" for k in range(8)), "3 others"]
    assert [t.get_text() for t in ax.get_legend().get_texts()] == names
    assert dots(ax)["3 others"] == {(k, 12.0 - k) for k in (8, 9, 10)}
    colours = [line.get_color() for line in ax.get_lines()]
    assert len(set(colours)) == 10


def test_a_scenario_as_a_picture(tmp_path):
    scenario = entrant.Scenario(
        "all $x$", hold=["C"], merge={"firms": [NAME, "B"]}, divest={"products": ["p"], "to": "D"},
        stake={"owner": "B", "of": "C", "weight": 0.25}, tariff={"rate": {"dist": "uniform", "low": 0.1, "high": 0.2}},
        cost=[{"firm": "B", "factor": 0.9}, {"firm": "B", "add": 2}],
    )
    ax = scenario.plot()
    rows = [t.get_text() for t in ax.get_yticklabels()]
    kinds = [t.get_text() for t in ax.get_xticklabels()]
    found = {(rows[round(t.get_position()[1])], kinds[round(t.get_position()[0])]): t.get_text() for t in ax.texts}
    assert found == {
        ("C", "hold"): "hold", (NAME, "merge"): "merge", ("B", "merge"): "merge", ("p", "divest"): "divest",
        ("D", "divest"): "to", ("B", "stake"): "owner\nweight 0.25", ("C", "stake"): "of\nweight 0.25",
        ("all", "tariff"): "rate dist uniform, low 0.1, high 0.2", ("B", "cost"): "factor 0.9\nadd 2",
    }
    assert ax.get_title() == "all $x$: all $x$"
    ax.figure.savefig(tmp_path / "picture.png")
    assert scenario.plot(ax=ax) is ax
    with pytest.raises(entrant.InputError, match="`still` changes nothing"):
        entrant.Scenario("still").plot()


def test_scenarios_have_the_changes_of_the_engine():
    text = (ROOT / "crates" / "entrant-data" / "src" / "spec" / "scenario.rs").read_text(encoding="utf-8")
    fields = text.partition("pub struct ScenarioSpec {")[2].partition("\n}")[0]
    assert re.findall(r"pub (\w+): Vec<\w+Spec>", fields) == list(_scenario.CHANGES)


def test_every_picture_needs_matplotlib_and_says_so(outcome, folder, nevo_problem, monkeypatch):
    study, fit = entrant.Study(folder), entrant.Problem(*small("Small")).fit()
    panel, scenario = entrant.Panel(small("Small")[1]), entrant.Scenario("away", ban={"firm": "A"})
    economy = entrant.Economy(study)
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    monkeypatch.setitem(sys.modules, "matplotlib.pyplot", None)
    pictures = (
        outcome.plot, study.plot, nevo_problem.plot, fit.plot, scenario.plot, economy.plot, lambda: panel.plot("price"),
    )
    said = "`plot` needs matplotlib: `pip install matplotlib`"
    for picture in pictures:
        with pytest.raises(entrant.MissingPackageError, match=said) as told:
            picture()
        assert isinstance(told.value, ImportError) and isinstance(told.value, entrant.EntrantError)


CLASSES = (
    entrant.Economy, entrant.Fit, entrant.Outcome, entrant.Panel, entrant.Problem, entrant.Scenario, entrant.Study,
)


@pytest.mark.parametrize("of", CLASSES, ids=lambda c: c.__name__)
def test_everything_has_an_example_and_shows_itself(of):
    """The examples themselves are run as tests of the modules."""
    assert ">>> " in of.__doc__
    for name, member in vars(of).items():
        if not name.startswith("_"):
            doc = inspect.getdoc(getattr(member, "func", member))
            assert doc and ">>> " in doc, name
    for name in ("summary", "to_frame", "to_latex", "plot", "_repr_html_", "__repr__"):
        assert callable(getattr(of, name))


def test_nothing_of_it_can_be_set(folder, outcome):
    study, problem = entrant.Study(folder), entrant.Problem(*small("Small"))
    panel = entrant.Panel(small("Small")[1])
    for it in (study, outcome, problem, problem.fit(), entrant.Economy(study), panel, study.scenarios[0]):
        for name in ("summary", "title", "report", "odd"):
            with pytest.raises(AttributeError, match="never changes"):
                setattr(it, name, 1)
        with pytest.raises(AttributeError, match="never changes"):
            del it.summary


def test_without_pandas_it_says_so(outcome, monkeypatch):
    monkeypatch.setitem(sys.modules, "pandas", None)
    with pytest.raises(entrant.MissingPackageError, match="`to_frame` needs pandas"):
        outcome.to_frame("firms")


def test_a_row_is_named_once_in_a_mistake():
    study, table = small("Small")
    table["share"][3] = -0.1
    with pytest.raises(entrant.InputError) as told:
        entrant.Problem(study, table)
    assert "products, row 4, column share: " in str(told.value)
