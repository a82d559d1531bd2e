"""Names of archc's things as Python names."""

from __future__ import annotations

import keyword
import re
from collections.abc import Container

BUILT_IN = frozenset({"min", "max", "abs", "round", "len", "sum"})
"""Functions that expressions share with Python."""

RESERVED = BUILT_IN | frozenset(
    {
        *("self", "super", "torch", "nn", "F", "Any", "Tensor", "OrderedDict"),
        *("ValueError", "getattr", "range", "tuple"),
    }
)
"""What emitted source calls by its own name, where names of a spec stand beside it."""


def identifier(text: str) -> str:
    """`text` as a variable's name."""
    name = re.sub(r"\W", "_", text, flags=re.ASCII).strip("_") or "x"
    name = f"x{name}" if name[0].isdigit() else name
    return f"{name}_" if keyword.iskeyword(name) or name in RESERVED else name


def class_name(text: str) -> str:
    """`text` in the case of classes: `vgg_block` is `VggBlock`."""
    words = re.split(r"[^A-Za-z0-9]+", text)
    name = "".join(word[:1].upper() + word[1:] for word in words if word) or "Module"
    name = f"Module{name}" if name[0].isdigit() else name
    return f"{name}_" if keyword.iskeyword(name) or name in RESERVED else name


def unique(name: str, taken: Container[str]) -> str:
    """`name`, with a number behind it if it is taken."""
    candidate, number = name, 2
    while candidate in taken:
        candidate = f"{name}{number}"
        number += 1
    return candidate
