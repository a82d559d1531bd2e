"""Graphs of blocks that are kept from one elaboration to the next.

What a block gives depends on its text, the values of its parameters, the shapes of its inputs and
what the document declares of sizes and initialisers, and on nothing else: so a text that was
changed in one node, or another candidate of a search, elaborates anew only what the change reaches.
Nodes say where they are written by their way in the file, which stays when lines move.
"""

from __future__ import annotations

import marshal
import re
from collections import OrderedDict
from collections.abc import Hashable, Mapping
from functools import lru_cache
from typing import Any, NamedTuple

from archc.document.loader import Unit
from archc.document.salvage import texts
from archc.network import Graph, Module
from archc.source import Source

MOST_KEPT = 2_000
"""How many graphs are kept, those that were used last."""


class Kept(NamedTuple):
    """A block's graph; and what it cost and called, which counts again where it is used again.

    `height` is how deep modules nest in it, `files` are the files of built-in blocks in it.
    """

    graph: Graph
    nodes: int
    atoms: int
    called: frozenset[str]
    files: Mapping[str, Source]
    height: int


_kept: OrderedDict[Hashable, Kept] = OrderedDict()


def find(key: Hashable) -> Kept | None:
    """The graph that is kept under a key."""
    found = _kept.get(key)
    if found is not None:
        _kept.move_to_end(key)
    return found


def keep(key: Hashable, kept: Kept) -> None:
    """Keeps a graph; the one that was unused for longest may go."""
    _kept[key] = kept
    if len(_kept) > MOST_KEPT:
        _kept.popitem(last=False)


def forget() -> None:
    """Drops all that is kept."""
    _kept.clear()


def height(graph: Graph) -> int:
    """How deep modules nest in a graph."""
    inner = (node.what.graph for node in graph.nodes if isinstance(node.what, Module))
    return max((1 + height(each) for each in inner), default=0)


class BlockTexts(NamedTuple):
    """What the blocks of a file say, and of those that it uses; and which names they evaluate."""

    texts: Hashable
    names: frozenset[str]


def block_texts(unit: Unit) -> BlockTexts | None:
    """What the blocks say that a call of one in this file may reach; None where something is
    broken.
    """
    units = (unit, *unit.used.values())
    if any(each.broken or each.mistakes for each in units):
        return None
    texts = [(each.source.file.name, _blocks(each.source.data)) for each in units]
    return BlockTexts(tuple(texts), frozenset().union(*(_names(text) for _, text in texts)))


def _blocks(data: Any) -> bytes:
    return marshal.dumps({key: data.get(key) for key in ("params", "blocks", "use")}, 2)


@lru_cache(maxsize=64)
def _names(blocks: bytes) -> frozenset[str]:
    """The names in the expressions of blocks."""
    found: set[str] = set()
    for text in texts(marshal.loads(blocks)["blocks"]):
        if "$" in text:
            found.update(re.findall("[A-Za-z_][A-Za-z0-9_]*", text))
    return frozenset(found)


def frozen(value: Any) -> Hashable:
    """A value of a spec so that it can be a key: `1`, `1.0` and `true` are three."""
    if isinstance(value, list):
        return tuple(map(frozen, value))
    if isinstance(value, Mapping):
        return tuple((key, frozen(each)) for key, each in value.items())
    return (type(value), value)
