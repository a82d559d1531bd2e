"""Activations but rectifiers: element by element, or along one dimension; the shape stays."""

from collections.abc import Iterator, Mapping
from math import inf
from typing import Annotated, ClassVar, Literal

from pydantic import AfterValidator
from pydantic_core import PydanticCustomError

from archc.ops.axes import axis, has_axis
from archc.ops.elementwise import Activation, Interval
from archc.ops.operation import Operation, Requirement, Shape
from archc.ops.reading import Reading, normalised
from archc.sizes import Condition


class ELU(Activation):
    """`x` where it is positive, else `alpha * (exp(x) - 1)`: the shape stays."""

    target: ClassVar[str] = "nn.ELU"
    keeps: ClassVar[Interval | None] = (0, inf)

    alpha: float = 1.0


class SELU(Activation):
    """`scale * elu(x)`, with constants that keep mean and variance: the shape stays."""

    target: ClassVar[str] = "nn.SELU"


def _not_zero(value: float) -> float:
    if value == 0:
        raise PydanticCustomError("not_zero", "must not be zero")
    return value


class CELU(Activation):
    """`x` where it is positive, else `alpha * (exp(x / alpha) - 1)`: the shape stays."""

    target: ClassVar[str] = "nn.CELU"
    keeps: ClassVar[Interval | None] = (0, inf)

    alpha: Annotated[float, AfterValidator(_not_zero)] = 1.0


class GELU(Activation):
    """`x * P(X <= x)` for a standard normal X, or its approximation by `tanh`: the shape stays."""

    target: ClassVar[str] = "nn.GELU"

    approximate: Literal["none", "tanh"] = "none"


class SiLU(Activation):
    """`x * sigmoid(x)`, also called swish: the shape stays."""

    target: ClassVar[str] = "nn.SiLU"


class Mish(Activation):
    """`x * tanh(softplus(x))`: the shape stays."""

    target: ClassVar[str] = "nn.Mish"


class Softplus(Activation):
    """`log(1 + exp(beta * x)) / beta`, and `x` where `beta * x > threshold`: the shape stays."""

    target: ClassVar[str] = "nn.Softplus"

    beta: float = 1.0
    threshold: float = 20.0


class Softsign(Activation):
    """`x / (1 + |x|)`, element by element: the shape stays."""

    target: ClassVar[str] = "nn.Softsign"
    gives: ClassVar[Interval] = (-1, 1)


class Sigmoid(Activation):
    """`1 / (1 + exp(-x))`, element by element: the shape stays."""

    target: ClassVar[str] = "nn.Sigmoid"
    gives: ClassVar[Interval] = (0, 1)


class Tanh(Activation):
    """`tanh(x)`, element by element: the shape stays."""

    target: ClassVar[str] = "nn.Tanh"
    gives: ClassVar[Interval] = (-1, 1)


class Hardtanh(Activation):
    """`x`, but at least `min_val` and at most `max_val`: the shape stays."""

    target: ClassVar[str] = "nn.Hardtanh"

    min_val: float = -1.0
    max_val: float = 1.0

    @property
    def bounds(self) -> Interval:
        return self.min_val, self.max_val

    @property
    def passes(self) -> Interval:
        return self.bounds

    def requirements(self, *inputs: Shape) -> Iterator[Requirement]:
        is_range = Condition(int(self.min_val < self.max_val), "==", 1)
        text = f"needs `min_val` (={self.min_val}) below `max_val` (={self.max_val})"
        yield Requirement(is_range, text)


class Hardswish(Activation):
    """`x * min(max(x + 3, 0), 6) / 6`: the shape stays."""

    target: ClassVar[str] = "nn.Hardswish"


class Hardsigmoid(Activation):
    """`min(max(x + 3, 0), 6) / 6`: the shape stays."""

    target: ClassVar[str] = "nn.Hardsigmoid"
    gives: ClassVar[Interval] = (0, 1)


class Softmax(Activation):
    """`exp(x)` divided by its sum along `dim`: the shape stays.

    `dim` is required: torch guesses it where it is left out, and warns of that.
    """

    target: ClassVar[str] = "nn.Softmax"
    gives: ClassVar[Interval] = (0, 1)
    is_distribution: ClassVar[bool] = True
    usual: ClassVar[Mapping[str, str]] = {
        "dim": "`dim: 1` is over the classes or channels, `dim: -1` over the last dimension"
    }

    dim: int

    def requirements(self, *inputs: Shape) -> Iterator[Requirement]:
        (x,) = inputs
        yield has_axis("dim", self.dim, len(x))

    def repeats(self, other: Operation, rank: int) -> bool:
        return isinstance(other, Softmax) and axis(self.dim, rank) == axis(other.dim, rank)

    def windows(self, operand: int, result: int, *inputs: Shape) -> tuple[Reading, ...]:
        (x,) = inputs
        return normalised(x, [axis(self.dim, len(x))])


class LogSoftmax(Softmax):
    """The logarithm of `softmax` along `dim`: the shape stays.

    `dim` is required: torch guesses it where it is left out, and warns of that.
    """

    target: ClassVar[str] = "nn.LogSoftmax"
    gives: ClassVar[Interval] = (-inf, 0)
    is_distribution: ClassVar[bool] = False
