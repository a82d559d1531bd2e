"""Lists in lists: groups, loops, and calls of blocks."""

from __future__ import annotations

from typing import TYPE_CHECKING

from torch import Tensor

from random_networks.built_in import BUILT_IN, arguments, default, is_required
from random_networks.calls import Data
from random_networks.dice import Dice
from random_networks.here import Here
from random_networks.joins import in_reach
from random_networks.nodes import anchored, with_name
from random_networks.scope import Results, Scope

if TYPE_CHECKING:
    from random_networks.author import Author


def group(author: Author, here: Here) -> list[Data]:
    """A `seq`, now and then without nodes."""
    if author.dice.often(0.05):
        return [with_name(author, {"seq": []}, here)]
    nodes = author.chain(here.scope, here.x, author.dice.randint(1, 4), depth=here.depth + 1)
    return [with_name(author, {"seq": nodes}, here)] if nodes else []


def loop(author: Author, here: Here) -> list[Data]:
    """A `for` over numbers, or over rows of a table."""
    variables = author.fresh("v"), author.fresh("w"), author.fresh("u")
    names, elements, first = _elements(author.dice, here.scope, variables)
    inside = here.scope.binding(**dict(zip(variables, first, strict=False)))
    suffix = f"{here.suffix}_$({variables[0]})"
    length = author.dice.randint(1, 3)
    nodes = author.chain(inside, here.x, length, depth=here.depth + 1, suffix=suffix)
    return [{"for": names, "in": elements, "do": nodes}] if nodes else []


def _elements(
    dice: Dice, scope: Scope, variables: tuple[str, str, str]
) -> tuple[Data, Data, list[int]]:
    """Names and elements of a loop whose first variable is a number, never twice the same; with
    the values of the variables in the first round.
    """
    one, two, three = variables
    numbers = dice.sample(range(1, 7), dice.randint(1, 3))
    others = [dice.choice([1, 3]) for _ in numbers]
    forms: list[tuple[Data, Data, list[int]]] = [
        (one, numbers, numbers[:1]),
        (one, f"$([n + 1 for n in {numbers}])", [numbers[0] + 1]),
        (one, f"$(range({len(numbers)}))", [0]),
        ([one, two], [*map(list, zip(numbers, others, strict=True))], [numbers[0], others[0]]),
        ([one, two], f"$(enumerate({numbers}))", [0, numbers[0]]),
        ([one, two], f"$(zip({numbers}, {others}))", [numbers[0], others[0]]),
        ([one, [two, three]], [[k, [k, 2]] for k in numbers], [numbers[0], numbers[0], 2]),
    ]  # fmt: skip
    if "table" in scope.values:
        forms.append(([one, [two, three]], "$(enumerate(table))", [0, *scope.values["table"][0]]))
    return dice.choice(forms)


def block_call(author: Author, here: Here) -> list[Data]:
    """A call of a block, an old one or one that is written for it."""
    end = anchored(author, here)
    if not end:
        return []
    before, last, x = end
    if author.blocks and author.dice.flag():
        title = author.dice.choice([*author.blocks])
    else:
        title = _new_block(author, here, x)
    if not title:
        return []
    block = author.blocks[title]
    call = _call(author, here, title, last)
    outputs = list(block.get("outputs", {}))
    if len(outputs) < 2:
        return [*before, call if "from" in call else with_name(author, call, here)]
    name = author.fresh("f", here.suffix)
    parts = [f"{name}.{outputs[0]}", f"{name}.{author.dice.choice([1, outputs[1]])}"]
    follow: Data = author.dice.choice([
        {"from": author.dice.choice(parts), "relu": None}, {"concat": parts}, {"add": parts},
        {"stack": parts},
    ])  # fmt: skip
    return [*before, {"name": name, **call}, follow]


def built_in(author: Author, here: Here) -> list[Data]:
    """A call of a built-in block."""
    end = anchored(author, here)
    if not end or end[2].dim() != 4:
        return []
    before, last, _ = end
    for title in author.dice.sample([*BUILT_IN], 4):
        call = _call(author, here, title, last)
        nodes = [*before]
        if "from" in call:  # as in U-Net: another map of twice the size
            side = author.fresh("side", here.suffix)
            nodes.append({"name": side, "from": last, "upsample": {"scale_factor": 2}})
            call["from"] = [last, side]
        if author.run([*nodes, call], here.scope, here.x):
            return [*nodes, call if "from" in call else with_name(author, call, here)]
    return []


def called_twice(author: Author, here: Here) -> list[Data]:
    """A block that keeps the shape, and once more."""
    nodes = author.dice.choice([block_call, built_in])(author, here)
    if not nodes or not isinstance(nodes[-1], dict) or "from" in nodes[-1]:
        return []
    ran = author.run(nodes, here.scope, here.x)
    before = author.run(nodes[:-1], here.scope, here.x) if nodes[:-1] else None
    x = before[0].tensors[0] if before else here.x
    if not ran or ran[0].tensors[0].shape != x.shape:
        return []
    call = {"name": author.fresh("twice", here.suffix), **nodes[-1]}
    return [*nodes[:-1], call, {"apply": call["name"]}]


def _call(author: Author, here: Here, title: str, last: str) -> dict[str, Data]:
    """A call of a block that reads the result `last` first, and others as it needs."""
    block = author.blocks[title] if title in author.blocks else BUILT_IN[title]
    others = [author.dice.choice(in_reach(here))[0] for _ in block.get("inputs", [0])[1:]]
    given = arguments(author.dice, block.get("params", {}), here.scope)
    return {**({"from": [last, *others]} if others else {}), title: given or None}


def _new_block(author: Author, here: Here, x: Tensor) -> str:
    """The name of a block that is written for `x`; empty where that fails."""
    dice = author.dice
    title = author.fresh("Block")
    params = _params(dice)
    names = ["input"] if dice.often(0.6) else ["p"] if dice.flag() else ["p", "q"]
    tensors = {names[0]: Results((x,)), "input": Results((x,))}
    if len(names) > 1:
        tensors["q"] = Results((dice.choice(in_reach(here))[1],))
    scope = Scope(tensors, author.values())
    for name, declared in params.items():
        value = 3 if is_required(declared) else scope.evaluate(default(declared))
        scope = scope.binding(**{name: value})
    nodes = author.chain(scope, x, dice.randint(1, 5), depth=here.depth + 1, last=names[0])
    if not nodes:
        return ""
    if "rounds" in params and len(names) == 1 and "n" not in params:
        nodes.append({"when": "$(rounds > 0)", title: {"rounds": "$(rounds - 1)"}})
    block: dict[str, Data] = {"summary": "A 'block'."} if dice.often(0.2) else {}
    block.update({"params": params} if params else {})
    block.update({"inputs": names} if names != ["input"] else {}, graph=nodes)
    author.blocks[title] = block
    ran = author.run(nodes, scope, x)
    named = [n for n, r in ran[1].items() if len(r.tensors) == 1 and "." not in n] if ran else []
    last = nodes[-1].get("name") if isinstance(nodes[-1], dict) else None
    if last in named and dice.often(0.7):
        block["outputs"] = {"main": last, "more": dice.choice(named)}
    return title


def _params(dice: Dice) -> dict[str, Data]:
    """Parameters of a block; `rounds` is how often it calls itself."""
    return {
        **dice.some(
            0.4,
            c=lambda: dice.randint(1, 4),
            k={"type": "int", "min": 1, "default": 2}.copy,
            d=lambda: "$(input.channels)",
        ),
        **dice.some(
            0.1,
            n=lambda: "int",
            a={"default": "relu", "choices": ["relu", "sigmoid", "identity"]}.copy,
            f={"type": "float", "default": 0.5, "min": 0, "max": 1}.copy,
            rounds={"type": "int", "default": 1, "min": 0}.copy,
        ),
    }
