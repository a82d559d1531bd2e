"""The first node at which two networks part."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import inf

from archc.runtime.verify.nodes import Part, Run
from archc.runtime.verify.report import Parting
from archc.runtime.verify.sides import Sides
from archc.runtime.verify.trace import Moment, Trace
from archc.runtime.verify.values import Difference


def locate(sides: Sides, trace: Trace, outputs: Sequence[int], tolerance: float) -> Parting | None:
    """The first node whose result differs though it reads the same, or that reads what differs
    though that was made from the same. Where all nodes agree: what makes the outputs that differ,
    which the runs `outputs` do; None where that is the network's input.
    """
    agreed: dict[int, Run] = {}
    for number, run in enumerate(sides.nodes.runs):
        reads, gives = (_difference(run, ends, trace) for ends in (False, True))
        if reads is not None and reads.largest > tolerance:
            return _gap(agreed, sides, trace, tolerance).before(run, reads)
        if gives is not None and gives.largest > tolerance:
            return sides.parting("result", run.visit, gives.text)
        if gives is not None:
            agreed[number] = run
    return _gap(agreed, sides, trace, tolerance).at_the_end(outputs)


def _difference(node: Run | Part, ends: bool, trace: Trace) -> Difference | None:
    """How what a node reads, or gives, differs; None where it has no counterpart."""
    path = node.visit.path
    if path in trace.uneven or not node.visit.node.registers:
        return None
    return trace.differences.get(Moment(path, node.call, ends))


@dataclass(frozen=True, slots=True)
class _Gap:
    """What lies behind a node that differs, up to what agrees.

    `agreed` has, by the number of a run that makes it, what agrees. `parts` are the modules with
    nodes in them of which all that they give has the same shape and other values.
    """

    agreed: Mapping[int, Run | Part]
    parts: tuple[tuple[Part, Difference], ...]
    sides: Sides
    trace: Trace

    def before(self, run: Run, difference: Difference) -> Parting:
        """The parting where `run` reads what differs."""
        found = self._narrowed(run.reads)
        if found is not None:
            return found
        until = Moment(self.sides.pairs.paths[run.visit.path], run.call, False)
        after, between = self._behind(run.reads)
        passed = self._passed(after, until)
        return self.sides.parting("input", run.visit, difference.text, after, between, passed)

    def at_the_end(self, outputs: Sequence[int]) -> Parting | None:
        """The parting where outputs differ; None where the network gives what it reads."""
        made = [number for number in outputs if number >= 0][:1]
        found = self._narrowed(made)
        if found is not None or not made:
            return found
        visit = self.sides.nodes.runs[made[0]].visit
        after, between = self._behind(made)
        return self.sides.parting("output", visit, "", after, between, self._passed(after, None))

    def _narrowed(self, reads: Sequence[int]) -> Parting | None:
        """The parting in the first module that ends within the gap and differs as a whole."""
        within = self.sides.nodes.before(reads, self.agreed.keys())[1]
        for part, gives in self.parts:
            if set(within).issuperset(part.made):
                until = Moment(self.sides.pairs.paths[part.visit.path], part.call, True)
                after, between = self._behind(part.made)
                passed = self._passed(after, until)
                return self.sides.parting("module", part.visit, gives.text, after, between, passed)
        return None

    def _behind(self, reads: Sequence[int]) -> tuple[list[Run | Part], list[Run]]:
        nearest, between = self.sides.nodes.before(reads, self.agreed.keys())
        runs = self.sides.nodes.runs
        return [self.agreed[number] for number in nearest], [runs[number] for number in between]

    def _passed(self, after: Sequence[Run | Part], until: Moment | None) -> tuple[str, ...]:
        """The modules of the reference without counterpart that ran after the last of `after` and
        before `until`, or the end.
        """
        paths, ran = self.sides.pairs.paths, self.trace.ran
        starts = [ran.index(Moment(paths[each.visit.path], each.call, True)) for each in after]
        stop = len(ran) if until is None else ran.index(until)
        known = {other for path, other in paths.items() if path not in self.trace.uneven}
        return tuple(
            self.sides.counterpart(path)
            for path, _, ends in ran[max(starts, default=0) : stop]
            if ends and path not in known and self.sides.is_leaf(path)
        )


def _gap(agreed: Mapping[int, Run], sides: Sides, trace: Trace, tolerance: float) -> _Gap:
    """The gap behind what differs, where the runs `agreed` are known to agree.

    What makes all that a module gives agrees too, where that does.
    """
    known: dict[int, Run | Part] = {}
    parts = []
    for part in sides.nodes.parts:
        gives = _difference(part, True, trace)
        if gives is not None and gives.largest <= tolerance:
            known |= dict.fromkeys((number for number in part.made if number >= 0), part)
        elif gives is not None and gives.largest < inf:
            parts.append((part, gives))
    return _Gap({**known, **agreed}, tuple(parts), sides, trace)


def locate_gradient(
    sides: Sides, apart: Mapping[str, Difference], tolerance: float
) -> Parting | None:
    """The node nearest to the loss whose parameters' gradients differ, of those by key `apart`."""
    order = sorted((number, key) for key in apart if (number := sides.nodes.owner(key)) is not None)
    runs = sides.nodes.runs
    nearer: list[Run] = []
    for number, key in reversed(order):
        if apart[key].largest > tolerance:
            told = f"`{key}`: {apart[key].text}"
            return sides.parting("gradient", runs[number].visit, told, nearer[-1:])
        nearer.append(runs[number])
    return None
