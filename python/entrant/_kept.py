"""Copies of objects that never change, and what stands for their pickles."""

from __future__ import annotations

import copy
from typing import Any, NoReturn

from .errors import NotSupportedError


class Kept:
    """An object whose half in the engine is shared by its copies, as nothing changes it."""

    _keep = ""
    """What a caller can save instead."""

    def __copy__(self) -> Any:
        other = type(self).__new__(type(self))
        vars(other).update(vars(self))
        return other

    def __deepcopy__(self, memo: dict[int, Any]) -> Any:
        other = self.__copy__()
        for name, value in vars(self).items():
            if isinstance(value, (dict, list)):  # those that a caller could change
                setattr(other, name, copy.deepcopy(value, memo))
        return other

    def __reduce_ex__(self, protocol: Any) -> NoReturn:
        raise NotSupportedError(f"`{type(self).__name__}` cannot be pickled: keep {self._keep}")
