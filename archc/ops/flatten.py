"""Flattening: several dimensions become one."""

from collections.abc import Iterator
from math import prod
from typing import ClassVar

from archc.ops.axes import axis, has_axis
from archc.ops.operation import Operation, Requirement, Shape
from archc.ops.reading import Reading
from archc.ops.regroup import regrouped
from archc.sizes import Condition


class Flatten(Operation):
    """Joins the dimensions `start_dim` to `end_dim` into one: `[N, C, H, W]` to `[N, C*H*W]`."""

    target: ClassVar[str] = "nn.Flatten"

    start_dim: int = 1
    end_dim: int = -1

    def requirements(self, *inputs: Shape) -> Iterator[Requirement]:
        (x,) = inputs
        yield has_axis("start_dim", self.start_dim, len(x))
        yield has_axis("end_dim", self.end_dim, len(x))
        text = f"needs `start_dim` (={self.start_dim}) before `end_dim` (={self.end_dim})"
        start, end = axis(self.start_dim, len(x)), axis(self.end_dim, len(x))
        yield Requirement(Condition(start, "<=", end), text)

    def result(self, *inputs: Shape) -> Shape:
        (x,) = inputs
        start, end = axis(self.start_dim, len(x)), axis(self.end_dim, len(x))
        return (*x[:start], prod(x[start : end + 1]), *x[end + 1 :])

    def windows(self, operand: int, result: int, *inputs: Shape) -> tuple[Reading, ...]:
        (x,) = inputs
        return regrouped(x, self.result(x))
