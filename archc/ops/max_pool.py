"""The largest value of each window."""

from collections.abc import Iterator, Sequence
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
    spread,
)
from archc.ops.operation import Requirement, Shape
from archc.ops.pool import Pool, pooled
from archc.ops.slide import Slide
from archc.sizes import Condition


class _MaxPool(Pool):
    """The largest value of each window."""

    dilation: Extents = 1
    ceil_mode: bool = False

    def requirements(self, *inputs: Shape) -> Iterator[Requirement]:
        (x,) = inputs
        yield from super().requirements(x)
        extents = (spread(value, self.dims) for value in (self.padding, self.dilation))
        for size, padding, dilation in zip(x[2:], *extents, strict=True):
            # Of all windows only the first can step from the padding before the input into that
            # behind it. Torch gives -inf for it, whose gradient it writes outside of the tensor.
            first = -padding % dilation
            if first:
                text = f"steps over the whole input of {{}} by `dilation` (={dilation})"
                advice, fits = (
                    "give it less dilation or no padding",
                    Condition(size, ">=", first + 1),
                )
                yield Requirement(fits, text, help=advice, about=(size,))

    def _slides(self) -> Sequence[Slide]:
        extents = (self.kernel_size, self.stride, self.padding, self.dilation)
        return pooled(self.dims, *extents, self.ceil_mode)


class MaxPool1d(_MaxPool):
    """The largest value of each window: `[N, C, L]` to `[N, C, L']`.

    `L' = floor((L + 2*padding - dilation*(kernel_size - 1) - 1) / stride) + 1`; with `ceil_mode`
    the division rounds up, but no window starts in the padding after the end. `stride` defaults to
    `kernel_size`. No window steps over the whole input: L is above `-padding % dilation`.
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
    `stride` defaults to `kernel_size`. No window steps over the whole input: H and W are above
    `-padding % dilation`.
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
    the end. `stride` defaults to `kernel_size`. No window steps over the whole input: D, H and W
    are above `-padding % dilation`.
    """

    target: ClassVar[str] = "nn.MaxPool3d"
    dims: ClassVar[int] = 3
    ranks: ClassVar[tuple[int, ...]] = (5,)
    layout: ClassVar[str] = "[N, C, D, H, W]"

    kernel_size: Kernel3
    stride: OptionalKernel3 = None
    padding: Padding3 = 0
    dilation: Kernel3 = 1
