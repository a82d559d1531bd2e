"""The way out, where sizes do not go together: the smallest change that makes them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, NamedTuple

from archc.blocks import BLOCKS
from archc.diagnostics import Place
from archc.document import Join
from archc.elaborate.entry import Edge, Entry
from archc.network import Module, Primitive
from archc.ops import OPERATIONS, operation_class
from archc.ops.conv import projection
from archc.ops.operation import Operation, Requirement, Shape
from archc.sizes import Condition, Dimension, OutOfReach

if TYPE_CHECKING:
    from archc.elaborate.graph import GraphBuilder

MOST_STEPS = 40
"""How far back from a join a change is looked for."""

Fails = Callable[[Requirement], bool]


class Step(NamedTuple):
    """An operation of one tensor on the way to a join; `ours` ones stand in a built-in block."""

    operation: Operation
    title: str
    place: Place
    ours: bool


class Change(NamedTuple):
    """Another value for a field of a step."""

    step: int
    field: str
    value: int


def for_join(
    entry: Entry,
    operation: Operation,
    inputs: Sequence[Edge],
    between: tuple[int, int],
    graph: GraphBuilder,
    fails: Fails,
) -> str | None:
    """What would make the operands `between` match: another reference, another argument of what
    leads to one of them, a convolution before one.
    """

    def fits(index: int, shape: Shape) -> bool:
        shapes = [shape if i == index else edge.shape for i, edge in enumerate(inputs)]
        return not any(fails(requirement) for requirement in operation.requirements(*shapes))

    one, other = between
    changes = [*_changes(between, inputs, graph, fits, fails)]
    is_shortcut = not all(
        _way(inputs[i], inputs[j], graph)[1] for i, j in ((one, other), (other, one))
    )
    found = [*_references(entry, between, inputs, graph, fits), *changes]
    if is_shortcut or not changes:
        found += _projections(entry, between, inputs, fits)
    return "\nor ".join(found[:2]) if found else None


def for_window(operation: Operation, shapes: Sequence[Shape], fails: Fails) -> str:
    """The largest kernel that fits where a size would be below one."""
    kernel = getattr(operation, "kernel_size", None)
    if isinstance(kernel, int):
        fits, fits_not = 1, kernel
        while fits_not - fits > 1:
            middle = (fits + fits_not) // 2
            changed = operation.model_copy(update={"kernel_size": middle})
            is_too_large = _result(changed, shapes, fails) is None
            fits, fits_not = (fits, middle) if is_too_large else (middle, fits_not)
        if fits > 1:
            return f"a `kernel_size` of at most {fits} fits here, or give a larger input"
        return "take out a pooling or a stride before it, or give a larger input"
    return "a smaller kernel or stride, more padding, or a larger input"


def for_rank(entry: Entry, operation: Operation, shape: Shape) -> str | None:
    """What to do with a tensor of another rank than an operation reads."""
    stem = entry.operation[:-2]
    for name in (f"{stem}{dims}d" for dims in (1, 2, 3)):
        if name in OPERATIONS and len(shape) in (other := operation_class(name)).ranks:
            return f"`{name}` reads {other.layout}"
    if len(shape) == 2 and min(operation.ranks) > 2:
        return "put it before the `flatten`, where height and width still are"
    if len(shape) > 2 and operation.ranks == (2,):
        return "flatten first: write `- flatten` before it"
    return None


def _references(
    entry: Entry,
    between: tuple[int, int],
    inputs: Sequence[Edge],
    graph: GraphBuilder,
    fits: Callable[[int, Shape], bool],
) -> Iterator[str]:
    """The one other name that would match, where a join lists what it reads."""
    if not isinstance(entry.item, Join) or entry.item.references is None:
        return
    read = {edge.reference for edge in inputs}
    nodes = [(name, edge) for name, edge in graph.ready().items() if edge.reference.node >= 0]
    found = [
        (name, edge, index)
        for name, edge in nodes
        if edge.reference not in read
        for index in between
        if fits(index, edge.shape)
    ]
    if len(found) == 1:
        ((name, edge, index),) = found
        line = edge.site.place(key=True).span.line
        yield f"`{name}` (line {line}) in the place of `{inputs[index].producer}` would match"


def _changes(
    between: tuple[int, int],
    inputs: Sequence[Edge],
    graph: GraphBuilder,
    fits: Callable[[int, Shape], bool],
    fails: Fails,
) -> Iterator[str]:
    """The first change of arguments on the way to an operand that would match."""
    for index, beside in (between, between[::-1]):
        start, steps = _way(inputs[index], inputs[beside], graph)
        channels = inputs[beside].shape[1:2]
        for changes in _candidates(steps, channels):
            shape = _after(start, steps, changes, fails)
            if shape is not None and fits(index, shape):
                yield f"{_told(changes, steps)} would match"
                return


def _projections(
    entry: Entry,
    between: tuple[int, int],
    inputs: Sequence[Edge],
    fits: Callable[[int, Shape], bool],
) -> Iterator[str]:
    """The 1x1 convolution before the join that would match."""
    for index, beside in (between, between[::-1]):
        edge = inputs[index]
        found = projection(edge.shape, inputs[beside].shape)
        if found is not None and fits(index, found.shape):
            line = edge.site.place(key=True).span.line
            yield (
                f"`{found.text}` between `{edge.producer}` (line {line}) and the "
                f"`{entry.operation}` would match"
            )
            return


def _way(edge: Edge, beside: Edge, graph: GraphBuilder) -> tuple[Shape, list[Step]]:
    """The operations that lead to `edge` alone, and the shape from which they start."""
    shared = _before(beside, graph)
    shape, number, steps = edge.shape, edge.reference.node, list[Step]()
    while number >= 0 and number not in shared and len(steps) < MOST_STEPS:
        draft = graph.drafts[number]
        place = draft.entry.call_site.place(key=True)
        found = _steps(draft.what, draft.entry.title, place, draft.entry.site.unit.builtin)
        if found is None or len(draft.reads) != 1 or len(draft.shapes) != 1:
            break
        steps[:0] = found
        shape, number = draft.inputs[0], draft.reads[0].node
    return shape, steps


def _before(edge: Edge, graph: GraphBuilder) -> set[int]:
    """The nodes that `edge` depends on."""
    waiting, found = [edge.reference.node], set[int]()
    while waiting:
        number = waiting.pop()
        if number >= 0 and number not in found:
            found.add(number)
            waiting += [reference.node for reference in graph.drafts[number].reads]
    return found


def _steps(what: Primitive | Module, title: str, place: Place, ours: bool) -> list[Step] | None:
    """A node as steps; None for a module that is more than a chain."""
    if isinstance(what, Primitive):
        return [Step(what.operation, title, place, ours)]
    if not what.graph.is_chain:
        return None
    found: list[Step] = []
    for node in what.graph.nodes:
        inner = _steps(node.what, node.operation, node.place, ours or what.block in BLOCKS)
        if inner is None:
            return None
        found += inner
    return found


def _candidates(steps: Sequence[Step], channels: Sequence[Dimension]) -> Iterator[list[Change]]:
    """Changes to try, the most natural first: of one step, or the padding of all."""
    ours = [index for index, step in enumerate(steps) if not step.ours]
    widths = [size for size in channels if isinstance(size, int)]
    fields = {
        "padding": range(9),
        "stride": range(1, 5),
        "out_channels": widths,
        "kernel_size": range(2, 8),
    }
    for field, values in fields.items():
        for index in reversed(ours):
            for value in values:
                if _may_change(steps[index].operation, field, value):
                    yield [Change(index, field, value)]
        if field == "padding":
            yield [
                Change(index, "padding", half)
                for index in ours
                for half in [_half(steps[index].operation)]
                if _may_change(steps[index].operation, "padding", half)
            ]


def _may_change(operation: Operation, field: str, value: int) -> bool:
    """Whether the field is a number now, and another one; no more padding than keeps the size."""
    now = getattr(operation, field, None)
    is_number = type(now) is int and now != value
    return is_number and (field != "padding" or value <= _half(operation))


def _half(operation: Operation) -> int:
    """The padding with which a window keeps the size."""
    kernel, dilation = (getattr(operation, name, 1) for name in ("kernel_size", "dilation"))
    is_even_sided = type(kernel) is int and type(dilation) is int
    return dilation * (kernel - 1) // 2 if is_even_sided else 0


def _after(
    shape: Shape, steps: Sequence[Step], changes: Sequence[Change], fails: Fails
) -> Shape | None:
    """The shape after `steps` with `changes`, where they go together."""
    updates: dict[int, dict[str, int]] = {change.step: {} for change in changes}
    for change in changes:
        updates[change.step][change.field] = change.value
    for index, step in enumerate(steps):
        operation = step.operation
        if index in updates:
            operation = operation.model_copy(update=updates[index])
        result = _result(operation, [shape], fails)
        if result is None:
            return None
        shape = result
    return shape


def _result(operation: Operation, shapes: Sequence[Shape], fails: Fails) -> Shape | None:
    """The one shape that an operation gives; None where it refuses, or gives more or nothing."""
    if any(fails(requirement) for requirement in operation.requirements(*shapes)):
        return None
    try:
        results = operation.results(*shapes)
    except OutOfReach:
        return None
    is_there = len(results) == 1 and not any(fails(each) for each in _positive(results[0]))
    return results[0] if is_there else None


def _positive(shape: Shape) -> Iterator[Requirement]:
    return (Requirement(Condition(size, ">=", 1), "") for size in shape)


def _told(changes: Sequence[Change], steps: Sequence[Step]) -> str:
    """`padding: 1` at `conv2d` (line 5) and `conv2d` (line 7)."""
    values = dict.fromkeys((change.field, change.value) for change in changes)
    parts = []
    for field, value in values:
        where = " and ".join(
            f"`{steps[change.step].title}` (line {steps[change.step].place.span.line})"
            for change in changes
            if (change.field, change.value) == (field, value)
        )
        parts.append(f"`{field}: {value}` at {where}")
    return ", ".join(parts)
