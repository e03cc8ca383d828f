"""Exceptions: `EntrantError` and what is below it.

A mistake of the caller is an `InputError`. What the mathematics finds (a search that did not
converge, a parameter that the data do not determine) is no exception but a status on the result;
`NoResultError` and what is below it are for calls that have no result at all.
"""

from __future__ import annotations

from typing import Any


class EntrantError(Exception):
    """Everything that this package raises itself."""


class InputError(EntrantError, ValueError):
    """A mistake in a study, a formula or a table.

    `problems` lists every mistake that was found, each a dictionary with the keys `file`, `line`,
    `path`, `value`, `message` and `hint`.
    """

    problems: list[dict[str, Any]]

    def __init__(self, message: str, problems: list[dict[str, Any]] | None = None) -> None:
        super().__init__(message)
        self.problems = problems or []

    @classmethod
    def of(cls, problems: list[dict[str, Any]]) -> InputError:
        """One exception for all mistakes."""
        return cls("\n".join(map(_line, problems)) or "bad input", problems)


class FormulaError(InputError):
    """A formula that cannot be read, or does not fit its table."""


class NotSupportedError(EntrantError, NotImplementedError):
    """Something that this package does not do, named in the message."""


class NoResultError(EntrantError):
    """A call has no result, and the mathematics is why."""


class NotIdentifiedError(NoResultError):
    """The data do not determine the parameters."""


class NotStartedError(NoResultError):
    """Nothing can be evaluated at the starting values."""


class NotInvertedError(NotStartedError):
    """No mean utilities give the shares of a market."""


class NonpositiveCostError(NotStartedError):
    """A marginal cost is not positive, and its logarithm is needed."""


class MicroMomentError(NotStartedError):
    """A micro moment, or a derivative of one, is not a number."""


class NotSolvedError(NoResultError):
    """A market has no answer."""


class ResourceError(EntrantError):
    """Threads, memory or disk space ran out."""


class MissingPackageError(EntrantError, ImportError):
    """A package that is not installed is needed, as `matplotlib` for `plot`."""


class NotConvergedError(NoResultError):
    """What `Fit.require_converged` raises."""


def _line(problem: dict[str, Any]) -> str:
    place, path = problem["file"] or "", problem["path"]
    if problem["line"] is not None:
        place = f"{place}, row {problem['line']}" if place in ("products", "consumers") else f"{place}:{problem['line']}"
    row = f"row {problem['line']}, "
    if path and path.startswith(row) and place.endswith(row[:-2]):
        path = path[len(row) :]  # the row stands in the place already
    where = ", ".join(part for part in (place, path) if part)
    text = f"{where}: {problem['message']}" if where else problem["message"]
    if problem["value"] and f"`{problem['value']}`" not in text:
        text += f": `{problem['value']}`"
    return f"{text} ({problem['hint']})" if problem["hint"] else text
