"""The schema of a whole spec file, made of the models that read it."""

from __future__ import annotations

import json

from archc.document.format import TYPES, Document
from archc.schema.draft7 import Schema, any_of, draft7, with_description
from archc.schema.node import NODES, definitions, init
from archc.schema.words import KEYS

_TAKEN_APART = ("CallItem", "Group", "Apply", "JoinItem", "Loop")
"""The models that hold what a node means; how it is written, `node` says."""

_BOUNDS: Schema = {"type": "string", "pattern": r"^[0-9]{1,9}\.\.[0-9]{1,9}$"}
_STEPS: Schema = {
    "type": "object",
    "required": ["range", "multiple_of"],
    "additionalProperties": False,
    "properties": {
        "range": {**_BOUNDS, "description": "The least and the largest size: `64..1024`."},
        "multiple_of": {
            "type": "integer",
            "minimum": 1,
            "description": "Only the multiples of this number.",
        },
    },
}
_RANGE: Schema = {"anyOf": [_BOUNDS, _STEPS]}
_DEFAULT: Schema = {"type": ["boolean", "number", "string", "array", "null"]}


def schema_text() -> str:
    """The schema as `schema/archc.schema.json` holds it."""
    return json.dumps(json_schema(), indent=2, ensure_ascii=False) + "\n"


def json_schema() -> Schema:
    """The JSON Schema (draft-07) of a spec file."""
    document = draft7(Document)
    models: dict[str, Schema] = document.pop("definitions")
    for name in _TAKEN_APART:
        del models[name]
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
    models["Range"] = _RANGE
    models["Input"] = _or(models["Input"]["properties"]["shape"], models["Input"])
    models["OutputEntry"] = _or(models["OutputEntry"]["properties"]["from"], models["OutputEntry"])
    models["ParameterSpec"] = {
        "anyOf": [{"enum": list(TYPES)}, _or(_DEFAULT, models["ParameterSpec"])]
    }


def _or(short: Schema, mapping: Schema) -> Schema:
    return any_of([{key: part for key, part in short.items() if key != "description"}, mapping])
