"""Two linear maps with nothing between them, which are one."""

from __future__ import annotations

from collections.abc import Iterator

from archc.diagnostics import Label
from archc.lint.flow import Flow, Step
from archc.lint.lint import Lint
from archc.network import Primitive
from archc.ops.operation import Operation, Shape


def mergeable_maps(flow: Flow) -> Iterator[Lint]:
    """Maps of one dimension, linear or 1x1 convolutions, that read a map of the same, but for
    dropout between; where one map could do the same.

    1. The size between them is not the smallest: else they are a map of low rank, of fewer weights.
    2. Nothing else reads the first, and no other call shares the weights of either.
    """
    return flow.everywhere(flow.of(_is_linear), _find)


def _is_linear(kind: type[Operation]) -> bool:
    return kind.is_linear


def _find(flow: Flow, number: int) -> Lint | None:
    second, first = flow.steps[number], _before(flow, number)
    if first is None:
        return None
    sizes, others = _mapped(first), _mapped(second)
    if not sizes or not others or sizes[0] != others[0] or sizes[2] < min(sizes[1], others[2]):
        return None
    if flow.calls[first.path] > 1 or flow.calls[second.path] > 1:
        return None
    names = f"`{first.node.operation}`", f"`{second.node.operation}`"
    message = f"{names[1]} comes right after {names[0]}: together they are one linear map"
    label = Label(first.place, "the first of the two")
    return Lint(second.place, message, "write an activation between them", (label,))


def _before(flow: Flow, number: int) -> Step | None:
    """The linear map that a step reads, dropout apart, where nothing else does."""
    between = []
    for giver in flow.upstream(number):
        between.append(giver)
        if flow.steps[giver].operation.drops:
            continue
        is_sole = flow.steps[giver].operation.is_linear and all(
            len(flow.readers[each]) == 1 for each in between
        )
        return flow.steps[giver] if is_sole else None
    return None


def _mapped(step: Step) -> tuple[int, int, int] | None:
    """The dimension that a linear map maps at each place of the others, and its size before and
    after; None for what is none.
    """
    assert isinstance(step.node.what, Primitive)
    (x,), (result,), what = step.node.inputs, step.node.shapes, step.node.what
    along = next(iter(step.operation.follows.values())) % len(x)
    (before,), after, weight = what.inferred.values(), result[along], what.weights[0].shape
    is_by_place = _without(x, along) == _without(result, along) and set(weight[2:]) <= {1}
    if not is_by_place or not isinstance(after, int) or weight[0] * weight[1] != before * after:
        return None
    return along, before, after


def _without(shape: Shape, along: int) -> Shape:
    return (*shape[:along], *shape[along + 1 :])
