"""Graphs of blocks that are kept: a check that finds them says what one says that does not."""

from __future__ import annotations

import gc
import json
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest

import archc
from archc.elaborate import kept
from archc.emit.json import json_text
from archc.network import Network

ROOT = Path(__file__).parents[1]
SPECS = sorted([*(ROOT / "specs").rglob("*.yaml"), *(ROOT / "tests/cases").glob("*.yaml")])
SPECS.remove(ROOT / "tests/cases/upsample.yaml")  # nothing without a variant

HEAD = "archc: 1\nname: x\ninputs: {x: [N, 3, 8, 8]}\n"


def check(text: str, path: Path | None = None, **choices: object) -> Network:
    spec = archc.Spec.from_text(text, str(path) if path else "x.yaml")
    if path is not None:
        spec = archc.Spec(spec.source, path.parent)
    return archc.check(spec, **choices)  # type: ignore[arg-type]


def told(network: Network) -> tuple[object, ...]:
    """All that is said of a network, lines included."""
    lines = [visit.place.span.line for visit in network.walk()]
    warnings = [(each.code.code, each.place.span.line) for each in network.warnings]
    return archc.to_source(network), json.loads(json_text(network)), lines, warnings


@pytest.mark.parametrize("path", SPECS, ids=lambda path: path.stem)
def test_a_second_check_says_the_same(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    for variant in [None, *archc.Spec.from_file(path).source.data.get("variants", {})][:3]:
        kept.forget()
        first = told(check(text, path, variant=variant))
        assert told(check(text, path, variant=variant)) == first
        check(f"# a line\n\n{text}", path, variant=variant)
        assert told(check(text, path, variant=variant)) == first


@pytest.mark.parametrize("path", SPECS, ids=lambda path: path.stem)
def test_lines_are_those_of_the_text(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    kept.forget()
    before = [visit.place.span for visit in check(text, path).walk()]
    after = [visit.place.span for visit in check(f"# a line\n\n{text}", path).walk()]
    assert [span.line + 2 for span in before] == [span.line for span in after]


BLOCK = """\
blocks:
  B:
    params: {p: any, q: 1}
    graph:
      - {when: $(p == 1), conv2d: {out_channels: 4, kernel_size: 1, bias: $(p > 0)}}
      - leaky_relu: {negative_slope: $q}
"""


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("B: {p: 1}", "B: {p: 2}"),
        ("B: {p: 1, q: 1}", "B: {p: 1, q: 2}"),
        ("B: {p: [1]}", "B: {p: [1, 1]}"),
        ("B: {p: 1}", "B: {p: true}"),
        ("B: {p: 1}", "B: {p: 1.0}"),
        ("B: {p: 1, q: 0.0}", "B: {p: 1, q: -0.0}"),
        ("B: {p: []}", "B: {p: {}}"),
        ("relu: {inplace: 1}", "relu: {inplace: true}"),
        ("leaky_relu: {negative_slope: 0.0}", "leaky_relu: {negative_slope: -0.0}"),
        ("leaky_relu: {negative_slope: 1}", "leaky_relu: {negative_slope: 1.0}"),
        (
            "conv2d: {out_channels: 4, kernel_size: [3]}",
            "conv2d: {out_channels: 4, kernel_size: 3}",
        ),
    ],
)
def test_what_differs_in_a_value_is_not_found(one: str, other: str) -> None:
    for call in (one, other):
        text = f"{HEAD}{BLOCK}graph: [{{{call}}}]\n"
        sources = []
        for _ in range(2):
            try:
                sources.append(archc.to_source(check(text)))
            except archc.SpecError as error:
                sources.append(str(error))
        kept.forget()
        try:
            fresh = archc.to_source(check(text))
        except archc.SpecError as error:
            fresh = str(error)
        assert sources == [fresh, fresh]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("[N, 3, 8, 8]", "[N, 3, 9, 9]"),
        ("[N, 3, 8, 8]", "[N, 4, 8, 8]"),
        ("[N, 3, 8, 8]", "[N, 3, H, H]"),
        ("kernel_size: 1", "kernel_size: 3"),
        ("archc: 1\n", "archc: 1\ninit: {conv2d: {weight: zeros}}\n"),
        ("params: {p", "params: {r: 3, p"),
    ],
)
def test_what_differs_in_the_text_is_not_found(old: str, new: str) -> None:
    text = f"{HEAD}{BLOCK}graph: [{{B: {{p: 1}}}}]\n"
    check(text)
    changed = text.replace(old, new)
    assert changed != text
    warm = told(check(changed))
    kept.forget()
    assert warm == told(check(changed))


NESTED = """\
params: {width: 4, unread: 1}
blocks:
  A: {graph: [{B: {p: 1}}, {when: false, C}]}
  B: {params: {p: int}, graph: [{conv2d: {out_channels: $width, kernel_size: $p}}, D]}
  C: {graph: [gelu]}
  D: {graph: [relu]}
  E: {graph: [tanh]}
graph: [A, E]
"""


@pytest.mark.parametrize(
    ("old", "new", "anew"),
    [
        ("[tanh]", "[relu]", "E"),
        ("[relu]", "[tanh]", "ABD"),
        ("kernel_size: $p", "kernel_size: 3", "ABDE"),
        ("width: 4", "width: 5", "ABDE"),
        ("unread: 1", "unread: 2", ""),
        ("[gelu]", "[tanh]", ""),
        ("  C: {graph: [gelu]}\n", "", "ABCDE"),
        ("N, 3, 8, 8", "N, 3, 9, 9", "ABDE"),
    ],
)
def test_a_change_reaches_what_calls_the_block(
    old: str, new: str, anew: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def outcome(text: str) -> object:
        try:
            return told(check(text))
        except archc.SpecError as error:
            return str(error)

    kept.forget()
    check(HEAD + NESTED)
    text = (HEAD + NESTED).replace(old, new)
    built: list[str] = []
    keep = kept.Store.keep

    def noted(store: kept.Store[Any], key: Any, graph: Any) -> None:
        keep(store, key, graph)
        built.extend([key[0]] if store is kept.GRAPHS else [])

    monkeypatch.setattr(kept.Store, "keep", noted)
    warm = outcome(text)
    assert {*built} <= {*anew}
    kept.forget()
    assert warm == outcome(text)


def test_a_used_file_that_changed(tmp_path: Path) -> None:
    used, spec = tmp_path / "used.yaml", tmp_path / "spec.yaml"
    spec.write_text(f"{HEAD}use: [used.yaml]\ngraph: [B]\n", encoding="utf-8")
    for operation in ("relu", "sigmoid"):
        used.write_text(f"archc: 1\nblocks: {{B: {{graph: [{operation}]}}}}\n", encoding="utf-8")
        assert f"nn.{operation.title()[:1]}" in archc.to_source(archc.check(spec))


def test_what_is_found_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    blocks = "blocks: {B: {graph: [{repeat: 30, relu}]}}\n"
    check(f"{HEAD}{blocks}graph: [{{repeat: 2, B}}]\n")
    monkeypatch.setattr("archc.elaborate.walk.MAX_NODES", 99)
    with pytest.raises(archc.SpecError, match="ARC505"):
        check(f"{HEAD}{blocks}graph: [{{repeat: 4, B}}]\n")


def test_depth_counts_where_a_graph_is_found() -> None:
    def chain(length: int) -> str:
        blocks = [f"  B{i}: {{graph: [B{i + 1}]}}\n" for i in range(length)]
        return f"{HEAD}blocks:\n{''.join(blocks)}  B{length}: {{graph: [relu]}}\n"

    check(f"{chain(60)}graph: [B0]\n")
    nested = "B0"
    for _ in range(10):
        nested = f"seq: [{nested}]"
    with pytest.raises(archc.SpecError, match="ARC506"):
        check(f"{chain(60)}graph: [{{{nested}}}]\n")


def test_operations_that_were_called_are_known() -> None:
    init = "init: {batch_norm2d: {weight: zeros}}\n"
    text = f"{HEAD}{init}blocks: {{B: {{graph: [batch_norm2d]}}}}\ngraph: [B]\n"
    for _ in range(2):
        assert check(text).warnings == ()


@pytest.mark.parametrize("path", SPECS, ids=lambda path: path.stem)
def test_no_check_leaves_cycles(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    check(text, path)
    wrong = text.replace("relu", "rleu").replace("kernel_size: 3", "kernel_size: 0")
    with collector(enabled=False):
        check(f"# a line\n\n{text}", path)
        if wrong != text:
            with pytest.raises(archc.SpecError):
                check(wrong, path)
        assert gc.collect() == 0


@pytest.mark.parametrize("enabled", [True, False])
@pytest.mark.parametrize("graph", ["[relu]", "[rleu]", "[re"])
def test_the_collector_is_left_as_it_was(enabled: bool, graph: str) -> None:
    with collector(enabled):
        with suppress(archc.SpecError):
            check(f"{HEAD}graph: {graph}\n")
        assert gc.isenabled() is enabled


@contextmanager
def collector(enabled: bool) -> Iterator[None]:
    before = gc.isenabled()
    gc.collect()
    (gc.enable if enabled else gc.disable)()
    try:
        yield
    finally:
        (gc.enable if before else gc.disable)()
