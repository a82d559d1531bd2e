"""Requirements made ready for solving: without the batch, equal symbols as one, in groups."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from archc.analysis.accepted.asked import Asked
from archc.analysis.accepted.mode import Mode
from archc.sizes import Condition, Dimension, Size, substitute, symbol
from archc.sizes.size import Symbol


class Posed(NamedTuple):
    """A requirement as a condition on sizes alone; `open` where it depends on the batch."""

    condition: Condition
    asked: Asked
    open: bool = False


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
    least, more = (
        Condition(
            substitute(condition.difference, dict.fromkeys(batches, batch)), condition.relation, 0
        )
        for batch in (mode.least_batch, mode.least_batch + 1)
    )
    if mode is Mode.TRAINING_ONE or condition.relation == ">=" or least == more:
        return [Posed(least, each)]
    if condition.relation == "==" and _is_linear(condition.difference, batches):
        return [Posed(least, each), Posed(more, each)]
    return [Posed(condition, each, open=True)]


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


def unify(posed: Sequence[Posed], names: Iterable[str]) -> tuple[list[Alike], list[Posed]]:
    """The classes of symbols of which some must be equal, and the other requirements in the first
    symbol of each.
    """
    classes = {name: Alike((name,)) for name in names}
    others: list[Posed] = []
    for each in posed:
        pair = _equal_symbols(each.condition)
        if pair is None or not pair <= classes.keys():
            others.append(each)
            continue
        one, other = sorted(pair, key=list(classes).index)
        merged = {*classes[one].names, *classes[other].names}
        because = dict.fromkeys((*classes[one].asked, *classes[other].asked, each.asked))
        alike = Alike(tuple(name for name in classes if name in merged), tuple(because))
        classes.update(dict.fromkeys(alike.names, alike))
    if len(others) == len(posed):
        return list(classes.values()), others
    heads = {name: symbol(alike.head) for name, alike in classes.items()}
    return list(dict.fromkeys(classes.values())), [_replaced(each, heads) for each in others]


def groups(posed: Sequence[Posed], names: Sequence[str]) -> list[tuple[list[str], list[Posed]]]:
    """Names that some requirement couples, in the order of `names`, with the requirements on them.
    An open requirement on the batch alone is one on all.
    """
    member = {name: {name} for name in names}
    on = [each.condition.symbols & member.keys() for each in posed]
    for coupled in on:
        joined = set().union(*(member[name] for name in coupled))
        member.update(dict.fromkeys(joined, joined))
    pairs = list(zip(posed, on, strict=True))
    distinct = {id(group): group for group in member.values()}.values()
    return [
        (
            sorted(group, key=names.index),
            [each for each, coupled in pairs if (coupled or each.open) and coupled <= group],
        )
        for group in distinct
    ]


def _replaced(each: Posed, heads: dict[str, Size]) -> Posed:
    condition = each.condition
    if not condition.symbols & heads.keys():
        return each
    difference = substitute(condition.difference, dict(heads))
    return Posed(Condition(difference, condition.relation, 0), each.asked, each.open)


def _equal_symbols(condition: Condition) -> frozenset[str] | None:
    """The two symbols of `H == W`; None of any other condition."""
    difference = condition.difference
    if condition.relation != "==" or isinstance(difference, int) or difference.constant:
        return None
    coefficients = sorted(coefficient for _, coefficient in difference.terms)
    atoms = [atom for monomial, _ in difference.terms for atom in monomial]
    if coefficients != [-1, 1] or len(atoms) != len(difference.terms):
        return None
    if not all(isinstance(atom, Symbol) for atom in atoms):
        return None
    return difference.symbols
