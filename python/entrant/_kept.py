"""Copies of objects that never change, and what stands for their pickles."""

from __future__ import annotations

import copy
from typing import Any, NoReturn

from .errors import NotSupportedError


class Kept:
    """An object that nothing changes, so that copies share its half in the engine: its attributes cannot be set."""

    _keep = ""
    """What a caller can save instead."""

    def __setattr__(self, name: str, value: object) -> None:
        if not name.startswith("_"):
            raise AttributeError(f"a `{type(self).__name__}` never changes: `{name}` cannot be set")
        object.__setattr__(self, name, value)

    def __delattr__(self, name: str) -> None:
        raise AttributeError(f"a `{type(self).__name__}` never changes: `{name}` cannot be deleted")

    def __copy__(self) -> Any:
        other = type(self).__new__(type(self))
        vars(other).update(vars(self))
        return other

    def __deepcopy__(self, memo: dict[int, Any]) -> Any:
        other = self.__copy__()
        for name, value in vars(self).items():
            if isinstance(value, (dict, list)):  # those that a caller could change
                vars(other)[name] = copy.deepcopy(value, memo)
        return other

    def __reduce_ex__(self, protocol: Any) -> NoReturn:
        raise NotSupportedError(f"`{type(self).__name__}` cannot be pickled: keep {self._keep}")
