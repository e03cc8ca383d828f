"""The names of PyBLP 1.3.0 on the engine of entrant.

`import entrant.pyblp as pyblp` runs a script that was written for PyBLP (Conlon and Gortmaker 2020), as
far as `docs/pyblp-compat.md` says. What is not there raises `entrant.NotSupportedError` and says so;
where an argument changes how PyBLP goes about a computation but not its result, a
`CompatibilityWarning` says that this engine goes about it in its own way.
"""

from . import data, exceptions, options
from .bootstrap import BootstrappedResults
from .configurations import CompatibilityWarning, Iteration, Optimization
from .construction import (
    build_blp_instruments,
    build_differentiation_instruments,
    build_id_data,
    build_integration,
    build_matrix,
    build_ownership,
    data_to_dict,
)
from .formulation import Formulation
from .importance import ImportanceSamplingProblem, ImportanceSamplingResults
from .integration import Integration
from .micro import MicroDataset, MicroMoment, MicroPart
from .optimal import OptimalInstrumentProblem, OptimalInstrumentResults
from .parallelism import parallel
from .primitives import Agents, Products
from .problem import Problem
from .results import ProblemResults
from .saved import read_pickle, save_pickle
from .simulated import SimulationResults
from .simulation import Simulation
from .solving import OptimizationProgress

__version__ = "1.3.0"  # whose semantics these are

__all__ = [
    "Agents",
    "BootstrappedResults",
    "CompatibilityWarning",
    "Formulation",
    "ImportanceSamplingProblem",
    "ImportanceSamplingResults",
    "Integration",
    "Iteration",
    "MicroDataset",
    "MicroMoment",
    "MicroPart",
    "OptimalInstrumentProblem",
    "OptimalInstrumentResults",
    "Optimization",
    "OptimizationProgress",
    "Problem",
    "ProblemResults",
    "Products",
    "Simulation",
    "SimulationResults",
    "__version__",
    "build_blp_instruments",
    "build_differentiation_instruments",
    "build_id_data",
    "build_integration",
    "build_matrix",
    "build_ownership",
    "data",
    "data_to_dict",
    "exceptions",
    "options",
    "parallel",
    "read_pickle",
    "save_pickle",
]
