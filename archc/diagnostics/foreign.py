"""What other frameworks call things: `foreign.txt`, read on the first mistake."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import NamedTuple

_OPERATIONS = ("=", "~", "!")
_ARGUMENTS = (".=", ".~")


class Answer(NamedTuple):
    """What archc says of a name: the `text` and the `kind`, as `foreign.txt` explains them."""

    kind: str
    text: str

    @property
    def is_same(self) -> bool:
        """Whether `text` is a name of archc that means the same."""
        return self.kind.endswith("=")


def bare_name(name: str) -> str:
    """A name without what is often written in another way: case, `_` and `-`."""
    return name.casefold().replace("_", "").replace("-", "")


def operation_answer(name: str) -> Answer | None:
    """What to say of an operation that others call `name`."""
    found = _answers().get(bare_name(name), ())
    return next((answer for answer in found if answer.kind in _OPERATIONS), None)


def argument_answer(title: str, name: str, known: Sequence[str]) -> Answer | None:
    """The one of the `known` arguments of `title` that others call `name`."""
    found = []
    for kind, text in _answers().get(bare_name(name), ()):
        argument, *titles = text.split() or [""]
        if kind in _ARGUMENTS and argument in known and (not titles or title in titles):
            found.append(Answer(kind, argument))
    return found[0] if len(found) == 1 else None


def is_foreign(name: str) -> bool:
    """Whether another framework calls an operation `name`."""
    return any(answer.kind not in _ARGUMENTS for answer in _answers().get(bare_name(name), ()))


@cache
def _answers() -> Mapping[str, Sequence[Answer]]:
    """What is said of each name, which is plain."""
    found: dict[str, list[Answer]] = {}
    answer = Answer("-", "")
    text = Path(__file__).with_name("foreign.txt").read_text(encoding="utf-8")
    for line in text.splitlines():
        if not line.startswith((" ", "#")) and line:
            kind, _, text = line.partition(" ")
            answer = Answer(kind, text)
        elif line.startswith(" "):
            for name in line.split():
                found.setdefault(bare_name(name), []).append(answer)
    return found
