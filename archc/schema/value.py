"""Values that may be written as expressions."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from archc.schema.draft7 import Schema

EXPRESSION: Schema = {"type": "string", "pattern": r"\$"}
"""`$name`, `$(expression)`, or a text that holds one."""


def value(schema: Schema) -> Schema:
    """What `schema` takes, or an expression; in lists likewise.

    An editor says most about a value, and completes it best, where one schema holds all its types.
    Keywords such as `minimum` mean one type only, so the schemas of different types go into one.
    """
    if not {"type", "anyOf", "enum", "const"} & schema.keys():
        return schema
    about = {key: schema[key] for key in ("description", "default") if key in schema}
    rest = {key: part for key, part in schema.items() if key not in about}
    alternatives = [_inside(each) for each in rest.get("anyOf", [rest])]
    words = [word for each in alternatives for word in _words(each)]
    others = [each for each in alternatives if not _words(each)]
    if words:
        joined = [*_one(others), {"enum": words}, EXPRESSION]
    elif any(each["type"] == "string" for each in others):
        joined = _one(others)
    else:
        joined = _one([*others, EXPRESSION])
    return {**(joined[0] if len(joined) == 1 else {"anyOf": joined}), **about}


def _inside(schema: Schema) -> Schema:
    if schema == {"const": None}:
        return {"type": "null"}
    return {**schema, "items": value(schema["items"])} if "items" in schema else schema


def _words(schema: Schema) -> list[Any]:
    return schema.get("enum", [schema["const"]] if "const" in schema else [])


def _one(alternatives: Iterable[Schema]) -> list[Schema]:
    """The alternatives as one schema, where no two say different things of one keyword."""
    given = list(alternatives)
    keywords = [key for each in given for key in each if key != "type"]
    if len(given) < 2 or len(set(keywords)) < len(keywords):
        return given
    merged = {key: part for each in given for key, part in each.items() if key != "type"}
    return [{"type": [each["type"] for each in given], **merged}]
