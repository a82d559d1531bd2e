"""Source to Document: a file's data as the models of the format, or all that does not fit."""

from __future__ import annotations

from collections.abc import Container, Iterator, Mapping, Sequence
from typing import Any, Generic, NamedTuple, TypeVar

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from archc.diagnostics import Code, Diagnostic, Fix, Span, SpecError, catalogue, suggest
from archc.diagnostics.fix import rename
from archc.diagnostics.suggest import is_sure
from archc.diagnostics.wording import describe_value, expected, is_bound
from archc.document import format as document
from archc.document.hints.foreign import foreign
from archc.document.hints.format import below, stray_arguments, unknown_operation_hint, way_out
from archc.document.hints.keys import fits, key_synonym
from archc.document.hints.names import Hint
from archc.document.salvage import Mistake, at, salvage
from archc.source import Source, YamlPath
from archc.source.source import copied

M = TypeVar("M", bound=BaseModel)

_CODES: Mapping[str, Code] = {
    "node": catalogue.ILL_FORMED_NODE,
    "join": catalogue.ILL_FORMED_NODE,
    "made_join": catalogue.ILL_FORMED_NODE,
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


_MOST_ROUNDS = 20
"""How often wrong parts are taken out: some mistakes show only when others are gone."""


class Parsed(NamedTuple, Generic[M]):
    """A file as a model, all that is wrong with it, and the paths of the parts that are broken.

    `source` has the keys as they were meant. Of what is broken the model holds nothing, or
    something in its place that fits.
    """

    source: Source
    model: M
    mistakes: tuple[Diagnostic, ...] = ()
    broken: frozenset[YamlPath] = frozenset()


def parse_model(source: Source, model: type[M]) -> Parsed[M]:
    """The data of `source` as `model`, without the parts that do not fit; SpecError where nothing
    is left.
    """
    _refuse_foreign(source, model)
    told: dict[Span, Diagnostic] = {}
    broken: set[YamlPath] = set()
    data: Any = source.data
    for _ in range(_MOST_ROUNDS):
        try:
            fitting = model.model_validate(data)
            return Parsed(source, fitting, _in_order(told), frozenset(broken))
        except ValidationError as error:
            mistakes = _mistakes(data, error)
        finder = _Finder(source, model)
        around = {path[:end] for path in broken for end in range(len(path) + 1)}
        for found in finder.diagnostics([m for m in mistakes if not _follows(m, around)]):
            told.setdefault(found.place.span, found)
        if not isinstance(data, dict):
            break
        if finder.meant:
            source = source.renamed(finder.meant)
            data = source.data
            broken.clear()
            continue
        broken.update(mistake.part for mistake in mistakes if not _follows(mistake, around))
        data = copied(data)
        salvage(data, mistakes)
    raise SpecError(_in_order(told))


def _refuse_foreign(source: Source, model: type[BaseModel]) -> None:
    """SpecError, with one diagnostic, for what is surely the file of another tool."""
    if model is not document.Document or not isinstance(source.data, dict):
        return
    found = foreign(source.data, _keys(model))
    if found is not None:
        message, advice = found
        place = source.place((next(iter(source.data)),), key=True)
        raise SpecError((Diagnostic(catalogue.NO_SPEC, message, place, help=advice),))


def _in_order(found: Mapping[Span, Diagnostic]) -> tuple[Diagnostic, ...]:
    return tuple(found[span] for span in sorted(found))


def _follows(mistake: Mistake, around: Container[YamlPath]) -> bool:
    """Whether something is missing because it was taken out; `around` are the paths to what was."""
    return mistake.details["type"] in ("missing", "too_short") and mistake.guilty in around


class _Finder:
    """Tells what is wrong with a file; `meant` are the keys that are surely or likely others."""

    def __init__(self, source: Source, model: type[BaseModel]) -> None:
        self.meant: dict[YamlPath, str] = {}
        self._source = source
        self._model = model

    def diagnostics(self, mistakes: Sequence[Mistake]) -> Iterator[Diagnostic]:
        missing: dict[YamlPath, list[str]] = {}
        unknown: dict[YamlPath, list[str]] = {}
        for mistake in mistakes:
            path, details = mistake.path, mistake.details
            if details["type"] == "missing":
                missing.setdefault(path, []).append(str(details["loc"][-1]))
            elif details["type"] in _UNKNOWN_KEYS:
                unknown.setdefault(path[:-1], []).append(str(path[-1]))
            elif details["type"] != "too_short" or not _is_explained(path, mistakes):
                yield _diagnostic(self._source, details, path)
        for path, names in unknown.items():
            yield from self._unknown_keys(path, names, missing.get(path, []))
        for path, keys in missing.items():
            if keys:
                yield _missing(self._source, self._model, path, keys)

    def _unknown_keys(
        self, path: YamlPath, names: Sequence[str], missing: list[str]
    ) -> Iterator[Diagnostic]:
        """The unknown keys of one mapping. What of it is `missing`, and there under another name,
        is removed from it: that is one mistake.
        """
        source, mapping = self._source, at(self._source.data, path)
        known = _keys_beside(source.data, (*path, names[0]), self._model)
        others = {name: key_synonym(name, mapping[name], known) for name in names}
        close = {name: others[name] or suggest(name, known) for name in names}
        unlike = [name for name in names if close[name] is None]
        missing[:] = [key for key in missing if key not in close.values()]
        if known == document.NODE_KEYS and (stray := stray_arguments(mapping, unlike)):
            yield _unknown_key(source, (*path, stray[0]), below(mapping))
            unlike = [name for name in unlike if name not in stray]
        elif len(unlike) == 1 and len(missing) == 1 and fits(missing[0], mapping[unlike[0]]):
            meant, name = missing.pop(), unlike.pop()
            self.meant[*path, name] = meant
            help = f"did you mean `{meant}`, which is missing?"
            yield _unknown_key(source, (*path, name), help)
        for name in names:
            if name in unlike:
                yield _unknown_key(source, (*path, name), _keys_help(known))
            elif (likely := close[name]) is not None:
                if likely not in mapping and likely not in self.meant.values():
                    self.meant[*path, name] = likely
                here, is_safe = source.place((*path, name), key=True), is_sure(name, likely)
                fix = None if others[name] else rename(here, name, likely, is_safe)
                yield _unknown_key(source, (*path, name), f"did you mean `{likely}`?", fix)


def _is_explained(path: YamlPath, found: Sequence[Mistake]) -> bool:
    """Whether something in the list at `path` is wrong, which is then missing from its count."""
    return any(len(other.path) > len(path) and other.path[: len(path)] == path for other in found)


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
    here = at(source.data, path)
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
    hint: Hint | None = None
    if kind in ("string_pattern_mismatch", "string_too_long"):
        message, advice = f"`{details['input']}` cannot be a name here", _name_help(details)
    elif path == ("archc",) and is_bound(kind):
        message = f"this archc reads version 1 of the language, not {details['input']}"
        newer = details["type"] == "less_than_equal"
        advice = "a newer archc may read it; for this one " * newer + "write `archc: 1`"
    elif kind == "unknown_operation":
        name = details["ctx"]["operation"]
        hint = unknown_operation_hint(name, details["input"][name])
        message, advice = _value_message(details, path), hint.help
    else:
        message = _value_message(details, path)
        advice = way_out(details, path[-1] if path else None, message, source.text(path))
    on_key = kind in _ON_KEY or details["loc"][-1:] == ("[key]",)
    place = source.place(path, key=on_key)
    fix = None
    if hint and hint.meant and hint.is_safe is not None:
        fix = rename(place, name, hint.meant, hint.is_safe)
    return Diagnostic(code, message, place, help=advice, fix=fix)


def _value_message(details: ErrorDetails, path: YamlPath) -> str:
    kind, context = details["type"], details.get("ctx", {})
    is_ours = details["msg"][:1].islower() or details["msg"][:1] == "`"
    text = details["msg"] if is_ours else expected(kind, context)
    if kind == "too_short":
        return f"{_subject(path)} {text}, not {context['actual_length']}"
    if kind in _ABOUT_VALUE:
        return f"{text}, not {describe_value(details['input'])}"
    if text.startswith(("takes ", "must ")):
        return f"{_subject(path)} {text}, not {describe_value(details['input'])}"
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
            return _keys(document.ParameterSpec)
        case ("inputs", _):
            return _keys(document.Input)
        case ("outputs", _):
            return _keys(document.OutputEntry)
        case ("blocks", _):
            return _keys(document.BlockBody)
        case above:
            is_loop = "for" in at(data, above)
            return _keys(document.Loop) if is_loop else document.NODE_KEYS


def _keys(model: type[BaseModel]) -> tuple[str, ...]:
    return tuple(field.alias or name for name, field in model.model_fields.items())


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


def _leads_on(data: Any, word: str | int) -> bool:
    if isinstance(data, list):
        return isinstance(word, int) and word < len(data)
    return isinstance(data, dict) and word in data


def _mistakes(data: Any, error: ValidationError) -> list[Mistake]:
    return [_mistake(data, details) for details in error.errors(include_url=False)]


def _mistake(data: Any, details: ErrorDetails) -> Mistake:
    """Pydantic's error with its path in the file: its location also names models and fields.

    A word that leads nowhere in the data is a union's tag or a field of ours: `arguments` and
    `branches` are what the operation's key holds, the others stand where they are.
    """
    path: list[str | int] = []
    item: YamlPath | None = None
    for word in details["loc"]:
        if _leads_on(data, word):
            path.append(word)
            data = data[word]
        elif isinstance(word, str) and word.startswith("node:"):
            item = tuple(path)
        elif isinstance(data, dict) and word in document.FIELDS_OF_NODES:
            key = document.operation_key(data)
            if key is not None:
                path.append(key)
                data = data[key]
    context = details.get("ctx", {})
    path += [context["at"]] if "at" in context else []
    return Mistake(details, tuple(path), item)
