"""Ways out, where sizes do not go together: changes that may be meant, which are yet to be proved.

None makes another network than was meant: a slip of padding, stride or scale is put right, a
shortcut gets its 1x1 convolution, a name the digit that it has elsewhere. Channels are never
changed, and no node is left out.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from archc.diagnostics import Proposal, suggest
from archc.elaborate.entry import Entry
from archc.elaborate.site import Site
from archc.elaborate.way import ChainStep, Changes, Value, Way, way
from archc.ops import OPERATIONS, operation_class
from archc.ops.conv import projections
from archc.ops.fields import spread
from archc.ops.operation import Operation, Shape
from archc.source import YamlPath

if TYPE_CHECKING:
    from archc.elaborate.mismatch import Mismatch

_VALUES: Mapping[str, tuple[Value, ...]] = {
    "padding": tuple(range(9)),
    "output_padding": (1,),
    "scale_factor": (2.0, 4.0, 8.0, 16.0, 0.5, 0.25, 0.125),
    "stride": (1, 2, 3, 4),
}
"""What is tried for a field that is a number."""

_MOST_NAMES = 40
"""How many names that are written alike are looked at."""


def for_join(join: Mismatch, one: int, other: int) -> Iterator[Proposal]:
    """Changes with which two operands of a join would match, the most natural first."""
    pairs = (one, other), (other, one)
    ways = {i: way(join.inputs[i], join.inputs[j], join.graph) for i, j in pairs}
    is_own = not join.entry.site.unit.builtin
    yield from _references(join, ways) if is_own else _switches(join.entry.call_site)
    yield from _changes(join, ways)
    yield from _parameters(join, ways)
    for index, beside in pairs if is_own and join.operation.projects else ():
        if ways[index].is_shortcut and not ways[beside].is_shortcut:
            yield from _projections(join, index, beside)


def for_window(call: Mismatch) -> Iterator[Proposal]:
    """The padding with which a window that moves by one keeps the size."""
    entry, operation = call.entry, call.operation
    half, here = _half(operation), entry.call_site.location
    if getattr(operation, "stride", None) == 1 and half != getattr(operation, "padding", half):
        step = ChainStep(operation, entry.title, here)
        yield from _change(entry.call_site, "padding", {here: half}, [step])


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


def _proposal(kind: str, text: str, site: Site, value: Any) -> Proposal:
    """Another value for what stands at `site`."""
    return Proposal(kind, text, site.unit.source.file, ((site.path, value),))


def _at(site: Site, title: str) -> str:
    return f"`{title}` (line {site.place(key=True).span.line})"


def _switches(site: Site) -> Iterator[Proposal]:
    """The truth values at the call of the built-in block in which `site` is, turned round."""
    while site.unit.builtin and site.caller is not None:
        site = site.caller
    written = site.written
    for name, value in written.items() if isinstance(written, dict) else ():
        if isinstance(value, bool):
            text = f"`{name}: {str(not value).lower()}` at {_at(site, str(site.path[-1]))}"
            yield _proposal(name, text, site.at(name), not value)


def _references(join: Mismatch, ways: Mapping[int, Way]) -> Iterator[Proposal]:
    """The one name that would match and is written almost as an operand is."""
    entry = join.entry
    site = entry.call_site if entry.item.from_ is None else entry.site.at("from")
    if not isinstance(site.written, list):
        return
    read = {edge.reference for edge in join.inputs}
    others = {name: e for name, e in join.graph.names.ready().items() if e.reference not in read}
    for index in ways:
        written = site.at(index).written
        close = [name for name in others if _is_close(name, written)]
        fitting = [name for name in close[:_MOST_NAMES] if join.fits(index, others[name].shape)]
        if len(fitting) == 1:
            (name,) = fitting
            text = f"{_at(others[name].site, name)} in the place of `{written}`"
            yield _proposal("reference", text, site.at(index), name)


def _is_close(name: str, written: object) -> bool:
    """Whether two names differ by their digits, or as a misspelling does."""
    if not isinstance(written, str) or name == written:
        return False
    stem, other = (re.sub("[0-9]", "", each) for each in (name, written))
    return bool(stem) and (stem == other or suggest(written, [name]) is not None)


def _changes(join: Mismatch, ways: Mapping[int, Way]) -> Iterator[Proposal]:
    """The changes of one field on the way to an operand that would match."""
    for field in _VALUES:
        for index, each in ways.items():
            for changes in _candidates(field, each.steps):
                shape = each.after(field, changes, join.declared.is_poor)
                if shape is not None and join.fits(index, shape):
                    yield from _change(join.entry.call_site, field, changes, each.steps)


def _candidates(field: str, steps: Sequence[ChainStep]) -> Iterator[Changes]:
    """New values for a field, at one place; or the padding that keeps the size, at all."""
    now = {step.location: getattr(step.operation, field, None) for step in reversed(steps)}
    now = {here: value for here, value in now.items() if type(value) in (int, float)}
    halves: dict[Any, Value] = {}
    if field == "padding":
        halves = {step.location: _half(step.operation) for step in steps if step.location in now}
        wrong = {here: half for here, half in halves.items() if half != now[here]}
        yield from ({here: half} for here, half in reversed(wrong.items()))
        yield from [wrong] * (len(wrong) > 1)
    for here, value in now.items():
        most = halves.get(here)
        values = _VALUES[field] if most is None else range(most) if isinstance(most, int) else ()
        yield from ({here: other} for other in values if other != value)


def _half(operation: Operation) -> Value:
    """The padding with which a window that moves by one keeps the size."""
    kernel, dilation = (getattr(operation, name, 1) for name in ("kernel_size", "dilation"))
    dims = next((len(each) for each in (kernel, dilation) if isinstance(each, tuple)), 1)
    each = zip(spread(kernel, dims), spread(dilation, dims), strict=True)
    half = tuple(d * (k - 1) // 2 for k, d in each)
    return half if len({*half}) > 1 else half[0]


def _change(
    site: Site, field: str, changes: Changes, steps: Sequence[ChainStep]
) -> Iterator[Proposal]:
    """`padding: 1` at `a` (line 5) and `b` (line 7), where all are in the text of `site`."""
    source = site.unit.source
    if any(location.file != source.file.name for location in changes):
        return
    titles = {step.location: step.title for step in steps}
    where: dict[str, list[str]] = {}
    values: list[tuple[YamlPath, Any]] = []
    for location, value in changes.items():
        data = list(value) if isinstance(value, tuple) else value
        line = source.place(location.path, key=True).span.line
        where.setdefault(f"`{field}: {data}`", []).append(f"`{titles[location]}` (line {line})")
        values.append(((*location.path, field), data))
    texts = [f"{change} at {' and '.join(places)}" for change, places in where.items()]
    yield Proposal(field, " and ".join(texts), source.file, tuple(values))


def _parameters(join: Mismatch, ways: Mapping[int, Way]) -> Iterator[Proposal]:
    """The shape of a parameter without a batch, with ones for what has one value a channel."""
    for index in ways:
        number, shape = join.inputs[index].reference.node, join.inputs[index].shape
        draft = join.graph.drafts[number] if number >= 0 else None
        if draft is None or not draft.is_parameter:
            continue
        ones = (1,) * (max(len(edge.shape) for edge in join.inputs) - 2)
        for sizes in (shape[1:], (*shape, *ones)):
            if join.fits(index, sizes):
                site, words = draft.entry.call_site, ", as a parameter has no batch,"
                text = f"`shape: {[*sizes]}` at {_at(site, draft.entry.title)}{words}"
                yield _proposal("shape", text, site.at("shape"), [*sizes])


def _projections(join: Mismatch, index: int, beside: int) -> Iterator[Proposal]:
    """The 1x1 convolution on the shortcut that is operand number `index`."""
    edge, entry = join.inputs[index], join.entry
    for channels in join.inputs[beside].shape[1:2]:
        for found in projections(edge.shape, channels):
            joined = _with_node(entry, index, {found.name: dict(found.arguments)})
            if joined is not None and join.fits(index, found.shape):
                written = ", ".join(f"{name}: {value}" for name, value in found.arguments.items())
                text = (
                    f"`{found.name}: {{{written}}}` between {_at(edge.site, edge.producer)} and "
                    f"the `{entry.operation}`"
                )
                yield _proposal("projection", text, entry.site, joined)


def _with_node(entry: Entry, index: int, node: dict[str, Any]) -> dict[str, Any] | None:
    """The join as data, with `node` before operand number `index`."""
    written, operation = entry.site.written, entry.item.operation
    operands = written[operation]
    if isinstance(operands, dict):
        branches = list(operands.items())
        key, branch = branches[index]
        branches[index] = key, [*(branch if isinstance(branch, list) else [branch]), node]
        return {**written, operation: dict(branches)}
    if not isinstance(operands, list) or "repeat" in written:
        return None
    rest = {key: value for key, value in written.items() if key != operation}
    names = [*operands[:index], "projected", *operands[index + 1 :]]
    joins = [{"name": "projected", **node}, {operation: names}]
    return {**rest, "from": operands[index], "seq": joins}
