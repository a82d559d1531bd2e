"""The check of input sizes that a compiled network makes on request: what the compiler said."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

from archc.analysis.accepted import Joint, Mode, accepted
from archc.analysis.accepted.at import symbol_name
from archc.emit.python.imports import Imports
from archc.emit.python.layout import INDENT, WIDTH, string
from archc.emit.python.names import identifier, unique
from archc.network import Network
from archc.sizes import EVERY_SIZE, SizeSet

_MOST_BOXES = 16
"""With more boxes than this a check is no longer cheap, and is left out."""

_DEPTH = INDENT * 2

Places = Mapping[str, Sequence[str]]
"""Where each size symbol stands in the inputs: `image.shape[2]`."""


@dataclass(frozen=True, slots=True)
class _Terms:
    """Python conditions joined by `and` or `or`, all of them negated with `negated`."""

    word: str
    parts: tuple[_Terms | str, ...]
    negated: bool = False

    def __str__(self) -> str:
        """The conditions as one, in brackets where they are part of others."""
        return f" {self.word} ".join(map(_flat, self.parts))

    def lines(self, indent: str) -> Iterator[str]:
        """What stands within brackets: one line, or one for each part."""
        if len(f"{indent}{self}") <= WIDTH:
            yield f"{indent}{self}"
            return
        for index, part in enumerate(self.parts):
            lead = f"{indent}{self.word} " if index else indent
            flat = lead + _flat(part)
            if isinstance(part, str) or len(flat) <= WIDTH:
                yield flat
            else:
                yield f"{lead}{'not ' * part.negated}("
                yield from part.lines(indent + INDENT)
                yield f"{indent})"


def _flat(part: _Terms | str) -> str:
    return part if isinstance(part, str) else f"{'not ' * part.negated}({part})"


def guarded(network: Network, lines: list[str], imports: Imports) -> list[str]:
    """The lines of the class that is the network, with a check first in `forward`: a ValueError for
    sizes that are not accepted in the mode that the module is in. What is not decided is not
    checked.
    """
    ports: list[str] = []
    for port in network.graph.inputs:
        ports.append(unique(identifier(port.name), ports))
    checks = _checks(network, ports)
    if not checks:
        return lines
    if network.graph.is_chain:
        tensor = imports.use("Tensor")
        header = f"{INDENT}def forward(self, {ports[0]}: {tensor}) -> {tensor}:"
        return [*lines, "", header, *checks, f"{_DEPTH}return super().forward({ports[0]})"]
    start = next(i for i, line in enumerate(lines) if line.startswith(f"{INDENT}def forward("))
    body = next(i for i in range(start, len(lines)) if lines[i].endswith(":")) + 1
    return [*lines[:body], *checks, *lines[body:]]


class _Ask(NamedTuple):
    """What is asked of sizes: by itself, in Python and in words."""

    what: object
    parts: Sequence[_Terms | str]
    words: str


def _checks(network: Network, ports: Sequence[str]) -> list[str]:
    """A check for all modes, then for each mode of what it asks beside.

    Training asks for all that evaluation does, and a batch of one for all that more do: no size
    falls as the batch grows, and an equation that holds for every batch holds for one.
    """
    one, training = f"{ports[0]}.shape[0] == 1", "self.training"
    places = _places(network, ports)
    done: list[tuple[list[str], object]] = []
    lines: list[str] = []
    cases: tuple[tuple[Mode, list[str], str], ...] = (
        (Mode.EVALUATION_MORE, [], ""),
        (Mode.EVALUATION_ONE, [one], " with a batch of one"),
        (Mode.TRAINING, [training], " in training"),
        (Mode.TRAINING_ONE, [training, one], " in training with a batch of one"),
    )
    for mode, when, words in cases:
        checked = [what for earlier, what in done if {*earlier} <= {*when}]
        asks = [each for each in _asks(network, places, mode) if each.what not in checked]
        done += [(when, each.what) for each in asks]
        if asks:
            accepts = f"{network.name} accepts {'; '.join(each.words for each in asks)}{words}, "
            lines += _check(when, [part for each in asks for part in each.parts], accepts, ports)
    return lines


def _asks(network: Network, places: Places, mode: Mode) -> Iterator[_Ask]:
    """What is asked in a mode; nothing of sizes that are not decided, or not told cheaply."""
    found = accepted(network, mode)
    if found.never is not None:
        yield _Ask(None, ["False"], "no sizes")
        return
    for joint in found.joints:
        parts = _condition(places, joint)
        if parts:
            yield _Ask((joint.axes, joint.region), parts, joint.words)


def _places(network: Network, ports: Sequence[str]) -> Places:
    places: dict[str, list[str]] = {}
    for port, name in zip(network.graph.inputs, ports, strict=True):
        for dim, size in enumerate(port.shape):
            symbol = symbol_name(size)
            if symbol is not None and symbol not in network.batch:
                places.setdefault(symbol, []).append(f"{name}.shape[{dim}]")
    return places


def _check(
    when: Sequence[str], parts: Sequence[_Terms | str], accepts: str, ports: Sequence[str]
) -> Iterator[str]:
    """A statement that raises where not all of `parts` hold while all of `when` do."""
    whole = replace(_joined("and", parts), negated=True)
    terms: list[_Terms | str] = [*when] if when and "False" in parts else [*when, whole]
    flat = f"{_DEPTH}if {_Terms('and', tuple(terms))}:"
    if len(flat) <= WIDTH:
        yield flat
    elif len(when) > 1:
        yield f"{_DEPTH}if ("
        yield from _Terms("and", tuple(terms)).lines(_DEPTH + INDENT)
        yield f"{_DEPTH}):"
    else:
        yield f"{_DEPTH}if {''.join(f'{each} and ' for each in when)}not ("
        yield from whole.lines(_DEPTH + INDENT)
        yield f"{_DEPTH}):"
    yield from _raising(accepts, ports)


def _raising(accepts: str, ports: Sequence[str]) -> Iterator[str]:
    """What says which sizes are accepted, and what was given, laid out as formatters do."""
    given = "not " + " and ".join(f"`{name}` {{[*{name}.shape]}}" for name in ports)
    whole_text = f"f{string(accepts + given)}"
    raising = f"{_DEPTH}{INDENT}raise ValueError("
    if len(raising + whole_text) < WIDTH:
        yield f"{raising}{whole_text})"
        return
    yield raising
    if len(_DEPTH + INDENT * 2 + whole_text) <= WIDTH:
        yield f"{_DEPTH}{INDENT * 2}{whole_text}"
    else:
        for part in textwrap.wrap(accepts, WIDTH - len(_DEPTH) * 2 - 2, drop_whitespace=False):
            yield f"{_DEPTH}{INDENT * 2}{string(part)}"
        yield f"{_DEPTH}{INDENT * 2}f{string(given)}"
    yield f"{_DEPTH}{INDENT})"


def _condition(places: Places, joint: Joint) -> list[_Terms | str]:
    """What holds exactly at the sizes of the joint; nothing where it is not decided, or no longer
    cheap.
    """
    if joint.region is None or len(joint.region.boxes) > _MOST_BOXES:
        return []
    equal = [[place for name in axis for place in places[name]] for axis in joint.axes]
    found: list[_Terms | str] = [" == ".join(same) for same in equal if len(same) > 1]
    boxes = [_box(places, joint, box) for box in joint.region.boxes]
    if not boxes:
        return [*found, "False"]
    if len(boxes) > 1:
        return [*found, _Terms("or", tuple(_joined("and", box) for box in boxes))]
    return [*found, *boxes[0]]


def _joined(word: str, parts: Sequence[_Terms | str]) -> _Terms:
    """The parts as one; the parts of a single one, where it stands alone."""
    if len(parts) == 1 and isinstance(parts[0], _Terms):
        return parts[0]
    return _Terms(word, tuple(parts))


def _box(places: Places, joint: Joint, box: Sequence[SizeSet]) -> list[_Terms | str]:
    """What holds in one box, part by part."""
    parts: list[_Terms | str] = []
    for axis, side in zip(joint.axes, box, strict=True):
        text = side.describe(places[axis[0]][0])
        if side == EVERY_SIZE:
            continue
        parts += [f"({text})"] if " or " in text else text.split(" and ")
    return parts
