"""What is known of the sizes while a network is elaborated, and what does not hold for them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from archc.ops.operation import Requirement
from archc.sizes import EVERY_SIZE, Condition, Size, solve, substitute


class Declared(NamedTuple):
    """What is known of the sizes: the declared values of symbols, and the symbols of batches.

    Where the sizes are `open`, what they ask for is not checked at the declared values, and what
    follows from these may be another number at others: all that is asked for is to be solved.
    """

    sizes: Mapping[str, int]
    batch: frozenset[str]
    open: bool = False

    def fails(self, requirement: Requirement) -> bool:
        """Whether a requirement of evaluation does not hold."""
        if requirement.in_training:
            return False
        if self.open:
            return _fails(requirement, {}, self.batch) or _holds_at_few(requirement.condition)
        return _fails(requirement, self.sizes, self.batch)

    def is_poor(self, requirement: Requirement) -> bool:
        """Whether a requirement does not hold, or hardly: what makes it so is no way out."""
        return self.fails(requirement) or _holds_at_few(requirement.condition)


def _fails(requirement: Requirement, sizes: Mapping[str, int], batch: frozenset[str]) -> bool:
    """Whether a requirement does not hold: at the declared sizes, or without them at any.

    What is asked of a batch must hold for every batch.
    """
    condition = requirement.condition
    if condition.decided is not None:
        return not condition.decided
    if condition.symbols & batch:
        return not _holds_for_every_batch(condition, sizes, batch)
    try:
        return not condition.holds(sizes)
    except KeyError:
        pass
    if len(condition.symbols) != 1:
        return False
    (name,) = condition.symbols
    possible = solve(condition, name)
    return possible is not None and possible.is_empty


def _holds_at_few(condition: Condition) -> bool:
    """Whether two formulas of one size are equal at finitely many values: by chance."""
    is_formula = isinstance(condition.left, Size) and isinstance(condition.right, Size)
    if not is_formula or condition.relation != "==" or len(condition.symbols) != 1:
        return False
    possible = solve(condition, *condition.symbols)
    return possible is not None and not possible.runs


def _holds_for_every_batch(
    condition: Condition, sizes: Mapping[str, int], batch: frozenset[str]
) -> bool:
    at_sizes = Condition(substitute(condition.difference, sizes), condition.relation, 0)
    if at_sizes.decided is not None:
        return at_sizes.decided
    if len(at_sizes.symbols) == 1:
        return solve(at_sizes, *at_sizes.symbols) == EVERY_SIZE
    # Sizes without a value are left: what they ask grows with the batch, or ties them to it.
    smallest = Condition(substitute(at_sizes.difference, dict.fromkeys(batch, 1)), ">=", 0)
    return condition.relation == ">=" and smallest.decided is not False
