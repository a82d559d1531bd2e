"""Did you mean …? The one rule of what is a misspelling, for every kind of name.

A name is taken for another where it

1. differs in case, `_` and `-` alone; or
2. is one edit away: two neighbouring letters swapped, a letter doubled, dropped, added or replaced;
   or, where it is long, two edits that do not touch.

It is not where

1. another framework has that name, or another candidate is as near;
2. the two differ in a digit, in a whole word, or in a part that means the opposite.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextvars import ContextVar
from functools import lru_cache
from itertools import takewhile

from archc.diagnostics.foreign import bare_name, is_foreign

_LONGEST_NAME = 64

MOST_COMPARED = 1_000_000
"""How many pairs of names one check compares, a few seconds; later mistakes get no suggestion."""

_PARTS_COMPARED = 30
"""How many comparisons of names it takes to look for opposite parts in a pair of them."""

_left: ContextVar[int] = ContextVar("_left", default=MOST_COMPARED)

_SLIP, _ODD, _TWO_SLIPS, _FAR = 1, 2, 3, 4
"""How far a name is from what was meant: a slip of the fingers, another edit, two slips, more."""

_SHORTEST = {_SLIP: 2, _ODD: 4, _TWO_SLIPS: 8}
"""How many letters a name has at least that is misspelt so."""

_SHORTEST_CHANGED = 3
"""How many it has where the slip is a letter that is gone, or another letter."""

_UNFINISHED = 2
"""How many letters may be missing at the end of a longer name, or be too many: a plural's `es`."""

_TOUCHED = 4
"""How many letters two slips bring in and take out together."""

_NEIGHBOURS = (
    "qwertyuiop", "asdfghjkl", "zxcvbnm", "qaz", "wsx", "edc", "rfv", "tgb", "yhn", "ujm", "ik",
    "ol", "wa", "es", "rd", "tf", "yg", "uh", "ij", "ok", "pl", "sz", "dx", "fc", "gv", "hb", "jn",
    "km",
)  # fmt: skip
"""Rows and slanted columns of keys."""

_SOUNDS = ("aeiouy", "ckqs", "sz")
"""Letters that are written for each other by ear."""

_PAIRS = (
    ("min", "max"), ("in", "out"), ("in", "ex"), ("up", "down"), ("left", "right"), ("en", "de"),
    ("first", "last"), ("start", "end"), ("pre", "post"), ("top", "bottom"), ("enc", "dec"),
    ("low", "high"), ("lower", "upper"), ("on", "off"), ("inner", "outer"), ("row", "col"),
    ("soft", "hard"), ("wide", "deep"), ("width", "depth"), ("", "no"), ("", "not"), ("", "non"),
    ("", "un"), ("", "de"), ("", "dis"), ("", "anti"), ("", "log"), ("", "inverse"), ("", "re"),
)  # fmt: skip
_OPPOSITES = (*_PAIRS, *((after, before) for before, after in _PAIRS))
"""Parts of names of which one in the place of the other means something else."""


def clear_suggestions() -> None:
    """Begins a check: it may compare `MOST_COMPARED` pairs, whatever those before it did."""
    _left.set(MOST_COMPARED)


def may_compare() -> bool:
    """Whether this check has comparisons left: if not, there is no need to gather candidates."""
    return _left.get() > 0


def suggest(name: str, candidates: Iterable[str]) -> str | None:
    """The one candidate that `name` is likely a misspelling of; None where none or several are."""
    found = near(name, candidates)
    return found[0] if len(found) == 1 else None


def near(name: str, candidates: Iterable[str]) -> tuple[str, ...]:
    """The candidates that `name` may be a misspelling of, all equally likely, sorted."""
    if not 0 < len(name) <= _LONGEST_NAME or not may_compare():
        return ()
    try:
        return _near(name, frozenset(candidates))
    except _Spent:
        return ()


def is_sure(name: str, meant: str) -> bool:
    """Whether `name`, for which `meant` alone is likely, is at most a slip of the fingers away."""
    return (
        bare_name(name) == bare_name(meant) or _edited(bare_name(name), bare_name(meant)) == _SLIP
    )


def opposite(name: str, candidates: Iterable[str]) -> str | None:
    """The first candidate that says the opposite of `name`, or more or less than it by a part."""
    if not may_compare():
        return None
    candidates = tuple(candidates)
    _left.set(_left.get() - _PARTS_COMPARED * len(candidates))
    return next(
        (known for known in candidates if _is_opposite(bare_name(name), bare_name(known))), None
    )


class _Spent(Exception):
    """The comparisons of this check are used up: nothing that a cache should remember."""


@lru_cache(maxsize=256)
def _near(name: str, candidates: frozenset[str]) -> tuple[str, ...]:
    """As `near`. A loop of a hundred thousand rounds asks for the same each time."""
    if _left.get() < len(candidates):
        _left.set(0)
        raise _Spent
    _left.set(_left.get() - len(candidates))
    wrong, digits, letters = _spelt(name)
    others = [
        (known, right)
        for known, right, numbers, others in _indexed(candidates)
        if digits == numbers
        if abs(len(wrong) - len(right)) <= _UNFINISHED
        if (letters ^ others).bit_count() <= _TOUCHED
        if known != name
    ]
    same = tuple(known for known, right in others if wrong == right)
    if same or is_foreign(name):
        return same
    far = {known: _distance(name, known) for known, _ in others}
    for most in (_ODD, _TWO_SLIPS):
        found = tuple(known for known, distance in far.items() if distance <= most)
        if found:
            is_clear = all(len(bare_name(known)) >= _SHORTEST[far[known]] for known in found)
            return found if is_clear else ()
    return ()


@lru_cache(maxsize=16)
def _indexed(candidates: frozenset[str]) -> Sequence[tuple[str, str, str, int]]:
    """Each candidate, sorted, with what `_spelt` tells of it: a glance rules most of them out."""
    return [(known, *_spelt(known)) for known in sorted(candidates)]


def _spelt(name: str) -> tuple[str, str, int]:
    """A name in its plain form, the digits in it, and a bit for each character."""
    letters = 0
    for character in bare_name(name):
        letters |= 1 << ord(character) % 64
    return bare_name(name), "".join(filter(str.isdecimal, name)), letters


def _distance(name: str, known: str) -> int:
    """How far `name` is from `known`; `_FAR` too where it means something else."""
    wrong, right = bare_name(name), bare_name(known)
    distance = _edited(wrong, right)
    is_another = distance != _FAR and (_is_apart(name, known) or _is_opposite(wrong, right))
    return _FAR if is_another else distance


def _edited(wrong: str, right: str, may_be_two: bool = True) -> int:
    """How far the edits that make `wrong` of `right` take it.

    Two slips have a letter between them: what touches is a part of a name, not two slips.
    """
    pairs = zip(wrong, right, strict=False)
    start = len([*takewhile(lambda pair: pair[0] == pair[1], pairs)])
    is_unfinished = start in (len(wrong), len(right)) and may_be_two
    least = _ODD if is_unfinished and abs(len(wrong) - len(right)) <= _UNFINISHED else _FAR
    for distance, rest, meant in _edits(wrong, right, start):
        if rest == meant:
            least = min(least, distance)
        elif may_be_two and distance == _SLIP and rest[:1] == meant[:1]:
            again = _edited(rest, meant, may_be_two=False)
            least = min(least, _TWO_SLIPS if again == _SLIP else _FAR)
    return least


def _edits(wrong: str, right: str, at: int) -> Iterator[tuple[int, str, str]]:
    """Each edit that may have been made where the names first differ: its distance, and what is
    left of both after it.
    """
    here, meant = wrong[at : at + 1], right[at : at + 1]
    if meant:
        is_slip = len(right) >= _SHORTEST_CHANGED
        yield _SLIP if is_slip else _ODD, wrong[at:], right[at + 1 :]
    if here:
        before = wrong[at - 1 : at]
        is_slip = here == before or (before != "" and _sound_alike(here, before))
        yield _SLIP if is_slip else _ODD, wrong[at + 1 :], right[at:]
    if here and meant:
        is_heard = len(right) > _SHORTEST_CHANGED and _sound_alike(here, meant)
        is_slip = is_heard or (len(right) >= _SHORTEST_CHANGED and _are_beside(here, meant))
        yield _SLIP if is_slip else _ODD, wrong[at + 1 :], right[at + 1 :]
    if wrong[at : at + 2] == right[at : at + 2][::-1]:
        yield _SLIP, wrong[at + 2 :], right[at + 2 :]


def _are_beside(letter: str, other: str) -> bool:
    """Whether the keys of two letters touch."""
    return any(
        abs(keys.index(letter) - keys.index(other)) == 1
        for keys in _NEIGHBOURS
        if letter in keys and other in keys
    )


def _sound_alike(letter: str, other: str) -> bool:
    """Whether one letter is written for the other by ear."""
    return any(letter in sounds and other in sounds for sounds in _SOUNDS)


def _is_apart(name: str, known: str) -> bool:
    """Whether two names differ in whole words."""
    words, others = (Counter(re.split("[_.-]+", each.casefold())) for each in (name, known))
    lost, added = words - others, others - words
    return not lost or not added or all(len(word) == 1 for word in (*lost, *added))


def _is_opposite(name: str, known: str) -> bool:
    """Whether a part of `name` in the place of its opposite makes it `known`."""
    return any(
        name.startswith(part, at) and f"{name[:at]}{other}{name[at + len(part) :]}" == known
        for part, other in _OPPOSITES
        for at in range(len(name) + 1)
    )
