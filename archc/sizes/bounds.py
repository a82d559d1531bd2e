"""Straight lines between which a size of one symbol lies."""

from __future__ import annotations

from fractions import Fraction

from archc.sizes.size import Atom, Floor, Size, Symbol

Line = tuple[Fraction, Fraction]
"""The slope and the constant of a straight line."""


def lines(size: Size) -> tuple[Line, Line] | None:
    """A line below and one above `size`, at every value of at least 1; None for a product."""
    low = high = (Fraction(0), Fraction(size.constant))
    for monomial, coefficient in size.terms:
        pair = _atom_lines(monomial[0]) if len(monomial) == 1 else None
        if pair is None:
            return None
        below, above = pair if coefficient > 0 else pair[::-1]
        low = _plus(low, below, coefficient)
        high = _plus(high, above, coefficient)
    return low, high


def _atom_lines(atom: Atom) -> tuple[Line, Line] | None:
    zero = Fraction(0)
    if isinstance(atom, Symbol):
        return (Fraction(1), zero), (Fraction(1), zero)
    pair = lines(atom.numerator if isinstance(atom, Floor) else atom.size)
    if pair is None:
        return None
    low, high = pair
    if isinstance(atom, Floor):
        share = Fraction(1, atom.divisor)
        return _plus((zero, share - 1), low, share), _plus((zero, zero), high, share)
    # Two roundings to double precision, each by at most 2**-53 of the value, and then the floor.
    factor = Fraction(atom.factor)
    slope, constant = ((abs(a) + abs(b)) * factor / 2**51 for a, b in zip(low, high, strict=True))
    return _plus((-slope, -constant - 1), low, factor), _plus((slope, constant), high, factor)


def _plus(line: Line, other: Line, factor: Fraction | int) -> Line:
    return line[0] + other[0] * factor, line[1] + other[1] * factor
