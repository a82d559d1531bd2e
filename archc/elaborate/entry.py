"""A node on its way through elaboration, and what flows between nodes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from archc.document.loader import BlockText
from archc.document.nodes import NodeItem
from archc.elaborate.scope import Scope
from archc.elaborate.site import Site
from archc.network import Module, Primitive, Reference
from archc.ops.operation import Operation, Requirement, Shape


class Edge(NamedTuple):
    """A tensor within one graph: its reference, its shape, and who gives it, for messages.

    `result` is its name among several results of one node.
    """

    reference: Reference
    shape: Shape
    producer: str
    site: Site
    result: str = ""


class Name(NamedTuple):
    """A reference as written, after interpolation."""

    text: str
    site: Site


class Gate(NamedTuple):
    """A `when`, with what it sees."""

    condition: Any
    scope: Scope
    site: Site


Read = Edge | Name | int | None
"""What a node reads: a tensor, a node by its name or by its number in the list; None where an error
hides it.
"""


class Unknown(NamedTuple):
    """In the place of an operation that nobody knows: what it reads may tell what was meant."""


Callee = type[Operation] | BlockText | Unknown | None


class Entry(NamedTuple):
    """One node of an unrolled list, or a branch of one of its joins; `order` is its number there.

    Its operation stands at `call_site`. `callee` is what it calls: an operation's class, a block's
    text, or None for a group, for an `apply`, which calls the node `applied` again, and for a node
    that is broken: something of it is wrong, and reported.
    """

    order: int
    item: NodeItem
    site: Site
    call_site: Site
    scope: Scope
    name: str | None
    operation: str
    callee: Callee
    reads: tuple[Read, ...]
    gates: tuple[Gate, ...]
    is_branch: bool
    is_broken: bool = False
    applied: Name | None = None

    @property
    def title(self) -> str:
        """What messages call it: its name, else its operation."""
        return self.name or self.operation

    @property
    def arguments_site(self) -> Site:
        """Where its arguments stand: beside a join's key, below any other."""
        return self.site if self.item.is_join else self.call_site

    @property
    def items_site(self) -> Site:
        """Where the nodes of a group stand: below `seq`, or as a branch at once."""
        return self.site.at("seq") if isinstance(self.site.written, dict) else self.site


class Unrolled(NamedTuple):
    """A list with its loops and branches taken apart, in the order of the file.

    `named` has the entries by their names, `last` is what the list gives where it names no outputs.
    Not `is_complete` where a part of it is broken, which may have one of the names `hidden`, or one
    that starts with one of `beginnings`.
    """

    entries: tuple[Entry, ...]
    named: Mapping[str, Entry]
    last: Read
    is_complete: bool
    hidden: frozenset[str] = frozenset()
    beginnings: tuple[str, ...] = ()

    def hides(self, name: str) -> bool:
        """Whether something broken may have the `name`."""
        return name in self.hidden or name.startswith(self.beginnings)


@dataclass(slots=True, eq=False)
class Draft:
    """A node before its list is complete: its name and its number are still open."""

    entry: Entry
    what: Primitive | Module
    reads: tuple[Reference, ...]
    inputs: tuple[Shape, ...]
    shapes: tuple[Shape, ...]
    requirements: tuple[Requirement, ...]
    shares: Draft | None = None

    @property
    def is_parameter(self) -> bool:
        """Whether it is a bare parameter."""
        return isinstance(self.what, Primitive) and self.what.call.style == "parameter"

    @property
    def registers(self) -> bool:
        """Whether it is a submodule, rather than a function of tensors."""
        return isinstance(self.what, Module) or self.what.call.style == "module"
