"""Operations and initialisers from what was written: evaluated, and validated by their models."""

from __future__ import annotations

import re
from collections.abc import Container, Mapping
from typing import TYPE_CHECKING, Any, TypeVar

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from archc.diagnostics import catalogue, suggest
from archc.diagnostics.wording import expected, is_bound
from archc.elaborate.entry import Entry
from archc.elaborate.scope import Scope, shown
from archc.elaborate.site import Refusal, Site
from archc.ops.operation import Operation

if TYPE_CHECKING:
    from archc.ops.initialiser import Initialiser

M = TypeVar("M", bound=BaseModel)


def make_operation(
    entry: Entry, declared: type[Operation], written: Mapping[str, Any], base: Site
) -> Operation:
    """The operation with the fields that were `written` at `base`; refused if any do not fit."""
    values = entry.scope.arguments(written, base)
    call = entry.call_site
    return _validated(declared, values, entry.operation, base, call, declared.follows, entry.scope)


def make_initialiser(entry: Entry) -> Initialiser | None:
    """How a bare parameter starts: the node's `init`, a name or `name: {argument: value}`."""
    written = entry.item.init
    if written is None:
        return None
    from archc.ops.initialiser import INITIALISERS

    here = entry.site.at("init")
    is_name = isinstance(written, str)
    if not is_name and not (isinstance(written, dict) and len(written) == 1):
        raise here.refuse(
            catalogue.WRONG_TYPE,
            "`init` takes an initialiser, such as `zeros` or `constant: {val: 1}`",
        )
    name = str(written if is_name else next(iter(written)))
    if name not in INITIALISERS:
        raise (here if is_name else here.at(name)).refuse(
            catalogue.UNKNOWN_OPERATION,
            f"there is no initialiser `{name}`",
            help=f"there are {', '.join(INITIALISERS)}",
            key=not is_name,
            misspelt=(name, INITIALISERS),
        )
    base = here.at(name)
    arguments = {} if is_name else written[name] or {}
    if not isinstance(arguments, dict):
        raise base.refuse(catalogue.WRONG_TYPE, f"`{name}` takes its arguments by name")
    values = entry.scope.arguments(arguments, base)
    return _validated(INITIALISERS[name], values, name, base, base, (), entry.scope)


def _validated(
    declared: type[M],
    values: dict[str, Any],
    title: str,
    base: Site,
    call: Site,
    follows: Container[str],
    scope: Scope,
) -> M:
    """A model of the `values` that stand below `base`, in the call of `title` at `call`."""
    try:
        return declared.model_validate(values)
    except ValidationError as error:
        found = {
            str(details["loc"][0]): details for details in reversed(error.errors(include_url=False))
        }
        refusals = [
            _field_refusal(declared, details, title, base, follows, scope)
            for details in reversed(found.values())
            if details["type"] != "missing"
        ]
        if missing := _missing(declared, found):
            message = f"`{title}` needs {' and '.join(f'`{name}`' for name in missing)}"
            refusals.append(call.refuse(catalogue.MISSING_ARGUMENT, message, key=True))
        raise Refusal(*(d for refusal in refusals for d in refusal.diagnostics)) from None


def _missing(declared: type[BaseModel], found: dict[str, ErrorDetails]) -> list[str]:
    """The fields that are missing, but for those that are there misspelt."""
    misspelt = {
        suggest(name, declared.model_fields)
        for name, details in found.items()
        if details["type"] == "extra_forbidden"
    }
    return [
        name
        for name, details in reversed(found.items())
        if details["type"] == "missing" and name not in misspelt
    ]


def _field_refusal(
    declared: type[BaseModel],
    details: ErrorDetails,
    title: str,
    base: Site,
    follows: Container[str],
    scope: Scope,
) -> Refusal:
    name = str(details["loc"][0])
    here = base.at(name)
    kind = details["type"]
    if kind == "extra_forbidden" and name in follows:
        return here.refuse(
            catalogue.UNKNOWN_ARGUMENT,
            f"`{name}` follows from the input and is never written",
            help=f"remove `{name}`",
            key=True,
        )
    if kind == "extra_forbidden":
        fields = ", ".join(f"`{field}`" for field in declared.model_fields) or "no arguments"
        return here.refuse(
            catalogue.UNKNOWN_ARGUMENT,
            f"`{title}` has no argument `{name}`",
            help=f"it takes {fields}",
            key=True,
            misspelt=(name, declared.model_fields),
        )
    context = details.get("ctx", {})
    out_of_range = is_bound(kind) or "minimum" in context
    code = catalogue.VALUE_OUT_OF_RANGE if out_of_range else catalogue.WRONG_TYPE
    is_ours = details["msg"][:1].islower()
    message = details["msg"] if is_ours else expected(kind, context)
    written = details["input"]
    words = re.findall(r"`([a-z_]+)`", message)  # of a field that may be one of some words
    return here.refuse(
        code,
        f"`{name}` {message}, not {shown(written)}",
        help=_unquoted(written, scope) if code is catalogue.WRONG_TYPE else None,
        misspelt=(written, words) if words and isinstance(written, str) else None,
    )


def _unquoted(written: Any, scope: Scope) -> str | None:
    """What may have been meant by a text where another type is needed."""
    if not isinstance(written, str):
        return None
    if re.fullmatch(r"[0-9][0-9_]*(\.[0-9_]+)?", written):
        return f"write the number plainly: `{written.replace('_', '')}`"
    is_name = any(written in names for names in (scope.bindings, scope.parameters, scope.outer))
    return f"did you mean `${written}`?" if is_name else None
