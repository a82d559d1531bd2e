"""What a rule finds."""

from __future__ import annotations

from typing import NamedTuple

from archc.diagnostics import Label, Place


class Lint(NamedTuple):
    """A doubt about what stands at `place`; its rule has the code."""

    place: Place
    message: str
    help: str
    related: tuple[Label, ...] = ()
