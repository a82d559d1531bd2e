"""`groups: $(input.channels)` at a node that does not read the input."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from archc.expression import Expression
from archc.lint.flow import Flow, Step
from archc.lint.lint import Lint
from archc.network import Primitive
from archc.ops.operation import Operation


def groups_of_input(flow: Flow) -> Iterator[Lint]:
    """Groups that are as many as the channels of `input`, where the node reads others.

    Not where what it reads was made in the same groups: these stay apart.
    """
    return flow.everywhere(flow.of(_has_groups), _find)


def _has_groups(kind: type[Operation]) -> bool:
    return "groups" in kind.model_fields and bool(kind.follows)


def _find(flow: Flow, number: int) -> Lint | None:
    step = flow.steps[number]
    groups, read = _groups(step), step.node.inputs[0][1]
    what = step.node.what
    written = what.expressions.get("groups") if isinstance(what, Primitive) else None
    if groups == read or groups == 1 or not _is_of_input(written):
        return None
    grouped = (flow.steps[giver] for giver in flow.upstream(number))
    before = next((each for each in grouped if _has_groups(type(each.operation))), None)
    if before is None or _groups(before) == groups:
        return None
    message = (
        f"`groups` is the {groups} channels of `input`, and `{step.node.operation}` reads {read}"
    )
    advice = "name what it reads: `{name: NAME, …}` before it, and `groups: $(NAME.channels)`"
    return Lint(step.place, message, advice)


def _is_of_input(written: object) -> bool:
    if not isinstance(written, Expression):
        return False
    tree = written.tree
    return (
        isinstance(tree, ast.Attribute)
        and tree.attr == "channels"
        and isinstance(tree.value, ast.Name)
        and tree.value.id == "input"
    )


def _groups(step: Step) -> int:
    groups: int = getattr(step.operation, "groups", 1)
    return groups
