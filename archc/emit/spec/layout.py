"""YAML as people write it: arguments in braces, one node a line.

Values are plain data with two conventions: a list is a list of nodes, each on lines of its own, and
a tuple is a value, in brackets; an empty mapping is an operation without arguments, a mere key.
"""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterator, Mapping
from typing import TypeAlias

from archc.source.scalars import resolve

WIDTH = 100

Scalar = bool | int | float | str | None
Data: TypeAlias = "Scalar | tuple[Data, ...] | list[Data] | dict[str, Data]"


def yaml_text(document: Mapping[str, Data]) -> str:
    """The file; what stands directly below a key of the document is one entry a line."""
    lines: list[str] = []
    for key, value in document.items():
        if isinstance(value, dict):
            lines += [f"{key}:", *_mapping(value, 2)]
        else:
            lines += _entry(key, value, 0)
    return "\n".join(lines) + "\n"


def _mapping(value: Mapping[str, Data], indent: int) -> Iterator[str]:
    for key, inner in value.items():
        yield from _entry(key, inner, indent)


def _entry(key: str, value: Data, indent: int) -> Iterator[str]:
    """`key: value`, on one line where it fits."""
    lead = f"{' ' * indent}{_scalar(key)}:"
    flat = _block_scalar(value) if isinstance(value, str) else _flow(value)
    if flat is not None and (not value or len(lead) + 1 + len(flat) <= WIDTH):
        yield f"{lead} {flat}"
    elif isinstance(value, dict):
        yield lead
        yield from _mapping(value, indent + 2)
    elif isinstance(value, (list, tuple)):
        yield lead
        for item in value:
            yield from _item(item, indent + 2)
    elif isinstance(value, str) and value.isprintable() and value == " ".join(value.split()):
        yield f"{lead} >-"
        yield from textwrap.wrap(
            value,
            WIDTH,
            initial_indent=" " * (indent + 2),
            subsequent_indent=" " * (indent + 2),
            break_long_words=False,
            break_on_hyphens=False,
        )
    else:
        yield f"{lead} {flat}"


def _item(value: Data, indent: int) -> Iterator[str]:
    """`- value`: a node with several keys in braces where it fits, else one key a line."""
    lead = " " * indent + "- "
    flat = None if isinstance(value, dict) and len(value) == 1 else _flow(value)
    if flat is not None and (not isinstance(value, dict) or len(lead) + len(flat) <= WIDTH):
        yield lead + flat
        return
    assert isinstance(value, dict)
    first, *rest = _mapping(value, indent + 2)
    yield lead + first.lstrip()
    yield from rest


def _flow(value: Data) -> str | None:
    """A value on one line; None where it holds nodes."""
    if isinstance(value, list):
        return None if value else "[]"
    if not isinstance(value, (tuple, dict)):
        return _scalar(value)
    if isinstance(value, dict):
        found = [_pair(key, item) for key, item in value.items()]
    else:
        found = [_flow(item) for item in value]
    parts = [part for part in found if part is not None]
    if len(parts) < len(found):
        return None
    inner = ", ".join(parts)
    return f"{{{inner}}}" if isinstance(value, dict) else f"[{inner}]"


def _pair(key: str, value: Data) -> str | None:
    flat = _flow(value)
    return flat and (_scalar(key) if value == {} else f"{_scalar(key)}: {flat}")


# Scalars

_WORD = re.compile(r"[A-Za-z_][\w./-]*|[0-9]+\.\.[0-9]+", re.ASCII)
_PROSE_START = re.compile(r"[A-Za-z_(]")
_OTHER_BOOLEANS = frozenset({"yes", "no", "on", "off"})
"""Words that readers of YAML 1.1 take for true and false."""


def _scalar(value: Scalar) -> str:
    """A value within braces, or a key."""
    if isinstance(value, str):
        return value if _WORD.fullmatch(value) and _is_text(value) else _quoted(value)
    if isinstance(value, bool):
        return "true" if value else "false"
    return "null" if value is None else repr(value)


def _block_scalar(text: str) -> str:
    """A string behind a key: prose goes without quotes."""
    is_plain = (
        _PROSE_START.match(text)
        and text.isprintable()
        and not re.search(r": |:$| #| $", text)
        and _is_text(text)
    )
    return text if is_plain else _scalar(text)


def _is_text(plain: str) -> bool:
    """Whether readers of YAML, old and new, take the text for a string."""
    return resolve(plain) == plain and plain.lower() not in _OTHER_BOOLEANS


def _quoted(text: str) -> str:
    if text.isprintable():
        return "'" + text.replace("'", "''") + "'"
    return '"' + "".join(map(_escaped, text)) + '"'


def _escaped(character: str) -> str:
    if character in '"\\':
        return f"\\{character}"
    if character.isprintable():
        return character
    number = ord(character)
    return f"\\x{number:02x}" if number < 256 else f"\\U{number:08x}"
