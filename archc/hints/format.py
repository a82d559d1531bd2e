"""What was likely meant by what does not fit the file format: the ways out."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from pydantic_core import ErrorDetails

from archc.blocks import BLOCKS
from archc.diagnostics import suggest
from archc.document import FORMS, TYPE_SYNONYMS, TYPES, operation_key
from archc.expression import Expression, ExpressionError, parse
from archc.hints.names import operation_help, operation_synonym
from archc.ops import JOINS, OPERATIONS, operation_class

_LISTS_OF_NODES = ("graph", "seq", "do")
_KINDS: Mapping[str, type | tuple[type, ...]] = {
    "archc": (int, float),
    "inputs": dict,
    "graph": list,
}
"""What the value of a required key is, by which one under another name is known."""

_WITH_EXPRESSIONS = ("count", "condition", "list")
"""The kinds of errors of keys that take an expression: `repeat`, `when`, `in`."""

_TRUTH = {"yes": "true", "on": "true", "no": "false", "off": "false"}
"""What older YAML took for a truth value."""


def fits(key: str, value: object) -> bool:
    """Whether `value`, which stands under an unknown key, is likely that of the missing `key`."""
    kind = _KINDS.get(key)
    return kind is not None and isinstance(value, kind)


def stray_arguments(node: Mapping[str, Any], keys: Sequence[str]) -> list[str]:
    """Those of the unknown `keys` of a node that are its operation's arguments: what is below an
    operation without a value, and what the operation has a field for.
    """
    operation = operation_key(dict(node))
    if operation is None or operation in FORMS:
        return []
    if node[operation] is None:
        return list(keys)
    known = operation_class(operation).model_fields if operation in OPERATIONS else {}
    return [key for key in keys if key in known]


def below(node: Mapping[str, Any]) -> str:
    """Where the arguments of a node stand."""
    operation = operation_key(dict(node))
    return (
        f"write the arguments of `{operation}` as `{operation}: {{…}}`, or below it and indented "
        "further"
    )


def way_out(details: ErrorDetails, key: str | int | None) -> str | None:
    """What to write instead, for one of Pydantic's errors about the value under `key`."""
    kind, value, context = details["type"], details["input"], details.get("ctx", {})
    if kind == "arguments":
        return _named_arguments(context["operation"], value[context["operation"]])
    if kind == "unknown_operation":
        return _unknown_operation(context["operation"], value[context["operation"]])
    if kind == "two_operations":
        return f"for a node of its own, write `- {context['second']}` on the next line"
    if kind == "join":
        name = context["operation"]
        return f"write `{name}: [one, other]`, or `{name}: {{body: [...], shortcut: []}}`"
    if kind == "variables":
        return "write `for: x` and `in: [1, 2]`, or `for: [x, y]`, whose values are lists of two"
    if isinstance(value, (list, dict)):
        return _for_collection(kind, value, key)
    if isinstance(value, str):
        return _for_text(kind, value, key)
    if type(value) is int and key == "in":
        return f"to count, write `in: $(range({value}))`"
    if type(value) is int and not {"from", "references"}.isdisjoint(details["loc"]):
        return "give the node a `name`, and write that name here"
    return None


def _for_collection(kind: str, value: Any, key: str | int | None) -> str | None:
    """What to write in the place of a list or mapping."""
    if isinstance(value, dict):
        is_node = key in _LISTS_OF_NODES
        return "write `- ` before each node: `- relu`, `- conv2d: {…}`" if is_node else None
    if kind == "node" and value and isinstance(value[0], str):
        return f"a call is `{value[0]}: {{…}}`, a list of nodes `seq: [...]`"
    return "write a name and what it is: `outputs: {logits: head}`" if key == "outputs" else None


def _for_text(kind: str, value: str, key: str | int | None) -> str | None:
    """What to write in the place of a text."""
    if kind == "type_name":
        return f"{type_help(value)} A text as a default is written `{{default: {value}}}`"
    if kind == "literal_error" and key == "type":
        return type_help(value)
    if kind == "condition" and value.casefold() in _TRUTH:
        return f"write `{_TRUTH[value.casefold()]}`"
    if kind in _WITH_EXPRESSIONS:
        return value_help(value) or _as_expression(value)
    if key == "outputs":
        return f"write `outputs: {{output: {value}}}`"
    return None


def type_help(text: str) -> str | None:
    """The type of parameters that is called, or misspelt, `text`."""
    meant = TYPE_SYNONYMS.get(text.casefold()) or suggest(text, TYPES)
    return f"did you mean `{meant}`?" if meant else None


def variables_help(names: Sequence[Any], value: object) -> str | None:
    """How to write the variables `names` of a loop for elements that nest as `value` does."""
    variables = iter(_leaves(names))

    def nested(part: object) -> str:
        if not isinstance(part, list):
            return str(next(variables))
        return f"[{', '.join(map(nested, part))}]"

    if not isinstance(value, list) or len(_leaves(value)) != len(_leaves(names)):
        return None
    return f"write `for: {nested(value)}`"


def _leaves(value: object) -> list[Any]:
    """The elements of a list that are no lists, however deep."""
    if not isinstance(value, list):
        return [value]
    return [leaf for part in value for leaf in _leaves(part)]


def value_help(text: str) -> str | None:
    """What to write for a `text` that stands where another type is needed."""
    if re.fullmatch(r"[0-9][0-9_]*(\.[0-9_]+)?", text):
        return f"write the number plainly: `{text.replace('_', '')}`"
    if text.startswith("("):
        return "a list is written in brackets: `[3, 3]`"
    braces = re.fullmatch(r"\{\{ *([A-Za-z_][A-Za-z0-9_]*) *\}\}", text)
    if braces is not None:
        return f"a parameter is written `${braces[1]}`"
    if re.search(r"\$[A-Za-z_]", text) and re.search(r"[-+*/%]", text) and "$(" not in text:
        whole = f"$({re.sub('[$]', '', text)})"
        return f"calculate inside the parentheses: `{whole}`" if _is_expression(whole) else None
    return None


def _as_expression(text: str) -> str | None:
    """What to write for a `text` that lacks only what makes it a parameter, expression or list."""
    if re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", text):
        return f"a parameter is written `${text}`, an expression `$(…)`"
    if re.fullmatch(r"[^][(){},]+(, *[^][(){},]+)+", text):
        return f"a list is written in brackets: `[{text}]`"
    whole = f"$({text})"
    return f"an expression is written `{whole}`" if _is_expression(whole) else None


def _is_expression(text: str) -> bool:
    try:
        return isinstance(parse(text), Expression)
    except ExpressionError:
        return False


def _unknown_operation(name: str, value: object) -> str:
    """What was meant by an unknown operation whose `value` is no mapping."""
    meant = operation_synonym(name)
    if meant is not None:
        return meant
    reach = [*OPERATIONS, *BLOCKS]
    close = suggest(name, reach)
    if close is not None:
        return f"did you mean `{close}`?"
    return _no_arguments(value) or operation_help(name, reach)


def _no_arguments(value: object) -> str | None:
    """What to write for a `value` that is something else than the arguments of an operation."""
    if isinstance(value, str) and value in OPERATIONS:
        return f"the operation is the key: `{value}: {{…}}`"
    if not isinstance(value, list):
        return None
    if all(isinstance(each, str) and each not in OPERATIONS for each in value):
        joins = ", ".join(f"`{join}`" for join in sorted(JOINS))
        return f"several tensors are read by {joins}; a list of nodes is `seq: [...]`"
    return "a list of nodes is `seq: [...]`"


def _named_arguments(operation: str, value: object) -> str | None:
    """A call with its arguments by name."""
    if operation not in OPERATIONS:
        return _no_arguments(value)
    fields = operation_class(operation).model_fields
    if not fields:
        return f"it takes none: write `- {operation}`"
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return f"write `{operation}: {{{next(iter(fields))}: {value}}}`"
    required = [name for name, field in fields.items() if field.is_required()]
    given = ", ".join(f"{name}: …" for name in required or list(fields)[:1])
    return f"write `{operation}: {{{given}}}`"
