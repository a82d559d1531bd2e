"""Plain scalars by YAML 1.2's core schema: `no` is text, `010` is ten, `1e-3` is a number."""

from __future__ import annotations

import re

from archc.source.limits import MAX_DIGITS

_CONSTANTS: dict[str, bool | float | None] = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL")),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
    **{
        sign + word: float(sign + "inf")
        for sign in ("", "+", "-")
        for word in (".inf", ".Inf", ".INF")
    },
    **dict.fromkeys((".nan", ".NaN", ".NAN"), float("nan")),
}
_DECIMAL = re.compile(r"[-+]?[0-9]+")
_BASED = re.compile(r"0o[0-7]+|0x[0-9a-fA-F]+")
_FLOAT = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?")


def resolve(text: str) -> object:
    """The value of a plain scalar; `OverflowError` beyond a limit."""
    if text in _CONSTANTS:
        return _CONSTANTS[text]
    if text[0] not in "+-.0123456789":
        return text
    if _DECIMAL.fullmatch(text):
        digits = text.lstrip("+-").lstrip("0") or "0"
        if len(digits) > MAX_DIGITS:
            raise OverflowError
        return -int(digits) if text[0] == "-" else int(digits)
    if _BASED.fullmatch(text):
        whole = int(text[2:], 8 if text[1] == "o" else 16)
        if whole >= 10**MAX_DIGITS:
            raise OverflowError
        return whole
    if _FLOAT.fullmatch(text):
        number = float(text)
        if number in (float("inf"), float("-inf")):
            raise OverflowError
        return number
    return text
