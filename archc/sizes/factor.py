"""A size as a product of sizes in separate symbols, where it is one."""

from __future__ import annotations

import math
from typing import NamedTuple

from archc.sizes.budget import take
from archc.sizes.size import Atom, Dimension, Monomial, Size


class Factors(NamedTuple):
    """`content * left * right + rest`, where `left` and `right` have no symbol in common."""

    content: int
    left: Size
    right: Size
    rest: int


def split(size: Size, name: str) -> Factors | None:
    """`size` with `name` split from all other symbols, or None where it is no such product.

    Both factors have coefficients without a common divisor, and a first coefficient above zero.
    """
    take(size.atoms)
    table = _coefficients(size, name)
    if table is None:
        return None
    pivot = next(((i, j) for i, row in table.items() if i for j in row if j), None)
    if pivot is None:
        return None
    row, column = pivot
    right = _primitive(table[row])
    left = {}
    for i, entries in table.items():
        # The constant of the whole is free: what the product leaves of it is the rest.
        multiplier, remainder = divmod(entries.get(column, 0), right[column])
        expected = {j: multiplier * a for j, a in right.items() if multiplier}
        if remainder or any(
            entries.get(j, 0) != expected.get(j, 0)
            for j in entries.keys() | expected.keys()
            if i or j
        ):
            return None
        left[i] = multiplier
    content = math.gcd(*left.values())
    rest = size.constant - left.get((), 0) * right.get((), 0)
    if left[row] < 0:
        content = -content
    return Factors(content, _polynomial(_primitive(left)), _polynomial(right), rest)


def factors(size: Size) -> tuple[int, tuple[Size, ...]]:
    """The integer and the sizes in separate symbols whose product is `size`."""
    parts = []
    whole, content = size, 1
    for name in sorted(size.symbols):
        found = split(whole, name)
        if found is not None and found.rest == 0:
            parts.append(found.left)
            whole, content = found.right, content * found.content
    if not parts:
        return 1, (size,)
    return content, (*parts, whole)


def _coefficients(size: Size, name: str) -> dict[Monomial, dict[Monomial, int]] | None:
    """Coefficients by the part of each term in `name` and the part in other symbols."""
    table: dict[Monomial, dict[Monomial, int]] = {(): {(): size.constant}}
    for monomial, coefficient in size.terms:
        mine: list[Atom] = []
        others: list[Atom] = []
        for atom in monomial:
            symbols = Size((((atom,), 1),)).symbols
            if name in symbols and len(symbols) > 1:
                return None
            (mine if name in symbols else others).append(atom)
        table.setdefault(tuple(mine), {})[tuple(others)] = coefficient
    return table


def _primitive(coefficients: dict[Monomial, int]) -> dict[Monomial, int]:
    """Without the common divisor, the first non-constant coefficient above zero."""
    shared = math.gcd(*coefficients.values())
    first = next(a for monomial, a in coefficients.items() if monomial and a)
    return {m: a // (shared if first > 0 else -shared) for m, a in coefficients.items() if a}


def _polynomial(coefficients: dict[Monomial, int]) -> Size:
    total: Dimension = coefficients.get((), 0)
    for monomial, coefficient in coefficients.items():
        if monomial:
            total = total + Size(((monomial, coefficient),))
    assert isinstance(total, Size)
    return total
