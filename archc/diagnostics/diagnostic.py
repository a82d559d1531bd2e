"""What archc says about a spec: a code, a message, the place, the way out."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from archc.diagnostics.catalogue import Code


LONGEST_NAME = 150
"""How much a message quotes: a submodule's whole name, `container.name`, has 129 characters."""

LONGEST_CODE = 300
"""How much a way out quotes, to be copied: an expression has 256 characters."""


class File(NamedTuple):
    """A text as a person knows it: the name that messages show, and what it says."""

    name: str
    text: str

    @property
    def lines(self) -> tuple[str, ...]:
        """The lines of YAML in it, without their ends."""
        return _lines(self.text)


@lru_cache(maxsize=4)
def _lines(text: str) -> tuple[str, ...]:
    # not splitlines(): a form feed or U+2028 ends no line of YAML
    return tuple(text.replace("\r\n", "\n").replace("\r", "\n").split("\n"))


class Span(NamedTuple):
    """From `line`:`column` up to, not including, `end_line`:`end_column`; all count from 1, columns
    in characters.
    """

    line: int
    column: int
    end_line: int
    end_column: int


class Place(NamedTuple):
    """Where something stands."""

    file: File
    span: Span


class Label(NamedTuple):
    """A second place that matters, and why."""

    place: Place
    text: str


class Fix(NamedTuple):
    """A change of a file: `text` for what stands at `place`; safe where that is surely meant."""

    place: Place
    text: str
    is_safe: bool = True

    @property
    def applicability(self) -> str:
        """Whether it is applied unasked, in a word, as ruff has it."""
        return "safe" if self.is_safe else "unsafe"


class Proposal(NamedTuple):
    """A change of a file that may be meant: in words, and what then stands at which paths of the
    data. Of those of one `kind` one is enough.
    """

    kind: str
    text: str
    file: File
    values: tuple[tuple[tuple[str | int, ...], Any], ...]


@dataclass(frozen=True, slots=True)
class Diagnostic:
    """One mistake or doubt, said once, at one place.

    What its words quote of a spec, however long it is there, is cut to what a reader needs.
    `proposals` are made as they are asked for, and are to be proved before they are shown.
    """

    code: Code
    message: str
    place: Place
    related: tuple[Label, ...] = ()
    help: str | None = None
    fix: Fix | None = None
    proposals: Iterable[Proposal] = field(default=(), compare=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "message", _brief(self.message, LONGEST_NAME))
        if self.help is not None:
            object.__setattr__(self, "help", _brief(self.help, LONGEST_CODE))


def _brief(text: str, most: int) -> str:
    """`text` without the rest of what it quotes that is longer than `most`."""
    if len(text) <= most:
        return text
    return re.sub(
        "`([^`]*)`", lambda quoted: quoted[0] if len(quoted[1]) <= most else _cut(quoted[1]), text
    )


def _cut(quoted: str) -> str:
    return f"`{quoted[:37]}...`"


class SpecError(Exception):
    """A spec that archc refuses; `diagnostics` says why, in file order."""

    def __init__(self, diagnostics: tuple[Diagnostic, ...]) -> None:
        super().__init__(diagnostics)
        self.diagnostics = diagnostics

    def __str__(self) -> str:
        from archc.diagnostics.first import first, omitted_text
        from archc.diagnostics.render import render_full

        found = [render_full(diagnostic) for diagnostic in first(self.diagnostics)]
        return "\n".join([*found, *filter(None, [omitted_text(self.diagnostics)])])
