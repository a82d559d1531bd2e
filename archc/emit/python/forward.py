"""The `forward` of a class: one torch call a line, and names for what has to wait.

A result that the next line reads is `x`. One that waits longer is `x` too where that does not get
in the way of another; else it has its node's name, or where it has none, the next free letter.
A name that would hold its tensor for more than a line beyond the last use is deleted.
"""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Container, Iterator, Sequence

from archc.emit.python.layout import INDENT, Brackets, Expr, Infix, call, lay_out, literal, string
from archc.emit.python.names import identifier, unique
from archc.emit.python.submodules import access, list_containers
from archc.network import Graph, Module, Node, Primitive, Reference


def forward_lines(graph: Graph, is_network: bool) -> list[str]:
    """The method, indented as in a class. A network gives several outputs as a dict, a block as a
    tuple.
    """
    return list(_Forward(graph, is_network).lines())


_LETTERS = ("x", "y", "z", "u", "v", "w")


class _Forward:
    def __init__(self, graph: Graph, is_network: bool) -> None:
        self.graph = graph
        self.lists = list_containers(graph)
        self.is_network = is_network
        self.ports: list[str] = []
        for port in graph.inputs:
            self.ports.append(unique(identifier(port.name), self.ports))
        self.last_read = self._last_reads()
        self.names = self._local_names()
        self.dropped = self._dropped()

    def lines(self) -> Iterator[str]:
        arguments = [("", "self"), *(("", f"{port}: Tensor") for port in self.ports)]
        header = lay_out(call("forward", arguments), "def ", f" -> {self._annotation()}:", 1)
        yield from header
        nodes = self.graph.nodes
        returned = self._returned_node()
        in_training = False
        for number, node in enumerate(nodes):
            if node.is_parameter:
                continue
            training_only = number not in self.graph.evaluated
            if training_only and not in_training:
                yield f"{INDENT * 2}if self.training:"
            in_training = training_only
            prefix = (
                "return " if number == returned else f"{', '.join(self._targets(number, node))} = "
            )
            yield from lay_out(self._expression(node), prefix, "", 3 if training_only else 2)
            if number in self.dropped:
                yield f"{INDENT * 2}del {', '.join(self.dropped[number])}"
                in_training = False
        if returned is None:
            yield from self._return()

    # Outputs

    def _annotation(self) -> str:
        outputs = self.graph.outputs
        always = [output for output in outputs if not output.training]
        several = (
            "dict[str, Tensor]"
            if self.is_network
            else f"tuple[{', '.join(['Tensor'] * len(outputs))}]"
        )
        if len(outputs) == 1:
            return "Tensor"
        return several if len(always) > 1 else f"Tensor | {several}" if self.is_network else several

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
            return ", ".join(self._read(output.reference) for output in present)
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
        inputs: Expr = (
            Brackets("[", tuple(("", read) for read in reads), "]")
            if torch.packs
            else ", ".join(reads)
        )
        arguments = [(f"{name}=", literal(value)) for name, value in torch.arguments.items()]
        return call(torch.target, [("", inputs), *arguments])

    def _targets(self, number: int, node: Node) -> list[str]:
        references = [Reference(number, result) for result in range(len(node.shapes))]
        return [self.names.get(reference, "_") for reference in references]

    def _read(self, reference: Reference) -> str:
        if reference.node < 0:
            return self.ports[-1 - reference.node]
        node = self.graph.nodes[reference.node]
        return access(node.name, self.lists) if node.is_parameter else self.names[reference]

    # Locals

    def _last_reads(self) -> dict[Reference, int]:
        """The number of the last line that reads each result; outputs are read after the last."""
        last = {
            reference: number
            for number, node in enumerate(self.graph.nodes)
            for reference in node.reads
        }
        last.update({output.reference: len(self.graph.nodes) for output in self.graph.outputs})
        return {
            reference: number
            for reference, number in last.items()
            if reference.node >= 0 and not self.graph.nodes[reference.node].is_parameter
        }

    def _local_names(self) -> dict[Reference, str]:
        """Short lives first, so that a letter serves as many results as it can."""
        by_length = sorted(self.last_read, key=lambda ref: (self.last_read[ref] - ref.node, ref))
        names: dict[Reference, str] = {}
        busy: dict[str, list[tuple[int, int]]] = {}
        for reference in by_length:
            life = reference.node, self.last_read[reference]
            letter = self._free_letter(reference, life, busy)
            if letter is not None:
                names[reference] = letter
                insort(busy.setdefault(letter, []), life)
        taken = {*_LETTERS, *self.ports}
        for reference in sorted(self.last_read):
            if reference not in names:
                names[reference] = self._own_name(reference, taken)
                taken.add(names[reference])
        return names

    def _dropped(self) -> dict[int, list[str]]:
        """The names to delete after a line, by its number."""
        lives: dict[str, list[tuple[int, int]]] = {}
        for reference, name in self.names.items():
            if reference.node in self.graph.evaluated:
                lives.setdefault(name, []).append((reference.node, self.last_read[reference]))
        dropped: dict[int, list[str]] = {}
        last = len(self.graph.nodes) - 1
        for name, spans in sorted(lives.items()):
            starts = sorted([*(start for start, _ in spans), last])
            for _, end in spans:
                following = bisect_left(starts, end)
                held_until = starts[following] if following < len(starts) else end
                if held_until - end > 1:
                    dropped.setdefault(end, []).append(name)
        return dropped

    def _free_letter(
        self, reference: Reference, life: tuple[int, int], busy: dict[str, list[tuple[int, int]]]
    ) -> str | None:
        node = self.graph.nodes[reference.node]
        if len(node.shapes) > 1:
            return None
        is_named = bool(node.name) and not node.name.isdigit()
        for letter in _LETTERS[: 1 if is_named else None]:
            if letter not in self.ports and _is_free(life, busy.get(letter, [])):
                return letter
        return None

    def _own_name(self, reference: Reference, taken: Container[str]) -> str:
        node = self.graph.nodes[reference.node]
        base = identifier(node.name or f"x{reference.node}")
        if len(node.shapes) > 1:
            results = node.what.graph.outputs if isinstance(node.what, Module) else None
            word = results[reference.result].name if results else str(reference.result)
            base = (
                f"{base}_{identifier(word).lstrip('x') or word}"
                if word.isdigit()
                else identifier(word)
            )
        return unique(base, taken)


def _is_free(life: tuple[int, int], others: Sequence[tuple[int, int]]) -> bool:
    """Whether a life meets none of `others`, which are sorted and meet none of each other."""
    start, end = life
    following = bisect_left(others, life)
    return (following == 0 or others[following - 1][1] <= start) and (
        following == len(others) or end <= others[following][0]
    )
