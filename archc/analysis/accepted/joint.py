"""The sizes that a network accepts: symbols that depend on each other are solved together."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache, reduce
from typing import NamedTuple

from archc.analysis.accepted.asked import Asked, asked
from archc.analysis.accepted.mode import Mode
from archc.analysis.accepted.posed import Alike, Posed, groups, unify, without_batches
from archc.network import Network
from archc.sizes import NO_SIZE, Condition, Region, Size, SizeSet, TooComplex, budget, solve_region
from archc.sizes.budget import take
from archc.sizes.solve import MOST_STEPS_OF_ONE


class Cut(NamedTuple):
    """The sizes that one requirement leaves; `asked` is None for the declared domain."""

    region: Region
    asked: Asked | None


class Unsolved(NamedTuple):
    """What is not decided, and why; `asked` is None for all of a joint, or its declared domain."""

    asked: Asked | None
    reason: str


class Joint(NamedTuple):
    """Symbols that depend on each other, and the sizes that they may have together.

    `axes` are those of `region`; an axis has several symbols where `equal` asks that they be equal.
    `square` are the sizes that all symbols may have at once. `cuts` are the reasons, of which none
    can be left out while there are steps to find that out. Where the answer is not decided,
    `region` and `square` are None, `cuts` are what could be solved, `unsolved` what could not.
    """

    axes: tuple[tuple[str, ...], ...]
    region: Region | None
    square: SizeSet | None
    cuts: tuple[Cut, ...]
    equal: tuple[Asked, ...] = ()
    unsolved: tuple[Unsolved, ...] = ()

    @property
    def symbols(self) -> tuple[str, ...]:
        return tuple(name for axis in self.axes for name in axis)

    @property
    def words(self) -> str:
        """`H 16 and up, multiples of 16`, `H x W 16..19 x 76..79 or 28..31 x 28..31`."""
        axes = (" = ".join(axis) for axis in self.axes)
        boxes = "not decided" if self.region is None else str(self.region)
        return f"{' x '.join(axes)} {boxes}"


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
    with budget():
        posed = without_batches(asked(network, mode.trains), network.batch, mode)
        classes, rest = unify(posed, names)
        never = next((each.asked for each in posed + rest if _is_never(each)), None)
        if never is not None:
            cut = Cut(Region(()), never)
            none = tuple(Joint(((name,),), cut.region, NO_SIZE, (cut,)) for name in names)
            return Acceptance(mode, none, never)
        by_head = {alike.head: alike for alike in classes}
        solved = [
            _solved(network, [by_head[head] for head in heads], on)
            for heads, on in groups(rest, list(by_head))
        ]
        # Reasons are made fewer with the steps that the answers leave.
        return Acceptance(mode, tuple(part for each in solved for part in _parts(each)))


def _is_never(posed: Posed) -> bool:
    return not posed.open and posed.condition.decided is False


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
    """The joint of some symbols, with all reasons that there are."""
    heads = tuple(alike.head for alike in classes)
    names = tuple(alike.names for alike in classes)
    told = tuple(each for alike in classes for each in alike.asked)
    try:
        every = _all(heads)
    except TooComplex as error:  # the parts before it took all steps
        return Joint(names, None, None, (), told, (Unsolved(None, str(error)),))
    cuts: dict[Region, Cut] = {}
    unsolved: list[Unsolved] = []
    # Requirements on one symbol last, for they are the plainer reasons and late ones are kept.
    for each in sorted(on, key=lambda each: len(each.condition.symbols) == 1):
        try:
            solved = _region(each, heads)
        except TooComplex as error:
            unsolved.append(Unsolved(each.asked, str(error)))
        else:
            if solved != every:
                cuts.setdefault(solved, Cut(solved, each.asked))
    region: Region | None = None
    square: SizeSet | None = None
    try:
        for axis, alike in enumerate(classes):
            declared = domain(network, alike.names)
            if declared is not None:
                side = Region.box(len(heads), {axis: declared})
                cuts.setdefault(side, Cut(side, None))
        whole = reduce(Region.__and__, (cut.region for cut in reversed(cuts.values())), every)
        # What is empty already stays so, whatever the rest asks.
        if whole.is_empty or not unsolved:
            region, square = whole, whole.diagonal
            unsolved = []
            take(sum(side.listed for box in region.boxes for side in box) + square.listed)
    except TooComplex as error:
        region = None
        unsolved.append(Unsolved(None, str(error)))
    return Joint(names, region, square, tuple(cuts.values()), told, tuple(unsolved))


def _all(axes: Sequence[object]) -> Region:
    """Every size along `axes`."""
    return Region.box(len(axes), {})


def _region(posed: Posed, heads: tuple[str, ...]) -> Region:
    """The sizes for which a condition holds; its steps are taken even where they are known."""
    if posed.open:
        raise TooComplex(posed.open)
    region, steps = _alone(posed.condition, heads)
    take(steps)
    if isinstance(region, str):
        raise TooComplex(region)
    return region


@lru_cache(maxsize=256)
def _alone(condition: Condition, heads: tuple[str, ...]) -> tuple[Region | str, int]:
    """As `solve_region`, or why it is not decided, and the steps that it took; the modes of a
    network ask the same.
    """
    with budget(MOST_STEPS_OF_ONE) as own:
        try:
            return solve_region(condition, heads), own.taken
        except TooComplex as error:
            return str(error), own.taken


def _parts(joint: Joint) -> tuple[Joint, ...]:
    """The joint with the fewest reasons; apart, where no axis depends on another."""
    try:
        joint = joint._replace(cuts=_needed(joint))
        return _apart(joint)
    except TooComplex:
        return (joint,)


def _needed(joint: Joint) -> tuple[Cut, ...]:
    """The fewest cuts that leave what all leave, late ones before early ones."""
    after = [_all(joint.axes)]
    for cut in reversed(joint.cuts[1:]):
        after.append(after[-1] & cut.region)
    needed = []
    kept = _all(joint.axes)
    for cut, rest in zip(joint.cuts, reversed(after), strict=False):
        if not kept & rest <= cut.region:
            needed.append(cut)
            kept = kept & cut.region
    return tuple(needed)


def _apart(joint: Joint) -> tuple[Joint, ...]:
    """One joint an axis where the region is one box: there, no axis depends on another."""
    if joint.region is None or len(joint.region.boxes) != 1 or len(joint.axes) == 1:
        return (joint,)
    parts = []
    for axis, names in enumerate(joint.axes):
        cuts = (Cut(cut.region.over([axis]), cut.asked) for cut in joint.cuts)
        needed = tuple(cut for cut in cuts if not _all([axis]) <= cut.region)
        equal = tuple(each for each in joint.equal if each.condition.symbols <= {*names})
        side = joint.region.boxes[0][axis]
        parts.append(Joint((names,), Region(((side,),)), side, needed, equal))
    return tuple(parts)
