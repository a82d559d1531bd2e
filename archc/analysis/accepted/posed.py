"""Requirements made ready for solving: without the batch, equal symbols as one, in groups."""

from __future__ import annotations

from collections.abc import Iterable, Sequence, Set
from typing import NamedTuple

from archc.analysis.accepted.asked import Asked
from archc.analysis.accepted.mode import Mode
from archc.sizes import Condition, Dimension, Size, TooComplex, substitute, symbol
from archc.sizes.size import Symbol


class Posed(NamedTuple):
    """A requirement as a condition on sizes alone; else `open` says why it is none."""

    condition: Condition
    asked: Asked
    open: str = ""


class Alike(NamedTuple):
    """Symbols that must be equal, the first of which stands for all, and who asks for that."""

    names: tuple[str, ...]
    asked: tuple[Asked, ...] = ()

    @property
    def head(self) -> str:
        return self.names[0]


def without_batches(
    requirements: Iterable[Asked], batches: frozenset[str], mode: Mode
) -> list[Posed]:
    """The requirements for every batch of the mode."""
    return [part for each in requirements for part in _without_batch(each, batches, mode)]


def _without_batch(each: Asked, batches: frozenset[str], mode: Mode) -> list[Posed]:
    """The requirement for every batch of the mode.

    1. A batch of one is a number.
    2. A lower bound that holds for the smallest batch holds for all: no size falls as it grows.
    3. An equation that is linear in the batch and holds for two batches holds for all.
    """
    condition = each.condition
    if not condition.symbols & batches:
        return [Posed(condition, each)]
    try:
        least, more = (
            _substituted(condition, dict.fromkeys(batches, batch))
            for batch in (mode.least_batch, mode.least_batch + 1)
        )
    except TooComplex as error:
        return [Posed(condition, each, str(error))]
    if mode.has_one_batch or condition.relation == ">=" or least == more:
        return [Posed(least, each)]
    if condition.relation == "==" and _is_linear(condition.difference, batches):
        return [Posed(least, each), Posed(more, each)]
    return [Posed(condition, each, "a batch in it")]


def _substituted(condition: Condition, values: dict[str, Dimension]) -> Condition:
    return Condition(substitute(condition.difference, values), condition.relation, 0)


def _is_linear(difference: Dimension, batches: frozenset[str]) -> bool:
    """Whether no term has a batch twice, or a batch within a floor."""
    return isinstance(difference, int) or all(
        sum(isinstance(atom, Symbol) and atom.name in batches for atom in monomial) <= 1
        and not any(
            not isinstance(atom, Symbol) and Size((((atom,), 1),)).symbols & batches
            for atom in monomial
        )
        for monomial, _ in difference.terms
    )


def unify(posed: Sequence[Posed], names: Sequence[str]) -> tuple[list[Alike], list[Posed]]:
    """The classes of symbols of which some must be equal, and the other requirements in the first
    symbol of each.
    """
    known = {*names}
    equal: list[tuple[Asked, frozenset[str]]] = []
    others: list[Posed] = []
    for each in posed:
        pair = _equal_symbols(each.condition)
        if pair is not None and pair <= known:
            equal.append((each.asked, pair))
        else:
            others.append(each)
    if not equal:
        return [Alike((name,)) for name in names], others
    classes = components(names, [pair for _, pair in equal])
    heads = {name: symbol(alike[0]) for alike in classes for name in alike}
    because: dict[str, list[Asked]] = {alike[0]: [] for alike in classes}
    for asked, pair in equal:
        because[str(heads[next(iter(pair))])].append(asked)
    alikes = [Alike(alike, tuple(dict.fromkeys(because[alike[0]]))) for alike in classes]
    return alikes, [_replaced(each, heads) for each in others]


def groups(posed: Sequence[Posed], names: Sequence[str]) -> list[tuple[list[str], list[Posed]]]:
    """Names that some requirement couples, in the order of `names`, with the requirements on them.
    An open requirement on the batch alone is one on all.
    """
    known = {*names}
    on = [each.condition.symbols & known for each in posed]
    found: list[tuple[list[str], list[Posed]]] = [([*group], []) for group in components(names, on)]
    own = {name: group for group in found for name in group[0]}
    for each, coupled in zip(posed, on, strict=True):
        if coupled:
            own[next(iter(coupled))][1].append(each)
        elif each.open:
            for _, requirements in found:
                requirements.append(each)
    return found


def components(names: Sequence[str], links: Iterable[Set[str]]) -> list[tuple[str, ...]]:
    """`names` in groups: those of one link are in one."""
    above = {name: name for name in names}

    def head(name: str) -> str:
        while above[name] != name:
            above[name] = above[above[name]]
            name = above[name]
        return name

    for link in links:
        heads = [head(name) for name in link]
        above.update(dict.fromkeys(heads[1:], heads[0]) if heads else {})
    found: dict[str, list[str]] = {}
    for name in names:
        found.setdefault(head(name), []).append(name)
    return list(map(tuple, found.values()))


def _replaced(each: Posed, heads: dict[str, Size]) -> Posed:
    try:
        return each._replace(condition=_substituted(each.condition, {**heads}))
    except TooComplex as error:
        return each._replace(open=str(error))


def _equal_symbols(condition: Condition) -> frozenset[str] | None:
    """The two symbols of `H == W`; None of any other condition."""
    difference = condition.difference
    if condition.relation != "==" or isinstance(difference, int) or difference.constant:
        return None
    if len(difference.terms) != 2 or sum(a for _, a in difference.terms) != 0:
        return None
    are_symbols = all(
        len(monomial) == 1 and isinstance(monomial[0], Symbol) for monomial, _ in difference.terms
    )
    return difference.symbols if are_symbols else None
