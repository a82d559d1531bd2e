"""`archc validate` of folders, of all variants, and what its JSON says of a spec."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from archc.cli import main

ROOT = Path(__file__).parents[1]
SPEC = "archc: 1\nname: net\ninputs: {image: [N, 3, 8, 8]}\n"
FAMILY = f"""\
{SPEC}params: {{kernel: 3, last: relu}}
variants: {{small: {{}}, large: {{kernel: 5}}, huge: {{kernel: 11}},
           odd: {{last: nothing, kernel: 11}}}}
init:
  linear: {{bias: zeros}}
  conv2d: {{bias: zeros}}
graph:
  - conv2d: {{out_channels: 4, kernel_size: $kernel}}
  - $last
"""


def call(*arguments: str) -> Result:
    return CliRunner().invoke(main, ["validate", *arguments], catch_exceptions=False)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with specs, blocks, and what is neither."""
    texts = {
        "nets/b.yaml": f"{SPEC}graph: [relu]\n",
        "nets/a.yml": f"{SPEC}graph: [tanh]\n",
        "nets/deep/c.yaml": "# first\n{archc: 1, name: net, inputs: {x: [N, 3]}, graph: [relu]}\n",
        "nets/parts.yaml": "archc: 1\nblocks:\n  A: {graph: [relu]}\n  B: {graph: [A]}\n",
        "nets/compose.yaml": "services: {web: {image: x}}\n",
        "nets/.hidden/d.yaml": f"{SPEC}graph: [nothing]\n",
        "nets/e.txt": f"{SPEC}graph: [nothing]\n",
        "none/compose.yaml": "services: {}\n",
    }
    for name, text in texts.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    monkeypatch.chdir(tmp_path)
    return tmp_path / "nets"


def test_a_folder(folder: Path) -> None:
    result = call("nets")
    assert result.exit_code == 0, result.stderr
    starts = [line.split(",")[0] for line in result.stdout.splitlines()]
    assert starts == ["net: 0 parameters"] * 2 + ["nets/parts.yaml: 2 blocks", "net: 0 parameters"]
    assert result.stderr == "checked 3 specs and 1 file of blocks\n"


def test_what_is_wrong_in_a_folder(folder: Path) -> None:
    parts = folder / "parts.yaml"
    parts.write_text(parts.read_text().replace("relu", "dropout: {p: 3}"))
    (folder / "b.yaml").write_text("archc: [\n")
    result = call("nets", "--format", "concise")
    assert result.exit_code == 1
    assert [line.split(" ")[0] for line in result.stderr.splitlines()] == [
        "nets/b.yaml:1:9:", "nets/parts.yaml:3:28:", "checked",
    ]  # fmt: skip
    data = json.loads(call("nets", "--format", "json").stdout)
    assert [(each["file"], each["valid"]) for each in data["specs"]] == [
        ("nets/a.yml", True), ("nets/b.yaml", False), ("nets/parts.yaml", False),
        ("nets/deep/c.yaml", True),
    ]  # fmt: skip


def test_a_folder_without_specs(folder: Path) -> None:
    result = call("none", "nets")
    assert result.exit_code == 2
    assert "none has no specs" in result.stderr
    assert len(result.stdout.splitlines()) == 4, "the others are checked"


def test_all_variants(folder: Path) -> None:
    Path("net.yaml").write_text(FAMILY)
    result = call("net.yaml", "--all-variants", "--format", "concise")
    assert result.exit_code == 1
    assert [line.split(":")[0] for line in result.stdout.splitlines()] == ["small", "large"]
    told = [line.split("] ") for line in result.stderr.splitlines()]
    assert [(start, text[text.rindex("(") :]) for start, *_, text in told] == [
        ("net.yaml:11:5: error[ARC401", "(variants `huge` and `odd`)"),
        ("net.yaml:12:5: error[ARC101", "(variant `odd`)"),
        ("net.yaml:8:3: warning[ARC908", "(variants `small` and `large`)"),
    ]
    data = json.loads(call("net.yaml", "--all-variants", "--format", "json").stdout)
    assert [(each["variant"], each["valid"]) for each in data["specs"]] == [
        ("small", True), ("large", True), ("huge", False), ("odd", False),
    ]  # fmt: skip
    assert call("net.yaml", "--all-variants", "--variant", "small").exit_code == 2
    assert call("net.yaml").exit_code == 0
    assert "variant" not in call("net.yaml", "--variant", "odd").stderr


def test_an_init_that_one_variant_needs_is_used(folder: Path) -> None:
    text = f"""{SPEC}params: {{head: true}}
variants: {{with: {{}}, without: {{head: false}}}}
init: {{linear: {{bias: zeros}}}}
graph: [flatten, {{when: $head, linear: {{out_features: 2}}}}]
"""
    Path("net.yaml").write_text(text.replace("with:", "one:").replace("without:", "other:"))
    assert "ARC908" in call("net.yaml", "--variant", "other").stderr
    result = call("net.yaml", "--all-variants", "--strict")
    assert (result.exit_code, result.stderr) == (0, "")


@pytest.mark.parametrize("name", ["resnet18", "two_inputs", "torchvision/vgg"])
def test_json_says_what_the_line_says(name: str) -> None:
    path = str(ROOT / f"specs/{name}.yaml")
    line = call(path).stdout
    (found,) = json.loads(call(path, "--format", "json").stdout)["specs"]
    assert found["file"] == path
    assert found["valid"] is True
    assert line.startswith(
        f"{found['name']}: {found['params']:,} parameters, {found['macs']:,} MACs"
    )
    assert line.endswith(f", accepts {found['accepts']}\n")
    for shapes in (found["inputs"], found["outputs"]):
        for shape in shapes.values():
            assert f"[{', '.join(map(str, shape))}]" in line


def test_a_file_of_blocks(folder: Path) -> None:
    text = "archc: 1\nparams: {k: 1}\nblocks: {A: {graph: [dropout: {p: $k}, relu]}}\n"
    Path("parts.yaml").write_text(text)
    assert call("parts.yaml").stdout == "parts.yaml: 1 block\n"
    told: Any = json.loads(call("parts.yaml", "--format", "json").stdout)["specs"]
    assert told == [{"file": "parts.yaml", "variant": None, "valid": True, "blocks": ["A"]}]
    Path("parts.yaml").write_text(
        text.replace("$k", "$l").replace("k: 1", "k: {min: 2, default: 1}")
    )
    result = call("parts.yaml", "--format", "concise")
    assert result.exit_code == 1
    assert [line.split(" ")[1] for line in result.stderr.splitlines()] == [
        "error[ARC202]", "error[ARC204]",
    ]  # fmt: skip
