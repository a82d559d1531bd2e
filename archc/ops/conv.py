"""Convolutions."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from math import prod
from typing import ClassVar, Literal

from archc.diagnostics.catalogue import GROUPS_DO_NOT_DIVIDE
from archc.ops.fields import (
    Extents,
    Kernel1,
    Kernel2,
    Kernel3,
    Padding1,
    Padding2,
    PaddingOrName1,
    PaddingOrName2,
    PaddingOrName3,
    PositiveInt,
    spread,
)
from archc.ops.operation import Operation, Requirement, Shape, Weight
from archc.sizes import Condition, Dimension, transposed, window


def _grouped(groups: int, **channels: Dimension) -> Iterator[Requirement]:
    """That `groups` divides the channels on both sides."""
    for name, number in channels.items() if groups > 1 else ():
        yield Requirement(
            Condition(number % groups, "==", 0),
            f"needs `{name}` (={number}) divisible by `groups` (={groups})",
            GROUPS_DO_NOT_DIVIDE,
        )


class _Conv(Operation):
    """A window of weights that slides over `dims` spatial dimensions."""

    dims: ClassVar[int]
    follows: ClassVar[Mapping[str, int]] = {"in_channels": 1}
    positional: ClassVar[int] = 2

    out_channels: PositiveInt
    kernel_size: Extents
    stride: Extents = 1
    padding: Extents | str = 0
    dilation: Extents = 1
    groups: PositiveInt = 1
    bias: bool = True
    padding_mode: Literal["zeros", "reflect", "replicate", "circular"] = "zeros"

    def requirements(self, *inputs: Shape) -> Iterator[Requirement]:
        (x,) = inputs
        yield from _grouped(self.groups, in_channels=x[1], out_channels=self.out_channels)
        if self.padding == "same":
            yield Requirement(
                Condition(max(spread(self.stride, self.dims)), "==", 1),
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
            kernel, dilation = (
                spread(value, self.dims) for value in (self.kernel_size, self.dilation)
            )
            reach = [d * (k - 1) for k, d in zip(kernel, dilation, strict=True)]
            return [(total // 2, total - total // 2) for total in reach]
        if isinstance(self.padding, str):
            return [(0, 0)] * self.dims
        return [(cells, cells) for cells in spread(self.padding, self.dims)]

    def result(self, *inputs: Shape) -> Shape:
        (x,) = inputs
        extents = (
            spread(value, self.dims) for value in (self.kernel_size, self.stride, self.dilation)
        )
        spatial = (
            window(size, kernel, stride, padding, dilation)
            for size, padding, kernel, stride, dilation in zip(
                x[2:], self._padding(), *extents, strict=True
            )
        )
        return (x[0], self.out_channels, *spatial)

    def weights(self, inferred: Mapping[str, int]) -> tuple[Weight, ...]:
        channels = (self.out_channels, inferred["in_channels"] // self.groups)
        weight = Weight("weight", (*channels, *spread(self.kernel_size, self.dims)))
        return (weight, Weight("bias", (self.out_channels,))) if self.bias else (weight,)

    def macs(self, *inputs: Shape) -> Dimension:
        (x,) = inputs
        reads = x[1] // self.groups * prod(spread(self.kernel_size, self.dims))
        return prod(self.result(x), start=reads)


class Conv1d(_Conv):
    """1-D convolution: `[N, in_channels, L]` to `[N, out_channels, L']`.

    `L' = floor((L + 2*padding - dilation*(kernel_size - 1) - 1) / stride) + 1`; `padding: same`
    keeps L. `in_channels` follows from the input.
    """

    target: ClassVar[str] = "nn.Conv1d"
    dims: ClassVar[int] = 1
    ranks: ClassVar[tuple[int, ...]] = (3,)
    layout: ClassVar[str] = "[N, C, L]"

    kernel_size: Kernel1
    stride: Kernel1 = 1
    padding: PaddingOrName1 = 0
    dilation: Kernel1 = 1


class Conv2d(_Conv):
    """2-D convolution: `[N, in_channels, H, W]` to `[N, out_channels, H', W']`.

    `H' = floor((H + 2*padding - dilation*(kernel_size - 1) - 1) / stride) + 1`, and W' likewise;
    `padding: same` keeps H and W. `in_channels` follows from the input.
    """

    target: ClassVar[str] = "nn.Conv2d"
    dims: ClassVar[int] = 2
    ranks: ClassVar[tuple[int, ...]] = (4,)
    layout: ClassVar[str] = "[N, C, H, W]"

    kernel_size: Kernel2
    stride: Kernel2 = 1
    padding: PaddingOrName2 = 0
    dilation: Kernel2 = 1


class Conv3d(_Conv):
    """3-D convolution: `[N, in_channels, D, H, W]` to `[N, out_channels, D', H', W']`.

    `D' = floor((D + 2*padding - dilation*(kernel_size - 1) - 1) / stride) + 1`, and H' and W'
    likewise; `padding: same` keeps them. `in_channels` follows from the input.
    """

    target: ClassVar[str] = "nn.Conv3d"
    dims: ClassVar[int] = 3
    ranks: ClassVar[tuple[int, ...]] = (5,)
    layout: ClassVar[str] = "[N, C, D, H, W]"

    kernel_size: Kernel3
    stride: Kernel3 = 1
    padding: PaddingOrName3 = 0
    dilation: Kernel3 = 1


class _ConvTranspose(Operation):
    """The transpose of a convolution, as a linear map: each cell of the input adds a window of
    weights to the result.
    """

    dims: ClassVar[int]
    follows: ClassVar[Mapping[str, int]] = {"in_channels": 1}
    positional: ClassVar[int] = 2

    out_channels: PositiveInt
    kernel_size: Extents
    stride: Extents = 1
    padding: Extents = 0
    output_padding: Extents = 0
    groups: PositiveInt = 1
    bias: bool = True
    dilation: Extents = 1
    padding_mode: Literal["zeros"] = "zeros"

    def requirements(self, *inputs: Shape) -> Iterator[Requirement]:
        (x,) = inputs
        yield from _grouped(self.groups, in_channels=x[1], out_channels=self.out_channels)
        extents = (
            spread(value, self.dims) for value in (self.output_padding, self.stride, self.dilation)
        )
        for extra, stride, dilation in zip(*extents, strict=True):
            yield Requirement(
                Condition(max(stride, dilation), ">=", extra + 1),
                f"needs `output_padding` (={extra}) smaller than `stride` (={stride}) or "
                f"`dilation` (={dilation})",
            )

    def result(self, *inputs: Shape) -> Shape:
        (x,) = inputs
        fields = (self.kernel_size, self.stride, self.padding, self.output_padding, self.dilation)
        extents = (spread(value, self.dims) for value in fields)
        spatial = (transposed(*each) for each in zip(x[2:], *extents, strict=True))
        return (x[0], self.out_channels, *spatial)

    def weights(self, inferred: Mapping[str, int]) -> tuple[Weight, ...]:
        channels = (inferred["in_channels"], self.out_channels // self.groups)
        weight = Weight("weight", (*channels, *spread(self.kernel_size, self.dims)))
        return (weight, Weight("bias", (self.out_channels,))) if self.bias else (weight,)

    def macs(self, *inputs: Shape) -> Dimension:
        (x,) = inputs
        writes = self.out_channels // self.groups * prod(spread(self.kernel_size, self.dims))
        return prod(x, start=writes)


class ConvTranspose1d(_ConvTranspose):
    """1-D transposed convolution: `[N, in_channels, L]` to `[N, out_channels, L']`.

    `L' = (L - 1)*stride - 2*padding + dilation*(kernel_size - 1) + output_padding + 1`.
    `output_padding` is smaller than `stride` or `dilation`. `in_channels` follows from the input.
    """

    target: ClassVar[str] = "nn.ConvTranspose1d"
    dims: ClassVar[int] = 1
    ranks: ClassVar[tuple[int, ...]] = (3,)
    layout: ClassVar[str] = "[N, C, L]"

    kernel_size: Kernel1
    stride: Kernel1 = 1
    padding: Padding1 = 0
    output_padding: Padding1 = 0
    dilation: Kernel1 = 1


class ConvTranspose2d(_ConvTranspose):
    """2-D transposed convolution: `[N, in_channels, H, W]` to `[N, out_channels, H', W']`.

    `H' = (H - 1)*stride - 2*padding + dilation*(kernel_size - 1) + output_padding + 1`, and W'
    likewise. `output_padding` is smaller than `stride` or `dilation`. `in_channels` follows from
    the input.
    """

    target: ClassVar[str] = "nn.ConvTranspose2d"
    dims: ClassVar[int] = 2
    ranks: ClassVar[tuple[int, ...]] = (4,)
    layout: ClassVar[str] = "[N, C, H, W]"

    kernel_size: Kernel2
    stride: Kernel2 = 1
    padding: Padding2 = 0
    output_padding: Padding2 = 0
    dilation: Kernel2 = 1
