"""Coverage-guided fuzzing of the reader and of the language of expressions, with atheris.

Atheris is no requirement of archc: `pip install atheris` beside it, then

    python tests/fuzz/atheris_run.py reader corpus/ -max_total_time=1200
    python tests/fuzz/atheris_run.py expression corpus/ -max_total_time=1200

What it finds is a file `crash-…`: keep it here as `NAME.yaml`, and `tests/test_fuzz.py` runs it.
"""

from __future__ import annotations

import re
import sys
import time
from importlib import import_module
from pkgutil import walk_packages

import atheris

with atheris.instrument_imports(include=["archc"]):
    import archc
    from archc.expression import ExpressionError, evaluate, parse

    # archc imports most of itself when it is called, which would be too late for atheris to see.
    for each in walk_packages(archc.__path__, "archc."):
        if not each.name.startswith(("archc.runtime", "archc.__main__")):
            import_module(each.name)

SECONDS = 10.0
"""Issue 5's own bound; instrumented code runs several times slower."""


class _Scope:
    """Names for expressions."""

    values = {"w": 8, "f": 0.5, "s": "relu", "l": [1, [2, 3]], "i": 0}  # noqa: RUF012

    def value(self, name: str) -> object:
        return self.values[name]

    def shape(self, name: str) -> tuple[int | None, ...]:
        return {"input": (None, 3, 8, 8)}[name]


def reader(data: bytes) -> None:
    """Bytes become a Network, or diagnostics inside the text."""
    started = time.process_time()
    try:
        archc.to_source(archc.check(archc.Spec.from_bytes(data, "<fuzz>")))
    except archc.FileError:
        pass
    except archc.SpecError as error:
        for diagnostic in error.diagnostics:
            lines = re.split(r"\r\n|\r|\n", diagnostic.place.file.text)
            assert 1 <= diagnostic.place.span.line <= len(lines), diagnostic
        str(error)
    assert time.process_time() - started < SECONDS, "too late"


def expression(data: bytes) -> None:
    """A string becomes a value, or an ExpressionError inside the text."""
    started = time.process_time()
    text = data.decode("utf-8", errors="replace")
    try:
        meaning = parse(text)
        if not isinstance(meaning, str):
            evaluate(meaning, _Scope())
    except ExpressionError as error:
        _assert_inside(error, text)
    assert time.process_time() - started < SECONDS, "too late"


def _assert_inside(error: ExpressionError, text: str) -> None:
    assert 0 <= error.start <= error.end <= len(text), (error.start, error.end)


if __name__ == "__main__":
    target = {"reader": reader, "expression": expression}[sys.argv.pop(1)]
    atheris.Setup(sys.argv, target)
    atheris.Fuzz()
