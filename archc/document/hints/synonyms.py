"""What keys are called elsewhere: tables of what is written, and what it is called here."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

_NODE: Mapping[str, str] = {
    **dict.fromkeys(("inputs", "input", "src", "source", "bottom", "parent", "parents"), "from"),
    **dict.fromkeys(("inbound_nodes", "reads", "previous", "prev", "x"), "from"),
    **dict.fromkeys(("id", "label", "alias", "top", "as"), "name"),
    **dict.fromkeys(("if", "condition", "enabled", "only_if"), "when"),
    **dict.fromkeys(("times", "repeats", "count", "number", "n", "num"), "repeat"),
    **dict.fromkeys(("initializer", "initialiser", "kernel_initializer", "weight_init"), "init"),
}
_FILE: Mapping[str, str] = {
    **dict.fromkeys(("layers", "nodes", "network", "net", "model", "architecture"), "graph"),
    **dict.fromkeys(("forward", "body", "modules"), "graph"),
    **dict.fromkeys(("parameters", "args", "arguments", "hyperparameters", "hparams"), "params"),
    **dict.fromkeys(("description", "desc", "doc", "title", "comment"), "summary"),
    **dict.fromkeys(("version",), "archc"),
    **dict.fromkeys(("include", "includes", "import", "imports", "require"), "use"),
    **dict.fromkeys(("functions", "definitions", "components"), "blocks"),
    **dict.fromkeys(("configs", "configurations", "presets"), "variants"),
    **dict.fromkeys(("input_shape", "input_size", "shape", "shapes"), "inputs"),
    **dict.fromkeys(("url", "reference", "paper"), "source"),
}
_PARAMETER: Mapping[str, str] = {
    **dict.fromkeys(("value", "initial"), "default"),
    **dict.fromkeys(("options", "enum", "values", "one_of"), "choices"),
    **dict.fromkeys(("description", "desc", "doc", "help"), "summary"),
    **dict.fromkeys(("minimum", "ge", "low"), "min"),
    **dict.fromkeys(("maximum", "le", "high"), "max"),
    **dict.fromkeys(("dtype", "kind"), "type"),
}
_INPUT: Mapping[str, str] = {
    **dict.fromkeys(("size", "dims", "dimensions"), "shape"),
    **dict.fromkeys(("range", "ranges", "bounds", "constraints"), "where"),
}
_OUTPUT: Mapping[str, str] = dict.fromkeys(("source", "input", "node", "src"), "from")
_TABLES = (_NODE, _FILE, _PARAMETER, _INPUT, _OUTPUT)
_MARKS = (("repeat",), ("graph",), ("choices",), ("where",), ("from",))
"""The keys by which it is known which of the tables holds."""


def _is_reference(value: object) -> bool:
    is_list = isinstance(value, list) and all(isinstance(each, str) for each in value)
    return isinstance(value, str) or (is_list and bool(value))


_FITS: Mapping[str, Callable[[Any], bool]] = {
    "archc": lambda value: type(value) in (int, float),
    "name": lambda value: isinstance(value, str),
    "summary": lambda value: isinstance(value, str),
    "source": lambda value: isinstance(value, str),
    "inputs": lambda value: isinstance(value, (dict, list)),
    "params": lambda value: isinstance(value, dict),
    "blocks": lambda value: isinstance(value, dict),
    "variants": lambda value: isinstance(value, dict),
    "use": lambda value: isinstance(value, list),
    "graph": lambda value: isinstance(value, list),
    "from": _is_reference,
    "when": lambda value: isinstance(value, (bool, str)),
    "repeat": lambda value: isinstance(value, (int, str)) and not isinstance(value, bool),
}


def fits(key: str, value: object) -> bool:
    """Whether `value`, which stands under another key, is likely that of `key`."""
    return key in _FITS and _FITS[key](value)


def key_synonym(name: str, value: object, known: tuple[str, ...]) -> str | None:
    """The one of the `known` keys that others call `name`, where `value` may stand under it."""
    for mark, table in zip(_MARKS, _TABLES, strict=True):
        if not {*mark} <= {*known}:
            continue
        meant = table.get(name)
        return meant if meant in known and (meant not in _FITS or fits(meant, value)) else None
    return None
