"""entrant: if this firm enters this market, who loses what, how do incumbents answer, how sure is that?

`Study` is a study in a folder, `Outcome` its answer. `Panel` is tables, `Problem` an estimated study bound to them,
`Fit` its estimates. `Economy` is markets at known parameters, of a study or of a fit, and `Scenario` what changes in
them. `entrant.pyblp` has the names of PyBLP on this engine. The command line is the `entrant` command, or `python -m entrant`.
"""

from ._engine import __version__
from ._economy import Economy
from ._panel import Panel
from ._problem import Fit, Problem
from ._scenario import Scenario
from ._study import Outcome, Study
from .errors import (
    EntrantError,
    FormulaError,
    InputError,
    MicroMomentError,
    MissingPackageError,
    NonpositiveCostError,
    NoResultError,
    NotConvergedError,
    NotIdentifiedError,
    NotInvertedError,
    NotSolvedError,
    NotStartedError,
    NotSupportedError,
    ResourceError,
)

__all__ = [
    "Economy",
    "EntrantError",
    "Fit",
    "FormulaError",
    "InputError",
    "MicroMomentError",
    "MissingPackageError",
    "NoResultError",
    "NonpositiveCostError",
    "NotConvergedError",
    "NotIdentifiedError",
    "NotInvertedError",
    "NotSolvedError",
    "NotStartedError",
    "NotSupportedError",
    "Outcome",
    "Panel",
    "Problem",
    "ResourceError",
    "Scenario",
    "Study",
    "__version__",
]
