"""What a user may do about weights that are not a network's: more renames, and keys to drop."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import NamedTuple

from archc.weights.comparison import Comparison, Shapes, compare_keys
from archc.weights.propose import propose
from archc.weights.rename import RenameError
from archc.weights.selection import DropError, Selection

MOST_DROPPED = 8
"""Of how many keys it is proposed to leave them out: what a loss or an average keeps, but not a
block, of which a larger network of the same family has more.
"""

EVERYTHING = Selection()


class SelectionAdvice(NamedTuple):
    """A selection that is better than the user's, which it goes on from, and what it gives."""

    selection: Selection
    after: Comparison


def advise(
    network: Shapes, file: Shapes, selection: Selection = EVERYTHING
) -> SelectionAdvice | None:
    """Renames that make more keys of the file match; and drops, where then all of the network's
    match and a few of the file's are left. None where neither helps.
    """
    present = selected(file, selection)
    proposal = propose(network, present)
    if proposal is not None:
        selection = replace(selection, renames=(*selection.renames, *proposal.renames))
        present = selected(file, selection)
    after = compare_keys(network, present)
    return _without_left(network, file, SelectionAdvice(selection, after)) or (
        None if proposal is None else SelectionAdvice(selection, after)
    )


def selected(file: Shapes, selection: Selection) -> Shapes:
    """The shapes of a file under the names that a selection gives."""
    return {new: file[old] for new, old in selection.apply(file).items()}


def _without_left(network: Shapes, file: Shapes, advice: SelectionAdvice) -> SelectionAdvice | None:
    """The advice with drops that make it complete; None where there are none to propose."""
    selection, after = advice
    if not 0 < len(after.left) <= MOST_DROPPED:
        return None
    named = selection.apply(file)
    left = [named[key] for key in after.left]
    starts = dict.fromkeys(_shortest(left, (named[key] for key in after.matching)))
    wider = replace(selection, drops=(*selection.drops, *starts))
    try:
        complete = compare_keys(network, selected(file, wider))
    except (DropError, RenameError):  # a rename was for dropped keys alone
        return None
    sayable = all(start.isprintable() for start in starts)
    return SelectionAdvice(wider, complete) if sayable and complete.is_complete else None


def _shortest(keys: Iterable[str], others: Iterable[str]) -> Iterator[str]:
    """The shortest beginning of each key that none of the others has; or the key."""
    taken = {start for key in others for start in _starts(key)}
    for key in keys:
        yield next((start for start in _starts(key) if start not in taken), key)


def _starts(key: str) -> list[str]:
    segments = key.split(".")
    return [".".join(segments[:length]) for length in range(1, len(segments) + 1)]
