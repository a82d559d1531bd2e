"""The refusal of an operation whose inputs do not fit: formulas and numbers, who gives them, and
what the names in its arguments stand for.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from archc.diagnostics import Code, Label, Proposal, catalogue
from archc.elaborate.advice import for_join, for_rank, for_window
from archc.elaborate.build import ListBuilder
from archc.elaborate.declared import Declared
from archc.elaborate.entry import Edge, Entry
from archc.elaborate.scope import expressions_of
from archc.elaborate.site import NodeError, Site
from archc.elaborate.way import accepts
from archc.expression import Expression
from archc.network import Primitive, Reference, Written
from archc.ops.operation import Operation, Requirement, Shape
from archc.sizes.known import known


class Named(NamedTuple):
    """What a name in an expression stands for, and what to write where another tensor is meant."""

    label: Label
    help: str
    proposal: Proposal | None


class Mismatch(NamedTuple):
    """A call in `graph` of an operation that does not take its inputs."""

    entry: Entry
    operation: Operation
    inputs: Sequence[Edge]
    graph: ListBuilder
    declared: Declared

    def fits(self, index: int, shape: Shape) -> bool:
        """Whether the operation would take its inputs with this shape for one of them."""
        shapes = [shape if i == index else edge.shape for i, edge in enumerate(self.inputs)]
        return accepts(self.operation, shapes, self.declared.is_poor)

    def rank(self, edge: Edge) -> NodeError:
        """It reads tensors of another rank than `edge` has."""
        entry = self.entry
        return entry.call_site.refuse(
            catalogue.RANK_MISMATCH,
            f"`{entry.operation}` reads {self.operation.layout}, not {self._shown(edge.shape)}",
            help=for_rank(entry, self.operation, edge.shape),
            related=[self._given(edge)],
            key=True,
        )

    def unmet(self, requirement: Requirement) -> NodeError:
        """It asks for what the sizes are not."""
        between = requirement.between or ()
        sides = requirement.condition.left, requirement.condition.right
        numbers = tuple(known(side, self.declared.sizes) for side in sides)
        values = f": {numbers[0]} and {numbers[1]}" if between and numbers != sides else ""
        text = f"`{self.entry.operation}` {requirement.words(self.declared.sizes)}{values}"
        given = [self.inputs[index] for index in between]
        named = [*self._named_here(text), *(each for edge in given for each in self._named(edge))]
        is_join = len(between) == 2 and requirement.code is catalogue.JOIN_MISMATCH
        ways = for_join(self, *between) if is_join else ()
        labels = [*map(self._given, given)]
        return self._refusal(requirement.code, text, requirement.help, labels, named, ways)

    def too_small(self, results: tuple[Shape, ...]) -> NodeError:
        """It would give sizes below one."""
        shapes = tuple(edge.shape for edge in self.inputs)
        given, made = (", ".join(map(self._shown, each)) for each in (shapes, results))
        text = f"`{self.entry.operation}` would give {made} from {given}"
        rule, ways = "a smaller kernel or stride, or more padding", for_window(self)
        return self._refusal(catalogue.SIZE_BELOW_ONE, text, rule, [], [*self._named_here()], ways)

    def _refusal(
        self,
        code: Code,
        text: str,
        rule: str | None,
        labels: Sequence[Label],
        named: Sequence[Named],
        ways: Iterable[Proposal],
    ) -> NodeError:
        """The refusal, whose help is a `rule` where none of the `ways` out is proved."""
        first = [each.proposal for each in named if each.proposal is not None]
        return self.entry.call_site.refuse(
            code,
            text,
            help=named[0].help if named else rule,
            related=[*labels, *(each.label for each in named)],
            key=True,
            proposals=itertools.chain(first, ways),
        )

    def _shown(self, shape: Shape) -> str:
        """A shape at the declared sizes: `[N, 64, 56, 56]`."""
        return f"[{', '.join(str(known(size, self.declared.sizes)) for size in shape)}]"

    def _given(self, edge: Edge) -> Label:
        text = f"`{edge.producer}` gives {self._shown(edge.shape)}"
        return Label(edge.site.place(key=True), text)

    def _named_here(self, text: str = "") -> Iterator[Named]:
        """The names in those arguments that `text` tells of, or in all."""
        is_join = self.entry.item.is_join
        base = self.entry.site if is_join else self.entry.call_site
        written = expressions_of(self.entry.item.arguments)
        told = {name: each for name, each in written.items() if not text or f"`{name}`" in text}
        return self._names(told, base, self.inputs[0].reference)

    def _named(self, edge: Edge) -> Iterator[Named]:
        """The names in the arguments of the operation that gives `edge`."""
        number = edge.reference.node
        draft = self.graph.drafts[number] if number >= 0 else None
        if draft is not None and isinstance(draft.what, Primitive) and draft.reads:
            site = draft.entry.call_site
            yield from self._names(draft.what.expressions, site, draft.reads[0])

    def _names(
        self, arguments: Mapping[str, Written], base: Site, read: Reference
    ) -> Iterator[Named]:
        """The names whose sizes `arguments` ask for, but for what the node itself reads."""
        asking = {
            argument: expression.shapes
            for argument, expression in arguments.items()
            if isinstance(expression, Expression) and expression.shapes
        }
        tensors = self.graph.names.ready() if asking else {}
        own = next((n for n in tensors if n != "input" and tensors[n].reference == read), None)
        for argument, names in asking.items():
            for name in sorted(names & tensors.keys()):
                edge, site = tensors[name], base.at(argument)
                if edge.reference != read:
                    what = f"`{edge.producer}`, " if edge.producer != name else ""
                    label = f"`{name}` is {what}{self._shown(edge.shape)}, here"
                    yield Named(Label(site.place(), label), *_its_own(site, name, own))


def _its_own(site: Site, name: str, own: str | None) -> tuple[str, Proposal | None]:
    """What to write to ask for the sizes of what the node reads, which is called `own`."""
    written, argument = site.written, site.path[-1]
    if own is None or not isinstance(written, str):
        return "to ask for the sizes of what a node reads, give that a `name`", None
    meant = re.sub(rf"\b{re.escape(name)}\.", f"{own}.", written)
    text = f"`{argument}: {meant}` (line {site.place().span.line})"
    values = ((site.path, meant),)
    help_text = f"`{own}` is what the node reads: `{meant}`"
    return help_text, Proposal("name", text, site.unit.source.file, values)
