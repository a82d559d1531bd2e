"""Source to Document: a file's data as the models of the format, or all that does not fit."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from archc import document
from archc.diagnostics import Code, Diagnostic, Fix, SpecError, catalogue, suggest
from archc.diagnostics.fix import respelt
from archc.diagnostics.wording import described, expected, is_bound
from archc.hints.format import below, fits, stray_arguments, way_out
from archc.source import Source, YamlPath

M = TypeVar("M", bound=BaseModel)

_CODES: Mapping[str, Code] = {
    "node": catalogue.ILL_FORMED_NODE,
    "join": catalogue.ILL_FORMED_NODE,
    "arguments": catalogue.ILL_FORMED_NODE,
    "two_operations": catalogue.ILL_FORMED_NODE,
    "unknown_operation": catalogue.UNKNOWN_OPERATION,
    "variables": catalogue.INVALID_NAME,
    "node_name": catalogue.INVALID_NAME,
    "string_pattern_mismatch": catalogue.INVALID_NAME,
    "string_too_long": catalogue.INVALID_NAME,
    "too_short": catalogue.VALUE_OUT_OF_RANGE,
    "size_below_one": catalogue.VALUE_OUT_OF_RANGE,
    "range": catalogue.VALUE_OUT_OF_RANGE,
}
"""The codes of Pydantic's kinds of errors and of ours; wrong types are the others."""

_ABOUT_VALUE = ("dimension", "size_below_one")
_ON_KEY = ("two_operations", "unknown_operation")
_UNKNOWN_KEYS = ("unknown_key", "extra_forbidden")


def parse(source: Source, model: type[M]) -> M:
    """The data of `source` as `model`; SpecError with a diagnostic for each place that does not
    fit.
    """
    try:
        return model.model_validate(source.data)
    except ValidationError as error:
        by_place = {d.place.span: d for d in reversed(list(_diagnostics(source, model, error)))}
        raise SpecError(tuple(by_place[place] for place in sorted(by_place))) from None


def _diagnostics(
    source: Source, model: type[BaseModel], error: ValidationError
) -> Iterator[Diagnostic]:
    found = [
        (_path(source.data, details["loc"]), details) for details in error.errors(include_url=False)
    ]
    missing: dict[YamlPath, list[str]] = {}
    unknown: dict[YamlPath, list[str]] = {}
    for path, details in found:
        if details["type"] == "missing":
            missing.setdefault(path, []).append(str(details["loc"][-1]))
        elif details["type"] in _UNKNOWN_KEYS:
            key = details.get("ctx", {}).get("at")
            *above, last = path if key is None else (*path, key)
            unknown.setdefault(tuple(above), []).append(str(last))
        elif details["type"] != "too_short" or not _is_explained(path, found):
            yield _diagnostic(source, details, path)
    for path, names in unknown.items():
        yield from _unknown_keys(source, model, path, names, missing.get(path, []))
    for path, keys in missing.items():
        if keys:
            yield _missing(source, model, path, keys)


def _is_explained(path: YamlPath, found: Sequence[tuple[YamlPath, ErrorDetails]]) -> bool:
    """Whether something in the list at `path` is wrong, which is then missing from its count."""
    return any(len(other) > len(path) and other[: len(path)] == path for other, _ in found)


_FIRST_KEYS = {
    "archc": "a spec starts with `archc: 1`, the version of the language",
    "name": "write `name: my_network`",
    "inputs": "write `inputs: {image: [N, 3, 224, 224]}`, with your own name and sizes",
    "graph": "write `graph:`, and below it the list of nodes",
}
"""What to write for a key that every spec has."""


def _missing(
    source: Source, model: type[BaseModel], path: YamlPath, keys: Sequence[str]
) -> Diagnostic:
    names = [f"`{key}`" for key in keys]
    listed = f"{', '.join(names[:-1])} and {names[-1]}" if names[1:] else names[0]
    message = f"the key {listed} is missing" if not names[1:] else f"the keys {listed} are missing"
    advice = _FIRST_KEYS.get(keys[0]) if model is document.Document and not path else None
    here = _at(source.data, path)
    if isinstance(here, dict) and "for" in here:
        advice = "a loop is `for: x`, `in: [1, 2]` and `do: [...]`, and nothing else"
    if here and not (path and isinstance(path[-1], str)):
        path = (*path, next(iter(here)))
    return Diagnostic(catalogue.MISSING_KEY, message, source.place(path, key=True), help=advice)


def _diagnostic(source: Source, details: ErrorDetails, path: YamlPath) -> Diagnostic:
    kind = details["type"]
    default = catalogue.VALUE_OUT_OF_RANGE if is_bound(kind) else catalogue.WRONG_TYPE
    code = _CODES.get(kind, default)
    advice: str | None
    if "at" in details.get("ctx", {}):
        path = (*path, details["ctx"]["at"])
    if kind in ("string_pattern_mismatch", "string_too_long"):
        message, advice = f"`{details['input']}` cannot be a name here", _name_help(details)
    elif path == ("archc",) and is_bound(kind):
        message = f"this archc reads version 1 of the language, not {details['input']}"
        advice = "write `archc: 1`"
    else:
        message = _value_message(details, path)
        advice = way_out(details, path[-1] if path else None)
    on_key = kind in _ON_KEY or details["loc"][-1:] == ("[key]",)
    return Diagnostic(code, message, source.place(path, key=on_key), help=advice)


def _value_message(details: ErrorDetails, path: YamlPath) -> str:
    kind, context = details["type"], details.get("ctx", {})
    is_ours = details["msg"][:1].islower() or details["msg"][:1] == "`"
    text = details["msg"] if is_ours else expected(kind, context)
    if kind == "too_short":
        return f"{_subject(path)} {text}, not {context['actual_length']}"
    if kind in _ABOUT_VALUE:
        return f"{text}, not {described(details['input'])}"
    if text.startswith(("takes ", "must ")):
        return f"{_subject(path)} {text}, not {described(details['input'])}"
    return text


def _subject(path: YamlPath) -> str:
    if not path:
        return "a file"
    if isinstance(path[-1], str):
        return f"`{path[-1]}`"
    name = next((step for step in reversed(path) if isinstance(step, str)), "graph")
    return f"each element of `{name}`"


def _keys_beside(data: object, path: YamlPath, model: type[BaseModel]) -> tuple[str, ...]:
    """The keys that may stand where the last of `path` stands."""
    match path[:-1]:
        case ():
            return _keys(model)
        case ("params", _) | ("blocks", _, "params", _):
            return _keys(document.Parameter)
        case ("inputs", _):
            return _keys(document.Input)
        case ("outputs", _):
            return _keys(document.Output)
        case ("blocks", _):
            return _keys(document.BlockBody)
        case above:
            is_loop = "for" in _at(data, above)
            return _keys(document.Loop) if is_loop else document.NODE_KEYS


def _keys(model: type[BaseModel]) -> tuple[str, ...]:
    return tuple(field.alias or name for name, field in model.model_fields.items())


def _unknown_keys(
    source: Source,
    model: type[BaseModel],
    path: YamlPath,
    names: Sequence[str],
    missing: list[str],
) -> Iterator[Diagnostic]:
    """The unknown keys of one mapping. What of it is `missing`, and there under another name, is
    removed from it: that is one mistake.
    """
    mapping = _at(source.data, path)
    known = _keys_beside(source.data, (*path, names[0]), model)
    close = {name: suggest(name, known) for name in names}
    unlike = [name for name in names if close[name] is None]
    missing[:] = [key for key in missing if key not in close.values()]
    if known == document.NODE_KEYS and (stray := stray_arguments(mapping, unlike)):
        yield _unknown_key(source, (*path, stray[0]), below(mapping))
        unlike = [name for name in unlike if name not in stray]
    elif len(unlike) == 1 and len(missing) == 1 and fits(missing[0], mapping[unlike[0]]):
        help = f"did you mean `{missing.pop()}`, which is missing?"
        yield _unknown_key(source, (*path, unlike.pop()), help)
    for name in names:
        if name in unlike:
            yield _unknown_key(source, (*path, name), _keys_help(known))
        elif (meant := close[name]) is not None:
            fix = respelt(source.place((*path, name), key=True), name, meant)
            yield _unknown_key(source, (*path, name), f"did you mean `{meant}`?", fix)


def _unknown_key(source: Source, path: YamlPath, help: str, fix: Fix | None = None) -> Diagnostic:
    message = f"there is no key `{path[-1]}` here"
    return Diagnostic(
        catalogue.UNKNOWN_KEY, message, source.place(path, key=True), help=help, fix=fix
    )


def _keys_help(keys: Sequence[str]) -> str:
    listed = ", ".join(f"`{known}`" for known in keys)
    if tuple(keys) == document.NODE_KEYS:
        return f"beside its operation, a node takes {listed}"
    return f"the keys here are {listed}"


def _name_help(details: ErrorDetails) -> str:
    pattern = details.get("ctx", {}).get("pattern", "")
    if pattern.startswith("^[a-z]"):
        return "use small letters, digits and `_`, such as `my_network`"
    if pattern.startswith("^[A-Z]"):
        return "a block's own name starts with a capital, such as `MyBlock`"
    return "use letters, digits and `_`, at most 64 of them, and start with a letter"


def _at(data: Any, path: YamlPath) -> Any:
    for step in path:
        data = data[step]
    return data


def _leads_on(data: Any, word: str | int) -> bool:
    if isinstance(data, list):
        return isinstance(word, int) and word < len(data)
    return isinstance(data, dict) and word in data


def _path(data: Any, location: tuple[str | int, ...]) -> YamlPath:
    """The path in the file of Pydantic's location, which also names models and fields.

    A word that leads nowhere in the data is a union's tag or a field of ours: `arguments` and
    `branches` are what the operation's key holds, the others stand where they are.
    """
    path: list[str | int] = []
    for word in location:
        if _leads_on(data, word):
            path.append(word)
            data = data[word]
        elif isinstance(data, dict) and word in document.FIELDS_OF_NODES:
            key = document.operation_key(data)
            if key is not None:
                path.append(key)
                data = data[key]
    return tuple(path)
