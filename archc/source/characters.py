"""Characters that have no business in a spec."""

from __future__ import annotations

import re
from functools import cache

from archc.diagnostics import catalogue
from archc.source.report import Report

_CONTROL = re.compile("[^\t\n\r\x20-\x7e]")
_DIRECTIVE = re.compile(r"^%.*", re.MULTILINE)


def unwelcome(text: str) -> re.Match[str] | None:
    """The first character that is not of YAML, or that not all readers take for the same."""
    return (_CONTROL if text.isascii() else _unwelcome()).search(text)


def refuse_characters(report: Report) -> None:
    """Refuse what must not reach libyaml.

    It cannot encode lone surrogates, and it takes hours for a file full of `%TAG` directives.
    """
    if match := unwelcome(report.text):
        message = f"the character U+{ord(match[0]):04X} does not belong in a spec"
        report.add(catalogue.INVALID_CHARACTER, message, match.start(), match.end(), "remove it")
    if match := _DIRECTIVE.search(report.text):
        message = "a line cannot start with `%`, which makes it a YAML directive"
        report.add(catalogue.DIRECTIVE, message, match.start(), match.end(), "remove the line")
    report.raise_if_any()


@cache
def _unwelcome() -> re.Pattern[str]:
    """YAML's own characters, less those that some readers take for the end of a line.

    Made only when a text needs it: to compile it takes some milliseconds.
    """
    return re.compile(
        "[^\t\n\r\x20-\x7e\xa0-\u2027\u202a-\ud7ff\ue000-\ufefe\uff00-\ufffd\U00010000-\U0010ffff]"
    )
