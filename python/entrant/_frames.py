"""Tables of the caller as columns for the engine: doubles, or lists of text."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from ._show import package
from .errors import InputError


def columns(data: Any) -> dict[str, np.ndarray]:
    """Every column of a table by name, as one-dimensional NumPy arrays.

    Takes a dictionary of columns, a structured array, a data frame of pandas or polars, an Arrow
    table, and anything with the Arrow C interface (`__arrow_c_stream__`; that needs `pyarrow`).
    Matrices in a dictionary or a structured array become columns `name0`, `name1` and so on. The
    table of the caller is never changed.
    """
    out: dict[str, np.ndarray] = {}
    for name, values in _pairs(data):
        array = np.asarray(values)
        if array.ndim == 2 and array.shape[1] == 1:
            out[name] = array[:, 0]
        elif array.ndim == 2:
            out.update((f"{name}{k}", array[:, k]) for k in range(array.shape[1]))
        elif array.ndim == 1:
            out[name] = array
        else:
            raise InputError(f"column `{name}` has {array.ndim} dimensions")
    return out


def _pairs(data: Any) -> list[tuple[str, Any]]:
    if isinstance(data, Mapping):
        return [(str(k), v) for k, v in data.items()]
    names = getattr(getattr(data, "dtype", None), "names", None)
    if names:
        return [(n, data[n]) for n in names]
    if hasattr(data, "columns") and hasattr(data, "__getitem__"):  # pandas, polars
        if hasattr(data, "column_names"):  # pyarrow
            return [(n, data.column(n).to_numpy()) for n in data.column_names]
        return [(str(n), data[n].to_numpy()) for n in data.columns]
    if hasattr(data, "__arrow_c_stream__"):
        try:
            import pyarrow
        except ImportError as e:
            raise InputError("a table with the Arrow C interface needs `pyarrow`") from e
        return _pairs(pyarrow.table(data))
    raise InputError(
        f"`{type(data).__name__}` is no table: give a data frame, an Arrow table or a dictionary"
    )


def cells(array: np.ndarray) -> Any:
    """A column as the engine takes it."""
    if array.dtype.kind in "fiub":
        return np.ascontiguousarray(array, dtype=np.float64)
    if array.dtype.kind == "O" and all(isinstance(v, (int, float, np.number)) for v in array):
        return np.ascontiguousarray(array, dtype=np.float64)
    return [str(v) for v in array]


def labels(array: np.ndarray) -> list[str]:
    """Values of a column as the engine names them: whole numbers without a point."""
    def written(value: Any) -> str:
        whole = isinstance(value, float) and value.is_integer() and abs(value) < 1e15
        return str(int(value)) if whole else str(value)

    return [written(v.item() if isinstance(v, np.generic) else v) for v in cells(np.asarray(array))]


def for_engine(table: Mapping[str, np.ndarray]) -> dict[str, Any]:
    """All columns as the engine takes them."""
    return {name: cells(array) for name, array in table.items()}


def kind(data: Any) -> str:
    """The package of a table of the caller's, of those in which `frame` makes tables."""
    names = (c.__module__.partition(".")[0] for c in type(data).__mro__)
    return next((n for n in names if n in ("pandas", "polars", "pyarrow")), "pandas")


def frame(table: Mapping[str, list[Any]], kind: str) -> Any:
    """Columns as a data frame of pandas or polars, or an Arrow table.

    Raises `MissingPackageError` where the package is not installed.
    """
    module = package(kind, "`to_frame`")
    return module.table(dict(table)) if kind == "pyarrow" else module.DataFrame(dict(table))
