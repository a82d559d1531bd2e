"""What a new operation, block, diagnostic, format or command needs: each missing file is named.

CONTRIBUTING.md tells what stands in them; torch and the other tests judge it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import click

from archc.blocks import BLOCKS
from archc.blocks.examples import EXAMPLES
from archc.cli import main
from archc.diagnostics.catalogue import CATALOGUE
from archc.ops import OPERATIONS

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")


def missing(path: str, text: str = "") -> Iterator[str]:
    """The `path` that is not there, or does not hold `text`."""
    if not (ROOT / path).is_file():
        yield path
    elif text not in (ROOT / path).read_text(encoding="utf-8"):
        yield f"{path}: {text}"


def test_operations() -> None:
    wanted = [each for name in OPERATIONS for each in missing(f"tests/cases/{name}.yaml")]
    assert not wanted, "; ".join(wanted)


def test_blocks() -> None:
    wanted: list[str] = []
    for name in BLOCKS:
        wanted += missing(f"archc/blocks/{name}.yaml")
        wanted += missing(f"tests/cases/{name}.yaml")
        wanted += () if name in EXAMPLES else [f"archc/blocks/examples.py: {name}"]
        wanted += missing("tests/test_blocks.py", f'"{name}"')
    assert not wanted, "; ".join(wanted)


def test_diagnostics() -> None:
    cases = "".join(
        path.read_text(encoding="utf-8")
        for path in sorted((ROOT / "tests").rglob("*"))
        if path.suffix in (".yaml", ".py") and path != Path(__file__)
    )
    wanted: list[str] = []
    for code in CATALOGUE:
        wanted += missing(f"archc/diagnostics/explanations/{code}.md")
        wanted += () if code in cases else [f"tests/invalid/: a spec with `# error: {code}`"]
    assert not wanted, "; ".join(wanted)


def test_commands_and_formats() -> None:
    assert isinstance(main, click.Group)
    context = click.Context(main)
    wanted: list[str] = []
    for name in main.list_commands(context):
        command = main.get_command(context, name)
        assert command is not None
        wanted += missing("README.md", f"archc {name}")
        wanted += missing("tests/test_process.py", f'"{name}')
        for option in command.params:
            if "--format" in option.opts and isinstance(option.type, click.Choice):
                wanted += [f for each in option.type.choices for f in formats(name, each)]
    assert not wanted, "; ".join(wanted)


def formats(command: str, name: str) -> Iterator[str]:
    """What a format of a command lacks: its word in the documentation, and a test that asks."""
    pages = [README, *(path.read_text(encoding="utf-8") for path in (ROOT / "docs").glob("*.md"))]
    if not any(re.search(rf"`(--format )?{name}`", page) for page in pages):
        yield f"README.md, or a page of docs/: `{name}` of `archc {command}`"
    tests = (path.read_text(encoding="utf-8") for path in (ROOT / "tests").glob("test_*.py"))
    if not any(f'"{name}"' in text for text in tests):
        yield f'tests/: a test of `archc {command}` with "--format", "{name}"'
