"""What is wrong with an expression, and where."""

import ast
from dataclasses import dataclass, replace
from typing import Literal

Kind = Literal[
    "syntax", "unclosed", "unknown-name", "unknown-shape", "evaluation", "limit", "size-needed"
]


@dataclass(eq=False)
class ExpressionError(Exception):
    """A fault in the text that was given to `parse`.

    `start` and `end` are offsets in characters into that text. `name` is the name that is not
    known, where one is: only the caller can suggest another.
    """

    kind: Kind
    message: str
    start: int
    end: int
    help: str | None = None
    name: str | None = None

    def __str__(self) -> str:
        return self.message

    def moved(self, offset: int) -> "ExpressionError":
        """The same fault, seen from a text in which this one begins at `offset`."""
        return replace(self, start=self.start + offset, end=self.end + offset)


@dataclass(eq=False)
class UnplacedError(Exception):
    """A fault without a place: stated by a rule, placed by the walk that applied the rule."""

    kind: Kind
    message: str
    help: str | None = None
    name: str | None = None

    def at(self, text: str, node: ast.expr) -> ExpressionError:
        """This fault at `node`, whose columns are offsets into `text`."""
        start, end = node.col_offset, node.end_col_offset or len(text)
        message = f"`{_shortened(text[start:end])}`: {self.message}"
        return ExpressionError(self.kind, message, start, end, self.help, self.name)


def _shortened(text: str) -> str:
    return text if len(text) <= 60 else f"{text[:57]}..."
