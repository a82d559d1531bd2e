"""What is left of a file's data without the parts that are wrong, so that all else can be checked.

A part that is taken out is *broken*: elaboration says nothing of it, nor of what depends on it.
"""

from __future__ import annotations

import keyword
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple

from pydantic_core import ErrorDetails

from archc.document.format import SYMBOL, operation_key
from archc.source import YamlPath

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


class Mistake(NamedTuple):
    """One of Pydantic's errors: at which path, and in which item of a list of nodes, if in one."""

    details: ErrorDetails
    path: YamlPath
    item: YamlPath | None

    @property
    def guilty(self) -> YamlPath:
        """The path of what is wrong; of a key that is missing, where it would stand."""
        is_missing = self.details["type"] == "missing"
        return (*self.path, self.details["loc"][-1]) if is_missing else self.path

    @property
    def part(self) -> YamlPath:
        """The smallest part of the file that can be taken out with it."""
        return _part(self.guilty) if self.item is None else self.item


def salvage(data: Any, mistakes: Iterable[Mistake]) -> None:
    """Takes the parts of `mistakes` out of `data`."""
    items: dict[YamlPath, set[str | int | None]] = {}
    others: set[YamlPath] = set()
    for mistake in mistakes:
        if mistake.item is None:
            others.add(mistake.part)
        else:
            beyond = mistake.guilty[len(mistake.item) :]
            items.setdefault(mistake.item, set()).add(beyond[0] if beyond else None)
    for path in sorted(items, key=len, reverse=True):
        at(data, path[:-1])[path[-1]] = _item(at(data, path), items[path])
    for path in sorted(others, key=len, reverse=True):
        table, key = at(data, path[:-1]), path[-1]
        if key in table:
            del table[key]
        else:
            table[key] = _REQUIRED[str(key)]


def _part(path: YamlPath) -> YamlPath:
    if path[:1] == ("blocks",) and len(path) > 2:
        return (*path[:2], *_part(path[2:]))
    is_entry = path[0] in _TABLES and all(isinstance(step, str) for step in path[1:2])
    return path[: 2 if is_entry else 1]


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


def at(data: Any, path: YamlPath) -> Any:
    """What stands at `path` in `data`."""
    for step in path:
        data = data[step]
    return data


def texts(data: Any) -> Iterator[str]:
    """All keys and texts in `data`."""
    if isinstance(data, str):
        yield data
    elif isinstance(data, list):
        for item in data:
            yield from texts(item)
    elif isinstance(data, dict):
        for key, value in data.items():
            yield key
            yield from texts(value)
