"""Lists and mappings whose end is still to come."""

from __future__ import annotations

from dataclasses import dataclass, field

from archc.source.positions import Position


@dataclass
class List:
    """A list whose end is still to come; `is_garbled` by what a cut expression leaves in it."""

    start: int
    end: int
    is_flow: bool
    is_garbled: bool = False
    values: list[object] = field(default_factory=list)
    items: list[Position] = field(default_factory=list)

    def position(self, end: int) -> Position:
        return Position(self.start, end, items=self.items)


@dataclass
class Mapping:
    """A mapping whose end is still to come; while it waits for a value, `key` is its key's place.

    `name` is the key itself, `None` where it is refused: its value is dropped.
    """

    start: int
    end: int
    is_flow: bool
    is_garbled: bool = False
    values: dict[str, object] = field(default_factory=dict)
    entries: dict[str, tuple[Position, Position]] = field(default_factory=dict)
    key: Position | None = None
    name: str | None = None

    def position(self, end: int) -> Position:
        return Position(self.start, end, entries=self.entries)
