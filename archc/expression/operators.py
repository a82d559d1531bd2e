"""The operators, with Python's meaning, bounded: each refuses before it would compute too much."""

import ast
from collections.abc import Callable, Sequence

from archc.expression.error import UnplacedError

MAX_DIGITS = 18
MAX_STRING = 10_000
MAX_LIST = 100_000
MAX_NESTING = 64
MAX_WORK = 100_000


class Work:
    """What one evaluation may still do, in steps."""

    def __init__(self) -> None:
        self._left = MAX_WORK

    def spend(self, steps: int) -> None:
        self._left -= steps
        if self._left < 0:
            raise UnplacedError("limit", f"this takes more than {MAX_WORK:,} steps")


Operator = Callable[[object, object, Work], object]


def value_text(value: object) -> str:
    """`value` for a message, short."""
    if isinstance(value, list):
        return f"a list of {len(value)}"
    if isinstance(value, str) and len(value) > 40:
        return f"{value[:37]!r}..."
    return repr(value)


def bounded(value: object) -> object:
    """`value` itself; refuses a number, string or list beyond its bound."""
    if isinstance(value, int) and abs(value) >= 10**MAX_DIGITS:
        raise UnplacedError("limit", f"integers have at most {MAX_DIGITS} digits")
    if isinstance(value, float) and not abs(value) < float("inf"):
        raise UnplacedError("limit", f"the result is {value}, not a finite number")
    if isinstance(value, str) and len(value) > MAX_STRING:
        raise UnplacedError("limit", f"strings have at most {MAX_STRING:,} characters")
    if isinstance(value, list) and len(value) > MAX_LIST:
        raise UnplacedError("limit", f"lists have at most {MAX_LIST:,} elements")
    return value


def weight(value: object) -> int:
    """How many values `value` holds, itself included; refuses large and deeply nested ones."""
    total = 1
    pending = [(value, 1)]
    while pending:
        item, depth = pending.pop()
        if isinstance(item, list):
            total += len(item)
            if total > MAX_LIST + 1:
                raise UnplacedError("limit", f"lists have at most {MAX_LIST:,} elements in all")
            if depth > MAX_NESTING:
                raise UnplacedError("limit", f"lists nest at most {MAX_NESTING} deep")
            pending.extend((element, depth + 1) for element in item)
    return total


def as_number(value: object) -> int | float:
    if not isinstance(value, int | float):
        raise UnplacedError("evaluation", f"a number is needed here, not {value_text(value)}")
    return value


def integer(value: object) -> int:
    if not isinstance(value, int):
        advice = "divide with `//`, or use `floor`, `ceil` or `round`"
        message = f"an integer is needed here, not {value_text(value)}"
        raise UnplacedError("evaluation", message, advice if isinstance(value, float) else None)
    return value


def items(value: object, work: Work) -> list[object]:
    """The elements of a list, the characters of a string."""
    if not isinstance(value, list | str):
        raise UnplacedError("evaluation", f"a list is needed here, not {value_text(value)}")
    work.spend(len(value))
    return list(value)


def element(sequence: object, index: object) -> object:
    """`sequence[index]`."""
    if not isinstance(sequence, list | str):
        raise UnplacedError("evaluation", f"cannot index {value_text(sequence)}")
    position, length = integer(index), len(sequence)
    if not -length <= position < length:
        kind, parts = ("string", "character") if isinstance(sequence, str) else ("list", "element")
        plural = "" if length == 1 else "s"
        raise UnplacedError("evaluation", f"the {kind} has {length} {parts}{plural}")
    return sequence[position]


def sliced(sequence: object, bounds: Sequence[object], work: Work) -> object:
    """`sequence[start:stop:step]`; `bounds` are the three, None where one is left out."""
    if not isinstance(sequence, list | str):
        raise UnplacedError("evaluation", f"cannot slice {value_text(sequence)}")
    start, stop, step = (None if bound is None else integer(bound) for bound in bounds)
    if step == 0:
        raise UnplacedError("evaluation", "the step is 0")
    result = sequence[start:stop:step]
    work.spend(len(result))
    return result


def _arithmetic(compute: Callable[[int | float, int | float], object]) -> Operator:
    def operator(left: object, right: object, work: Work) -> object:
        return bounded(compute(as_number(left), as_number(right)))

    return operator


def add(left: object, right: object, work: Work) -> object:
    """The sum of numbers; strings and lists are joined."""
    if isinstance(left, str) and isinstance(right, str):
        work.spend(len(left) + len(right))
        return bounded(left + right)
    if isinstance(left, list) and isinstance(right, list):
        work.spend(len(left) + len(right))
        return bounded(left + right)
    if isinstance(left, int | float) and isinstance(right, int | float):
        return bounded(left + right)
    raise UnplacedError("evaluation", f"cannot add {value_text(left)} and {value_text(right)}")


def _multiply(left: object, right: object, work: Work) -> object:
    if isinstance(right, list | str):
        left, right = right, left
    if not isinstance(left, list | str):
        return bounded(as_number(left) * as_number(right))
    times = max(integer(right), 0)
    size = times * len(left)
    if size > (MAX_STRING if isinstance(left, str) else MAX_LIST):
        raise UnplacedError("limit", f"{value_text(left)}, {times} times, is too long")
    work.spend(size)
    return left * times


def _power(left: object, right: object, work: Work) -> object:
    base, exponent = as_number(left), as_number(right)
    if isinstance(base, int) and isinstance(exponent, int):
        # At least 2 ** 60, which has 19 digits.
        if (abs(base).bit_length() - 1) * exponent >= 60:
            raise UnplacedError("limit", f"integers have at most {MAX_DIGITS} digits")
        return bounded(base**exponent)
    result = base**exponent
    if isinstance(result, complex):
        raise UnplacedError("evaluation", f"{base} to the power of {exponent} is not a real number")
    return bounded(result)


def _ordered(compare: Callable[[object, object], object]) -> Operator:
    def operator(left: object, right: object, work: Work) -> object:
        work.spend(weight(left) + weight(right))
        try:
            return compare(left, right)
        except TypeError:
            message = f"cannot order {value_text(left)} and {value_text(right)}"
            raise UnplacedError("evaluation", message) from None

    return operator


def _equal(left: object, right: object, work: Work) -> bool:
    work.spend(weight(left) + weight(right))
    return left == right


def _in(left: object, right: object, work: Work) -> bool:
    if isinstance(left, str) and isinstance(right, str):
        work.spend(len(right))
        return left in right
    if isinstance(right, list):
        work.spend(weight(left) + weight(right))
        return left in right
    raise UnplacedError("evaluation", f"cannot look for {value_text(left)} in {value_text(right)}")


BINARY: dict[type[ast.AST], Operator] = {
    ast.Add: add,
    ast.Sub: _arithmetic(lambda left, right: left - right),
    ast.Mult: _multiply,
    ast.Div: _arithmetic(lambda left, right: left / right),
    ast.FloorDiv: _arithmetic(lambda left, right: left // right),
    ast.Mod: _arithmetic(lambda left, right: left % right),
    ast.Pow: _power,
}

UNARY: dict[type[ast.AST], Callable[[object], object]] = {
    ast.UAdd: lambda value: +as_number(value),
    ast.USub: lambda value: -as_number(value),
    ast.Not: lambda value: not value,
}

COMPARISONS: dict[type[ast.AST], Operator] = {
    ast.Eq: _equal,
    ast.NotEq: lambda left, right, work: not _equal(left, right, work),
    ast.Lt: _ordered(lambda left, right: left < right),  # type: ignore[operator]
    ast.LtE: _ordered(lambda left, right: left <= right),  # type: ignore[operator]
    ast.Gt: _ordered(lambda left, right: left > right),  # type: ignore[operator]
    ast.GtE: _ordered(lambda left, right: left >= right),  # type: ignore[operator]
    ast.In: _in,
    ast.NotIn: lambda left, right, work: not _in(left, right, work),
}
