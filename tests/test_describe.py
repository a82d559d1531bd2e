"""What archc tells of its language: `ops`, `blocks`, `schema`, `new`, `completion`."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from click.shell_completion import ShellComplete
from click.testing import CliRunner, Result
from jsonschema import Draft7Validator

import archc
from archc.blocks import BLOCKS
from archc.blocks.examples import EXAMPLES
from archc.cli import main
from archc.describe.page import example
from archc.document.loader import builtin_block
from archc.ops import JOINS, OPERATIONS, operation_class
from archc.schema import json_schema, schema_text
from archc.source import read

ROOT = Path(__file__).parent.parent
SHAPES = [
    f"[N, {sizes}]" for sizes in ("64", "64, 32", "64, 8, 8", "2, 8, 8", "1, 8, 8", "64, 8, 8, 8")
]
"""Shapes of which each operation's example fits one."""


def call(*arguments: str) -> Result:
    return CliRunner().invoke(main, arguments, catch_exceptions=False)


def accepted(name: str, shape: str) -> bool:
    """Whether the example of an operation is a node that an input of `shape` fits."""
    before = ["- {name: first, identity}"]
    before += ["- {name: second, identity}"] if name in JOINS else []
    graph = [*before, example(name)]
    if operation_class(name).arity[0] == 0:
        graph = [example(name), "- mul: [x, offset]"]
    text = f"archc: 1\nname: net\ninputs: {{x: {shape}}}\ngraph:\n"
    try:
        archc.check(archc.Spec.from_text(text + "\n".join(f"  {line}" for line in graph)))
    except archc.SpecError:
        return False
    return True


@pytest.mark.parametrize("name", OPERATIONS)
def test_page_of_an_operation(name: str) -> None:
    result = call("ops", name)
    assert result.exit_code == 0
    signature, *rest = result.output.split("\n\n")
    assert signature.startswith(name)
    fields = operation_class(name).model_fields.items()
    for key, field in fields:
        assert f"\n  {key} " in "\n\n".join(["", *rest])
        assert name in JOINS or re.search(
            rf"\b{key}{'' if field.is_required() else ': '}", signature
        )
    assert result.output.endswith(f"example: {example(name)}\n")


@pytest.mark.parametrize("name", OPERATIONS)
def test_example_is_accepted(name: str) -> None:
    assert any(accepted(name, shape) for shape in SHAPES), example(name)
    node = read(example(name), "example").data
    data = {"archc": 1, "name": "net", "inputs": {"x": ["N", 3]}, "graph": node}
    Draft7Validator(json_schema()).validate(data)


def test_lists_are_complete_and_a_line_each() -> None:
    for command, names in ("ops", OPERATIONS), ("blocks", BLOCKS):
        lines = call(command).output.splitlines()
        assert [line.split()[0] for line in lines] == sorted(names)
        assert all(line.endswith(".") for line in lines)


def test_page_of_a_block() -> None:
    assert call("blocks", "residual").output == (
        "residual: {out_channels, stride: 1, "
        "use_1x1conv: $(stride != 1 or out_channels != input.channels)}\n\n"
        "Two 3x3 convolutions beside a shortcut, which is a 1x1 convolution where the shape "
        "changes.\n\n"
        "  out_channels  Channels of every convolution. (int, at least 1; required)\n"
        "  stride        Stride of conv1 and the shortcut. (int, at least 1; default 1)\n"
        "  use_1x1conv   Whether the shortcut is a 1x1 convolution. "
        "(any; default $(stride != 1 or out_channels != input.channels))\n\n"
        "source: https://arxiv.org/abs/1512.03385, as in Dive into Deep Learning 7.6\n"
        "example: - residual: {out_channels: 128, stride: 2}\n"
    )


@pytest.mark.parametrize("name", BLOCKS)
def test_blocks(name: str) -> None:
    page = call("blocks", name).output
    assert all(f"\n  {key} " in page for key in builtin_block(name).body.params)
    source = ROOT / "archc" / "blocks" / f"{name}.yaml"
    assert call("blocks", name, "--source").output == source.read_text(encoding="utf-8")


@pytest.mark.parametrize("name", BLOCKS)
def test_example_of_a_block(name: str) -> None:
    text = call("blocks", name, "--example").output
    network = archc.check(archc.Spec.from_text(text))
    assert not network.warnings
    assert [node.operation for node in network.graph.nodes] == [name]
    assert call("blocks", name).output.splitlines()[-1] == f"example: {text.splitlines()[-1][2:]}"
    Draft7Validator(json_schema()).validate(read(text, name).data)


def test_every_block_has_an_example() -> None:
    assert tuple(EXAMPLES) == BLOCKS


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("ops", "conv2dd"), "did you mean `conv2d`?"),
        (("ops", "BatchNorm2d"), "did you mean `batch_norm2d`?"),
        (("ops", "zzz"), "`archc ops` lists them"),
        (("ops", "residual"), "it is a block: `archc blocks residual`"),
        (("blocks", "residul"), "did you mean `residual`?"),
        (("blocks", "relu"), "it is an operation: `archc ops relu`"),
        (("blocks", "--source"), "--source needs the NAME of a block"),
        (("blocks", "--example"), "--example needs the NAME of a block"),
        (("blocks", "fire", "--example", "--source"), "do not go together"),
        (("new", "My-Net"), "small letters, digits and `_`"),
        (("new", "a: b\nc"), "small letters, digits and `_`"),
        (("completion", "tcsh"), "'tcsh' is not one of"),
    ],
)
def test_wrong_calls(arguments: tuple[str, ...], words: str) -> None:
    result = call(*arguments)
    assert result.exit_code == 2
    assert words in result.stderr
    assert not result.stdout


def test_schema_is_printed() -> None:
    assert call("schema").stdout == schema_text()
    assert json.loads(schema_text()) == json_schema()


def test_new(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    result = call("new", "my_net", "-o", "specs/my_net.yaml")
    assert result.exit_code == 0
    assert result.stderr == (
        "for editors: mkdir -p schema && archc schema > schema/archc.schema.json\n"
    )
    text = Path("specs/my_net.yaml").read_text(encoding="utf-8")
    assert text == call("new", "my_net").stdout
    network = archc.check("specs/my_net.yaml")
    assert network.name == "my_net"
    assert not network.warnings
    Draft7Validator(json_schema()).validate(read(text, "my_net.yaml").data)


def test_new_names_the_schema_from_where_it_stands(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("schema").mkdir()
    Path("schema/archc.schema.json").touch()
    for path in ("x.yaml", "specs/deep/x.yaml"):
        assert not call("new", "x", "-o", path).stderr
        first, _, _ = Path(path).read_text(encoding="utf-8").partition("\n")
        found = Path(path).parent / first.partition("$schema=")[2]
        assert found.resolve() == Path("schema/archc.schema.json").resolve()


def test_new_overwrites_nothing(tmp_path: Path) -> None:
    path = tmp_path / "mine.yaml"
    path.write_text("mine", encoding="utf-8")
    result = call("new", "mine", "-o", str(path))
    assert result.exit_code == 2
    assert "overwrites nothing" in result.stderr
    assert path.read_text(encoding="utf-8") == "mine"


def test_new_where_no_file_can_be(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    assert call("new", "mine", "-o", str(tmp_path / "file" / "mine.yaml")).exit_code != 0


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_script(shell: str) -> None:
    result = call("completion", shell)
    assert result.exit_code == 0
    assert "_ARCHC_COMPLETE" in result.stdout


@pytest.mark.parametrize(
    ("arguments", "begun", "names"),
    [
        ([], "comp", ["compile", "completion"]),
        (["ops"], "conv2", ["conv2d"]),
        (["blocks"], "resid", ["residual"]),
        (["completion"], "z", ["zsh"]),
    ],
)
def test_completes(arguments: list[str], begun: str, names: list[str]) -> None:
    shell = ShellComplete(main, {}, "archc", "_ARCHC_COMPLETE")
    assert [item.value for item in shell.get_completions(arguments, begun)] == names


def test_completion_speaks_to_the_shell() -> None:
    words = {"_ARCHC_COMPLETE": "bash_complete", "COMP_WORDS": "archc ops conv2", "COMP_CWORD": "2"}
    code = "import sys; sys.argv[0] = 'archc'; from archc.cli import main; main()"
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True, text=True, check=False, cwd=ROOT, env={**os.environ, **words},
    )  # fmt: skip
    assert done.stdout == "plain,conv2d\n"


@pytest.mark.parametrize(
    "arguments",
    [["ops"], ["ops", "conv2d"], ["blocks"], ["schema"], ["new", "x"], ["completion", "bash"]],
    ids=" ".join,
)
def test_starts_no_torch(arguments: list[str]) -> None:
    code = (
        "import sys; from archc.cli import main\n"
        f"try: main({arguments!r})\n"
        "except SystemExit as end: assert not end.code\n"
        "assert not {'torch', 'numpy', 'sympy'} & sys.modules.keys()"
    )
    subprocess.run([sys.executable, "-c", code], check=True, cwd=ROOT, stdout=subprocess.DEVNULL)
