"""Tables as HTML and LaTeX, and pictures of ranges, points and grids."""

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
# Colours of groups in a picture: those of matplotlib without its grey, which is for all others.
COLOURS = ("C0", "C1", "C2", "C3", "C4", "C5", "C6", "C8", "C9")


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


def points(
    x: Any, y: Any, groups: Sequence[str] | None, labels: tuple[str, str], ax: Any = None
) -> Any:
    """A dot for each pair of `x` and `y`, a colour and a line of the legend for each group; the axes.

    Groups stand in the order of the sum of their `y`; those behind the ninth of more than ten are one, `others`.
    """
    if ax is None:
        _, ax = package("matplotlib.pyplot", "`plot`").subplots(layout="constrained")
    if groups is None:
        ax.plot(x, y, "o", markersize=4, color="black")
    else:
        for k, (name, members) in enumerate(_largest(groups, y)):
            color = COLOURS[k] if k < len(COLOURS) else "0.7"
            ax.plot([x[m] for m in members], [y[m] for m in members], "o", markersize=4, color=color, label=name)
        for text in ax.legend(fontsize="small").get_texts():
            text.set_parse_math(False)
    ax.set_xlabel(labels[0], parse_math=False)
    ax.set_ylabel(labels[1], parse_math=False)
    return ax


def _largest(groups: Sequence[str], y: Any) -> list[tuple[str, list[int]]]:
    """Groups with their members, the largest first."""
    members: dict[str, list[int]] = {}
    for k, group in enumerate(groups):
        members.setdefault(group, []).append(k)
    ordered = sorted(members.items(), key=lambda of: -sum(y[k] for k in of[1]))
    most = len(COLOURS)
    if len(ordered) <= most + 1:
        return ordered
    rest = sorted(k for _, ks in ordered[most:] for k in ks)
    return [*ordered[:most], (f"{len(ordered) - most} others", rest)]


def grid(rows: Sequence[str], columns: Sequence[str], cells: dict[tuple[int, int], str], ax: Any = None) -> Any:
    """Names to the left, heads above, and a box with text for each cell that has one; the axes."""
    if ax is None:
        lines = max((text.count("\n") + 1 for text in cells.values()), default=1)
        size = (1.6 + 1.9 * len(columns), max(1.6, 0.9 + (0.17 + 0.17 * lines) * len(rows)))
        _, ax = package("matplotlib.pyplot", "`plot`").subplots(figsize=size, layout="constrained")
    box = {"boxstyle": "round", "facecolor": "0.9", "edgecolor": "none"}
    for (row, column), text in cells.items():
        ax.text(column, row, text, ha="center", va="center", fontsize="small", parse_math=False, bbox=box)
    ax.set_yticks(range(len(rows)), rows, parse_math=False)
    ax.set_ylim(len(rows) - 0.4, -0.6)
    ax.set_xticks(range(len(columns)), columns, parse_math=False)
    ax.set_xlim(-0.6, len(columns) - 0.4)
    ax.tick_params(length=0, labeltop=True, labelbottom=False)
    return ax
