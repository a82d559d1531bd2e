"""Files of other tools, each known by its keys: what is said of them, once."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from archc.document.hints.synonyms import key_synonym


def _rows(data: Mapping[str, Any]) -> bool:
    lists = [data[key] for key in ("backbone", "head") if isinstance(data.get(key), list)]
    return any(is_row(item) for rows in lists for item in rows)


def is_row(item: object) -> bool:
    """Whether a list is a row of ultralytics: from, number, module, arguments."""
    return (
        isinstance(item, list)
        and len(item) == 4
        and isinstance(item[0], (int, list))
        and isinstance(item[2], str)
        and isinstance(item[3], list)
    )


def _has(*keys: str) -> Callable[[Mapping[str, Any]], bool]:
    return lambda data: all(key in data for key in keys)


def _caffe(data: Mapping[str, Any]) -> bool:
    layers = data.get("layer", data.get("layers"))
    first = layers[0] if isinstance(layers, list) and layers else layers
    return isinstance(first, dict) and "type" in first and ("bottom" in first or "top" in first)


def _typed(data: Mapping[str, Any]) -> bool:
    return isinstance(data.get("model"), dict) and "type" in data["model"]


_TOOLS: Sequence[tuple[str, Callable[[Mapping[str, Any]], bool]]] = (
    ("a model of ultralytics", _rows),
    ("a model of Keras", _has("class_name", "config")),
    ("a network of Caffe", _caffe),
    ("a configuration of Detectron2", lambda data: "MODEL" in data or "_BASE_" in data),
    ("a configuration of MMDetection or its kin", _typed),
    ("a configuration of Hugging Face's Transformers", _has("model_type")),
    ("a configuration of Ludwig", _has("input_features", "output_features")),
    ("a configuration of Hydra", _has("_target_")),
)
ROWS = "a row `[-1, 1, Conv, [64, 3, 2]]` is here a node: `{from: …, name: …, Conv: {…}}`"
_HOW = "a spec has `archc: 1`, `name`, `inputs` and `graph`: `archc new NAME` writes one"
_OWN = ("archc", "inputs", "graph", "blocks", "use", "params")


def foreign(data: Mapping[str, Any], known: tuple[str, ...]) -> tuple[str, str] | None:
    """What a file is that is no spec, and what to do; None for one that may be a spec, whose keys
    are the `known` ones.
    """
    if any(key in data for key in _OWN):
        return None
    for tool, is_of in _TOOLS:
        if is_of(data):
            return f"this is no archc spec but {tool}", ROWS if is_of is _rows else _HOW
    is_strange = not any(key in known or key_synonym(key, data[key], known) for key in data)
    return ("this is no archc spec: it has none of its keys", _HOW) if data and is_strange else None
