"""The shapes of submodules: those that torch gives, and those that a Network states."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from torch import nn

from archc.network import Network
from archc.sizes.known import known

Shapes = dict[str, list[list[tuple[Any, ...]]]]
"""The shapes of the results of each submodule by path, for each time that it runs."""


@contextmanager
def watched(module: nn.Module) -> Iterator[Shapes]:
    """Filled when `module` runs."""
    seen: Shapes = {}

    def record(path: str, output: Any) -> None:
        tensors = output if isinstance(output, tuple | list) else (output,)
        seen.setdefault(path, []).append([tuple(t.shape) for t in tensors])

    hooks = [
        inner.register_forward_hook(lambda _, __, out, path=path: record(path, out))
        for path, inner in module.named_modules()
        if path and not path.endswith("out_proj")
    ]
    try:
        yield seen
    finally:
        for hook in hooks:
            hook.remove()


def values(network: Network, batch: int, **sizes: int) -> dict[str, int]:
    """The values of all symbols: `sizes`, or else the declared ones, and a batch."""
    return {**network.sizes, **sizes, **dict.fromkeys(network.batch, batch)}


def stated(network: Network, training: bool, values: Mapping[str, int]) -> Shapes:
    """The shapes as the formulas of the Network have them."""
    found: Shapes = {}
    for visit in network.walk():
        if visit.node.registers and (training or not visit.training):
            shapes = [numbers(shape, values) for shape in visit.node.shapes]
            found.setdefault(visit.path, []).append(shapes)
    return found


def numbers(shape: tuple[Any, ...], values: Mapping[str, int]) -> tuple[Any, ...]:
    """A shape where symbols have `values`."""
    return tuple(known(size, values) for size in shape)
