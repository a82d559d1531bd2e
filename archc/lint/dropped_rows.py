"""Windows that do not reach the end of their input."""

from __future__ import annotations

from collections.abc import Iterator

from archc.lint.flow import Flow
from archc.lint.lint import Lint


def dropped_rows(flow: Flow) -> Iterator[Lint]:
    """Windows that leave rows or columns at the end unread, at the declared sizes."""
    for step in flow.steps:
        if step.call is not None:
            continue
        node, at = step.node, flow.network.at
        unread = step.operation.unread(*(tuple(map(at, shape)) for shape in node.inputs))
        if any(unread):
            counts = " and ".join(
                f"{cells} of {at(size)} in dimension {dim}"
                for dim, (cells, size) in enumerate(zip(unread, node.inputs[0][2:], strict=True), 2)
                if cells
            )
            message = f"`{node.operation}` leaves the last {counts} unread"
            advice = "change the padding or the input's size, or round up with `ceil_mode`"
            yield Lint(step.place, message, advice)
