"""Paths of the example tables, as CSV files.

The tables come with the package; a CSV file of one is written the first time that its path is asked
for. Where the data come from stands in the `NOTICE.md` of the study that has them.
"""

from __future__ import annotations

import csv
import os
import tempfile
from pathlib import Path

from .. import _engine

_HERE = Path(__file__).parent.parent / "studies"
_TABLES = {
    "NEVO_PRODUCTS_LOCATION": ("nevo-cereal", "products.parquet", "nevo_products.csv"),
    "NEVO_AGENTS_LOCATION": ("nevo-cereal", "consumers.parquet", "nevo_agents.csv"),
    "BLP_PRODUCTS_LOCATION": ("blp-autos", "products.parquet", "blp_products.csv"),
    "BLP_AGENTS_LOCATION": ("blp-autos", "consumers.parquet", "blp_agents.csv"),
    "PETRIN_PRODUCTS_LOCATION": ("petrin-minivans", "products.parquet", "petrin_products.csv"),
    "PETRIN_AGENTS_LOCATION": ("petrin-minivans", "consumers.parquet", "petrin_agents.csv"),
}

_FILES = {
    "PETRIN_VALUES_LOCATION": ("petrin-minivans", "micro_values.csv"),
    "PETRIN_COVARIANCES_LOCATION": ("petrin-minivans", "micro_covariances.csv"),
}

__all__ = [
    "BLP_AGENTS_LOCATION",
    "BLP_PRODUCTS_LOCATION",
    "NEVO_AGENTS_LOCATION",
    "NEVO_PRODUCTS_LOCATION",
    "PETRIN_AGENTS_LOCATION",
    "PETRIN_COVARIANCES_LOCATION",
    "PETRIN_PRODUCTS_LOCATION",
    "PETRIN_VALUES_LOCATION",
]

BLP_AGENTS_LOCATION: str
BLP_PRODUCTS_LOCATION: str
NEVO_AGENTS_LOCATION: str
NEVO_PRODUCTS_LOCATION: str
PETRIN_AGENTS_LOCATION: str
PETRIN_COVARIANCES_LOCATION: str
PETRIN_PRODUCTS_LOCATION: str
PETRIN_VALUES_LOCATION: str
_folder: tempfile.TemporaryDirectory[str] | None = None


def __getattr__(name: str) -> str:
    if name in _FILES:
        return str(_HERE.joinpath(*_FILES[name]))
    if name not in _TABLES:
        raise AttributeError(f"module `entrant.pyblp.data` has no attribute `{name}`")
    study, table, file = _TABLES[name]
    path = Path(_place()) / file
    if not path.exists():
        _write(_engine.read_table(str(_HERE / study), table), path)
    return str(path)


def _place() -> str:
    """A folder that goes when the interpreter does."""
    global _folder
    if _folder is None:
        _folder = tempfile.TemporaryDirectory(prefix="entrant-")
    return _folder.name


def _write(columns: dict, path: Path) -> None:
    def text(value: object) -> str:
        if isinstance(value, str):
            return value
        number = float(value)  # type: ignore[arg-type]
        return "" if number != number else str(int(number)) if number.is_integer() else repr(number)

    partial = path.with_suffix(".part")
    with open(partial, "w", newline="", encoding="utf-8") as out:
        writer = csv.writer(out, lineterminator="\n")
        writer.writerow(columns)
        writer.writerows(map(text, row) for row in zip(*columns.values()))
    os.replace(partial, path)
