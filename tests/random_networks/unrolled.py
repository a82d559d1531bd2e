"""Nodes that may be absent, or come several times."""

from __future__ import annotations

from typing import TYPE_CHECKING

from random_networks.calls import Data
from random_networks.expressions import expression_of, known_numbers
from random_networks.here import Here
from random_networks.joins import branched
from random_networks.nodes import any_operation

if TYPE_CHECKING:
    from random_networks.author import Author


def absent(author: Author, here: Here) -> list[Data]:
    """A node with a condition: an operation, a `seq` or a join."""
    conditions: list[Data] = [True, False, "$(1 > 2)"]
    for name, value in known_numbers(here.scope).items():
        conditions += [f"$({name} == {value})", f"$(not {name} >= {value})"]
    if "deep" in here.scope.values:
        conditions += ["$deep", "$(deep and not deep)"]
    node: Data = any_operation(author, here.x, here.scope)
    if here.depth < 3 and author.dice.often(0.2):
        node = {"seq": author.chain(here.scope, here.x, 2, depth=here.depth + 1)}
    elif author.dice.often(0.2):
        (node,) = branched(author, here) or [None]
    if not node:
        return []
    name = author.dice.some(0.4, name=lambda: author.fresh("maybe", here.suffix))
    return [{**name, "when": author.dice.choice(conditions), **node}]


def repeated(author: Author, here: Here) -> list[Data]:
    """An operation, a `seq` or a join, some times in a row."""
    inside = here.scope.binding(i=0)
    times = author.dice.randint(0, 3)
    known = {n: v for n, v in here.scope.values.items() if type(v) is int}
    repeat = expression_of(author.dice, times, known) if author.dice.often(0.3) else times
    if here.depth < 3 and author.dice.flag():
        nodes = author.chain(inside, here.x, 2, depth=here.depth + 1)
        return [{"repeat": repeat, "seq": nodes}] if nodes else []
    node = any_operation(author, here.x, inside)
    if not node:
        return []
    if author.dice.often(0.2):
        keys = author.fresh("body", here.suffix) + "$i", author.fresh("rest", here.suffix) + "$i"
        join = author.dice.choice(["add", "concat", "maximum"])
        return [{"repeat": repeat, join: {keys[0]: node, keys[1]: []}}]
    name = {"name": author.fresh("r", here.suffix) + "$i"} if author.dice.flag() else {}
    return [{**name, "repeat": repeat, **node}]


def applied(author: Author, here: Here) -> list[Data]:
    """A module that is there already, once more or several times."""
    alike = [name for name, shape in here.calls.items() if shape == here.x.shape]
    if not (here.modules or alike):
        return []
    repeat = author.dice.some(0.2, repeat=lambda: 2)
    name = author.dice.choice(alike if alike and author.dice.flag() else [*here.modules, *alike])
    return [{"apply": name, **repeat}]
