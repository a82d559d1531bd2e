"""Which input sizes a network accepts in evaluation, height and width being equal."""

from __future__ import annotations

from typing import NamedTuple

from archc.analysis.accepted.asked import asked
from archc.analysis.accepted.joint import domain
from archc.analysis.accepted.mode import Mode
from archc.analysis.accepted.posed import without_batches
from archc.network import Network
from archc.sizes import EVERY_SIZE, Condition, OutOfReach, SizeSet, solve, substitute, symbol

_SIDE = "s"


class Accepted(NamedTuple):
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
    return Accepted(label, _square(network, names[0]))


def _square(network: Network, names: list[str]) -> SizeSet | None:
    """The accepted sizes where `names` are equal; None where that is out of reach."""
    sides = dict.fromkeys(names, symbol(_SIDE))
    accepted = domain(network, names) or EVERY_SIZE
    seen: set[Condition] = set()
    try:
        for posed in without_batches(asked(network, False), network.batch, Mode.EVALUATION):
            difference = substitute(posed.condition.difference, dict(sides))
            condition = Condition(difference, posed.condition.relation, 0)
            if condition in seen:
                continue
            seen.add(condition)
            found = None if posed.open else solve(condition, _SIDE)
            if found is None:
                return None
            accepted &= found
    except OutOfReach:
        return None
    return accepted
