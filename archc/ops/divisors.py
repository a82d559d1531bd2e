"""Numbers of groups that would do."""

from math import gcd

from archc.sizes import Dimension

_TRIED = 4_096
"""From which number on down divisors are looked for: no network has more groups."""


def groups_below(groups: int, *channels: Dimension) -> int:
    """The largest number, below `groups`, that divides all of `channels`; 1 divides them always."""
    if not all(isinstance(number, int) for number in channels):
        return 1
    common = gcd(*(number for number in channels if isinstance(number, int)))
    return next((n for n in range(min(groups - 1, _TRIED), 1, -1) if common % n == 0), 1)
