"""Golden files: what archc writes, kept beside what it is written from."""

from __future__ import annotations

import os
from collections.abc import Callable
from difflib import unified_diff
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--update", action="store_true", help="rewrite golden files; then read the diff"
    )


def pytest_configure(config: pytest.Config) -> None:
    if config.getoption("update") and os.environ.get("CI"):
        raise pytest.UsageError(
            "--update is refused where CI is set: there, golden files judge. "
            "Run `pytest --update` on your machine, read the diff and commit it."
        )


@pytest.fixture
def golden(request: pytest.FixtureRequest) -> Callable[[Path, str], None]:
    """Compares a text with its golden file, or rewrites the file with `--update`."""

    def compare(path: Path, text: str) -> None:
        __tracebackhide__ = True
        if request.config.getoption("update"):
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8", newline="\n")
            return
        name = str(path.relative_to(ROOT) if path.is_relative_to(ROOT) else path)
        if not path.exists():
            pytest.fail(f"{name} is missing: run `pytest --update` and read it", pytrace=False)
        expected = path.read_text(encoding="utf-8")
        if text != expected:
            lines = (part.splitlines(keepends=True) for part in (expected, text))
            diff = "".join(unified_diff(*lines, name, "now"))
            pytest.fail(
                f"{name} differs; if it should, run `pytest --update`\n{diff}", pytrace=False
            )

    return compare
