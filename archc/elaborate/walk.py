"""Document to Network: one walk that evaluates, unrolls, infers sizes, decides torch calls."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import zip_longest
from typing import Any

from archc.blocks import BLOCKS
from archc.diagnostics import Diagnostic, SpecError, catalogue
from archc.document import Apply, Group, Join
from archc.elaborate.boundary import document_outputs, document_scope, input_ports, symbols
from archc.elaborate.declared import Declared
from archc.elaborate.entry import Draft, Edge, Entry
from archc.elaborate.graph import GraphBuilder
from archc.elaborate.init import Starts, document_init
from archc.elaborate.operation import make_operation, unknown_argument
from archc.elaborate.primitive import make_primitive
from archc.elaborate.scope import Scope, bind_parameters, expressions_of, shown
from archc.elaborate.site import UNKNOWN, Downstream, Refusal, Site
from archc.elaborate.unroll import Callee, reference
from archc.hints.names import operation_help, operation_synonym
from archc.library import BlockText, Unit, block_text
from archc.lint import unused
from archc.network import Module, Network, Primitive, Reference
from archc.ops import OPERATIONS, operation_class
from archc.ops.operation import Call, Shape
from archc.sizes import evaluate

MAX_NODES = 100_000
MAX_DEPTH = 64
"""How deep modules nest: torch calls three functions a level, and Python allows a thousand."""


def elaborate(
    unit: Unit,
    given: Mapping[str, Any],
    variant: str | None,
    shapes: Mapping[str, Sequence[int]],
    *,
    at_any_size: bool = False,
    most_nodes: int = MAX_NODES,
) -> Network:
    """The network that a spec means, with parameters and input shapes (without batch) replaced by
    those `given`.

    With `at_any_size` it may not run at the declared sizes, and not be the same at others: it is
    for solving what its nodes ask of the sizes. Raises SpecError with every independent mistake.
    """
    walk = _Walk(at_any_size, most_nodes)
    try:
        return walk.network(unit, given, variant, shapes)
    except Refusal as refusal:
        walk.report(refusal)
    except Downstream:
        pass
    except RecursionError:  # expressions, blocks and forward references, each within its limit
        message = "nodes, blocks and expressions wait for each other too deeply here"
        walk.report(Site(unit).at("graph").refuse(catalogue.REFERENCES_TOO_DEEP, message, key=True))
    raise SpecError(walk.found())


class _Walk:
    """The state of one elaboration: what was found, what was spent, the declared sizes."""

    def __init__(self, at_any_size: bool, most_nodes: int) -> None:
        self.declared = Declared({}, frozenset(), at_any_size)
        self._most_nodes = most_nodes
        self._init: Mapping[str, Starts] = {}
        self._called: set[str] = set()
        self._diagnostics: dict[object, Diagnostic] = {}
        self._nodes = 0
        self._checked: set[tuple[Unit, str]] = set()
        self._file_scopes: dict[Unit, Scope] = {}

    # What a list needs of the walk: the `Host` of graph.py

    def report(self, refusal: Refusal) -> None:
        for diagnostic in refusal.diagnostics:
            place = diagnostic.place
            self._diagnostics.setdefault((place.file.name, place.span), diagnostic)

    def found(self) -> tuple[Diagnostic, ...]:
        """All diagnostics, a place once, in the order of the files' text."""
        found = self._diagnostics.values()
        return tuple(sorted(found, key=lambda d: (d.place.file.name, d.place.span)))

    def spend(self, site: Site, count: int) -> None:
        """Counts nodes, and rounds of loops, before they are unrolled; once there are too many,
        nothing more is.
        """
        before, self._nodes = self._nodes, self._nodes + count
        if self._nodes <= self._most_nodes:
            return
        if before <= self._most_nodes:
            message = f"the network has more than {self._most_nodes:,} nodes and rounds of loops"
            advice = (
                "lower a `repeat`, or shorten the list of a `for`; no option raises this limit, "
                "`MAX_NODES` of archc"
            )
            self.report(site.refuse(catalogue.TOO_MANY_NODES, message, help=advice))
        raise Downstream

    def numbers(self, shape: Shape) -> Sequence[int | None]:
        known = (
            d
            if isinstance(d, int) or not d.symbols <= self.declared.sizes.keys()
            else evaluate(d, self.declared.sizes)
            for d in shape
        )
        return [d if isinstance(d, int) else None for d in known]

    def callee(self, name: str, site: Site) -> Callee:
        if name in OPERATIONS:
            return operation_class(name)
        if name in ("seq", "apply"):
            return None
        text = block_text(site.unit, name)
        if text is not None:
            return text
        blocks = Site(site.unit).at("blocks")
        if blocks.at(name).is_broken:
            raise Downstream
        if name[:1].isupper() and (blocks.is_broken or site.unit.uses_broken):
            raise Downstream
        reach = [*OPERATIONS, *BLOCKS, *site.unit.blocks, "seq", "apply"]
        elsewhere = operation_synonym(name)
        raise site.refuse(
            catalogue.UNKNOWN_OPERATION,
            f"there is no operation or block `{name}`",
            help=elsewhere or operation_help(name, reach),
            key=True,
            misspelt=None if elsewhere else (name, reach),
        )

    def check(self, entry: Entry, graph: GraphBuilder) -> None:
        """Refuses what is wrong with a node whatever it reads, for one whose input failed."""
        item, depth = entry.item, graph.depth + 1
        if depth > MAX_DEPTH:
            return
        if isinstance(item, Group):
            GraphBuilder(self, [], graph, [], depth).elaborate(
                item.seq, _items_site(entry), entry.scope
            )
        elif isinstance(item, Apply):
            self._target(item, entry, graph)
        elif isinstance(entry.callee, BlockText):
            self._check_block(entry.callee, entry, depth)
        elif entry.callee is not None:
            make_operation(entry, entry.callee, item.arguments, _arguments_site(entry))

    def _check_block(self, text: BlockText, entry: Entry, depth: int) -> None:
        """Reports what is wrong with a call of a block, and with the block of a person, whatever it
        reads.
        """
        site = Site(text.unit, text.path, text.name, caller=entry.call_site)
        builder = GraphBuilder(self, _unknown_ports(text), depth=depth)
        scope, _ = self._bound(text, site, entry, builder)
        if not text.unit.builtin and (text.unit, text.name) not in self._checked:
            self._checked.add((text.unit, text.name))
            builder.elaborate(text.body.graph, site.at("graph"), scope)

    def _check_blocks(self, unit: Unit) -> None:
        """Reports what is wrong with the blocks of a file whatever they read and are given, as what
        would call them may be broken.
        """
        for name in unit.document.blocks:
            text = unit.block(name)
            assert text is not None
            params = dict.fromkeys(text.body.params, UNKNOWN)
            scope = Scope(params, self._file_scope(unit).parameters, is_open=True)
            builder = GraphBuilder(self, _unknown_ports(text), depth=1)
            site = Site(unit, text.path, text.name)
            builder.elaborate(text.body.graph, site.at("graph"), scope)

    def call(self, entry: Entry, inputs: list[Edge], graph: GraphBuilder) -> Draft:
        item = entry.item
        if graph.depth >= MAX_DEPTH:
            raise entry.call_site.refuse(
                catalogue.MODULES_TOO_DEEP,
                f"modules nest more than {MAX_DEPTH} deep here",
                key=True,
            )
        if isinstance(item, Apply):
            return self._apply(item, entry, inputs, graph)
        if isinstance(item, Group):
            return self._group(item, entry, inputs, graph)
        if isinstance(entry.callee, BlockText):
            return self._block(entry.callee, entry, inputs, graph.depth + 1)
        assert entry.callee is not None
        operation = make_operation(entry, entry.callee, item.arguments, _arguments_site(entry))
        self._called.add(entry.operation)
        starts = self._init.get(entry.operation, {})
        return make_primitive(entry, operation, inputs, graph, self.declared, starts)

    # Modules

    def _group(self, item: Group, entry: Entry, inputs: list[Edge], graph: GraphBuilder) -> Draft:
        if len(inputs) != 1:
            raise entry.site.at("from").refuse(
                catalogue.WRONG_NUMBER_OF_INPUTS,
                "a list reads one tensor; nodes in it may read others by name",
            )
        base = _items_site(entry)
        first = inputs[0]._replace(reference=Reference(-1))
        builder = GraphBuilder(self, [("", first)], graph, inputs, graph.depth + 1)
        builder.elaborate(item.seq, base, entry.scope)
        body = builder.finish(_outputs(builder, {}, base, entry.scope))
        module = Module(None, None, None, body, entry.scope.parameters, {}, entry.scope.bindings)
        return _draft(entry, module, builder.feeds)

    def _block(self, text: BlockText, entry: Entry, inputs: list[Edge], depth: int) -> Draft:
        body, arguments = text.body, entry.item.arguments
        try:
            self._check_inputs(text, entry, inputs)
        except (Refusal, Downstream):
            self._check_block(text, entry, depth)
            raise
        site = Site(text.unit, text.path, text.name, caller=entry.call_site)
        ports = [
            (name, Edge(Reference(-1 - index), edge.shape, edge.producer, edge.site))
            for index, (name, edge) in enumerate(zip(body.inputs, inputs, strict=True))
        ]
        builder = GraphBuilder(self, ports, depth=depth)
        scope, is_known = self._bound(text, site, entry, builder)
        if is_known or not text.unit.builtin:
            builder.elaborate(body.graph, site.at("graph"), scope)
        if not is_known:
            raise Downstream
        graph = builder.finish(_outputs(builder, body.outputs, site, scope))
        module = Module(
            text.name,
            body.summary,
            body.source,
            graph,
            scope.parameters,
            expressions_of(arguments),
            entry.scope.bindings,
        )
        return _draft(entry, module, inputs)

    def _bound(
        self, text: BlockText, site: Site, entry: Entry, builder: GraphBuilder
    ) -> tuple[Scope, bool]:
        """What the text of a block sees in a call: its parameters, those of its file, the sizes in
        `builder`; and whether all arguments fit. What does not is reported, its value UNKNOWN.
        """
        base, declared, params = _arguments_site(entry), text.body.params, site.at("params")
        outer = Scope({}) if text.unit.builtin else self._file_scope(text.unit)
        scope = Scope({}, outer.parameters, is_open=outer.is_open)
        values, refused = entry.scope.arguments(entry.item.arguments, base)
        known = (*declared, *params.broken_keys())
        for name in values:
            if name not in known and not params.is_broken:
                refused += unknown_argument(text.name, name, base.at(name), known).diagnostics
        self.report(Refusal(*refused))
        given = {name: (value, base.at(name)) for name, value in values.items()}
        sizes = scope.seeing(builder.numbers, builder.hides)
        call = entry.call_site
        bound = bind_parameters(declared, given, sizes, params, call, self.report)
        return bound, not refused and UNKNOWN not in bound.parameters.values()

    def _check_inputs(self, text: BlockText, entry: Entry, inputs: list[Edge]) -> None:
        """Refuses another number of tensors than a block reads."""
        if Site(text.unit, text.path).at("inputs").is_broken:
            raise Downstream
        wanted = len(text.body.inputs)
        if len(inputs) != wanted:
            names = ", ".join(f"`{name}`" for name in text.body.inputs)
            raise entry.call_site.refuse(
                catalogue.WRONG_NUMBER_OF_INPUTS,
                f"`{text.name}` reads {wanted} tensor{'s' * (wanted != 1)} ({names}), "
                f"not {len(inputs)}",
                help="list them in `from`",
                key=True,
            )

    def _target(self, item: Apply, entry: Entry, graph: GraphBuilder) -> tuple[str, Entry]:
        """The module that is applied again, by its name."""
        here = entry.call_site
        name = entry.scope.evaluate(item.module, here)
        target = graph.find_entry(name) if isinstance(name, str) else None
        if target is not None:
            return name, target
        if isinstance(name, str) and graph.hides(name):
            raise Downstream
        raise here.refuse(
            catalogue.UNKNOWN_REFERENCE,
            f"there is no module `{name}` in this list to apply again",
            misspelt=(name, graph.names) if isinstance(name, str) else None,
        )

    def _apply(self, item: Apply, entry: Entry, inputs: list[Edge], graph: GraphBuilder) -> Draft:
        here = entry.call_site
        name, target = self._target(item, entry, graph)
        graph.results(target)
        draft = graph.draft_of(target)
        if draft is None or not draft.registers or draft.shares is not None:
            raise here.refuse(
                catalogue.UNKNOWN_REFERENCE, f"`{name}` is not a module that could be applied again"
            )
        again = replace(target, reads=entry.reads, scope=target.scope)
        second = self.call(again, inputs, graph)
        difference = _difference(draft.what, second.what)
        if difference is not None:
            text, advice = difference
            message = f"`{name}` was made for another input: {text}"
            raise here.refuse(catalogue.SIZE_MISMATCH, message, help=advice)
        return replace(second, entry=entry, shares=draft)

    # The document

    def network(
        self,
        unit: Unit,
        given: Mapping[str, Any],
        variant: str | None,
        shapes: Mapping[str, Sequence[int]],
    ) -> Network:
        document = unit.document
        site = Site(unit)
        self.report(Refusal(*unit.mistakes))
        scope = document_scope(document, site, given, variant, self.report)
        self._file_scopes[unit] = scope
        ports, sizes = input_ports(document, site.at("inputs"), scope, shapes, self.report)
        batch = frozenset[str]().union(*(symbols(edge.shape[0]) for _, edge in ports if edge))
        self.declared = self.declared._replace(sizes=sizes, batch=batch)
        self._init = document_init(document.init, site.at("init"), scope, self.report)
        builder = GraphBuilder(self, ports)
        builder.elaborate(document.graph, site.at("graph"), scope)
        if self._diagnostics:
            self._check_blocks(unit)
        graph = builder.finish(*document_outputs(builder, document, site, scope, self.report))
        if self._diagnostics:
            raise Downstream
        return Network(
            file=unit.source.file,
            name=variant or document.name,
            summary=document.summary,
            source=document.source,
            parameters=scope.parameters,
            sizes=sizes,
            batch=batch,
            domains={
                name: bounds.sizes
                for declared in document.inputs.values()
                for name, bounds in declared.where.items()
            },
            graph=graph,
            warnings=unused(unit, self._called),
        )

    def _file_scope(self, unit: Unit) -> Scope:
        """The parameters of a file, at their defaults unless it is the spec itself."""
        if unit not in self._file_scopes:
            site = Site(unit).at("params")
            params = unit.model.params if unit.model else {}
            self._file_scopes[unit] = bind_parameters(
                params, {}, Scope({}), site, site, self.report
            )
        return self._file_scopes[unit]


def _unknown_ports(text: BlockText) -> list[tuple[str, None]]:
    """The inputs of a block of which nothing is known."""
    is_broken = Site(text.unit, text.path).at("inputs").is_broken
    return [("", None)] if is_broken else [(name, None) for name in text.body.inputs]


def _arguments_site(entry: Entry) -> Site:
    """Where the arguments of a call stand: beside a join's key, below any other."""
    return entry.site if isinstance(entry.item, Join) else entry.call_site


def _items_site(entry: Entry) -> Site:
    """Where the nodes of a list stand: below `seq`, or as a branch at once."""
    return entry.site.at("seq") if isinstance(entry.site.written, dict) else entry.site


def _draft(entry: Entry, module: Module, feeds: Sequence[Edge]) -> Draft:
    """The node that is `module`, reading `feeds`."""
    graph = module.graph
    return Draft(
        entry,
        module,
        tuple(edge.reference for edge in feeds),
        tuple(edge.shape for edge in feeds),
        tuple(graph.shape(output.reference) for output in graph.outputs),
        (),
    )


def _outputs(
    builder: GraphBuilder, named: Mapping[str, str], site: Site, scope: Scope
) -> dict[str, Edge]:
    """The outputs of a block or list: those that are named, else the results of its last node."""
    if named:
        sites = {name: site.at("outputs", name) for name in named}
        return {
            name: builder.fetch(reference(text, scope, sites[name])) for name, text in named.items()
        }
    return {edge.result or str(index): edge for index, edge in enumerate(builder.last())}


_OWN_MODULE = "write the node again in the place of `apply`: a module of its own fits its own input"
_OWN_INPUT = (
    "a list that reads its own input by name cannot read another: make it a block, where `input` "
    "is what each call reads"
)


def _difference(first: Primitive | Module, second: Primitive | Module) -> tuple[str, str] | None:
    """The first thing in which two elaborations of one module differ, and the way out."""
    if isinstance(first, Primitive) and isinstance(second, Primitive):
        if first.call == second.call:
            return None
        return _calls_differ(first.call, second.call), _OWN_MODULE
    assert isinstance(first, Module)
    assert isinstance(second, Module)
    pairs = zip_longest(first.graph.nodes, second.graph.nodes)
    for one, other in pairs:
        if one is None or other is None:
            numbers = (len(module.graph.nodes) for module in (first, second))
            return "{} nodes there would be {} here".format(*numbers), _OWN_MODULE
        if one.reads != other.reads:
            return f"`{one.name or one.operation}` in it would read other tensors here", _OWN_INPUT
        difference = _difference(one.what, other.what)
        if difference is not None:
            return difference
    return None


def _calls_differ(first: Call, second: Call) -> str:
    """In which arguments two calls differ, or that they call something else."""
    if first.target != second.target:
        return f"`{first.target}` there would be `{second.target}` here"
    names = dict.fromkeys((*first.arguments, *second.arguments))
    pairs = [(name, first.arguments.get(name), second.arguments.get(name)) for name in names]
    return ", ".join(
        f"`{name}` of `{first.target}` is {shown(one)} there and would be {shown(other)} here"
        for name, one, other in pairs
        if one != other
    )
