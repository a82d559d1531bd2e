"""Python text from calls and literals, laid out as ruff and black lay it out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

WIDTH = 88
INDENT = "    "

_MANY = 8
"""From how many items on a list is not always written on one line."""


@dataclass(frozen=True, slots=True)
class Brackets:
    """`head` and `tail` around items: a call, a list or a mapping. `spread` puts each item on its
    own line.
    """

    head: str
    items: tuple[tuple[str, Expr], ...]
    tail: str
    spread: bool = False


@dataclass(frozen=True, slots=True)
class Infix:
    """Names with an operator between them."""

    operator: str
    operands: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Repeated:
    """`*(element for _ in range(count))`."""

    element: Expr
    count: int


@dataclass(frozen=True, slots=True)
class CommaList:
    """Items with commas between them, in parentheses only where they need several lines."""

    items: tuple[str, ...]


Expr = str | Brackets | Infix | Repeated | CommaList


def call(target: str, arguments: Sequence[tuple[str, Expr]], spread: bool = False) -> Brackets:
    """`target(...)`; each argument has its prefix: `stride=`, or nothing."""
    return Brackets(f"{target}(", tuple(arguments), ")", spread)


def literal(value: Any) -> str:
    """A checked value as Python writes it; lists become tuples."""
    if isinstance(value, (list, tuple)):
        items = ", ".join(literal(item) for item in value)
        return f"({items},)" if len(value) == 1 else f"({items})"
    return string(value) if isinstance(value, str) else repr(value)


def constant(value: Any) -> Expr:
    """A checked value that may be long: an item that comes many times in a row is written once."""
    if not isinstance(value, (list, tuple)) or len(value) < _MANY:
        return literal(value)
    items = [constant(item) for item in value]
    runs = [(item, len([*run])) for item, run in groupby(map(literal, value))]
    rows = " + ".join(f"({item},) * {count}" for item, count in runs)
    if len(runs) <= len(value) // _MANY and len(rows) <= WIDTH // 2:
        return rows
    return Brackets("(", tuple(("", item) for item in items), ")")


def string(text: str) -> str:
    """A string in double quotes."""
    quoted = repr(text)
    return quoted if '"' in text else f'"{quoted[1:-1]}"' if quoted[0] == "'" else quoted


def lay_out(expr: Expr, prefix: str = "", suffix: str = "", depth: int = 0) -> list[str]:
    """The lines of `prefix expr suffix` at an indentation: one line, or one an item where it does
    not fit.
    """
    indent = INDENT * depth
    flat = _flat(expr)
    if flat is not None and len(indent + prefix + flat + suffix) <= WIDTH:
        return [indent + prefix + flat + suffix]
    if isinstance(expr, str) or (isinstance(expr, Brackets) and not expr.items):
        return [indent + prefix + (flat or "") + suffix]
    if isinstance(expr, Infix):
        return _parenthesised(expr, indent, prefix, suffix)
    if isinstance(expr, Repeated):
        element = lay_out(expr.element, depth=depth + 1)
        clause = f"{indent}{INDENT}for _ in range({expr.count})"
        return [f"{indent}{prefix}*(", *element, clause, f"{indent}){suffix}"]
    if isinstance(expr, CommaList):
        items = [f"{indent}{INDENT}{item}," for item in expr.items]
        return [f"{indent}{prefix}(", *items, f"{indent}){suffix}"]
    lines = [indent + prefix + expr.head]
    together = None if expr.spread or expr.head in ("(", "[", "{") else _flat_items(expr)
    if together is not None and len(indent + INDENT + together) <= WIDTH:
        lines.append(indent + INDENT + together)
    else:
        comma = "," if len(expr.items) > 1 or expr.head[-1] in "[{" else ""
        for name, item in expr.items:
            lines += lay_out(item, name, comma, depth + 1)
    lines.append(indent + expr.tail + suffix)
    return lines


def header(method: Brackets, annotation: Expr, depth: int) -> list[str]:
    """The first lines of a method that gives `annotation`."""
    *lines, last = lay_out(method, "def ", f" -> {_flat(annotation)}:", depth)
    if len(last) <= WIDTH:
        return [*lines, last]
    return [*lines, *lay_out(annotation, ") -> ", ":", depth)]


def assignment(targets: Sequence[str], expr: Expr, suffix: str, depth: int) -> list[str]:
    """The lines of `targets = expr suffix`."""
    prefix = f"{', '.join(targets)} = "
    lines = lay_out(expr, prefix, suffix, depth)
    if len(lines) == 1 or (not suffix and len(lines[0]) <= WIDTH):
        return lines
    indent = INDENT * depth
    inner = indent + INDENT + (_flat(expr) or "") + suffix
    if len(indent + prefix + "(") <= WIDTH and len(inner) <= WIDTH:
        return [f"{indent}{prefix}(", inner, f"{indent})"]
    if len(targets) == 1:
        return lines
    return lay_out(CommaList((*targets,)), "", f" = {_flat(expr)}{suffix}", depth)


def _parenthesised(expr: Infix, indent: str, prefix: str, suffix: str) -> list[str]:
    inner = indent + INDENT
    together = inner + (_flat(expr) or "")
    first, *others = expr.operands
    each = [inner + first, *(f"{inner}{expr.operator} {operand}" for operand in others)]
    body = [together] if len(together) <= WIDTH else each
    return [f"{indent}{prefix}(", *body, f"{indent}){suffix}"]


def _flat(expr: Expr) -> str | None:
    """The expression on one line; None where something in it asks for lines of its own."""
    if isinstance(expr, str):
        return expr
    if isinstance(expr, Infix):
        return f" {expr.operator} ".join(expr.operands)
    if isinstance(expr, CommaList):
        return ", ".join(expr.items)
    if isinstance(expr, Repeated):
        element = _flat(expr.element)
        return None if element is None else f"*({element} for _ in range({expr.count}))"
    items = None if expr.spread else _flat_items(expr)
    return None if items is None else f"{expr.head}{items}{expr.tail}"


def _flat_items(expr: Brackets) -> str | None:
    parts = [(name, _flat(item)) for name, item in expr.items]
    if any(text is None for _, text in parts):
        return None
    return ", ".join(f"{name}{text}" for name, text in parts)
