"""What the language means: names, order, scopes, references, blocks.

Torch judges what is about running.
"""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from textwrap import dedent, indent
from typing import Any

import pytest
import torch
from click.testing import CliRunner
from torch import Tensor

import archc
from archc import Network, Spec, SpecError
from archc.cli import main
from archc.compiler import to_source
from archc.network import macs, parameters

HEAD = "archc: 1\nname: net\n"
INPUT = "inputs: {x: [N, 16, 32, 32]}\n"


def spec(text: str) -> Spec:
    """A list of nodes as the graph of a network, or a document without its first lines."""
    text = dedent(text).strip("\n") + "\n"
    if text.startswith("- "):
        text = "graph:\n" + indent(text, "  ")
    return Spec.from_text(HEAD + ("" if "inputs: {" in text else INPUT) + text)


def check(text: str, **choices: Any) -> Network:
    return archc.check(spec(text), **choices)


def paths(text: str, **choices: Any) -> list[str]:
    """The path of every node, in the order in which they run."""
    return [visit.path for visit in check(text, **choices).walk()]


def registered(text: str) -> list[str]:
    """The names of the modules at the top, in the order of registration."""
    return [node.name for node in check(text).graph.registered]


def operations(text: str, **choices: Any) -> list[str]:
    return [visit.node.operation for visit in check(text, **choices).walk()]


def channels(text: str, **choices: Any) -> list[int]:
    """`out_channels` of the convolutions, in the order in which they run."""
    return [
        visit.node.what.operation.out_channels
        for visit in check(text, **choices).walk()
        if visit.node.operation == "conv2d"
    ]


def codes(text: str, **choices: Any) -> list[str]:
    """The codes of all diagnostics of a spec that is refused."""
    with pytest.raises(SpecError) as caught:
        check(text, **choices)
    return [diagnostic.code.code for diagnostic in caught.value.diagnostics]


def warnings(text: str) -> list[str]:
    return [f"{found.code.code} {found.message}" for found in check(text).warnings]


def outputs(network: Network) -> dict[str, list[str]]:
    graph = network.graph
    return {
        output.name: [str(network.at(size)) for size in graph.shape(output.reference)]
        for output in graph.outputs
    }


def ran(text: str, *inputs: Tensor, train: bool = False) -> Any:
    """What the compiled module gives."""
    torch.manual_seed(0)
    module = archc.compile(spec(text)).train(train)
    with torch.no_grad():
        return module(*(inputs or (torch.rand(2, 16, 32, 32),)))


# Names and positions


def test_positions_count_modules() -> None:
    text = """
    - conv2d: {out_channels: 16, kernel_size: 1}
    - {name: act, relu}
    - {when: false, sigmoid}
    - add: {body: [batch_norm2d, relu], shortcut: []}
    - {apply: act}
    - {repeat: 2, relu}
    - for: k
      in: [1, 2]
      do: [sigmoid]
    - seq: [relu, {seq: [relu]}]
    """
    names = ["0", "act", "body", "2", "3", "4", "5", "6"]
    assert registered(text) == names
    assert paths(text)[-4:] == ["6", "6.0", "6.1", "6.1.0"]
    module = archc.compile(spec(text))
    assert [name for name, _ in module.named_children()] == names


def test_paths_are_the_keys_of_the_state_dict() -> None:
    text = """
    - {name: stem, conv2d: {out_channels: 8, kernel_size: 1, bias: false}}
    - concat:
        a: {conv2d: {out_channels: 4, kernel_size: 1, bias: false}}
        b: [relu, {conv2d: {out_channels: 4, kernel_size: 1, bias: false}}]
    - residual: {out_channels: 16}
    """
    keys = [key.removesuffix(".weight") for key in archc.compile(spec(text)).state_dict()]
    assert keys[:3] == ["stem", "a", "b.1"]
    assert "1.conv3" in keys
    weighted = [v.path for v in check(text).walk() if v.node.operation == "conv2d"]
    assert set(weighted) <= {key.removesuffix(".bias") for key in keys}


def test_names_are_interpolated() -> None:
    text = "- for: i\n  in: $(range(2))\n  do: [{name: layer$(i + 1), relu}]"
    assert paths(text) == ["layer1", "layer2"]
    assert paths("- {name: s$i, repeat: 3, relu}") == ["s0", "s1", "s2"]
    assert paths("- {name: block1-0, relu}\n- {name: 7, relu}") == ["block1-0", "7"]


@pytest.mark.parametrize(
    ("nodes", "code"),
    [
        ("- {name: a, relu}\n- {name: a, relu}", "ARC108"),
        ("- {name: a, repeat: 2, relu}", "ARC108"),
        ("- {name: '1', relu}\n- relu", "ARC108"),
        ("- {name: a, relu}\n- {name: a.b, relu}", "ARC108"),
        ("- {repeat: 2, add: {body: [relu], shortcut: []}}", "ARC108"),
        ("- {name: half, relu}", "ARC109"),
        ("- {name: values.0, relu}", "ARC109"),
        ("- {name: a b, relu}", "ARC110"),
        ("- {name: -a, relu}", "ARC110"),
        ("- {name: 1a, relu}", "ARC110"),
        ("- {name: a..b, relu}", "ARC110"),
        ("- {name: a.b.c, relu}", "ARC110"),
        (f"- {{name: {'a' * 65}, relu}}", "ARC110"),
        ("- {name: [a], relu}", "ARC110"),
    ],
)
def test_names_that_are_refused(nodes: str, code: str) -> None:
    assert codes(nodes) == [code]


def test_the_label_of_an_empty_branch_is_no_name() -> None:
    text = "- {repeat: 2, add: {body$i: [relu], shortcut: []}}"
    assert registered(text) == ["body0", "body1"]


def test_a_seq_without_nodes_as_a_branch_is_a_module_that_may_read_something_else() -> None:
    text = "- relu\n- add: {body: {from: input, seq: []}, rest: {when: true, seq: []}, skip: []}"
    assert registered(text) == ["0", "body", "rest"]
    x = torch.tensor([-1.0, 2.0]).reshape(1, 2, 1, 1)
    assert archc.compile(spec(text))(x).flatten().tolist() == [-1.0, 6.0]


def test_containers() -> None:
    text = """
    - {name: net.0, conv2d: {out_channels: 8, kernel_size: 1}}
    - {name: head, relu}
    - {name: net.1, conv2d: {out_channels: 4, kernel_size: 1}}
    - sigmoid
    """
    assert registered(text) == ["net.0", "head", "net.1", "3"]
    module = archc.compile(spec(text))
    assert isinstance(module.net, torch.nn.ModuleList)
    assert [name for name, _ in module.named_children()] == ["net", "head", "3"]
    assert list(module.state_dict())[::2] == ["net.0.weight", "net.1.weight"]
    module = archc.compile(spec("- {name: net.a, relu}\n- {name: net.b, sigmoid}"))
    assert isinstance(module.net, torch.nn.ModuleDict)


# when


def test_who_reads_an_absent_node_gets_what_it_would_have_read() -> None:
    text = """
    - {name: a, conv2d: {out_channels: 8, kernel_size: 1}}
    - {name: b, from: x, conv2d: {out_channels: 8, kernel_size: 1}}
    - {name: gone, when: false, from: a, conv2d: {out_channels: 3, kernel_size: 1}}
    - {name: join, when: false, add: [b, gone]}
    - concat: [join, gone]
    """
    graph = check(text).graph
    assert [node.name for node in graph.nodes] == ["a", "b", ""]
    assert [reference.node for reference in graph.nodes[-1].reads] == [1, 0]


def test_an_absent_first_node_hands_on_the_input() -> None:
    assert operations("- {when: false, conv2d: {out_channels: 3, kernel_size: 1}}\n- relu") == [
        "relu"
    ]


def test_an_absent_join_takes_its_branches_with_it() -> None:
    text = "- relu\n- {when: false, add: {a: [sigmoid], b: []}}\n- relu"
    assert paths(text) == ["0", "1"]


def test_an_absent_branch_is_the_identity() -> None:
    text = "- add: {body: {when: false, relu}, rest: [sigmoid]}"
    (add,) = (visit.node for visit in check(text).walk() if visit.node.operation == "add")
    assert add.reads[0].node == -1


def test_what_an_absent_node_says_is_not_evaluated() -> None:
    assert operations("- {when: false, conv2d: {out_channels: $(1 // 0), kernel_size: 0}}\n- relu")


def test_when_sees_the_sizes_of_its_list() -> None:
    text = """
    - {name: a, conv2d: {out_channels: 8, kernel_size: 1}}
    - {when: $(a.channels == 8), sigmoid}
    - {when: $(a.channels != input.channels), relu}
    """
    assert operations(text) == ["conv2d", "sigmoid", "relu"]


@pytest.mark.parametrize("condition", ["1", "$(1)", "'true'", "$(None)"])
def test_a_condition_is_true_or_false(condition: str) -> None:
    assert codes(f"- {{when: {condition}, relu}}") == ["ARC201"]


# repeat and for


def test_repeat_chains_and_only_the_first_reads_from() -> None:
    text = """
    - {name: a, relu}
    - {name: s$i, repeat: 3, from: x, sigmoid}
    - add: [a, s2]
    """
    nodes = check(text).graph.nodes
    assert [node.reads[0].node for node in nodes[:4]] == [-1, -1, 1, 2]


def test_the_variable_of_repeat() -> None:
    assert channels("- {repeat: 3, conv2d: {out_channels: $(8 + i), kernel_size: 1}}") == [8, 9, 10]
    inner = "- {repeat: 2, seq: [{repeat: 2, conv2d: {out_channels: $(i + 1), kernel_size: 1}}]}"
    assert channels(inner) == [1, 2, 1, 2]
    hidden = (
        "- for: i\n  in: [5]\n  do: [{repeat: 2, conv2d: {out_channels: $(i + 1), kernel_size: 1}}]"
    )
    assert channels(hidden) == [1, 2]
    assert channels(
        "- {repeat: 3, when: $(i != 1), conv2d: {out_channels: $(i + 1), kernel_size: 1}}"
    ) == [1, 3]


def test_repeat_of_none() -> None:
    assert operations("- relu\n- {repeat: 0, sigmoid}\n- relu") == ["relu", "relu"]


@pytest.mark.parametrize("count", ["-1", "$(-1)", "$(1.5)", "$('a')", "$(True)"])
def test_repeat_takes_a_count(count: str) -> None:
    assert codes(f"- {{repeat: {count}, relu}}") in (["ARC201"], ["ARC202"])


def test_rows_are_taken_apart_as_the_names_are_nested() -> None:
    text = """
    - for: [k, [a, b]]
      in: [[1, [2, 3]], [3, [4, 5]]]
      do:
        - conv2d: {out_channels: $(a * b), kernel_size: $k}
    """
    assert channels(text) == [6, 20]
    assert codes("- for: [k, a]\n  in: [[1, 2], [3]]\n  do: [{name: n$k$a, relu}]") == ["ARC201"]


def test_loops_nest_and_end_with_their_variables() -> None:
    text = """
    - for: a
      in: [1, 2]
      do:
        - for: b
          in: $([a, a + 1])
          do: [{conv2d: {out_channels: $(10 * a + b), kernel_size: 1}}]
    """
    assert channels(text) == [11, 12, 22, 23]
    assert paths(text) == ["0", "1", "2", "3"]
    assert codes("- for: a\n  in: [1]\n  do: [relu]\n- {name: n$a, relu}") == ["ARC204"]


def test_no_other_key_stands_beside_for() -> None:
    assert codes("- {for: k, in: [1], when: true, do: [relu]}") == ["ARC103"]


# What sees what


LAYOUT = [
    "{repeat: $(a.channels), relu}",
    "{for: k, in: $(range(a.channels)), do: [relu]}",
    "{name: n$(a.channels), relu}",
    "{from: 'n$(a.channels)', relu}",
    "{add: {'b$(a.channels)': [relu], c: []}}",
    "{'$(a.channels)': }",
]


@pytest.mark.parametrize("node", LAYOUT)
def test_what_lays_out_a_list_sees_no_sizes_of_its_nodes(node: str) -> None:
    text = f"- {{name: a, conv2d: {{out_channels: 2, kernel_size: 1}}}}\n- {node}"
    assert codes(text) == ["ARC204"]


@pytest.mark.parametrize("node", LAYOUT[:3])
def test_but_those_of_lists_around(node: str) -> None:
    text = f"- {{name: a, conv2d: {{out_channels: 2, kernel_size: 1}}}}\n- seq: [{node}]"
    assert "relu" in operations(text)


def test_layout_sees_the_input() -> None:
    assert len(operations("- {repeat: $(input.channels // 4), relu}")) == 4
    assert len(operations("- {repeat: $(x.channels // 4), relu}")) == 4


def test_arguments_see_sizes_of_later_nodes() -> None:
    text = """
    - {name: a, conv2d: {out_channels: $(b.channels), kernel_size: 1}}
    - {name: b, from: x, conv2d: {out_channels: 5, kernel_size: 1}}
    - add: [a, b]
    """
    assert channels(text) == [5, 5]


def test_names_of_values_hide_each_other_from_the_inside() -> None:
    text = """
    params: {width: 1, kernel: 3}
    blocks:
      B:
        params: {width: 2}
        graph:
          - conv2d: {out_channels: $width, kernel_size: $kernel}
          - for: width
            in: [4, 5]
            do: [{conv2d: {out_channels: $width, kernel_size: $kernel}}]
    graph: [B, {conv2d: {out_channels: $width, kernel_size: 1}}]
    """
    assert channels(text) == [2, 4, 5, 1]


def test_a_block_sees_neither_loops_nor_nodes_of_its_caller() -> None:
    loops = """
    blocks: {B: {graph: [{conv2d: {out_channels: $c, kernel_size: 1}}]}}
    graph: [{for: c, in: [1], do: [B]}]
    """
    assert codes(loops) == ["ARC204"]
    nodes = "blocks: {B: {graph: [{add: [input, a]}]}}\ngraph: [{name: a, relu}, B]"
    assert codes(nodes) == ["ARC301"]


def test_a_built_in_block_sees_its_own_parameters_alone() -> None:
    text = """
    params: {stride: 4}
    graph: [{residual: {out_channels: 16}}, {max_pool2d: {kernel_size: $stride}}]
    """
    assert outputs(check(text))["output"] == ["N", "16", "8", "8"]


def test_a_value_and_a_tensor_of_one_name() -> None:
    text = """
    params: {c: 3}
    graph:
      - {name: c, conv2d: {out_channels: $c, kernel_size: 1}}
      - conv2d: {out_channels: $(10 * c + c.channels), kernel_size: 1}
    """
    assert channels(text) == [3, 33]


def test_a_reference_by_a_number() -> None:
    """As a name is, a reference that an expression gives may be a number."""
    text = """
    - {for: j, in: [0, 1], do: [{name: $j, from: x, relu}, {name: t$j, from: $j, tanh}]}
    - {name: both, add: [$(0), t1]}
    - {add: [both, t0]}
    - {name: 7, conv2d: {out_channels: 16, kernel_size: 1}}
    - {for: j, in: [7], do: [{apply: $j}]}
    """
    assert len(paths(text)) == 8
    assert codes("- {from: $(-1), relu}") == ["ARC201"]


def test_a_dollar_sign() -> None:
    assert codes("- {name: a$$, relu}") == ["ARC110"]
    assert check("summary: Costs $5\ngraph: [relu]").summary == "Costs $5"


# References and the order of running


RESIDUAL = """
- {name: conv1, conv2d: {out_channels: 16, kernel_size: 3, padding: 1}}
- {name: conv2, from: relu1, conv2d: {out_channels: 16, kernel_size: 3, padding: 1}}
- {name: bn1, from: conv1, batch_norm2d}
- {name: relu1, relu}
- {name: bn2, from: conv2, batch_norm2d}
- add: [bn2, input]
"""


def test_registration_is_as_written_and_running_as_read() -> None:
    assert registered(RESIDUAL) == ["conv1", "conv2", "bn1", "relu1", "bn2"]
    assert paths(RESIDUAL) == ["conv1", "bn1", "relu1", "conv2", "bn2", "add"]


def test_of_what_is_ready_the_first_in_the_file_runs_first() -> None:
    text = """
    - {name: a, from: c, relu}
    - {name: b, from: x, relu}
    - {name: c, from: x, relu}
    - {name: d, from: b, relu}
    - add: [a, d]
    """
    assert paths(text) == ["b", "c", "a", "d", "add"]


def test_the_residual_block_of_the_package() -> None:
    text = "- residual: {out_channels: 32, stride: 2}"
    inner = [path.removeprefix("0.") for path in paths(text)]
    assert inner == ["0", "conv1", "conv3", "bn1", "relu1", "conv2", "bn2", "add", "relu2"]
    keys = {key.split(".")[1]: None for key in archc.compile(spec(text)).state_dict()}
    assert list(keys) == ["conv1", "conv2", "conv3", "bn1", "bn2"]


def test_a_chain_reads_the_node_before_it_in_the_file() -> None:
    text = "- {name: a, relu}\n- {name: b, from: x, sigmoid}\n- {name: c, relu}\n- add: [a, c]"
    assert [node.reads[0].node for node in check(text).graph.nodes] == [-1, -1, 1, 0]


def test_input_is_the_one_of_the_block_in_whose_text_it_stands() -> None:
    text = """
    - conv2d: {out_channels: 3, kernel_size: 1}
    - seq:
        - {name: a, conv2d: {out_channels: $(input.channels), kernel_size: 1}}
        - add: [a, input]
    """
    assert channels(text) == [3, 16]
    in_block = """
    blocks: {B: {graph: [{name: a, relu}, {add: [a, input]}]}}
    graph: [{linear: {out_features: 4}}, B, relu]
    """
    assert outputs(check(in_block))["output"][-1] == "4"


def test_a_list_captures_what_it_reads_around() -> None:
    text = """
    - {name: s, sigmoid}
    - {name: t, relu}
    - name: g
      seq:
        - {name: a, relu}
        - seq: [{name: b, relu}, {add: [a, b, s, x]}]
    """
    network = check(text)
    group = network.graph.nodes[-1]
    assert [reference.node for reference in group.reads] == [1, 0, -1]
    x = torch.rand(2, 16, 32, 32)
    assert torch.equal(ran(text, x), 2 * x.sigmoid() + x.sigmoid() + x)


def test_what_a_list_captures_may_come_later() -> None:
    text = """
    - {name: g, seq: [{name: a, relu}, {add: [a, s]}]}
    - {name: s, from: x, sigmoid}
    - add: [g, s]
    """
    assert paths(text)[0] == "s"
    assert codes("- {name: g, seq: [{name: a, relu}, {add: [a, s]}]}\n- {name: s, relu}") == [
        "ARC302"
    ]


def test_inner_names_hide_outer_ones() -> None:
    text = "- {name: a, sigmoid}\n- seq: [{name: a, relu}, {add: [a, x]}]\n"
    network = check(text)
    assert len(network.graph.nodes[1].reads) == 2
    x = torch.rand(1, 16, 32, 32)
    assert torch.equal(ran(text, x), x.sigmoid() + x)


@pytest.mark.parametrize(
    ("nodes", "code"),
    [
        ("- {from: nothing, relu}", "ARC301"),
        ("- relu\n- add: ['0', x]", "ARC301"),
        ("- seq: [{name: a, relu}]\n- add: [a, x]", "ARC301"),
        ("- {name: g, seq: [{name: a, relu}]}\n- add: [g.a, x]", "ARC301"),
        ("- add: {body: [relu], shortcut: []}\n- add: [body, x]", "ARC301"),
        ("- {name: a, from: b, relu}\n- {name: b, from: a, relu}", "ARC302"),
        ("- {name: a, from: a, relu}", "ARC302"),
        (
            "- {name: a, conv2d: {out_channels: $(b.channels), kernel_size: 1}}\n- {name: b, relu}",
            "ARC302",
        ),
        ("- relu\n- {from: x, relu}", "ARC303"),
        (
            "- {name: a, relu}\n- {from: x, conv2d: {out_channels: $(a.channels), kernel_size: 1}}",
            "ARC303",
        ),
        ("- {from: [x, x], relu}", "ARC305"),
        ("- {from: [x, x], seq: [relu]}", "ARC305"),
    ],
)
def test_references_that_are_refused(nodes: str, code: str) -> None:
    assert codes(nodes) == [code]


# Joins


def test_both_forms_of_a_join() -> None:
    branches = """
    - relu
    - concat:
        p1: {conv2d: {out_channels: 8, kernel_size: 1}}
        p2: [{conv2d: {out_channels: 8, kernel_size: 1}}, relu]
        rest: []
    """
    assert paths(branches) == ["0", "p1", "p2", "p2.0", "p2.1", "concat"]
    assert outputs(check(branches))["output"][1] == "32"
    references = (
        "- {name: a, relu}\n- {name: j, concat: [a, x], dim: 2}\n- {concat: [j, j], dim: -1}"
    )
    assert outputs(check(references))["output"] == ["N", "16", "64", "64"]


def test_branches_start_from_what_the_join_reads() -> None:
    text = """
    - {name: a, relu}
    - {name: b, from: x, sigmoid}
    - {name: j, from: a, concat: {p: [relu], q: {from: b, relu}, r: []}}
    """
    nodes = {node.name: node for node in check(text).graph.nodes}
    assert [nodes[name].reads[0].node for name in "pq"] == [0, 1]
    assert nodes["j"].reads[2].node == 0
    assert codes("- {name: a, relu}\n- {from: x, add: [a, x]}") == ["ARC111"]


def test_a_join_within_a_branch() -> None:
    text = "- add: {body: {add: {p: [relu], q: []}}, shortcut: []}"
    x = torch.rand(1, 16, 32, 32)
    assert torch.equal(ran(text, x), 3 * x)


@pytest.mark.parametrize(
    "node",
    [
        "{add: {a: [relu]}}",
        "{add: a}",
        "{add: [x]}",
        "add",
        "{add: {a: relu, b: {name: c, relu}}}",
        "{add: {a: relu, b: {repeat: 2, relu}}}",
        "{add: {a: relu, b: {for: k, in: [1], do: [relu]}}}",
    ],
)
def test_joins_that_are_ill_formed(node: str) -> None:
    assert codes(f"- {node}") == ["ARC111"]


def test_joins_never_broadcast() -> None:
    text = "- {name: a, conv2d: {out_channels: 1, kernel_size: 1}}\n- add: [a, x]"
    assert codes(text) == ["ARC402"]


# apply


APPLY = """
- {name: cell, conv2d: {out_channels: 16, kernel_size: 3, padding: 1}}
- {name: again, apply: cell}
- {apply: cell, from: x}
- add: [again, other]
"""


def test_apply_shares_the_weights() -> None:
    text = APPLY.replace("{apply: cell, from", "{name: other, apply: cell, from")
    network = check(text)
    one = check("- conv2d: {out_channels: 16, kernel_size: 3, padding: 1}")
    assert parameters(network) == parameters(one)
    assert macs(network) == 3 * macs(one)
    module = archc.compile(spec(text))
    assert list(module.state_dict()) == ["cell.weight", "cell.bias"]
    x = torch.rand(2, 16, 32, 32)
    with torch.no_grad():
        assert torch.equal(module(x), module.cell(module.cell(x)) + module.cell(x))


def test_apply_of_a_list_and_of_a_block() -> None:
    for what in (
        "seq: [{conv2d: {out_channels: 16, kernel_size: 3}}, relu]",
        "residual: {out_channels: 16}",
    ):
        text = f"- {{name: m, {what}}}\n- {{apply: m, repeat: 2}}"
        module = archc.compile(spec(text)).eval()
        x = torch.rand(1, 16, 32, 32)
        with torch.no_grad():
            assert torch.equal(module(x), module.m(module.m(module.m(x))))


def test_apply_of_several_inputs_and_results() -> None:
    text = """
    blocks:
      Two:
        inputs: [a, b]
        graph: [{name: s, add: [a, b]}, {name: r, sigmoid}]
        outputs: {sum: s, gate: r}
    graph:
      - {name: t, from: [x, x], Two}
      - {name: u, from: [t.sum, x], apply: t}
      - add: [t.gate, u.sum, u.gate]
    """
    x = torch.rand(1, 16, 32, 32)
    assert torch.allclose(ran(text, x), (2 * x).sigmoid() + 3 * x + (3 * x).sigmoid())


@pytest.mark.parametrize(
    ("nodes", "code"),
    [
        ("- {name: a, conv2d: {out_channels: 8, kernel_size: 1}}\n- apply: a", "ARC406"),
        ("- {name: a, residual: {out_channels: 32}}\n- apply: a", "ARC406"),
        ("- relu\n- {apply: '0'}", "ARC301"),
        ("- {name: a, relu}\n- seq: [{apply: a}]", "ARC301"),
        ("- add: {b: [relu], c: []}\n- {apply: b}", "ARC301"),
        ("- {name: a, relu}\n- {name: j, add: [a, x]}\n- {apply: j}", "ARC301"),
        ("- {name: a, relu}\n- {name: b, apply: a}\n- {apply: b}", "ARC301"),
        ("- {name: a, when: false, relu}\n- {apply: a}", "ARC301"),
    ],
)
def test_modules_that_cannot_be_applied(nodes: str, code: str) -> None:
    assert codes(nodes) == [code]


# parameter


def test_a_parameter_is_read_by_name_alone() -> None:
    text = """
    graph:
      - {name: a, relu}
      - {name: p$i, repeat: 2, init: {constant: {val: $(i + 1)}}, parameter: {shape: [3, $(i + 1)]}}
      - sigmoid
      - {name: j, concat: [p0, p1]}
      - {name: b, from: a, relu}
      - {name: last, add: [one, b]}
      - {name: one, from: a, identity}
    outputs: {last: last, j: j, s: s}
    """.replace("- sigmoid", "- {name: s, sigmoid}")
    module = archc.compile(spec(text))
    assert list(module.state_dict()) == ["p0", "p1"]
    found = module(torch.rand(1, 16, 32, 32))
    assert found["j"].tolist() == [[1, 2, 2]] * 3
    network = check(text)
    assert parameters(network) == 9
    nodes = {node.name: node for node in network.graph.nodes}
    assert network.graph.nodes[nodes["s"].reads[0].node].name == "a"


def test_a_parameter_takes_no_position() -> None:
    text = """
    graph: [relu, {name: p, parameter: {shape: [3]}}, {name: r, relu}, sigmoid]
    outputs: {p: p, r: s}
    """.replace("sigmoid]", "{name: s, seq: [sigmoid]}]").replace("{name: r, relu}", "relu")
    assert paths(text) == ["0", "p", "1", "s", "s.0"]


# Blocks


FUSE = """
blocks:
  Fuse:
    inputs: [low, skip]
    params: {width: {default: $(skip.channels + input.channels)}}
    graph:
      - {name: a, from: low, conv2d: {out_channels: $width, kernel_size: 1}}
      - {name: b, from: skip, relu}
    outputs: {first: a, second: b}
graph:
  - {name: deep, conv2d: {out_channels: 4, kernel_size: 1}}
  - {name: fuse, from: [deep, x], Fuse}
  - concat: [fuse.first, fuse.1]
"""


def test_blocks_with_several_inputs_and_results() -> None:
    assert channels(FUSE) == [4, 20]
    assert outputs(check(FUSE))["output"][1] == "36"
    assert ran(FUSE).shape == (2, 36, 32, 32)


def test_a_reader_says_which_result() -> None:
    assert codes(FUSE.replace("fuse.first, fuse.1", "fuse, x")) == ["ARC304"]
    assert codes(FUSE.replace("fuse.first", "fuse.third")) == ["ARC301"]
    assert codes(FUSE.replace("from: [deep, x], Fuse", "Fuse")) == ["ARC305"]


def test_the_results_of_a_last_node_are_outputs() -> None:
    text = """
    blocks: {Two: {graph: [{name: a, relu}, {name: b, sigmoid}], outputs: {p: a, q: b}}}
    graph: [Two]
    """
    assert list(outputs(check(text))) == ["p", "q"]
    assert list(ran(text)) == ["p", "q"]
    grouped = text.replace("[Two]", "[{name: g, seq: [Two]}, {concat: [g.p, g.1]}]")
    assert ran(grouped).shape == (2, 32, 32, 32)


def test_a_default_sees_what_stands_above_and_what_comes_in() -> None:
    text = """
    blocks:
      B:
        params:
          k: 2
          width: $(input.channels * k)
        graph: [{conv2d: {out_channels: $width, kernel_size: 1}}]
    graph: [B, B, {B: {k: 3}}, {B: {width: 7}}]
    """
    assert channels(text) == [32, 64, 192, 7]
    assert codes(text.replace("k: 2\n", "k: $width\n")) == ["ARC204"]


def test_a_block_may_call_itself_where_a_condition_ends_it() -> None:
    text = """
    blocks:
      Deep:
        params: {depth: 3}
        graph: [relu, {when: $(depth > 1), Deep: {depth: $(depth - 1)}}]
    graph: [Deep]
    """
    assert operations(text).count("relu") == 3
    assert codes(text.replace("$(depth > 1)", "true"))[0].startswith("ARC5")


def test_an_operation_or_block_that_a_parameter_chooses() -> None:
    text = """
    params: {act: relu, block: residual, rank: 2}
    blocks:
      Mine:
        params: {out_channels: int}
        graph: [{conv2d: {out_channels: $out_channels, kernel_size: 1}}]
    graph:
      - $act
      - {name: b, $block: {out_channels: 16}}
      - conv$(rank)d: {out_channels: 4, kernel_size: 1}
    """
    assert operations(text)[:2] == ["relu", "residual"]
    changed = {"act": "sigmoid", "block": "Mine"}
    assert operations(text, params=changed) == ["sigmoid", "Mine", "conv2d", "conv2d"]
    assert codes(text, params={"act": "rilu"}) == ["ARC101"]
    assert codes("params: {act: 1}\ngraph: [$act]") == ["ARC201"]


# Parameters, variants, --set


def test_a_chosen_variant_and_what_comes_before_it() -> None:
    text = """
    params: {width: 8, kernel: 1}
    variants: {wide: {width: 32}, big: {width: 64, kernel: 3}}
    graph: [{conv2d: {out_channels: $width, kernel_size: $kernel}}]
    """
    assert check(text).name == "net"
    assert check(text, variant="wide").name == "wide"
    assert channels(text, variant="big") == [64]
    assert channels(text, variant="big", params={"width": 5}) == [5]
    assert codes(text, variant="bog") == ["ARC107"]
    assert codes(text.replace("wide: {width", "wide: {breadth"), variant="wide") == ["ARC106"]


@pytest.mark.parametrize(
    ("declared", "value", "fits"),
    [
        ("int", 3, True),
        ("int", 3.0, False),
        ("int", True, False),
        ("int", "3", False),
        ("float", 3, True),
        ("float", True, False),
        ("bool", True, True),
        ("bool", 1, False),
        ("str", "relu", True),
        ("list", [1, [2]], True),
        ("list", 1, False),
        ("any", [1, 7], True),
        ("{type: int, min: 2, max: 4}", 2, True),
        ("{type: int, min: 2, max: 4}", 5, False),
        ("{default: a, choices: [a, b]}", "b", True),
        ("{default: a, choices: [a, b]}", "c", False),
        ("2", 3, True),
        ("2", 2.5, False),
        ("null", [1], True),
    ],
)
def test_types_of_parameters(declared: str, value: object, fits: bool) -> None:
    text = f"params: {{p: {declared}}}\ngraph: [{{when: $(p == p), relu}}]"
    if fits:
        assert check(text, params={"p": value}).parameters == {"p": value}
    else:
        assert codes(text, params={"p": value}) in (["ARC201"], ["ARC202"])


def test_a_parameter_without_a_default_is_required() -> None:
    assert codes("params: {p: int}\ngraph: [{repeat: $p, relu}]") == ["ARC104"]
    assert codes("graph: [relu]", params={"p": 1}) == ["ARC106"]


def test_the_command_line_reads_values_as_yaml(tmp_path: Path) -> None:
    path = tmp_path / "net.yaml"
    path.write_text(
        HEAD + INPUT + "params: {p: any}\n"
        "graph: [{repeat: 1, when: $(p == p), conv2d: {out_channels: 3, kernel_size: $p}}]\n"
    )
    for text, size in (("3", 30), ("[1, 3]", 32)):
        result = CliRunner().invoke(
            main, ["summary", str(path), "--format", "json", "--set", f"p={text}"]
        )
        assert json.loads(result.stdout)["outputs"]["output"] == ["N", 3, size, 30]
    for text in ("'3'", "true", "x"):
        result = CliRunner().invoke(main, ["validate", str(path), "--set", f"p={text}"])
        assert result.exit_code == 1
        assert "ARC201" in result.stderr


def test_what_nobody_uses_is_a_warning() -> None:
    text = """
    params: {used: 1, unused: 1, last: $used}
    blocks:
      B: {params: {q: 1}, graph: [relu]}
    graph: [relu]
    """
    found = [warning.split()[0] for warning in warnings(text)]
    assert found == ["ARC901", "ARC901", "ARC902", "ARC901"]
    chosen = "params: {b: B}\nblocks: {B: {graph: [relu]}, C: {graph: [relu]}}\ngraph: [$b]"
    assert warnings(chosen) == ["ARC902 nobody uses the block `C`"]


# use


def written(folder: Path, files: Mapping[str, str]) -> Path:
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(dedent(text).lstrip("\n"))
    return folder / "net.yaml"


def used(folder: Path, use: str, graph: str, **files: str) -> Network:
    text = f"{HEAD}{INPUT}use: {use}\ngraph: {graph}\n"
    names = {name.replace("__", "/") + ".yaml": text for name, text in files.items()}
    return archc.check(written(folder, {"net.yaml": text, **names}))


NARROW = """
archc: 1
params: {width: 8}
blocks:
  Narrow: {graph: [{conv2d: {out_channels: $width, kernel_size: 1}}]}
"""


def test_use_of_other_files(tmp_path: Path) -> None:
    more = "archc: 1\nuse: [../lib.yaml]\nblocks: {More: {graph: [Narrow, relu]}}\n"
    network = used(tmp_path, "[sub/more.yaml]", "[More, Narrow]", lib=NARROW, sub__more=more)
    assert [visit.path for visit in network.walk()] == ["0", "0.0", "0.0.0", "0.1", "1", "1.0"]


def test_a_used_block_sees_the_parameters_of_its_own_file(tmp_path: Path) -> None:
    graph = "[{repeat: $width, Narrow}, relu]"
    text = f"{HEAD}{INPUT}params: {{width: 3}}\nuse: [lib.yaml]\ngraph: {graph}\n"
    network = archc.check(written(tmp_path, {"net.yaml": text, "lib.yaml": NARROW}))
    assert outputs(network)["output"][1] == "8"


def test_a_used_file_may_be_a_spec(tmp_path: Path) -> None:
    other = f"{HEAD}{INPUT}blocks: {{Own: {{graph: [relu]}}}}\ngraph: [Own]\n"
    assert used(tmp_path, "[other.yaml]", "[Own]", other=other)


@pytest.mark.parametrize(
    ("use", "code"),
    [
        ("[../net.yaml]", "ARC113"),
        ("[/etc/hostname]", "ARC113"),
        ("[missing.yaml]", "ARC113"),
        ("[net.yaml]", "ARC113"),
        ("[a.yaml]", "ARC113"),
        ("[lib.yaml, twin.yaml]", "ARC108"),
    ],
)
def test_files_that_cannot_be_used(tmp_path: Path, use: str, code: str) -> None:
    files = {
        "a": "archc: 1\nuse: [b.yaml]\n",
        "b": "archc: 1\nuse: [a.yaml]\n",
        "lib": NARROW,
        "twin": NARROW,
    }
    with pytest.raises(SpecError) as caught:
        used(tmp_path, use, "[relu]", **files)
    assert [found.code.code for found in caught.value.diagnostics] == [code]


def test_a_text_without_a_file_uses_none() -> None:
    assert codes("use: [lib.yaml]\ngraph: [relu]") == ["ARC113"]


# Inputs and outputs


@pytest.mark.parametrize(
    ("shape", "symbols"),
    [
        ("[N, 3]", []),
        ("[N, 3, 8]", ["L"]),
        ("[B, 3, 8, 9]", ["H", "W"]),
        ("[N, 3, 8, 9, 10]", ["D", "H", "W"]),
        ("[N, 3, T, 9]", ["W"]),
        ("[N, 3, W, 9]", []),
        ("[N, C, 8, 9]", ["H", "W"]),
    ],
)
def test_literal_sizes_are_declared_symbols(shape: str, symbols: Sequence[str]) -> None:
    network = check(f"inputs: {{image: {shape}}}\ngraph: [relu]")
    assert list(network.sizes) == symbols
    assert network.batch == {shape[1]}


def test_sizes_that_are_given() -> None:
    text = "inputs: {a: [N, 3, H, W], b: [N, 4, H, 8]}\ngraph: [{concat: [a, b]}]"
    network = check(text, inputs={"a": (5, 6, 8)})
    assert outputs(network)["output"] == ["N", "9", "6", "8"]
    assert codes(text, inputs={"a": (5, 6)}) == ["ARC404"]
    assert codes(text, inputs={"c": (5, 6)}) == ["ARC112"]
    assert codes(text, inputs={"a": (5, 6, 8), "b": (4, 7, 8)}) == ["ARC406"]


@pytest.mark.parametrize(
    "shape", ["[1, 3, 8, 8]", "[N, 3, N, 8]", "[N, 3, $k, 8]", "[N, 3, '8']", "[N, 3, 1.5]"]
)
def test_shapes_that_are_refused(shape: str) -> None:
    assert codes(
        f"params: {{k: 1.5}}\ninputs: {{x: {shape}}}\ngraph: [{{when: $(k > 0), relu}}]"
    ) == ["ARC201"]


def test_several_inputs() -> None:
    text = """
    inputs: {a: [N, 3, 8, 8], b: [N, 4, 8, 8], c: [N, 5]}
    graph:
      - {name: stem, conv2d: {out_channels: 4, kernel_size: 1}}
      - add: [stem, b]
      - {name: flat, flatten}
      - concat: [flat, c]
    """
    network = check(text)
    assert [port.name for port in network.graph.inputs] == ["a", "b", "c"]
    assert list(network.sizes) == ["a.H", "a.W", "b.H", "b.W"]
    tensors = torch.rand(2, 3, 8, 8), torch.rand(2, 4, 8, 8), torch.rand(2, 5)
    assert ran(text, *tensors).shape == (2, 261)


def test_outputs_are_in_their_order() -> None:
    text = "graph: [{name: a, relu}, {name: b, sigmoid}]\noutputs: {second: b, first: a, given: x}"
    found = ran(text)
    assert list(outputs(check(text))) == list(found) == ["second", "first", "given"]
    one = "graph: [{name: a, relu}, {when: false, name: b, sigmoid}]\noutputs: {p: a, q: b}"
    assert isinstance(ran(one), Tensor)


TRAINING = """
graph:
  - {name: stem, conv2d: {out_channels: 8, kernel_size: 3}}
  - name: aux
    seq: [{conv2d: {out_channels: 4, kernel_size: 1}}, relu]
  - {name: main, from: stem, conv2d: {out_channels: 2, kernel_size: 1}}
outputs:
  main: main
  aux: {from: aux, when: training}
"""


def test_training_outputs_run_in_training_only() -> None:
    module = archc.compile(spec(TRAINING))
    ran_aux = []
    module.aux.register_forward_hook(lambda *_: ran_aux.append(module.training))
    x = torch.rand(1, 16, 32, 32)
    assert list(module.train()(x)) == ["main", "aux"]
    assert isinstance(module.eval()(x), Tensor)
    assert ran_aux == [True]


def test_what_runs_in_training_only_costs_parameters_and_no_macs() -> None:
    network = check(TRAINING)
    assert parameters(network) == sum(p.numel() for p in archc.compile(spec(TRAINING)).parameters())
    assert macs(network) == 30 * 30 * (16 * 9 * 8 + 8 * 2)
    assert [visit.path for visit in network.walk() if visit.training] == ["aux", "aux.0", "aux.1"]


def test_a_network_has_an_output_in_evaluation() -> None:
    assert codes("graph: [{name: a, relu}]\noutputs: {p: {from: a, when: training}}") == ["ARC306"]
    assert codes("graph: [{name: a, when: false, relu}]\noutputs: {p: a}") == ["ARC306"]


# Mistakes


def test_independent_mistakes_are_all_told_and_nothing_after_them() -> None:
    text = """
    - {name: a, conv2d: {out_channels: 0, kernel_size: 1}}
    - {name: b, from: x, con2d: {out_channels: 4}}
    - {name: c, from: a, conv2d: {out_channels: $(a.channels), kernel_size: 1}}
    - {name: d, from: x, relu: {inplac: true}}
    - add: [b, c, d]
    """
    assert codes(text) == ["ARC202", "ARC101", "ARC102"]


def test_the_same_spec_gives_the_same_source() -> None:
    assert to_source(check(FUSE)) == to_source(check(FUSE))


def test_two_files_that_use_a_third(tmp_path: Path) -> None:
    one = "archc: 1\nuse: [lib.yaml]\nblocks: {One: {graph: [Narrow]}}\n"
    assert used(tmp_path, "[one.yaml, lib.yaml]", "[One, Narrow]", one=one, lib=NARROW)


def test_messages_show_single_braces() -> None:
    with pytest.raises(SpecError) as caught:
        check("- linear: 10")
    assert "{{" not in str(caught.value)


# Corners


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("net.1", "net.0"),
        ("net.0", "net.2"),
        ("net.0", "net.a"),
        ("class.0", "class.1"),
        ("a-b.0", "a-b.1"),
    ],
)
def test_containers_of_any_names(first: str, second: str) -> None:
    assert ran(f"- {{name: {first}, relu}}\n- {{name: {second}, relu}}").shape == (2, 16, 32, 32)


def test_the_first_of_several_results_in_a_chain() -> None:
    text = """
    blocks: {Two: {graph: [{name: a, relu}, {name: b, sigmoid}], outputs: {p: a, q: b}}}
    graph: [{name: t, Two}, {from: t.p, relu}]
    """
    assert ran(text).shape == (2, 16, 32, 32)


def test_apply_of_a_list_that_captures_its_own_input() -> None:
    text = "- {name: s, sigmoid}\n- {name: g, seq: [{name: c, relu}, {add: [c, s]}]}\n- apply: g"
    try:
        module = archc.compile(spec(text))
    except SpecError:
        return
    x = torch.rand(1, 16, 32, 32)
    assert torch.equal(module(x), 3 * x.sigmoid())


def test_references_of_outputs_are_interpolated() -> None:
    text = "params: {last: a}\ngraph: [{name: a, relu}]\noutputs: {p: $last}"
    assert list(outputs(check(text))) == ["p"]


def test_given_sizes_are_in_their_domain() -> None:
    text = "inputs: {x: {shape: [N, 3, H, W], where: {H: 32..64}}}\ngraph: [relu]"
    assert codes(text, inputs={"x": (3, 8, 8)})[0].startswith("ARC")


def test_the_only_output_is_called_output() -> None:
    assert list(outputs(check("- seq: [relu]"))) == ["output"]


def test_parameters_are_not_called_as_words_of_python() -> None:
    assert codes("params: {lambda: 2}\ngraph: [{repeat: $lambda, relu}]") == ["ARC110"]


def test_symbols_by_parameters_are_symbols() -> None:
    text = "params: {s: a b}\ninputs: {x: [N, 3, $s, 4]}\ngraph: [relu]"
    assert codes(text) == ["ARC201"]


@pytest.mark.parametrize("default", ["relu", "[1, 2]"])
def test_bounds_of_what_is_no_number(default: str) -> None:
    text = f"params: {{p: {{default: {default}, min: 1}}}}\ngraph: [{{when: $(p == p), relu}}]"
    assert codes(text) == ["ARC201"]


def test_different_batches_do_not_meet() -> None:
    text = "inputs: {a: [N, 3, H, W], b: [M, 3, H, W]}\ngraph: [{add: [a, b]}]"
    assert codes(text) == ["ARC402"]


def test_forward_references_and_sizes_of_any_depth() -> None:
    """Each node reads, or asks the size of, one further down: no stack holds them."""
    for node in (
        "{name: n#, from: n+, relu}",
        "{name: n#, from: input, when: $(n+.channels > 0), relu}",
    ):
        nodes = "".join(
            f"  - {node.replace('#', str(i)).replace('+', str(i + 1))}\n" for i in range(3_000)
        )
        end = "  - {name: n3000, from: input, relu}\n"
        outputs = "outputs: {out: n0}\n" if "from: n+" in node else ""
        text = f"archc: 1\nname: x\ninputs: {{x: [N, 3, 8, 8]}}\ngraph:\n{nodes}{end}{outputs}"
        if outputs:
            assert len(archc.check(archc.Spec.from_text(text)).graph.nodes) == 3_001
        else:
            with pytest.raises(archc.SpecError, match="nobody reads"):
                archc.check(archc.Spec.from_text(text))


def test_a_list_reads_from_outside_what_stands_before_it() -> None:
    head = "archc: 1\nname: x\nparams: {later: b}\ninputs: {x: [N, 3, 8, 8]}\ngraph:\n"
    inner = "  - {name: a, seq: [{name: r, relu}, {name: s, add: [r, b]}]}\n"
    rest = "  - {name: b, from: x, sigmoid}\noutputs: {out: a}\n"
    network = archc.check(archc.Spec.from_text(head + inner + rest))
    assert [node.name for node in network.graph.nodes] == ["b", "a"]
    with pytest.raises(archc.SpecError, match="is read by a list before it"):
        archc.check(archc.Spec.from_text(head + inner.replace("b]", "$later]") + rest))


def test_an_apply_whose_name_is_wrong_is_one_mistake() -> None:
    for name in ("$(", "$nowhere", "$(1 / 0)"):
        head = "archc: 1\nname: x\ninputs: {x: [N, 3, 8, 8]}\n"
        text = f"{head}graph:\n  - relu\n  - apply: '{name}'\n"
        with pytest.raises(archc.SpecError) as caught:
            archc.check(archc.Spec.from_text(text))
        assert len(caught.value.diagnostics) == 1
