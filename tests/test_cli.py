"""The command line: what it says, where, and its exit codes."""

from __future__ import annotations

import csv
import importlib.util
import io
import json
import os
import stat
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

import archc
from archc.cli import main
from archc.compiler import to_source
from archc.emit.python import MARK

ROOT = Path(__file__).parent.parent

BEFORE = f"{MARK}\nbefore"
GOOD = """\
archc: 1
name: small
params:
  channels: 4
  scale: {type: float, default: 0.5}
variants:
  wide: {channels: 16}
inputs:
  image: [N, 3, 8, 8]
graph:
  - conv2d: {out_channels: $channels, kernel_size: 3}
  - dropout: {p: $scale}
"""

LINE = (
    "small: 112 parameters, 3,888 MACs, image [N, 3, 8, 8] -> [N, 4, 6, 6], "
    "accepts H = W: 3 and up\n"
)

WRONG = """\
archc: 1
name: wrong
inputs:
  image: [N, 3, 8, 8]
graph:
  - conv2d: {out_channels: 4, kernel_size: 3}
  - conv2: {out_channels: 4}
  - name: other
    from: image
    max_pool2d: {kernel_size: 9}
  - add: [input, other]
"""


def call(*arguments: str, stdin: str | bytes | None = None) -> Result:
    return CliRunner().invoke(main, arguments, input=stdin)


def process(
    *arguments: str, cwd: Path, path: Path | None = None, stdin: str = ""
) -> subprocess.CompletedProcess[str]:
    paths = os.pathsep.join(str(p) for p in (path, ROOT) if p is not None)
    return subprocess.run(
        [sys.executable, "-m", "archc", *arguments],
        cwd=cwd,
        input=stdin,
        env={**os.environ, "PYTHONPATH": paths},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture
def good(tmp_path: Path) -> Path:
    path = tmp_path / "good.yaml"
    path.write_text(GOOD)
    return path


@pytest.fixture
def wrong(tmp_path: Path) -> Path:
    path = tmp_path / "wrong.yaml"
    path.write_text(WRONG)
    return path


# archc


def test_version(tmp_path: Path) -> None:
    """The version of the package that is installed."""
    info = tmp_path / "archc-12.3.4.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: archc\nVersion: 12.3.4\n")
    done = process("--version", cwd=tmp_path, path=tmp_path)
    assert (done.returncode, done.stdout) == (0, "archc 12.3.4\n"), done.stderr


def test_the_list_of_commands_is_not_cut_short() -> None:
    assert "..." not in CliRunner().invoke(main, ["--help"]).stdout.split("Commands:")[1]


@pytest.mark.parametrize(
    ("word", "says"),
    [
        ("validat", "No such command 'validat'. Did you mean `validate`?\n"),
        ("net.yaml", "No such command 'net.yaml'. Did you mean `archc validate net.yaml`?\n"),
        ("train", "No such command 'train'.\n"),
    ],
)
def test_words_that_are_no_command(word: str, says: str) -> None:
    result = call(word)
    assert result.exit_code == 2
    assert result.stderr.endswith(f"Error: {says}")


def test_help() -> None:
    for arguments in (["--help"], ["-h"], ["validate", "-h"], ["compile", "-h"], ["summary", "-h"]):
        result = call(*arguments)
        assert result.exit_code == 0
        assert result.stdout.startswith("Usage:")


@pytest.mark.parametrize(
    "arguments",
    [
        ["train"],
        ["validate"],
        ["validate", "--depth", "3", "x"],
        ["compile", "a", "b"],
        ["summary", "x", "--format", "xml"],
        ["compile", "x", "--emit", "onnx"],
        ["compile", "x", "--check"],
    ],
    ids=" ".join,
)
def test_wrong_usage(arguments: list[str]) -> None:
    result = call(*arguments)
    assert result.exit_code == 2
    assert "Usage:" in result.stderr
    assert result.stdout == ""


# archc validate


def test_validate(good: Path) -> None:
    result = call("validate", str(good))
    assert (result.exit_code, result.stdout, result.stderr) == (0, LINE, "")


def test_validate_in_a_process(good: Path) -> None:
    done = process("validate", "good.yaml", cwd=good.parent)
    assert (done.returncode, done.stdout, done.stderr) == (0, LINE, "")
    done = process("validate", "-", cwd=good.parent, stdin=GOOD)
    assert (done.returncode, done.stdout, done.stderr) == (0, LINE, "")


def test_validate_says_what_is_wrong_and_where(wrong: Path) -> None:
    done = process("validate", "wrong.yaml", cwd=wrong.parent)
    assert (done.returncode, done.stdout) == (1, "")
    assert "error[ARC101] unknown-operation" in done.stderr
    assert "--> wrong.yaml:7:5\n" in done.stderr
    assert "  - conv2: {out_channels: 4}\n" in done.stderr
    assert "did you mean `conv2d`?" in done.stderr
    assert "error[ARC401] size-below-one" in done.stderr
    assert "--> wrong.yaml:10:5\n" in done.stderr
    assert done.stderr.endswith("2 errors\n")
    assert "\x1b" not in done.stderr
    assert "Traceback" not in done.stderr


def test_a_mistake_in_a_built_in_block_is_the_callers() -> None:
    text = "archc: 1\nname: x\ninputs: {x: [N, 1, 1, 9]}\ngraph:\n  - relu\n  - transition\n"
    result = call("validate", "-", stdin=text)
    assert result.exit_code == 1
    assert "--> <stdin>:6:5\n" in result.stderr
    with pytest.raises(archc.SpecError) as caught:
        archc.check(archc.Spec.from_text(text))
    (diagnostic,) = caught.value.diagnostics
    assert (diagnostic.place.file.name, diagnostic.place.span.line) == ("<text>", 6)
    assert [Path(label.place.file.name).name for label in diagnostic.related] == ["transition.yaml"]


def test_a_mistake_in_an_argument_is_at_its_value() -> None:
    text = (
        "archc: 1\nname: x\ninputs: {x: [N, 1, 9, 9]}\ngraph:\n"
        "  - conv2d:\n"
        "      out_channels: 0\n"
        "      kernel_size: [1, 2, 3]\n"
        "      strid: 2\n"
        "  - add: {a: [max_pool2d: {kernel_size: 2}], b: []}\n"
    )
    with pytest.raises(archc.SpecError) as caught:
        archc.check(archc.Spec.from_text(text))
    places = [(d.code.code, d.place.span) for d in caught.value.diagnostics]
    assert [(code, span.line, span.column, span.end_column) for code, span in places] == [
        ("ARC202", 6, 21, 22),
        ("ARC201", 7, 20, 29),
        ("ARC102", 8, 7, 12),
    ]


def test_what_does_not_match_names_both_producers() -> None:
    text = (
        "archc: 1\nname: x\ninputs: {x: [N, 1, 9, 9]}\ngraph:\n"
        "  - {name: low, max_pool2d: {kernel_size: 2}}\n"
        "  - {name: high, from: input, relu}\n"
        "  - {name: both, add: [low, high]}\n"
    )
    with pytest.raises(archc.SpecError) as caught:
        archc.check(archc.Spec.from_text(text))
    (diagnostic,) = caught.value.diagnostics
    assert (diagnostic.code.code, diagnostic.place.span.line) == ("ARC402", 7)
    assert diagnostic.place.span.column == 18
    assert [label.place.span.line for label in diagnostic.related] == [5, 6]
    assert ["[N, 1, 4, 4]" in diagnostic.related[0].text] == [True]
    assert ["[N, 1, 9, 9]" in diagnostic.related[1].text] == [True]


def test_validate_several(good: Path, wrong: Path, tmp_path: Path) -> None:
    missing = str(tmp_path / "missing.yaml")
    both = call("validate", str(good), str(good))
    assert (both.exit_code, both.stdout) == (0, LINE * 2)
    some = call("validate", str(wrong), str(good))
    assert (some.exit_code, some.stdout) == (1, LINE)
    worst = call("validate", missing, str(good), str(wrong))
    assert (worst.exit_code, worst.stdout) == (2, LINE)
    assert "missing.yaml" in worst.stderr
    assert "ARC101" in worst.stderr


@pytest.mark.parametrize("command", ["validate", "compile", "summary"])
def test_files_that_cannot_be_read(command: str, tmp_path: Path) -> None:
    for path in (tmp_path, tmp_path / "missing.yaml", tmp_path / "missing" / "x.yaml"):
        result = call(command, str(path))
        assert (result.exit_code, result.stdout) == (2, "")
        assert str(path) in result.stderr
        assert result.exception is None or isinstance(result.exception, SystemExit)


@pytest.mark.parametrize("command", ["validate", "compile", "summary"])
@pytest.mark.parametrize(
    "data", [b"", b"\xff\xfe\x00", b"# nothing\n", b"a: [", b"- 1\n", b"archc: 1\n"], ids=repr
)
def test_standard_input_that_is_no_spec(command: str, data: bytes) -> None:
    result = call(command, "-", stdin=data)
    assert (result.exit_code, result.stdout) == (1 if data else 2, "")
    assert "<stdin>" in result.stderr
    assert isinstance(result.exception, SystemExit)


def test_choices(good: Path) -> None:
    def says(*arguments: str) -> str:
        result = call("validate", str(good), *arguments)
        assert (result.exit_code, result.stderr) == (0, "")
        return result.stdout

    assert says("--set", "channels=5").startswith("small: 140 parameters, 4,860 MACs")
    assert says("--variant", "wide").startswith("wide: 448 parameters")
    assert says("--variant", "wide", "--set", "channels=5").startswith("wide: 140 parameters")
    assert says("--set", "channels=5", "--set", "channels=6").startswith("small: 168 parameters")
    assert "image [N, 3, 9, 20] -> [N, 4, 7, 18]" in says("--input", "image=3x9x20")
    assert "image [N, 5, 8, 8] -> [N, 4, 6, 6]" in says("--input", "image=5x8x8")


@pytest.mark.parametrize(
    ("arguments", "code", "says"),
    [
        (["--set", "channels"], 2, "NAME=VALUE"),
        (["--set", "=3"], 2, "NAME=VALUE"),
        (["--set", "channels=[1"], 2, "`[1`"),
        (["--set", "channels=two"], 1, "ARC201"),
        (["--set", "channels='4'"], 1, "ARC201"),
        (["--set", "channels=true"], 1, "ARC201"),
        (["--set", "channels=0"], 1, "ARC202"),
        (["--set", "chanels=3"], 1, "did you mean `channels`?"),
        (["--input", "image"], 2, "NAME=1x224x224"),
        (["--input", "image=3x8x"], 2, "NAME=1x224x224"),
        (["--input", "image=3x0x8"], 2, "at least 1"),
        (["--input", "image=3x8"], 1, "ARC404"),
        (["--input", "imag=3x8x8"], 1, "did you mean `image`?"),
        (["--input", "image=3x2x8"], 1, "ARC401"),
        (["--variant", "wid"], 1, "did you mean `wide`?"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else None,
)
def test_wrong_choices(arguments: list[str], code: int, says: str, good: Path) -> None:
    for command in ("validate", "compile", "summary"):
        result = call(command, str(good), *arguments)
        assert (result.exit_code, result.stdout) == (code, ""), result.stderr
        assert says in result.stderr


def test_a_warning_is_said_and_is_no_error(tmp_path: Path) -> None:
    path = tmp_path / "unused.yaml"
    path.write_text(GOOD.replace("p: $scale", "p: 0.25"))
    result = call("validate", str(path))
    assert (result.exit_code, result.stdout) == (0, LINE)
    assert "warning[ARC901]" in result.stderr
    assert "unused.yaml:5:3" in result.stderr


# archc compile


def test_compile(good: Path) -> None:
    result = call("compile", str(good))
    assert (result.exit_code, result.stderr) == (0, "")
    assert result.stdout == to_source(archc.check(good))
    assert "class Small(nn.Sequential):" in result.stdout
    assert call("compile", "-", stdin=GOOD).stdout == result.stdout
    assert call("compile", str(good), "--emit", "python").stdout == result.stdout
    wide = call("compile", str(good), "--variant", "wide").stdout
    assert wide == to_source(archc.check(good, variant="wide"))
    larger = call("compile", str(good), "--input", "image=3x9x20", "--set", "channels=7").stdout
    assert larger == to_source(archc.check(good, {"channels": 7}, {"image": (3, 9, 20)}))


@pytest.mark.torch
def test_compile_to_a_file(good: Path, tmp_path: Path) -> None:
    output = tmp_path / "new" / "folder" / "net.py"
    result = call("compile", str(good), "-o", str(output))
    assert (result.exit_code, result.stdout, result.stderr) == (0, "", "")
    assert output.read_bytes() == to_source(archc.check(good)).encode()
    assert [path.name for path in output.parent.iterdir()] == ["net.py"]
    found = importlib.util.spec_from_file_location("net", output)
    assert found is not None
    assert found.loader is not None
    module = importlib.util.module_from_spec(found)
    found.loader.exec_module(module)
    assert isinstance(module.Small(), module.nn.Sequential)


def test_compile_keeps_the_mode_of_a_file(good: Path, tmp_path: Path) -> None:
    output = tmp_path / "net.py"
    output.write_text(BEFORE)
    output.chmod(0o640)
    assert call("compile", str(good), "-o", str(output)).exit_code == 0
    assert stat.S_IMODE(output.stat().st_mode) == 0o640
    assert output.read_text() == to_source(archc.check(good))


def test_check(good: Path, tmp_path: Path) -> None:
    output = tmp_path / "net.py"
    arguments = ["compile", str(good), "-o", str(output)]
    missing = call(*arguments, "--check")
    assert missing.exit_code == 1
    assert "+class Small(nn.Sequential):" in missing.stdout
    assert not output.exists()

    assert call(*arguments).exit_code == 0
    same = call(*arguments, "--check")
    assert (same.exit_code, same.stdout, same.stderr) == (0, "", "")

    other = call(*arguments, "--set", "channels=5", "--check")
    assert other.exit_code == 1
    assert "-            nn.Conv2d(3, 4, kernel_size=3)" in other.stdout
    assert "+            nn.Conv2d(3, 5, kernel_size=3)" in other.stdout
    assert output.read_text() == to_source(archc.check(good))

    wrong_spec = call("compile", "-", "-o", str(output), "--check", stdin=WRONG)
    assert (wrong_spec.exit_code, wrong_spec.stdout) == (1, "")
    output.write_bytes(b"\xff")
    assert call(*arguments, "--check").exit_code in (1, 2)


def test_check_takes_line_ends_for_what_they_are(good: Path, tmp_path: Path) -> None:
    """git's `autocrlf` makes such files."""
    output = tmp_path / "net.py"
    text = to_source(archc.check(good))
    arguments = ["compile", str(good), "-o", str(output), "--check"]
    output.write_bytes(text.replace("\n", "\r\n").encode())
    assert call(*arguments).exit_code == 0
    text = text.replace("kernel_size=3", "kernel_size=1")
    output.write_bytes(text.replace("\n", "\r\n").encode())
    other = call(*arguments)
    assert other.exit_code == 1
    assert [line[0] for line in other.stdout.splitlines()[3:]].count("-") == 1


def test_check_tells_github_of_the_file(good: Path, tmp_path: Path) -> None:
    output = tmp_path / "net.py"
    arguments = ["compile", str(good), "-o", str(output)]
    call(*arguments)
    lines = output.read_text().splitlines(keepends=True)
    wrong = next(number for number, line in enumerate(lines) if "Conv2d" in line)
    output.write_text("".join([*lines[:wrong], *lines[wrong + 1 :]]))
    found = call(*arguments, "--check", "--message-format", "github")
    assert found.exit_code == 1
    assert found.stderr.startswith(f"::error file={output},line={wrong + 1},title=archc")
    assert found.stderr.count("\n") == 1
    assert call(*arguments, "--check").stderr == ""


def test_a_link_is_written_through(good: Path, tmp_path: Path) -> None:
    """Also one that dangles; one in a circle is refused."""
    text = to_source(archc.check(good))
    link, target = tmp_path / "link.py", tmp_path / "sub" / "net.py"
    link.symlink_to(Path("sub") / "net.py")
    for before in (None, f"{MARK}\n"):
        if before is not None:
            target.write_text(before)
        assert call("compile", str(good), "-o", str(link)).exit_code == 0
        assert link.is_symlink()
        assert target.read_text() == text
    target.write_text("x = 1\n")
    assert call("compile", str(good), "-o", str(link)).exit_code == 2
    assert target.read_text() == "x = 1\n"
    circle = tmp_path / "circle.py"
    circle.symlink_to(circle)
    found = call("compile", str(good), "-o", str(circle))
    assert (found.exit_code, found.stderr.count("\n")) == (2, 1)
    assert circle.is_symlink()


def test_a_wrong_spec_leaves_the_file(wrong: Path, tmp_path: Path) -> None:
    output = tmp_path / "net.py"
    output.write_text(BEFORE)
    result = call("compile", str(wrong), "-o", str(output))
    assert (result.exit_code, result.stdout) == (1, "")
    assert output.read_text() == BEFORE


@pytest.mark.parametrize("fails", ["replace", "write"])
def test_a_failed_write_leaves_the_file(
    fails: str, good: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    output = tmp_path / "out" / "net.py"
    output.parent.mkdir()
    output.write_text(BEFORE)

    def full(*_: Any) -> None:
        raise OSError(28, "No space left on device")

    if fails == "replace":
        monkeypatch.setattr(Path, "replace", full)
    else:
        monkeypatch.setattr(os, "fsync", full)
    result = call("compile", str(good), "-o", str(output))
    assert (result.exit_code, result.stdout) == (2, "")
    assert "No space left on device" in result.stderr
    assert output.read_text() == BEFORE
    assert [path.name for path in output.parent.iterdir()] == ["net.py"]


def test_an_output_that_cannot_be(good: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    for output in (tmp_path, tmp_path / "file" / "net.py"):
        result = call("compile", str(good), "-o", str(output))
        assert (result.exit_code, result.stdout) == (2, "")
        assert isinstance(result.exception, SystemExit)


@pytest.mark.parametrize(
    "arguments",
    [("compile", "SPEC"), ("compile", "SPEC", "--check"), ("expand", "SPEC"), ("new", "x")],
)
def test_an_output_that_is_called_a_folder(
    arguments: tuple[str, ...], good: Path, tmp_path: Path
) -> None:
    output = f"{tmp_path / 'out'}/"
    result = call(*(argument.replace("SPEC", str(good)) for argument in arguments), "-o", output)
    assert result.exit_code == 2
    assert f"`{output}` is a folder: name a file in it" in result.stderr
    assert not (tmp_path / "out").exists()


def test_emit_document(good: Path) -> None:
    result = call("compile", str(good), "--emit", "document")
    assert result.exit_code == 0
    document = json.loads(result.stdout)
    assert document["name"] == "small"
    assert document["params"]["channels"] == {"type": "int", "default": 4}
    assert document["graph"][0]["operation"] == "conv2d"
    assert document["graph"][0]["arguments"] == {"out_channels": "$channels", "kernel_size": 3}
    assert call("compile", "-", "--emit", "document", stdin="archc: 1\n").exit_code == 1
    assert call("compile", "/missing.yaml", "--emit", "document").exit_code == 2


def test_emit_network(good: Path) -> None:
    result = call("compile", str(good), "--emit", "network")
    assert result.exit_code == 0
    assert result.stdout.startswith("network small at H = 8, W = 8\n")
    assert "nn.Conv2d(in_channels=3, out_channels=4, kernel_size=3)" in result.stdout
    assert "[N, 4, H-2, W-2]" in result.stdout
    assert "# line 11\n" in result.stdout


# archc summary


def test_summary_as_json(good: Path) -> None:
    result = call("summary", str(good), "--format", "json")
    assert (result.exit_code, result.stderr) == (0, "")
    assert json.loads(result.stdout) == {
        "name": "small",
        "params": 112,
        "macs": 3888,
        "inputs": {"image": ["N", 3, 8, 8]},
        "outputs": {"output": ["N", 4, 6, 6]},
        "nodes": [
            {
                "path": "0",
                "op": "conv2d",
                "output": ["N", 4, 6, 6],
                "params": 112,
                "macs": 3888,
                "line": 11,
            },
            {
                "path": "1",
                "op": "dropout",
                "output": ["N", 4, 6, 6],
                "params": 0,
                "macs": 0,
                "line": 12,
            },
        ],
    }
    assert list(json.loads(result.stdout)) == [
        "name",
        "params",
        "macs",
        "inputs",
        "outputs",
        "nodes",
    ]


def test_summary_keeps_symbols() -> None:
    text = GOOD.replace("8, 8", "H, W")
    summary = json.loads(call("summary", "-", "--format", "json", stdin=text).stdout)
    assert summary["inputs"] == {"image": ["N", 3, "H", "W"]}
    assert summary["outputs"]["output"][:2] == ["N", 4]
    assert [type(size) for size in summary["outputs"]["output"][2:]] == [str, str]
    assert isinstance(summary["macs"], str)


def test_summary_of_several_inputs_and_outputs() -> None:
    path = Path(__file__).parent / "cases" / "several.yaml"
    summary = json.loads(call("summary", str(path), "--format", "json").stdout)
    assert list(summary["inputs"]) == ["image", "vector"]
    assert summary["outputs"] == {
        "map": ["N", 2, 6, 3],
        "features": ["N", 14],
        "vector": ["N", 4],
    }


def test_summary_lines_of_a_built_in_block_are_the_calls() -> None:
    text = "archc: 1\nname: x\ninputs: {x: [N, 2, 9, 9]}\ngraph:\n  - relu\n  - transition\n"
    summary = json.loads(call("summary", "-", "--format", "json", stdin=text).stdout)
    assert [node["line"] for node in summary["nodes"]] == [5, 6, 6, 6, 6]


def test_summary_as_csv(good: Path) -> None:
    result = call("summary", str(good), "--format", "csv")
    rows = list(csv.DictReader(io.StringIO(result.stdout)))
    assert rows == [
        {
            "path": "0",
            "operation": "conv2d",
            "output": "[N, 4, 6, 6]",
            "parameters": "112",
            "macs": "3888",
            "line": "11",
        },
        {
            "path": "1",
            "operation": "dropout",
            "output": "[N, 4, 6, 6]",
            "parameters": "0",
            "macs": "0",
            "line": "12",
        },
    ]


def test_summary_as_markdown(good: Path) -> None:
    assert call("summary", str(good), "--format", "markdown").stdout == (
        "| path | operation | output | formula | parameters | MACs |\n"
        "| --- | --- | --- | --- | ---: | ---: |\n"
        "| 0 | conv2d | [N, 4, 6, 6] | [N, 4, H-2, W-2] | 112 | 3,888 |\n"
        "| 1 | dropout | [N, 4, 6, 6] | [N, 4, H-2, W-2] | 0 | 0 |\n"
        "| total |  |  |  | 112 | 3,888 |\n"
    )


def test_summary_as_a_table(good: Path) -> None:
    expected = (
        "path   operation  output        formula           parameters   MACs\n"
        "-------------------------------------------------------------------\n"
        "0      conv2d     [N, 4, 6, 6]  [N, 4, H-2, W-2]         112  3,888\n"
        "1      dropout    [N, 4, 6, 6]  [N, 4, H-2, W-2]           0      0\n"
        "-------------------------------------------------------------------\n"
        "total                                                    112  3,888\n"
    )
    assert call("summary", str(good)).stdout == expected
    assert call("summary", str(good), "--format", "table").stdout == expected
    assert call("summary", "-", stdin=GOOD).stdout == expected


@pytest.mark.parametrize("name", ["resnet18", "unet", "siamese", "two_inputs"])
def test_documents_with_every_kind_of_node_are_json(name: str) -> None:
    shown = call("compile", str(ROOT / "specs" / f"{name}.yaml"), "--emit", "document").stdout
    assert json.loads(shown)["name"] == name


def test_a_new_spec_where_no_file_can_be(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    assert call("new", "mine", "-o", str(tmp_path / "file" / "mine.yaml")).exit_code == 2


@pytest.mark.parametrize(
    ("call", "says"),
    [
        ("validate resnet18", "archc has no networks by name: give the path of a spec"),
        ("validate here/small", "did you mean `here/small.yaml`?"),
        ("validate text.yaml", "a spec is more than a name: `archc new NAME` writes one"),
        ("check x", "Did you mean `validate`?"),
        ("ops lstm", "there is no `lstm`: recurrent networks are not covered"),
        ("ops LSTM", "there is no `LSTM`: recurrent networks are not covered"),
        ("validate newer.yaml", "a newer archc may read it; for this one write `archc: 1`"),
        ("validate older.yaml", "= help: write `archc: 1`"),
    ],
)
def test_where_the_author_wanted_to_go(
    call: str, says: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "here").mkdir()
    (tmp_path / "here/small.yaml").write_text(GOOD)
    (tmp_path / "text.yaml").write_text("resnet18")
    (tmp_path / "newer.yaml").write_text(GOOD.replace("archc: 1", "archc: 2"))
    (tmp_path / "older.yaml").write_text(GOOD.replace("archc: 1", "archc: 0"))
    result = CliRunner().invoke(main, call.split())
    assert result.exit_code in (1, 2)
    assert says in result.stderr
