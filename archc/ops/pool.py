"""Pooling."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

from archc.ops.fields import AdaptiveSize2, Kernel2, OptionalKernel2, Padding2, PositiveInt, spread
from archc.ops.operation import Operation, Requirement, Shape
from archc.sizes import Condition, Dimension, window


class _Pool2d(Operation):
    """A window that slides over height and width; `stride` defaults to `kernel_size`."""

    ranks: ClassVar[tuple[int, ...]] = (4,)
    layout: ClassVar[str] = "[N, C, H, W]"

    kernel_size: Kernel2
    stride: OptionalKernel2 = None
    padding: Padding2 = 0

    def requirements(self, *inputs: Shape) -> Iterator[Requirement]:
        for kernel, padding in zip(
            spread(self.kernel_size, 2), spread(self.padding, 2), strict=True
        ):
            yield Requirement(
                Condition(kernel // 2, ">=", padding),
                f"needs `padding` (={padding}) at most half of `kernel_size` (={kernel})",
            )

    def _slide(self, x: Shape, dilation: int | tuple[int, ...], ceil_mode: bool) -> Shape:
        stride = self.kernel_size if self.stride is None else self.stride
        extents = (spread(value, 2) for value in (self.kernel_size, stride, self.padding, dilation))
        spatial: Iterator[Dimension] = (
            window(size, kernel, step, (padding, padding), spacing, ceil_mode)
            for size, kernel, step, padding, spacing in zip(x[2:], *extents, strict=True)
        )
        return (*x[:2], *spatial)


class MaxPool2d(_Pool2d):
    """The largest value of each window: `[N, C, H, W]` to `[N, C, H', W']`.

    `H' = floor((H + 2*padding - dilation*(kernel_size - 1) - 1) / stride) + 1`, and W' likewise;
    with `ceil_mode` the division rounds up, but no window starts in the padding after the end.
    `stride` defaults to `kernel_size`.
    """

    target: ClassVar[str] = "nn.MaxPool2d"

    dilation: Kernel2 = 1
    ceil_mode: bool = False

    def result(self, *inputs: Shape) -> Shape:
        (x,) = inputs
        return self._slide(x, self.dilation, self.ceil_mode)


class AvgPool2d(_Pool2d):
    """The mean of each window: `[N, C, H, W]` to `[N, C, H', W']`.

    `H' = floor((H + 2*padding - kernel_size) / stride) + 1`, and W' likewise; with `ceil_mode` the
    division rounds up, but no window starts in the padding after the end. `stride` defaults to
    `kernel_size`.
    """

    target: ClassVar[str] = "nn.AvgPool2d"

    ceil_mode: bool = False
    count_include_pad: bool = True
    divisor_override: PositiveInt | None = None

    def result(self, *inputs: Shape) -> Shape:
        (x,) = inputs
        return self._slide(x, 1, self.ceil_mode)


class AdaptiveAvgPool2d(Operation):
    """Means over as many windows as give the asked size: `[N, C, H, W]` to `[N, C, *output_size]`.

    An entry of `output_size` that is null keeps that size.
    """

    target: ClassVar[str] = "nn.AdaptiveAvgPool2d"
    positional: ClassVar[int] = 1
    ranks: ClassVar[tuple[int, ...]] = (4,)
    layout: ClassVar[str] = "[N, C, H, W]"

    output_size: AdaptiveSize2

    def result(self, *inputs: Shape) -> Shape:
        (x,) = inputs
        asked = self.output_size if isinstance(self.output_size, tuple) else (self.output_size,) * 2
        spatial = (
            size if wanted is None else wanted for size, wanted in zip(x[2:], asked, strict=True)
        )
        return (*x[:2], *spatial)
