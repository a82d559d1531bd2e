"""What operations that work element by element share."""

from math import inf
from typing import ClassVar

from archc.ops.operation import Operation, Shape

Interval = tuple[float, float]


class Elementwise(Operation):
    """A function whose result has the shape of its input."""

    def result(self, *inputs: Shape) -> Shape:
        (x,) = inputs
        return x


class Activation(Elementwise):
    """A function that is not linear."""

    gives: ClassVar[Interval] = (-inf, inf)
    keeps: ClassVar[Interval | None] = None

    @property
    def bounds(self) -> Interval:
        """Where its results lie."""
        return self.gives

    @property
    def passes(self) -> Interval | None:
        """Where it gives back its input."""
        return self.keeps

    def repeats(self, other: Operation, rank: int) -> bool:
        """Whether it does what `other` did, to a tensor of a `rank`."""
        return type(self) is type(other)
