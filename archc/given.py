"""What Python code gives, as the plain values of which specs are made."""

from __future__ import annotations

import operator
from collections.abc import Mapping, Sequence
from typing import Any


def plain(value: Any, what: str) -> Any:
    """`value` as a spec could hold it: numbers of numpy and torch are Python's, tuples are lists.

    TypeError for anything else, which calls the value `what`.
    """
    if value is None or isinstance(value, bool):
        return value
    for kind in (str, int, float):
        if isinstance(value, kind):
            return kind(value)
    if isinstance(value, Mapping):
        return {str(key): plain(each, f"{what}[{key!r}]") for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [plain(each, f"{what}[{index}]") for index, each in enumerate(value)]
    if hasattr(value, "dtype") and getattr(value, "shape", None) == ():
        return plain(value.item(), what)  # a scalar of numpy, or a tensor of one number
    if hasattr(value, "__index__"):
        return operator.index(value)
    message = f"`{what}` takes numbers, true or false, text, lists and mappings of them, not "
    raise TypeError(message + type(value).__name__)


def plain_params(params: Mapping[str, Any]) -> dict[str, Any]:
    """The values of parameters as a spec could hold them."""
    if not isinstance(params, Mapping):
        raise TypeError(f"`params` is a mapping from names to values, not {params!r}")
    return {name: plain(value, f"params[{name!r}]") for name, value in params.items()}


def plain_sizes(inputs: Mapping[str, Sequence[int]]) -> dict[str, list[int]]:
    """The sizes of each input as integers; TypeError where they are none."""
    if not isinstance(inputs, Mapping):
        raise TypeError(f"`inputs` is a mapping from names to sizes, not {inputs!r}")
    return {name: [_size(size, name) for size in _sizes(inputs[name], name)] for name in inputs}


def _sizes(sizes: Any, name: str) -> Sequence[Any]:
    if isinstance(sizes, str | bytes | Mapping) or not hasattr(sizes, "__iter__"):
        message = f"`inputs[{name!r}]` takes sizes without the batch, such as (3, 224, 224), not "
        raise TypeError(f"{message}{sizes!r}")
    return [*sizes]


def _size(size: Any, name: str) -> int:
    try:
        if isinstance(size, bool):
            raise TypeError
        return operator.index(size)
    except TypeError:
        raise TypeError(f"`inputs[{name!r}]` takes integers, not {size!r}") from None


def mapping_text(spec: Mapping[str, Any]) -> str:
    """A spec in a mapping as text. JSON is YAML, and the mapping's own layout is not known."""
    import json

    try:
        return json.dumps(plain(spec, "spec"), indent=2, ensure_ascii=False) + "\n"
    except RecursionError:
        raise ValueError("`spec` is nested too deeply, or contains itself") from None
