"""How a class holds its submodules: as attributes, in lists and dicts, or under any other name."""

from __future__ import annotations

from collections.abc import Container

from archc.emit.python.layout import string
from archc.names import is_attribute
from archc.network import Graph


def split_name(name: str) -> tuple[str, str]:
    """The container of a submodule, empty where it has none, and its name there."""
    container, _, member = name.rpartition(".")
    return container, member


def list_containers(graph: Graph) -> frozenset[str]:
    """The containers that are an `nn.ModuleList`: members numbered from 0, in their order."""
    members: dict[str, list[str]] = {}
    for node in graph.registered:
        container, member = split_name(node.name)
        members.setdefault(container, []).append(member)
    return frozenset(
        container
        for container, names in members.items()
        if names == [str(index) for index in range(len(names))]
    )


def access(name: str, lists: Container[str]) -> str:
    """`self.conv1`, `self.net[0]`, `self.heads["a"]`, or `getattr(self, "0")`."""
    container, member = split_name(name)
    if container:
        return f"{_attribute(container)}[{member if container in lists else string(member)}]"
    return _attribute(name)


def _attribute(name: str) -> str:
    return f"self.{name}" if is_attribute(name) else f"getattr(self, {string(name)})"
