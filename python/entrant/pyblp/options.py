"""Settings. Those that only say how PyBLP goes about a computation are there to be read and set, and
change nothing: what each does is said with it."""

from typing import Any

import numpy as _np

digits: int = 7
"""Significant digits of numbers in tables."""

verbose: bool = True
"""Whether progress and results are printed."""

progress: Any = None
"""How searches and the bootstrap show where they stand, beyond PyBLP: `None` is a bar in a notebook and nothing
elsewhere, `True` the bar or a line on the standard error output, `False` nothing; a function is called instead, with
`(step, evaluations, objective)` by a search and with `(stage, done, total)` by the bootstrap."""

verbose_tracebacks: bool = False
"""Changes nothing: errors keep their tracebacks."""

verbose_output = print
"""What prints them."""

flush_output: bool = False
"""Changes nothing: `verbose_output` may flush what it prints."""

dtype: Any = _np.float64
"""The type of numbers. The engine has doubles and no other; with another type here `Problem` says so."""

finite_differences_epsilon: float = float(_np.sqrt(_np.finfo(_np.float64).eps))
"""The step of derivatives of the objective by differences, where they are asked for."""

pseudo_inverses: bool = True
"""Changes nothing: singular matrices get a pseudo-inverse."""

weights_tol: float = 1e-10
"""Changes nothing: weights may differ from one."""

singular_tol: float = float(1 / _np.finfo(_np.float64).eps)
"""Changes nothing: condition numbers are printed with results."""

collinear_atol: float = 1e-10
"""Changes nothing: the engine checks the rank of every matrix in its own way."""

collinear_rtol: float = 1e-10
"""Changes nothing, as `collinear_atol`."""

psd_atol: float = 1e-8
"""How far from positive semidefinite a covariance of micro moments may be."""

psd_rtol: float = 1e-8
"""Changes nothing, as `collinear_atol`."""

stable_atol: float = 1e-8
"""How near to one the eigenvalues of `phi` in a simulation may be."""

stable_rtol: float = 1e-8
"""Changes nothing, as `collinear_atol`."""

detect_micro_collinearity: bool = False
"""Changes nothing: the covariance of micro moments is looked at in any case."""

micro_computation_chunks: int = 1
"""Changes nothing: no array of pairs of products is made that could be cut."""

drop_product_fields: bool = False
"""Changes nothing: the engine keeps its own tables."""
