"""The schema of nodes: their keys, and each operation and built-in block as a property."""

from __future__ import annotations

from collections.abc import Iterable

from archc.blocks import BLOCKS
from archc.ops import JOINS, OPERATIONS, operation_class
from archc.ops.initialiser import INITIALISERS
from archc.schema.call import (
    ANY_ARGUMENTS,
    REFERENCE,
    block_call,
    join_call,
    model_call,
    operation_call,
)
from archc.schema.draft7 import DEFINITIONS, Schema, with_description
from archc.schema.value import EXPRESSION, value
from archc.schema.words import FORMS, NODE_KEYS

NODES: Schema = {"type": "array", "items": {"$ref": DEFINITIONS + "node"}}

_INITIALISER: Schema = {"$ref": DEFINITIONS + "initialiser"}
_CAPITALISED = "^[A-Z][A-Za-z0-9]*$"
_VARIABLE: Schema = {"type": "string", "pattern": "^[A-Za-z_][A-Za-z0-9_]{0,63}$"}
_VARIABLES: Schema = {"type": "array", "minItems": 1, "items": {"$ref": DEFINITIONS + "variables"}}
_LOOP = ("for", "in", "do")


def init() -> Schema:
    """The document's `init`: operations that have parameters, each with these."""
    declared = {name: operation_class(name).starts for name in OPERATIONS}
    operations = {
        name: _parameters(name, starts)
        for name, starts in declared.items()
        if starts and "" not in starts
    }
    return {"type": "object", "properties": operations, "additionalProperties": False}


def _parameters(operation: str, starts: Iterable[str]) -> Schema:
    properties = {
        name: with_description(_INITIALISER, f"How `{name}` of each `{operation}` starts.")
        for name in starts
    }
    schema: Schema = {"type": "object", "properties": properties, "additionalProperties": False}
    return with_description(schema, f"How the parameters of each `{operation}` start.")


def definitions() -> dict[str, Schema]:
    """The schemas that others refer to, by name."""
    mapping = _mapping()
    return {
        "node": _node(mapping["properties"]),
        "mapping": mapping,
        "branch": {
            "if": {"type": "array"},
            "then": NODES,
            "else": {"$ref": DEFINITIONS + "node"},
        },
        "variables": {"anyOf": [_VARIABLE, _VARIABLES]},
        "initialiser": _initialiser(),
    }


def _node(calls: dict[str, Schema]) -> Schema:
    """A bare name, or one mapping for all nodes and loops: an editor completes its keys best where
    no choice stands before it. Where nothing is written yet, both are offered.
    """
    mapping = {"$ref": DEFINITIONS + "mapping"}
    return {
        "if": {"type": "object"},
        "then": mapping,
        "else": {"anyOf": [_bare(calls), mapping]},
    }


def _bare(calls: dict[str, Schema]) -> Schema:
    """The names that stand alone: of operations and blocks that need no arguments."""
    alone = [
        with_description({"const": name}, calls[name]["description"])
        for name in sorted((*OPERATIONS, *BLOCKS))
        if name not in JOINS and "required" not in calls[name]
    ]
    return {"anyOf": [*alone, {"type": "string", "pattern": rf"{_CAPITALISED}|\$"}]}


def _mapping() -> Schema:
    operations = {
        name: join_call(name) if name in JOINS else operation_call(name) for name in OPERATIONS
    }
    blocks = {name: block_call(name) for name in BLOCKS}
    return {
        "type": "object",
        "properties": {**_forms(), **operations, **blocks, **_keys(), **_join_arguments()},
        "patternProperties": {_CAPITALISED: ANY_ARGUMENTS, r"\$": ANY_ARGUMENTS},
        "additionalProperties": False,
        "dependencies": _dependencies(),
        "allOf": _one_operation(),
    }


def _one_operation() -> list[Schema]:
    """That a node has an operation, and one alone. Of the keys that stand beside it, no more is
    asked than that they exist: what all combinations allow would be longer than the rest.
    """
    beside = (*NODE_KEYS, *_takers())
    none = {"propertyNames": {"enum": list(beside)}}
    several = {
        "minProperties": 2,
        "not": {"anyOf": [{"required": [key]} for key in (*beside, "for")]},
    }
    return [
        {"if": none, "then": _refused("a node needs an operation, such as `relu`")},
        {"if": several, "then": _refused("a node has one operation: is a `- ` missing?")},
    ]


def _refused(message: str) -> Schema:
    """No mapping: a null. Editors show the message, which they would not for `not`."""
    return {"type": "null", "errorMessage": message}


def _keys() -> dict[str, Schema]:
    """The keys that any node may have."""
    schemas: dict[str, Schema] = {
        "name": {"type": ["string", "integer"], "minimum": 0},
        "from": {"anyOf": [REFERENCE, {"type": "array", "minItems": 1, "items": REFERENCE}]},
        "repeat": value({"type": "integer", "minimum": 0}),
        "when": value({"type": "boolean"}),
        "init": {"anyOf": [_INITIALISER, {"type": "object", "additionalProperties": _INITIALISER}]},
    }
    return {key: with_description(schemas[key], NODE_KEYS[key]) for key in NODE_KEYS}


def _forms() -> dict[str, Schema]:
    """What is no operation: `seq`, `apply`, loops."""
    schemas: dict[str, Schema] = {
        "seq": NODES,
        "apply": REFERENCE,
        "for": {"$ref": DEFINITIONS + "variables"},
        "in": value({"type": "array"}),
        "do": NODES,
    }
    return {key: with_description(schemas[key], FORMS[key]) for key in FORMS}


def _takers() -> dict[str, list[str]]:
    """The arguments that stand beside joins, each with the joins that take it."""
    found: dict[str, list[str]] = {}
    for name in sorted(JOINS):
        for argument in operation_class(name).model_fields:
            found.setdefault(argument, []).append(name)
    return found


def _join_arguments() -> dict[str, Schema]:
    return {
        argument: operation_call(joins[0])["properties"][argument]
        for argument, joins in _takers().items()
    }


def _dependencies() -> Schema:
    others = [key for key in _LOOP if key != "for"]
    joins = {
        argument: {"anyOf": [{"required": [join]} for join in joins]}
        for argument, joins in _takers().items()
    }
    loop = {"required": others, "propertyNames": {"enum": list(_LOOP)}}
    return {"for": loop, **{key: ["for"] for key in others}, **joins}


def _initialiser() -> Schema:
    calls = {name: model_call(name, model) for name, model in INITIALISERS.items()}
    alone = [
        with_description({"const": name}, call["description"])
        for name, call in calls.items()
        if "required" not in call
    ]
    mapping: Schema = {
        "type": "object",
        "minProperties": 1,
        "maxProperties": 1,
        "properties": calls,
        "additionalProperties": False,
    }
    return {"anyOf": [*alone, EXPRESSION, mapping]}
