"""A branch that reads the end of the branch before it, where `from` was forgotten."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import NamedTuple

from archc.blocks import BLOCKS
from archc.diagnostics import Label
from archc.lint.flow import REACH, Flow
from archc.lint.lint import Lint
from archc.network import Graph, Module, Network, Node, Primitive, Reference


class Branch(NamedTuple):
    """What leads to an operand of a join: nodes that each read the one before, the last first.

    The earliest reads `start`: another operand, or what it says with `from` where it is `explicit`.
    """

    nodes: tuple[Reference, ...]
    start: Reference
    explicit: bool


def chained_branches(flow: Flow) -> Iterator[Lint]:
    """Operands of a join, by reference, that start without `from` at another operand.

    Several results of one chain may well be joined, as skip connections are. It is not meant where

    1. two others start at one node that is not joined, one of them with `from`; or
    2. channels are joined, and a 1x1 convolution, which is an operand's last, is read by a 1x1
       convolution: one of them could be left out. Where what the other operand starts from is
       joined too, each adds to what there is.
    """
    yield from _in_graph(flow.network, flow.network.graph)


def _in_graph(network: Network, graph: Graph) -> Iterator[Lint]:
    for node in graph.nodes:
        if isinstance(node.what, Module):
            if node.what.block not in BLOCKS:
                yield from _in_graph(network, node.what.graph)
        elif len(node.reads) > 1 and node.what.operation.arity[1] is None:
            yield from _of_join(network, graph, node)


def _of_join(network: Network, graph: Graph, join: Node) -> Iterator[Lint]:
    operands = frozenset(join.reads)
    by_operand = {operand: _branch(graph, operand, operands) for operand in join.reads}
    branches = tuple(by_operand.values())
    forks = {branch.start for branch in branches if branch.explicit} - operands
    siblings = Counter(
        fork for branch in branches for fork in forks & {branch.start, *branch.nodes}
    )
    has_siblings = any(count > 1 for count in siblings.values())
    for branch in branches:
        if branch.explicit or branch.start not in operands or branch.start.node < 0:
            continue
        first, before = graph.nodes[branch.nodes[-1].node], graph.nodes[branch.start.node]
        is_dense = by_operand[branch.start].start in operands or not _joins_channels(join)
        if has_siblings or (not is_dense and _is_reduced_twice(graph, branch)):
            title = before.name or before.operation
            message = f"`{first.operation}` starts a branch at `{title}`, the branch before it"
            advice = f"say what it reads: `from: NAME`, or `from: {title}` where that is meant"
            label = Label(network.place(join.location), "both are joined here")
            yield Lint(network.place(first.location), message, advice, (label,))


def _branch(graph: Graph, operand: Reference, operands: frozenset[Reference]) -> Branch:
    nodes = [operand]
    while True:
        node = graph.nodes[nodes[-1].node] if nodes[-1].node >= 0 else None
        if node is None or len(node.reads) != 1 or len(nodes) > REACH:
            return Branch(tuple(nodes), nodes[-1], explicit=False)
        (start,) = node.reads
        if not node.chained or start in operands:
            return Branch(tuple(nodes), start, explicit=not node.chained)
        nodes.append(start)


def _joins_channels(join: Node) -> bool:
    """Whether the result has more channels than the operands."""
    return len(join.shapes[0]) > 2 and join.shapes[0][1] != join.inputs[0][1]


def _is_reduced_twice(graph: Graph, branch: Branch) -> bool:
    first = _first(graph.nodes[branch.nodes[-1].node])
    return _is_pointwise(first) and _is_pointwise(_last_map(graph, branch.start))


def _first(node: Node) -> Node | None:
    """The first operation in a node, where there is one."""
    while isinstance(node.what, Module):
        readers = [inner for inner in node.what.graph.nodes if Reference(-1) in inner.reads]
        if len(readers) != 1:
            return None
        node = readers[0]
    return node


def _last_map(graph: Graph, reference: Reference) -> Node | None:
    """The last linear map on the way to a result, in modules too."""
    for _ in range(REACH):
        if reference.node < 0:
            return None
        node = graph.nodes[reference.node]
        if isinstance(node.what, Module):
            graph, reference = node.what.graph, node.what.graph.outputs[reference.result].reference
        elif node.what.operation.is_linear:
            return node
        elif len(node.reads) == 1:
            (reference,) = node.reads
        else:
            return None
    return None


def _is_pointwise(node: Node | None) -> bool:
    """Whether it is a convolution whose window is one place."""
    if node is None or not isinstance(node.what, Primitive) or not node.what.operation.is_linear:
        return False
    window = node.what.weights[0].shape[2:]
    return bool(window) and set(window) == {1}
