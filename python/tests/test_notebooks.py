"""The notebooks run without an error and print what is saved in them.

They run in a copy of the folders that they read. Where a notebook's code or the numbers change on purpose,
`python python/tests/notebooks.py` saves what it prints now.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path

import pytest
from conftest import ROOT
from notebooks import FOLDER, run

import entrant

try:
    import nbformat

    import ipykernel  # noqa: F401
    import nbclient  # noqa: F401
except ImportError:
    if os.environ.get("CI") == "true":
        raise
    pytest.skip("nbclient, nbformat and ipykernel run notebooks", allow_module_level=True)

NOTEBOOKS = sorted(FOLDER.glob("*.ipynb"))


def printed(cell) -> list[list[str]]:
    """What a cell printed or showed as text, by output and word: layouts may differ, numbers and words not."""
    out: list[str | list[str]] = []
    for output in cell.outputs:
        assert output.output_type != "error", output
        assert output.get("name") != "stderr", output["text"]
        if output.output_type == "display_data" and not any(output.data.values()):
            continue  # where progress was shown while a long call went on
        if output.output_type == "stream":
            # A kernel sends what is printed in pieces, as many as its clock makes of it.
            piece, follows = output["text"], bool(out) and isinstance(out[-1], str)
            if follows:
                out[-1] += piece
            else:
                out.append(piece)
        elif "image/png" in output.data:
            out.append(["a picture"])
        else:
            out.append(output.data["text/plain"].split())
    return [each.split() if isinstance(each, str) else each for each in out]


def code(notebook) -> list:
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


@pytest.fixture(scope="module")
def place(tmp_path_factory) -> Path:
    """A copy of what notebooks read, where the repository has it."""
    root = tmp_path_factory.mktemp("repository")
    shutil.copytree(ROOT / "studies", root / "studies")
    shutil.copytree(FOLDER, root / "docs" / "notebooks")
    return root / "docs" / "notebooks"


def test_there_are_four():
    names = ["entry-on-an-estimated-economy", "moving-from-pyblp", "nevo-from-a-data-frame", "opening-case"]
    assert [p.stem for p in NOTEBOOKS] == names


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda p: p.stem)
def test_what_is_saved_is_fit_to_be_read(path):
    assert path.stat().st_size < 300_000
    notebook = nbformat.read(path, as_version=4)
    nbformat.validate(notebook)
    assert [cell.execution_count for cell in code(notebook)] == list(range(1, len(code(notebook)) + 1))
    text = path.read_text(encoding="utf-8")
    places = [str(ROOT), tempfile.gettempdir(), str(Path.home()), str(Path(entrant.__file__).parent)]
    assert not [place for place in places if len(place) > 1 and place in text]
    for line in (line for cell in notebook.cells for line in cell.source.splitlines()):
        assert len(line) <= 120, line


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda p: p.stem)
def test_links_of_notebooks_lead_somewhere(path):
    notebook = nbformat.read(path, as_version=4)
    for cell in notebook.cells:
        if cell.cell_type == "markdown":
            for part in cell.source.split("](")[1:]:
                target = part.partition(")")[0]
                assert target.startswith("https://") or (FOLDER / target).exists(), target


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda p: p.stem)
def test_a_notebook_prints_what_is_saved(path, place, tmp_path, monkeypatch):
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path))
    saved, fresh = nbformat.read(path, as_version=4), run(place / path.name)
    for before, now in zip(code(saved), code(fresh), strict=True):
        assert printed(now) == printed(before), now.source
