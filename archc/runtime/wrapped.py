"""Where in what `torch.save` wrote the `state_dict` is."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from torch import Tensor

from archc.source import FileError
from archc.weights.shown import key_text

WRAPPERS = ("state_dict", "model_state_dict", "model")
"""Under which keys training programs keep the `state_dict` among other things; the first counts."""

DEEPEST = 2
"""Within how many mappings a `state_dict` is looked for."""

MOST_NAMED = 10
"""How many places are named where one is to be chosen."""


def unwrap(content: object, name: str, key: str | None) -> tuple[Mapping[Any, Any], str]:
    """The mapping that is taken for the `state_dict`, and under which key it is, `""` for all.

    1. With a `key`, what is under it: names with tensors and nothing else.
    2. All, where it is names with tensors.
    3. What is under the first of `WRAPPERS` that has tensors.
    4. The only names with tensors that there are.
    5. All, where there are none: the caller says what is wrong with it.

    Raises FileError where there are several, nothing under `key`, or no mapping at all. `name` is
    what messages call the file.
    """
    if not isinstance(content, Mapping):
        raise FileError(_no_mapping(content, name))
    places = dict(_places(content, "", 0))
    if key is not None:
        if key not in places or not key:
            raise FileError(f"{name} has no `state_dict` under `{key_text(key)}`{_instead(places)}")
        return places[key], key
    known = next((each for each in WRAPPERS if _has_tensors(content.get(each))), None)
    if known is not None:
        return content[known], known
    if len(places) > 1:
        raise FileError(
            f"{name} has several `state_dict`s, {_listed(places)}: choose one by `--key`, in "
            "Python `key=`"
        )
    place, found = next(iter(places.items()), ("", content))
    return found, place


def describe_object(value: object) -> str:
    """What a value is, for messages."""
    if isinstance(value, Tensor):
        return f"a tensor {list(value.shape)}"
    return f"a value of type `{type(value).__name__}`"


def _places(content: Any, place: str, depth: int) -> Iterator[tuple[str, Mapping[Any, Any]]]:
    """The mappings of names to tensors, the outermost, by the keys that lead there."""
    if not isinstance(content, Mapping) or depth > DEEPEST:
        return
    if content and all(
        isinstance(key, str) and isinstance(value, Tensor) for key, value in content.items()
    ):
        yield place, content
        return
    for key, value in content.items():
        if isinstance(key, str):
            yield from _places(value, f"{place}.{key}" if place else key, depth + 1)


def _has_tensors(value: object) -> bool:
    return isinstance(value, Mapping) and any(isinstance(each, Tensor) for each in value.values())


def _no_mapping(content: object, name: str) -> str:
    trouble = f"{name} holds {describe_object(content)}, not names with tensors"
    if isinstance(content, list | tuple) and any(isinstance(each, Mapping) for each in content):
        return f"{trouble}: save one `state_dict()` of it alone, or each in a file of its own"
    return trouble


def _instead(places: Mapping[str, object]) -> str:
    wrapped = {place: found for place, found in places.items() if place}
    return f", but {_listed(wrapped)}" if wrapped else ""


def _listed(places: Mapping[str, object]) -> str:
    names = [f"`{key_text(place)}`" for place in places]
    more = ", …" * (len(names) > MOST_NAMED)
    return ", ".join(names[:MOST_NAMED]) + more
