"""Exact sets of several sizes at once: unions of boxes, a set of sizes for each axis."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
from itertools import islice

from archc.sizes.budget import take
from archc.sizes.sets import EVERY_SIZE, SizeSet
from archc.sizes.size import TooComplex

MOST_BOXES = 10_000

Sides = tuple[SizeSet, ...]


@dataclass(frozen=True, slots=True)
class Region:
    """Points that lie in one of `boxes`, which do not overlap and are not empty.

    `&`, `-` and `<=` raise `TooComplex` where a side's period or the number of boxes would be too
    large, or the budget is spent.
    """

    boxes: tuple[Sides, ...]

    @classmethod
    def of(cls, axes: int, boxes: Iterable[Mapping[int, SizeSet]]) -> Region:
        """Boxes that do not overlap; an axis without a side takes every size."""
        wide = (tuple(box.get(axis, EVERY_SIZE) for axis in range(axes)) for box in boxes)
        return cls(_merged(box for box in wide if not any(side.is_empty for side in box)))

    @classmethod
    def box(cls, axes: int, sides: Mapping[int, SizeSet]) -> Region:
        """One box."""
        return cls.of(axes, [sides])

    def __str__(self) -> str:
        """For people: `16..19 x 76..79 or 28..31 x 28..31`, `none`."""
        return " or ".join(map(box_text, self.boxes)) or "none"

    @property
    def is_empty(self) -> bool:
        return not self.boxes

    @property
    def diagonal(self) -> SizeSet:
        """The sizes that all axes may have at once."""
        return SizeSet.union(reduce(SizeSet.__and__, box) for box in self.boxes)

    @property
    def corners(self) -> tuple[tuple[int, ...], ...]:
        """The smallest point of each box, those of a small sum first."""
        corners = (tuple(side.minimum or 1 for side in box) for box in self.boxes)
        return tuple(sorted(corners, key=lambda point: (sum(point), point)))

    def __contains__(self, point: Sequence[int]) -> bool:
        return any(_holds(box, point) for box in self.boxes)

    def __and__(self, other: Region) -> Region:
        pairs = (_overlap(box, cut) for box in self.boxes for cut in other.boxes)
        return Region(_merged(box for box in pairs if box is not None))

    def __sub__(self, other: Region) -> Region:
        rest: list[Sides] = list(self.boxes)
        for cut in other.boxes:
            rest = [piece for box in rest for piece in _outside(box, cut)]
            if len(rest) > MOST_BOXES:
                raise TooComplex(f"more than {MOST_BOXES:,} boxes")
        return Region(_merged(rest))

    def __le__(self, other: Region) -> bool:
        """Whether this is a subset of `other`."""
        # A point that is missing is found at once where there is one, but for a few.
        if any(corner not in other for corner in self.corners):
            return False
        same = frozenset(other.boxes)
        return all(box in same or (Region((box,)) - other).is_empty for box in self.boxes)

    def over(self, axes: Sequence[int]) -> Region:
        """The points of `axes` alone that some point of the region has."""
        rest: list[Sides] = []
        for box in self.boxes:
            pieces: list[Sides] = [tuple(box[axis] for axis in axes)]
            for seen in rest:
                pieces = [part for piece in pieces for part in _outside(piece, seen)]
            rest += pieces
        return Region(_merged(rest))

    def nearest(self, targets: Sequence[Sequence[int]]) -> tuple[int, ...] | None:
        """The point with the smallest sum of distances to all `targets` of each axis."""
        points = [
            tuple(_closest(side, wanted) for side, wanted in zip(box, targets, strict=True))
            for box in self.boxes
        ]
        return min(points, key=lambda point: (_distance(point, targets), point), default=None)


def box_text(box: Sides) -> str:
    """For people: `16 x (32 and up, even)`."""
    texts = list(map(str, box))
    if len(texts) > 1:
        texts = [f"({text})" if "," in text else text for text in texts]
    return " x ".join(texts)


def _holds(box: Sides, point: Sequence[int]) -> bool:
    take(2)
    return all(value in side for value, side in zip(point, box, strict=True))


def _overlap(box: Sides, other: Sides) -> Sides | None:
    """What two boxes have in common; None where that is nothing."""
    take(1)
    sides = []
    for one, two in zip(box, other, strict=True):
        side = _common(one, two)
        if side.is_empty:
            return None
        sides.append(side)
    return tuple(sides)


def _common(one: SizeSet, two: SizeSet) -> SizeSet:
    """`one & two`, without work where one of them is every size."""
    return two if one == EVERY_SIZE else one if two in (EVERY_SIZE, one) else one & two


def _outside(box: Sides, cut: Sides) -> list[Sides]:
    """The parts of `box` that do not lie in `cut`: at most one an axis, none overlapping."""
    common = _overlap(box, cut)
    if common is None:
        return [box]
    return [
        (*common[:axis], side - inside, *box[axis + 1 :])
        for axis, (side, inside) in enumerate(zip(box, common, strict=True))
        if side != inside
    ]


def _merged(boxes: Iterable[Sides]) -> tuple[Sides, ...]:
    """Boxes of which none is empty, with those that differ along one axis alone joined."""
    found = list(islice(boxes, MOST_BOXES + 1))
    if len(found) > MOST_BOXES:
        raise TooComplex(f"more than {MOST_BOXES:,} boxes")
    for axis in range(len(found[0]) if len(found) > 1 else 0):
        groups: dict[Sides, SizeSet] = {}
        for box in found:
            take(sum(side.weight for side in box))
            others = box[:axis] + box[axis + 1 :]
            groups[others] = groups[others] | box[axis] if others in groups else box[axis]
        found = [(*key[:axis], side, *key[axis:]) for key, side in groups.items()]
    return tuple(sorted(found, key=lambda box: [side.minimum or 0 for side in box]))


def _closest(side: SizeSet, targets: Sequence[int]) -> int:
    """The member with the smallest sum of distances to `targets`."""
    candidates = [found(target) for target in targets for found in (side.at_most, side.at_least)]
    members = [member for member in candidates if member is not None]
    return min(members, key=lambda member: (sum(abs(member - t) for t in targets), member))


def _distance(point: Sequence[int], targets: Sequence[Sequence[int]]) -> int:
    pairs = zip(point, targets, strict=True)
    return sum(abs(value - target) for value, wanted in pairs for target in wanted)
