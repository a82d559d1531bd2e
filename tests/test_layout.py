"""Emitted text is as formatters and linters leave it, whatever words and sizes a spec has."""

from __future__ import annotations

import ast
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import torch

import archc

SUMMARIES = [
    "\ttab", '"', '""', '"""', 'a"', '"a', '"a"', "\\", "a\\", '\\"', '"\\', "a\\\\\\", "a  b",
    "first\n\nsecond", "first\n\n\n\n   second\n", "  lead", "trail   ", "a\nb", "a\tb\tc", "\n\nx",
    " ", "word " * 40, "w" * 120, "`a b` " * 40, f"`{'a b ' * 60}`", f"`unclosed {'w ' * 60}",
    "'", "'''", "é\u3000y\u3000", "\xa0x\xa0", "日本 " * 40, "日本" * 60, "\\N{DASH} \\u1234 \\x",
    *(f"{'x ' * 35}{'x' * n}{end}" for n in range(12) for end in ("", '"')),
    *(f'"{"x " * 35}{"x" * n}' for n in range(12)),
    "https://example.org/" + "a" * 100, f"see https://example.org/{'a' * 100}", "{x} %s #",
]  # fmt: skip

WORDS = [
    "Tensor", "Any", "nn", "torch", "annotations", "F", "OrderedDict", "self", "skip_init", "super",
    "getattr", "tuple", "range", "dict", "ValueError", "int", "x", "bool", "print", "len", "conv2d",
]  # fmt: skip
"""What emitted text may call by these names itself."""


def emitted(**keys: Any) -> str:
    """A text for a spec that is completed."""
    spec = {"archc": 1, "name": "net", "inputs": {"image": ["N", 30, 8, 8]}, **keys}
    return archc.to_source(archc.check(archc.Spec.from_text(json.dumps(spec))), guards=True)


def about(summary: str) -> str:
    said = {"summary": summary, "source": summary}
    block = {**said, "graph": ["relu", {"add": {"a": "relu", "b": []}}]}
    return emitted(**said, blocks={"B": block}, graph=["B"])


def named(word: str) -> str:
    """A parameter of a block, a node and an output of one name."""
    block = {
        "params": {word: 30},
        "graph": [{"conv2d": {"out_channels": f"${word}", "kernel_size": 1}}],
    }
    return emitted(
        blocks={"B": {**block, "inputs": ["image"]}},
        init={"conv2d": {"weight": "zeros"}},
        graph=[
            {"name": word, "relu": None},
            {"name": "p", "parameter": {"shape": [30, 1, 1]}},
            {"mul": [word, "p"]},
            "B",
            {"B": {word: 8}},
            {"name": "z", "relu": None},
        ],
        outputs={word: word, "z": "z"},
    )


def parts(count: int) -> str:
    """Many results, in a block and of it."""
    names = [f"part_{k}" for k in range(count)]
    split = {"name": "p", "split": {"split_size_or_sections": [1] * 30}}
    outputs = {name: f"p.{k}" for k, name in enumerate(names)}
    results = [f"b.{name}" for name in names]
    return emitted(
        blocks={"B": {"graph": [split], "outputs": outputs}},
        graph=[
            {"name": "b", "B": None},
            *({"name": f"q{k}", "from": results[k], "relu": None} for k in (0, 1)),
            {"name": "r", "add": [*results, "q0", "q1"]},
            "sigmoid",
            "relu",
        ],
    )


def constants() -> str:
    """Lists of a number for each channel: the same, different ones, and halves."""
    scales = ["[0.17] * 30", "[n * 0.17 for n in range(30)]", "[0.0] * 15 + [1.0] * 15"]
    affine = [{"affine": {"scale": f"$({s})", "shift": f"$({s})"}} for s in scales]
    block = {"params": {"s": "list"}, "graph": [{"affine": {"scale": "$s", "shift": "$s"}}]}
    return emitted(
        blocks={"B": block}, graph=[*affine, *({"B": {"s": f"$({s})"}} for s in scales), "relu"]
    )


def test_formatters_and_linters_leave_it_as_it_is(tmp_path: Path) -> None:
    texts = [
        *map(about, SUMMARIES),
        *map(named, WORDS),
        *map(parts, (2, 5, 7, 8, 9, 10, 11, 12, 30)),
        constants(),
    ]
    for number, text in enumerate(texts):
        (tmp_path / f"t{number}.py").write_text(text, encoding="utf-8")
    options = ["--isolated", "--no-cache", "--target-version=py311", "--line-length=88", "."]
    for command in (["format", "--diff"], ["check", "--select=E,F,W,I"]):
        ruff = [sys.executable, "-m", "ruff", *command, *options]
        done = subprocess.run(ruff, cwd=tmp_path, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr


def test_what_is_said_is_the_docstring() -> None:
    for summary in SUMMARIES:
        found = ast.get_docstring(ast.parse(about(summary))) or ""
        words = summary.split() or ["The", "network", "`net`."]
        said = found.split("\n\nSource:")[0].split()
        assert "".join(said) == "".join(words)


def test_any_word_may_be_a_name() -> None:
    for word in WORDS:
        namespace: dict[str, Any] = {"__name__": "emitted"}
        exec(compile(named(word), word, "exec"), namespace)  # noqa: S102
        outputs = namespace["Net"]()(torch.rand(1, 30, 8, 8))
        assert [*outputs] == [word, "z"]


def test_a_constant_for_each_channel_is_one_item() -> None:
    assert "scale=(0.17,) * 30, shift=(0.17,) * 30" in constants()
    assert "scale=(0.0,) * 15 + (1.0,) * 15" in constants()


def test_imports_follow_from_what_is_written() -> None:
    for guards in (False, True):
        spec = archc.Spec.from_text(
            "{archc: 1, name: net, inputs: {x: [N, 3, H]}, "
            "graph: [{name: Tensor, relu}, {name: torch, max_pool1d: {kernel_size: 2}}]}"
        )
        text = archc.to_source(archc.check(spec), guards=guards)
        imported = [line for line in text.splitlines() if line.startswith(("from ", "import "))]
        torch_line = "from torch import Tensor, nn" if guards else "from torch import nn"
        assert imported == ["from collections import OrderedDict", torch_line]
