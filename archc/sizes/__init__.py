"""Symbolic sizes: exact arithmetic, sets of valid sizes."""

from archc.sizes.condition import Condition, Relation
from archc.sizes.size import Dimension, Size, evaluate, scaled, substitute, symbol
from archc.sizes.window import transposed, window

__all__ = [
    "Condition",
    "Dimension",
    "Relation",
    "Size",
    "evaluate",
    "scaled",
    "substitute",
    "symbol",
    "transposed",
    "window",
]
