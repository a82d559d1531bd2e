"""The check of input sizes that a compiled network makes on request: what the compiler said."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

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
    """Python conditions joined by `and` or `or`."""

    word: str
    parts: tuple[_Terms | str, ...]

    def __str__(self) -> str:
        parts = (part if isinstance(part, str) else f"({part})" for part in self.parts)
        return f" {self.word} ".join(parts)

    def lines(self, indent: str) -> Iterator[str]:
        for index, part in enumerate(self.parts):
            lead = f"{indent}{self.word} " if index else indent
            flat = lead + (part if isinstance(part, str) else f"({part})")
            if isinstance(part, str) or len(flat) <= WIDTH:
                yield flat
            else:
                yield f"{lead}("
                yield from part.lines(indent + INDENT)
                yield f"{indent})"


def guarded(network: Network, lines: list[str], imports: Imports) -> list[str]:
    """The lines of the class that is the network, with a check first in `forward`: a ValueError for
    sizes that are not accepted. What is not decided is not checked; a batch of one in training,
    which torch itself refuses where it must, is taken for more.
    """
    ports: list[str] = []
    for port in network.graph.inputs:
        ports.append(unique(identifier(port.name), ports))
    places = _places(network, ports)
    always = accepted(network, Mode.EVALUATION).joints
    known = [(joint.axes, joint.region) for joint in always]
    trained = accepted(network, Mode.TRAINING).joints
    more = [joint for joint in trained if (joint.axes, joint.region) not in known]
    checks = [
        *_check(network, places, ports, always, ""),
        *_check(network, places, ports, more, "self.training and "),
    ]
    if not checks:
        return lines
    if network.graph.is_chain:
        tensor = imports.use("Tensor")
        header = f"{INDENT}def forward(self, {ports[0]}: {tensor}) -> {tensor}:"
        return [*lines, "", header, *checks, f"{_DEPTH}return super().forward({ports[0]})"]
    start = next(i for i, line in enumerate(lines) if line.startswith(f"{INDENT}def forward("))
    body = next(i for i in range(start, len(lines)) if lines[i].endswith(":")) + 1
    return [*lines[:body], *checks, *lines[body:]]


def _places(network: Network, ports: Sequence[str]) -> Places:
    places: dict[str, list[str]] = {}
    for port, name in zip(network.graph.inputs, ports, strict=True):
        for dim, size in enumerate(port.shape):
            symbol = symbol_name(size)
            if symbol is not None and symbol not in network.batch:
                places.setdefault(symbol, []).append(f"{name}.shape[{dim}]")
    return places


def _check(
    network: Network, places: Places, ports: Sequence[str], joints: Sequence[Joint], mode: str
) -> Iterator[str]:
    """A statement that raises where one of `joints` is not met; none where they ask for nothing."""
    conditions = [(joint, _condition(places, joint)) for joint in joints]
    asked = [(joint, parts) for joint, parts in conditions if parts]
    if not asked:
        return
    whole = _joined("and", [part for _, parts in asked for part in parts])
    flat = f"{_DEPTH}if {mode}not ({whole}):"
    if len(flat) <= WIDTH:
        yield flat
    else:
        yield f"{_DEPTH}if {mode}not ("
        yield from whole.lines(_DEPTH + INDENT)
        yield f"{_DEPTH}):"
    words = "; ".join(joint.words for joint, _ in asked)
    accepts = f"{network.name} accepts {words}{' in training' * bool(mode)}, "
    given = " and ".join(f"`{name}` {{[*{name}.shape]}}" for name in ports)
    yield f"{_DEPTH}{INDENT}raise ValueError("
    for part in textwrap.wrap(accepts, WIDTH - len(_DEPTH) * 2 - 2, drop_whitespace=False):
        yield f"{_DEPTH}{INDENT * 2}{string(part)}"
    yield f"{_DEPTH}{INDENT * 2}f{string(f'not {given}')}"
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
