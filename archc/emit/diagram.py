"""A Network as a picture shows it: boxes, frames around them, arrows between them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import count
from typing import Literal, NamedTuple

from archc.emit.label import label
from archc.emit.rows import declared, shape_text
from archc.network import Graph, Module, Network, Node, Reference
from archc.ops.operation import Shape

Kind = Literal["input", "output", "operation", "sign", "join", "parameter", "module"]

_MOST_RESULTS = 4
"""Of how many results a box says the sizes."""


@dataclass(frozen=True, slots=True)
class Box:
    """An input, an output, or a node. No other part has its `number`.

    `sizes` are those of its results, empty where it keeps those of what it reads. It `learns` where
    it has weights.
    """

    number: int
    kind: Kind
    words: str
    sizes: str
    learns: bool


@dataclass(frozen=True, slots=True)
class Frame:
    """A module that is shown with what is in it."""

    number: int
    words: str
    parts: tuple[Box | Frame, ...]


@dataclass(frozen=True, slots=True)
class Arrow:
    """Box `target` reads box `source`, maybe in `training` only; of a source with several results,
    `words` say which.
    """

    source: int
    target: int
    words: str
    training: bool


@dataclass(frozen=True, slots=True)
class Diagram:
    """A picture. Every node is one box or frame, every read of a box one arrow."""

    parts: tuple[Box | Frame, ...]
    arrows: tuple[Arrow, ...]


class _Tail(NamedTuple):
    """Where arrows start: a box, and which of its results."""

    box: int
    words: str


class _Level(NamedTuple):
    """Where a graph stands: in which path, how deep, whether in training only."""

    prefix: str
    depth: int
    training: bool


def diagram(network: Network, depth: int | None = None) -> Diagram:
    """The picture of a network. A module that lies `depth` modules deep, or deeper, is one box;
    without `depth` all are frames.

    An arrow into a frame leads to the boxes that read it, one out of it comes from the box that
    gives the result.
    """
    return _Drawing(network, depth).whole()


class _Drawing:
    """Parts and arrows so far."""

    def __init__(self, network: Network, depth: int | None) -> None:
        self._network = network
        self._depth = depth
        self._numbers = count()
        self._arrows: list[Arrow] = []

    def whole(self) -> Diagram:
        graph = self._network.graph
        inputs = [self._box("input", port.name, (port.shape,)) for port in graph.inputs]
        tails = [_Tail(box.number, "") for box in inputs]
        parts, results = self._graph(graph, tails, _Level("", 0, False))
        outputs = []
        for output, tail in zip(graph.outputs, results, strict=True):
            box = self._box("output", output.name, (graph.shape(output.reference),))
            outputs.append(box)
            self._arrows.append(Arrow(tail.box, box.number, tail.words, output.training))
        return Diagram((*inputs, *parts, *outputs), tuple(self._arrows))

    def _graph(
        self, graph: Graph, inputs: Sequence[_Tail], level: _Level
    ) -> tuple[list[Box | Frame], list[_Tail]]:
        """What is in a graph, and where its results come from."""
        parts: list[Box | Frame] = []
        results: list[list[_Tail]] = []

        def tail(reference: Reference) -> _Tail:
            node, result = reference
            return inputs[-1 - node] if node < 0 else results[node][result]

        for number, node in enumerate(graph.nodes):
            inner = level._replace(training=level.training or number not in graph.evaluated)
            part, tails = self._node(node, [*map(tail, node.reads)], inner)
            parts.append(part)
            results.append(tails)
        return parts, [tail(output.reference) for output in graph.outputs]

    def _node(
        self, node: Node, reads: Sequence[_Tail], level: _Level
    ) -> tuple[Box | Frame, list[_Tail]]:
        """A node as it is drawn, and where its results come from."""
        path = level.prefix + node.name
        words = label(node, path) + (" (again)" if node.shared else "")
        if isinstance(node.what, Module) and (self._depth is None or level.depth < self._depth):
            number = next(self._numbers)
            inner = _Level(f"{path}.", level.depth + 1, level.training)
            parts, tails = self._graph(node.what.graph, reads, inner)
            return Frame(number, words, tuple(parts)), tails
        shapes = () if {*node.shapes} <= {*node.inputs} else node.shapes
        box = self._box(_kind(node), words, shapes, _learns(node))
        self._arrows += (Arrow(t.box, box.number, t.words, level.training) for t in reads)
        return box, [_Tail(box.number, name) for name in _results(node)]

    def _box(self, kind: Kind, words: str, shapes: tuple[Shape, ...], learns: bool = False) -> Box:
        shown = [shape_text(declared(self._network, shape)) for shape in shapes[:_MOST_RESULTS]]
        sizes = ", ".join([*shown, *["..."] * (len(shapes) > _MOST_RESULTS)])
        return Box(next(self._numbers), kind, words, sizes, learns)


def _kind(node: Node) -> Kind:
    if isinstance(node.what, Module):
        return "module"
    if node.is_parameter:
        return "parameter"
    if node.what.call.style == "operator":
        return "sign"
    return "operation" if node.registers else "join"


def _results(node: Node) -> list[str]:
    """The names of a node's results; that of one alone goes without saying."""
    if len(node.shapes) == 1:
        return [""]
    if isinstance(node.what, Module):
        return [output.name for output in node.what.graph.outputs]
    return [*map(str, range(len(node.shapes)))]


def _learns(node: Node) -> bool:
    if isinstance(node.what, Module):
        return any(map(_learns, node.what.graph.nodes))
    return node.is_parameter or any(weight.trainable for weight in node.what.weights)
