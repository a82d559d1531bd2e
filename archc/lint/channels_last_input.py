"""An image that is declared as it lies in files, height and width before the channels."""

from __future__ import annotations

from collections.abc import Iterator

from archc.lint.flow import Flow, Step
from archc.lint.lint import Lint
from archc.ops.operation import Shape


def channels_last_inputs(flow: Flow) -> Iterator[Lint]:
    """Inputs `[N, 32, 32, 3]` that an operation reads as 32 channels of 32x3.

    Sure are one or three channels behind a square, and three behind sides of 16 and more: features
    may well be one column wide.
    """
    ports = flow.network.graph.inputs
    shapes = [tuple(map(flow.network.at, port.shape)) for port in ports]
    found = [number for number, shape in enumerate(shapes) if _is_channels_last(shape)]
    readers = _readers(flow) if found else {}
    for number in found:
        if number in readers:
            n, high, wide, channels = map(str, shapes[number])
            title = readers[number].node.operation
            message = (
                f"`{title}` reads `{ports[number].name}` as {high} channels of {wide}x{channels}"
            )
            advice = f"the channels come first: write `[{n}, {channels}, {high}, {wide}]`"
            place = flow.source.place(("inputs", ports[number].name), key=True)
            yield Lint(place, message, advice)


def _is_channels_last(sizes: Shape) -> bool:
    if len(sizes) != 4:
        return False
    _, high, wide, channels = sizes
    if not isinstance(high, int) or not isinstance(wide, int) or channels not in (1, 3):
        return False
    is_square = high == wide and high > 3
    return is_square or (channels == 3 and high >= 16 and wide >= 16)


def _readers(flow: Flow) -> dict[int, Step]:
    """The first step that reads each input as `[N, C, H, W]`."""
    readers: dict[int, Step] = {}
    for step in flow.steps:
        if step.operation.layout.startswith("[N, C"):
            for giver in step.reads:
                readers.setdefault(-1 - giver, step)
    return readers
