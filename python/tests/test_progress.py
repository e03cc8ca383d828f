"""What long calls show while they go on: bars in notebooks, lines on terminals, nothing elsewhere."""

from __future__ import annotations

import io
import itertools
import re
import signal
import subprocess
import sys
import threading
import types

import nbformat
import pytest
from conftest import PI, ROOT, SIGMA, nevo_problem
from nbclient import NotebookClient

import entrant
import entrant.pyblp as pyblp
from entrant import _progress

NEVO = ROOT / "studies" / "nevo-cereal"


@pytest.fixture(scope="module")
def problem() -> entrant.Problem:
    return entrant.Problem.read(NEVO)


class Display:
    """Stands for `IPython.display.display`; keeps what was shown, and in which thread's name."""

    def __init__(self) -> None:
        self.shown: list[dict[str, str]] = []
        self.handles = 0

    def __call__(self, data, *, raw, display_id):
        assert raw is True and display_id is True
        self.handles += 1
        self.shown.append(data)
        return self

    def update(self, data, *, raw):
        assert raw is True
        self.shown.append(data)


@pytest.fixture
def notebook(monkeypatch) -> Display:
    """A notebook, as far as the package can see."""
    display = Display()
    shell = types.SimpleNamespace(kernel=object())
    ipython = types.SimpleNamespace(get_ipython=lambda: shell, display=types.SimpleNamespace(display=display))
    monkeypatch.setitem(sys.modules, "IPython", ipython)
    return display


@pytest.fixture
def clock(monkeypatch):
    """A clock that a test turns."""
    at = types.SimpleNamespace(now=100.0)
    monkeypatch.setattr(_progress.time, "monotonic", lambda: at.now)
    return at


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def screen(text: str) -> str:
    """What a terminal shows in its line after a text of carriage returns and erasures."""
    line = ""
    for piece in text.split("\r"):
        line = piece[:-3] if piece.endswith("\x1b[K") else piece + line[len(piece) :]
    return line


def test_a_notebook_shows_a_bar_by_itself_and_empties_it(notebook, clock):
    with _progress.of_stages(None) as tell:
        tell("calibrating", 0, 1)
        assert not notebook.shown  # what is quick is not shown
        clock.now += 0.6
        tell("drawing", 50, 200)
        tell("drawing", 51, 200)  # too soon
        clock.now += 65
        tell("drawing", 100, 200)
        tell("<b>", 7, 0)  # another stage, at once
    assert notebook.handles == 1
    texts = ["drawing 50/200 (0:00)", "drawing 100/200 (1:05)", "<b> 7 (1:05)", ""]
    assert [d["text/plain"] for d in notebook.shown] == texts
    row = re.compile("<div style=[^>]*>(.*)</div>")
    assert [row.sub(r"\1", d["text/html"]) for d in notebook.shown] == [
        '<progress value="0.2500"></progress> drawing 50/200 (0:00)',
        '<progress value="0.5000"></progress> drawing 100/200 (1:05)',
        "<progress></progress> &lt;b&gt; 7 (1:05)", "",
    ]


def test_a_notebook_shows_it_at_once_when_asked_and_never_when_told_so(notebook, problem):
    fit = problem.fit(progress=True)
    texts = [d["text/plain"] for d in notebook.shown]
    assert texts[0] == "step 1, 1 evaluations, objective 29.3533 (0:00)" and texts[-1] == ""
    notebook.shown.clear()
    assert problem.fit(progress=False).report == fit.report and not notebook.shown


def test_what_a_study_is_doing_is_shown_with_its_counts(notebook, clock, monkeypatch):
    # Time goes on with every look at the clock, so that everything is shown.
    monkeypatch.setattr(_progress.time, "monotonic", lambda: setattr(clock, "now", clock.now + 1) or clock.now)
    entrant.Study(ROOT / "studies" / "india-2017").run(draws=3)
    words = {d["text/plain"].partition(" (")[0] for d in notebook.shown}
    assert {"certifying 4/4", "drawing 1/3", "drawing 3/3", "summarising 0/1"} <= words
    notebook.shown.clear()
    entrant.Study(NEVO).run(draws=0)
    assert {"estimating 1", "estimating 2"} <= {d["text/plain"].partition(" (")[0] for d in notebook.shown}


def test_the_bar_goes_away_with_a_mistake(notebook):
    with pytest.raises(LookupError), _progress.of_search(True) as tell:
        tell(1, 3, float("nan"))
        raise LookupError
    assert [d["text/plain"] for d in notebook.shown] == ["step 1, 3 evaluations, objective none (0:00)", ""]


def test_nothing_is_shown_elsewhere_unless_asked(problem, monkeypatch, capfd):
    display = Display()
    # An IPython on a terminal has no kernel.
    shell = types.SimpleNamespace()
    ipython = types.SimpleNamespace(get_ipython=lambda: shell, display=types.SimpleNamespace(display=display))
    monkeypatch.setitem(sys.modules, "IPython", ipython)
    problem.fit()
    assert capfd.readouterr() == ("", "") and not display.shown
    problem.fit(progress=True)
    out, err = capfd.readouterr()
    assert out == "" and err.startswith("step 1, 1 evaluations, objective 29.3533 (0:00)\n") and not display.shown


def test_a_line_on_a_terminal_is_drawn_over_and_erased(clock, monkeypatch):
    terminal = Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    seen = []
    with _progress.of_stages(True) as tell:
        for done in (0, 15, 30):
            tell("drawing", done, 30)
            clock.now += 1
            seen.append(screen(terminal.getvalue()))
        tell("estimating", 12, 0)
        seen.append(screen(terminal.getvalue()))
    assert seen == [
        f"[{'-' * 30}] drawing 0/30 (0:00)", f"[{'#' * 15}{'-' * 15}] drawing 15/30 (0:01)",
        f"[{'#' * 30}] drawing 30/30 (0:02)", "estimating 12 (0:03)",
    ]
    assert screen(terminal.getvalue()) == "" and "\n" not in terminal.getvalue()


def test_a_file_gets_lines_now_and_then(clock, monkeypatch):
    file = io.StringIO()
    monkeypatch.setattr(sys, "stderr", file)
    with _progress.of_stages(True) as tell:
        for done in range(12):
            tell("drawing", done, 12)
            clock.now += 1
    assert file.getvalue().splitlines() == ["drawing 0/12 (0:00)", "drawing 5/12 (0:05)", "drawing 10/12 (0:10)"]


def test_many_threads_may_tell_at_once(notebook):
    with _progress.of_stages(True) as tell:
        threads = [threading.Thread(target=lambda: [tell(str(n), n, 0) for n in range(50)]) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert notebook.handles == 1 and notebook.shown[-1]["text/plain"] == ""
    assert all(set(d) == {"text/plain", "text/html"} for d in notebook.shown)


@pytest.mark.parametrize("given", ["yes", 3, 0.0, []])
def test_progress_is_yes_no_or_a_function(problem, given):
    with pytest.raises(TypeError, match="`progress` is True, False, None or a function"):
        problem.fit(progress=given)


def test_ctrl_c_in_a_notebook_ends_the_search_and_the_bar(notebook, problem, monkeypatch):
    later = itertools.count(step=10.0)  # so that every evaluation is shown
    monkeypatch.setattr(_progress.time, "monotonic", lambda: next(later))

    def interrupt(data, *, raw):
        notebook.shown.append(data)
        if data["text/plain"]:
            signal.raise_signal(signal.SIGINT)

    notebook.update = interrupt
    with pytest.raises(KeyboardInterrupt):
        problem.fit(progress=True)
    assert len(notebook.shown) == 3 and notebook.shown[-1]["text/plain"] == ""


def test_scripts_of_pyblp_show_it_too(notebook, nevo, monkeypatch):
    told = []
    monkeypatch.setattr(pyblp.options, "progress", lambda *where: told.append(where))
    results = nevo_problem(pyblp, nevo).solve(SIGMA, PI)
    steps = [step for step, _, _ in told]
    assert steps == sorted(steps) and set(steps) == {1, 2} and not notebook.shown
    assert told[0][1] == 1
    told.clear()
    again = nevo_problem(pyblp, nevo).solve(SIGMA, PI, optimization=pyblp.Optimization("l-bfgs-b", {"gtol": 1e-4}))
    assert {1, 2} == {step for step, _, _ in told} and again.step == 2
    told.clear()
    monkeypatch.setattr(pyblp.options, "progress", None)
    later = itertools.count(step=10.0)
    monkeypatch.setattr(_progress.time, "monotonic", lambda: next(later))
    results.bootstrap(draws=2, seed=0)
    texts = [d["text/plain"].partition(" (")[0] for d in notebook.shown]
    assert texts == ["bootstrapping 1/2", "bootstrapping 2/2", ""]


class Watched(NotebookClient):
    """Runs a notebook and keeps every message about what is displayed."""

    def process_message(self, msg, cell, cell_index):
        if msg["msg_type"] in ("display_data", "update_display_data"):
            vars(self).setdefault("displayed", []).append((msg["msg_type"], msg["content"], cell_index))
        return super().process_message(msg, cell, cell_index)


def test_an_executed_notebook_has_a_bar_that_moves_and_goes(tmp_path, monkeypatch):
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path))
    cells = [
        "from entrant import Problem, Study",
        f"outcome = Study({str(ROOT / 'studies' / 'xiaomi-us-2018')!r}).run(draws=20, progress=True)",
        f"fit = Problem.read({str(ROOT / 'studies' / 'blp-autos')!r}).fit(progress=True)\nfit.status",
        f"Problem.read({str(NEVO)!r}).fit(progress=False).status",
    ]
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(c) for c in cells])
    client = Watched(notebook, timeout=300, kernel_name="python3", resources={"metadata": {"path": str(tmp_path)}})
    client.execute()
    for cell in (1, 2):
        messages = [(kind, content) for kind, content, index in client.displayed if index == cell]
        # One output, made in the cell of the call though threads of the engine tell of it, then updated.
        assert [kind for kind, _ in messages] == ["display_data", *["update_display_data"] * (len(messages) - 1)]
        assert len({content["transient"]["display_id"] for _, content in messages}) == 1
        texts = [content["data"]["text/plain"] for _, content in messages]
        assert len(set(texts)) > 2 and texts[-1] == "" and all(texts[:-1])
        html = [content["data"]["text/html"] for _, content in messages]
        assert all("<progress" in h for h in html[:-1]) and html[-1] == ""
    words = {t.partition(" ")[0] for k, c, i in client.displayed if i == 1 for t in [c["data"]["text/plain"]]}
    assert {"certifying", "drawing"} <= words
    assert not [index for _, _, index in client.displayed if index in (0, 3)]
    # What is left when all is done: an empty output, then the value of the cell.
    left = [[output.data for output in cell.outputs] for cell in notebook.cells]
    assert left[1] == [{"text/plain": "", "text/html": ""}]
    assert left[2] == [{"text/plain": "", "text/html": ""}, {"text/plain": "'converged'"}]
    assert left[3] == [{"text/plain": "'converged'"}]


def test_a_script_prints_nothing_but_what_it_prints():
    script = f"from entrant import Problem; print(Problem.read({str(NEVO)!r}).fit().status)"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=300)
    assert (done.stdout, done.stderr) == ("converged\n", "")
