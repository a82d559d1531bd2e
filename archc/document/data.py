"""A file's data: what stands at a path, and all that is written in it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from archc.source import YamlPath


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
