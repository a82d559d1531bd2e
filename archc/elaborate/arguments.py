"""The arguments of operations and initialisers that do not fit, and what is said of them."""

from __future__ import annotations

import re
from collections.abc import Container, Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import Any

from pydantic import ValidationError

from archc.diagnostics import Diagnostic, catalogue
from archc.document.hints.names import Hint, argument_hint, arguments_text, name_hint
from archc.document.hints.values import value_hint
from archc.document.mistakes import Finding, Keys, is_type, mistakes_of
from archc.document.nodes import Mistake
from archc.elaborate.scope import Scope, as_written
from archc.elaborate.site import Site
from archc.source import YamlPath


def wrong_arguments(
    error: ValidationError, values: Mapping[str, Any], unknown: Container[str], keys: ArgumentKeys
) -> list[Diagnostic]:
    """What is said of the `values` of arguments; of those that are `unknown` all was said."""
    found = {m.path[0]: m for m in reversed(mistakes_of(error, values))}
    mistakes = [
        mistake._replace(path=(name,))
        for name, mistake in reversed(found.items())
        if name not in unknown and not _is_rest(mistake, values)
    ]
    return [each for finding in keys.findings(mistakes) for each in keys.refuse(finding)]


def unknown_arguments(
    unknown: Mapping[str, Any], missing: Sequence[str], keys: ArgumentKeys
) -> tuple[list[Diagnostic], set[str]]:
    """What is said of the `unknown` arguments of a block, and which ones they mean, of which some
    are `missing`.
    """
    found = keys.findings(
        [
            *(Mistake("extra_forbidden", (name,), value) for name, value in unknown.items()),
            *(Mistake("missing", (name,), None) for name in missing),
        ]
    )
    unlike = [each for each in found if each.path]
    meant = {each.hint.meant for each in unlike if each.hint and each.hint.meant}
    return [each for finding in unlike for each in keys.refuse(finding)], meant


def _is_rest(mistake: Mistake, values: Mapping[str, Any]) -> bool:
    """Whether an unknown argument is the rest of a `(3, 3)`, of which YAML makes `(3` and `3)`."""
    if mistake.kind != "extra_forbidden" or not str(mistake.path[0]).endswith(")"):
        return False
    return any(isinstance(value, str) and value.startswith("(") for value in values.values())


class ArgumentKeys(Keys):
    """The arguments that stand below `base`, in the call of `title` at `call`, which has `known`
    ones; others `follow` from its input. `usual` is what is written for some, and null fits those
    that are `nullable`.
    """

    def __init__(
        self,
        title: str,
        known: Sequence[str],
        base: Site,
        call: Site,
        scope: Scope,
        follows: Container[str] = (),
        usual: Mapping[str, str] = MappingProxyType({}),
        nullable: Container[str] = (),
    ) -> None:
        self._title = title
        self._known = known
        self._base = base
        self._call = call
        self._scope = scope
        self._follows = follows
        self._usual = usual
        self._nullable = nullable

    def refuse(self, found: Finding) -> Sequence[Diagnostic]:
        """The diagnostic of a finding, at its place."""
        site, hint = self._base.at(*found.path) if found.path else self._call, found.hint
        written = "" if not found.path else found.path[-1] if found.on_key else site.written
        return site.refuse(
            found.code,
            found.message,
            key=found.on_key,
            meant=(str(written), hint) if hint else None,
        ).diagnostics

    def shown(self, mistake: Mistake) -> str:
        return as_written(mistake.value, self._base.at(*mistake.path))

    def hint(self, mapping: YamlPath, name: str, value: object) -> Hint | None:
        if name in self._follows:
            return Hint(f"remove `{name}`")
        return argument_hint(self._title, name, value, self._known)

    def unknown(self, mapping: YamlPath, hints: Mapping[str, Hint | None]) -> Iterable[Finding]:
        for name, hint in hints.items():
            message = f"`{self._title}` has no argument `{name}`"
            if name in self._follows:
                message = f"`{name}` follows from the input and is never written"
            said = hint or Hint(arguments_text(self._known))
            yield Finding(catalogue.UNKNOWN_ARGUMENT, message, (name,), True, said)

    def missing(self, mapping: YamlPath, keys: Sequence[str]) -> Finding:
        message = f"`{self._title}` needs {' and '.join(f'`{name}`' for name in keys)}"
        usual = self._usual.get(keys[0]) if len(keys) == 1 else None
        hint = Hint(usual) if usual else None
        return Finding(catalogue.MISSING_ARGUMENT, message, (), True, hint)

    def meant(self, mistake: Mistake, text: str) -> Hint | None:
        """A word that is misspelt, a parameter without its `$`, or another type's value."""
        value, site = mistake.value, self._base.at(*mistake.path)
        words = re.findall(r"`([a-z_]+)`", text) if isinstance(value, str) else []
        hint = name_hint(value, words) if words else None
        if hint or not is_type(mistake):
            return hint
        needed = f"{text} or null" if mistake.path[0] in self._nullable else text
        said = mistake.context.get("help") or self._value_help(value, site, needed)
        return Hint(said) if said else None

    def _value_help(self, value: Any, site: Site, needed: str) -> str | None:
        """What to write for a `value` of another type than what is `needed`, which is what is
        written at `site` or what comes of it.
        """
        scope, written = self._scope, site.written
        names = {*scope.bindings, *scope.parameters, *scope.outer}
        if isinstance(value, str) and value == written and value in names:
            return f"did you mean `${value}`?"
        text = written if isinstance(written, str) else ""
        is_plain = value == written or "$" in text
        return (value_hint(needed, site.text) if is_plain else None) or scope.quoted(text)
