"""A YAML document as data, beside the place of everything in it."""

from __future__ import annotations

from dataclasses import dataclass

from archc.diagnostics import File, Place
from archc.source.positions import Lines, Position

YamlPath = tuple[str | int, ...]
"""The way to a value: `("graph", 0, "conv2d")`."""


@dataclass(frozen=True, slots=True)
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

    def path(self, place: Place) -> YamlPath | None:
        """The way to the value whose key, or which itself, stands at `place`."""
        waiting: list[tuple[YamlPath, Position, Position]] = [((), self.root, self.root)]
        while waiting:
            path, key, value = waiting.pop()
            if self.lines.place(key.start, key.end) == place:
                return path
            waiting += [((*path, name), *at) for name, at in (value.entries or {}).items()]
            waiting += [((*path, k), item, item) for k, item in enumerate(value.items or ())]
        return None

    def line(self, path: YamlPath) -> int:
        """The line, from 1, on which the value at `path` starts."""
        return self.lines.line(self._position(path, key=False).start)

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
