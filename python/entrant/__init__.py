"""entrant: if this firm enters this market, who loses what, how do incumbents answer, how sure is that?

`Study` is a study in a folder, `Outcome` its answer; `Problem` is an estimated study bound to tables, `Fit` its
estimates. `entrant.pyblp` has the names
of PyBLP on this engine. The command line is the `entrant` command, or `python -m entrant`.
"""

from ._engine import __version__
from ._problem import Fit, Problem
from ._study import Outcome, Study
from .errors import (
    EntrantError,
    FormulaError,
    InputError,
    MissingPackageError,
    NoResultError,
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
    "MissingPackageError",
    "NoResultError",
    "NotConvergedError",
    "NotIdentifiedError",
    "NotSolvedError",
    "NotStartedError",
    "NotSupportedError",
    "Outcome",
    "Problem",
    "ResourceError",
    "Study",
    "__version__",
]
