"""Exceptions of the engine, under the module name that PyBLP scripts use."""

from ..errors import (
    EntrantError as Error,
    FormulaError,
    InputError,
    NotIdentifiedError,
    NotSolvedError,
    NotStartedError,
    NotSupportedError,
)

__all__ = [
    "Error",
    "FormulaError",
    "InputError",
    "NotIdentifiedError",
    "NotSolvedError",
    "NotStartedError",
    "NotSupportedError",
]
