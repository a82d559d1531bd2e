"""The part of Python that an expression may use; a node that is not named here is refused."""

import ast
from collections.abc import Mapping
from typing import NamedTuple

from archc.expression.error import ExpressionError, UnplacedError
from archc.expression.functions import FUNCTIONS
from archc.expression.operators import BINARY, COMPARISONS, UNARY, bounded
from archc.expression.sizes import SIZES

MAX_DEPTH = 50

_COMPOUND = (ast.BinOp, ast.UnaryOp, ast.BoolOp, ast.Compare, ast.IfExp, ast.List, ast.Tuple)
_PLAIN: frozenset[type[ast.AST]] = frozenset(
    (*BINARY, *UNARY, *COMPARISONS, ast.And, ast.Or, ast.Load, *_COMPOUND)
)

_INSTEAD: dict[type[ast.AST], str] = {
    ast.Is: "compare with `==`",
    ast.IsNot: "compare with `!=`",
    ast.BitAnd: "write `and`",
    ast.BitOr: "write `or`",
    ast.BitXor: "a power is `**`",
    ast.Invert: "write `not`",
    ast.GeneratorExp: "write it in brackets: `[… for … in …]`",
    ast.JoinedStr: "join strings with `+`",
    ast.NamedExpr: "compare with `==`",
}
_FUNCTIONS_HELP = f"the functions are {', '.join(f'`{name}`' for name in FUNCTIONS)}"
_SIZES_HELP = f"sizes are `X.shape[k]` and {', '.join(f'`X.{name}`' for name in SIZES)}"
_SPELLED_IN_PYTHON = {"true": "True", "false": "False", "null": "None"}

# The variables of the comprehensions around a node, and whether each has a value there: as in
# Python, a variable hides an outer one in the whole comprehension, from its second `for` on.
Locals = Mapping[str, bool]


def check_subset(tree: ast.expr, text: str) -> tuple[frozenset[str], frozenset[str]]:
    """The free names of `tree`, and the names whose sizes it asks for.

    Raises `ExpressionError` for whatever is not of the subset. Columns are offsets into `text`.
    """
    found = _Check(text, set(), set())
    found.visit(tree, {}, 1)
    return frozenset(found.names), frozenset(found.shapes)


class _Check(NamedTuple):
    text: str
    names: set[str]
    shapes: set[str]

    def visit(self, node: ast.expr, local: Locals, depth: int) -> None:
        """Check `node`, which stands in comprehensions that have the variables `local`."""
        if depth > MAX_DEPTH:
            raise UnplacedError("limit", f"nested more than {MAX_DEPTH} deep").at(self.text, node)
        match node:
            case ast.Constant():
                self._constant(node)
            case ast.Name(id=name):
                self._name(node, name, local)
            case ast.Attribute():
                self._size(node, local)
            case ast.Subscript():
                self._subscript(node, local, depth)
            case ast.Call():
                self._call(node, local, depth)
            case ast.ListComp():
                self._comprehension(node, local, depth)
            case _:
                self._plain(node, local, depth)

    def _refused(self, node: ast.expr, message: str, advice: str | None = None) -> ExpressionError:
        return UnplacedError("syntax", message, advice).at(self.text, node)

    def _constant(self, node: ast.Constant) -> None:
        if not isinstance(node.value, int | float | str | None):
            raise self._refused(node, "is not a value that an expression can hold")
        try:
            bounded(node.value)
        except UnplacedError as refusal:
            raise refusal.at(self.text, node) from None

    def _name(self, node: ast.expr, name: str, local: Locals) -> None:
        if name in _SPELLED_IN_PYTHON:
            advice = f"write `{_SPELLED_IN_PYTHON[name]}`"
            raise UnplacedError("unknown-name", "no such name", advice, name).at(self.text, node)
        if name not in local:
            self.names.add(name)
        elif not local[name]:
            raise self._refused(node, f"`{name}` has no value before its own `for`")

    def _size(self, node: ast.Attribute, local: Locals) -> None:
        if node.attr == "shape":
            message = "a shape as a whole is not a value"
            raise self._refused(node, message, "name the dimension: `shape[k]`")
        if node.attr not in SIZES:
            raise self._refused(node, f"there is no attribute `{node.attr}`", _SIZES_HELP)
        self._tensor(node, local)

    def _tensor(self, node: ast.Attribute, local: Locals) -> None:
        if not isinstance(node.value, ast.Name) or node.value.id in local:
            message = "only `input` and a node's name have sizes"
            raise self._refused(node, message, _SIZES_HELP)
        self.shapes.add(node.value.id)

    def _subscript(self, node: ast.Subscript, local: Locals, depth: int) -> None:
        if isinstance(node.value, ast.Attribute) and node.value.attr == "shape":
            self._tensor(node.value, local)
        else:
            self.visit(node.value, local, depth + 1)
        index = node.slice
        if isinstance(index, ast.Slice) and not isinstance(node.value, ast.Attribute):
            for bound in filter(None, (index.lower, index.upper, index.step)):
                self.visit(bound, local, depth + 1)
        else:
            self.visit(index, local, depth + 1)

    def _call(self, node: ast.Call, local: Locals, depth: int) -> None:
        name = node.func.id if isinstance(node.func, ast.Name) else None
        if name not in FUNCTIONS or name in local:
            message = f"there is no function `{name}`" if name else "this cannot be called"
            raise self._refused(node, message, _FUNCTIONS_HELP)
        if node.keywords:
            message = "arguments are given by position"
            raise self._refused(node, message, f"leave out `{node.keywords[0].arg or '**'}`")
        for argument in node.args:
            self.visit(argument, local, depth + 1)
        if fault := FUNCTIONS[name].arity_fault(len(node.args)):
            raise self._refused(node, f"`{name}` {fault}")

    def _comprehension(self, node: ast.ListComp, local: Locals, depth: int) -> None:
        first = node.generators[0]
        self.visit(first.iter, local, depth + 1)
        own = [name for loop in node.generators for name in self._targets(loop.target)]
        local = {**local, **dict.fromkeys(own, False)}
        for loop in node.generators:
            if loop.is_async:
                raise self._refused(node, "there is no `async` in an expression")
            if loop is not first:
                self.visit(loop.iter, local, depth + 1)
            local = {**local, **dict.fromkeys(self._targets(loop.target), True)}
            for condition in loop.ifs:
                self.visit(condition, local, depth + 1)
        self.visit(node.elt, local, depth + 1)

    def _targets(self, target: ast.expr) -> list[str]:
        match target:
            case ast.Name(id=name):
                return [name]
            case ast.Tuple(elts=targets):
                return [name for part in targets for name in self._targets(part)]
            case _:
                raise self._refused(target, "only a name can stand between `for` and `in`")

    def _plain(self, node: ast.expr, local: Locals, depth: int) -> None:
        for child in (node, *ast.iter_child_nodes(node)):
            if isinstance(child, ast.expr) and child is not node:
                self.visit(child, local, depth + 1)
            elif type(child) not in _PLAIN:
                advice = _INSTEAD.get(type(child))
                raise self._refused(node, "this is not part of the expression language", advice)
