"""A size at given values of its symbols."""

from __future__ import annotations

import math
from collections.abc import Mapping

from archc.sizes.size import Atom, Dimension, Floor, Symbol


def evaluate_size(dimension: Dimension, values: Mapping[str, int]) -> int:
    """The number that `dimension` is at `values`; KeyError for a symbol without a value."""
    if isinstance(dimension, int):
        return dimension
    total = dimension.constant
    for monomial, coefficient in dimension.terms:
        for atom in monomial:
            coefficient *= _evaluate_atom(atom, values)
        total += coefficient
    return total


def _evaluate_atom(atom: Atom, values: Mapping[str, int]) -> int:
    if isinstance(atom, Symbol):
        return values[atom.name]
    if isinstance(atom, Floor):
        return evaluate_size(atom.numerator, values) // atom.divisor
    return math.floor(float(evaluate_size(atom.size, values)) * atom.factor)
