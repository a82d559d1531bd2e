"""Operations that move elements without changing them."""

from __future__ import annotations

from collections.abc import Iterator
from math import prod
from typing import ClassVar

from archc.ops.operation import Operation, Requirement, Shape
from archc.sizes import Condition


class Flatten(Operation):
    """Joins the dimensions `start_dim` to `end_dim` into one: `[N, C, H, W]` to `[N, C*H*W]`."""

    target: ClassVar[str] = "nn.Flatten"

    start_dim: int = 1
    end_dim: int = -1

    def _range(self, rank: int) -> tuple[int, int]:
        return tuple(dim + rank if dim < 0 else dim for dim in (self.start_dim, self.end_dim))  # type: ignore[return-value]

    def requirements(self, *inputs: Shape) -> Iterator[Requirement]:
        (x,) = inputs
        start, end = self._range(len(x))
        for name, dim in (("start_dim", start), ("end_dim", end)):
            text = (
                f"has no dimension `{name}` (={getattr(self, name)}) in an input of rank {len(x)}"
            )
            yield Requirement(Condition(dim, ">=", 0), text)
            yield Requirement(Condition(dim, "<=", len(x) - 1), text)
        text = f"needs `start_dim` (={self.start_dim}) before `end_dim` (={self.end_dim})"
        yield Requirement(Condition(start, "<=", end), text)

    def result(self, *inputs: Shape) -> Shape:
        (x,) = inputs
        start, end = self._range(len(x))
        return (*x[:start], prod(x[start : end + 1]), *x[end + 1 :])


class Identity(Operation):
    """Gives back its input."""

    target: ClassVar[str] = "nn.Identity"

    def result(self, *inputs: Shape) -> Shape:
        (x,) = inputs
        return x
