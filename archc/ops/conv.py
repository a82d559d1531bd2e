"""Convolutions."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from math import prod
from typing import ClassVar, Literal

from archc.diagnostics.catalogue import GROUPS_DO_NOT_DIVIDE
from archc.ops.fields import Kernel2, PaddingOrName2, PositiveInt, spread
from archc.ops.operation import Operation, Requirement, Shape, Weight
from archc.sizes import Condition, Dimension, window


class Conv2d(Operation):
    """2-D convolution: `[N, in_channels, H, W]` to `[N, out_channels, H', W']`.

    `H' = floor((H + 2*padding - dilation*(kernel_size - 1) - 1) / stride) + 1`, and W' likewise;
    `padding: same` keeps H and W. `in_channels` follows from the input.
    """

    target: ClassVar[str] = "nn.Conv2d"
    follows: ClassVar[Mapping[str, int]] = {"in_channels": 1}
    positional: ClassVar[int] = 2
    ranks: ClassVar[tuple[int, ...]] = (4,)
    layout: ClassVar[str] = "[N, C, H, W]"

    out_channels: PositiveInt
    kernel_size: Kernel2
    stride: Kernel2 = 1
    padding: PaddingOrName2 = 0
    dilation: Kernel2 = 1
    groups: PositiveInt = 1
    bias: bool = True
    padding_mode: Literal["zeros", "reflect", "replicate", "circular"] = "zeros"

    def requirements(self, *inputs: Shape) -> Iterator[Requirement]:
        (x,) = inputs
        both = (("in_channels", x[1]), ("out_channels", self.out_channels))
        for name, channels in both if self.groups > 1 else ():
            yield Requirement(
                Condition(channels % self.groups, "==", 0),
                f"needs `{name}` (={channels}) divisible by `groups` (={self.groups})",
                GROUPS_DO_NOT_DIVIDE,
            )
        if self.padding == "same":
            steps = spread(self.stride, 2)
            yield Requirement(
                Condition(max(steps), "==", 1),
                f"takes no `stride` (={self.stride}) with `padding: same`",
            )
        for size, (before, after) in zip(x[2:], self._padding(), strict=True):
            if self.padding_mode == "reflect":
                yield Requirement(
                    Condition(size, ">=", max(before, after) + 1),
                    f"reflects {max(before, after)} cells, which must be fewer than the input has",
                )
            if self.padding_mode == "circular":
                yield Requirement(
                    Condition(size, ">=", max(before, after)),
                    f"wraps {max(before, after)} cells, which must not be more than the input has",
                )

    def _padding(self) -> list[tuple[int, int]]:
        """Cells before and after, for each spatial dimension."""
        if self.padding == "same":
            reach = [
                d * (k - 1)
                for k, d in zip(spread(self.kernel_size, 2), spread(self.dilation, 2), strict=True)
            ]
            return [(total // 2, total - total // 2) for total in reach]
        if isinstance(self.padding, str):
            return [(0, 0)] * 2
        return [(cells, cells) for cells in spread(self.padding, 2)]

    def result(self, *inputs: Shape) -> Shape:
        (x,) = inputs
        extents = (spread(value, 2) for value in (self.kernel_size, self.stride, self.dilation))
        spatial = (
            window(size, kernel, stride, padding, dilation)
            for size, padding, kernel, stride, dilation in zip(
                x[2:], self._padding(), *extents, strict=True
            )
        )
        return (x[0], self.out_channels, *spatial)

    def weights(self, inferred: Mapping[str, int]) -> tuple[Weight, ...]:
        kernel = spread(self.kernel_size, 2)
        weight = Weight(
            "weight", (self.out_channels, inferred["in_channels"] // self.groups, *kernel)
        )
        return (weight, Weight("bias", (self.out_channels,))) if self.bias else (weight,)

    def macs(self, *inputs: Shape) -> Dimension:
        (x,) = inputs
        window_size = x[1] // self.groups * prod(spread(self.kernel_size, 2))
        return prod(self.result(x), start=window_size)
