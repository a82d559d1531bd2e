"""Ways out, where sizes do not go together: changes that may be meant, which are yet to be proved.

None makes another network than was meant: a slip of padding, stride or scale is put right, a
shortcut gets its 1x1 convolution, a name the digit that it has elsewhere. Channels are never
changed, and no node is left out.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from archc.diagnostics import Place, Proposal, suggest
from archc.document import Join
from archc.elaborate.entry import Edge, Entry
from archc.elaborate.site import Site
from archc.network import Module, Primitive
from archc.ops import OPERATIONS, operation_class
from archc.ops.conv import projections
from archc.ops.fields import spread
from archc.ops.operation import Operation, Requirement, Shape
from archc.sizes import Condition, TooComplex

if TYPE_CHECKING:
    from archc.elaborate.graph import GraphBuilder

MOST_STEPS = 40
"""How far back from a join a change is looked for."""

Fails = Callable[[Requirement], bool]
Value = int | float | tuple[int, ...]
Changes = Mapping[Place, Value]
"""A new value for one field, at the nodes that stand at these places."""

_VALUES: Mapping[str, tuple[Value, ...]] = {
    "padding": tuple(range(9)),
    "output_padding": (1,),
    "scale_factor": (2.0, 4.0, 8.0, 16.0, 0.5, 0.25, 0.125),
    "stride": (1, 2, 3, 4),
}
"""What is tried for a field that is a number."""


class Step(NamedTuple):
    """An operation of one tensor on the way to a join."""

    operation: Operation
    title: str
    place: Place


class Way(NamedTuple):
    """The operations that lead to one operand of a join alone, from `start` on; `is_whole` where
    that is a tensor on which the other operand depends too.
    """

    start: Shape
    steps: Sequence[Step]
    is_whole: bool

    @property
    def is_shortcut(self) -> bool:
        """Whether nothing on it has weights."""
        return self.is_whole and not any(step.operation.starts for step in self.steps)


def for_join(
    entry: Entry,
    operation: Operation,
    inputs: Sequence[Edge],
    between: tuple[int, int],
    graph: GraphBuilder,
    fails: Fails,
) -> Iterator[Proposal]:
    """Changes with which the operands `between` of a join would match, the most natural first."""

    def fits(index: int, shape: Shape) -> bool:
        shapes = [shape if i == index else edge.shape for i, edge in enumerate(inputs)]
        return not any(fails(requirement) for requirement in operation.requirements(*shapes))

    ways = {i: _way(inputs[i], inputs[j], graph) for i, j in (between, between[::-1])}
    if entry.site.unit.builtin:
        yield from _switches(entry.call_site)
    else:
        yield from _references(entry, between, inputs, graph, fits)
    yield from _changes(entry.call_site, ways, fits, fails)
    yield from _without_batch(between, inputs, graph, fits)
    if operation.projects and not entry.site.unit.builtin:
        yield from _projections(entry, between, inputs, ways, fits)


def for_window(entry: Entry, operation: Operation) -> Iterator[Proposal]:
    """The padding with which a window that moves by one keeps the size."""
    half, place = _half(operation), entry.call_site.place(key=True)
    if getattr(operation, "stride", None) == 1 and half != getattr(operation, "padding", half):
        step = Step(operation, entry.title, place)
        yield from _change(entry.call_site, "padding", {place: half}, [step])


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


def _switches(site: Site) -> Iterator[Proposal]:
    """The truth values at the call of the built-in block in which `site` is, turned round."""
    while site.unit.builtin and site.caller is not None:
        site = site.caller
    written = site.written
    for name, value in written.items() if isinstance(written, dict) else ():
        if isinstance(value, bool):
            now, line = "false" if value else "true", site.place(key=True).span.line
            text = f"`{name}: {now}` at `{site.path[-1]}` (line {line})"
            yield _proposal(name, text, site, (*site.path, name), not value)


def _references(
    entry: Entry,
    between: tuple[int, int],
    inputs: Sequence[Edge],
    graph: GraphBuilder,
    fits: Callable[[int, Shape], bool],
) -> Iterator[Proposal]:
    """The names that would match and are written almost as an operand is."""
    has_references = isinstance(entry.item, Join) and entry.item.references is not None
    site = entry.call_site if has_references else entry.site.at("from")
    if not has_references and entry.item.from_ is None:
        return
    read = {edge.reference for edge in inputs}
    others = {name: e for name, e in graph.ready().items() if e.reference not in read}
    for index in between:
        written = site.at(index).written
        for name, edge in others.items():
            if _is_close(name, written) and fits(index, edge.shape):
                line = edge.site.place(key=True).span.line
                text = f"`{name}` (line {line}) in the place of `{written}`"
                yield _proposal("reference", text, site, (*site.path, index), name)


def _is_close(name: str, written: object) -> bool:
    """Whether two names differ by their digits, or as a misspelling does."""
    if not isinstance(written, str) or name == written:
        return False
    stem, other = (re.sub("[0-9]", "", each) for each in (name, written))
    return bool(stem) and (stem == other or suggest(written, [name]) is not None)


def _changes(
    site: Site,
    ways: Mapping[int, Way],
    fits: Callable[[int, Shape], bool],
    fails: Fails,
) -> Iterator[Proposal]:
    """The changes of one field on the way to an operand that would match."""
    for field in _VALUES:
        for index, way in ways.items():
            for changes in _candidates(field, way.steps):
                shape = _after(way, field, changes, fails)
                if shape is not None and fits(index, shape):
                    yield from _change(site, field, changes, way.steps)


def _candidates(field: str, steps: Sequence[Step]) -> Iterator[Changes]:
    """New values for a field, at one place; or the padding that keeps the size, at all."""
    places = {step.place: step.operation for step in reversed(steps) if _is_number(step, field)}
    if field == "padding":
        halves = {place: _half(operation) for place, operation in places.items()}
        now = {place: getattr(operation, field) for place, operation in places.items()}
        halves = {place: half for place, half in halves.items() if half != now[place]}
        yield from ({place: half} for place, half in halves.items())
        if len(halves) > 1:
            yield halves
    for place, operation in places.items():
        most = _half(operation) if field == "padding" else None
        for value in _VALUES[field]:
            is_other = value not in (getattr(operation, field), most)
            is_less = most is None or (isinstance(most, int) and value in range(most))
            if is_other and is_less:
                yield {place: value}


def _is_number(step: Step, field: str) -> bool:
    return type(getattr(step.operation, field, None)) in (int, float)


def _half(operation: Operation) -> int | tuple[int, ...]:
    """The padding with which a window that moves by one keeps the size."""
    kernel, dilation = (getattr(operation, name, 1) for name in ("kernel_size", "dilation"))
    dims = next((len(each) for each in (kernel, dilation) if isinstance(each, tuple)), 1)
    each = zip(spread(kernel, dims), spread(dilation, dims), strict=True)
    half = tuple(d * (k - 1) // 2 for k, d in each)
    return half if len(set(half)) > 1 else half[0]


def _change(site: Site, field: str, changes: Changes, steps: Sequence[Step]) -> Iterator[Proposal]:
    """`padding: 1` at `conv2d` (line 5) and `conv2d` (line 7), where all are in the text of
    `site`.
    """
    source = site.unit.source
    paths = {place: source.path(place) for place in changes if place.file == source.file}
    if len(paths) < len(changes) or None in paths.values():
        return
    titles = {step.place: step.title for step in steps}
    parts = []
    for value in dict.fromkeys(changes.values()):
        places = sorted(p for p in changes if changes[p] == value)
        where = " and ".join(f"`{titles[place]}` (line {place.span.line})" for place in places)
        shown = list(value) if isinstance(value, tuple) else value
        parts.append(f"`{field}: {shown}` at {where}")
    values = tuple(((*(path or ()), field), _data(changes[p])) for p, path in paths.items())
    yield Proposal(field, f"{', '.join(parts)}", source.file, values)


def _data(value: Value) -> Any:
    return list(value) if isinstance(value, tuple) else value


def _without_batch(
    between: tuple[int, int],
    inputs: Sequence[Edge],
    graph: GraphBuilder,
    fits: Callable[[int, Shape], bool],
) -> Iterator[Proposal]:
    """A parameter without the 1 that stands where others have the batch."""
    for index in between:
        edge = inputs[index]
        number = edge.reference.node
        is_parameter = number >= 0 and graph.drafts[number].is_parameter
        if is_parameter and edge.shape[:1] == (1,) and fits(index, edge.shape[1:]):
            site = graph.drafts[number].entry.call_site
            sizes = [*edge.shape[1:]]
            line = site.place(key=True).span.line
            text = (
                f"`shape: {sizes}` at `{edge.producer}` (line {line}), as a parameter has no batch,"
            )
            yield _proposal("shape", text, site, (*site.path, "shape"), sizes)


def _projections(
    entry: Entry,
    between: tuple[int, int],
    inputs: Sequence[Edge],
    ways: Mapping[int, Way],
    fits: Callable[[int, Shape], bool],
) -> Iterator[Proposal]:
    """The 1x1 convolution on a shortcut that would match."""
    for index, beside in (between, between[::-1]):
        edge = inputs[index]
        if not ways[index].is_shortcut or ways[beside].is_shortcut:
            continue
        channels = inputs[beside].shape[1:2] or (0,)
        found = next(
            (each for each in projections(edge.shape, *channels) if fits(index, each.shape)), None
        )
        if found is None:
            continue
        node = {found.name: dict(found.arguments)}
        arguments = ", ".join(f"{name}: {value}" for name, value in found.arguments.items())
        line = edge.site.place(key=True).span.line
        text = (
            f"`{found.name}: {{{arguments}}}` between `{edge.producer}` (line {line}) and the "
            f"`{entry.operation}`"
        )
        joined = _with_node(entry, index, node)
        if joined is not None:
            yield _proposal("projection", text, entry.site, entry.site.path, joined)


def _with_node(entry: Entry, index: int, node: dict[str, Any]) -> dict[str, Any] | None:
    """The join as data, with `node` before operand number `index`."""
    written, operation = entry.site.written, entry.item.operation
    if not isinstance(written, dict) or "repeat" in written:
        return None
    operands = written[operation]
    if isinstance(operands, dict):
        branches = list(operands.items())
        key, branch = branches[index]
        branches[index] = key, [*(branch if isinstance(branch, list) else [branch]), node]
        return {**written, operation: dict(branches)}
    if not isinstance(operands, list):
        return None
    rest = {key: value for key, value in written.items() if key != operation}
    names = [*operands[:index], "projected", *operands[index + 1 :]]
    joins = [{"name": "projected", **node}, {operation: names}]
    return {**rest, "from": operands[index], "seq": joins}


def _proposal(
    kind: str, text: str, site: Site, path: tuple[str | int, ...], value: Any
) -> Proposal:
    return Proposal(kind, text, site.unit.source.file, ((path, value),))


def _way(edge: Edge, beside: Edge, graph: GraphBuilder) -> Way:
    shared = _before(beside, graph)
    shape, number, steps = edge.shape, edge.reference.node, list[Step]()
    while number >= 0 and number not in shared and len(steps) < MOST_STEPS:
        draft = graph.drafts[number]
        found = _steps(draft.what, draft.entry.title, draft.entry.call_site.place(key=True))
        if found is None or len(draft.reads) != 1 or len(draft.shapes) != 1:
            return Way(shape, steps, False)
        steps[:0] = found
        shape, number = draft.inputs[0], draft.reads[0].node
    return Way(shape, steps, number in shared)


def _before(edge: Edge, graph: GraphBuilder) -> set[int]:
    """The nodes and inputs that `edge` depends on."""
    waiting, found = [edge.reference.node], set[int]()
    while waiting:
        number = waiting.pop()
        if number not in found:
            found.add(number)
            waiting += [each.node for each in graph.drafts[number].reads] if number >= 0 else []
    return found


def _steps(what: Primitive | Module, title: str, place: Place) -> list[Step] | None:
    """A node as steps; None for a module that is more than a chain."""
    if isinstance(what, Primitive):
        return [Step(what.operation, title, place)]
    if not what.graph.is_chain:
        return None
    found: list[Step] = []
    for node in what.graph.nodes:
        inner = _steps(node.what, node.operation, node.place)
        if inner is None:
            return None
        found += inner
    return found


def _after(way: Way, field: str, changes: Changes, fails: Fails) -> Shape | None:
    """The shape after the steps with `changes`, where they go together."""
    shape = way.start
    for step in way.steps:
        operation = step.operation
        if step.place in changes:
            operation = operation.model_copy(update={field: changes[step.place]})
        result = _result(operation, shape, fails)
        if result is None:
            return None
        shape = result
    return shape


def _result(operation: Operation, shape: Shape, fails: Fails) -> Shape | None:
    """The one shape that an operation gives; None where it refuses, or gives more or nothing."""
    if any(fails(requirement) for requirement in operation.requirements(shape)):
        return None
    try:
        results = operation.results(shape)
    except TooComplex:
        return None
    if len(results) != 1:
        return None
    is_there = not any(fails(Requirement(Condition(size, ">=", 1), "")) for size in results[0])
    return results[0] if is_there else None
