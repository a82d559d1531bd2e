"""Whether a module can be applied again: what a second elaboration of it would make otherwise."""

from __future__ import annotations

from itertools import zip_longest
from typing import NamedTuple

from archc.elaborate.scope import quoted
from archc.network import Module, Primitive
from archc.ops.operation import Call

_OWN_MODULE = "write the node again in the place of `apply`: a module of its own fits its own input"
_OWN_INPUT = (
    "a list that reads its own input by name cannot read another: make it a block, where `input` "
    "is what each call reads"
)


class ApplyDifference(NamedTuple):
    """In what two elaborations of one module differ, and the way out."""

    text: str
    help: str


def apply_difference(
    first: Primitive | Module, second: Primitive | Module
) -> ApplyDifference | None:
    """The first thing in which two elaborations of one module differ, and the way out."""
    if isinstance(first, Primitive) and isinstance(second, Primitive):
        if first.call == second.call:
            return None
        return ApplyDifference(_calls_differ(first.call, second.call), _OWN_MODULE)
    assert isinstance(first, Module)
    assert isinstance(second, Module)
    pairs = zip_longest(first.graph.nodes, second.graph.nodes)
    for one, other in pairs:
        if one is None or other is None:
            numbers = (len(module.graph.nodes) for module in (first, second))
            return ApplyDifference("{} nodes there would be {} here".format(*numbers), _OWN_MODULE)
        if one.reads != other.reads:
            text = f"`{one.name or one.operation}` in it would read other tensors here"
            return ApplyDifference(text, _OWN_INPUT)
        found = apply_difference(one.what, other.what)
        if found is not None:
            return found
    return None


def _calls_differ(first: Call, second: Call) -> str:
    """In which arguments two calls differ, or that they call something else."""
    if first.target != second.target:
        return f"`{first.target}` there would be `{second.target}` here"
    names = dict.fromkeys((*first.arguments, *second.arguments))
    pairs = [(name, first.arguments.get(name), second.arguments.get(name)) for name in names]
    return ", ".join(
        f"`{name}` of `{first.target}` is {quoted(one)} there and would be {quoted(other)} here"
        for name, one, other in pairs
        if one != other
    )
