"""A size with other sizes in place of its symbols."""

from __future__ import annotations

from collections.abc import Mapping

from archc.sizes.budget import take
from archc.sizes.size import Atom, Dimension, Floor, Symbol, scaled, symbol

_STEPS = 8
"""What it costs to put an atom into canonical form, in the steps of a budget."""


def substitute(dimension: Dimension, replacements: Mapping[str, Dimension]) -> Dimension:
    """`dimension` with symbols replaced, all at once; symbols that are not named stay."""
    if isinstance(dimension, int):
        return dimension
    take(_STEPS * dimension.atoms)
    total: Dimension = dimension.constant
    for monomial, coefficient in dimension.terms:
        product: Dimension = coefficient
        for atom in monomial:
            product = product * _substitute_atom(atom, replacements)
        total = total + product
    return total


def _substitute_atom(atom: Atom, replacements: Mapping[str, Dimension]) -> Dimension:
    if isinstance(atom, Symbol):
        return replacements[atom.name] if atom.name in replacements else symbol(atom.name)
    if isinstance(atom, Floor):
        return substitute(atom.numerator, replacements) // atom.divisor
    return scaled(substitute(atom.size, replacements), atom.factor)
