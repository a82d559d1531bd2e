"""Hostile input, one by one: each is a diagnostic with a place, within ten seconds and a gigabyte,
exit code 1 or 2, and never a traceback. And files: whole or not at all, and none that is not ours.
"""

from __future__ import annotations

import os
import re
import resource
import shlex
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from click.testing import CliRunner, Result

import archc
from archc.cli import main
from archc.compiler import to_source
from archc.diagnostics import CATALOGUE
from archc.names import MODULE_ATTRIBUTES

ROOT = Path(__file__).parent.parent
SECONDS = 10
BYTES = 1024**3

HEAD = "archc: 1\nname: x\ninputs: {image: [N, 3, 32, 32]}\n"
RIGHT = f"{HEAD}graph:\n  - conv2d: {{out_channels: 4, kernel_size: 3}}\n"


class Outcome(NamedTuple):
    """How a command ended, and what it said."""

    code: int
    stdout: str
    stderr: str


def limited(*arguments: str, cwd: Path, stdin: bytes = b"", **environment: str) -> Outcome:
    """`archc` in a process of its own, with a gigabyte and ten seconds: of its own, as the machine
    may be busy.
    """

    def limit() -> None:
        resource.setrlimit(resource.RLIMIT_AS, (BYTES, BYTES))
        resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))

    done = subprocess.run(
        [sys.executable, "-m", "archc", *arguments],
        cwd=cwd,
        input=stdin,
        env={**os.environ, "PYTHONPATH": str(ROOT), **environment},
        capture_output=True,
        preexec_fn=limit,
        timeout=10 * SECONDS,
        check=False,
    )
    return Outcome(done.returncode, done.stdout.decode(), done.stderr.decode())


def refused(outcome: Outcome, code: str, place: str | None = None) -> None:
    """One diagnostic of `code`, at `file:line:col` where `place` is given, and nothing worse."""
    assert outcome.code == (2 if code == "ARC017" else 1), outcome.stderr
    assert "Traceback" not in outcome.stderr
    assert outcome.stdout == ""
    assert len(outcome.stderr) < 100_000
    found = re.findall(r"^(\S+:\d+:\d+): error\[(ARC\d{3})\] ", outcome.stderr, re.MULTILINE)
    assert [each for _, each in found] == [code], outcome.stderr
    if place is not None:
        assert found[0][0] == place


# YAML


MERGE_BOMB = "a: &a {x: 1}\n" + "".join(
    f"{chr(98 + i)}: &{chr(98 + i)} {{<<: [{', '.join([f'*{chr(97 + i)}'] * 9)}]}}\n"
    for i in range(12)
)

TEXTS: dict[str, tuple[bytes, str, str | None]] = {
    "one key twice": (f"{HEAD}graph: [relu]\nname: y\n".encode(), "ARC009", "spec.yaml:5:1"),
    "an alias": (f"{HEAD}graph: *x\n".encode(), "ARC012", "spec.yaml:4:8"),
    "a tag": (f"{HEAD}graph: !!python/object:os.system x\n".encode(), "ARC014", "spec.yaml:4:8"),
    "a tag of Python's": (b"!!python/object/apply:os.system ['x']\n", "ARC014", "spec.yaml:1:1"),
    "two documents": (f"{RIGHT}---\na: 1\n".encode(), "ARC016", "spec.yaml:6:1"),
    "a tab": (f"{HEAD}graph:\n\t- relu\n".encode(), "ARC005", "spec.yaml:5:1"),
    "NUL": (f"{HEAD}\0\n".encode(), "ARC003", "spec.yaml:4:1"),
    "NULs": (b"\0" * 1_000_000, "ARC003", "spec.yaml:1:1"),
    "an escape": (f"{HEAD}summary: \x1b[2J\n".encode(), "ARC003", "spec.yaml:4:10"),
    "not UTF-8": (RIGHT.encode() + b"# \xff\n", "ARC002", "spec.yaml:6:3"),
    "UTF-16": (RIGHT.encode("utf-16"), "ARC002", "spec.yaml:1:1"),
    "a lone surrogate": (f"{HEAD}summary: \ud800\n".encode(errors="surrogatepass"), "ARC002", None),
    "a million digits": (b"archc: " + b"9" * 1_000_000, "ARC502", "spec.yaml:1:8"),
    "ten thousand digits": (b"archc: " + b"9" * 10_000, "ARC503", "spec.yaml:1:8"),
    "a huge exponent": (b"archc: 1e999999999", "ARC503", "spec.yaml:1:8"),
    "300 KB of sexagesimals": (b"archc: " + b"1:" * 150_000 + b"0", "ARC502", "spec.yaml:1:8"),
    "a base of 8": (b"archc: 0o" + b"7" * 9_000, "ARC503", "spec.yaml:1:8"),
    "100,000 lists": (b"[" * 100_000, "ARC501", None),
    "100,000 mappings": (b"{a: " * 100_000, "ARC501", None),
    "100,000 indents": (b"- " * 100_000, "ARC501", "spec.yaml:1:129"),
    "100,000 quotes": (b"'" * 100_001, "ARC006", None),
    "100,000 keys": (b"? " * 100_000, "ARC501", None),
    "a million lines": (b"\n" * 1_000_000, "ARC001", None),
    "more than 8 MiB": (b"#" * (8 * 1024**2 + 1), "ARC017", "spec.yaml:1:1"),
    "four million values": (b"[" + b"1," * 4_000_000 + b"1]", "ARC504", "spec.yaml:1:2000002"),
    "many directives": (b"%TAG ! tag:x,2000:\n" * 10_000, "ARC015", None),
    "comments alone": (b"# nothing\n", "ARC001", "spec.yaml:1:1"),
    "nothing": (b"", "ARC017", "spec.yaml:1:1"),
    "a text": (b"network", "ARC201", "spec.yaml:1:1"),
}  # fmt: skip


@pytest.mark.parametrize("name", TEXTS)
def test_texts(name: str, tmp_path: Path) -> None:
    data, code, place = TEXTS[name]
    (tmp_path / "spec.yaml").write_bytes(data)
    outcome = limited("validate", "spec.yaml", "--format", "concise", cwd=tmp_path)
    if "directives" in name:  # each line is one
        outcome = outcome._replace(stderr=outcome.stderr.splitlines()[0] + "\n")
    refused(outcome, code, place)


def test_a_merge_bomb(tmp_path: Path) -> None:
    """745 bytes of it cost PyYAML 8 seconds; here each part is refused where it stands."""
    (tmp_path / "spec.yaml").write_text(MERGE_BOMB)
    outcome = limited("validate", "spec.yaml", "--format", "concise", cwd=tmp_path)
    assert outcome.code == 1
    assert "Traceback" not in outcome.stderr
    assert set(re.findall(r"ARC\d{3}", outcome.stderr)) == {"ARC011", "ARC012", "ARC013"}


@pytest.mark.parametrize(
    ("written", "means"),
    [
        ("no", "no"), ("off", "off"), ("on", "on"), ("yes", "yes"), ("y", "y"), ("~", None),
        ("null", None), ("true", True), ("False", False), ("010", 10), ("0o10", 8), ("0x10", 16),
        ("3:30", "3:30"), ("1_000", "1_000"), ("1e-3", 0.001), ("1e3", 1000.0), (".5", 0.5),
        ("2001-01-01", "2001-01-01"), ("+1", 1), ("1.", 1.0), ("=", "="), ("'3'", "3"),
        ("0b1", "0b1"), ("12e03", 12000.0), ("Inf", "Inf"),
    ],
)  # fmt: skip
def test_scalars_mean_what_a_person_expects(written: str, means: object) -> None:
    from archc.source import read

    data = read(f"a: {written}", "x").data
    assert isinstance(data, dict)
    assert (type(data["a"]), data["a"]) == (type(means), means)


@pytest.mark.parametrize("number", ['"3"', "true", "1_000", "3.0", "[3]", "0b11", "null", "'3'"])
def test_numbers_are_strict(number: str) -> None:
    for node in (
        f"conv2d: {{out_channels: {number}, kernel_size: 3}}",
        f"{{repeat: {number}, relu}}",
    ):
        with pytest.raises(archc.SpecError):
            archc.check(archc.Spec.from_text(f"{HEAD}graph:\n  - {node}\n"))


# Files


def _folder(path: Path) -> None:
    path.mkdir()


def _locked(path: Path) -> None:
    path.write_text(RIGHT)
    path.chmod(0)


def _loop(path: Path) -> None:
    path.symlink_to(path.name)


FILES: dict[str, Callable[[Path], Any]] = {
    "missing": lambda _: None,
    "folder": _folder,
    "pipe": os.mkfifo,
    "device": lambda path: path.symlink_to("/dev/zero"),
    "locked": _locked,
    "loop": _loop,
    "dangling": lambda path: path.symlink_to("nowhere"),
    "below a file": lambda path: path.parent.rmdir() or path.parent.write_text(""),
}


@pytest.mark.parametrize("name", [name for name in FILES if name != "locked" or os.geteuid()])
@pytest.mark.parametrize("command", [["validate", "--format", "concise"], ["compile"]])
def test_files(name: str, command: list[str], tmp_path: Path) -> None:
    """Root reads what is locked too, so that only others are asked about it."""
    (tmp_path / "in").mkdir()
    FILES[name](tmp_path / "in" / "spec.yaml")
    outcome = limited(*command, "in/spec.yaml", cwd=tmp_path)
    assert (outcome.code, outcome.stdout) == (2, "")
    assert "ARC017" in outcome.stderr
    assert "in/spec.yaml:1:1" in outcome.stderr
    assert "Traceback" not in outcome.stderr


@pytest.mark.parametrize("name", ["a" * 5000, "", "\udcff.yaml", "\n.yaml", "a:b,c%"], ids=repr)
def test_names_of_files(name: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    for style in ("full", "concise", "json", "github", "sarif"):
        result = CliRunner().invoke(main, ["validate", name, "--format", style])
        assert result.exit_code == 2
        assert isinstance(result.exception, SystemExit), result.exception


def test_a_file_that_vanishes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Between the look at what it is and the opening."""
    path = tmp_path / "spec.yaml"
    path.write_text(RIGHT)
    look = Path.stat

    def look_and_remove(self: Path, **options: Any) -> os.stat_result:
        found = look(self, **options)
        if self == path:
            path.unlink()
        return found

    monkeypatch.setattr(Path, "stat", look_and_remove)
    result = CliRunner().invoke(main, ["validate", str(path)])
    assert result.exit_code == 2
    assert "ARC017" in result.stderr


USES = {
    "outside": "../outside.yaml",
    "absolute": "/etc/passwd",
    "by a link": "link.yaml",
    "in a linked folder": "linked/outside.yaml",
    "back and forth": "sub/../../outside.yaml",
    "missing": "missing.yaml",
    "a folder": "sub",
    "a pipe": "pipe.yaml",
    "a loop": "loop.yaml",
    "itself": "spec.yaml",
}


@pytest.mark.parametrize("name", USES)
def test_use(name: str, tmp_path: Path) -> None:
    folder = tmp_path / "in"
    (folder / "sub").mkdir(parents=True)
    (tmp_path / "outside.yaml").write_text("archc: 1\nblocks: {Secret: {graph: [relu]}}\n")
    (folder / "link.yaml").symlink_to("../outside.yaml")
    (folder / "linked").symlink_to("..")
    (folder / "loop.yaml").symlink_to("loop.yaml")
    os.mkfifo(folder / "pipe.yaml")
    (folder / "spec.yaml").write_text(f"{HEAD}use: [{USES[name]}]\ngraph: [relu]\n")
    outcome = limited("validate", "in/spec.yaml", "--format", "concise", cwd=tmp_path)
    refused(outcome, "ARC113", "in/spec.yaml:4:7")


def _diamonds(levels: int) -> dict[str, str]:
    """Files of which each uses both of the level below."""
    below = {f"{side}{i}.yaml": f"use: [a{i + 1}.yaml, b{i + 1}.yaml]"
             for i in range(1, levels) for side in "ab"}  # fmt: skip
    last = {f"{side}{levels}.yaml": f"blocks: {{{side.upper()}: {{graph: [relu]}}}}"
            for side in "ab"}  # fmt: skip
    return {**below, **last, "spec.yaml": "use: [a1.yaml, b1.yaml]"}


def _spellings(levels: int) -> dict[str, str]:
    """A chain of files, each named in several ways."""
    names = "[{0}.yaml, ./{0}.yaml, sub/../{0}.yaml, link/{0}.yaml]"
    files = {f"{i}.yaml": f"use: {names.format(i + 1)}" for i in range(levels)}
    blocks = "blocks: {A: {graph: [relu]}, B: {graph: [A]}}"
    return {**files, f"{levels}.yaml": blocks, "spec.yaml": "use: [0.yaml, ./0.yaml]"}


@pytest.mark.parametrize("files", [_diamonds(60), _spellings(60)], ids=["diamonds", "spellings"])
def test_a_used_file_is_read_once(
    files: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "sub").mkdir()
    (tmp_path / "link").symlink_to(".")
    for name, text in files.items():
        head = f"{HEAD}graph: [A, B]\n" if name == "spec.yaml" else "archc: 1\n"
        (tmp_path / name).write_text(f"{head}{text}\n")
    read: list[Path] = []
    reading = archc.document.loader.read_file
    monkeypatch.setattr(
        "archc.document.loader.read_file",
        lambda path: (read.append(Path(path).resolve()), reading(path))[1],
    )
    assert archc.check(tmp_path / "spec.yaml").graph.nodes
    assert sorted(read) == sorted(tmp_path / name for name in files if name != "spec.yaml")


@pytest.mark.parametrize("last", ["0.yaml", "./40.yaml", "spec.yaml"])
def test_a_circle_of_files(last: str, tmp_path: Path) -> None:
    (tmp_path / "spec.yaml").write_text(f"{HEAD}use: [0.yaml]\ngraph: [relu]\n")
    for number in range(50):
        use = last if number == 49 else f"{number + 1}.yaml"
        (tmp_path / f"{number}.yaml").write_text(f"archc: 1\nuse: [{use}]\n")
    outcome = limited("validate", "spec.yaml", "--format", "concise", cwd=tmp_path)
    refused(outcome, "ARC113", f"{tmp_path}/49.yaml:2:7")


def test_two_files_with_one_block_are_told_where_they_meet(tmp_path: Path) -> None:
    """Also where none of the two uses the other; a file named twice is no second one."""
    for name, text in {
        "a": "use: [c.yaml]",
        "b": "use: [c.yaml, d.yaml]",
        "c": "blocks: {A: {graph: [relu]}}",
        "d": "blocks: {B: {graph: [relu]}, A: {graph: [tanh]}}",
    }.items():
        (tmp_path / f"{name}.yaml").write_text(f"archc: 1\n{text}\n")
    (tmp_path / "spec.yaml").write_text(f"{HEAD}use: [a.yaml, c.yaml, b.yaml]\ngraph: [A]\n")
    with pytest.raises(archc.SpecError) as caught:
        archc.check(tmp_path / "spec.yaml")
    (found,) = caught.value.diagnostics
    assert (found.code.code, Path(found.place.file.name).name) == ("ARC108", "b.yaml")
    assert found.place.span[:2] == (2, 15)
    assert [Path(label.place.file.name).name for label in found.related] == ["c.yaml"]


def test_blocks_are_those_of_the_files_that_a_file_uses(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text("archc: 1\nblocks: {A: {graph: [B]}}\n")
    (tmp_path / "b.yaml").write_text("archc: 1\nblocks: {B: {graph: [relu]}}\n")
    (tmp_path / "spec.yaml").write_text(f"{HEAD}use: [a.yaml, b.yaml]\ngraph: [A, B]\n")
    with pytest.raises(archc.SpecError, match="there is no operation or block `B`"):
        archc.check(tmp_path / "spec.yaml")
    (tmp_path / "a.yaml").write_text("archc: 1\nuse: [b.yaml]\nblocks: {A: {graph: [B]}}\n")
    assert len(archc.check(tmp_path / "spec.yaml").graph.nodes) == 2


# Expressions


EXPRESSIONS = {
    "$(9**9**9)": "ARC207",
    "$(len(range(10**12)))": "ARC207",
    "$(len('a' * 10**9))": "ARC207",
    "$(len([0] * 10**9))": "ARC207",
    "$(len([0 for a in range(999) for b in range(999)]))": "ARC207",
    "$(10**17 * 10**17)": "ARC207",
    "$(1e308 * 10)": "ARC207",
    "$(1 << 10**9)": "ARC203",
    f"$({'(' * 100}1{')' * 100})": None,
    f"$({'-' * 200}1)": "ARC207",
    f"$({'1+' * 1000}1)": "ARC207",
    f"$({'[' * 60}1{']' * 60})": "ARC207",
    "$(sum([[i] * 1000 for i in range(1000)][0]))": "ARC207",
    "$(().__class__)": "ARC203",
    "$(__import__('os').system('touch owned'))": "ARC203",
    "$(input.__class__)": "ARC203",
    "$(open('/etc/passwd'))": "ARC203",
    "$(exec('1'))": "ARC203",
    "$((lambda: 1)())": "ARC203",
    "$([x for x in ().__class__.__bases__])": "ARC203",
    "$(f'{9**9**9}')": "ARC203",
    "$(1 if 1 else)": "ARC203",
    "$(0x" + "f" * 200 + ")": "ARC203",
    "$(" + "9" * 200 + ")": "ARC207",
    "$('\\x00')": None,
}


@pytest.mark.parametrize("expression", EXPRESSIONS, ids=lambda text: text[:40])
def test_expressions(expression: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    quoted = expression.replace("'", "''")
    text = f"{HEAD}graph:\n  - conv2d: {{out_channels: '{quoted}', kernel_size: 3}}\n"
    start = time.process_time()
    try:
        archc.check(archc.Spec.from_text(text))
        found = []
    except archc.SpecError as error:
        found = [(each.code.code, each.place.span.line) for each in error.diagnostics]
    assert time.process_time() - start < 2
    code = EXPRESSIONS[expression]
    if code is not None:
        assert found == [(code, 5)]
    assert list(tmp_path.iterdir()) == []


# Networks


NETWORKS: dict[str, tuple[str, str]] = {
    "a billion times": ("graph: [{repeat: 1000000000, relu}]", "ARC505"),
    "a billion by blocks": (
        """graph: [A]
blocks:
  A: {graph: [{repeat: 1000, B}]}
  B: {graph: [{repeat: 1000, C}]}
  C: {graph: [{repeat: 1000, relu}]}
""",
        "ARC505",
    ),
    "loops of nothing": (
        """graph:
  - for: a
    in: $(range(999))
    do:
      - for: b
        in: $(range(999))
        do: []
  - relu
""",
        "ARC505",
    ),
    "a block that calls itself": ("blocks: {B: {graph: [B]}}\ngraph: [B]", "ARC506"),
    "a block that calls itself twice": ("blocks: {B: {graph: [B, B]}}\ngraph: [B]", "ARC506"),
    "300 sequentials": (
        """graph: [B: {n: 300}]
blocks:
  B:
    params: {n: int}
    graph:
      - seq: [{B: {n: $(n - 1)}, when: $(n > 0)}]
      - relu
""",
        "ARC506",
    ),
    "a linear map of terabytes": (
        "graph: [flatten, linear: {out_features: 1000000000}]",
        "ARC509",
    ),
    "more parameters than atoms": (
        "graph: [conv2d: {out_channels: 999999999999, kernel_size: 999999, padding: 999999}]",
        "ARC509",
    ),
    "a huge activation": ("graph: [upsample: {scale_factor: 100000}]", "ARC509"),
    "a huge padding": (
        "graph: [conv2d: {out_channels: 1, kernel_size: 1, padding: 99999999999999999}]",
        "ARC509",
    ),
    "more groups than channels": (
        "graph: [conv2d: {out_channels: 8, kernel_size: 1, groups: 999999999999999999}]",
        "ARC403",
    ),
    "more groups than channels, which are normalised": (
        "graph: [group_norm: {num_groups: 999999999999999999}]",
        "ARC403",
    ),
    "a million parts": (
        """graph:
  - conv2d: {out_channels: 1000000, kernel_size: 1}
  - {name: t, split: {split_size_or_sections: 1}}
  - {from: t.0, relu}
""",
        "ARC407",
    ),
    "kernels without end": (
        "graph: [max_pool2d: {kernel_size: 999999999999999999}]",
        "ARC401",
    ),
}


@pytest.mark.parametrize("name", NETWORKS)
def test_networks(name: str, tmp_path: Path) -> None:
    text, code = NETWORKS[name]
    (tmp_path / "spec.yaml").write_text(HEAD + text)
    outcome = limited("validate", "spec.yaml", "--format", "concise", cwd=tmp_path)
    refused(outcome, code)


MANY = {
    "misspelt names": "graph:\n" + "  - conv2d: {out_chanels: 8, kernel_size: 1}\n" * 20_000,
    "wrong references": "graph:\n"
    + "".join(f"  - {{name: node{k:05}, relu}}\n" for k in range(5_000))
    + "".join(f"  - {{from: nodx{k:05}, relu}}\n" for k in range(20_000)),
    "unknown arguments": "graph: [linear: {out_features: 2}]\ninit:\n  linear:\n    weight:\n"
    "      normal:\n" + "".join(f"        x{k}: 1\n" for k in range(20_000)),
    "blocks": "graph: [relu]\nblocks:\n"
    + "".join(f"  B{k}: {{graph: [relu]}}\n" for k in range(20_000)),
    "parameters": "graph: [relu]\nparams: # archc: ignore[ARC999]\n"
    + "".join(f"  p{k}: 1\n" for k in range(20_000)),
}


@pytest.mark.parametrize("name", MANY)
def test_many_mistakes(name: str, tmp_path: Path) -> None:
    (tmp_path / "spec.yaml").write_text(HEAD + MANY[name])
    outcome = limited("validate", "spec.yaml", "--strict", "--format", "concise", cwd=tmp_path)
    assert outcome.code == 1
    lines = outcome.stderr.splitlines()
    assert (len(lines), lines[-1]) == (101, "19,900 more are not shown")


@pytest.mark.parametrize(
    ("text", "codes"),
    [
        ("params: {k: $k}\ngraph: [linear: {out_features: $k}]\n", ["ARC204"]),
        ("graph: [B]\nblocks: {B: {params: {k: $k}, graph: [linear: {out_features: $k}]}}\n",
         ["ARC204"]),
        ("graph: [relu]\nblocks: {B: {params: {k: $k}, graph: [linear: {out_features: $k}]}}\n",
         []),
        ("graph: [{name: a, relu: }, {apply: $}]\n", ["ARC203"]),
    ],
)  # fmt: skip
def test_what_random_mistakes_found(text: str, codes: list[str]) -> None:
    """Each of these was a traceback."""
    result = CliRunner().invoke(main, ["validate", "-", "--format", "concise"], input=HEAD + text)
    assert isinstance(result.exception, SystemExit | None)
    assert re.findall(r"error\[(ARC\d+)\]", result.stderr) == codes


def test_a_large_input_that_no_operation_reads() -> None:
    text = (
        "archc: 1\nname: x\ninputs: {x: [N, 99999999999999999]}\ngraph: [{when: false, relu: }]\n"
    )
    assert archc.check(archc.Spec.from_text(text)).graph.nodes == ()


GROWING: dict[str, Callable[[int], str]] = {
    "keys": lambda n: "graph: [relu]\n" + lines("k{0:05}: 1", n),
    "keys of nodes": lambda n: "graph:\n" + lines("  - {{relu: , k{0:05}: 1}}", n),
    "keys of a parameter": lambda n: "graph: [relu]\nparams:\n  p:\n" + lines("    k{0}: 1", n),
    "operations": lambda n: "graph:\n" + lines("  - foo{0:05}", n),
    "blocks among blocks": lambda n: "graph:\n" + lines("  - Foo{0:05}", n)
    + "blocks:\n" + lines("  Bar{0:05}: {{graph: [relu]}}", n),
    "arguments": lambda n: "graph:\n" + lines("  - linear: {{out_features: 3, k{0:05}: 1}}", n),
    "references among names": lambda n: "graph:\n" + lines("  - {{name: a{0:05}, relu: }}", n)
    + lines("  - {{from: k{0:05}, relu: }}", n),
    "modules among names": lambda n: "graph:\n" + lines("  - {{name: a{0:05}, relu: }}", n)
    + lines("  - apply: k{0:05}", n),
    "names among parameters": lambda n: "params:\n" + lines("  p{0:05}: 1", n)
    + "graph:\n" + lines("  - linear: {{out_features: $k{0:05}}}", n),
    "types": lambda n: "graph:\n" + lines("  - linear: {{out_features: a{0:05}}}", n),
    "joins": lambda n: "graph:\n  - {name: a, max_pool2d: {kernel_size: 2}}\n"
    + lines("  - add: [image, a] # {0}", n),
    "empty blocks": lambda n: "graph: [relu]\nblocks:\n" + lines("  B{0}: {{graph: []}}", n),
    "blocks": lambda n: "graph:\n" + lines("  - B{0}", n)
    + "blocks:\n" + lines("  B{0}: {{graph: [linear: {{out_features: a}}]}}", n),
    "unused names": lambda n: "graph: [relu]\nparams:\n" + lines("  p{0}: 1", n),
    "doubts": lambda n: "graph:\n" + lines("  - linear: {{out_features: 8}} # {0}", n),
}  # fmt: skip
"""A spec with so many mistakes, or doubts, of a kind."""


def lines(text: str, number: int) -> str:
    return "".join(f"{text.format(k)}\n" for k in range(number))


@pytest.mark.parametrize("kind", GROWING)
def test_the_time_grows_with_the_file(kind: str) -> None:
    """Four times as many take about four times as long; each pair of them would be sixteen."""

    def seconds(number: int) -> float:
        text = HEAD + GROWING[kind](number)
        start = time.process_time()
        result = CliRunner().invoke(main, ["validate", "-", "--warn", "all"], input=text)
        assert isinstance(result.exception, SystemExit | None)
        assert f"{number - 100:,} more are not shown" in result.stderr or number < 100
        return time.process_time() - start

    seconds(10)
    few = seconds(2_500)
    assert seconds(10_000) < 9 * few + 0.5


@pytest.mark.parametrize(
    "graph",
    ["[{repeat: 100, relu}]", "[{for: i, in: '$(range(100))', do: [relu]}]"],
)
def test_what_is_too_much_by_its_count_is_not_unrolled(
    graph: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("archc.elaborate.walk.MAX_NODES", 99)
    built: list[object] = []
    monkeypatch.setattr(
        "archc.elaborate.unroll._Unrolling._entry", lambda *given: built.append(given)
    )
    with pytest.raises(archc.SpecError, match="ARC505"):
        archc.check(archc.Spec.from_text(f"{HEAD}graph: {graph}\n"))
    assert built == []


@pytest.mark.parametrize(
    "graph",
    [
        f"[{', '.join(['relu'] * 100)}]",
        "[{repeat: 34, add: {a: relu, b: relu}}]",
        "[{seq: [{repeat: 100, relu}]}, {seq: [{repeat: 100, sigmoid}]}]",
    ],
    ids=["written", "branches", "in each of two"],
)
def test_every_node_counts_and_it_is_told_once(graph: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("archc.elaborate.walk.MAX_NODES", 99)
    with pytest.raises(archc.SpecError) as caught:
        archc.check(archc.Spec.from_text(f"{HEAD}graph: {graph}\n"))
    assert [found.code.code for found in caught.value.diagnostics] == ["ARC505"]


@pytest.mark.parametrize("command", ["validate", "compile", "summary", "expand", "sizes"])
def test_memory(command: str, tmp_path: Path) -> None:
    path = tmp_path / "spec.yaml"
    path.write_text(f"{HEAD}graph:\n  - flatten\n  - linear: {{out_features: 1000}}\n")

    def call(*arguments: str) -> Result:
        return CliRunner().invoke(main, [command, str(path), *arguments])

    needed = 4 * (3072 * 1000 + 1000 + 3072)
    assert call().exit_code == call("--max-memory", f"{needed}").exit_code == 0
    for allowance in (f"{needed - 1}B", "1MiB", "11 MB", "0"):
        result = call("--max-memory", allowance)
        assert (result.exit_code, result.stdout) == (1, "")
        assert "error[ARC509]" in result.stderr
        assert "spec.yaml:6:5" in result.stderr
        assert "`--max-memory 12MiB`" in result.stderr
    assert call("--max-memory", "12MiB").exit_code == 0
    for wrong in ("much", "-1", "1XB", "1.5GiB", "", "9" * 99):
        assert call("--max-memory", wrong).exit_code == 2


def test_memory_in_python(monkeypatch: pytest.MonkeyPatch) -> None:
    """`check` and `compile` refuse alike, and torch is not asked."""
    spec = archc.Spec.from_text(f"{HEAD}graph:\n  - flatten\n  - linear: {{out_features: 1000}}\n")
    needed = 4 * (3072 * 1000 + 1000 + 3072)
    assert archc.check(spec, max_memory=needed).name == archc.check(spec).name
    assert sum(p.numel() for p in archc.compile(spec, max_memory=needed).parameters()) == 3073000
    monkeypatch.setattr("torch.nn.Linear.__init__", None)
    for judge in (archc.check, archc.compile):
        with pytest.raises(archc.SpecError, match="ARC509") as caught:
            judge(spec, max_memory=needed - 1)
        (found,) = caught.value.diagnostics
        assert found.place.span.line == 6
        assert "`max_memory` in Python" in (found.help or "")
    large = archc.Spec.from_text(f"{HEAD}graph: [flatten, linear: {{out_features: 9999999}}]\n")
    with pytest.raises(archc.SpecError, match="the limit is 64 GiB"):
        archc.compile(large)


def test_memory_at_the_sizes_that_are_given() -> None:
    text = f"{HEAD}graph:\n  - {{repeat: 3, upsample: {{scale_factor: 2}}}}\n"
    arguments = ["validate", "-", "--max-memory", "1GiB", "--input"]
    assert CliRunner().invoke(main, [*arguments, "image=3x64x64"], input=text).exit_code == 0
    assert CliRunner().invoke(main, [*arguments, "image=3x9999x9999"], input=text).exit_code == 1


# Names


def test_the_attributes_of_modules_are_those_of_torch() -> None:
    from torch import nn

    own = {
        name
        for kind in (nn.Module, nn.Sequential, nn.ModuleList, nn.ModuleDict)
        for name in (*dir(kind()), *dir(kind))
        if not (name.startswith("__") and name.endswith("__"))
    }
    assert own <= MODULE_ATTRIBUTES


@pytest.mark.parametrize("name", sorted(MODULE_ATTRIBUTES))
def test_the_attributes_of_modules_are_no_names(name: str) -> None:
    for node in (f"{{name: {name}, relu}}", f"add: {{{name}: relu, other: []}}"):
        with pytest.raises(archc.SpecError) as caught:
            archc.check(archc.Spec.from_text(f"{HEAD}graph:\n  - {node}\n"))
        assert [each.code.code for each in caught.value.diagnostics] == ["ARC109"]


INJECTIONS = [
    'x"""\nimport os; os.system("touch owned")\n"""',
    "x'''\\'; __import__('os')",
    'x"); __import__("os").system("touch owned"); ("',
    "x\\",
    "\\N{BULLET}", '"', '""', '"""', "'''", "\\", "\\\\", "#", "\u2028x", "{x}", "%s", "\\x00",
]  # fmt: skip


@pytest.mark.parametrize("text", INJECTIONS, ids=ascii)
def test_prose_stays_prose(text: str) -> None:
    """A summary is a docstring, whatever it says: the module has just its imports and classes."""
    import ast
    import json

    quoted = json.dumps(text.replace("\u2028", " "))
    spec = f"{RIGHT}summary: {quoted}\nsource: {quoted}\n"
    tree = ast.parse(to_source(archc.check(archc.Spec.from_text(spec))))
    kinds = [type(node) for node in tree.body]
    assert kinds == [ast.Expr, ast.ImportFrom, ast.ClassDef]


def test_prose_imports_nothing() -> None:
    """What a docstring speaks of is not used."""
    words = "Any size: torch.relu, F.relu, OrderedDict(), skip_init() of a Tensor"
    spec = f"{HEAD}blocks: {{B: {{summary: '{words}', graph: [relu]}}}}\ngraph: [B]\n"
    source = to_source(archc.check(archc.Spec.from_text(spec)))
    assert words in source
    imports = [line for line in source.splitlines() if "import " in line]
    assert imports == ["from torch import nn"]


@pytest.mark.parametrize("text", INJECTIONS, ids=ascii)
def test_names_are_no_code(text: str) -> None:
    import json

    quoted = json.dumps(text)
    for spec in (
        f"{HEAD}graph:\n  - {{name: {quoted}, relu: }}\n",
        f"{HEAD}graph:\n  - add: {{{quoted}: relu, b: []}}\n",
        f"archc: 1\nname: {quoted}\ninputs: {{x: [N, 3]}}\ngraph: [relu]\n",
        f"archc: 1\nname: x\ninputs: {{{quoted}: [N, 3]}}\ngraph: [relu]\n",
        f"archc: 1\nname: x\ninputs: {{x: [N, {quoted}]}}\ngraph: [relu]\n",
        f"{HEAD}graph:\n  - {quoted}\n",
        f"{HEAD}params: {{{quoted}: 1}}\ngraph: [relu]\n",
        f"{HEAD}graph: [relu]\noutputs: {{{quoted}: input}}\n",
    ):
        with pytest.raises(archc.SpecError):
            archc.check(archc.Spec.from_text(spec))


# What is written


@pytest.fixture(scope="module")
def emitted() -> str:
    return to_source(archc.check(ROOT / "specs/googlenet.yaml"))


@pytest.mark.parametrize(
    "environment",
    [
        {"PYTHONHASHSEED": "1"},
        {"PYTHONHASHSEED": "4242", "LC_ALL": "C", "PYTHONUTF8": "0"},
        {"LC_ALL": "POSIX", "PYTHONIOENCODING": "latin-1", "COLUMNS": "20", "TZ": "Asia/Tokyo"},
    ],
    ids=lambda each: " ".join(each),
)
def test_the_same_bytes_everywhere(
    environment: dict[str, str], emitted: str, tmp_path: Path
) -> None:
    text = (ROOT / "specs/googlenet.yaml").read_bytes()
    (tmp_path / "elsewhere.yaml").write_bytes(text.replace(b"\n", b"\r\n"))
    outcome = limited("compile", "elsewhere.yaml", "-o", "net.py", cwd=tmp_path, **environment)
    assert outcome == (0, "", "")
    assert (tmp_path / "net.py").read_bytes() == emitted.encode()
    printed = limited("compile", "-", cwd=ROOT, stdin=b"\xef\xbb\xbf" + text, **environment)
    assert printed.stdout == emitted


def compiled(*arguments: str) -> Result:
    return CliRunner().invoke(main, ["compile", "-", *arguments], input=RIGHT)


def test_what_archc_did_not_write_is_not_overwritten(tmp_path: Path) -> None:
    output = tmp_path / "net.py"
    assert compiled("-o", str(output)).exit_code == 0
    whole = output.read_bytes()
    assert whole == to_source(archc.check(archc.Spec.from_text(RIGHT))).encode()
    assert compiled("-o", str(output)).exit_code == 0, "its own file"
    output.write_bytes(whole + b"# a change\n")
    assert compiled("-o", str(output)).exit_code == 0, "still its own"
    output.write_bytes(b"")
    assert compiled("-o", str(output)).exit_code == 0, "nothing is lost"
    for foreign in (b"import torch\n", b"\n" + whole, b"\xff"):
        output.write_bytes(foreign)
        result = compiled("-o", str(output))
        assert (result.exit_code, result.stdout) == (2, "")
        assert "--force" in result.stderr
        assert output.read_bytes() == foreign
    assert compiled("-o", str(output), "--force").exit_code == 0
    assert output.read_bytes() == whole


UNFIT: dict[str, Callable[[Path], object]] = {
    "pipe": os.mkfifo,
    "device": lambda path: path.symlink_to("/dev/null"),
    "too long": lambda _: None,
}


@pytest.mark.parametrize("name", UNFIT)
@pytest.mark.parametrize(
    "command", [["compile", "-"], ["expand", "-"], ["compile", "-", "--force"]]
)
def test_what_is_no_file_is_not_replaced(name: str, command: list[str], tmp_path: Path) -> None:
    path = tmp_path / ("x" * 300 if name == "too long" else "net.py")
    UNFIT[name](path)
    before = list(tmp_path.iterdir())
    result = CliRunner().invoke(main, [*command, "-o", str(path)], input=RIGHT)
    assert (result.exit_code, result.stdout) == (2, "")
    assert isinstance(result.exception, SystemExit)
    assert str(path) in result.stderr
    assert list(tmp_path.iterdir()) == before
    assert name == "too long" or not path.is_file()


def test_a_new_file_has_the_mode_that_the_umask_says(tmp_path: Path) -> None:
    before = os.umask(0o027)
    try:
        compiled("-o", str(tmp_path / "net.py"))
    finally:
        os.umask(before)
    assert (tmp_path / "net.py").stat().st_mode & 0o777 == 0o640


def test_a_private_file_is_private_while_it_is_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    output = tmp_path / "net.py"
    output.touch(0o600)
    modes: list[int] = []
    monkeypatch.setattr(os, "fsync", lambda file: modes.append(os.fstat(file).st_mode & 0o777))
    assert compiled("-o", str(output)).exit_code == 0
    assert modes == [0o600]


@pytest.mark.parametrize(
    ("redirect", "says"), [("< /dev/zero", "is larger than 8 MiB"), ("<&-", "is closed")]
)
def test_standard_input(redirect: str, says: str) -> None:
    command = f"ulimit -v {BYTES // 1024}; exec {shlex.quote(sys.executable)} -m archc"
    done = subprocess.run(
        ["/bin/sh", "-c", f"{command} validate - {redirect}"],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=10 * SECONDS,
        check=False,
    )
    assert done.returncode == 2
    assert f"<stdin> {says}" in done.stderr


def test_a_spec_is_not_overwritten_by_its_expansion(tmp_path: Path) -> None:
    path = tmp_path / "spec.yaml"
    path.write_text(f"# mine\n{RIGHT}")
    arguments = ["expand", str(path), "-o", str(path)]
    result = CliRunner().invoke(main, arguments)
    assert result.exit_code == 2
    assert path.read_text() == f"# mine\n{RIGHT}"
    assert CliRunner().invoke(main, [*arguments, "--force"]).exit_code == 0
    assert CliRunner().invoke(main, arguments).exit_code == 0, "the same text again"


def test_a_full_disk_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    output = tmp_path / "net.py"
    compiled("-o", str(output))
    before = output.read_bytes()

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    result = compiled("-o", str(output), "--input", "image=3x8x8")
    assert result.exit_code == 2
    assert "No space left on device" in result.stderr
    assert output.read_bytes() == before
    assert [path.name for path in tmp_path.iterdir()] == ["net.py"]


def test_a_file_that_may_not_grow(tmp_path: Path) -> None:
    """A real write that fails half-way: a limit on the size of files stands for the full disk."""
    script = (
        "import resource, signal, sys\n"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (100, 100))\n"
        "from archc.cli import main\n"
        "main(['compile', '-', '-o', 'net.py'])\n"
    )
    done = subprocess.run(
        [sys.executable, "-B", "-c", script],
        cwd=tmp_path,
        input=RIGHT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2
    assert "File too large" in done.stderr
    assert "Traceback" not in done.stderr
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("moment", ["fsync", "replace"])
def test_a_killed_run_leaves_the_old_file_or_the_new_one(moment: str, tmp_path: Path) -> None:
    output = tmp_path / "net.py"
    compiled("-o", str(output))
    before = output.read_bytes()
    script = (
        "import os, signal, sys\n"
        "from pathlib import Path\n"
        "def die(*_): os.kill(os.getpid(), signal.SIGKILL)\n"
        f"{'os.fsync' if moment == 'fsync' else 'Path.replace'} = die\n"
        "from archc.cli import main\n"
        "main(['compile', '-', '-o', 'net.py', '--input', 'image=3x8x8'])\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script],
        cwd=tmp_path,
        input=RIGHT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == -signal.SIGKILL
    assert output.read_bytes() == before


def test_an_interrupted_run_leaves_no_rubbish(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    output = tmp_path / "net.py"

    def interrupt(_: int) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "fsync", interrupt)
    result = compiled("-o", str(output))
    assert result.exit_code == 130
    assert "Aborted" in result.stderr
    assert list(tmp_path.iterdir()) == []


# The table


def test_the_limits_are_those_of_the_table() -> None:
    """Each row names a constant, or `--max-memory`, and its value."""
    from importlib import import_module

    from archc.memory import DEFAULT_MEMORY, memory_bytes

    page = (ROOT / "docs/limits.md").read_text(encoding="utf-8")
    rows = [
        [cell.strip() for cell in line.strip("|").split("|")]
        for line in page.splitlines()
        if re.match(r"\| (?!limit|---)", line)
    ]
    assert len(rows) > 20
    for _, value, code, constant in rows:
        assert code in (*CATALOGUE, "")
        found = re.fullmatch(r"`(\w+)` in `(archc/[\w/]+)\.py`", constant)
        if found is None:
            assert "--max-memory" in constant
            assert memory_bytes(value) == DEFAULT_MEMORY
            continue
        module = import_module(found[2].replace("/", "."))
        limit = getattr(module, found[1])
        number = int(value.split()[0].replace(",", ""))
        if isinstance(limit, re.Pattern):
            assert limit.fullmatch("x" * number)
            assert not limit.fullmatch("x" * (number + 1))
        else:
            assert limit == number * (1024**2 if "MiB" in value else 1)
    assert {row[2] for row in rows} >= {code for code in CATALOGUE if code.startswith("ARC50")}
