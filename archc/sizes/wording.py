"""Sets of sizes in words, and as conditions."""

from __future__ import annotations

from archc.sizes.sets import SizeSet
from archc.sizes.spans import Spans


def ranges(sizes: SizeSet) -> str:
    """For people: `193..224`, `67 and up`, `16 and up, multiples of 16`, `none`."""
    if sizes.intervals is not None:
        return ", ".join(_range(low, high) for low, high in sizes.intervals) or "none"
    parts = [f"{sizes.threshold} and up", _period(sizes)]
    if sizes.missing:
        parts.append(f"but not {_listed(sizes.missing)}")
    if sizes.extra:
        parts.append(f"also {_listed(sizes.extra)}")
    return ", ".join(parts)


def predicate(sizes: SizeSet, symbol: str) -> str:
    """For tools: a Python condition on `symbol` that is true of the members among all sizes."""
    if sizes.intervals is not None:
        return " or ".join(_within(low, high, symbol) for low, high in sizes.intervals) or "False"
    regular = f"{symbol} >= {sizes.threshold} and {_remainder(sizes, symbol)}"
    missing = [_within(low, high, symbol) for low, high in sizes.missing]
    if missing:
        regular += f" and not ({' or '.join(missing)})"
    return " or ".join([regular, *(_within(low, high, symbol) for low, high in sizes.extra)])


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
