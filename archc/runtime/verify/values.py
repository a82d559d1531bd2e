"""Tensors side by side."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import inf
from typing import Any

import torch
from torch import Tensor

EPSILON = torch.finfo(torch.float32).eps


@dataclass(frozen=True, slots=True)
class Difference:
    """How far two results are apart: the largest absolute difference, and that in words.

    It is infinite where shapes differ, or where one has a NaN and the other has none; 0 where only
    rounding sets them apart, which was then the largest difference, `rounded`. `scale` is the
    largest absolute value there.
    """

    largest: float
    text: str
    scale: float = 0.0
    rounded: float = 0.0


def tensors(value: Any) -> tuple[Tensor, ...]:
    """All tensors in a value, however it nests them."""
    return tuple(tensor for _, tensor in _flat("", value))


def named(output: Any) -> dict[str, Tensor]:
    """The outputs of a network by name. Where it gives a tuple, names are numbers; of the one
    tensor, the name is empty.
    """
    return dict(_flat("", output))


def _flat(name: str, value: Any) -> Iterator[tuple[str, Tensor]]:
    if isinstance(value, Tensor):
        yield name, value
        return
    if hasattr(value, "_asdict"):  # a named tuple
        value = value._asdict()
    if isinstance(value, Mapping):
        entries = list(value.items())
    elif isinstance(value, (list, tuple)):
        entries = list(enumerate(value))
    else:
        return
    for key, part in entries:
        yield from _flat(f"{name}.{key}" if name else str(key), part)


def difference(here: Tensor, there: Tensor) -> Difference:
    """How two tensors differ. NaN is the same as NaN."""
    if here.shape != there.shape:
        return Difference(inf, f"{shape(here)} here, {shape(there)} there")
    if torch.equal(here, there):
        return Difference(0.0, "equal")
    a, b = here.detach().double(), there.detach().double()
    apart = torch.where((a == b) | (a.isnan() & b.isnan()), 0.0, (a - b).abs())
    largest = apart.nan_to_num(inf, posinf=inf).max().item()
    if largest == 0:
        return Difference(0.0, "equal")
    if largest == inf:
        strange = int((~apart.isfinite()).sum())
        return Difference(inf, f"{strange:,} of {apart.numel():,} differ by NaN or infinity")
    scale = b.abs().nan_to_num(0.0, posinf=0.0).max().item()
    text = f"largest difference {largest:.2g} among values up to {scale:.2g}"
    return Difference(largest, text, scale)


def without_rounding(single: Difference, double: Difference | None) -> Difference:
    """The difference `single` of two results in single precision, which is none where it shrinks
    with the precision: in double precision the results differ by `double`.

    Rounding becomes 2**29 times smaller there, the ratio of the two machine epsilons, whatever the
    sums that it comes from; what the networks really differ in stays as it is. The limit lies
    between, a thousandfold above what rounding is likely to leave.
    """
    if double is None or single.largest in (0.0, inf):
        return single
    limit = 2.0**-19 * max(single.largest, EPSILON * single.scale)
    if double.largest > limit:
        return single
    text = f"equal but for rounding ({single.text}; {double.largest:.2g} in double precision)"
    return Difference(0.0, text, single.scale, single.largest)


def differences(here: Sequence[Tensor], there: Sequence[Tensor]) -> Difference | None:
    """The largest difference of two lists; None where they are of unlike lengths, or empty."""
    if len(here) != len(there) or not here:
        return None
    found = (difference(one, other) for one, other in zip(here, there, strict=True))
    return max(found, key=lambda each: each.largest)


def shape(value: Tensor) -> str:
    """`[64, 3, 7, 7]`, with the type where it is not that of torch's layers."""
    kind = "" if value.dtype in (torch.float32, torch.int64) else f" {value.dtype}"
    return f"{list(value.shape)}{kind}"
