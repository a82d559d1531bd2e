"""Means and norms of windows."""

from collections.abc import Iterator, Sequence
from typing import ClassVar

from archc.ops.fields import (
    Kernel1,
    Kernel2,
    Kernel3,
    OptionalKernel1,
    OptionalKernel2,
    OptionalKernel3,
    Padding1,
    Padding2,
    Padding3,
    Positive,
    PositiveInt,
    spread,
)
from archc.ops.operation import Requirement, Shape
from archc.ops.pool import Pool, pooled
from archc.ops.slide import Slide, Sliding
from archc.sizes import Condition


class _AvgPool(Pool):
    """The mean of each window."""

    ceil_mode: bool = False
    count_include_pad: bool = True

    def _slides(self) -> Sequence[Slide]:
        return pooled(self.dims, self.kernel_size, self.stride, self.padding, 1, self.ceil_mode)


class AvgPool1d(_AvgPool):
    """The mean of each window: `[N, C, L]` to `[N, C, L']`.

    `L' = floor((L + 2*padding - kernel_size) / stride) + 1`; with `ceil_mode` the division rounds
    up, but no window starts in the padding after the end. `stride` defaults to `kernel_size`.
    """

    target: ClassVar[str] = "nn.AvgPool1d"
    dims: ClassVar[int] = 1
    ranks: ClassVar[tuple[int, ...]] = (3,)
    layout: ClassVar[str] = "[N, C, L]"

    kernel_size: Kernel1
    stride: OptionalKernel1 = None
    padding: Padding1 = 0


class AvgPool2d(_AvgPool):
    """The mean of each window: `[N, C, H, W]` to `[N, C, H', W']`.

    `H' = floor((H + 2*padding - kernel_size) / stride) + 1`, and W' likewise; with `ceil_mode` the
    division rounds up, but no window starts in the padding after the end. `stride` defaults to
    `kernel_size`.
    """

    target: ClassVar[str] = "nn.AvgPool2d"
    dims: ClassVar[int] = 2
    ranks: ClassVar[tuple[int, ...]] = (4,)
    layout: ClassVar[str] = "[N, C, H, W]"

    kernel_size: Kernel2
    stride: OptionalKernel2 = None
    padding: Padding2 = 0
    divisor_override: PositiveInt | None = None


class AvgPool3d(_AvgPool):
    """The mean of each window: `[N, C, D, H, W]` to `[N, C, D', H', W']`.

    `D' = floor((D + 2*padding - kernel_size) / stride) + 1`, and H' and W' likewise; with
    `ceil_mode` the division rounds up, but no window starts in the padding after the end. `stride`
    defaults to `kernel_size`, which D, H and W are not below.
    """

    target: ClassVar[str] = "nn.AvgPool3d"
    dims: ClassVar[int] = 3
    ranks: ClassVar[tuple[int, ...]] = (5,)
    layout: ClassVar[str] = "[N, C, D, H, W]"

    kernel_size: Kernel3
    stride: OptionalKernel3 = None
    padding: Padding3 = 0
    divisor_override: PositiveInt | None = None

    def requirements(self, *inputs: Shape) -> Iterator[Requirement]:
        (x,) = inputs
        yield from super().requirements(x)
        for size, kernel in zip(x[2:], spread(self.kernel_size, 3), strict=True):
            text = f"needs sizes of at least `kernel_size` (={kernel}) without padding, not {{}}"
            yield Requirement(Condition(size, ">=", kernel), text, about=(size,))


class LPPool2d(Sliding):
    """The norm of each window, `sum(x ** norm_type) ** (1 / norm_type)`: `[N, C, H, W]` to
    `[N, C, H', W']`.

    `H' = floor((H - kernel_size) / stride) + 1`, and W' likewise; with `ceil_mode` the division
    rounds up, but no window starts after the end. `stride` defaults to `kernel_size`.
    """

    target: ClassVar[str] = "nn.LPPool2d"
    dims: ClassVar[int] = 2
    positional: ClassVar[int] = 2
    ranks: ClassVar[tuple[int, ...]] = (4,)
    layout: ClassVar[str] = "[N, C, H, W]"

    norm_type: Positive
    kernel_size: Kernel2
    stride: OptionalKernel2 = None
    ceil_mode: bool = False

    def _slides(self) -> Sequence[Slide]:
        return pooled(self.dims, self.kernel_size, self.stride, 0, 1, self.ceil_mode)
