"""What the nodes of a network ask of its input sizes, in the order in which they run."""

from __future__ import annotations

from dataclasses import dataclass

from archc.diagnostics.catalogue import SIZE_BELOW_ONE
from archc.network import Network, Visit
from archc.ops.operation import Requirement
from archc.sizes import Condition, Dimension, Relation, formula

Key = tuple[Dimension, Relation]


@dataclass(frozen=True, slots=True, eq=False)
class Asked:
    """A requirement, and the first node that has it; compared as what it is, not what it says."""

    requirement: Requirement
    visit: Visit

    @property
    def condition(self) -> Condition:
        return self.requirement.condition

    @property
    def line(self) -> int:
        """The line in the spec's own file."""
        return self.visit.place.span.line

    @property
    def node(self) -> str:
        """`linear (line 21)`."""
        return f"{self.visit.node.operation} (line {self.line})"

    @property
    def text(self) -> str:
        """What it asks for, in words that follow the node."""
        if self.requirement.code is SIZE_BELOW_ONE:
            return f"gives {formula(self.condition.left)}, which must be at least 1"
        if self.requirement.between is not None:
            left, right = formula(self.condition.left), formula(self.condition.right)
            return f"joins sizes that must be equal, {left} and {right}"
        return self.requirement.words({})


def asked(network: Network, training: bool) -> tuple[Asked, ...]:
    """All requirements, each condition once, of evaluation or of training."""
    found: dict[Key, Asked] = {}
    for visit in network.walk():
        if visit.training and not training:
            continue
        for requirement in visit.node.requirements:
            if training or not requirement.in_training:
                condition = requirement.condition
                key = condition.difference, condition.relation
                if key not in found:
                    found[key] = Asked(requirement, visit)
    return tuple(found.values())


def maker(network: Network, dimension: Dimension) -> str | None:
    """The operation that first gives a tensor of the size `dimension`; None for an input's own."""
    for visit in network.primitives():
        if any(dimension in shape for shape in visit.node.shapes):
            taken = any(dimension in shape for shape in visit.node.inputs)
            return None if taken else visit.node.operation
    return None
