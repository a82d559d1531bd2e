"""The exact sizes of any number of symbols that depend on each other through a product.

Three symbols and more are solved as two: one, and the product of all others, which is above zero,
zero, or below. What that product may be is a condition again, in one symbol less.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

from archc.sizes.condition import Condition, Relation, compare
from archc.sizes.factor import split
from archc.sizes.pairs import solve_pair
from archc.sizes.region import Region, Sides
from archc.sizes.sets import EVERY_SIZE, SizeSet
from archc.sizes.size import Dimension, TooComplex, symbol
from archc.sizes.solve import solve

T = TypeVar("T")

_OTHERS = "*"
"""A name that no symbol has."""


def solve_region(condition: Condition, names: Sequence[str]) -> Region | None:
    """The sizes of `names`, an axis each, for which `condition` holds.

    None where that is out of reach, as for `solve` and `solve_pair`. ValueError for a condition in
    other symbols.
    """
    if not condition.symbols <= {*names}:
        raise ValueError(f"`{condition}` depends on more than {', '.join(names)}")
    axes = [axis for axis, name in enumerate(names) if name in condition.symbols]
    try:
        boxes = _solved(condition.difference, condition.relation, [names[axis] for axis in axes])
    except TooComplex:
        return None
    wide = [Region.box(len(names), dict(zip(axes, box, strict=True))) for box in boxes]
    return Region(tuple(box for region in wide for box in region.boxes))


def _solved(difference: Dimension, relation: Relation, names: Sequence[str]) -> list[Sides]:
    """The boxes of a condition on exactly `names`."""
    condition = Condition(difference, relation, 0)
    if not names or isinstance(difference, int):
        return [()] if condition.decided else []
    if len(names) == 1:
        return [(_known(solve(condition, names[0]), condition),)]
    if len(names) == 2:
        return list(_known(solve_pair([condition], *names), condition))
    parts = _known(split(difference, names[0]), condition)
    found: list[Sides] = []
    for sign in (1, -1):
        whole = parts.left * (parts.content * sign) * symbol(_OTHERS) + parts.rest
        for side, others in _solved(whole, relation, [names[0], _OTHERS]):
            found += [(side, *box) for box in _within(parts.right * sign, others, names[1:])]
    if compare(parts.rest, relation):
        found += [(EVERY_SIZE, *box) for box in _solved(parts.right, "==", names[1:])]
    return found


def _within(size: Dimension, values: SizeSet, names: Sequence[str]) -> list[Sides]:
    """The boxes in which `size` is one of `values`."""
    if values.intervals is None:
        raise TooComplex(f"{size} in a set with a period")
    found: list[Sides] = []
    for low, high in values.intervals:
        region = Region(tuple(_solved(size - low, ">=", names)))
        if high is not None:
            region = region & Region(tuple(_solved(size - high, "<=", names)))
        found += region.boxes
    return found


def _known(found: T | None, condition: Condition) -> T:
    if found is None:
        raise TooComplex(str(condition))
    return found
