"""What is better not done before a batch normalisation: a bias, and dropout."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from archc.diagnostics import Code, Diagnostic, Label, Place
from archc.diagnostics.catalogue import BIAS_BEFORE_BATCH_NORM, DROPOUT_BEFORE_BATCH_NORM
from archc.warnings.flow import Flow, Step


def lost_biases(flow: Flow) -> Iterator[Diagnostic]:
    """Biases that only batch normalisations read, which take them away.

    It is so for each call of the module, and for each module that is written at the same place:
    the bias can go.
    """
    calls: dict[str, list[int]] = defaultdict(list)
    for number, step in enumerate(flow.steps):
        calls[step.path].append(number)
    written: dict[Place, list[int]] = defaultdict(list)
    owners: dict[Place, Step] = {}
    for numbers in calls.values():
        steps = [flow.steps[number] for number in numbers]
        owner = next(step for step in steps if not step.node.shared)
        if not owner.is_builtin and _has_channel_bias(owner):
            written[owner.place] += numbers
            owners[owner.place] = owner
    for place, numbers in written.items():
        norms = [norm for number in numbers if (norm := _norm_after(flow, number))]
        if len(norms) == len(numbers):
            text = "adds a bias that {} takes away"
            advice = "write `bias: false`"
            yield _told(BIAS_BEFORE_BATCH_NORM, text, owners[place], norms[0], advice)


def disturbing_dropouts(flow: Flow) -> Iterator[Diagnostic]:
    """Dropouts before a batch normalisation, which learns the variance that they change in training
    only (Li et al., arXiv 1801.05134); through all between them that keeps a change of scale.
    """
    # from the last step to the first: what reads a step has a larger number
    after: list[int | None] = [None] * len(flow.steps)
    for number in reversed(range(len(flow.steps))):
        reached = (_disturbed(flow, reader, after) for reader in flow.readers[number])
        after[number] = min((norm for norm in reached if norm is not None), default=None)
        norm = after[number]
        step = flow.steps[number]
        if norm is not None and not step.is_builtin and _drops(step):
            text = "changes the variance that {} learns, in training only"
            advice = "put the dropout after the last batch normalisation"
            yield _told(DROPOUT_BEFORE_BATCH_NORM, text, step, flow.steps[norm], advice)


def _norm_after(flow: Flow, number: int) -> Step | None:
    """The first of the batch normalisations that read a step, where nobody else does."""
    readers = [flow.steps[reader] for reader in flow.readers[number] if reader is not None]
    is_all = len(readers) == len(flow.readers[number])
    return readers[0] if is_all and all(step.operation.centres for step in readers) else None


def _disturbed(flow: Flow, reader: int | None, after: list[int | None]) -> int | None:
    """The batch normalisation that a change of what `reader` reads disturbs first."""
    if reader is None:
        return None
    operation = flow.steps[reader].operation
    if operation.centres:
        # one that always takes the statistics of its batch has learnt none
        return reader if getattr(operation, "track_running_stats", False) else None
    return None if operation.rescales else after[reader]


def _has_channel_bias(step: Step) -> bool:
    """Whether it adds a number to each channel, which is the dimension that it maps."""
    follows = step.operation.follows.values()
    mapped = next(iter(follows)) % len(step.node.inputs[0]) if follows else None
    return mapped == 1 and getattr(step.operation, "bias", False) is True


def _drops(step: Step) -> bool:
    return step.operation.drops and getattr(step.operation, "p", 0) > 0


def _told(code: Code, text: str, step: Step, norm: Step, advice: str) -> Diagnostic:
    message = f"`{step.node.operation}` {text.format(f'`{norm.node.operation}`')}"
    where = "in this block" if norm.is_builtin else "here"
    label = Label(norm.place, f"normalised {where}")
    return Diagnostic(code, message, step.place, (label,), advice)
