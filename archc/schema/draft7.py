"""Pydantic's JSON Schema, which is draft 2020-12, as the draft-07 that editors know."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from pydantic import BaseModel

Schema = dict[str, Any]

DEFINITIONS = "#/definitions/"

_OF_NAMES = ("properties", "patternProperties", "definitions", "dependencies")
"""Keywords that hold a schema for each name."""
_OF_VALUES = ("default", "enum", "const", "required")


def draft7(model: type[BaseModel]) -> Schema:
    """The schema of `model`, with those that it refers to under `definitions`."""
    schema: Schema = converted(model.model_json_schema(ref_template=DEFINITIONS + "{model}"))
    return schema


def converted(schema: Any) -> Any:
    """`schema` in draft-07, without the titles that Pydantic makes of names.

    1. `$defs` are `definitions`.
    2. `prefixItems` are `items`, and the `items` after them `additionalItems`.
    3. What stands beside a `$ref` is ignored in draft-07: the `$ref` goes into an `allOf`.
    4. Where the keys of a mapping have a pattern, others are refused, as Pydantic does.
    5. The word null is a type.
    6. A default of null says that a key may be left out, which is plain already.
    7. Alternatives are joined where that is possible.
    """
    if isinstance(schema, list):
        return [converted(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    if schema == {"const": None}:
        return {"type": "null"}
    found = {key: _part(key, part) for key, part in _renamed(schema).items() if key != "title"}
    if found.get("default", 0) is None:
        del found["default"]
    if "patternProperties" in found:
        found.setdefault("additionalProperties", False)
    if "$ref" in found and len(found) > 1:
        found = {"allOf": [{"$ref": found.pop("$ref")}], **found}
    if "anyOf" in found:
        found = {**any_of(found.pop("anyOf")), **found}
    return found


def _part(keyword: str, part: Any) -> Any:
    if keyword in _OF_NAMES:
        return {name: converted(each) for name, each in part.items()}
    return part if keyword in _OF_VALUES else converted(part)


def _renamed(schema: Mapping[str, Any]) -> Schema:
    names = {"$defs": "definitions"}
    if "prefixItems" in schema:
        names |= {"prefixItems": "items", "items": "additionalItems"}
    return {names.get(keyword, keyword): part for keyword, part in schema.items()}


def any_of(alternatives: Sequence[Schema]) -> Schema:
    """A schema that takes what any of `alternatives` takes.

    An editor says most about a value, and completes it best, where one schema holds many types.
    Keywords such as `minimum` mean one type only, so scalars of different types go into one schema,
    and all words into one `enum`. Lists stay apart: editors would offer nothing else.
    """
    words = [word for each in alternatives for word in _words(each)]
    lists = [each for each in alternatives if "items" in each]
    scalars = [each for each in alternatives if each not in lists and not _words(each)]
    found = [*_merged(scalars), *([{"enum": words}] if words else []), *lists]
    return found[0] if len(found) == 1 else {"anyOf": found}


def _merged(scalars: list[Schema]) -> list[Schema]:
    """One schema for all, unless two say different things by the same keyword."""
    keywords = [keyword for each in scalars for keyword in each if keyword != "type"]
    is_clear = len(set(keywords)) == len(keywords) and all("type" in each for each in scalars)
    if len(scalars) < 2 or not is_clear:
        return scalars
    merged = {keyword: part for each in scalars for keyword, part in each.items()}
    return [{**merged, "type": [name for each in scalars for name in types(each)]}]


def _words(schema: Schema) -> list[Any]:
    return list(schema.get("enum", [schema["const"]] if "const" in schema else []))


def types(schema: Schema) -> list[str]:
    """The types that a schema takes, as far as it names them."""
    found = schema.get("type", [])
    return [found] if isinstance(found, str) else list(found)


def with_description(schema: Schema, description: str) -> Schema:
    """`schema` with a description, which draft-07 would ignore beside a `$ref`.

    Editors that can show Markdown are told where it is.
    """
    if "$ref" in schema:
        schema = {"allOf": [schema]}
    markdown = {"markdownDescription": description} if "`" in description else {}
    return {**schema, "description": description, **markdown}
