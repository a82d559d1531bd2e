"""Nodes that run in training alone, anywhere among the others."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from torch import Tensor

from random_networks.calls import JOINS, Data
from random_networks.made import parted
from random_networks.scope import Results, Scope

if TYPE_CHECKING:
    from random_networks.author import Author

Piece = list[Data]
"""Nodes that stay together: the first says what it reads, each other reads the one before."""


def with_heads(
    author: Author, nodes: Sequence[Data], scope: Scope, incoming: Tensor
) -> tuple[list[Data], dict[str, Data]]:
    """A graph with heads among its nodes, and all outputs; none where that came to nothing."""
    dice = author.dice
    graph = pieces(author, [*nodes, {"name": "main", "identity": None}], "input")
    ran = author.run(_flat(graph), scope, incoming)
    found: dict[str, Data] = {"main": "main"}
    for number in range(dice.randint(1, 4) if ran else 0):
        assert ran
        inside = replace(scope, tensors={**scope.tensors, **ran[1]})
        made = _applied(author, graph, inside) if dice.often(0.2) else _head(author, inside)
        merged = _merged(author, graph, made)
        again = author.run(_flat(merged), scope, incoming) if made else None
        if not again:
            continue
        graph, ran = merged, again
        name = made[-1][-1]["name"]
        several = len(ran[1][name].tensors)
        name = f"{name}.{dice.randrange(several)}" if several > 1 else name
        found[f"aux{number}"] = {"from": name, "when": "training"}
        if dice.often(0.15):  # then what it needs runs in evaluation too
            found[f"also{number}"] = name
    if len(found) == 1 or not ran:
        return [*nodes], {}
    if dice.often(0.2):
        names = [*_readable(ran[1])]
        found["seen"] = {"from": dice.choice(names), "when": "training"}
    return _flat(graph), dict(dice.sample([*found.items()], len(found)))


def pieces(author: Author, nodes: Sequence[Data], before: str) -> list[Piece]:
    """A list in pieces between which other nodes may stand; its first node reads `before`."""
    found: list[Piece] = []
    for node in nodes:
        if isinstance(node, dict) and {"for", "repeat"} & node.keys():
            start = [{"name": author.fresh("n"), "from": before, "identity": None}]
            found[-1:] = [[*(found[-1] if found else start), node]]
            before = ""
            continue
        operation, arguments, keys = parted(node)
        is_join = operation in JOINS and isinstance(arguments, list)
        reads = operation != "parameter" and "from" not in keys and not is_join
        keys = {"name": author.fresh("n"), **keys}
        if reads and before:
            keys["from"] = before
        said = {**keys, operation: arguments}
        if found and not before and (reads or operation == "parameter"):
            found[-1].append(said)
        else:
            found.append([said])
        if operation != "parameter":
            before = "" if "." in keys["name"] else keys["name"]
    return found


def _flat(graph: Sequence[Piece]) -> list[Data]:
    return [node for piece in graph for node in piece]


def _readable(own: Mapping[str, Results]) -> dict[str, Tensor]:
    """The references to results that have names."""
    found: dict[str, Tensor] = {}
    for name, results in own.items():
        if "." in name:
            continue
        several = len(results.tensors) > 1
        for number, tensor in enumerate(results.tensors):
            found[f"{name}.{number}" if several else name] = tensor
    return found


def _head(author: Author, scope: Scope) -> list[Piece]:
    """Some nodes from a result on, or from two; the last has a name and one result."""
    dice = author.dice
    readable = _readable(scope.tensors)
    name = dice.choice([*readable])
    x = readable[name]
    alike = [other for other, tensor in readable.items() if tensor.shape == x.shape]
    before: list[Piece] = []
    if len(alike) > 1 and dice.often(0.3):
        joined = author.fresh("both")
        before = [[{"name": joined, dice.choice(["add", "mul"]): [name, dice.choice(alike)]}]]
        name = joined
    nodes = author.chain(scope, x, dice.randint(1, 4), depth=dice.randint(1, 2), last=name)
    last = {"name": author.fresh("last"), dice.choice(["relu", "tanh", "identity"]): None}
    return [*before, *pieces(author, [*nodes, last], name)] if nodes else []


def _applied(author: Author, graph: Sequence[Piece], scope: Scope) -> list[Piece]:
    """A module of any head, or of the main list, once more."""
    from random_networks.author import modules  # which imports this file

    bare = [{k: v for k, v in n.items() if k != "from"} for n in _flat(graph) if "for" not in n]
    named = modules(bare)
    if not named:
        return []
    read = author.dice.choice([*_readable(scope.tensors)])
    again = {"name": author.fresh("again"), "from": read, "apply": author.dice.choice(named)}
    return [[again]]


def _merged(author: Author, graph: Sequence[Piece], added: Sequence[Piece]) -> list[Piece]:
    """Two lists as one, each in its order."""
    found = [*graph]
    at = 0
    for piece in added:
        at = author.dice.randint(at, len(found))
        found.insert(at, piece)
        at += 1
    return found
