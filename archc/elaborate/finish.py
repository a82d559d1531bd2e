"""The nodes of a list that is complete: their names, their order, what nobody reads."""

from __future__ import annotations

import heapq
from collections import Counter
from collections.abc import Callable, Mapping, Sequence

from archc.diagnostics import Label, catalogue
from archc.elaborate.entry import Draft, Edge
from archc.elaborate.site import AlreadyReported, NodeError
from archc.network import Graph, Node, Output, Port, Reference


class Finisher:
    """Makes a graph of `drafts`; references number them as they stand, and ports as -1 - k."""

    def __init__(
        self,
        drafts: Sequence[Draft],
        ports: Sequence[tuple[str, Edge]],
        outputs: Mapping[str, Edge],
        report: Callable[[NodeError], None],
    ) -> None:
        self._drafts = drafts
        self._ports = ports
        self._outputs = outputs
        self._report = report
        self._is_wrong = False
        self._read = {reference.node for draft in drafts for reference in draft.reads}
        self._read |= {edge.reference.node for edge in outputs.values()}

    def kept_ports(self) -> list[int]:
        """The ports that are read: a list within a block may look outside for all that it needs."""
        return [port for port in range(len(self._ports)) if -1 - port in self._read]

    def refuse_unread_ports(self) -> None:
        """Refuses inputs that no node reads."""
        for number, (name, edge) in enumerate(self._ports):
            if -1 - number not in self._read:
                message = f"nobody reads the input `{name}`"
                self._refuse(edge.site.refuse(catalogue.UNREAD_NODE, message, key=True))

    def graph(self, kept: Sequence[int], training: frozenset[str]) -> Graph:
        """The graph with the ports `kept`; `training` names the outputs that only training has.

        Raises AlreadyReported after reporting names that clash and results that nobody reads.
        """
        self._refuse_unread()
        names = self._names()
        if self._is_wrong:
            raise AlreadyReported
        labels = self._labels(names)
        order = self._run_order()
        number = {old: new for new, old in enumerate(order)}
        number.update({-1 - old: -1 - new for new, old in enumerate(kept)})

        def moved(reference: Reference) -> Reference:
            return Reference(number[reference.node], reference.result)

        nodes = [
            Node(
                name=names[draft.shares or draft],
                order=draft.entry.order,
                location=draft.entry.call_site.location,
                what=draft.what,
                reads=tuple([moved(reference) for reference in draft.reads]),
                inputs=draft.inputs,
                shapes=draft.shapes,
                requirements=draft.requirements,
                shared=draft.shares is not None,
                label=labels.get(draft, ""),
                chained=draft.entry.item.from_ is None,
            )
            for draft in (self._drafts[old] for old in order)
        ]
        return Graph(
            tuple([Port(self._ports[old][0], self._ports[old][1].shape) for old in kept]),
            tuple(nodes),
            tuple(
                [
                    Output(name, moved(edge.reference), name in training)
                    for name, edge in self._outputs.items()
                ]
            ),
        )

    def _refuse(self, refusal: NodeError) -> None:
        self._is_wrong = True
        self._report(refusal)

    def _refuse_unread(self) -> None:
        unread: dict[Draft, list[Draft]] = {}  # a module, and what of it and its `apply`s is unread
        for number, draft in enumerate(self._drafts):
            if number not in self._read:
                unread.setdefault(draft.shares or draft, []).append(draft)
        for first, *others in unread.values():
            self._refuse(
                first.entry.call_site.refuse(
                    catalogue.UNREAD_NODE,
                    f"nobody reads the result of `{first.entry.title}`",
                    help="remove the node, or read it by name: `from`, a join, `outputs`",
                    related=[
                        Label(other.entry.call_site.place(key=True), "nor of this `apply` of it")
                        for other in others
                    ],
                    key=True,
                )
            )

    def _names(self) -> dict[Draft, str]:
        """The name of each node: as written, else its position among the list's modules."""
        names: dict[Draft, str] = {}
        taken: dict[str, Draft] = {}
        position = 0
        for draft in sorted(self._drafts, key=lambda draft: draft.entry.order):
            owns = draft.registers and draft.shares is None
            names[draft] = draft.entry.name or (str(position) if owns else "")
            if owns:
                position += not draft.entry.is_branch
            if owns or draft.is_parameter:
                self._take(names[draft], draft, taken)
        return names

    def _labels(self, names: Mapping[Draft, str]) -> dict[Draft, str]:
        """What each `apply` is called: its own name, else `h (2)` for the second call of `h`."""
        labels: dict[Draft, str] = {}
        calls: Counter[Draft] = Counter()
        for draft in sorted(self._drafts, key=lambda draft: draft.entry.order):
            if draft.shares is not None:
                calls[draft.shares] += 1
                again = f"{names[draft.shares]} ({calls[draft.shares] + 1})"
                labels[draft] = draft.entry.name or again
        return labels

    def _take(self, name: str, draft: Draft, taken: dict[str, Draft]) -> None:
        """Refuses a name that another module, or a container of modules (`net.`), has."""
        container = name.rpartition(".")[0]
        other = taken.get(name) or taken.get(f"{name}.") or taken.get(container or name)
        if other is None:
            taken[name] = draft
            if container:
                taken.setdefault(f"{container}.", draft)
            return
        self._refuse(
            draft.entry.call_site.refuse(
                catalogue.DUPLICATE_NAME,
                f"two modules here are called `{name}`",
                related=[Label(other.entry.call_site.place(key=True), "this is the other")],
                key=True,
            )
        )

    def _run_order(self) -> list[int]:
        """The nodes in the order in which they run: of what is ready, the first in the file."""
        reads = [{r.node for r in draft.reads if r.node >= 0} for draft in self._drafts]
        waiting = [len(nodes) for nodes in reads]
        readers: list[list[int]] = [[] for _ in self._drafts]
        for number, nodes in enumerate(reads):
            for node in nodes:
                readers[node].append(number)
        position = [draft.entry.order for draft in self._drafts]
        ready = [(position[number], number) for number, count in enumerate(waiting) if not count]
        heapq.heapify(ready)
        order: list[int] = []
        while ready:
            _, number = heapq.heappop(ready)
            order.append(number)
            for reader in readers[number]:
                waiting[reader] -= 1
                if not waiting[reader]:
                    heapq.heappush(ready, (position[reader], reader))
        return order
