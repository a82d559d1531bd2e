"""From the text of a YAML string to a plain string, an `Expression` or a `Template`."""

import ast
import re
from dataclasses import dataclass, field
from functools import lru_cache

from archc.expression.error import ExpressionError
from archc.expression.scan import closing
from archc.expression.subset import check_subset

MAX_EXPRESSION = 256
MAX_TEMPLATE = 10_000


@dataclass(frozen=True)
class Expression:
    """`$name` or `$(expression)`, checked; equal and hashed by `text`.

    `names` are the free names (parameters, loop variables), `shapes` the X of `X.channels`.
    The columns of `tree` are offsets in characters into `text`. The tree is shared: copy it
    before changing it.
    """

    text: str
    names: frozenset[str] = field(compare=False)
    shapes: frozenset[str] = field(compare=False)
    tree: ast.expr = field(compare=False, repr=False)


@dataclass(frozen=True)
class Template:
    """A longer string with expressions in it; equal and hashed by `text`.

    `parts` are the pieces in order, each with its offset into `text`.
    """

    text: str
    names: frozenset[str] = field(compare=False)
    shapes: frozenset[str] = field(compare=False)
    parts: tuple[tuple[int, str | Expression], ...] = field(compare=False, repr=False)


def parse(text: str) -> str | Expression | Template:
    """What the YAML string `text` means; raises `ExpressionError`."""
    return _parse(text) if "$" in text else text


_DOLLAR = re.compile(r"\$(?:(?P<dollar>\$)|(?P<name>[A-Za-z_][A-Za-z0-9_]*)|(?P<open>\())?")


@lru_cache(maxsize=4096)
def _parse(text: str) -> str | Expression | Template:
    if len(text) > MAX_TEMPLATE:
        message = f"a text with `$` has at most {MAX_TEMPLATE:,} characters, not {len(text):,}"
        raise ExpressionError("limit", message, 0, len(text))
    parts: list[tuple[int, str | Expression]] = []
    position = 0
    while match := _DOLLAR.search(text, position):
        start = match.start()
        if start > position:
            parts.append((position, text[position:start]))
        if match["dollar"]:
            parts.append((start, "$"))
            position = match.end()
        else:
            position = _end(text, match)
            parts.append((start, _placed(text[start:position], start)))
    if position < len(text):
        parts.append((position, text[position:]))
    return _meaning(text, parts)


def _meaning(text: str, parts: list[tuple[int, str | Expression]]) -> str | Expression | Template:
    expressions = [part for _, part in parts if isinstance(part, Expression)]
    if not expressions:
        return "".join(part for _, part in parts if isinstance(part, str))
    if len(parts) == 1:
        return expressions[0]
    names = frozenset[str]().union(*(part.names for part in expressions))
    shapes = frozenset[str]().union(*(part.shapes for part in expressions))
    return Template(text, names, shapes, tuple(parts))


def _end(text: str, match: re.Match[str]) -> int:
    """The offset after the `$name` or `$(expression)` that begins with `match`."""
    if match["name"]:
        return match.end()
    if match["open"]:
        return closing(text, match.end()) + 1
    start, end = match.start(), min(match.start() + 2, len(text))
    message = f"`{text[start:end]}`: after `$` stands a name or an expression in parentheses"
    advice = "write `$$` for a dollar sign, else `$name` or `$(expression)`"
    raise ExpressionError("syntax", message, start, end, advice)


def _placed(text: str, offset: int) -> Expression:
    try:
        return _expression(text)
    except ExpressionError as error:
        raise error.moved(offset) from None


@lru_cache(maxsize=4096)
def _expression(text: str) -> Expression:
    if len(text) > MAX_EXPRESSION:
        message = f"an expression has at most {MAX_EXPRESSION} characters, not {len(text)}"
        advice = "name a part of it under `params`"
        raise ExpressionError("limit", message, 0, len(text), advice)
    inner = slice(2, -1) if text[1] == "(" else slice(1, None)
    tree = _tree(text, text[inner], inner.start)
    names, shapes = check_subset(tree, text)
    return Expression(text, names, shapes, tree)


_SPACES = str.maketrans("\t\n\v\f\r", "     ")
_SLIPS = (
    (re.compile(r"&&"), "write `and`"),
    (re.compile(r"\|\|"), "write `or`"),
    (re.compile(r"!(?!=)"), "write `not`"),
    (re.compile(r"(?<![=<>!])=(?!=)"), "compare with `==`"),
)


def _tree(text: str, source: str, offset: int) -> ast.expr:
    """The tree of `source`, which begins at `offset` in `text`, with columns into `text`."""
    if not source.strip():
        raise ExpressionError("syntax", f"`{text}` is empty", 0, len(text))
    wrapped = f"({source.translate(_SPACES)})"
    shift = offset - 1
    try:
        tree = ast.parse(wrapped, mode="eval").body
    except SyntaxError as error:
        start = min(max((error.offset or 1) - 1 + shift, offset), len(text) - 1)
        end = min(max((error.end_offset or 0) - 1 + shift, start + 1), len(text))
        advice = next((advice for slip, advice in _SLIPS if slip.search(source)), None)
        message = f"`{source}` is not an expression"
        raise ExpressionError("syntax", message, start, end, advice) from None
    except (ValueError, MemoryError, RecursionError):
        message = "the expression is nested too deeply"
        raise ExpressionError("limit", message, 0, len(text)) from None
    encoded = wrapped.encode()
    for node in ast.walk(tree):
        # `ast` counts columns in bytes of UTF-8.
        if isinstance(node, ast.expr):
            node.col_offset = len(encoded[: node.col_offset].decode()) + shift
            node.end_col_offset = len(encoded[: node.end_col_offset].decode()) + shift
    return tree
