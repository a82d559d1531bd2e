"""Warnings about what a spec says and nothing needs."""

from __future__ import annotations

from collections.abc import Container, Iterator
from functools import lru_cache
from typing import Any

from archc.diagnostics import Code, Diagnostic, catalogue
from archc.document.loader import Unit
from archc.expression import Expression, ExpressionError, Template, parse
from archc.source import YamlPath


def unused(unit: Unit, called: Container[str]) -> tuple[Diagnostic, ...]:
    """Parameters and blocks of a spec that nothing in its text names, and operations of its `init`
    that are not among those `called`; in file order.
    """
    found = [
        _warning(
            unit,
            catalogue.UNUSED_INIT,
            ("init", operation),
            f"the network has no `{operation}` to start",
        )
        for operation in unit.document.init
        if operation not in called
    ]
    return tuple(sorted((*_unnamed(unit), *found), key=lambda diagnostic: diagnostic.place.span))


@lru_cache(maxsize=8)
def _unnamed(unit: Unit) -> tuple[Diagnostic, ...]:
    """Parameters and blocks that nothing in the text names, whatever is given."""
    document = unit.document
    texts = frozenset(_texts(unit.source.data))
    used = set().union(*(_names(text) for text in texts))
    found = [
        _warning(
            unit,
            catalogue.UNUSED_PARAMETER,
            ("params", name),
            f"nobody uses the parameter `{name}`",
        )
        for name in document.params
        if name not in used
    ]
    for block, body in document.blocks.items():
        # A block may be chosen by a parameter, so any text that is its name counts.
        if block not in texts:
            message = f"nobody uses the block `{block}`"
            found.append(_warning(unit, catalogue.UNUSED_BLOCK, ("blocks", block), message))
        own = set().union(
            *(_names(text) for text in _texts(_at(unit.source.data, ("blocks", block))))
        )
        found += [
            _warning(
                unit,
                catalogue.UNUSED_PARAMETER,
                ("blocks", block, "params", name),
                f"the block `{block}` does not use its parameter `{name}`",
            )
            for name in body.params
            if name not in own
        ]
    return tuple(found)


def _warning(unit: Unit, code: Code, path: YamlPath, message: str) -> Diagnostic:
    return Diagnostic(code, message, unit.source.place(path, key=True), help="remove it")


def _at(data: Any, path: YamlPath) -> Any:
    for step in path:
        data = data[step]
    return data


def _texts(data: Any) -> Iterator[str]:
    """All strings and keys in `data`, but for the names that declare parameters and blocks."""
    if isinstance(data, str):
        yield data
    elif isinstance(data, list):
        for item in data:
            yield from _texts(item)
    elif isinstance(data, dict):
        for key, value in data.items():
            if key == "blocks" and isinstance(value, dict):
                for body in value.values():
                    yield from _texts(body)
                continue
            if key not in ("summary", "source"):
                yield key
                yield from _texts(value)


def _names(text: str) -> frozenset[str]:
    """The names that the expressions in a text use."""
    if "$" not in text:
        return frozenset()
    try:
        value = parse(text)
    except ExpressionError:
        return frozenset()
    return value.names if isinstance(value, (Expression, Template)) else frozenset()
