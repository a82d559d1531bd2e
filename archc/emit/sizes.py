"""The accepted sizes of a Network, with reasons, as text and as JSON."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from archc.analysis.accepted import MODES, Acceptance, Asked, Cut, Joint, Mode, accepted
from archc.analysis.accepted.at import Given, nearest, refusal, symbol_name, symbol_values
from archc.analysis.accepted.joint import Unsolved
from archc.analysis.accepted.reason import box_values, reason
from archc.analysis.receptive_field import (
    Field,
    Seeing,
    Seen,
    Unstated,
    output_fields,
    receptive_field,
)
from archc.emit.rows import shape_text
from archc.network import Network
from archc.sizes import EVERY_SIZE, Dimension, SizeSet, formula
from archc.sizes.known import known
from archc.sizes.region import box_text

_INDENT = "  "
_MOST_BOXES = 40
"""How many boxes the text lists; the JSON has all."""


def sizes_text(network: Network, modes: Sequence[Mode] = MODES) -> str:
    """For people: the accepted sizes of each symbol in each of `modes`, and why; then what the
    outputs are as formulas, and the receptive field of the last map. Modes that accept the same
    stand together.
    """
    together: list[tuple[list[Mode], Acceptance]] = []
    for found in (accepted(network, mode) for mode in modes):
        same = next((group for group in together if group[1].same(found)), None)
        if same is None:
            together.append(([found.mode], found))
        else:
            same[0].append(found.mode)
    lines = [network.name]
    for group, found in together:
        lines += ["", _joined(group)]
        lines += [_INDENT + line for line in _acceptance(network, found)]
    lines += ["", "outputs"]
    for output in network.graph.outputs:
        shape = shape_text(network.graph.shape(output.reference))
        lines.append(f"{_INDENT}{output.name}: {shape}{' in training' * output.training}")
    lines += _receptive_field(network)
    return "\n".join(lines) + "\n"


def _receptive_field(network: Network) -> Iterator[str]:
    """`receptive field of `4.1.relu2`: 435x435, jump 32x32`, and why no number is stated."""
    found = receptive_field(network)
    if found is None:
        return
    visit, seeing = found
    unstated = [seen for seen in seeing.values() if isinstance(seen, Unstated)]
    parts = []
    for name, each in _by_input(seeing).items():
        label = f"{name} " if len(network.graph.inputs) > 1 else ""
        jumps = [seen.jump for seen in each if isinstance(seen, Field) and seen.jump is not None]
        jump = f", jump {'x'.join(map(str, jumps))}" if jumps else ""
        parts.append(f"{label}{'x'.join(map(_extent, each))}{jump}")
    reasons = dict.fromkeys(f"not stated: {u.reason}" for u in unstated)
    yield ""
    if seeing and len(unstated) == len(seeing) and len(reasons) == 1:
        yield f"receptive field of `{visit.path}`: {', '.join(reasons)}"
        return
    yield f"receptive field of `{visit.path}`: {'; '.join(parts) or 'nothing'}"
    yield from (f"{_INDENT}{reason}" for reason in reasons)


def _by_input(seeing: Seeing) -> dict[str, list[Seen]]:
    found: dict[str, list[Seen]] = {}
    for (name, _), seen in seeing.items():
        found.setdefault(name, []).append(seen)
    return found


def _extent(seen: Seen) -> str:
    if isinstance(seen, Field):
        return str(seen.size)
    return "(not stated)" if isinstance(seen, Unstated) else seen


def _joined(modes: list[Mode]) -> str:
    """The modes in words; training with any batch is training."""
    any_batch = Mode.TRAINING in modes and Mode.TRAINING_ONE in modes
    return " and ".join(m.words for m in modes if m is not Mode.TRAINING_ONE or not any_batch)


def _acceptance(network: Network, found: Acceptance) -> Iterator[str]:
    if not found.joints:
        never = found.never
        yield f"none  {never.node} {never.text}" if never else "no size can be another"
    for joint in found.joints:
        yield from _joint(network, joint)


def _joint(network: Network, joint: Joint) -> Iterator[str]:
    name = " = ".join(joint.symbols)
    region = joint.region
    if region is None:
        whole = next((each for each in joint.unsolved if each.asked is None), None)
        yield f"{', '.join(map(' = '.join, joint.axes))}: {_undecided(whole)}"
        yield from (f"{_INDENT}{line}" for line in _because(network, joint))
        yield from (_INDENT + _undecided(each) for each in joint.unsolved if each.asked)
        return
    square = joint.square
    assert square is not None
    reasons = [*_because(network, joint)]
    yield f"{name}: {square}" + (f"  {reasons[0]}" if len(reasons) == 1 else "")
    yield from (f"{_INDENT}{line}" for line in [_bounds(square)] if line)
    yield from (f"{_INDENT}{line}" for line in (reasons if len(reasons) > 1 else []))
    if len(joint.axes) > 1:
        yield from _boxes(joint)


def _undecided(unsolved: Unsolved | None) -> str:
    """`add (line 8) asks for H == ceil(W/2) (more than 3,000,000 steps)`."""
    if unsolved is None:
        return "not decided"
    asked = unsolved.asked
    words = f"{asked.node} asks for {_condition(asked)}" if asked else "not decided"
    return f"{words} ({unsolved.reason})"


def _because(network: Network, joint: Joint) -> Iterator[str]:
    """The reasons, a line each; where there are several, each with what it leaves."""
    for asked in joint.equal:
        yield f"{asked.node} {asked.text}"
    for cut in joint.cuts:
        left = _left(joint, cut) if len(joint.cuts) > 1 else ""
        yield left + reason(network, joint, cut)


def _left(joint: Joint, cut: Cut) -> str:
    """What one reason leaves, where it is about one symbol: `H 16 and up: `."""
    (box, *others) = cut.region.boxes or ((),)
    sides = [
        f"{axis[0]} {side}: " if len(joint.axes) > 1 else f"{side}: "
        for axis, side in zip(joint.axes, box, strict=False)
        if side != EVERY_SIZE
    ]
    return sides[0] if len(sides) == 1 and not others else ""


def _bounds(sizes: SizeSet) -> str:
    """`minimum 16, modulus 16, exceptions 5, 7`: what of it exists."""
    parts = [f"minimum {sizes.minimum}"] if sizes.minimum is not None else []
    parts += [f"maximum {sizes.maximum}"] if sizes.maximum is not None else []
    parts += [f"modulus {sizes.modulus}"] if sizes.modulus > 1 else []
    if sizes.modulus > 1 and sizes.exceptions:
        parts.append(f"exceptions {', '.join(map(str, sizes.exceptions))}")
    return ", ".join(parts)


def _boxes(joint: Joint) -> Iterator[str]:
    """A line for each box: `H x W: 16..19 x 76..79  as 1x16`."""
    assert joint.region is not None
    names = (axis[0] if len(axis) == 1 else f"({' = '.join(axis)})" for axis in joint.axes)
    title = f"{_INDENT}{' x '.join(names)}: "
    for index, box in enumerate(joint.region.boxes[:_MOST_BOXES]):
        values = box_values(joint, [side.minimum for side in box])
        lead = " " * len(title) if index else title
        yield f"{lead}{box_text(box)}{f'  as {values}' * bool(values)}"
    if len(joint.region.boxes) > _MOST_BOXES:
        yield f"{' ' * len(title)}and {len(joint.region.boxes) - _MOST_BOXES} boxes more"


def _condition(asked: Asked) -> str:
    condition = asked.condition
    return f"{formula(condition.left)} {condition.relation} {formula(condition.right)}"


def answer(
    network: Network, given: Given, batch: int | None = None, training: bool = False
) -> tuple[bool, str]:
    """Whether the sizes `given` for all inputs are accepted, and that in words: the outputs, or the
    first node that refuses and the nearest sizes that are accepted.

    Without `batch`, evaluation is with any, training with more than one.
    """
    mode = Mode.EVALUATION if not training else Mode.TRAINING_ONE if batch == 1 else Mode.TRAINING
    values = symbol_values(network, given)
    if isinstance(values, str):
        return False, f"no: {values}\n"
    refused = refusal(network, values, batch or mode.least_batch, training)
    if refused is None:
        present = [o for o in network.graph.outputs if training or not o.training]
        shapes = ((o.name, network.graph.shape(o.reference)) for o in present)
        texts = (f"{n} {shape_text(tuple(known(d, values) for d in shape))}" for n, shape in shapes)
        return True, f"yes: {', '.join(texts)}\n"
    because = f"no: `{refused.visit.path}`, {refused.node} {refused.text}{_got(refused, values)}\n"
    instead = nearest(accepted(network, mode), values)
    near = _given_text(network, instead) if instead else "none known"
    return False, f"{because}nearest: {near}\n"


def _got(asked: Asked, values: Mapping[str, int]) -> str:
    """What an equation has instead of the number that it asks for."""
    condition = asked.condition
    if condition.relation != "==" or not isinstance(condition.right, int):
        return ""
    return f", and gets {known(condition.left, values)}"


def _given_text(network: Network, values: Mapping[str, int]) -> str:
    """Sizes as `--at` takes them: `image=1x224x224`."""
    return " ".join(
        f"{port.name}={'x'.join(str(values.get(symbol_name(d) or '', d)) for d in port.shape[1:])}"
        for port in network.graph.inputs
    )


def sizes_json(network: Network, modes: Sequence[Mode] = MODES) -> str:
    """For tools: `symbols`, `pairs`, `equal`, `never`, `outputs`, `reasons`, `receptive_field`.

    A set of sizes is a list of intervals, with null for an end without bound; or, where it has a
    period, `min`, `modulus`, `residues` and `exceptions`. What is not decided is null. Symbols that
    depend on each other have in `symbols` what all of them may be at once, and in `pairs` all.
    """
    symbols: dict[str, dict[str, Any]] = {}
    pairs: dict[str, dict[str, Any]] = {}
    reasons: dict[str, list[dict[str, Any]]] = {}
    found = [accepted(network, mode) for mode in modes]
    for each in found:
        key = each.mode.value
        reasons[key] = [] if each.joints or not each.never else [_never(each.never)]
        for joint in each.joints:
            reasons[key] += _reasons(network, joint)
            for name in joint.symbols:
                symbols.setdefault(name, {})[key] = _set(joint.square)
            if len(joint.symbols) > 1:
                pairs.setdefault(", ".join(joint.symbols), {})[key] = _region(joint)
    graph = network.graph
    outputs = {o.name: [_size(size) for size in graph.shape(o.reference)] for o in graph.outputs}
    whole = {
        "symbols": symbols,
        "pairs": pairs,
        **_equal([each for each in found if each.never is None]),
        "never": [each.mode.value for each in found if each.never is not None],
        "outputs": outputs,
        "reasons": reasons,
        "receptive_field": _fields(network),
    }
    return json.dumps(whole, indent=2, ensure_ascii=False) + "\n"


def _equal(found: Sequence[Acceptance]) -> dict[str, Any]:
    """`equal`: the symbols that must be equal in every mode; and `equal_in` for each mode that asks
    for more, where there is one.
    """
    classes = [[axis for joint in each.joints for axis in joint.axes] for each in found]
    heads = [{name: axis[0] for axis in axes for name in axis} for axes in classes]
    together: dict[tuple[str, ...], list[str]] = {}
    for name in heads[0] if heads else ():
        together.setdefault(tuple(each[name] for each in heads), []).append(name)
    equal = [names for names in together.values() if len(names) > 1]
    more = {
        each.mode.value: [list(axis) for axis in axes if len(axis) > 1]
        for each, axes in zip(found, classes, strict=True)
        if any(len(axis) > 1 and [*axis] not in equal for axis in axes)
    }
    return {"equal": equal, "equal_in": more} if more else {"equal": equal}


def _fields(network: Network) -> dict[str, Any]:
    """What the last map and each output see of the inputs, a list with an entry for each dimension
    after the channels.
    """
    found = receptive_field(network)
    last = found and {"path": found[0].path, "sees": _sees(found[1])}
    outputs = {name: _sees(seeing) for name, seeing in output_fields(network).items()}
    return {"last_map": last, "outputs": outputs}


def _sees(seeing: Seeing) -> dict[str, list[dict[str, Any]]]:
    return {name: [_seen(seen) for seen in each] for name, each in _by_input(seeing).items()}


def _seen(seen: Seen) -> dict[str, Any]:
    if isinstance(seen, Unstated):
        return {"size": None, "reason": seen.reason}
    if not isinstance(seen, Field):
        return {"size": seen}
    return {"size": seen.size, **({"jump": str(seen.jump)} if seen.jump is not None else {})}


def _reasons(network: Network, joint: Joint) -> list[dict[str, Any]]:
    named = [(cut.asked, reason(network, joint, cut)) for cut in joint.cuts]
    named += [(asked, f"{asked.node} {asked.text}") for asked in joint.equal]
    named += [(each.asked, _undecided(each)) for each in joint.unsolved]
    return [_reason(joint.symbols, asked, text) for asked, text in named]


def _never(asked: Asked) -> dict[str, Any]:
    """What refuses a network that has no sizes to choose."""
    return _reason((), asked, f"{asked.node} {asked.text}")


def _reason(symbols: Sequence[str], asked: Asked | None, text: str) -> dict[str, Any]:
    return {
        "symbols": list(symbols),
        "path": asked.visit.path if asked else None,
        "op": asked.visit.node.operation if asked else None,
        "line": asked.line if asked else None,
        "text": text,
    }


def _region(joint: Joint) -> list[dict[str, Any]] | None:
    """A list of boxes: the set of each symbol."""
    if joint.region is None:
        return None
    return [
        {name: _set(side) for axis, side in zip(joint.axes, box, strict=True) for name in axis}
        for box in joint.region.boxes
    ]


def _set(sizes: SizeSet | None) -> Any:
    if sizes is None:
        return None
    if sizes.intervals is not None:
        return [list(interval) for interval in sizes.intervals]
    return {
        "min": sizes.threshold,
        "modulus": sizes.modulus,
        "residues": list(sizes.residues),
        "exceptions": list(sizes.exceptions),
    }


def _size(size: Dimension) -> int | str:
    return size if isinstance(size, int) else formula(size)
