"""Operations that trade positions, channels and sizes without weights."""

from collections.abc import Iterator, Mapping
from fractions import Fraction
from typing import ClassVar, Literal

from archc.diagnostics.catalogue import GROUPS_DO_NOT_DIVIDE
from archc.ops.divisors import fewer
from archc.ops.fields import OptionalFactors, OptionalSizes, PositiveInt
from archc.ops.operation import Operation, Requirement, Shape
from archc.ops.reading import Reading, Sample, SizeDependent, Window, pointwise, share
from archc.ops.regroup import Regrouped, Through
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

    def windows(self, operand: int, result: int, *inputs: Shape) -> tuple[Reading, ...]:
        (x,) = inputs
        factors = self.scale_factor
        each = factors if isinstance(factors, tuple) else (factors,) * (len(x) - 2)
        sizes = zip(x[2:], self.result(x)[2:], each, strict=True)
        moving = (self._reading(dim, *given) for dim, given in enumerate(sizes, 2))
        return (Window(0), Window(1), *moving)

    def _reading(self, dim: int, old: Dimension, new: Dimension, factor: float | None) -> Reading:
        """How the result, of size `new`, reads the dimension `dim`, of size `old`."""
        if old == new and self._reach == 1 and self.mode in _ALIGNING:
            return Window(dim)  # torch copies what it need not interpolate
        if self.align_corners and isinstance(new, int):
            ratio = (0, 1) if new == 1 else (old - 1, new - 1)
            return Sample(dim, ratio[0], 0, ratio[1], self._reach)
        is_exact = factor is not None and factor.is_integer()
        by_sizes = factor is None or self.mode == "area" or self.recompute_scale_factor
        if by_sizes and not is_exact:
            places, elements = old, new
        else:
            places, elements = _simple(factor or 1).as_integer_ratio()[::-1]
        if self.align_corners or not isinstance(elements, int):
            return SizeDependent(dim)
        match self.mode:
            case "area" if not is_exact:
                return share(dim, places, elements)
            case "nearest" | "area":
                return Sample(dim, places, 0, elements)
            case "nearest-exact":
                return Sample(dim, 2 * places, places, 2 * elements)
        return Sample(dim, 2 * places, places - elements, 2 * elements, self._reach)

    @property
    def _reach(self) -> int:
        """How many places on either side are interpolated."""
        return 2 if self.mode == "bicubic" else 1


def _simple(factor: float) -> Fraction:
    """0.7 is seven tenths, as it is meant, though no binary fraction is."""
    meant = Fraction(factor).limit_denominator(1000)
    return meant if float(meant) == factor else Fraction(factor)


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

    def windows(self, operand: int, result: int, *inputs: Shape) -> tuple[Reading, ...]:
        ((_, channels, height, width),) = inputs
        r = self.upscale_factor
        rows, columns = ((height * r,), (width * r,))
        apart = (
            (Window(1), channels // r**2),
            *((Regrouped((2,), rows, r, True), height), (Regrouped((2,), rows, 1, False), r)),
            *((Regrouped((3,), columns, r, True), width), (Regrouped((3,), columns, 1, False), r)),
        )
        joined = Regrouped((0, 2, 4), (channels // r**2, r, r), 1, True)
        places = (Sample(dim, 1, 0, r) for dim in (2, 3))
        return (Window(0), Through(1, None, apart, joined), *places)


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

    def windows(self, operand: int, result: int, *inputs: Shape) -> tuple[Reading, ...]:
        ((_, channels, height, width),) = inputs
        r = self.downscale_factor
        deep = (channels * r**2,)
        apart = (
            *((Regrouped((1,), deep, r, False), r), (Regrouped((1,), deep, 1, False), r)),
            *((Window(2), height // r), (Window(3), width // r)),
        )
        rows = Regrouped((2, 0), (height // r, r), 1, True)
        columns = Regrouped((3, 1), (width // r, r), 1, True)
        places = ((2, rows), (3, columns))
        moving = (Through(dim, Fraction(r), apart, joined) for dim, joined in places)
        return (Window(0), Sample(1, 1, 0, r**2), *moving)


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

    def windows(self, operand: int, result: int, *inputs: Shape) -> tuple[Reading, ...]:
        (x,) = inputs
        each = x[1] // self.groups
        apart = (
            (Regrouped((1,), (x[1],), self.groups, True), each),
            (Regrouped((1,), (x[1],), 1, False), self.groups),
        )
        joined = Regrouped((1, 0), (self.groups, each), 1, True)
        return (Window(0), Through(1, None, apart, joined), *pointwise(len(x))[2:])
