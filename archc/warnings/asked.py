"""Warnings that are off unless asked: questions of style, with good reasons either way."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from archc.diagnostics import Code, Diagnostic, Label, Place
from archc.diagnostics.catalogue import (
    BIAS_BEFORE_BATCH_NORM,
    DROPOUT_BEFORE_BATCH_NORM,
    DROPPED_ROWS,
    LINEAR_WITHOUT_FLATTEN,
)
from archc.network import Graph, Module, Network, Node, Primitive

ASKED = (
    LINEAR_WITHOUT_FLATTEN,
    BIAS_BEFORE_BATCH_NORM,
    DROPOUT_BEFORE_BATCH_NORM,
    DROPPED_ROWS,
)


def asked(network: Network, codes: frozenset[str]) -> tuple[Diagnostic, ...]:
    """The warnings of `codes` about what the spec's own file writes, a place and code once."""
    found: dict[tuple[Code, Place], Diagnostic] = {}
    for graph in _graphs(network.graph):
        for diagnostic in (
            *_doubted(graph),
            *_before_norm(graph),
            *_dropped(graph, network),
        ):
            place = diagnostic.place
            if diagnostic.code.code in codes and place.file is network.file:
                found.setdefault((diagnostic.code, place), diagnostic)
    return tuple(sorted(found.values(), key=lambda each: (each.place.span, each.code.code)))


def _graphs(graph: Graph) -> Iterator[Graph]:
    yield graph
    for node in graph.nodes:
        if isinstance(node.what, Module):
            yield from _graphs(node.what.graph)


def _doubted(graph: Graph) -> Iterator[Diagnostic]:
    """What operations find doubtful about their own inputs."""
    for node in graph.nodes:
        if isinstance(node.what, Primitive):
            for doubt in node.what.operation.doubts(*node.inputs):
                message = f"`{node.operation}` {doubt.text}"
                yield Diagnostic(doubt.code, message, node.place, help=doubt.help)


def _before_norm(graph: Graph) -> Iterator[Diagnostic]:
    """Biases and dropouts whose only reader is a batch normalisation."""
    readers: dict[int, list[Node | None]] = defaultdict(list)
    for node in graph.nodes:
        for reference in node.reads:
            readers[reference.node].append(node)
    for output in graph.outputs:
        readers[output.reference.node].append(None)
    for number, node in enumerate(graph.nodes):
        match readers[number]:
            case [Node(what=Primitive() as norm) as reader] if norm.operation.centres:
                yield from _centred(node, reader)


def _centred(node: Node, norm: Node) -> Iterator[Diagnostic]:
    if not isinstance(node.what, Primitive):
        return
    label = (Label(norm.place, "normalised here"),)
    title, reader = f"`{node.operation}`", f"`{norm.operation}`"
    if node.what.operation.drops:
        message = f"{title} changes the variance that {reader} learns, in training only"
        advice = "put the dropout after the last batch normalisation"
        yield Diagnostic(DROPOUT_BEFORE_BATCH_NORM, message, node.place, label, advice)
    if _has_channel_bias(node, node.what):
        message = f"{title} adds a bias that {reader} takes away"
        yield Diagnostic(BIAS_BEFORE_BATCH_NORM, message, node.place, label, "write `bias: false`")


def _has_channel_bias(node: Node, what: Primitive) -> bool:
    """Whether it adds a number to each channel, which is the dimension that it maps."""
    mapped = next(iter(what.operation.follows.values()), 0) % len(node.inputs[0])
    return mapped == 1 and getattr(what.operation, "bias", False) is True


def _dropped(graph: Graph, network: Network) -> Iterator[Diagnostic]:
    for node in graph.nodes:
        if not isinstance(node.what, Primitive):
            continue
        shapes = (tuple(network.at(size) for size in shape) for shape in node.inputs)
        unread = node.what.operation.unread(*shapes)
        if any(unread):
            counts = " and ".join(
                f"{cells} of {network.at(size)} in dimension {dim}"
                for dim, (cells, size) in enumerate(zip(unread, node.inputs[0][2:], strict=True), 2)
                if cells
            )
            message = f"`{node.operation}` leaves the last {counts} unread"
            advice = "change the padding or the input's size, or round up with `ceil_mode`"
            yield Diagnostic(DROPPED_ROWS, message, node.place, help=advice)
