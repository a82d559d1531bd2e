"""Two activations in a row of which one does nothing, or that are the same."""

from __future__ import annotations

from collections.abc import Iterator

from archc.diagnostics import Label
from archc.lint.flow import Flow
from archc.lint.lint import Lint
from archc.ops.elementwise import Activation, Interval
from archc.ops.operation import Operation


def repeated_activations(flow: Flow) -> Iterator[Lint]:
    """Activations right after another one, dropout apart. Where both do something, such as a
    `sigmoid` after a `relu`, it may be meant.
    """
    return flow.everywhere(flow.of(_is_activation), _find)


def _is_activation(kind: type[Operation]) -> bool:
    return issubclass(kind, Activation)


def _find(flow: Flow, number: int) -> Lint | None:
    step, second = flow.steps[number], flow.steps[number].operation
    scale = 1.0
    for giver in flow.upstream(number):
        first = flow.steps[giver].operation
        if not first.drops:
            break
        scale /= max(1 - getattr(first, "p", 0.0), 1e-9)
    else:
        return None
    if not isinstance(first, Activation) or not isinstance(second, Activation):
        return None
    names = f"`{flow.steps[giver].node.operation}`", f"`{step.node.operation}`"
    text = None
    if _is_kept(first.bounds, scale, second):
        text = f"{names[1]} changes nothing after {names[0]}, which gives {_words(first.bounds)}"
    elif scale == 1 and _is_clipped(first, second) and len(flow.readers[giver]) == 1:
        text = f"{names[0]} changes nothing before {names[1]}, which gives {_words(second.bounds)}"
    elif second.repeats(first, len(step.node.inputs[0])):
        text = f"{names[1]} comes right after {names[0]}, and does the same again"
    if text is None:
        return None
    label = Label(flow.steps[giver].place, "the first of the two")
    return Lint(step.place, text, "remove one of the two", (label,))


def _is_kept(bounds: Interval, scale: float, by: Activation) -> bool:
    """Whether what lies within `bounds`, zeroed or scaled by dropout, is the same after `by`."""
    scaled = bounds[0] * scale, bounds[1] * scale
    return by.passes is not None and _within(scaled, by.passes)


def _is_clipped(first: Activation, second: Activation) -> bool:
    """Whether `second` cuts off all that `first` did: both only cut off values beyond bounds."""
    are_clips = first.passes == first.bounds and second.passes == second.bounds
    return are_clips and _within(second.bounds, first.bounds)


def _within(one: Interval, other: Interval) -> bool:
    return other[0] <= one[0] and one[1] <= other[1]


def _words(bounds: Interval) -> str:
    low, high = bounds
    return f"{low:g} and more" if high == float("inf") else f"{low:g} to {high:g}"
