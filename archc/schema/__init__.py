"""The JSON Schema of spec files, for editors."""

from archc.schema.document import json_schema, schema_text

__all__ = ["json_schema", "schema_text"]
