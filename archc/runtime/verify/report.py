"""What a comparison of a network with a reference comes to, as values."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

Outcome = Literal["ok", "differs", "note", "skipped"]
"""A `note` differs in what is written, and not in what is computed; it is no parting."""

Kind = Literal["result", "input", "module", "output", "gradient"]

SHOWN = 5
"""How many of what is alike are shown; of the rest, the number."""


@dataclass(frozen=True, slots=True)
class Parting:
    """The first node at which two networks part.

    `kind` is what of it differs: its `result`, though it reads the same; its `input`, or the result
    of a `module` with nodes in it, or the network's `output`, which it makes, though what that was
    made from is the same; or the `gradient` of its parameters, seen from the loss. `here` is the
    module in the compiled network, `there` its counterpart. `after` are the nodes nearest before it
    (for a gradient: nearer to the loss) that agree; `between_here` and `between_there` is what lies
    between.
    """

    kind: Kind
    node: str
    operation: str
    file: str
    line: int
    difference: str
    here: str
    there: str
    after: tuple[str, ...] = ()
    between_here: tuple[str, ...] = ()
    between_there: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was compared: what came out, in a line, with details where there are any."""

    name: str
    outcome: Outcome
    text: str
    details: tuple[str, ...] = ()
    parting: Parting | None = None


@dataclass(frozen=True, slots=True)
class Report:
    """The checks in their order; `title` says what was compared with what."""

    title: str
    checks: tuple[Check, ...]

    @property
    def agree(self) -> bool:
        return all(check.outcome != "differs" for check in self.checks)


def few(lines: Sequence[str], shown: int = SHOWN) -> tuple[str, ...]:
    """The first lines, and how many more there are."""
    rest = len(lines) - shown
    return (*lines[:shown], f"and {rest:,} more") if rest > 0 else tuple(lines)


def number(count: int, word: str) -> str:
    """`1 key`, `2 keys`."""
    return f"{count:,} {word}{'' if count == 1 else 's'}"
