"""Convolutions."""

from collections.abc import Iterator, Mapping, Sequence
from math import prod
from typing import ClassVar, Literal, NamedTuple

from archc.ops.divisors import grouped
from archc.ops.fields import (
    Extents,
    Kernel1,
    Kernel2,
    Kernel3,
    PaddingOrName1,
    PaddingOrName2,
    PaddingOrName3,
    PositiveInt,
    spread,
)
from archc.ops.operation import Requirement, Shape, Starts, Weight
from archc.ops.reading import Reading, Window, grouped_channels
from archc.ops.slide import Slide, Sliding
from archc.ops.start import BY_FAN_IN
from archc.sizes import Condition, Dimension, window


class Projection(NamedTuple):
    """A 1x1 convolution: its name, its arguments, and the shape that it gives."""

    name: str
    arguments: Mapping[str, int]
    shape: Shape


def projections(x: Shape, channels: Dimension) -> Iterator[Projection]:
    """The 1x1 convolutions that give `x` so many channels, of strides 1 to 8."""
    name = {3: "conv1d", 4: "conv2d", 5: "conv3d"}.get(len(x))
    if name is None or not isinstance(channels, int):
        return
    for stride in range(1, 9):
        steps = {"stride": stride} if stride > 1 else {}
        shape = (x[0], channels, *(window(size, 1, stride) for size in x[2:]))
        yield Projection(name, {"out_channels": channels, "kernel_size": 1, **steps}, shape)


class _Conv(Sliding):
    """A window of weights that slides over `dims` spatial dimensions."""

    follows: ClassVar[Mapping[str, int]] = {"in_channels": 1}
    positional: ClassVar[int] = 2
    is_linear: ClassVar[bool] = True
    starts: ClassVar[Starts] = BY_FAN_IN

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
        yield from grouped(self.groups, in_channels=x[1], out_channels=self.out_channels)
        if self.padding == "same":
            yield Requirement(
                Condition(max(spread(self.stride, self.dims)), "==", 1),
                f"takes no `stride` (={self.stride}) with `padding: same`",
                help=self._same(),
            )
        for size, (before, after) in zip(x[2:], self._padding(), strict=True):
            if self.padding_mode == "reflect":
                yield Requirement(
                    Condition(size, ">=", max(before, after) + 1),
                    f"reflects {max(before, after)} cells, which must be fewer than the input has, "
                    "{}",
                    about=(size,),
                )
            if self.padding_mode == "circular":
                yield Requirement(
                    Condition(size, ">=", max(before, after)),
                    f"wraps {max(before, after)} cells, which must not be more than the input has, "
                    "{}",
                    about=(size,),
                )

    def _same(self) -> str:
        """The padding with which only the stride changes a size."""
        cells = [before for before, _ in self._padding()]
        return f"write `padding: {cells if len({*cells}) > 1 else cells[0]}`"

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

    def _slides(self) -> Sequence[Slide]:
        extents = (
            spread(value, self.dims) for value in (self.kernel_size, self.stride, self.dilation)
        )
        each = zip(*extents, self._padding(), strict=True)
        return [Slide(kernel, step, a, b, spacing) for kernel, step, spacing, (a, b) in each]

    def _channels(self, x: Shape) -> Dimension:
        return self.out_channels

    def windows(self, operand: int, result: int, *inputs: Shape) -> tuple[Reading, ...]:
        (x,) = inputs
        channels = grouped_channels(self.groups, x, self.out_channels)
        return (Window(0), channels, *self._moving(self.padding_mode))

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
