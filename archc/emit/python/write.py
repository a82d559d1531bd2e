"""A Network as the text of a stand-alone Python module."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby

from archc.emit.python.arguments import Parameters, explain_arguments
from archc.emit.python.classes import ClassPlan, Plan, plan_classes
from archc.emit.python.docstring import docstring
from archc.emit.python.forward import forward_lines
from archc.emit.python.guards import guarded
from archc.emit.python.imports import Imports
from archc.emit.python.layout import (
    INDENT,
    Brackets,
    Expr,
    Repeated,
    call,
    lay_out,
    literal,
    string,
)
from archc.emit.python.starts import Makers, started
from archc.emit.python.submodules import list_containers, split_name
from archc.names import is_attribute
from archc.network import Graph, Module, Network, Node, Primitive

MARK = "# Compiled by archc: change the spec, not this file."
"""The first line, by which archc knows a file of its own that it may overwrite."""

FEWEST_REPEATS = 3
"""From how many equal entries on a `Sequential` is written with a loop."""


def python(network: Network, guards: bool = False) -> str:
    """PyTorch source that needs torch alone. Its last class is the network; the same spec gives the
    same bytes. With `guards`, the network checks the sizes of its inputs.
    """
    plan = plan_classes(network)
    parameters = explain_arguments(network, plan)
    imports = Imports()
    taken = {name for each in parameters.values() for name in each.names}
    makers = Makers(network, taken, imports)
    writers = [_Class(plan, parameters, makers, each, network, imports) for each in plan.classes]
    classes = [[*writer.lines()] for writer in writers]
    if guards:
        classes[-1] = guarded(network, classes[-1], imports)
    helpers = map(imports.use_all, _helpers(network))
    body = "\n\n\n".join([*helpers, *makers.texts(), *map("\n".join, classes)])
    head = f"{MARK}\n{docstring(_header(network), 0)}"
    return "\n".join([head, "", *imports.lines(), "", "", body, ""])


def root_class(network: Network) -> str:
    """The name of the class that is the network."""
    return plan_classes(network).classes[-1].name


def _helpers(network: Network) -> list[str]:
    """The classes of archc's own that the network uses, in the order of their first use."""
    primitives = (visit.node.what for visit in network.walk())
    calls = (what.call for what in primitives if isinstance(what, Primitive))
    sources = [call.helper.strip() for call in calls if call.helper is not None]
    return list(dict.fromkeys(sources))


def _header(network: Network) -> list[str]:
    """What the module's docstring says: the summary and the source."""
    return _said(network.summary, f"The network `{network.name}`.", network.source)


class _Class:
    def __init__(
        self,
        plan: Plan,
        parameters: dict[str, Parameters],
        makers: Makers,
        subject: ClassPlan,
        network: Network,
        imports: Imports,
    ) -> None:
        self.imports = imports
        self.plan = plan
        self.parameters = parameters
        self.makers = makers
        self.subject = subject
        self.network = network
        self.own = parameters[subject.name]
        self.is_network = subject is plan.classes[-1]
        # Arguments are known by leaf in run order, constructors are written in registration order.
        leaves = plan.leaves(subject.graph)
        self.texts = {
            id(leaf.node): texts for leaf, texts in zip(leaves, self.own.texts, strict=True)
        }

    def lines(self) -> Iterator[str]:
        graph = self.subject.graph
        base = "nn.Sequential" if graph.is_chain else "nn.Module"
        yield f"class {self.subject.name}({base}):"
        yield docstring(self._summary(), 1)
        yield ""
        arguments = [
            ("", "self"),
            *(("", f"{n}: {_annotation(v)}") for n, v in self.own.names.items()),
        ]
        yield from lay_out(call("__init__", arguments), "def ", " -> None:", 1)
        if graph.is_chain:
            yield from lay_out(self._sequential(graph, "super().__init__"), depth=2)
            return
        yield f"{INDENT * 2}super().__init__()"
        yield from self._assignments(graph)
        yield ""
        yield from forward_lines(graph, self.is_network, self.imports)

    def _summary(self) -> list[str]:
        module = self.subject.modules[0]
        if self.is_network:
            given, made = (_shapes(self.network, inputs=inputs) for inputs in (True, False))
            return [f"From {given} to {made}."]
        if module.block is None:
            return [f"A part of `{self.network.name}`."]
        distinct = self._distinct()
        here = [f"Here {distinct}."] if distinct else []
        return _said(module.summary, f"The block `{module.block}`.", module.source, here)

    def _distinct(self) -> str:
        """The block's parameters that tell this class from the others of the block."""
        block = self.subject.modules[0].block
        family = [each for each in self.plan.classes if each.modules[0].block == block]
        values = {
            name: {literal(module.parameters[name]) for each in family for module in each.modules}
            for name in self.subject.modules[0].parameters
        }
        own = {name: {literal(m.parameters[name]) for m in self.subject.modules} for name in values}
        told = [
            f"`{name}` is {min(own[name])}"
            for name in values
            if len(own[name]) == 1 < len(values[name])
        ]
        return " and ".join(told) if len(family) > 1 else ""

    # Constructors

    def _assignments(self, graph: Graph) -> Iterator[str]:
        for node in graph.nodes:
            if node.is_parameter:
                yield from lay_out(self._parameter(node), f"self.{node.name} = ", "", 2)
        done: set[str] = set()
        for node in graph.registered:
            container = split_name(node.name)[0]
            if container not in done:
                expr = self._container(graph, container) if container else self._constructor(node)
                yield from _assigned(container or node.name, expr)
            if container:
                done.add(container)

    def _parameter(self, node: Node) -> Expr:
        assert isinstance(node.what, Primitive)
        shape = self.texts[id(node)]["shape"]
        init = node.what.init.get("")
        made = "torch.zeros" if init is None else "torch.empty"
        tensor: Expr = call(self.imports.use(made), [("", shape)])
        return call("nn.Parameter", [("", started(init, tensor) if init else tensor)])

    def _container(self, graph: Graph, container: str) -> Expr:
        """`nn.ModuleList` where the members are numbered from 0, else `nn.ModuleDict`."""
        members = [node for node in graph.registered if split_name(node.name)[0] == container]
        entries = [(split_name(node.name)[1], self._constructor(node)) for node in members]
        if container in list_containers(graph):
            items = Brackets(
                "[", tuple(("", entry) for _, entry in entries), "]", spread=len(entries) > 1
            )
            return call("nn.ModuleList", [("", items)])
        keyed = tuple((f"{string(name)}: ", entry) for name, entry in entries)
        return call("nn.ModuleDict", [("", Brackets("{", keyed, "}", spread=len(keyed) > 1))])

    def _sequential(self, graph: Graph, target: str = "nn.Sequential") -> Expr:
        nodes = graph.nodes
        entries = [self._constructor(node) for node in nodes]
        if [node.name for node in nodes] == [str(position) for position in range(len(nodes))]:
            arguments = list(_collapsed(entries))
            return call(target, arguments, spread=len(arguments) > 1)
        items = tuple(
            (f"{string(node.name)}: ", entry) for node, entry in zip(nodes, entries, strict=True)
        )
        named = call(
            self.imports.use("OrderedDict"),
            [("", Brackets("{", items, "}", spread=len(items) > 1))],
        )
        return call(target, [("", named)])

    def _constructor(self, node: Node) -> Expr:
        texts = self.texts.get(id(node))
        if texts is None:
            assert isinstance(node.what, Module)
            return self._sequential(node.what.graph)
        if isinstance(node.what, Primitive):
            positional, target = node.what.call.positional, self.makers.target(node.what)
        else:
            plan = self.plan.class_of(node.what)
            assert plan is not None
            positional, target = _leading(self.parameters[plan.name]), plan.name
        items = enumerate(texts.items())
        return call(
            target,
            [("" if index < positional else f"{name}=", text) for index, (name, text) in items],
        )


def _said(
    summary: str | None, otherwise: str, source: str | None, more: Sequence[str] = ()
) -> list[str]:
    """What a docstring says of a network or block."""
    said = (summary or "").strip() or otherwise
    return [said, *more, f"Source: {source}"] if (source or "").strip() else [said, *more]


def _shapes(network: Network, inputs: bool) -> str:
    """The inputs or outputs in words: `image` `[N, 1, 224, 224]`."""
    graph = network.graph
    named = [(port.name, port.shape) for port in graph.inputs]
    if not inputs:
        named = [(output.name, graph.shape(output.reference)) for output in graph.outputs]
    texts = {name: ", ".join(str(network.at(size)) for size in shape) for name, shape in named}
    if not inputs and len(texts) == 1:
        return f"`[{texts.popitem()[1]}]`"
    return ", ".join(f"`{name}` `[{text}]`" for name, text in texts.items())


def _assigned(name: str, expr: Expr) -> list[str]:
    """The line that registers a submodule."""
    if is_attribute(name):
        return lay_out(expr, f"self.{name} = ", "", 2)
    return lay_out(call("self.add_module", [("", string(name)), ("", expr)]), depth=2)


def _leading(parameters: Parameters) -> int:
    """How many arguments people write without a name: the sizes in, and the channels out."""
    names = list(parameters.names)
    leading = sum(1 for name in names if name in parameters.ports)
    return leading + (names[leading : leading + 1] == ["out_channels"])


def _collapsed(entries: Sequence[Expr]) -> Iterator[tuple[str, Expr]]:
    """Entries of a `Sequential`, runs of equal ones as a loop."""
    for entry, run in groupby(entries):
        count = len(list(run))
        if count < FEWEST_REPEATS:
            yield from [("", entry)] * count
        else:
            yield "", Repeated(entry, count)


def _annotation(values: tuple[object, ...]) -> str:
    """The type of a constructor parameter, from all its values."""
    return " | ".join(sorted({_type_text(value) for value in values}))


def _type_text(value: object) -> str:
    if value is None:
        return "None"
    if isinstance(value, (list, tuple)):
        inner = sorted({_type_text(item) for item in value})
        return f"tuple[{' | '.join(inner) or 'int'}, ...]"
    return type(value).__name__
