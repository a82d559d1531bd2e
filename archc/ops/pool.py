"""Pooling with windows of a given size."""

from collections.abc import Iterator
from typing import ClassVar

from archc.ops.fields import (
    Extents,
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
from archc.ops.operation import Operation, Reading, Requirement, Shape, Window, over_positions
from archc.ops.unread import unread
from archc.sizes import Condition, window


def _slide(
    x: Shape,
    kernel_size: Extents,
    stride: Extents | None,
    padding: Extents = 0,
    dilation: Extents = 1,
    *,
    ceil_mode: bool,
) -> Shape:
    """The shape of `x` after windows slid over its spatial dimensions."""
    steps = kernel_size if stride is None else stride
    extents = (spread(value, len(x) - 2) for value in (kernel_size, steps, padding, dilation))
    spatial = (
        window(size, kernel, step, cells, spacing, ceil_mode)
        for size, kernel, step, cells, spacing in zip(x[2:], *extents, strict=True)
    )
    return (*x[:2], *spatial)


def _windows(
    dims: int,
    kernel_size: Extents,
    stride: Extents | None,
    padding: Extents = 0,
    dilation: Extents = 1,
) -> tuple[Reading, ...]:
    """How windows that slide over `dims` spatial dimensions read them."""
    steps = kernel_size if stride is None else stride
    extents = (spread(value, dims) for value in (kernel_size, steps, padding, dilation))
    return over_positions(
        Window(dim, (tuple(range(-cells, kernel * spacing - cells, spacing)),), step)
        for dim, (kernel, step, cells, spacing) in enumerate(zip(*extents, strict=True), 2)
    )


class _Pool(Operation):
    """A window that slides over `dims` spatial dimensions; `stride` defaults to `kernel_size`."""

    dims: ClassVar[int]

    kernel_size: Extents
    stride: Extents | None = None
    padding: Extents = 0

    def requirements(self, *inputs: Shape) -> Iterator[Requirement]:
        extents = (spread(value, self.dims) for value in (self.kernel_size, self.padding))
        for kernel, padding in zip(*extents, strict=True):
            yield Requirement(
                Condition(kernel // 2, ">=", padding),
                f"needs `padding` (={padding}) at most half of `kernel_size` (={kernel})",
            )

    def _unread(self, x: Shape, dilation: Extents, ceil_mode: bool) -> tuple[int, ...]:
        if ceil_mode:
            return (0,) * self.dims
        steps = self.kernel_size if self.stride is None else self.stride
        fields = (self.kernel_size, steps, self.padding, dilation)
        extents = zip(x[2:], *(spread(value, self.dims) for value in fields), strict=True)
        return tuple(
            unread(size, kernel, step, (cells, cells), spacing)
            for size, kernel, step, cells, spacing in extents
        )


class _MaxPool(_Pool):
    """The largest value of each window."""

    dilation: Extents = 1
    ceil_mode: bool = False

    def unread(self, *inputs: Shape) -> tuple[int, ...]:
        (x,) = inputs
        return self._unread(x, self.dilation, self.ceil_mode)

    def result(self, *inputs: Shape) -> Shape:
        (x,) = inputs
        extents = (self.kernel_size, self.stride, self.padding, self.dilation)
        return _slide(x, *extents, ceil_mode=self.ceil_mode)

    def windows(self, operand: int, *inputs: Shape) -> tuple[Reading, ...]:
        extents = (self.kernel_size, self.stride, self.padding, self.dilation)
        return _windows(self.dims, *extents)


class MaxPool1d(_MaxPool):
    """The largest value of each window: `[N, C, L]` to `[N, C, L']`.

    `L' = floor((L + 2*padding - dilation*(kernel_size - 1) - 1) / stride) + 1`; with `ceil_mode`
    the division rounds up, but no window starts in the padding after the end. `stride` defaults to
    `kernel_size`.
    """

    target: ClassVar[str] = "nn.MaxPool1d"
    dims: ClassVar[int] = 1
    ranks: ClassVar[tuple[int, ...]] = (3,)
    layout: ClassVar[str] = "[N, C, L]"

    kernel_size: Kernel1
    stride: OptionalKernel1 = None
    padding: Padding1 = 0
    dilation: Kernel1 = 1


class MaxPool2d(_MaxPool):
    """The largest value of each window: `[N, C, H, W]` to `[N, C, H', W']`.

    `H' = floor((H + 2*padding - dilation*(kernel_size - 1) - 1) / stride) + 1`, and W' likewise;
    with `ceil_mode` the division rounds up, but no window starts in the padding after the end.
    `stride` defaults to `kernel_size`.
    """

    target: ClassVar[str] = "nn.MaxPool2d"
    dims: ClassVar[int] = 2
    ranks: ClassVar[tuple[int, ...]] = (4,)
    layout: ClassVar[str] = "[N, C, H, W]"

    kernel_size: Kernel2
    stride: OptionalKernel2 = None
    padding: Padding2 = 0
    dilation: Kernel2 = 1


class MaxPool3d(_MaxPool):
    """The largest value of each window: `[N, C, D, H, W]` to `[N, C, D', H', W']`.

    `D' = floor((D + 2*padding - dilation*(kernel_size - 1) - 1) / stride) + 1`, and H' and W'
    likewise; with `ceil_mode` the division rounds up, but no window starts in the padding after
    the end. `stride` defaults to `kernel_size`.
    """

    target: ClassVar[str] = "nn.MaxPool3d"
    dims: ClassVar[int] = 3
    ranks: ClassVar[tuple[int, ...]] = (5,)
    layout: ClassVar[str] = "[N, C, D, H, W]"

    kernel_size: Kernel3
    stride: OptionalKernel3 = None
    padding: Padding3 = 0
    dilation: Kernel3 = 1


class _AvgPool(_Pool):
    """The mean of each window."""

    ceil_mode: bool = False
    count_include_pad: bool = True

    def unread(self, *inputs: Shape) -> tuple[int, ...]:
        (x,) = inputs
        return self._unread(x, 1, self.ceil_mode)

    def result(self, *inputs: Shape) -> Shape:
        (x,) = inputs
        extents = (self.kernel_size, self.stride, self.padding)
        return _slide(x, *extents, ceil_mode=self.ceil_mode)

    def windows(self, operand: int, *inputs: Shape) -> tuple[Reading, ...]:
        return _windows(self.dims, self.kernel_size, self.stride, self.padding)


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
            text = f"needs sizes of at least `kernel_size` (={kernel}) without padding, not {size}"
            yield Requirement(Condition(size, ">=", kernel), text)


class LPPool2d(Operation):
    """The norm of each window, `sum(x ** norm_type) ** (1 / norm_type)`: `[N, C, H, W]` to
    `[N, C, H', W']`.

    `H' = floor((H - kernel_size) / stride) + 1`, and W' likewise; with `ceil_mode` the division
    rounds up, but no window starts after the end. `stride` defaults to `kernel_size`.
    """

    target: ClassVar[str] = "nn.LPPool2d"
    positional: ClassVar[int] = 2
    ranks: ClassVar[tuple[int, ...]] = (4,)
    layout: ClassVar[str] = "[N, C, H, W]"

    norm_type: Positive
    kernel_size: Kernel2
    stride: OptionalKernel2 = None
    ceil_mode: bool = False

    def result(self, *inputs: Shape) -> Shape:
        (x,) = inputs
        return _slide(x, self.kernel_size, self.stride, ceil_mode=self.ceil_mode)

    def windows(self, operand: int, *inputs: Shape) -> tuple[Reading, ...]:
        return _windows(2, self.kernel_size, self.stride)
