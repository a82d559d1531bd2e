"""What a person sees who writes a spec in an editor: by the real yaml-language-server, from npm.

`make editor` runs this, and `make prove`: it needs Node.js, and at first the network.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from editor.language_server import ROOT, LanguageServer, install

pytestmark = pytest.mark.prove

SPECS = sorted((ROOT / "specs").glob("*.yaml"))
HEAD = """\
# yaml-language-server: $schema=../schema/archc.schema.json
archc: 1
name: net
inputs: {image: [N, 3, 32, 32]}
graph:
"""


@pytest.fixture(scope="module")
def server() -> Iterator[LanguageServer]:
    install()
    with LanguageServer(ROOT / "specs") as running:
        yield running


@pytest.mark.parametrize("spec", SPECS, ids=lambda path: path.stem)
def test_specs_are_right(server: LanguageServer, spec: Path) -> None:
    assert server.diagnostics(spec.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize(
    "place",
    [
        "  - |",
        "  - con|",
        "  - relu\n  - |\n",
        "  - name: stem\n    |",
        "  - {name: stem, con|}",
        "  - seq:\n      - |",
        "  - concat:\n      left:\n        - |",
        "  - for: k\n    in: [1]\n    do:\n      - |",
    ],
)
def test_completes_operations(server: LanguageServer, place: str) -> None:
    found = server.completions(HEAD + place)
    assert {"conv2d", "relu", "residual", "concat", "seq", "for"} <= found.keys()
    assert "2-D convolution" in str(found["conv2d"]["documentation"])
    assert "Two 3x3 convolutions" in str(found["residual"]["documentation"])


def test_completion_writes_what_is_required(server: LanguageServer) -> None:
    text = server.completions(HEAD + "  - |")["conv2d"]["insertText"]
    assert text.split() == ["conv2d:", "out_channels:", "$1", "kernel_size:", "$2"]


@pytest.mark.parametrize(
    "place",
    ["  - conv2d:\n      |", "  - conv2d:\n      kernel_size: 3\n      |", "  - conv2d: {ou|}"],
)
def test_completes_arguments(server: LanguageServer, place: str) -> None:
    found = server.completions(HEAD + place)
    assert {"out_channels", "stride", "padding", "bias"} <= found.keys()
    assert "Channels of the result" in str(found["out_channels"]["documentation"])
    assert "Default: `1`" in str(found["stride"]["documentation"])


def test_completes_values(server: LanguageServer) -> None:
    call = HEAD + "  - conv2d:\n      "
    assert {"true", "false"} <= server.completions(call + "bias: |").keys()
    assert {"same", "valid"} <= server.completions(call + "padding: |").keys()
    assert {"zeros", "circular"} <= server.completions(call + "padding_mode: |").keys()
    assert "zeros" in server.completions(call + "bias: true\n    init:\n      weight: |")


def test_completes_keys_of_the_file(server: LanguageServer) -> None:
    found = server.completions(HEAD.replace("graph:\n", "|\n"))
    assert {"params", "variants", "blocks", "graph", "outputs"} <= found.keys()


@pytest.mark.parametrize(
    ("place", "words"),
    [
        ("  - |conv2d: {out_channels: 3}", "2-D convolution: `[N, in_channels, H, W]`"),
        ("  - conv2d: {|out_channels: 3}", "Channels of the result."),
        ("  - |relu", "`max(x, 0)`, element by element"),
        ("  - |vgg_block: {num_convs: 2}", "https://arxiv.org/abs/1409.1556"),
        ("  - vgg_block: {|num_convs: 2}", "How many convolutions."),
        ("  - |concat: [one, two]", "one after the other"),
        ("  - {|repeat: 2, relu: null}", "How many times in a row"),
        ("  - |for: k\n    in: [1]\n    do: []", "for each element of `in`"),
    ],
)
def test_explains(server: LanguageServer, place: str, words: str) -> None:
    assert words in server.hover(HEAD + place)


@pytest.mark.parametrize(
    ("node", "message"),
    [
        ("conv2d: {out_channel: 3, kernel_size: 1}", "Property out_channel is not allowed."),
        ("conv2d: {out_channels: 3}", 'Missing property "kernel_size".'),
        (
            "conv2d: {out_channels: three, kernel_size: 1}",
            "takes an integer of at least 1 or an expression such as `$width`",
        ),
        (
            "conv2d: {out_channels: 3, kernel_size: 1, bias: 1}",
            "takes true or false or an expression such as `$width`",
        ),
        (
            "conv2d: {out_channels: 3, kernel_size: [1, 2, 3]}",
            "Array has too many items. Expected 2 or fewer.",
        ),
        ("conv2dd: {out_channels: 3, kernel_size: 1}", "Property conv2dd is not allowed."),
        ("residual: {chanels: 3}", "Property chanels is not allowed."),
        ("seq: [{linear: {out_feature: 3}}]", "Property out_feature is not allowed."),
        ("{name: x}", "a node needs an operation, such as `relu`"),
        ("relu:\n    sigmoid:", "a node has one operation: is a `- ` missing?"),
        ("{relu: null, dim: 1}", 'Missing property "concat".'),
    ],
)
def test_flags(server: LanguageServer, node: str, message: str) -> None:
    assert message in server.diagnostics(f"{HEAD}  - {node}\n")


def test_flags_a_bare_name(server: LanguageServer) -> None:
    (message,) = server.diagnostics(f"{HEAD}  - rellu\n")
    assert '"relu"' in message
