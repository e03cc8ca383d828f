"""`parallel`, which scripts wrap around what they compute."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from ..errors import InputError
from .configurations import note


@contextmanager
def parallel(processes: int, use_pathos: bool = False) -> Iterator[None]:
    """Changes nothing but says so: the engine uses all cores without being asked, in threads of this process.
    Results are the same for any number of threads."""
    if not isinstance(processes, int) or processes < 1:
        raise InputError("`processes` is a positive whole number")
    note("`parallel`: the engine uses all cores in any case, and results do not depend on it")
    yield
