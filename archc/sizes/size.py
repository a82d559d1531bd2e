"""Symbolic sizes: exact integer arithmetic on symbols, products and floors.

A `Size` is a polynomial with integer coefficients over atoms. An atom is a symbol (`H`), the floor
of a polynomial by an integer, or torch's float scaling of a polynomial. Arithmetic keeps this
canonical, so that equal formulas compare equal:

1. `floor(P / d)` keeps inside what `d` does not divide. The constant and the coefficients of
   symbols are reduced to `0..d-1`, the rest of them stands outside. A floor inside stays whole or
   goes out whole: were it split too, a chain of upsamplings by 3/2 would double at every step.
2. A factor shared by `d` and all coefficients inside is cancelled, with `floor(c / factor)`.
3. `floor((floor(P / e) + c) / d)` is `floor((P + c*e) / (d*e))`: a chain of windows is one floor.

No coefficient inside is negative, so every floor is at least 0 and never falls as a symbol grows,
which is what solving lives on.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import lru_cache

MOST_NESTED = 64
"""How deep floors may stand in each other; a chain of windows merges into one."""


MOST_ATOMS = 1024
"""How many symbols and floors a formula may hold, those inside of floors counted too."""


MOST_PAIRS = 4096
"""How many pairs of terms a product of sums may have, before equal ones are one."""


class TooComplex(Exception):
    """The exact answer is beyond what is kept: its period, its length or its depth."""


@dataclass(frozen=True, slots=True)
class Symbol:
    """An unknown integer of at least 1."""

    name: str


@dataclass(frozen=True, slots=True)
class Floor:
    """`floor(numerator / divisor)`, reduced by the rules of the module."""

    numerator: Size
    divisor: int


@dataclass(frozen=True, slots=True)
class Scaled:
    """`floor(float(size) * factor)` in double precision, as torch's `interpolate` computes it."""

    size: Size
    factor: float


Atom = Symbol | Floor | Scaled
Monomial = tuple[Atom, ...]
Terms = tuple[tuple[Monomial, int], ...]


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Size:
    """A non-constant polynomial in canonical form; `symbol` and arithmetic make them.

    `terms` pairs products of atoms with non-zero coefficients, both sorted. Operators take ints
    and Sizes and give a plain int wherever the result is constant. Where floors would stand more
    than `MOST_NESTED` deep in each other, or a formula hold more than `MOST_ATOMS`, arithmetic
    raises `TooComplex`.
    """

    terms: Terms
    constant: int = 0
    _hash: int = field(init=False)
    atoms: int = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_hash", hash((self.terms, self.constant)))
        atoms = sum([_atoms(atom) for monomial, _ in self.terms for atom in monomial])
        object.__setattr__(self, "atoms", atoms)
        if atoms > MOST_ATOMS:
            raise TooComplex(f"a formula of more than {MOST_ATOMS:,} symbols and floors")

    def __hash__(self) -> int:
        return self._hash

    def __eq__(self, other: object) -> bool:
        if self is other:
            return True
        return (
            isinstance(other, Size)
            and self._hash == other._hash
            and self.constant == other.constant
            and self.terms == other.terms
        )

    def __reduce__(self) -> tuple[type[Size], tuple[Terms, int]]:
        # The hash of a string differs from process to process, so it does not travel in a pickle.
        return Size, (self.terms, self.constant)

    def __str__(self) -> str:
        from archc.sizes.formula import formula  # formula reads the classes of this module

        return formula(self)

    def __repr__(self) -> str:
        return f"Size({self})"

    @property
    def symbols(self) -> frozenset[str]:
        """The names of all symbols in the formula."""
        return _symbols(self)

    def __add__(self, other: Dimension) -> Dimension:
        if isinstance(other, int):
            return Size(self.terms, self.constant + other) if other else self
        return _plus(self, other)

    __radd__ = __add__

    def __neg__(self) -> Dimension:
        return self * -1

    def __sub__(self, other: Dimension) -> Dimension:
        return 0 if self is other else self + -other

    def __rsub__(self, other: int) -> Dimension:
        return self * -1 + other

    def __mul__(self, other: Dimension) -> Dimension:
        if isinstance(other, int):
            return _times(self, other)
        return _product(self, other)

    __rmul__ = __mul__

    def __floordiv__(self, divisor: int) -> Dimension:
        if divisor < 1:
            raise ValueError(f"a size is divided by a positive integer only, not by {divisor}")
        return _floor(self, divisor)

    def __mod__(self, modulus: int) -> Dimension:
        return self - self // modulus * modulus


Dimension = int | Size


def symbol(name: str) -> Size:
    """The size that is the unknown `name`."""
    return Size((((Symbol(name),), 1),))


def scaled(size: Dimension, factor: float) -> Dimension:
    """`floor(float(size) * factor)` as torch computes it, for a positive `factor`.

    A factor such as 2.0, 0.5 or 1.75 is exact in floating point for every size below 2**32, and
    gives plain arithmetic; any other (0.7) gives an atom that is evaluated in floating point.
    """
    if not 0 < factor < math.inf:
        raise ValueError(f"a scale factor is a positive number, not {factor}")
    numerator, denominator = float(factor).as_integer_ratio()
    if numerator < 2**21:
        return size * numerator // denominator
    if isinstance(size, int):
        return math.floor(float(size) * factor)
    return _nested(Scaled(size, factor))


def _atoms(atom: Atom) -> int:
    """How many symbols and floors an atom holds."""
    if isinstance(atom, Symbol):
        return 1
    return 1 + (atom.numerator if isinstance(atom, Floor) else atom.size).atoms


@lru_cache(maxsize=4096)
def _symbols(size: Size) -> frozenset[str]:
    return frozenset().union(*(_atom_symbols(a) for monomial, _ in size.terms for a in monomial))


def _atom_symbols(atom: Atom) -> frozenset[str]:
    if isinstance(atom, Symbol):
        return frozenset({atom.name})
    return (atom.numerator if isinstance(atom, Floor) else atom.size).symbols


def total(parts: Iterable[Dimension]) -> Dimension:
    """The sum of many sizes, in one go."""
    terms: dict[Monomial, int] = {}
    constant = 0
    for part in parts:
        if isinstance(part, int):
            constant += part
            continue
        constant += part.constant
        for monomial, coefficient in part.terms:
            terms[monomial] = terms.get(monomial, 0) + coefficient
    return _sum(tuple(terms.items()), constant)


@lru_cache(maxsize=4096)
def _plus(left: Size, right: Size) -> Dimension:
    return _sum(left.terms + right.terms, left.constant + right.constant)


def _sum(terms: Terms, constant: int) -> Dimension:
    """The canonical sum of `terms` in any order, with repetitions."""
    coefficients: dict[Monomial, int] = {}
    for monomial, coefficient in terms:
        coefficients[monomial] = coefficients.get(monomial, 0) + coefficient
    left = [term for term in coefficients.items() if term[1]]
    if len(left) > 1:
        left.sort(key=_term_order)
    return Size(tuple(left), constant) if left else constant


def _times(size: Size, factor: int) -> Dimension:
    if factor == 1:
        return size
    if factor == 0:
        return 0
    terms = tuple([(monomial, coefficient * factor) for monomial, coefficient in size.terms])
    return Size(terms, size.constant * factor)


@lru_cache(maxsize=4096)
def _product(left: Size, right: Size) -> Dimension:
    if len(left.terms) * len(right.terms) > MOST_PAIRS:
        raise TooComplex(f"a product of more than {MOST_PAIRS:,} pairs of terms")
    expanded = tuple(
        (tuple(sorted(one + other, key=_atom_order)), a * b)
        for one, a in (*left.terms, ((), left.constant))
        for other, b in (*right.terms, ((), right.constant))
        if one or other
    )
    return _sum(expanded, left.constant * right.constant)


@lru_cache(maxsize=4096)
def _floor(size: Size, divisor: int) -> Dimension:
    whole, constant = divmod(size.constant, divisor)
    kept = [_kept_inside(monomial, a, divisor) for monomial, a in size.terms]
    both = list(zip(size.terms, kept, strict=True))
    outside = tuple((monomial, (a - r) // divisor) for (monomial, a), r in both if a != r)
    inside = tuple((monomial, r) for (monomial, _), r in both if r)
    if not inside:
        return _sum(outside, whole)
    shared = math.gcd(divisor, *(a for _, a in inside))
    inside = tuple((monomial, a // shared) for monomial, a in inside)
    numerator = Size(inside, constant // shared)
    return _sum(outside, whole) + _reduced_floor(numerator, divisor // shared)


def _kept_inside(monomial: Monomial, coefficient: int, divisor: int) -> int:
    """What of a coefficient stays in the floor by `divisor`, not below 0; the rest is divisible."""
    remainder = coefficient % divisor
    splits = coefficient < 0 or all(isinstance(atom, Symbol) for atom in monomial)
    return remainder if splits or not remainder else coefficient


def _reduced_floor(numerator: Size, divisor: int) -> Dimension:
    (monomial, coefficient), *others = numerator.terms
    if not others and coefficient == 1 and len(monomial) == 1:
        atom = monomial[0]
        if isinstance(atom, Floor):
            merged = atom.numerator + numerator.constant * atom.divisor
            return merged // (atom.divisor * divisor)
    return _nested(Floor(numerator, divisor))


def _nested(atom: Floor | Scaled) -> Size:
    size = Size((((atom,), 1),))
    if _depth(size) > MOST_NESTED:
        raise TooComplex(f"floors that stand more than {MOST_NESTED} deep in each other")
    return size


@lru_cache(maxsize=4096)
def _depth(size: Size) -> int:
    atoms = [atom for monomial, _ in size.terms for atom in monomial]
    inner = [
        a.numerator if isinstance(a, Floor) else a.size for a in atoms if not isinstance(a, Symbol)
    ]
    return 1 + max((_depth(size) for size in inner), default=-1)


def _term_order(term: tuple[Monomial, int]) -> tuple[int, tuple[str, ...]]:
    monomial, _ = term
    return -len(monomial), tuple(_atom_order(atom) for atom in monomial)


@lru_cache(maxsize=4096)
def _atom_order(atom: Atom) -> str:
    return repr(atom)
