"""Where things stand: offsets into a text, and the lines and columns that they are."""

from __future__ import annotations

import re
from array import array
from bisect import bisect_right
from typing import NamedTuple

from archc.diagnostics import File, Place, Span


class Position(NamedTuple):
    """Where one YAML value stands: from offset `start` up to, not including, `end` in the text.

    `entries` holds the positions of each key and its value in a mapping, `items` those in a list.
    `style` of a scalar is `'`, `"`, `|`, `>`, or empty where it is plain.
    """

    start: int
    end: int
    style: str = ""
    entries: dict[str, tuple[Position, Position]] | None = None
    items: list[Position] | None = None


class Lines:
    """Turns offsets into lines and columns, and parts of the text into places."""

    def __init__(self, file: File) -> None:
        ends = (match.end() for match in re.finditer(r"\r\n?|\n", file.text))
        self.file = file
        self._starts = array("L", [0])
        self._starts.extend(ends)

    def line(self, offset: int) -> int:
        return bisect_right(self._starts, offset)

    def place(self, start: int, end: int) -> Place:
        line, end_line = self.line(start), self.line(end)
        column = start - self._starts[line - 1] + 1
        return Place(self.file, Span(line, column, end_line, end - self._starts[end_line - 1] + 1))
