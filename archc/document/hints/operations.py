"""What was likely meant by operations and arguments that are not written as such."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from archc.blocks import BLOCKS
from archc.diagnostics import suggest
from archc.document.hints.names import ANY_OPERATION, Hint, operation_hint
from archc.document.nodes import FORMS, operation_key
from archc.ops import JOINS, OPERATIONS, operation_class

_KINDS_OF_NODES = ("type", "op", "operation", "layer", "class", "class_name", "module", "kind")
"""Keys under which others write what is the key itself here."""


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


def named_arguments(operation: str, value: object) -> str | None:
    """A call with its arguments by name."""
    if operation not in OPERATIONS:
        meant = suggest(operation, [*OPERATIONS, *FORMS])
        if meant in JOINS:
            return f"did you mean `{meant}: [one, other]`?"
        return named_arguments(meant, value) if meant in OPERATIONS else _no_arguments(value)
    fields = operation_class(operation).model_fields
    if not fields:
        return f"it takes none: write `- {operation}`"
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return f"write `{operation}: {{{next(iter(fields))}: {value}}}`"
    required = [name for name, field in fields.items() if field.is_required()]
    given = ", ".join(f"{name}: …" for name in required or list(fields)[:1])
    return f"write `{operation}: {{{given}}}`"
