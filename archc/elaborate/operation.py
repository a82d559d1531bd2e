"""Operations from what was written: evaluated, and validated by their models."""

from __future__ import annotations

import re
from collections.abc import Container, Mapping, Sequence
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from archc.blocks import BLOCKS
from archc.diagnostics import Diagnostic, catalogue
from archc.diagnostics.wording import expected, is_bound
from archc.document.format import FORMS
from archc.document.hints.names import (
    ANY_OPERATION,
    Hint,
    argument_hint,
    arguments_text,
    operation_hint,
)
from archc.document.hints.values import value_hint
from archc.elaborate.entry import Entry
from archc.elaborate.scope import Scope, as_written
from archc.elaborate.site import UNKNOWN, AlreadyReported, NodeError, Site
from archc.ops import OPERATIONS
from archc.ops.operation import Operation

M = TypeVar("M", bound=BaseModel)


Arguments = tuple[Mapping[str, Any], list[Diagnostic]]
"""What `Scope.arguments` gives."""


def make_operation(entry: Entry, declared: type[Operation], arguments: Arguments) -> Operation:
    """The operation with the fields that were written at `entry`; refused if any do not fit."""
    return validated(
        declared,
        arguments,
        entry.operation,
        entry.arguments_site,
        entry.call_site,
        declared.follows,
        entry.scope,
    )


def validated(
    declared: type[M],
    arguments: Arguments,
    title: str,
    base: Site,
    call: Site,
    follows: Container[str],
    scope: Scope,
) -> M:
    """A model of the `arguments`, which stand below `base`, in the call of `title` at `call`."""
    written, refused = arguments
    values = {name: value for name, value in written.items() if value is not UNKNOWN}
    try:
        operation = declared.model_validate(values)
        if len(values) == len(written):
            return operation
        raise NodeError(*refused) if refused else AlreadyReported
    except ValidationError as error:
        found = {
            str(details["loc"][0]): details
            for details in reversed(error.errors(include_url=False))
            if str(details["loc"][0]) in values or details["loc"][0] not in written
        }
        known = tuple(declared.model_fields)
        hints = {
            name: argument_hint(title, name, values[name], known)
            for name, details in found.items()
            if details["type"] == "extra_forbidden" and name not in follows
        }
        missing = _missing(found, hints, values)
        refusals = [
            _field_refusal(declared, details, title, base, follows, scope, hints.get(name))
            for name, details in reversed(found.items())
            if details["type"] != "missing" and not _is_debris(name, details, values)
        ]
        if missing:
            message = f"`{title}` needs {' and '.join(f'`{name}`' for name in missing)}"
            advice = declared.usual.get(missing[0]) if issubclass(declared, Operation) else None
            help = advice if len(missing) == 1 else None
            refusals.append(call.refuse(catalogue.MISSING_ARGUMENT, message, help=help, key=True))
        refused += [each for refusal in refusals for each in refusal.diagnostics]
        raise (NodeError(*refused) if refused else AlreadyReported) from None


def _missing(
    found: dict[str, ErrorDetails], hints: dict[str, Hint | None], values: Mapping[str, Any]
) -> list[str]:
    """The fields that are missing, but for those that are there by another name.

    The one that is left is what the one unknown argument without a hint means.
    """
    meant = {hint.meant for hint in hints.values() if hint}
    missing = [
        name
        for name, details in reversed(found.items())
        if details["type"] == "missing" and name not in meant
    ]
    strangers = [
        name
        for name, hint in hints.items()
        if hint is None and not _is_debris(name, found[name], values)
    ]
    if len(missing) == len(strangers) == 1:
        field = missing.pop()
        hints[strangers[0]] = Hint(
            f"did you mean `{field}`, which is missing?", field, is_safe=False
        )
    return missing


def _is_debris(name: str, details: ErrorDetails, values: Mapping[str, Any]) -> bool:
    """Whether an unknown argument is the rest of a `(3, 3)`, of which YAML makes `(3` and `3)`."""
    if details["type"] != "extra_forbidden" or not name.endswith(")"):
        return False
    return any(isinstance(value, str) and value.startswith("(") for value in values.values())


def _field_refusal(
    declared: type[BaseModel],
    details: ErrorDetails,
    title: str,
    base: Site,
    follows: Container[str],
    scope: Scope,
    hint: Hint | None,
) -> NodeError:
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
        return unknown_argument(title, name, here, tuple(declared.model_fields), hint)
    context = details.get("ctx", {})
    out_of_range = is_bound(kind) or "minimum" in context
    code = catalogue.VALUE_OUT_OF_RANGE if out_of_range else catalogue.WRONG_TYPE
    is_ours = details["msg"][:1].islower()
    message = details["msg"] if is_ours else expected(kind, context)
    written = details["input"]
    words = re.findall(r"`([a-z_]+)`", message)  # of a field that may be one of some words
    return here.refuse(
        code,
        f"`{name}` {message}, not {as_written(written, here)}",
        help=context.get("help")
        or (_meant(written, here, scope, message) if code is catalogue.WRONG_TYPE else None),
        misspelt=(written, words) if words and isinstance(written, str) else None,
    )


def unknown_operation(name: str, site: Site, dims: int | None = None) -> NodeError:
    """The refusal of a node at `site` whose operation nobody knows, and which reads a tensor of
    `dims` spatial dimensions.
    """
    return site.refuse(
        catalogue.UNKNOWN_OPERATION,
        f"there is no operation or block `{name}`",
        help=ANY_OPERATION,
        key=True,
        meant=(name, operation_hint(name, reachable(site), dims)),
    )


def reachable(site: Site) -> tuple[str, ...]:
    """What a node at `site` may call."""
    return (*OPERATIONS, *BLOCKS, *site.unit.blocks, *FORMS)


def unknown_argument(
    title: str, name: str, site: Site, known: Sequence[str], hint: Hint | None
) -> NodeError:
    """The refusal of the argument `name` at `site`, where `title` has `known` ones."""
    return site.refuse(
        catalogue.UNKNOWN_ARGUMENT,
        f"`{title}` has no argument `{name}`",
        help=arguments_text(known),
        key=True,
        meant=(name, hint),
    )


def _meant(value: Any, site: Site, scope: Scope, needed: str) -> str | None:
    """What may have been meant by a `value` of another type than what is `needed`, which is what is
    written at `site` or what comes of it.
    """
    names = {*scope.bindings, *scope.parameters, *scope.outer}
    if isinstance(value, str) and value == site.written and value in names:
        return f"did you mean `${value}`?"
    text = site.written if isinstance(site.written, str) else ""
    said = value_hint(needed, site.text) if value == site.written or "$" in text else None
    return said or scope.quoted(text)
