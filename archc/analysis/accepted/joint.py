"""The sizes that a network accepts: symbols that depend on each other are solved together."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache, reduce
from typing import NamedTuple

from archc.analysis.accepted.asked import Asked, asked
from archc.analysis.accepted.mode import Mode
from archc.analysis.accepted.posed import Alike, Posed, groups, unify, without_batches
from archc.network import Network
from archc.sizes import Condition, Region, Size, SizeSet, TooComplex, solve_region


class Cut(NamedTuple):
    """The sizes that one requirement leaves; `asked` is None for the declared domain."""

    region: Region
    asked: Asked | None


class Joint(NamedTuple):
    """Symbols that depend on each other, and the sizes that they may have together.

    `axes` are those of `region`; an axis has several symbols where `equal` asks that they be equal.
    `cuts` are the reasons: none of them can be left out. Where the exact answer is out of reach,
    `region` is None and `cuts` are what could be solved.
    """

    axes: tuple[tuple[str, ...], ...]
    region: Region | None
    cuts: tuple[Cut, ...]
    equal: tuple[Asked, ...] = ()
    unsolved: tuple[Asked, ...] = ()

    @property
    def symbols(self) -> tuple[str, ...]:
        return tuple(name for axis in self.axes for name in axis)

    @property
    def words(self) -> str:
        """`H 16 and up, multiples of 16`, `H x W 16..19 x 76..79 or 28..31 x 28..31`."""
        axes = (" = ".join(axis) for axis in self.axes)
        boxes = "not decided" if self.region is None else str(self.region)
        return f"{' x '.join(axes)} {boxes}"

    @property
    def square(self) -> SizeSet | None:
        """The sizes that all symbols may have at once."""
        return None if self.region is None else self.region.diagonal


class Acceptance(NamedTuple):
    """All sizes that a network accepts in a mode; `never` is what refuses every size."""

    mode: Mode
    joints: tuple[Joint, ...]
    never: Asked | None = None

    def same(self, other: Acceptance) -> bool:
        """Whether both accept the same sizes, whatever the reasons."""
        mine, others = (
            [(joint.axes, joint.region) for joint in each.joints] for each in (self, other)
        )
        return mine == others and (self.never is None) == (other.never is None)


def accepted(network: Network, mode: Mode) -> Acceptance:
    """The exact set of accepted sizes; every symbol of a size is in one joint.

    All inputs have one batch, and what is accepted is so for every batch of the mode.
    """
    names = size_symbols(network)
    posed = without_batches(asked(network, mode.trains), network.batch, mode)
    never = next((each.asked for each in posed if each.condition.decided is False), None)
    if never is not None:
        none = Region(())
        joints = (Joint(((name,),), none, (Cut(none, never),)) for name in names)
        return Acceptance(mode, tuple(joints), never)
    classes, rest = unify(posed, names)
    by_head = {alike.head: alike for alike in classes}
    solved = [
        _solved(network, [by_head[head] for head in heads], on)
        for heads, on in groups(rest, list(by_head))
    ]
    return Acceptance(mode, tuple(joint for each in solved for joint in _apart(each)))


def size_symbols(network: Network) -> tuple[str, ...]:
    """The symbols of the inputs' sizes in their order, batches left out."""
    sizes = (size for port in network.graph.inputs for size in port.shape)
    found = [name for size in sizes if isinstance(size, Size) for name in sorted(size.symbols)]
    return tuple(name for name in dict.fromkeys(found) if name not in network.batch)


def domain(network: Network, names: Sequence[str]) -> SizeSet | None:
    """The sizes that the declared domains of `names` have in common; None where none has one."""
    declared = [network.domains[name] for name in names if name in network.domains]
    sets = [
        SizeSet.between(each.start, each[-1]) & SizeSet.periodic(each.step, [each.start])
        for each in declared
    ]
    return reduce(SizeSet.__and__, sets) if sets else None


def _solved(network: Network, classes: Sequence[Alike], on: Sequence[Posed]) -> Joint:
    heads = tuple(alike.head for alike in classes)
    cuts: dict[Region, Cut] = {}
    unsolved = []
    # Requirements on one symbol last, for they are the plainer reasons and late ones are kept.
    for each in sorted(on, key=lambda each: len(each.condition.symbols) == 1):
        region = None if each.open else _region(each.condition, heads)
        if region is None:
            unsolved.append(each.asked)
        else:
            cuts.setdefault(region, Cut(region, each.asked))
    for axis, alike in enumerate(classes):
        declared = domain(network, alike.names)
        if declared is not None:
            region = Region.box(len(heads), {axis: declared})
            cuts.setdefault(region, Cut(region, None))
    whole, needed = _together(list(cuts.values()), len(heads))
    # What is empty already stays so, whatever the rest asks.
    is_known = whole is not None and (whole.is_empty or not unsolved)
    return Joint(
        tuple(alike.names for alike in classes),
        whole if is_known else None,
        tuple(needed),
        tuple(each for alike in classes for each in alike.asked),
        () if is_known else tuple(unsolved),
    )


@lru_cache(maxsize=1024)
def _region(condition: Condition, heads: tuple[str, ...]) -> Region | None:
    """As `solve_region`; the modes of a network ask the same."""
    return solve_region(condition, heads)


def _apart(joint: Joint) -> list[Joint]:
    """One joint an axis where the region is one box: there, no axis depends on another."""
    if joint.region is None or len(joint.region.boxes) != 1 or len(joint.axes) == 1:
        return [joint]
    every = Region.box(1, {})
    parts = []
    for axis, names in enumerate(joint.axes):
        cuts = (Cut(cut.region.over([axis]), cut.asked) for cut in joint.cuts)
        needed = tuple(cut for cut in cuts if not every <= cut.region)
        equal = tuple(each for each in joint.equal if each.condition.symbols <= {*names})
        parts.append(Joint((names,), joint.region.over([axis]), needed, equal))
    return parts


def _together(cuts: Sequence[Cut], axes: int) -> tuple[Region | None, list[Cut]]:
    """What all cuts leave, and the fewest of them that leave it, late ones before early ones; None
    where that is out of reach.
    """
    try:
        after = [Region.box(axes, {})]
        for cut in reversed(cuts):
            after.append(after[-1] & cut.region)
        whole = after.pop()
        needed = []
        kept = Region.box(axes, {})
        for cut, rest in zip(cuts, reversed(after), strict=True):
            if not kept & rest <= cut.region:
                needed.append(cut)
                kept = kept & cut.region
    except TooComplex:
        return None, list(cuts)
    return whole, needed
