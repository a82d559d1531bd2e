"""The Network: what a spec means, typed and immutable. Everything after elaboration reads it.

A network is a graph of nodes; a node is a primitive operation or a module, which is a graph again.
Nodes stand in the order in which they run and remember the order in which they register.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from math import prod
from typing import TYPE_CHECKING, Any, NamedTuple

from archc.diagnostics import Diagnostic, File, Place
from archc.expression import Expression
from archc.ops.operation import Call, Operation, Requirement, Shape, Weight
from archc.sizes import Dimension, total
from archc.sizes.known import known
from archc.source import Source, YamlPath

if TYPE_CHECKING:
    from archc.ops.initialiser import Initialiser

Written = Expression | tuple["Written | None", ...]
"""An argument that was written as an expression, or as a list with expressions in it."""


class Location(NamedTuple):
    """Where a node is written: the name of the file, and the way to its operation in there.

    Unlike a place it stays when lines move.
    """

    file: str
    path: YamlPath


class Reference(NamedTuple):
    """Result `result` of node number `node` of its graph; node -1 - k is input k."""

    node: int
    result: int = 0


class Port(NamedTuple):
    """An input of a graph."""

    name: str
    shape: Shape


class Output(NamedTuple):
    """An output of a graph; `training` ones are there in training only."""

    name: str
    reference: Reference
    training: bool = False


class Primitive(NamedTuple):
    """A primitive operation: its fields, what followed from its input, and the torch call.

    `expressions` holds, for each field that was written as one, the expression, and `bindings` the
    values of the loop variables around it: with them emission can write what the author wrote.
    `init` says how parameters start, by name, where it is not as torch has it; the nameless one is
    a bare parameter.
    """

    name: str
    operation: Operation
    inferred: Mapping[str, int]
    call: Call
    expressions: Mapping[str, Written]
    bindings: Mapping[str, Any]
    init: Mapping[str, Initialiser]

    @property
    def weights(self) -> tuple[Weight, ...]:
        return self.operation.weights(self.inferred)


class Module(NamedTuple):
    """A graph as a submodule: a block that was called, or a list that groups.

    `block` is the block's name, or None for a group. `parameters` are the values of the block's own
    parameters (of a group: of the block around it); `expressions` and `bindings` are as in
    `Primitive`, for the arguments at the call.
    """

    block: str | None
    summary: str | None
    source: str | None
    graph: Graph
    parameters: Mapping[str, Any]
    expressions: Mapping[str, Written]
    bindings: Mapping[str, Any]


class Node(NamedTuple):
    """A call in a graph.

    `name` is the submodule's name in its parent, or the name of a join for readers (may be empty).
    A `shared` node calls once more the module that another node of its graph registered. Its
    `label` is the call's own name. One that
    is `chained` says nothing of what it reads, which is the node before it.
    """

    name: str
    order: int
    location: Location
    what: Primitive | Module
    reads: tuple[Reference, ...]
    inputs: tuple[Shape, ...]
    shapes: tuple[Shape, ...]
    requirements: tuple[Requirement, ...]
    shared: bool = False
    chained: bool = False
    label: str = ""

    @property
    def registers(self) -> bool:
        """Whether the node is a submodule of its parent, rather than a function of tensors."""
        return isinstance(self.what, Module) or self.what.call.style == "module"

    @property
    def is_parameter(self) -> bool:
        """Whether the node is a bare parameter of its parent."""
        return isinstance(self.what, Primitive) and self.what.call.style == "parameter"

    @property
    def operation(self) -> str:
        """The word for it in listings: the operation, the block, or `seq`."""
        return self.what.name if isinstance(self.what, Primitive) else self.what.block or "seq"


@dataclass(frozen=True, eq=False)
class Graph:
    """Nodes in the order in which they run, between inputs and outputs; equal only to itself."""

    inputs: tuple[Port, ...]
    nodes: tuple[Node, ...]
    outputs: tuple[Output, ...]

    @cached_property
    def registered(self) -> tuple[Node, ...]:
        """The nodes that own a submodule, in the order of registration."""
        owners = (node for node in self.nodes if node.registers and not node.shared)
        return tuple(sorted(owners, key=lambda node: node.order))

    @cached_property
    def evaluated(self) -> frozenset[int]:
        """The numbers of the nodes that run in evaluation: what the outputs that are not training-
        only need.
        """
        waiting = [output.reference.node for output in self.outputs if not output.training]
        found: set[int] = set()
        while waiting:
            number = waiting.pop()
            if number >= 0 and number not in found:
                found.add(number)
                waiting += [reference.node for reference in self.nodes[number].reads]
        return frozenset(found)

    @cached_property
    def is_chain(self) -> bool:
        """Whether each node is a submodule that reads the one before it and nothing else, as in
        `nn.Sequential`.
        """
        alone = len(self.inputs) == 1 and len(self.outputs) == 1 and not self.outputs[0].training
        return (
            alone
            and self.outputs[0].reference == Reference(len(self.nodes) - 1)
            and all(
                node.registers
                and not node.shared
                and len(node.shapes) == 1
                and "." not in node.name
                and node.reads == (Reference(index - 1),)
                for index, node in enumerate(self.nodes)
            )
            and [node.order for node in self.nodes] == sorted(node.order for node in self.nodes)
        )

    @cached_property
    def weights(self) -> int:
        """How many numbers all parameters and buffers in it hold."""
        return sum(
            node.what.graph.weights
            if isinstance(node.what, Module)
            else sum([prod(weight.shape) for weight in node.what.weights])
            for node in self.nodes
            if not node.shared
        )

    @cached_property
    def tensors(self) -> frozenset[Shape]:
        """The shapes of all that nodes in it give."""
        inner = (node.what.graph for node in self.nodes if isinstance(node.what, Module))
        return frozenset(shape for node in self.nodes for shape in node.shapes).union(
            *(graph.tensors for graph in inner)
        )

    def shape(self, reference: Reference) -> Shape:
        if reference.node < 0:
            return self.inputs[-1 - reference.node].shape
        return self.nodes[reference.node].shapes[reference.result]


class Visit(NamedTuple):
    """A node as a walk meets it.

    `location` is where it stands in the spec's own file: for what is in a built-in block, the call.
    """

    path: str
    node: Node
    location: Location
    shared: bool
    training: bool
    label: str
    network: Network

    @property
    def place(self) -> Place:
        """The place of its location."""
        return self.network.place(self.location)


class _Level(NamedTuple):
    """A graph on a walk, from node number `start` on."""

    prefix: str
    label: str
    graph: Graph
    location: Location | None
    shared: bool
    training: bool
    start: int


@dataclass(frozen=True, slots=True)
class Network:
    """A whole network.

    `sizes` are the declared values of its size symbols, `batch` the symbols of its batches, which
    have none, and `domains` the declared ranges. `file` is the spec's own, and `files` are those in
    which nodes stand, by their names.
    """

    file: File
    files: Mapping[str, Source]
    name: str
    summary: str | None
    source: str | None
    parameters: Mapping[str, Any]
    sizes: Mapping[str, int]
    batch: frozenset[str]
    domains: Mapping[str, range]
    graph: Graph
    warnings: tuple[Diagnostic, ...]

    def __repr__(self) -> str:
        """Not the tree, which may have thousands of nodes: notebooks show this."""
        return f"<Network {self.headline}>"

    @property
    def headline(self) -> str:
        """Name, parameters, MACs a sample, input and output sizes."""
        graph, cost = self.graph, macs(self)
        inputs = ", ".join(f"{port.name} {self._shown(port.shape)}" for port in graph.inputs)
        outputs = ", ".join(
            f"{output.name} " * (len(graph.outputs) > 1)
            + self._shown(graph.shape(output.reference))
            for output in graph.outputs
        )
        by = "" if isinstance(cost, int) else f"MACs by {', '.join(sorted(cost.symbols))}"
        costs = f"{parameters(self):,} parameters, {by or f'{cost:,} MACs'}"
        return f"{self.name}: {costs}, {inputs} -> {outputs}"

    def _shown(self, shape: Shape) -> str:
        return f"[{', '.join(str(self.at(size)) for size in shape)}]"

    def walk(self) -> Iterator[Visit]:
        """Every node, a module before what is in it, in the order in which they run.

        A join without a name has its operation's in its path.
        """
        stack = [_Level("", "", self.graph, None, False, False, 0)]
        while stack:
            level = stack.pop()
            for number in range(level.start, len(level.graph.nodes)):
                visit = self._visit(level, number)
                yield visit
                if isinstance(visit.node.what, Module):
                    inner = visit.node.what.graph
                    stack.append(level._replace(start=number + 1))
                    stack.append(
                        _Level(
                            f"{visit.path}.",
                            f"{visit.label}.",
                            inner,
                            visit.location,
                            visit.shared,
                            visit.training,
                            0,
                        )
                    )
                    break

    def primitives(self) -> Iterator[Visit]:
        """The primitive operations alone."""
        return (visit for visit in self.walk() if isinstance(visit.node.what, Primitive))

    def _visit(self, level: _Level, number: int) -> Visit:
        node = level.graph.nodes[number]
        is_own = node.location.file == self.file.name
        return Visit(
            level.prefix + (node.name or node.operation),
            node,
            node.location if level.location is None or is_own else level.location,
            level.shared or node.shared,
            level.training or number not in level.graph.evaluated,
            level.label + (node.label or node.name or node.operation),
            self,
        )

    def place(self, location: Location) -> Place:
        """Where the operation of a node stands in the text."""
        return self.files[location.file].place(location.path, key=True)

    def at(self, dimension: Dimension, batch: int | None = None) -> Dimension:
        """`dimension` at the declared sizes; a symbol without a value keeps it symbolic."""
        batches = {} if batch is None else dict.fromkeys(self.batch, batch)
        return known(dimension, {**self.sizes, **batches})


def parameters(network: Network) -> int:
    """Trainable scalars of all modules; a shared module counts once."""
    return sum(node_parameters(visit) for visit in network.walk())


def macs(network: Network) -> Dimension:
    """Multiply-accumulates of one sample in evaluation; a formula where sizes are not declared.

    As `torch.utils.flop_counter` counts, halved: convolutions and linear maps, no bias, padding
    counted.
    """
    return total(node_macs(network, visit) for visit in network.walk())


def node_parameters(visit: Visit) -> int:
    """Trainable scalars that a node registers."""
    what = visit.node.what
    if visit.shared or not isinstance(what, Primitive):
        return 0
    return sum(prod(weight.shape) for weight in what.weights if weight.trainable)


def node_macs(network: Network, visit: Visit) -> Dimension:
    """Multiply-accumulates of one node for one sample in evaluation; 0 where it runs in training
    only.
    """
    what = visit.node.what
    if visit.training or not isinstance(what, Primitive):
        return 0
    shapes = (tuple(network.at(size, batch=1) for size in shape) for shape in visit.node.inputs)
    return what.operation.macs(*shapes)
