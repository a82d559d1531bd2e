"""Each node of a list after those that it reads or asks the size of, before any is built."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from archc.elaborate.entry import Entry, Name, Unrolled
from archc.expression import Expression, ExpressionError, Template, parse
from archc.ops import JOINS


class Ordered(NamedTuple):
    """The entries of a list in an order in which they can be built, and the rings in which entries
    wait for each other, each from its first entry on.
    """

    entries: tuple[Entry, ...]
    rings: tuple[tuple[Entry, ...], ...]


def order(unrolled: Unrolled) -> Ordered:
    """The entries of a list: in the order of the file, but for those that an earlier one needs."""
    entries = unrolled.entries
    found: list[Entry] = []
    rings: list[tuple[Entry, ...]] = []
    waiting: dict[int, Iterator[int]] = {}  # the entries that wait, each for the one behind it
    done: set[int] = set()
    for first in range(len(entries)):
        if first not in done:
            waiting[first] = _needs(entries[first], unrolled.named)
        while waiting:
            last = next(reversed(waiting))
            needed = next((each for each in waiting[last] if each not in done), None)
            if needed is None:
                del waiting[last]
                done.add(last)
                found.append(entries[last])
            elif needed in waiting:
                rings.append(_ring([*waiting], needed, entries))
            else:
                waiting[needed] = _needs(entries[needed], unrolled.named)
    return Ordered(tuple(found), tuple(rings))


def _ring(waiting: Sequence[int], start: int, entries: Sequence[Entry]) -> tuple[Entry, ...]:
    ring = waiting[waiting.index(start) :]
    first = ring.index(min(ring))
    return tuple(entries[each] for each in (*ring[first:], *ring[:first]))


def _needs(entry: Entry, named: Mapping[str, Entry]) -> Iterator[int]:
    """The numbers of the entries that come before an entry."""
    for read in entry.reads:
        if isinstance(read, int):
            yield read
        elif isinstance(read, Name):
            yield from _called(read.text, named)
    if entry.applied is not None:
        yield from _called(entry.applied.text, named)
    written = [gate.condition for gate in entry.gates]
    written += [entry.item.arguments, entry.item.init]
    for name in (name for value in written for name in _sized(value)):
        if name in named:
            yield named[name].order
    if entry.item.seq:
        nodes = entry.items_site.written
        own = {*_names(nodes)}
        for text in dict.fromkeys((*_read(nodes), *_sized(nodes))):
            if own.isdisjoint((text, text.rpartition(".")[0])):
                yield from _called(text, named)


def _called(text: str, named: Mapping[str, Entry]) -> Iterator[int]:
    """The entry that a reference means: a node, or one of a node's results."""
    entry = named.get(text) or named.get(text.rpartition(".")[0])
    if entry is not None:
        yield entry.order


def _names(nodes: Any) -> Iterator[str]:
    """The names in a list of nodes as it is written, and in the lists within it."""
    if isinstance(nodes, list):
        for node in nodes:
            yield from _names(node)
    elif isinstance(nodes, dict):
        if isinstance(nodes.get("name"), str):
            yield nodes["name"]
        for value in nodes.values():
            yield from _names(value)


def _read(nodes: Any) -> Iterator[str]:
    """The references in a list of nodes as it is written."""
    if isinstance(nodes, list):
        for node in nodes:
            yield from _read(node)
    elif isinstance(nodes, dict):
        for key, value in nodes.items():
            if key == "from" or (key in JOINS and isinstance(value, list)):
                yield from (text for text in _strings(value))
            else:
                yield from _read(value)


def _strings(value: Any) -> list[str]:
    return [
        each for each in (value if isinstance(value, list) else [value]) if isinstance(each, str)
    ]


def _sized(written: Any) -> Iterator[str]:
    """The names of the tensors of which the expressions in a value ask the size."""
    if isinstance(written, str):
        if "$" in written:
            yield from _shapes(written)
    elif isinstance(written, list):
        for each in written:
            yield from _sized(each)
    elif isinstance(written, dict):
        for key, each in written.items():
            yield from _sized(key)
            yield from _sized(each)


def _shapes(text: str) -> frozenset[str]:
    try:
        value = parse(text)
    except ExpressionError:  # told where it is evaluated
        return frozenset()
    return value.shapes if isinstance(value, (Expression, Template)) else frozenset()
