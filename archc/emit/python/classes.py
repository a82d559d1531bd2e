"""Which classes a network needs: one for each block, or list that is no chain, and structure.

Modules of one text and one structure share a class. Where the arguments in it differ from instance
to instance, they become the class's constructor parameters (`arguments.py`).
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from dataclasses import dataclass, field

from archc.emit.python.names import class_name, unique
from archc.network import Graph, Module, Network, Node, Primitive, Reference


@dataclass(frozen=True, slots=True)
class Leaf:
    """A node of a class's body, chains that are written in place taken apart.

    `sources` are what it reads: the number of another leaf and of its result, or a port of the
    class as -1 - k, as in `Reference`.
    """

    node: Node
    sources: tuple[Reference, ...]


@dataclass(slots=True, eq=False)
class ClassPlan:
    """A class to write, and the modules that are its instances, each as its leaves in run order."""

    name: str
    title: str
    modules: list[Module] = field(default_factory=list)

    @property
    def graph(self) -> Graph:
        return self.modules[0].graph


@dataclass(frozen=True, slots=True)
class Plan:
    """All classes, those that others use before them, the network's own last."""

    classes: tuple[ClassPlan, ...]
    of: Mapping[int, ClassPlan]

    def class_of(self, module: Module) -> ClassPlan | None:
        """The class of a module; None for a chain that is written in place."""
        return self.of.get(id(module))

    def leaves(self, graph: Graph) -> list[Leaf]:
        """The body of a class in the order in which it runs."""
        return self.body(graph)[0]

    def body(self, graph: Graph) -> tuple[list[Leaf], list[Reference]]:
        """The body of a class in the order in which it runs, and what its outputs are."""
        found: list[Leaf] = []
        ports = tuple(Reference(-1 - port) for port in range(len(graph.inputs)))
        return found, self._flatten(graph, ports, found)

    def _flatten(
        self, graph: Graph, ports: tuple[Reference, ...], found: list[Leaf]
    ) -> list[Reference]:
        """Adds the leaves of a graph that reads `ports`; gives the sources of its outputs."""
        origin: list[Reference] = []

        def source(reference: Reference) -> Reference:
            if reference.node < 0:
                return ports[-1 - reference.node]
            start = origin[reference.node]
            return start._replace(result=reference.result) if reference.result else start

        for node in graph.nodes:
            sources = tuple(source(reference) for reference in node.reads)
            if isinstance(node.what, Module) and id(node.what) not in self.of and not node.shared:
                origin += self._flatten(node.what.graph, sources, found)
                continue
            origin.append(Reference(len(found)))
            found.append(Leaf(node, sources))
        return [source(output.reference) for output in graph.outputs]


def plan_classes(network: Network) -> Plan:
    """The classes of `network`, in the order in which they are defined."""
    root = Module(
        network.name, network.summary, network.source, network.graph, network.parameters, {}, {}
    )
    helpers = {
        what.call.target
        for what in (visit.node.what for visit in network.walk())
        if isinstance(what, Primitive) and what.call.helper is not None
    }
    planner = _Planner(unique(class_name(network.name), helpers), frozenset(helpers))
    planner.place(root, "network", planner.root_name)
    return Plan(tuple(planner.classes.values()), planner.of)


class _Planner:
    def __init__(self, root_name: str, helpers: frozenset[str]) -> None:
        self.root_name = root_name
        self.helpers = helpers
        self.classes: dict[Hashable, ClassPlan] = {}
        self.of: dict[int, ClassPlan] = {}

    def place(self, module: Module, text: Hashable, title: str) -> ClassPlan:
        """The class of a module that is written at `text`."""
        key = (text, self._structure(module.graph, title))
        plan = self.classes.get(key)
        if plan is None:
            names = [*self.helpers, *(other.name for other in self.classes.values())]
            reserved = [] if text == "network" else [self.root_name]
            plan = self.classes[key] = ClassPlan(unique(title, [*names, *reserved]), title)
        plan.modules.append(module)
        self.of[id(module)] = plan
        return plan

    def _structure(self, graph: Graph, title: str) -> Hashable:
        """All of a graph but the values of constructor arguments."""
        order = sorted(range(len(graph.nodes)), key=lambda number: graph.nodes[number].order)
        nodes = tuple(
            (
                node.name,
                node.reads,
                len(node.shapes),
                node.shared,
                None if node.shared else self._kind(node, title),
            )
            for node in graph.nodes
        )
        return tuple(port.name for port in graph.inputs), nodes, tuple(order), graph.outputs

    def _kind(self, node: Node, title: str) -> Hashable:
        if isinstance(node.what, Primitive):
            call = node.what.call
            constructs = call.style in ("module", "parameter")
            values = () if constructs else tuple(map(repr, call.arguments.values()))
            init = repr(node.what.init)
            return call.target, call.style, call.positional, tuple(call.arguments), values, init
        module = node.what
        if module.block is None and module.graph.is_chain:
            return "chain", self._structure(module.graph, title)
        return self.place(module, _text_of(node, module), _title(node, module, title)).name


def _text_of(node: Node, module: Module) -> Hashable:
    """Where the text of a module is written: of a block its definition, of a list itself."""
    if module.block is not None:
        return module.block
    return node.location


def _title(node: Node, module: Module, around: str) -> str:
    if module.block is not None:
        return class_name(module.block)
    return around + ("Group" if node.name[:1].isdigit() else class_name(node.name))
