"""Which modules of a network start alike, where `init` says how."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from archc.network import Network, Primitive
from archc.ops.initialiser import Initialiser

Said = Mapping[str, Initialiser | None]
"""The parameters of a module, each with its initialiser; None where it starts as torch has it."""


@dataclass(frozen=True, slots=True)
class Start:
    """How modules of one operation start: what they `said` together, and which parameters each of
    them has.
    """

    primitive: Primitive
    said: Said
    always: frozenset[str]


def starts(network: Network) -> Mapping[str, tuple[Start, ...]]:
    """For each operation the different starts of its modules, in the order of their first use.

    Modules start alike where the parameters that both have do. Empty where `init` says nothing.
    """
    modules = [*_modules(network)]
    if not any(primitive.init for primitive in modules):
        return {}
    found: dict[str, list[Start]] = {}
    for primitive in modules:
        own = said(primitive)
        alike = found.setdefault(primitive.name, [])
        for index, start in enumerate(alike):
            if _agree(start.said, own):
                both = {**start.said, **own}
                names = {name: both[name] for name in primitive.operation.starts if name in both}
                alike[index] = Start(start.primitive, names, start.always & own.keys())
                break
        else:
            alike.append(Start(primitive, own, frozenset(own)))
    return {name: tuple(alike) for name, alike in found.items()}


def start_of(primitive: Primitive, alike: tuple[Start, ...]) -> int:
    """Which of the starts of its operation a module has."""
    own = said(primitive)
    return next(index for index, start in enumerate(alike) if own.items() <= start.said.items())


def said(primitive: Primitive) -> Said:
    """What `init` says of a module's parameters."""
    names = (weight.name for weight in primitive.weights if weight.trainable)
    return {name: primitive.init.get(name) for name in names}


def _modules(network: Network) -> Iterator[Primitive]:
    """The modules that have parameters."""
    for visit in network.primitives():
        what = visit.node.what
        if not visit.node.registers or visit.node.shared:
            continue
        if isinstance(what, Primitive) and what.operation.starts:
            yield what


def _agree(one: Said, other: Said) -> bool:
    return all(one[name] == other[name] for name in one.keys() & other.keys())
