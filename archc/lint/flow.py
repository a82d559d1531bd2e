"""The data flow of a network without its modules: which operation reads which, across borders."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

from archc.blocks import BLOCKS
from archc.diagnostics import Place
from archc.lint.lint import Lint
from archc.network import Graph, Location, Module, Network, Node
from archc.ops.operation import Operation
from archc.source import Source

REACH = 100
"""How far a rule looks back from a step: it may do so from each of many."""


class Step(NamedTuple):
    """A primitive operation on the way of the data.

    It `reads` the results of other steps, by their numbers; -1 - k is input k of the network.
    `call` is where the user calls the built-in block that it is in, if it is in one.
    """

    node: Node
    operation: Operation
    reads: tuple[int, ...]
    prefix: str
    call: Location | None
    network: Network

    @property
    def location(self) -> Location:
        """Where the user wrote it."""
        return self.call or self.node.location

    @property
    def place(self) -> Place:
        """The place of its location."""
        return self.network.place(self.location)

    @property
    def path(self) -> str:
        """Its module's path, which all calls of the module share."""
        return self.prefix + (self.node.name or f"@{self.node.order}")


@dataclass(frozen=True)
class Flow:
    """The steps in the order in which they run, and the numbers of those that the outputs read.

    A bare identity is no step: its readers read what it reads. `kinds` has the numbers of the steps
    of each class, for rules that are about few.
    """

    network: Network
    source: Source
    steps: Sequence[Step]
    outputs: Sequence[int]
    kinds: dict[type[Operation], list[int]]

    @cached_property
    def readers(self) -> Sequence[Sequence[int | None]]:
        """For each step the numbers of those that read it; None stands for an output."""
        readers: list[list[int | None]] = [[] for _ in self.steps]
        for number, step in enumerate(self.steps):
            for giver in step.reads:
                if giver >= 0:
                    readers[giver].append(number)
        for giver in self.outputs:
            if giver >= 0:
                readers[giver].append(None)
        return readers

    @cached_property
    def calls(self) -> Counter[str]:
        """How often each module is called, by its path."""
        return Counter(step.path for step in self.steps)

    def upstream(self, number: int) -> Iterator[int]:
        """The numbers of the steps before a step, along what each reads first."""
        for _ in range(REACH):
            number = next(iter(self.steps[number].reads), -1)
            if number < 0:
                return
            yield number

    def of(self, kind: Callable[[type[Operation]], bool]) -> Iterator[int]:
        """The numbers of the steps whose classes are of a `kind`."""
        return (number for each, found in self.kinds.items() if kind(each) for number in found)

    def everywhere(
        self, numbers: Iterator[int], find: Callable[[Flow, int], Lint | None]
    ) -> Iterator[Lint]:
        """What `find` says of the steps with `numbers` that the user wrote, where it says something
        of all that are written at one place: a block or a loop may need it for one of them.
        """
        found: dict[Location, list[Lint]] = {}
        for number in numbers:
            if self.steps[number].call is None and (lint := find(self, number)):
                found.setdefault(self.steps[number].location, []).append(lint)
        if not found:
            return
        written = Counter(step.node.location for step in self.steps if step.call is None)
        for location, same in found.items():
            if len(same) == written[location]:
                yield same[0]


def flow(network: Network, source: Source) -> Flow:
    """The data flow of a network, whose spec is `source`."""
    steps: list[Step] = []
    inputs = [-1 - number for number in range(len(network.graph.inputs))]
    outputs = _enter(steps, network, network.graph, inputs, "", None)
    kinds: dict[type[Operation], list[int]] = {}
    for number, step in enumerate(steps):
        kinds.setdefault(type(step.operation), []).append(number)
    return Flow(network, source, steps, outputs, kinds)


def _enter(
    steps: list[Step],
    network: Network,
    graph: Graph,
    feeds: Sequence[int],
    prefix: str,
    call: Location | None,
) -> list[int]:
    """What a graph gives that reads `feeds`, after adding its steps; `call` is that of the built-in
    block around it.
    """
    results: list[Sequence[int]] = []
    for node in graph.nodes:
        read = tuple([feeds[-1 - n] if n < 0 else results[n][k] for n, k in node.reads])
        what = node.what
        if isinstance(what, Module):
            inner = call or (node.location if what.block in BLOCKS else None)
            results.append(_enter(steps, network, what.graph, read, f"{prefix}{node.name}.", inner))
        elif what.operation.is_identity:
            results.append(read)
        else:
            results.append((len(steps),) * len(node.shapes))
            steps.append(Step(node, what.operation, read, prefix, call, network))
    return [
        feeds[-1 - n] if n < 0 else results[n][k]
        for n, k in (output.reference for output in graph.outputs)
    ]
