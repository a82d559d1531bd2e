"""The local variables of a `forward`: which results share one, and what it is called.

A chain is results of which each is made from the one before, where that is read for the last time:
one variable. The chains with the most nodes are `x` where they do not meet; a chain that starts
elsewhere has a name of its own, or where its nodes have none, the next free letter.
"""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from archc.emit.python.lives import last_reads
from archc.emit.python.names import identifier, unique
from archc.network import Graph, Module, Reference

_LETTERS = ("x", "y", "z", "u", "v", "w")

_Lives = list[tuple[int, int]]
"""From which node to which a variable is in use, sorted, none meeting another."""


def local_names(graph: Graph, ports: Sequence[str]) -> dict[Reference, str]:
    """The variable of each result that is read; what a line has to bind beside them is `_`.

    No two results that wait at once in training, where all nodes run, share one. In evaluation
    fewer run, and none waits longer: there too.
    """
    last = last_reads(graph, training=True)
    busy: dict[str, _Lives] = {}
    taken = {*_LETTERS, *ports}
    names: dict[Reference, str] = {}
    for chain, life in _in_order(_chains(graph, last), last):
        wishes = _wishes(graph, chain, life)
        letters = [] if chain.is_part else _LETTERS[: 1 if wishes else None]
        free = (x for x in letters if x not in ports and _is_free(life, busy.get(x, [])))
        name = next(free, None) or unique(_shared(wishes) or f"x{life[0]}", taken)
        taken.add(name)
        insort(busy.setdefault(name, []), life)
        names |= dict.fromkeys(chain.results, name)
    for number in {result.node for result in names}:
        unread = [result for result in _results(graph, number) if result not in names]
        if 0 < len(unread) < len(graph.nodes[number].shapes) - 1:
            names |= dict.fromkeys(unread, "_")
    return names


@dataclass(slots=True)
class _Chain:
    """`weight` counts the nodes that run in evaluation. `is_part`: all of it is one of the several
    results of a node.
    """

    results: list[Reference]
    weight: int
    is_part: bool


def _in_order(
    chains: Sequence[_Chain], last: Mapping[Reference, int]
) -> list[tuple[_Chain, tuple[int, int]]]:
    """Chains with their lives, those first that have the first choice of a name."""
    lives = [(chain, (chain.results[0].node, last[chain.results[-1]])) for chain in chains]
    return sorted(lives, key=lambda each: (-each[0].weight, each[1][1] - each[1][0], each[1]))


def _chains(graph: Graph, last: Mapping[Reference, int]) -> list[_Chain]:
    """All results that are read."""
    found: list[_Chain] = []
    ending: dict[Reference, _Chain] = {}
    for number, node in enumerate(graph.nodes):
        if node.is_parameter:
            continue
        own = [ref for ref in _results(graph, number) if ref in last]
        read = dict.fromkeys(ref for ref in node.reads if last[ref] == number)
        before = [ending.pop(ref) for ref in read if ref in ending]
        weight = int(number in graph.evaluated)
        if before and _goes_on(graph, number, before, own):
            chain = _main(before)
            chain.results.append(own[0])
            chain.weight += weight
            chain.is_part = False
            ending[own.pop(0)] = chain
        for result in own:
            ending[result] = _Chain([result], weight, is_part=len(own) > 1)
            found.append(ending[result])
    return found


def _goes_on(graph: Graph, number: int, before: Sequence[_Chain], own: Sequence[Reference]) -> bool:
    """Whether a node goes on with a chain. Several results of several do not. A last line of
    training alone does not go on with what evaluation has: both then delete that in one line.
    """
    starts = before[0].results[-1].node in graph.evaluated
    follows = number + 1 < len(graph.nodes) and number + 1 not in graph.evaluated
    is_apart = number not in graph.evaluated and starts and not follows
    return bool(own) and not is_apart and not (len(before) > 1 and len(own) > 1)


def _main(chains: Sequence[_Chain]) -> _Chain:
    """Of those that a node joins: one longer than all others together, else the one made last."""
    longest = max(chains, key=lambda chain: chain.weight)
    if 2 * longest.weight > sum(chain.weight for chain in chains):
        return longest
    return max(chains, key=lambda chain: chain.results[-1])


def _results(graph: Graph, number: int) -> Iterator[Reference]:
    return (Reference(number, result) for result in range(len(graph.nodes[number].shapes)))


def _wishes(graph: Graph, chain: _Chain, life: tuple[int, int]) -> list[str]:
    """The names that the results of a chain would have alone, as far as their nodes have names; for
    what the next line reads, a number in a list is none.
    """
    node = graph.nodes[life[0]]
    if life[1] - life[0] == 1 and "." in node.name and node.name[-1].isdigit():
        return []
    return [wish for result in chain.results if (wish := _wish(graph, result))]


def _wish(graph: Graph, result: Reference) -> str:
    node = graph.nodes[result.node]
    if len(node.shapes) == 1:
        return identifier(node.name) if node.name and not node.name.isdigit() else ""
    outputs = node.what.graph.outputs if isinstance(node.what, Module) else None
    word = outputs[result.result].name if outputs else str(result.result)
    return f"{identifier(node.name)}_{word}" if word.isdigit() else identifier(word)


def _shared(wishes: Sequence[str]) -> str:
    """The words with which all wishes start: `branch1` of `branch1_conv` and `branch1_norm`; or the
    first wish.
    """
    words: list[str] = []
    for places in zip(*(wish.split("_") for wish in wishes), strict=False):
        if len({*places}) > 1:
            break
        words.append(places[0])
    return identifier("_".join(words)) if any(words) else next(iter(wishes), "")


def _is_free(life: tuple[int, int], others: _Lives) -> bool:
    """Whether a life meets none of the others."""
    start, end = life
    following = bisect_left(others, life)
    return (following == 0 or others[following - 1][1] <= start) and (
        following == len(others) or end <= others[following][0]
    )
