"""What was likely meant by a name that archc does not have."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Sequence
from functools import lru_cache
from typing import NamedTuple

from archc.blocks import BLOCKS
from archc.diagnostics.foreign import argument_answer, bare_name, operation_answer
from archc.diagnostics.suggest import is_sure, near, opposite
from archc.document.nodes import NODE_KEYS
from archc.ops import JOINS, OPERATIONS, operation_class

_MOST_LISTED = 4
"""How many names are listed as likely."""

ANY_OPERATION = (
    "operations are classes of `torch.nn` in snake case (`archc ops` and `archc blocks` list "
    "all); a block of your own stands under `blocks`"
)
"""The help for an operation of which nothing tells what was meant."""


class Hint(NamedTuple):
    """The help for a name, and the one that was meant, where that is known.

    `is_safe` tells whether that is sure; None where it is not enough to write it in the other's
    place.
    """

    help: str
    meant: str | None = None
    is_safe: bool | None = None


def name_hint(name: str, candidates: Iterable[str]) -> Hint | None:
    """The candidates of which `name` may be a misspelling."""
    return _one_of(near(name, candidates), name)


def _one_of(likely: Sequence[str], name: str) -> Hint | None:
    if len(likely) == 1:
        return Hint(f"did you mean `{likely[0]}`?", likely[0], is_sure(name, likely[0]))
    if not likely or len(likely) > _MOST_LISTED:
        return None
    *first, last = (f"`{known}`" for known in likely)
    return Hint(f"did you mean {', '.join(first)} or {last}?")


@lru_cache(maxsize=256)
def operation_hint(name: str, reach: tuple[str, ...], dims: int | None = None) -> Hint | None:
    """What to write for the unknown operation `name`, which reads a tensor of `dims` spatial
    dimensions.
    """
    joined = re.fullmatch(r"[\w.$]+(?: *([+*]) *| +(-) +)[\w.$]+", name)
    if joined is not None:
        return _joining(name, joined[1] or joined[2])
    written = re.fullmatch(r"((?:\w+\.)*)(\w+)(\((.*))?", name, re.DOTALL)
    if written is None or not (written[1] or written[3]):
        return _operation(name, reach, dims)
    known = written[2] in reach
    inner = Hint("", written[2], is_safe=True) if known else _operation(written[2], reach, dims)
    if written[3] and written[4] != ")" and (inner is None or inner.meant):
        called = inner.meant if inner else written[2]
        return Hint(f"arguments are written by name: `{called}: {{name: value}}`")
    return inner._replace(help=f"write `{inner.meant}`") if inner and inner.meant else inner


def _joining(name: str, sign: str) -> Hint | None:
    """The join that a `sign` between two names means."""
    joins = [join for join in sorted(JOINS) if operation_class(join).target == sign]
    names = ", ".join(part.strip() for part in name.split(sign))
    return Hint(f"write `{joins[0]}: [{names}]`") if joins else None


def _operation(name: str, reach: Collection[str], dims: int | None) -> Hint | None:
    """As `operation_hint`, for a name alone."""
    answer = operation_answer(name)
    if answer is not None and answer.kind == "!":
        return Hint(f"archc has no `{name}`{answer.text and f': {answer.text}'}")
    if answer is not None:
        text = answer.text.replace("#", str(dims if dims in (1, 2, 3) else 2))
        written = text if "`" in text else f"`{text}`"
        same = (text, True) if answer.is_same else ()
        return Hint(f"it is written {written} here", *same)
    if name[:1].isupper():  # a block of the file, if it is one
        reach = [known for known in reach if known not in BLOCKS]
    return _one_of(near(name, reach), name) or _member(name, reach, dims)


def _member(name: str, reach: Iterable[str], dims: int | None) -> Hint | None:
    """The member, for `dims` dimensions, of the family that `name` means: `conv2d` of `conv`."""
    families: dict[str, list[str]] = {}
    for known in reach:
        family = re.fullmatch("(.+)[123]d", known)
        for stem in (family[1], f"{family[1]}d") if family else ():
            families.setdefault(stem, []).append(known)
    stems = [stem for stem in families if bare_name(stem) == bare_name(name)] or near(
        name, families
    )
    members = families[stems[0]] if len(stems) == 1 else []
    fitting = [known for known in members if known.endswith(f"{dims}d")]
    hint = _one_of(fitting or members, name)
    return hint and hint._replace(is_safe=False if fitting else None)


def argument_hint(title: str, name: str, value: object, known: Sequence[str]) -> Hint | None:
    """What to write for the unknown argument `name` of `title`, which has `known` ones."""
    if name in NODE_KEYS:
        return Hint(f"`{name}` stands beside `{title}`, not among its arguments")
    joined = re.fullmatch(r"([a-z_0-9]+)(?:\s+|:)(\S.*)", name)
    if joined is not None and joined[1] in known:
        pair = f"{joined[1]}: {joined[2]}"
        return Hint(f"write a `:` and a space between the name and the value: `{pair}`", joined[1])
    answer = argument_answer(title, name, known)
    if answer is not None:
        return Hint(f"did you mean `{answer.text}`?", answer.text, answer.is_same)
    likely = name_hint(name, known)
    if likely is None and isinstance(value, str) and value in OPERATIONS:
        return Hint(f"`{value}` is a node of its own: write `- {value}` after this one")
    return likely or _opposite(title, name, known)


def _opposite(title: str, name: str, known: Sequence[str]) -> Hint | None:
    other = opposite(name, known)
    if other is None:
        return None
    command = f"archc {'ops' if title in OPERATIONS else 'blocks'} {title}"
    return Hint(
        f"`{other}` is not the same (`{command}` tells what it means); {arguments_text(known)}"
    )


def arguments_text(known: Sequence[str]) -> str:
    """The arguments that an operation takes, in a sentence."""
    return f"it takes {', '.join(f'`{field}`' for field in known) or 'no arguments'}"
