"""Warnings that are off unless asked: questions of style, with good reasons either way."""

from __future__ import annotations

from collections.abc import Iterator

from archc.diagnostics import Code, Diagnostic, Place
from archc.diagnostics.catalogue import (
    BIAS_BEFORE_BATCH_NORM,
    DROPOUT_BEFORE_BATCH_NORM,
    DROPPED_ROWS,
    LINEAR_WITHOUT_FLATTEN,
)
from archc.network import Network
from archc.warnings.before_norm import disturbing_dropouts, lost_biases
from archc.warnings.flow import Flow, flow

ASKED = (
    LINEAR_WITHOUT_FLATTEN,
    BIAS_BEFORE_BATCH_NORM,
    DROPOUT_BEFORE_BATCH_NORM,
    DROPPED_ROWS,
)


def asked(network: Network, codes: frozenset[str]) -> tuple[Diagnostic, ...]:
    """The warnings of `codes` about what the user wrote, in the spec's file and those that it uses:
    a place and code once.
    """
    steps = flow(network)
    found: dict[tuple[Code, Place], Diagnostic] = {}
    for diagnostic in (
        *_doubted(steps),
        *lost_biases(steps),
        *disturbing_dropouts(steps),
        *_dropped(steps, network),
    ):
        if diagnostic.code.code in codes:
            found.setdefault((diagnostic.code, diagnostic.place), diagnostic)
    return tuple(
        sorted(found.values(), key=lambda d: (d.place.file.name, d.place.span, d.code.code))
    )


def _doubted(steps: Flow) -> Iterator[Diagnostic]:
    """What operations find doubtful about their own inputs."""
    for step in steps.written:
        for doubt in step.operation.doubts(*step.node.inputs):
            message = f"`{step.node.operation}` {doubt.text}"
            yield Diagnostic(doubt.code, message, step.place, help=doubt.help)


def _dropped(steps: Flow, network: Network) -> Iterator[Diagnostic]:
    """Windows that do not reach the end of their input."""
    for step in steps.written:
        node = step.node
        shapes = (tuple(network.at(size) for size in shape) for shape in node.inputs)
        unread = step.operation.unread(*shapes)
        if any(unread):
            counts = " and ".join(
                f"{cells} of {network.at(size)} in dimension {dim}"
                for dim, (cells, size) in enumerate(zip(unread, node.inputs[0][2:], strict=True), 2)
                if cells
            )
            message = f"`{node.operation}` leaves the last {counts} unread"
            advice = "change the padding or the input's size, or round up with `ceil_mode`"
            yield Diagnostic(DROPPED_ROWS, message, step.place, help=advice)
