"""One network from one seed, written node by node: each candidate runs at once in torch."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import torch
from torch import Tensor

from random_networks import document, heads, joins, lists, nodes, unrolled
from random_networks.built_in import BUILT_IN
from random_networks.calls import JOINS, REFUSALS, Data, Unclear
from random_networks.dice import Dice
from random_networks.here import Here
from random_networks.made import Made
from random_networks.reference import Reference
from random_networks.scope import Results, Scope
from random_networks.text import written
from random_networks.written import Written, runs

LARGEST = 12_000
"""Elements of a tensor."""

Candidate = Callable[["Author", Here], list[Data]]
"""Nodes that may come next, which torch has not seen; none where nothing fits."""

CANDIDATES: dict[Candidate, int] = {
    nodes.one: 12,
    joins.branched: 3,
    joins.skip: 3,
    joins.fork: 2,
    joins.aside: 2,
    unrolled.absent: 1,
    unrolled.repeated: 1,
    joins.gate: 1,
    joins.parts: 1,
    joins.scaled: 1,
    joins.attending: 1,
    unrolled.applied: 2,
    nodes.chosen: 1,
}
"""With how often each is taken."""

DEEPER: dict[Candidate, int] = {
    lists.group: 2,
    lists.loop: 2,
    lists.block_call: 3,
    lists.built_in: 2,
    lists.called_twice: 2,
}
"""Those that begin a list, where that is not too deep."""


class Author:
    """Writes one network from one seed."""

    def __init__(self, seed: int, attempt: int = 0, trains: bool = False) -> None:
        self.dice = Dice(f"{seed} {attempt}{' trains' * trains}")
        self.trains = trains
        self.seed = seed
        self.blocks: dict[str, Data] = {}
        self.params: dict[str, Data] = {}
        self.count = 0

    def write(self) -> Written | None:
        """A spec that torch accepts; None where the attempt came to nothing."""
        self.params = document.params(self.dice)
        shapes = document.inputs(self.dice)
        tensors = {name: Results((torch.rand(2, *shape),)) for name, shape in shapes.items()}
        first = next(iter(tensors.values()))
        scope = Scope({**tensors, "input": first}, self.values())
        graph = self.chain(scope, first.tensors[0], self.dice.randint(2, 9), depth=0, last="input")
        if not graph:
            return None
        for name in [*shapes][1:]:
            if name not in str(graph) and self.dice.often(0.6):
                graph += joins.beside(self, name)
        if self.trains:
            graph, outputs = heads.with_heads(self, graph, scope, first.tensors[0])
        else:
            outputs = document.outputs(self, graph, scope, first.tensors[0])
        if self.trains and not outputs:
            return None
        for name in [*shapes][1:]:
            if name not in str([graph, outputs, self.blocks]):
                del shapes[name]
        spec: dict[str, Data] = {"archc": 1, "name": f"net{self.seed}"}
        spec.update(self.dice.some(0.1, summary=lambda: 'Costs $5: it\'s "so".'))
        spec["params"], spec["variants"] = document.declared_params(self.dice, self.params)
        spec["inputs"], given = document.declared(self.dice, shapes)
        files = document.used(self.dice, self.blocks, self.params)
        init = document.init(self.dice)
        spec.update(init=init, graph=graph, outputs=outputs, blocks=self.blocks)
        spec = {key: value for key, value in spec.items() if value or key == "graph"}
        here = {**spec, "use": [*files][-1:], "blocks": {} if files else self.blocks}
        here = {key: value for key, value in here.items() if value or key == "graph"}
        result = Written(self.seed, spec, written(here, self.dice), given, shapes, files)
        judge = runs(result)
        return result if judge and {*shapes} <= {*judge.read, next(iter(shapes))} else None

    def values(self) -> dict[str, Any]:
        """The document's parameters."""
        return {name: Scope({}, {}).evaluate(value) for name, value in self.params.items()}

    def fresh(self, stem: str, suffix: str = "") -> str:
        """A name that nothing has."""
        self.count += 1
        return f"{stem}{self.count}{suffix}"

    def run(
        self, graph: list[Data], scope: Scope, incoming: Tensor
    ) -> tuple[Results, dict[str, Results], dict[str, torch.Size]] | None:
        """What a list gives, and the shapes that its modules with names read; None where torch
        refuses it or it grows too large.
        """
        reference = Reference({"blocks": self.blocks, "params": self.params}, training=True)
        try:
            last, own = reference.list(graph, scope, incoming, made := Made())
        except (*REFUSALS, KeyError, Unclear, StopIteration):
            return None
        tensors = [t for results in (last, *own.values()) for t in results.tensors]
        small = all(0 < t.numel() <= LARGEST and 2 <= t.dim() <= 5 for t in tensors)
        if not small or len(last.tensors) != 1:
            return None
        read = {m.name: torch.Size(m.reads[0]) for m in made.inner.values() if len(m.reads) == 1}
        listed = {node.get("name"): node for node in graph if isinstance(node, dict)}
        alone = [n for n in read.keys() & listed.keys() if not {*JOINS, "when"} & listed[n].keys()]
        return last, own, {name: read[name] for name in sorted(alone)}

    def chain(
        self,
        scope: Scope,
        incoming: Tensor,
        length: int,
        *,
        depth: int,
        last: str = "",
        suffix: str = "",
    ) -> list[Data]:
        """A valid list of about `length` nodes, of which every one but the last is read."""
        graph: list[Data] = []
        here = Here(scope, incoming, last, suffix, depth)
        for _ in range(3 * length):
            if len(graph) >= length:
                break
            blocks = dict(self.blocks)
            more = self._candidate(here)
            ran = more and self.run(graph + more, scope, incoming)
            if not ran:
                self.blocks = blocks
                continue
            graph += more
            inside = replace(scope, tensors={**scope.tensors, **ran[1]})
            end = graph[-1]
            name = end.get("name", "") if isinstance(end, dict) else ""
            reachable = "" if "repeat" in end or "." in name else name
            calls = {} if suffix else ran[2]
            here = Here(inside, ran[0].tensors[0], reachable, suffix, depth, modules(graph), calls)
        return graph

    def _candidate(self, here: Here) -> list[Data]:
        kinds = CANDIDATES | DEEPER if here.depth < 3 else CANDIDATES
        (candidate,) = self.dice.choices([*kinds], [*kinds.values()])
        return candidate(self, here)


_READS_SIZES = rf"Block|'from'|: \['|'({'|'.join(BUILT_IN)})'"


def modules(graph: Sequence[Data]) -> tuple[str, ...]:
    """The nodes that `apply` reaches, which read one tensor only, and whose sizes do not follow
    from their input's.
    """
    return tuple(
        node["name"]
        for node in graph
        if isinstance(node, dict)
        and "name" in node
        and not {*JOINS, "apply", "parameter", "repeat", "for", "when"} & node.keys()
        and "$" not in str(node)
        and not re.search(_READS_SIZES, str(node))
    )


def network(seed: int, trains: bool = False) -> Written:
    """The valid network of a seed; one that `trains` has nodes that run in training alone."""
    torch.manual_seed(seed)
    for attempt in range(100):
        found = Author(seed, attempt, trains).write()
        if found is not None:
            return found
    raise AssertionError(f"seed {seed} gave nothing")
