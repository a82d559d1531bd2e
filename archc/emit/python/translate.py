"""An expression of the language as Python in terms of a class's parameters."""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from archc.emit.python.layout import literal
from archc.emit.python.names import BUILT_IN
from archc.expression import Expression, evaluate, parse

Values = tuple[Any, ...]


class Names(NamedTuple):
    """What names mean in the instances of a class: loop variables, the block's and the document's
    parameters.

    `port_size` gives the parameter's name and values for `X.channels`.
    """

    bindings: tuple[Mapping[str, Any], ...]
    block: Mapping[str, Values]
    document: Mapping[str, Any]
    port_size: Callable[[str, str], tuple[str, Values] | None]

    def values(self, name: str) -> Values | None:
        if all(name in bindings for bindings in self.bindings):
            return tuple(bindings[name] for bindings in self.bindings)
        if name in self.block:
            return self.block[name]
        if name in self.document:
            return tuple(self.document[name] for _ in self.bindings)
        return None


def translate(expression: Expression, names: Names, use: Callable[[str], str]) -> str | None:
    """The expression with constants filled in and `use` for each name that varies.

    None where Python text of a class cannot say it: it calls functions that Python does not have,
    or asks for sizes of other nodes, or a loop variable varies.
    """
    try:
        tree = _Translator(names).visit(ast.parse(ast.unparse(expression.tree), mode="eval").body)
    except _Untranslatable:
        return None
    for node in _names_in(tree):
        node.id = use(node.id)
    return ast.unparse(tree)


def _names_in(tree: ast.expr) -> list[ast.Name]:
    """The names in an expression but those of functions."""
    calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call)]
    functions = {id(call.func) for call in calls}
    names = [node for node in ast.walk(tree) if isinstance(node, ast.Name)]
    return [name for name in names if id(name) not in functions]


class _Untranslatable(Exception):
    pass


class _NoNames:
    """The scope of an expression that has no names."""

    def value(self, name: str) -> object:
        raise LookupError(name)

    def shape(self, name: str) -> tuple[int, ...]:
        raise LookupError(name)


class _Translator(ast.NodeTransformer):
    def __init__(self, names: Names) -> None:
        self.names = names

    def visit(self, node: ast.AST) -> Any:
        if isinstance(node, ast.ListComp):
            raise _Untranslatable
        visited = super().visit(node)
        if isinstance(visited, ast.expr) and not isinstance(visited, (ast.Constant, ast.Name)):
            return _folded(visited)
        return visited

    def visit_Name(self, node: ast.Name) -> ast.expr:
        values = self.names.values(node.id)
        if values is None:
            raise _Untranslatable
        if all(value == values[0] for value in values):
            return _constant(values[0])
        if any(node.id in bindings for bindings in self.names.bindings):
            raise _Untranslatable
        return ast.Name(node.id, ast.Load())

    def visit_Call(self, node: ast.Call) -> ast.expr:
        if not isinstance(node.func, ast.Name) or node.func.id not in BUILT_IN:
            raise _Untranslatable
        return ast.Call(node.func, [self.visit(argument) for argument in node.args], [])

    def visit_Attribute(self, node: ast.Attribute) -> ast.expr:
        size = (
            self.names.port_size(node.value.id, node.attr)
            if isinstance(node.value, ast.Name)
            else None
        )
        if size is None:
            raise _Untranslatable
        name, values = size
        if all(value == values[0] for value in values):
            return _constant(values[0])
        return ast.Name(name, ast.Load())


def _constant(value: Any) -> ast.expr:
    return ast.parse(literal(value), mode="eval").body


def _folded(node: ast.expr) -> ast.expr:
    """A part without names as its value, and a choice with a known condition as one side."""
    if isinstance(node, ast.IfExp) and isinstance(node.test, ast.Constant):
        return node.body if node.test.value else node.orelse
    if _names_in(node):
        return node
    expression = parse(f"$({ast.unparse(node)})")
    assert isinstance(expression, Expression)
    return _constant(evaluate(expression, _NoNames()))
