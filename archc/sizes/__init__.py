"""Symbolic sizes: exact arithmetic, sets of valid sizes."""

from archc.sizes.budget import budget
from archc.sizes.condition import Condition, Relation
from archc.sizes.evaluate import evaluate_size
from archc.sizes.factor import factors
from archc.sizes.formula import formula
from archc.sizes.product import solve_region
from archc.sizes.region import Region
from archc.sizes.sets import EVERY_SIZE, LARGEST_PERIOD, NO_SIZE, SizeSet
from archc.sizes.size import Dimension, Size, TooComplex, scaled, symbol, total
from archc.sizes.solve import solve
from archc.sizes.substitute import substitute
from archc.sizes.window import transposed, window

__all__ = [
    "EVERY_SIZE",
    "LARGEST_PERIOD",
    "NO_SIZE",
    "Condition",
    "Dimension",
    "Region",
    "Relation",
    "Size",
    "SizeSet",
    "TooComplex",
    "budget",
    "evaluate_size",
    "factors",
    "formula",
    "scaled",
    "solve",
    "solve_region",
    "substitute",
    "symbol",
    "total",
    "transposed",
    "window",
]
