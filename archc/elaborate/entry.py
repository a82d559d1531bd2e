"""A node on its way through elaboration, and what flows between nodes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple

from archc.document import Node
from archc.elaborate.scope import Scope
from archc.elaborate.site import Site
from archc.library import BlockText
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


@dataclass(slots=True, eq=False)
class Entry:
    """One node of an unrolled list, or a branch of one of its joins.

    `callee` is what it calls: an operation's class, a block's text, or None for a group, an `apply`
    and a node that is broken: something of it is wrong, and reported. `edges` are its results once
    `state` is done; None where it failed.
    """

    order: int
    item: Node
    site: Site
    scope: Scope
    name: str | None
    operation: str
    callee: type[Operation] | BlockText | None
    reads: list[Read]
    gates: tuple[Gate, ...]
    is_branch: bool
    is_broken: bool = False
    state: str = "new"
    absent: bool = False
    edges: tuple[Edge, ...] | None = None

    @property
    def title(self) -> str:
        """What messages call it: its name, else its operation."""
        return self.name or self.operation

    @property
    def call_site(self) -> Site:
        """The place of its operation."""
        return self.site.at(self.item.operation)


Read = Edge | Name | Entry | None
"""What a node reads; None where an error hides it."""


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
