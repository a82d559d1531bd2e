"""The first node at which two networks differ."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import inf

from torch import nn

from archc.network import Visit
from archc.runtime.verify.execution import Difference
from archc.runtime.verify.forward import CallEvent, ModuleCall, Nodes, Run, Trace
from archc.runtime.verify.pairing import Pairs
from archc.runtime.verify.report import Divergence, Kind, few


@dataclass(frozen=True, slots=True)
class Pairing:
    """The nodes of the network that was compiled, both modules, and what corresponds."""

    nodes: Nodes
    here: nn.Module
    there: nn.Module
    pairs: Pairs

    def divergence(
        self,
        kind: Kind,
        visit: Visit,
        difference: str,
        after: Sequence[Run | ModuleCall] = (),
        between_here: Sequence[Run] = (),
        between_there: Sequence[str] = (),
    ) -> Divergence:
        """The divergence at a node."""
        path = visit.path
        other = self.pairs.paths.get(path)
        return Divergence(
            kind,
            path,
            visit.node.operation,
            visit.place.file.name,
            visit.place.span.line,
            difference,
            _described(self.here, path) if visit.node.registers else "",
            "" if other is None else self.counterpart(other),
            tuple(node.text for node in after),
            few([run.text for run in between_here]),
            few(between_there),
        )

    def counterpart(self, path: str) -> str:
        """A module of the reference, for people."""
        return f"`{path}` {_described(self.there, path)}"

    def is_leaf(self, path: str) -> bool:
        """Whether a module of the reference has none within."""
        return not any(self.there.get_submodule(path).children())


def _described(root: nn.Module, path: str) -> str:
    """A module in a line: its class and arguments."""
    module = root.get_submodule(path)
    return f"{type(module).__name__}({module.extra_repr()})"


def locate(
    pairing: Pairing, trace: Trace, outputs: Sequence[int], tolerance: float
) -> Divergence | None:
    """The first node whose result differs though it reads the same, or that reads what differs
    though that was made from the same. Where all nodes agree: what makes the outputs that differ,
    which the runs `outputs` do; None where that is the network's input.
    """
    agreed: dict[int, Run] = {}
    for number, run in enumerate(pairing.nodes.runs):
        reads, gives = (_difference(run, ends, trace) for ends in (False, True))
        if reads is not None and reads.largest > tolerance:
            return _gap(agreed, pairing, trace, tolerance).before(run, reads)
        if gives is not None and gives.largest > tolerance:
            return pairing.divergence("result", run.visit, gives.text)
        if gives is not None:
            agreed[number] = run
    return _gap(agreed, pairing, trace, tolerance).at_the_end(outputs)


def _difference(node: Run | ModuleCall, ends: bool, trace: Trace) -> Difference | None:
    """How what a node reads, or gives, differs; None where it has no counterpart."""
    path = node.visit.path
    if path in trace.uneven or not node.visit.node.registers:
        return None
    return trace.differences.get(CallEvent(path, node.call, ends))


@dataclass(frozen=True, slots=True)
class _Gap:
    """What lies behind a node that differs, up to what agrees.

    `agreed` has, by the number of a run that makes it, what agrees. `parts` are the modules with
    nodes in them of which all that they give has the same shape and other values.
    """

    agreed: Mapping[int, Run | ModuleCall]
    parts: tuple[tuple[ModuleCall, Difference], ...]
    pairing: Pairing
    trace: Trace

    def before(self, run: Run, difference: Difference) -> Divergence:
        """The divergence where `run` reads what differs."""
        found = self._narrowed(run.reads)
        if found is not None:
            return found
        until = CallEvent(self.pairing.pairs.paths[run.visit.path], run.call, False)
        after, between = self._behind(run.reads)
        passed = self._passed(after, until)
        return self.pairing.divergence("input", run.visit, difference.text, after, between, passed)

    def at_the_end(self, outputs: Sequence[int]) -> Divergence | None:
        """The divergence where outputs differ; None where the network gives what it reads."""
        made = [number for number in outputs if number >= 0][:1]
        found = self._narrowed(made)
        if found is not None or not made:
            return found
        visit = self.pairing.nodes.runs[made[0]].visit
        after, between = self._behind(made)
        return self.pairing.divergence(
            "output", visit, "", after, between, self._passed(after, None)
        )

    def _narrowed(self, reads: Sequence[int]) -> Divergence | None:
        """The divergence in the first module that ends within the gap and differs as a whole."""
        within = self.pairing.nodes.before(reads, self.agreed.keys())[1]
        for part, gives in self.parts:
            if set(within).issuperset(part.made):
                until = CallEvent(self.pairing.pairs.paths[part.visit.path], part.call, True)
                after, between = self._behind(part.made)
                passed = self._passed(after, until)
                return self.pairing.divergence(
                    "module", part.visit, gives.text, after, between, passed
                )
        return None

    def _behind(self, reads: Sequence[int]) -> tuple[list[Run | ModuleCall], list[Run]]:
        nearest, between = self.pairing.nodes.before(reads, self.agreed.keys())
        runs = self.pairing.nodes.runs
        return [self.agreed[number] for number in nearest], [runs[number] for number in between]

    def _passed(
        self, after: Sequence[Run | ModuleCall], until: CallEvent | None
    ) -> tuple[str, ...]:
        """The modules of the reference without counterpart that ran after the last of `after` and
        before `until`, or the end.
        """
        paths, ran = self.pairing.pairs.paths, self.trace.ran
        starts = [ran.index(CallEvent(paths[each.visit.path], each.call, True)) for each in after]
        stop = len(ran) if until is None else ran.index(until)
        known = {other for path, other in paths.items() if path not in self.trace.uneven}
        return tuple(
            self.pairing.counterpart(path)
            for path, _, ends in ran[max(starts, default=0) : stop]
            if ends and path not in known and self.pairing.is_leaf(path)
        )


def _gap(agreed: Mapping[int, Run], pairing: Pairing, trace: Trace, tolerance: float) -> _Gap:
    """The gap behind what differs, where the runs `agreed` are known to agree.

    What makes all that a module gives agrees too, where that does.
    """
    known: dict[int, Run | ModuleCall] = {}
    parts = []
    for part in pairing.nodes.parts:
        gives = _difference(part, True, trace)
        if gives is not None and gives.largest <= tolerance:
            known |= dict.fromkeys((number for number in part.made if number >= 0), part)
        elif gives is not None and gives.largest < inf:
            parts.append((part, gives))
    return _Gap({**known, **agreed}, tuple(parts), pairing, trace)


def locate_gradient(
    pairing: Pairing, apart: Mapping[str, Difference], tolerance: float
) -> Divergence | None:
    """The node nearest to the loss whose parameters' gradients differ, of those by key `apart`."""
    order = sorted(
        (number, key) for key in apart if (number := pairing.nodes.owner(key)) is not None
    )
    runs = pairing.nodes.runs
    nearer: list[Run] = []
    for number, key in reversed(order):
        if apart[key].largest > tolerance:
            told = f"`{key}`: {apart[key].text}"
            return pairing.divergence("gradient", runs[number].visit, told, nearer[-1:])
        nearer.append(runs[number])
    return None
