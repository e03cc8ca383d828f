"""How long calls show where they stand: a bar in a notebook, a line on a terminal."""

from __future__ import annotations

import contextvars
import html
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, TypeAlias

from ._show import number

Progress: TypeAlias = bool | Callable[..., object] | None
"""What a long call is asked to show.

`None`: a bar in a notebook, nothing elsewhere. `True`: the bar in a notebook, a line on the standard error output
elsewhere. `False`: nothing. A function: it is called instead.
"""

# A call in a notebook that takes no longer shows nothing by itself, in seconds.
PATIENCE = 0.5
# Between two pictures of the same stage, in seconds: on screens that are drawn over, and where lines stay.
OFTEN, SELDOM = 0.1, 5.0
_WIDTH = 30
# A row as far from the margin as other outputs of a cell; digits do not move as they change.
_ROW = (
    '<div style="display: flex; align-items: center; gap: 0.6em; padding: 0.3em 0.5em; '
    'font-variant-numeric: tabular-nums">'
)


@contextmanager
def of_stages(progress: Progress) -> Iterator[Callable[[str, int, int], object] | None]:
    """What to call with `(stage, done, total)`, if anything; `total` is 0 where nobody knows it."""
    with _shown(progress) as (bar, own):
        yield own if bar is None else bar.stage


@contextmanager
def of_search(progress: Progress) -> Iterator[Callable[[int, int, float], object] | None]:
    """What to call with `(step, evaluations, objective)`, if anything."""
    with _shown(progress) as (bar, own):
        yield own if bar is None else bar.search


@contextmanager
def _shown(progress: Progress) -> Iterator[tuple[_Bar | None, Callable[..., object] | None]]:
    """A bar, or the caller's own function. The bar goes away when the call ends, in whatever way."""
    if callable(progress):
        yield None, progress
        return
    if progress is not None and not isinstance(progress, bool):
        raise TypeError("`progress` is True, False, None or a function")
    screen = _screen(progress)
    if screen is None:
        yield None, None
        return
    bar = _Bar(screen, 0.0 if progress else PATIENCE)
    try:
        yield bar, None
    finally:
        bar.close()


def _screen(progress: bool | None) -> _Notebook | _Stream | None:
    if progress is False:
        return None
    ipython = sys.modules.get("IPython")  # where a notebook runs it is loaded
    if ipython is not None and getattr(ipython.get_ipython(), "kernel", None) is not None:
        return _Notebook(ipython.display.display)
    return _Stream(sys.stderr) if progress else None


class _Notebook:
    """An output of the cell that is drawn over and emptied in the end."""

    every = OFTEN

    def __init__(self, display: Callable[..., Any]) -> None:
        self._display, self._handle = display, None
        # The cell that the call belongs to: the engine calls from threads of its own.
        self._context = contextvars.copy_context()

    def show(self, text: str, part: float | None) -> None:
        at = "" if part is None else f' value="{part:.4f}"'
        self._put({"text/plain": text, "text/html": f"{_ROW}<progress{at}></progress> {html.escape(text)}</div>"})

    def close(self) -> None:
        if self._handle is not None:
            self._put({"text/plain": "", "text/html": ""})

    def _put(self, data: dict[str, str]) -> None:
        if self._handle is None:
            self._handle = self._context.run(self._display, data, raw=True, display_id=True)
        else:
            self._context.run(self._handle.update, data, raw=True)


class _Stream:
    """A line of text: drawn over and erased in the end on a terminal, below one another elsewhere."""

    def __init__(self, stream: Any) -> None:
        self._stream, self._over = stream, stream.isatty()
        self.every, self._any = OFTEN if self._over else SELDOM, False

    def show(self, text: str, part: float | None) -> None:
        self._any = True
        if part is not None and self._over:
            full = int(part * _WIDTH)
            text = f"[{'#' * full}{'-' * (_WIDTH - full)}] {text}"
        self._write(f"\r{text}\x1b[K" if self._over else f"{text}\n")

    def close(self) -> None:
        if self._any and self._over:
            self._write("\r\x1b[K")

    def _write(self, text: str) -> None:
        self._stream.write(text)
        self._stream.flush()


class _Bar:
    """Where a call stands. It may be told from any thread."""

    def __init__(self, screen: _Notebook | _Stream, patience: float) -> None:
        self._screen, self._lock = screen, threading.Lock()
        self._began = time.monotonic()
        self._next, self._patient = self._began, self._began + patience
        self._stage: str | int | None = None

    def stage(self, stage: str, done: int, total: int) -> None:
        self._tell(stage, f"{stage} {done}/{total}" if total else f"{stage} {done}", done / total if total else None)

    def search(self, step: int, evaluations: int, objective: float) -> None:
        value = number(objective) or "none"
        self._tell(step, f"step {step}, {evaluations} evaluations, objective {value}", None)

    def _tell(self, stage: str | int, text: str, part: float | None) -> None:
        with self._lock:
            now = time.monotonic()
            if now < self._patient or (now < self._next and stage == self._stage):
                return
            self._stage, self._next = stage, now + self._screen.every
            minutes, seconds = divmod(int(now - self._began), 60)
            self._screen.show(f"{text} ({minutes}:{seconds:02})", part)

    def close(self) -> None:
        with self._lock:
            self._screen.close()
