"""`archc expand`: a spec with nothing left to evaluate, which means the same network."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import torch
from click.testing import CliRunner

from archc.analysis.same import same_meaning
from archc.cli import main
from archc.compiler import Spec, check, to_source
from archc.document.loader import load
from archc.emit.python import root_class
from archc.emit.spec import spec_text
from archc.emit.spec.layout import WIDTH, yaml_text
from archc.lint.rules import RULES
from archc.network import Network
from archc.runtime.module import instantiate
from archc.source import read
from judge import state_shapes

ROOT = Path(__file__).parent.parent
FILES = sorted([*ROOT.glob("specs/**/*.yaml"), *ROOT.glob("tests/cases/*.yaml")])


def variants(path: Path) -> list[str | None]:
    spec = Spec.from_file(path)
    return [*load(spec.source, spec.folder).document.variants] or [None]


CASES = [(path, variant) for path in FILES for variant in variants(path)]


def network_of(text: str, **choices: Any) -> Network:
    return check(Spec.from_text(text), **choices)


def values(data: Any) -> Iterator[Any]:
    """Every value and key in `data` but prose."""
    yield data
    if isinstance(data, dict):
        yield from data
        for key, value in data.items():
            yield from () if key in ("summary", "source") else values(value)
    elif isinstance(data, list):
        for value in data:
            yield from values(value)


def weights(network: Network) -> list[tuple[str, tuple[int, ...]]]:
    """The state of the emitted module, on the meta device."""
    with torch.device("meta"):
        return list(state_shapes(instantiate(to_source(network), root_class(network))).items())


def expansion(network: Network) -> str:
    """The expanded text, after everything that has to hold for each."""
    text = spec_text(network)
    again = network_of(text)
    assert same_meaning(network, again) is None
    assert same_meaning(again, network) is None
    assert spec_text(again) == text
    assert [each for each in again.warnings if each.code not in RULES] == []

    data = read(text, "expanded").data
    words = [value for value in values(data) if isinstance(value, str)]
    assert not [word for word in words if "$" in word]
    assert not {"for", "repeat", "params", "variants", "use"} & set(words)
    whens = [v["when"] for v in values(data) if isinstance(v, dict) and "when" in v]
    # A graph without nodes has one that is absent: the language has no empty graph.
    assert all(when == "training" or when is False for when in whens)
    assert len(whens) - whens.count(False) == sum(o.training for o in network.graph.outputs)
    return text


@pytest.mark.parametrize(
    ("path", "variant"), CASES, ids=[f"{path.stem}-{variant}" for path, variant in CASES]
)
def test_every_spec(path: Path, variant: str | None) -> None:
    network = check(path, variant=variant)
    text = expansion(network)
    assert max(map(len, text.splitlines())) <= WIDTH
    assert weights(network_of(text)) == weights(network)


# Hard forms, each with the whole text that it becomes

HEAD = "archc: 1\nname: hard\ninputs:\n  x: [N, 3, 12, 12]\n  y: [N, 3, 12, 12]\n"

HARD = {
    "values": (
        """\
graph:
  - add: [x, y]
  - {name: first, Twice: {channels: 3}}
  - {repeat: 2, name: 'more$i', when: $(i > 0), conv2d: {out_channels: 4, kernel_size: 1}}
  - for: [kernel, bias]
    in: [[1, true], [[1, 3], false]]
    do:
      - conv2d: {out_channels: $(more1.channels + 1), kernel_size: $kernel, bias: $bias}
blocks:
  Twice:
    params: {channels: int, padding: same}
    graph:
      - {repeat: 2, conv2d: {out_channels: $(channels + i), kernel_size: 3, padding: $padding}}
""",
        """\
graph:
  - add: [x, y]
  - name: first
    seq:
      - conv2d: {out_channels: 3, kernel_size: 3, padding: same}
      - conv2d: {out_channels: 4, kernel_size: 3, padding: same}
  - {name: more1, conv2d: {out_channels: 4, kernel_size: 1}}
  - conv2d: {out_channels: 5, kernel_size: 1, bias: true}
  - conv2d: {out_channels: 5, kernel_size: [1, 3], bias: false}
""",
    ),
    "several inputs and outputs": (
        """\
graph:
  - relu
  - {name: s, Split: {}}
  - {from: [s.b, s.a, y], Merge: {}}
blocks:
  Split:
    summary: "Two ways: 'one' and #two."
    graph:
      - {name: one, conv2d: {out_channels: 3, kernel_size: 1}}
      - {name: two, from: input, Deep: {}}
    outputs: {b: two, a: one}
  Deep:
    graph: [relu, {Deeper: {}}]
  Deeper:
    graph: [sigmoid, {when: false, relu}]
  Merge:
    inputs: [low, high, last]
    graph:
      - {name: final, from: high, relu}
      - {name: absent, when: false, from: low, relu}
      - {name: low-high, add: [absent, high, final]}
      - {add: [low-high, low-high, high]}
""",
        """\
graph:
  - relu
  - {name: s, Split}
  - {from: [s.0, s.1, y], Merge}
blocks:
  Split:
    summary: 'Two ways: ''one'' and #two.'
    graph:
      - {name: one, conv2d: {out_channels: 3, kernel_size: 1}}
      - name: two
        from: input
        seq:
          - relu
          - seq:
              - sigmoid
    outputs: {b: two, a: one}
  Merge:
    inputs: [low, high, last]
    graph:
      - {name: final, from: high, relu}
      - {name: low-high, add: [low, high, final]}
      - add: [low-high, low-high, high]
""",
    ),
    "captures": (
        """\
graph:
  - {name: a-b, conv2d: {out_channels: 3, kernel_size: 1}}
  - relu
  - seq:
      - conv2d: {out_channels: 3, kernel_size: 1}
      - name: sum
        add: {one: relu, two: [sigmoid, {add: {deep: relu, out: [{add: [a-b, x]}]}}]}
      - add: [sum, a-b]
  - {name: kept, relu}
  - {name: aside, seq: [{from: y, relu}, sigmoid]}
  - add: [kept, aside]
""",
        """\
graph:
  - {name: a-b, conv2d: {out_channels: 3, kernel_size: 1}}
  - {name: 1, relu}
  - {from: ['1', a-b, x], Group}
  - {name: kept, relu}
  - name: aside
    from: y
    seq:
      - relu
      - sigmoid
  - add: [kept, aside]
blocks:
  Out:
    inputs: [a_b, x]
    graph:
      - add: [a_b, x]
  Two:
    inputs: [input, a_b, x]
    graph:
      - sigmoid
      - {name: deep, relu}
      - {name: out, from: [a_b, x], Out}
      - add: [deep, out]
  Group:
    inputs: [input, a_b, x]
    graph:
      - {name: 0, conv2d: {out_channels: 3, kernel_size: 1}}
      - {name: one, relu}
      - {name: two, from: ['0', a_b, x], Two}
      - {name: sum, add: [one, two]}
      - add: [sum, a_b]
""",
    ),
    "apply": (
        """\
graph:
  - {name: net.0, conv2d: {out_channels: 3, kernel_size: 1}}
  - {name: two, from: [net.0, x], Two: {}}
  - {name: other, from: y, apply: net.0}
  - {from: [other, two], apply: two}
  - add: {branch: {conv2d: {out_channels: 3, kernel_size: 1}}, rest: []}
  - {name: before, relu}
  - {name: alone, relu}
  - {name: joined, add: [before, alone]}
  - apply: alone
blocks:
  Two:
    inputs: [p, q]
    graph: [{add: [p, q]}]
""",
        """\
graph:
  - {name: net.0, conv2d: {out_channels: 3, kernel_size: 1}}
  - {name: two, from: [net.0, x], Two}
  - {name: net_0_again, from: y, apply: net.0}
  - {from: [net_0_again, two], apply: two}
  - add: {branch: {conv2d: {out_channels: 3, kernel_size: 1}}, skip: []}
  - {name: before, relu}
  - {name: alone, relu}
  - {name: joined, add: [before, alone]}
  - apply: alone
blocks:
  Two:
    inputs: [p, q]
    graph:
      - add: [p, q]
""",
    ),
    "training": (
        """\
graph:
  - {name: stem, conv2d: {out_channels: 3, kernel_size: 1}}
  - {name: body, relu}
  - {name: aux, from: stem, seq: [relu, flatten, {linear: {out_features: 2}}]}
  - {name: gone, from: stem, when: false, relu}
  - {from: body, sigmoid}
  - {name: head, add: {'1': relu, '2': [sigmoid], half_: []}}
outputs:
  aux: {from: aux, when: training}
  head: head
  gone: gone
  input: y
  stem: stem
""",
        """\
graph:
  - {name: stem, conv2d: {out_channels: 3, kernel_size: 1}}
  - {name: body, relu}
  - name: aux
    from: stem
    seq:
      - relu
      - flatten
      - linear: {out_features: 2}
  - {name: 3, from: body, sigmoid}
  - {name: 1, relu}
  - name: 2
    from: '3'
    seq:
      - sigmoid
  - {name: head, add: ['1', '2', '3']}
outputs:
  aux: {from: aux, when: training}
  head: head
  input: y
  stem: stem
""",
    ),
    "forward": (
        """\
graph:
  - {name: m, from: l, seq: [relu]}
  - name: l
    from: x
    seq:
      - {name: a, from: b, relu}
      - {name: b, from: c, sigmoid}
      - {name: c, from: y, relu}
      - {from: a, when: false, relu}
  - {name: f, from: [m], Late: {}}
  - {name: join, add: [f, f]}
  - add: [x, join, m]
blocks:
  Late:
    graph:
      - {name: '0', from: middle, relu}
      - {name: middle, from: input, sigmoid}
    outputs: {result: '0'}
""",
        """\
graph:
  - name: m
    from: l
    seq:
      - relu
  - {name: l, from: y, L}
  - {name: f, from: m, Late}
  - {name: join, add: [f, f]}
  - add: [x, join, m]
blocks:
  L:
    inputs: [y]
    graph:
      - {name: a, from: b, relu}
      - {name: b, from: c, sigmoid}
      - {name: c, from: y, relu}
    outputs: {output: a}
  Late:
    graph:
      - {name: 0, from: middle, relu}
      - {name: middle, from: input, sigmoid}
    outputs: {result: '0'}
""",
    ),
    "parameters": (
        """\
graph:
  - name: table
    seq:
      - {name: p, parameter: {shape: [2, 3]}, init: {constant: {val: 1}}}
      - {from: p, linear: {out_features: 3}}
  - {name: unread, from: y, Ignore: {}}
  - {name: empty, from: x, seq: []}
  - {name: w, parameter: {shape: [2, 3]}, init: zeros}
  - {name: scaled, from: table, Scale: {}}
  - {name: all, concat: [scaled, w, table], dim: 0}
outputs: {all: all, image: unread, empty: empty}
blocks:
  Ignore:
    graph: [{name: q, parameter: {shape: [5]}}, {from: q, relu}]
  Scale:
    graph:
      - {name: gain, parameter: {shape: [2, 3]}}
      - add: [gain, input]
""",
        """\
graph:
  - name: table
    seq:
      - {name: p, parameter: {shape: [2, 3]}, init: {constant: {val: 1.0}}}
      - {from: p, linear: {out_features: 3}}
  - {name: unread, from: y, Ignore}
  - {name: empty, from: x, seq: []}
  - {name: w, parameter: {shape: [2, 3]}, init: zeros}
  - {name: scaled, from: table, Scale}
  - {name: all, concat: [scaled, w, table], dim: 0}
outputs:
  all: all
  image: unread
  empty: empty
blocks:
  Ignore:
    graph:
      - {name: q, parameter: {shape: [5]}}
      - {from: q, relu}
  Scale:
    graph:
      - {name: gain, parameter: {shape: [2, 3]}}
      - add: [gain, input]
""",
    ),
    "names": (
        """\
graph:
  - {name: 'yes', conv2d: {out_channels: 3, kernel_size: 1}}
  - {name: '007', relu}
  - {name: 'null', Residual: {}}
  - {name: '1.5', relu}
  - {name: e-15, from: 'yes', relu}
  - {name: 'true', from: 'null', relu}
  - {name: '6', add: ['1.5', e-15, 'true']}
  - {name: eight, relu}
  - {name: both, from: x, add: {left: [], right: []}}
  - {name: add, add: {body: sigmoid, rest: []}}
  - {name: last, add: [add, both, '6', other]}
  - {name: other, from: y, add: {body2: [], tail: relu}}
outputs: {a: last, c: eight, b: e-15}
blocks:
  Residual:
    graph: [{name: '0', relu}, {add: ['0', input]}]
""",
        """\
graph:
  - {name: 'yes', conv2d: {out_channels: 3, kernel_size: 1}}
  - {name: '007', relu}
  - {name: 'null', Residual}
  - {name: '1.5', relu}
  - {name: e-15, from: 'yes', relu}
  - {name: 'true', from: 'null', relu}
  - {name: 6, add: ['1.5', e-15, 'true']}
  - {name: eight, relu}
  - {name: both, add: [x, x]}
  - {name: add, add: {body: sigmoid, skip: []}}
  - {name: last, add: [add, both, '6', other]}
  - {name: other, from: y, add: {skip: [], tail: relu}}
outputs:
  a: last
  c: eight
  b: e-15
blocks:
  Residual:
    graph:
      - {name: 0, relu}
      - add: ['0', input]
""",
    ),
    "nothing": (
        """\
graph:
  - {name: one, Nothing: {}}
  - {name: two, from: [one, y], Nothings: {}}
  - {name: three, seq: [{when: false, relu}]}
outputs: {three: three}
blocks:
  Nothing: {graph: [{when: false, relu}]}
  Nothings: {inputs: [a, b], graph: [{when: false, from: b, relu}]}
""",
        """\
graph:
  - {name: one, seq: []}
  - {name: two, from: [one, y], Nothings}
  - {name: three, seq: []}
outputs:
  three: three
blocks:
  Nothings:
    inputs: [a, b]
    graph:
      - {when: false, seq: []}
    outputs: {output: b}
""",
    ),
    "reads nothing": (
        """\
graph:
  - {name: both, Both: {}}
  - {name: table, from: x, seq: [{name: p, parameter: {shape: [2, 3]}}, {from: p, relu}]}
  - {name: late, from: more, seq: [relu]}
  - {name: more, from: late_table, seq: [relu]}
  - {name: late_table, from: x, apply: table}
outputs: {a: both.0, b: both.1, c: late, d: table, y: y}
blocks:
  Both:
    graph: [{name: one, relu}, {name: two, relu}]
    outputs: {one: one, two: two}
""",
        """\
graph:
  - {name: both, Both}
  - name: table
    from: input
    seq:
      - {name: p, parameter: {shape: [2, 3]}}
      - {from: p, relu}
  - name: late
    from: more
    seq:
      - relu
  - name: more
    from: table_again
    seq:
      - relu
  - {name: table_again, from: input, apply: table}
outputs:
  a: both.0
  b: both.1
  c: late
  d: table
  y: y
blocks:
  Both:
    graph:
      - {name: one, relu}
      - {name: two, relu}
    outputs: {one: one, two: two}
""",
    ),
}


@pytest.mark.parametrize("title", HARD)
def test_hard_forms(title: str) -> None:
    graph, expected = HARD[title]
    network = network_of(HEAD + graph)
    text = expansion(network)
    assert text == HEAD + expected
    assert weights(network_of(text)) == weights(network)


def test_deep_nesting_becomes_blocks() -> None:
    """A file nests 64 levels and modules do too, but each `seq` takes at least two levels."""
    bodies = [f"  B{k}: {{graph: [{{add: {{body: B{k + 1}, rest: []}}}}]}}\n" for k in range(50)]
    graph = f"graph:\n  - B0\nblocks:\n{''.join(bodies)}  B50: {{graph: [relu]}}\n"
    text = expansion(network_of(HEAD.replace("  y: [N, 3, 12, 12]\n", "") + graph))
    assert "blocks:" in text


# The head of a spec


def test_head() -> None:
    summary = "it's 1 % of `$100`: " + "a long story " * 12 + "end"
    spec = f"""\
archc: 1
name: family
summary: "{summary}"
source: "tab\\tand \\u00a0"
params: {{size: 9, channels: 2, factor: 1.0}}
variants:
  member: {{size: 11, factor: 0.5}}
inputs:
  image: {{shape: [N, $channels, H, S], where: {{H: 5..64, S: 6..32}}}}
  other: [B, $channels, $size, 4]
  flat: [B, 7]
graph:
  - {{name: first, from: image, relu}}
  - {{name: second, from: other, dropout: {{p: $(factor / 4)}}}}
  - {{name: third, from: flat, batch_norm1d: {{eps: 1e-7, momentum: null}}}}
outputs: {{a: first, b: second, c: third}}
"""
    network = network_of(spec, params={"channels": 3}, variant="member")
    assert (
        expansion(network)
        == """\
archc: 1
name: member
summary: >-
  it's 1 % of `$100`: a long story a long story a long story a long story a long story a long story
  a long story a long story a long story a long story a long story a long story end
source: "tab\\x09and \\xa0"
inputs:
  image: {shape: [N, 3, H, S], where: {H: 5..64, S: 6..32}}
  other: [B, 3, 11, 4]
  flat: [B, 7]
graph:
  - {name: first, relu}
  - {name: second, from: other, dropout: {p: 0.125}}
  - {name: third, from: flat, batch_norm1d: {eps: 1e-07, momentum: null}}
outputs:
  a: first
  b: second
  c: third
"""
    )


def test_given_sizes_stand_for_their_symbols() -> None:
    spec = "archc: 1\nname: n\ninputs:\n  x: [N, 3, H, W]\ngraph:\n  - flatten\n"
    network = network_of(spec, inputs={"x": (3, 5, 7)})
    assert expansion(network) == spec.replace("H, W", "5, 7")


# The writer of YAML


TEXTS = r"""
no Off null ~ true 1 1_0 0x1f 1e3 .inf a:b a: #a - -a ? = << --- [a] {a a] *a &a !a %a @a `a` 'a'
"a" a'b a\\b a,b a/b-c.d net.0 2..3 é (a)
"""
SPECIAL = ["", " a", "a ", "a: b", "a #b", "- a", "a, (b)", "a\nb", "a\tb", "\u00a0"]
LONG = ["x" * 300, "x y " * 90 + "z", "x  y " * 90 + "z", "# x " * 90 + "z"]


@pytest.mark.parametrize("text", [*TEXTS.split(), *SPECIAL, *LONG, "\U0001f600"])
def test_every_text_is_read_as_it_was(text: str) -> None:
    data: Any = {"key": text, "in": {"braces": (text, text), text: [text, {text: None, "b": text}]}}
    written = yaml_text(data)
    expected = {"key": text, "in": {"braces": [text] * 2, text: [text, {text: None, "b": text}]}}
    assert read(written, "written").data == expected


# What `same_meaning` sees


SMALL = """\
graph:
  - {name: a, conv2d: {out_channels: 3, kernel_size: 1, stride: 1}}
  - {name: g, seq: [relu, {name: deep, sigmoid}]}
  - {name: w, parameter: {shape: [2]}, init: zeros}
  - {name: sum, add: [g, a]}
outputs: {sum: sum, w: w, y: y}
"""


@pytest.mark.parametrize(
    ("old", "new", "difference"),
    [
        ("name: hard", "name: other", "the network: name 'hard' and 'other'"),
        ("x: [N, 3, 12, 12]", "x: [N, 3, 12, 13]", "the network: sizes "),
        ("x: [N", "x: [B", "the network: batch "),
        (
            "y: [N, 3, 12, 12]",
            "y: {shape: [N, 3, H, 12], where: {H: 1..12}}",
            "the network: sizes ",
        ),
        ("y: y", "y: y, again: a", "the network: outputs by name ['sum', 'w', 'y'] and "),
        ("y: y", "y: {from: y, when: training}", "the network: outputs "),
        ("deep, sigmoid", "other, sigmoid", "`g`: nodes in the order in which they run "),
        ("deep, sigmoid", "deep, relu", "`g.deep`: call "),
        ("1, stride: 1", "1", "`a`: call "),
        ("init: zeros", "init: ones", "`w`: call "),
        ("[g, a]", "[a, g]", "`sum`: reads "),
        ("g, seq", "g, from: y, seq", "`g`: reads "),
        ("{name: g, seq: [relu, {name: deep, sigmoid}]}", "{name: g, relu}", "`g`: call "),
    ],
)
def test_differences(old: str, new: str, difference: str) -> None:
    one, other = network_of(HEAD + SMALL), network_of((HEAD + SMALL).replace(old, new))
    assert same_meaning(one, one) is None
    found = same_meaning(one, other)
    assert found is not None
    assert found.startswith(difference)


def test_order_of_registration_is_meaning() -> None:
    nodes = ["  - {name: a, add: [x, y]}\n", "  - {name: b, from: a, relu}\n"]
    texts = [f"{HEAD}graph:\n{''.join(order)}outputs: {{b: b}}\n" for order in (nodes, nodes[::-1])]
    found = same_meaning(*map(network_of, texts))
    assert found == "`a`: place in the order 0 and 1"


# The command


def test_command(tmp_path: Path) -> None:
    run = CliRunner().invoke
    path, target = ROOT / "specs" / "alexnet.yaml", tmp_path / "deep" / "expanded.yaml"
    shown = run(main, ["expand", str(path), "--set", "num_classes=3", "--input", "image=1x227x227"])
    assert shown.exit_code == 0, shown.output
    assert "linear: {out_features: 3}" in shown.stdout
    assert "image: [N, 1, 227, 227]" in shown.stdout
    written = run(main, ["expand", str(path), "-o", str(target)])
    assert (written.exit_code, written.output) == (0, "")
    assert target.read_text() == spec_text(check(path))
    assert run(main, ["expand", str(tmp_path / "none.yaml")]).exit_code == 2
