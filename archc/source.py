"""YAML that remembers where everything was written.

`read` turns a text into plain Python data by the YAML 1.2 core rules, beside a tree of positions.
It works from parser events, with a stack of its own: PyYAML's composer crashes the process on deep
nesting, and its constructor follows YAML 1.1 (`no` is false, `3:30` is 210). What a spec has no use
for (anchors, aliases, merge keys, tags, directives, several documents) is refused.
"""

from __future__ import annotations

import os
import re
from array import array
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from stat import S_ISDIR, S_ISREG
from typing import NamedTuple

import yaml

from archc.diagnostics import Code, Diagnostic, File, Label, Place, Span, SpecError
from archc.diagnostics import catalogue as codes

MAX_BYTES = 8 * 1024 * 1024
MAX_DEPTH = 64
MAX_SCALAR = 10_000
MAX_DIGITS = 18
MAX_VALUES = 1_000_000
MAX_DIAGNOSTICS = 100

YamlPath = tuple[str | int, ...]

_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class FileError(Exception):
    """A file that cannot be read at all; the message is one line."""


class _Node(NamedTuple):
    """Where one YAML value stands: from offset `start` up to, not including, `end` in the text.

    `entries` holds the nodes of each key and its value in a mapping, `items` those in a list.
    `style` of a scalar is `'`, `"`, `|`, `>`, or empty where it is plain.
    """

    start: int
    end: int
    style: str = ""
    entries: dict[str, tuple[_Node, _Node]] | None = None
    items: list[_Node] | None = None


class _Lines:
    """Turns offsets into lines and columns, and texts into places."""

    def __init__(self, file: File) -> None:
        ends = (match.end() for match in re.finditer(r"\r\n?|\n", file.text))
        self.file = file
        self._starts = array("L", [0])
        self._starts.extend(ends)

    def line(self, offset: int) -> int:
        return bisect_right(self._starts, offset)

    def place(self, start: int, end: int) -> Place:
        line, end_line = self.line(start), self.line(end)
        column = start - self._starts[line - 1] + 1
        return Place(self.file, Span(line, column, end_line, end - self._starts[end_line - 1] + 1))


@dataclass(frozen=True, slots=True)
class Source:
    """A YAML document: its text, its `data`, and the place of everything in it.

    `data` is made of `dict` with `str` keys, `list`, `str`, `int`, `float`, `bool` and `None`.
    A path leads to a value: `("graph", 0, "conv2d")`.
    """

    file: File
    data: object
    _root: _Node
    _lines: _Lines

    def place(self, path: YamlPath, key: bool = False) -> Place:
        """Where the value at `path`, or its key, stands; else the deepest value on the way."""
        node = self._node(path, key)
        return self._lines.place(node.start, node.end)

    def line(self, path: YamlPath) -> int:
        """The line, from 1, on which the value at `path` starts."""
        return self._lines.line(self._node(path, key=False).start)

    def part(self, path: YamlPath, start: int, end: int, key: bool = False) -> Place:
        """Where characters `start` to `end` of the string at `path`, or of its key, stand.

        The whole of it where its characters are not those of the text: escapes, several lines.
        """
        node = self._node(path, key)
        text = self.file.text[node.start : node.end]
        quotes = len(node.style)
        inner = text[quotes : len(text) - quotes]
        is_verbatim = not any(
            mark in inner for mark in ("\n", "\r", "\\" if node.style == '"' else "''")
        )
        if node.style in ("", "'", '"') and is_verbatim and 0 <= start <= end <= len(inner):
            first = node.start + quotes
            return self._lines.place(first + start, first + end)
        return self._lines.place(node.start, node.end)

    def _node(self, path: YamlPath, key: bool) -> _Node:
        node = key_node = self._root
        for step in path:
            if node.entries is not None and isinstance(step, str) and step in node.entries:
                key_node, node = node.entries[step]
            elif node.items is not None and isinstance(step, int) and 0 <= step < len(node.items):
                key_node = node = node.items[step]
            else:
                return node
        return key_node if key else node


def read_file(path: str | os.PathLike[str]) -> Source:
    """The document in the file at `path`.

    Raises `FileError` where there is no text to read, `SpecError` for what the text says.
    """
    name = os.fspath(path)
    data = _bytes(name).removeprefix(b"\xef\xbb\xbf")
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        before = len(data[: error.start].decode("utf-8"))
        place = _Lines(File(name, data.decode("utf-8", errors="replace"))).place(before, before + 1)
        message = f"the byte 0x{data[error.start]:02x} is not UTF-8 text"
        raise SpecError(
            (Diagnostic(codes.INVALID_UTF8, message, place, help="save the file as UTF-8"),)
        ) from None
    return read(text, name)


def read(text: str, name: str) -> Source:
    """The document that `text` holds; messages call it `name`. Raises `SpecError` only."""
    file = File(name, text.removeprefix("\ufeff"))
    reader = _Reader(_Lines(file))
    reader.refuse_characters()
    for event in reader.events():
        reader.take(event)
    return reader.source()


def _bytes(path: str) -> bytes:
    try:
        status = Path(path).stat()
        # decided before opening: to open a FIFO waits for its writer
        if S_ISDIR(status.st_mode):
            raise FileError(f"{path} is a directory, not a file")
        if not S_ISREG(status.st_mode):
            raise FileError(f"{path} is not a regular file")
        with Path(path).open("rb") as stream:
            data = stream.read(MAX_BYTES + 1)
    except OSError as error:
        raise FileError(f"cannot read {path}: {(error.strerror or str(error)).lower()}") from None
    except ValueError:
        raise FileError(f"cannot read {path!r}: no file can have this name") from None
    if not data:
        raise FileError(f"{path} is empty")
    if len(data) > MAX_BYTES:
        raise FileError(f"{path} is larger than {MAX_BYTES // 1024**2} MiB")
    return data


# YAML's own characters, less those that some readers take for the end of a line and others do not
_UNWELCOME = re.compile(
    "[^\t\n\r\x20-\x7e\xa0-\u2027\u202a-\ud7ff\ue000-\ufefe\uff00-\ufffd\U00010000-\U0010ffff]"
)
_DIRECTIVE = re.compile(r"^%.*", re.MULTILINE)
_TAG = re.compile(r"![^\s,\[\]{}]*")
_TOO_DEEP = f"lists and mappings are nested more than {MAX_DEPTH} levels deep"
_FLATTER = "give the inner part a name under `blocks`"
_INSTEAD = "use `params` and `blocks` for what is said more than once"

_REFUSED = object()
"""Stands for a value that is refused and already reported."""


@dataclass(slots=True)
class _List:
    """A list whose end is still to come; `is_garbled` by what a cut expression leaves in it."""

    start: int
    end: int
    is_flow: bool
    is_garbled: bool = False
    values: list[object] = field(default_factory=list)
    items: list[_Node] = field(default_factory=list)

    def node(self, end: int) -> _Node:
        return _Node(self.start, end, items=self.items)


@dataclass(slots=True)
class _Mapping:
    """A mapping whose end is still to come; while it waits for a value, `key` is its key's node.

    `name` is the key itself, `None` where it is refused: its value is dropped.
    """

    start: int
    end: int
    is_flow: bool
    is_garbled: bool = False
    values: dict[str, object] = field(default_factory=dict)
    entries: dict[str, tuple[_Node, _Node]] = field(default_factory=dict)
    key: _Node | None = None
    name: str | None = None

    def node(self, end: int) -> _Node:
        return _Node(self.start, end, entries=self.entries)


class _Reader:
    """Builds the data and its positions, event by event, and collects what is wrong."""

    def __init__(self, lines: _Lines) -> None:
        self._lines = lines
        self._text = lines.file.text
        self._documents = _List(0, 0, is_flow=False)
        self._stack: list[_List | _Mapping] = [self._documents]
        self._scalar_before: _Node | None = None
        self._values = 0
        self._diagnostics: list[Diagnostic] = []

    def refuse_characters(self) -> None:
        """Refuse what must not reach libyaml.

        It cannot encode lone surrogates, and it takes hours for a file full of `%TAG` directives.
        """
        if match := _UNWELCOME.search(self._text):
            message = f"the character U+{ord(match[0]):04X} does not belong in a spec"
            self._report(codes.INVALID_CHARACTER, message, match.start(), match.end(), "remove it")
        if match := _DIRECTIVE.search(self._text):
            message = "a line cannot start with `%`, which makes it a YAML directive"
            self._report(codes.DIRECTIVE, message, match.start(), match.end(), "remove the line")
        self._raise_if_refused()

    def events(self) -> Iterator[yaml.Event]:
        loader = _LOADER(self._text)
        try:
            while loader.check_event():
                yield loader.get_event()
        except yaml.YAMLError as error:
            self._report_syntax(error)
        self._raise_if_refused()

    def take(self, event: yaml.Event) -> None:
        if isinstance(event, yaml.ScalarEvent):
            self._scalar(event)
        elif isinstance(event, yaml.CollectionStartEvent):
            self._open(event)
        elif isinstance(event, yaml.CollectionEndEvent):
            self._close(event)
        elif isinstance(event, yaml.AliasEvent):
            self._alias(event)
        elif isinstance(event, yaml.DocumentStartEvent) and self._documents.items:
            start, _ = _span(event)
            message = "a second YAML document starts here"
            advice = "remove the `---`, or put the second document into a file of its own"
            self._stop(codes.SEVERAL_DOCUMENTS, message, start, start + 3, advice)

    def source(self) -> Source:
        if self._documents.values in ([], [None]):
            advice = "a spec starts with `archc: 1`"
            self._stop(codes.EMPTY_DOCUMENT, "the document is empty", 0, 0, advice)
        file = self._lines.file
        return Source(file, self._documents.values[0], self._documents.items[0], self._lines)

    def _scalar(self, event: yaml.ScalarEvent) -> None:
        start, end = _span(event)
        style = event.style or ""
        if style in ("|", ">"):
            end = start + len(self._text[start:end].rstrip())
        node = _Node(start, end, style)
        self._scalar_before = node
        self._refuse_properties(event)
        self._add(self._value(event.value, node), node)

    def _value(self, text: str, node: _Node) -> object:
        if len(text) > MAX_SCALAR:
            message = f"this value has {len(text):,} characters; the limit is {MAX_SCALAR:,}"
            self._report(codes.SCALAR_TOO_LONG, message, node.start, node.end, "shorten it")
            return _REFUSED
        if node.style == '"' and (match := _UNWELCOME.search(text)):
            message = f"this string holds the character U+{ord(match[0]):04X}"
            advice = "remove its escape; single quotes keep a backslash as it is"
            self._report(codes.INVALID_CHARACTER, message, node.start, node.end, advice)
            return _REFUSED
        if node.style:
            return text
        if "$(" in text and self._stack[-1].is_flow:
            self._refuse_cut_expression(node)
        try:
            return _resolve(text)
        except OverflowError:
            message = f"the number `{_shown(text)}` is too large"
            advice = f"a whole number has at most {MAX_DIGITS} digits; put text in quotes"
            self._report(codes.NUMBER_TOO_LARGE, message, node.start, node.end, advice)
            return _REFUSED

    def _open(self, event: yaml.CollectionStartEvent) -> None:
        self._refuse_properties(event)
        start, _ = _span(event)
        if len(self._stack) > MAX_DEPTH:
            self._stop(codes.NESTING_TOO_DEEP, _TOO_DEEP, start, start + 1, _FLATTER)
        kind = _Mapping if isinstance(event, yaml.MappingStartEvent) else _List
        self._stack.append(kind(start, start, is_flow=bool(event.flow_style)))

    def _close(self, event: yaml.CollectionEndEvent) -> None:
        frame = self._stack.pop()
        # libyaml ends a block collection, and a pair in a list (`[a: b]`), at the next token
        has_bracket = frame.is_flow and self._text[frame.start] in "[{"
        end = _span(event)[1] if has_bracket else frame.end
        self._add(frame.values, frame.node(end))

    def _alias(self, event: yaml.AliasEvent) -> None:
        start, end = _span(event)
        frame = self._stack[-1]
        is_dropped = isinstance(frame, _Mapping) and frame.key is not None and frame.name is None
        if not is_dropped:
            message = f"the alias `{_shown(f'*{event.anchor}')}` is not allowed"
            self._report(codes.ALIAS, message, start, end, _INSTEAD)
        self._add(_REFUSED, _Node(start, end))

    def _add(self, value: object, node: _Node) -> None:
        self._values += 1
        if self._values > MAX_VALUES:
            message = f"the file holds more than {MAX_VALUES:,} values"
            self._stop(
                codes.TOO_MANY_VALUES, message, node.start, node.end, "use `repeat` and `for`"
            )
        frame = self._stack[-1]
        frame.end = node.end
        if isinstance(frame, _List):
            frame.values.append(value)
            frame.items.append(node)
        elif frame.key is None:
            frame.key = node
            frame.name = None if frame.is_garbled else self._name(frame, value, node)
        else:
            if frame.name is not None:
                frame.values[frame.name] = value
                frame.entries[frame.name] = (frame.key, node)
            frame.key = None

    def _name(self, frame: _Mapping, key: object, node: _Node) -> str | None:
        """The key as a name, or `None` where it is refused."""
        if key is _REFUSED:
            return None
        if not isinstance(key, str):
            self._refuse_key(key, node)
        elif key == "<<" and not node.style:
            message = "the merge key `<<` is not allowed"
            self._report(codes.MERGE_KEY, message, node.start, node.end, _INSTEAD)
        elif key in frame.entries:
            first = frame.entries[key][0]
            label = Label(self._lines.place(first.start, first.end), "first written here")
            message = f"the key `{_shown(key)}` is already in this mapping"
            advice = "remove or rename one of the two"
            self._report(codes.DUPLICATE_KEY, message, node.start, node.end, advice, (label,))
        else:
            return key
        return None

    def _refuse_key(self, key: object, node: _Node) -> None:
        written = _shown(self._text[node.start : node.end])
        advice = f"put it in quotes: '{written}'"
        if isinstance(key, dict | list):
            message = f"a key is a name, not a {'mapping' if isinstance(key, dict) else 'list'}"
            advice = "write a name before the `:`; put an expression in quotes"
        elif not written:
            message, advice = "there is no key before this `:`", "write a name before the `:`"
        else:
            message = f"a key is text, but YAML reads `{written}` as {_KINDS[type(key)]}"
        self._report(codes.KEY_NOT_TEXT, message, node.start, node.end, advice)

    def _refuse_properties(self, event: yaml.ScalarEvent | yaml.CollectionStartEvent) -> None:
        start, _ = _span(event)
        if event.anchor is not None:
            anchor = f"&{event.anchor}"
            at = self._text.index(anchor, start)
            message = f"the anchor `{_shown(anchor)}` is not allowed"
            self._report(codes.ANCHOR, message, at, at + len(anchor), _INSTEAD)
        if event.tag is not None and (match := _TAG.search(self._text, start)):
            message = f"the tag `{_shown(match[0])}` is not allowed"
            advice = "remove it; quotes make text of a number"
            self._report(codes.TAG, message, match.start(), match.end(), advice)

    def _refuse_cut_expression(self, scalar: _Node) -> bool:
        """Report that YAML ended a plain value inside its expression, if it did."""
        opening = _unclosed(self._text[scalar.start : scalar.end])
        if opening is None:
            return False
        self._stack[-1].is_garbled = True
        start = scalar.start + opening
        line = re.split(r"[\r\n]", self._text[start : start + 200], maxsplit=1)[0]
        length = _closing(line, 2)
        end = scalar.end if length is None else start + length
        advice = "put the value in quotes: '$(…)'"
        if length is not None:
            whole = self._text[scalar.start : end]
            quote = '"' if "'" in whole else "'"
            advice = f"put it in quotes: {quote}{whole}{quote}"
        follows = line[scalar.end - start :].lstrip()[:1]
        where = f"at `{follows}`" if follows else "here"
        message = f"YAML ends this value {where}, inside `$(`"
        self._report(codes.UNQUOTED_EXPRESSION, message, start, end, advice)
        return True

    def _is_cut_short(self, offset: int) -> bool:
        """Whether the plain value just before `offset`, on its line, ends inside its expression."""
        scalar = self._scalar_before
        if scalar is None or scalar.style or "\n" in self._text[scalar.end : offset]:
            return False
        return self._refuse_cut_expression(scalar)

    def _report_syntax(self, error: yaml.YAMLError) -> None:
        if any(found.code is codes.UNQUOTED_EXPRESSION for found in self._diagnostics):
            return  # most likely the debris of that expression
        at = self._offset(getattr(error, "problem_mark", None))
        if self._is_cut_short(at):
            return
        problem = getattr(error, "problem", None) or str(error)
        opened = self._offset(getattr(error, "context_mark", None))
        found = self._text[at : at + 1]
        related: tuple[Label, ...] = ()
        if "tab character" in problem or ("cannot start any token" in problem and found == "\t"):
            code, message, advice = codes.TAB_INDENTATION, "a tab cannot stand here", "use spaces"
        elif "',' or" in problem:
            bracket = problem[-2]
            code, message = codes.UNCLOSED_BRACKET, f"expected `,` or `{bracket}` here"
            advice = "close it, or put a value with commas, brackets or colons in quotes"
            related = (Label(self._lines.place(opened, opened + 1), "opened here"),)
        elif "quoted scalar" in str(error) and "unexpected" in problem:
            code, message, at = codes.UNCLOSED_QUOTE, "this quote is never closed", opened
            advice = f"close it with another {self._text[at : at + 1]}"
        elif "nesting depth" in problem:
            # libyaml looks ahead of the events, and has a limit of its own
            code, message, advice = codes.NESTING_TOO_DEEP, _TOO_DEEP, _FLATTER
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
            known = (entry for entry in _SYNTAX if entry[0] in problem)
            _, message, advice = next(
                known, ("", problem.splitlines()[0], "put the value in quotes")
            )
        self._report(code, message, at, min(at + 1, self._line_end(at)), advice, related)

    def _offset(self, mark: yaml.Mark | None) -> int:
        """Where `mark` is; what is at the end of the file is where its last line of text ends."""
        if mark is None:
            return 0
        offset: int = mark.index
        return min(offset, len(self._text.rstrip()))

    def _line_end(self, offset: int) -> int:
        match = re.compile(r"[\r\n]|\Z").search(self._text, offset)
        return match.start() if match else len(self._text)

    def _report(
        self,
        code: Code,
        message: str,
        start: int,
        end: int,
        advice: str | None = None,
        related: tuple[Label, ...] = (),
    ) -> None:
        place = self._lines.place(start, end)
        self._diagnostics.append(Diagnostic(code, message, place, related, advice))
        if len(self._diagnostics) == MAX_DIAGNOSTICS:
            self._raise_if_refused()

    def _stop(self, code: Code, message: str, start: int, end: int, advice: str) -> None:
        self._report(code, message, start, end, advice)
        self._raise_if_refused()

    def _raise_if_refused(self) -> None:
        if self._diagnostics:
            raise SpecError(tuple(sorted(self._diagnostics, key=lambda found: found.place.span)))


_SYNTAX = (
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

_KINDS = {bool: "a truth value", int: "a number", float: "a number", type(None): "nothing"}

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


def _resolve(text: str) -> object:
    """The value of a plain scalar by YAML 1.2's core schema; `OverflowError` beyond a limit."""
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


_OPENING = re.compile(r"\$[$(]")
_NESTING = re.compile(r"""[()]|'[^'\n]*'|"[^"\n]*\"""")


def _unclosed(text: str) -> int | None:
    """Where in `text` a `$(` starts that nothing closes."""
    position = 0
    while match := _OPENING.search(text, position):
        end = match.end() if match[0] == "$$" else _closing(text, match.end())
        if end is None:
            return match.start()
        position = end
    return None


def _closing(text: str, position: int) -> int | None:
    """The offset after the `)` for a `(` just before `position`; those in strings do not count."""
    depth = 1
    for match in _NESTING.finditer(text, position):
        depth += {"(": 1, ")": -1}.get(match[0], 0)
        if depth == 0:
            return match.end()
    return None


def _span(event: yaml.Event) -> tuple[int, int]:
    start, end = event.start_mark, event.end_mark
    assert start is not None, "what comes from a parser is marked"
    assert end is not None
    return start.index, end.index


def _shown(text: str) -> str:
    return text if len(text) <= 40 else f"{text[:39]}…"
