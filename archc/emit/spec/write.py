"""A Network as a spec in which nothing is left to evaluate.

What a list can say is a `seq`; any other module becomes a block of the spec, without parameters:
one with several inputs, one whose input several nodes read, one that gives something else than the
results of its last node. So no list reads a tensor of the list around it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from pydantic import BaseModel

from archc.emit.spec.layout import Data, yaml_text
from archc.emit.spec.names import FreshNames, block_name, input_name
from archc.emit.spec.outline import Item, Outline, outline
from archc.emit.starts import starts
from archc.names import MODULE_ATTRIBUTES
from archc.network import Graph, Module, Network, Node, Output, Port, Primitive, Reference
from archc.ops import JOINS
from archc.ops.initialiser import INITIALISERS, Initialiser

MOST_NESTED = 8
"""How many lists are written inside each other before what is deeper becomes blocks."""

_NO_NODES: list[Data] = [{"when": False, "seq": []}]
"""A graph without any node, which a document or block cannot say otherwise."""


def spec_text(network: Network) -> str:
    """The spec: the same network, with names, sizes and torch calls as they are.

    A size that was given for a symbol is written in the symbol's place.
    """
    alike = {name: found[0].said for name, found in starts(network).items() if len(found) == 1}
    shared = {name: _starts(said) for name, said in alike.items() if any(said.values())}
    writer = _Writer(frozenset(shared))
    plan = outline(network.graph)
    ports = [port.name for port in network.graph.inputs]
    named = not _outputs_go_without_saying(network.graph, plan)
    body = writer.body(plan, ports, named, 0)
    head: dict[str, Data] = {"archc": 1, "name": network.name}
    head.update(_prose(network.summary, network.source))
    head["inputs"] = {port.name: _input(network, port) for port in network.graph.inputs}
    if shared:
        head["init"] = shared
    return yaml_text({**head, **body, **({"blocks": writer.blocks} if writer.blocks else {})})


def _prose(summary: str | None, source: str | None) -> Iterator[tuple[str, Data]]:
    yield from ((k, text) for k, text in (("summary", summary), ("source", source)) if text)


def _input(network: Network, port: Port) -> Data:
    """A shape: numbers as they were declared or given, else symbols, with their bounds."""
    shape = tuple(
        size if isinstance(size, int) else network.sizes.get(str(size), str(size))
        for size in port.shape
    )
    bounds: dict[str, Data] = {
        name: f"{domain.start}..{domain.stop - 1}"
        for name, domain in network.domains.items()
        if name in shape
    }
    return {"shape": shape, "where": bounds} if bounds else shape


def _outputs_go_without_saying(graph: Graph, plan: Outline) -> bool:
    """Whether the outputs are those of a spec that names none, names included."""
    names = [output.name for output in graph.outputs]
    is_counted = len(names) > 1 and not any(map(str.isidentifier, names))
    is_always = not any(output.training for output in graph.outputs)
    return plan.gives_last and is_always and (is_counted or names == ["output"])


class _Writer:
    """The blocks of a spec, which grow as its lists are written. The document says how the
    parameters of the operations `shared` start.
    """

    def __init__(self, shared: frozenset[str]) -> None:
        self.shared = shared
        self.blocks: dict[str, Data] = {}
        self._titles = FreshNames()
        self._written: dict[tuple[str, str], str] = {}

    def body(
        self, plan: Outline, ports: Sequence[str], says_outputs: bool, depth: int
    ) -> dict[str, Data]:
        """`graph`, and `outputs` if they are to be said."""
        outputs = plan.graph.outputs
        named = plan.named | {o.reference.node for o in outputs if says_outputs}
        nodes = _List(self, plan, ports, named, depth)
        body: dict[str, Data] = {"graph": nodes.write() or _NO_NODES}
        if says_outputs:
            body["outputs"] = {
                _output_name(output, index): (
                    {"from": nodes.reference(output.reference), "when": "training"}
                    if output.training
                    else nodes.reference(output.reference)
                )
                for index, output in enumerate(outputs)
            }
        return body

    def module(self, node: Node, module: Module, depth: int) -> dict[str, Data]:
        """The operation key of a module: `seq`, or a block."""
        plan = outline(module.graph)
        if plan.is_seq and (depth < MOST_NESTED or not module.graph.inputs):
            return {"seq": _List(self, plan, (), plan.named, depth + 1).write()}
        return {self._block(node, module, plan): {}}

    def _block(self, node: Node, module: Module, plan: Outline) -> str:
        """The name of the block that is `module`; equal ones are one."""
        names = FreshNames(_own_names(module.graph))
        ports = [names.fresh(input_name(port.name)) for port in module.graph.inputs]
        body: dict[str, Data] = dict(_prose(module.summary, module.source))
        if ports != ["input"]:
            body["inputs"] = tuple(ports)
        body.update(self.body(plan, ports, not plan.gives_last, 0))
        title = block_name(module.block or node.name)
        key = title, repr(body)
        if key not in self._written:
            self._written[key] = self._titles.fresh(title)
            self.blocks[self._written[key]] = body
        return self._written[key]


class _List:
    """One list. `ports` are the names of the graph's inputs, where they have any."""

    def __init__(
        self,
        writer: _Writer,
        plan: Outline,
        ports: Sequence[str],
        named: frozenset[int] | set[int],
        depth: int,
    ) -> None:
        self._writer = writer
        self._plan = plan
        self._nodes = plan.graph.nodes
        self._named = named
        self._depth = depth
        self._ports = ports
        self._labels = self._choose_labels()

    def write(self) -> list[Data]:
        """The nodes."""
        found: list[Data] = []
        position = 0
        for item in self._plan.items:
            node = self._nodes[item.number]
            owns = node.registers and not node.shared
            found.append(_bare(self._node(item, str(position) if owns else "")))
            position += owns
        return found

    def reference(self, reference: Reference) -> str:
        """A reference as text."""
        if reference.node < 0:
            return self._ports[-1 - reference.node]
        label = self._labels[reference.node]
        several = len(self._nodes[reference.node].shapes) > 1
        return f"{label}.{reference.result}" if several else label

    def _choose_labels(self) -> dict[int, str]:
        """A name for each node that has one: its submodule's, or of a join, for those who read it.

        Such a name has no dot, for `name.0` is the first result of `name`.
        """
        names = FreshNames(
            ["input", *self._ports, *MODULE_ATTRIBUTES, *_own_names(self._plan.graph)]
        )
        labels: dict[int, str] = {}
        for item in self._plan.items:
            node = self._nodes[item.number]
            wish = node.name.replace(".", "_")
            if node.shared:
                wish = f"{wish}_again" if wish[:1].isalpha() else "again"
            if (node.registers and not node.shared) or node.is_parameter:
                labels[item.number] = node.name
            elif item.number in self._named:
                labels[item.number] = names.fresh(wish or node.operation)
            elif wish and not node.shared and wish not in names:
                labels[item.number] = names.fresh(wish)
        return labels

    def _node(self, item: Item, position: str) -> dict[str, Data]:
        """A node whose name would be `position` if it said none."""
        node = self._nodes[item.number]
        keys: dict[str, Data] = {}
        label = self._labels.get(item.number, "")
        if label != position or item.number in self._named:
            keys["name"] = _name(label)
        reads = tuple(map(self.reference, item.reads))
        is_join = node.operation in JOINS and not node.shared
        if item.is_idle:
            keys["from"] = "input"
        elif reads and (item.branches or not is_join):
            keys["from"] = reads[0] if len(reads) == 1 else reads
        if is_join:
            operands: Data = self._branches(item, node) if item.branches else reads
            return {**keys, node.operation: operands, **_arguments(node)}
        return {**keys, **self._call(node, self._depth)}

    def _init(self, node: Node) -> dict[str, Data]:
        """How the parameters of a node start, where the document does not say it for all."""
        what = node.what
        if not isinstance(what, Primitive) or not what.init or what.name in self._writer.shared:
            return {}
        if node.is_parameter:
            return {"init": _initialiser(what.init[""])}
        return {"init": _starts(what.init)}

    def _call(self, node: Node, depth: int) -> dict[str, Data]:
        """The operation key with its arguments, and `init`."""
        if node.shared:
            return {"apply": node.name}
        if isinstance(node.what, Module):
            return self._writer.module(node, node.what, depth)
        return {node.operation: _arguments(node), **self._init(node)}

    def _branches(self, item: Item, node: Node) -> dict[str, Data]:
        names = FreshNames(
            self._nodes[number].name for number in item.branches if number is not None
        )
        found: dict[str, Data] = {}
        for number in item.branches:
            if number is None:
                found[names.fresh("skip")] = []
                continue
            branch = self._nodes[number]
            call = self._call(branch, self._depth)
            found[branch.name] = call["seq"] if "seq" in call else _bare(call)
        return found


def _output_name(output: Output, index: int) -> str:
    """The name of an output; the results of a list are counted."""
    return output.name if output.name.isidentifier() else f"output{index or ''}"


def _own_names(graph: Graph) -> set[str]:
    """The names of a graph's submodules, parameters and containers."""
    own = {n.name for n in graph.nodes if n.registers or n.is_parameter}
    return own | {name.partition(".")[0] for name in own}


def _name(label: str) -> Data:
    """A name as a value: those that are positions are written as numbers."""
    return int(label) if label.isdigit() and label == str(int(label)) else label


def _bare(node: dict[str, Data]) -> Data:
    """A node that only names its operation, as the name."""
    (first, value), *rest = node.items()
    return first if value == {} and not rest else node


def _arguments(node: Node) -> dict[str, Data]:
    """The fields that were written."""
    assert isinstance(node.what, Primitive)
    return _fields(node.what.operation)


def _initialiser(init: Initialiser) -> Data:
    name = next(name for name, kind in INITIALISERS.items() if type(init) is kind)
    arguments = _fields(init)
    return {name: arguments} if arguments else name


def _starts(said: Mapping[str, Initialiser | None]) -> Data:
    return {name: _initialiser(init) for name, init in said.items() if init}


def _fields(model: BaseModel) -> dict[str, Data]:
    fields = type(model).model_fields
    written = (name for name in fields if name in model.model_fields_set)
    return {name: _literal(getattr(model, name)) for name in written}


def _literal(value: Any) -> Data:
    """A value that no expression is read into."""
    if isinstance(value, (list, tuple)):
        return tuple(map(_literal, value))
    literal: Data = value.replace("$", "$$") if isinstance(value, str) else value
    return literal
