"""Fixes: what they are, and what a text is after them."""

from __future__ import annotations

import re
from collections.abc import Iterable

from archc.diagnostics.diagnostic import Fix, Place, Span

_PLAIN_NAME = re.compile(r"(?!(?i:null|true|false)\Z)[A-Za-z_][A-Za-z0-9_.-]*")
"""A name that YAML reads as text without quotes."""


def rename(place: Place, wrong: str, right: str, is_safe: bool) -> Fix | None:
    """The fix that writes the name `right` for the name `wrong` at `place`, within its quotes.

    None where `wrong` is not what the text says there: it came from an expression, an escape, the
    command line.
    """
    span = place.span
    if span.line != span.end_line or not _PLAIN_NAME.fullmatch(right):
        return None
    text = place.file.lines[span.line - 1][span.column - 1 : span.end_column - 1]
    if text == wrong:
        return Fix(place, right, is_safe)
    if text in (f"'{wrong}'", f'"{wrong}"'):
        inside = Span(span.line, span.column + 1, span.end_line, span.end_column - 1)
        return Fix(Place(place.file, inside), right, is_safe)
    return None


def non_overlapping(fixes: Iterable[Fix]) -> list[Fix]:
    """Those of `fixes` that do not touch one before them, in the order of the text."""
    chosen: list[Fix] = []
    for fix in sorted(set(fixes), key=lambda fix: (fix.place.span, fix.text)):
        last = chosen[-1].place.span if chosen else None
        here = fix.place.span
        if last is None or (last.end_line, last.end_column) <= (here.line, here.column):
            chosen.append(fix)
    return chosen


def fixed(text: str, fixes: Iterable[Fix]) -> str:
    """`text` after `fixes`, which do not overlap; all else stays as it is."""
    starts = [0, *(match.end() for match in re.finditer(r"\r\n?|\n", text))]
    parts: list[str] = []
    position = 0
    for fix in fixes:
        span = fix.place.span
        start = starts[span.line - 1] + span.column - 1
        end = starts[span.end_line - 1] + span.end_column - 1
        parts += [text[position:start], fix.text]
        position = end
    return "".join([*parts, text[position:]])


def shifted(fixes: Iterable[Fix]) -> list[Span]:
    """Where the new words stand in the text that `fixed` gives; each fix is within one line."""
    spans: list[Span] = []
    line, shift = 0, 0
    for fix in fixes:
        span = fix.place.span
        shift = shift if span.line == line else 0
        line = span.line
        column = span.column + shift
        spans.append(Span(line, column, line, column + len(fix.text)))
        shift += len(fix.text) - (span.end_column - span.column)
    return spans
