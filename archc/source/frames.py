"""Lists and mappings whose end is still to come."""

from __future__ import annotations

from archc.source.positions import Position


class List:
    """A list whose end is still to come; `is_garbled` by what a cut expression leaves in it."""

    def __init__(self, start: int, end: int, is_flow: bool) -> None:
        self.start, self.end, self.is_flow, self.is_garbled = start, end, is_flow, False
        self.values: list[object] = []
        self.items: list[Position] = []

    def position(self, end: int) -> Position:
        return Position(self.start, end, items=self.items)


class Mapping:
    """A mapping whose end is still to come; while it waits for a value, `key` is its key's place.

    `name` is the key itself, `None` where it is refused: its value is dropped.
    """

    def __init__(self, start: int, end: int, is_flow: bool) -> None:
        self.start, self.end, self.is_flow, self.is_garbled = start, end, is_flow, False
        self.values: dict[str, object] = {}
        self.entries: dict[str, tuple[Position, Position]] = {}
        self.key: Position | None = None
        self.name: str | None = None

    def position(self, end: int) -> Position:
        return Position(self.start, end, entries=self.entries)
