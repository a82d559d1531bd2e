"""How a graph becomes a list: which nodes are branches of joins, and what has to be said by name.

Nodes stand in the order of registration. Then the rules of the language give back the order in
which they run, and what a node says nothing about it reads from the node before it.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from archc.network import Graph, Module, Node, Reference
from archc.ops import JOINS

Branches = tuple[int | None, ...]
"""The operands of a join: the number of a node that is a branch, None for what the join reads."""


@dataclass(frozen=True, slots=True)
class Item:
    """A node of the list.

    `reads` is what it has to name, empty where it reads the node before it. `is_idle` says that it
    reads nothing, but stands where it must name something that it could read.
    """

    number: int
    reads: tuple[Reference, ...]
    branches: Branches = ()
    is_idle: bool = False


@dataclass(frozen=True, slots=True)
class Outline:
    """A graph as a list.

    `named` are the nodes that the list refers to by name, `ports` the inputs. Where `gives_last`,
    the graph's outputs are what a list gives that says nothing: the results of its last node.
    """

    graph: Graph
    items: tuple[Item, ...]
    named: frozenset[int]
    ports: frozenset[int]
    gives_last: bool

    @property
    def is_seq(self) -> bool:
        """Whether it can be a `seq`, which reads one tensor, has no name for it and drops it where
        nobody reads it, and gives the results of its last node.
        """
        if not self.gives_last or self.ports or len(self.graph.inputs) > 1:
            return False
        read = {reference.node for node in self.graph.nodes for reference in node.reads}
        read |= {output.reference.node for output in self.graph.outputs}
        return not self.graph.inputs or -1 in read


def outline(graph: Graph) -> Outline:
    """The list for `graph`."""
    items: list[Item] = []
    previous = Reference(-1)
    for number, branches in _entries(graph):
        node = graph.nodes[number]
        items.append(_item(graph, number, branches, previous))
        if not node.is_parameter:
            previous = Reference(number)
    named = [reference.node for item in items for reference in item.reads]
    owners = {node.name: number for number, node in enumerate(graph.nodes) if _owns(node)}
    applied = {owners[name] for name in _applied(graph)}
    return Outline(
        graph,
        tuple(items),
        frozenset(number for number in named if number >= 0) | applied,
        frozenset(-1 - number for number in named if number < 0),
        [output.reference for output in graph.outputs] == _results(graph, previous.node),
    )


def _item(graph: Graph, number: int, branches: Branches, previous: Reference) -> Item:
    node = graph.nodes[number]
    reads = (_start(graph, node, branches),) if branches else node.reads
    if set(branches) == {None} and reads != (previous,):
        return Item(number, node.reads)
    is_single = len(_results(graph, previous.node)) == 1
    if not reads:
        waits = previous.node > number or not is_single
        return Item(number, (), is_idle=waits and not node.is_parameter)
    return Item(number, () if reads == (previous,) and is_single else reads, branches)


def _results(graph: Graph, number: int) -> list[Reference]:
    """All that a node, or an input, gives."""
    count = 1 if number < 0 else len(graph.nodes[number].shapes)
    return [Reference(number, result) for result in range(count)]


def _owns(node: Node) -> bool:
    return node.registers and not node.shared


def _applied(graph: Graph) -> set[str]:
    """The names of the modules that are applied again."""
    return {node.name for node in graph.nodes if node.shared}


# Branches


def _entries(graph: Graph) -> list[tuple[int, Branches]]:
    """The nodes of the list in their order, without those that are branches of a join."""
    candidates = _candidates(graph)
    entries: list[tuple[int, Branches]] = []
    for number in sorted(range(len(graph.nodes)), key=lambda number: graph.nodes[number].order):
        node = graph.nodes[number]
        inner = [reference.node for reference in node.reads if reference.node in candidates]
        before = [entry for entry, _ in entries[len(entries) - len(inner) :]]
        branches = _branches(graph, node, frozenset(inner)) if inner == before else ()
        if branches and inner:
            del entries[-len(inner) :]
        entries.append((number, branches))
    return entries


def _candidates(graph: Graph) -> set[int]:
    """The nodes that could be a branch of a join: it alone reads them, and by a name that is their
    own rather than a position.
    """
    uses = Counter(reference.node for node in graph.nodes for reference in node.reads)
    uses.update(output.reference.node for output in graph.outputs)
    applied = _applied(graph)
    return {
        number
        for number, node in enumerate(graph.nodes)
        if uses[number] == len(node.reads) == len(node.shapes) == 1
        and not (node.shared or node.is_parameter or node.name in applied)
        and not (isinstance(node.what, Module) and not node.what.graph.nodes)
        and node.name
        and not node.name.isdigit()
    }


def _branches(graph: Graph, node: Node, inner: frozenset[int]) -> Branches:
    """The operands of a join whose branches are `inner`; empty where references have to say it.

    Without any branch, only what a list may have no name for is written so: its input.
    """
    if node.operation not in JOINS or not (inner or node.reads[0].node < 0):
        return ()
    branches = tuple(r.node if r.node in inner else None for r in node.reads)
    start = _start(graph, node, branches)
    starts = [graph.nodes[number].reads[0] for number in inner]
    starts += [r for r in node.reads if r.node not in inner]
    return branches if all(each == start for each in starts) else ()


def _start(graph: Graph, node: Node, branches: Branches) -> Reference:
    """What the branches of a join start from."""
    inner = next((number for number in branches if number is not None), None)
    return node.reads[0] if inner is None else graph.nodes[inner].reads[0]
