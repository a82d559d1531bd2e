"""Operations that trade positions, channels and sizes without weights."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import ClassVar, Literal

from archc.diagnostics.catalogue import GROUPS_DO_NOT_DIVIDE
from archc.ops.fields import OptionalFactors, OptionalSizes, PositiveInt
from archc.ops.operation import Operation, Requirement, Shape
from archc.sizes import Condition, Dimension, scaled

_ALIGNING: Mapping[str, int] = {"linear": 3, "bilinear": 4, "bicubic": 4, "trilinear": 5}
"""The modes that know `align_corners`, each with the one rank that it takes."""


class Upsample(Operation):
    """Samples `[N, C, L]`, `[N, C, H, W]` or `[N, C, D, H, W]` at another size of all but N and C.

    The size is `size`, or `floor(H * scale_factor)` in double precision, and so on for each: one of
    the two is written, as one number or one for each dimension. `linear` is for rank 3, `bilinear`
    and `bicubic` for 4, `trilinear` for 5; these alone take `align_corners`.
    """

    target: ClassVar[str] = "nn.Upsample"
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


def _divisible(name: str, size: Dimension, word: str, by: int) -> Requirement:
    return Requirement(
        Condition(size % by, "==", 0), f"needs {name} (={size}) divisible by {word} (={by})"
    )


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
            f"needs channels (={x[1]}) divisible by `groups` (={self.groups})",
            GROUPS_DO_NOT_DIVIDE,
        )

    def result(self, *inputs: Shape) -> Shape:
        (x,) = inputs
        return x
