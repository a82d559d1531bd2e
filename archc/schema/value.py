"""Values that may be written as expressions."""

from __future__ import annotations

from archc.describe.kind import kinds
from archc.schema.draft7 import Schema, any_of, types

EXPRESSION: Schema = {"type": "string", "pattern": r"\$"}
"""`$name`, `$(expression)`, or a text that holds one."""


def value(schema: Schema) -> Schema:
    """What `schema` takes, or an expression; in lists likewise.

    Where a value does not fit, editors say `errorMessage`: a pattern would tell a person nothing.
    """
    if not schema:
        return schema
    alternatives = [_with_items(each) for each in schema.get("anyOf", [schema])]
    if any("string" in types(each) and "enum" not in each for each in alternatives):
        return any_of(alternatives)
    message = f"takes {', '.join(kinds(schema))} or an expression such as `$width`"
    either = any_of([*alternatives, EXPRESSION])
    scalar, *others = either.get("anyOf", [either])
    found = [{**scalar, "errorMessage": message}, *others]
    return {"anyOf": found} if others else found[0]


def _with_items(schema: Schema) -> Schema:
    return {**schema, "items": value(schema["items"])} if "items" in schema else schema
