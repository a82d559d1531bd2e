"""What archc thinks of one spec: its network, or why there is none."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

from archc.compiler import Spec, check
from archc.diagnostics import Code, Diagnostic, File, Place, Span, SpecError, catalogue
from archc.lint import lints, unsuppressed
from archc.network import Network
from archc.source import FileError


class Question(NamedTuple):
    """What is asked of a spec: which network it means, within which memory, and how strictly.

    `opt_in` are the warnings that are off otherwise.
    """

    params: Mapping[str, Any]
    inputs: Mapping[str, Sequence[int]]
    variant: str | None
    max_memory: int
    opt_in: frozenset[Code] = frozenset()
    strict: bool = False

    def verdict(self, name: str, load: Callable[[], Spec]) -> Verdict:
        """The verdict on the spec that `load` gives, which messages call `name`."""
        try:
            spec = load()
            network = check(spec, self.params, self.inputs, self.variant, self.max_memory)
        except (SpecError, FileError) as error:
            return refused(error, name)
        found = network.warnings
        if self.opt_in:
            found = (*found, *unsuppressed(lints(network, spec.source, self.opt_in)))
        if not found or not self.strict:
            return Verdict(network, found)
        return Verdict(None, tuple(map(_as_error, found)))


class Verdict(NamedTuple):
    """The network, or None where it is refused; and all that was said."""

    network: Network | None
    diagnostics: tuple[Diagnostic, ...]

    @property
    def exit_code(self) -> int:
        """0: fine; 1: the spec is wrong; 2: its file is."""
        if self.network is not None:
            return 0
        return 1 + any(each.code is catalogue.UNREADABLE_FILE for each in self.diagnostics)


def refused(error: SpecError | FileError, name: str) -> Verdict:
    """The verdict on a spec, which messages call `name`, that could not be read to its end."""
    if isinstance(error, SpecError):
        return Verdict(None, error.diagnostics)
    nowhere = Place(File(name, ""), Span(1, 1, 1, 1))
    found = Diagnostic(catalogue.UNREADABLE_FILE, str(error), nowhere, help=_file_help(name))
    return Verdict(None, (found,))


def _file_help(name: str) -> str | None:
    """What to write for the `name` of a file that is not there."""
    if not re.fullmatch(r"[\w./-]{1,200}", name) or Path(name).exists():
        return None
    if Path(f"{name}.yaml").is_file():
        return f"did you mean `{name}.yaml`?"
    if re.fullmatch("[A-Za-z0-9_-]+", name):
        return "archc has no networks by name: give the path of a spec; `archc new NAME` writes one"
    return None


def _as_error(warning: Diagnostic) -> Diagnostic:
    return replace(warning, code=warning.code._replace(severity="error"))
