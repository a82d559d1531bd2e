"""Transposed convolutions."""

from collections.abc import Iterator, Mapping
from math import prod
from typing import ClassVar, Literal

from archc.ops.divisors import grouped
from archc.ops.fields import Extents, Kernel1, Kernel2, Padding1, Padding2, PositiveInt, spread
from archc.ops.operation import Operation, Requirement, Shape, Starts, Weight
from archc.ops.reading import Reading, Spread, Window, grouped_channels
from archc.ops.start import BY_FAN_IN
from archc.sizes import Condition, Dimension, transposed


class _ConvTranspose(Operation):
    """The transpose of a convolution, as a linear map: each cell of the input adds a window of
    weights to the result.
    """

    dims: ClassVar[int]
    follows: ClassVar[Mapping[str, int]] = {"in_channels": 1}
    positional: ClassVar[int] = 2
    is_linear: ClassVar[bool] = True
    starts: ClassVar[Starts] = BY_FAN_IN

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
        yield from grouped(self.groups, in_channels=x[1], out_channels=self.out_channels)
        extents = (
            spread(value, self.dims) for value in (self.output_padding, self.stride, self.dilation)
        )
        for extra, stride, dilation in zip(*extents, strict=True):
            yield Requirement(
                Condition(max(stride, dilation), ">=", extra + 1),
                f"needs `output_padding` (={extra}) smaller than `stride` (={stride}) or "
                f"`dilation` (={dilation})",
                help=f"`output_padding: {max(stride, dilation) - 1}` is the most that fits, or "
                f"`stride: {extra + 1}` the least",
            )

    def result(self, *inputs: Shape) -> Shape:
        (x,) = inputs
        fields = (self.kernel_size, self.stride, self.padding, self.output_padding, self.dilation)
        extents = (spread(value, self.dims) for value in fields)
        spatial = (transposed(*each) for each in zip(x[2:], *extents, strict=True))
        return (x[0], self.out_channels, *spatial)

    def windows(self, operand: int, result: int, *inputs: Shape) -> tuple[Reading, ...]:
        (x,) = inputs
        fields = (self.kernel_size, self.dilation, self.stride, self.padding)
        each = zip(*(spread(value, self.dims) for value in fields), strict=True)
        channels = grouped_channels(self.groups, x, self.out_channels)
        return (
            Window(0),
            channels,
            *(Spread(dim, *extents) for dim, extents in enumerate(each, 2)),
        )

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
