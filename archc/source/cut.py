"""Unquoted expressions that YAML cuts short at a comma or a bracket."""

from __future__ import annotations

import re

from archc.diagnostics import Fix, catalogue
from archc.source.positions import Position
from archc.source.report import Report

_OPENING = re.compile(r"\$[$(]")
_REST = re.compile(r"""[^\s,\[\]{}#:$'"\\]*(?=\s*(?:\s\#[^\r\n]*[\r\n]\s*)?(?:[,\]}]|\Z))""")
"""What of a value follows its expression, where the value surely ends there."""
_NESTING = re.compile(r"""[()]|'[^'\n]*'|"[^"\n]*\"""")


def refuse_cut_expression(report: Report, scalar: Position) -> int | None:
    """Report that YAML ended a plain value inside its expression; where that value was to end, None
    where nothing was cut.
    """
    opening = _unclosed(report.text[scalar.start : scalar.end])
    if opening is None:
        return None
    start = scalar.start + opening
    line = re.split(r"[\r\n]", report.text[start : start + 200], maxsplit=1)[0]
    length = _closing(line, 2)
    end = scalar.end if length is None else start + length
    rest = None if length is None else _REST.match(report.text, end)
    advice, fix = "put the whole value in quotes: '$(…)'", None
    if rest is not None:
        whole = report.text[scalar.start : rest.end()]
        advice = f"put it in quotes: {_quoted(whole)}"
        # with a key in it, the expression may have been meant to end before
        if ": " not in whole:
            fix = Fix(report.lines.place(scalar.start, rest.end()), _quoted(whole))
    follows = line[scalar.end - start :].lstrip()[:1]
    where = f"at `{follows}`" if follows else "here"
    message = f"YAML ends this value {where}, inside `$(`"
    report.add(catalogue.UNQUOTED_EXPRESSION, message, start, end, advice, fix=fix)
    return end


def _quoted(text: str) -> str:
    """`text` as a quoted scalar of YAML, which means it exactly."""
    if "'" in text and '"' not in text and "\\" not in text:
        return f'"{text}"'
    return "'" + text.replace("'", "''") + "'"


def _unclosed(text: str) -> int | None:
    """Where in `text` a `$(` starts that nothing closes."""
    position = 0
    while match := _OPENING.search(text, position):
        end = match.end() if match[0] == "$$" else _closing(text, match.end())
        if end is None:
            return match.start()
        position = end
    return None


def _closing(text: str, position: int) -> int | None:
    """The offset after the `)` for a `(` just before `position`; those in strings do not count."""
    depth = 1
    for match in _NESTING.finditer(text, position):
        depth += {"(": 1, ")": -1}.get(match[0], 0)
        if depth == 0:
            return match.end()
    return None
