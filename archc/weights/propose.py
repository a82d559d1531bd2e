"""Renames that would make more keys match: guessed from names, shapes and order, then tried."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Hashable, Iterator, Sequence
from itertools import islice
from typing import NamedTuple

from archc.weights.comparison import Shape, Shapes
from archc.weights.rename import Key, Rename, RenameError

MOST_WORK = 1_000_000
"""How many keys are renamed on trial at the most: a second or two."""

MOST_CANDIDATES = 8
"""How many renames of each kind are tried in a round, the likeliest."""

LEAST_SHARE = 2 / 3
"""Which share of the network's keys matches at the least after renames that are proposed: the
weights of one network of torchvision can be renamed to a part of nearly any other, but to so much
of it in 27 of 702 pairs, and a file for the network lacks a new head or counters.
"""

DEEPEST = 3
"""How many segments a beginning has that is added or taken away."""


class RenameProposal(NamedTuple):
    """Renames in the order in which they apply, and how many keys would match then."""

    renames: tuple[Rename, ...]
    matches: int


class _Entry(NamedTuple):
    key: Key
    shape: Shape


def propose(network: Shapes, file: Shapes) -> RenameProposal | None:
    """The renames that make most keys of the file match; None where none helps, or too few would
    match after them.

    In each round the one that gains most, the shortest among equals; then those of the others that
    still gain: so what several could explain is explained by the one that explains the most.
    """
    wanted = {tuple(key.split(".")): shape for key, shape in network.items()}
    present = [_Entry(tuple(key.split(".")), shape) for key, shape in file.items()]
    renames: list[Rename] = []
    matches = _matches(wanted, present)
    work = 0
    while matches < len(wanted):
        candidates = dict.fromkeys(_candidates(wanted, present))
        work += len(candidates) * len(present)
        if work > MOST_WORK:
            break
        tried = [
            (_matches(wanted, _renamed(present, rename)) - matches, rename) for rename in candidates
        ]
        helpful = sorted((each for each in tried if each[0] > 0), key=_rank)
        if not helpful:
            break
        for _, rename in helpful:
            after = _renamed(present, rename)
            found = _matches(wanted, after)
            if found > matches:
                renames, present, matches = [*renames, rename], after, found
    if not renames or matches < LEAST_SHARE * len(wanted):
        return None
    return RenameProposal(tuple(renames), matches)


def _rank(tried: tuple[int, Rename]) -> tuple[int, int]:
    gain, rename = tried
    return -gain, len(str(rename))


def _renamed(entries: Sequence[_Entry], rename: Rename) -> list[_Entry]:
    return [_Entry(rename.apply(entry.key), entry.shape) for entry in entries]


def _matches(wanted: dict[Key, Shape], present: Sequence[_Entry]) -> int:
    """The keys that match; none where two would be the same."""
    names = {entry.key for entry in present}
    if len(names) < len(present):
        return 0
    return sum(wanted.get(entry.key) == entry.shape for entry in present)


def _candidates(wanted: dict[Key, Shape], present: Sequence[_Entry]) -> Iterator[Rename]:
    """Renames that may help, those of each kind that most keys speak for.

    A beginning that keys of the file have is taken away, one that keys of the network have is
    added; and of a key left over and a missing one that look like partners, what differs.
    """
    shapes = {entry.key: entry.shape for entry in present}
    left = [entry for entry in present if wanted.get(entry.key) != entry.shape]
    missing = [_Entry(key, shape) for key, shape in wanted.items() if shapes.get(key) != shape]
    kinds = (
        (Rename(start, ()) for start in _beginnings(left)),
        (Rename((), start) for start in _beginnings(missing)),
        (rename for pair in _partners(left, missing, _by_name) for rename in _between(*pair)),
        (rename for pair in _partners(left, missing, _by_shape) for rename in _between(*pair)),
    )
    for kind in kinds:
        likeliest = (rename for rename, _ in Counter(kind).most_common())
        yield from islice(filter(_can_be_written, likeliest), MOST_CANDIDATES)


def _can_be_written(rename: Rename) -> bool:
    """Whether `OLD=NEW` says it: not where a file's key has `=`, nothing between its dots, or what
    a terminal obeys.
    """
    text = str(rename)
    try:
        return text.isprintable() and Rename.parse(text) == rename
    except RenameError:
        return False


def _beginnings(entries: Sequence[_Entry]) -> Iterator[Key]:
    for entry in entries:
        for length in range(1, min(len(entry.key) - 1, DEEPEST) + 1):
            yield entry.key[:length]


def _by_name(entry: _Entry) -> Hashable:
    return entry.key[-1], entry.shape


def _by_shape(entry: _Entry) -> Hashable:
    return entry.shape


def _partners(
    left: Sequence[_Entry], missing: Sequence[_Entry], alike: Callable[[_Entry], Hashable]
) -> Iterator[tuple[Key, Key]]:
    """The first that is left with the first alike that is missing, the second with the second …"""
    waiting: defaultdict[Hashable, list[Key]] = defaultdict(list)
    for entry in reversed(missing):
        waiting[alike(entry)].append(entry.key)
    for entry in left:
        keys = waiting[alike(entry)]
        if keys:
            yield entry.key, keys.pop()


def _between(old: Key, new: Key) -> Iterator[Rename]:
    """The renames that make `new` of `old`: of the beginning, and of what differs within.

    Where nothing is replaced, only something added, the segment behind it says where.
    """
    end = _common(old[::-1], new[::-1])
    start = _common(old[: len(old) - end], new[: len(new) - end])
    if start == len(old) - end:
        yield Rename(old[:start], new[: len(new) - end])
        end -= 1
    first, second = old[: len(old) - end], new[: len(new) - end]
    yield Rename(first, second)
    yield Rename(first[start:], second[start:], anywhere=True)


def _common(one: Key, other: Key) -> int:
    """The length of their common beginning."""
    pairs = enumerate(zip(one, other, strict=False))
    return next((at for at, (a, b) in pairs if a != b), min(len(one), len(other)))
