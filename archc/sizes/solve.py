"""The exact set of sizes for which a condition in one symbol holds, or an admission of defeat.

A condition compares a difference `D(s)` with zero, and the ways are tried in this order:

1. `D` rises with `s` (all coefficients above zero; every floor rises): bisection.
2. `D` is linear in its floors, with a slope other than zero: it lies between two straight lines,
   so its sign is known outside a window, in which every size is tried.
3. Else, for `s = P*t + i` with `P` the least common multiple of the divisors, `D` is a polynomial
   in `t` for each `i`. A table of its differences is stepped forward until its sign is settled.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from fractions import Fraction

from archc.sizes.condition import Condition, Relation, compare
from archc.sizes.sets import EVERY_SIZE, LARGEST_PERIOD, NO_SIZE, OutOfReach, SizeSet
from archc.sizes.size import Atom, Floor, Scaled, Size, Symbol, evaluate

LARGEST_SIZE = 2**62
MOST_TRIALS = 200_000
MIRRORED: dict[Relation, Relation] = {"==": "==", ">=": "<=", "<=": ">="}

Line = tuple[Fraction, Fraction]
"""Slope and constant of a straight line in the one symbol."""


def solve(condition: Condition, name: str) -> SizeSet | None:
    """The sizes of at least 1 of the symbol `name` for which `condition` holds.

    None where the answer is out of reach: a period beyond `LARGEST_PERIOD`, more work than
    `MOST_TRIALS`, or floats that no rule covers. ValueError for a condition in other symbols.
    """
    difference = condition.difference
    if isinstance(difference, int):
        return EVERY_SIZE if compare(difference, condition.relation) else NO_SIZE
    if difference.symbols != {name}:
        raise ValueError(f"`{condition}` is in {sorted(difference.symbols)}, not in {name!r} alone")
    relation = condition.relation
    if all(coefficient < 0 for _, coefficient in difference.terms):
        difference, relation = _negated(difference), MIRRORED[relation]
    try:
        if _rises(difference, name):
            return _by_bisection(difference, relation, name)
        lines = _lines(difference)
        if lines is not None and lines[1][0] < 0:
            difference, relation = _negated(difference), MIRRORED[relation]
            lines = _lines(difference)
        if lines is not None and lines[0][0] > 0:
            return _by_window(difference, relation, name, lines)
        return _by_period(difference, relation, name)
    except OutOfReach:
        return None


def _negated(size: Size) -> Size:
    negated = -size
    assert isinstance(negated, Size)
    return negated


def _rises(size: Size, name: str) -> bool:
    """Whether it is certain that `size` never falls as the symbol grows from 1."""
    for monomial, coefficient in size.terms:
        if coefficient < 0 or not all(_atom_rises(atom, name) for atom in monomial):
            return False
        if len(monomial) > 1 and any(_at(_as_size(atom), name, 1) < 0 for atom in monomial):
            return False
    return True


def _atom_rises(atom: Atom, name: str) -> bool:
    if isinstance(atom, Symbol):
        return True
    return _rises(atom.numerator if isinstance(atom, Floor) else atom.size, name)


def _by_bisection(rising: Size, relation: Relation, name: str) -> SizeSet:
    if relation == ">=":
        return SizeSet.between(_first_reaching(rising, 0, name))
    past = _first_reaching(rising, 1, name)
    low = 1 if relation == "<=" else _first_reaching(rising, 0, name)
    return SizeSet.between(low, past - 1)


def _first_reaching(rising: Size, target: int, name: str) -> int:
    """The smallest size of at least 1 at which `rising` is at least `target`."""
    high = 1
    while _at(rising, name, high) < target:
        high *= 2
        if high > LARGEST_SIZE:
            raise OutOfReach(f"{rising} stays below {target} up to {LARGEST_SIZE}")
    low = high // 2
    while high - low > 1:
        middle = (low + high) // 2
        if _at(rising, name, middle) < target:
            low = middle
        else:
            high = middle
    return high


def _lines(size: Size) -> tuple[Line, Line] | None:
    """Straight lines below and above `size`, for every value of at least 1; None for a product."""
    low = high = (Fraction(0), Fraction(size.constant))
    for monomial, coefficient in size.terms:
        lines = _atom_lines(monomial[0]) if len(monomial) == 1 else None
        if lines is None:
            return None
        below, above = lines if coefficient > 0 else lines[::-1]
        low = _plus(low, below, coefficient)
        high = _plus(high, above, coefficient)
    return low, high


def _atom_lines(atom: Atom) -> tuple[Line, Line] | None:
    if isinstance(atom, Symbol):
        return (Fraction(1), Fraction(0)), (Fraction(1), Fraction(0))
    lines = _lines(atom.numerator if isinstance(atom, Floor) else atom.size)
    if lines is None:
        return None
    low, high = lines
    nothing = (Fraction(0), Fraction(0))
    if isinstance(atom, Floor):
        lost = (Fraction(0), Fraction(1 - atom.divisor, atom.divisor))
        return _plus(lost, low, Fraction(1, atom.divisor)), _plus(
            nothing, high, Fraction(1, atom.divisor)
        )
    # Two roundings to double precision, each by at most 2**-53 of the value, and then the floor.
    factor = Fraction(atom.factor)
    error = (
        (abs(low[0]) + abs(high[0])) * factor / 2**51,
        (abs(low[1]) + abs(high[1])) * factor / 2**51,
    )
    below = _plus((-error[0], -error[1] - 1), low, factor)
    return below, _plus(error, high, factor)


def _plus(line: Line, other: Line, factor: Fraction | int) -> Line:
    return line[0] + other[0] * factor, line[1] + other[1] * factor


def _by_window(size: Size, relation: Relation, name: str, lines: tuple[Line, Line]) -> SizeSet:
    """For a `size` between two lines that both climb."""
    (low_slope, low_constant), (high_slope, high_constant) = lines
    first = max(1, math.ceil(-high_constant / high_slope))
    last = math.floor(-low_constant / low_slope)
    if last - first > MOST_TRIALS:
        raise OutOfReach(f"the sign of {size} is open from {first} to {last}")
    tried = SizeSet.of(s for s in range(first, last + 1) if compare(_at(size, name, s), relation))
    if relation == "==":
        return tried
    if relation == ">=":
        return tried | SizeSet.between(max(first, last + 1))
    return tried | SizeSet.between(1, first - 1)


def _by_period(size: Size, relation: Relation, name: str) -> SizeSet:
    period, degree = _period(size), _degree(size)
    if period > LARGEST_PERIOD:
        raise OutOfReach(f"{size} has a period of {period}, beyond {LARGEST_PERIOD}")
    trials = period * (degree + 1)
    residues, extra, missing = [], [], []
    for residue in range(1, period + 1):
        samples = [_at(size, name, residue + period * t) for t in range(degree + 1)]
        values = list(_until_settled(samples))
        trials += len(values)
        if trials > MOST_TRIALS:
            raise OutOfReach(f"the sign of {size} takes more than {MOST_TRIALS} trials to settle")
        held = [compare(value, relation) for value in values]
        if held[-1]:
            residues.append(residue)
        for t, holds in enumerate(held):
            if holds != held[-1]:
                (extra if holds else missing).append(residue + period * t)
    return (SizeSet.periodic(period, residues) | SizeSet.of(extra)) - SizeSet.of(missing)


def _until_settled(samples: list[int]) -> Iterator[int]:
    """The values at 0, 1, … of the polynomial through `samples`, up to the first whose sign stays.

    At a value above zero with no difference of any order below zero, all later values are above
    zero as well; likewise below zero.
    """
    differences = []
    while samples:
        differences.append(samples[0])
        samples = [after - before for before, after in zip(samples, samples[1:], strict=False)]
    while True:
        yield differences[0]
        if not any(differences):
            return
        if differences[0] and (min(differences) >= 0 or max(differences) <= 0):
            return
        for order in range(len(differences) - 1):
            differences[order] += differences[order + 1]


def _period(size: Size) -> int:
    return math.lcm(*(_atom_period(atom) for monomial, _ in size.terms for atom in monomial))


def _atom_period(atom: Atom) -> int:
    if isinstance(atom, Symbol):
        return 1
    if isinstance(atom, Scaled):
        raise OutOfReach(f"{_as_size(atom)} is computed in floating point and has no period")
    return atom.divisor * _period(atom.numerator)


def _degree(size: Size) -> int:
    return max(sum(_atom_degree(atom) for atom in monomial) for monomial, _ in size.terms)


def _atom_degree(atom: Atom) -> int:
    if isinstance(atom, Symbol):
        return 1
    return _degree(atom.numerator if isinstance(atom, Floor) else atom.size)


def _as_size(atom: Atom) -> Size:
    return Size((((atom,), 1),))


def _at(size: Size, name: str, value: int) -> int:
    return evaluate(size, {name: value})
