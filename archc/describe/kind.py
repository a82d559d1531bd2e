"""The kind of a value in words, from its JSON Schema."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any


def kinds(schema: Mapping[str, Any]) -> tuple[str, ...]:
    """What a schema takes, an alternative each: `an integer of at least 1`, `a list of 2`."""
    alternatives = schema.get("anyOf", [schema])
    return tuple(dict.fromkeys(words for each in alternatives for words in _kinds(each)))


def _kinds(schema: Mapping[str, Any]) -> Iterator[str]:
    if "enum" in schema:
        yield from (f"`{word}`" for word in schema["enum"])
        return
    names = schema.get("type", ())
    for name in (names,) if isinstance(names, str) else names:
        yield _WORDS[name](schema)


def _bounded(noun: str, schema: Mapping[str, Any]) -> str:
    low, high = schema.get("minimum"), schema.get("maximum")
    if low is not None and high is not None:
        return f"{noun} from {low} to {high}"
    return noun if low is None else f"{noun} of at least {low}"


def _list(schema: Mapping[str, Any]) -> str:
    length = schema.get("minItems")
    return f"a list of {length}" if length and length == schema.get("maxItems") else "a list"


_WORDS: Mapping[str, Callable[[Mapping[str, Any]], str]] = {
    "array": _list,
    "boolean": lambda _: "true or false",
    "integer": lambda schema: _bounded("an integer", schema),
    "null": lambda _: "null",
    "number": lambda schema: _bounded("a number", schema),
    "string": lambda _: "text",
}
