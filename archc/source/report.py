"""What is wrong with a text, collected."""

from __future__ import annotations

from archc.diagnostics import Code, Diagnostic, Fix, Label, SpecError
from archc.source.limits import MAX_DIAGNOSTICS
from archc.source.positions import Lines


class Report:
    """Collects diagnostics of one text, by offsets, and raises them all at once."""

    def __init__(self, lines: Lines) -> None:
        self.lines = lines
        self.text = lines.file.text
        self._diagnostics: list[Diagnostic] = []

    def add(
        self,
        code: Code,
        message: str,
        start: int,
        end: int,
        advice: str | None = None,
        related: tuple[Label, ...] = (),
        fix: Fix | None = None,
    ) -> None:
        place = self.lines.place(start, end)
        self._diagnostics.append(Diagnostic(code, message, place, related, advice, fix))
        if len(self._diagnostics) == MAX_DIAGNOSTICS:
            self.raise_if_any()

    def stop(self, code: Code, message: str, start: int, end: int, advice: str) -> None:
        """Add the last one: nothing can be read beyond it."""
        self.add(code, message, start, end, advice)
        self.raise_if_any()

    def has(self, code: Code) -> bool:
        return any(found.code is code for found in self._diagnostics)

    def raise_if_any(self) -> None:
        if self._diagnostics:
            raise SpecError(tuple(sorted(self._diagnostics, key=lambda found: found.place.span)))


def shortened(text: str) -> str:
    """`text`, short enough for a message."""
    return text if len(text) <= 40 else f"{text[:39]}…"
