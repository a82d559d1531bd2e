"""Linear maps."""

from collections.abc import Mapping
from math import prod
from typing import ClassVar

from archc.ops.fields import PositiveInt
from archc.ops.operation import Operation, Shape, Starts, Weight
from archc.ops.reading import Reading, mixed
from archc.ops.start import BY_FAN_IN
from archc.sizes import Dimension


class Linear(Operation):
    """Affine map of the last dimension: `[..., in_features]` to `[..., out_features]`.

    `in_features` follows from the input.
    """

    target: ClassVar[str] = "nn.Linear"
    follows: ClassVar[Mapping[str, int]] = {"in_features": -1}
    positional: ClassVar[int] = 2
    is_linear: ClassVar[bool] = True
    starts: ClassVar[Starts] = BY_FAN_IN

    out_features: PositiveInt
    bias: bool = True

    def result(self, *inputs: Shape) -> Shape:
        (x,) = inputs
        return (*x[:-1], self.out_features)

    def windows(self, operand: int, result: int, *inputs: Shape) -> tuple[Reading, ...]:
        (x,) = inputs
        return mixed(x, [len(x) - 1])

    def weights(self, inferred: Mapping[str, int]) -> tuple[Weight, ...]:
        weight = Weight("weight", (self.out_features, inferred["in_features"]))
        return (weight, Weight("bias", (self.out_features,))) if self.bias else (weight,)

    def macs(self, *inputs: Shape) -> Dimension:
        (x,) = inputs
        return prod(x, start=self.out_features)
