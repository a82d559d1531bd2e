"""Bare parameters."""

from collections.abc import Mapping
from typing import ClassVar

from archc.ops.fields import Sizes
from archc.ops.operation import Call, Operation, Shape, Starts, Weight


class Parameter(Operation):
    """A bare `nn.Parameter` of `shape` under the node's name; it reads nothing and is read by name.

    Starts at zero, or as the node's `init` says.
    """

    target: ClassVar[str] = "nn.Parameter"
    starts: ClassVar[Starts] = {"": ()}
    arity: ClassVar[tuple[int, int | None]] = (0, 0)

    shape: Sizes

    def result(self, *inputs: Shape) -> Shape:
        return self.shape

    def weights(self, inferred: Mapping[str, int]) -> tuple[Weight, ...]:
        return (Weight("", self.shape),)

    def call(self, inferred: Mapping[str, int]) -> Call:
        return Call(self.target, {"shape": self.shape}, style="parameter")
