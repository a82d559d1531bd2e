"""Whether a spec is valid: its network, or why there is none."""

from __future__ import annotations

import re
import sys
from collections import Counter
from collections.abc import Callable, Collection, Container, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType
from typing import Any, NamedTuple

from archc.compiler import Spec, check, check_blocks
from archc.diagnostics import Code, Diagnostic, File, Place, Span, SpecError, catalogue
from archc.document.loader import is_library
from archc.lint import lints, unsuppressed
from archc.memory import DEFAULT_MEMORY
from archc.network import Network
from archc.source import MAX_BYTES, FileError


class Request(NamedTuple):
    """What is asked of a spec: which network it means, within which memory, and how strictly.

    `spec` is the path of a file, or `-` for standard input. `opt_in` are the warnings that are off
    otherwise. In `message_format` a command writes the diagnostics.
    """

    spec: str
    params: Mapping[str, Any] = MappingProxyType({})
    inputs: Mapping[str, Sequence[int]] = MappingProxyType({})
    variant: str | None = None
    max_memory: int = DEFAULT_MEMORY
    message_format: str = "full"
    opt_in: frozenset[Code] = frozenset()
    strict: bool = False

    @property
    def name(self) -> str:
        """What messages call the spec."""
        return "<stdin>" if self.spec == "-" else self.spec

    def load(self) -> Spec:
        """The spec in the file, or on standard input. Errors are those of `Spec.from_file`."""
        if self.spec != "-":
            return Spec.from_file(self.spec)
        if sys.stdin is None:
            raise FileError(f"{self.name} is closed")
        # one byte more than is allowed, for it may have no end
        return Spec.from_bytes(sys.stdin.buffer.read(MAX_BYTES + 1), self.name)

    def outcome(self, load: Callable[[], Spec] | None = None) -> Outcome:
        """The outcome; of the spec that `load` gives, in place of what stands in the file."""
        try:
            outcome = _checked((load or self.load)(), self)
        except (SpecError, FileError) as error:
            return refused(error, self.name)
        return outcome.strict if self.strict else outcome

    def outcomes(self, all_variants: bool) -> Mapping[str | None, Outcome]:
        """The outcome by the variant, or on each with `all_variants`; None is the spec without one,
        or a file of blocks.
        """
        try:
            spec = self.load()
        except (SpecError, FileError) as error:
            return {self.variant: refused(error, self.name)}
        if is_library(spec.source):
            return {None: _on_blocks(spec, self.name)}
        variants = spec.variants if all_variants else ()
        found = {
            variant: _checked(spec, self._replace(variant=variant))
            for variant in variants or (self.variant,)
        }
        needless = _not_in_all(catalogue.UNUSED_INIT, found.values())
        kept = {variant: each.without(needless) for variant, each in found.items()}
        return {variant: each.strict if self.strict else each for variant, each in kept.items()}


class Outcome(NamedTuple):
    """The network, or None where it is refused; and all that was said. A file of blocks alone has
    no network, but the names of its `blocks`.
    """

    network: Network | None
    diagnostics: tuple[Diagnostic, ...]
    blocks: tuple[str, ...] = ()

    @property
    def is_right(self) -> bool:
        """Whether it is not refused."""
        return self.network is not None or bool(self.blocks)

    @property
    def strict(self) -> Outcome:
        """The outcome where warnings are errors."""
        if not self.is_right or not self.diagnostics:
            return self
        return Outcome(None, tuple(map(_as_error, self.diagnostics)))

    def without(self, left_out: Container[Diagnostic]) -> Outcome:
        """The outcome without some of its diagnostics."""
        return self._replace(diagnostics=tuple(d for d in self.diagnostics if d not in left_out))

    @property
    def exit_code(self) -> int:
        """0: fine; 1: the spec is wrong; 2: its file is."""
        if self.is_right:
            return 0
        return 1 + any(each.code is catalogue.UNREADABLE_FILE for each in self.diagnostics)


def refused(error: SpecError | FileError, name: str) -> Outcome:
    """The outcome of a spec, which messages call `name`, that could not be read to its end."""
    if isinstance(error, SpecError):
        return Outcome(None, error.diagnostics)
    nowhere = Place(File(name, ""), Span(1, 1, 1, 1))
    found = Diagnostic(catalogue.UNREADABLE_FILE, str(error), nowhere, help=_file_help(name))
    return Outcome(None, (found,))


def _checked(spec: Spec, request: Request) -> Outcome:
    """The outcome where warnings are warnings."""
    try:
        network = check(spec, request.params, request.inputs, request.variant, request.max_memory)
    except (SpecError, FileError) as error:
        return refused(error, request.name)
    found = network.warnings
    if request.opt_in:
        found = (*found, *unsuppressed(lints(network, spec.source, request.opt_in)))
    return Outcome(network, found)


def _file_help(name: str) -> str | None:
    """What to write for the `name` of a file that is not there."""
    if not re.fullmatch(r"[\w./-]{1,200}", name) or Path(name).exists():
        return None
    if Path(f"{name}.yaml").is_file():
        return f"did you mean `{name}.yaml`?"
    if re.fullmatch("[A-Za-z0-9_-]+", name):
        return "archc has no networks by name: give the path of a spec; `archc new NAME` writes one"
    return None


def told_once(outcomes: Mapping[str | None, Outcome]) -> list[Diagnostic]:
    """What was said of variants, each once, with the variants of which it was said."""
    if len(outcomes) == 1:
        return [each for outcome in outcomes.values() for each in outcome.diagnostics]
    found: dict[tuple[Code, str, Place], list[tuple[str, Diagnostic]]] = {}
    for variant, outcome in outcomes.items():
        for each in outcome.diagnostics:
            same = found.setdefault((each.code, each.message, each.place), [])
            same.append((f"`{variant}`", each))
    order = sorted(
        found.values(), key=lambda same: (same[0][1].place.file.name, same[0][1].place.span)
    )
    return [_with_variants(same, len(outcomes)) for same in order]


def _with_variants(same: Sequence[tuple[str, Diagnostic]], number: int) -> Diagnostic:
    """What was said of variants, of a `number` of them in all, as one diagnostic: that which shows
    most, since a variant may reach by a call what others do not.
    """
    fullest = max((each for _, each in same), key=lambda each: len(each.related))
    names = _listed([variant for variant, _ in same], number)
    return replace(fullest, message=f"{fullest.message} ({names})")


def _listed(variants: Sequence[str], number: int) -> str:
    if len(variants) == number > 1:
        return "all variants"
    shown, rest = variants[:5], len(variants) - 5
    names = (
        f"{', '.join(shown)} and {rest} more"
        if rest > 0
        else " and ".join(part for part in (", ".join(variants[:-1]), variants[-1]) if part)
    )
    return f"variant{'s' * (len(variants) > 1)} {names}"


def _not_in_all(code: Code, outcomes: Collection[Outcome]) -> frozenset[Diagnostic]:
    """The diagnostics of a `code` that are not said of every variant that is right."""
    right = [each for each in outcomes if each.is_right]
    said = Counter(d for each in right for d in each.diagnostics if d.code is code)
    return frozenset(diagnostic for diagnostic, count in said.items() if count < len(right))


def _on_blocks(spec: Spec, name: str) -> Outcome:
    try:
        return Outcome(None, (), check_blocks(spec))
    except SpecError as error:
        return refused(error, name)


def _as_error(warning: Diagnostic) -> Diagnostic:
    return replace(warning, code=warning.code._replace(severity="error"))
