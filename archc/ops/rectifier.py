"""Rectifiers, the activations that most networks have: the shape stays."""

from collections.abc import Iterator, Mapping
from typing import ClassVar

from archc.diagnostics.catalogue import SIZE_MISMATCH
from archc.ops.elementwise import Elementwise
from archc.ops.fields import PositiveInt
from archc.ops.operation import Requirement, Shape, Starts, Weight
from archc.sizes import Condition


class ReLU(Elementwise):
    """`max(x, 0)`, element by element: the shape stays."""

    target: ClassVar[str] = "nn.ReLU"


class ReLU6(Elementwise):
    """`min(max(x, 0), 6)`, element by element: the shape stays."""

    target: ClassVar[str] = "nn.ReLU6"


class LeakyReLU(Elementwise):
    """`x` where it is positive, else `negative_slope * x`: the shape stays."""

    target: ClassVar[str] = "nn.LeakyReLU"
    argument_synonyms: ClassVar[Mapping[str, str]] = {"alpha": "negative_slope"}

    negative_slope: float = 0.01


class PReLU(Elementwise):
    """`x` where it is positive, else `weight * x`: the shape stays.

    `weight` is learnt and starts at `init`: one number for all of `[N, C, ...]`, or one a channel
    where `num_parameters` is C.
    """

    target: ClassVar[str] = "nn.PReLU"
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
