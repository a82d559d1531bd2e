"""Activations and dropout: element by element, the shape stays."""

from __future__ import annotations

from typing import ClassVar

from archc.ops.fields import Probability
from archc.ops.operation import Operation, Shape


class _Elementwise(Operation):
    """A function of each element: the shape stays."""

    def result(self, *inputs: Shape) -> Shape:
        (x,) = inputs
        return x


class ReLU(_Elementwise):
    """`max(x, 0)`, element by element: the shape stays."""

    target: ClassVar[str] = "nn.ReLU"


class Sigmoid(_Elementwise):
    """`1 / (1 + exp(-x))`, element by element: the shape stays."""

    target: ClassVar[str] = "nn.Sigmoid"


class Dropout(_Elementwise):
    """In training, zeroes each element with probability `p` and scales the rest by `1 / (1 - p)`:
    the shape stays.
    """

    target: ClassVar[str] = "nn.Dropout"

    p: Probability = 0.5
