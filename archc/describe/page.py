"""The page on one operation or block: how a spec writes it, what it does, what it takes."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from itertools import product
from typing import Any, NamedTuple

from pydantic import ValidationError

from archc.describe.argument import argument_words, example_values
from archc.describe.example import example_call
from archc.describe.kind import kinds
from archc.describe.summary import operation_words
from archc.document.format import ParameterSpec
from archc.document.loader import builtin_block
from archc.ops import JOINS, operation_class
from archc.ops.operation import Operation


class Argument(NamedTuple):
    """An argument as a spec writes it; one without a default is required."""

    name: str
    kind: str
    default: str | None
    words: str


def operation_page(name: str) -> str:
    """All that there is to know about an operation."""
    declared = operation_class(name)
    arguments = _operation_arguments(name, declared)
    facts = [
        ("reads", declared.layout),
        ("follows from the input", ", ".join(f"`{each}`" for each in declared.follows)),
        ("torch", f"`{declared.target}`" if declared.helper is None else ""),
        ("example", example(name)),
    ]
    signature = f"{name}: [first, second, ...]" if name in JOINS else _signature(name, arguments)
    return _page(signature, operation_words(name), arguments, facts)


def block_page(name: str) -> str:
    """All that there is to know about a built-in block."""
    body = builtin_block(name).body
    arguments = block_arguments(name)
    facts = [
        ("reads", ", ".join(f"`{each}`" for each in body.inputs) if body.inputs[1:] else ""),
        ("gives", ", ".join(f"`{each}`" for each in body.outputs)),
        ("source", body.source or ""),
        ("example", example_call(name)),
    ]
    return _page(_signature(name, arguments), body.summary or "", arguments, facts)


def block_arguments(name: str) -> list[Argument]:
    """The parameters of a built-in block."""
    params = builtin_block(name).body.params
    return [_parameter(key, parameter) for key, parameter in params.items()]


def example(name: str) -> str:
    """A node that calls an operation with the arguments that it needs."""
    declared = operation_class(name)
    if name in JOINS:
        return f"- {name}: [first, second]"
    arguments = ", ".join(f"{key}: {written(value)}" for key, value in _needed(declared).items())
    call = f"{name}: {{{arguments}}}" if arguments else name
    return f"- {call}" if declared.arity[0] else f"- {{name: offset, {call}}}"


def _needed(declared: type[Operation]) -> dict[str, Any]:
    """The required arguments with values that the operation takes; where none is required, the
    first that stands for nothing unless it is written.
    """
    fields = declared.model_fields.items()
    required = [key for key, field in fields if field.is_required()]
    unset = [key for key, field in fields if field.default is None and example_values(key)]
    names = required or unset[:1]
    choices = (dict(zip(names, row, strict=True)) for row in product(*map(example_values, names)))
    return next(choice for choice in choices if _fits(declared, choice))


def _fits(declared: type[Operation], arguments: dict[str, Any]) -> bool:
    try:
        declared.model_validate(arguments)
    except ValidationError:
        return False
    return True


def _operation_arguments(title: str, declared: type[Operation]) -> list[Argument]:
    properties = declared.model_json_schema().get("properties", {})
    return [
        Argument(
            name,
            " or ".join(kinds(properties[name])),
            None if field.is_required() else written(field.default),
            argument_words(title, name, field) or "",
        )
        for name, field in declared.model_fields.items()
    ]


def _parameter(name: str, parameter: ParameterSpec) -> Argument:
    bounds = (("at least", parameter.min), ("at most", parameter.max))
    choices = ", ".join(f"`{choice}`" for choice in parameter.choices or ())
    kind = [
        parameter.type,
        *(f"{words} {bound}" for words, bound in bounds if bound is not None),
        *([f"one of {choices}"] if choices else []),
    ]
    default = None if parameter.required else written(parameter.default)
    return Argument(name, ", ".join(kind), default, parameter.summary or "")


def written(value: Any) -> str:
    """A plain value as a spec writes it."""
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(written, value))}]"
    return value if isinstance(value, str) else json.dumps(value)


def _signature(name: str, arguments: Sequence[Argument]) -> str:
    listed = ", ".join(
        each.name if each.default is None else f"{each.name}: {each.default}" for each in arguments
    )
    return f"{name}: {{{listed}}}" if arguments else name


def _page(
    signature: str, words: str, arguments: Sequence[Argument], facts: Iterable[tuple[str, str]]
) -> str:
    parts = [signature, words]
    if arguments:
        width = max(len(each.name) for each in arguments)
        parts.append("\n".join(f"  {each.name:{width}}  {_line(each)}" for each in arguments))
    parts.append("\n".join(f"{name}: {fact}" for name, fact in facts if fact))
    return "\n\n".join(part for part in parts if part) + "\n"


def _line(argument: Argument) -> str:
    default = "required" if argument.default is None else f"default {argument.default}"
    return f"{argument.words} ({argument.kind}; {default})".lstrip()
