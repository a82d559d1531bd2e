"""How the inputs of a spec are written, shown with the sizes that were written otherwise."""

from __future__ import annotations

import re
from typing import Any

_EXAMPLE = "[N, 3, 224, 224]"


def inputs_help(below: tuple[str | int, ...], value: Any) -> str | None:
    """What to write for the `value` that stands under `inputs`, or at the path `below` it."""
    if not below:
        return _table(value)
    if "where" in below[1:]:
        return None
    if isinstance(below[-1], int):
        is_open = value is None or value in (-1, 0, "?")
        return "a size that may be any is a letter: `N`, `H`" if is_open else None
    shape = _shape(value)
    return f"write `{below[0]}: {shape}`" if shape else None


def batch_help(sizes: list[Any], name: str) -> str:
    """What to write for an input whose first size is a number."""
    if len(sizes) == 4:
        return f"write `{name}: {_bracketed(['N', *sizes[1:]])}`: a network serves any batch"
    return f"write `{name}: {_bracketed(['N', *sizes])}`: the batch comes first, and may be any"


def _table(value: Any) -> str:
    """One named input for what stands where the names should."""
    if isinstance(value, list) and value and all(isinstance(each, dict) for each in value):
        names = [each.get("name") or next(iter(each), None) for each in value]
    elif isinstance(value, list) and value and all(isinstance(each, str) for each in value):
        names = [] if value[0] == "N" else value
    else:
        names = [value] if isinstance(value, str) else []
    if names and all(
        isinstance(name, str) and re.fullmatch(r"[A-Za-z_]\w+", name) for name in names
    ):
        listed = ", ".join(f"{name}: {_EXAMPLE}" for name in names)
        return f"write each name and its shape: `inputs: {{{listed}}}`"
    return f"write a name and its shape: `inputs: {{image: {_shape(value) or _EXAMPLE}}}`"


def _shape(value: Any) -> str | None:
    """The shape that is written as `3x32x32`, `(3, 32, 32)`, or as the side of a square."""
    if type(value) is int:
        return f"[N, 3, {value}, {value}]" if value > 0 else None
    if isinstance(value, str):
        spaced = re.sub(r"(?<=\d) *[xX*] *(?=\d)|(?<=^[A-Z])[xX](?=\d)", " ", value)
        value = re.findall(r"[A-Za-z_]\w*|[0-9]+", spaced)
    if not isinstance(value, (list, tuple)) or not value:
        return None
    sizes = [str(size) for size in value]
    if not all(re.fullmatch(r"[A-Za-z_]\w*|[1-9][0-9]*", size) for size in sizes):
        return None
    if len(sizes) > 1 and not sizes[0].isdigit():
        return _bracketed(sizes)
    is_batched = len(sizes) == 4 and sizes[0] == "1"
    return _bracketed(["N", *sizes[is_batched:]])


def _bracketed(sizes: list[Any]) -> str:
    return f"[{', '.join(map(str, sizes))}]"
