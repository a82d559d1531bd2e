"""The data flow of a network without its modules: which operation reads which, across borders."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from archc.blocks import BLOCKS
from archc.diagnostics import Place
from archc.network import Graph, Module, Network, Node, Primitive, Reference
from archc.ops.operation import Operation


class Step(NamedTuple):
    """A primitive operation on the way of the data.

    Steps of one `path` are calls of one module. `place` is where the user wrote it: for what
    `is_builtin`, in a block of archc's, the call of that block.
    """

    node: Node
    operation: Operation
    path: str
    place: Place
    is_builtin: bool


class Flow(NamedTuple):
    """The steps in the order in which they run, and for each the numbers of those that read it;
    None stands for an output of the network. A bare identity is no step: its readers read what it
    reads.
    """

    steps: Sequence[Step]
    readers: Sequence[Sequence[int | None]]

    @property
    def written(self) -> Iterator[Step]:
        """The steps that the user wrote, where archc's own blocks have others."""
        return (step for step in self.steps if not step.is_builtin)


def flow(network: Network) -> Flow:
    """The data flow of a network."""
    flattening = _Flattening()
    for number in flattening.enter(network.graph, [None] * len(network.graph.inputs), "", None):
        if number is not None:
            flattening.readers[number].append(None)
    return Flow(flattening.steps, flattening.readers)


class _Flattening:
    """Tensors are numbers of the steps that give them; None is an input of the network."""

    def __init__(self) -> None:
        self.steps: list[Step] = []
        self.readers: list[list[int | None]] = []

    def enter(
        self, graph: Graph, feeds: Sequence[int | None], prefix: str, call: Place | None
    ) -> list[int | None]:
        """What a graph gives that reads `feeds`; `call` is that of the built-in block around it."""
        results: list[Sequence[int | None]] = []

        def given(reference: Reference) -> int | None:
            if reference.node < 0:
                return feeds[-1 - reference.node]
            return results[reference.node][reference.result]

        for node in graph.nodes:
            read = [given(reference) for reference in node.reads]
            path = prefix + (node.name or f"{node.operation}@{len(results)}")
            results.append(self._results(node, read, path, call))
        return [given(output.reference) for output in graph.outputs]

    def _results(
        self, node: Node, read: Sequence[int | None], path: str, call: Place | None
    ) -> Sequence[int | None]:
        what = node.what
        if isinstance(what, Module):
            inner = call or (node.place if what.block in BLOCKS else None)
            return self.enter(what.graph, read, f"{path}.", inner)
        if what.operation.is_identity:
            return read
        return [self._step(node, what, read, path, call)] * len(node.shapes)

    def _step(
        self, node: Node, what: Primitive, read: Sequence[int | None], path: str, call: Place | None
    ) -> int:
        number = len(self.steps)
        place = call or node.place
        self.steps.append(Step(node, what.operation, path, place, call is not None))
        self.readers.append([])
        for giver in read:
            if giver is not None:
                self.readers[giver].append(number)
        return number
