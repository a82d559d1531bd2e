"""Which of many diagnostics are shown."""

from __future__ import annotations

from collections.abc import Sequence

from archc.diagnostics.diagnostic import Diagnostic

MAX_SHOWN = 100
"""How many diagnostics one answer shows; the others are counted."""


def first(diagnostics: Sequence[Diagnostic], room: int = MAX_SHOWN) -> list[Diagnostic]:
    """Those that are shown where there is `room`: errors first, else in the order given."""
    return sorted(diagnostics, key=lambda each: each.code.severity != "error")[: max(room, 0)]


def omitted(diagnostics: Sequence[Diagnostic]) -> int:
    """How many are not shown."""
    return max(len(diagnostics) - MAX_SHOWN, 0)


def omitted_text(diagnostics: Sequence[Diagnostic]) -> str:
    """`19,900 more are not shown`; nothing where all are."""
    number = omitted(diagnostics)
    return f"{number:,} more {'are' if number > 1 else 'is'} not shown" if number else ""
