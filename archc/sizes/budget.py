"""How many steps solving may take: counted, so that no answer depends on the machine.

A step is an interval that is looked at, or a symbol or floor that is evaluated.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass

from archc.sizes.size import TooComplex

MOST_STEPS = 3_000_000
"""The steps that the accepted sizes of a network may take, in each mode."""


@dataclass(slots=True)
class Budget:
    """Steps that may be taken, and those that were."""

    steps: int
    taken: int = 0

    def take(self, steps: int) -> None:
        """Counts steps before they are done; TooComplex where they are too many."""
        self.taken += steps
        if self.taken > self.steps:
            raise TooComplex(f"more than {self.steps:,} steps")


_current: ContextVar[Budget | None] = ContextVar("budget", default=None)


@contextmanager
def budget(steps: int = MOST_STEPS) -> Iterator[Budget]:
    """What is solved within takes from a budget of its own; past its end all is `TooComplex`."""
    own = Budget(steps)
    token = _current.set(own)
    try:
        yield own
    finally:
        _current.reset(token)


def take(steps: int) -> None:
    """Takes steps from the budget around; where there is none, each call may take `MOST_STEPS`."""
    (_current.get() or Budget(MOST_STEPS)).take(steps)


def in_budget() -> bool:
    return _current.get() is not None
