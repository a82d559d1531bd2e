"""The keys of a file: which may stand where, and what is said of others and of what they hold."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from pydantic import BaseModel

from archc.diagnostics import catalogue
from archc.document.data import at
from archc.document.format import BlockBody, Document, Input, OutputEntry, ParameterSpec
from archc.document.hints.forms import way_out
from archc.document.hints.names import Hint, name_hint
from archc.document.hints.operations import below, stray_arguments, unknown_operation_hint
from archc.document.hints.synonyms import fits, key_synonym
from archc.document.mistakes import Finding, Keys
from archc.document.nodes import LOOP_KEYS, NODE_KEYS, Mistake
from archc.source import Source, YamlPath

_ON_KEY = ("two_operations", "unknown_operation")

_FIRST_KEYS = {
    "archc": "a spec starts with `archc: 1`, the version of the language",
    "name": "write `name: my_network`",
    "inputs": "write `inputs: {image: [N, 3, 224, 224]}`, with your own name and sizes",
    "graph": "write `graph:`, and below it the list of nodes",
}
"""What to write for a key that every spec has."""


class FileKeys(Keys):
    """The keys of the file `source`, which is of a `model`. `meant_keys` are those that are surely
    or likely others, with what they are.
    """

    def __init__(self, source: Source, model: type[BaseModel]) -> None:
        self.meant_keys: dict[YamlPath, str] = {}
        self._source = source
        self._model = model

    def value(self, mistake: Mistake) -> Finding:
        kind, path = mistake.kind, mistake.path
        on_key = kind in _ON_KEY or mistake.context.get("on_key", False)
        found = super().value(mistake)._replace(on_key=on_key)
        if path == ("archc",) and kind in ("greater_than_equal", "less_than_equal"):
            message = f"this archc reads version 1 of the language, not {mistake.value}"
            newer = "a newer archc may read it; for this one " * (kind == "less_than_equal")
            return found._replace(message=message, hint=Hint(f"{newer}write `archc: 1`"))
        return found

    def meant(self, mistake: Mistake, text: str) -> Hint | None:
        if mistake.kind == "unknown_operation":
            return unknown_operation_hint(str(mistake.path[-1]), mistake.value)
        said = way_out(mistake, text, self._source.text(mistake.path))
        return Hint(said) if said else None

    def fits(self, key: str, value: object) -> bool:
        return fits(key, value)

    def hint(self, mapping: YamlPath, name: str, value: object) -> Hint | None:
        known = self._known(mapping)
        synonym = key_synonym(name, value, known)
        return Hint(f"did you mean `{synonym}`?", synonym) if synonym else name_hint(name, known)

    def unknown(self, mapping: YamlPath, hints: Mapping[str, Hint | None]) -> Iterable[Finding]:
        known, beside = self._known(mapping), at(self._source.data, mapping)
        taken = {*beside}
        unlike = [name for name, hint in hints.items() if hint is None]
        stray = stray_arguments(beside, unlike) if known == NODE_KEYS else []
        first, others = stray[:1], {*stray[1:]}
        for name in (name for name in hints if name not in others):
            hint = hints[name]
            if hint and hint.meant and hint.meant not in taken:
                taken.add(hint.meant)
                self.meant_keys[*mapping, name] = hint.meant
            said = hint or Hint(below(beside) if name in first else _keys_help(known))
            message = f"there is no key `{name}` here"
            yield Finding(catalogue.UNKNOWN_KEY, message, (*mapping, name), True, said)

    def missing(self, mapping: YamlPath, keys: Sequence[str]) -> Finding:
        names = [f"`{key}`" for key in keys]
        listed = f"{', '.join(names[:-1])} and {names[-1]}" if names[1:] else names[0]
        verb = "keys {} are" if names[1:] else "key {} is"
        is_first = issubclass(self._model, Document) and not mapping
        advice = _FIRST_KEYS.get(keys[0]) if is_first else None
        here, path = at(self._source.data, mapping), mapping
        if isinstance(here, dict) and "for" in here:
            advice = "a loop is `for: x`, `in: [1, 2]` and `do: [...]`, and nothing else"
        if here and not (path and isinstance(path[-1], str)):
            path = (*path, next(iter(here)))
        message = f"the {verb.format(listed)} missing"
        hint = Hint(advice) if advice else None
        return Finding(catalogue.MISSING_KEY, message, path, True, hint)

    def _known(self, mapping: YamlPath) -> tuple[str, ...]:
        """The keys that may stand in the mapping at a path."""
        match mapping:
            case ():
                return keys_of(self._model)
            case ("params", _) | ("blocks", _, "params", _):
                return keys_of(ParameterSpec)
            case ("inputs", _):
                return keys_of(Input)
            case ("outputs", _):
                return keys_of(OutputEntry)
            case ("blocks", _):
                return keys_of(BlockBody)
        return LOOP_KEYS if "for" in at(self._source.data, mapping) else NODE_KEYS


def keys_of(model: type[BaseModel]) -> tuple[str, ...]:
    """The keys of a mapping that a model reads."""
    return tuple(field.alias or name for name, field in model.model_fields.items())


def _keys_help(keys: Sequence[str]) -> str:
    listed = ", ".join(f"`{known}`" for known in keys)
    is_node = keys == NODE_KEYS
    return (
        f"beside its operation, a node takes {listed}" if is_node else f"the keys here are {listed}"
    )
