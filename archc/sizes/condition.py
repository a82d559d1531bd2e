"""A condition that sizes must meet."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, NamedTuple

from archc.sizes.evaluate import evaluate_size
from archc.sizes.size import Dimension

Relation = Literal["==", ">=", "<="]


class Condition(NamedTuple):
    """`left relation right`, for example `floor(H/2) >= 1`."""

    left: Dimension
    relation: Relation
    right: Dimension

    def __str__(self) -> str:
        return f"{self.left} {self.relation} {self.right}"

    @property
    def difference(self) -> Dimension:
        """`left - right`, which the condition compares with zero."""
        return self.left - self.right

    @property
    def symbols(self) -> frozenset[str]:
        """The symbols on which the condition depends; those that cancel do not count."""
        difference = self.difference
        return frozenset() if isinstance(difference, int) else difference.symbols

    @property
    def decided(self) -> bool | None:
        """Whether it holds whatever the symbols are, or None where that depends on them."""
        difference = self.difference
        return satisfies(difference, self.relation) if isinstance(difference, int) else None

    def holds(self, values: Mapping[str, int]) -> bool:
        """Whether it holds at `values`."""
        return satisfies(evaluate_size(self.difference, values), self.relation)


def satisfies(difference: int, relation: Relation) -> bool:
    """Whether `difference` stands in `relation` to zero."""
    if relation == "==":
        return difference == 0
    return difference >= 0 if relation == ">=" else difference <= 0
