"""Fixes applied to a spec where they help."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

from archc.diagnostics import Diagnostic, Fix, Place, Span, SpecError, catalogue
from archc.diagnostics.fix import fixed, non_overlapping, shifted
from archc.document.nodes import LISTS_OF_NODES
from archc.source import YamlPath, read
from archc.validate import Outcome

MAX_ROUNDS = 100
"""How often a spec is fixed and read again: a fix may lay bare what another fix mends, and YAML
shows one expression without quotes at a time where it is cut at a bracket.
"""


def apply_fixes(text: str, validate: Callable[[str], Outcome], unsafe: bool) -> tuple[str, int]:
    """`text` after its fixes, and how many they were; those that are not safe too where `unsafe`.

    1. A fix stays where its error is gone and no other mistake in the text or its names has come in
       its place; so what is left to fix after it is what a person has to see.
    2. A node in which anything is still wrong after all fixes stays as it was.
    """
    kept: frozenset[int] = frozenset()
    while True:
        after, count, changed = _rounds(text, validate, unsafe, kept)
        items = _Items.of(after)
        wrong = {items.node_at(each.place.span) for each in _errors(validate(after), after)}
        if changed.isdisjoint(wrong):
            return after, count
        kept |= changed & wrong


def _rounds(
    text: str, validate: Callable[[str], Outcome], unsafe: bool, kept: frozenset[int]
) -> tuple[str, int, frozenset[int]]:
    """`text` after the fixes outside the nodes `kept`, their number, and the nodes changed."""
    count, changed = 0, frozenset[int]()
    for _ in range(MAX_ROUNDS):
        items = _Items.of(text)
        fixes = [
            fix
            for each in _errors(validate(text), text)
            if (fix := each.fix) and (fix.is_safe or unsafe)
            if fix.place.file.text == text and items.node_at(fix.place.span) not in kept
        ]
        text, helpful = _round(text, fixes, validate)
        if not helpful:
            break
        count += len(helpful)
        nodes = (items.node_at(fix.place.span) for fix in helpful)
        changed |= frozenset(node for node in nodes if node is not None)
    return text, count, changed


def _round(
    text: str, fixes: Sequence[Fix], validate: Callable[[str], Outcome]
) -> tuple[str, Sequence[Fix]]:
    """`text` after those of `fixes` that help, and these."""
    fixes = non_overlapping(fixes)
    while fixes:
        after = fixed(text, fixes)
        left = validate(after).diagnostics
        spans = zip(fixes, shifted(fixes), strict=True)
        helpful = [fix for fix, span in spans if not _is_wrong(span, left)]
        if helpful == fixes:
            break
        fixes = helpful
    return (after, fixes) if fixes else (text, ())


def _errors(outcome: Outcome, text: str) -> list[Diagnostic]:
    """What is wrong in `text` itself, and not in a file that it uses."""
    return [
        each
        for each in outcome.diagnostics
        if each.code.severity == "error" and each.place.file.text == text
    ]


class _Items(NamedTuple):
    """The items of all lists of a text, in order: their number names a node whatever is renamed in
    it. A text that is no YAML has none.
    """

    spans: tuple[Span, ...]
    are_nodes: tuple[bool, ...]

    @classmethod
    def of(cls, text: str) -> _Items:
        try:
            source = read(text, "")
        except SpecError:
            return cls((), ())
        found = [(source.place(path).span, is_node) for path, is_node in _items(source.data, ())]
        return cls(tuple(span for span, _ in found), tuple(is_node for _, is_node in found))

    def node_at(self, span: Span) -> int | None:
        """The number of the innermost node around `span`."""
        after = bisect_right(self.spans, span[:2], key=lambda item: item[:2])
        for number in reversed(range(after)):
            if self.are_nodes[number] and _overlap(self.spans[number], span):
                return number
        return None


def _items(data: object, path: YamlPath) -> Iterator[tuple[YamlPath, bool]]:
    """The paths of all items of lists in `data`, and whether they are nodes: a mapping, or what
    stands in a list of nodes.
    """
    if isinstance(data, dict):
        for key, value in data.items():
            yield from _items(value, (*path, key))
    elif isinstance(data, list):
        holds_nodes = len(path) == 1 or path[-1] in LISTS_OF_NODES
        for index, item in enumerate(data):
            yield (*path, index), holds_nodes or isinstance(item, dict)
            yield from _items(item, (*path, index))


def _is_wrong(span: Span, diagnostics: Sequence[Diagnostic]) -> bool:
    """Whether what stands at `span` is still a mistake in the text or its names."""
    return any(
        each.code.code < catalogue.SIZE_BELOW_ONE.code
        and each.code is not catalogue.MISSING_ARGUMENT
        and any(_overlap(span, place.span) for place in _places(each))
        for each in diagnostics
    )


def _places(diagnostic: Diagnostic) -> list[Place]:
    """Where the mistake may have been made: of two that are the same, at either."""
    is_twice = diagnostic.code in (catalogue.DUPLICATE_KEY, catalogue.DUPLICATE_NAME)
    return [diagnostic.place, *(label.place for label in diagnostic.related if is_twice)]


def _overlap(one: Span, other: Span) -> bool:
    return (one.line, one.column) < (other.end_line, other.end_column) and (
        other.line,
        other.column,
    ) < (one.end_line, one.end_column)
