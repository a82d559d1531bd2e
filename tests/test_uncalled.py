"""Blocks that nothing calls: what is wrong with them whatever they are called with, and no more."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import archc
from archc.blocks import BLOCKS
from archc.diagnostics import Diagnostic
from archc.document.loader import builtin_block, load
from archc.elaborate import check_library
from random_networks import network

ROOT = Path(__file__).parents[1]
SPECS = [*ROOT.glob("specs/**/*.yaml"), *ROOT.glob("tests/cases/*.yaml")]
HEAD = "archc: 1\nname: x\ninputs: {image: [N, 8, 16, 16]}\n"


def of_blocks(spec: archc.Spec) -> None:
    """Checks the blocks of a spec without a call. Parameters of the file may be missing."""
    found: tuple[Diagnostic, ...] = ()
    try:
        check_library(load(spec.source, spec.folder))
    except archc.SpecError as error:
        found = error.diagnostics
    assert [each for each in found if "--set" not in (each.help or "")] == []


@pytest.mark.parametrize("path", SPECS, ids=lambda path: str(path.relative_to(ROOT)))
def test_nothing_is_said_of_blocks_that_are_right(path: Path) -> None:
    of_blocks(archc.Spec.from_file(path))


@pytest.mark.parametrize("name", BLOCKS)
def test_nothing_is_said_of_built_in_blocks(name: str) -> None:
    """As a block of a person's own."""
    text = builtin_block(name).unit.source.file.text
    body = re.sub(r"^(archc|block):.*\n", "", text, flags=re.MULTILINE)
    body = re.sub(r"^(?=.)", "    ", body, flags=re.MULTILINE)
    of_blocks(archc.Spec.from_text(f"{HEAD}blocks:\n  Own:\n{body}\ngraph: [relu]\n"))


@pytest.mark.filterwarnings("ignore")  # of torch, at the drawing
@pytest.mark.parametrize("seed", range(60))
def test_nothing_is_said_of_random_blocks_that_are_right(seed: int, tmp_path: Path) -> None:
    found = network(seed)
    for name, text in {**found.files, "spec.yaml": found.text}.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    of_blocks(archc.Spec.from_file(tmp_path / "spec.yaml"))


MISTAKES = [
    "[conv2: {out_channels: 8, kernel_size: 3}]",
    "[conv2d: {out_channels: 8}]",
    "[conv2d: {out_channels: 0, kernel_size: 3}]",
    "[conv2d: {out_channels: 8, kernel_size: 3, filters: 3}]",
    "[conv2d: {out_channels: '8', kernel_size: 3}]",
    "[dropout: {p: 2}]",
    "[{residual: {}}]",
    "[residual: {out_chanels: 8}]",
    "[residual: {out_channels: eight}]",
    "[upsample: {scale_factor: 2, mode: linearly}]",
    "[{from: nowhere, relu}]",
    "[{from: input.1.2, relu}]",
    "[relu, {add: [input, nowhere]}]",
    "[add: {a: [{from: nowhere, relu}], b: []}]",
    "[seq: [{from: nowhere, relu}]]",
    "[dropout: {p: $rate}]",
    "[dropout: {p: $(1 / )}]",
    "[dropout: {p: $(other.channels / 100)}]",
    "[dropout: {p: $(other.shape[1] / 100)}]",
    "[apply: nowhere]",
    "[{name: stage.one, relu}, {from: one, relu}]",
    "[{for: k, in: [1, 2], do: [{dropout: {p: $l}}]}]",
    "[{repeat: -1, relu}]",
    "[{repeat: 2, dropout: {p: $j}}]",
]


@pytest.mark.parametrize("graph", MISTAKES)
def test_a_mistake_is_the_same_with_a_call_and_without(graph: str) -> None:
    """At the same place, by the same code and words."""
    found = []
    for call in ("B", "relu"):
        text = f"{HEAD}blocks:\n  B:\n    graph: {graph}\ngraph: [{call}]\n"
        with pytest.raises(archc.SpecError) as raised:
            archc.check(archc.Spec.from_text(text))
        found.append([(d.code, d.message, d.place.span, d.help) for d in raised.value.diagnostics])
    assert found[0] == found[1]


@pytest.mark.parametrize(
    "graph",
    [
        "[dropout: {p: $(1 if k else 2)}]",
        "[conv2d: {out_channels: $(k // 10), kernel_size: 3}]",
        "[{name: n$k, relu}, {from: n3, tanh}]",
        "[conv2d: {out_channels: 8, kernel_size: 99}]",
        "[{$f: {p: 3}}]",
        "[{name: late, from: early, relu}, {name: early, from: input, tanh}, {from: late, relu}]",
    ],
)
def test_what_a_call_decides_is_not_judged(graph: str) -> None:
    text = (
        f"{HEAD}blocks:\n  B:\n    params: {{k: int, f: str}}\n    graph: {graph}\ngraph: [relu]\n"
    )
    assert [d.code.code for d in archc.check(archc.Spec.from_text(text)).warnings][:1] == ["ARC902"]


def test_what_is_kept_of_an_earlier_check_was_called() -> None:
    """What a `when` leaves out of a block that is called is not judged, the second time neither."""
    text = (
        f"{HEAD}params: {{deep: false}}\nblocks:\n  A: {{graph: [B]}}\n"
        "  B: {graph: [{when: $deep, dropout: {p: 3}}, tanh]}\ngraph: [A]\n"
    )
    for _ in range(3):
        assert archc.check(archc.Spec.from_text(text)).warnings == ()
