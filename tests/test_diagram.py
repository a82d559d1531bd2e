"""Diagrams: every node and every read of a network once, in text that Mermaid takes."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from html import unescape
from pathlib import Path
from typing import NamedTuple

import pytest
from click.testing import CliRunner, Result

import archc
from archc.blocks import BLOCKS
from archc.cli import main
from archc.describe.example import example_spec
from archc.document.loader import load
from archc.emit.diagram import Box, Frame, diagram
from archc.emit.mermaid import MOST_ARROWS, mermaid, text
from archc.network import Graph, Module, Network
from block_page import page

ROOT = Path(__file__).parent.parent
FILES = [*sorted((ROOT / "specs").rglob("*.yaml")), *sorted((ROOT / "tests/cases").glob("*.yaml"))]
DEPTHS = (None, 0, 1, 2)

each_file = pytest.mark.parametrize(
    "path", FILES, ids=lambda path: f"{path.parent.stem}-{path.stem}"
)


def networks(path: Path) -> Iterator[Network]:
    """The networks of a file: every variant of a case, the first of a family of specs."""
    spec = archc.Spec.from_file(path)
    variants = [*load(spec.source, spec.folder).document.variants] or [None]
    chosen = variants if path.parent.name == "cases" else variants[:1]
    return (archc.check(path, variant=variant) for variant in chosen)


def net(graph: str, inputs: str = "x: [N, 16, 32, 32]", more: str = "") -> Network:
    head = f"archc: 1\nname: net\ninputs: {{{inputs}}}\ngraph:\n"
    lines = "".join(f"  {line}\n" for line in graph.splitlines())
    return archc.check(archc.Spec.from_text(f"{head}{lines}{more}"))


# What stands in the text


class Drawn(NamedTuple):
    """A flowchart as it reads: boxes and frames as they stand, arrows by their places."""

    parts: list[tuple[str, str]]
    """Opening bracket and label; of a frame `subgraph` and label."""

    arrows: Counter[tuple[int, int, str, str]]
    """From which part to which, as what line, with which words."""


WORDS = r'"([^"<>|`{}\\\n]*(?:<br/>[^"<>|`{}\\\n]*)?)"'
BOX = re.compile(
    rf"(n\d+)(\(\[|\[\[|\[/|\[|\(\(|\()(?:{WORDS})(\]\)|\]\]|/\]|\]|\)\)|\))(:::learns)?"
)
FRAME = re.compile(rf"subgraph (m\d+)\[{WORDS}\]")
ARROW = re.compile(rf"(n\d+) (-->|-\.->)(?:\|{WORDS}\|)? (n\d+)")
CLOSING = {"[": "]", "(": ")", "[[": "]]", "((": "))", "([": "])", "[/": "/]"}


def read(flowchart: str) -> Drawn:
    """Reads a flowchart, of which each line must be one of those that the writer knows."""
    init, kind, learns, *lines = flowchart.splitlines()
    assert init.startswith("%%{init: ")
    assert (kind, learns.split()[:2]) == ("flowchart TB", ["classDef", "learns"])
    numbers: dict[str, int] = {}
    parts: list[tuple[str, str]] = []
    arrows: Counter[tuple[int, int, str, str]] = Counter()
    depth = 1
    for line in lines:
        depth -= line.strip() == "end"
        assert len(line) - len(line.lstrip()) == 2 * depth
        found = line.strip()
        if found == "end":
            continue
        if box := BOX.fullmatch(found):
            assert CLOSING[box[2]] == box[4]
            assert box[1] not in numbers
            numbers[box[1]] = len(parts)
            parts.append((box[2], unescaped(box[3])))
        elif frame := FRAME.fullmatch(found):
            assert frame[1] not in numbers
            assert f"n{frame[1][1:]}" not in numbers
            numbers[frame[1]] = len(parts)
            parts.append(("subgraph", unescaped(frame[2])))
            depth += 1
        else:
            arrow = ARROW.fullmatch(found)
            assert arrow, line
            arrows[numbers[arrow[1]], numbers[arrow[4]], arrow[2], arrow[3] or ""] += 1
    assert depth == 1
    return Drawn(parts, arrows)


def unescaped(words: str) -> str:
    """What Mermaid shows for a label."""
    return unescape(re.sub(r"#(\d+);", r"&#\1;", words).replace("<br/>", "\n"))


# What should stand there: the network is run, on marks instead of tensors


class Mark(NamedTuple):
    """A value: the part that gave it, which of its results."""

    part: int
    words: str


class Run:
    """The parts of a network as they come, and who read what."""

    def __init__(self, network: Network, depth: int | None) -> None:
        self.depth = depth
        self.kinds: list[str] = []
        self.arrows: Counter[tuple[int, int, str, str]] = Counter()
        graph = network.graph
        inputs = [Mark(self.part("input"), "") for _ in graph.inputs]
        values = self.values(graph, inputs, 0, False)
        for output, value in zip(graph.outputs, values, strict=True):
            self.read([value], self.part("output"), output.training)

    def part(self, kind: str) -> int:
        self.kinds.append(kind)
        return len(self.kinds) - 1

    def read(self, values: Sequence[Mark], part: int, training: bool) -> None:
        for value in values:
            self.arrows[value.part, part, "-.->" if training else "-->", value.words] += 1

    def values(
        self, graph: Graph, inputs: Sequence[Mark], depth: int, training: bool
    ) -> list[Mark]:
        """The outputs of a graph."""
        known = {(-1 - k, 0): value for k, value in enumerate(inputs)}
        for number, node in enumerate(graph.nodes):
            reads = [known[reference] for reference in node.reads]
            only = training or number not in graph.evaluated
            part = self.part("module" if isinstance(node.what, Module) else "primitive")
            if isinstance(node.what, Module) and depth != self.depth:
                self.kinds[part] = "frame"
                results = self.values(node.what.graph, reads, depth + 1, only)
            else:
                self.read(reads, part, only)
                inner = node.what.graph.outputs if isinstance(node.what, Module) else None
                names = [o.name for o in inner] if inner else map(str, range(len(node.shapes)))
                results = [Mark(part, name if len(node.shapes) > 1 else "") for name in names]
            known |= {(number, k): value for k, value in enumerate(results)}
        return [known[output.reference] for output in graph.outputs]


@each_file
def test_every_node_and_every_read_stands_there_once(path: Path) -> None:
    for network in networks(path):
        for depth in DEPTHS:
            drawn = read(mermaid(diagram(network, depth)))
            run = Run(network, depth)
            assert drawn.arrows == run.arrows
            assert len(drawn.parts) == len(run.kinds)
            for (opening, words), kind in zip(drawn.parts, run.kinds, strict=True):
                assert words
                assert (opening == "subgraph") == (kind == "frame")
                assert (opening == "[[") == (kind == "module")
                assert (opening == "([") == (kind in ("input", "output"))
        drawn = read(mermaid(diagram(network)))
        listed = [visit.node for visit in network.walk()]
        ends = len(network.graph.inputs) + len(network.graph.outputs)
        assert len(drawn.parts) == len(listed) + ends


# Words


@pytest.mark.parametrize(
    ("node", "words"),
    [
        ("conv2d: {out_channels: 8, kernel_size: 3}", "conv2d 3x3, 8"),
        (
            "conv2d: {out_channels: 32, kernel_size: [1, 7], stride: [2, 1], groups: 16}",
            "conv2d 1x7, 32, stride 2x1, groups 16",
        ),
        (
            "conv2d: {out_channels: 8, kernel_size: 3, dilation: 2, padding: 1, bias: false}",
            "conv2d 3x3, 8, dilation 2",
        ),
        ("conv2d: {out_channels: 8, kernel_size: 1, stride: 1, groups: 1}", "conv2d 1x1, 8"),
        ("max_pool2d: {kernel_size: 3, stride: 2, ceil_mode: true}", "max_pool2d 3x3, stride 2"),
        ("lp_pool2d: {norm_type: 2, kernel_size: 2}", "lp_pool2d 2x2, 2"),
        ("adaptive_avg_pool2d: {output_size: [null, 7]}", "adaptive_avg_pool2d *x7"),
        ("batch_norm2d: {eps: 0.001, momentum: 0.01}", "batch_norm2d"),
        ("dropout: {p: 0.2}", "dropout 0.2"),
        ("dropout", "dropout"),
        ("leaky_relu: {negative_slope: 0.2}", "leaky_relu negative_slope 0.2"),
        ("gelu: {approximate: tanh}", "gelu tanh"),
        ("permute: {dims: [0, 2, 3, 1]}", "permute [0, 2, 3, 1]"),
        ("softmax: {dim: 1}", "softmax dim 1"),
        ("stochastic_depth: {p: 0.1, mode: row}", "stochastic_depth 0.1, row"),
        ("reshape: {shape: [N, 4, 4096]}", "reshape"),
        ("group_norm: {num_groups: 4}", "group_norm 4"),
        ("upsample: {scale_factor: 2, mode: bilinear}", "upsample scale_factor 2, bilinear"),
        (
            "affine: {scale: '$([j / 2 for j in range(16)])', shift: '$([j for j in range(16)])'}",
            "affine scale [0, 0.5, 1, 1.5, ...], shift [0, 1, 2, 3, ...]",
        ),
    ],
)
def test_words_of_an_operation(node: str, words: str) -> None:
    _, (_, label), _ = read(mermaid(diagram(net(f"- {node}")))).parts
    assert label.splitlines()[0] == words


def test_a_kernel_along_one_dimension_is_called_so() -> None:
    network = net("- conv1d: {out_channels: 8, kernel_size: 3}", "x: [N, 16, 32]")
    _, box, _ = diagram(network).parts
    assert isinstance(box, Box)
    assert (box.words, box.sizes) == ("conv1d 8, kernel_size 3", "[N, 8, 30]")


def boxes(network: Network, depth: int | None = None) -> list[tuple[str, str, str, bool]]:
    parts = diagram(network, depth).parts
    return [(p.kind, p.words, p.sizes, p.learns) for p in parts if isinstance(p, Box)]


def test_sizes_stand_where_they_change() -> None:
    graph = "- {name: a, relu}\n- {name: b, sigmoid}\n- add: [a, b]\n- flatten"
    assert boxes(net(graph)) == [
        ("input", "x", "[N, 16, 32, 32]", False),
        ("operation", "relu", "", False),
        ("operation", "sigmoid", "", False),
        ("sign", "+", "", False),
        ("operation", "flatten", "[N, 16384]", False),
        ("output", "output", "[N, 16384]", False),
    ]


def test_sizes_without_values_are_formulas() -> None:
    network = net("- max_pool2d: {kernel_size: 2}", "x: [N, 16, H, W]")
    assert boxes(network)[1][2] == "[N, 16, floor(H/2), floor(W/2)]"


def test_kinds_of_boxes() -> None:
    graph = (
        "- {name: scale, parameter: {shape: [16, 1, 1]}}\n"
        "- {name: a, from: x, conv2d: {out_channels: 16, kernel_size: 1}}\n"
        "- {name: b, mul: [a, scale]}\n- {name: c, sub: [b, x]}\n- concat: [b, c]\n"
        "- {name: tail, seq: [relu]}\n- conv_norm_act: {out_channels: 4}"
    )
    assert boxes(net(graph), depth=0)[1:-1] == [
        ("parameter", "scale: parameter", "[16, 1, 1]", True),
        ("operation", "conv2d 1x1, 16", "", True),
        ("sign", "\u00d7", "", False),
        ("sign", "\u2212", "", False),
        ("join", "concat", "[N, 32, 32, 32]", False),
        ("module", "tail", "", False),
        ("module", "2: conv_norm_act", "[N, 4, 32, 32]", True),
    ]


def test_many_results_are_not_all_told() -> None:
    network = net("- {name: s, split: {split_size_or_sections: 2}}\n- add: [s.0, s.7]")
    assert boxes(network)[1][2] == ", ".join(["[N, 2, 32, 32]"] * 4 + ["..."])


def test_results_by_name_or_number() -> None:
    network = archc.check(ROOT / "tests/cases/several.yaml")
    assert {arrow.words for arrow in diagram(network, 0).arrows} == {"", "low", "high"}
    chunk = net("- {name: c, chunk: {chunks: 2}}\n- sub: [c.1, c.0]")
    assert [arrow.words for arrow in diagram(chunk).arrows] == ["", "1", "0", ""]


def test_a_module_that_runs_again() -> None:
    network = archc.check(ROOT / "tests/cases/apply.yaml")
    frames = [part.words for part in diagram(network).parts if isinstance(part, Frame)]
    assert frames == ["stem", "stem (again)"]
    words = [row[1] for row in boxes(network)]
    assert words.count("linear 10") == 1
    assert words.count("linear 10 (again)") == 2


# Text that Mermaid takes

HOSTILE = [
    *('a"]; end', "`**bold**`", "1. one", "1) one", "1.", "- item", "+ item", "* item", "# head"),
    *("<b>x</b>", "<script>alert(1)</script>", "&amp; &lt;", "#quot;", "#35;", "_a_", "__init__"),
    *("[x](y)", "![x](y)", "[x]: y", "{{x}}", "%% note", "%%{init: {}}%%", "a|b", "$$x^2$$"),
    *("a\nb", "http://a.b/c", "a\\nb", "fa:fa-car", "---", "~~~", "> quote", "a@b.co", "\u202eabc"),
]
"""Marks of Mermaid, Markdown and HTML."""

MARKS = re.compile(
    r"""["<>&|`{}*~^$%\\;@\n\u202e]|\b_|_\b|\]\(|\]:|:\S|//|--|^[0-9]+[.)](\s|$)|^[-+*>#]\s"""
)


@pytest.mark.parametrize("words", HOSTILE)
def test_marks_are_only_words(words: str) -> None:
    quoted = text(words)
    assert quoted[0] == quoted[-1] == '"'
    assert unescaped(quoted[1:-1]) == words.replace("\n", " ")
    assert not MARKS.search(re.sub(r"#[0-9]+;", "", quoted[1:-1]))


@pytest.mark.parametrize(
    "words",
    [
        "conv2d 3x3, 64, stride 2",
        "layer1.0: residual",
        "block1-0",
        "[N, 2*floor(H/2)-1]",
        "stem (again)",
    ],
)
def test_plain_words_are_readable(words: str) -> None:
    assert text(words) == f'"{words}"'.replace("*", "#42;")


def test_names_that_mean_something_to_mermaid() -> None:
    names = ["end", "subgraph", "graph", "click", "default", "style", "o", "x-0", "_", "class"]
    graph = "\n".join(f"- {{name: {name}, seq: [relu]}}" for name in names)
    network = net(graph, "call: [N, 4]", "outputs: {subgraph: class}\n")
    drawn = read(mermaid(diagram(network)))
    assert [words for kind, words in drawn.parts if kind == "subgraph"] == names
    assert drawn.arrows == Run(network, None).arrows


# The same text each time, on the command line too


@pytest.mark.slow
def test_diagrams_do_not_depend_on_the_hash_seed() -> None:
    script = (
        "import sys; import archc; from archc.emit.diagram import diagram\n"
        "from archc.emit.mermaid import mermaid\n"
        "for path in sys.argv[1:]: sys.stdout.write(mermaid(diagram(archc.check(path))))"
    )
    paths = [str(ROOT / f"specs/{name}.yaml") for name in ("fpn", "googlenet", "unet")]
    outputs = {
        subprocess.run(
            [sys.executable, "-c", script, *paths],
            capture_output=True, check=True, env={**os.environ, "PYTHONHASHSEED": seed},
        ).stdout
        for seed in ("1", "2")
    }  # fmt: skip
    (output,) = outputs
    assert output.decode() == "".join(mermaid(diagram(archc.check(path))) for path in paths)


def call(*arguments: str, standard_input: str | None = None) -> Result:
    return CliRunner().invoke(main, arguments, standard_input, catch_exceptions=False)


def test_command() -> None:
    path = str(ROOT / "specs/resnet18.yaml")
    network = archc.check(path)
    for arguments, depth in ([], None), (["--depth", "1"], 1), (["--depth", "0"], 0):
        result = call("diagram", path, *arguments)
        assert (result.exit_code, result.stderr) == (0, "")
        assert result.stdout == mermaid(diagram(network, depth))
    assert call("diagram", path, "--depth", "-1").exit_code == 2
    assert "conv2d 7x7, 64" in call("diagram", "-", standard_input=Path(path).read_text()).stdout
    wrong = call("diagram", "-", standard_input="archc: 1\n")
    assert (wrong.exit_code, wrong.stdout) == (1, "")


def test_command_says_where_mermaid_stops() -> None:
    path = str(ROOT / "specs/torchvision/densenet.yaml")
    result = call("diagram", path, "--variant", "densenet201")
    count = sum(read(result.stdout).arrows.values())
    assert count > MOST_ARROWS
    assert result.stderr.startswith(f"{count} arrows: Mermaid draws {MOST_ARROWS} unless")
    assert not call("diagram", path, "--variant", "densenet201", "--depth", "2").stderr


def test_command_starts_no_torch() -> None:
    code = (
        "import sys; from archc.cli import main\n"
        "try: main(['diagram', 'specs/lenet_bn.yaml'])\n"
        "except SystemExit as end: assert not end.code\n"
        "assert not {'torch', 'numpy', 'sympy'} & sys.modules.keys()"
    )
    subprocess.run([sys.executable, "-c", code], check=True, cwd=ROOT, stdout=subprocess.DEVNULL)


# The page of blocks


def test_page_of_blocks_is_current(golden: Callable[[Path, str], None]) -> None:
    golden(ROOT / "docs/blocks.md", page())


@pytest.mark.parametrize("name", BLOCKS)
def test_page_has_what_the_commands_print(name: str) -> None:
    section = page().split(f"\n## {name}\n")[1].split("\n## ")[0]
    spec = call("blocks", name, "--example").stdout
    assert spec == example_spec(name)
    assert f"```yaml\n{spec}```" in section
    assert f"```mermaid\n{call('diagram', '-', standard_input=spec).stdout}```" in section
