"""The emitted `forward`, line by line in each mode: what each variable holds, and until when."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence

from archc.ops import OPERATIONS, operation_class

_HELPERS = {operation_class(name).target for name in OPERATIONS if operation_class(name).helper}

_GLOBAL = {"F", "getattr", "isinstance", "len", "list", "super", "torch", "tuple"}


def forwards(source: str) -> Iterator[ast.FunctionDef]:
    """Every `forward` of an emitted text, but those of archc's own helpers."""
    for each in ast.parse(source).body:
        if isinstance(each, ast.ClassDef) and each.name not in _HELPERS:
            methods = (node for node in each.body if isinstance(node, ast.FunctionDef))
            yield from (method for method in methods if method.name == "forward")


def lines(body: Sequence[ast.stmt], training: bool) -> Iterator[ast.stmt]:
    """The statements that run in a mode, conditions taken apart; the checks of guards left out."""
    for line in body:
        if not isinstance(line, ast.If):
            yield line
            continue
        condition = ast.unparse(line.test)
        if condition in ("self.training", "not self.training"):
            runs = training == (condition == "self.training")
            yield from lines(line.body if runs else line.orelse, training)


def judge_forward(forward: ast.FunctionDef) -> None:
    """Asserts for both modes that a variable is bound before it is read or deleted, and that none
    holds a tensor in vain while a line runs; what the line before joined may stay for one.
    """
    ports = {argument.arg for argument in forward.args.args} | _GLOBAL
    for training in (True, False):
        body = list(lines(forward.body, training))
        needed = _needed(body)
        bound: set[str] = set()
        joined: set[str] = set()
        for line, live in zip(body, needed, strict=True):
            where = f"{'training' if training else 'evaluation'}: {ast.unparse(line)}"
            loaded, stored, deleted = _names(line)
            assert loaded | deleted <= bound | ports, f"{where} of what is not bound"
            if any(isinstance(node, (ast.Call, ast.BinOp)) for node in ast.walk(line)):
                assert bound - live <= joined, f"{where} holds {bound - live} in vain"
            if not deleted:
                joined = loaded & bound if len(loaded & bound) > 1 else set()
            bound = (bound - deleted) | stored


def _needed(body: Sequence[ast.stmt]) -> list[set[str]]:
    """The variables that are read on each line or later, before they are bound anew."""
    found: list[set[str]] = []
    live: set[str] = set()
    for line in reversed(body):
        loaded, stored, deleted = _names(line)
        live = (live - stored - deleted) | loaded
        found.insert(0, live)
    return found


def _names(line: ast.stmt) -> tuple[set[str], set[str], set[str]]:
    """The variables that a line reads, binds and deletes."""
    names = [node for node in ast.walk(line) if isinstance(node, ast.Name)]
    kinds = (ast.Load, ast.Store, ast.Del)
    loaded, stored, deleted = ({n.id for n in names if isinstance(n.ctx, k)} for k in kinds)
    return loaded, stored, deleted
