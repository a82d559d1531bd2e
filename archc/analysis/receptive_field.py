"""Receptive fields: which places of the inputs the middle element of a tensor depends on.

A tensor's dimension carries places of an input where its elements move along them. The middle
element is in the middle of each such dimension, and all of the others, as the channels. From it the
places that are needed are followed back to the inputs, dimension by dimension, as progressions.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Literal, NamedTuple

from archc.network import Graph, Module, Network, Reference, Visit
from archc.ops.operation import Operation, Shape
from archc.ops.reading import Needs, Reading, all_of
from archc.sizes import Dimension, TooComplex, formula
from archc.sizes.places import Places, Unclear, hull, united

_BY_SIZE = "depends on the size of the input"
_MOST_STEPS = 500_000
"""How many operations are followed back, all outputs together."""


@dataclass(frozen=True, slots=True)
class Field:
    """From the first place to the last there are `size`; the next element sees the same `jump`
    places further on, where that is one number.
    """

    size: int
    jump: Fraction | None = None


@dataclass(frozen=True, slots=True)
class Unstated:
    """A receptive field that no numbers state, and why."""

    reason: str


Seen = Field | Literal["whole"] | Unstated
"""What is seen of one dimension of an input: a field, all places, or not stated."""

Axis = tuple[str, int]
"""An input, and one of its dimensions after the channels."""

Seeing = Mapping[Axis, Seen]
"""What a tensor sees; an input that it does not depend on is left out."""

Tensor = tuple[int, int]
"""The number of a step and of its result; step -1 - k is input k."""


class _Step(NamedTuple):
    """A primitive operation in the order in which they run."""

    visit: Visit
    operation: Operation
    reads: tuple[Tensor, ...]


class _Carried(NamedTuple):
    """Which places the elements along a dimension move along, and by how many each; or by whom
    they are `mixed` with what is no place.
    """

    jumps: Mapping[Axis, Fraction | None]
    mixed: str | None = None


class _Ends(NamedTuple):
    """The first place and the last."""

    first: Dimension
    last: Dimension

    @property
    def size(self) -> Dimension:
        return self.last - self.first + 1


_NOTHING = _Carried({})


def receptive_field(network: Network) -> tuple[Visit, Seeing] | None:
    """What the last map sees: the last operation in evaluation whose elements move along places.
    None where there is no such.
    """
    fields = Fields(network)
    for number in reversed(range(len(fields.steps))):
        visit = fields.steps[number].visit
        carried = fields.carried[number, 0]
        if not visit.training and any(each.jumps and not each.mixed for each in carried):
            return visit, fields.seen((number, 0))
    return None


def output_fields(network: Network) -> dict[str, Seeing]:
    """What each output sees."""
    fields = Fields(network)
    most = max(1, _MOST_STEPS // max(1, len(fields.steps)))
    outputs = zip(network.graph.outputs, fields.outputs, strict=True)
    return {
        output.name: fields.seen(tensor) if index < most else fields.unstated("too many outputs")
        for index, (output, tensor) in enumerate(outputs)
    }


class Fields:
    """A network as one list of steps, and what each tensor carries."""

    def __init__(self, network: Network) -> None:
        self.network = network
        self.steps: list[_Step] = []
        self.ports = network.graph.inputs
        tensors = [(-1 - index, 0) for index in range(len(self.ports))]
        self.outputs = self._enter(network.graph, tensors, network.primitives())
        self.shapes = {
            tensor: port.shape for tensor, port in zip(tensors, self.ports, strict=True)
        } | {
            (number, result): shape
            for number, step in enumerate(self.steps)
            for result, shape in enumerate(step.visit.node.shapes)
        }
        self.declared = {
            tensor: tuple(network.at(size) for size in shape)
            for tensor, shape in self.shapes.items()
        }
        self.carried: dict[Tensor, Sequence[_Carried]] = {
            tensor: [
                _Carried({(port.name, dim): Fraction(1)} if dim > 1 else {})
                for dim in range(len(port.shape))
            ]
            for tensor, port in zip(tensors, self.ports, strict=True)
        }
        for number, step in enumerate(self.steps):
            for result in range(len(step.visit.node.shapes)):
                self.carried[number, result] = self._carry(step, (number, result))

    def _enter(
        self, graph: Graph, inputs: Sequence[Tensor], visits: Iterator[Visit]
    ) -> list[Tensor]:
        """The tensors that are the outputs of `graph`; its operations are put into `steps`."""
        results: list[Sequence[Tensor]] = []

        def read(reference: Reference) -> Tensor:
            if reference.node < 0:
                return inputs[-1 - reference.node]
            return results[reference.node][reference.result]

        for node in graph.nodes:
            reads = [read(reference) for reference in node.reads]
            if isinstance(node.what, Module):
                results.append(self._enter(node.what.graph, reads, visits))
            else:
                number = len(self.steps)
                self.steps.append(_Step(next(visits), node.what.operation, tuple(reads)))
                results.append([(number, result) for result in range(len(node.shapes))])
        return [read(output.reference) for output in graph.outputs]

    def _readings(
        self, step: _Step, operand: int, result: int, shapes: Mapping[Tensor, Shape]
    ) -> Sequence[Reading]:
        return step.operation.windows(operand, result, *(shapes[read] for read in step.reads))

    def _carry(self, step: _Step, tensor: Tensor) -> Sequence[_Carried]:
        """What the dimensions of a result carry: what those carry that they are read along."""
        found = [_NOTHING] * len(self.shapes[tensor])
        for operand, read in enumerate(step.reads):
            readings = self._readings(step, operand, tensor[1], self.declared)
            for dim in {dim for reading in readings for dim in reading.along}:
                sources = [
                    (each, reading.rate)
                    for each, reading in zip(self.carried[read], readings, strict=True)
                    if dim in reading.along
                ]
                found[dim] = _joined(found[dim], _grouped(sources, step.visit))
        return found

    def unstated(self, reason: str) -> Seeing:
        return {
            (port.name, dim): Unstated(reason)
            for port in self.ports
            for dim in range(2, len(port.shape))
        }

    def seen(self, tensor: Tensor) -> Seeing:
        """What the middle element of `tensor` sees.

        Where its elements move, the size is that of an element away from the borders, if the
        middle one sees as much at the declared sizes, or all that there is.
        """
        carried = self.carried[tensor]
        mixed = next((each.mixed for each in carried if each.mixed), None)
        if mixed:
            return self.unstated(mixed)
        here = self._back(tensor, self.declared)
        away = self._back(tensor, self.shapes) if self.network.sizes else here
        seeing: dict[Axis, Seen] = {}
        for number, port in enumerate(self.ports):
            needed, anywhere = here.get((-1 - number, 0)), away.get((-1 - number, 0))
            if needed is None:
                continue
            for dim in range(2, len(port.shape)):
                jumps = [c.jumps[port.name, dim] for c in carried if (port.name, dim) in c.jumps]
                size = self.declared[-1 - number, 0][dim]
                larger = self._anywhere(anywhere[dim]) if anywhere else None
                seeing[port.name, dim] = _stated(needed[dim], larger, size, jumps)
        return seeing

    def _anywhere(self, needed: Needs) -> _Ends | None:
        """The ends of what is needed away from all borders, at the declared sizes."""
        if isinstance(needed, Unclear):
            return None
        at = self.network.at
        return _ends(tuple(Places(at(p.first), at(p.last), p.step) for p in needed))

    def _back(
        self, tensor: Tensor, shapes: Mapping[Tensor, Shape]
    ) -> Mapping[Tensor, Sequence[Needs]]:
        """What the middle element of `tensor` needs of the inputs."""
        middle = [
            (Places(size // 2, size // 2),) if carried.jumps else all_of(size)
            for carried, size in zip(self.carried[tensor], shapes[tensor], strict=True)
        ]
        needed: dict[Tensor, Sequence[Needs]] = {tensor: middle}
        for number in reversed(range(tensor[0] + 1)):
            step = self.steps[number]
            for result in range(len(step.visit.node.shapes)):
                box = needed.pop((number, result), None)
                if box is None or (step.operation.cancels and len(set(step.reads)) == 1):
                    continue
                for operand, read in enumerate(step.reads):
                    more = self._needs(step, operand, result, box, shapes)
                    if () not in more:
                        needed[read] = _together(needed.get(read), more, shapes[read])
        return needed

    def _needs(
        self,
        step: _Step,
        operand: int,
        result: int,
        box: Sequence[Needs],
        shapes: Mapping[Tensor, Shape],
    ) -> Sequence[Needs]:
        """What an operation needs of an operand, for what is needed of a result."""
        sizes = shapes[step.reads[operand]]
        try:
            readings = self._readings(step, operand, result, shapes)
        except TooComplex:
            return [Unclear(f"{_words(step.visit)} has sizes of too long a formula")] * len(sizes)
        found = [each.safe_needs(box, size) for each, size in zip(readings, sizes, strict=True)]
        return [
            Unclear(f"{_words(step.visit)} {each}")
            if isinstance(each, Unclear) and not any(each is other for other in box)
            else each
            for each in found
        ]


def _grouped(sources: Sequence[tuple[_Carried, Fraction | None]], visit: Visit) -> _Carried:
    """What is carried by a dimension of a result that joins dimensions of one operand."""
    mixed = next((carried.mixed for carried, _ in sources if carried.mixed), None)
    is_place = {bool(carried.jumps) for carried, _ in sources}
    if len(is_place) > 1:
        mixed = f"{_words(visit)} joins places and channels in one dimension"
    jumps = {
        axis: None if jump is None or rate is None else jump * rate
        for carried, rate in sources
        for axis, jump in carried.jumps.items()
    }
    return _Carried(jumps, mixed)


def _joined(one: _Carried, other: _Carried) -> _Carried:
    """What is carried by a dimension that several operands are read along."""
    both = one.jumps.keys() & other.jumps.keys()
    unequal = {axis: None for axis in both if one.jumps[axis] != other.jumps[axis]}
    return _Carried({**one.jumps, **other.jumps, **unequal}, one.mixed or other.mixed)


def _together(one: Sequence[Needs] | None, other: Sequence[Needs], sizes: Shape) -> Sequence[Needs]:
    """What two readers of a tensor need of it."""
    if one is None:
        return other
    return [_either(a, b, size) for a, b, size in zip(one, other, sizes, strict=True)]


def _either(one: Needs, other: Needs, size: Dimension) -> Needs:
    whole = all_of(size)
    if whole in (one, other):
        return whole
    if isinstance(one, Unclear):
        return one
    if isinstance(other, Unclear):
        return other
    try:
        return united(one + other)
    except Unclear as unclear:
        return unclear


def _stated(
    here: Needs, away: _Ends | None, size: Dimension, jumps: Sequence[Fraction | None]
) -> Seen:
    """What is said of a dimension of `size`, of which the middle element needs `here`, and at any
    larger sizes from one end to the other of `away`.
    """
    if isinstance(here, Unclear):
        return Unstated(str(here))
    jump = jumps[0] if len(jumps) == 1 else None
    there = _ends(here)
    if there is None:
        return Unstated(_BY_SIZE)
    if jumps and away is not None and _is_cut(away, there, size) and isinstance(away.size, int):
        return Field(away.size, jump)
    if there == (0, size - 1):
        return "whole"
    if isinstance(there.size, int):
        return Field(there.size, jump)
    return Unstated(f"{_BY_SIZE}: {formula(there.size)}")


def _is_cut(away: _Ends, here: _Ends, size: Dimension) -> bool:
    """Whether `here` is what of `away` lies within the borders."""
    if away == here or not all(isinstance(each, int) for each in (*away, *here, size)):
        return away == here
    return here == (max(away.first, 0), min(away.last, size - 1))  # type: ignore[type-var]


def _ends(needed: Needs) -> _Ends | None:
    """From the first place to the last."""
    try:
        there = None if isinstance(needed, Unclear) or not needed else hull(needed)
    except Unclear:
        return None
    return _Ends(there.first, there.last) if there else None


def _words(visit: Visit) -> str:
    """`concat (line 12)`."""
    return f"{visit.node.operation} (line {visit.place.span.line})"
