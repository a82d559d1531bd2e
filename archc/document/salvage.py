"""What is left of a file's data without the parts that are wrong, so that all else can be checked.

A part that is taken out is *broken*: elaboration says nothing of it, nor of what depends on it.
"""

from __future__ import annotations

import keyword
from collections.abc import Container, Iterable, Mapping
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from archc.diagnostics import Diagnostic, Span, SpecError, catalogue
from archc.diagnostics.fix import rename
from archc.document.data import at, texts
from archc.document.format import Document
from archc.document.hints.foreign import foreign
from archc.document.keys import FileKeys, keys_of
from archc.document.mistakes import Finding, mistakes_of
from archc.document.nodes import SYMBOL, Mistake, operation_key, read_graphs
from archc.source import Source, YamlPath
from archc.source.source import copied

M = TypeVar("M", bound=BaseModel)

_MOST_ROUNDS = 20
"""How often wrong parts are taken out: some mistakes show only when others are gone."""

_REQUIRED: Mapping[str, Any] = {
    "archc": 1,
    "name": "x",
    "block": "x",
    "inputs": {"x": ["N", 1]},
    "graph": [{"seq": []}],
}
"""What stands in the place of a key that every file has."""

_TABLES = ("params", "inputs", "outputs", "variants", "init", "blocks")
"""The keys whose entries are each a part of its own."""


def salvaged(
    source: Source, model: type[M]
) -> tuple[Source, M, tuple[Diagnostic, ...], frozenset[YamlPath]]:
    """The parts of what `parse` gives for a file with mistakes; SpecError where nothing is left."""
    _refuse_foreign(source, model)
    told: dict[Span, Diagnostic] = {}
    broken: set[YamlPath] = set()
    data: Any = source.data
    for _ in range(_MOST_ROUNDS):
        fitting, mistakes = _read(data, model)
        if fitting is not None:
            return source, fitting, _in_order(told), frozenset(broken)
        around = {path[:end] for path in broken for end in range(len(path) + 1)}
        own = [mistake for mistake in mistakes if not _follows(mistake, around)]
        keys = FileKeys(source, model)
        for found in (_diagnostic(source, each) for each in keys.findings(own)):
            told.setdefault(found.place.span, found)
        if not isinstance(data, dict):
            break
        if keys.meant_keys:
            source = source.renamed(keys.meant_keys)
            data = source.data
            broken.clear()
            continue
        broken.update(map(_part_of, own))
        data = copied(data)
        _take_out(data, mistakes)
    raise SpecError(_in_order(told))


def _read(data: Any, model: type[M]) -> tuple[M | None, list[Mistake]]:
    """The data as a model, or why it is none."""
    items, mistakes = read_graphs(data)
    try:
        fitting = model.model_validate(items)
    except ValidationError as error:
        return None, [*mistakes_of(error, data), *mistakes]
    return (None if mistakes else fitting), mistakes


def _refuse_foreign(source: Source, model: type[BaseModel]) -> None:
    """SpecError, with one diagnostic, for what is surely the file of another tool."""
    if model is not Document or not isinstance(source.data, dict):
        return
    found = foreign(source.data, keys_of(model))
    if found is not None:
        message, advice = found
        place = source.place((next(iter(source.data)),), key=True)
        raise SpecError((Diagnostic(catalogue.NO_SPEC, message, place, help=advice),))


def _diagnostic(source: Source, found: Finding) -> Diagnostic:
    place, hint = source.place(found.path, found.on_key), found.hint
    fix = None
    if hint and hint.meant and hint.is_safe is not None:
        fix = rename(place, str(found.path[-1]), hint.meant, hint.is_safe)
    return Diagnostic(found.code, found.message, place, help=hint and hint.help, fix=fix)


def _in_order(found: Mapping[Span, Diagnostic]) -> tuple[Diagnostic, ...]:
    return tuple(found[span] for span in sorted(found))


def _follows(mistake: Mistake, around: Container[YamlPath]) -> bool:
    """Whether something is missing because it was taken out; `around` are the paths to what was."""
    return mistake.kind in ("missing", "too_short") and mistake.path in around


def _part_of(mistake: Mistake) -> YamlPath:
    """The smallest part of the file that can be taken out with a mistake."""
    return _part(mistake.path) if mistake.item is None else mistake.item


def _part(path: YamlPath) -> YamlPath:
    if path[:1] == ("blocks",) and len(path) > 2:
        return (*path[:2], *_part(path[2:]))
    is_entry = path[0] in _TABLES and all(isinstance(step, str) for step in path[1:2])
    return path[: 2 if is_entry else 1]


def _take_out(data: Any, mistakes: Iterable[Mistake]) -> None:
    """Takes the parts of `mistakes` out of `data`."""
    items: dict[YamlPath, set[str | int | None]] = {}
    others: set[YamlPath] = set()
    for mistake in mistakes:
        if mistake.item is None:
            others.add(_part_of(mistake))
        else:
            beyond = mistake.path[len(mistake.item) :]
            items.setdefault(mistake.item, set()).add(beyond[0] if beyond else None)
    for path in sorted(items, key=len, reverse=True):
        at(data, path[:-1])[path[-1]] = _item(at(data, path), items[path])
    for path in sorted(others, key=len, reverse=True):
        table, key = at(data, path[:-1]), path[-1]
        if key in table:
            del table[key]
        else:
            table[key] = _REQUIRED[str(key)]


def _item(item: Any, wrong: set[str | int | None]) -> dict[str, Any]:
    """The item without what is `wrong` with it, which is its keys, or None for all of it."""
    if not isinstance(item, dict):
        return {"seq": []}
    if "for" in item:
        do = item.get("do")
        names = [text for text in texts(item["for"]) if SYMBOL.fullmatch(text)]
        names = [name for name in dict.fromkeys(names) if not keyword.iskeyword(name)]
        is_list = "do" not in wrong and isinstance(do, list)
        return {"for": names or "_", "in": [None], "do": do if is_list else []}
    operation = operation_key(item)
    if None in wrong or operation in wrong or item[operation or ""] is None:
        kept = [key for key in ("name", "from") if key in item and key not in wrong]
        return {"seq": [], **{key: item[key] for key in kept}}
    return {key: value for key, value in item.items() if key not in wrong}
