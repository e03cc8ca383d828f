"""The text of a study file from nested dictionaries."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from typing import Any

import numpy as np


def dumps(study: Mapping[str, Any]) -> str:
    """Nested dictionaries as TOML; keys whose value is `None` are left out."""
    lines: list[str] = []
    _table(study, (), lines)
    return "\n".join(lines) + "\n"


def _table(table: Mapping[str, Any], path: tuple[str, ...], lines: list[str]) -> None:
    inner: list[tuple[str, Any]] = []
    if path:
        lines.append(f"[{'.'.join(map(_key, path))}]")
    for key, value in table.items():
        if isinstance(value, Mapping) or _is_tables(value):
            inner.append((key, value))
        elif value is not None:
            lines.append(f"{_key(key)} = {literal(value)}")
    for key, value in inner:
        if isinstance(value, Mapping):
            _table(value, (*path, key), lines)
            continue
        for one in value:
            lines.append(f"[[{'.'.join(map(_key, (*path, key)))}]]")
            lines.extend(f"{_key(k)} = {literal(v)}" for k, v in one.items() if v is not None)


def _is_tables(value: Any) -> bool:
    return isinstance(value, (list, tuple)) and bool(value) and all(isinstance(v, Mapping) for v in value)


def _key(key: str) -> str:
    plain = key and all(c.isascii() and (c.isalnum() or c in "-_") for c in key)
    return key if plain else json.dumps(key, ensure_ascii=False)


def literal(value: Any) -> str:
    """A value as it stands behind the `=` of a key."""
    if isinstance(value, (bool, np.bool_)):
        return "true" if value else "false"
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
    if isinstance(value, (int, np.integer)):
        return str(int(value))
    if isinstance(value, (float, np.floating)):
        return _number(float(value))
    if isinstance(value, np.ndarray):
        return literal(value.tolist())
    if isinstance(value, Mapping):
        inner = ", ".join(f"{_key(k)} = {literal(v)}" for k, v in value.items() if v is not None)
        return f"{{ {inner} }}"
    if isinstance(value, (list, tuple)):
        return f"[{', '.join(map(literal, value))}]"
    raise TypeError(f"`{type(value).__name__}` has no place in a study")


def _number(value: float) -> str:
    if math.isnan(value):
        return "nan"
    if math.isinf(value):
        return "inf" if value > 0 else "-inf"
    text = repr(value)
    return text if any(c in text for c in ".en") else f"{text}.0"
