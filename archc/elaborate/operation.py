"""Operations from what was written: evaluated, and validated by their models."""

from __future__ import annotations

from collections.abc import Container, Mapping
from typing import Any, TypeVar, get_args

from pydantic import BaseModel, ValidationError

from archc.blocks import BLOCKS
from archc.diagnostics import Diagnostic, catalogue
from archc.diagnostics.suggest import may_compare
from archc.document.nodes import FORMS
from archc.elaborate.entry import Entry
from archc.elaborate.scope import Scope
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
    except ValidationError as error:
        from archc.elaborate.arguments import ArgumentKeys, wrong_arguments

        usual = declared.usual if issubclass(declared, Operation) else {}
        known = tuple(declared.model_fields)
        fields = declared.model_fields.items()
        nullable = [name for name, field in fields if type(None) in get_args(field.annotation)]
        keys = ArgumentKeys(title, known, base, call, scope, follows, usual, nullable)
        wrong = wrong_arguments(error, values, written.keys() - values.keys(), keys)
        refused = [*refused, *wrong]
    raise (NodeError(*refused) if refused else AlreadyReported)


def unknown_operation(name: str, site: Site, dims: int | None = None) -> NodeError:
    """The refusal of a node at `site` whose operation nobody knows, and which reads a tensor of
    `dims` spatial dimensions.
    """
    from archc.document.hints.names import ANY_OPERATION, operation_hint

    return site.refuse(
        catalogue.UNKNOWN_OPERATION,
        f"there is no operation or block `{name}`",
        help=ANY_OPERATION,
        key=True,
        meant=(name, operation_hint(name, reachable(site), dims)),
    )


def reachable(site: Site) -> tuple[str, ...]:
    """What a node at `site` may call; without its own blocks where those are no longer compared."""
    return (*OPERATIONS, *BLOCKS, *(site.unit.blocks if may_compare() else ()), *FORMS)
