"""Golden files: what archc writes, kept beside what it is written from."""

from __future__ import annotations

import os
from collections.abc import Callable, Collection
from difflib import unified_diff
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--update", action="store_true", help="only rewrite golden files; then read the diff"
    )
    parser.addoption(
        "--sample", type=int, help="of the cases of each test, run a fixed sample of so many"
    )


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """With `--update` the tests that write golden files, with `--sample` a sample of all."""
    if config.getoption("update"):
        _select(config, items, {item for item in items if "golden" in _fixtures(item)})
    if (most := config.getoption("sample")) is not None:
        _select(config, items, _sample(items, most))


def _fixtures(item: pytest.Item) -> list[str]:
    return getattr(item, "fixturenames", [])


def _sample(items: list[pytest.Item], most: int) -> set[pytest.Item]:
    """Of each test's cases at most so many, at even distances: the same in each run."""
    cases: dict[str, list[pytest.Item]] = {}
    for item in items:
        cases.setdefault(item.nodeid.partition("[")[0], []).append(item)
    numbers = {name: min(most, len(each)) for name, each in cases.items()}
    return {
        each[index * len(each) // numbers[name]]
        for name, each in cases.items()
        for index in range(numbers[name])
    }


def _select(
    config: pytest.Config, items: list[pytest.Item], chosen: Collection[pytest.Item]
) -> None:
    config.hook.pytest_deselected(items=[item for item in items if item not in chosen])
    items[:] = [item for item in items if item in chosen]


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
