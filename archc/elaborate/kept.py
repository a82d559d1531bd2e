"""Results that are kept from one elaboration to the next: graphs of blocks, calls of operations.

What a block gives depends on its text and that of the blocks that it calls, the values of its
parameters and of those of its file that it names, the shapes of its inputs and what the document
declares of sizes and initialisers, and on nothing else; what an operation gives, on the values of
its fields, its inputs' shapes and the declared sizes. So a text that was changed in one node, or
another candidate of a search, elaborates anew only what the change reaches. Nodes say where they
are written by their way in the file, which stays when lines move.
"""

from __future__ import annotations

import marshal
import re
from collections import OrderedDict
from collections.abc import Hashable, Mapping
from functools import lru_cache
from typing import Any, Generic, NamedTuple, TypeVar

from archc.document.data import texts
from archc.document.format import Document
from archc.document.loader import Unit
from archc.elaborate.scope import Scope
from archc.network import Graph, Module
from archc.ops.operation import Call, Operation, Requirement, Shape
from archc.source import Source

Facts = frozenset[Hashable]
"""What blocks say, and the values of parameters that they name."""

V = TypeVar("V")


class KeptGraph(NamedTuple):
    """A block's graph; and what it cost, called and relies on, which counts again where it is used
    again.

    `height` is how deep modules nest in it, `files` are the files of built-in blocks in it.
    """

    graph: Graph
    nodes: int
    atoms: int
    called: frozenset[str]
    relies: Facts
    files: Mapping[str, Source]
    height: int


class KeptCall(NamedTuple):
    """An operation at its inputs: what follows from them, its torch call, its results, and what it
    requires where that is not decided.
    """

    operation: Operation
    inferred: Mapping[str, int]
    call: Call
    results: tuple[Shape, ...]
    requirements: tuple[Requirement, ...]


class Store(Generic[V]):
    """Results by what they follow from, at most so many: the one unused for longest goes first."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._results: OrderedDict[Hashable, V] = OrderedDict()

    def find(self, key: Hashable) -> V | None:
        found = self._results.pop(key, None)  # in one step each, as threads may share it
        if found is not None:
            self._results[key] = found
        return found

    def keep(self, key: Hashable, result: V) -> None:
        self._results[key] = result
        if len(self._results) > self._most:
            self._results.popitem(last=False)

    def forget(self) -> None:
        self._results.clear()


GRAPHS: Store[KeptGraph] = Store(2_000)
CALLS: Store[KeptCall] = Store(10_000)


def forget() -> None:
    """Drops all that is kept."""
    GRAPHS.forget()
    CALLS.forget()


def height(graph: Graph) -> int:
    """How deep modules nest in a graph."""
    inner = (node.what.graph for node in graph.nodes if isinstance(node.what, Module))
    return max((1 + height(each) for each in inner), default=0)


class BlockTexts(NamedTuple):
    """The facts of each block that a call in a file may reach, by the block's file and name; and
    all of them.
    """

    of: Mapping[tuple[str, str], Facts]
    all: Facts


def block_texts(unit: Unit, scopes: Mapping[Unit, Scope]) -> BlockTexts | None:
    """What the blocks say that `unit` holds or uses; None where something is broken. Parameters of
    the spec itself have the values of its scope, those of other files their defaults.
    """
    units = (unit, *unit.used.values())
    if any(each.broken or each.mistakes for each in units):
        return None
    found: dict[tuple[str, str], Facts] = {}
    for each in units:
        data: Any = each.source.data
        is_spec = isinstance(each.model, Document)
        file, values = each.source.file.name, scopes[each].parameters if is_spec else {}
        around = marshal.dumps((each.blocks, None if is_spec else data.get("params")), 2)
        for name, body in (data.get("blocks") or {}).items():
            text = marshal.dumps(body, 2)
            named = {(file, key, frozen(values[key])) for key in _names(text) if key in values}
            found[file, name] = frozenset({(file, name, text, around), *named})
    return BlockTexts(found, frozenset().union(*found.values()))


@lru_cache(maxsize=256)
def _names(text: bytes) -> frozenset[str]:
    """The names in the expressions of a block."""
    found: set[str] = set()
    for each in texts(marshal.loads(text)):
        if "$" in each:
            found.update(re.findall("[A-Za-z_][A-Za-z0-9_]*", each))
    return frozenset(found)


def frozen(value: Any) -> Hashable:
    """A value of a spec so that it can be a key: `1`, `1.0` and `true` are three, `-0.0` is not
    `0.0`, and no list is a mapping.
    """
    if isinstance(value, list):
        return tuple([frozen(each) for each in value])
    if isinstance(value, Mapping):
        return (dict, *[(key, frozen(each)) for key, each in value.items()])
    return (type(value), repr(value) if type(value) is float else value)
