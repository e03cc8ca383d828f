"""Where tests run: examples of docstrings in the repository, which they read studies of; everything else in a folder
of its own, so that a program that writes beside itself writes there. Nothing may be left in the repository."""

from __future__ import annotations

from pathlib import Path

import pytest
from _pytest.doctest import DoctestItem

ROOT = Path(__file__).parents[1]
# What tools leave and git does not see.
_TOOLS = ("__pycache__", ".pytest_cache", ".ipynb_checkpoints")


def _files() -> set[Path]:
    """Files that a test could have left; `target` and the page's packages are none of the tests' business."""
    places = [ROOT / name for name in ("python", "studies", "docs", "out", "parity")]
    found = {p for place in places for p in place.rglob("*") if not any(part in _TOOLS for part in p.parts)}
    return found | set(ROOT.glob("*"))


@pytest.fixture(scope="session", autouse=True)
def nothing_is_left():
    before = _files()
    yield
    left = sorted(str(p.relative_to(ROOT)) for p in _files() - before if p.name not in _TOOLS)
    assert not left, f"tests left files in the repository: {', '.join(left[:10])}"


@pytest.fixture(autouse=True)
def working_folder(request, monkeypatch, tmp_path_factory):
    """The folder in which a test runs."""
    examples = isinstance(request.node, DoctestItem)
    monkeypatch.chdir(ROOT if examples else tmp_path_factory.mktemp("place"))
