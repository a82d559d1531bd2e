"""A softmax at the end, which cross-entropy applies again."""

from __future__ import annotations

from collections.abc import Iterator

from archc.lint.flow import Flow
from archc.lint.lint import Lint


def softmax_outputs(flow: Flow) -> Iterator[Lint]:
    """Softmax over classes as an output, where nothing else reads it. The logarithm of one is what
    `nll_loss` takes, and does cross-entropy no harm.
    """
    is_sole = len(flow.outputs) == 1
    for number in flow.outputs:
        step = flow.steps[number] if number >= 0 else None
        if step is None or step.call or not step.operation.is_distribution:
            continue
        rank, dim = len(step.node.shapes[0]), getattr(step.operation, "dim", 1)
        # elsewhere, beside other outputs, it may be weights of attention to look at
        if (is_sole or dim % rank == 1) and flow.readers[number] == [None]:
            message = f"`{step.node.operation}` is an output, and cross-entropy applies it again"
            advice = "end with the operation before it, which gives `CrossEntropyLoss` its logits"
            yield Lint(step.place, message, advice)
