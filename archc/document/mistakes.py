"""What is said of what does not fit: one way for keys of a file and for arguments of calls."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from archc.diagnostics import Code, catalogue
from archc.diagnostics.wording import describe_value, expected, is_bound
from archc.document.hints.names import Hint
from archc.document.nodes import Mistake
from archc.source import YamlPath

_CODES: Mapping[str, Code] = {
    "node": catalogue.ILL_FORMED_NODE,
    "join": catalogue.ILL_FORMED_NODE,
    "made_join": catalogue.ILL_FORMED_NODE,
    "arguments": catalogue.ILL_FORMED_NODE,
    "two_operations": catalogue.ILL_FORMED_NODE,
    "unknown_operation": catalogue.UNKNOWN_OPERATION,
    "variables": catalogue.INVALID_NAME,
    "keyword": catalogue.INVALID_NAME,
    "node_name": catalogue.INVALID_NAME,
    "string_pattern_mismatch": catalogue.INVALID_NAME,
    "string_too_long": catalogue.INVALID_NAME,
    "too_short": catalogue.VALUE_OUT_OF_RANGE,
    "size_below_one": catalogue.VALUE_OUT_OF_RANGE,
    "range": catalogue.VALUE_OUT_OF_RANGE,
}
"""The codes of Pydantic's kinds of errors and of ours; bounds have one, the others are types."""

_ABOUT_SIZE = ("dimension", "size_below_one")
_ABOUT_VALUE = ("takes ", "must ", "starts ")
"""How a message begins that is about what stands under a key."""


class Finding(NamedTuple):
    """What is said of a mistake. The name that the hint tells is meant for the last of `path`."""

    code: Code
    message: str
    path: YamlPath
    on_key: bool = False
    hint: Hint | None = None


class Keys(ABC):
    """The keys of mappings, and what is said where they, or the values under them, do not fit."""

    def findings(self, mistakes: Sequence[Mistake]) -> Iterator[Finding]:
        """What is said of mistakes. One name that is unknown and another that is missing are one
        mistake, where the first may mean the second.
        """
        missing: dict[YamlPath, list[str]] = {}
        unknown: dict[YamlPath, dict[str, Any]] = {}
        above = {each.path[:end] for each in mistakes for end in range(len(each.path))}
        for mistake in mistakes:
            mapping, name = mistake.path[:-1], str((*mistake.path, "")[len(mistake.path) - 1])
            if mistake.kind == "missing":
                missing.setdefault(mapping, []).append(name)
            elif mistake.kind == "extra_forbidden":
                unknown.setdefault(mapping, {})[name] = mistake.value
            elif mistake.kind != "too_short" or mistake.path not in above:  # else less is missing
                yield self.value(mistake)
        for mapping in {**unknown, **missing}:
            yield from self._names(mapping, unknown.get(mapping, {}), missing.get(mapping, []))

    def _names(
        self, mapping: YamlPath, unknown: Mapping[str, Any], missing: Sequence[str]
    ) -> Iterator[Finding]:
        hints = {name: self.hint(mapping, name, value) for name, value in unknown.items()}
        meant = {hint.meant for hint in hints.values() if hint}
        missing = [key for key in missing if key not in meant]
        strange = [name for name, hint in hints.items() if hint is None]
        if len(missing) == len(strange) == 1 and self.fits(missing[0], unknown[strange[0]]):
            text = f"did you mean `{missing[0]}`, which is missing?"
            hints[strange[0]] = Hint(text, missing.pop(), is_safe=False)
        yield from self.unknown(mapping, hints)
        if missing:
            yield self.missing(mapping, missing)

    def value(self, mistake: Mistake) -> Finding:
        """What is said of a value that does not fit."""
        kind, path = mistake.kind, mistake.path
        default = catalogue.WRONG_TYPE if is_type(mistake) else catalogue.VALUE_OUT_OF_RANGE
        is_name = kind in ("string_pattern_mismatch", "string_too_long")
        text = mistake.message or ("" if is_name else expected(kind, mistake.context))
        message = f"`{mistake.value}` cannot be a name here" if is_name else text
        if kind == "too_short":
            message = f"{_subject(path)} {text}, not {mistake.context['actual_length']}"
        elif kind in _ABOUT_SIZE:
            message = f"{text}, not {self.shown(mistake)}"
        elif text.startswith(_ABOUT_VALUE):
            message = f"{_subject(path)} {text}, not {self.shown(mistake)}"
        return Finding(_CODES.get(kind, default), message, path, False, self.meant(mistake, text))

    def fits(self, key: str, value: object) -> bool:
        """Whether `value`, which stands under another key, is likely that of `key`."""
        return True

    def shown(self, mistake: Mistake) -> str:
        """The value that does not fit, in words."""
        return describe_value(mistake.value)

    @abstractmethod
    def hint(self, mapping: YamlPath, name: str, value: object) -> Hint | None:
        """What was meant by an unknown name and the value under it."""

    @abstractmethod
    def meant(self, mistake: Mistake, text: str) -> Hint | None:
        """What was meant by a value that does not fit, of which `text` is said."""

    @abstractmethod
    def unknown(self, mapping: YamlPath, hints: Mapping[str, Hint | None]) -> Iterable[Finding]:
        """What is said of the unknown names of a mapping."""

    @abstractmethod
    def missing(self, mapping: YamlPath, keys: Sequence[str]) -> Finding:
        """What is said of the names that are missing in a mapping."""


def mistakes_of(error: ValidationError, data: Any) -> list[Mistake]:
    """What Pydantic says of `data`, at paths in it."""
    return [_mistake(details, data) for details in error.errors(include_url=False)]


def _mistake(details: ErrorDetails, data: Any) -> Mistake:
    """One of Pydantic's errors. What of its location leads nowhere in the data is a key that a
    short form stands for, the mark of a key, or a key that is missing.
    """
    path: list[str | int] = []
    for word in details["loc"]:
        if isinstance(data, (list, tuple)):
            leads_on = isinstance(word, int) and word < len(data)
        else:
            leads_on = isinstance(data, dict) and word in data
        if leads_on:
            path.append(word)
            data = data[word]
    if details["type"] == "missing":
        path.append(details["loc"][-1])
    message = details["msg"]
    is_ours = message[:1].islower() or message[:1] == "`"
    context = {**details.get("ctx", {}), "on_key": details["loc"][-1:] == ("[key]",)}
    value = details["input"]
    return Mistake(details["type"], tuple(path), value, message if is_ours else "", context)


def is_type(mistake: Mistake) -> bool:
    """Whether it is a value's type that does not fit, not its magnitude."""
    return not is_bound(mistake.kind) and "minimum" not in mistake.context


def _subject(path: YamlPath) -> str:
    if not path:
        return "a file"
    if isinstance(path[-1], str):
        return f"`{path[-1]}`"
    name = next((step for step in reversed(path) if isinstance(step, str)), "graph")
    return f"each element of `{name}`"
