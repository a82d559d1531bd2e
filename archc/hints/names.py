"""What was likely meant by the name of an operation or of an argument that archc does not have."""

from __future__ import annotations

import re
from collections.abc import Sequence

from archc.diagnostics import suggest
from archc.diagnostics.suggest import begun
from archc.document import NODE_KEYS
from archc.ops import OPERATIONS, operation_class, synonyms

_MOST = 4
"""How many names are listed as likely."""


def operation_synonym(name: str) -> str | None:
    """What to write for an operation by the `name` that others have for it."""
    written = synonyms().get(name.casefold())
    return None if written is None else f"it is written `{written}` here"


def operation_help(name: str, reach: Sequence[str]) -> str:
    """What to write for the unknown operation `name`, where none of `reach` is close."""
    written = re.fullmatch(r"((?:\w+\.)*)(\w+)(\((.*))?", name, re.DOTALL)
    if written is not None and (written[1] or written[3]):
        meant = written[2] if written[2] in reach else suggest(written[2], reach)
        if written[3] and written[4] != ")":
            return f"arguments are written by name: `{meant or written[2]}: {{name: value}}`"
        if meant:
            return f"write `{meant}`"
    likely = [f"`{known}`" for known in begun(name, reach)]
    if 1 < len(likely) <= _MOST:
        return f"did you mean {', '.join(likely[:-1])} or {likely[-1]}?"
    return (
        "operations are classes of `torch.nn` in snake case (`archc ops` and `archc blocks` list "
        "all); a block of your own stands under `blocks`"
    )


def argument_synonym(title: str, name: str) -> str | None:
    """The argument of `title` that others call `name`."""
    if title not in OPERATIONS or name in (declared := operation_class(title)).model_fields:
        return None
    meant = declared.argument_synonyms.get(name)
    return meant if meant in declared.model_fields else None


def argument_help(title: str, name: str, value: object, known: Sequence[str]) -> str | None:
    """What to write for the unknown argument `name` of `title`, where it is none misspelt."""
    if name in NODE_KEYS:
        return f"`{name}` stands beside `{title}`, not among its arguments"
    joined = re.fullmatch(r"([a-z_0-9]+)(?:\s+|:)(\S.*)", name)
    if joined is not None and joined[1] in known:
        return f"write a `:` and a space between the name and the value: `{joined[1]}: {joined[2]}`"
    meant = argument_synonym(title, name)
    if meant is not None:
        return f"did you mean `{meant}`?"
    if isinstance(value, str) and value in OPERATIONS:
        return f"`{value}` is a node of its own: write `- {value}` after this one"
    return None
