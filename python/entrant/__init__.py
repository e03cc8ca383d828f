"""entrant: if this firm enters this market, who loses what, how do incumbents answer, how sure is that?

`Problem` is an estimated study bound to its tables, `Fit` its estimates. `entrant.pyblp` has the names
of PyBLP on this engine. The command line is the `entrant` command, or `python -m entrant`.
"""

from ._engine import __version__
from ._problem import Fit, Problem
from .errors import (
    EntrantError,
    FormulaError,
    InputError,
    NotConvergedError,
    NotIdentifiedError,
    NotSolvedError,
    NotStartedError,
    NotSupportedError,
    ResourceError,
)

__all__ = [
    "EntrantError",
    "Fit",
    "FormulaError",
    "InputError",
    "NotConvergedError",
    "NotIdentifiedError",
    "NotSolvedError",
    "NotStartedError",
    "NotSupportedError",
    "Problem",
    "ResourceError",
    "__version__",
]
