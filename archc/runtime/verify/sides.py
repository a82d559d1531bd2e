"""The two networks, with what is needed to name a node of one and its counterpart."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from torch import nn

from archc.network import Visit
from archc.runtime.verify.nodes import Nodes, Part, Run
from archc.runtime.verify.report import Kind, Parting, few
from archc.runtime.verify.state import Pairs


@dataclass(frozen=True, slots=True)
class Sides:
    """The nodes of the network that was compiled, both modules, and what corresponds."""

    nodes: Nodes
    here: nn.Module
    there: nn.Module
    pairs: Pairs

    def parting(
        self,
        kind: Kind,
        visit: Visit,
        difference: str,
        after: Sequence[Run | Part] = (),
        between_here: Sequence[Run] = (),
        between_there: Sequence[str] = (),
    ) -> Parting:
        """The parting at a node."""
        path = visit.path
        other = self.pairs.paths.get(path)
        return Parting(
            kind,
            path,
            visit.node.operation,
            visit.place.file.name,
            visit.place.span.line,
            difference,
            _described(self.here, path) if visit.node.registers else "",
            "" if other is None else self.counterpart(other),
            tuple(node.text for node in after),
            few([run.text for run in between_here]),
            few(between_there),
        )

    def counterpart(self, path: str) -> str:
        """A module of the reference, for people."""
        return f"`{path}` {_described(self.there, path)}"

    def is_leaf(self, path: str) -> bool:
        """Whether a module of the reference has none within."""
        return not any(self.there.get_submodule(path).children())


def _described(root: nn.Module, path: str) -> str:
    """A module in a line: its class and arguments."""
    module = root.get_submodule(path)
    return f"{type(module).__name__}({module.extra_repr()})"
