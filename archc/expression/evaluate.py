"""The value of an expression, computed by walking its checked tree."""

import ast
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

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


@dataclass(frozen=True)
class _Evaluation:
    text: str
    scope: Environment
    work: Work

    def visit(self, node: ast.expr, local: Locals) -> object:
        """The value of `node`; a rule's refusal gets its place here."""
        try:
            self.work.spend(1)
            return bounded(self._value(node, local))
        except UnplacedError as refusal:
            raise refusal.at(self.text, node) from None
        except ZeroDivisionError:
            raise UnplacedError("evaluation", "division by zero").at(self.text, node) from None
        except OverflowError:
            raise UnplacedError("limit", "the result is too large").at(self.text, node) from None

    def _value(self, node: ast.expr, local: Locals) -> object:
        match node:
            case ast.Constant(value=value):
                return value
            case ast.Name(id=name):
                return local[name] if name in local else self._free(name)
            case ast.List(elts=elements) | ast.Tuple(elts=elements):
                return [self.visit(part, local) for part in elements]
            case ast.ListComp(elt=body, generators=loops):
                return [self.visit(body, inner) for inner in self._rounds(loops, local)]
            case ast.Call(func=ast.Name(id=name), args=arguments):
                values = [self.visit(argument, local) for argument in arguments]
                return FUNCTIONS[name].call(self.work, *values)
            case ast.Attribute(value=ast.Name(id=name), attr=size):
                return named_size(self._shape(name), size)
            case ast.Subscript():
                return self._subscript(node, local)
            case _:
                return self._operation(node, local)

    def _operation(self, node: ast.expr, local: Locals) -> object:
        match node:
            case ast.UnaryOp(op=op, operand=operand):
                return UNARY[type(op)](self.visit(operand, local))
            case ast.BinOp(left=left, op=op, right=right):
                operator = BINARY[type(op)]
                return operator(self.visit(left, local), self.visit(right, local), self.work)
            case ast.BoolOp():
                return self._logical(node, local)
            case ast.Compare():
                return self._compared(node, local)
            case ast.IfExp(test=test, body=body, orelse=other):
                return self.visit(body if self.visit(test, local) else other, local)
            case _:
                raise UnplacedError("syntax", "this is not part of the expression language")

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

    def _logical(self, node: ast.BoolOp, local: Locals) -> object:
        decisive = isinstance(node.op, ast.Or)
        *before, last = node.values
        for operand in before:
            value = self.visit(operand, local)
            if bool(value) is decisive:
                return value
        return self.visit(last, local)

    def _compared(self, node: ast.Compare, local: Locals) -> object:
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

    def _subscript(self, node: ast.Subscript, local: Locals) -> object:
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
