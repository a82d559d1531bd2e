"""Reductions along dimensions."""

from collections.abc import Iterator, Mapping
from typing import ClassVar

from archc.ops.axes import are_axes, axis, has_axis
from archc.ops.elementwise import Elementwise
from archc.ops.fields import Axes, spread
from archc.ops.operation import Operation, Requirement, Shape
from archc.ops.reading import Reading, Whole, Window, normalised, pointwise

_TINY = 1e-6
"""Lengths at which one value is still its sign, not a share of `eps`, where `eps` is no larger."""


class _Reduction(Operation):
    """One value for all that lies along `dim`."""

    usual: ClassVar[Mapping[str, str]] = {"dim": "`dim: [2, 3]` is over height and width"}
    positional: ClassVar[int] = 1

    dim: Axes
    keepdim: bool = False

    def requirements(self, *inputs: Shape) -> Iterator[Requirement]:
        (x,) = inputs
        yield from are_axes("dim", self.dim, len(x))

    def result(self, *inputs: Shape) -> Shape:
        (x,) = inputs
        gone = self._gone(x)
        if self.keepdim:
            return tuple(1 if index in gone else size for index, size in enumerate(x))
        return tuple(size for index, size in enumerate(x) if index not in gone)

    def windows(self, operand: int, result: int, *inputs: Shape) -> tuple[Reading, ...]:
        (x,) = inputs
        gone = self._gone(x)
        left = [dim for dim in range(len(x)) if self.keepdim or dim not in gone]
        return tuple(Whole() if dim in gone else Window(left.index(dim)) for dim in range(len(x)))

    def _gone(self, x: Shape) -> set[int]:
        """The dimensions of `x` of which one value is left."""
        return {axis(dim, len(x)) for dim in spread(self.dim, 1)}


class Mean(_Reduction):
    """The mean along `dim`, one dimension or a list: `[N, C, H, W]` to `[N, C]` for `[2, 3]`.

    With `keepdim` these dimensions stay, of size 1.
    """

    target: ClassVar[str] = "Mean"
    helper: ClassVar[str] = '''
class Mean(nn.Module):
    """The mean along dimensions."""

    def __init__(self, dim: int | tuple[int, ...], keepdim: bool = False) -> None:
        super().__init__()
        self.dim = dim
        self.keepdim = keepdim

    def forward(self, x: Tensor) -> Tensor:
        return x.mean(self.dim, keepdim=self.keepdim)

    def extra_repr(self) -> str:
        return f"dim={self.dim}, keepdim={self.keepdim}"
'''


class Amax(_Reduction):
    """The largest value along `dim`, one dimension or a list: `[N, C, H, W]` to `[N, C]` for
    `[2, 3]`.

    With `keepdim` these dimensions stay, of size 1.
    """

    target: ClassVar[str] = "Amax"
    helper: ClassVar[str] = '''
class Amax(nn.Module):
    """The largest value along dimensions."""

    def __init__(self, dim: int | tuple[int, ...], keepdim: bool = False) -> None:
        super().__init__()
        self.dim = dim
        self.keepdim = keepdim

    def forward(self, x: Tensor) -> Tensor:
        return x.amax(self.dim, keepdim=self.keepdim)

    def extra_repr(self) -> str:
        return f"dim={self.dim}, keepdim={self.keepdim}"
'''


class Normalize(Elementwise):
    """Divides by the length along `dim`, `max(norm(x, p), eps)`: the shape stays."""

    target: ClassVar[str] = "Normalize"
    helper: ClassVar[str] = '''
class Normalize(nn.Module):
    """Divides by the length along a dimension."""

    def __init__(self, p: float = 2.0, dim: int = 1, eps: float = 1e-12) -> None:
        super().__init__()
        self.p = p
        self.dim = dim
        self.eps = eps

    def forward(self, x: Tensor) -> Tensor:
        return F.normalize(x, self.p, self.dim, self.eps)

    def extra_repr(self) -> str:
        return f"p={self.p}, dim={self.dim}, eps={self.eps}"
'''

    p: float = 2.0
    dim: int = 1
    eps: float = 1e-12

    def requirements(self, *inputs: Shape) -> Iterator[Requirement]:
        (x,) = inputs
        yield has_axis("dim", self.dim, len(x))

    def windows(self, operand: int, result: int, *inputs: Shape) -> tuple[Reading, ...]:
        (x,) = inputs
        along = axis(self.dim, len(x))
        if self.p == 0 or (x[along] == 1 and self.eps > _TINY):
            return pointwise(len(x))
        return normalised(x, [along])
