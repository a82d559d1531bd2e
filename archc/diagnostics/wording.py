"""The words of messages about values: what was expected, and what stands there."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

_TYPES = {
    "bool_type": "true or false",
    "dict_type": "a mapping",
    "finite_number": "a finite number",
    "float_type": "a number",
    "int_type": "an integer",
    "string_type": "text",
    "tuple_type": "a list",
}
_MODELS = {
    "Input": "a shape, such as `[N, 3, 224, 224]`",
    "OutputEntry": "the name of a node, or `{from: NAME}`",
}
_BOUNDS = {
    "greater_than_equal": ("at least", "ge"),
    "greater_than": ("more than", "gt"),
    "less_than_equal": ("at most", "le"),
    "less_than": ("less than", "lt"),
}


def is_bound(kind: str) -> bool:
    """Whether Pydantic's error of this `kind` is about a value's magnitude, not its type."""
    return kind in _BOUNDS


def expected(kind: str, context: Mapping[str, Any]) -> str:
    """What a value should have been, for Pydantic's error of this `kind`: `takes an integer`."""
    if kind in _BOUNDS:
        words, bound = _BOUNDS[kind]
        return f"must be {words} {context[bound]:g}"
    return f"takes {_taken(kind, context)}"


def _taken(kind: str, context: Mapping[str, Any]) -> str:
    if kind in _TYPES:
        return _TYPES[kind]
    if kind == "model_type":
        return _MODELS.get(context["class_name"], "a mapping")
    if kind == "literal_error":
        return str(context["expected"]).replace("'", "`")
    if kind == "too_short":
        entries = "entry" if context["min_length"] == 1 else "entries"
        return f"at least {context['min_length']} {entries}"
    if kind == "string_too_short":
        return "text that is not empty"
    if kind == "string_too_long":
        return f"at most {context['max_length']} characters"
    raise AssertionError(f"no words for the kind {kind}")


def describe_value(value: Any) -> str:
    """A value of a spec in a few words: `the text `1``, `a list`."""
    if value is None:
        return "nothing"
    if isinstance(value, str):
        return f"the text `{value if len(value) <= 40 else value[:39] + '…'}`"
    if isinstance(value, dict):
        return "a mapping"
    if isinstance(value, (list, tuple)):
        return f"a list of {len(value)}"
    return f"`{str(value).lower() if isinstance(value, bool) else value}`"
