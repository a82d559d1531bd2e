"""The exact sizes of symbols that depend on each other through a product.

At `flatten` only `c * height * width` counts, so the sizes that a network accepts are a union of
boxes: a set of heights times a set of widths.

Three symbols and more are solved as two: one, and the product of all others, which is above zero,
zero, or below. What that product may be is a condition again, in one symbol less.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from itertools import groupby

from archc.sizes.budget import take
from archc.sizes.condition import Condition, Relation, satisfies
from archc.sizes.evaluate import evaluate_size
from archc.sizes.factor import Factors, split
from archc.sizes.region import Region, Sides
from archc.sizes.sets import EVERY_SIZE, SizeSet
from archc.sizes.size import Dimension, Size, TooComplex, symbol
from archc.sizes.solve import MIRRORED, solution

_OTHERS = "*"
"""A name that no symbol has."""


def solve_region(condition: Condition, names: Sequence[str]) -> Region:
    """The sizes of `names`, an axis each, for which `condition` holds.

    TooComplex where symbols depend on each other other than by a product of one size in each, and
    as for `solution`. ValueError for a condition in other symbols.
    """
    if not condition.symbols <= {*names}:
        raise ValueError(f"`{condition}` depends on more than {', '.join(names)}")
    if _always(condition):
        return Region.box(len(names), {})
    axes = [axis for axis, name in enumerate(names) if name in condition.symbols]
    boxes = _solved(condition.difference, condition.relation, [names[axis] for axis in axes])
    return Region.of(len(names), (dict(zip(axes, box, strict=True)) for box in boxes))


def _always(condition: Condition) -> bool:
    """Whether it is plain that a condition holds: what never falls is large enough at the least
    sizes.
    """
    difference = condition.difference
    if isinstance(difference, int) or condition.relation != ">=":
        return False
    take(difference.atoms)
    rises = all(coefficient > 0 for _, coefficient in difference.terms)
    return rises and evaluate_size(difference, dict.fromkeys(difference.symbols, 1)) >= 0


def _solved(difference: Dimension, relation: Relation, names: Sequence[str]) -> Iterator[Sides]:
    """The boxes of a condition on exactly `names`; they do not overlap, and may be empty."""
    if not names or isinstance(difference, int):
        yield from [()] if Condition(difference, relation, 0).decided else []
        return
    if len(names) == 1:
        yield (solution(Condition(difference, relation, 0), names[0]),)
        return
    parts = split(difference, names[0])
    if parts is None:
        raise TooComplex("symbols that depend on each other in another way than by a product")
    if len(names) == 2:
        yield from _of_two(parts, relation, names[0], names[1])
        return
    for sign in (1, -1):
        whole = parts.left * (parts.content * sign) * symbol(_OTHERS) + parts.rest
        for side, others in _solved(whole, relation, [names[0], _OTHERS]):
            yield from ((side, *box) for box in _within(parts.right * sign, others, names[1:]))
    if satisfies(parts.rest, relation):
        yield from ((EVERY_SIZE, *box) for box in _solved(parts.right, "==", names[1:]))


def _within(size: Dimension, values: SizeSet, names: Sequence[str]) -> Iterator[Sides]:
    """The boxes in which `size` is one of `values`."""
    if values.intervals is None:
        raise TooComplex("a product of sizes in a set with a period")
    for low, high in values.intervals:
        region = Region(tuple(_solved(size - low, ">=", names)))
        if high is not None:
            region = region & Region(tuple(_solved(size - high, "<=", names)))
        yield from region.boxes


def _of_two(parts: Factors, relation: Relation, first: str, second: str) -> Iterator[Sides]:
    """The boxes of `content * left * right + rest` that is in `relation` to zero."""
    left, right, content, target = parts.left, parts.right, parts.content, -parts.rest
    if relation != "==":
        relation = relation if content > 0 else MIRRORED[relation]
        bound = -(-target // content) if relation == ">=" else target // content
        yield from _bounded(left, right, first, second, relation, bound)
    elif target % content == 0:
        yield from _equal(left, right, first, second, target // content)


def _equal(left: Size, right: Size, first: str, second: str, target: int) -> Iterator[Sides]:
    """The boxes of `left * right == target`."""
    if target == 0:
        zero = _one(left, "==", 0, first)
        yield zero, EVERY_SIZE
        yield ~zero, _one(right, "==", 0, second)
        return
    for divisor in _divisors(abs(target)):
        for value in (divisor, -divisor):
            heights = _one(left, "==", value, first)
            if not heights.is_empty:
                yield heights, _one(right, "==", target // value, second)


def _bounded(
    left: Size, right: Size, first: str, second: str, relation: Relation, bound: int
) -> Iterator[Sides]:
    """The boxes of `left * right` that is at least, or at most, `bound`."""
    take(abs(bound))

    def limit_of_right(factor: int) -> int:
        return -(-bound // factor) if relation == ">=" else bound // factor

    if satisfies(-bound, relation):
        yield _one(left, "==", 0, first), EVERY_SIZE
    # Beyond the bound the limit stays: the last range of factors has no end.
    for limit, group in groupby(range(1, abs(bound) + 2), key=limit_of_right):
        factors = list(group)
        positive = _one(left, ">=", factors[0], first)
        negative = _one(left, "<=", -factors[0], first)
        if factors[-1] <= abs(bound):
            positive &= _one(left, "<=", factors[-1], first)
            negative &= _one(left, ">=", -factors[-1], first)
        if not positive.is_empty:
            yield positive, _one(right, relation, limit, second)
        if not negative.is_empty:
            yield negative, _one(right, MIRRORED[relation], -limit, second)


def _one(size: Size, relation: Relation, value: int, name: str) -> SizeSet:
    return solution(Condition(size, relation, value), name)


def _divisors(number: int) -> list[int]:
    take(math.isqrt(number))
    small = [d for d in range(1, math.isqrt(number) + 1) if number % d == 0]
    return [*small, *(number // d for d in reversed(small) if d * d != number)]
