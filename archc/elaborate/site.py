"""Where elaboration is in the text, and how it refuses what stands there."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from archc.diagnostics import Code, Diagnostic, Label, Place, Proposal
from archc.diagnostics.fix import rename
from archc.document.data import at
from archc.document.loader import Unit
from archc.network import Location
from archc.source import YamlPath

if TYPE_CHECKING:
    from archc.document.hints.names import Hint


class NodeError(Exception):
    """Something is wrong with one node; whoever elaborates the list around it collects the
    diagnostics.
    """

    def __init__(self, *diagnostics: Diagnostic) -> None:
        super().__init__(diagnostics)
        self.diagnostics = diagnostics


class AlreadyReported(Exception):
    """Nothing can be said here, because of an error that was already said."""


UNKNOWN: Any = object()
"""The value of what is wrong, and already reported; to use it is AlreadyReported."""


class Site(NamedTuple):
    """A place in a text, and the call that led into that text where it is a block's.

    A mistake that shows inside a built-in block is the caller's: it is reported at the call, with
    the block's own line beside it. Inside a block of the user's it is reported at the block's line.
    """

    unit: Unit
    path: YamlPath = ()
    block: str | None = None
    caller: Site | None = None

    def at(self, *steps: str | int) -> Site:
        return Site(self.unit, (*self.path, *steps), self.block, self.caller)

    @property
    def written(self) -> Any:
        """What stands here, as data."""
        return at(self.unit.source.data, self.path)

    @property
    def is_broken(self) -> bool:
        """Whether what stands here is wrong, and already reported."""
        return self.path in self.unit.broken

    def broken_keys(self) -> Sequence[str]:
        """The keys of the mapping that stands here whose entries are broken."""
        return self.unit.broken_keys(self.path)

    @property
    def text(self) -> str:
        """What stands here, as it is written."""
        return self.unit.source.text(self.path)

    @property
    def location(self) -> Location:
        """Where this is, whatever lines are above it."""
        return Location(self.unit.source.file.name, self.path)

    def place(self, key: bool = False) -> Place:
        return self.unit.source.place(self.path, key)

    def part(self, start: int, end: int, key: bool = False) -> Place:
        return self.unit.source.part(self.path, start, end, key)

    def value_help(self, needed: str) -> str | None:
        """What to write for what stands here, where something else is `needed`."""
        from archc.document.hints.values import value_hint

        return value_hint(needed, self.text)

    def refuse(
        self,
        code: Code,
        message: str,
        *,
        help: str | None = None,
        related: Iterable[Label] = (),
        key: bool = False,
        place: Place | None = None,
        misspelt: tuple[str, Iterable[str]] | None = None,
        proposals: Iterable[Proposal] = (),
        meant: tuple[str, Hint | None] | None = None,
    ) -> NodeError:
        """The refusal of what stands here; `place` narrows it, `key` means the key rather than its
        value.

        `misspelt` is a name that is unknown, with those that are known, and `meant` one with what
        it means: that is the help, and the fix where the text is the author's.
        """
        inner = place or self.place(key)
        fix = None
        if misspelt:
            from archc.document.hints.names import name_hint

            meant = misspelt[0], name_hint(*misspelt)
        if meant and (hint := meant[1]):
            help = hint.help
            if hint.meant and hint.is_safe is not None and not self.unit.builtin:
                fix = rename(inner, meant[0], hint.meant, hint.is_safe)
        labels = list(related)
        site = self
        while site.unit.builtin and site.caller is not None:
            labels.append(Label(inner, f"here, in the built-in block `{site.block}`"))
            site = site.caller
            inner = site.place(key=True)
        caller = site
        while caller.caller is not None:
            labels.append(Label(caller.caller.place(key=True), f"`{caller.block}` is called here"))
            caller = caller.caller
        once = tuple(dict.fromkeys(labels))  # a block that calls itself does so at one place
        return NodeError(Diagnostic(code, message, inner, once, help, fix, proposals))
