"""Adaptive pooling: the size of the result is given, and the windows follow from it."""

from collections.abc import Mapping
from typing import ClassVar

from archc.ops.fields import AdaptiveSize1, AdaptiveSize2, AdaptiveSize3
from archc.ops.operation import Operation, Shape
from archc.ops.reading import Reading, Window, share


class _AdaptivePool(Operation):
    """As many windows as give the asked size; a size that is null stays."""

    usual: ClassVar[Mapping[str, str]] = {"output_size": "`output_size: 1` is one value a channel"}
    positional: ClassVar[int] = 1

    output_size: int | tuple[int | None, ...]

    def result(self, *inputs: Shape) -> Shape:
        (x,) = inputs
        wanted = self._wanted(len(x) - 2)
        spatial = (size if each is None else each for size, each in zip(x[2:], wanted, strict=True))
        return (*x[:2], *spatial)

    def windows(self, operand: int, result: int, *inputs: Shape) -> tuple[Reading, ...]:
        (x,) = inputs
        spatial = enumerate(zip(x[2:], self._wanted(len(x) - 2), strict=True), 2)
        return (
            *(Window(0), Window(1)),
            *(Window(dim) if n is None else share(dim, size, n) for dim, (size, n) in spatial),
        )

    def _wanted(self, dims: int) -> tuple[int | None, ...]:
        """The asked size of each of `dims` dimensions."""
        asked = self.output_size
        return asked if isinstance(asked, tuple) else (asked,) * dims


class AdaptiveAvgPool1d(_AdaptivePool):
    """Means over as many windows as give the asked size: `[N, C, L]` to `[N, C, output_size]`."""

    target: ClassVar[str] = "nn.AdaptiveAvgPool1d"
    ranks: ClassVar[tuple[int, ...]] = (3,)
    layout: ClassVar[str] = "[N, C, L]"

    output_size: AdaptiveSize1


class AdaptiveAvgPool2d(_AdaptivePool):
    """Means over as many windows as give the asked size: `[N, C, H, W]` to `[N, C, *output_size]`.

    An entry of `output_size` that is null keeps that size.
    """

    target: ClassVar[str] = "nn.AdaptiveAvgPool2d"
    ranks: ClassVar[tuple[int, ...]] = (4,)
    layout: ClassVar[str] = "[N, C, H, W]"

    output_size: AdaptiveSize2


class AdaptiveAvgPool3d(_AdaptivePool):
    """Means over as many windows as give the asked size: `[N, C, D, H, W]` to
    `[N, C, *output_size]`.

    An entry of `output_size` that is null keeps that size.
    """

    target: ClassVar[str] = "nn.AdaptiveAvgPool3d"
    ranks: ClassVar[tuple[int, ...]] = (5,)
    layout: ClassVar[str] = "[N, C, D, H, W]"

    output_size: AdaptiveSize3


class AdaptiveMaxPool1d(_AdaptivePool):
    """The largest value of each of as many windows as give the asked size: `[N, C, L]` to
    `[N, C, output_size]`.
    """

    target: ClassVar[str] = "nn.AdaptiveMaxPool1d"
    ranks: ClassVar[tuple[int, ...]] = (3,)
    layout: ClassVar[str] = "[N, C, L]"

    output_size: AdaptiveSize1


class AdaptiveMaxPool2d(_AdaptivePool):
    """The largest value of each of as many windows as give the asked size: `[N, C, H, W]` to
    `[N, C, *output_size]`.

    An entry of `output_size` that is null keeps that size.
    """

    target: ClassVar[str] = "nn.AdaptiveMaxPool2d"
    ranks: ClassVar[tuple[int, ...]] = (4,)
    layout: ClassVar[str] = "[N, C, H, W]"

    output_size: AdaptiveSize2
