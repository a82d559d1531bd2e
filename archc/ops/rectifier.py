"""Rectifiers, the activations that most networks have: the shape stays."""

from collections.abc import Iterator, Mapping
from math import inf
from typing import ClassVar

from archc.diagnostics.catalogue import SIZE_MISMATCH
from archc.ops.elementwise import Activation, Interval
from archc.ops.fields import PositiveInt
from archc.ops.operation import Requirement, Shape, Starts, Weight
from archc.sizes import Condition


class ReLU(Activation):
    """`max(x, 0)`, element by element: the shape stays."""

    target: ClassVar[str] = "nn.ReLU"
    gives: ClassVar[Interval] = (0, inf)
    keeps: ClassVar[Interval | None] = (0, inf)


class ReLU6(Activation):
    """`min(max(x, 0), 6)`, element by element: the shape stays."""

    target: ClassVar[str] = "nn.ReLU6"
    gives: ClassVar[Interval] = (0, 6)
    keeps: ClassVar[Interval | None] = (0, 6)


class LeakyReLU(Activation):
    """`x` where it is positive, else `negative_slope * x`: the shape stays."""

    target: ClassVar[str] = "nn.LeakyReLU"
    keeps: ClassVar[Interval | None] = (0, inf)

    negative_slope: float = 0.01


class PReLU(Activation):
    """`x` where it is positive, else `weight * x`: the shape stays.

    `weight` is learnt and starts at `init`: one number for all of `[N, C, ...]`, or one a channel
    where `num_parameters` is C.
    """

    target: ClassVar[str] = "nn.PReLU"
    keeps: ClassVar[Interval | None] = (0, inf)
    starts: ClassVar[Starts] = {"weight": ()}

    num_parameters: PositiveInt = 1
    init: float = 0.25

    def requirements(self, *inputs: Shape) -> Iterator[Requirement]:
        (x,) = inputs
        if self.num_parameters > 1:
            channels = x[1] if len(x) > 1 else 1
            text = f"needs `num_parameters` (={self.num_parameters}) to be 1 or the channels"
            yield Requirement(
                Condition(channels, "==", self.num_parameters),
                f"{text} (={{}})",
                SIZE_MISMATCH,
                about=(channels,),
            )

    def weights(self, inferred: Mapping[str, int]) -> tuple[Weight, ...]:
        return (Weight("weight", (self.num_parameters,)),)
