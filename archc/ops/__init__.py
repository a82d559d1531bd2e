"""The primitive operations. A family is imported only when a spec uses one of its operations."""

from __future__ import annotations

from functools import cache
from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from archc.ops.operation import Operation

_MODULES = {
    "adaptive_avg_pool2d": ("pool", "AdaptiveAvgPool2d"),
    "avg_pool2d": ("pool", "AvgPool2d"),
    "batch_norm1d": ("norm", "BatchNorm1d"),
    "batch_norm2d": ("norm", "BatchNorm2d"),
    "conv2d": ("conv", "Conv2d"),
    "dropout": ("activation", "Dropout"),
    "flatten": ("reshape", "Flatten"),
    "identity": ("reshape", "Identity"),
    "linear": ("linear", "Linear"),
    "parameter": ("parameter", "Parameter"),
    "max_pool2d": ("pool", "MaxPool2d"),
    "relu": ("activation", "ReLU"),
    "sigmoid": ("activation", "Sigmoid"),
}

_JOINS = {
    "add": ("join", "Add"),
    "concat": ("join", "Concat"),
}

JOINS = frozenset(_JOINS)
"""The operations that read several tensors, as branches or references."""

OPERATIONS = {**_MODULES, **_JOINS}
"""Every operation: its name in a spec, and the family and class that declare it."""


@cache
def operation_class(name: str) -> type[Operation]:
    """The class that declares an operation of `OPERATIONS`."""
    family, declared = OPERATIONS[name]
    found: type[Operation] = getattr(import_module(f"archc.ops.{family}"), declared)
    return found
