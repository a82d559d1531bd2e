"""Receptive fields: which places of the inputs an element sees, along each dimension.

An element sees a place if its gradient there may be other than zero: of a maximum, every place that
it may come from. What is stated is of an element away from the borders, and of all channels
together. The statistics that a normalisation or a softmax takes over places are not counted.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import gcd, lcm

from archc.network import Graph, Module, Network, Primitive, Reference, Visit
from archc.ops.operation import Reading, Reads, Window

Extent = tuple[int, int]
"""The first and the last place that an element sees."""


@dataclass(frozen=True, slots=True)
class Field:
    """What the elements along the dimension `dim` of a tensor see of a dimension of an input.

    Element i sees `extents[i % period]`, `i // period * shift` places further on; None sees
    nothing. The period is 1 unless the elements lie closer than places, as after upsampling.
    """

    dim: int
    extents: tuple[Extent | None, ...] = ((0, 0),)
    shift: int = 1

    def at(self, element: int) -> Extent | None:
        """The first and the last place that `element` sees."""
        turns, phase = divmod(element, len(self.extents))
        extent = self.extents[phase]
        if extent is None:
            return None
        return extent[0] + turns * self.shift, extent[1] + turns * self.shift

    @property
    def size(self) -> int:
        """Of how many places the extent is; the most of any element."""
        return max((last - first + 1 for first, last in filter(None, self.extents)), default=0)

    @property
    def jump(self) -> Fraction:
        """How many places lie between two elements."""
        return Fraction(self.shift, len(self.extents))


@dataclass(frozen=True, slots=True)
class Unstated:
    """A receptive field that no numbers state, and why."""

    reason: str


Seen = Field | Reads | Unstated
"""What is seen of one dimension of an input: a field, `Reads.WHOLE`, or not stated."""

Seeing = Mapping[tuple[str, int], Seen]
"""What a tensor sees: of each input by name, and each of its dimensions after the channels; an
input that it does not depend on is left out.
"""


def receptive_fields(network: Network) -> Iterator[tuple[Visit, Seeing]]:
    """What the (first) result of each primitive operation sees, in the order in which they run."""
    found: list[tuple[Visit, Seeing]] = []
    _outputs(network.graph, _inputs(network), network.primitives(), found)
    return iter(found)


def receptive_field(network: Network) -> tuple[Visit, Seeing] | None:
    """What the last map sees: the last operation in evaluation that does not see the whole of all
    inputs. None where there is no such.
    """
    maps = [
        (visit, seeing)
        for visit, seeing in receptive_fields(network)
        if not visit.training and any(seen is not Reads.WHOLE for seen in seeing.values())
    ]
    return maps[-1] if maps else None


def output_fields(network: Network) -> dict[str, Seeing]:
    """What each output sees."""
    found = _outputs(network.graph, _inputs(network), network.primitives(), [])
    return {output.name: seen for output, seen in zip(network.graph.outputs, found, strict=True)}


def _inputs(network: Network) -> list[Seeing]:
    return [
        {(port.name, dim): Field(dim) for dim in range(2, len(port.shape))}
        for port in network.graph.inputs
    ]


def _outputs(
    graph: Graph,
    inputs: Sequence[Seeing],
    visits: Iterator[Visit],
    found: list[tuple[Visit, Seeing]],
) -> list[Seeing]:
    """What the outputs of a graph see. Its operations, which are the next of `visits`, are put at
    the end of `found` with what they see.
    """
    results: list[Sequence[Seeing]] = []

    def read(reference: Reference) -> Seeing:
        if reference.node < 0:
            return inputs[-1 - reference.node]
        return results[reference.node][reference.result]

    for node in graph.nodes:
        operands = [read(reference) for reference in node.reads]
        if isinstance(node.what, Module):
            results.append(_outputs(node.what.graph, operands, visits, found))
        else:
            visit = next(visits)
            seeing = _primitive(node.what, visit, operands)
            found.append((visit, seeing))
            results.append([seeing] * len(node.shapes))
    return [read(output.reference) for output in graph.outputs]


def _primitive(what: Primitive, visit: Visit, operands: Sequence[Seeing]) -> Seeing:
    """What the result of a primitive operation sees: the union over its operands."""
    together: dict[tuple[str, int], Seen] = {}
    for operand, seeing in enumerate(operands):
        if not seeing:
            continue
        readings = what.operation.windows(operand, *visit.node.inputs)
        for axis, seen in seeing.items():
            through = _through(seen, readings, visit) if isinstance(seen, Field) else seen
            known = together.get(axis)
            together[axis] = through if known is None else _union(known, through, visit)
    return together


def _through(field: Field, readings: Sequence[Reading], visit: Visit) -> Seen:
    """What is seen by who reads the elements of `field`."""
    reading = readings[field.dim]
    if isinstance(reading, Window):
        return _compose(field, reading)
    return reading if reading is Reads.WHOLE else Unstated(f"{_words(visit)} states no window")


def _compose(field: Field, window: Window) -> Field:
    """The elements of a result whose windows move over the elements of `field`.

    The period is the least after which the windows have moved by a multiple of the field's period.
    """
    turns = len(field.extents) // gcd(len(field.extents), window.shift)
    extents = tuple(
        _hull([field.at(place + turn * window.shift) for place in places])
        for turn in range(turns)
        for places in window.reads
    )
    return Field(window.dim, extents, turns * window.shift * field.shift // len(field.extents))


def _union(one: Seen, other: Seen, visit: Visit) -> Seen:
    """What an element sees that depends on two of the same number."""
    if Reads.WHOLE in (one, other):
        return Reads.WHOLE
    if not isinstance(one, Field) or not isinstance(other, Field):
        return one if isinstance(one, Unstated) else other
    if one.dim != other.dim:
        return Unstated(f"{_words(visit)} joins dimensions {one.dim} and {other.dim}")
    if one.jump != other.jump:
        return Unstated(f"{_words(visit)} joins jumps of {one.jump} and {other.jump}")
    period = lcm(len(one.extents), len(other.extents))
    extents = tuple(_hull([one.at(element), other.at(element)]) for element in range(period))
    return Field(one.dim, extents, int(one.jump * period))


def _hull(extents: Sequence[Extent | None]) -> Extent | None:
    """From the first place to the last."""
    there = [extent for extent in extents if extent is not None]
    if not there:
        return None
    return min(first for first, _ in there), max(last for _, last in there)


def _words(visit: Visit) -> str:
    """`concat (line 12)`."""
    return f"{visit.node.operation} (line {visit.place.span.line})"
