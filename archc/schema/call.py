"""The schemas of what takes arguments: operations, built-in blocks, initialisers."""

from __future__ import annotations

from inspect import cleandoc

from pydantic import BaseModel

from archc.describe.argument import argument_words
from archc.describe.page import written
from archc.document.format import ParameterSpec
from archc.document.loader import builtin_block
from archc.ops import operation_class
from archc.schema.draft7 import DEFINITIONS, Schema, draft7, with_description
from archc.schema.value import value

REFERENCE: Schema = {"type": "string", "minLength": 1}
ANY_ARGUMENTS: Schema = {"type": ["object", "null"]}
"""The arguments of what only the compiler knows: a block of the file, or what `$name` chooses."""

_TYPES = {"int": "integer", "float": "number", "bool": "boolean", "str": "string", "list": "array"}


def operation_call(name: str) -> Schema:
    """The arguments of an operation that is no join."""
    return model_call(name, operation_class(name))


def model_call(title: str, model: type[BaseModel]) -> Schema:
    """The arguments of the operation or initialiser `title`, which `model` declares."""
    schema = draft7(model)
    properties = schema.get("properties", {})
    for name, field in model.model_fields.items():
        properties[name] = _argument(properties[name], argument_words(title, name, field))
    return _call(schema, cleandoc(model.__doc__ or ""))


def join_call(name: str) -> Schema:
    """What a join reads: a list of references, or branches by name."""
    declared = operation_class(name)
    fewest, most = declared.arity
    schema: Schema = {
        "type": ["array", "object"],
        "minItems": fewest,
        "items": REFERENCE,
        "minProperties": fewest,
        "additionalProperties": {"$ref": DEFINITIONS + "branch"},
        **({} if most is None else {"maxItems": most, "maxProperties": most}),
    }
    return with_description(schema, cleandoc(declared.__doc__ or ""))


def block_call(name: str) -> Schema:
    """The arguments of a built-in block."""
    body = builtin_block(name).body
    required = [key for key, parameter in body.params.items() if parameter.required]
    schema: Schema = {
        "properties": {key: _parameter(parameter) for key, parameter in body.params.items()},
        "additionalProperties": False,
        **({"required": required} if required else {}),
    }
    about = [body.summary, body.source and f"Source: {body.source}"]
    return _call(schema, "\n\n".join(line for line in about if line))


def _call(schema: Schema, description: str) -> Schema:
    """A call needs no mapping where it needs no argument."""
    kinds = "object" if "required" in schema else ["object", "null"]
    return with_description({**schema, "type": kinds}, description)


def _parameter(parameter: ParameterSpec) -> Schema:
    keywords = {
        "type": _TYPES.get(parameter.type),
        "minimum": parameter.min,
        "maximum": parameter.max,
        "enum": parameter.choices and list(parameter.choices),
        "default": parameter.default,
    }
    schema = {keyword: part for keyword, part in keywords.items() if part is not None}
    return _argument(schema, parameter.summary)


def _argument(schema: Schema, words: str | None) -> Schema:
    """An argument with its words. They tell its default too: what the schema calls one, an editor
    writes out.
    """
    kind = {keyword: part for keyword, part in schema.items() if keyword != "default"}
    default = [f"Default: `{written(schema['default'])}`."] if "default" in schema else []
    about = " ".join([*([words] if words else []), *default])
    return with_description(value(kind), about) if about else value(kind)
