"""A spec as it is while somebody writes it: texts that differ from it in one node."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from archc import Spec
from archc.diagnostics import Span
from archc.source import YamlPath

OTHER_WORDS = {"relu": "gelu", "silu": "relu", "conv2d": "conv2", "batch_norm2d": "batchnorm2d"}
"""What stands in the place of an operation: another one, or a slip."""


def edits(text: str) -> list[str]:
    """Texts that differ from `text` in one node of its graph or of a block: another number, truth
    value, expression or operation, a slip of the pen in a name, a node more.
    """
    source = Spec.from_text(text).source
    data: Any = source.data
    bodies = [("graph",), *(("blocks", name, "graph") for name in data.get("blocks", ()))]
    found: dict[str, None] = {}
    for path, key, value in (each for body in bodies for each in _values(data, body)):
        for word in _others(value, key):
            found[_with(text, source.place(path, key=key).span, word)] = None
        span = source.place(path).span
        line = text.splitlines()[span.line - 1]
        if not key and isinstance(path[-1], int) and line[: span.column - 1].strip() == "-":
            before = line[: span.column - 1]
            found[_with(text, Span(span.line, 1, span.line, 1), f"{before}tanh\n")] = None
    return list(found)


def _values(data: Any, path: YamlPath) -> Iterator[tuple[YamlPath, bool, Any]]:
    """All keys, which are marked, and values below `path`."""
    value = data
    for step in path:
        value = value[step]
    yield path, False, value
    steps = value if isinstance(value, dict) else range(len(value)) if _is_list(value) else ()
    for step in steps:
        if isinstance(step, str):
            yield (*path, step), True, step
        yield from _values(data, (*path, step))


def _is_list(value: Any) -> bool:
    return isinstance(value, list)


def _others(value: Any, key: bool) -> list[str]:
    """What may stand in the place of a word or number."""
    if isinstance(value, bool):
        return [str(not value).lower()]
    if isinstance(value, int | float):
        return [str(value + 1), str(value * 2)]
    if not isinstance(value, str):
        return []
    if "$" in value:
        return [] if key else [value.replace("$(", "$(1 * (").replace(")", "))")]
    return [OTHER_WORDS.get(value, value[:-1])]


def _with(text: str, span: Span, word: str) -> str:
    lines = text.splitlines(keepends=True)
    before = "".join(lines[: span.line - 1]) + lines[span.line - 1][: span.column - 1]
    after = lines[span.end_line - 1][span.end_column - 1 :] + "".join(lines[span.end_line :])
    return before + word + after
