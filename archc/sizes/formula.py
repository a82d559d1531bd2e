"""Sizes as canonical text: `ceil(H/32)`, `floor((H-29)/32)+1`, `512*ceil(H/32)*ceil(W/32)`."""

from __future__ import annotations

from collections import Counter

from archc.sizes.factor import factors
from archc.sizes.size import Atom, Dimension, Floor, Size, Symbol


def formula(dimension: Dimension) -> str:
    """The text of `dimension`; a product in separate symbols is written as one, else a sum."""
    if isinstance(dimension, int):
        return str(dimension)
    content, parts = factors(dimension)
    if len(parts) == 1:
        return _sum_text(dimension)
    product = "*".join(_in_product(_sum_text(part)) for part in parts)
    return _with_coefficient(content, product)


def _sum_text(size: Size) -> str:
    constant = size.constant
    pieces: list[str] = []
    for monomial, coefficient in size.terms:
        if len(monomial) == 1:
            text, offset = _atom_text(monomial[0])
            constant += coefficient * offset
        else:
            text = "*".join(_power_text(*power) for power in Counter(monomial).items())
        pieces.append(_with_coefficient(coefficient, text))
    # What is added reads better first: `H-2*floor(H/2)` rather than `-2*floor(H/2)+H`.
    pieces.sort(key=lambda piece: piece.startswith("-"))
    if constant:
        pieces.append(str(constant))
    return "+".join(pieces).replace("+-", "-")


def _atom_text(atom: Atom) -> tuple[str, int]:
    """The text of an atom, and what is to be added to it."""
    if isinstance(atom, Symbol):
        return atom.name, 0
    if not isinstance(atom, Floor):
        return f"floor({_in_product(formula(atom.size))}*{atom.factor!r})", 0
    numerator, divisor = atom.numerator, atom.divisor
    remainder = numerator.constant
    if remainder == divisor - 1:
        return f"ceil({_in_product(formula(numerator - remainder))}/{divisor})", 0
    if remainder == 0:
        return f"floor({_in_product(formula(numerator))}/{divisor})", 0
    return f"floor(({formula(numerator - divisor)})/{divisor})", 1


def _power_text(atom: Atom, exponent: int) -> str:
    text, offset = _atom_text(atom)
    base = f"({text}+{offset})" if offset else text
    return base if exponent == 1 else f"{base}**{exponent}"


def _with_coefficient(coefficient: int, text: str) -> str:
    if abs(coefficient) == 1:
        return text if coefficient == 1 else f"-{text}"
    return f"{coefficient}*{text}"


def _in_product(text: str) -> str:
    depth = 0
    for character in text:
        depth += (character == "(") - (character == ")")
        if depth == 0 and character in "+-":
            return f"({text})"
    return text
