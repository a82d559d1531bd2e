"""`# archc: ignore[ARC901]`: warnings that the author of a line does not want to hear."""

from __future__ import annotations

import re

from archc.diagnostics import Diagnostic

_IGNORE = re.compile(r"# *archc: *ignore\[([^\]\r\n]*)\]")


def heard(diagnostics: tuple[Diagnostic, ...]) -> tuple[Diagnostic, ...]:
    """`diagnostics` without the warnings whose line names their code, or short name, to ignore."""
    return tuple(each for each in diagnostics if not _is_ignored(each))


def _is_ignored(diagnostic: Diagnostic) -> bool:
    text = diagnostic.place.file.text
    if diagnostic.code.severity != "warning" or "ignore[" not in text:
        return False
    line = re.split(r"\r\n?|\n", text)[diagnostic.place.span.line - 1]
    names = {name.strip() for match in _IGNORE.finditer(line) for name in match[1].split(",")}
    return not names.isdisjoint((diagnostic.code.code, diagnostic.code.name))
