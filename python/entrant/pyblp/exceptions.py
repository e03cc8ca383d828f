"""Exceptions of the engine, under the module name that PyBLP scripts use, with all names of PyBLP's.

`Error` is above all of them. A name of PyBLP's that says the same as one of the engine's is that one. The others are
classes that nothing here raises, so that a script that names them runs: most tell of a step of PyBLP's computations
that is no exception here but a status, a warning or a number on the result. All but `Error` and what is the caller's
mistake are below `MultipleErrors`, which catches all that has no result.
"""

from ..errors import (
    EntrantError as Error,
    FormulaError,
    InputError,
    MicroMomentError as MicroMomentsNumericalError,
    MissingPackageError,
    NonpositiveCostError as NonpositiveCostsError,
    NoResultError,
    NotConvergedError,
    NotIdentifiedError,
    NotInvertedError,
    NotSolvedError,
    NotStartedError,
    NotSupportedError,
)

MultipleErrors = NoResultError
"""What PyBLP raises where it has no result."""
DeltaConvergenceError = DeltaNumericalError = NotInvertedError
"""No mean utilities, at which nothing can be evaluated."""
PostEstimationNumericalError = NotSolvedError
"""A market in which something is not determined."""


class SyntheticPricesConvergenceError(NotSolvedError):
    """Prices of a simulation are no certified equilibrium; raised by `Simulation.replace_endogenous`."""


class NonpositiveSyntheticCostsError(NotSolvedError):
    """Costs of a simulation are not positive and have no logarithm; raised by `Simulation.replace_exogenous`."""


# ---- never raised ------------------------------------------------------------------------------


class NumericalError(NoResultError):
    """Above PyBLP's numerical errors."""


class DerivedError(NoResultError):
    """Above PyBLP's errors of other packages."""


class MultipleReversionError(NoResultError):
    """Above PyBLP's reversions, which are no errors here: a search is told the last good value."""


class InversionError(NoResultError):
    """Above PyBLP's errors of decompositions."""


class InversionReplacementError(InversionError):
    """Above PyBLP's errors of inverses: a singular matrix gets a pseudo-inverse here."""


class GenericNumericalError(NumericalError):
    """Never raised: a failure of the mathematics has a name of its own here."""


class InvalidParameterCovariancesError(NoResultError):
    """Never raised: standard errors are `nan` here."""


class InvalidMomentCovariancesError(NoResultError):
    """Never raised: a singular covariance gets a pseudo-inverse here."""


class CostsNumericalError(NumericalError):
    """Never raised: `NonpositiveCostsError`, or `NotStartedError` where markups are not determined."""


class XiByThetaJacobianNumericalError(NumericalError):
    """Never raised: `NotStartedError` where shares do not determine mean utilities."""


class OmegaByThetaJacobianNumericalError(NumericalError):
    """Never raised: `NotStartedError` where markups are not determined."""


class MicroMomentsByThetaJacobianNumericalError(NumericalError):
    """Never raised: `MicroMomentsNumericalError`."""


class MicroMomentCovariancesNumericalError(NumericalError):
    """Never raised: the engine checks covariances when it is given micro moments."""


class SyntheticPricesNumericalError(NumericalError):
    """Never raised: `SyntheticPricesConvergenceError`."""


class SyntheticSharesNumericalError(NumericalError):
    """Never raised: shares exist at all prices here."""


class SyntheticDeltaNumericalError(NumericalError):
    """Never raised: `DeltaConvergenceError`."""


class SyntheticCostsNumericalError(NumericalError):
    """Never raised: `PostEstimationNumericalError`."""


class SyntheticMicroDataNumericalError(NumericalError):
    """Never raised: `InputError` for weights from which nothing can be drawn."""


class SyntheticMicroMomentsNumericalError(NumericalError):
    """Never raised: `MicroMomentsNumericalError`."""


class MicroScoresNumericalError(NumericalError):
    """Never raised: scores of what cannot be chosen are `nan` here."""


class EquilibriumRealizationNumericalError(NumericalError):
    """Never raised: a warning names markets without a certified equilibrium."""


class JacobianRealizationNumericalError(NumericalError):
    """Never raised: a warning names markets without a certified equilibrium."""


class AbsorptionError(DerivedError):
    """Never raised: `InputError` for effects that cannot be absorbed."""


class ClippedSharesError(NoResultError):
    """Never raised: shares are not clipped, but in a contraction on which a function of the caller's iterates."""


class ThetaConvergenceError(NoResultError):
    """Never raised: `ProblemResults.converged` says so."""


class SyntheticDeltaConvergenceError(NoResultError):
    """Never raised: `DeltaConvergenceError`."""


class EquilibriumPricesConvergenceError(NoResultError):
    """Never raised: a warning names markets without a certified equilibrium."""


class ObjectiveReversionError(NoResultError):
    """Never raised: a search is told the last good value, without a word."""


class GradientReversionError(MultipleReversionError):
    """Never raised: as `ObjectiveReversionError`."""


class DeltaReversionError(MultipleReversionError):
    """Never raised: as `ObjectiveReversionError`."""


class CostsReversionError(MultipleReversionError):
    """Never raised: a warning says where costs get a bound."""


class MicroMomentsReversionError(MultipleReversionError):
    """Never raised: as `ObjectiveReversionError`."""


class XiByThetaJacobianReversionError(MultipleReversionError):
    """Never raised: as `ObjectiveReversionError`."""


class OmegaByThetaJacobianReversionError(MultipleReversionError):
    """Never raised: as `ObjectiveReversionError`."""


class MicroMomentsByThetaJacobianReversionError(MultipleReversionError):
    """Never raised: as `ObjectiveReversionError`."""


class HessianEigenvaluesError(InversionError):
    """Never raised: eigenvalues are `nan` here where the Hessian is not finite."""


class ProfitHessianEigenvaluesError(InversionError):
    """Never raised: as `HessianEigenvaluesError`."""


class FittedValuesInversionError(InversionReplacementError):
    """Never raised: a singular matrix gets a pseudo-inverse."""


class SharesByXiJacobianInversionError(InversionReplacementError):
    """Never raised: `NotStartedError`."""


class IntraFirmJacobianInversionError(InversionReplacementError):
    """Never raised: `NotStartedError`, or `PostEstimationNumericalError` after the estimation."""


class PassthroughInversionError(InversionReplacementError):
    """Never raised: `PostEstimationNumericalError`."""


class LinearParameterCovariancesInversionError(InversionReplacementError):
    """Never raised: a singular matrix gets a pseudo-inverse."""


class GMMParameterCovariancesInversionError(InversionReplacementError):
    """Never raised: a singular matrix gets a pseudo-inverse."""


class GMMMomentCovariancesInversionError(InversionReplacementError):
    """Never raised: a singular matrix gets a pseudo-inverse."""


class WaldInversionError(InversionReplacementError):
    """Never raised: a singular matrix gets a pseudo-inverse."""


__all__ = [
    "AbsorptionError",
    "ClippedSharesError",
    "CostsNumericalError",
    "CostsReversionError",
    "DeltaConvergenceError",
    "DeltaNumericalError",
    "DeltaReversionError",
    "DerivedError",
    "EquilibriumPricesConvergenceError",
    "EquilibriumRealizationNumericalError",
    "Error",
    "FittedValuesInversionError",
    "FormulaError",
    "GMMMomentCovariancesInversionError",
    "GMMParameterCovariancesInversionError",
    "GenericNumericalError",
    "GradientReversionError",
    "HessianEigenvaluesError",
    "InputError",
    "IntraFirmJacobianInversionError",
    "InvalidMomentCovariancesError",
    "InvalidParameterCovariancesError",
    "InversionError",
    "InversionReplacementError",
    "JacobianRealizationNumericalError",
    "LinearParameterCovariancesInversionError",
    "MicroMomentCovariancesNumericalError",
    "MicroMomentsByThetaJacobianNumericalError",
    "MicroMomentsByThetaJacobianReversionError",
    "MicroMomentsNumericalError",
    "MicroMomentsReversionError",
    "MicroScoresNumericalError",
    "MissingPackageError",
    "MultipleErrors",
    "MultipleReversionError",
    "NoResultError",
    "NonpositiveCostsError",
    "NonpositiveSyntheticCostsError",
    "NotConvergedError",
    "NotIdentifiedError",
    "NotInvertedError",
    "NotSolvedError",
    "NotStartedError",
    "NotSupportedError",
    "NumericalError",
    "ObjectiveReversionError",
    "OmegaByThetaJacobianNumericalError",
    "OmegaByThetaJacobianReversionError",
    "PassthroughInversionError",
    "PostEstimationNumericalError",
    "ProfitHessianEigenvaluesError",
    "SharesByXiJacobianInversionError",
    "SyntheticCostsNumericalError",
    "SyntheticDeltaConvergenceError",
    "SyntheticDeltaNumericalError",
    "SyntheticMicroDataNumericalError",
    "SyntheticMicroMomentsNumericalError",
    "SyntheticPricesConvergenceError",
    "SyntheticPricesNumericalError",
    "SyntheticSharesNumericalError",
    "ThetaConvergenceError",
    "WaldInversionError",
    "XiByThetaJacobianNumericalError",
    "XiByThetaJacobianReversionError",
]
