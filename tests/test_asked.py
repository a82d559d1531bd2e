"""What the rules of `archc/lint` find, along the data's way through modules, blocks and files."""

from __future__ import annotations

from pathlib import Path

import pytest

from archc.diagnostics import CATALOGUE, Diagnostic
from archc.lint import OPT_IN
from archc.validate import Request

HEAD = "archc: 1\nname: x\ninputs: {image: [N, 8, 32, 32]}\n"
CONV = "conv2d: {out_channels: 8, kernel_size: 1}"
BIAS, DROPOUT = "ARC905", "ARC906"


def asked(path: Path, *codes: str) -> tuple[Diagnostic, ...]:
    """The warnings of `codes` about the spec at `path`, which is right."""
    opt_in = frozenset(CATALOGUE[code] for code in codes if CATALOGUE[code].opt_in)
    request = Request(str(path), opt_in=opt_in)
    outcome = request.outcome()
    assert outcome.network is not None, outcome.diagnostics
    return tuple(each for each in outcome.diagnostics if each.code.code in codes)


def lines(text: str, folder: Path, code: str) -> list[int]:
    """The lines of the warnings of one `code`; the first line of `text` is 4."""
    path = folder / "spec.yaml"
    path.write_text(HEAD + text)
    return [found.place.span.line for found in asked(path, code)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (f"graph:\n  - {CONV}\n  - batch_norm2d\n", [5]),
        (f"graph:\n  - {CONV}\n  - identity\n  - batch_norm2d\n", [5]),
        (f"graph:\n  - seq: [{CONV}]\n  - seq: [batch_norm2d, relu]\n", [5]),
        (f"graph:\n  - seq: [seq: [{CONV}], identity]\n  - seq: [identity, batch_norm2d]\n", [5]),
        (f"graph:\n  - {CONV}\n  - add: {{a: [batch_norm2d, relu], b: [batch_norm2d]}}\n", [5]),
        (
            f"blocks:\n  C: {{graph: [{CONV}]}}\n  B: {{graph: [batch_norm2d]}}\ngraph: [C, B]\n",
            [5],
        ),
        (f"graph:\n  - {CONV}\n  - transition: {{out_channels: 4}}\n", [5]),
        (
            f"graph:\n  - {{name: c, {CONV}}}\n  - batch_norm2d\n  - apply: c\n  - batch_norm2d\n",
            [5],
        ),
        (f"graph:\n  - repeat: 3\n    seq: [{CONV}, batch_norm2d]\n", [6]),
        ("graph:\n  - flatten\n  - linear: {out_features: 4}\n  - batch_norm1d\n", [6]),
    ],
    ids=[
        "in a list", "identity", "groups", "groups in groups", "two readers", "blocks",
        "before a built-in", "applied again", "repeated", "linear",
    ],
)  # fmt: skip
def test_a_bias_that_is_lost(text: str, expected: list[int], tmp_path: Path) -> None:
    assert lines(text, tmp_path, BIAS) == expected


@pytest.mark.parametrize(
    "text",
    [
        f"graph:\n  - {CONV}\n  - relu\n  - batch_norm2d\n",
        f"graph:\n  - {CONV}\n  - instance_norm2d\n",
        "graph:\n  - conv2d: {out_channels: 8, kernel_size: 1, bias: false}\n  - batch_norm2d\n",
        f"graph:\n  - {{name: c, seq: [{CONV}]}}\n  - {{name: n, batch_norm2d}}\n  - add: [c, n]\n",
        f"graph: [{{name: c, {CONV}}}, {{name: n, batch_norm2d}}]\noutputs: {{y: n, z: c}}\n",
        f"graph:\n  - {{name: c, {CONV}}}\n  - batch_norm2d\n  - apply: c\n  - relu\n",
        f"blocks:\n  C: {{graph: [{CONV}]}}\ngraph: [C, batch_norm2d, C, relu]\n",
        f"graph:\n  - {{name: c, seq: [{CONV}]}}\n  - batch_norm2d\n  - apply: c\n  - relu\n",
        "graph: [residual: {out_channels: 8}]\n",
        "graph:\n  - nin_block: {out_channels: 8, kernel_size: 1}\n  - batch_norm2d\n",
        "graph:\n  - transition: {out_channels: 8}\n  - batch_norm2d\n",
        "graph:\n  - linear: {out_features: 32}\n  - batch_norm2d\n",
    ],
    ids=[
        "activation between", "not over the batch", "no bias", "read elsewhere", "an output",
        "applied again without", "called again without", "list applied again without",
        "before one, within a built-in", "within a built-in", "before the end of a built-in",
        "along another dimension",
    ],
)  # fmt: skip
def test_a_bias_that_counts(text: str, tmp_path: Path) -> None:
    assert lines(text, tmp_path, BIAS) == []


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("graph: [dropout, batch_norm2d]\n", [4]),
        ("graph:\n  - seq: [relu, dropout2d]\n  - seq: [batch_norm2d]\n", [5]),
        (f"graph:\n  - dropout\n  - {CONV}\n  - batch_norm2d\n", [5]),
        (f"graph: [dropout, {CONV}, gelu, avg_pool2d: {{kernel_size: 2}}, batch_norm2d]\n", [4]),
        ("graph: [dropout, flatten, linear: {out_features: 4}, batch_norm1d]\n", [4]),
        ("graph:\n  - add: {body: [dropout], rest: []}\n  - residual: {out_channels: 8}\n", [5]),
        ("graph:\n  - dropout\n  - local_response_norm: {size: 5}\n  - batch_norm2d\n", [5]),
        ("graph: [dropout, {name: n, batch_norm2d}, dropout]\n", [4]),
        ("graph:\n  - {name: d, dropout}\n  - relu\n  - apply: d\n  - batch_norm2d\n", [5, 7]),
        (f"blocks:\n  D: {{graph: [{CONV}, dropout]}}\ngraph: [D, batch_norm2d, D]\n", [5]),
    ],
    ids=[
        "directly", "groups", "convolution between", "much between",
        "linear between", "join and built-in between",
        "norm that does not rescale", "the last is right", "applied again", "in one call of two",
    ],
)  # fmt: skip
def test_a_dropout_that_disturbs(text: str, expected: list[int], tmp_path: Path) -> None:
    assert lines(text, tmp_path, DROPOUT) == expected


@pytest.mark.parametrize(
    "text",
    [
        "graph: [batch_norm2d, dropout]\n",
        "graph:\n  - dropout\n  - group_norm: {num_groups: 2}\n  - batch_norm2d\n",
        "graph:\n  - dropout\n  - batch_norm2d: {track_running_stats: false}\n  - batch_norm2d\n",
        "graph:\n  - dropout: {p: 0.0}\n  - batch_norm2d\n",
        "graph: [alpha_dropout, batch_norm2d]\n",
        "graph:\n  - stochastic_depth: {p: 0.5, mode: row}\n  - batch_norm2d\n",
        "graph:\n  - dense_block: {num_layers: 1, growth_rate: 8}\n  - batch_norm2d\n",
        "graph:\n  - aspp: {out_channels: 8}\n  - batch_norm2d\n",
    ],
    ids=[
        "after", "scale set anew", "no statistics learnt", "drops nothing", "keeps the variance",
        "whole samples", "no dropout", "within a built-in",
    ],
)  # fmt: skip
def test_a_dropout_that_disturbs_nothing(text: str, tmp_path: Path) -> None:
    assert lines(text, tmp_path, DROPOUT) == []


def test_the_batch_normalisation_is_shown(tmp_path: Path) -> None:
    path = tmp_path / "spec.yaml"
    path.write_text(f"{HEAD}graph:\n  - dropout\n  - {CONV}\n  - residual: {{out_channels: 8}}\n")
    (found,) = asked(path, DROPOUT)
    (label,) = found.related
    assert (label.place.span.line, label.text) == (7, "normalised in this block")
    path.write_text(
        f"{HEAD}graph:\n  - dropout\n  - dense_block: {{num_layers: 1, growth_rate: 8}}\n"
    )
    (found,) = asked(path, DROPOUT)
    assert found.related[0].place.span.line == 6, "a block in a block: at the call of the outer one"
    path.write_text(
        f"{HEAD}graph:\n  - dropout\n  - add:\n      a: batch_norm2d\n      b: batch_norm2d\n"
    )
    (found,) = asked(path, DROPOUT)
    assert found.related[0].place.span.line == 7, "the first of two"
    path.write_text(f"{HEAD}graph:\n  - dropout\n  - batch_norm2d\n  - batch_norm2d\n")
    (found,) = asked(path, DROPOUT)
    (label,) = found.related
    assert (label.place.span.line, label.text) == (6, "normalised here")


def test_files_that_are_used_are_told_too(tmp_path: Path) -> None:
    (tmp_path / "parts.yaml").write_text(
        f"archc: 1\nblocks:\n  Stem:\n    graph:\n      - {CONV}\n      - batch_norm2d\n"
        "      - max_pool2d: {kernel_size: 3, stride: 2}\n"
    )
    path = tmp_path / "spec.yaml"
    path.write_text(
        f"{HEAD}use: [parts.yaml]\ngraph:\n  - Stem\n  - nin_block: {{out_channels: 8, "
        "kernel_size: 1}\n  - max_pool2d: {kernel_size: 2}\n"
    )
    codes = [code.code for code in OPT_IN]
    places = [(Path(d.place.file.name).name, d.place.span.line) for d in asked(path, *codes)]
    assert places == [("parts.yaml", 5), ("parts.yaml", 7), ("spec.yaml", 8)]
    parts = tmp_path / "parts.yaml"
    parts.write_text(parts.read_text().replace("1}\n", "1} # archc: ignore[ARC905]\n"))
    assert len(asked(path, *codes)) == 2
