"""The value of an expression, computed by walking its checked tree."""

import ast
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple, Protocol, cast

from archc.expression.error import ExpressionError, UnplacedError
from archc.expression.functions import FUNCTIONS
from archc.expression.operators import (
    BINARY,
    COMPARISONS,
    MAX_STRING,
    UNARY,
    Work,
    bounded,
    element,
    integer,
    items,
    sliced,
    value_text,
    weight,
)
from archc.expression.parse import Expression, Template
from archc.expression.sizes import Shape, indexed_size, named_size


class Environment(Protocol):
    """What the names in an expression mean. Both raise `LookupError` for a name out of reach."""

    def value(self, name: str) -> object:
        """None, a bool, int, float or str, or a list (never a tuple) of such values."""

    def shape(self, name: str) -> Sequence[int | None]:
        """The sizes of `input` or of a node; None for a size that is not a number."""


def evaluate(value: Expression | Template, scope: Environment) -> object:
    """The value of an expression, of its own type; of a template, always a string.

    Tuples, `range`, `zip` and `enumerate` give lists. The value may share lists with `scope`.
    Raises `ExpressionError`, with offsets into `value.text`.
    """
    work = Work()
    if isinstance(value, Expression):
        return _result(value, scope, work)
    pieces = []
    for offset, part in value.parts:
        try:
            pieces.append(part if isinstance(part, str) else _piece(part, scope, work))
        except ExpressionError as error:
            raise error.moved(offset) from None
    text = "".join(pieces)
    if len(text) > MAX_STRING:
        message = f"strings have at most {MAX_STRING:,} characters"
        raise ExpressionError("limit", message, 0, len(value.text))
    return text


def _result(expression: Expression, scope: Environment, work: Work) -> object:
    result = _Evaluation(expression.text, scope, work).visit(expression.tree, {})
    try:
        weight(result)
    except UnplacedError as refusal:
        raise refusal.at(expression.text, expression.tree) from None
    return result


def _piece(expression: Expression, scope: Environment, work: Work) -> str:
    result = _result(expression, scope, work)
    if isinstance(result, int | float | str):
        return str(result)
    message = f"{value_text(result)} cannot stand inside a longer string"
    raise UnplacedError("evaluation", message).at(expression.text, expression.tree)


# The variables of the comprehensions around a node.
Locals = Mapping[str, object]


class _Evaluation(NamedTuple):
    text: str
    scope: Environment
    work: Work

    def visit(self, node: ast.expr, local: Locals) -> object:
        """The value of `node`; a rule's refusal gets its place here."""
        try:
            self.work.spend(1)
            return bounded(_RULES[type(node)](self, node, local))
        except UnplacedError as refusal:
            raise refusal.at(self.text, node) from None
        except ZeroDivisionError:
            raise UnplacedError("evaluation", "division by zero").at(self.text, node) from None
        except OverflowError:
            raise UnplacedError("limit", "the result is too large").at(self.text, node) from None

    def constant(self, node: ast.Constant, local: Locals) -> object:
        return node.value

    def name(self, node: ast.Name, local: Locals) -> object:
        return local[node.id] if node.id in local else self._free(node.id)

    def elements(self, node: ast.List | ast.Tuple, local: Locals) -> object:
        return [self.visit(part, local) for part in node.elts]

    def comprehension(self, node: ast.ListComp, local: Locals) -> object:
        return [self.visit(node.elt, inner) for inner in self._rounds(node.generators, local)]

    def call(self, node: ast.Call, local: Locals) -> object:
        values = [self.visit(argument, local) for argument in node.args]
        return FUNCTIONS[cast(ast.Name, node.func).id].call(self.work, *values)

    def size(self, node: ast.Attribute, local: Locals) -> object:
        return named_size(self._shape(cast(ast.Name, node.value).id), node.attr)

    def unary(self, node: ast.UnaryOp, local: Locals) -> object:
        return UNARY[type(node.op)](self.visit(node.operand, local))

    def binary(self, node: ast.BinOp, local: Locals) -> object:
        operator = BINARY[type(node.op)]
        return operator(self.visit(node.left, local), self.visit(node.right, local), self.work)

    def chosen(self, node: ast.IfExp, local: Locals) -> object:
        return self.visit(node.body if self.visit(node.test, local) else node.orelse, local)

    def _free(self, name: str) -> object:
        try:
            return self.scope.value(name)
        except LookupError:
            pass
        try:
            self.scope.shape(name)
        except LookupError:
            raise UnplacedError("unknown-name", "no such name", name=name) from None
        advice = f"write one of its sizes: `{name}.channels`, `{name}.shape[k]`"
        raise UnplacedError("evaluation", "a tensor is not a value", advice)

    def _shape(self, name: str) -> Shape:
        try:
            return self.scope.shape(name)
        except LookupError:
            message = f"no node `{name}` is in reach"
            raise UnplacedError("unknown-shape", message, name=name) from None

    def logical(self, node: ast.BoolOp, local: Locals) -> object:
        decisive = isinstance(node.op, ast.Or)
        *before, last = node.values
        for operand in before:
            value = self.visit(operand, local)
            if bool(value) is decisive:
                return value
        return self.visit(last, local)

    def compared(self, node: ast.Compare, local: Locals) -> object:
        left = self.visit(node.left, local)
        for op, comparator in zip(node.ops, node.comparators, strict=True):
            right = self.visit(comparator, local)
            if not COMPARISONS[type(op)](left, right, self.work):
                return False
            left = right
        return True

    def _rounds(self, loops: list[ast.comprehension], local: Locals) -> Iterator[Locals]:
        """The variables in each round of `for` within `for`."""
        if not loops:
            yield local
            return
        loop, *others = loops
        for item in items(self.visit(loop.iter, local), self.work):
            inner = {**local, **self._bound(loop.target, item)}
            if all(self.visit(condition, inner) for condition in loop.ifs):
                yield from self._rounds(others, inner)

    def _bound(self, target: ast.expr, value: object) -> dict[str, object]:
        """The variables of `target` when it takes `value` apart."""
        if isinstance(target, ast.Name):
            return {target.id: value}
        targets = target.elts if isinstance(target, ast.Tuple) else []
        values = items(value, self.work)
        if len(values) != len(targets):
            message = f"{len(targets)} names do not fit {value_text(value)}"
            raise UnplacedError("evaluation", message).at(self.text, target)
        bound: dict[str, object] = {}
        for part, item in zip(targets, values, strict=True):
            bound |= self._bound(part, item)
        return bound

    def subscript(self, node: ast.Subscript, local: Locals) -> object:
        match node:
            case ast.Subscript(value=ast.Attribute(value=ast.Name(id=name), attr="shape")):
                index = integer(self.visit(node.slice, local))
                return indexed_size(self._shape(name), index)
            case ast.Subscript(slice=ast.Slice(lower=lower, upper=upper, step=step)):
                sequence = self.visit(node.value, local)
                bounds = [
                    self.visit(part, local) if part else None for part in (lower, upper, step)
                ]
                return sliced(sequence, bounds, self.work)
            case _:
                return element(self.visit(node.value, local), self.visit(node.slice, local))


_RULES: Mapping[type[ast.expr], Callable[[_Evaluation, Any, Locals], object]] = {
    ast.Attribute: _Evaluation.size,
    ast.BinOp: _Evaluation.binary,
    ast.BoolOp: _Evaluation.logical,
    ast.Call: _Evaluation.call,
    ast.Compare: _Evaluation.compared,
    ast.Constant: _Evaluation.constant,
    ast.IfExp: _Evaluation.chosen,
    ast.List: _Evaluation.elements,
    ast.ListComp: _Evaluation.comprehension,
    ast.Name: _Evaluation.name,
    ast.Subscript: _Evaluation.subscript,
    ast.Tuple: _Evaluation.elements,
    ast.UnaryOp: _Evaluation.unary,
}
"""The forms that `parse` lets through."""
