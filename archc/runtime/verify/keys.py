"""Two `state_dict`s side by side: names, order, shapes, parameters."""

from __future__ import annotations

from torch import Tensor, nn

from archc.runtime.verify.nodes import Nodes
from archc.runtime.verify.report import Check, few, number
from archc.runtime.verify.state import pair
from archc.runtime.verify.values import shape


def check_keys(here: nn.Module, there: nn.Module, nodes: Nodes) -> Check:
    """The names in the `state_dict`, and their order."""
    ours, theirs = here.state_dict(), there.state_dict()
    if list(ours) == list(theirs):
        return Check("keys", "ok", f"{number(len(ours), 'key')} in the same order")
    if ours.keys() == theirs.keys():
        first = next(key for key in zip(ours, theirs, strict=True) if key[0] != key[1])
        told = f"the first: {nodes.key(first[0])} here, `{first[1]}` there"
        return Check("keys", "differs", f"the same {len(ours):,} in another order", (told,))
    only_here = [
        f"only here: {nodes.key(key)} {shape(value)}"
        for key, value in ours.items()
        if key not in theirs
    ]
    only_there = [
        f"only there: `{key}` {shape(value)} of {_class(there, key)}"
        for key, value in theirs.items()
        if key not in ours
    ]
    text = f"{len(ours):,} here, {len(theirs):,} there, {len(ours) - len(only_here):,} in common"
    details = (*few(only_here), *few(only_there))
    if pair(here, there) is not None:
        details += ("shapes agree in their order: what follows goes by order",)
    return Check("keys", "differs", text, details)


def check_shapes(here: nn.Module, there: nn.Module, nodes: Nodes) -> Check:
    """The shapes of what has the same key, or, where that will do, the same position."""
    ours, theirs = here.state_dict(), there.state_dict()
    pairs = pair(here, there)
    if pairs is None and not ours.keys() & theirs.keys():
        return Check("shapes", "skipped", "no key is in both")
    keys = pairs.keys if pairs else {key: key for key in ours if key in theirs}
    wrong = [
        f"{nodes.key(key)}: {shape(ours[key])} here, {shape(theirs[other])} there"
        for key, other in keys.items()
        if shape(ours[key]) != shape(theirs[other])
    ]
    if wrong:
        text = f"{len(wrong):,} of {number(len(keys), 'common key')}"
        return Check("shapes", "differs", text, few(wrong))
    return Check("shapes", "ok", f"{number(len(keys), 'tensor')} of the same shape")


def check_parameters(here: nn.Module, there: nn.Module) -> Check:
    """How many scalars there are to learn; a shared one counts once."""
    ours, theirs = (sum(map(Tensor.numel, module.parameters())) for module in (here, there))
    if ours != theirs:
        return Check("parameters", "differs", f"{ours:,} here, {theirs:,} there")
    return Check("parameters", "ok", f"{ours:,}")


def _class(module: nn.Module, key: str) -> str:
    """The class of the module of a key of its `state_dict`."""
    return type(module.get_submodule(key.rpartition(".")[0])).__name__
