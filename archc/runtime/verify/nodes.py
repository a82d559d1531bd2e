"""The nodes of a network as they run, with what each of them reads."""

from __future__ import annotations

from collections import Counter
from collections.abc import Container, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from archc.network import Graph, Module, Network, Reference, Visit


@dataclass(frozen=True, slots=True)
class Run:
    """A primitive operation as it runs.

    `call` is its module's how-manieth call it is, from 0. `reads` are the numbers of the runs that
    made what it reads; -1 is an input of the network.
    """

    visit: Visit
    call: int
    reads: tuple[int, ...]

    @property
    def text(self) -> str:
        return _text(self.visit, self.call)


def _text(visit: Visit, call: int) -> str:
    """A node for people: `layer1.0.relu` (relu, resnet.yaml:42), call 2."""
    again = f", call {call + 1}" if call else ""
    return f"`{visit.path}` {origin(visit)}{again}"


def origin(visit: Visit) -> str:
    """What a node is and where it was written: (relu, resnet.yaml:42)."""
    return f"({visit.node.operation}, {visit.place.file.name}:{visit.place.span.line})"


@dataclass(frozen=True, slots=True)
class Part:
    """A module with nodes in it, as it runs: `made` are the runs that make its results."""

    visit: Visit
    call: int
    made: tuple[int, ...]

    @property
    def text(self) -> str:
        return _text(self.visit, self.call)


@dataclass(frozen=True)
class Nodes:
    """The runs of a forward pass in their order, the parts of the network, those within others
    first, and the numbers of the runs that make the outputs.
    """

    runs: tuple[Run, ...]
    parts: tuple[Part, ...]
    outputs: tuple[int, ...]

    @cached_property
    def last(self) -> Mapping[str, int]:
        """The last run of each path."""
        return {run.visit.path: index for index, run in enumerate(self.runs)}

    def owner(self, key: str) -> int | None:
        """The last run of the node to which a key of the `state_dict` belongs: a bare parameter,
        or a module.
        """
        found = self.last.get(key)
        return self.last.get(key.rpartition(".")[0]) if found is None else found

    def key(self, key: str) -> str:
        """A key of the `state_dict` for people, with its node."""
        owner = self.owner(key)
        if owner is None:
            return f"`{key}`"
        return f"`{key}` {origin(self.runs[owner].visit)}"

    def before(self, reads: Sequence[int], agreed: Container[int]) -> tuple[list[int], list[int]]:
        """The nearest runs behind `reads` that agree, and those on the way to them."""
        nearest: set[int] = set()
        between: set[int] = set()
        waiting = list(reads)
        while waiting:
            number = waiting.pop()
            if number in agreed:
                nearest.add(number)
            elif number >= 0 and number not in between:
                between.add(number)
                waiting += self.runs[number].reads
        return sorted(nearest), sorted(between)


def nodes(network: Network, training: bool) -> Nodes:
    """The primitive operations that run in training or in evaluation."""
    walk = _Walk(network.walk(), training, [], [], Counter())
    outputs = walk.follow(network.graph, [-1] * len(network.graph.inputs))
    return Nodes(tuple(walk.runs), tuple(walk.parts), tuple(outputs))


@dataclass(frozen=True, slots=True)
class _Walk:
    """A walk over a network, and what it has found."""

    visits: Iterator[Visit]
    training: bool
    runs: list[Run]
    parts: list[Part]
    calls: Counter[str]

    def follow(self, graph: Graph, inputs: Sequence[int]) -> list[int]:
        """Adds what runs in a graph, which `visits` has next; the runs that make its outputs."""
        made: list[list[int]] = []

        def maker(reference: Reference) -> int:
            if reference.node < 0:
                return inputs[-1 - reference.node]
            return made[reference.node][reference.result]

        for node in graph.nodes:
            made.append(self._visit(next(self.visits), [maker(each) for each in node.reads]))
        return [
            maker(output.reference)
            for output in graph.outputs
            if self.training or not output.training
        ]

    def _visit(self, visit: Visit, reads: list[int]) -> list[int]:
        """Adds a node; the runs that make its results."""
        runs = self.training or not visit.training
        call = self.calls[visit.path]
        if runs and visit.node.registers:
            self.calls[visit.path] += 1
        if isinstance(visit.node.what, Module):
            made = self.follow(visit.node.what.graph, reads)
            if runs:
                self.parts.append(Part(visit, call, tuple(made)))
            return made
        if runs:
            self.runs.append(Run(visit, call, tuple(reads)))
        return [len(self.runs) - 1] * len(visit.node.shapes)
