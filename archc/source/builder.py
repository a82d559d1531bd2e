"""Parser events to data, beside a tree of positions.

It works with a stack of its own: PyYAML's composer crashes the process on deep nesting, and its
constructor follows YAML 1.1 (`no` is false, `3:30` is 210). What a spec has no use for (anchors,
aliases, merge keys, tags, several documents) is refused.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

import yaml

from archc.diagnostics import File, Label
from archc.diagnostics import catalogue as codes
from archc.source.characters import refuse_characters, unwelcome
from archc.source.cut import refuse_cut_expression
from archc.source.frames import List, Mapping
from archc.source.limits import MAX_DEPTH, MAX_DIGITS, MAX_SCALAR, MAX_VALUES
from archc.source.positions import Lines, Position
from archc.source.report import Report, shortened
from archc.source.scalars import resolve
from archc.source.source import Source

_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

_TAG = re.compile(r"![^\s,\[\]{}]*")
_INSTEAD = "use `params` and `blocks` for what is said more than once"
_KINDS = {bool: "a truth value", int: "a number", float: "a number", type(None): "nothing"}

_REFUSED = object()
"""Stands for a value that is refused and already reported."""


def build_source(file: File) -> Source:
    """The document in the text of `file`. Raises `SpecError` with all that is wrong with it."""
    report = Report(Lines(file))
    refuse_characters(report)
    builder = _Builder(report)
    for event in builder.events():
        builder.take(event)
    return builder.source()


class _Builder:
    """Builds the data and its positions, event by event."""

    def __init__(self, report: Report) -> None:
        self._report = report
        self._text = report.text
        self._documents = List(0, 0, is_flow=False)
        self._stack: list[List | Mapping] = [self._documents]
        self._scalar_before: Position | None = None
        self._values = 0
        self._cut_end = 0

    def events(self) -> Iterator[yaml.Event]:
        loader = _LOADER(self._text)
        try:
            while loader.check_event():
                yield loader.get_event()
        except yaml.YAMLError as error:
            self._stumble(error)
        self._report.raise_if_any()

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
            self._report.stop(codes.SEVERAL_DOCUMENTS, message, start, start + 3, advice)

    def source(self) -> Source:
        if self._documents.values in ([], [None]):
            advice = "a spec starts with `archc: 1`"
            self._report.stop(codes.EMPTY_DOCUMENT, "the document is empty", 0, 0, advice)
        lines = self._report.lines
        return Source(lines.file, self._documents.values[0], self._documents.items[0], lines)

    def _scalar(self, event: yaml.ScalarEvent) -> None:
        start, end = _span(event)
        style = event.style or ""
        if style in ("|", ">"):
            end = start + len(self._text[start:end].rstrip())
        position = Position(start, end, style)
        self._scalar_before = position
        self._refuse_properties(event)
        self._add(self._value(event.value, position), position)

    def _value(self, text: str, position: Position) -> object:
        start, end, style, *_ = position
        if len(text) > MAX_SCALAR:
            message = f"this value has {len(text):,} characters; the limit is {MAX_SCALAR:,}"
            self._report.add(codes.SCALAR_TOO_LONG, message, start, end, "shorten it")
            return _REFUSED
        if style == '"' and (match := unwelcome(text)):
            message = f"this string holds the character U+{ord(match[0]):04X}"
            advice = "remove its escape; single quotes keep a backslash as it is"
            self._report.add(codes.INVALID_CHARACTER, message, start, end, advice)
            return _REFUSED
        if style:
            return text
        if "$(" in text and self._stack[-1].is_flow:
            self._refuse_cut_expression(position)
        try:
            return resolve(text)
        except OverflowError:
            message = f"the number `{shortened(text)}` is too large"
            advice = f"a whole number has at most {MAX_DIGITS} digits; put text in quotes"
            self._report.add(codes.NUMBER_TOO_LARGE, message, start, end, advice)
            return _REFUSED

    def _open(self, event: yaml.CollectionStartEvent) -> None:
        self._refuse_properties(event)
        start, _ = _span(event)
        if len(self._stack) > MAX_DEPTH:
            from archc.source.syntax import FLATTER, TOO_DEEP

            self._report.stop(codes.NESTING_TOO_DEEP, TOO_DEEP, start, start + 1, FLATTER)
        kind = Mapping if isinstance(event, yaml.MappingStartEvent) else List
        self._stack.append(kind(start, start, is_flow=bool(event.flow_style)))

    def _close(self, event: yaml.CollectionEndEvent) -> None:
        frame = self._stack.pop()
        # libyaml ends a block collection, and a pair in a list (`[a: b]`), at the next token
        has_bracket = frame.is_flow and self._text[frame.start] in "[{"
        end = _span(event)[1] if has_bracket else frame.end
        self._add(frame.values, frame.position(end))

    def _alias(self, event: yaml.AliasEvent) -> None:
        start, end = _span(event)
        frame = self._stack[-1]
        is_dropped = isinstance(frame, Mapping) and frame.key is not None and frame.name is None
        if not is_dropped:
            message = f"the alias `{shortened(f'*{event.anchor}')}` is not allowed"
            self._report.add(codes.ALIAS, message, start, end, _INSTEAD)
        self._add(_REFUSED, Position(start, end))

    def _add(self, value: object, position: Position) -> None:
        self._values += 1
        if self._values > MAX_VALUES:
            message = f"the file holds more than {MAX_VALUES:,} values"
            advice = "use `repeat` and `for`"
            self._report.stop(codes.TOO_MANY_VALUES, message, position.start, position.end, advice)
        frame = self._stack[-1]
        frame.end = position.end
        if isinstance(frame, List):
            frame.values.append(value)
            frame.items.append(position)
        elif frame.key is None:
            frame.key = position
            frame.name = None if frame.is_garbled else self._name(frame, value, position)
        else:
            if frame.name is not None:
                frame.values[frame.name] = value
                frame.entries[frame.name] = (frame.key, position)
            frame.key = None

    def _name(self, frame: Mapping, key: object, position: Position) -> str | None:
        """The key as a name, or `None` where it is refused."""
        start, end, style, *_ = position
        if key is _REFUSED:
            return None
        if not isinstance(key, str):
            self._refuse_key(key, position)
        elif key == "<<" and not style:
            message = "the merge key `<<` is not allowed"
            self._report.add(codes.MERGE_KEY, message, start, end, _INSTEAD)
        elif key in frame.entries:
            first = frame.entries[key][0]
            label = Label(self._report.lines.place(first.start, first.end), "first written here")
            message = f"the key `{shortened(key)}` is already in this mapping"
            advice = "remove or rename one of the two"
            self._report.add(codes.DUPLICATE_KEY, message, start, end, advice, (label,))
        else:
            return key
        return None

    def _refuse_key(self, key: object, position: Position) -> None:
        written = shortened(self._text[position.start : position.end])
        advice = f"put it in quotes: '{written}'"
        if isinstance(key, dict | list):
            message = f"a key is a name, not a {'mapping' if isinstance(key, dict) else 'list'}"
            advice = "write a name before the `:`; put an expression in quotes"
        elif not written:
            message, advice = "there is no key before this `:`", "write a name before the `:`"
        else:
            message = f"a key is text, but YAML reads `{written}` as {_KINDS[type(key)]}"
            before = self._text[: position.start].rpartition("\n")[2]
            if before.count("(") > before.count(")"):
                advice = "a list is written in brackets: `[3, 3]`"
        self._report.add(codes.KEY_NOT_TEXT, message, position.start, position.end, advice)

    def _refuse_properties(self, event: yaml.ScalarEvent | yaml.CollectionStartEvent) -> None:
        start, _ = _span(event)
        if event.anchor is not None:
            anchor = f"&{event.anchor}"
            at = self._text.index(anchor, start)
            message = f"the anchor `{shortened(anchor)}` is not allowed"
            self._report.add(codes.ANCHOR, message, at, at + len(anchor), _INSTEAD)
        if event.tag is not None and (match := _TAG.search(self._text, start)):
            message = f"the tag `{shortened(match[0])}` is not allowed"
            advice = "remove it; quotes make text of a number"
            self._report.add(codes.TAG, message, match.start(), match.end(), advice)

    def _refuse_cut_expression(self, scalar: Position) -> bool:
        """Report a value that YAML cut short; whether it did, or the value is debris of another."""
        if scalar.start < self._cut_end:
            return True
        end = refuse_cut_expression(self._report, scalar)
        if end is None:
            return False
        self._stack[-1].is_garbled = True
        self._cut_end = end
        return True

    def _stumble(self, error: yaml.YAMLError) -> None:
        """Report where the parser gave up, unless a cut expression that is reported explains it."""
        from archc.source.syntax import problem_offset, report_syntax

        if self._report.has(codes.UNQUOTED_EXPRESSION):
            return  # most likely the debris of that expression
        if not self._is_cut_short(problem_offset(self._text, error)):
            report_syntax(self._report, error)

    def _is_cut_short(self, offset: int) -> bool:
        """Whether the plain value just before `offset`, on its line, ends inside its expression."""
        scalar = self._scalar_before
        if scalar is None or scalar.style or "\n" in self._text[scalar.end : offset]:
            return False
        return self._refuse_cut_expression(scalar)


def _span(event: yaml.Event) -> tuple[int, int]:
    start, end = event.start_mark, event.end_mark
    assert start is not None, "what comes from a parser is marked"
    assert end is not None
    return start.index, end.index
