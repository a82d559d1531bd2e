"""The `forward` of a class: one torch call a line. What runs in training alone stands behind
`if self.training`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby

from archc.emit.python.chains import local_names
from archc.emit.python.imports import Imports
from archc.emit.python.layout import (
    INDENT,
    Brackets,
    CommaList,
    Expr,
    Infix,
    assignment,
    call,
    constant,
    header,
    lay_out,
    string,
)
from archc.emit.python.lives import deletions
from archc.emit.python.names import identifier, unique
from archc.emit.python.submodules import access, list_containers
from archc.network import Graph, Node, Primitive, Reference


def forward_lines(graph: Graph, is_network: bool, imports: Imports) -> list[str]:
    """The method, indented as in a class. A network gives several outputs as a dict, a block as a
    tuple.
    """
    return list(_Forward(graph, is_network, imports).lines())


class _Forward:
    def __init__(self, graph: Graph, is_network: bool, imports: Imports) -> None:
        self.imports = imports
        self.graph = graph
        self.lists = list_containers(graph)
        self.is_network = is_network
        self.ports: list[str] = []
        for port in graph.inputs:
            self.ports.append(unique(identifier(port.name), self.ports))
        self.names = local_names(graph, self.ports)
        self.deleted = deletions(graph, self.names)
        self.returned = self._returned_node()

    def lines(self) -> Iterator[str]:
        tensor = self.imports.use("Tensor")
        arguments = [("", "self"), *(("", f"{port}: {tensor}") for port in self.ports)]
        yield from header(call("forward", arguments), self._annotation(), 1)
        numbers = [n for n, node in enumerate(self.graph.nodes) if not node.is_parameter]
        let_go: list[str] = []
        for is_evaluated, run in groupby(numbers, key=self.graph.evaluated.__contains__):
            if not is_evaluated:
                yield from self._trained([*run], let_go)
                let_go = []
                continue
            for number in run:
                yield from _deleted(let_go, "if not self.training:")
                yield from self._line(number, 2)
                yield from _deleted(self.deleted.always.get(number, []))
                let_go = self.deleted.evaluation.get(number, [])
        yield from _deleted(let_go, "if not self.training:")
        if self.returned is None:
            yield from self._return()

    def _trained(self, run: Sequence[int], let_go: Sequence[str]) -> Iterator[str]:
        """Lines that run in training alone, beside which evaluation deletes `let_go`."""
        gone: list[str] = []
        yield f"{INDENT * 2}if self.training:"
        for number in run:
            yield from _deleted(gone, depth=3)
            yield from self._line(number, 3)
            gone = self.deleted.training.get(number, [])
        yield from _deleted([name for name in gone if name not in let_go], depth=3)
        yield from _deleted([name for name in let_go if name not in gone], "else:")
        yield from _deleted([name for name in let_go if name in gone])

    def _line(self, number: int, depth: int) -> list[str]:
        node = self.graph.nodes[number]
        if number == self.returned:
            return lay_out(self._expression(node), "return ", "", depth)
        results = (Reference(number, result) for result in range(len(node.shapes)))
        names = {ref.result: self.names[ref] for ref in results if ref in self.names}
        is_one = len(names) == 1 < len(node.shapes)
        suffix = f"[{next(iter(names))}]" if is_one else ""
        return assignment([*names.values()], self._expression(node), suffix, depth)

    # Outputs

    def _annotation(self) -> Expr:
        outputs = self.graph.outputs
        if len(outputs) == 1:
            return "Tensor"
        if not self.is_network:
            return Brackets("tuple[", (("", "Tensor"),) * len(outputs), "]")
        always = [output for output in outputs if not output.training]
        return "dict[str, Tensor]" if len(always) > 1 else "Tensor | dict[str, Tensor]"

    def _returned_node(self) -> int | None:
        """The node whose call can stand behind `return`: the last one, if it is the one output."""
        last = len(self.graph.nodes) - 1
        outputs = self.graph.outputs
        is_alone = len(outputs) == 1 and outputs[0].reference == Reference(last)
        if last < 0:
            return None
        return last if is_alone and len(self.graph.nodes[last].shapes) == 1 else None

    def _return(self) -> Iterator[str]:
        outputs = self.graph.outputs
        if any(output.training for output in outputs):
            yield f"{INDENT * 2}if self.training:"
            yield from lay_out(self._collected(training=True), "return ", "", 3)
        yield from lay_out(self._collected(training=False), "return ", "", 2)

    def _collected(self, training: bool) -> Expr:
        present = [output for output in self.graph.outputs if training or not output.training]
        if len(present) == 1:
            return self._read(present[0].reference)
        if not self.is_network:
            return CommaList(tuple(self._read(output.reference) for output in present))
        items = tuple(
            (f"{string(output.name)}: ", self._read(output.reference)) for output in present
        )
        return Brackets("{", items, "}")

    # Calls

    def _expression(self, node: Node) -> Expr:
        reads = [self._read(reference) for reference in node.reads]
        if node.registers:
            return call(access(node.name, self.lists), [("", read) for read in reads])
        assert isinstance(node.what, Primitive)
        torch = node.what.call
        if torch.style == "operator":
            return Infix(torch.target, tuple(reads))
        read = tuple(("", each) for each in reads)
        inputs = [("", Brackets("[", read, "]"))] if torch.packs else read
        arguments = [(f"{name}=", constant(value)) for name, value in torch.arguments.items()]
        return call(self.imports.use(torch.target), [*inputs, *arguments])

    def _read(self, reference: Reference) -> str:
        if reference.node < 0:
            return self.ports[-1 - reference.node]
        node = self.graph.nodes[reference.node]
        return access(node.name, self.lists) if node.is_parameter else self.names[reference]


def _deleted(names: Sequence[str], condition: str = "", depth: int = 2) -> Iterator[str]:
    """The line that deletes `names`, behind a condition if there is one."""
    if names and condition:
        yield f"{INDENT * depth}{condition}"
    if names:
        yield from lay_out(CommaList((*names,)), "del ", "", depth + bool(condition))
