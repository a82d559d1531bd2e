"""The schema of a whole spec file, made of the models that read it."""

from __future__ import annotations

import json

from archc.document.format import TYPES, Document, Input, OutputEntry, Range
from archc.schema.draft7 import Schema, any_of, draft7, with_description
from archc.schema.node import NODES, definitions, init
from archc.schema.words import KEYS

_DEFAULT: Schema = {"type": ["boolean", "number", "string", "array", "null"]}


def schema_text() -> str:
    """The schema as `schema/archc.schema.json` holds it."""
    return json.dumps(json_schema(), indent=2, ensure_ascii=False) + "\n"


def json_schema() -> Schema:
    """The JSON Schema (draft-07) of a spec file."""
    document = draft7(Document)
    models: dict[str, Schema] = document.pop("definitions")
    document["properties"]["init"] = init()
    for name, words in KEYS.items():
        properties = (document if name == "Document" else models[name])["properties"]
        properties |= {key: with_description(properties[key], words[key]) for key in words}
    for holder in document, models["BlockBody"]:
        holder["properties"]["graph"] |= NODES
    _add_short_forms(models)
    return {
        "$schema": "http://json-schema.org/draft-07/schema#",
        **document,
        "definitions": models | definitions(),
    }


def _add_short_forms(models: dict[str, Schema]) -> None:
    """What may stand instead of a mapping."""
    for model in (Input, OutputEntry, Range):
        schema = models[model.__name__]
        for key in model.short.values():
            models[model.__name__] = _or(schema["properties"][key], schema)
    models["ParameterSpec"] = {
        "anyOf": [{"enum": list(TYPES)}, _or(_DEFAULT, models["ParameterSpec"])]
    }


def _or(short: Schema, mapping: Schema) -> Schema:
    words = ("description", "markdownDescription")
    return any_of([{key: part for key, part in short.items() if key not in words}, mapping])
