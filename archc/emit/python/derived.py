"""Sizes in the body of a class, as formulas of the names that its constructor may have.

They are derived by the shape rules of what runs: so they hold for every value of the names, and not
for the instances at hand by chance.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from archc.network import Reference
from archc.sizes import Dimension, Size, symbol
from archc.sizes.known import known
from archc.sizes.size import Atom, Floor, Symbol

Values = tuple[Any, ...]
"""The value of something in each instance of a class."""

Formulas = Sequence[Dimension | None]
"""A shape, as far as it has formulas."""

_UNKNOWN = "?"


class DerivedSizes:
    """The shapes of what stands in a class: its ports, and its nodes in the order they run."""

    def __init__(self) -> None:
        self._values: dict[str, Values] = {}
        self._ports: list[tuple[Dimension, ...]] = []
        self._nodes: list[list[tuple[Dimension, ...]]] = []

    def of(self, source: Reference) -> tuple[Dimension, ...]:
        """The shape of a port, or of a result of a node."""
        if source.node < 0:
            return self._ports[-1 - source.node]
        return self._nodes[source.node][source.result]

    def name(self, text: str, values: Values) -> Dimension:
        """The size that is a name or another text of the class."""
        self._values.setdefault(text, values)
        return symbol(text)

    def add_port(self, formulas: Formulas, actual: Sequence[Values]) -> None:
        self._ports.append(self._shape(formulas, actual, {}))

    def add_node(
        self,
        results: Sequence[Formulas],
        actual: Sequence[Sequence[Values]],
        written: Mapping[Values, Dimension],
    ) -> None:
        """The results of a node: by formula where that gives the actual sizes of all instances,
        else as an argument of these values says.
        """
        formulas = results if len(results) == len(actual) else [()] * len(actual)
        shapes = zip(formulas, actual, strict=True)
        self._nodes.append([self._shape(formula, shape, written) for formula, shape in shapes])

    def written(self, text: str, values: Values) -> Dimension:
        """An argument's text as a formula; what is more than arithmetic is one name."""
        found = _arithmetic(ast.parse(text, mode="eval").body, self._values)
        return self.name(text, values) if found is None else found

    def _shape(
        self, formulas: Formulas, actual: Sequence[Values], written: Mapping[Values, Dimension]
    ) -> tuple[Dimension, ...]:
        known_ones = formulas if len(formulas) == len(actual) else [None] * len(actual)
        return tuple(
            self._size(formula, values, written)
            for formula, values in zip(known_ones, actual, strict=True)
        )

    def _size(
        self, formula: Dimension | None, actual: Values, written: Mapping[Values, Dimension]
    ) -> Dimension:
        first: Dimension = actual[0]
        if all(value == first for value in actual):
            return first
        if formula is not None and self._holds(formula, actual):
            return formula
        if actual in written:
            return written[actual]
        return self.name(f"{_UNKNOWN}{len(self._values)}", actual)

    def _holds(self, formula: Dimension, actual: Values) -> bool:
        names = formula.symbols & self._values.keys() if isinstance(formula, Size) else ()
        return all(
            known(formula, {name: self._values[name][k] for name in names}) == value
            for k, value in enumerate(actual)
        )


def _arithmetic(node: ast.expr, names: Mapping[str, Values]) -> Dimension | None:
    """Python text as a formula; None where it is no polynomial of names with floors."""
    match node:
        case ast.Constant(value=int(number)):
            return number
        case ast.Name(id=name) if name in names:
            return symbol(name)
        case ast.BinOp(left=left, op=operator, right=right):
            one, other = _arithmetic(left, names), _arithmetic(right, names)
            if one is None or other is None:
                return None
            if isinstance(operator, ast.FloorDiv):
                return one // other if isinstance(other, int) and other > 0 else None
            if type(operator) in _OPERATORS:
                return _OPERATORS[type(operator)](one, other)
    return None


_OPERATORS: Mapping[type[ast.operator], Callable[[Dimension, Dimension], Dimension]] = {
    ast.Add: lambda one, other: one + other,
    ast.Sub: lambda one, other: one - other,
    ast.Mult: lambda one, other: one * other,
}


def python_text(size: Dimension) -> str | None:
    """A formula as Python; None where it is not one of names alone."""
    if isinstance(size, int):
        return str(size)
    if not _is_of_names(size):
        return None
    for name in size.symbols:
        if size + (symbol(name) + 1) // 2 == symbol(name):  # what the larger half leaves
            return f"{_atom(Symbol(name), is_alone=False)} // 2"
    return _sum(size)


def _is_of_names(size: Size) -> bool:
    """Whether Python can say it: no size is unknown, or scaled by a float."""
    return all(
        not atom.name.startswith(_UNKNOWN)
        if isinstance(atom, Symbol)
        else isinstance(atom, Floor) and _is_of_names(atom.numerator)
        for monomial, _ in size.terms
        for atom in monomial
    )


def _sum(size: Size) -> str:
    ((monomial, coefficient), *others) = size.terms
    if not (others or size.constant) and len(monomial) == coefficient == 1:
        return _atom(monomial[0], is_alone=True)
    terms = [_term(*term) for term in size.terms]
    if size.constant:
        terms.append(str(size.constant))
    terms.sort(key=lambda term: term.startswith("-"))
    return " + ".join(terms).replace("+ -", "- ")


def _term(monomial: Sequence[Atom], coefficient: int) -> str:
    """A summand: a quotient by itself needs no parentheses there."""
    is_quotient = len(monomial) == 1 == abs(coefficient) and isinstance(monomial[0], Floor)
    factors = [_atom(atom, is_quotient) for atom in monomial]
    if abs(coefficient) != 1:
        return " * ".join([str(coefficient), *factors])
    return "-" * (coefficient < 0) + " * ".join(factors)


def _atom(atom: Atom, is_alone: bool) -> str:
    if isinstance(atom, Floor):
        inner = _sum(atom.numerator)
        text = f"{inner if inner.isidentifier() else f'({inner})'} // {atom.divisor}"
        return text if is_alone else f"({text})"
    assert isinstance(atom, Symbol)
    is_operand = isinstance(ast.parse(atom.name, mode="eval").body, _OPERANDS)
    return atom.name if is_alone or is_operand else f"({atom.name})"


_OPERANDS = (ast.Name, ast.Call, ast.Subscript)
"""What needs no parentheses beside an operator."""
