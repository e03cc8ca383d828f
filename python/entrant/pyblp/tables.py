"""Tables as text: centred columns between rules."""

from __future__ import annotations

import datetime
from collections.abc import Sequence

import numpy as np

from . import options


def table(title: str, header: Sequence[Sequence[str]], rows: Sequence[Sequence[str]]) -> str:
    """A table; the header has a list of lines for each column."""
    height = max(map(len, header))
    heads = [[*column, *[""] * (height - len(column))] for column in header]
    widths = [max(map(len, [*h, *(r[c] for r in rows)])) for c, h in enumerate(heads)]

    def line(cells: Sequence[str]) -> str:
        return "  ".join(f"{cell:^{w}}" for cell, w in zip(cells, widths))

    rule = "=" * (sum(widths) + 2 * (len(widths) - 1))
    lines = [line([h[k] for h in heads]) for k in range(height)]
    # A column that separates others has no line under its head.
    under = "  ".join(h[0] if set("".join(h)) == {"|"} else "-" * w for h, w in zip(heads, widths))
    return "\n".join([f"{title}:", rule, *lines, under, *map(line, rows), rule])


def number(value: float) -> str:
    """A number with its sign, in scientific form."""
    if np.isnan(value):
        return "NAN"
    if np.isinf(value):
        return "+INF" if value > 0 else "-INF"
    return f"{value:+.{options.digits - 1}E}"


def error(value: float) -> str:
    """A standard error in brackets; nothing where there is none."""
    return "" if np.isnan(value) else f"({number(value)})"


def seconds(value: float) -> str:
    """A time as hours, minutes and seconds."""
    return str(datetime.timedelta(seconds=int(value))).zfill(8)


def say(text: str) -> None:
    """Prints, if anything is to be printed."""
    if options.verbose:
        options.verbose_output(text)


def estimates(title: str, labels: Sequence[str], values: np.ndarray, errors: np.ndarray | None) -> str:
    """One row of numbers with their standard errors below."""
    side = "" if errors is None else " "
    rows = [[f"{side}{number(v)}{side}" for v in values.ravel()]]
    if errors is not None:
        rows.append([error(e) for e in errors.ravel()])
    return table(title, [[label] for label in labels], rows)


def square(title: str, labels: Sequence[str], values: np.ndarray, errors: np.ndarray) -> str:
    """A matrix with the same names for rows and columns, standard errors below."""
    rows: list[list[str]] = []
    for label, of, by in zip(labels, values, errors):
        rows += [[label, *(f" {number(v)} " for v in of)], ["", *map(error, by)]]
    return table(title, [[""], *([label] for label in labels)], rows)


def nonlinear(title: str, results: dict, errors: bool) -> str:
    """Sigma and Pi side by side."""
    random, demographics = results["random"], results["demographics"]
    header = [["Sigma:"], *([label] for label in random)]
    if demographics:
        header += [["|"], ["Pi:"], *([label] for label in demographics)]
    rows: list[list[str]] = []
    side = " " if errors else ""
    for k, label in enumerate(random):
        cells = [f"{side}{number(results['sigma'][k, c])}{side}" if c <= k else "" for c in range(len(random))]
        if demographics:
            cells += ["|", label, *(f"{side}{number(v)}{side}" for v in results["pi"][k])]
        rows.append([label, *cells])
        if errors:
            rows.append(["", *_errors(results, k)])
            if k + 1 < len(random):
                rows.append(["|" if h == ["|"] else "" for h in header])
    return table(title, header, rows)


def _errors(results: dict, k: int) -> list[str]:
    """Standard errors of one row of Sigma and Pi."""
    of_sigma = results["sigma_se"][k]
    below = [error(e) if c <= k else "" for c, e in enumerate(of_sigma)]
    if results["demographics"]:
        below += ["|", "", *map(error, results["pi_se"][k])]
    return below


def rho_labels(problem: object, count: int) -> list[str]:
    """Names of the nesting parameters."""
    return ["All Groups"] if count == 1 else [str(n) for n in problem.unique_nesting_ids]  # type: ignore[attr-defined]
