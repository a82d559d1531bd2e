"""`# archc: ignore[ARC901]`: warnings that a line turns off."""

from __future__ import annotations

import re
from functools import lru_cache

from archc.diagnostics import Diagnostic

_IGNORE = re.compile(r"# *archc: *ignore\[([^\]]*)\]")


def unsuppressed(diagnostics: tuple[Diagnostic, ...]) -> tuple[Diagnostic, ...]:
    """`diagnostics` without the warnings whose line names their code, or short name, to ignore."""
    return tuple(each for each in diagnostics if not _is_ignored(each))


def _is_ignored(diagnostic: Diagnostic) -> bool:
    if diagnostic.code.severity != "warning":
        return False
    names = _ignored(diagnostic.place.file.lines[diagnostic.place.span.line - 1])
    return not names.isdisjoint((diagnostic.code.code, diagnostic.code.name))


@lru_cache(maxsize=4)
def _ignored(line: str) -> frozenset[str]:
    """What a line names to ignore. Many warnings may be about the same one, and it may be long."""
    found = _IGNORE.finditer(line)
    return frozenset(name.strip() for match in found for name in match[1].split(","))
