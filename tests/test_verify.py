"""`archc verify`: a network beside one in PyTorch, and where they differ.

The reference stands in a file of its own. It does with functions what the spec does with modules,
and writes over its tensors; each test changes one thing in the spec or in it.
"""

from __future__ import annotations

import json
import os
import re
from pathlib import Path
from typing import Any

import pytest
import torch
from click.testing import CliRunner, Result

from archc.cli import main
from archc.runtime.verify.execution import difference, differences, random_inputs
from archc.runtime.verify.forward import CallEvent, watched
from archc.runtime.verify.reference import find_reference

ROOT = Path(__file__).parent.parent
ZOO = ROOT / "specs" / "torchvision"

SPEC = """\
archc: 1
name: small
inputs:
  image: [N, 3, 12, 12]
blocks:
  Residual:
    graph:
      - {name: conv1, conv2d: {out_channels: 8, kernel_size: 3, padding: 1, bias: false}}
      - {name: bn1, batch_norm2d}
      - {name: relu1, relu}
      - {name: conv2, conv2d: {out_channels: 8, kernel_size: 3, padding: 1, bias: false}}
      - {name: bn2, batch_norm2d}
      - add: [bn2, input]
      - {name: relu2, relu}
graph:
  - name: stem
    seq:
      - conv2d: {out_channels: 8, kernel_size: 3, stride: 2, padding: 1}
      - batch_norm2d
      - relu
      - max_pool2d: {kernel_size: 3, stride: 1, padding: 1}
  - {name: block, Residual}
  - {name: pool, adaptive_avg_pool2d: {output_size: 2}}
  - {name: flatten, flatten}
  - {name: drop, dropout: {p: 0.25}}
  - {name: fc, linear: {out_features: 5}}
"""

REFERENCE = """\
from torch import nn
from torch.nn import functional as F


class Residual(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(8, 8, 3, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(8)
        self.conv2 = nn.Conv2d(8, 8, 3, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(8)

    def forward(self, x):
        y = F.relu(self.bn1(self.conv1(x)), inplace=True)
        y = self.bn2(self.conv2(y))
        y += x
        return F.relu_(y)


class Small(nn.Module):
    def __init__(self):
        super().__init__()
        self.stem = nn.Sequential(
            nn.Conv2d(3, 8, 3, stride=2, padding=1),
            nn.BatchNorm2d(8),
            nn.ReLU(inplace=True),
            nn.MaxPool2d((3, 3), 1, padding=1),
        )
        self.block = Residual()
        self.drop = nn.Dropout(0.25)
        self.fc = nn.Linear(32, 5)

    def forward(self, x):
        x = self.block(self.stem(x))
        x = F.adaptive_avg_pool2d(x, 2)
        return self.fc(self.drop(x.flatten(1)))


def small():
    return Small()
"""


def changed(text: str, *changes: tuple[str, str]) -> str:
    """A text with one thing replaced, which must be there once."""
    for old, new in changes:
        assert text.count(old) == 1, old
        text = text.replace(old, new)
    return text


def line(text: str, part: str) -> int:
    """The line, from 1, in which `part` stands."""
    (found,) = (n for n, each in enumerate(text.splitlines(), 1) if part in each)
    return found


class Verified:
    """What `archc verify` says of a spec and a reference."""

    def __init__(self, result: Result) -> None:
        assert result.exit_code in (0, 1), result.output
        self.told = json.loads(result.stdout)
        self.exit_code = result.exit_code
        self.checks = {check["name"]: check for check in self.told["checks"]}

    @property
    def outcomes(self) -> dict[str, str]:
        """What is not ok."""
        found = {name: check["outcome"] for name, check in self.checks.items()}
        return {name: outcome for name, outcome in found.items() if outcome != "ok"}

    @property
    def divergence(self) -> dict[str, Any]:
        (found,) = (check["divergence"] for check in self.checks.values() if check["divergence"])
        return dict(found)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def call(*arguments: str) -> Result:
    return CliRunner().invoke(main, ["verify", *arguments], catch_exceptions=False)


def verify(spec: str, reference: str, *options: str, name: str = "small") -> Verified:
    Path("small.yaml").write_text(spec, encoding="utf-8")
    Path("ref.py").write_text(reference, encoding="utf-8")
    arguments = ["small.yaml", "--against", f"ref.py:{name}", "--format", "json", *options]
    return Verified(call(*arguments))


def parts(found: Verified, spec: str, kind: str, node: str, written: str) -> dict[str, Any]:
    """The divergence, which is of that kind, at that node, in the line where `written` stands."""
    assert found.exit_code == 1
    assert found.told["agree"] is False
    divergence = found.divergence
    assert (divergence["kind"], divergence["node"]) == (kind, node)
    assert (divergence["file"], divergence["line"]) == ("small.yaml", line(spec, written))
    return divergence


ALL = ["keys", "shapes", "parameters", "settings", "evaluation", "training", "gradients"]


# They agree


def test_they_agree(folder: Path) -> None:
    found = verify(SPEC, REFERENCE)
    assert list(found.checks) == [*ALL, "statistics"]
    assert found.outcomes == {}
    assert found.exit_code == 0
    assert found.told["agree"] is True


def test_as_text(folder: Path) -> None:
    verify(SPEC, REFERENCE)
    result = call("small.yaml", "--against", "ref.py:Small", "--seed", "3", "--batch", "4")
    assert result.stdout == (
        "small against ref.py:Small, image [4, 3, 12, 12], seed 3\n"
        "ok       keys        21 keys in the same order\n"
        "ok       shapes      21 tensors of the same shape\n"
        "ok       parameters  1,589\n"
        "ok       settings    10 modules of the same class; 4 without a counterpart left out\n"
        "ok       evaluation  [4, 5]: equal\n"
        "ok       training    [4, 5]: equal\n"
        "ok       gradients   12 parameters, 1 input: equal\n"
        "ok       statistics  9 buffers: equal\n"
        "they agree\n"
    )


@pytest.mark.parametrize(
    ("family", "name", "options"),
    [
        ("resnet", "resnet18", ["--variant", "resnet18"]),
        ("googlenet", "googlenet", []),
        ("mnasnet", "mnasnet0_5", ["--variant", "mnasnet0_5"]),
        ("shufflenet_v2", "shufflenet_v2_x0_5", ["--variant", "shufflenet_v2_x0_5"]),
    ],
)
def test_torchvision(family: str, name: str, options: list[str]) -> None:
    path = str(ZOO / f"{family}.yaml")
    small = ["--format", "json", "--input", "image=3x64x64"]
    found = Verified(call(path, "--against", f"torchvision:{name}", *small, *options))
    assert found.outcomes == {}
    assert len(found.checks) == 8


def test_a_module_that_was_used_before(folder: Path) -> None:
    """Its gradients, its mode, its statistics."""
    used = "import torch\n\nnet = Small()\nnet(torch.ones(2, 3, 12, 12)).sum().backward()\n"
    assert verify(SPEC, REFERENCE + used, name="net").outcomes == {}


def test_layers_that_are_lazy(folder: Path) -> None:
    lazy = changed(REFERENCE, ("nn.Linear(32, 5)", "nn.LazyLinear(5)"))
    assert verify(SPEC, lazy).outcomes == {}


@pytest.mark.parametrize("of", ["{'any': %s}", "(%s,)", "[%s]"])
def test_one_output_may_come_in_a_structure(of: str, folder: Path) -> None:
    result = "self.fc(self.drop(x.flatten(1)))"
    assert verify(SPEC, changed(REFERENCE, (result, of % result))).outcomes == {}


def test_keys_that_share_a_tensor_have_the_same_values_here(folder: Path) -> None:
    tied = changed(REFERENCE, ("return Small()", "net = Small()\n    return tie(net)")) + (
        "\n\ndef tie(net):\n    net.block.conv2.weight = net.block.conv1.weight\n    return net\n"
    )
    found = verify(SPEC, tied, "--no-training")
    assert found.outcomes == {"parameters": "differs"}
    assert found.checks["parameters"]["text"] == "1,589 here, 1,013 there"


def test_weights_are_drawn_so_that_none_is_idle(folder: Path) -> None:
    zero = changed(
        REFERENCE,
        ("return Small()", "net = Small()\n    net.fc.weight.data.zero_()\n    return net"),
    )
    spec = changed(SPEC, ("{name: bn1, batch_norm2d}", "{name: bn1, batch_norm2d: {eps: 0.001}}"))
    assert verify(spec, zero).outcomes["evaluation"] == "differs"


# What is written differs


def test_a_key_of_another_name(folder: Path) -> None:
    spec = changed(SPEC, ("{name: conv2,", "{name: convb,"))
    found = verify(spec, REFERENCE)
    assert found.exit_code == 1
    assert found.outcomes == {"keys": "differs"}
    assert found.checks["keys"]["details"] == [
        f"only here: `block.convb.weight` (conv2d, small.yaml:{line(spec, 'convb')}) [8, 8, 3, 3]",
        "only there: `block.conv2.weight` [8, 8, 3, 3] of Conv2d",
        "help: with `--rename .conv2=.convb` the keys are the same",
        "shapes agree in their order: what follows goes by order",
    ]


def test_the_key_of_a_bare_parameter(folder: Path) -> None:
    gamma = "      - {name: gamma, parameter: {shape: [8, 1, 1]}}\n      - mul: [bn2, gamma]\n"
    spec = changed(SPEC, ("      - add: [bn2,", f"{gamma}      - add: [mul,"))
    spec = changed(spec, ("mul: [bn2", "name: mul\n        mul: [bn2"))
    at = f"(parameter, small.yaml:{line(spec, 'name: gamma')})"
    told = verify(spec, REFERENCE).checks["keys"]["details"]
    assert told == [f"only here: `block.gamma` {at} [8, 1, 1]"]


def test_values_by_order_part_at_their_node(folder: Path) -> None:
    spec = changed(
        SPEC,
        ("{name: conv2,", "{name: convb,"),
        ("{name: bn2, batch_norm2d}", "{name: bnb, batch_norm2d: {eps: 0.1}}"),
        ("[bn2, input]", "[bnb, input]"),
    )
    found = verify(spec, REFERENCE)
    assert found.outcomes["evaluation"] == "differs"
    divergence = parts(found, spec, "result", "block.bnb", "name: bnb")
    assert divergence["there"].startswith("`block.bn2` BatchNorm2d(8, eps=1e-05,")


def test_a_module_that_has_the_weights_of_two_corresponds_to_none(folder: Path) -> None:
    reference = changed(
        REFERENCE,
        ("self.fc = nn.Linear(32, 5)", "self.product = Product()\n        self.shift = Shift()"),
        ("self.fc(self.drop(x.flatten(1)))", "self.shift(self.product(self.drop(x.flatten(1))))"),
    )
    for name, parameter, result in (
        ("Product", "weight = nn.Parameter(torch.zeros(5, 32))", "F.linear(x, self.weight)"),
        ("Shift", "bias = nn.Parameter(torch.zeros(5))", "x + self.bias"),
    ):
        reference += (
            f"\n\nclass {name}(nn.Module):\n"
            f"    def __init__(self):\n        super().__init__()\n        self.{parameter}\n\n"
            f"    def forward(self, x):\n        return {result}\n"
        )
    spec = f"{SPEC}  - {{name: last, sigmoid}}\n"
    divergence = parts(verify(spec, f"import torch\n{reference}"), spec, "output", "last", "last,")
    assert [each.split()[0] for each in divergence["after"]] == ["`stem.1`", "`block.bn2`"]


def test_many_keys_are_counted(folder: Path) -> None:
    spec = changed(SPEC, ("name: block,", "name: other,"))
    details = verify(spec, REFERENCE).checks["keys"]["details"]
    assert details[5] == details[11] == "and 7 more"
    assert len(details) == 14


def test_keys_in_another_order(folder: Path) -> None:
    bn1 = "        self.bn1 = nn.BatchNorm2d(8)\n"
    bn2 = "        self.bn2 = nn.BatchNorm2d(8)\n"
    found = verify(SPEC, changed(REFERENCE, (bn1, ""), (bn2, bn2 + bn1)))
    assert found.outcomes == {"keys": "differs"}
    at = f"(batch_norm2d, small.yaml:{line(SPEC, 'name: bn1')})"
    told = f"the first: `block.bn1.weight` {at} here, `block.conv2.weight` there"
    assert found.checks["keys"]["details"] == [told]


def test_another_shape(folder: Path) -> None:
    spec = changed(SPEC, ("out_features: 5", "out_features: 6"))
    found = verify(spec, REFERENCE)
    assert found.exit_code == 1
    assert found.outcomes == {"shapes": "differs", "parameters": "differs", "values": "skipped"}
    assert found.checks["shapes"]["text"] == "2 of 21 common keys"
    assert found.checks["shapes"]["details"] == [
        f"`fc.weight` (linear, small.yaml:{line(spec, 'name: fc')}): [6, 32] here, [5, 32] there",
        f"`fc.bias` (linear, small.yaml:{line(spec, 'name: fc')}): [6] here, [5] there",
    ]
    assert found.checks["parameters"]["text"] == "1,622 here, 1,589 there"


def test_another_type(folder: Path) -> None:
    found = verify(SPEC, changed(REFERENCE, ("return Small()", "return Small().double()")))
    first = found.checks["shapes"]["details"][0]
    assert first.endswith("[8, 3, 3, 3] here, [8, 3, 3, 3] torch.float64 there")


def test_a_missing_module(folder: Path) -> None:
    spec = changed(
        SPEC, ("      - {name: bn2, batch_norm2d}\n", ""), ("[bn2, input]", "[conv2, input]")
    )
    found = verify(spec, REFERENCE)
    assert found.outcomes == {"keys": "differs", "parameters": "differs", "values": "skipped"}
    assert found.checks["keys"]["text"] == "16 here, 21 there, 16 in common"
    told = found.checks["keys"]["details"]
    assert told[0] == "only there: `block.bn2.weight` [8] of BatchNorm2d"
    assert len(told) == 5


def test_nothing_in_common(folder: Path) -> None:
    found = verify(SPEC, "from torch import nn\n\nsmall = nn.Linear(1, 1)\n")
    assert found.outcomes["shapes"] == found.outcomes["values"] == "skipped"
    assert found.exit_code == 1


# What is computed differs


@pytest.mark.parametrize(
    ("old", "new", "node", "setting"),
    [
        (
            "{name: bn1, batch_norm2d}",
            "{name: bn1, batch_norm2d: {eps: 0.001}}",
            "block.bn1",
            "eps 0.001 here, 1e-05 there",
        ),
        (
            "{name: conv2, conv2d: {out_channels: 8, kernel_size: 3, padding: 1,",
            "{name: conv2, conv2d: {out_channels: 8, kernel_size: 3, padding: 2, dilation: 2,",
            "block.conv2",
            "dilation 2 here, 1 there, padding 2 here, 1 there",
        ),
        (
            "max_pool2d: {kernel_size: 3, stride: 1, padding: 1}",
            "max_pool2d: {kernel_size: 5, stride: 1, padding: 2}",
            "stem.3",
            "kernel_size 5 here, 3 there, padding 2 here, 1 there",
        ),
    ],
)
def test_another_setting(old: str, new: str, node: str, setting: str, folder: Path) -> None:
    spec = changed(SPEC, (old, new))
    found = verify(spec, REFERENCE)
    assert found.outcomes == {"settings": "note", "evaluation": "differs", "training": "skipped"}
    divergence = parts(found, spec, "result", node, new)
    assert divergence["here"] != divergence["there"]
    assert divergence["there"].startswith(f"`{node}` ")
    assert "largest difference" in divergence["difference"]
    (told,) = found.checks["settings"]["details"]
    assert told.startswith(f"`{node}` (")
    assert told.endswith(f": {setting}")
    assert found.checks["settings"]["text"] == (
        "1 of 10 modules of the same class differ; 4 without a counterpart left out"
    )


def test_another_class(folder: Path) -> None:
    reference = changed(REFERENCE, ("nn.MaxPool2d((3, 3), 1, padding=1)", "nn.AvgPool2d(5, 1, 2)"))
    found = verify(SPEC, reference)
    divergence = parts(found, SPEC, "result", "stem.3", "max_pool2d")
    assert divergence["there"].startswith("`stem.3` AvgPool2d(kernel_size=5")
    assert found.checks["settings"]["text"] == (
        "9 modules of the same class; 5 without a counterpart left out"
    )


def test_another_size(folder: Path) -> None:
    """At the first node of it, not where it shows in the weights, or in the output."""
    spec = changed(SPEC, ("stride: 1, padding: 1}", "stride: 1, padding: 0}"))
    divergence = parts(verify(spec, REFERENCE), spec, "result", "stem.3", "max_pool2d")
    assert divergence["difference"] == "[2, 8, 4, 4] here, [2, 8, 6, 6] there"


def test_a_setting_without_effect_is_a_note(folder: Path) -> None:
    spec = changed(SPEC, ("stride: 1, padding: 1}", "stride: 1, padding: 1, ceil_mode: true}"))
    found = verify(spec, REFERENCE)
    assert found.outcomes == {"settings": "note"}
    assert found.exit_code == 0


def test_a_missing_function(folder: Path) -> None:
    spec = changed(SPEC, ("      - {name: relu1, relu}\n", ""))
    divergence = parts(verify(spec, REFERENCE), spec, "input", "block.conv2", "name: conv2")
    at = line(spec, "name: bn1")
    assert divergence["after"] == [f"`block.bn1` (batch_norm2d, small.yaml:{at})"]
    assert divergence["between_here"] == divergence["between_there"] == []


def test_two_in_another_order(folder: Path) -> None:
    spec = changed(
        SPEC,
        (
            "      - {name: bn1, batch_norm2d}\n      - {name: relu1, relu}\n",
            "      - {name: relu1, relu}\n      - {name: bn1, batch_norm2d}\n",
        ),
    )
    divergence = parts(verify(spec, REFERENCE), spec, "input", "block.bn1", "name: bn1")
    assert divergence["after"] == [f"`block.conv1` (conv2d, small.yaml:{line(spec, 'conv1,')})"]
    assert divergence["between_here"] == [
        f"`block.relu1` (relu, small.yaml:{line(spec, 'relu1,')})"
    ]


def test_the_end_of_a_block(folder: Path) -> None:
    """What follows the block has no counterpart until `drop`, and yet the block is told."""
    spec = changed(SPEC, ("      - {name: relu2, relu}\n", ""))
    divergence = parts(verify(spec, REFERENCE), spec, "module", "block", "Residual}")
    assert divergence["operation"] == "Residual"
    assert [each.split()[0] for each in divergence["after"]] == ["`stem.3`", "`block.bn2`"]
    assert divergence["between_here"] == [f"`block.add` (add, small.yaml:{line(spec, '- add')})"]


def test_another_join(folder: Path) -> None:
    spec = changed(SPEC, ("add: [bn2", "sub: [bn2"))
    divergence = parts(verify(spec, REFERENCE), spec, "module", "block", "Residual}")
    assert [each.split()[0] for each in divergence["between_here"]] == [
        "`block.sub`",
        "`block.relu2`",
    ]


def test_after_a_block_that_agrees(folder: Path) -> None:
    """What the block gives is made by a function there, and known to agree all the same."""
    spec = changed(SPEC, ("adaptive_avg_pool2d", "adaptive_max_pool2d"))
    divergence = parts(verify(spec, REFERENCE), spec, "input", "drop", "name: drop")
    assert [each.split()[0] for each in divergence["after"]] == ["`block`"]
    assert [each.split()[0] for each in divergence["between_here"]] == ["`pool`", "`flatten`"]


def test_a_block_that_ends_elsewhere_is_not_blamed(folder: Path) -> None:
    """The reference adds after its block, which gives both operands as one map."""
    reference = changed(
        REFERENCE,
        ("y += x", "return torch.cat([y, x], 1)"),
        ("x = self.block(self.stem(x))", "x = F.relu(sum(self.block(self.stem(x)).chunk(2, 1)))"),
    )
    reference = f"import torch\n{reference}"
    assert verify(SPEC, reference, "--no-training").outcomes == {}
    spec = changed(SPEC, ("adaptive_avg_pool2d", "adaptive_max_pool2d"))
    divergence = parts(verify(spec, reference), spec, "input", "drop", "name: drop")
    assert [each.split()[0] for each in divergence["after"]] == ["`stem.3`", "`block.bn2`"]


def test_modules_of_the_reference_are_listed(folder: Path) -> None:
    reference = changed(
        REFERENCE,
        (
            "        self.drop =",
            "        self.squash = nn.Sequential(nn.Tanh())\n        self.drop =",
        ),
        ("x = F.adaptive_avg_pool2d(x, 2)", "x = F.adaptive_avg_pool2d(self.squash(x), 2)"),
    )
    divergence = parts(verify(SPEC, reference), SPEC, "input", "drop", "name: drop")
    assert divergence["between_there"] == ["`squash.0` Tanh()"]


def test_the_output(folder: Path) -> None:
    spec = f"{SPEC}  - {{name: last, sigmoid}}\n"
    divergence = parts(verify(spec, REFERENCE), spec, "output", "last", "name: last")
    assert [each.split()[0] for each in divergence["after"]] == ["`fc`"]


def test_the_output_that_differs_is_told(folder: Path) -> None:
    spec = f"{SPEC}  - {{name: more, sigmoid}}\noutputs: {{logits: fc, more: more}}\n"
    result = "return self.fc(self.drop(x.flatten(1)))"
    two = "y = self.fc(self.drop(x.flatten(1)))\n        return {'logits': y, 'more': y.tanh()}"
    found = verify(spec, changed(REFERENCE, (result, two)))
    parts(found, spec, "output", "more", "name: more")
    assert found.checks["evaluation"]["text"].startswith("more [2, 5]: largest difference")


def test_a_module_that_one_network_calls_more_often(folder: Path) -> None:
    """Its second call here is not the second there: nobody is misled to it."""
    spec = changed(SPEC, ("      - {name: relu2, relu}\n", "      - apply: relu1\n"))
    reference = changed(
        REFERENCE,
        ("        self.bn2 =", "        self.relu1 = nn.ReLU(inplace=True)\n        self.bn2 ="),
        ("F.relu(self.bn1(self.conv1(x)), inplace=True)", "self.relu1(self.bn1(self.conv1(x)))"),
        ("self.bn2(self.conv2(y))", "self.relu1(self.bn2(self.conv2(y)))"),
        ("return F.relu_(y)", "return self.relu1(y)"),
    )
    divergence = parts(verify(spec, reference), spec, "module", "block", "Residual}")
    assert [each.split()[0] for each in divergence["after"]] == ["`stem.3`", "`block.bn2`"]
    assert divergence["between_there"] == ["`block.relu1` ReLU(inplace=True)"] * 2
    assert verify(spec, reference).checks["settings"]["text"] == (
        "11 modules of the same class; 2 without a counterpart left out"
    )


def test_a_module_that_both_call_more_than_once(folder: Path) -> None:
    """Each call is compared with the same one there."""
    spec = changed(
        SPEC,
        ("      - {name: relu2, relu}\n", "      - apply: relu1\n"),
        ("{name: bn2, batch_norm2d}", "{name: bn2, batch_norm2d: {eps: 0.1}}"),
    )
    reference = changed(
        REFERENCE,
        ("        self.bn2 =", "        self.relu1 = nn.ReLU(inplace=True)\n        self.bn2 ="),
        ("F.relu(self.bn1(self.conv1(x)), inplace=True)", "self.relu1(self.bn1(self.conv1(x)))"),
        ("return F.relu_(y)", "return self.relu1(y)"),
    )
    parts(verify(spec, reference), spec, "result", "block.bn2", "name: bn2")
    spec = changed(spec, (": {eps: 0.1}", ""), ("add: [bn2", "sub: [bn2"))
    divergence = parts(verify(spec, reference), spec, "input", "block.relu1", "apply: relu1")
    assert [each.split()[0] for each in divergence["between_here"]] == ["`block.sub`"]


def test_what_is_nan_on_one_side(folder: Path) -> None:
    result = "return self.fc(self.drop(x.flatten(1)))"
    found = verify(SPEC, changed(REFERENCE, (result, f"{result} / 0 * 0")))
    told = "[2, 5]: 10 of 10 differ by NaN or infinity"
    assert found.checks["evaluation"]["text"] == told


def test_what_is_infinite_on_both_proves_little(folder: Path) -> None:
    steep = "  - leaky_relu: {negative_slope: 1.0e+38}\n"
    result = "self.fc(self.drop(x.flatten(1)))"
    infinite = f"F.leaky_relu(F.leaky_relu({result}, 1e38), 1e38)"
    found = verify(SPEC + 2 * steep, changed(REFERENCE, (result, infinite)), "--no-training")
    assert found.outcomes == {"evaluation": "note"}
    assert "NaN or infinite, which proves little" in found.checks["evaluation"]["text"]


# Training


def test_another_rate_of_dropout(folder: Path) -> None:
    spec = changed(SPEC, ("p: 0.25", "p: 0.5"))
    found = verify(spec, REFERENCE)
    assert found.outcomes == {"settings": "note", "training": "differs", "gradients": "skipped"}
    assert found.checks["evaluation"]["text"] == "[2, 5]: equal"
    parts(found, spec, "result", "drop", "name: drop")


def test_a_seed_says_all(folder: Path) -> None:
    spec = changed(SPEC, ("p: 0.25", "p: 0.5"))
    told = []
    for other, seed in ((1, "0"), (2, "0"), (1, "1")):
        torch.manual_seed(other)
        told.append(verify(spec, REFERENCE, "--seed", seed).checks["training"]["text"])
    assert told[0] == told[1] != told[2]


def test_inputs_follow_the_seed() -> None:
    (one,), (same,), (other,) = (random_inputs([[2, 3]], seed) for seed in (0, 0, 1))
    assert torch.equal(one, same)
    assert not torch.equal(one, other)


def test_training_may_be_left_out(folder: Path) -> None:
    spec = changed(SPEC, ("p: 0.25", "p: 0.5"))
    found = verify(spec, REFERENCE, "--no-training")
    assert list(found.checks) == ALL[:5]
    assert found.exit_code == 0


def test_another_momentum(folder: Path) -> None:
    spec = changed(
        SPEC, ("{name: bn1, batch_norm2d}", "{name: bn1, batch_norm2d: {momentum: 0.2}}")
    )
    found = verify(spec, REFERENCE)
    assert found.outcomes == {"settings": "note", "statistics": "differs"}
    assert found.exit_code == 1
    statistics = found.checks["statistics"]
    assert statistics["text"] == "2 of 9 buffers"
    at = f"(batch_norm2d, small.yaml:{line(spec, 'name: bn1')})"
    assert statistics["details"][0].startswith(f"`block.bn1.running_mean` {at}: largest")


def test_a_gradient_that_is_cut(folder: Path) -> None:
    """Of what lies behind the cut, the node nearest to the loss."""
    found = verify(SPEC, changed(REFERENCE, ("y += x", "y += x.detach()")))
    assert found.outcomes == {"gradients": "differs"}
    divergence = parts(found, SPEC, "gradient", "stem.1", "- batch_norm2d")
    assert divergence["difference"].startswith("`stem.1.weight`: largest difference")
    assert [each.split()[0] for each in divergence["after"]] == ["`block.conv1`"]
    assert found.checks["gradients"]["details"][0].startswith("of input 0: largest difference")


def test_a_parameter_that_is_frozen(folder: Path) -> None:
    frozen = "nn.Linear(32, 5).requires_grad_(False)"
    found = verify(SPEC, changed(REFERENCE, ("nn.Linear(32, 5)", frozen)))
    divergence = parts(found, SPEC, "gradient", "fc", "name: fc")
    assert divergence["difference"] == "`fc.weight`: no gradient there"
    assert divergence["after"] == []


def test_what_is_normalised_has_gradients_too(folder: Path) -> None:
    """Its mean square is constant: a loss of that would not show the cut."""
    spec = f"{SPEC}  - {{name: last, normalize: {{dim: 1}}}}\n"
    result = "self.fc(self.drop(x.flatten(1)))"
    reference = changed(
        REFERENCE, (result, f"F.normalize({result}, dim=1)"), ("y += x", "y += x.detach()")
    )
    found = verify(spec, reference, "--tolerance", "1e-5")
    assert found.outcomes == {"gradients": "differs"}


def test_a_reference_without_gradients(folder: Path) -> None:
    cut = (
        "    def forward(self, x):\n        x = self",
        "    @no_grad()\n    def forward(self, x):\n        x = self",
    )
    found = verify(SPEC, "from torch import no_grad\n" + changed(REFERENCE, cut))
    assert found.outcomes == {"gradients": "differs"}
    assert found.divergence["difference"] == "`fc.weight`: no gradient there"
    assert found.checks["gradients"]["details"] == ["of input 0: no gradient there"]


def test_what_runs_in_training_only_does_not_count_in_evaluation(folder: Path) -> None:
    act = (
        "  - {name: act, hardtanh: {max_val: 0.5}}\n  - {name: again, from: flatten, apply: act}\n"
    )
    spec = changed(SPEC, ("  - {name: drop,", f"{act}  - {{name: drop,"))
    spec += "outputs: {logits: fc, middle: {from: act, when: training}}\n"
    result = (
        "        x = x.flatten(1)\n"
        "        y = self.act(x) if self.training else None\n"
        "        x = self.fc(self.drop(self.act(x)))\n"
        "        return {'logits': x, 'middle': y} if self.training else x\n"
    )
    reference = changed(
        REFERENCE,
        ("        self.drop =", "        self.act = nn.Hardtanh()\n        self.drop ="),
        ("        return self.fc(self.drop(x.flatten(1)))\n", result),
    )
    assert verify(changed(spec, (": {max_val: 0.5}", "")), reference).outcomes == {}
    parts(verify(spec, reference), spec, "result", "act", "apply: act")


def test_heads_have_names(folder: Path) -> None:
    spec = f"{SPEC}outputs: {{logits: fc, middle: {{from: flatten, when: training}}}}\n"
    result = "        return self.fc(self.drop(x.flatten(1)))\n"
    heads = (
        "        x = x.flatten(1)\n"
        "        y = self.fc(self.drop(x))\n"
        "        return Heads(x, y) if self.training else y\n"
    )
    named = "import collections\n\nHeads = collections.namedtuple('Heads', 'middle logits')\n"
    reference = named + changed(REFERENCE, (result, heads))
    assert verify(spec, reference).outcomes == {}

    found = verify(spec, reference.replace("'middle logits'", "'aux logits'"))
    assert found.outcomes == {"training": "differs", "gradients": "skipped"}
    assert found.checks["training"]["text"] == "logits, middle here, aux, logits there"

    found = verify(spec, reference.replace("Heads(x, y)", "(y, x, x)"))
    assert found.checks["training"]["text"] == "logits, middle here, 3 tensors there"


# Tensors side by side

NAN, INF = float("nan"), float("inf")


@pytest.mark.parametrize(
    ("here", "there", "largest", "text"),
    [
        ([1.0, NAN, INF], [1.0, NAN, INF], 0.0, "equal"),
        ([0.0], [-0.0], 0.0, "equal"),
        ([], [], 0.0, "equal"),
        ([1.0, 2.5], [1.0, 2.0], 0.5, "largest difference 0.5 among values up to 2"),
        ([NAN, 1.0], [1.0, 1.0], INF, "1 of 2 differ by NaN or infinity"),
        ([1.0, 1.0], [1.0, NAN], INF, "1 of 2 differ by NaN or infinity"),
        ([INF], [-INF], INF, "1 of 1 differ by NaN or infinity"),
        ([1.0], [1.0, 1.0], INF, "[1] here, [2] there"),
    ],
)
def test_differences(here: list[float], there: list[float], largest: float, text: str) -> None:
    found = difference(torch.tensor(here), torch.tensor(there))
    assert (found.largest, found.text) == (largest, text)


def test_the_largest_difference_of_several_tensors() -> None:
    one, two, three = torch.tensor([1.0]), torch.tensor([2.0]), torch.tensor([3.0])
    found = differences([one, one, two], [one, three, three])
    assert found is not None
    assert found.largest == 2
    assert differences([one], [one, two]) is None
    assert differences([], []) is None


def test_nobody_watches_for_ever() -> None:
    seen: list[CallEvent] = []
    network = torch.nn.Sequential(torch.nn.ReLU())
    with watched(network, lambda event, _: seen.append(event)):
        network(torch.ones(1))
    network(torch.ones(1))
    assert seen == [CallEvent("0", 0, False), CallEvent("0", 0, True)]


# The call


def test_tolerance(folder: Path) -> None:
    spec = changed(SPEC, ("{name: bn1, batch_norm2d}", "{name: bn1, batch_norm2d: {eps: 2.0e-5}}"))
    assert verify(spec, REFERENCE).exit_code == 1
    found = verify(spec, REFERENCE, "--tolerance", "1e-3")
    assert found.outcomes == {"settings": "note"}
    assert re.fullmatch(
        r"\[2, 5\]: within 0\.001: largest difference .*e-0. among values up to .*",
        found.checks["evaluation"]["text"],
    )
    assert verify(spec, REFERENCE, "--tolerance", "1e-9").exit_code == 1

    worse = changed(spec, ("{name: bn2, batch_norm2d}", "{name: bn2, batch_norm2d: {eps: 1.0}}"))
    found = verify(worse, REFERENCE, "--tolerance", "1e-3")
    parts(found, worse, "result", "block.bn2", "name: bn2")


def test_the_parting_as_text(folder: Path) -> None:
    spec = changed(SPEC, ("add: [bn2", "sub: [bn2"))
    verify(spec, REFERENCE)
    lines = call("small.yaml", "--against", "ref.py:small").stdout.splitlines()
    start = next(index for index, each in enumerate(lines) if "first node" in each)
    assert lines[start] == "         the first node to differ: `block` (Residual, small.yaml:22)"
    assert lines[start + 1].startswith("         what it gives differs, all modules in it agree: ")
    assert lines[start + 2 :] == [
        "           up to here they agree: `stem.3` (max_pool2d, small.yaml:21)",
        "                                  `block.bn2` (batch_norm2d, small.yaml:12)",
        "           between, here:         `block.sub` (sub, small.yaml:13)",
        "                                  `block.relu2` (relu, small.yaml:14)",
        "           between, there:        no module: a function?",
        "skipped  training    what differs in evaluation comes first",
        "they differ",
    ]


def test_a_parting_at_the_inputs(folder: Path) -> None:
    verify(changed(SPEC, ("  - name: stem\n", "  - relu\n  - name: stem\n")), REFERENCE)
    told = call("small.yaml", "--against", "ref.py:small").stdout
    assert "           up to here they agree: the inputs\n" in told
    assert "           between, here:         `0` (relu, small.yaml:16)\n" in told


def test_a_reference_that_raises(folder: Path) -> None:
    raises = ("x = F.adaptive", "raise RuntimeError('no')\n        x = F.adaptive")
    found = verify(SPEC, changed(REFERENCE, raises))
    assert found.outcomes == {"evaluation": "differs", "training": "skipped"}
    line = REFERENCE[: REFERENCE.index("x = F.adaptive")].count("\n") + 1
    assert (
        found.checks["evaluation"]["text"]
        == f"the reference raises RuntimeError: no (ref.py:{line})"
    )

    training = ("x = F.adaptive", "assert not self.training\n        x = F.adaptive")
    found = verify(SPEC, changed(REFERENCE, training))
    assert found.outcomes == {"training": "differs", "gradients": "skipped"}
    assert (
        found.checks["training"]["text"] == f"the reference raises AssertionError (ref.py:{line})"
    )

    within = ("x = F.adaptive", "x = self.stem(x[0])\n        x = F.adaptive")
    found = verify(SPEC, changed(REFERENCE, within))
    text = found.checks["evaluation"]["text"]
    assert text.endswith(f"(ref.py:{line})"), "torch raises it, and is asked there"


def test_a_reference_whose_state_is_more_than_tensors(folder: Path) -> None:
    head = "class Small(nn.Module):\n"
    more = "def get_extra_state(self):\n        return {}\n\n"
    found = verify(SPEC, changed(REFERENCE, (head, f"{head}    {more}")))
    assert found.outcomes == {"reference": "differs"}
    assert found.checks["reference"]["text"] == "`_extra_state` of its `state_dict` is no tensor"


def test_what_the_reference_prints_stands_apart(folder: Path) -> None:
    prints = changed(REFERENCE, ("x = F.adaptive", "print('hello')\n        x = F.adaptive"))
    assert verify(SPEC, f"print('hello')\n{prints}").outcomes == {}
    assert "hello" in call("small.yaml", "--against", "ref.py:small").stderr


def test_a_file_imports_its_neighbours(folder: Path) -> None:
    Path("neighbour.py").write_text(REFERENCE, encoding="utf-8")
    assert verify(SPEC, "from neighbour import small\n").outcomes == {}


def test_a_file_with_data_classes(folder: Path) -> None:
    """Which look for their module among those that are loaded."""
    size = "import dataclasses\n\n@dataclasses.dataclass\nclass Size:\n    height: int\n"
    reference = f"from __future__ import annotations\n{size}\n{REFERENCE}"
    assert verify(SPEC, reference).outcomes == {}


def test_a_module_that_is_installed() -> None:
    path = str(ZOO / "squeezenet.yaml")
    options = ["--variant", "squeezenet1_1", "--input", "image=3x64x64", "--no-training"]
    result = call(path, "--against", "torchvision.models:squeezenet1_1", *options)
    assert result.exit_code == 0


@pytest.mark.parametrize(
    ("reference", "says"),
    [
        ("ref.py", "`ref.py` is not torchvision:NAME, FILE.py:NAME or MODULE:NAME"),
        ("ref.py:", "`ref.py:` is not torchvision:NAME"),
        (":small", "`:small` is not torchvision:NAME"),
        ("torchvision:resnet5", "torchvision has no model `resnet5`\n"),
        ("torchvision:mine", "torchvision has no model `mine`\n"),
        ("none.py:small", "none.py cannot be imported: FileNotFoundError"),
        ("wrong.py:small", "wrong.py cannot be imported: SyntaxError"),
        ("stops.py:small", "stops.py cannot be imported: SystemExit (stops.py:2)\n"),
        (
            "nowhere:small",
            "nowhere cannot be imported: ModuleNotFoundError: No module named 'nowhere'\n",
        ),
        ("ref.py:tall", "ref.py has no `tall`\n"),
        ("ref.py:Residul", "ref.py has no `Residul`: did you mean `Residual`?\n"),
        ("ref.py:Residual.forward", "ref.py has no `Residual.forward`"),
        ("more.py:number", "more.py:number is neither a function nor an nn.Module"),
        ("more.py:asks", "more.py:asks called without arguments: TypeError"),
        ("more.py:gives", "more.py:gives gives int, not an nn.Module"),
    ],
)
def test_references_that_are_none(reference: str, says: str, folder: Path) -> None:
    verify(SPEC, REFERENCE, "--no-training")
    Path("wrong.py").write_text("def", encoding="utf-8")
    Path("stops.py").write_text("import sys\nsys.exit()", encoding="utf-8")
    more = "number = 3\n\ndef asks(x): pass\n\ndef gives(): return 3\n"
    Path("more.py").write_text(more, encoding="utf-8")
    result = call("small.yaml", "--against", reference)
    assert result.exit_code == 2
    assert f"Error: {says}" in result.stderr
    assert result.stdout == ""


def test_calls_that_are_wrong(folder: Path) -> None:
    verify(SPEC, REFERENCE, "--no-training")
    assert call("small.yaml").exit_code == 2
    assert call("none.yaml", "--against", "ref.py:small").exit_code == 2
    assert call("small.yaml", "--against", "ref.py:small", "--batch", "0").exit_code == 2
    Path("wrong.yaml").write_text(SPEC.replace("relu1, relu", "relu1, rely"), encoding="utf-8")
    assert call("wrong.yaml", "--against", "ref.py:small").exit_code == 1


def test_an_input_without_a_size(folder: Path) -> None:
    Path("small.yaml").write_text(changed(SPEC, ("12, 12]", "H, W]")), encoding="utf-8")
    Path("ref.py").write_text(REFERENCE, encoding="utf-8")
    result = call("small.yaml", "--against", "ref.py:small")
    assert result.exit_code == 2
    assert "`image` is [2, 3, H, W]: say its size with --input" in result.stderr
    sizes = ["--input", "image=3x8x8", "--no-training"]
    assert call("small.yaml", "--against", "ref.py:small", *sizes).exit_code == 0


def test_a_batch_in_which_the_network_cannot_be_trained(folder: Path) -> None:
    verify(SPEC, REFERENCE, "--no-training")
    at = ["--input", "image=3x2x2", "--batch", "1"]
    result = call("small.yaml", "--against", "ref.py:small", *at)
    assert result.exit_code == 2
    assert "Error: small raises ValueError: Expected more than 1 value" in result.stderr


def test_a_reference_is_what_its_file_holds_now(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also where it was rewritten within the second, to a text as long."""
    monkeypatch.setattr("sys.dont_write_bytecode", False)
    file = tmp_path / "ref.py"
    for size in (3, 5):
        file.write_text(f"from torch import nn\n\n\ndef net():\n    return nn.Linear({size}, 1)\n")
        os.utime(file, (1e9, 1e9))
        module = find_reference(f"{file}:net")
        assert module.get_parameter("weight").shape == (1, size)


# Rounding

FOUR = """\
archc: 1
name: small
inputs: {x: [N, 8, 9, 9]}
graph:
  - {name: stem, conv2d: {out_channels: 8, kernel_size: 1}}
  - {name: a, from: stem, conv2d: {out_channels: 8, kernel_size: 3, padding: 1}}
  - {name: b, from: stem, conv2d: {out_channels: 8, kernel_size: 5, padding: 2}}
  - {name: c, from: stem, conv2d: {out_channels: 8, kernel_size: 1}}
  - concat: [a, b, c]
  - {name: bn, batch_norm2d}
  - {name: act, relu}
  - {name: pool, mean: {dim: [2, 3]}}
  - {name: fc, linear: {out_features: 3}}
"""

FOUR_REFERENCE = """\
import torch
from torch import nn
from torch.nn import functional as F


class Small(nn.Module):
    def __init__(self):
        super().__init__()
        self.stem = nn.Conv2d(8, 8, 1)
        self.a = nn.Conv2d(8, 8, 3, padding=1)
        self.b = nn.Conv2d(8, 8, 5, padding=2)
        self.c = nn.Conv2d(8, 8, 1)
        self.bn = nn.BatchNorm2d(24)
        self.act = nn.ReLU()
        self.fc = nn.Linear(24, 3)

    def forward(self, x):
        x = self.stem(x)
        a, b, c = self.a(x), self.b(x), self.c(x)
        x = torch.cat([a, b, c], 1)
        x = self.act(self.bn(x))
        x = x.mean((2, 3))
        return self.fc(x)


def small():
    return Small()
"""

ROUNDED = {
    "branches in another order": (
        "a, b, c = self.a(x), self.b(x), self.c(x)",
        "c, b, a = self.c(x), self.b(x), self.a(x)",
    ),
    "a mean as sum": ("x.mean((2, 3))", "x.sum(3).sum(2) / 81"),
    "a convolution as linear map": (
        "self.stem(x)",
        "(x.movedim(1, 3) @ self.stem.weight.flatten(1).t() + self.stem.bias).movedim(3, 1)",
    ),
    "channels last": ("x = self.stem(x)", "x = self.stem(x.to(memory_format=torch.channels_last))"),
}


@pytest.mark.parametrize("change", ROUNDED.values(), ids=ROUNDED)
def test_rounding_is_no_difference(folder: Path, change: tuple[str, str]) -> None:
    found = verify(FOUR, changed(FOUR_REFERENCE, change))
    assert found.outcomes == {}
    told = " ".join(check["text"] for check in found.checks.values())
    assert "equal but for rounding (largest difference" in told


REAL = {
    "a factor": ("self.act(self.bn(x))", "self.act(self.bn(x) * (1 + 1e-6))", "bn"),
    "eps": ("BatchNorm2d(24)", "BatchNorm2d(24, eps=1.1e-5)", "bn"),
    "half precision": ("self.fc(x)", "self.fc(x.bfloat16().to(x.dtype))", "fc"),
    "single precision": ("self.fc(x)", "self.fc((x * 3).float().to(x.dtype) / 3)", "fc"),
}


@pytest.mark.parametrize(("old", "new", "node"), REAL.values(), ids=REAL)
@pytest.mark.parametrize("rounded", [False, True])
def test_small_differences_are_no_rounding(
    folder: Path, old: str, new: str, node: str, rounded: bool
) -> None:
    """However small, and also behind nodes that rounding sets apart."""
    changes = [ROUNDED["a convolution as linear map"]] if rounded else []
    found = verify(FOUR, changed(FOUR_REFERENCE, *changes, (old, new)))
    assert found.outcomes["evaluation"] == "differs"
    (divergence,) = (check["divergence"] for check in found.checks.values() if check["divergence"])
    near = [divergence["node"], *divergence["after"], *divergence["between_here"]]
    assert any(f"`{node}`" in each or each == node for each in near)
    assert divergence["node"] not in ("stem", "a", "b", "c")


def test_rounding_that_cannot_be_told(folder: Path) -> None:
    """A reference of single precision alone: `--tolerance` is the way out."""
    changes = (
        ROUNDED["a mean as sum"],
        ("self.fc(x)", "self.fc(x @ torch.eye(24))"),
    )
    reference = changed(FOUR_REFERENCE, *changes)
    found = verify(FOUR, reference)
    (told,) = (each for each in found.checks["evaluation"]["details"] if "--tolerance" in each)
    assert told.startswith("it may be rounding, but one of them does not run in double precision")
    tolerance = re.search(r"--tolerance (\S+)`", told)
    assert tolerance is not None
    outcomes = verify(FOUR, reference, "--tolerance", tolerance[1]).outcomes
    assert "evaluation" not in outcomes


# Settings of subclasses, keys under other names, shapes under other keys


def test_settings_of_subclasses(folder: Path) -> None:
    norm = "class Norm(nn.BatchNorm2d):\n    pass\n\n\nclass Small("
    reference = changed(
        FOUR_REFERENCE, ("class Small(", norm), ("nn.BatchNorm2d(24)", "Norm(24, momentum=0.3)")
    )
    found = verify(FOUR, reference)
    assert found.checks["settings"]["outcome"] == "note"
    (told,) = found.checks["settings"]["details"]
    assert told.endswith(": momentum 0.1 here, 0.3 there")


def test_renames(folder: Path) -> None:
    reference = changed(
        FOUR_REFERENCE, ("self.stem =", "self.first ="), ("self.stem(", "self.first(")
    )
    found = verify(FOUR, reference)
    assert found.outcomes == {"keys": "differs"}
    assert (
        "help: with `--rename first=stem` the keys are the same" in found.checks["keys"]["details"]
    )
    found = verify(FOUR, reference, "--rename", "first=stem")
    assert found.outcomes == {}
    assert found.checks["keys"]["text"] == "15 keys in the same order, after 1 rename"


def test_renames_that_do_not_fit(folder: Path) -> None:
    Path("small.yaml").write_text(FOUR, encoding="utf-8")
    Path("ref.py").write_text(FOUR_REFERENCE, encoding="utf-8")
    result = call("small.yaml", "--against", "ref.py:small", "--rename", "nowhere=stem")
    assert result.exit_code == 2
    assert "`nowhere=stem` changes no key" in result.stderr


def test_shapes_under_other_keys(folder: Path) -> None:
    """What two networks do not share is told, though their keys have nothing in common."""
    found = call(
        str(ROOT / "specs/resnet18.yaml"), "--against", "torchvision:resnet18",
        "--input", "image=1x64x64", "--no-training", "--format", "json",
    )  # fmt: skip
    checks = {check["name"]: check for check in json.loads(found.stdout)["checks"]}
    assert checks["shapes"]["text"] == "by class and shape, whatever the keys: 104 of 127 are alike"
    told = [re.sub(r" \([^)]*\)", "", each) for each in checks["shapes"]["details"]]
    assert told[:4] == [
        "`0.0.weight` [64, 1, 7, 7] here, `conv1.weight` [64, 3, 7, 7] there",
        "only here: 20 `bias` of Conv2d, the first: `0.0.bias` [64]",
        "`7.weight` [10, 512] here, `fc.weight` [1000, 512] there",
        "`7.bias` [10] here, `fc.bias` [1000] there",
    ]
