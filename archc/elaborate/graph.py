"""One list to one graph: each node after those that it reads, then names, numbers and outputs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from typing import Protocol, cast

from archc.diagnostics import Label, catalogue
from archc.document import Items
from archc.elaborate.entry import Draft, Edge, Entry, Gate, Name, Read
from archc.elaborate.finish import Finisher
from archc.elaborate.scope import Scope, shown
from archc.elaborate.site import UNKNOWN, Downstream, Refusal, Site
from archc.elaborate.unroll import Callee, Unroller
from archc.network import Graph, Module, Reference
from archc.ops.operation import Shape

MAX_PENDING = 40
"""How many nodes may wait for each other at once; a guard of the stack, met only by nested forward
references.
"""


class Host(Protocol):
    """What a list needs of the walk around it."""

    def callee(self, operation: str, site: Site) -> Callee: ...

    def call(self, entry: Entry, inputs: list[Edge], graph: GraphBuilder) -> Draft: ...

    def check(self, entry: Entry, graph: GraphBuilder) -> None: ...

    def report(self, refusal: Refusal) -> None: ...

    def spend(self, site: Site, count: int) -> None: ...

    def numbers(self, shape: Shape) -> Sequence[int | None]: ...


class GraphBuilder:
    """Elaborates one list.

    `ports` are the graph's inputs with the names by which its text may call them. A list within a
    block is built inside the graph of the list around it: `feeds` are the tensors of `parent` that
    its ports carry, and a name that is found only outside becomes one more port. `unknown` are the
    names that were refused, in these lists together: each is one mistake, however often it is read.
    A port without a tensor is broken; one without a name stands for all that a broken table names.
    """

    def __init__(
        self,
        host: Host,
        ports: Sequence[tuple[str, Edge | None]],
        parent: GraphBuilder | None = None,
        feeds: Sequence[Edge] = (),
        depth: int = 0,
    ) -> None:
        self.host = host
        self.parent = parent
        self.feeds = list(feeds)
        self._fed = {feed.reference: number for number, feed in enumerate(feeds)}
        self.depth = depth
        self.drafts: list[Draft] = []
        self._ports = [(name or "input", edge) for name, edge in ports if edge is not None]
        self._visible = {name: edge for name, edge in ports if name}
        self._hides_all = any(not name and edge is None for name, edge in ports)
        if parent is None and ports:
            self._visible.setdefault("input", ports[0][1])
        self._list = Unroller(
            ports[0][1] if ports else None, host.callee, host.report, host.spend, self._visible
        )
        self.unknown: set[str] = parent.unknown if parent else set()
        self._running: list[Entry] = []
        self._numbers: dict[Entry, int] = {}
        self._failed = len(self._ports) < len(ports)

    def elaborate(self, items: Items, site: Site, scope: Scope) -> None:
        """All nodes of the list, each after those that it waits for."""
        if site.is_broken:
            self._failed = True
            return
        self._list.unroll(items, site, scope.seeing(self._outer_numbers, self.hides))
        for entry in self._list.entries:
            for waited in self._in_order(entry):
                self._run(waited)

    # Results

    def results(self, entry: Entry) -> tuple[Edge, ...]:
        """The results of a node, which runs now if it has not run yet."""
        if entry.state == "running":
            raise self._cycle(entry)
        self._run(entry)
        if entry.edges is None:
            raise Downstream
        return entry.edges

    def fetch(self, read: Read, reader: Site | None = None) -> Edge:
        """The one tensor that a node reads; `reader` is the node where no reference is written."""
        if isinstance(read, Edge):
            return read
        if read is None:
            raise Downstream
        if isinstance(read, Name):
            return self._single(self.resolve(read), read.text, read.site)
        edges = self.results(read)
        if reader is not None and len(edges) > 1 and read.name is None:
            raise reader.refuse(
                catalogue.SEVERAL_RESULTS,
                f"`{read.title}`, the node before, has {len(edges)} results",
                help="give it a `name`, and say `from: NAME."
                f"{_result_names(edges)[0]}` here, or another of its results",
                related=[Label(read.call_site.place(key=True), "this node")],
                key=True,
            )
        return self._single(edges, read.title, reader or read.site)

    def resolve(self, name: Name) -> tuple[Edge, ...]:
        """All results that a reference means: those of a node, or one of them."""
        found = self.find(name.text)
        if found is not None:
            return found
        node, dot, result = name.text.rpartition(".")
        edges = self.find(node) if dot else None
        if edges is None:
            raise self._unknown(name)
        if self.is_left_out(node):
            return edges
        chosen = [
            edge
            for index, edge in enumerate(edges)
            if result in (str(index), edge.result) and result
        ]
        if not chosen:
            raise name.site.refuse(
                catalogue.UNKNOWN_REFERENCE,
                f"`{node}` has no result `{result}`",
                help="its results are "
                + ", ".join(f"`{node}.{text}`" for text in _result_names(edges))
                if len(edges) > 1
                else f"it has one result: write `{node}`",
            )
        return (chosen[0],)

    def in_reach(self) -> list[str]:
        """The names that a reference in this list may mean."""
        outer = self.parent.in_reach() if self.parent else []
        return [*self._list.named, *self._visible, *outer]

    def hides(self, name: str) -> bool:
        """Whether what is broken in this list or around it may have a `name`."""
        is_here = self._hides_all or self._list.hides(name)
        return is_here or (self.parent is not None and self.parent.hides(name))

    def with_part(self, part: str) -> list[str]:
        """The names in reach with a container of which `part` is the container or the rest."""
        outer = self.parent.with_part(part) if self.parent else []
        return [*self._parts.get(part, ()), *outer]

    @cached_property
    def _parts(self) -> Mapping[str, Sequence[str]]:
        """The names of this list with a container, by each of their parts."""
        found: dict[str, list[str]] = {}
        for name in self._list.named:
            for part in set(name.split(".")) if "." in name else ():
                found.setdefault(part, []).append(name)
        return found

    def find(self, name: str) -> tuple[Edge, ...] | None:
        """The results of the node, or the input, that a name means; None where there is no such."""
        if name in self._list.named:
            return self.results(self._list.named[name])
        if name in self._visible:
            return (self._there(name),)
        found = self.parent.find(name) if self.parent else None
        return None if found is None else tuple(self._capture(name, edge) for edge in found)

    def _there(self, name: str) -> Edge:
        """The input of a `name`; Downstream where it is broken."""
        edge = self._visible[name]
        if edge is None:
            raise Downstream
        return edge

    def find_entry(self, name: str) -> Entry | None:
        """The node of this list that is called `name`."""
        return self._list.named.get(name)

    @property
    def names(self) -> tuple[str, ...]:
        """The names of this list's nodes."""
        return tuple(self._list.named)

    def is_left_out(self, name: str) -> bool:
        """Whether a name means a node that a `when` left out: any result is what it would read."""
        entry = self._list.named.get(name)
        if entry is not None:
            self.results(entry)
            return entry.absent
        return self.parent is not None and self.parent.is_left_out(name)

    def ready(self) -> dict[str, Edge]:
        """The inputs and the named nodes of this list that are there by now, of one result each."""
        named = {
            name: entry.edges[0]
            for name, entry in self._list.named.items()
            if entry.state == "done" and entry.edges is not None and len(entry.edges) == 1
        }
        visible = {name: edge for name, edge in self._visible.items() if edge is not None}
        return {**visible, **named}

    def draft_of(self, entry: Entry) -> Draft | None:
        """The node that `entry` became; None for one that is absent, failed or a mere label."""
        number = self._numbers.get(entry)
        return None if number is None else self.drafts[number]

    def numbers(self, name: str) -> Sequence[int | None]:
        """The shape of the tensor that an expression names; to ask for it is not to read the
        tensor.
        """
        if name in self._list.named:
            edges = self.results(self._list.named[name])
            return self.host.numbers(self._single(edges, name, edges[0].site).shape)
        return self._outer_numbers(name)

    def _outer_numbers(self, name: str) -> Sequence[int | None]:
        if name in self._visible:
            return self.host.numbers(self._there(name).shape)
        if self.parent is None:
            raise LookupError(name)
        return self.parent.numbers(name)

    def _capture(self, name: str, outer: Edge) -> Edge:
        """The port that carries `outer`, a tensor of the graph around."""
        number = self._fed.get(outer.reference)
        if number is not None:
            return self._ports[number][1]._replace(
                producer=outer.producer, site=outer.site, result=outer.result
            )
        self._fed[outer.reference] = len(self._ports)
        inner = outer._replace(reference=Reference(-1 - len(self._ports)))
        self.feeds.append(outer)
        self._ports.append((name, inner))
        return inner

    @staticmethod
    def _single(edges: tuple[Edge, ...], title: str, site: Site) -> Edge:
        if len(edges) == 1:
            return edges[0]
        if not edges:
            raise site.refuse(
                catalogue.UNKNOWN_REFERENCE,
                f"`{title}` is left out by its `when`, and reads nothing to put in its place",
            )
        raise site.refuse(
            catalogue.SEVERAL_RESULTS,
            f"`{title}` has {len(edges)} results",
            help="say which: " + ", ".join(f"`{title}.{text}`" for text in _result_names(edges)),
        )

    # Running

    def _in_order(self, entry: Entry) -> Iterator[Entry]:
        """`entry` after the nodes of this list that it waits for, without recursion."""
        stack, seen = [(entry, self._waits_for(entry))], {entry}
        while stack:
            last, others = stack[-1]
            waiting = next((other for other in others if other not in seen), None)
            if waiting is None:
                stack.pop()
                yield last
                continue
            seen.add(waiting)
            if waiting.state == "new":
                stack.append((waiting, self._waits_for(waiting)))

    def _waits_for(self, entry: Entry) -> Iterator[Entry]:
        for read in entry.reads:
            found = self._list.named.get(read.text) if isinstance(read, Name) else read
            if isinstance(found, Entry):
                yield found

    def _run(self, entry: Entry) -> None:
        if entry.state != "new":
            return
        if len(self._running) >= MAX_PENDING:
            raise entry.site.refuse(
                catalogue.REFERENCES_TOO_DEEP,
                f"more than {MAX_PENDING} nodes wait for each other here",
            )
        entry.state = "running"
        self._running.append(entry)
        try:
            entry.edges = self._compute(entry)
        except Refusal as refusal:
            self.host.report(refusal)
            self._failed = True
        except Downstream:
            self._failed = True
        finally:
            self._running.pop()
            entry.state = "done"

    def _compute(self, entry: Entry) -> tuple[Edge, ...]:
        is_there = self._is_there(entry)
        if is_there is False:
            entry.absent = True
            if not entry.reads:
                return ()
            return (self.fetch(entry.reads[0], entry.call_site),)
        entry.scope = entry.scope.seeing(self.numbers, self.hides)
        inputs = self._inputs(entry)
        if is_there is UNKNOWN or entry.is_broken or len(inputs) < len(entry.reads):
            self.host.check(entry, self)
            raise Downstream
        draft = self.host.call(entry, inputs, self)
        number = self._numbers[entry] = len(self.drafts)
        self.drafts.append(draft)
        names = [o.name for o in draft.what.graph.outputs] if isinstance(draft.what, Module) else []
        return tuple(
            Edge(
                Reference(number, result),
                shape,
                entry.title,
                entry.site,
                names[result] if names else "",
            )
            for result, shape in enumerate(draft.shapes)
        )

    def _inputs(self, entry: Entry) -> list[Edge]:
        """The tensors that a node reads, but for those that are not there, which is reported."""
        found: list[Edge] = []
        for read in entry.reads:
            try:
                found.append(self.fetch(read, entry.call_site))
            except Refusal as refusal:
                self.host.report(refusal)
            except Downstream:
                pass
        return found

    def _is_there(self, entry: Entry) -> bool:
        """Whether all that is said by `when` holds; UNKNOWN where that is wrong, or not known."""
        try:
            return all(self._is_open(gate) for gate in entry.gates)
        except Refusal as refusal:
            self.host.report(refusal)
        except Downstream:
            pass
        return cast(bool, UNKNOWN)

    def _is_open(self, gate: Gate) -> bool:
        value = gate.scope.seeing(self.numbers, self.hides).evaluate(gate.condition, gate.site)
        if type(value) is not bool:
            raise gate.site.refuse(
                catalogue.WRONG_TYPE, f"`when` takes true or false, not {shown(value)}"
            )
        return value

    def _cycle(self, entry: Entry) -> Refusal:
        ring = self._running[self._running.index(entry) :]
        start = ring.index(min(ring, key=lambda waiting: waiting.order))
        first, *others = [*ring[start:], *ring[:start]]
        names = " -> ".join(f"`{waiting.title}`" for waiting in (first, *others, first))
        return first.site.refuse(
            catalogue.REFERENCE_CYCLE,
            f"`{first.title}` waits for its own result: {names}",
            help="let one of them read another node; without `from`, a node reads the one before"
            if others
            else "let it read another node",
            related=[
                Label(other.site.place(), f"`{other.title}` is part of the ring")
                for other in others
            ],
        )

    def _unknown(self, name: Name) -> Refusal:
        node = name.text.rpartition(".")[0]
        if name.text in self.unknown or self.hides(name.text) or (node and self.hides(node)):
            raise Downstream
        reach = self.in_reach()
        self.unknown.add(name.text)
        whole = [f"`{known}`" for known in self.with_part(name.text)]
        return name.site.refuse(
            catalogue.UNKNOWN_REFERENCE,
            f"there is no node or input `{name.text}` in reach",
            help=f"write the whole name: {' or '.join(whole)}"
            if whole
            else "a reference is the `name` of a node in this list or one around it",
            misspelt=None if whole else (name.text, reach),
        )

    # The finished graph

    def finish(self, outputs: Mapping[str, Edge], training: frozenset[str] = frozenset()) -> Graph:
        """The graph, if all of the list could be elaborated."""
        if self._failed or not self._list.is_complete:
            raise Downstream
        finished = Finisher(self.drafts, self._ports, outputs, self.host.report)
        if self.depth == 0:
            finished.refuse_unread_ports()
        kept = finished.kept_ports() if self.parent else range(len(self._ports))
        self.feeds = [self.feeds[port] for port in kept] if self.parent else []
        return finished.graph(kept, training)

    def last(self) -> tuple[Edge, ...]:
        """The results of the last node: what a list gives that names no outputs."""
        previous = self._list.previous
        if isinstance(previous, Entry):
            return self.results(previous)
        return (self.fetch(previous),)


def _result_names(edges: tuple[Edge, ...]) -> list[str]:
    return [edge.result or str(index) for index, edge in enumerate(edges)]
