"""What `import archc` offers, and what a start does not pay for."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

import archc
from archc.compiler import check

ROOT = Path(__file__).parents[1]


def printed(script: str) -> list[str]:
    """The lines that a script prints in a process of its own."""
    done = subprocess.run(
        [sys.executable, "-c", script],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout.splitlines()


def test_each_name_is_there() -> None:
    assert archc.__all__ == sorted(archc._MODULES)
    for name in archc.__all__:
        assert getattr(archc, name).__name__ == name
    assert set(archc.__all__) <= set(dir(archc))
    assert archc.check is check


def test_other_names_are_not() -> None:
    with pytest.raises(AttributeError, match=r"module 'archc' has no attribute 'chek'"):
        archc.chek  # type: ignore[attr-defined]  # noqa: B018


def test_what_needs_no_compiler_starts_without_it() -> None:
    lines = printed(
        "import sys; from archc.cli import main\n"
        "try: main(['explain', 'ARC101'])\n"
        "except SystemExit as end: assert end.code == 0\n"
        "print(*sys.modules)"
    )
    assert lines[0].startswith("ARC101 unknown-operation")
    assert not {"archc.compiler", "pydantic", "yaml"} & set(lines[-1].split())


def test_a_command_ends_without_a_search_for_cycles() -> None:
    """What there is at the end counts as frozen, which the last collections pass by."""
    lines = printed(
        "import atexit, gc; from archc.cli import main\n"
        "atexit.register(lambda: print(gc.get_freeze_count() > 10_000))\n"
        "main(['validate', 'specs/lenet_bn.yaml'])"
    )
    assert lines[-1] == "True"


def test_collections_are_rare_before_a_command_is_imported() -> None:
    lines = printed(
        "import gc, sys; from archc.cli import main\n"
        "class Seen:\n"
        "    def find_spec(self, name, path=None, target=None):\n"
        "        if name == 'archc.cli.validate': print(gc.get_threshold()[0])\n"
        "sys.meta_path.insert(0, Seen())\n"
        "main(['validate', 'specs/lenet_bn.yaml'])"
    )
    assert int(lines[0]) > 10_000
