"""The emitted `forward`: right in training and in evaluation, and lean in both."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from torch import Tensor

import archc
from forwards import forwards, judge_forward

ROOT = Path(__file__).parent.parent
SPECS = sorted([*ROOT.glob("specs/**/*.yaml"), *ROOT.glob("tests/cases/*.yaml")])

HEAD = "archc: 1\nname: net\ninputs: {image: [N, 3, 8, 8]}\n"


@pytest.mark.parametrize("path", SPECS, ids=lambda path: path.stem)
def test_a_variable_is_bound_before_it_is_read_and_holds_nothing_in_vain(path: Path) -> None:
    spec = archc.Spec.from_file(path)
    data = spec.source.data
    assert isinstance(data, dict)
    for variant in data.get("variants") or (None,):
        for forward in forwards(archc.to_source(archc.check(path, variant=variant))):
            judge_forward(forward)


AUXILIARY = {
    "a head read after evaluation goes on": """
graph:
  - {name: body, relu}
  - {name: head, flatten}
  - {name: extra, from: body, conv2d: {out_channels: 4, kernel_size: 1}}
  - {name: aux, relu}
  - {name: out, from: head, linear: {out_features: 2}}
outputs: {out: out, aux: {from: aux, when: training}}
""",
    "a chain beside two branches": """
graph:
  - {name: stem, relu}
  - {name: main, sigmoid}
  - {name: side, from: stem, tanh}
  - relu
  - {name: aux, relu}
  - {name: other, from: image, relu}
outputs: {main: main, out: other, aux: {from: aux, when: training}}
""",
    "two heads that take turns": """
graph:
  - {name: a, relu}
  - {name: p, from: a, tanh}
  - {name: b, from: a, sigmoid}
  - {name: q, from: b, silu}
  - {name: p2, from: p, relu}
  - {name: c, from: b, relu}
  - {name: q2, from: q, mish}
  - {name: both, add: [p2, q2, a]}
outputs: {c: c, q: {from: q2, when: training}, both: {from: both, when: training}}
""",
    "parts that training reads": """
graph:
  - {name: wide, conv2d: {out_channels: 4, kernel_size: 1}}
  - {name: parts, chunk: {chunks: 4}}
  - {name: first, from: parts.0, relu}
  - {name: aux, from: parts.2, tanh}
  - {name: out, from: first, sigmoid}
outputs: {out: out, aux: {from: aux, when: training}}
""",
    "training first, and a module called again": """
graph:
  - {name: aux, tanh}
  - {name: conv, from: image, conv2d: {out_channels: 3, kernel_size: 1}}
  - {name: again, from: aux, apply: conv}
  - {name: out, from: conv, sigmoid}
outputs: {out: out, aux: {from: again, when: training}}
""",
}


@pytest.mark.parametrize("text", AUXILIARY.values(), ids=AUXILIARY.keys())
def test_networks_with_heads_for_training_run_in_both_modes(text: str) -> None:
    spec = archc.Spec.from_text(HEAD + text)
    for forward in forwards(archc.to_source(archc.check(spec))):
        judge_forward(forward)
    always = [each.name for each in archc.check(spec).graph.outputs if not each.training]
    module, image = archc.compile(spec), torch.randn(2, 3, 8, 8)

    def outputs(training: bool) -> dict[str, Tensor]:
        found = module.train(training)(image)
        return found if isinstance(found, dict) else {always[0]: found}

    training, evaluation = outputs(True), outputs(False)
    assert [*evaluation] == always
    assert {*evaluation} < {*training}
    for name, value in evaluation.items():
        assert torch.equal(training[name], value)
    for mode, expected in ((True, training), (False, evaluation), (True, training)):
        torch.testing.assert_close(outputs(mode), expected, rtol=0, atol=0)
