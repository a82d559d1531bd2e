"""Dropout before a batch normalisation, which learns the variance that dropout changes in training
only (Li et al., arXiv 1801.05134).
"""

from __future__ import annotations

from collections.abc import Iterator

from archc.lint.flow import Flow, Step
from archc.lint.lint import Lint
from archc.lint.norms import norm_label


def disturbing_dropouts(flow: Flow) -> Iterator[Lint]:
    """Dropouts whose data reaches a batch normalisation, past all that keeps a change of scale."""
    # from the last step to the first: what reads a step has a larger number
    after: list[int | None] = [None] * len(flow.steps)
    for number in reversed(range(len(flow.steps))):
        reached = (_disturbed(flow, reader, after) for reader in flow.readers[number])
        after[number] = min((norm for norm in reached if norm is not None), default=None)
        norm = after[number]
        step = flow.steps[number]
        if norm is not None and step.call is None and _drops(step):
            title = flow.steps[norm].node.operation
            message = f"`{step.node.operation}` changes the variance that `{title}` learns"
            advice = "put the dropout after the last batch normalisation"
            label = norm_label(flow.steps[norm])
            yield Lint(step.place, f"{message}, in training only", advice, (label,))


def _disturbed(flow: Flow, reader: int | None, after: list[int | None]) -> int | None:
    """The batch normalisation that a change of what `reader` reads disturbs first."""
    if reader is None:
        return None
    operation = flow.steps[reader].operation
    if operation.centres:
        # one that always takes the statistics of its batch has learnt none
        return reader if getattr(operation, "track_running_stats", False) else None
    return None if operation.rescales else after[reader]


def _drops(step: Step) -> bool:
    return step.operation.drops and getattr(step.operation, "p", 0) > 0
