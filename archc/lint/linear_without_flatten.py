"""A linear map of an image, which maps the width alone."""

from __future__ import annotations

from collections.abc import Iterator

from archc.lint.flow import REACH, Flow
from archc.lint.lint import Lint
from archc.network import Network
from archc.ops.operation import Operation, Shape


def unflattened(flow: Flow) -> Iterator[Lint]:
    """Linear maps of the last dimension where that is a position of an image, `[N, C, H, W]`.

    1. An image is what an operation gives that takes the dimensions after the channels for
       positions, as a convolution or a pooling does, and what keeps these dimensions: norms,
       activations, joins. So is an input of 1 or 3 channels that is as high as wide.
    2. After `permute`, `flatten` or `reshape` the last dimension may be any, and after a linear map
       it is features.
    3. Of a sequence, `[N, C, L]`, only a length of 1 counts: that is pooled, and no features. A
       map that keeps the width mixes columns, as some networks mean to.
    """
    found = [n for n in flow.of(_maps_last) if len(flow.steps[n].node.inputs[0]) > 2]
    return flow.everywhere(iter(found), _find) if found else iter(())


def _maps_last(kind: type[Operation]) -> bool:
    return kind.is_linear and -1 in kind.follows.values()


def _find(flow: Flow, number: int) -> Lint | None:
    step = flow.steps[number]
    (x,), (result,) = step.node.inputs, step.node.shapes
    sizes = tuple(map(flow.network.at, x))
    is_kept = sizes[-1] == result[-1]
    if is_kept or (len(x) == 3 and sizes[-1] != 1) or not _is_image(flow, step.reads[0], x):
        return None
    shown = f"[{', '.join(map(str, sizes))}]"
    last = "length" if len(x) == 3 else "width"
    message = f"`{step.node.operation}` maps only the last dimension of {shown}, the {last}"
    return Lint(step.place, message, "write `- flatten` before it")


def _is_image(flow: Flow, number: int, shape: Shape) -> bool:
    """Whether the last dimension of what step `number` gives, of a `shape`, is a position."""
    for _ in range(REACH):
        if number < 0:
            return _is_picture(flow.network, shape)
        step = flow.steps[number]
        if step.operation.layout.startswith("[N, C"):
            return True
        same = (
            giver
            for giver, x in zip(step.reads, step.node.inputs, strict=True)
            if len(x) == len(shape) and x[2:] == shape[2:]
        )
        found = next(same, None)
        if found is None or _maps_last(type(step.operation)):
            return False
        number = found
    return False


def _is_picture(network: Network, shape: Shape) -> bool:
    """Whether an input looks like an image: square, in grey or in three colours."""
    return len(shape) == 4 and shape[1] in (1, 3) and network.at(shape[2]) == network.at(shape[3])
