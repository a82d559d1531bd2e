"""The functions that an expression may call: Python's own, and torchvision's `make_divisible`.

Each takes the work that is left, then its arguments; where Python gives an iterator, a list.
"""

import math
from collections.abc import Callable
from typing import NamedTuple

from archc.expression.error import UnplacedError
from archc.expression.operators import (
    MAX_LIST,
    Work,
    add,
    as_number,
    integer,
    items,
    value_text,
    weight,
)


class Function(NamedTuple):
    """`call` takes from `least` to `most` arguments, any number if `most` is None."""

    call: Callable[..., object]
    least: int
    most: int | None

    def arity_fault(self, count: int) -> str | None:
        """Why `count` arguments are refused; None if they are not."""
        if self.least <= count and (self.most is None or count <= self.most):
            return None
        if self.most is None:
            wanted = f"at least {self.least}"
        elif self.least == self.most:
            wanted = str(self.least)
        else:
            wanted = f"{self.least} to {self.most}"
        return f"takes {wanted} argument{'' if wanted.endswith('1') else 's'}, not {count}"


def _extreme(choose: Callable[[list[object]], object]) -> Callable[..., object]:
    def call(work: Work, *values: object) -> object:
        candidates = items(values[0], work) if len(values) == 1 else list(values)
        if not candidates:
            raise UnplacedError("evaluation", "the list is empty")
        work.spend(weight(candidates))
        try:
            return choose(candidates)
        except TypeError:
            shown = ", ".join(value_text(value) for value in candidates[:3])
            raise UnplacedError("evaluation", f"cannot order {shown}") from None

    return call


def _round(work: Work, value: object, digits: object = None) -> object:
    if digits is None:
        return round(as_number(value))
    places = integer(digits)
    # `round(1, -10**9)` would compute 10**(10**9).
    if abs(places) > 400:
        raise UnplacedError("limit", f"cannot round to {places} digits")
    return round(as_number(value), places)


def _len(work: Work, value: object) -> int:
    if not isinstance(value, list | str):
        raise UnplacedError("evaluation", f"{value_text(value)} has no length")
    return len(value)


def _range(work: Work, *bounds: object) -> list[int]:
    numbers = [integer(bound) for bound in bounds]
    if len(numbers) == 3 and numbers[2] == 0:
        raise UnplacedError("evaluation", "the step is 0")
    values = range(*numbers)
    if len(values) > MAX_LIST:
        raise UnplacedError(
            "limit", f"lists have at most {MAX_LIST:,} elements, not {len(values):,}"
        )
    work.spend(len(values))
    return list(values)


def _sum(work: Work, values: object, start: object = 0) -> object:
    total = start
    if isinstance(start, str):
        raise UnplacedError(
            "evaluation", f"a sum cannot start with {value_text(start)}", "join with `+`"
        )
    for value in items(values, work):
        total = add(total, value, work)
    return total


def _zip(work: Work, *values: object) -> list[list[object]]:
    rows = [items(value, work) for value in values]
    return [list(row) for row in zip(*rows, strict=False)]


def _enumerate(work: Work, values: object, start: object = 0) -> list[list[object]]:
    return [[index, value] for index, value in enumerate(items(values, work), integer(start))]


def _make_divisible(work: Work, value: object, divisor: object, least: object = None) -> int:
    """`value` rounded to a multiple of `divisor`, not below `least` nor 10 % below `value`.

    torchvision's `_make_divisible`, to the bit.
    """
    size, step = as_number(value), integer(divisor)
    if step < 1:
        raise UnplacedError("evaluation", f"the divisor is at least 1, not {step}")
    rounded = int(size + step / 2) // step * step
    rounded = max(step if least is None else integer(least), rounded)
    return rounded + step if rounded < 0.9 * size else rounded


FUNCTIONS = {
    "min": Function(_extreme(min), 1, None),  # type: ignore[arg-type]
    "max": Function(_extreme(max), 1, None),  # type: ignore[arg-type]
    "abs": Function(lambda work, value: abs(as_number(value)), 1, 1),
    "round": Function(_round, 1, 2),
    "ceil": Function(lambda work, value: math.ceil(as_number(value)), 1, 1),
    "floor": Function(lambda work, value: math.floor(as_number(value)), 1, 1),
    "len": Function(_len, 1, 1),
    "range": Function(_range, 1, 3),
    "sum": Function(_sum, 1, 2),
    "zip": Function(_zip, 0, None),
    "enumerate": Function(_enumerate, 1, 2),
    "make_divisible": Function(_make_divisible, 2, 3),
}
