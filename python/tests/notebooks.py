"""Runs notebooks. `python python/tests/notebooks.py` runs those of `docs/notebooks` and saves what they print."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parents[2] / "docs" / "notebooks"
METADATA = {
    "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
    "language_info": {"name": "python"},
}


def run(path: Path) -> Any:
    """The notebook with fresh outputs; it runs in its own folder, and a cell that fails is an exception."""
    import nbformat
    from nbclient import NotebookClient

    notebook = nbformat.read(path, as_version=4)
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = [], None
    client = NotebookClient(
        notebook, timeout=300, kernel_name="python3", record_timing=False,
        resources={"metadata": {"path": str(path.parent)}},
    )
    client.execute()
    notebook.metadata = nbformat.from_dict(METADATA)
    return notebook


def main(paths: list[Path]) -> None:
    """Runs each and writes it back."""
    import nbformat

    for path in paths:
        nbformat.write(run(path), path)
        print(path.name)


if __name__ == "__main__":
    main([Path(p) for p in sys.argv[1:]] or sorted(FOLDER.glob("*.ipynb")))
