"""Results as dictionaries and in files."""

from __future__ import annotations

import pickle
from collections.abc import Sequence
from os import PathLike
from typing import Any

# Other objects that results hold, which `to_dict` leaves out.
_OBJECTS = ("problem", "last_results", "problem_results")


def save_pickle(x: object, path: str | PathLike[str]) -> None:
    """Saves an object in a file, for `read_pickle`."""
    with open(path, "wb") as out:
        pickle.dump(x, out)


def read_pickle(path: str | PathLike[str]) -> object:
    """The object that `save_pickle` or `to_pickle` saved.

    A pickle can run any code: read none that you did not write.
    """
    with open(path, "rb") as source:
        return pickle.load(source)


class Saved:
    """What all results can be turned into."""

    def to_dict(self, attributes: Sequence[str] | None = None) -> dict[str, Any]:
        """Attributes by name, all of them unless some are asked for."""
        names = attributes or [n for n in vars(self) if not n.startswith("_") and n not in _OBJECTS]
        return {n: getattr(self, n) for n in names}

    def to_pickle(self, path: str | PathLike[str]) -> None:
        """Saves these results in a file, with their problem and its data, for `read_pickle`."""
        save_pickle(self, path)
