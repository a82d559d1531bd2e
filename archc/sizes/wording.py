"""Sets of sizes in words, and as conditions."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from archc.sizes.sets import SizeSet
from archc.sizes.spans import Spans

_FEWEST_STEPS = 4
"""From so many single values on, at equal distances, they are told as one."""


def ranges(sizes: SizeSet) -> str:
    """For people: `193..224`, `67 and up`, `16 and up, multiples of 16`, `none`, and
    `32..64 in multiples of 8`.
    """
    if sizes.intervals is not None:
        return ", ".join(_stepped(*each) for each in _stretches(sizes.intervals)) or "none"
    parts = [f"{sizes.threshold} and up", _period(sizes)]
    if sizes.missing:
        parts.append(f"but not {_listed(sizes.missing)}")
    if sizes.extra:
        parts.append(f"also {_listed(sizes.extra)}")
    return ", ".join(parts)


def predicate(sizes: SizeSet, symbol: str) -> str:
    """For tools: a Python condition on `symbol` that is true of the members among all sizes."""
    if sizes.intervals is not None:
        parts = (_within_steps(*each, symbol) for each in _stretches(sizes.intervals))
        return " or ".join(parts) or "False"
    regular = f"{symbol} >= {sizes.threshold} and {_remainder(sizes, symbol)}"
    missing = [_within(low, high, symbol) for low, high in sizes.missing]
    if missing:
        regular += f" and not ({' or '.join(missing)})"
    return " or ".join([regular, *(_within(low, high, symbol) for low, high in sizes.extra)])


def _stretches(
    intervals: Sequence[tuple[int, int | None]],
) -> Iterator[tuple[int, int | None, int]]:
    """The intervals with a step of 1, and as one, with their distance, single values in a row."""
    first = 0
    while first < len(intervals):
        low, high = intervals[first]
        last = first
        step = intervals[first + 1][0] - low if first + 1 < len(intervals) else 0
        while last < len(intervals) and intervals[last] == (low + (last - first) * step,) * 2:
            last += 1
        if last - first < _FEWEST_STEPS:
            yield low, high, 1
            first += 1
        else:
            yield low, intervals[last - 1][1], step
            first = last


def _stepped(low: int, high: int | None, step: int) -> str:
    if step == 1:
        return _range(low, high)
    return f"{low}..{high} in {'steps' if low % step else 'multiples'} of {step}"


def _within_steps(low: int, high: int | None, step: int, what: str) -> str:
    inside = _within(low, high, what)
    return inside if step == 1 else f"{inside} and {what} % {step} == {low % step}"


def _range(low: int, high: int | None) -> str:
    if high is None:
        return f"{low} and up"
    return str(low) if low == high else f"{low}..{high}"


def _listed(spans: Spans, last: str = ", ") -> str:
    *some, final = [_range(low, high) for low, high in spans]
    return ", ".join(some) + last + final if some else final


def _period(sizes: SizeSet) -> str:
    if sizes.modulus == 2:
        return "odd" if sizes.residues == (1,) else "even"
    if sizes.residues == (0,):
        return f"multiples of {sizes.modulus}"
    return f"{_listed(sizes.runs, ' or ')} mod {sizes.modulus}"


def _remainder(sizes: SizeSet, symbol: str) -> str:
    remainder = f"{symbol} % {sizes.modulus}"
    conditions = [_within(low, high, remainder) for low, high in sizes.runs]
    return conditions[0] if len(conditions) == 1 else f"({' or '.join(conditions)})"


def _within(low: int, high: int | None, what: str) -> str:
    if high is None:
        return f"{what} >= {low}"
    return f"{what} == {low}" if low == high else f"{low} <= {what} <= {high}"
