"""Tables as HTML and LaTeX, and pictures of ranges."""

from __future__ import annotations

import html
import importlib
from collections.abc import Iterable, Sequence
from typing import Any

from .errors import MissingPackageError

_LATEX = {
    "\\": r"\textbackslash{}", "{": r"\{", "}": r"\}", "$": r"\$", "&": r"\&", "%": r"\%", "#": r"\#", "_": r"\_",
    "~": r"\textasciitilde{}", "^": r"\textasciicircum{}", "<": r"\textless{}", ">": r"\textgreater{}",
}
# How many digits of a number are shown.
DIGITS = 6


def number(value: float | None) -> str:
    """A number to six digits; nothing where there is none."""
    return "" if value is None or value != value else f"{value:.{DIGITS}g}"


def package(name: str, why: str) -> Any:
    """A module of a package that is not required.

    Raises `MissingPackageError` where it is not installed.
    """
    try:
        return importlib.import_module(name)
    except ImportError as e:
        top = name.partition(".")[0]
        raise MissingPackageError(f"{why} needs {top}: `pip install {top}`") from e


def text_table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table as text: the first column to the left, the others to the right.

    >>> print(text_table(["Name", "Value"], [["a", "1"], ["long", "12"]]))
    Name  Value
    a         1
    long     12
    """
    lines = [list(head), *map(list, rows)]
    widths = [max(len(line[k]) for line in lines) for k in range(len(head))]

    def one(cells: Sequence[str]) -> str:
        first, *others = (f"{c:>{w}}" if k else f"{c:<{w}}" for k, (c, w) in enumerate(zip(cells, widths)))
        return "  ".join([first, *others]).rstrip()

    return "\n".join(map(one, lines))


def html_table(caption: str, head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table as HTML; all of its text is escaped.

    >>> html_table("A & B", ["<i>"], [["1"]])
    '<p>A &amp; B</p><table><tr><th>&lt;i&gt;</th></tr><tr><td>1</td></tr></table>'
    """

    def line(cells: Sequence[str], tag: str) -> str:
        return "<tr>" + "".join(f"<{tag}>{html.escape(c)}</{tag}>" for c in cells) + "</tr>"

    body = "".join(line(r, "td") for r in rows)
    return f"<p>{html.escape(caption)}</p><table>{line(head, 'th')}{body}</table>"


def latex_table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    r"""A `tabular` environment; all of its text is escaped.

    >>> print(latex_table(["Name", "Value"], [["a_b", "1"]]))
    \begin{tabular}{lr}
    \hline
    Name & Value \\
    \hline
    a\_b & 1 \\
    \hline
    \end{tabular}
    """

    def line(cells: Sequence[str]) -> str:
        # A line that begins with a bracket would be read as an argument of the one before.
        text = " & ".join("".join(_LATEX.get(c, c) for c in " ".join(cell.split())) for cell in cells)
        return ("{}" if text.startswith(("[", "*")) else "") + text + r" \\"

    parts = [r"\begin{tabular}{l" + "r" * (len(head) - 1) + "}", r"\hline", line(head), r"\hline"]
    return "\n".join([*parts, *map(line, rows), r"\hline", r"\end{tabular}"])


def ranges(names: Sequence[str], values: Sequence[tuple[float, float, float]], label: str, ax: Any = None) -> Any:
    """A line from low to high with a dot between for each name, the first at the top; the axes.

    Names are shown as they are: nothing in them is read as mathematics.
    """
    if ax is None:
        pyplot = package("matplotlib.pyplot", "`plot`")
        _, ax = pyplot.subplots(figsize=(6.4, max(1.6, 0.8 + 0.28 * len(names))), layout="constrained")
    for k, (low, middle, high) in enumerate(values):
        ax.plot([low, high], [k, k], color="0.55", linewidth=2, solid_capstyle="butt")
        ax.plot([middle], [k], "o", color="black", markersize=4)
    ax.axvline(0, color="0.8", linewidth=0.8, zorder=0)
    ax.set_yticks(range(len(names)), names, parse_math=False)
    ax.set_ylim(len(names) - 0.4, -0.6)
    ax.set_xlabel(label, parse_math=False)
    return ax
