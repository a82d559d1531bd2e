"""A diagnostic as text for people: in full with the source lines and carets, or on one line."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from archc.diagnostics.catalogue import UNREADABLE_FILE
from archc.diagnostics.diagnostic import Diagnostic, File, Label, Place

_COLUMNS = 100
_NEAR_LINES = 4  # a label no further than this from the main place is drawn in the same snippet
_STYLES = {"error": "1;31", "warning": "1;33", "frame": "1;34", "help": "1;36", "bold": "1"}


def render_full(diagnostic: Diagnostic, colour: bool = False) -> str:
    """The diagnostic with its source lines, what else matters, and the way out; no last newline."""
    return "\n".join(_Renderer(diagnostic, colour).lines())


def render_concise(diagnostic: Diagnostic) -> str:
    """One line: `file:line:col: error[ARC101] message`."""
    code = diagnostic.code
    return (
        f"{_address(diagnostic.place)}: {code.severity}[{code.code}] {_visible(diagnostic.message)}"
    )


@dataclass(frozen=True, slots=True)
class _Mark:
    """A place to underline, with what, in which style, and the words beside it."""

    place: Place
    symbol: str
    style: str
    text: str = ""

    @property
    def line(self) -> int:
        return self.place.span.line


@dataclass(frozen=True, slots=True)
class _Renderer:
    diagnostic: Diagnostic
    colour: bool

    def lines(self) -> Iterator[str]:
        diagnostic = self.diagnostic
        code = diagnostic.code
        main = _Mark(diagnostic.place, "^", code.severity)
        near = [label for label in diagnostic.related if _is_near(label, diagnostic.place)]
        far = [label for label in diagnostic.related if label not in near]
        gutter = max(
            len(str(place.span.line))
            for place in (main.place, *(label.place for label in diagnostic.related))
        )

        head = self._paint(f"{code.severity}[{code.code}]", code.severity)
        yield f"{head} {self._paint(f'{code.name}: {_visible(diagnostic.message)}', 'bold')}"
        yield from self._snippet([main, *map(_label_mark, near)], gutter)
        for label in far:
            yield from self._snippet([_label_mark(label)], gutter)
        if diagnostic.help is not None:
            yield self._frame(gutter, "|")
            yield from self._help(diagnostic.help, gutter)

    def _snippet(self, marks: list[_Mark], gutter: int) -> Iterator[str]:
        """The lines from the first mark to the last, under the address of the first of `marks`."""
        place = marks[0].place
        yield f"{' ' * (gutter + 1)}{self._paint('-->', 'frame')} {_address(place)}"
        if self.diagnostic.code is UNREADABLE_FILE:
            return
        yield self._frame(gutter, "|")
        source = place.file.lines
        for number in range(min(mark.line for mark in marks), max(mark.line for mark in marks) + 1):
            here = [mark for mark in marks if mark.line == number]
            text = source[number - 1] if number <= len(source) else ""
            window = _Window.around(
                text, here[0].place.span.column if here else 1, _COLUMNS - gutter - 4
            )
            yield self._frame(gutter, f"| {window.text}".rstrip(), number)
            for mark in here:
                yield self._frame(gutter, "| ") + self._underline(mark, window, text)

    def _underline(self, mark: _Mark, window: _Window, text: str) -> str:
        span = mark.place.span
        end = span.end_column if span.end_line == span.line else len(text) + 1
        before, width = window.cells(span.column, end)
        words = f"{mark.symbol * max(width, 1)} {_visible(mark.text)}".rstrip()
        return " " * before + self._paint(words, mark.style)

    def _help(self, text: str, gutter: int) -> Iterator[str]:
        first, *others = text.split("\n")
        yield self._frame(gutter, "= ") + f"{self._paint('help:', 'help')} {_visible(first)}"
        for line in others:
            yield f"{' ' * (gutter + 10)}{_visible(line)}".rstrip()

    def _frame(self, gutter: int, text: str, number: int | None = None) -> str:
        margin = f" {'' if number is None else number:>{gutter}} "
        edge, rest = text[:1], text[1:]
        return f"{self._paint(margin + edge, 'frame')}{rest}"

    def _paint(self, text: str, style: str) -> str:
        return f"\x1b[{_STYLES[style]}m{text}\x1b[0m" if self.colour else text


@dataclass(frozen=True, slots=True)
class _Window:
    """The part of a source line that is shown: its characters as drawn, from column `first`."""

    first: int
    shown: tuple[str, ...]
    cut_before: bool
    cut_after: bool

    @classmethod
    def around(cls, line: str, column: int, room: int) -> _Window:
        """As much of `line` as `room` terminal cells hold: what is around `column`."""
        if len(line) <= room:
            shown = tuple(map(_visible, line))
            if sum(map(_width, shown)) <= room:
                return cls(1, shown, False, False)
        first = max(1, min(column, len(line) + 1) - room // 3)
        cells = 2  # one for each sign that something is cut
        shown_part = []
        for character in line[first - 1 : first - 1 + room]:
            visible = _visible(character)
            cells += _width(visible)
            if cells > room:
                break
            shown_part.append(visible)
        return cls(first, tuple(shown_part), first > 1, first - 1 + len(shown_part) < len(line))

    @property
    def text(self) -> str:
        return f"{'…' * self.cut_before}{''.join(self.shown)}{'…' * self.cut_after}"

    def cells(self, start: int, end: int) -> tuple[int, int]:
        """How many terminal cells stand before column `start`, and from there to column `end`."""
        left, right = (min(max(column - self.first, 0), len(self.shown)) for column in (start, end))
        return self.cut_before + sum(map(_width, self.shown[:left])), sum(
            map(_width, self.shown[left:right])
        )


def _label_mark(label: Label) -> _Mark:
    return _Mark(label.place, "-", "frame", label.text)


def _is_near(label: Label, place: Place) -> bool:
    """Whether `label` is drawn in the snippet of `place`; in a line that is cut, it is not."""
    distance = abs(label.place.span.line - place.span.line)
    if label.place.file != place.file or distance > _NEAR_LINES:
        return False
    return distance > 0 or _is_short(place.file, place.span.line)


def _is_short(file: File, line: int) -> bool:
    return line > len(file.lines) or len(file.lines[line - 1]) <= _COLUMNS // 2


def _address(place: Place) -> str:
    return f"{_visible(place.file.name)}:{place.span.line}:{place.span.column}"


def _visible(text: str) -> str:
    """`text` with nothing that a terminal obeys or hides: a tab is a space, U+0007 is `␇`."""
    if text.isascii() and text.isprintable():
        return text
    return "".join(map(_visible_character, text))


def _visible_character(character: str) -> str:
    number = ord(character)
    if character == "\t":
        return " "
    if number < 0x20:
        return chr(0x2400 + number)
    if number == 0x7F:
        return "␡"
    if character.isprintable() or character == "\u3000":
        return character
    return f"<U+{number:04X}>"


def _width(text: str) -> int:
    """How many terminal cells `text` takes."""
    if text.isascii():
        return len(text)
    from unicodedata import category, east_asian_width

    widths: Iterable[int] = (
        0
        if category(character) in ("Mn", "Me")
        else 2
        if east_asian_width(character) in "WF"
        else 1
        for character in text
    )
    return sum(widths)
