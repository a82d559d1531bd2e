"""The fields of an operation: what was written, evaluated and validated by its model."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from archc.diagnostics import catalogue, suggest
from archc.elaborate.entry import Entry
from archc.elaborate.scope import shown
from archc.elaborate.site import Refusal, Site
from archc.ops.operation import Operation


def make_operation(
    entry: Entry, declared: type[Operation], written: Mapping[str, Any], base: Site
) -> Operation:
    """The operation with the fields that were `written` at `base`; every one that does not fit is
    refused.
    """
    values = entry.scope.arguments(written, base)
    try:
        return declared.model_validate(values)
    except ValidationError as error:
        by_field = {
            details["loc"][0]: details for details in reversed(error.errors(include_url=False))
        }
        refusals = (
            _field_refusal(entry, declared, details, base)
            for details in reversed(by_field.values())
        )
        raise Refusal(*(d for refusal in refusals for d in refusal.diagnostics)) from None


def _field_refusal(
    entry: Entry, declared: type[Operation], details: ErrorDetails, base: Site
) -> Refusal:
    name = str(details["loc"][0])
    here = base.at(name)
    kind = details["type"]
    if kind == "missing":
        return entry.call_site.refuse(
            catalogue.MISSING_ARGUMENT, f"`{entry.operation}` needs `{name}`", key=True
        )
    if kind == "extra_forbidden" and name in declared.follows:
        return here.refuse(
            catalogue.UNKNOWN_ARGUMENT,
            f"`{name}` follows from the input and is never written",
            help=f"remove `{name}`",
            key=True,
        )
    if kind == "extra_forbidden":
        close = suggest(name, declared.model_fields)
        fields = ", ".join(f"`{field}`" for field in declared.model_fields) or "no arguments"
        return here.refuse(
            catalogue.UNKNOWN_ARGUMENT,
            f"`{entry.operation}` has no argument `{name}`",
            help=f"did you mean `{close}`?" if close else f"it takes {fields}",
            key=True,
        )
    out_of_range = kind.startswith(("greater_than", "less_than"))
    code = catalogue.VALUE_OUT_OF_RANGE if out_of_range else catalogue.WRONG_TYPE
    message = details["msg"].replace("Input should be", "should be").replace("a valid ", "")
    return here.refuse(code, f"`{name}` {message}, not {shown(details['input'])}")
