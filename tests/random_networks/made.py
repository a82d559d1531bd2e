"""The nodes of a list, and what they have made."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from torch import Tensor, nn

from random_networks.calls import Data, Unclear
from random_networks.scope import Results, Scope


@dataclass
class Made:
    """What a node of a list has made: a module of torch, or what the nodes of its list have made.

    `inner` is by place in the list, once unrolled, and for the branches of a join by place in that.
    `shapes` are those of the results, for each time that it ran, `reads` those of its first inputs,
    and `init` is what the spec says of how its parameters start.
    """

    name: str = ""
    module: nn.Module | nn.Parameter | None = None
    inner: dict[tuple[int, int], Made] = field(default_factory=dict)
    shapes: list[list[tuple[int, ...]]] = field(default_factory=list)
    reads: list[tuple[int, ...]] = field(default_factory=list)
    init: Mapping[str, Any] = field(default_factory=dict)
    again: Callable[[Sequence[Tensor]], Results] | None = None

    def walk(self, prefix: str = "") -> Iterator[tuple[str, Made]]:
        """All submodules and parameters in it by path, as `nn.Module` registers them."""
        position = 0
        for (_, branch), made in sorted(self.inner.items()):
            is_parameter = isinstance(made.module, nn.Parameter)
            path = prefix + (made.name or str(position))
            position += branch < 0 and not is_parameter
            yield path, made
            yield from made.walk(f"{path}.")


class Item(NamedTuple):
    """A node of a list once unrolled: its operation, arguments and other keys."""

    operation: str
    arguments: Data
    keys: Mapping[str, Data]
    scope: Scope
    name: str
    is_copy: bool


KEYS = ("name", "from", "repeat", "when", "init", "dim")


def parted(node: Data) -> tuple[str, Data, dict[str, Data]]:
    """The operation of a node, its arguments, and the other keys."""
    if isinstance(node, str):
        return node, None, {}
    operations = [key for key in node if key not in KEYS]
    if len(operations) != 1:
        raise Unclear(f"no node: {node}")
    return operations[0], node[operations[0]], {k: node[k] for k in node if k in KEYS}
