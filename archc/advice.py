"""Ways out of a spec whose sizes do not go together, each proved: changed so, it is accepted."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType
from typing import Any

from archc.analysis.accepted import Acceptance, Mode, accepted
from archc.diagnostics import Diagnostic, Proposal, SpecError, catalogue
from archc.document.format import Document
from archc.document.parse import parse_model
from archc.network import Network
from archc.sizes import Region, SizeSet, TooComplex, evaluate_size
from archc.source import Source

MOST_TRIED = 20
"""How many changed specs are checked, all diagnostics together."""

MOST_NODES = 1_000
"""How many nodes a changed spec may have."""

_MOST_ADVISED = 8
"""For how many diagnostics ways out are looked for; others are likely the same slip."""

_MOST_SHOWN = 2

_OF_SIZES = (
    catalogue.SIZE_BELOW_ONE,
    catalogue.JOIN_MISMATCH,
    catalogue.SIZE_MISMATCH,
    catalogue.UNMET_REQUIREMENT,
)
_RULES = (catalogue.SIZE_BELOW_ONE, catalogue.JOIN_MISMATCH)
"""The codes whose help is a rule, for want of something better."""

Sizes = Mapping[str, Sequence[int]]
"""The sizes of inputs, batch left out."""

Check = Callable[[Source, Sizes, bool], Network]
"""The network of a spec at sizes of its inputs; or, with True, for solving at any sizes."""


class Advice:
    """The ways out of what was `found` in a spec, whose inputs have the sizes that are `given`."""

    def __init__(
        self, found: Sequence[Diagnostic], source: Source, given: Sizes, check: Check
    ) -> None:
        self._found = found
        self._all = {*found}
        self._source = source
        self._given = given
        self._check = check
        self._left = MOST_TRIED

    def given(self) -> tuple[Diagnostic, ...]:
        """The diagnostics, each with its ways out as its help."""
        is_of_sizes = any(each.code in _OF_SIZES for each in self._found)
        layout = self._other_layout() if is_of_sizes else None
        if layout is not None:
            return tuple(replace(each, help=layout, proposals=()) for each in self._found)
        sizes = self._other_sizes() if is_of_sizes else None
        advised = (self._advised(each, sizes) for each in self._found[:_MOST_ADVISED])
        return (*advised, *(replace(each, proposals=()) for each in self._found[_MOST_ADVISED:]))

    def _advised(self, found: Diagnostic, sizes: str | None) -> Diagnostic:
        """The diagnostic with what is proved as its help, else with its own.

        Where another input is large enough for a window, the window is meant.
        """
        if found.code not in _OF_SIZES or (found.help and found.code not in _RULES):
            sizes = None
        is_enough = sizes is not None and found.code is catalogue.SIZE_BELOW_ONE
        each = self._proved(found, self._source, self._all)
        proved = () if is_enough else tuple(itertools.islice(each, _MOST_SHOWN))
        ways = ["\nor ".join(f"{each.text} would match" for each in proved)] if proved else []
        text = "\n".join([*ways, *([sizes] if sizes else [])]) or found.help
        return replace(found, help=text, proposals=proved)

    def _proved(
        self, found: Diagnostic, source: Source, before: set[Diagnostic], kind: str = ""
    ) -> Iterator[Proposal]:
        """Proposals for a mistake of `source`, one of a kind or of that `kind`, after which it is
        gone and no other in its place. One that lays bare the same slip elsewhere is made there
        too.
        """
        shown: set[str] = set()
        for each in found.proposals if self._left else ():
            if each.kind in shown or kind not in ("", each.kind) or each.file != source.file:
                continue
            if self._left == 0:
                return
            changed = _changed(source, each)
            left = self._refused(changed)
            others = left - before
            if found in left or len(others) > 1:
                continue
            further = [each]
            for other in others:
                more = self._proved(other, changed, left, each.kind)
                further += itertools.islice(more, 1)
            if len(further) > len(others):
                shown.add(each.kind)
                yield _joined(further)

    def _other_layout(self) -> str | None:
        """The shape that is accepted where the channels of an input come first, not last."""
        for name, declared in parse_model(self._source, Document).model.inputs.items():
            sizes = [*self._given.get(name, declared.shape[1:])]
            if len(sizes) < 3 or not all(type(size) is int for size in sizes):
                continue
            *first, last = sizes
            is_last = (last in (1, 3, 4) and last < min(first)) or {*first} == {first[0]} != {last}
            if is_last and self._accepts({name: [last, *first]}):
                letters = ["channels", *"DHW"[-len(first) :]]
                meant = ", ".join(map(str, ["N", last, *first]))
                return f"sizes are `[N, {', '.join(letters)}]`: is `[N, {meant[3:]}]` meant?"
        return None

    def _other_sizes(self) -> str | None:
        """The accepted sizes next to those of the inputs."""
        try:
            network = self._check(self._source, self._given, True)
            acceptance = accepted(network, Mode.EVALUATION)
            below, *others = (_nearest(acceptance, network.sizes, side) for side in _SIDES)
        except (SpecError, TooComplex):
            return None
        shown = [
            _shown(network, values)
            for values in sorted((v for v in (below, *others) if v), key=lambda v: [*v.values()])
            if self._accepts(_of_inputs(network, values))
        ]
        if not shown:
            return None
        texts = [*dict.fromkeys(shown)]
        listed = " and ".join([", ".join(texts[:-1]), texts[-1]] if len(texts) > 1 else texts)
        none = "" if below else ", none below"
        return f"accepted next to {_shown(network, network.sizes)}: {listed}{none}"

    def _accepts(self, sizes: Sizes) -> bool:
        return not self._refused(self._source, sizes)

    def _refused(self, source: Source, sizes: Sizes = MappingProxyType({})) -> set[Diagnostic]:
        """What is wrong with a changed spec, or all that was where enough has been tried."""
        if self._left == 0:
            return self._all
        self._left -= 1
        try:
            self._check(source, {**self._given, **sizes}, False)
        except SpecError as error:
            if any(each.code is catalogue.TOO_MANY_NODES for each in error.diagnostics):
                self._left = 0
            return {*error.diagnostics}
        return set()


_SIDES: tuple[Callable[[Sequence[int]], SizeSet], ...] = (
    lambda values: SizeSet.between(max(values) // 2 + 1, min(values)),
    lambda values: SizeSet.between(max(values) // 2 + 1, 8 * min(values)),
    lambda values: SizeSet.between(max(values), 8 * min(values)),
)
"""Where accepted sizes are looked for: not above what the sizes are, around it, not below it; from
half of it to eight times as much, for what is further is no neighbour.
"""


def _nearest(
    acceptance: Acceptance, values: Mapping[str, int], side: Callable[[Sequence[int]], SizeSet]
) -> dict[str, int] | None:
    """The accepted sizes on one side that are nearest to `values`; None where none are known."""
    found: dict[str, int] = {}
    for joint in acceptance.joints:
        if joint.region is None or not values.keys() >= {*joint.symbols}:
            return None
        targets = [[values[name] for name in axis] for axis in joint.axes]
        box = Region.box(len(targets), {k: side(target) for k, target in enumerate(targets)})
        point = (joint.region & box).nearest(targets)
        if point is None:
            return None
        for axis, value in zip(joint.axes, point, strict=True):
            found.update(dict.fromkeys(axis, value))
    return found


def _of_inputs(network: Network, values: Mapping[str, int]) -> dict[str, list[int]]:
    """The sizes of each input, where its symbols have these values."""
    return {
        port.name: [
            size if isinstance(size, int) else evaluate_size(size, values)
            for size in port.shape[1:]
        ]
        for port in network.graph.inputs
    }


def _shown(network: Network, values: Mapping[str, int]) -> str:
    """`224x224`; with several inputs, as options take them, `left=3x224x224 right=3x112x112`."""
    each = _of_inputs(network, values)
    if len(each) > 1:
        return " ".join(f"{name}={'x'.join(map(str, sizes))}" for name, sizes in each.items())
    (port,) = network.graph.inputs
    pairs = zip(port.shape[1:], each[port.name], strict=True)
    return "x".join(str(number) for size, number in pairs if not isinstance(size, int))


def _joined(proposals: Sequence[Proposal]) -> Proposal:
    """One proposal of all."""
    first, text = proposals[0], " and ".join(each.text for each in proposals)
    return first._replace(text=text, values=tuple(v for each in proposals for v in each.values))


def _changed(source: Source, proposal: Proposal) -> Source:
    """The spec as data after a proposal; places are those of the text as it is."""
    data: Any = source.data
    for path, value in proposal.values:
        data = _with(data, path, value)
    return replace(source, data=data)


def _with(data: Any, path: Sequence[str | int], value: Any) -> Any:
    """`data` with another value at `path`."""
    if not path:
        return value
    step, *rest = path
    if isinstance(data, list):
        return [_with(x, rest, value) if k == step else x for k, x in enumerate(data)]
    known = data if isinstance(data, dict) else {}
    return {**known, step: _with(known.get(str(step)), rest, value)}
