"""Groups of channels: what they must divide, and numbers of them that would do."""

from collections.abc import Iterator, Mapping
from math import gcd

from archc.diagnostics.catalogue import GROUPS_DO_NOT_DIVIDE
from archc.ops.operation import Requirement
from archc.sizes import Condition, Dimension

_TRIED = 4_096
"""From which number on down divisors are looked for: no network has more groups."""


def groups_below(groups: int, *channels: Dimension) -> int:
    """The largest number, below `groups`, that divides all of `channels`; 1 divides them always."""
    if not all(isinstance(number, int) for number in channels):
        return 1
    common = gcd(*(number for number in channels if isinstance(number, int)))
    return next((n for n in range(min(groups - 1, _TRIED), 1, -1) if common % n == 0), 1)


def grouped(groups: int, **channels: Dimension) -> Iterator[Requirement]:
    """That `groups` divides the channels on both sides."""
    for name, number in channels.items() if groups > 1 else ():
        yield Requirement(
            Condition(number % groups, "==", 0),
            f"needs `{name}` (={number}) divisible by `groups` (={groups})",
            GROUPS_DO_NOT_DIVIDE,
            help=None if number % groups == 0 else _divisible(name, groups, channels),
        )


def _divisible(name: str, groups: int, channels: Mapping[str, Dimension]) -> str:
    """What to write where `groups` does not divide the channels of `name`."""
    below = groups_below(groups, *channels.values())
    fewer = f"`groups: {below}` divides both sides" if below > 1 else "leave `groups` out"
    number = channels[name]
    if name != "out_channels" or not isinstance(number, int):
        return fewer
    return f"write `{name}: {-(-number // groups) * groups}`; or {fewer}"
