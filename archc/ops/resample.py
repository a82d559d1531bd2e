"""Operations that trade positions, channels and sizes without weights."""

from collections.abc import Iterator, Mapping
from fractions import Fraction
from math import ceil, floor
from typing import ClassVar, Literal

from archc.diagnostics.catalogue import GROUPS_DO_NOT_DIVIDE
from archc.ops.divisors import fewer
from archc.ops.fields import OptionalFactors, OptionalSizes, PositiveInt
from archc.ops.operation import (
    Operation,
    Reading,
    Reads,
    Requirement,
    Shape,
    Window,
    over_positions,
)
from archc.sizes import Condition, Dimension, scaled

_ALIGNING: Mapping[str, int] = {"linear": 3, "bilinear": 4, "bicubic": 4, "trilinear": 5}
"""The modes that know `align_corners`, each with the one rank that it takes."""

_LONGEST_PERIOD = 64
"""The largest numerator of a scale factor whose windows are stated: 0.7 in binary has another."""


class Upsample(Operation):
    """Samples `[N, C, L]`, `[N, C, H, W]` or `[N, C, D, H, W]` at another size of all but N and C.

    The size is `size`, or `floor(H * scale_factor)` in double precision, and so on for each: one of
    the two is written, as one number or one for each dimension. `linear` is for rank 3, `bilinear`
    and `bicubic` for 4, `trilinear` for 5; these alone take `align_corners`.
    """

    target: ClassVar[str] = "nn.Upsample"
    synonyms: ClassVar[Mapping[str, str]] = {
        "interpolate": "upsample",
        "resize": "upsample",
        "up_sampling2d": "upsample",
    }
    ranks: ClassVar[tuple[int, ...]] = (3, 4, 5)
    layout: ClassVar[str] = "[N, C, L], [N, C, H, W] or [N, C, D, H, W]"

    size: OptionalSizes = None
    scale_factor: OptionalFactors = None
    mode: Literal[
        "nearest", "linear", "bilinear", "bicubic", "trilinear", "area", "nearest-exact"
    ] = "nearest"
    align_corners: bool | None = None
    recompute_scale_factor: bool | None = None

    def requirements(self, *inputs: Shape) -> Iterator[Requirement]:
        (x,) = inputs
        written = sum(value is not None for value in (self.size, self.scale_factor))
        yield Requirement(
            Condition(written, "==", 1), "needs `size` or `scale_factor`, one of them"
        )
        for name, value in (("size", self.size), ("scale_factor", self.scale_factor)):
            if isinstance(value, tuple):
                text = f"needs {len(x) - 2} numbers in `{name}` (={list(value)})"
                yield Requirement(Condition(len(value), "==", len(x) - 2), text)
        rank = _ALIGNING.get(self.mode, len(x))
        text = f"reads rank {rank} with `mode: {self.mode}`, not {len(x)}"
        yield Requirement(Condition(rank, "==", len(x)), text)
        yield Requirement(
            Condition(self.align_corners is None or self.mode in _ALIGNING, "==", 1),
            f"takes no `align_corners` with `mode: {self.mode}`",
        )
        yield Requirement(
            Condition(not self.recompute_scale_factor or self.size is None, "==", 1),
            "takes no `recompute_scale_factor` with `size`",
        )

    def result(self, *inputs: Shape) -> Shape:
        (x,) = inputs
        if self.scale_factor is None:
            assert self.size is not None
            size = self.size
            return (*x[:2], *(size if isinstance(size, tuple) else (size,) * (len(x) - 2)))
        factor = self.scale_factor
        factors = factor if isinstance(factor, tuple) else (factor,) * (len(x) - 2)
        return (*x[:2], *(scaled(old, by) for old, by in zip(x[2:], factors, strict=True)))

    def windows(self, operand: int, *inputs: Shape) -> tuple[Reading, ...]:
        (x,) = inputs
        factor = self.scale_factor
        factors = factor if isinstance(factor, tuple) else (factor,) * (len(x) - 2)
        return over_positions(self._reading(dim, by) for dim, by in enumerate(factors, 2))

    def _reading(self, dim: int, factor: float | None) -> Reading:
        """How the result reads the dimension `dim`; not stated where that depends on the size."""
        by = Fraction(factor or 0)
        is_given = 0 < by.numerator <= _LONGEST_PERIOD and not self.align_corners
        by_sizes = self.mode == "area" or self.recompute_scale_factor
        if not is_given or (by_sizes and by.denominator > 1):
            return Reads.UNSTATED
        each = (self._places(element, by) for element in range(by.numerator))
        return Window(dim, tuple(each), by.denominator)

    def _places(self, element: int, factor: Fraction) -> tuple[int, ...]:
        """What an element of the result reads, as torch places it."""
        if self.mode in ("nearest", "area"):
            return (floor(element / factor),)
        middle = (element + Fraction(1, 2)) / factor
        if self.mode == "nearest-exact":
            return (floor(middle),)
        at = middle - Fraction(1, 2)
        if self.mode == "bicubic" and at.denominator > 1:
            return tuple(range(floor(at) - 1, floor(at) + 3))
        return tuple(range(floor(at), ceil(at) + 1))


def _divisible(name: str, size: Dimension, word: str, by: int) -> Requirement:
    text = f"needs {name} (={{}}) divisible by {word} (={by})"
    return Requirement(Condition(size % by, "==", 0), text, about=(size,))


class PixelShuffle(Operation):
    """Channels to positions: `[N, C, H, W]` to `[N, C/r**2, H*r, W*r]`, `r` the `upscale_factor`.

    C is divisible by `r**2`.
    """

    target: ClassVar[str] = "nn.PixelShuffle"
    positional: ClassVar[int] = 1
    ranks: ClassVar[tuple[int, ...]] = (4,)
    layout: ClassVar[str] = "[N, C, H, W]"

    upscale_factor: PositiveInt

    def requirements(self, *inputs: Shape) -> Iterator[Requirement]:
        (x,) = inputs
        yield _divisible("channels", x[1], "`upscale_factor` squared", self.upscale_factor**2)

    def result(self, *inputs: Shape) -> Shape:
        ((batch, channels, height, width),) = inputs
        r = self.upscale_factor
        return batch, channels // r**2, height * r, width * r

    def windows(self, operand: int, *inputs: Shape) -> tuple[Reading, ...]:
        return over_positions(Window(dim, ((0,),) * self.upscale_factor) for dim in (2, 3))


class PixelUnshuffle(Operation):
    """Positions to channels: `[N, C, H, W]` to `[N, C*r**2, H/r, W/r]`, `r` the
    `downscale_factor`.

    H and W are divisible by `r`.
    """

    target: ClassVar[str] = "nn.PixelUnshuffle"
    positional: ClassVar[int] = 1
    ranks: ClassVar[tuple[int, ...]] = (4,)
    layout: ClassVar[str] = "[N, C, H, W]"

    downscale_factor: PositiveInt

    def requirements(self, *inputs: Shape) -> Iterator[Requirement]:
        (x,) = inputs
        for name, size in (("height", x[2]), ("width", x[3])):
            yield _divisible(name, size, "`downscale_factor`", self.downscale_factor)

    def result(self, *inputs: Shape) -> Shape:
        ((batch, channels, height, width),) = inputs
        r = self.downscale_factor
        return batch, channels * r**2, height // r, width // r

    def windows(self, operand: int, *inputs: Shape) -> tuple[Reading, ...]:
        r = self.downscale_factor
        return over_positions(Window(dim, (tuple(range(r)),), r) for dim in (2, 3))


class ChannelShuffle(Operation):
    """Deals the channels of `[N, C, ...]` out over `groups`, as `[groups, C/groups]` transposed:
    the shape stays.

    C is divisible by `groups`.
    """

    target: ClassVar[str] = "nn.ChannelShuffle"
    positional: ClassVar[int] = 1
    ranks: ClassVar[tuple[int, ...]] = (3, 4, 5)
    layout: ClassVar[str] = "[N, C, L], [N, C, H, W] or [N, C, D, H, W]"

    groups: PositiveInt

    def requirements(self, *inputs: Shape) -> Iterator[Requirement]:
        (x,) = inputs
        yield Requirement(
            Condition(x[1] % self.groups, "==", 0),
            f"needs channels (={{}}) divisible by `groups` (={self.groups})",
            GROUPS_DO_NOT_DIVIDE,
            help=fewer("groups", self.groups, x[1]),
            about=(x[1],),
        )

    def result(self, *inputs: Shape) -> Shape:
        (x,) = inputs
        return x
