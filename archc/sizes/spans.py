"""Sorted lists of intervals of integers, both ends included, that neither overlap nor touch."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable

from archc.sizes.budget import take
from archc.sizes.size import TooComplex

MOST_SPANS = 200_000

Span = tuple[int, int]
Spans = tuple[Span, ...]


def joined(spans: Iterable[Span]) -> Spans:
    """The union of any intervals; those with their end before their start are empty."""
    result: list[Span] = []
    found = sorted(span for span in spans if span[0] <= span[1])
    take(2 + len(found))
    for low, high in found:
        if result and low <= result[-1][1] + 1:
            result[-1] = result[-1][0], max(high, result[-1][1])
        else:
            result.append((low, high))
    return tuple(result)


def common(left: Spans, right: Spans) -> Spans:
    """The intersection."""
    take(2 + len(left) + len(right))
    result: list[Span] = []
    i = j = 0
    while i < len(left) and j < len(right):
        low, high = max(left[i][0], right[j][0]), min(left[i][1], right[j][1])
        if low <= high:
            result.append((low, high))
        if left[i][1] < right[j][1]:
            i += 1
        else:
            j += 1
    return tuple(result)


def gaps(spans: Spans, low: int, high: int) -> Spans:
    """What `spans`, which lie within `low..high`, leave of it."""
    take(len(spans))
    starts = [low, *(end + 1 for _, end in spans)]
    ends = [*(start - 1 for start, _ in spans), high]
    return tuple((start, end) for start, end in zip(starts, ends, strict=True) if start <= end)


def repeated(runs: Spans, modulus: int, low: int, high: int) -> Spans:
    """The integers of `low..high` whose remainder by `modulus` lies in `runs`; TooComplex where
    they make more than `MOST_SPANS` intervals.
    """
    if not runs or runs == ((0, modulus - 1),):
        return joined([(low, high)] if runs else [])
    periods = range(low - low % modulus, high + 1, modulus)
    number = len(periods) * len(runs)
    if number > MOST_SPANS:
        raise TooComplex(f"more than {MOST_SPANS:,} intervals")
    take(number)
    return joined(
        (max(low, base + first), min(high, base + last)) for base in periods for first, last in runs
    )


def last_at_most(runs: Spans, modulus: int, bound: int) -> int:
    """The largest integer up to `bound` whose remainder lies in `runs`, which is not empty."""
    base, remainder = bound - bound % modulus, bound % modulus
    index = bisect_right(runs, (remainder, modulus)) - 1
    if index < 0:
        return base - modulus + runs[-1][1]
    return base + min(remainder, runs[index][1])


def first_at_least(runs: Spans, modulus: int, bound: int) -> int:
    """The smallest integer from `bound` on whose remainder lies in `runs`, which is not empty."""
    base, remainder = bound - bound % modulus, bound % modulus
    index = bisect_left(runs, remainder, key=lambda run: run[1])
    if index == len(runs):
        return base + modulus + runs[0][0]
    return base + max(remainder, runs[index][0])


def contains(spans: Spans, value: int) -> bool:
    index = bisect_right(spans, value, key=lambda span: span[0]) - 1
    return index >= 0 and value <= spans[index][1]
