"""Single nodes that may come next."""

from __future__ import annotations

from typing import TYPE_CHECKING

from torch import Tensor

from random_networks.calls import Data
from random_networks.dice import Dice
from random_networks.draws import DRAWS
from random_networks.expressions import varied
from random_networks.here import Here
from random_networks.scope import Scope

if TYPE_CHECKING:
    from random_networks.author import Author


STARTING: dict[str, tuple[str, ...]] = {
    **dict.fromkeys(("conv1d", "conv2d", "conv3d", "linear"), ("weight", "bias")),
    **dict.fromkeys(("batch_norm2d", "layer_norm", "group_norm"), ("weight", "bias")),
}
"""Operations of which `init` may say something, and of which parameters."""


def start(dice: Dice) -> Data:
    """How a parameter of any shape starts."""
    return dice.choice(["zeros", "ones", {"constant": {"val": 0.5}}, {"normal": {"std": 0.1}}])


def any_operation(author: Author, x: Tensor, scope: Scope) -> dict[str, Data] | None:
    """An operation key with arguments for `x`."""
    fitting = [name for name, (ranks, _) in DRAWS.items() if x.dim() in ranks]
    windows = [n for n in fitting if "conv" in n or "pool" in n or n == "upsample"]
    if not fitting:
        return None
    name = author.dice.choice(windows if windows and author.dice.often(0.4) else fitting)
    try:
        arguments = DRAWS[name][1](author.dice, x)
    except (IndexError, ValueError):
        return None
    return {name: varied(author.dice, arguments, scope)}


def with_name(author: Author, node: dict[str, Data], here: Here, chance: float = 0.35) -> Data:
    """`node` with a name, perhaps one in a container, or bare."""
    if author.dice.often(chance):
        stem = author.dice.choice(["a", "conv", "block-", "_x", "self", "Layer"])
        name = author.fresh(stem, here.suffix)
        return {
            "name": f"{name}.{author.dice.choice('0a')}" if author.dice.often(0.1) else name,
            **node,
        }
    ((operation, arguments), *rest) = node.items()
    return operation if not rest and arguments in (None, {}) else node


def anchored(author: Author, here: Here) -> tuple[list[Data], str, Tensor] | None:
    """Nodes, if any, after which the last result has a name; that name, and the result."""
    if here.last:
        return [], here.last, here.x
    name = author.fresh("y", here.suffix)
    node = any_operation(author, here.x, here.scope) or {"relu": None}
    before = [{"name": name, **node}]
    ran = author.run(before, here.scope, here.x)
    return (before, name, ran[0].tensors[0]) if ran else None


def one(author: Author, here: Here) -> list[Data]:
    node = any_operation(author, here.x, here.scope)
    if node and author.dice.often(0.3) and {*node} <= STARTING.keys():
        (operation,) = node
        arguments = node[operation] or {}
        has_bias = arguments.get("bias", True) is True and "affine" not in str(arguments)
        node["init"] = {name: start(author.dice) for name in STARTING[operation][: 1 + has_bias]}
        return [{"name": author.fresh("started", here.suffix), **node}] if has_bias else []
    return [with_name(author, node, here)] if node else []


def chosen(author: Author, here: Here) -> list[Data]:
    """An operation that a parameter names, or each of a list."""
    names = [name for name in ("act", "a") if name in here.scope.values]
    if names and author.dice.flag():
        return [f"${author.dice.choice(names)}"]
    variable = author.fresh("op")
    if author.dice.often(0.3):
        operations, node = ["softmax", "log_softmax"], {f"${variable}": {"dim": 1}}
    else:
        operations = author.dice.sample(["relu", "tanh", "dropout", "identity"], 2)
        node = f"${variable}"
    return [{"for": variable, "in": operations, "do": [node]}]
