"""Which modules of a network start alike, where `init` says how."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from archc.network import Network, Primitive
from archc.ops.initialiser import Initialiser

Said = tuple[tuple[str, Initialiser | None], ...]
"""The parameters of a module, each with its initialiser; None where it starts as torch has it."""


@dataclass(frozen=True, slots=True)
class Start:
    """How modules of one operation start, the first of which is `primitive`: `every` has what is
    said of each of them, once. Of a parameter all that have it say the same.
    """

    primitive: Primitive
    every: tuple[Said, ...]

    @property
    def said(self) -> Mapping[str, Initialiser | None]:
        """All parameters, in torch's order."""
        together = {name: init for each in self.every for name, init in each}
        names = self.primitive.operation.starts
        return {name: together[name] for name in names if name in together}

    @property
    def always(self) -> frozenset[str]:
        """The parameters that each of the modules has."""
        return frozenset.intersection(*(frozenset(dict(each)) for each in self.every))


def starts(network: Network) -> Mapping[str, tuple[Start, ...]]:
    """For each operation the different starts of its modules, in the order of their first use.

    Modules start alike that have the same parameters and say the same of them; where no two modules
    of an operation contradict each other, all of them do. Empty where `init` says nothing.
    """
    found: dict[str, dict[Said, Start]] = {}
    for primitive in _modules(network):
        own = said(primitive)
        found.setdefault(primitive.name, {}).setdefault(own, Start(primitive, (own,)))
    if not any(init for alike in found.values() for own in alike for _, init in own):
        return {}
    return {name: _together(tuple(alike.values())) for name, alike in found.items()}


def said(primitive: Primitive) -> Said:
    """What `init` says of a module's parameters."""
    names = (weight.name for weight in primitive.weights if weight.trainable)
    return tuple((name, primitive.init.get(name)) for name in names)


def _modules(network: Network) -> Iterator[Primitive]:
    """The modules that have parameters."""
    for visit in network.primitives():
        what = visit.node.what
        if not visit.node.registers or visit.node.shared:
            continue
        if isinstance(what, Primitive) and what.operation.starts:
            yield what


def _together(alike: Sequence[Start]) -> tuple[Start, ...]:
    """One start in the place of those that do not contradict each other, or all of them."""
    one = Start(alike[0].primitive, tuple(own for start in alike for own in start.every))
    agreed = one.said
    if all(agreed[name] == init for own in one.every for name, init in own):
        return (one,)
    return tuple(alike)
