"""A bias before a batch normalisation, which takes it away."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from archc.lint.flow import Flow, Step
from archc.lint.lint import Lint
from archc.lint.norms import norm_label
from archc.network import Location


def lost_biases(flow: Flow) -> Iterator[Lint]:
    """Biases that only batch normalisations read.

    It is so for each call of the module, and for each module that is written at the same place:
    the bias can go.
    """
    calls: dict[str, list[int]] = defaultdict(list)
    for number, step in enumerate(flow.steps):
        calls[step.path].append(number)
    written: dict[Location, list[int]] = defaultdict(list)
    owners: dict[Location, Step] = {}
    for numbers in calls.values():
        steps = [flow.steps[number] for number in numbers]
        owner = next(step for step in steps if not step.node.shared)
        if owner.call is None and _has_channel_bias(owner):
            written[owner.location] += numbers
            owners[owner.location] = owner
    for location, numbers in written.items():
        norms = [norm for number in numbers if (norm := _norm_after(flow, number))]
        if len(norms) == len(numbers):
            names = owners[location].node.operation, norms[0].node.operation
            message = f"`{names[0]}` adds a bias that `{names[1]}` takes away"
            yield Lint(
                owners[location].place, message, "write `bias: false`", (norm_label(norms[0]),)
            )


def _norm_after(flow: Flow, number: int) -> Step | None:
    """The first of the batch normalisations that read a step, where nothing else does."""
    readers = [flow.steps[reader] for reader in flow.readers[number] if reader is not None]
    is_all = len(readers) == len(flow.readers[number])
    return readers[0] if is_all and all(step.operation.centres for step in readers) else None


def _has_channel_bias(step: Step) -> bool:
    """Whether it adds a number to each channel, which is the dimension that it maps."""
    follows = step.operation.follows.values()
    mapped = next(iter(follows)) % len(step.node.inputs[0]) if follows else None
    return mapped == 1 and getattr(step.operation, "bias", False) is True
