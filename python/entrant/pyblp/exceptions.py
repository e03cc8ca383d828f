"""Exceptions of the engine, under the module name that PyBLP scripts use.

Those of PyBLP's names are there that say the same as one of the engine's. PyBLP's other names tell of
things that are no exception here but a status or a warning; asking for one says so.
"""

from ..errors import (
    EntrantError as Error,
    FormulaError,
    InputError,
    MissingPackageError,
    NoResultError,
    NotConvergedError,
    NotIdentifiedError,
    NotSolvedError,
    NotStartedError,
    NotSupportedError,
)

MultipleErrors = NoResultError
"""What PyBLP raises where it has no result."""
DeltaConvergenceError = DeltaNumericalError = NotStartedError
"""No mean utilities, at which nothing can be evaluated."""
PostEstimationNumericalError = NotSolvedError
"""A market in which something is not determined."""

__all__ = [
    "DeltaConvergenceError",
    "DeltaNumericalError",
    "Error",
    "FormulaError",
    "InputError",
    "MissingPackageError",
    "MultipleErrors",
    "NoResultError",
    "NotConvergedError",
    "NotIdentifiedError",
    "NotSolvedError",
    "NotStartedError",
    "NotSupportedError",
    "PostEstimationNumericalError",
]


def __getattr__(name: str) -> object:
    text = f"module `entrant.pyblp.exceptions` has no attribute `{name}`"
    if name.endswith("Error") and not name.startswith("_"):
        text += ": nothing here raises it; `MultipleErrors` catches all that has no result, see docs/pyblp-compat.md"
    raise AttributeError(text)
