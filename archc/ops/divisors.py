"""Groups of channels: what they must divide, and numbers of them that would do."""

from collections.abc import Iterator, Mapping
from math import gcd

from archc.diagnostics.catalogue import GROUPS_DO_NOT_DIVIDE
from archc.ops.operation import Requirement
from archc.sizes import Condition, Dimension

_TRIED = 4_096
"""From which number on down divisors are looked for: no network has more groups."""


def fewer(name: str, groups: int, *channels: Dimension) -> str | None:
    """What to write for the field `name`, of so many `groups`, that divides all of `channels`, the
    most below it; None where it divides them already, or only 1 does.
    """
    numbers = [number for number in channels if isinstance(number, int)]
    common = gcd(*numbers) if len(numbers) == len(channels) else 1
    if common % groups == 0:
        return None
    below = next((n for n in range(min(groups - 1, _TRIED), 1, -1) if common % n == 0), 1)
    both = " both sides" * (len(channels) > 1)
    return f"`{name}: {below}` divides{both}" if below > 1 else None


def grouped(groups: int, **channels: Dimension) -> Iterator[Requirement]:
    """That `groups` divides the channels on both sides."""
    for name, number in channels.items() if groups > 1 else ():
        yield Requirement(
            Condition(number % groups, "==", 0),
            f"needs `{name}` (={number}) divisible by `groups` (={groups})",
            GROUPS_DO_NOT_DIVIDE,
            help=_divisible(name, groups, channels) if number % groups != 0 else None,
        )


def _divisible(name: str, groups: int, channels: Mapping[str, Dimension]) -> str | None:
    """What to write where `groups` does not divide the channels of `name`."""
    divides, number = fewer("groups", groups, *channels.values()), channels[name]
    if name != "out_channels" or not isinstance(number, int):
        return divides
    nearest = max(1, (2 * number + groups - 1) // (2 * groups)) * groups
    return f"`{name}: {nearest}` is divisible" + f", or {divides}" * bool(divides)
