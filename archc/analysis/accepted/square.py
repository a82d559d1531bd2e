"""Which input sizes a network accepts in evaluation, height and width being equal."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from archc.analysis.accepted.asked import asked
from archc.analysis.accepted.joint import domain, size_symbols
from archc.analysis.accepted.mode import Mode
from archc.analysis.accepted.posed import without_batches
from archc.network import Network
from archc.sizes import EVERY_SIZE, Condition, SizeSet, TooComplex, budget, substitute, symbol
from archc.sizes.solve import solution

_SIDE = "s"


class Accepted(NamedTuple):
    """The accepted values of the size `name` (`H = W`); None where they could not be decided."""

    name: str
    sizes: SizeSet | None

    def __str__(self) -> str:
        return f"{self.name}: {self.sizes if self.sizes is not None else 'not decided'}"


def accepted_sizes(network: Network) -> Accepted | None:
    """The sizes of square (or cubic) inputs, all of one side, for which every node can run.

    None where no input has a size that could be another, and where several inputs cannot be of one
    side. Not decided where a condition cannot be solved.
    """
    names = size_symbols(network)
    if not names:
        return None
    sizes = _square(network, names)
    if len(network.graph.inputs) > 1 and sizes is not None and sizes.is_empty:
        return None
    return Accepted(" = ".join(names), sizes)


def _square(network: Network, names: Sequence[str]) -> SizeSet | None:
    """The accepted sizes where `names` are equal; None where that is too complex."""
    sides = dict.fromkeys(names, symbol(_SIDE))
    seen: set[Condition] = set()
    try:
        with budget():
            accepted = domain(network, names) or EVERY_SIZE
            for posed in without_batches(asked(network, False), network.batch, Mode.EVALUATION):
                if posed.open:
                    return None
                difference = substitute(posed.condition.difference, {**sides})
                condition = Condition(difference, posed.condition.relation, 0)
                if condition not in seen:
                    seen.add(condition)
                    accepted &= solution(condition, _SIDE)
    except TooComplex:
        return None
    return accepted
