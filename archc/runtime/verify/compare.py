"""The checks of what two networks compute."""

from __future__ import annotations

from collections.abc import Mapping
from math import inf

from torch import Tensor

from archc.runtime.verify.locate import locate_gradient
from archc.runtime.verify.report import Check, few, number
from archc.runtime.verify.sides import Sides
from archc.runtime.verify.trial import Trained
from archc.runtime.verify.values import Difference, difference, shape

Outputs = Mapping[str, Tensor]


def check_names(name: str, here: Outputs, there: Outputs) -> Check | None:
    """What is wrong with the number or the names of outputs; tuples and tensors have no names."""
    named = all(any(not key.isdecimal() for key in side if key) for side in (here, there))
    if len(here) == len(there) and (not named or here.keys() == there.keys()):
        return None
    return Check(name, "differs", f"{_names(here)} here, {_names(there)} there")


def _names(outputs: Outputs) -> str:
    names = [key for key in outputs if key and not key.isdecimal()]
    return ", ".join(names) if names else number(len(outputs), "tensor")


def outputs_apart(here: Outputs, there: Outputs) -> dict[str, Difference]:
    """How as many outputs differ, by name where both have the same names, else by position."""
    by_name = here.keys() == there.keys()
    return {
        key: difference(value, there[key if by_name else other])
        for (key, value), other in zip(here.items(), there, strict=True)
    }


def check_outputs(
    name: str, here: Outputs, apart: Mapping[str, Difference], tolerance: float
) -> Check:
    """The outputs, which differ as `apart` says."""
    told = {key: f"{key} {shape(value)}".strip() for key, value in here.items()}
    unlike = [key for key, each in apart.items() if each.largest > tolerance]
    if unlike:
        first, *rest = few([f"{told[key]}: {apart[key].text}" for key in unlike])
        return Check(name, "differs", first, tuple(rest))
    text = f"{', '.join(told.values())}: {_within(apart, tolerance)}"
    strange = sum(int((~value.isfinite()).sum()) for value in here.values())
    if strange:
        text += f"; but {number(strange, 'value')} NaN or infinite, which proves little"
        return Check(name, "note", text)
    return Check(name, "ok", text)


def _within(apart: Mapping[str, Difference], tolerance: float) -> str:
    """What to say of what does not differ by more than the tolerance."""
    worst = max(apart.values(), key=lambda each: each.largest, default=None)
    if worst is None or worst.largest == 0:
        return "equal"
    return f"within {tolerance:g}: {worst.text}"


def check_gradients(here: Trained, there: Trained, sides: Sides, tolerance: float) -> Check:
    """The gradients of the parameters and of the inputs."""
    apart = {
        key: _gradient(value, there.gradients[sides.pairs.keys[key]])
        for key, value in here.gradients.items()
        if sides.pairs.keys[key] in there.gradients
    }
    images = {
        f"of input {index}": _gradient(value, other)
        for index, (value, other) in enumerate(zip(here.inputs, there.inputs, strict=True))
    }
    told = f"{number(len(apart), 'parameter')}, {number(len(images), 'input')}"
    unlike = [key for key, each in (apart | images).items() if each.largest > tolerance]
    if not unlike:
        return Check("gradients", "ok", f"{told}: {_within(apart | images, tolerance)}")
    details = tuple(f"{key}: {images[key].text}" for key in unlike if key in images)
    text = f"{len(unlike):,} of {told}"
    parting = locate_gradient(sides, apart, tolerance)
    return Check("gradients", "differs", text, details, parting)


def _gradient(here: Tensor | None, there: Tensor | None) -> Difference:
    if here is None or there is None:
        side = "here" if here is None else "there"
        return Difference(0.0 if here is there else inf, f"no gradient {side}")
    return difference(here, there)


def check_statistics(here: Trained, there: Trained, sides: Sides, tolerance: float) -> Check:
    """The buffers after a step of training: what normalisation counted."""
    apart = {
        key: difference(value, there.state[sides.pairs.keys[key]])
        for key, value in here.state.items()
        if key not in here.gradients
    }
    unlike = [
        f"{sides.nodes.key(key)}: {each.text}"
        for key, each in apart.items()
        if each.largest > tolerance
    ]
    told = number(len(apart), "buffer") if apart else "no buffers"
    if unlike:
        return Check("statistics", "differs", f"{len(unlike):,} of {told}", few(unlike))
    return Check("statistics", "ok", f"{told}: {_within(apart, tolerance)}")
