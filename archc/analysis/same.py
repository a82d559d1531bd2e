"""Whether two networks mean the same."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from archc.network import Graph, Module, Network, Node, Primitive


def same_meaning(one: Network, other: Network) -> str | None:
    """None where both give the same module and take the same sizes, else the first difference.

    Compared are names, orders, data flow, torch calls, initialisers, sizes and outputs. How it was
    written is not: places, expressions, blocks and their parameters, and the names of joins.
    """
    return next(_networks(one, other), None)


def _networks(one: Network, other: Network) -> Iterator[str]:
    yield from _difference("the network", "name", one.name, other.name)
    for what in ("sizes", "batch", "domains"):
        yield from _difference("the network", what, getattr(one, what), getattr(other, what))
    for what in ("inputs", "outputs"):
        names = ([each.name for each in getattr(n.graph, what)] for n in (one, other))
        yield from _difference("the network", f"{what} by name", *names)
    yield from _graphs("", one.graph, other.graph)


def _graphs(path: str, one: Graph, other: Graph) -> Iterator[str]:
    title = f"`{path}`" if path else "the network"
    graphs = (one, other)
    yield from _difference(title, "inputs", *([p.shape for p in g.inputs] for g in graphs))
    runs = ([_name(node) or node.operation for node in graph.nodes] for graph in graphs)
    yield from _difference(title, "nodes in the order in which they run", *runs)
    pairs = zip(one.nodes, other.nodes, _ranks(one), _ranks(other), strict=True)
    for first, second, rank, other_rank in pairs:
        inner = ".".join(part for part in (path, first.name or first.operation) if part)
        yield from _difference(f"`{inner}`", "place in the order", rank, other_rank)
        yield from _nodes(inner, first, second)
    outputs = ([(o.reference, o.training) for o in graph.outputs] for graph in graphs)
    yield from _difference(title, "outputs", *outputs)


def _nodes(path: str, one: Node, other: Node) -> Iterator[str]:
    for what in ("reads", "shapes", "shared"):
        yield from _difference(f"`{path}`", what, getattr(one, what), getattr(other, what))
    if isinstance(one.what, Module) and isinstance(other.what, Module):
        yield from _graphs(path, one.what.graph, other.what.graph)
    else:
        yield from _difference(f"`{path}`", "call", _call(one.what), _call(other.what))


def _name(node: Node) -> str:
    """The name of a submodule or parameter; of anything else a name is a matter of writing."""
    return node.name if node.registers or node.is_parameter else ""


def _ranks(graph: Graph) -> Sequence[int]:
    """The place of each node in the order of the list."""
    rank = {order: place for place, order in enumerate(sorted(n.order for n in graph.nodes))}
    return [rank[node.order] for node in graph.nodes]


def _call(what: Primitive | Module) -> Any:
    """All that a primitive operation is."""
    if isinstance(what, Module):
        return "a module"
    written = sorted(what.operation.model_fields_set)
    return what.name, what.operation, written, dict(what.inferred), what.call, what.init


def _difference(title: str, what: str, one: Any, other: Any) -> Iterator[str]:
    if one != other:
        yield f"{title}: {what} {one!r} and {other!r}"
