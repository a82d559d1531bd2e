"""Pydantic's JSON Schema, which is draft 2020-12, as the draft-07 that editors know."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel

Schema = dict[str, Any]

DEFINITIONS = "#/definitions/"

_NAMED = ("properties", "patternProperties", "definitions", "dependencies")
"""Keywords that hold a schema for each name."""


def draft7(model: type[BaseModel]) -> Schema:
    """The schema of `model`, with those that it refers to under `definitions`."""
    return converted(model.model_json_schema(ref_template=DEFINITIONS + "{model}"))


def converted(schema: Any) -> Any:
    """`schema` in draft-07, without the titles that Pydantic makes of names.

    1. `$defs` are `definitions`.
    2. `prefixItems` are `items`, and the `items` after them `additionalItems`.
    3. What stands beside a `$ref` is ignored in draft-07: the `$ref` goes into an `allOf`.
    4. Where the keys of a mapping have a pattern, others are refused, as Pydantic does.
    5. A default of null says that a key may be left out, which is plain already.
    """
    if isinstance(schema, list):
        return [converted(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    found: Schema = {}
    for keyword, value in _renamed(schema).items():
        if keyword in _NAMED:
            found[keyword] = {name: converted(part) for name, part in value.items()}
        elif keyword in ("default", "enum", "const"):
            found[keyword] = value
        elif keyword != "title":
            found[keyword] = converted(value)
    if found.get("default", 0) is None:
        del found["default"]
    if "patternProperties" in found:
        found.setdefault("additionalProperties", False)
    if "$ref" in found and len(found) > 1:
        found = {"allOf": [{"$ref": found.pop("$ref")}], **found}
    return found


def _renamed(schema: Mapping[str, Any]) -> Schema:
    names = {"$defs": "definitions"}
    if "prefixItems" in schema:
        names |= {"prefixItems": "items", "items": "additionalItems"}
    return {names.get(keyword, keyword): value for keyword, value in schema.items()}
