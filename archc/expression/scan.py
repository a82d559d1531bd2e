"""Where `$(expression)` ends: its tokens, with brackets and quotes respected."""

import re

from archc.expression.error import ExpressionError

# Numbers are decimal and strings hold no escapes, so `ast.parse` has nothing to warn of.
_TOKEN = re.compile(
    r"""(?P<space>\s+)
    | (?P<name>[A-Za-z_]\w*)
    | (?P<number>\.?[0-9](?:[eE][+-]|[\w.])*)
    | (?P<string>'[^']*'|"[^"]*")
    | (?P<open>[(\[{])
    | (?P<close>[)\]}])
    | (?P<operator>[-+*/%<>=!.,:&|^~@;])""",
    re.ASCII | re.VERBOSE,
)
_NUMBER = re.compile(r"(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?")
_NOT_IN_STRINGS = re.compile(r"[\x00-\x1f\x7f\\\ud800-\udfff]")
_NOT_CLOSED = "YAML ends a plain value at a comma, bracket, brace or ` #`: put the value in quotes"
_INSTEAD_OF = {
    "$": "inside `$(…)` a name stands without `$`",
    "?": "write `a if condition else b`",
}


def closing(text: str, start: int) -> int:
    """The offset of the parenthesis that closes the one just before `start`."""
    brackets = [start - 1]
    position = start
    while position < len(text):
        match = _TOKEN.match(text, position)
        if match is None:
            raise _strange(text, position, start)
        _check_token(match)
        if match.lastgroup == "open":
            brackets.append(position)
        elif match.lastgroup == "close":
            opened = text[brackets.pop()]
            if opened + match[0] not in ("()", "[]", "{}"):
                message = f"`{match[0]}` does not close the `{opened}` before it"
                raise ExpressionError("syntax", message, position, match.end())
            if not brackets:
                return position
        position = match.end()
    raise ExpressionError("unclosed", "`$(` is not closed", start - 2, len(text), _NOT_CLOSED)


def _check_token(match: re.Match[str]) -> None:
    start, token = match.start(), match[0]
    if match.lastgroup == "number" and not _NUMBER.fullmatch(token):
        message = f"`{token}` is not a number"
        raise ExpressionError("syntax", message, start, match.end(), "write it in decimal digits")
    if match.lastgroup == "string" and (found := _NOT_IN_STRINGS.search(token)):
        start += found.start()
        message = f"{_named(found[0])} cannot stand in a string of an expression"
        raise ExpressionError("syntax", message, start, start + 1)


def _strange(text: str, position: int, start: int) -> ExpressionError:
    """The error for a character that begins no token."""
    character = text[position]
    if character in "'\"":
        message = f"the string that `{character}` opens is not closed"
        return ExpressionError("unclosed", message, start - 2, len(text), _NOT_CLOSED)
    message = f"{_named(character)} has no meaning in an expression"
    advice = _INSTEAD_OF.get(character)
    return ExpressionError("syntax", message, position, position + 1, advice)


def _named(character: str) -> str:
    code = f"U+{ord(character):04X}"
    if not character.isprintable():
        return code
    return f"`{character}`" if character.isascii() else f"`{character}` ({code})"
