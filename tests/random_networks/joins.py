"""Nodes that bring tensors together: joins, residuals, gates, attention, parts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from random_networks.calls import JOINS, Data
from random_networks.dice import Dice
from random_networks.draw_norms import attention
from random_networks.draw_shapes import part, split
from random_networks.here import Here
from random_networks.nodes import anchored, any_operation

if TYPE_CHECKING:
    from random_networks.author import Author


def branched(author: Author, here: Here) -> list[Data]:
    """A join of branches: alike by a last node that makes them so, or side by side."""
    if here.depth > 2:
        return []
    branches: dict[str, Data] = {}
    shapes: list[torch.Size] = []
    for _ in range(author.dice.randint(1, 3)):
        length = author.dice.randint(1, 3)
        nodes = author.chain(here.scope, here.x, length, depth=here.depth + 1)
        ran = nodes and author.run(nodes, here.scope, here.x)
        if not ran:
            return []
        key = author.fresh("b", here.suffix)
        simple = len(nodes) == 1 and not _is_list_only(nodes[0])
        branches[key] = nodes[0] if simple and author.dice.flag() else nodes
        shapes.append(ran[0].tensors[0].shape)
        if simple and author.dice.often(0.15):
            present = author.dice.flag()
            keys = {} if isinstance(nodes[0], str) else nodes[0]
            branches[key] = {"when": present, **(keys or {nodes[0]: None})}
            shapes[-1] = shapes[-1] if present else here.x.shape
    if author.dice.often(0.6) or len(branches) < 2:
        branches[author.fresh("skip", here.suffix)] = []
        shapes.append(here.x.shape)
    join = _fitting(author.dice, shapes)
    return [_over(join, branches)] if join else []


def _is_list_only(node: Data) -> bool:
    """Whether a branch cannot be this node: it has a name, or is no submodule."""
    keys = {node} if isinstance(node, str) else set(node)
    return bool(keys & {"name", "repeat", "for", "apply", "parameter", "when", *JOINS})


def _fitting(dice: Dice, shapes: Sequence[torch.Size]) -> dict[str, Data]:
    """A join for tensors of these shapes, without its operands; empty where there is none."""
    first, *others = shapes
    if all(each == first for each in others):
        two = ["sub", "maximum"] if len(shapes) == 2 else []
        name = dice.choice(["add", "add", "mul", "concat", "stack", *two])
        dims = dice.some(0.3, dim=lambda: dice.choice([1, -1, len(first) - 1]))
        return {name: None, **(dims if name in ("concat", "stack") else {})}
    for dim in range(1, len(first)):
        if all(len(s) == len(first) and _but(s, dim) == _but(first, dim) for s in others):
            return {"concat": None, **({} if dim == 1 else {"dim": dim})}
    return {}


def _but(shape: torch.Size, dim: int) -> tuple[int, ...]:
    """`shape` without one dimension."""
    return (*shape[:dim], *shape[dim + 1 :])


def _over(join: dict[str, Data], operands: Data) -> dict[str, Data]:
    """A join with its operands."""
    operation = next(name for name in join if name in JOINS)
    return {**join, operation: operands}


def in_reach(here: Here) -> list[tuple[str, Tensor]]:
    """What else a reference reaches, with one result."""
    return [
        (name, results.tensors[0])
        for name, results in here.scope.tensors.items()
        if len(results.tensors) == 1 and not (here.suffix and "_" in name)
    ]


def skip(author: Author, here: Here) -> list[Data]:
    """The last result joined with an earlier one."""
    end = anchored(author, here)
    if not end:
        return []
    before, last, x = end
    alike = [each for each in in_reach(here) if _fitting(author.dice, [x.shape, each[1].shape])]
    if not alike:
        return []
    name, other = author.dice.choice(alike)
    join = _fitting(author.dice, [x.shape, other.shape])
    return [*before, _over(join, [last, name])]


def fork(author: Author, here: Here) -> list[Data]:
    """An earlier result, made to fit, beside the last one."""
    end = anchored(author, here)
    images = [name for name, x in in_reach(here) if x.dim() == 4]
    if not end or not images or end[2].dim() != 4:
        return []
    before, last, x = end
    _, channels, *size = x.shape
    name = author.dice.choice(images)
    side = author.fresh("side", here.suffix)
    resize = author.dice.choice(
        [{"adaptive_avg_pool2d": {"output_size": size}}, {"upsample": {"size": size}}]
    )
    fit = {"conv2d": {"out_channels": channels, "kernel_size": 1}}
    join = _fitting(author.dice, [torch.Size([2, channels, *size])] * 2)
    return [*before, {"from": name, **resize}, {"name": side, **fit}, _over(join, [last, side])]


def aside(author: Author, here: Here) -> list[Data]:
    """The last result joined with what a node makes of an earlier one."""
    end = anchored(author, here)
    if not end:
        return []
    before, last, x = end
    read, earlier = author.dice.choice(in_reach(here))
    there = replace(here, x=earlier, last="")
    node: Data = any_operation(author, earlier, here.scope)
    if here.modules and author.dice.flag():
        node = {"apply": author.dice.choice(here.modules)}
    elif author.dice.flag():
        (node,) = branched(author, there) or [None]
    ran = node and author.run([node], here.scope, earlier)
    join = _fitting(author.dice, [x.shape, ran[0].tensors[0].shape]) if ran else {}
    if not join:
        return []
    name = author.fresh("aside", here.suffix)
    return [*before, {"name": name, "from": read, **node}, _over(join, [last, name])]


def beside(author: Author, name: str) -> list[Data]:
    """The values of the last result beside those of another."""
    ends = author.fresh("flat"), author.fresh("flat")
    last = [{"name": ends[0], "flatten": None}, {"name": ends[1], "from": name, "flatten": None}]
    return [*last, {"concat": [*ends]}]


def gate(author: Author, here: Here) -> list[Data]:
    """Squeeze-and-excitation."""
    if here.x.dim() != 4 or here.depth > 2:
        return []
    squeeze = {"mean": {"dim": [2, 3], "keepdim": True}}
    excite = {"conv2d": {"out_channels": here.x.shape[1], "kernel_size": 1}}
    keys = author.fresh("whole", here.suffix), author.fresh("gate", here.suffix)
    return [{"mul": {keys[0]: [], keys[1]: [squeeze, excite, "sigmoid"]}}]


def scaled(author: Author, here: Here) -> list[Data]:
    """Layer scale by a bare parameter."""
    if here.x.dim() < 3:
        return []
    end = anchored(author, here)
    if not end or end[2].dim() < 3:
        return []
    before, last, x = end
    name = author.fresh("gamma", here.suffix)
    shape = [x.shape[1], *[1] * (x.dim() - 2)]
    starts = ["ones", {"constant": {"val": 2}}]
    init = author.dice.some(0.5, init=lambda: author.dice.choice(starts))
    return [{"name": name, **init, "parameter": {"shape": shape}}, *before, {"mul": [last, name]}]


def parts(author: Author, here: Here) -> list[Data]:
    """Several results, joined again or read in part."""
    name = author.fresh("parts", here.suffix)
    dim, size = part(author.dice, here.x)
    if here.x.dim() > 3:  # parts of one size are counted: their whole is no formula
        dim, size = 1, author.dice.randint(1, max(1, here.x.shape[1] - 1))
    whole = here.x.shape[dim]
    draws: list[tuple[dict[str, Data], int]] = [
        ({"split": {"split_size_or_sections": size, "dim": dim}}, -(-whole // size)),
        ({"chunk": {"chunks": 2, "dim": dim}}, 2),
        ({"split": split(author.dice, here.x)}, 2),
    ]
    node, count = author.dice.choice(draws)
    named: dict[str, Data] = {"name": name, **node}
    if author.dice.often(0.4):
        more = any_operation(author, here.x, here.scope)
        return [named, {"from": f"{name}.{author.dice.randrange(count)}", **more}] if more else []
    along = next(iter(node.values()))["dim"]
    references = [f"{name}.{k}" for k in range(count)]
    author.dice.shuffle(references)
    return [named, {"concat": references, "dim": along}]


def attending(author: Author, here: Here) -> list[Data]:
    """Attention of the last result to another."""
    others = [(n, x) for n, x in in_reach(here) if x.dim() == 3]
    if here.x.dim() != 3 or not here.last or not others:
        return []
    name, x = author.dice.choice(others)
    arguments = attention(author.dice, here.x)
    if x.shape[-1] != here.x.shape[-1]:
        arguments.update(kdim=x.shape[-1], vdim=x.shape[-1])
    return [{"from": [here.last, name, name], "multihead_attention": arguments}]
