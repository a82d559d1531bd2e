"""Sets of sizes: integers of at least 1, any below some start and periodic from there on."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

from archc.sizes.size import TooComplex
from archc.sizes.spans import (
    Spans,
    common,
    contains,
    first_at_least,
    gaps,
    joined,
    last_at_most,
    repeated,
)

LARGEST_PERIOD = 65_536


@dataclass(frozen=True, slots=True)
class SizeSet:
    """A set of integers >= 1, in canonical form: equal sets are equal values.

    `spans` are the members below `start`; from `start` on, a member is what leaves a remainder by
    `modulus` that lies in `runs`. Start and modulus are the least possible. Make one with
    `between`, `of` or `periodic`, and combine them with `&`, `|`, `-` and `~`, which raise
    `TooComplex` where the period would exceed `LARGEST_PERIOD`.
    """

    spans: Spans
    start: int
    modulus: int
    runs: Spans

    @classmethod
    def between(cls, low: int, high: int | None = None) -> SizeSet:
        """`low..high`, or `low` and up."""
        low = max(low, 1)
        if high is None:
            return _canonical((), low, 1, ((0, 0),))
        return _finite(joined([(low, high)]))

    @classmethod
    def of(cls, members: Iterable[int]) -> SizeSet:
        """The set of those `members` that are at least 1."""
        return cls.of_spans((member, member) for member in members)

    @classmethod
    def of_spans(cls, spans: Iterable[tuple[int, int]]) -> SizeSet:
        """The union of intervals, of which what lies below 1 is dropped."""
        return _finite(joined((max(low, 1), high) for low, high in spans))

    @classmethod
    def periodic(cls, modulus: int, residues: Iterable[int]) -> SizeSet:
        """All sizes whose remainder by `modulus` is one of `residues`."""
        runs = joined((residue % modulus,) * 2 for residue in residues)
        return _canonical((), 1, modulus, runs)

    @classmethod
    def union(cls, sets: Iterable[SizeSet]) -> SizeSet:
        """What is in one of `sets`; finite ones are joined at once."""
        finite: list[tuple[int, int]] = []
        whole = NO_SIZE
        for each in sets:
            if each.is_finite:
                finite += each.spans
            else:
                whole |= each
        return whole | cls.of_spans(finite)

    def __contains__(self, value: int) -> bool:
        if value < self.start:
            return contains(self.spans, value)
        return contains(self.runs, value % self.modulus)

    def __and__(self, other: SizeSet) -> SizeSet:
        if self.is_finite:
            return _finite(common(self.spans, other.below(self.start)))
        if other.is_finite:
            return other & self
        start, modulus = max(self.start, other.start), math.lcm(self.modulus, other.modulus)
        return _canonical(
            common(self.below(start), other.below(start)),
            start,
            modulus,
            common(self._runs_by(modulus), other._runs_by(modulus)),
        )

    def __or__(self, other: SizeSet) -> SizeSet:
        if self.is_finite and other.is_finite:
            return _finite(joined(self.spans + other.spans))
        start, modulus = max(self.start, other.start), math.lcm(self.modulus, other.modulus)
        return _canonical(
            joined(self.below(start) + other.below(start)),
            start,
            modulus,
            joined(self._runs_by(modulus) + other._runs_by(modulus)),
        )

    def __invert__(self) -> SizeSet:
        outside = gaps(self.spans, 1, self.start - 1)
        return _canonical(outside, self.start, self.modulus, gaps(self.runs, 0, self.modulus - 1))

    def __sub__(self, other: SizeSet) -> SizeSet:
        return self & ~other

    def __le__(self, other: SizeSet) -> bool:
        """Whether this is a subset of `other`."""
        return (self - other).is_empty

    def below(self, bound: int) -> Spans:
        """The members below `bound`, as intervals."""
        if bound <= self.start:
            return common(self.spans, ((1, bound - 1),))
        tail = repeated(self.runs, self.modulus, self.start, bound - 1)
        return joined(self.spans + tail)

    @property
    def is_empty(self) -> bool:
        return not self.spans and not self.runs

    @property
    def weight(self) -> int:
        """Of how many intervals the set is made."""
        return len(self.spans) + len(self.runs)

    @property
    def is_finite(self) -> bool:
        return not self.runs

    @property
    def minimum(self) -> int | None:
        """The smallest member, or None of the empty set."""
        return self.at_least(1)

    @property
    def maximum(self) -> int | None:
        """The largest member, or None where there is none."""
        return self.spans[-1][1] if self.spans and self.is_finite else None

    @property
    def intervals(self) -> tuple[tuple[int, int | None], ...] | None:
        """The members as intervals, None for an end without bound; None where they go on apart."""
        if self.modulus > 1:
            return None
        if self.is_finite:
            return self.spans
        return (*self.spans, (self.start, None))

    @property
    def residues(self) -> tuple[int, ...]:
        """The remainders by `modulus` of all members from `start` on."""
        return tuple(r for low, high in self.runs for r in range(low, high + 1))

    @property
    def threshold(self) -> int | None:
        """The smallest member that has one of the `residues`; None of a finite set."""
        if self.is_finite:
            return None
        regular = common(self.spans, repeated(self.runs, self.modulus, 1, self.start - 1))
        return regular[0][0] if regular else first_at_least(self.runs, self.modulus, self.start)

    @property
    def extra(self) -> Spans:
        """The members that have none of the `residues`: finitely many."""
        outside = gaps(self.runs, 0, self.modulus - 1)
        return common(self.spans, repeated(outside, self.modulus, 1, self.start - 1))

    @property
    def missing(self) -> Spans:
        """What has one of the `residues` and reaches `threshold`, yet is no member."""
        first = self.threshold
        if first is None or first >= self.start:
            return ()
        regular = repeated(self.runs, self.modulus, first, self.start - 1)
        return common(regular, gaps(self.spans, 1, self.start - 1))

    @property
    def listed(self) -> int:
        """How many `residues` and `exceptions` there are."""
        if self.modulus == 1:
            return 0
        return sum(high - low + 1 for low, high in (*self.runs, *self.extra, *self.missing))

    @property
    def exceptions(self) -> tuple[int, ...]:
        """The values, `extra` or `missing`, for which membership is not what the rule says.

        The rule is `value >= threshold and value % modulus in residues`.
        """
        spans = sorted(self.extra + self.missing)
        return tuple(value for low, high in spans for value in range(low, high + 1))

    def at_least(self, bound: int) -> int | None:
        """The smallest member that is not below `bound`."""
        rest = common(self.spans, ((bound, self.start),))
        if rest:
            return rest[0][0]
        if not self.runs:
            return None
        return first_at_least(self.runs, self.modulus, max(bound, self.start))

    def at_most(self, bound: int) -> int | None:
        """The largest member that is not above `bound`."""
        if self.runs and bound >= self.start:
            last = last_at_most(self.runs, self.modulus, bound)
            if last >= self.start:
                return last
        rest = common(self.spans, ((1, bound),))
        return rest[-1][1] if rest else None

    def nearest(self, value: int) -> int | None:
        """The member closest to `value`, the smaller of two; None of the empty set."""
        candidates = (self.at_most(value), self.at_least(value))
        found = [candidate for candidate in candidates if candidate is not None]
        return min(found, key=lambda member: abs(member - value), default=None)

    def __str__(self) -> str:
        from archc.sizes.wording import ranges  # wording reads the class of this module

        return ranges(self)

    def describe(self, symbol: str) -> str:
        """The set as a Python condition on `symbol`: `H >= 16 and H % 16 == 0`."""
        from archc.sizes.wording import predicate

        return predicate(self, symbol)

    def _runs_by(self, modulus: int) -> Spans:
        """The runs by a multiple of the own modulus."""
        if modulus > LARGEST_PERIOD:
            raise TooComplex(f"a period beyond {LARGEST_PERIOD:,}")
        return repeated(self.runs, self.modulus, 0, modulus - 1)


def _finite(spans: Spans) -> SizeSet:
    return SizeSet(spans, spans[-1][1] + 1 if spans else 1, 1, ())


def _canonical(spans: Spans, start: int, modulus: int, runs: Spans) -> SizeSet:
    modulus, runs = _least_period(modulus, runs)
    start = _least_start(spans, start, modulus, runs)
    return SizeSet(common(spans, ((1, start - 1),)), start, modulus, runs)


def _least_period(modulus: int, runs: Spans) -> tuple[int, Spans]:
    for prime in _primes(modulus):
        while modulus % prime == 0:
            part = modulus // prime
            shorter = common(runs, ((0, part - 1),))
            if repeated(shorter, part, 0, modulus - 1) != runs:
                break
            modulus, runs = part, shorter
    return modulus, runs


def _least_start(spans: Spans, start: int, modulus: int, runs: Spans) -> int:
    """One past the last value below `start` that the period tells wrongly, or 1."""
    others = gaps(runs, 0, modulus - 1)
    pieces = [(span, others) for span in spans]
    pieces += [(gap, runs) for gap in gaps(spans, 1, start - 1)]
    for (low, high), wrong in sorted(pieces, reverse=True):
        if wrong:
            last = last_at_most(wrong, modulus, high)
            if last >= low:
                return last + 1
    return 1


def _primes(number: int) -> list[int]:
    """The primes that divide `number`."""
    found, candidate = [], 2
    while candidate * candidate <= number:
        if number % candidate == 0:
            found.append(candidate)
            while number % candidate == 0:
                number //= candidate
        candidate += 1
    return [*found, number] if number > 1 else found


EVERY_SIZE = SizeSet.between(1)
NO_SIZE = SizeSet.of(())
