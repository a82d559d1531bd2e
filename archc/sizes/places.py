"""Places along a dimension, as arithmetic progressions: no list whose length a spec chooses."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from archc.sizes.bounds import lines
from archc.sizes.size import Dimension

MOST_PIECES = 64
"""How many progressions, or elements one by one, are kept apart."""


_MOST_SYMBOLIC = 8
"""The same where they depend on symbols, which takes longer to compare."""

BY_SIZE = "reads places that depend on the size of its input"
TOO_MANY = "reads more separate places than are followed"


class Unclear(Exception):
    """Which places these are depends on the size, or takes more progressions than are kept; the
    text completes "`conv2d` ...".
    """


class Places(NamedTuple):
    """`first`, `first + step` and so on up to `last`. Of a step of 0 only the ends are known."""

    first: Dimension
    last: Dimension
    step: int = 1

    @property
    def number(self) -> Dimension:
        return (self.last - self.first) // max(self.step, 1) + 1

    def shifted(self, by: Dimension) -> Places:
        return Places(self.first + by, self.last + by, self.step)

    def elements(self) -> Iterator[Dimension] | None:
        """Each place, where they are few and known."""
        count = self.number
        if not isinstance(count, int) or count > MOST_PIECES or (self.step == 0 and count > 2):
            return None
        return (self.first + index * max(self.step, 1) for index in range(count))

    def between(self, low: Dimension | None, high: Dimension | None) -> Places | None:
        """Those from `low` to `high`; None stands for no bound, and for no places."""
        first, last, step = self
        if low is not None and not at_least(first, low):
            if not at_least(last, low):
                return None
            first = low + (first - low) % self._known(step)
        if high is not None and not at_least(high, last):
            if not at_least(high, first):
                return None
            last = high - (high - first) % self._known(step)
        return Places(first, last, step) if at_least(last, first) else None

    def _known(self, step: int) -> int:
        if step == 0:
            raise Unclear(TOO_MANY)
        return step


def at_least(one: Dimension, other: Dimension) -> bool:
    """Whether `one >= other`, where their symbols are large enough; Unclear where it depends."""
    difference = one - other
    if isinstance(difference, int):
        return difference >= 0
    pair = lines(difference) if len(difference.symbols) == 1 else None
    if pair is not None:
        (low_slope, low), (high_slope, high) = pair
        if low_slope > 0 or (low_slope == 0 and low > -1):
            return True
        if high_slope < 0 or (high_slope == 0 and high < 0):
            return False
    raise Unclear(BY_SIZE)


def least(values: Iterable[Dimension]) -> Dimension:
    found, *others = values
    for value in others:
        found = found if at_least(value, found) else value
    return found


def greatest(values: Iterable[Dimension]) -> Dimension:
    found, *others = values
    for value in others:
        found = value if at_least(value, found) else found
    return found


def hull(pieces: Iterable[Places], step: int = 0) -> Places:
    """From the first of all places to the last."""
    found = [*pieces]
    return Places(least(p.first for p in found), greatest(p.last for p in found), step)


def united(pieces: Iterable[Places]) -> tuple[Places, ...]:
    """The same places in fewer progressions: what touches becomes one."""
    found: list[Places] = []
    for new in dict.fromkeys(pieces):
        piece = new._replace(step=1) if new.first == new.last else new
        index = 0
        while index < len(found):
            both = _one(found[index], piece) or _one(piece, found[index])
            if both is None:
                index += 1
            else:
                del found[index]
                piece, index = both, 0
        found.append(piece)
        is_known = isinstance(piece.first, int) and isinstance(piece.last, int)
        if len(found) > (MOST_PIECES if is_known else _MOST_SYMBOLIC):
            found = [hull(found)]
    return tuple(found)


def _one(one: Places, other: Places) -> Places | None:
    """Both as one progression, where `other` goes on from `one`, or is in it."""
    if one.step == 0:
        return None
    start, gap = other.first - one.first, other.first - one.last
    end = other.last - one.last
    if not isinstance(start, int) or not isinstance(end, int) or not isinstance(gap, int):
        return one if one.step == 1 and _is_inside(other, one) else None
    is_aligned = start % one.step == 0 and start >= 0 and gap <= one.step
    is_finer = other.first == other.last or (other.step and other.step % one.step == 0 and end <= 0)
    if is_aligned and (is_finer or other.step == one.step):
        return Places(one.first, one.last if end <= 0 else other.last, one.step)
    return one if one.step == 1 and _is_inside(other, one) else None


def _is_inside(one: Places, other: Places) -> bool:
    ends = (one.first - other.first, other.last - one.last)
    return all(isinstance(end, int) and end >= 0 for end in ends)
