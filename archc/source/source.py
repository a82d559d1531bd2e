"""A YAML document as data, beside the place of everything in it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from archc.diagnostics import File, Place
from archc.source.positions import Lines, Position

YamlPath = tuple[str | int, ...]
"""The way to a value: `("graph", 0, "conv2d")`."""


@dataclass(frozen=True, slots=True, eq=False)
class Source:
    """A YAML document: its text, its `data`, and the place of everything in it.

    `data` is made of `dict` with `str` keys, `list`, `str`, `int`, `float`, `bool` and `None`.
    """

    file: File
    data: object
    root: Position
    lines: Lines

    def place(self, path: YamlPath, key: bool = False) -> Place:
        """Where the value at `path`, or its key, stands; else the deepest value on the way."""
        position = self._position(path, key)
        return self.lines.place(position.start, position.end)

    def line(self, path: YamlPath) -> int:
        """The line, from 1, on which the value at `path` starts."""
        return self.lines.line(self._position(path, key=False).start)

    def text(self, path: YamlPath) -> str:
        """What is written at `path`, as it is written."""
        position = self._position(path, key=False)
        return self.file.text[position.start : position.end]

    def part(self, path: YamlPath, start: int, end: int, key: bool = False) -> Place:
        """Where characters `start` to `end` of the string at `path`, or of its key, stand.

        The whole of it where its characters are not those of the text: escapes, several lines.
        """
        position = self._position(path, key)
        text = self.file.text[position.start : position.end]
        quotes = len(position.style)
        inner = text[quotes : len(text) - quotes]
        is_verbatim = not any(
            mark in inner for mark in ("\n", "\r", "\\" if position.style == '"' else "''")
        )
        if position.style in ("", "'", '"') and is_verbatim and 0 <= start <= end <= len(inner):
            first = position.start + quotes
            return self.lines.place(first + start, first + end)
        return self.lines.place(position.start, position.end)

    def renamed(self, keys: Mapping[YamlPath, str]) -> Source:
        """The document with other words for the keys at some paths, which stand where they stood.

        The words are not yet in the mappings.
        """
        data, root = copied(self.data), _copied(self.root)
        for path in sorted(keys, key=len, reverse=True):
            here, position, key = data, root, str(path[-1])
            for step in path[:-1]:
                here = here[step]
                position = _below(position, step)
            assert position.entries is not None
            here[keys[path]] = here.pop(key)
            position.entries[keys[path]] = position.entries.pop(key)
        return replace(self, data=data, root=root)

    def _position(self, path: YamlPath, key: bool) -> Position:
        value = key_of_value = self.root
        for step in path:
            if value.entries is not None and isinstance(step, str) and step in value.entries:
                key_of_value, value = value.entries[step]
            elif value.items is not None and isinstance(step, int) and 0 <= step < len(value.items):
                key_of_value = value = value.items[step]
            else:
                return value
        return key_of_value if key else value


def copied(data: Any) -> Any:
    """`data` with lists and mappings of its own."""
    if isinstance(data, dict):
        return {key: copied(value) for key, value in data.items()}
    return [copied(value) for value in data] if isinstance(data, list) else data


def _copied(position: Position) -> Position:
    if position.entries is not None:
        entries = {key: (at, _copied(value)) for key, (at, value) in position.entries.items()}
        return position._replace(entries=entries)
    if position.items is not None:
        return position._replace(items=[_copied(item) for item in position.items])
    return position


def _below(position: Position, step: str | int) -> Position:
    if isinstance(step, int):
        return (position.items or [])[step]
    return (position.entries or {})[step][1]
