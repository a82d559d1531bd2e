"""What `import archc` offers, and what a start does not pay for."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

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


@pytest.mark.parametrize(("setting", "imported"), [("__all__", "False"), ("", "True")])
def test_plugins_of_pydantic_are_looked_for_where_they_are_allowed(
    setting: str, imported: str
) -> None:
    lines = printed(
        f"import atexit, os, sys; os.environ['PYDANTIC_DISABLE_PLUGINS'] = {setting!r}\n"
        "from archc.cli import main\n"
        "atexit.register(lambda: print('importlib.metadata' in sys.modules))\n"
        "main(['validate', 'specs/lenet_bn.yaml'])"
    )
    assert lines[-1] == imported


# What notebooks and callers meet

LENET = ROOT / "specs/lenet_bn.yaml"
MAPPING: dict[str, Any] = {
    "archc": 1,
    "name": "net",
    "params": {"width": 4},
    "inputs": {"x": ["N", 3, 8, 8]},
    "graph": [{"conv2d": {"out_channels": "$width", "kernel_size": 3}}, "relu"],
}


@pytest.mark.parametrize("path", sorted((ROOT / "specs").rglob("*.yaml")), ids=lambda p: p.stem)
def test_what_a_notebook_shows_is_short(path: Path) -> None:
    network = archc.check(path)
    text = repr(network)
    assert text.startswith(f"<Network {network.name}: ")
    assert "\n" not in text
    assert len(text) < 700
    for port in network.graph.inputs:
        assert port.name in text
    assert repr(archc.Spec.from_file(path)).startswith(f"<Spec {path}: ")


def test_what_a_notebook_shows() -> None:
    assert repr(archc.check(LENET)) == (
        "<Network lenet_bn: 44,878 parameters, 281,640 MACs, image [N, 1, 28, 28] -> [N, 10]>"
    )


@pytest.mark.parametrize(
    "value", [np.int64(7), np.int8(7), torch.tensor(7), torch.tensor([7])[0], np.array(7)]
)
def test_integers_of_other_libraries(value: Any) -> None:
    network = archc.check(MAPPING, params={"width": value}, inputs={"x": [3, value, value]})
    assert network.parameters["width"] == 7
    assert type(network.parameters["width"]) is int
    assert sorted(network.sizes.values()) == [7, 7]


def test_other_values_of_other_libraries() -> None:
    spec = {**MAPPING, "params": {"width": 4, "rate": "float", "on": "bool", "all": "list"}}
    given = {"rate": np.float32(0.5), "on": np.bool_(True), "all": (np.int64(1), np.float64(2))}
    network = archc.check(spec, params=given, inputs={"x": torch.rand(2, 3, 9, 9).shape[1:]})
    assert network.parameters == {"width": 4, "rate": 0.5, "on": True, "all": [1, 2.0]}
    assert [type(value) for value in network.parameters.values()] == [int, float, bool, list]


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"params": {"width": {1}}}, "`params['width']` takes numbers"),
        ({"params": {"width": [1, object()]}}, r"`params['width'][1]` takes numbers"),
        ({"params": [1]}, "`params` is a mapping"),
        ({"inputs": [1]}, "`inputs` is a mapping"),
        ({"inputs": {"x": "3x8x8"}}, "such as (3, 224, 224), not '3x8x8'"),
        ({"inputs": {"x": 3}}, "such as (3, 224, 224), not 3"),
        ({"inputs": {"x": (3, 8.0, 8)}}, "`inputs['x']` takes integers, not 8.0"),
        ({"inputs": {"x": (3, True, 8)}}, "`inputs['x']` takes integers, not True"),
    ],
)
def test_values_that_no_spec_has(given: Any, says: str) -> None:
    with pytest.raises(TypeError, match=re.escape(says)):
        archc.check(MAPPING, **given)


def test_a_mapping_is_a_spec() -> None:
    assert archc.check(spec=MAPPING).name == "net"
    assert archc.compile(spec=MAPPING)(torch.rand(2, 3, 8, 8)).shape == (2, 4, 6, 6)
    wrong = {**MAPPING, "graph": [{"conv2d": {"out_channels": 4, "kernel_size": "3"}}]}
    with pytest.raises(archc.SpecError) as caught:
        archc.check(wrong)
    (found,) = caught.value.diagnostics
    assert (found.place.file.name, found.code.code) == ("<mapping>", "ARC201")
    assert found.place.file.lines[found.place.span.line - 1].strip() == '"kernel_size": "3"'


@pytest.mark.parametrize("name", ["resnet18", "unet", "fpn", "two_inputs"])
def test_a_mapping_means_what_the_file_means(name: str) -> None:
    path = ROOT / f"specs/{name}.yaml"
    spec = archc.Spec.from_file(path)
    assert isinstance(spec.source.data, dict)
    assert archc.to_source(archc.check(spec.source.data)) == archc.to_source(archc.check(spec))


def test_what_is_no_spec() -> None:
    for wrong in (3, None, b"x"):
        with pytest.raises(TypeError, match=r"a path, a mapping or an `archc\.Spec`"):
            archc.check(wrong)  # type: ignore[arg-type]
    with pytest.raises(archc.FileError, match=r"`archc\.Spec\.from_text`"):
        archc.check("archc: 1\nname: x\n")
    itself: dict[str, Any] = {}
    itself["graph"] = itself
    with pytest.raises(ValueError, match="contains itself"):
        archc.check(itself)
    deep: list[Any] = []
    for _ in range(100):
        deep = [deep]
    with pytest.raises(archc.SpecError, match="ARC501"):
        archc.check({"graph": deep})
