"""The exact sizes of two symbols that depend on each other through a product.

At `flatten` only `c * height * width` counts, so the sizes that a network accepts are a union of
boxes: a set of heights times a set of widths.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from itertools import groupby

from archc.sizes.condition import Condition, Relation, compare
from archc.sizes.factor import split
from archc.sizes.sets import EVERY_SIZE, SizeSet
from archc.sizes.size import Size, TooComplex
from archc.sizes.solve import MIRRORED, solve

LARGEST_PRODUCT = 10**12
LARGEST_BOUND = 10**5
MOST_BOXES = 10_000

Box = tuple[SizeSet, SizeSet]


def solve_pair(conditions: Iterable[Condition], first: str, second: str) -> tuple[Box, ...] | None:
    """The sizes of two symbols for which all `conditions` hold, as boxes that do not overlap.

    None where that is out of reach: a condition that couples the two other than by a product of
    one size in each, or one that `solve` cannot decide. ValueError for other symbols.
    """
    boxes: tuple[Box, ...] = ((EVERY_SIZE, EVERY_SIZE),)
    # Conditions in one symbol first: what they rule out need not be multiplied.
    for condition in sorted(conditions, key=lambda condition: len(condition.symbols)):
        found = _boxes(condition, first, second)
        if found is None or len(found) * len(boxes) > MOST_BOXES:
            return None
        try:
            boxes = _merged(_overlap(box, other) for box in boxes for other in found)
        except TooComplex:
            return None
    return boxes


def solve_product(condition: Condition, first: str, second: str) -> tuple[Box, ...] | None:
    """The boxes of a condition that compares `c * f(first) * g(second)` with a number."""
    difference = condition.difference
    if isinstance(difference, int):
        raise ValueError(f"`{condition}` is decided, it does not depend on sizes")
    parts = split(difference, first)
    if parts is None:
        return None
    left, right, content, target = parts.left, parts.right, parts.content, -parts.rest
    try:
        if condition.relation == "==":
            if target % content:
                return ()
            return _merged(_equal(left, right, first, second, target // content))
        relation = condition.relation if content > 0 else MIRRORED[condition.relation]
        bound = -(-target // content) if relation == ">=" else target // content
        return _merged(_bounded(left, right, first, second, relation, bound))
    except TooComplex:
        return None


def _boxes(condition: Condition, first: str, second: str) -> tuple[Box, ...] | None:
    symbols = condition.symbols
    if not symbols <= {first, second}:
        raise ValueError(f"`{condition}` depends on more than {first!r} and {second!r}")
    if len(symbols) == 2:
        return solve_product(condition, first, second)
    sizes = solve(condition, next(iter(symbols), first))
    if sizes is None:
        return None
    return ((EVERY_SIZE, sizes),) if second in symbols else ((sizes, EVERY_SIZE),)


def _overlap(box: Box, other: Box) -> Box:
    return box[0] & other[0], box[1] & other[1]


def _merged(boxes: Iterable[Box]) -> tuple[Box, ...]:
    """Without empty ones, and those that share a side joined."""
    by_second: dict[SizeSet, SizeSet] = {}
    for left, right in boxes:
        if not left.is_empty and not right.is_empty:
            by_second[right] = by_second[right] | left if right in by_second else left
    by_first: dict[SizeSet, SizeSet] = {}
    for right, left in by_second.items():
        by_first[left] = by_first[left] | right if left in by_first else right
    return tuple(sorted(by_first.items(), key=_corner))


def _corner(box: Box) -> tuple[int, int]:
    return box[0].minimum or 0, box[1].minimum or 0


def _equal(left: Size, right: Size, first: str, second: str, target: int) -> Iterator[Box]:
    """The boxes of `left * right == target`."""
    if target == 0:
        zero = _solved(left, "==", 0, first)
        yield zero, EVERY_SIZE
        yield ~zero, _solved(right, "==", 0, second)
        return
    if abs(target) > LARGEST_PRODUCT:
        raise TooComplex(f"the divisors of {target}")
    for divisor in _divisors(abs(target)):
        for value in (divisor, -divisor):
            heights = _solved(left, "==", value, first)
            if not heights.is_empty:
                yield heights, _solved(right, "==", target // value, second)


def _bounded(
    left: Size, right: Size, first: str, second: str, relation: Relation, bound: int
) -> Iterator[Box]:
    """The boxes of `left * right` that is at least, or at most, `bound`."""
    if abs(bound) > LARGEST_BOUND:
        raise TooComplex(f"a product that is compared with {bound}")

    def limit_of_right(factor: int) -> int:
        return -(-bound // factor) if relation == ">=" else bound // factor

    if compare(-bound, relation):
        yield _solved(left, "==", 0, first), EVERY_SIZE
    # Beyond the bound the limit stays: the last range of factors has no end.
    for limit, group in groupby(range(1, abs(bound) + 2), key=limit_of_right):
        factors = list(group)
        positive = _solved(left, ">=", factors[0], first)
        negative = _solved(left, "<=", -factors[0], first)
        if factors[-1] <= abs(bound):
            positive &= _solved(left, "<=", factors[-1], first)
            negative &= _solved(left, ">=", -factors[-1], first)
        if not positive.is_empty:
            yield positive, _solved(right, relation, limit, second)
        if not negative.is_empty:
            yield negative, _solved(right, MIRRORED[relation], -limit, second)


def _solved(size: Size, relation: Relation, value: int, name: str) -> SizeSet:
    sizes = solve(Condition(size, relation, value), name)
    if sizes is None:
        raise TooComplex(f"{size} {relation} {value}")
    return sizes


def _divisors(number: int) -> list[int]:
    small = [d for d in range(1, math.isqrt(number) + 1) if number % d == 0]
    return [*small, *(number // d for d in reversed(small) if d * d != number)]
