"""Momentum as Keras counts it."""

from __future__ import annotations

from collections.abc import Iterator

from archc.lint.flow import Flow
from archc.lint.lint import Lint
from archc.ops.operation import Operation


def keras_momenta(flow: Flow) -> Iterator[Lint]:
    """A `momentum` above one half: in torch it is the share of the new batch in the statistics, in
    Keras that of the old ones. 1 forgets them at once, and is no share of Keras.
    """
    for number in flow.of(_has_momentum):
        step = flow.steps[number]
        momentum = getattr(step.operation, "momentum", None)
        tracks = getattr(step.operation, "track_running_stats", True)
        if tracks and momentum is not None and 0.5 < momentum < 1:
            message = f"`momentum: {momentum:g}` is the weight of each new batch in torch"
            advice = f"the {momentum:g} of Keras, the weight of the old ones, is `momentum: "
            yield Lint(step.place, message, f"{advice}{1 - momentum:.6g}`")


def _has_momentum(kind: type[Operation]) -> bool:
    return "momentum" in kind.model_fields
