"""How long results are needed, in training and in evaluation, and where a variable is deleted."""

from __future__ import annotations

from bisect import bisect_left, bisect_right, insort
from collections.abc import Mapping
from typing import NamedTuple

from archc.network import Graph, Reference


def last_reads(graph: Graph, training: bool) -> dict[Reference, int]:
    """The number of the last node that reads each result or input in a mode; outputs are read after
    the last.
    """
    present = range(len(graph.nodes)) if training else sorted(graph.evaluated)
    last = {read: number for number in present for read in graph.nodes[number].reads}
    outputs = (output for output in graph.outputs if training or not output.training)
    return last | {output.reference: len(graph.nodes) for output in outputs}


class Deletions(NamedTuple):
    """The variables to delete after each node, by its number: in both modes, or in one alone."""

    always: dict[int, list[str]]
    training: dict[int, list[str]]
    evaluation: dict[int, list[str]]


def deletions(graph: Graph, names: Mapping[Reference, str]) -> Deletions:
    """What would hold a tensor that nothing reads any more while a node runs."""
    trained, evaluated = _Mode(graph, names, True), _Mode(graph, names, False)
    found = Deletions({}, {}, {})
    for result, name in sorted(names.items()):
        if result.node not in graph.evaluated:
            ways = [(trained, found.training)]
        elif trained.end(result) == evaluated.end(result):
            ways = [(trained, found.always), (evaluated, found.always)]
        else:
            ways = [(trained, found.training), (evaluated, found.evaluation)]
        for mode, deleted in ways:
            after = deleted.setdefault(mode.end(result), [])
            if name not in after and mode.holds(result, name):
                after.append(name)
    return found


class _Mode:
    """What runs in a mode: all nodes in training, some in evaluation."""

    def __init__(self, graph: Graph, names: Mapping[Reference, str], training: bool) -> None:
        self.graph = graph
        self.last = last_reads(graph, training)
        present = range(len(graph.nodes)) if training else sorted(graph.evaluated)
        self.lines = [number for number in present if not graph.nodes[number].is_parameter]
        self.results = names.keys()
        self.starts: dict[str, list[int]] = {}
        for result, name in names.items():
            if training or result.node in graph.evaluated:
                insort(self.starts.setdefault(name, []), result.node)

    def end(self, result: Reference) -> int:
        """The number of the node after which nothing reads a result."""
        return self.last.get(result, result.node)

    def holds(self, result: Reference, name: str) -> bool:
        """Whether a line runs while `name` still holds the result in vain. For the line after a
        join that may be: else each join would need a `del`.
        """
        end = self.end(result)
        if end == len(self.graph.nodes):
            return False
        is_join = end != result.node and len({*self.graph.nodes[end].reads} & self.results) > 1
        starts = self.starts[name]
        following = (bisect_right if end == result.node else bisect_left)(starts, end)
        until = starts[following] if following < len(starts) else len(self.graph.nodes)
        lines = bisect_right(self.lines, until) - bisect_right(self.lines, end)
        return lines > is_join
