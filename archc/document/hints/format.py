"""What was likely meant by what does not fit the file format: the ways out."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from pydantic_core import ErrorDetails

from archc.blocks import BLOCKS
from archc.diagnostics import suggest
from archc.document.format import FORMS, TYPE_SYNONYMS, TYPES, operation_key
from archc.document.hints.foreign import ROWS, is_row
from archc.document.hints.inputs import inputs_help
from archc.document.hints.names import ANY_OPERATION, Hint, operation_hint
from archc.document.hints.values import COUNTS, value_hint
from archc.ops import JOINS, OPERATIONS, operation_class

_KINDS_OF_NODES = ("type", "op", "operation", "layer", "class", "class_name", "module", "kind")
"""Keys under which others write what is the key itself here."""

LISTS_OF_NODES = ("graph", "seq", "do")
"""The keys whose values are lists of nodes."""

_WITH_EXPRESSIONS: Mapping[str, str] = {
    "count": "an integer",
    "condition": "true or false",
    "list": "a list",
}
"""What is needed where an expression may stand, `repeat`, `when`, `in`, by the kind of error."""


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


def way_out(details: ErrorDetails, key: str | int | None, needed: str, written: str) -> str | None:
    """What to write instead, for one of Pydantic's errors about the value under `key`: what was
    `needed` there, and what is `written`.
    """
    kind, value, place = details["type"], details["input"], details["loc"]
    if kind in _FORMS_OF_NODES:
        return _FORMS_OF_NODES[kind](value, details.get("ctx", {}))
    if kind in _WITH_EXPRESSIONS and not (kind == "list" and type(value) is int):
        return value_hint(_WITH_EXPRESSIONS[kind], written, COUNTS)
    if place[:1] == ("inputs",):
        return inputs_help(place[1:], value)
    if not place and isinstance(value, str):
        return "a spec is more than a name: `archc new NAME` writes one to start from"
    if not place and isinstance(value, list):
        return "write `archc: 1`, `name` and `inputs` first, and this list below `graph:`"
    if isinstance(value, (list, dict)) and (said := _for_collection(kind, value, key)):
        return said
    if isinstance(value, str) and (said := _for_text(kind, value, key)):
        return said
    if type(value) is int and (said := _for_number(value, key, place)):
        return said
    return value_hint(needed, written)


def _for_number(value: int, key: str | int | None, place: tuple[str | int, ...]) -> str | None:
    """What to write in the place of a number."""
    if key == "in":
        return f"to count, write `in: $(range({value}))`"
    if {"from", "references"}.isdisjoint(place):
        return None
    return "give the node a `name`, and write that name here"


def _for_collection(kind: str, value: Any, key: str | int | None) -> str | None:
    """What to write in the place of a list or mapping."""
    if isinstance(value, dict):
        is_node = key in LISTS_OF_NODES
        return "write `- ` before each node: `- relu`, `- conv2d: {…}`" if is_node else None
    if kind == "node" and is_row(value):
        return ROWS
    if kind == "node" and value and isinstance(value[0], str):
        return f"a call is `{value[0]}: {{…}}`, a list of nodes `seq: [...]`"
    return "write a name and what it is: `outputs: {logits: head}`" if key == "outputs" else None


def _for_text(kind: str, value: str, key: str | int | None) -> str | None:
    """What to write in the place of a text."""
    if kind == "type_name":
        return f"{type_help(value)} A text as a default is written `{{default: {value}}}`"
    if kind == "literal_error" and key == "type":
        return type_help(value)
    if key == "outputs":
        return f"write `outputs: {{output: {value}}}`"
    if kind == "tuple_type" and "$" not in value:
        return f"write `{key}: [{value}]`"
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


def unknown_operation_hint(name: str, value: object) -> Hint:
    """What was meant by an unknown operation whose `value` is no mapping."""
    if isinstance(value, dict):
        inner = next(iter(value))
        said = f"a node's name stands beside its operation: `{{name: {name}, {inner}: {{…}}}}`"
        return Hint(said)
    if name == "do":
        return Hint(
            "a list that repeats is `{repeat: 3, seq: [...]}`; a loop has `for`, `in` and `do`"
        )
    argument = _no_arguments(value, name)
    hint = operation_hint(name, (*OPERATIONS, *BLOCKS))
    if argument is not None and (hint is None or isinstance(value, str)):
        return Hint(argument)
    return hint or Hint(ANY_OPERATION)


def _no_arguments(value: object, name: str = "") -> str | None:
    """What to write for a `value` that is something else than the arguments of an operation."""
    if isinstance(value, str) and value in OPERATIONS:
        return f"the operation is the key: `{value}: {{…}}`"
    if isinstance(value, str) and name.casefold() in _KINDS_OF_NODES:
        meant = suggest(value, [*OPERATIONS, *BLOCKS])
        return f"the operation is the key: `{meant or value}: {{…}}`"
    if not isinstance(value, list):
        return None
    if all(isinstance(each, str) and each not in OPERATIONS for each in value):
        joins = ", ".join(f"`{join}`" for join in sorted(JOINS))
        return f"several tensors are read by {joins}; a list of nodes is `seq: [...]`"
    return "a list of nodes is `seq: [...]`"


def _named_arguments(operation: str, value: object) -> str | None:
    """A call with its arguments by name."""
    if operation not in OPERATIONS:
        meant = suggest(operation, [*OPERATIONS, *FORMS])
        if meant in JOINS:
            return f"did you mean `{meant}: [one, other]`?"
        return _named_arguments(meant, value) if meant in OPERATIONS else _no_arguments(value)
    fields = operation_class(operation).model_fields
    if not fields:
        return f"it takes none: write `- {operation}`"
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return f"write `{operation}: {{{next(iter(fields))}: {value}}}`"
    required = [name for name, field in fields.items() if field.is_required()]
    given = ", ".join(f"{name}: …" for name in required or list(fields)[:1])
    return f"write `{operation}: {{{given}}}`"


_FORMS_OF_NODES: Mapping[str, Callable[[Any, Mapping[str, Any]], str | None]] = {
    "arguments": lambda node, of: _named_arguments(of["operation"], node[of["operation"]]),
    "two_operations": lambda _, of: (
        f"for a node of its own, write `- {of['second']}` on the next line"
    ),
    "join": lambda _, of: (
        f"write `{of['operation']}: [one, other]`, or "
        f"`{of['operation']}: {{body: [...], shortcut: []}}`"
    ),
    "made_join": lambda _, of: (
        "name the nodes in the loop, `name: b$k`, and list the names after it: "
        f"`{of['operation']}: [b0, b1, b2]`"
    ),
    "variables": lambda *_: (
        "write `for: x` and `in: [1, 2]`, or `for: [x, y]`, whose values are lists of two"
    ),
}
"""What to say of a node or loop that is not written as such, by the kind of error."""
