"""A forward pass: the nodes as they run, and what corresponding modules read and give then."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Container, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, NamedTuple

from torch import Tensor, nn

from archc.network import Graph, Module, Network, Reference, Visit
from archc.runtime.verify.execution import (
    Difference,
    Execution,
    differences,
    tensors,
    without_rounding,
)
from archc.runtime.verify.pairing import Pairs


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
class ModuleCall:
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
    parts: tuple[ModuleCall, ...]
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
    parts: list[ModuleCall]
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
                self.parts.append(ModuleCall(visit, call, tuple(made)))
            return made
        if runs:
            self.runs.append(Run(visit, call, tuple(reads)))
        return [len(self.runs) - 1] * len(visit.node.shapes)


class CallEvent(NamedTuple):
    """Call number `call` of the module at `path` begins, or `ends`."""

    path: str
    call: int
    ends: bool


See = Callable[[CallEvent, tuple[Tensor, ...]], None]


@dataclass(frozen=True, slots=True)
class Trace:
    """A run of each network, side by side.

    `differences` has, by the event here, how the two differ in what is read or given. `ran` are
    the events of the reference in their order. Of an `uneven` module, which one network calls
    more often than the other, no call corresponds for sure.
    """

    differences: Mapping[CallEvent, Difference]
    ran: tuple[CallEvent, ...]
    uneven: frozenset[str]

    def without_rounding(self, double: Trace) -> Trace:
        """The same, without the differences that are rounding: the same run was `double` too."""
        differences = {
            event: without_rounding(each, double.differences.get(event))
            for event, each in self.differences.items()
        }
        return replace(self, differences=differences)


def trace(here: Execution, there: Execution, pairs: Pairs, training: bool) -> Trace:
    """Runs both. CannotRun where one raises."""
    kept: dict[CallEvent, tuple[Tensor, ...]] = {}
    found: dict[CallEvent, Difference] = {}
    ran: list[CallEvent] = []
    own = {other: path for path, other in pairs.paths.items()}

    def keep(event: CallEvent, values: tuple[Tensor, ...]) -> None:
        if event.path in pairs.paths:
            kept[event] = values  # no copies: what is compiled never writes over a tensor

    def compare(event: CallEvent, values: tuple[Tensor, ...]) -> None:
        ran.append(event)
        mine = event._replace(path=own.get(event.path, ""))
        apart = differences(kept.get(mine, ()), values)
        if apart is not None:
            found[mine] = apart

    with watched(here.module, keep):
        here.run(training)
    with watched(there.module, compare):
        there.run(training)
    calls, others = (Counter(event.path for event in events) for events in (kept, ran))
    uneven = {path for path, other in pairs.paths.items() if calls[path] != others[other]}
    return Trace(found, tuple(ran), frozenset(uneven))


@contextmanager
def watched(module: nn.Module, see: See) -> Iterator[None]:
    """Within, `see` is told of each call of a submodule, what it reads and what it gives.

    At once, for the network may write over a tensor later.
    """
    calls: Counter[str] = Counter()

    def begin(path: str, arguments: Any) -> None:
        see(CallEvent(path, calls[path], False), tensors(arguments))

    def end(path: str, output: Any) -> None:
        see(CallEvent(path, calls[path], True), tensors(output))
        calls[path] += 1

    handles = []
    for path, part in module.named_modules():
        if path:
            handles += [
                part.register_forward_pre_hook(
                    lambda _, args, kwargs, path=path: begin(path, (args, kwargs)),
                    with_kwargs=True,
                ),
                part.register_forward_hook(lambda _, __, output, path=path: end(path, output)),
            ]
    try:
        yield
    finally:
        for handle in handles:
            handle.remove()
