"""What was likely meant by a value of another type: a table of what is written, and what to say.

A row holds where its first word stands in what is needed ("an integer, `same` or a list of 2
integers") and its pattern is all of what is written, quotes included; the first such row answers.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from re import Match
from typing import NamedTuple

from archc.diagnostics import suggest
from archc.expression import Expression, ExpressionError, parse

_NUMBER = r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?"
_NAME = r"[A-Za-z_][A-Za-z0-9_]*"
_INTEGERS = r"[('\"]*(-?[0-9]+(?: *[xX,] *-?[0-9]+)+) *,? *[)'\"]*"
_LONGEST = 300


class ValueRule(NamedTuple):
    """One answer: `needs` is in what is needed, `pattern` is what is written."""

    needs: str
    pattern: str
    say: str | Callable[[Match[str]], str | None]


def _whole(match: Match[str]) -> str | None:
    number = float(match[1].replace("_", ""))
    return f"write `{int(number)}`" if number.is_integer() and abs(number) < 2**53 else None


def _listed(match: Match[str]) -> str:
    numbers = re.findall(r"-?[0-9]+", match[1])
    whole = f"`[{', '.join(numbers)}]`"
    return f"write `{numbers[0]}`, or {whole}" if len(set(numbers)) == 1 else f"write {whole}"


def _once(match: Match[str]) -> str | None:
    numbers = {*re.findall(r"-?[0-9]+", match[1])}
    return f"write `{numbers.pop()}`" if len(numbers) == 1 else None


def _calculated(match: Match[str]) -> str | None:
    """A `$` for each name, as shells have it, is one `$(…)` here."""
    python = re.sub(r"\b(true|false)\b", lambda word: word[0].title(), match[0])
    whole = f"$({python.replace('$', '')})"
    return f"calculate inside the parentheses: `{whole}`" if _is_expression(whole) else None


def _arithmetic(match: Match[str]) -> str | None:
    if re.fullmatch(_NUMBER, match[0]):
        return None
    whole = f"$({match[0]})"
    return f"an expression is written `{whole}`" if _is_expression(whole) else None


def _is_expression(text: str) -> bool:
    try:
        return isinstance(parse(text), Expression)
    except ExpressionError:
        return False


def _parameter(match: Match[str]) -> str:
    return f"a parameter is written `${match[1]}`"


def _truth(match: Match[str]) -> str | None:
    meant = suggest(match[0], ("true", "false"))
    return f"did you mean `{meant}`?" if meant else None


VALUES = (
    ValueRule("true or false", r"(?i)['\"]?(?:yes|on|y|1)['\"]?|['\"]true['\"]", "write `true`"),
    ValueRule("true or false", r"(?i)['\"]?(?:no|off|n|0)['\"]?|['\"]false['\"]", "write `false`"),
    ValueRule("true or false", r"[A-Za-z]{3,7}", _truth),
    ValueRule("true or false", rf"\$({_NAME}) *== *(?i:true)", "write `${1}`"),
    ValueRule("true or false", rf"\$({_NAME}) *== *(?i:false)", "write `$(not {1})`"),
    ValueRule("null", r"(?i)none|nil|['\"](?:null|none)['\"]", "write `null`"),
    ValueRule("", r"|None|nil|~|(?i:null)", "write a value after the `:`, or leave the key out"),
    ValueRule("integer", rf"({_NUMBER})", _whole),
    ValueRule("integer", r"['\"]([-+]?[0-9]+)['\"]", "write the number without quotes: `{1}`"),
    ValueRule("integer", r"([0-9]{1,3}(?:_[0-9]{3})+)", _whole),
    ValueRule("number", rf"['\"]({_NUMBER})['\"]", "write the number without quotes: `{1}`"),
    ValueRule("number", r"([0-9]{1,3}(?:_[0-9]{3})+)", _whole),
    ValueRule("number", rf"({_NUMBER})[fFdDlL]", "write `{1}`"),
    ValueRule("number", r"([0-9]{1,2})%", "write `0.{1:0>2}`"),
    ValueRule("integer", rf"({_NUMBER}) *,", _whole),
    ValueRule("number", rf"({_NUMBER}) *,", "write `{1}`"),
    ValueRule("a list", _INTEGERS, _listed),
    ValueRule("integer", _INTEGERS, _once),
    ValueRule("integer", r"\[ *(-?[0-9]+) *,? *\]", "write `{1}`"),
    ValueRule("integer", r"\( *(-?[0-9]+) *,? *\)", "write `{1}`"),
    ValueRule("number", rf"[\[(] *({_NUMBER}) *,? *[\])]", "write `{1}`"),
    ValueRule("integer", r"(?i)true|false", "write a number: `true` and `false` are none here"),
    ValueRule("number", r"(?i)true|false", "write a number: `true` and `false` are none here"),
    ValueRule("", r"\(.*", "a list is written in brackets: `[3, 3]`"),
    ValueRule("", rf"[\"']?\{{\{{ *({_NAME}) *\}}\}}[\"']?", _parameter),
    ValueRule("", rf"[\"']?[$%@]\{{({_NAME})\}}[\"']?", _parameter),
    ValueRule("", rf"[\"']?[$%@]?(?:params|self|args|cfg)\.({_NAME})[\"']?", _parameter),
    ValueRule("", r"(?=.*\$[A-Za-z_])(?=.*[-+*/%<>=])(?!.*\$\().*", _calculated),
    ValueRule("", r"(?=.*[-+*/%])[A-Za-z0-9_(.][A-Za-z0-9_().+*/% -]*", _arithmetic),
)  # fmt: skip

COUNTS = (
    *VALUES,
    ValueRule("", rf"({_NAME})", "a parameter is written `${1}`, an expression `$(…)`"),
    ValueRule(
        "a list", r"([^][(){},]+(?:, *[^][(){},]+)+)", "a list is written in brackets: `[{1}]`"
    ),
    ValueRule("", r".*", _arithmetic),
)
"""Of keys that take an expression, as `repeat` does, any name may be that of a parameter."""


def value_hint(needed: str, written: str, rows: tuple[ValueRule, ...] = VALUES) -> str | None:
    """What to write for what is `written`, where something is `needed`."""
    for row in rows if len(written) <= _LONGEST else ():
        match = re.fullmatch(row.pattern, written) if row.needs in needed else None
        said = match and (row.say(match) if callable(row.say) else row.say.format(*_groups(match)))
        if said:
            return said
    return None


def _groups(match: Match[str]) -> tuple[str, ...]:
    return (match[0], *match.groups())
