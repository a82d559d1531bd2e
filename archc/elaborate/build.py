"""A list of nodes to a graph: laid out, put in order, then each node built from what is built."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping, Sequence
from copy import copy
from dataclasses import replace
from typing import cast

from archc.diagnostics import Label, catalogue
from archc.document.format import ParameterSpec
from archc.document.loader import BlockText, Unit
from archc.document.nodes import Items
from archc.elaborate.apply import apply_difference
from archc.elaborate.entry import Draft, Edge, Entry, Gate, Name, Unknown
from archc.elaborate.finish import Finisher
from archc.elaborate.kept import GRAPHS, KeptGraph, height
from archc.elaborate.ledger import MAX_DEPTH, Ledger
from archc.elaborate.names import TensorNames
from archc.elaborate.operation import make_operation, unknown_operation
from archc.elaborate.order import order
from archc.elaborate.primitive import make_primitive
from archc.elaborate.scope import Scope, bind_parameters, check_parameter, expressions_of, quoted
from archc.elaborate.site import UNKNOWN, AlreadyReported, NodeError, Site
from archc.elaborate.unroll import reference, unroll
from archc.network import Graph, Module, Reference
from archc.sizes import TooComplex


class ListBuilder:
    """The nodes of one list so far, and what its names mean.

    `ports` are the graph's inputs with the names by which its text may call them; of a list within
    a block `parent` is the list around it, and `feeds` what its ports carry from there. A port
    without a tensor is broken.
    """

    def __init__(
        self,
        ledger: Ledger,
        ports: Sequence[tuple[str, Edge | None]],
        parent: ListBuilder | None = None,
        feeds: Sequence[Edge] = (),
        depth: int = 0,
    ) -> None:
        self.ledger = ledger
        self.parent = parent
        self.depth = depth
        self.names: TensorNames = TensorNames(
            ledger, ports, parent.names if parent else None, feeds
        )
        self.drafts: list[Draft] = []
        self._first = ports[0][1] if ports else None
        self._is_broken = any(edge is None for _, edge in ports)
        self._drafted: dict[int, Draft] = {}

    def build(self, items: Items, site: Site, scope: Scope) -> None:
        """All nodes of the list. What is wrong with one is reported, and the others go on."""
        if site.is_broken:
            self._is_broken = True
            return
        names, source = self.names, site.unit.source
        if site.unit.builtin:
            self.ledger.files[source.file.name] = source
        outside = copy(names)  # without the list, whose entries would hold themselves
        outer = scope.seeing(outside.numbers, outside.hides)
        unrolled = unroll(items, site, outer, self._first, names.visible, self.ledger)
        names.list = unrolled
        ordered = order(unrolled)
        for ring in ordered.rings:
            self.ledger.report(_cycle(ring))
        names.results = dict.fromkeys(entry.order for ring in ordered.rings for entry in ring)
        for entry in ordered.entries:
            if entry.order not in names.results:
                names.results[entry.order] = self._results(entry)

    def finish(self, outputs: Mapping[str, Edge], training: frozenset[str] = frozenset()) -> Graph:
        """The graph, if all of the list could be built."""
        is_complete = self.names.list.is_complete and None not in self.names.results.values()
        if self._is_broken or not is_complete:
            raise AlreadyReported
        finished = Finisher(self.drafts, self.names.ports, outputs, self.ledger.report)
        if self.depth == 0:
            finished.refuse_unread_ports()
        kept = finished.kept_ports() if self.parent else range(len(self.names.ports))
        self.names.feeds = [self.names.feeds[port] for port in kept] if self.parent else []
        return finished.graph(kept, training)

    def outputs(self, named: Mapping[str, str], site: Site, scope: Scope) -> dict[str, Edge]:
        """The outputs of a block or list: those that are named, else what its last node gives."""
        if not named:
            return {edge.result or str(i): edge for i, edge in enumerate(self.names.last())}
        sites = {name: site.at("outputs", name) for name in named}
        return {
            name: self.names.fetch(reference(text, scope, sites[name]), sites[name])
            for name, text in named.items()
        }

    # One node

    def _results(self, entry: Entry) -> tuple[Edge, ...] | None:
        """What a node gives; None where it is wrong, or reads what is."""
        try:
            return self._node(entry)
        except NodeError as refusal:
            self.ledger.report(refusal)
        except AlreadyReported:
            pass
        return None

    def _node(self, entry: Entry) -> tuple[Edge, ...]:
        names = self.names
        is_there = self._is_there(entry)
        if is_there is False:
            names.absent.add(entry.order)
            if isinstance(entry.callee, Unknown):
                self._check(entry)
            return (names.fetch(entry.reads[0], entry.call_site),) if entry.reads else ()
        entry = entry._replace(scope=entry.scope.seeing(names.numbers, names.hides))
        inputs = self._inputs(entry)
        if is_there is UNKNOWN or entry.is_broken or len(inputs) < len(entry.reads):
            self._check(entry)
            raise AlreadyReported
        draft = self._drafted[entry.order] = self._call(entry, inputs)
        number = len(self.drafts)
        self.drafts.append(draft)
        results = draft.what.graph.outputs if isinstance(draft.what, Module) else ()
        return tuple(
            [
                Edge(
                    Reference(number, index),
                    shape,
                    entry.title,
                    entry.site,
                    results[index].name if results else "",
                )
                for index, shape in enumerate(draft.shapes)
            ]
        )

    def _inputs(self, entry: Entry) -> list[Edge]:
        """The tensors that a node reads, but for those that are not there, which is reported."""
        found, here = list[Edge](), entry.call_site
        for read in entry.reads:
            try:
                found.append(self.names.fetch(read, here))
            except NodeError as refusal:
                self.ledger.report(refusal)
            except AlreadyReported:
                pass
        return found

    def _is_there(self, entry: Entry) -> bool:
        """Whether all that is said by `when` holds; UNKNOWN where that is wrong, or not known."""
        try:
            return all(self._is_open(gate) for gate in entry.gates)
        except NodeError as refusal:
            self.ledger.report(refusal)
        except AlreadyReported:
            pass
        return cast(bool, UNKNOWN)

    def _is_open(self, gate: Gate) -> bool:
        scope = gate.scope.seeing(self.names.numbers, self.names.hides)
        value = scope.evaluate(gate.condition, gate.site)
        if type(value) is not bool:
            raise gate.site.refuse(
                catalogue.WRONG_TYPE,
                f"`when` takes true or false, not {quoted(value)}",
                help=gate.site.value_help("true or false"),
            )
        return value

    def _check(self, entry: Entry) -> None:
        """Reports what is wrong with a node whatever it reads, for one whose input failed."""
        item, depth = entry.item, self.depth + 1
        if isinstance(entry.callee, Unknown):
            raise unknown_operation(entry.operation, entry.call_site)
        if depth > MAX_DEPTH:
            return
        if item.seq is not None:
            inner = ListBuilder(self.ledger, [], self, [], depth)
            inner.build(item.seq, entry.items_site, entry.scope)
        elif entry.applied is not None:
            self._applied(entry, entry.applied)
        elif isinstance(entry.callee, BlockText):
            self._check_block(entry.callee, entry)
        elif entry.callee is not None:
            arguments = entry.scope.arguments(item.arguments, entry.arguments_site)
            make_operation(entry, entry.callee, arguments)

    def _check_block(self, text: BlockText, entry: Entry) -> None:
        """Reports what is wrong with a call of a block, and with the block of a person, whatever it
        reads.
        """
        site = Site(text.unit, text.path, text.name, caller=entry.call_site)
        inner = ListBuilder(self.ledger, unknown_ports(text), depth=self.depth + 1)
        scope, _ = inner._bound(text, site, entry)
        if not text.unit.builtin and (text.unit, text.name) not in self.ledger.checked:
            self.ledger.checked.add((text.unit, text.name))
            inner.build(text.body.graph, site.at("graph"), scope)

    def _call(self, entry: Entry, inputs: list[Edge]) -> Draft:
        if self.depth >= MAX_DEPTH:
            raise entry.call_site.refuse(
                catalogue.MODULES_TOO_DEEP,
                f"modules nest more than {MAX_DEPTH} deep here",
                key=True,
            )
        if entry.applied is not None:
            return self._again(entry, entry.applied, inputs)
        if entry.item.seq is not None:
            return self._group(entry.item.seq, entry, inputs)
        if isinstance(entry.callee, Unknown):
            dims = max(len(inputs[0].shape) - 2, 1) if inputs else None
            raise unknown_operation(entry.operation, entry.call_site, dims)
        if isinstance(entry.callee, BlockText):
            return self._block(entry.callee, entry, inputs)
        assert entry.callee is not None
        self.ledger.called.add(entry.operation)
        starts = self.ledger.init.get(entry.operation, {})
        try:
            known = self.ledger.declared
            draft = make_primitive(entry, entry.callee, inputs, self, known, starts)
            self.ledger.count_atoms(draft.shapes)
        except TooComplex as error:
            raise entry.call_site.refuse(
                catalogue.SIZES_TOO_DEEP,
                f"the sizes of `{entry.operation}` are beyond exact arithmetic: {error}",
                help="fewer resamplings by fractions in a row, fewer joins along a height or width",
                key=True,
            ) from None
        return draft

    def _group(self, items: Items, entry: Entry, inputs: list[Edge]) -> Draft:
        if len(inputs) != 1:
            raise entry.site.at("from").refuse(
                catalogue.WRONG_NUMBER_OF_INPUTS,
                "a list reads one tensor; nodes in it may read others by name",
            )
        base = entry.items_site
        first = inputs[0]._replace(reference=Reference(-1))
        inner = ListBuilder(self.ledger, [("", first)], self, inputs, self.depth + 1)
        inner.build(items, base, entry.scope)
        body = inner.finish(inner.outputs({}, base, entry.scope))
        module = Module(None, None, None, body, entry.scope.parameters, {}, entry.scope.bindings)
        return _draft(entry, module, inner.names.feeds)

    def _block(self, text: BlockText, entry: Entry, inputs: list[Edge]) -> Draft:
        body = text.body
        try:
            _check_inputs(text, entry, inputs)
        except (NodeError, AlreadyReported):
            self._check_block(text, entry)
            raise
        site = Site(text.unit, text.path, text.name, caller=entry.call_site)
        ports = [
            (name, Edge(Reference(-1 - index), edge.shape, edge.producer, edge.site))
            for index, (name, edge) in enumerate(zip(body.inputs, inputs, strict=True))
        ]
        inner = ListBuilder(self.ledger, ports, depth=self.depth + 1)
        scope, is_known = inner._bound(text, site, entry)
        key = self.ledger.key(text, scope, [e.shape for e in inputs]) if is_known else None
        graph = None if key is None else self.ledger.find(key, text.unit, inner.depth)
        if graph is None and is_known:
            graph = inner._graph(text, site, scope, key)
        if graph is None:
            if not text.unit.builtin:
                inner.build(body.graph, site.at("graph"), scope)
            raise AlreadyReported
        module = Module(
            text.name,
            body.summary,
            body.source,
            graph,
            scope.parameters,
            expressions_of(entry.item.arguments),
            entry.scope.bindings,
        )
        return _draft(entry, module, inputs)

    def _graph(self, text: BlockText, site: Site, scope: Scope, key: Hashable | None) -> Graph:
        """The graph of a block, which this list is; it is kept under its `key`."""
        ledger, nodes, atoms = self.ledger, self.ledger.nodes, self.ledger.atoms
        called, relies, files = ledger.called, ledger.relies, ledger.files
        ledger.called, ledger.relies, ledger.files = {text.name}, set(), {}
        try:
            self.build(text.body.graph, site.at("graph"), scope)
            graph = self.finish(self.outputs(text.body.outputs, site, scope))
            if key is not None:
                cost = ledger.nodes - nodes, ledger.atoms - atoms
                own = frozenset(ledger.called), frozenset(ledger.relies)
                GRAPHS.keep(key, KeptGraph(graph, *cost, *own, ledger.files, height(graph)))
        finally:
            ledger.called |= called
            ledger.relies |= relies
            ledger.files = {**files, **ledger.files}
        return graph

    def _bound(self, text: BlockText, site: Site, entry: Entry) -> tuple[Scope, bool]:
        """What the text of a block, which this list is, sees in a call: its parameters, those of
        its file, the sizes of its inputs; and whether all arguments fit. What does not is reported,
        its value UNKNOWN.
        """
        base, declared, params = entry.arguments_site, text.body.params, site.at("params")
        report = self.ledger.report
        outer = Scope({}) if text.unit.builtin else self.ledger.scope_of(text.unit)
        scope = Scope({}, outer.parameters, is_open=outer.is_open)
        values, refused = entry.scope.arguments(entry.item.arguments, base)
        given = {name: (value, base.at(name)) for name, value in values.items()}
        known = (*declared, *params.broken_keys())
        strange = {name: base.at(name).written for name in values if name not in known}
        if strange and not params.is_broken:
            from archc.elaborate.arguments import ArgumentKeys, unknown_arguments

            needed = [name for name, each in declared.items() if each.required]
            missing = [name for name in needed if name not in values]
            keys = ArgumentKeys(text.name, known, base, entry.call_site, entry.scope)
            found, meant = unknown_arguments(strange, missing, keys)
            refused += found
            given |= {name: (UNKNOWN, base) for name in meant if name in missing}
        report(NodeError(*refused))
        sizes = scope.seeing(self.names.numbers, self.names.hides)
        bound = bind_parameters(declared, given, sizes, params, entry.call_site, report)
        return bound, not refused and UNKNOWN not in bound.parameters.values()

    def _applied(self, entry: Entry, name: Name) -> Entry:
        """The node that is applied again."""
        named = self.names.list.named
        if name.text in named:
            return named[name.text]
        if self.names.hides(name.text):
            raise AlreadyReported
        raise entry.call_site.refuse(
            catalogue.UNKNOWN_REFERENCE,
            f"there is no module `{name.text}` in this list to apply again",
            misspelt=(name.text, named),
        )

    def _again(self, entry: Entry, name: Name, inputs: list[Edge]) -> Draft:
        """The node that calls a module once more."""
        here, target = entry.call_site, self._applied(entry, name)
        self.names.given(target)
        first = self._drafted.get(target.order)
        if first is None or not first.registers or first.shares is not None:
            message = f"`{name.text}` is not a module that could be applied again"
            raise here.refuse(catalogue.UNKNOWN_REFERENCE, message)
        scope = target.scope.seeing(self.names.numbers, self.names.hides)
        second = self._call(target._replace(reads=entry.reads, scope=scope), inputs)
        unlike = apply_difference(first.what, second.what)
        if unlike is not None:
            message = f"`{name.text}` was made for another input: {unlike.text}"
            raise here.refuse(catalogue.SIZE_MISMATCH, message, help=unlike.help)
        return replace(second, entry=entry, shares=first)


def check_uncalled(unit: Unit, ledger: Ledger) -> None:
    """Reports what is wrong, whatever they read and are given, with the blocks of a file that
    nothing calls; and where there are mistakes with all, as what would call them may be broken.
    """
    is_broken = bool(ledger.diagnostics)
    apart = replace(ledger, nodes=0)
    for name in unit.model.blocks if unit.model else ():
        if is_broken or name not in ledger.called:
            _check_block(unit, name, apart)


def _check_block(unit: Unit, name: str, ledger: Ledger) -> None:
    text, outer = unit.block(name), ledger.scope_of(unit)
    assert text is not None
    site = Site(unit, text.path, text.name)
    params, builder = site.at("params"), ListBuilder(ledger, unknown_ports(text), depth=1)
    known = dict.fromkeys((*text.body.params, *params.broken_keys()), UNKNOWN)
    scope = Scope(
        known,
        dict.fromkeys(outer.parameters, UNKNOWN),
        is_open=outer.is_open or params.is_broken,
    ).seeing(builder.names.numbers, builder.names.hides)
    for name, parameter in text.body.params.items():
        if not parameter.required:
            here = params.at(name).at("default")
            _try(ledger, _check_default, name, parameter, scope, here)
    builder.build(text.body.graph, site.at("graph"), scope)
    for name, written in text.body.outputs.items():
        _try(ledger, builder.outputs, {name: written}, site, scope)


def _check_default(name: str, parameter: ParameterSpec, scope: Scope, site: Site) -> None:
    check_parameter(name, parameter, scope.evaluate(parameter.default, site), site)


def _try(ledger: Ledger, check: Callable[..., object], *arguments: object) -> None:
    try:
        check(*arguments)
    except NodeError as refusal:
        ledger.report(refusal)
    except AlreadyReported:
        pass


def unknown_ports(text: BlockText) -> list[tuple[str, None]]:
    """The inputs of a block of which nothing is known."""
    is_broken = Site(text.unit, text.path).at("inputs").is_broken
    return [("", None)] if is_broken else [(name, None) for name in text.body.inputs]


def _draft(entry: Entry, module: Module, feeds: Sequence[Edge]) -> Draft:
    """The node that is `module`, reading `feeds`."""
    graph = module.graph
    return Draft(
        entry,
        module,
        tuple([edge.reference for edge in feeds]),
        tuple([edge.shape for edge in feeds]),
        tuple([graph.shape(output.reference) for output in graph.outputs]),
        (),
    )


def _check_inputs(text: BlockText, entry: Entry, inputs: list[Edge]) -> None:
    """Refuses another number of tensors than a block reads."""
    if Site(text.unit, text.path).at("inputs").is_broken:
        raise AlreadyReported
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


_MOST_OF_A_RING = 20
"""How many nodes of a ring are named."""


def _cycle(ring: Sequence[Entry]) -> NodeError:
    first, *others = ring
    titles = [f"`{waiting.title}`" for waiting in (first, *others, first)]
    if len(titles) > _MOST_OF_A_RING:
        titles[_MOST_OF_A_RING // 2 : -_MOST_OF_A_RING // 2] = ["…"]
    names = " -> ".join(titles)
    return first.site.refuse(
        catalogue.REFERENCE_CYCLE,
        f"`{first.title}` waits for its own result: {names}",
        help="let one of them read another node; without `from`, a node reads the one before"
        if others
        else "let it read another node",
        related=[
            Label(other.site.place(), f"`{other.title}` is part of the ring")
            for other in others[:_MOST_OF_A_RING]
        ],
    )
