"""The operations on the way to one operand of a join, and the sizes after a change of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple

from archc.elaborate.entry import Edge
from archc.network import Location, Module, Primitive
from archc.ops.operation import Operation, Requirement, Shape
from archc.sizes import Condition, TooComplex

if TYPE_CHECKING:
    from archc.elaborate.build import ListBuilder

MOST_STEPS = 40
"""How far back from a join a change is looked for."""

Fails = Callable[[Requirement], bool]
Value = int | float | tuple[int, ...]
Changes = Mapping[Location, Value]
"""A new value for one field, at the nodes that stand at these locations."""


class ChainStep(NamedTuple):
    """An operation of one tensor."""

    operation: Operation
    title: str
    location: Location


class Way(NamedTuple):
    """The operations that lead to one operand alone, from `start` on; `is_whole` where that is a
    tensor on which the other operand depends too.
    """

    start: Shape
    steps: Sequence[ChainStep]
    is_whole: bool

    @property
    def is_shortcut(self) -> bool:
        """Whether nothing on it has weights."""
        return self.is_whole and not any(step.operation.starts for step in self.steps)

    def after(self, field: str, changes: Changes, fails: Fails) -> Shape | None:
        """The shape after the steps with `changes`, where they go together."""
        shape = self.start
        for step in self.steps:
            operation = step.operation
            if step.location in changes:
                operation = operation.model_copy(update={field: changes[step.location]})
            result = _result(operation, shape, fails)
            if result is None:
                return None
            shape = result
        return shape


def way(edge: Edge, beside: Edge, graph: ListBuilder) -> Way:
    """The way to `edge`, from what `beside` depends on too."""
    shared = _before(beside, graph)
    shape, number, steps = edge.shape, edge.reference.node, list[ChainStep]()
    while number >= 0 and number not in shared and len(steps) < MOST_STEPS:
        draft = graph.drafts[number]
        found = _steps(draft.what, draft.entry.title, draft.entry.call_site.location)
        if found is None or len(draft.reads) != 1 or len(draft.shapes) != 1:
            return Way(shape, steps, False)
        steps[:0] = found
        shape, number = draft.inputs[0], draft.reads[0].node
    return Way(shape, steps, number in shared)


def _before(edge: Edge, graph: ListBuilder) -> set[int]:
    """The nodes and inputs that `edge` depends on."""
    waiting, found = [edge.reference.node], set[int]()
    while waiting:
        number = waiting.pop()
        if number not in found:
            found.add(number)
            waiting += [each.node for each in graph.drafts[number].reads] if number >= 0 else []
    return found


def _steps(what: Primitive | Module, title: str, location: Location) -> list[ChainStep] | None:
    """A node as steps; None for a module that is more than a chain."""
    if isinstance(what, Primitive):
        return [ChainStep(what.operation, title, location)]
    if not what.graph.is_chain:
        return None
    found: list[ChainStep] = []
    for node in what.graph.nodes:
        inner = _steps(node.what, node.operation, node.location)
        if inner is None:
            return None
        found += inner
    return found


def accepts(operation: Operation, shapes: Sequence[Shape], fails: Fails) -> bool:
    """Whether an operation takes these shapes; not where that is too complex to tell."""
    try:
        return not any(map(fails, operation.requirements(*shapes)))
    except TooComplex:
        return False


def _result(operation: Operation, shape: Shape, fails: Fails) -> Shape | None:
    """The one shape that an operation gives; None where it refuses, or gives more or nothing."""
    if not accepts(operation, [shape], fails):
        return None
    try:
        results = operation.results(shape)
    except TooComplex:
        return None
    sizes = [size for each in results for size in each]
    is_there = not any(fails(Requirement(Condition(size, ">=", 1), "")) for size in sizes)
    return results[0] if len(results) == 1 and is_there else None
