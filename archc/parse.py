"""Source to Document: the data of a file as the models of the file format, or all that does not
fit.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from archc import document
from archc.diagnostics import Diagnostic, SpecError, catalogue, suggest
from archc.source import Source

M = TypeVar("M", bound=BaseModel)
Path = tuple[str | int, ...]

_CODES = {
    "missing": catalogue.MISSING_KEY,
    "extra_forbidden": catalogue.UNKNOWN_KEY,
    "node": catalogue.ILL_FORMED_NODE,
    "join": catalogue.ILL_FORMED_NODE,
    "arguments": catalogue.ILL_FORMED_NODE,
    "two_operations": catalogue.ILL_FORMED_NODE,
    "variables": catalogue.INVALID_NAME,
    "node_name": catalogue.INVALID_NAME,
    "string_pattern_mismatch": catalogue.INVALID_NAME,
    "string_too_long": catalogue.INVALID_NAME,
    "too_short": catalogue.VALUE_OUT_OF_RANGE,
    "greater_than_equal": catalogue.VALUE_OUT_OF_RANGE,
    "less_than_equal": catalogue.VALUE_OUT_OF_RANGE,
    "range": catalogue.VALUE_OUT_OF_RANGE,
}

_KEYS = tuple(
    sorted(
        {
            field.alias or name
            for model in (
                document.Document,
                document.Parameter,
                document.Input,
                document.Output,
                document.Loop,
            )
            for name, field in model.model_fields.items()
        }.union(document.NODE_KEYS, document.FORMS)
    )
)

_MESSAGES = {
    "dict_type": "a mapping is needed here, `key: value`",
    "tuple_type": "a list is needed here",
    "string_type": "text is needed here",
    "int_type": "an integer is needed here",
    "too_short": "at least one is needed here",
}


_OWN_FIELDS = ("arguments", "branches", "references", "module")
"""The fields of our models that a file has under the operation's key."""


def parse(source: Source, model: type[M]) -> M:
    """The data of `source` as `model`; SpecError with a diagnostic for each place that does not
    fit.
    """
    try:
        return model.model_validate(source.data)
    except ValidationError as error:
        found = {(d.place.span, d.code.code): d for d in _diagnostics(source, error)}
        once = {place: diagnostic for (place, _), diagnostic in reversed(found.items())}
        raise SpecError(tuple(once[place] for place in sorted(once))) from None


def _diagnostics(source: Source, error: ValidationError) -> Iterator[Diagnostic]:
    for details in error.errors(include_url=False):
        path, missing = _path(source.data, details["loc"])
        yield _diagnostic(source, details, path, missing)


def _diagnostic(source: Source, details: ErrorDetails, path: Path, missing: str) -> Diagnostic:
    kind = details["type"]
    code = _CODES.get(kind, catalogue.WRONG_TYPE)
    help_text = None
    on_key = False
    if kind == "missing":
        message = f"the key `{missing}` is missing"
        on_key = bool(path)
    elif kind == "extra_forbidden":
        message = f"there is no key `{path[-1]}` here"
        close = suggest(str(path[-1]), _KEYS)
        help_text = f"did you mean `{close}`?" if close else None
        on_key = True
    elif code is catalogue.INVALID_NAME and kind.startswith("string"):
        written = path[-1] if details["loc"][-1] == "[key]" else details["input"]
        message = f"`{written}` cannot be a name here"
        help_text = _name_help(details)
        on_key = details["loc"][-1] == "[key]"
    else:
        message = _MESSAGES.get(kind, details["msg"])
        message = message[:1].lower() + message[1:]
    at = details.get("ctx", {}).get("at")
    if at is not None:
        return Diagnostic(code, message, source.place((*path, at), key=True), help=help_text)
    return Diagnostic(code, message, source.place(path, key=on_key), help=help_text)


def _name_help(details: ErrorDetails) -> str:
    pattern = details.get("ctx", {}).get("pattern", "")
    if pattern.startswith("^[a-z]"):
        return "use small letters, digits and `_`, such as `my_network`"
    if pattern.startswith("^[A-Z]"):
        return "a block's own name starts with a capital, such as `MyBlock`"
    return "use letters, digits and `_`, at most 64 of them, and start with a letter"


def _path(data: Any, location: tuple[str | int, ...]) -> tuple[Path, str]:
    """The path in the file of pydantic's location, which also names models and fields; and its last
    word.

    A word that leads nowhere in the data is a union's tag or a field of ours: `arguments` and
    `branches` are what the operation's key holds, the others stand where they are.
    """
    path: list[str | int] = []
    for word in location:
        step: str | int | None = word if _holds(data, word) else None
        if step is None and isinstance(data, dict) and word in _OWN_FIELDS:
            step = document.operation_key(data)
        if step is not None:
            path.append(step)
            data = data[step]
    return tuple(path), str(location[-1]) if location else ""


def _holds(data: Any, word: str | int) -> bool:
    if isinstance(data, dict):
        return word in data
    return isinstance(data, list) and isinstance(word, int) and word < len(data)
