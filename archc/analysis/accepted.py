"""Which input sizes a network accepts in evaluation, height and width being equal."""

from __future__ import annotations

from dataclasses import dataclass

from archc.network import Network
from archc.sizes import EVERY_SIZE, Condition, OutOfReach, SizeSet, solve, substitute, symbol

_SIDE = "s"


@dataclass(frozen=True, slots=True)
class Accepted:
    """The accepted values of the size `name` (`H = W`); None where they could not be decided."""

    name: str
    sizes: SizeSet | None

    def __str__(self) -> str:
        return f"{self.name}: {self.sizes if self.sizes is not None else 'not decided'}"


def accepted_sizes(network: Network) -> Accepted | None:
    """The sizes of a square (or cubic) input for which every node can run.

    None where no input has a size that could be another. Not decided for several inputs whose
    sizes are independent, and where a condition cannot be solved.
    """
    free = [
        sorted(
            set().union(*(d.symbols for d in port.shape if not isinstance(d, int))) - network.batch
        )
        for port in network.graph.inputs
    ]
    names = [symbols for symbols in free if symbols]
    if not names:
        return None
    label = " = ".join(name for symbols in names for name in symbols)
    if len(names) > 1 and names[0] != names[1]:
        return Accepted(label, None)
    sides = dict.fromkeys(names[0], symbol(_SIDE))
    conditions = {
        Condition(substitute(asked.difference, sides), asked.relation, 0)
        for visit in network.walk()
        if not visit.training
        for asked in (r.condition for r in visit.node.requirements if not r.in_training)
    }
    accepted = _within(network, names[0])
    try:
        for condition in sorted(conditions, key=str):
            found = solve(condition, _SIDE)
            if found is None:
                return Accepted(label, None)
            accepted &= found
    except OutOfReach:
        return Accepted(label, None)
    return Accepted(label, accepted)


def _within(network: Network, names: list[str]) -> SizeSet:
    """The sizes that the declared domains allow."""
    allowed = EVERY_SIZE
    for name in names:
        if name in network.domains:
            domain = network.domains[name]
            allowed &= SizeSet.between(domain.start, domain.stop - 1)
    return allowed
