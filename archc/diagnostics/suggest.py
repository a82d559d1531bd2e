"""Did you mean …?"""

from __future__ import annotations

from collections.abc import Iterable
from contextvars import ContextVar
from functools import lru_cache

_CLOSE = 0.75
_LONGEST_NAME = 64

MOST_COMPARED = 1_000_000
"""How many pairs of names one check compares, a few seconds; later mistakes get no suggestion."""

_left: ContextVar[int] = ContextVar("_left", default=MOST_COMPARED)


def suggest_anew() -> None:
    """Begins a check: it may compare `MOST_COMPARED` pairs, whatever those before it did."""
    _left.set(MOST_COMPARED)


def suggest(name: str, candidates: Iterable[str]) -> str | None:
    """The one candidate that `name` is likely a misspelling of.

    `None` where none is close, and where several are equally close: a guess among equals helps
    nobody. Case, `_` and `-` count little: `BatchNorm2d` is `batch_norm2d`. The order of
    `candidates` does not matter.
    """
    if not 0 < len(name) <= _LONGEST_NAME:
        return None
    try:
        return _suggested(name, frozenset(candidates))
    except _Spent:
        return None


class _Spent(Exception):
    """The comparisons of this check are used up: nothing that a cache should remember."""


@lru_cache(maxsize=256)
def _suggested(name: str, candidates: frozenset[str]) -> str | None:
    """As `suggest`. A loop of a hundred thousand rounds asks for the same each time."""
    from difflib import SequenceMatcher

    if _left.get() < len(candidates):
        raise _Spent
    _left.set(_left.get() - len(candidates))
    plain = SequenceMatcher(b=_plain(name), autojunk=False)
    exact = SequenceMatcher(b=name, autojunk=False)
    best: list[str] = []
    best_score = (_CLOSE, 0.0)
    for candidate in sorted(candidates - {name}):
        plain.set_seq1(_plain(candidate))
        if plain.real_quick_ratio() < best_score[0] or plain.quick_ratio() < best_score[0]:
            continue
        exact.set_seq1(candidate)
        score = (plain.ratio(), exact.ratio())
        if score > best_score:
            best, best_score = [candidate], score
        elif score == best_score:
            best.append(candidate)
    return best[0] if len(best) == 1 else None


def begun(name: str, candidates: Iterable[str]) -> list[str]:
    """The shortest of the candidates that start with `name`: `conv1d` and `conv2d` for `conv`."""
    return [*_begun(name, frozenset(candidates))]


@lru_cache(maxsize=256)
def _begun(name: str, candidates: frozenset[str]) -> tuple[str, ...]:
    start = _plain(name)
    found = sorted(known for known in candidates if start and _plain(known).startswith(start))
    shortest = min(map(len, found), default=0)
    return tuple(known for known in found if len(known) == shortest)


def _plain(name: str) -> str:
    return name.casefold().replace("_", "").replace("-", "")
