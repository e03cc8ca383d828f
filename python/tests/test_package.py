"""The package itself: studies, tables of every kind, mistakes, the command, Ctrl-C."""

from __future__ import annotations

import json
import shutil
import signal
import subprocess
import sys
import threading
import time

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from conftest import ROOT

import entrant
from entrant import _frames, _toml


@pytest.fixture(scope="module")
def study() -> entrant.Problem:
    return entrant.Problem.read(ROOT / "studies" / "nevo-cereal")


@pytest.fixture(scope="module")
def fit(study) -> entrant.Fit:
    return study.fit()


def command(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-m", "entrant", *arguments], capture_output=True, text=True)


def test_the_same_bits_as_the_command_line(fit):
    out = command("fit", "--json", str(ROOT / "studies" / "nevo-cereal"))
    assert out.returncode == 0, out.stderr
    assert json.loads(out.stdout) == fit.report


def test_threads_change_nothing(study, fit):
    one = study.fit(threads=1)
    assert one.report == fit.report
    assert (one.delta == fit.delta).all()


def test_the_command_says_its_version_and_its_mistakes():
    assert command("--version").stdout.split() == ["entrant", entrant.__version__]
    assert command("fit", "nowhere").returncode == 2
    if shutil.which("entrant"):
        assert subprocess.run(["entrant", "--version"], capture_output=True).returncode == 0


def test_a_fit_shows_itself(fit):
    assert fit.require_converged() is fit and fit.status == "converged"
    text = fit.summary()
    assert "sigma[prices]" in text and "4.56151" in text
    assert "<table>" in fit._repr_html_() and "<td>beta[prices]</td>" in fit._repr_html_()
    frame = fit.to_frame()
    assert list(frame.columns) == ["parameter", "estimate", "standard_error"]
    assert frame.set_index("parameter").estimate["beta[prices]"] == fit.estimates["beta[prices]"]


def test_progress_is_told_and_may_raise(study):
    told = []
    study.fit(progress=lambda step, evaluations, objective: told.append((step, evaluations, objective)))
    assert told[0][:2] == (1, 1) and told[0][2] == pytest.approx(29.3533431262, rel=1e-10)
    assert [e for _, e, _ in told] == list(range(1, len(told) + 1))

    def enough(step, evaluations, objective):
        raise LookupError("enough")

    with pytest.raises(LookupError, match="enough"):
        study.fit(progress=enough)


def test_ctrl_c_ends_a_search(study):
    def interrupt(step, evaluations, objective):
        signal.raise_signal(signal.SIGINT)

    with pytest.raises(KeyboardInterrupt):
        study.fit(progress=interrupt)


def test_other_threads_run_meanwhile(study):
    """The interpreter lock is released: a counter goes on while the engine works."""
    count, stop = [0], threading.Event()

    def work():
        while not stop.is_set():
            count[0] += 1
            time.sleep(0)

    thread = threading.Thread(target=work)
    thread.start()
    try:
        before = count[0]
        study._engine.step()
        assert count[0] > before
    finally:
        stop.set()
        thread.join()


def small() -> dict:
    return {
        "market": ["a", "a", "b", "b", "c", "c"], "product": ["x", "y"] * 3,
        "share": [0.2, 0.3, 0.25, 0.2, 0.1, 0.4], "price": [2.0, 1.5, 1.9, 2.1, 2.6, 1.2],
        "cost": [1.1, 0.9, 1.0, 1.3, 1.5, 0.6],
    }


STUDY = {
    "title": "Small", "question": "?",
    "estimate": {"method": "one-step", "demand": {"linear": "1 + price", "instruments": ["cost"]}},
}


@pytest.mark.parametrize("kind", [dict, pd.DataFrame, pl.DataFrame, pa.table])
def test_tables_of_every_kind(kind):
    table = kind(small())
    fit = entrant.Problem(STUDY, table).fit()
    # Two-stage least squares with as many instruments as columns, by hand.
    d = {k: np.array(v) for k, v in small().items()}
    inside = pd.Series(d["share"]).groupby(d["market"]).transform("sum").to_numpy()
    y = np.log(d["share"]) - np.log(1 - inside)
    x, z = np.c_[np.ones(6), d["price"]], np.c_[d["cost"], np.ones(6)]
    beta = np.linalg.solve(z.T @ x, z.T @ y)
    assert fit.estimates["beta[price]"] == pytest.approx(beta[1], rel=1e-12)
    np.testing.assert_allclose(fit.delta, y, rtol=1e-12)
    assert (_frames.columns(table)["price"] == d["price"]).all()


def test_rows_stay_in_the_order_of_the_table():
    table = pd.DataFrame(small())
    order = [4, 1, 3, 0, 5, 2]
    shuffled = table.iloc[order].reset_index(drop=True)
    one, other = entrant.Problem(STUDY, table).fit(), entrant.Problem(STUDY, shuffled).fit()
    np.testing.assert_allclose(other.delta, one.delta[order], rtol=1e-13)
    np.testing.assert_allclose(other.xi, one.xi[order], rtol=1e-9, atol=1e-13)


class OnlyArrow:
    """A table that offers nothing but the Arrow C interface."""

    def __init__(self, data: dict) -> None:
        self._table = pa.table(data)

    def __arrow_c_stream__(self, requested_schema=None):
        return self._table.__arrow_c_stream__(requested_schema)


def test_a_table_with_the_arrow_interface_alone():
    fit = entrant.Problem(STUDY, OnlyArrow(small())).fit()
    assert fit.status == "converged"


def test_mistakes_come_all_at_once_with_their_rows():
    table = small()
    table["share"] = [0.2, 0.3, 1.5, 0.2, -0.1, 0.4]
    with pytest.raises(entrant.InputError) as found:
        entrant.Problem(STUDY, table)
    problems = found.value.problems
    assert {p["line"] for p in problems} >= {3, 5}
    assert all(p["file"] == "products" for p in problems)
    assert isinstance(found.value, ValueError)


def test_a_mistake_in_the_study_names_the_key():
    study = {**STUDY, "estimate": {"demand": {"linear": "1 + prise", "instruments": ["cost"]}}}
    with pytest.raises(entrant.InputError, match="prise.*did you mean `price`"):
        entrant.Problem(study, small())


def test_columns_of_unequal_length_are_refused():
    table = small()
    table["cost"] = [1.0]
    with pytest.raises(entrant.InputError, match="`cost` has 1 rows"):
        entrant.Problem(STUDY, table)


def test_studies_as_text():
    text = _toml.dumps(
        {"a": 1, "b": 0.5, "c": [1.0, float("inf")], "d": None, "e": {"f g": "q\"\n", "h": [{"i": True}]}}
    )
    try:
        import tomllib
    except ImportError:
        pytest.skip("Python before 3.11 reads no TOML")
    read = tomllib.loads(text)
    assert read == {"a": 1, "b": 0.5, "c": [1.0, float("inf")], "e": {"f g": "q\"\n", "h": [{"i": True}]}}


def test_half_a_character_is_a_mistake(nevo):
    half = {"title": "half \ud800", "question": "?", "data": {}, "estimate": {"demand": {"linear": "1 + prices"}}}
    with pytest.raises(entrant.InputError, match=r"half \\ud800"):
        entrant.Problem(half, nevo[0])
    products = {"market": ["\ud800"], "price": [1.0], "share": [0.1]}
    with pytest.raises(entrant.InputError, match="`market`"):
        entrant.Problem({**half, "title": "whole"}, products)


def test_a_study_has_the_answer_of_the_command_line(tmp_path):
    folder = str(ROOT / "studies" / "india-2017")
    study = entrant.Study(folder)
    outcome = study.run(draws=10)
    out = command("run", folder, "--draws", "10", "--json", "--out", str(tmp_path / "out"))
    assert out.returncode == 0, out.stderr
    assert json.loads(out.stdout) == outcome.results
    assert outcome.page() == (tmp_path / "out" / "report.html").read_text()
    for name, text in outcome.tables.items():
        assert text == (tmp_path / "out" / "tables" / f"{name}.csv").read_text()
    assert outcome.summary() in repr(outcome) and max(map(len, outcome.summary().splitlines())) <= 80
    assert len(outcome.to_frame(next(iter(outcome.tables)))) > 0
    with pytest.raises(entrant.InputError, match="no table `odd`"):
        outcome.to_frame("odd")


def test_ctrl_c_and_progress_end_a_run():
    study = entrant.Study(ROOT / "studies" / "india-2017")
    told = []

    def interrupt(stage, done, total):
        told.append(stage)
        signal.raise_signal(signal.SIGINT)

    with pytest.raises(KeyboardInterrupt):
        study.run(draws=2000, progress=interrupt)
    assert told

    def enough(stage, done, total):
        raise LookupError("enough")

    with pytest.raises(LookupError):
        study.run(draws=2000, progress=enough)


def test_mistakes_in_a_study_folder(tmp_path):
    (tmp_path / "study.toml").write_text("title = 1\n")
    with pytest.raises(entrant.InputError, match="study.toml:1"):
        entrant.Study(tmp_path)
