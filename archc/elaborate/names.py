"""What the names in a list mean: its nodes, its inputs, the nodes of the lists around it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property
from itertools import chain

from archc.diagnostics import Label, catalogue
from archc.elaborate.entry import Edge, Entry, Name, Read, Unrolled
from archc.elaborate.ledger import Ledger
from archc.elaborate.site import AlreadyReported, NodeError, Site
from archc.network import Reference

NOTHING = Unrolled((), {}, None, True)


class TensorNames:
    """The tensors of one list as far as it is built.

    `ports` are the list's inputs with the names by which its text may call them. A list within a
    block is a graph of its own inside that of the list around it, `parent`: `feeds` are the tensors
    there that its ports carry, and a name that is found only outside becomes one more port.
    `results` has what each entry gives, by its number, None where it failed; of one that a `when`
    left out, which is `absent`, that is what it would have read. A port without a tensor is broken;
    one without a name stands for all that a broken table names.
    """

    def __init__(
        self,
        ledger: Ledger,
        ports: Sequence[tuple[str, Edge | None]],
        parent: TensorNames | None = None,
        feeds: Sequence[Edge] = (),
    ) -> None:
        self.parent = parent
        self.ports = [(name or "input", edge) for name, edge in ports if edge is not None]
        self.feeds = list(feeds)
        self.visible = {name: edge for name, edge in ports if name}
        if parent is None and ports:
            self.visible.setdefault("input", ports[0][1])
        self.list = NOTHING
        self.results: dict[int, tuple[Edge, ...] | None] = {}
        self.absent: set[int] = set()
        self._hides_all = any(not name and edge is None for name, edge in ports)
        self._ledger = ledger
        self._fed = {feed.reference: number for number, feed in enumerate(feeds)}
        # what was refused, in these lists together: one mistake, however often it is read
        self.unknown: set[str] = parent.unknown if parent else set()

    def fetch(self, read: Read, reader: Site) -> Edge:
        """The one tensor that a node reads; `reader` is the node where no reference is written."""
        if isinstance(read, Edge):
            return read
        if read is None:
            raise AlreadyReported
        if isinstance(read, Name):
            return _single(self.resolve(read), read.text, read.site)
        entry = self.list.entries[read]
        edges = self.given(entry)
        if len(edges) > 1 and entry.name is None:
            raise reader.refuse(
                catalogue.SEVERAL_RESULTS,
                f"`{entry.title}`, the node before, has {len(edges)} results",
                help="give it a `name`, and say `from: NAME."
                f"{_result_names(edges)[0]}` here, or another of its results",
                related=[Label(entry.call_site.place(key=True), "this node")],
                key=True,
            )
        return _single(edges, entry.title, reader)

    def given(self, entry: Entry) -> tuple[Edge, ...]:
        """The results of an entry of this list. AlreadyReported where it failed."""
        if entry.order not in self.results:
            raise entry.site.refuse(
                catalogue.REFERENCE_CYCLE,
                f"`{entry.title}` is read by a list before it, which cannot wait for it",
                help="a list within a list reads from outside what stands before it: move this "
                "node up",
            )
        edges = self.results[entry.order]
        if edges is None:
            raise AlreadyReported
        return edges

    def resolve(self, name: Name) -> tuple[Edge, ...]:
        """All results that a reference means: those of a node, or one of them."""
        found = self.find(name.text)
        if found is not None:
            return found
        node, dot, result = name.text.rpartition(".")
        edges = self.find(node) if dot else None
        if edges is None:
            raise self._refuse_unknown(name)
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

    def find(self, name: str) -> tuple[Edge, ...] | None:
        """The results of the node, or the input, that a name means; None where there is no such."""
        if name in self.list.named:
            return self.given(self.list.named[name])
        if name in self.visible:
            return (self._there(name),)
        found = self.parent.find(name) if self.parent else None
        return None if found is None else tuple(self._capture(name, edge) for edge in found)

    def _there(self, name: str) -> Edge:
        """The input of a `name`. AlreadyReported where it is broken."""
        edge = self.visible[name]
        if edge is None:
            raise AlreadyReported
        return edge

    def is_left_out(self, name: str) -> bool:
        """Whether a name means a node that a `when` left out: any result is what it would read."""
        entry = self.list.named.get(name)
        if entry is not None:
            return entry.order in self.absent
        return self.parent is not None and self.parent.is_left_out(name)

    def ready(self) -> dict[str, Edge]:
        """The inputs and the named nodes of this list that are there by now, of one result each."""
        named: dict[str, Edge] = {}
        for name, entry in self.list.named.items():
            edges = self.results.get(entry.order)
            if edges is not None and len(edges) == 1:
                named[name] = edges[0]
        visible = {name: edge for name, edge in self.visible.items() if edge is not None}
        return {**visible, **named}

    def numbers(self, name: str) -> Sequence[int | None]:
        """The shape of the tensor that an expression names; to ask for it is not to read the
        tensor.
        """
        if name in self.list.named:
            edges = self.given(self.list.named[name])
            return self._ledger.numbers(_single(edges, name, edges[0].site).shape)
        if name in self.visible:
            return self._ledger.numbers(self._there(name).shape)
        if self.parent is None:
            raise LookupError(name)
        return self.parent.numbers(name)

    def hides(self, name: str) -> bool:
        """Whether what is broken in this list or around it may have a `name`."""
        is_here = self._hides_all or self.list.hides(name)
        return is_here or (self.parent is not None and self.parent.hides(name))

    def in_reach(self) -> Iterable[str]:
        """The names that a reference in this list may mean."""
        return chain(self.list.named, self.visible, self.parent.in_reach() if self.parent else ())

    def last(self) -> tuple[Edge, ...]:
        """The results of the last node: what a list gives that names no outputs."""
        last = self.list.last
        if isinstance(last, int):
            return self.given(self.list.entries[last])
        if not isinstance(last, Edge):
            raise AlreadyReported
        return (last,)

    def _capture(self, name: str, outer: Edge) -> Edge:
        """The port that carries `outer`, a tensor of the graph around."""
        number = self._fed.get(outer.reference)
        if number is not None:
            return self.ports[number][1]._replace(
                producer=outer.producer, site=outer.site, result=outer.result
            )
        self._fed[outer.reference] = len(self.ports)
        inner = outer._replace(reference=Reference(-1 - len(self.ports)))
        self.feeds.append(outer)
        self.ports.append((name, inner))
        return inner

    def _refuse_unknown(self, name: Name) -> NodeError:
        node = name.text.rpartition(".")[0]
        if name.text in self.unknown or self.hides(name.text) or (node and self.hides(node)):
            raise AlreadyReported
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

    def with_part(self, part: str) -> list[str]:
        """The names in reach with a container of which `part` is the container or the rest."""
        outer = self.parent.with_part(part) if self.parent else []
        return [*self._parts.get(part, ()), *outer]

    @cached_property
    def _parts(self) -> Mapping[str, Sequence[str]]:
        """The names of this list with a container, by each of their parts."""
        found: dict[str, list[str]] = {}
        for name in self.list.named:
            for part in set(name.split(".")) if "." in name else ():
                found.setdefault(part, []).append(name)
        return found


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


def _result_names(edges: tuple[Edge, ...]) -> list[str]:
    return [edge.result or str(index) for index, edge in enumerate(edges)]
