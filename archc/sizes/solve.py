"""The exact set of sizes for which a condition in one symbol holds, or an admission of defeat.

A condition compares a difference `D(s)` with zero, and the ways are tried in this order:

1. `D` rises with `s` (all coefficients above zero; every floor rises): bisection.
2. `D` is a polynomial in one atom that rises: step through the values of the atom until the sign
   is settled, and find the sizes that give them by bisection.
3. `D` is linear in its floors, with a slope other than zero: it lies between two straight lines,
   so its sign is known outside a window, in which every size is tried.
4. Else, for `s = P*t + i` with `P` the least common multiple of the divisors, `D` is a polynomial
   in `t` for each `i`: step through the values of `t` until the sign is settled.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from itertools import pairwise

from archc.sizes.bounds import Line, lines
from archc.sizes.budget import budget, in_budget, take
from archc.sizes.condition import Condition, Relation, satisfies
from archc.sizes.evaluate import evaluate_size
from archc.sizes.sets import EVERY_SIZE, LARGEST_PERIOD, NO_SIZE, SizeSet
from archc.sizes.size import Atom, Floor, Scaled, Size, Symbol, TooComplex

LARGEST_SIZE = 2**62
MOST_STEPS_OF_ONE = 2_500_000
"""The steps that one condition may take."""

MIRRORED: dict[Relation, Relation] = {"==": "==", ">=": "<=", "<=": ">="}


def solve(condition: Condition, name: str) -> SizeSet | None:
    """The sizes of at least 1 of the symbol `name` for which `condition` holds.

    None where that is `TooComplex`. ValueError for a condition in other symbols.
    """
    try:
        if in_budget():
            return solution(condition, name)
        with budget(MOST_STEPS_OF_ONE):
            return solution(condition, name)
    except TooComplex:
        return None


def solution(condition: Condition, name: str) -> SizeSet:
    """As `solve`. TooComplex for a period beyond `LARGEST_PERIOD`, more steps than the budget has,
    or floats that no rule covers.
    """
    difference, relation = condition.difference, condition.relation
    if isinstance(difference, int):
        return EVERY_SIZE if satisfies(difference, relation) else NO_SIZE
    if difference.symbols != {name}:
        raise ValueError(f"`{condition}` is in {sorted(difference.symbols)}, not in {name!r} alone")
    if difference.terms[0][1] < 0:
        difference, relation = _negated(difference), MIRRORED[relation]
    return _solve(difference, relation, name)


def _solve(difference: Size, relation: Relation, name: str) -> SizeSet:
    take(difference.atoms)
    if _rises(difference, name):
        return _by_bisection(difference, relation, name)
    atoms = _atoms(difference)
    if len(atoms) == 1 and all(_atom_rises(atom, name) for atom in atoms):
        return _by_atom(difference, relation, name)
    between = lines(difference)
    if between is not None and between[1][0] < 0:
        difference, relation = _negated(difference), MIRRORED[relation]
        between = lines(difference)
    if between is not None and between[0][0] > 0:
        return _by_window(difference, relation, name, between)
    return _by_period(difference, relation, name)


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
    low = 1 if relation == "<=" else _first_reaching(rising, 0, name)
    return SizeSet.between(low, _first_reaching(rising, 1, name) - 1)


def _first_reaching(rising: Size, target: int, name: str) -> int:
    """The smallest size of at least 1 at which `rising` is at least `target`."""
    high = 1
    while _at(rising, name, high) < target:
        high *= 2
        if high > LARGEST_SIZE:
            raise TooComplex(f"a size beyond {LARGEST_SIZE:,}")
    low = high // 2
    while high - low > 1:
        middle = (low + high) // 2
        if _at(rising, name, middle) < target:
            low = middle
        else:
            high = middle
    return high


def _by_atom(size: Size, relation: Relation, name: str) -> SizeSet:
    """For a polynomial in one rising atom alone."""
    atom = _as_size(size.terms[0][0][0])
    first, degree = _at(atom, name, 1), len(size.terms[0][0])
    samples = [
        size.constant + sum(a * value ** len(monomial) for monomial, a in size.terms)
        for value in range(first, first + degree + 1)
    ]
    held = [satisfies(value, relation) for value in _until_settled(samples)]
    wanted = SizeSet.of(t for t, holds in enumerate(held[:-1], start=1) if holds)
    found = SizeSet.of_spans(
        (
            _first_reaching(atom, first + low - 1, name),
            _first_reaching(atom, first + high, name) - 1,
        )
        for low, high in wanted.spans
    )
    if not held[-1]:
        return found
    return found | SizeSet.between(_first_reaching(atom, first + len(held) - 1, name))


def _by_window(size: Size, relation: Relation, name: str, between: tuple[Line, Line]) -> SizeSet:
    """For a `size` between two lines that both climb."""
    (low_slope, low_constant), (high_slope, high_constant) = between
    first = max(1, math.ceil(-high_constant / high_slope))
    last = max(first - 1, math.floor(-low_constant / low_slope))
    take(last - first)
    tried = SizeSet.of(s for s in range(first, last + 1) if satisfies(_at(size, name, s), relation))
    if relation == "==":
        return tried
    return tried | (
        SizeSet.between(last + 1) if relation == ">=" else SizeSet.between(1, first - 1)
    )


def _by_period(size: Size, relation: Relation, name: str) -> SizeSet:
    period, degree = _period(size), _degree(size)
    if period > LARGEST_PERIOD:
        raise TooComplex(f"a period beyond {LARGEST_PERIOD:,}")
    residues: list[int] = []
    extra: list[int] = []
    missing: list[int] = []
    for residue in range(1, period + 1):
        samples = [_at(size, name, residue + period * t) for t in range(degree + 1)]
        held = [satisfies(value, relation) for value in _until_settled(samples)]
        if held[-1]:
            residues.append(residue)
        others = extra if not held[-1] else missing
        others += [residue + period * t for t, holds in enumerate(held) if holds != held[-1]]
    return (SizeSet.periodic(period, residues) | SizeSet.of(extra)) - SizeSet.of(missing)


def _until_settled(samples: list[int]) -> Iterator[int]:
    """The values at 0, 1, … of the polynomial through `samples`, up to the first whose sign stays.

    At a value above zero with no difference of any order below zero, all later values are above
    zero as well; likewise below zero.
    """
    differences = []
    while samples:
        differences.append(samples[0])
        samples = [after - before for before, after in pairwise(samples)]
    while True:
        take(len(differences))
        yield differences[0]
        if not any(differences):
            return
        if differences[0] and (min(differences) >= 0 or max(differences) <= 0):
            return
        for order in range(len(differences) - 1):
            differences[order] += differences[order + 1]


def _period(size: Size) -> int:
    return math.lcm(*(_atom_period(atom) for atom in _atoms(size)))


def _atom_period(atom: Atom) -> int:
    if isinstance(atom, Symbol):
        return 1
    if isinstance(atom, Scaled):
        raise TooComplex("a size computed in floating point, which has no period")
    return atom.divisor * _period(atom.numerator)


def _degree(size: Size) -> int:
    return max(sum(_atom_degree(atom) for atom in monomial) for monomial, _ in size.terms)


def _atom_degree(atom: Atom) -> int:
    if isinstance(atom, Symbol):
        return 1
    return _degree(atom.numerator if isinstance(atom, Floor) else atom.size)


def _atoms(size: Size) -> frozenset[Atom]:
    return frozenset(atom for monomial, _ in size.terms for atom in monomial)


def _as_size(atom: Atom) -> Size:
    return Size((((atom,), 1),))


def _at(size: Size, name: str, value: int) -> int:
    take(size.atoms)
    return evaluate_size(size, {name: value})
