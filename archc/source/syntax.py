"""What libyaml says is wrong with a text, in our words and at our place."""

from __future__ import annotations

import re

import yaml

from archc.diagnostics import Label
from archc.diagnostics import catalogue as codes
from archc.source.limits import MAX_DEPTH
from archc.source.report import Report

_BARE_NODE = re.compile(
    r"^ *- +([A-Za-z_$][A-Za-z0-9_]*)[ \t]*\r?\n +[A-Za-z0-9_]+\Z", re.MULTILINE
)
"""A node that is a bare name, and on the next line the key that cannot stand there."""

_CLOSE = "close it, or put a value with commas, brackets or colons in quotes"
_NO_BRACES = "a parameter is written `$name`, an expression `$(…)`: without braces"

TOO_DEEP = f"lists and mappings are nested more than {MAX_DEPTH} levels deep"
FLATTER = "give the inner part a name under `blocks`"

_PROBLEMS = (
    (
        "mapping values are not allowed",
        "a `:` cannot stand here",
        "put a value that contains `: ` in quotes; a nested mapping starts on a line of its own",
    ),
    (
        "block sequence entries are not allowed",
        "a `-` of a list cannot stand here",
        "start the list on a line of its own, below its key",
    ),
    ("did not find expected key", "expected a key here", "indent it like the keys beside it"),
    (
        "did not find expected '-' indicator",
        "expected a `-` here, as the list goes on",
        "start the line with `- `, or indent it to make it part of the item above",
    ),
    ("could not find expected ':'", "this key has no `:`", "write `:` and a space after the key"),
    (
        "unknown escape character",
        "this escape does not exist",
        "single quotes keep a backslash as it is",
    ),
    (
        "did not find expected node content",
        "expected a key or a value here",
        "write what is missing, or remove the `,` or `:` too many",
    ),
    (
        "did not find expected hexdecimal number",
        "this escape lacks digits",
        "single quotes keep a backslash as it is",
    ),
    (
        "did not find expected alphabetic or numeric character",
        "a plain value cannot start with `&` or `*`",
        "put the value in quotes",
    ),
    (
        "did not find expected <document start>",
        "the document has already ended",
        "a spec is one mapping: check the indentation of this line and the ones above",
    ),
)
"""What libyaml's problem says, what we say, and the way out."""


def report_syntax(report: Report, error: yaml.YAMLError) -> None:
    """Report what the parser stumbled over."""
    text = report.text
    at = problem_offset(text, error)
    problem = getattr(error, "problem", None) or str(error)
    opened = _offset(text, getattr(error, "context_mark", None))
    found = text[at : at + 1]
    related: tuple[Label, ...] = ()
    if "tab character" in problem or ("cannot start any token" in problem and found == "\t"):
        code, message, advice = codes.TAB_INDENTATION, "a tab cannot stand here", "use spaces"
    elif "',' or" in problem:
        bracket = problem[-2]
        code, message = codes.UNCLOSED_BRACKET, f"expected `,` or `{bracket}` here"
        advice = _CLOSE if text[at - 1 : at + 1] != "${" else _NO_BRACES
        related = (Label(report.lines.place(opened, opened + 1), "opened here"),)
    elif "node content" in problem and at == len(text.rstrip()):
        code, message = codes.UNCLOSED_BRACKET, "the text ends inside a list or a mapping"
        advice = "close its `[` or `{`"
    elif "quoted scalar" in str(error) and "unexpected" in problem:
        code, message, at = codes.UNCLOSED_QUOTE, "this quote is never closed", opened
        advice = f"close it with another {text[at : at + 1]}"
    elif "nesting depth" in problem:
        # libyaml looks ahead of the events, and has a limit of its own
        code, message, advice = codes.NESTING_TOO_DEEP, TOO_DEEP, FLATTER
    elif found in ("]", "}"):
        code, message = codes.YAML_SYNTAX, f"this `{found}` closes nothing"
        advice = "remove it, or open what it closes"
    elif "cannot start any token" in problem:
        code, message = codes.YAML_SYNTAX, f"a plain value cannot start with `{found}`"
        advice = "put the value in quotes"
    else:
        code = codes.YAML_SYNTAX
        if "could not find expected ':'" in problem:
            at = opened
        message, advice = _known(problem, text[max(0, at - 200) : at])
    report.add(code, message, at, min(at + 1, _line_end(text, at)), advice, related)


def _known(problem: str, before: str) -> tuple[str, str]:
    """Our words for libyaml's `problem`, and the way out; `before` is the text that leads there."""
    known = (entry for entry in _PROBLEMS if entry[0] in problem)
    _, message, advice = next(known, ("", problem.splitlines()[0], "put the value in quotes"))
    bare = _BARE_NODE.search(before) if problem.startswith("mapping values") else None
    if bare is not None:
        advice = f"write a colon after what has keys below it: `- {bare[1]}:`"
    return message, advice


def problem_offset(text: str, error: yaml.YAMLError) -> int:
    """Where in `text` the parser stumbled."""
    return _offset(text, getattr(error, "problem_mark", None))


def _offset(text: str, mark: yaml.Mark | None) -> int:
    """Where `mark` is; what is at the end of the file is where its last line of text ends."""
    if mark is None:
        return 0
    offset: int = mark.index
    return min(offset, len(text.rstrip()))


def _line_end(text: str, offset: int) -> int:
    match = re.compile(r"[\r\n]|\Z").search(text, offset)
    return match.start() if match else len(text)
